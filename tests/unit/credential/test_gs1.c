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
}

static void element_coupon(void **state)
{
    (void)state;
    struct tb_gs1 gs1;
    assert_int_equal(element("2559506000134352123456", &gs1), TB_OK);
    assert_int_equal(gs1.key, TB_GS1_COUPON);
    assert_string_equal(gs1.gcn, "9506000134352123456");
    assert_int_equal(element("2559506000134352", &gs1), TB_OK); /* without a serial */
    assert_string_equal(gs1.gcn, "9506000134352");
    assert_int_equal(element("2559506000134352123456\0358018952123456789012345\035801912", &gs1), TB_OK);
    assert_int_equal(gs1.key, TB_GS1_GSRN);
    assert_string_equal(gs1.srin, "12");
    assert_int_equal(element("2559506000134353", &gs1), TB_ERR_CHECKSUM);
}

/* Each with a good value and, where there is one, a bad one: length, digits, check digit. */
static void element_values_fit_their_ais(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum tb_err err;
    } cases[] = {
        {"37123", TB_OK},
        {"37123456789", TB_ERR_SYNTAX},
        {"3712a", TB_ERR_SYNTAX},
        {"10ABCDEFGHIJKLMNOPQRST", TB_OK},
        {"10ABCDEFGHIJKLMNOPQRSTU", TB_ERR_SYNTAX},
        {"2539506000134352DOC", TB_OK},
        {"2539506000134352", TB_OK},
        {"2539506000134353DOC", TB_ERR_CHECKSUM},
        {"25395060001343", TB_ERR_SYNTAX},
        {"40295060001343500002", TB_OK},
        {"40295060001343500008", TB_ERR_CHECKSUM},
        {"42127690210", TB_OK},
        {"421276", TB_ERR_SYNTAX}, /* a postal code is missing */
        {"423276", TB_OK},
        {"423276250", TB_OK},
        {"3922599", TB_OK},
        {"39129781234", TB_OK},
        {"3912978", TB_ERR_SYNTAX},
        {"3942001", TB_ERR_SYNTAX},
        {"39420010", TB_OK},
        {"800309506000134352A1", TB_OK},
        {"800309506000134353A1", TB_ERR_CHECKSUM},
        {"8006095060001343520102", TB_OK},
        {"8006095060001343530102", TB_ERR_CHECKSUM},
        {"80191234567890", TB_OK},
        {"801912345678901", TB_ERR_SYNTAX},
        {"8019AB", TB_ERR_SYNTAX},
        {"8017952123456789012345", TB_OK},
        {"8299X", TB_OK}, /* not assigned; its length is known */
        {"82X", TB_ERR_SYNTAX},
        {"99INTERNAL", TB_OK},
        {"3103000195\035", TB_OK},
        {"310300019", TB_ERR_SYNTAX},
        {"31030001951", TB_ERR_SYNTAX}, /* a digit behind a predefined length begins the next AI */
        {"3103000195"
         "10A",
         TB_OK},
        {"8005000195"
         "10A",
         TB_ERR_SYNTAX}, /* fixed, but not predefined: FNC1 is missing */
        {"8005000195\03510A", TB_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct tb_gs1 gs1;
        assert_int_equal(element(cases[i].text, &gs1), cases[i].err);
        assert_true(cases[i].err != TB_OK || gs1.key == TB_GS1_OTHER);
    }
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

static void link_of_other_keys(void **state)
{
    (void)state;
    struct tb_gs1 gs1;
    assert_int_equal(link("https://id.gs1.org/255/9506000134352123", &gs1), TB_OK);
    assert_int_equal(gs1.key, TB_GS1_COUPON);
    assert_string_equal(gs1.gcn, "9506000134352123");
    assert_int_equal(link("https://id.gs1.org/414/9506000134352/254/1A%2F2", &gs1), TB_OK);
    assert_int_equal(gs1.key, TB_GS1_OTHER);
    assert_int_equal(link("https://id.gs1.org/8017/952123456789012345/8019/7", &gs1), TB_OK);
    assert_int_equal(gs1.key, TB_GS1_OTHER);
    assert_int_equal(link("https://id.gs1.org/8018/952123456789012345/8019/7", &gs1), TB_OK);
    assert_string_equal(gs1.srin, "7");
}

static void link_attributes_fit_their_ais(void **state)
{
    (void)state;
    struct tb_gs1 gs1;
    assert_int_equal(link("https://id.gs1.org/01/09506000134352?3103=000195&17=261231&linkType=all#x", &gs1),
                     TB_OK);
    assert_int_equal(gs1.key, TB_GS1_GTIN);
    assert_int_equal(link("https://id.gs1.org/01/09506000134352?1=2&utm=3&=&&", &gs1), TB_OK);
    assert_int_equal(link("https://id.gs1.org/01/09506000134352?17=26123", &gs1), TB_ERR_NOT_FOUND);
    assert_int_equal(link("https://id.gs1.org/01/09506000134352/17/261231", &gs1), TB_ERR_NOT_FOUND);
    assert_int_equal(link("https://id.gs1.org/01/09506000134352/8019/7", &gs1), TB_ERR_NOT_FOUND);
    assert_int_equal(link("https://id.gs1.org/8018/952123456789012345/8019/12345678901", &gs1),
                     TB_ERR_NOT_FOUND);
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
        cmocka_unit_test(element_coupon),
        cmocka_unit_test(element_values_fit_their_ais),
        cmocka_unit_test(element_refuses_what_is_none),
        cmocka_unit_test(element_refuses_a_wrong_check_digit),
        cmocka_unit_test(link_on_any_domain_and_path),
        cmocka_unit_test(link_gtin_with_qualifiers),
        cmocka_unit_test(link_of_other_keys),
        cmocka_unit_test(link_attributes_fit_their_ais),
        cmocka_unit_test(link_refuses_what_is_none),
        cmocka_unit_test(link_refuses_a_wrong_check_digit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
