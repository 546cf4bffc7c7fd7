/* A scanner that follows the HID-POS usage tables; its descriptor and reports come through a FIFO. */
#include "tests/integration/nfc/fifo.h"
#include "tests/support/hidpos.h"

static struct harness h;
static struct fifo fifo;

static void descriptor_write(struct tb_span descriptor)
{
    const uint8_t head[] = {(uint8_t)(descriptor.size >> 8), (uint8_t)descriptor.size};
    fifo_write(&fifo, head, sizeof head);
    fifo_write(&fifo, descriptor.at, descriptor.size);
}

static int start(void **state)
{
    (void)state;
    fifo_start(&fifo, &h, TB_READER_HIDPOS);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    fifo_stop(&fifo);
    return 0;
}

static void report_write(const char *identifier, const char *data, bool continued)
{
    uint8_t report[TB_HIDPOS_REPORT_SIZE];
    tb_hidpos_report(identifier, data, continued, report);
    fifo_write(&fifo, report, sizeof report);
}

static void codes_are_read(void **state)
{
    (void)state;
    descriptor_write(tb_hidpos_descriptor());
    report_write("]E0", "5901234123457", false);
    report_write("]C1", "8018952123456789012345", false);
    report_write("]Q0", "https://shop.example/", true);
    report_write("]Q0", "m/0123456789", false);
    harness_expect(&h, "line 5901234123457");
    harness_expect(&h, "line \x1d"
                       "8018952123456789012345");
    harness_expect(&h, "line https://shop.example/m/0123456789");
}

static void bytes_may_come_in_pieces(void **state)
{
    (void)state;
    uint8_t report[TB_HIDPOS_REPORT_SIZE];
    struct tb_span descriptor = tb_hidpos_descriptor();
    const uint8_t head[] = {0, (uint8_t)descriptor.size};
    tb_hidpos_report("]E0", "96385074", false, report);
    fifo_write(&fifo, head, 1);
    fifo_write(&fifo, head + 1, 1);
    fifo_write(&fifo, descriptor.at, 9);
    fifo_write(&fifo, descriptor.at + 9, descriptor.size - 9);
    fifo_write(&fifo, report, 5);
    fifo_write(&fifo, report + 5, sizeof report - 5);
    harness_expect(&h, "line 96385074");
}

static void report_that_breaks_its_layout_costs_its_code(void **state)
{
    (void)state;
    uint8_t report[TB_HIDPOS_REPORT_SIZE];
    tb_hidpos_report("]E0", "96385074", false, report);
    report[1] = 200;
    descriptor_write(tb_hidpos_descriptor());
    fifo_write(&fifo, report, sizeof report);
    harness_expect(&h, "line failed line.not_text");
    report_write("]E0", "96385074", false);
    harness_expect(&h, "line 96385074");
}

static void descriptor_of_something_else_is_no_scanner(void **state)
{
    (void)state;
    static const uint8_t keyboard[] = {0x05, 0x01, 0x09, 0x06, 0xa1, 0x01, 0xc0};
    descriptor_write(tb_span_of(keyboard, sizeof keyboard));
    harness_expect(&h, "state unplugged device.absent");
    harness_expect(&h, "state ready");
    descriptor_write(tb_hidpos_descriptor());
    report_write("]E0", "96385074", false);
    harness_expect(&h, "line 96385074");
}

static void unplugged_scanner_comes_back(void **state)
{
    (void)state;
    descriptor_write(tb_hidpos_descriptor());
    report_write("]Q0", "the first half", true);
    fifo_unplug(&fifo);
    harness_expect(&h, "state unplugged device.absent");
    fifo_plug(&fifo);
    harness_expect(&h, "state ready");
    descriptor_write(tb_hidpos_descriptor());
    report_write("]E0", "96385074", false);
    harness_expect(&h, "line 96385074");
}

static void identifier_goes_along_where_it_is_wanted(void **state)
{
    (void)state;
    const struct tb_reader_spec spec = {
        .kind = TB_READER_HIDPOS, .name = "test", .device = h.line, .identified = true};
    const struct tb_readers_options options = {
        .readerd_path = TB_READERD, .specs = &spec, .spec_count = 1, .event = harness_event, .context = &h};
    h.readers = tb_readers_free(h.readers);
    assert_int_equal(tb_readers_create(h.loop, &options, &h.readers), TB_OK);
    harness_expect(&h, "state ready");
    descriptor_write(tb_hidpos_descriptor());
    report_write("]E0", "96385074", false);
    harness_expect(&h, "line ]E096385074");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(codes_are_read, start, stop),
        cmocka_unit_test_setup_teardown(bytes_may_come_in_pieces, start, stop),
        cmocka_unit_test_setup_teardown(report_that_breaks_its_layout_costs_its_code, start, stop),
        cmocka_unit_test_setup_teardown(descriptor_of_something_else_is_no_scanner, start, stop),
        cmocka_unit_test_setup_teardown(unplugged_scanner_comes_back, start, stop),
        cmocka_unit_test_setup_teardown(identifier_goes_along_where_it_is_wanted, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
