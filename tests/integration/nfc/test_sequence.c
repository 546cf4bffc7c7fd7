/*
 * A head that says anything at all, in any order, with noise and pulled plugs between: whatever it says, each
 * TAG that the application is given is followed by exactly one TAG_GONE, nothing is told of a tag that is not
 * there, and the next code is still heard.
 */
#include "core/base/assert.h"
#include "tests/integration/nfc/head.h"
#include "tests/support/seeded_rng.h"

#include <stdio.h>

enum { ROUND_COUNT = 300, MESSAGE_COUNT = 30, MARK_SIZE = 16, TAP_CHOICES = 3 };

static struct harness h;
static struct head head;
static struct seeded_rng rng = {.state = 20260302};

static struct {
    bool tag;
    uint64_t tap;
    unsigned tag_count;
    char mark[MARK_SIZE];
} seen;

static unsigned below(unsigned limit)
{
    return (unsigned)(seeded_rng_next(&rng) % limit);
}

/* ---- what must hold ---- */

static void event_judge(void *context, const struct tb_reader_event *e)
{
    (void)context;
    switch (e->kind) {
    case TB_READER_EVENT_TAG:
        assert_false(seen.tag);
        seen.tag = true;
        seen.tag_count++;
        seen.tap = e->tap;
        return;
    case TB_READER_EVENT_TAG_AGAIN:
    case TB_READER_EVENT_TAG_DATA:
    case TB_READER_EVENT_TAG_FAILED:
        assert_true(seen.tag);
        assert_true(e->tap == seen.tap);
        return;
    case TB_READER_EVENT_TAG_GONE:
        assert_true(seen.tag);
        assert_true(e->tap == seen.tap);
        seen.tag = false;
        return;
    case TB_READER_EVENT_STATE:
        if (e->part->kind == TB_READER_NFC && e->part->state != TB_READER_READY)
            assert_false(seen.tag);
        return;
    case TB_READER_EVENT_LINE:
        if (tb_span_to_str(e->data, seen.mark, sizeof seen.mark) == TB_OK)
            tb_loop_stop(h.loop);
        return;
    case TB_READER_EVENT_HELLO:
    case TB_READER_EVENT_LINE_FAILED:
    case TB_READER_EVENT_ANSWER:
    case TB_READER_EVENT_SELFTEST:
    case TB_READER_EVENT_STATS:
    case TB_READER_EVENT_UPDATE:
    case TB_READER_EVENT_TAMPER: return;
    }
}

/* ---- what is said ---- */

static void tag_say(void)
{
    uint16_t tap = (uint16_t)below(TAP_CHOICES);
    struct tb_link_message m = {.type = (enum tb_link_type)(TB_LINK_TAG + below(5)), .tap = tap};
    if (m.type == TB_LINK_TAG)
        m.tag = (struct tb_link_tag){.tap = tap, .kind = TB_LINK_TAG_TYPE2};
    else if (m.type == TB_LINK_TAG_DATA)
        m.tag_data = (struct tb_link_tag_data){.tap = tap, .ndef = tb_span_of("\xd0\x00\x00", 3)};
    else if (m.type == TB_LINK_TAG_FAILED)
        m.tag_failed =
            (struct tb_link_tag_failed){.tap = tap, .failure = TB_TAG_TORN, .reason = TB_TAG_REASON_LOST};
    head_send(&head, &m);
}

static void state_say(void)
{
    uint8_t device = below(2) ? TB_LINK_DEVICE_NFC : TB_LINK_DEVICE_SCANNER;
    head_state(&head, device, (enum tb_link_condition)(TB_LINK_STARTING + below(4)),
               (enum tb_link_reason)below(7));
}

static void answer_say(void)
{
    const struct tb_link_message answers[] = {
        {.type = TB_LINK_TRANSCEIVE_ANSWER, .transceive_answer = {.tap = (uint16_t)below(TAP_CHOICES)}},
        {.type = TB_LINK_SELFTEST_ANSWER, .selftest_answer = {.request = (uint8_t)below(4)}},
        {.type = TB_LINK_STATS_ANSWER, .stats_answer = {.request = (uint8_t)below(4)}},
        {.type = TB_LINK_TAMPER, .tamper = {.open = below(2), .count = (uint16_t)below(3)}},
        {.type = TB_LINK_HEARTBEAT},
        {.type = TB_LINK_STATS, .request = 1}, /* not its to say */
    };
    head_send(&head, &answers[below(TB_ARRAY_SIZE(answers))]);
}

static void noise_say(void)
{
    uint8_t bytes[64];
    seeded_rng_fill(&rng, bytes, sizeof bytes);
    bytes[sizeof bytes - 1] = 0;
    head_bytes(&head, tb_span_of(bytes, sizeof bytes));
}

static void anything_say(void)
{
    switch (below(12)) {
    case 0: head_hello(&head, (uint8_t)(1 + below(3)), (enum tb_link_reset)below(7)); return;
    case 1:
    case 2: state_say(); return;
    case 3:
    case 4: answer_say(); return;
    case 5: noise_say(); return;
    default: tag_say(); return;
    }
}

/* ---- the test ---- */

static void late(struct tb_timer *timer)
{
    (void)timer;
    fail_msg("a code was not heard after %u tags", seen.tag_count);
}

static void mark_wait(unsigned round)
{
    char mark[MARK_SIZE];
    struct tb_timer deadline = {.context = NULL};
    (void)snprintf(mark, sizeof mark, "mark %u", round);
    head_send(&head, &(struct tb_link_message){
                         .type = TB_LINK_LINE,
                         .line = {.device = TB_LINK_DEVICE_SCANNER, .text = tb_span_str(mark)}});
    tb_timer_set(h.loop, &deadline, 20000, late);
    while (strcmp(seen.mark, mark) != 0)
        assert_int_equal(tb_loop_run(h.loop), TB_OK);
    tb_timer_cancel(&deadline);
}

static void greet(void)
{
    head_plug(&head, &h, h.line);
    (void)head_expect(&head, TB_LINK_HELLO_REQUEST);
    head_hello(&head, TB_LINK_DEVICE_NFC | TB_LINK_DEVICE_SCANNER, TB_LINK_RESET_POWER_ON);
}

static void whatever_a_head_says_taps_stay_whole(void **state)
{
    (void)state;
    const struct tb_reader_spec spec = {.kind = TB_READER_HEAD, .name = "head", .device = h.line};
    const struct tb_readers_options options = {
        .readerd_path = "/nonexistent/readerd", .specs = &spec, .spec_count = 1, .event = event_judge};
    assert_int_equal(tb_readers_create(h.loop, &options, &h.readers), TB_OK);
    greet();
    for (unsigned round = 0; round < ROUND_COUNT; round++) {
        for (unsigned i = 0; i < MESSAGE_COUNT; i++)
            anything_say();
        mark_wait(round);
        head.request_count = head.taken = 0;
        if (below(ROUND_COUNT / 4) == 0) {
            head_unplug(&head);
            greet();
        }
    }
    assert_true(seen.tag_count > ROUND_COUNT);
    head_unplug(&head);
}

static int setup(void **state)
{
    (void)state;
    harness_start_loop(&h);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    harness_stop(&h);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whatever_a_head_says_taps_stay_whole, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
