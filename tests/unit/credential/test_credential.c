#include "core/credential/credential.h"
#include "core/credential/reason.h"
#include "tests/support/unit.h"

static void credential_keeps_kind_and_value(void **state)
{
    (void)state;
    struct tb_credential c;
    assert_int_equal(tb_credential_set(TB_CREDENTIAL_MEMBER, tb_span_str("0001234567"), &c), TB_OK);
    assert_int_equal(c.kind, TB_CREDENTIAL_MEMBER);
    assert_true(tb_span_is(tb_credential_value(&c), "0001234567"));
}

static void credential_refuses_a_value_that_does_not_fit(void **state)
{
    (void)state;
    uint8_t value[TB_CREDENTIAL_VALUE_MAX + 1] = {1};
    struct tb_credential c = {.kind = TB_CREDENTIAL_GSRN};
    assert_int_equal(tb_credential_set(TB_CREDENTIAL_MEMBER, tb_span_of(value, sizeof value - 1), &c), TB_OK);
    assert_int_equal(tb_credential_set(TB_CREDENTIAL_MEMBER, tb_span_of(value, sizeof value), &c),
                     TB_ERR_TOO_LONG);
    assert_int_equal(c.kind, TB_CREDENTIAL_NONE);
    assert_int_equal(c.value[0], 0);
}

static void credential_equal_means_kind_and_value(void **state)
{
    (void)state;
    struct tb_credential a, b;
    assert_int_equal(tb_credential_set(TB_CREDENTIAL_MEMBER, tb_span_str("1"), &a), TB_OK);
    assert_int_equal(tb_credential_set(TB_CREDENTIAL_MEMBER, tb_span_str("1"), &b), TB_OK);
    assert_true(tb_credential_equal(&a, &b));
    b.kind = TB_CREDENTIAL_GSRN;
    assert_false(tb_credential_equal(&a, &b));
    assert_int_equal(tb_credential_set(TB_CREDENTIAL_MEMBER, tb_span_str("12"), &b), TB_OK);
    assert_false(tb_credential_equal(&a, &b));
}

static void credential_wipe_leaves_nothing(void **state)
{
    (void)state;
    static const struct tb_credential none;
    struct tb_credential c;
    assert_int_equal(tb_credential_set(TB_CREDENTIAL_MEMBER, tb_span_str("0001234567"), &c), TB_OK);
    tb_credential_wipe(&c);
    assert_memory_equal(&c, &none, sizeof c);
}

static void kind_names_round_trip(void **state)
{
    (void)state;
    for (unsigned kind = TB_CREDENTIAL_NONE + 1; kind < TB_CREDENTIAL_KIND_COUNT; kind++) {
        enum tb_credential_kind decoded = TB_CREDENTIAL_NONE;
        const char *name = tb_credential_kind_name((enum tb_credential_kind)kind);
        assert_int_equal(tb_credential_kind_decode(tb_span_str(name), &decoded), TB_OK);
        assert_int_equal(decoded, kind);
    }
    enum tb_credential_kind kind;
    assert_int_equal(tb_credential_kind_decode(tb_span_str("none"), &kind), TB_ERR_NOT_FOUND);
    assert_int_equal(tb_credential_kind_decode(tb_span_str(""), &kind), TB_ERR_NOT_FOUND);
    assert_string_equal(tb_credential_kind_name(TB_CREDENTIAL_MEMBER), "member");
    assert_string_equal(tb_credential_kind_name(TB_CREDENTIAL_GSRN), "gsrn");
}

static void reason_names_are_all_there_and_differ(void **state)
{
    (void)state;
    for (unsigned a = 0; a < TB_REASON_COUNT; a++)
        for (unsigned b = 0; b < a; b++)
            assert_string_not_equal(tb_reason_name((enum tb_reason)a), tb_reason_name((enum tb_reason)b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(credential_keeps_kind_and_value),
        cmocka_unit_test(credential_refuses_a_value_that_does_not_fit),
        cmocka_unit_test(credential_equal_means_kind_and_value),
        cmocka_unit_test(credential_wipe_leaves_nothing),
        cmocka_unit_test(kind_names_round_trip),
        cmocka_unit_test(reason_names_are_all_there_and_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
