#include "core/base/err.h"
#include "core/base/span.h"
#include "tests/support/unit.h"

/* Names are part of the protocol: the class's word, a dot, the case. */
static void test_every_name_opens_with_its_class(void **state)
{
    (void)state;
    static const struct {
        enum tb_err first;
        enum tb_err last;
        const char *prefix;
    } classes[] = {
        {TB_ERR_AGAIN, TB_ERR_FULL, "retry."},          {TB_ERR_DENIED, TB_ERR_OPERATOR, "refused."},
        {TB_ERR_TRUNCATED, TB_ERR_SIGNATURE, "input."}, {TB_ERR_NO_MEMORY, TB_ERR_INTERNAL, "local."},
        {TB_ERR_CORRUPT, TB_ERR_SEAL, "corrupt."},
    };
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        for (unsigned err = classes[i].first; err <= (unsigned)classes[i].last; err++) {
            struct tb_span name = tb_span_str(tb_err_name((enum tb_err)err));
            assert_true(tb_span_starts(name, tb_span_str(classes[i].prefix)));
            assert_int_equal(tb_err_class((enum tb_err)err), tb_err_class(classes[i].first));
        }
    }
    assert_string_equal(tb_err_name(TB_OK), "ok");
    assert_int_equal(tb_err_class(TB_OK), TB_CLASS_OK);
    assert_int_equal(tb_err_class(TB_ERR_SEAL), TB_CLASS_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_name_opens_with_its_class)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
