/* A scanner that follows the HID-POS usage tables; its descriptor and reports come through a FIFO. */
#include "tests/integration/nfc/harness.h"
#include "tests/support/hidpos.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct harness h;
static int scanner; /* the end that scans */

static void bytes_write(const void *bytes, size_t size)
{
    assert_int_equal(write(scanner, bytes, size), size);
}

static void descriptor_write(struct tb_span descriptor)
{
    const uint8_t head[] = {(uint8_t)(descriptor.size >> 8), (uint8_t)descriptor.size};
    bytes_write(head, sizeof head);
    bytes_write(descriptor.at, descriptor.size);
}

static void plug(void)
{
    assert_int_equal(mkfifo(h.line, 0600), 0);
    scanner = open(h.line, O_RDWR | O_CLOEXEC); /* does not wait for the reader */
    assert_true(scanner >= 0);
}

static void unplug(void)
{
    assert_int_equal(unlink(h.line), 0);
    assert_int_equal(close(scanner), 0);
}

static int start(void **state)
{
    (void)state;
    harness_start(&h, TB_READER_HIDPOS);
    harness_expect(&h, "state unplugged device.absent");
    plug();
    harness_expect(&h, "state ready");
    return 0;
}

static int stop(void **state)
{
    (void)state;
    unplug();
    harness_stop(&h);
    return 0;
}

static void report_write(const char *identifier, const char *data, bool continued)
{
    uint8_t report[TB_HIDPOS_REPORT_SIZE];
    tb_hidpos_report(identifier, data, continued, report);
    bytes_write(report, sizeof report);
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
    bytes_write(head, 1);
    bytes_write(head + 1, 1);
    bytes_write(descriptor.at, 9);
    bytes_write(descriptor.at + 9, descriptor.size - 9);
    bytes_write(report, 5);
    bytes_write(report + 5, sizeof report - 5);
    harness_expect(&h, "line 96385074");
}

static void report_that_breaks_its_layout_costs_its_code(void **state)
{
    (void)state;
    uint8_t report[TB_HIDPOS_REPORT_SIZE];
    tb_hidpos_report("]E0", "96385074", false, report);
    report[1] = 200;
    descriptor_write(tb_hidpos_descriptor());
    bytes_write(report, sizeof report);
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
    unplug();
    harness_expect(&h, "state unplugged device.absent");
    plug();
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
