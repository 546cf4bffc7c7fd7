#include "core/context/benefit.h"

#include "tests/support/unit.h"

static void usual_levels_show_and_do_not_redeem(void **state)
{
    (void)state;
    const struct tb_policy policy = tb_policy_default();
    assert_false(tb_benefit_is_open(&policy, TB_BENEFIT_SHOW_NAME, TB_ASSURANCE_NONE));
    assert_true(tb_benefit_is_open(&policy, TB_BENEFIT_SHOW_TIER, TB_ASSURANCE_LOW));
    assert_true(tb_benefit_is_open(&policy, TB_BENEFIT_SHOW_NAME, TB_ASSURANCE_LOW));
    assert_true(tb_benefit_is_open(&policy, TB_BENEFIT_SHOW_CART, TB_ASSURANCE_LOW));
    assert_false(tb_benefit_is_open(&policy, TB_BENEFIT_REDEEM, TB_ASSURANCE_LOW));
    assert_true(tb_benefit_is_open(&policy, TB_BENEFIT_REDEEM, TB_ASSURANCE_MEDIUM));
}

static void rewards_need_the_level_and_nothing_else_does(void **state)
{
    (void)state;
    struct tb_policy policy = tb_policy_default();
    policy.benefits[TB_BENEFIT_REDEEM] = TB_ASSURANCE_HIGH;
    for (int kind = TB_MUTATION_NONE + 1; kind < TB_MUTATION_KIND_COUNT; kind++) {
        bool redeems = kind == TB_MUTATION_REWARD_RESERVE || kind == TB_MUTATION_REWARD_COMMIT;
        assert_int_equal(tb_benefit_allows(&policy, (enum tb_mutation_kind)kind, TB_ASSURANCE_MEDIUM),
                         !redeems);
        assert_true(tb_benefit_allows(&policy, (enum tb_mutation_kind)kind, TB_ASSURANCE_HIGH));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(usual_levels_show_and_do_not_redeem),
        cmocka_unit_test(rewards_need_the_level_and_nothing_else_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
