#include "contextd/seed/seed.h"

#include "core/base/assert.h"
#include "core/crypto/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW_MS INT64_C(1790000000000)

/* Counts records, and keeps what has to be distinct. */
struct tally {
    size_t count[TB_RECORD_VIEWED + 1];
    size_t fail_at; /* the record that is refused; 0: none */
    size_t total;
    struct tb_digest digest; /* of all that went by */
    struct tb_id *customers;
    char first_name[64];
};

static enum tb_err take(void *context, const struct tb_record *record)
{
    struct tally *t = context;
    t->count[record->kind]++;
    if (++t->total == t->fail_at)
        return TB_ERR_FULL;
    struct tb_span parts[3] = {tb_digest_span(&t->digest), tb_span_of(&record->kind, sizeof record->kind)};
    if (record->kind == TB_RECORD_CUSTOMER) {
        if (t->customers != NULL)
            t->customers[t->count[TB_RECORD_CUSTOMER] - 1] = record->as.customer.id;
        if (t->count[TB_RECORD_CUSTOMER] == 1)
            assert_int_equal(tb_span_to_str(tb_span_str(record->as.customer.name), t->first_name, 64), TB_OK);
        parts[2] = tb_span_str(record->as.customer.name);
    } else if (record->kind == TB_RECORD_CREDENTIAL) {
        parts[2] = record->as.credential.hash;
    } else if (record->kind == TB_RECORD_PRODUCT) {
        parts[2] = tb_span_str(record->as.product.gtin);
    }
    t->digest = tb_sha256_parts(parts, 3);
    return TB_OK;
}

static struct tb_seed whole(uint64_t number)
{
    return (struct tb_seed){.number = number,
                            .wall_ms = NOW_MS,
                            .customer_count = TB_SEED_CUSTOMERS,
                            .product_count = TB_SEED_PRODUCTS,
                            .cart_count = TB_SEED_CARTS,
                            .chain = "demo"};
}

static enum tb_err run(const struct tb_seed *seed, struct tally *tally)
{
    const struct tb_seed_sink sink = {.put = take, .context = tally};
    return tb_seed_run(seed, &sink);
}

static void the_demonstration_has_what_it_says(void **state)
{
    (void)state;
    struct tally t = {.total = 0};
    struct tb_seed seed = whole(1);
    assert_int_equal(run(&seed, &t), TB_OK);
    assert_int_equal(t.count[TB_RECORD_CUSTOMER], 10000);
    assert_int_equal(t.count[TB_RECORD_PRODUCT], 2000);
    assert_int_equal(t.count[TB_RECORD_STOCK], 3 * 2000);
    assert_int_equal(t.count[TB_RECORD_CART], 500);
    assert_int_equal(t.count[TB_RECORD_TOUCH], 2 * 500);
    assert_int_equal(t.count[TB_RECORD_STORE], 3);
    assert_int_equal(t.count[TB_RECORD_TERMINAL], 3 * 7);
    assert_string_equal(t.first_name, "Ms Rivera");
}

static void the_counter_has_something_to_show(void **state)
{
    (void)state;
    struct tally t = {.total = 0};
    struct tb_seed seed = whole(1);
    const struct tb_seed_sink sink = {.put = take, .context = &t};
    assert_int_equal(tb_seed_counter_run(&seed, &sink), TB_OK);
    assert_int_equal(t.count[TB_RECORD_OPERATOR], 3);
    assert_int_equal(t.count[TB_RECORD_CONTACT], 6);
    assert_int_equal(t.count[TB_RECORD_NOTE], 3);
    assert_int_equal(t.count[TB_RECORD_VIEWED], 2 * 3);
    assert_int_equal(t.count[TB_RECORD_CREDENTIAL], 3);
    struct tally few = {.total = 0}; /* nobody who was not made */
    seed.customer_count = 2;
    const struct tb_seed_sink other = {.put = take, .context = &few};
    assert_int_equal(tb_seed_counter_run(&seed, &other), TB_OK);
    assert_int_equal(few.count[TB_RECORD_CONTACT], 2);
    assert_int_equal(few.count[TB_RECORD_CREDENTIAL], 0);
}

static void a_number_always_makes_the_same(void **state)
{
    (void)state;
    struct tally first = {.total = 0};
    struct tally again = {.total = 0};
    struct tally other = {.total = 0};
    struct tb_seed seed = whole(7);
    struct tb_seed next = whole(8);
    seed.customer_count = next.customer_count = 300;
    seed.cart_count = next.cart_count = 20;
    assert_int_equal(run(&seed, &first), TB_OK);
    assert_int_equal(run(&seed, &again), TB_OK);
    assert_int_equal(run(&next, &other), TB_OK);
    assert_memory_equal(first.digest.bytes, again.digest.bytes, TB_SHA256_SIZE);
    assert_memory_not_equal(first.digest.bytes, other.digest.bytes, TB_SHA256_SIZE);
}

static int id_order(const void *a, const void *b)
{
    return memcmp(a, b, TB_ID_SIZE);
}

static void no_two_customers_are_one(void **state)
{
    (void)state;
    struct tally t = {.customers = calloc(TB_SEED_CUSTOMERS, sizeof *t.customers)};
    struct tb_seed seed = whole(1);
    assert_non_null(t.customers);
    assert_int_equal(run(&seed, &t), TB_OK);
    struct tb_id third = tb_seed_customer_id(1, 2);
    assert_memory_equal(t.customers[2].bytes, third.bytes, TB_ID_SIZE);
    qsort(t.customers, TB_SEED_CUSTOMERS, sizeof *t.customers, id_order);
    for (size_t i = 1; i < TB_SEED_CUSTOMERS; i++)
        assert_int_not_equal(id_order(&t.customers[i - 1], &t.customers[i]), 0);
    free(t.customers);
}

static int member_order(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void no_two_member_numbers_are_one(void **state)
{
    (void)state;
    char(*members)[TB_SEED_MEMBER_SIZE] = calloc(TB_SEED_CUSTOMERS, sizeof *members);
    assert_non_null(members);
    for (uint32_t i = 0; i < TB_SEED_CUSTOMERS; i++) {
        tb_seed_member(i, members[i]);
        assert_int_equal(strspn(members[i], "0123456789"), 10);
    }
    assert_string_equal(members[0], "0000000001");
    qsort(members, TB_SEED_CUSTOMERS, sizeof *members, member_order);
    for (size_t i = 1; i < TB_SEED_CUSTOMERS; i++)
        assert_string_not_equal(members[i - 1], members[i]);
    free(members);
}

static void every_product_code_is_a_valid_ean_13(void **state)
{
    (void)state;
    char last[TB_RECORD_GTIN_SIZE + 1] = "";
    for (uint32_t i = 0; i < TB_SEED_PRODUCTS; i++) {
        char gtin[TB_RECORD_GTIN_SIZE + 1];
        unsigned sum = 0;
        tb_seed_gtin(i, gtin);
        assert_int_equal(strlen(gtin), TB_RECORD_GTIN_SIZE);
        for (size_t k = 0; k < TB_RECORD_GTIN_SIZE; k++)
            sum += (unsigned)(gtin[k] - '0') * (k % 2 ? 1 : 3);
        assert_int_equal(sum % 10, 0);
        assert_memory_equal(gtin, "0952", 4);
        assert_true(strcmp(last, gtin) < 0);
        memcpy(last, gtin, sizeof last);
    }
}

static void an_error_of_the_sink_ends_it(void **state)
{
    (void)state;
    static const size_t places[] = {1, 5, 26, 40, 3000, 8400, 20000};
    for (size_t i = 0; i < TB_ARRAY_SIZE(places); i++) {
        struct tally t = {.fail_at = places[i]};
        struct tb_seed seed = whole(1);
        assert_int_equal(run(&seed, &t), TB_ERR_FULL);
        assert_int_equal(t.total, places[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_demonstration_has_what_it_says),
        cmocka_unit_test(the_counter_has_something_to_show),
        cmocka_unit_test(a_number_always_makes_the_same),
        cmocka_unit_test(no_two_customers_are_one),
        cmocka_unit_test(no_two_member_numbers_are_one),
        cmocka_unit_test(every_product_code_is_a_valid_ean_13),
        cmocka_unit_test(an_error_of_the_sink_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
