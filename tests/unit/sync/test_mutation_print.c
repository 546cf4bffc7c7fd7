#include "core/sync/mutation_print.h"

#include "core/base/assert.h"
#include "tests/support/unit.h"

static struct tb_id some_id(uint8_t first)
{
    return (struct tb_id){{first}};
}

static struct tb_mutation some(enum tb_mutation_kind kind)
{
    struct tb_mutation m = {.seq = 7,
                            .kind = kind,
                            .customer = some_id(1),
                            .cart = some_id(2),
                            .line = some_id(3),
                            .visit = some_id(4),
                            .made_ms = 1790000000000};
    return m;
}

static struct tb_mutation some_add(void)
{
    struct tb_mutation m = some(TB_MUTATION_CART_ADD);
    memcpy(m.add.gtin, "04006381333931", TB_GTIN_SIZE);
    m.add.quantity = 2;
    return m;
}

static struct tb_mutation some_sale(enum tb_mutation_kind kind)
{
    static const struct tb_sale_key key = {.transaction = "1093", .business_date = "2026-11-23"};
    struct tb_mutation m = some(kind);
    if (kind == TB_MUTATION_CHECKOUT_FINISH)
        m.finish.sale = key;
    else
        m.voided.sale = key;
    return m;
}

/* They are kept in databases: the same in every version. */
static void what_is_kept_never_changes(void **state)
{
    (void)state;
    struct tb_mutation add = some_add();
    struct tb_mutation sale = some_sale(TB_MUTATION_CHECKOUT_FINISH);
    struct tb_mutation skipped = {.seq = 7, .kind = TB_MUTATION_SKIPPED, .skipped.count = 3};
    assert_int_equal(tb_mutation_print(&add), INT64_C(0x0a888ac8e6e6b031));
    assert_int_equal(tb_mutation_print(&sale), INT64_C(0x708efe861d844a07));
    assert_int_equal(tb_mutation_print(&skipped), INT64_C(0x16a4dc400fe606f4));
}

static void what_may_change_on_the_way_is_no_part_of_it(void **state)
{
    (void)state;
    struct tb_mutation add = some_add();
    int64_t print = tb_mutation_print(&add);
    add.made_ms++;
    add.seq++;
    assert_false(tb_mutation_differs(&add, print));
    static const enum tb_mutation_kind sales[] = {TB_MUTATION_CHECKOUT_FINISH, TB_MUTATION_CHECKOUT_VOID};
    for (size_t i = 0; i < TB_ARRAY_SIZE(sales); i++) {
        struct tb_mutation sale = some_sale(sales[i]);
        print = tb_mutation_print(&sale);
        sale.customer = some_id(9);
        sale.cart = some_id(0);
        sale.visit = some_id(0);
        assert_false(tb_mutation_differs(&sale, print));
    }
}

static void every_other_member_tells(void **state)
{
    (void)state;
    struct tb_mutation add = some_add();
    int64_t print = tb_mutation_print(&add);
    struct tb_mutation others[7];
    for (size_t i = 0; i < TB_ARRAY_SIZE(others); i++)
        others[i] = add;
    others[0].customer = some_id(9);
    others[1].cart = some_id(9);
    others[2].line = some_id(9);
    others[3].visit = some_id(9);
    others[4].add.gtin[0] = '1';
    others[5].add.quantity = 3;
    memcpy(others[6].add.options, "size:m", 7);
    for (size_t i = 0; i < TB_ARRAY_SIZE(others); i++)
        assert_true(tb_mutation_differs(&others[i], print));
    struct tb_mutation sale = some_sale(TB_MUTATION_CHECKOUT_FINISH);
    print = tb_mutation_print(&sale);
    sale.finish.sale.transaction[0] = '2';
    assert_true(tb_mutation_differs(&sale, print));
}

static void every_kind_is_another(void **state)
{
    (void)state;
    int64_t prints[TB_MUTATION_KIND_COUNT];
    for (int kind = 0; kind < TB_MUTATION_KIND_COUNT; kind++) {
        struct tb_mutation m = some((enum tb_mutation_kind)kind);
        prints[kind] = tb_mutation_print(&m);
        assert_true(kind == TB_MUTATION_NONE ? prints[kind] == 0 : prints[kind] > 0);
        for (int other = 0; other < kind; other++)
            assert_int_not_equal(prints[other], prints[kind]);
    }
}

static void what_is_not_known_tells_nothing(void **state)
{
    (void)state;
    struct tb_mutation add = some_add();
    struct tb_mutation none = {.seq = 7, .kind = TB_MUTATION_NONE};
    struct tb_mutation skipped = {.seq = 7, .kind = TB_MUTATION_SKIPPED, .skipped.count = 1};
    assert_false(tb_mutation_differs(&add, 0));
    assert_false(tb_mutation_differs(&none, tb_mutation_print(&add)));
    assert_false(tb_mutation_differs(&skipped, tb_mutation_print(&add)));
    assert_true(tb_mutation_differs(&add, tb_mutation_print(&skipped)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_never_changes),
        cmocka_unit_test(what_may_change_on_the_way_is_no_part_of_it),
        cmocka_unit_test(every_other_member_tells),
        cmocka_unit_test(every_kind_is_another),
        cmocka_unit_test(what_is_not_known_tells_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
