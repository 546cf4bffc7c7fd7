/* A scanner that acts as a keyboard; its events come through a FIFO, which cannot be grabbed but is read
 * alike. */
#include "tests/integration/nfc/fifo.h"

#include <linux/input.h>
#include <unistd.h>

static struct harness h;
static struct fifo fifo;

static int start(void **state)
{
    (void)state;
    fifo_start(&fifo, &h, TB_READER_KEYBOARD);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    fifo_stop(&fifo);
    return 0;
}

static struct input_event event_of(unsigned type, unsigned code, int value)
{
    return (struct input_event){.type = (uint16_t)type, .code = (uint16_t)code, .value = value};
}

static void key(unsigned code)
{
    const struct input_event events[] = {
        event_of(EV_MSC, MSC_SCAN, 7), event_of(EV_KEY, code, 1),       event_of(EV_SYN, SYN_REPORT, 0),
        event_of(EV_KEY, code, 0),     event_of(EV_SYN, SYN_REPORT, 0),
    };
    fifo_write(&fifo, events, sizeof events);
}

static void digits(const char *text)
{
    for (; *text; text++)
        key(*text == '0' ? KEY_0 : (unsigned)(*text - '1') + KEY_1);
}

static void codes_are_read(void **state)
{
    (void)state;
    digits("5901234123457");
    key(KEY_ENTER);
    digits("4006381333931");
    key(KEY_TAB);
    harness_expect(&h, "line 5901234123457");
    harness_expect(&h, "line 4006381333931");
}

static void code_without_end_ends_with_silence(void **state)
{
    (void)state;
    digits("96385074");
    harness_expect(&h, "line 96385074");
}

static void event_may_come_in_pieces(void **state)
{
    (void)state;
    const struct input_event seven = event_of(EV_KEY, KEY_7, 1);
    fifo_write(&fifo, &seven, 5);
    for (unsigned i = 0; i < 2; i++) { /* the device is read between one request and the next */
        assert_int_equal(tb_readers_stats(h.readers, 0, &(uint8_t){0}), TB_OK);
        harness_expect(&h, "stats 0 0 0 0 0");
    }
    fifo_write(&fifo, (const char *)&seven + 5, sizeof seven - 5);
    key(KEY_ENTER);
    harness_expect(&h, "line 7");
}

static void dropped_events_cost_at_most_their_line(void **state)
{
    (void)state;
    const struct input_event dropped[] = {event_of(EV_SYN, SYN_DROPPED, 0), event_of(EV_SYN, SYN_REPORT, 0)};
    digits("590");
    fifo_write(&fifo, dropped, sizeof dropped);
    digits("457");
    key(KEY_ENTER);
    harness_expect(&h, "line failed line.not_text");
    digits("5901234123457");
    key(KEY_ENTER);
    harness_expect(&h, "line 5901234123457");
    assert_int_equal(tb_readers_stats(h.readers, 0, &(uint8_t){0}), TB_OK);
    harness_expect(&h, "stats 0 0 0 1 1");
}

static void unplugged_keyboard_comes_back(void **state)
{
    (void)state;
    const struct input_event shift = event_of(EV_KEY, KEY_LEFTSHIFT, 1);
    fifo_write(&fifo, &shift, sizeof shift);
    digits("123");
    fifo_unplug(&fifo);
    harness_expect(&h, "state unplugged device.absent");
    fifo_plug(&fifo);
    harness_expect(&h, "state ready");
    digits("5901234123457");
    key(KEY_ENTER);
    harness_expect(&h, "line 5901234123457");
    assert_int_equal(tb_readers_info(h.readers, 0)->start_count, 1);
}

static void layout_of_the_reader_counts(void **state)
{
    (void)state;
    const struct tb_reader_spec spec = {
        .kind = TB_READER_KEYBOARD, .name = "test", .device = h.line, .layout = "fr"};
    const struct tb_readers_options options = {
        .readerd_path = TB_READERD, .specs = &spec, .spec_count = 1, .event = harness_event, .context = &h};
    h.readers = tb_readers_free(h.readers);
    assert_int_equal(tb_readers_create(h.loop, &options, &h.readers), TB_OK);
    harness_expect(&h, "state ready");
    key(KEY_Q);
    key(KEY_2);
    key(KEY_ENTER);
    harness_expect(&h, "line a\xc3\xa9");
}

static void device_without_keys_is_refused(void **state)
{
    (void)state;
    fifo_unplug(&fifo);
    harness_expect(&h, "state unplugged device.absent");
    assert_int_equal(symlink("/dev/zero", h.line), 0);
    harness_expect(&h, "state unplugged device.unsupported");
    assert_int_equal(unlink(h.line), 0);
    harness_expect(&h, "state unplugged device.absent");
    fifo_plug(&fifo);
    harness_expect(&h, "state ready");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(codes_are_read, start, stop),
        cmocka_unit_test_setup_teardown(code_without_end_ends_with_silence, start, stop),
        cmocka_unit_test_setup_teardown(event_may_come_in_pieces, start, stop),
        cmocka_unit_test_setup_teardown(dropped_events_cost_at_most_their_line, start, stop),
        cmocka_unit_test_setup_teardown(unplugged_keyboard_comes_back, start, stop),
        cmocka_unit_test_setup_teardown(layout_of_the_reader_counts, start, stop),
        cmocka_unit_test_setup_teardown(device_without_keys_is_refused, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
