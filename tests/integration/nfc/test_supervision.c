/* What the agent sees when a reader is pulled out, hangs or crashes: said once, and back by itself. */
#include "tests/integration/nfc/simulator.h"

static int start(void **state)
{
    (void)state;
    harness_start(&h, TB_READER_NFC);
    harness_expect(&h, "state ready");
    sim("card c ntag213 uri=" URI);
    sim("card iso type4 uri=" URI);
    return 0;
}

static void unplugged_reader_comes_back(void **state)
{
    (void)state;
    sim("unplug");
    harness_expect(&h, "state unplugged device.absent");
    sim("plug");
    harness_expect(&h, "state ready");
    sim("tap c");
    harness_expect(&h, "tag type2");
    harness_expect(&h, "data " URI_MESSAGE);
    assert_int_equal(tb_readers_info(h.readers, 0)->start_count, 1);
}

static void card_is_gone_when_its_reader_is(void **state)
{
    (void)state;
    sim("tap c");
    harness_expect(&h, "tag type2");
    harness_expect(&h, "data " URI_MESSAGE);
    sim("unplug");
    harness_expect(&h, "gone");
    harness_expect(&h, "state unplugged device.absent");
}

static void reader_unplugged_while_it_reads(void **state)
{
    (void)state;
    sim("fault unplug");
    harness_expect(&h, "state unplugged device.absent");
    sim("plug");
    harness_expect(&h, "state ready");
}

/* libnfc calls abort() when a status byte has bit 7 set. */
static void crashed_process_is_started_again(void **state)
{
    (void)state;
    sim("fault status80");
    sim("tap c");
    harness_expect(&h, "tag type2");
    harness_expect(&h, "gone");
    harness_expect(&h, "state crashed process.ended");
    uint64_t tap = h.tap;
    harness_expect(&h, "state ready");
    harness_expect(&h, "tag type2");
    harness_expect(&h, "data " URI_MESSAGE);
    assert_true(h.tap != tap);
    assert_int_equal(tb_readers_info(h.readers, 0)->start_count, 2);
}

/* libnfc copies "length minus one" bytes of an ATS whose length is 0. */
static void card_that_crashes_the_library_costs_a_restart(void **state)
{
    (void)state;
    sim("fault ats0");
    sim("tap iso");
    harness_expect(&h, "state crashed process.ended");
    harness_expect(&h, "state ready");
    harness_expect(&h, "tag type4");
    harness_expect(&h, "data " URI_MESSAGE);
}

/* Each byte of the answer begins the library's waiting anew: the call would last for a minute. */
static void hung_process_is_killed_and_started_again(void **state)
{
    (void)state;
    int64_t ready_ms = h.state_at_ms;
    sim("fault dribble");
    harness_expect(&h, "state hung process.silent");
    assert_true(h.state_at_ms - ready_ms >= TB_READERS_SILENCE_MS);
    harness_expect(&h, "state ready");
    sim("tap c");
    harness_expect(&h, "tag type2");
    harness_expect(&h, "data " URI_MESSAGE);
}

static void reader_that_stops_answering_is_opened_again(void **state)
{
    (void)state;
    sim("fault noack 4");
    harness_expect(&h, "state unplugged device.no_answer");
    harness_expect(&h, "state ready");
    assert_int_equal(tb_readers_info(h.readers, 0)->start_count, 1);
}

/* One device, one owner: a second process says busy, and takes over when the first is gone. */
static void second_owner_is_refused(void **state)
{
    (void)state;
    struct harness second = h;
    char device[128];
    (void)snprintf(device, sizeof device, "pn532_uart:%s", h.line);
    const struct tb_reader_spec spec = {.kind = TB_READER_NFC, .name = "second", .device = device};
    const struct tb_readers_options options = {.readerd_path = TB_READERD,
                                               .specs = &spec,
                                               .spec_count = 1,
                                               .event = harness_event,
                                               .context = &second};
    assert_int_equal(tb_readers_create(second.loop, &options, &second.readers), TB_OK);
    harness_expect(&second, "state unplugged device.busy");
    h.readers = tb_readers_free(h.readers);
    harness_expect(&second, "state ready");
    second.readers = tb_readers_free(second.readers);
}

static void missing_program_is_said(void **state)
{
    (void)state;
    struct harness other = h;
    const struct tb_reader_spec spec = {
        .kind = TB_READER_NFC, .name = "none", .device = "pn532_uart:/dev/null"};
    const struct tb_readers_options options = {.readerd_path = "/nonexistent/readerd",
                                               .specs = &spec,
                                               .spec_count = 1,
                                               .event = harness_event,
                                               .context = &other};
    assert_int_equal(tb_readers_create(other.loop, &options, &other.readers), TB_OK);
    harness_expect(&other, "state crashed process.not_started");
    other.readers = tb_readers_free(other.readers);
}

struct watcher {
    struct tb_timer timer;
    const struct tb_readers *readers;
    uint32_t wanted; /* starts */
};

static void starts_look(struct tb_timer *timer)
{
    struct watcher *w = timer->context;
    if (tb_readers_info(w->readers, 0)->start_count >= w->wanted)
        tb_loop_stop(h.loop);
    else
        tb_timer_set(h.loop, &w->timer, 5, starts_look);
}

/* 0.1 s, then twice as long each time: the fourth start comes 0.7 s after the first at the earliest. */
static void process_that_always_ends_is_started_ever_more_rarely(void **state)
{
    (void)state;
    struct harness other = h;
    const struct tb_reader_spec spec = {.kind = TB_READER_NFC, .name = "false", .device = "none"};
    const struct tb_readers_options options = {.readerd_path = "/bin/false",
                                               .specs = &spec,
                                               .spec_count = 1,
                                               .event = harness_event,
                                               .context = &other};
    assert_int_equal(tb_readers_create(other.loop, &options, &other.readers), TB_OK);
    harness_expect(&other, "state crashed process.ended");
    int64_t first_ms = other.state_at_ms;
    struct watcher w = {.readers = other.readers, .wanted = 4};
    w.timer.context = &w;
    tb_timer_set(h.loop, &w.timer, 0, starts_look);
    assert_int_equal(tb_loop_run(h.loop), TB_OK);
    assert_true(tb_loop_now_ms(h.loop) - first_ms >= 100 + 200 + 400 - 10); /* clocks in whole ms */
    assert_int_equal(other.event_count, other.taken);                       /* said once */
    other.readers = tb_readers_free(other.readers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(unplugged_reader_comes_back, start, stop),
        cmocka_unit_test_setup_teardown(card_is_gone_when_its_reader_is, start, stop),
        cmocka_unit_test_setup_teardown(reader_unplugged_while_it_reads, start, stop),
        cmocka_unit_test_setup_teardown(crashed_process_is_started_again, start, stop),
        cmocka_unit_test_setup_teardown(card_that_crashes_the_library_costs_a_restart, start, stop),
        cmocka_unit_test_setup_teardown(hung_process_is_killed_and_started_again, start, stop),
        cmocka_unit_test_setup_teardown(reader_that_stops_answering_is_opened_again, start, stop),
        cmocka_unit_test_setup_teardown(second_owner_is_refused, start, stop),
        cmocka_unit_test_setup_teardown(missing_program_is_said, start, stop),
        cmocka_unit_test_setup_teardown(process_that_always_ends_is_started_ever_more_rarely, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
