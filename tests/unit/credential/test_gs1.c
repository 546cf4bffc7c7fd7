#include "core/credential/gs1.h"
#include "tests/support/unit.h"

static enum tb_err element(const char *text, struct tb_gs1 *ret_gs1)
{
    return tb_gs1_element_decode(tb_span_str(text), ret_gs1);
}

static enum tb_err link(const char *text, struct tb_gs1 *ret_gs1)
{
    return tb_gs1_link_decode(tb_span_str(text), ret_gs1);
}

static void element_gsrn(void **state)
{
    (void)state;
    struct tb_gs1 gs1;
    assert_int_equal(element("8018952123456789012345", &gs1), TB_OK);
    assert_int_equal(gs1.key, TB_GS1_GSRN);
    assert_string_equal(gs1.gsrn, "952123456789012345");
    assert_int_equal(element("\0358018952123456789012345\03580190001", &gs1), TB_OK);
    assert_int_equal(gs1.key, TB_GS1_GSRN);
}

static void element_gtin_among_others(void **state)
{
    (void)state;
    struct tb_gs1 gs1;
    assert_int_equal(element("01095060001343521720122510AB-123\0353103000195", &gs1), TB_OK);
    assert_int_equal(gs1.key, TB_GS1_GTIN);
    assert_string_equal(gs1.gtin, "09506000134352");
    assert_int_equal(element("10AB-123\0350109506000134352", &gs1), TB_OK);
    assert_int_equal(gs1.key, TB_GS1_GTIN);
}

static void element_first_key_wins(void **state)
{
    (void)state;
    struct tb_gs1 gs1;
    assert_int_equal(element("8018952123456789012345\0350109506000134352", &gs1), TB_OK);
    assert_int_equal(gs1.key, TB_GS1_GSRN);
    assert_string_equal(gs1.gtin, "");
}

static void element_without_our_keys(void **state)
{
    (void)state;
    struct tb_gs1 gs1;
    assert_int_equal(element("00095060001343520001", &gs1), TB_ERR_CHECKSUM);
    assert_int_equal(element("00095060001343520000", &gs1), TB_OK);
    assert_int_equal(gs1.key, TB_GS1_OTHER);
    assert_int_equal(element("2559506000134352123456", &gs1), TB_OK);
    assert_int_equal(gs1.key, TB_GS1_OTHER);
}

static void element_refuses_what_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "\035",
        "\035\03510A",
        "8",
        "801",
        "8018",
        "801895212345678901234",   /* a digit short */
        "80189521234567890123455", /* a digit long, and no FNC1 */
        "01095060001343",
        "010950600013435299", /* no value */
        "05123",              /* not assigned */
        "AB12",
        "10AB 12", /* a space is not encodable */
        "10AB\x80",
        "172O1225",
        "172012\03525",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct tb_gs1 gs1;
        assert_int_equal(element(texts[i], &gs1), TB_ERR_SYNTAX);
    }
}

static void element_refuses_a_wrong_check_digit(void **state)
{
    (void)state;
    struct tb_gs1 gs1;
    assert_int_equal(element("8018952123456789012346", &gs1), TB_ERR_CHECKSUM);
    assert_int_equal(element("0109506000134353", &gs1), TB_ERR_CHECKSUM);
    assert_int_equal(element("4149506000134353", &gs1), TB_ERR_CHECKSUM);
}

static void link_on_any_domain_and_path(void **state)
{
    (void)state;
    static const char *const gsrn_links[] = {
        "https://id.gs1.org/8018/952123456789012345",
        "http://shop.example/8018/952123456789012345/",
        "HTTPS://shop.example:8443/some/path/8018/952123456789012345/8019/12?x=1#y",
        "https://shop.example/8018/95212345678901%32345",
    };
    for (size_t i = 0; i < sizeof gsrn_links / sizeof gsrn_links[0]; i++) {
        struct tb_gs1 gs1;
        assert_int_equal(link(gsrn_links[i], &gs1), TB_OK);
        assert_int_equal(gs1.key, TB_GS1_GSRN);
        assert_string_equal(gs1.gsrn, "952123456789012345");
    }
}

static void link_gtin_with_qualifiers(void **state)
{
    (void)state;
    struct tb_gs1 gs1;
    assert_int_equal(link("https://id.gs1.org/01/09506000134352/10/ABC%2F1/21/7?17=201225", &gs1), TB_OK);
    assert_int_equal(gs1.key, TB_GS1_GTIN);
    assert_string_equal(gs1.gtin, "09506000134352");
    assert_int_equal(link("https://shop.example/01/4006381333931", &gs1), TB_OK);
    assert_string_equal(gs1.gtin, "04006381333931");
    assert_int_equal(link("https://shop.example/01/01/4006381333931", &gs1), TB_OK);
    assert_string_equal(gs1.gtin, "04006381333931");
}

static void link_refuses_what_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "952123456789012345",
        "ftp://shop.example/8018/952123456789012345",
        "https:///8018/952123456789012345",
        "https://user@shop.example/8018/952123456789012345",
        "https://shop.example",
        "https://shop.example/",
        "https://shop.example/8018",
        "https://shop.example/8018/",
        "https://shop.example/8018//952123456789012345",
        "https://shop.example/8018/95212345678901%3",
        "https://shop.example/8018/95212345678901%zz45",
        "https://shop.example/8018/952123456789012345/about",
        "https://shop.example/8018/952123456789012345/8019",
        "https://shop.example/8018/952123456789012345/8019/",
        "https://shop.example/?8018=952123456789012345",
        "https://shop.example/01/02/03",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct tb_gs1 gs1;
        assert_int_equal(link(texts[i], &gs1), TB_ERR_NOT_FOUND);
    }
}

static void link_refuses_a_wrong_check_digit(void **state)
{
    (void)state;
    struct tb_gs1 gs1;
    assert_int_equal(link("https://id.gs1.org/8018/952123456789012346", &gs1), TB_ERR_CHECKSUM);
    assert_int_equal(link("https://id.gs1.org/01/09506000134353", &gs1), TB_ERR_CHECKSUM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(element_gsrn),
        cmocka_unit_test(element_gtin_among_others),
        cmocka_unit_test(element_first_key_wins),
        cmocka_unit_test(element_without_our_keys),
        cmocka_unit_test(element_refuses_what_is_none),
        cmocka_unit_test(element_refuses_a_wrong_check_digit),
        cmocka_unit_test(link_on_any_domain_and_path),
        cmocka_unit_test(link_gtin_with_qualifiers),
        cmocka_unit_test(link_refuses_what_is_none),
        cmocka_unit_test(link_refuses_a_wrong_check_digit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
