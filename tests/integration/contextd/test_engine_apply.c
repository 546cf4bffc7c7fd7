#include "tests/integration/contextd/engine_test.h"

#include "core/base/assert.h"
#include "core/cart/cart.h"
#include "core/sync/mutation_print.h"

#include <sqlite3.h>
#include <stdio.h>

/* The cart in the answer's one row. */
static void cart_of(const struct tb_engine_answer *answer, struct tb_cart *ret_cart)
{
    static uint8_t memory[TB_JSON_ARENA_SIZE(TB_CART_JSON_SIZE_MAX)];
    struct tb_arena arena = tb_arena_of(memory, sizeof memory);
    struct tb_json doc;
    struct tb_check check = {.err = TB_OK};
    assert_int_equal(answer->err, TB_OK);
    assert_int_equal(answer->apply.rows.count, 1);
    assert_int_equal(answer->apply.rows.at[0].type, TB_ROW_CART);
    assert_int_equal(tb_json_parse(answer->apply.rows.at[0].doc, 0, &arena, &doc), TB_OK);
    memset(ret_cart, 0, sizeof *ret_cart);
    tb_cart_decode(&check, doc, ret_cart);
    assert_int_equal(check.err, TB_OK);
}

static const struct tb_engine_answer *apply(struct engine_fixture *f, const struct tb_engine_peer *peer,
                                            const struct tb_mutation *mutations, size_t count)
{
    struct tb_engine_request request = fixture_apply(peer, mutations, count);
    return engine_fixture_ask(f, &request);
}

static void an_add_opens_a_line_with_todays_price(void **state)
{
    struct engine_fixture *f = *state;
    static struct tb_cart cart;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation add = fixture_add(1, 0, 0, 1);
    const struct tb_engine_answer *answer = apply(f, &till, &add, 1);
    assert_int_equal(answer->apply.count, 1);
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    assert_int_equal(answer->apply.verdicts[0].version, 1);
    cart_of(answer, &cart);
    assert_int_equal(cart.line_count, 1);
    assert_int_equal(cart.lines[0].unit_price, 3490);
    assert_int_equal(cart.lines[0].price_as_of_ms, NOW_MS);
    assert_int_equal(cart.lines[0].stock, TB_STOCK_IN_STOCK);
    assert_int_equal(cart.touched_channel, TB_CHANNEL_TILL);
    assert_string_equal(cart.touched_by, "Till 4");
    assert_string_equal(cart.currency, "EUR");
}

static void what_was_decided_is_decided_once(void **state)
{
    struct engine_fixture *f = *state;
    static struct tb_cart cart;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation add = fixture_add(1, 0, 0, 1);
    assert_int_equal(apply(f, &till, &add, 1)->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    for (int i = 0; i < 3; i++) {
        engine_fixture_reopen(f);
        const struct tb_engine_answer *answer = apply(f, &till, &add, 1);
        assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_DUPLICATE);
        assert_int_equal(answer->apply.verdicts[0].version, 1);
        assert_int_equal(answer->apply.change_count, 0);
        cart_of(answer, &cart);
        assert_int_equal(cart.lines[0].quantity, 1);
    }
}

static void another_incarnation_is_another_stream(void **state)
{
    struct engine_fixture *f = *state;
    static struct tb_cart cart;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation adds[] = {fixture_add(1, 0, 0, 1), fixture_add(1, 0, 0, 2)};
    struct tb_engine_request request = fixture_apply(&till, &adds[1], 1);
    request.apply.incarnation = fixture_id(2);
    assert_int_equal(apply(f, &till, adds, 1)->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    const struct tb_engine_answer *answer = engine_fixture_ask(f, &request);
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    cart_of(answer, &cart);
    assert_int_equal(cart.line_count, 1);
    assert_int_equal(cart.lines[0].quantity, 2);
}

static void a_gap_is_retried_and_ends_the_batch(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation adds[] = {fixture_add(1, 0, 0, 1), fixture_add(3, 0, 1, 2), fixture_add(4, 0, 2, 3)};
    const struct tb_engine_answer *answer = apply(f, &till, adds, 3);
    assert_int_equal(answer->apply.count, 2);
    assert_int_equal(answer->apply.verdicts[1].kind, TB_VERDICT_RETRY);
    assert_string_equal(answer->apply.verdicts[1].code, TB_ENGINE_CODE_GAP);
    assert_int_equal(answer->apply.verdicts[1].seq, 3);
}

static void a_skipped_record_closes_a_gap(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation batch[] = {{.seq = 1, .kind = TB_MUTATION_SKIPPED}, fixture_add(6, 0, 0, 1)};
    batch[0].skipped.count = 5;
    const struct tb_engine_answer *answer = apply(f, &till, batch, 2);
    assert_int_equal(answer->apply.count, 2);
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    assert_int_equal(answer->apply.verdicts[1].kind, TB_VERDICT_APPLIED);
}

static void a_rejection_holds_nobody_up_and_is_said_again(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation batch[] = {fixture_add(1, 0, 0, 1), fixture_add(2, 0, 1, 2)};
    memcpy(batch[0].add.gtin, "09999999999994", TB_GTIN_SIZE);
    for (int i = 0; i < 2; i++) {
        const struct tb_engine_answer *answer = apply(f, &till, batch, 2);
        assert_int_equal(answer->apply.count, 2);
        assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_REJECTED);
        assert_string_equal(answer->apply.verdicts[0].code, tb_cart_code_name(TB_CART_PRODUCT_UNKNOWN));
        assert_int_equal(answer->apply.verdicts[1].kind, i ? TB_VERDICT_DUPLICATE : TB_VERDICT_APPLIED);
    }
}

static void nobody_reaches_into_anothers_cart(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer web = fixture_web(3);
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation first = fixture_add(1, 0, 0, 1);
    assert_int_equal(apply(f, &till, &first, 1)->apply.verdicts[0].kind, TB_VERDICT_APPLIED);

    struct tb_mutation of_other = fixture_add(1, 0, 0, 2);
    assert_int_equal(apply(f, &web, &of_other, 1)->apply.verdicts[0].kind, TB_VERDICT_REJECTED);

    struct tb_mutation into_other = fixture_add(2, 3, 0, 3);
    into_other.cart = first.cart;
    const struct tb_engine_answer *answer = apply(f, &web, &into_other, 1);
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_REJECTED);
    assert_string_equal(answer->apply.verdicts[0].code, tb_cart_code_name(TB_CART_OF_OTHER));
    assert_int_equal(answer->apply.rows.count, 0);
}

/* The zero id means "no cart": a cart that had it would be everybody's. */
static void nobody_shares_a_cart_without_an_id(void **state)
{
    struct engine_fixture *f = *state;
    const uint32_t customers[] = {FIXTURE_CUSTOMERS - 2, FIXTURE_CUSTOMERS - 3}; /* without a cart so far */
    for (unsigned i = 0; i < TB_ARRAY_SIZE(customers); i++) {
        struct tb_engine_peer web = fixture_web(customers[i]);
        struct tb_mutation add = fixture_add(1, customers[i], i, i + 1);
        add.cart = (struct tb_id){{0}};
        const struct tb_engine_answer *answer = apply(f, &web, &add, 1);
        assert_int_equal(answer->err, TB_OK);
        assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_REJECTED);
        assert_string_equal(answer->apply.verdicts[0].code, tb_cart_code_name(TB_CART_NOT_UNDERSTOOD));
        assert_int_equal(answer->apply.rows.count, 0);
        assert_int_equal(answer->apply.change_count, 0);
    }
}

static void an_unknown_customer_is_rejected(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation add = fixture_add(1, 0, 0, 1);
    add.customer = fixture_id(77);
    const struct tb_engine_answer *answer = apply(f, &till, &add, 1);
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_REJECTED);
    assert_string_equal(answer->apply.verdicts[0].code, "customer_unknown");
}

static void a_cart_begun_apart_goes_into_the_one_there_is(void **state)
{
    struct engine_fixture *f = *state;
    static struct tb_cart cart;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_mutation at_till = fixture_add(1, 0, 0, 1);
    struct tb_mutation at_kiosk = fixture_add(1, 0, 1, 2);
    at_kiosk.cart = fixture_id(4242);
    assert_int_equal(apply(f, &till, &at_till, 1)->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    const struct tb_engine_answer *answer = apply(f, &kiosk, &at_kiosk, 1);
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    cart_of(answer, &cart);
    assert_int_equal(cart.line_count, 2);

    struct tb_mutation remove = {.seq = 2,
                                 .kind = TB_MUTATION_CART_REMOVE,
                                 .customer = at_kiosk.customer,
                                 .cart = at_kiosk.cart,
                                 .line = at_kiosk.line};
    remove.remove.from = 1;
    answer = apply(f, &kiosk, &remove, 1);
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    cart_of(answer, &cart);
    assert_int_equal(cart.line_count, 1);
}

static void a_removed_line_stays_removed_after_a_restart(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation batch[] = {fixture_add(1, 0, 0, 1), {.seq = 2}, {.seq = 3}};
    for (size_t i = 1; i < TB_ARRAY_SIZE(batch); i++) {
        batch[i] = (struct tb_mutation){.seq = (int64_t)i + 1,
                                        .customer = batch[0].customer,
                                        .cart = batch[0].cart,
                                        .line = batch[0].line};
    }
    batch[1].kind = TB_MUTATION_CART_REMOVE;
    batch[1].remove.from = 1;
    batch[2].kind = TB_MUTATION_CART_SET_QUANTITY;
    batch[2].set_quantity.to = 5;
    assert_int_equal(apply(f, &till, batch, 2)->apply.verdicts[1].kind, TB_VERDICT_APPLIED);
    engine_fixture_reopen(f);
    const struct tb_engine_answer *answer = apply(f, &till, &batch[2], 1);
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_REJECTED);
    assert_string_equal(answer->apply.verdicts[0].code, tb_cart_code_name(TB_CART_LINE_CLOSED));
}

static void a_change_brings_the_price_of_every_line_up_to_date(void **state)
{
    struct engine_fixture *f = *state;
    static struct tb_cart cart;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation adds[] = {fixture_add(1, 0, 0, 1), fixture_add(2, 0, 1, 2)};
    assert_int_equal(apply(f, &till, adds, 1)->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    const struct tb_record cheaper = {
        .kind = TB_RECORD_PRODUCT,
        .as.product = {.gtin = adds[0].add.gtin, .name = "Fountain pen, blue", .unit_price = 2990}};
    f->wall_ms += 1000;
    engine_fixture_load(f, &cheaper);
    cart_of(apply(f, &till, &adds[1], 1), &cart);
    assert_int_equal(cart.lines[0].unit_price, 2990);
    assert_int_equal(cart.lines[0].price_as_of_ms, f->wall_ms);
}

static void others_hear_of_a_change_by_scope(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation add = fixture_add(1, 0, 0, 1);
    const struct tb_engine_answer *answer = apply(f, &till, &add, 1);
    bool customer = false;
    bool cohort = false;
    for (size_t i = 0; i < answer->apply.change_count; i++) {
        const struct tb_engine_change *c = &answer->apply.changes[i];
        customer |= c->scope.kind == TB_SCOPE_CUSTOMER && tb_id_equal(&c->scope.customer, &add.customer);
        cohort |= c->scope.kind == TB_SCOPE_COHORT && strcmp(c->store, "0421") == 0;
    }
    assert_true(customer);
    assert_true(cohort);
}

static void a_failing_call_leaves_the_rest_of_its_group_alone(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_engine_peer stranger = fixture_till("till-9999-1");
    struct tb_mutation adds[] = {fixture_add(1, 0, 0, 1), fixture_add(2, 0, 1, 2)};
    const struct tb_engine_request group[] = {fixture_apply(&till, &adds[0], 1),
                                              fixture_apply(&stranger, &adds[0], 1),
                                              fixture_apply(&till, &adds[1], 1)};
    const struct tb_engine_answer *answers = engine_fixture_group(f, group, 3);
    assert_int_equal(answers[0].apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    assert_int_equal(answers[1].err, TB_ERR_DENIED);
    assert_int_equal(answers[2].apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    assert_int_equal(answers[2].apply.verdicts[0].version, 2);
}

static void an_answer_without_memory_decides_nothing(void **state)
{
    struct engine_fixture *f = *state;
    static uint8_t little[64];
    struct tb_arena arena = tb_arena_of(little, sizeof little);
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation add = fixture_add(1, 0, 0, 1);
    struct tb_engine_request request = fixture_apply(&till, &add, 1);
    struct tb_engine_call call = {.request = &request, .arena = &arena, .ret_answer = &f->answers[0]};
    f->engine->ops->answer(f->engine, &call, 1);
    assert_int_equal(f->answers[0].err, TB_ERR_NO_MEMORY);
    assert_int_equal(f->answers[0].apply.count, 0);
    assert_int_equal(engine_fixture_ask(f, &request)->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
}

/* A number that a skipped record covered, used again for what this store does not understand. */
static void a_number_that_was_skipped_is_a_duplicate_whatever_it_says(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    const struct tb_mutation skipped = {.seq = 1, .kind = TB_MUTATION_SKIPPED, .skipped.count = 2};
    const struct tb_mutation unknown = {.seq = 2, .kind = TB_MUTATION_NONE};
    assert_int_equal(apply(f, &till, &skipped, 1)->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    const struct tb_engine_answer *answer = apply(f, &till, &unknown, 1);
    assert_int_equal(answer->err, TB_OK);
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_DUPLICATE);
    assert_int_equal(answer->apply.rows.count, 0);
}

/* Of the rest of a skipped record nothing is kept; of its own number it is. */
static void a_number_is_good_for_one_mutation(void **state)
{
    struct engine_fixture *f = *state;
    static struct tb_cart cart;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    const struct tb_mutation skipped = {.seq = 2, .kind = TB_MUTATION_SKIPPED, .skipped.count = 1};
    struct tb_mutation add = fixture_add(1, 0, 0, 1);
    assert_int_equal(apply(f, &till, &add, 1)->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    assert_int_equal(apply(f, &till, &skipped, 1)->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    for (int64_t seq = 1; seq <= 2; seq++) {
        struct tb_mutation other = fixture_add(seq, 0, 1, 2);
        const struct tb_engine_answer *answer = apply(f, &till, &other, 1);
        assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_REJECTED);
        assert_string_equal(answer->apply.verdicts[0].code, TB_VERDICT_CODE_REUSED);
        assert_int_equal(answer->apply.reused_count, 1);
        assert_int_equal(answer->apply.rows.count, 0);
    }
    const struct tb_engine_answer *answer = apply(f, &till, &add, 1);
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_DUPLICATE);
    assert_int_equal(answer->apply.reused_count, 0);
    cart_of(answer, &cart);
    assert_int_equal(cart.line_count, 1);
    struct tb_mutation next = fixture_add(3, 0, 1, 2);
    assert_int_equal(apply(f, &till, &next, 1)->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    /* It left the outbox since. */
    const struct tb_mutation gone = {.seq = 3, .kind = TB_MUTATION_SKIPPED, .skipped.count = 1};
    assert_int_equal(apply(f, &till, &gone, 1)->apply.verdicts[0].kind, TB_VERDICT_DUPLICATE);
}

/* What was sold was sold, whatever its number was used for before. */
static void a_sale_under_a_number_of_before_is_booked_once(void **state)
{
    struct engine_fixture *f = *state;
    static struct tb_cart cart;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation adds[] = {fixture_add(1, 0, 0, 1), fixture_add(2, 0, 1, 2)};
    assert_int_equal(apply(f, &till, adds, 2)->apply.count, 2);
    struct tb_paid_line paid = {.line = adds[0].line, .quantity = 1, .unit_price = 3490};
    memcpy(paid.gtin, adds[0].add.gtin, sizeof paid.gtin);
    struct tb_mutation sale = {.seq = 1,
                               .kind = TB_MUTATION_CHECKOUT_FINISH,
                               .customer = adds[0].customer,
                               .cart = adds[0].cart,
                               .made_ms = NOW_MS,
                               .finish = {.sale = {.transaction = "1093", .business_date = "2026-11-23"},
                                          .currency = "EUR",
                                          .total = 3490,
                                          .lines = {&paid, 1}}};
    for (int i = 0; i < 2; i++) {
        const struct tb_engine_answer *answer = apply(f, &till, &sale, 1);
        assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
        assert_string_equal(answer->apply.verdicts[0].code, "");
        assert_int_equal(answer->apply.reused_count, 1);
    }
    const struct tb_engine_answer *answer = apply(f, &till, adds, 2);
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_DUPLICATE);
    cart_of(answer, &cart);
    assert_int_equal(cart.line_count, 1);
    assert_true(tb_id_equal(&cart.lines[0].id, &adds[1].line));
}

/* Runs a statement as another process would. */
static void beside(const struct engine_fixture *f, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void a_batch_that_fails_half_way_leaves_no_trace(void **state)
{
    struct engine_fixture *f = *state;
    static struct tb_cart cart;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation adds[] = {fixture_add(1, 0, 0, 1), fixture_add(2, 0, 1, 2)};
    char sql[256];
    (void)snprintf(sql, sizeof sql,
                   "CREATE TRIGGER fault BEFORE INSERT ON cart_line WHEN new.gtin = '%s'"
                   " BEGIN SELECT RAISE(ABORT, 'fault'); END",
                   adds[1].add.gtin);
    beside(f, sql);
    const struct tb_engine_answer *answer = apply(f, &till, adds, 2);
    assert_int_equal(answer->err, TB_ERR_CONFLICT);
    assert_int_equal(answer->apply.count, 0);
    beside(f, "DROP TRIGGER fault");
    answer = apply(f, &till, adds, 2);
    assert_int_equal(answer->apply.count, 2);
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    assert_int_equal(answer->apply.verdicts[1].kind, TB_VERDICT_APPLIED);
    cart_of(answer, &cart);
    assert_int_equal(cart.lines[0].quantity, 1);
    assert_int_equal(cart.lines[1].quantity, 1);
}

static void big_carts_are_decided_in_shares(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    int64_t seq = 1;
    for (uint32_t customer = 0; customer < 4; customer++) {
        for (uint32_t i = 0; i < 96; i += TB_MUTATION_BATCH_MAX) {
            struct tb_mutation batch[TB_MUTATION_BATCH_MAX];
            for (uint32_t k = 0; k < TB_MUTATION_BATCH_MAX; k++, seq++)
                batch[k] = fixture_add(seq, customer, i + k, 10000 + (unsigned)seq);
            assert_int_equal(apply(f, &till, batch, TB_MUTATION_BATCH_MAX)->apply.count,
                             TB_MUTATION_BATCH_MAX);
        }
    }
    struct tb_mutation across[4];
    for (uint32_t customer = 0; customer < 4; customer++)
        across[customer] = fixture_add(seq++, customer, 0, 20000 + customer);
    size_t decided = 0;
    while (decided < 4) {
        const struct tb_engine_answer *answer = apply(f, &till, across + decided, 4 - decided);
        size_t cost = 0;
        assert_int_equal(answer->err, TB_OK);
        assert_true(answer->apply.count > 0);
        for (size_t i = 0; i < answer->apply.rows.count; i++)
            cost += tb_engine_row_cost(&answer->apply.rows.at[i]);
        assert_true(cost <= TB_ENGINE_ROWS_COST_MAX || answer->apply.rows.count == 1);
        for (size_t i = 0; i < answer->apply.count; i++)
            assert_int_equal(answer->apply.verdicts[i].kind, TB_VERDICT_APPLIED);
        decided += answer->apply.count;
    }
}

static void verdicts_expire_after_90_days_and_stay_duplicates(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation add = fixture_add(1, 0, 0, 1);
    assert_int_equal(apply(f, &till, &add, 1)->apply.verdicts[0].version, 1);
    bool more = true;
    assert_int_equal(f->engine->ops->expire(f->engine, &more), TB_OK);
    assert_false(more);
    f->wall_ms += 90LL * 24 * 60 * 60 * 1000 + 1;
    assert_int_equal(f->engine->ops->expire(f->engine, &more), TB_OK);
    assert_false(more);
    const struct tb_engine_answer *answer = apply(f, &till, &add, 1);
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_DUPLICATE);
    assert_int_equal(answer->apply.verdicts[0].version, 0);
}

static void all_that_has_expired_goes_however_much_it_is(void **state)
{
    enum { VERDICT_COUNT = 2500 };
    struct engine_fixture *f = *state;
    char sql[512];
    (void)snprintf(sql, sizeof sql,
                   "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
                   " INSERT INTO verdict(device, incarnation, seq, kind, code, version, decided_ms)"
                   " SELECT 'web:x', x'01', i, 1, '', 1, %lld FROM n",
                   VERDICT_COUNT, (long long)NOW_MS);
    beside(f, sql);
    f->wall_ms += 90LL * 24 * 60 * 60 * 1000 + 1;
    bool more = true;
    unsigned shares = 0;
    for (; more && shares < VERDICT_COUNT; shares++)
        assert_int_equal(f->engine->ops->expire(f->engine, &more), TB_OK);
    assert_true(shares > 1);
    beside(f, "CREATE TABLE none(i CHECK(i = 0)); INSERT INTO none SELECT count(*) FROM verdict");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TEST(an_add_opens_a_line_with_todays_price),
        ENGINE_TEST(what_was_decided_is_decided_once),
        ENGINE_TEST(another_incarnation_is_another_stream),
        ENGINE_TEST(a_gap_is_retried_and_ends_the_batch),
        ENGINE_TEST(a_skipped_record_closes_a_gap),
        ENGINE_TEST(a_rejection_holds_nobody_up_and_is_said_again),
        ENGINE_TEST(nobody_reaches_into_anothers_cart),
        ENGINE_TEST(nobody_shares_a_cart_without_an_id),
        ENGINE_TEST(an_unknown_customer_is_rejected),
        ENGINE_TEST(a_cart_begun_apart_goes_into_the_one_there_is),
        ENGINE_TEST(a_removed_line_stays_removed_after_a_restart),
        ENGINE_TEST(a_change_brings_the_price_of_every_line_up_to_date),
        ENGINE_TEST(others_hear_of_a_change_by_scope),
        ENGINE_TEST(a_failing_call_leaves_the_rest_of_its_group_alone),
        ENGINE_TEST(an_answer_without_memory_decides_nothing),
        ENGINE_TEST(a_number_is_good_for_one_mutation),
        ENGINE_TEST(a_sale_under_a_number_of_before_is_booked_once),
        ENGINE_TEST(a_number_that_was_skipped_is_a_duplicate_whatever_it_says),
        ENGINE_TEST(a_batch_that_fails_half_way_leaves_no_trace),
        ENGINE_TEST(big_carts_are_decided_in_shares),
        ENGINE_TEST(verdicts_expire_after_90_days_and_stay_duplicates),
        ENGINE_TEST(all_that_has_expired_goes_however_much_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
