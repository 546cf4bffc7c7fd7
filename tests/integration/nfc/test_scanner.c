#include "tests/integration/nfc/simulator.h"

static int start(void **state)
{
    (void)state;
    harness_start(&h, TB_READER_SCANNER);
    harness_expect(&h, "state ready");
    return 0;
}

static void codes_are_read(void **state)
{
    (void)state;
    sim("scan 5901234123457");
    sim("scan https://loyal.example/m/0001234567");
    harness_expect(&h, "line 5901234123457");
    harness_expect(&h, "line https://loyal.example/m/0001234567");
}

static void code_without_suffix_ends_with_silence(void **state)
{
    (void)state;
    sim("raw 4d30303031");
    harness_expect(&h, "line M0001");
}

static void every_suffix_is_taken(void **state)
{
    (void)state;
    sim("raw 310d320a330d0a3409350d");
    harness_expect(&h, "line 1");
    harness_expect(&h, "line 2");
    harness_expect(&h, "line 3");
    harness_expect(&h, "line 4");
    harness_expect(&h, "line 5");
}

static void noise_costs_at_most_its_line(void **state)
{
    (void)state;
    sim("raw 00ff80fe0b0c1b9f");
    sim("raw 0d");
    harness_expect(&h, "line failed line.not_text");
    sim("scan 5901234123457");
    harness_expect(&h, "line 5901234123457");
}

static void endless_line_costs_at_most_itself(void **state)
{
    (void)state;
    uint8_t request;
    char scan[700] = "scan ";
    memset(scan + 5, '9', 600);
    sim(scan);
    harness_expect(&h, "line failed line.too_long");
    sim("scan 5901234123457");
    harness_expect(&h, "line 5901234123457");
    assert_int_equal(tb_readers_stats(h.readers, 0, &request), TB_OK);
    harness_expect(&h, "stats 0 0 0 1 1");
}

static void unplugged_scanner_comes_back(void **state)
{
    (void)state;
    sim("raw 313233");
    sim("unplug");
    harness_expect(&h, "state unplugged device.absent");
    sim("plug");
    harness_expect(&h, "state ready");
    sim("scan 5901234123457");
    harness_expect(&h, "line 5901234123457");
    assert_int_equal(tb_readers_info(h.readers, 0)->start_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(codes_are_read, start, stop),
        cmocka_unit_test_setup_teardown(code_without_suffix_ends_with_silence, start, stop),
        cmocka_unit_test_setup_teardown(every_suffix_is_taken, start, stop),
        cmocka_unit_test_setup_teardown(noise_costs_at_most_its_line, start, stop),
        cmocka_unit_test_setup_teardown(endless_line_costs_at_most_itself, start, stop),
        cmocka_unit_test_setup_teardown(unplugged_scanner_comes_back, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
