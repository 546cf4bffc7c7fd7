#include "core/credential/base45.h"

#include "core/base/assert.h"
#include "tests/support/unit.h"

/* RFC 9285 section 4. */
static const struct {
    const char *bytes;
    const char *text;
} vectors[] = {
    {"", ""},
    {"AB", "BB8"},
    {"Hello!!", "%69 VD92EX0"},
    {"base-45", "UJCLQE7W581"},
    {"ietf!", "QED8WEX0"},
    {"\xff\xff", "FGW"},
    {"\xff", "U5"},
};

static void vectors_of_the_rfc(void **state)
{
    (void)state;
    for (size_t i = 0; i < TB_ARRAY_SIZE(vectors); i++) {
        uint8_t memory[64];
        struct tb_buf b = tb_buf_of(memory, sizeof memory);
        tb_base45_add(&b, tb_span_str(vectors[i].bytes));
        assert_true(tb_span_is(tb_buf_span(&b), vectors[i].text));
        b = tb_buf_of(memory, sizeof memory);
        assert_int_equal(tb_base45_decode(tb_span_str(vectors[i].text), &b), TB_OK);
        assert_true(tb_span_is(tb_buf_span(&b), vectors[i].bytes));
    }
}

static void what_is_no_base45_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "B",       /* a character left over */
        "BB8B",    /* the same behind a group */
        "bb8",     /* a small letter */
        "BB_",     /* another character */
        "GGX",     /* 16 + 16 * 45 + 33 * 2025 is above 65535 */
        "GGW",     /* 65536 */
        ":::",     /* the largest group */
        "V5",      /* 31 + 5 * 45 is 256 */
        "::",      /* the largest pair */
        "BB8\xc3", /* half a letter */
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(texts); i++) {
        uint8_t memory[64];
        struct tb_buf b = tb_buf_of(memory, sizeof memory);
        assert_int_equal(tb_base45_decode(tb_span_str(texts[i]), &b), TB_ERR_SYNTAX);
    }
    uint8_t memory[64];
    struct tb_buf b = tb_buf_of(memory, sizeof memory);
    assert_int_equal(tb_base45_decode(tb_span_of("B\0", 2), &b), TB_ERR_SYNTAX);
}

static void a_small_buffer_is_said(void **state)
{
    (void)state;
    uint8_t memory[6];
    struct tb_buf b = tb_buf_of(memory, sizeof memory);
    assert_int_equal(tb_base45_decode(tb_span_str("%69 VD92EX0"), &b), TB_ERR_TOO_LONG);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_the_rfc),
        cmocka_unit_test(what_is_no_base45_is_refused),
        cmocka_unit_test(a_small_buffer_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
