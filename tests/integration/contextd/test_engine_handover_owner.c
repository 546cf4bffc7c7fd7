/* Hand-overs of nobody's cart that became somebody's: they are hers, in what she is told of and when she is
 * erased. */
#include "tests/integration/contextd/engine_handovers.h"

#define DAY_MS (24LL * 3600 * 1000)
#define NOTE "Looks for a zithermaker"

static struct tb_id owner(void)
{
    return tb_seed_customer_id(SEED_NUMBER, 0);
}

static struct tb_mutation noted(unsigned number, unsigned cart)
{
    struct tb_mutation ask = request_of((struct tb_id){{0}}, number, "any");
    ask.cart = fixture_id(cart);
    (void)snprintf(ask.handover.note, sizeof ask.handover.note, "%s", NOTE);
    return ask;
}

static struct tb_mutation merge_of(unsigned cart, bool undo)
{
    return (struct tb_mutation){
        .kind = TB_MUTATION_CART_MERGE,
        .customer = owner(),
        .cart = fixture_id(800),
        .merge = {.from = fixture_id(cart), .policy = TB_MERGE_SUM, .undo = undo},
    };
}

static size_t notes_in_file(const struct engine_fixture *f)
{
    return engine_fixture_find_bytes(f, (const uint8_t *)NOTE, strlen(NOTE));
}

static enum tb_err section_ignore(void *context, const char *name)
{
    (void)context;
    (void)name;
    return TB_OK;
}

static enum tb_err item_search(void *context, struct tb_span json)
{
    size_t *count = context;
    *count += memmem(json.at, json.size, NOTE, strlen(NOTE)) != NULL;
    return TB_OK;
}

static size_t notes_exported(struct engine_fixture *f)
{
    size_t count = 0;
    const struct tb_id customer = owner();
    const struct tb_export_sink sink = {.section = section_ignore, .item = item_search, .context = &count};
    assert_int_equal(f->engine->ops->customer_export(f->engine, &customer, &sink), TB_OK);
    return count;
}

static void erase(struct engine_fixture *f)
{
    const struct tb_id customer = owner();
    struct tb_id erasure;
    assert_int_equal(f->engine->ops->erase(f->engine, &customer, &erasure), TB_OK);
}

/* What the store's terminals hold of it ends, and says nothing. */
static void assert_told_gone(struct engine_fixture *f, struct tb_cursor *cursor, unsigned number)
{
    const struct tb_rows *rows = told(f, "till-0421-4", cursor);
    const struct tb_id id = fixture_id(number);
    struct tb_id object;
    assert_int_equal(rows->count, 1);
    assert_int_equal(tb_row_object(&rows->at[0], &object), TB_OK);
    assert_true(tb_id_equal(&object, &id));
    assert_int_equal(rows->at[0].op, TB_ROW_DROP);
    assert_int_equal(rows->at[0].doc.size, 0);
}

static void one_of_a_cart_that_joined_hers_is_erased_with_her(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_cursor cursor = {0};
    struct tb_mutation ask = noted(1, 40);
    assert_applied(decide(f, &kiosk, anonymous_add(40)));
    assert_applied(decide(f, &kiosk, ask));
    assert_applied(decide(f, &till, answer_of(TB_MUTATION_HANDOVER_DECLINE, &ask)));
    assert_int_equal(notes_exported(f), 0);
    assert_applied(decide(f, &till, merge_of(40, false)));
    assert_int_equal(notes_exported(f), 1);
    (void)told(f, "till-0421-4", &cursor);
    erase(f);
    assert_int_equal(notes_in_file(f), 0);
    assert_told_gone(f, &cursor, 1);
    assert_rejected(decide(f, &till, answer_of(TB_MUTATION_HANDOVER_ACCEPT, &ask)), "handover_unknown");
}

/* What carts joined is kept for a shorter time than notes are. */
static void it_is_hers_for_as_long_as_it_is_kept(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    bool more = true;
    assert_applied(decide(f, &kiosk, anonymous_add(40)));
    assert_applied(decide(f, &kiosk, noted(1, 40)));
    assert_applied(decide(f, &kiosk, merge_of(40, false)));
    f->wall_ms += 100 * DAY_MS;
    while (more)
        assert_int_equal(f->engine->ops->expire(f->engine, &more), TB_OK);
    assert_int_equal(notes_exported(f), 1);
    erase(f);
    assert_int_equal(notes_in_file(f), 0);
}

static void a_merge_that_is_taken_back_gives_it_back(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    assert_applied(decide(f, &kiosk, anonymous_add(40)));
    assert_applied(decide(f, &kiosk, noted(1, 40)));
    assert_applied(decide(f, &kiosk, merge_of(40, false)));
    assert_applied(decide(f, &kiosk, merge_of(40, true)));
    assert_int_equal(notes_exported(f), 0);
    erase(f);
    assert_true(notes_in_file(f) > 0);
}

/* The merge was decided before the request, which waited in a kiosk. */
static void one_that_comes_after_the_merge_is_hers(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    assert_applied(decide(f, &kiosk, anonymous_add(40)));
    assert_applied(decide(f, &kiosk, merge_of(40, false)));
    assert_applied(decide(f, &kiosk, noted(1, 40)));
    assert_int_equal(notes_exported(f), 1);
    erase(f);
    assert_int_equal(notes_in_file(f), 0);
}

static void one_of_a_cart_that_she_bought_is_hers(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_paid_line paid = {.line = fixture_id(940), .quantity = 2, .unit_price = 450};
    struct tb_mutation sale = {.kind = TB_MUTATION_CHECKOUT_FINISH,
                               .customer = owner(),
                               .cart = fixture_id(40),
                               .finish = {.sale = {.transaction = "7", .business_date = "2026-09-21"},
                                          .currency = "EUR",
                                          .total = 900,
                                          .lines = {.at = &paid, .count = 1}}};
    tb_seed_gtin(3, paid.gtin);
    assert_applied(decide(f, &kiosk, anonymous_add(40)));
    assert_applied(decide(f, &kiosk, noted(1, 40)));
    (void)decide(f, &till, sale);
    assert_int_equal(notes_exported(f), 1);
    erase(f);
    assert_int_equal(notes_in_file(f), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TEST(one_of_a_cart_that_joined_hers_is_erased_with_her),
        ENGINE_TEST(it_is_hers_for_as_long_as_it_is_kept),
        ENGINE_TEST(a_merge_that_is_taken_back_gives_it_back),
        ENGINE_TEST(one_that_comes_after_the_merge_is_hers),
        ENGINE_TEST(one_of_a_cart_that_she_bought_is_hers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
