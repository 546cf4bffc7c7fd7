/*
 * Firmware into a running head, through the agent's adapter: test_update <board>. The head is the real one
 * with its boot loader, its flash is a file that outlives it.
 */
#include "agent/cli/transfer.h"
#include "firmware/hal/hal.h"
#include "host/system/system.h"
#include "tests/integration/nfc/harness.h"

#include "core/base/assert.h"
#include "core/base/text.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PATH_SIZE = 200,
    WORD_SIZE = PATH_SIZE + 16,
    PROGRAM_MAX = 64 * 1024,
    FILE_MAX = 4 * PROGRAM_MAX,
    FLASH_MAX = 16 * 1024 * 1024
};
#define CARD_DATA "data d1010e55046578616d706c652e636f6d2f61"

enum { VECTORS = 16, ANSWER_MS = 2500 };
enum { STACK_USED_MIN = 700 /* by p256-m alone, says its README */ };
enum { SCRIPT_SIZE = 2700 /* ten blocks and an odd one */ };

struct release {
    uint8_t memory[FILE_MAX];
    struct tb_transfer_image images[TB_HAL_SLOT_COUNT];
};

static struct harness h;
static const struct tb_board_facts *facts;
static struct release first, second, bad; /* the bad one is small, and hangs */
static struct tb_transfer t;
static char folder[64], flash[PATH_SIZE];

/* ---- releases ---- */

static void path_in(char ret_path[PATH_SIZE], const char *name)
{
    assert_true(snprintf(ret_path, PATH_SIZE, "%s/%s", folder, name) < PATH_SIZE);
}

static void file_write(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* On the host board a program is whatever the kernel can start. */
static void script_write(const char *path, const char *command)
{
    static char script[SCRIPT_SIZE];
    memset(script, '#', sizeof script);
    int size = snprintf(script, sizeof script, "#!/bin/sh\nexec %s\n", command);
    assert_true(size > 0 && size < SCRIPT_SIZE);
    script[size] = '#';
    file_write(path, script, sizeof script);
}

static void code_write(const char *path, const uint32_t *words, size_t size)
{
    static uint8_t code[SCRIPT_SIZE];
    memset(code, 0, sizeof code);
    memcpy(code, words, size);
    file_write(path, code, sizeof code);
}

static void program_path(unsigned slot, char ret_path[PATH_SIZE])
{
    if (facts->program) {
        path_in(ret_path, "program");
        script_write(ret_path, TB_HEAD " \"$@\"");
    } else {
        (void)snprintf(ret_path, PATH_SIZE, "%s/%s/head-%u.bin", TB_FIRMWARE_FOLDER, facts->board, slot);
    }
}

/* Nothing but a loop: no word to the agent, and no kick for the watchdog. */
static void hanging_path(unsigned slot, char ret_path[PATH_SIZE])
{
    uint32_t words[VECTORS + 1] = {0x20001000}; /* the stack */
    for (size_t i = 1; i < VECTORS; i++)
        words[i] = (facts->slot_at[slot] + TB_IMAGE_BODY_AT + VECTORS * 4) | 1;
    words[VECTORS] = 0xe7fee7fe; /* "b ." twice: also for the watchdog's warning */
    path_in(ret_path, slot ? "hanging-1" : "hanging-0");
    if (facts->program)
        script_write(ret_path, "sleep 1000");
    else
        code_write(ret_path, words, sizeof words);
}

static void release_sign(const char *board, const char *version, const char *out,
                         char programs[TB_HAL_SLOT_COUNT][WORD_SIZE])
{
    int status;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)execl(TB_NODE, TB_NODE, TB_IMAGE_TOOL, "sign", "--key", TB_DEMO_KEY, "--board", board,
                    "--version", version, "--out", out, programs[0], programs[1], (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void release_make(struct release *r, const char *board, const char *version,
                         void (*program)(unsigned slot, char ret_path[PATH_SIZE]))
{
    char out[PATH_SIZE], path[PATH_SIZE], programs[TB_HAL_SLOT_COUNT][WORD_SIZE];
    path_in(out, "release");
    for (unsigned slot = 0; slot < TB_HAL_SLOT_COUNT; slot++) {
        program(slot, path);
        (void)snprintf(programs[slot], WORD_SIZE, "%u=%s", facts->slot_at[slot], path);
    }
    release_sign(board, version, out, programs);
    struct tb_buf file = tb_buf_of(r->memory, sizeof r->memory);
    assert_int_equal(tb_file_read(out, &file), TB_OK);
    struct tb_span rest = tb_buf_span(&file);
    for (unsigned slot = 0; slot < TB_HAL_SLOT_COUNT; slot++)
        assert_int_equal(
            tb_image_take(&rest, &r->images[slot].image, &r->images[slot].header, &r->images[slot].body),
            TB_OK);
    assert_int_equal(rest.size, 0);
}

/* ---- the head ---- */

static void flash_make(void)
{
    static uint8_t memory[FLASH_MAX];
    const struct tb_transfer_image *i = &first.images[0];
    uint32_t at = facts->slot_at[0] - facts->flash_at;
    memset(memory, 0xff, facts->flash_used);
    memcpy(memory + at, i->header.at, i->header.size);
    memcpy(memory + at + TB_IMAGE_BODY_AT, i->body.at, i->body.size);
    file_write(flash, memory, facts->flash_size);
}

static void agent_start(void)
{
    char device[PATH_SIZE];
    (void)snprintf(device, sizeof device, "%s/head", h.folder);
    const struct tb_reader_spec spec = {.kind = TB_READER_HEAD, .name = "test", .device = device};
    const struct tb_readers_options options = {
        .readerd_path = TB_READERD, .specs = &spec, .spec_count = 1, .event = harness_event, .context = &h};
    assert_int_equal(tb_readers_create(h.loop, &options, &h.readers), TB_OK);
}

static void agent_stop(void)
{
    h.readers = tb_readers_free(h.readers);
    h.taken = h.event_count = 0;
}

static void event_await(const char *event)
{
    while (strcmp(harness_next(&h), event) != 0)
        ;
}

static int setup(void **state)
{
    (void)state;
    flash_make();
    h.board = facts->board;
    harness_start_sim(&h, TB_READER_HEAD);
    h.flash = flash;
    harness_start_reader(&h, TB_READER_HEAD, "");
    event_await("state nfc ready");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    harness_stop(&h);
    return 0;
}

/* ---- questions ---- */

static uint32_t number_take(struct tb_span *rest)
{
    uint64_t number = 0;
    assert_int_equal(tb_decimal_decode(tb_span_cut(rest, ' '), UINT32_MAX, &number), TB_OK);
    return (uint32_t)number;
}

static bool begins(const char *event, const char *with)
{
    return strncmp(event, with, strlen(with)) == 0;
}

/* An event of our own: a question or an answer was lost together with a line that was closed. */
static void answer_late(struct tb_timer *timer)
{
    (void)timer;
    assert_true(h.event_count < HARNESS_EVENT_MAX);
    (void)snprintf(h.events[h.event_count++], HARNESS_TEXT_SIZE, "late");
    tb_loop_stop(h.loop);
}

static bool answer_await(enum tb_err err, uint8_t request, struct tb_link_update_answer *ret_answer)
{
    for (;;) {
        const char *event = harness_next(&h);
        if (begins(event, "update ")) {
            struct tb_span rest = tb_span_str(event + strlen("update "));
            if (number_take(&rest) != request)
                continue; /* what waited on the line of a head that restarted */
            ret_answer->status = (enum tb_link_update_status)number_take(&rest);
            ret_answer->reason = (enum tb_link_reason)number_take(&rest);
            ret_answer->next = number_take(&rest);
            return true;
        }
        if (begins(event, "hello") || begins(event, "late") || strstr(event, "unplugged") ||
            strstr(event, "hung") || err != TB_OK)
            return false;
    }
}

/* False when the head went away, or began anew, before it answered, or did not answer in the agent's time. */
static bool ask(const struct tb_link_message *m, struct tb_link_update_answer *ret_answer)
{
    static struct tb_timer late;
    uint8_t request = 0;
    enum tb_err err = tb_readers_update(h.readers, 0, m, &request);
    assert_true(err == TB_OK || err == TB_ERR_OFFLINE);
    tb_timer_set(h.loop, &late, ANSWER_MS, answer_late);
    bool answered = answer_await(err, request, ret_answer);
    tb_timer_cancel(&late);
    return answered;
}

static struct tb_link_message message_of_step(void)
{
    const struct tb_transfer_image *i = &t.images[t.at];
    if (t.step == TB_TRANSFER_BEGIN)
        return (struct tb_link_message){
            .type = TB_LINK_UPDATE_BEGIN,
            .update_begin = {.flags = t.force ? TB_LINK_UPDATE_FORCE : 0, .header = i->header}};
    if (t.step == TB_TRANSFER_BLOCK)
        return (struct tb_link_message){
            .type = TB_LINK_UPDATE_BLOCK,
            .update_block = {.offset = t.next,
                             .data = tb_span_sub(i->body, t.next, TB_LINK_UPDATE_BLOCK_SIZE)}};
    return (struct tb_link_message){.type = TB_LINK_UPDATE_END};
}

static bool is_over(void)
{
    return t.step == TB_TRANSFER_DONE || t.step == TB_TRANSFER_FAILED;
}

static void step_run(void)
{
    struct tb_link_message m = message_of_step();
    struct tb_link_update_answer answer;
    if (ask(&m, &answer))
        tb_transfer_answer(&t, &answer, tb_loop_now_ms(h.loop));
    else
        tb_transfer_lost(&t, tb_loop_now_ms(h.loop));
}

static void start(const struct release *r)
{
    tb_transfer_start(&t, r->images, TB_HAL_SLOT_COUNT, false, tb_loop_now_ms(h.loop));
}

/* Until the block at offset is wanted. */
static void run_to(uint32_t offset)
{
    while (!is_over() && !(t.step == TB_TRANSFER_BLOCK && t.next >= offset))
        step_run();
    assert_int_equal(t.next, offset);
}

static void run(void)
{
    while (!is_over())
        step_run();
}

static void assert_installed(void)
{
    if (t.step != TB_TRANSFER_DONE)
        print_message("result %d, reason %s, at %u\n", t.result, tb_link_reason_name(t.reason), t.next);
    assert_int_equal(t.step, TB_TRANSFER_DONE);
    assert_int_equal(t.result, TB_TRANSFER_INSTALLED);
}

static void assert_refused(enum tb_link_reason reason)
{
    assert_int_equal(t.step, TB_TRANSFER_FAILED);
    assert_int_equal(t.result, TB_TRANSFER_REFUSED);
    assert_int_equal(t.reason, reason);
}

static void card_is_read(const char *data)
{
    (void)harness_sim(&h, "card here ntag213 uri=https://example.com/a");
    (void)harness_sim(&h, "tap here");
    event_await(data);
    (void)harness_sim(&h, "remove here");
    event_await("gone");
}

/* ---- tests ---- */

static void releases_are_installed_one_after_the_other(void **state)
{
    (void)state;
    static struct release third;
    start(&second);
    run();
    assert_installed();
    assert_int_equal(t.at, 1);
    release_make(&third, facts->board, "0.3.0", program_path);
    start(&third);
    run();
    assert_installed();
    assert_int_equal(t.at, 0);
    assert_int_equal(tb_readers_info(h.readers, 0)->reset, TB_LINK_RESET_SOFTWARE);
    start(&second);
    run();
    assert_refused(TB_LINK_REASON_UPDATE_OLDER);
}

/* The card comes first: a block that is asked for meanwhile is asked for again. */
static void cards_are_read_while_an_update_is_under_way(void **state)
{
    (void)state;
    start(&second);
    run_to(512);
    card_is_read(CARD_DATA);
    run_to(1024);
    (void)harness_sim(&h, "tap here");
    event_await("tag type2");
    run();
    assert_installed();
    agent_stop(); /* who listens anew is told of the card that lies there */
    agent_start();
    event_await(CARD_DATA);
    (void)harness_sim(&h, "remove here");
    event_await("gone");
    card_is_read(CARD_DATA);
}

/* One byte in every field of the header; signed is what comes first. */
static void changed_header_is_refused(void **state)
{
    (void)state;
    static const struct {
        unsigned at;
        enum tb_link_reason reason;
    } cases[] = {
        {0, TB_LINK_REASON_UPDATE_FORMAT},      {5, TB_LINK_REASON_UPDATE_FORMAT},
        {7, TB_LINK_REASON_UPDATE_FORMAT},      {9, TB_LINK_REASON_UPDATE_BOARD},
        {42, TB_LINK_REASON_UPDATE_SIGNATURE},  {47, TB_LINK_REASON_UPDATE_SIGNATURE},
        {50, TB_LINK_REASON_UPDATE_SLOT},       {55, TB_LINK_REASON_UPDATE_SIGNATURE},
        {60, TB_LINK_REASON_UPDATE_SIGNATURE},  {100, TB_LINK_REASON_UPDATE_FORMAT},
        {130, TB_LINK_REASON_UPDATE_SIGNATURE}, {191, TB_LINK_REASON_UPDATE_SIGNATURE},
    };
    struct tb_link_update_answer answer;
    for (size_t i = 0; i < TB_ARRAY_SIZE(cases); i++) {
        uint8_t header[TB_IMAGE_HEADER_SIZE];
        memcpy(header, second.images[1].header.at, sizeof header);
        header[cases[i].at] ^= cases[i].at == 9 ? 0x07 : 0x01;
        struct tb_link_message m = {.type = TB_LINK_UPDATE_BEGIN,
                                    .update_begin = {.header = tb_span_of(header, sizeof header)}};
        while (!ask(&m, &answer)) /* a late HELLO of the start */
            ;
        assert_int_equal(answer.status, TB_LINK_UPDATE_REFUSED);
        assert_int_equal(answer.reason, cases[i].reason);
    }
}

static void changed_body_is_refused(void **state)
{
    (void)state;
    uint8_t *body = second.memory + (second.images[1].body.at - second.memory);
    const uint32_t size = second.images[1].image.size;
    const uint32_t places_in_body[] = {0, size / 2, size - 1};
    for (size_t i = 0; i < TB_ARRAY_SIZE(places_in_body); i++) {
        body[places_in_body[i]] ^= 0x10;
        start(&second);
        run();
        body[places_in_body[i]] ^= 0x10;
        assert_refused(TB_LINK_REASON_UPDATE_DIGEST);
    }
    start(&second);
    run();
    assert_installed();
}

static void image_of_another_board_is_refused(void **state)
{
    (void)state;
    static struct release other;
    release_make(&other, "other-board", "0.2.0", program_path);
    start(&other);
    run();
    assert_refused(TB_LINK_REASON_UPDATE_BOARD);
}

/* Whoever opens the line next goes on where the one before was. */
static void agent_restarts_at_every_block(void **state)
{
    (void)state;
    uint32_t size = bad.images[1].image.size;
    start(&bad);
    for (uint32_t offset = 0; offset < size; offset += TB_LINK_UPDATE_BLOCK_SIZE) {
        run_to(offset);
        agent_stop();
        agent_start();
        start(&bad);
        run_to(offset);
    }
    start(&second);
    run();
    assert_installed();
}

/* The head begins anew each time, with what ran before, and in the end it has it all. */
static void head_is_reset_at_every_block(void **state)
{
    (void)state;
    uint32_t size = bad.images[1].image.size;
    for (uint32_t offset = 0; offset < size; offset += TB_LINK_UPDATE_BLOCK_SIZE) {
        start(&bad);
        run_to(offset);
        agent_stop();
        tb_board_reset(&h.machine);
        agent_start();
        event_await("state nfc ready");
    }
    card_is_read(CARD_DATA);
    start(&second);
    run();
    assert_installed();
}

static void power_fails_in_the_middle_and_during_the_trial(void **state)
{
    (void)state;
    start(&second);
    run_to(1024);
    agent_stop();
    tb_board_stop(&h.machine);
    tb_board_start_slots(&h.machine, facts->board, h.folder, flash);
    agent_start();
    start(&second);
    run();
    assert_installed();
    agent_stop();
    tb_board_stop(&h.machine);
    tb_board_start_slots(&h.machine, facts->board, h.folder, flash);
    agent_start();
    start(&second);
    run();
    assert_int_equal(t.result, TB_TRANSFER_ALREADY);
}

/* It never says a word; the watchdog of the boot loader ends it. */
static void image_that_hangs_is_rolled_back(void **state)
{
    (void)state;
    start(&bad);
    run();
    assert_int_equal(t.step, TB_TRANSFER_FAILED);
    assert_int_equal(t.result, TB_TRANSFER_ROLLED_BACK);
    if (facts->program) /* that one remembers only what a program tells it at its start */
        assert_int_equal(tb_readers_info(h.readers, 0)->reset, TB_LINK_RESET_WATCHDOG);
    card_is_read(CARD_DATA);
    start(&bad);
    run();
    assert_refused(TB_LINK_REASON_UPDATE_FAILED);
    start(&second);
    run();
    assert_installed();
}

/* Nothing goes deeper than verifying a signature. The call graph's bound is for the deepest path of all. */
static void stack_is_large_enough_for_a_signature(void **state)
{
    (void)state;
    uint32_t bound, size;
    uint8_t request;
    tb_board_stack(facts->board, "head-0.elf", &bound, &size);
    start(&second);
    run_to(512);
    assert_int_equal(tb_readers_stats(h.readers, 0, &request), TB_OK);
    while (!begins(harness_next(&h), "stats"))
        ;
    uint32_t free_size = h.stats[TB_LINK_STAT_STACK_FREE];
    print_message("%s: %u bytes of %u were never used, at least %u were to be left\n", facts->board,
                  (unsigned)free_size, (unsigned)size, (unsigned)(size - bound));
    assert_true(free_size >= size - bound);
    assert_true(size - free_size > STACK_USED_MIN);
}

static int releases_make(void **state)
{
    (void)state;
    memcpy(folder, "/tmp/tb-update-XXXXXX", sizeof "/tmp/tb-update-XXXXXX");
    assert_non_null(mkdtemp(folder));
    path_in(flash, "flash");
    release_make(&first, facts->board, "0.1.0", program_path);
    release_make(&second, facts->board, "0.2.0", program_path);
    release_make(&bad, facts->board, "0.2.0", hanging_path);
    return 0;
}

static int releases_remove(void **state)
{
    (void)state;
    static const char *const names[] = {"flash", "release", "program", "hanging-0", "hanging-1"};
    for (size_t i = 0; i < TB_ARRAY_SIZE(names); i++) {
        char path[PATH_SIZE];
        path_in(path, names[i]);
        (void)unlink(path);
    }
    return rmdir(folder);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(releases_are_installed_one_after_the_other, setup, teardown),
        cmocka_unit_test_setup_teardown(cards_are_read_while_an_update_is_under_way, setup, teardown),
        cmocka_unit_test_setup_teardown(changed_header_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(changed_body_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(image_of_another_board_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(agent_restarts_at_every_block, setup, teardown),
        cmocka_unit_test_setup_teardown(head_is_reset_at_every_block, setup, teardown),
        cmocka_unit_test_setup_teardown(power_fails_in_the_middle_and_during_the_trial, setup, teardown),
        cmocka_unit_test_setup_teardown(image_that_hangs_is_rolled_back, setup, teardown),
    };
    const struct CMUnitTest painted[] = {
        cmocka_unit_test_setup_teardown(stack_is_large_enough_for_a_signature, setup, teardown),
    };
    facts = argc == 2 ? tb_board_facts(argv[1]) : NULL;
    if (facts == NULL || facts->flash_size == 0) {
        (void)fprintf(stderr, "usage: %s <board with slots>\n", argv[0]);
        return 2;
    }
    int failed = cmocka_run_group_tests(tests, releases_make, releases_remove);
    if (facts->stack)
        failed += cmocka_run_group_tests(painted, releases_make, releases_remove);
    return failed;
}
