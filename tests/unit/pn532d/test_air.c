/*
 * The simulator's time model against times that were computed elsewhere: frame by frame from ISO/IEC
 * 14443-3, for tags of 48, 144 and 400 bytes, rounded to 0.1 ms.
 */
#include "tests/support/pn532d/air.h"
#include "tests/support/pn532d/wire.h"
#include "tests/support/unit.h"

static void assert_near(double us, double ms, double within_ms)
{
    if (us / 1000 < ms - within_ms || us / 1000 > ms + within_ms)
        fail_msg("%.3f ms is not %.3f ms", us / 1000, ms);
}

static void selecting_takes_a_cascade_level_per_part_of_the_uid(void **state)
{
    (void)state;
    assert_near(air_select_us(4), 2.50, 0.005);
    assert_near(air_select_us(7), 4.54, 0.005);
    assert_near(air_select_us(10), 6.59, 0.005);
}

static double read_us(unsigned count)
{
    return air_select_us(7) + count * air_exchange_us(2 + AIR_CRC, 16 + AIR_CRC);
}

static double fast_read_us(size_t size)
{
    double us = air_select_us(7);
    for (size_t part = 0; size > 0; size -= part) {
        part = size > 256 ? 256 : size;
        us += air_exchange_us(3 + AIR_CRC, part + AIR_CRC);
    }
    return us;
}

static void type2_tags(void **state)
{
    (void)state;
    static const struct {
        size_t size;
        double read_ms;
        double fast_read_ms;
    } tags[] = {{48, 10.8, 9.4}, {144, 23.3, 17.6}, {400, 56.7, 40.1}};
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        assert_near(read_us((unsigned)(tags[i].size / 16)), tags[i].read_ms, 0.06);
        assert_near(fast_read_us(tags[i].size), tags[i].fast_read_ms, 0.06);
    }
    assert_near((double)AIR_GUARD_US + fast_read_us(48), 14.4, 0.06);
    assert_near((double)AIR_GUARD_US + fast_read_us(400), 45.1, 0.06);
}

/* SELECT application, container and file, READ of container, length and message; in unbroken blocks. */
static double type4_us(size_t size)
{
    double us = air_select_us(7) + air_rats_us(6);
    us += air_apdu_us(13, 2, AIR_FSD_MAX) + 2 * air_apdu_us(7, 2, AIR_FSD_MAX);
    us += air_apdu_us(5, 17, AIR_FSD_MAX) + air_apdu_us(5, 4, AIR_FSD_MAX);
    for (size_t part = 0; size > 0; size -= part) {
        part = size > 250 ? 250 : size;
        us += air_apdu_us(5, part + 2, AIR_FSD_MAX) - (double)AIR_CARD_US;
    }
    return us - 5.0 * (double)AIR_CARD_US;
}

static void type4_tags(void **state)
{
    (void)state;
    assert_near(type4_us(48), 20.7, 0.6);
    assert_near(type4_us(144), 28.8, 0.6);
    assert_near(type4_us(400), 51.9, 0.6);
}

/* An answer of 200 bytes and its status word in blocks of 61: three acknowledgements more. */
static void long_answers_of_iso_dep_cards_come_in_blocks(void **state)
{
    (void)state;
    double whole = air_apdu_us(5, 202, AIR_FSD_MAX);
    double parts = air_apdu_us(5, 202, AIR_FSD);
    assert_near(parts - whole, 3 * air_exchange_us(3, 3) / 1000, 0.001);
    assert_near(air_apdu_us(5, 61, AIR_FSD) - air_apdu_us(5, 61, AIR_FSD_MAX), 0, 0.001);
}

static void refusing_is_short(void **state)
{
    (void)state;
    assert_near(air_nak_us(3 + AIR_CRC), 0.68, 0.01);
}

/* InCommunicateThru of FAST_READ for 144 bytes: 12 bytes there, ACK, and 155 back. */
static void bytes_on_the_line_take_ten_bits_each(void **state)
{
    (void)state;
    assert_int_equal(wire_line_us(1, 115200), 87);
    assert_int_equal(wire_line_us(12 + 6 + 155, 115200), 15018);
    assert_int_equal(wire_line_us(12 + 6 + 155, 921600), 1878);
}

static void wire_is_summed_between_two_times(void **state)
{
    (void)state;
    static struct wire w;
    uint64_t us[WIRE_KIND_COUNT];
    wire_add(&w, WIRE_LINE, 100, 200);
    wire_add(&w, WIRE_AIR, 200, 500);
    wire_add(&w, WIRE_LINE, 500, 700);
    wire_sum(&w, 150, 600, us);
    assert_int_equal(us[WIRE_LINE], 50 + 100);
    assert_int_equal(us[WIRE_AIR], 300);
    assert_int_equal(us[WIRE_WAIT], 0);
    wire_cut(&w, 400);
    wire_sum(&w, 0, 1000, us);
    assert_int_equal(us[WIRE_LINE], 100);
    assert_int_equal(us[WIRE_AIR], 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(selecting_takes_a_cascade_level_per_part_of_the_uid),
        cmocka_unit_test(type2_tags),
        cmocka_unit_test(type4_tags),
        cmocka_unit_test(long_answers_of_iso_dep_cards_come_in_blocks),
        cmocka_unit_test(refusing_is_short),
        cmocka_unit_test(bytes_on_the_line_take_ten_bits_each),
        cmocka_unit_test(wire_is_summed_between_two_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
