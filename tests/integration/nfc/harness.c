#include "tests/integration/nfc/harness.h"

#include "core/base/assert.h"
#include "core/base/buf.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEADLINE_MS = 30000 };

/* --- events as text */

static const char *tag_kind_name(enum tb_link_tag_kind kind)
{
    return kind == TB_LINK_TAG_TYPE2 ? "type2" : kind == TB_LINK_TAG_TYPE4 ? "type4" : "other";
}

static void words_add(struct tb_buf *b, const char *before, const char *word)
{
    tb_buf_add_str(b, before);
    tb_buf_add_str(b, word);
}

static void number_add(struct tb_buf *b, int64_t number)
{
    tb_buf_add_str(b, " ");
    tb_buf_add_decimal(b, number);
}

static void stats_add(struct tb_buf *b, const uint32_t *stats)
{
    static const enum tb_link_stat shown[] = {TB_LINK_STAT_TAPS, TB_LINK_STAT_TAGS_READ,
                                              TB_LINK_STAT_TAGS_FAILED, TB_LINK_STAT_LINES,
                                              TB_LINK_STAT_LINES_FAILED};
    for (size_t i = 0; i < TB_ARRAY_SIZE(shown); i++)
        number_add(b, stats[shown[i]]);
}

static void state_add(struct tb_buf *b, const struct tb_reader_event *e)
{
    if (e->reader->kind == TB_READER_HEAD)
        words_add(b, " ", tb_reader_kind_name(e->part->kind));
    words_add(b, " ", tb_reader_state_name(e->part->state));
    if (e->reason[0])
        words_add(b, " ", e->reason);
}

static void event_text(struct tb_buf *b, const struct tb_reader_event *e)
{
    switch (e->kind) {
    case TB_READER_EVENT_STATE:
        tb_buf_add_str(b, "state");
        state_add(b, e);
        return;
    case TB_READER_EVENT_HELLO: words_add(b, "hello ", tb_link_reset_name(e->reader->reset)); return;
    case TB_READER_EVENT_TAG: words_add(b, "tag ", tag_kind_name(e->tag.kind)); return;
    case TB_READER_EVENT_TAG_AGAIN: words_add(b, "again ", tag_kind_name(e->tag.kind)); return;
    case TB_READER_EVENT_TAG_DATA:
        tb_buf_add_str(b, "data ");
        tb_buf_add_hex(b, e->data);
        return;
    case TB_READER_EVENT_TAG_FAILED:
        words_add(b, "failed ", tb_tag_failure_name(e->failure));
        words_add(b, " ", e->reason);
        return;
    case TB_READER_EVENT_TAG_GONE: tb_buf_add_str(b, "gone"); return;
    case TB_READER_EVENT_LINE:
        tb_buf_add_str(b, "line ");
        tb_buf_add(b, e->data);
        return;
    case TB_READER_EVENT_LINE_FAILED: words_add(b, "line failed ", e->reason); return;
    case TB_READER_EVENT_ANSWER:
        tb_buf_add_str(b, "answer");
        number_add(b, e->exchange);
        number_add(b, e->status);
        tb_buf_add_str(b, " ");
        tb_buf_add_hex(b, e->data);
        return;
    case TB_READER_EVENT_SELFTEST:
        tb_buf_add_str(b, e->verdict == TB_LINK_SELFTEST_PASSED ? "selftest passed" : "selftest failed ");
        tb_buf_add(b, e->data);
        return;
    case TB_READER_EVENT_STATS:
        tb_buf_add_str(b, "stats");
        stats_add(b, e->stats);
        return;
    case TB_READER_EVENT_UPDATE:
        tb_buf_add_str(b, "update");
        number_add(b, e->request);
        number_add(b, (int64_t)e->update->status);
        number_add(b, (int64_t)e->update->reason);
        number_add(b, e->update->next);
        return;
    case TB_READER_EVENT_TAMPER:
        tb_buf_add_str(b, e->tamper.open ? "housing open" : "housing closed");
        return;
    }
}

void harness_event(void *context, const struct tb_reader_event *event)
{
    struct harness *h = context;
    if (event->kind == TB_READER_EVENT_HELLO && event->reader->kind != TB_READER_HEAD)
        return; /* a process says it at its start, and only then */
    assert_true(h->event_count < HARNESS_EVENT_MAX);
    struct tb_buf b = tb_buf_of(h->events[h->event_count], HARNESS_TEXT_SIZE - 1);
    event_text(&b, event);
    b.at[b.size] = '\0';
    if (event->kind == TB_READER_EVENT_TAG)
        h->tap = event->tap;
    h->event_at_ms = tb_loop_now_ms(h->loop);
    if (event->kind == TB_READER_EVENT_STATE)
        h->state_at_ms = h->event_at_ms;
    if (event->kind == TB_READER_EVENT_STATS)
        memcpy(h->stats, event->stats, sizeof h->stats);
    h->event_count++;
    tb_loop_stop(h->loop);
}

static void deadline_over(struct tb_timer *timer)
{
    struct harness *h = timer->context;
    for (unsigned i = 0; i < h->event_count; i++)
        print_message("event %u: %s\n", i, h->events[i]);
    if (h->sim_pid)
        print_message("log: %s\n", harness_sim(h, "log 60"));
    fail_msg("nothing came after event %u", h->taken);
}

const char *harness_next(struct harness *h)
{
    if (h->taken == h->event_count)
        h->taken = h->event_count = 0;
    tb_timer_set(h->loop, &h->deadline, DEADLINE_MS, deadline_over);
    while (h->event_count == h->taken)
        assert_int_equal(tb_loop_run(h->loop), TB_OK);
    tb_timer_cancel(&h->deadline);
    return h->events[h->taken++];
}

void harness_expect(struct harness *h, const char *event)
{
    tb_timer_set(h->loop, &h->deadline, DEADLINE_MS, deadline_over);
    while (h->event_count == h->taken)
        assert_int_equal(tb_loop_run(h->loop), TB_OK);
    tb_timer_cancel(&h->deadline);
    assert_string_equal(h->events[h->taken], event);
    h->taken++;
}

/* --- the simulator */

static void sim_become(const struct harness *h, const char *program, int out)
{
    char control[96];
    const char *line = h->board == NULL ? "--line" : tb_board_facts(h->board)->i2c ? "--i2c" : "--unix";
    (void)snprintf(control, sizeof control, "%s/control", h->folder);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that dies leaves nothing behind */
    (void)dup2(out, STDOUT_FILENO);
    (void)execl(program, program, line, h->line, "--control", control, (char *)NULL);
    _exit(127);
}

static void sim_connect(struct harness *h)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/control", h->folder);
    h->control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(h->control >= 0);
    assert_int_equal(connect(h->control, (struct sockaddr *)&address, sizeof address), 0);
}

static void sim_start(struct harness *h, const char *program)
{
    int ends[2];
    char ready[6];
    assert_int_equal(pipe(ends), 0);
    h->sim_pid = fork();
    assert_true(h->sim_pid >= 0);
    if (h->sim_pid == 0)
        sim_become(h, program, ends[1]);
    (void)close(ends[1]);
    assert_int_equal(read(ends[0], ready, sizeof ready), sizeof ready);
    assert_memory_equal(ready, "ready\n", sizeof ready);
    (void)close(ends[0]);
    sim_connect(h);
}

const char *harness_sim(struct harness *h, const char *command)
{
    static char answer[65600];
    size_t size = 0;
    assert_int_equal(send(h->control, command, strlen(command), MSG_NOSIGNAL), strlen(command));
    assert_int_equal(send(h->control, "\n", 1, MSG_NOSIGNAL), 1);
    while (size == 0 || answer[size - 1] != '\n') {
        ssize_t got = recv(h->control, answer + size, sizeof answer - size, 0);
        assert_true(got > 0);
        size += (size_t)got;
    }
    answer[size - 1] = '\0';
    if (strncmp(answer, "ok", 2) != 0)
        fail_msg("%s: %s", command, answer);
    return answer[2] == ' ' ? answer + 3 : answer + 2;
}

/* --- life */

static void folder_make(struct harness *h)
{
    *h = (struct harness){.board = h->board};
    (void)snprintf(h->folder, sizeof h->folder, "/tmp/tb-nfc-XXXXXX");
    assert_non_null(mkdtemp(h->folder));
    (void)snprintf(h->line, sizeof h->line, "%s/line", h->folder);
}

static void loop_make(struct harness *h)
{
    h->events = calloc(HARNESS_EVENT_MAX, sizeof h->events[0]);
    assert_non_null(h->events);
    h->deadline.context = h;
    assert_int_equal(tb_loop_create(&(struct tb_loop_options){.fd_max = 0}, &h->loop), TB_OK);
}

void harness_start_sim(struct harness *h, enum tb_reader_kind kind)
{
    folder_make(h);
    if (kind == TB_READER_HEAD)
        (void)snprintf(h->line, sizeof h->line, "%s/nfc", h->folder);
    if (kind == TB_READER_SCANNER)
        sim_start(h, TB_SCANNERD);
    else if (kind == TB_READER_NFC || kind == TB_READER_HEAD)
        sim_start(h, TB_PN532D);
}

void harness_start_loop(struct harness *h)
{
    folder_make(h);
    loop_make(h);
}

void harness_start(struct harness *h, enum tb_reader_kind kind)
{
    harness_start_sim(h, kind);
    harness_start_reader(h, kind, "");
}

void harness_start_reader(struct harness *h, enum tb_reader_kind kind, const char *suffix)
{
    char device[128];
    loop_make(h);
    if (kind == TB_READER_HEAD && h->flash)
        tb_board_start_slots(&h->machine, h->board, h->folder, h->flash);
    else if (kind == TB_READER_HEAD)
        tb_board_start(&h->machine, h->board, h->folder, TB_BOARD_FOR_AGENT);
    if (kind == TB_READER_HEAD)
        (void)snprintf(device, sizeof device, "%s/head", h->folder);
    else
        (void)snprintf(device, sizeof device, "%s%s%s", kind == TB_READER_NFC ? "pn532_uart:" : "", h->line,
                       suffix);
    const struct tb_reader_spec spec = {
        .kind = kind, .name = "test", .device = device, .polling = h->polling};
    const struct tb_readers_options options = {.readerd_path =
                                                   kind == TB_READER_CAMERA ? TB_QRCAM : TB_READERD,
                                               .specs = &spec,
                                               .spec_count = 1,
                                               .event = harness_event,
                                               .context = h};
    assert_int_equal(tb_readers_create(h->loop, &options, &h->readers), TB_OK);
}

static void sim_stop(struct harness *h)
{
    int status;
    if (h->sim_pid == 0)
        return;
    (void)close(h->control);
    assert_int_equal(kill(h->sim_pid, SIGTERM), 0);
    assert_int_equal(waitpid(h->sim_pid, &status, 0), h->sim_pid);
    assert_int_equal(status, 0);
}

void harness_stop_reader(struct harness *h)
{
    h->readers = tb_readers_free(h->readers);
    h->loop = tb_loop_free(h->loop);
    free(h->events);
    h->events = NULL;
    h->event_count = h->taken = 0;
}

void harness_stop(struct harness *h)
{
    harness_stop_reader(h);
    if (h->machine.pid)
        tb_board_stop(&h->machine);
    sim_stop(h);
    assert_int_equal(rmdir(h->folder), 0);
}
