#include "agent/counter/qr.h"

#include "tests/support/unit.h"

#include <zbar.h>

#define MODULE 4u /* pixels */
#define QUIET 4u  /* modules */
#define SIDE_MAX ((TB_QR_SIZE_MAX + 2 * QUIET) * MODULE)

static struct tb_qr qr;
static uint8_t picture[SIDE_MAX * SIDE_MAX];

static bool is_dark(size_t x, size_t y)
{
    return (qr.rows[y][x / 8] >> (7 - x % 8) & 1) != 0;
}

static unsigned draw(void)
{
    unsigned side = (qr.size + 2 * QUIET) * MODULE;
    memset(picture, 255, sizeof picture);
    for (unsigned y = 0; y < qr.size * MODULE; y++)
        for (unsigned x = 0; x < qr.size * MODULE; x++)
            if (is_dark(x / MODULE, y / MODULE))
                picture[(y + QUIET * MODULE) * side + x + QUIET * MODULE] = 0;
    return side;
}

/* What a camera reads of it. */
static void is_read_as(const char *text)
{
    unsigned side = draw();
    zbar_image_scanner_t *scanner = zbar_image_scanner_create();
    zbar_image_t *image = zbar_image_create();
    zbar_image_set_format(image, zbar_fourcc('Y', '8', '0', '0'));
    zbar_image_set_size(image, side, side);
    zbar_image_set_data(image, picture, (unsigned long)side * side, NULL);
    assert_int_equal(zbar_scan_image(scanner, image), 1);
    const zbar_symbol_t *symbol = zbar_image_first_symbol(image);
    assert_int_equal(zbar_symbol_get_type(symbol), ZBAR_QRCODE);
    assert_string_equal(zbar_symbol_get_data(symbol), text);
    zbar_image_destroy(image);
    zbar_image_scanner_destroy(scanner);
}

static void a_camera_reads_the_text(void **state)
{
    (void)state;
    static const char *const texts[] = {"H:QY5DN2", "https://shop.example/h/QY5DN2",
                                        "Hello, world: 1 + 1 = 2"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_int_equal(tb_qr_of(texts[i], &qr), TB_OK);
        assert_int_equal(qr.row_bytes, (qr.size + 7) / 8);
        is_read_as(texts[i]);
    }
    assert_int_equal(tb_qr_of(texts[0], &qr), TB_OK);
    assert_int_equal(qr.size, 21);
}

static void the_longest_text_fits_and_longer_ones_are_refused(void **state)
{
    (void)state;
    char text[TB_QR_TEXT_SIZE_MAX + 2];
    memset(text, 'x', sizeof text);
    text[TB_QR_TEXT_SIZE_MAX + 1] = '\0';
    assert_int_equal(tb_qr_of(text, &qr), TB_ERR_TOO_LONG);
    text[TB_QR_TEXT_SIZE_MAX] = '\0';
    assert_int_equal(tb_qr_of(text, &qr), TB_OK);
    assert_true(qr.size <= TB_QR_SIZE_MAX);
    is_read_as(text);
    assert_int_equal(tb_qr_of("", &qr), TB_ERR_MISSING);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_camera_reads_the_text),
        cmocka_unit_test(the_longest_text_fits_and_longer_ones_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
