#include "core/image/image.h"
#include "tests/support/head/sign.h"
#include "tests/support/unit.h"

static const uint8_t body[300] = {0xe7, 0xfe};
static uint8_t header[TB_IMAGE_HEADER_SIZE];

static void make(void)
{
    sign_header(&(struct sign_image){.board = "stm32f103",
                                     .version = 0x01020304,
                                     .floor = 0x01000000,
                                     .address = 0x08004000,
                                     .body = tb_span_of(body, sizeof body)},
                header);
}

static enum tb_err parsed(void)
{
    struct tb_image image;
    return tb_image_parse(tb_span_of(header, sizeof header), &image);
}

static void header_is_read(void **state)
{
    (void)state;
    struct tb_image i;
    make();
    assert_int_equal(tb_image_parse(tb_span_of(header, sizeof header), &i), TB_OK);
    assert_true(tb_span_is(i.board, "stm32f103"));
    assert_int_equal(i.version, 0x01020304);
    assert_int_equal(i.floor, 0x01000000);
    assert_int_equal(i.address, 0x08004000);
    assert_int_equal(i.size, sizeof body);
    assert_ptr_equal(i.digest.at, header + 56);
    assert_ptr_equal(i.signature.at, header + 128);
    assert_int_equal(i.signature.size, 64);
    assert_int_equal(i.signed_part.size, 128);
}

static void wrong_headers_are_refused(void **state)
{
    (void)state;
    const struct {
        size_t at;
        uint8_t value;
        enum tb_err err;
    } cases[] = {
        {0, 'X', TB_ERR_SYNTAX}, {5, 2, TB_ERR_UNSUPPORTED}, {7, 193, TB_ERR_UNSUPPORTED},
        {8, 0, TB_ERR_SYNTAX},   {9, 'T', TB_ERR_SYNTAX},    {20, 'x', TB_ERR_SYNTAX},
        {39, 1, TB_ERR_SYNTAX},  {44, 2, TB_ERR_RANGE},      {52, 1, TB_ERR_RANGE},
        {88, 1, TB_ERR_SYNTAX},  {127, 1, TB_ERR_SYNTAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        make();
        header[cases[i].at] = cases[i].value;
        assert_int_equal(parsed(), cases[i].err);
    }
    make();
    memset(header + 52, 0, 4);
    assert_int_equal(parsed(), TB_ERR_RANGE);
    struct tb_image image;
    assert_int_equal(tb_image_parse(tb_span_of(header, sizeof header - 1), &image), TB_ERR_TRUNCATED);
}

/* A name that fills its field has no padding left, and is too long by one. */
static void longest_board_name_is_31_bytes(void **state)
{
    (void)state;
    make();
    memset(header + 8, 'b', 31);
    assert_int_equal(parsed(), TB_OK);
    header[39] = 'b';
    assert_int_equal(parsed(), TB_ERR_SYNTAX);
}

static void file_gives_one_image_after_the_other(void **state)
{
    (void)state;
    static uint8_t file[2 * (sizeof header + sizeof body)];
    make();
    for (size_t i = 0; i < 2; i++) {
        memcpy(file + i * sizeof file / 2, header, sizeof header);
        memcpy(file + i * sizeof file / 2 + sizeof header, body, sizeof body);
    }
    struct tb_span rest = tb_span_of(file, sizeof file);
    struct tb_span head_part, body_part;
    struct tb_image image;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(tb_image_take(&rest, &image, &head_part, &body_part), TB_OK);
        assert_ptr_equal(head_part.at, file + i * sizeof file / 2);
        assert_int_equal(head_part.size, sizeof header);
        assert_true(tb_span_equal(body_part, tb_span_of(body, sizeof body)));
    }
    assert_int_equal(rest.size, 0);
    rest = tb_span_of(file, sizeof file - 1);
    assert_int_equal(tb_image_take(&rest, &image, &head_part, &body_part), TB_OK);
    assert_int_equal(tb_image_take(&rest, &image, &head_part, &body_part), TB_ERR_TRUNCATED);
}

static void version_is_written_as_people_write_it(void **state)
{
    (void)state;
    char text[TB_IMAGE_VERSION_TEXT_MAX];
    tb_image_version_text(0x00010000, text);
    assert_string_equal(text, "0.1.0");
    tb_image_version_text(UINT32_MAX, text);
    assert_string_equal(text, "255.255.65535");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_is_read),
        cmocka_unit_test(wrong_headers_are_refused),
        cmocka_unit_test(longest_board_name_is_31_bytes),
        cmocka_unit_test(file_gives_one_image_after_the_other),
        cmocka_unit_test(version_is_written_as_people_write_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
