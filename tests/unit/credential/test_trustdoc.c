#include "core/credential/trustdoc.h"

#include "core/base/assert.h"
#include "core/wire/docs.h"
#include "tests/support/unit.h"

static struct tb_trust_doc trust;

static enum tb_err parse(const char *text)
{
    static uint8_t block[TB_JSON_ARENA_SIZE(TB_CREDENTIALS_JSON_SIZE_MAX)];
    struct tb_arena arena = tb_arena_of(block, sizeof block);
    return tb_trust_doc_parse(tb_span_str(text), &arena, &trust);
}

static bool is_refused(enum tb_credential_kind kind)
{
    return trust.kinds_refused >> kind & 1u;
}

static void nothing_said_is_as_usual(void **state)
{
    (void)state;
    assert_int_equal(parse(""), TB_OK);
    assert_int_equal(trust.kinds_refused, 0);
    assert_false(trust.uid_accepted);
    assert_ptr_equal(trust.codes.rules.rules, tb_code_rules_default()->rules);
    assert_null(trust.codes.rules.sun);
    assert_int_equal(parse("{\"later\":[1,2]}"), TB_OK);
}

static void kinds_are_accepted_by_name(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"accepted\":[\"member\",\"uid\",\"telepathy\"]}"), TB_OK);
    assert_true(trust.uid_accepted);
    assert_false(is_refused(TB_CREDENTIAL_MEMBER) || is_refused(TB_CREDENTIAL_UID));
    assert_true(is_refused(TB_CREDENTIAL_VAS) && is_refused(TB_CREDENTIAL_TAG));
    assert_false(is_refused(TB_CREDENTIAL_NONE) || is_refused(TB_CREDENTIAL_BADGE));
    assert_int_equal(parse("{\"accepted\":[]}"), TB_OK);
    assert_true(is_refused(TB_CREDENTIAL_MEMBER) && !trust.uid_accepted);
}

static void sun_addresses_have_names(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"sun\":{\"picc\":\"p\",\"mac\":\"cmac\",\"mac_input\":\"all\"}}"), TB_OK);
    assert_ptr_equal(trust.codes.rules.sun, &trust.codes.sun);
    assert_string_equal(trust.codes.sun.picc, "p");
    assert_string_equal(trust.codes.sun.mac, "cmac");
    assert_null(trust.codes.sun.uid);
    assert_int_equal(trust.codes.sun.mac_input, TB_SUN_MAC_OVER_ALL);
    assert_false(trust.codes.sun.from_scan);
}

static void what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "[]",
        "{\"accepted\":7}",
        "{\"accepted\":[7]}",
        "{\"sun\":{}}",
        "{\"sun\":{\"mac\":\"a&b\"}}",
        "{\"sun\":{\"mac\":\"\"}}",
        "{\"sun\":{\"mac\":\"c\",\"mac_input\":\"most\"}}",
        "{\"rules\":[{\"carrier\":\"ean13\"}]}",
        "{\"hosts\":[\"UPPER.example\"]}",
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(texts); i++)
        assert_true(parse(texts[i]) != TB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_said_is_as_usual),
        cmocka_unit_test(kinds_are_accepted_by_name),
        cmocka_unit_test(sun_addresses_have_names),
        cmocka_unit_test(what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
