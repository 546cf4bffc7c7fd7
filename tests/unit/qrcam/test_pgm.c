#include "agent/qrcam/pgm.h"

#include "core/base/assert.h"
#include "tests/support/unit.h"

static uint8_t memory[PGM_SIZE_MAX];
static struct pgm pgm;

static int begin(void **state)
{
    (void)state;
    pgm_init(&pgm, memory);
    return 0;
}

static enum pgm_step take(const char *bytes, size_t size)
{
    struct tb_span in = tb_span_of(bytes, size);
    enum pgm_step step = pgm_take(&pgm, &in);
    assert_true(step == PGM_BROKEN || in.size == 0);
    return step;
}

static void expect_picture(uint32_t width, uint32_t height, const char *grey)
{
    assert_int_equal(pgm.width, width);
    assert_int_equal(pgm.height, height);
    assert_memory_equal(memory, grey, (size_t)width * height);
}

static void picture_is_taken(void **state)
{
    (void)state;
    assert_int_equal(take("P5\n3 2\n255\nabcdef", 17), PGM_DONE);
    expect_picture(3, 2, "abcdef");
}

static void picture_may_come_byte_by_byte(void **state)
{
    (void)state;
    static const char stream[] = "P5 # made by hand\n 3\t# wide\n2\r\n255 \n#5 xy";
    for (size_t i = 0; i < sizeof stream - 2; i++)
        assert_int_equal(take(stream + i, 1), PGM_MORE);
    assert_int_equal(take(stream + sizeof stream - 2, 1), PGM_DONE);
    expect_picture(3, 2, "\n#5 xy");
}

static void pictures_follow_one_another(void **state)
{
    (void)state;
    struct tb_span in = tb_span_str("P5 1 1 255 aP5 2 1 255 bcP5 1");
    assert_int_equal(pgm_take(&pgm, &in), PGM_DONE);
    expect_picture(1, 1, "a");
    assert_int_equal(pgm_take(&pgm, &in), PGM_DONE);
    expect_picture(2, 1, "bc");
    assert_int_equal(pgm_take(&pgm, &in), PGM_MORE);
    assert_int_equal(in.size, 0);
}

static void what_is_no_picture_is_refused(void **state)
{
    (void)state;
    static const char *const streams[] = {
        "P6 1 1 255 ",     "p5",           "P5 0 1 255 ",          "P5 1 0 255 ",           "P5 1 1 65535 ",
        "P5 1 1 254 ",     "P5 -1 1 255 ", "P5 1921 1 255 ",       "P5 1 1081 255 ",        "P5 x",
        "P5 4294967297 1", "P51 1 256 ",   "P5 99999999999999999", "P5 1# not a blank 255 "};
    for (size_t i = 0; i < TB_ARRAY_SIZE(streams); i++) {
        pgm_init(&pgm, memory);
        assert_int_equal(take(streams[i], strlen(streams[i])), PGM_BROKEN);
    }
}

static void largest_picture_fits(void **state)
{
    (void)state;
    assert_int_equal(take("P5 1920 1080 255 ", 17), PGM_MORE);
    for (unsigned i = 0; i < PGM_HEIGHT_MAX; i++) {
        static const char row[PGM_WIDTH_MAX];
        assert_int_equal(take(row, sizeof row), i + 1 == PGM_HEIGHT_MAX ? PGM_DONE : PGM_MORE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(picture_is_taken, begin),
        cmocka_unit_test_setup(picture_may_come_byte_by_byte, begin),
        cmocka_unit_test_setup(pictures_follow_one_another, begin),
        cmocka_unit_test_setup(what_is_no_picture_is_refused, begin),
        cmocka_unit_test_setup(largest_picture_fits, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
