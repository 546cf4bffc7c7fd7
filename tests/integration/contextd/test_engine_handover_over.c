/* Hand-overs that were accepted: what becomes of nobody's cart there is told to who handed it over, and they
 * are given back. */
#include "tests/integration/contextd/engine_handovers.h"

/* A call from Kiosk 7 with nobody's cart, which Till 4 has accepted. */
static struct tb_mutation called(struct engine_fixture *f, unsigned number, unsigned cart)
{
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation ask = request_of((struct tb_id){{0}}, number, "any");
    ask.cart = fixture_id(cart);
    assert_applied(decide(f, &kiosk, anonymous_add(cart)));
    assert_applied(decide(f, &kiosk, ask));
    assert_applied(decide(f, &till, answer_of(TB_MUTATION_HANDOVER_ACCEPT, &ask)));
    return ask;
}

static void assert_over(struct engine_fixture *f, struct tb_cursor *cursor, enum tb_handover_cart over,
                        const char *by)
{
    const struct tb_rows *rows = told(f, "kiosk-0421-7", cursor);
    assert_int_equal(rows->count, 1);
    struct tb_handover h = doc_of(rows);
    assert_int_equal(h.state, TB_HANDOVER_ACCEPTED);
    assert_int_equal(h.cart_over, over);
    assert_string_equal(h.cart_over_by, by);
}

static void that_the_cart_is_paid_is_told(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer second = fixture_till("till-0421-5");
    struct tb_cursor cursor = {0};
    (void)called(f, 1, 40);
    assert_over(f, &cursor, TB_HANDOVER_CART_IS_THERE, "");
    struct tb_mutation part = paid_of(40, "6");
    part.finish.part = true;
    part.finish.checkout = fixture_id(77);
    (void)decide(f, &second, part);
    assert_int_equal(told(f, "kiosk-0421-7", &cursor)->count, 0);
    struct tb_mutation rest = paid_of(40, "7");
    rest.finish.checkout = part.finish.checkout;
    rest.finish.lines.count = 0;
    const struct tb_engine_answer *answer = decide(f, &second, rest);
    assert_applied(answer);
    assert_true(wakes_store(answer, "0421"));
    assert_over(f, &cursor, TB_HANDOVER_CART_PAID, "Till 5");
    assert_applied(decide(f, &second, rest)); /* the same sale: no news */
    assert_int_equal(told(f, "kiosk-0421-7", &cursor)->count, 0);
}

static void other_carts_and_customers_are_not_meant(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_cursor cursor = {0};
    (void)called(f, 1, 40);
    struct tb_mutation open = request_of((struct tb_id){{0}}, 2, "any");
    open.cart = fixture_id(41);
    assert_applied(decide(f, &kiosk, anonymous_add(41)));
    assert_applied(decide(f, &kiosk, open));
    assert_int_equal(told(f, "kiosk-0421-7", &cursor)->count, 2);
    assert_applied(decide(f, &till, paid_of(41, "7"))); /* nobody took it over */
    struct tb_mutation hers = paid_of(40, "8");
    hers.cart = fixture_id(800);
    hers.customer = tb_seed_customer_id(SEED_NUMBER, 0);
    assert_applied(decide(f, &till, hers));
    assert_int_equal(told(f, "kiosk-0421-7", &cursor)->count, 0);
}

static void that_the_cart_joined_a_customers_is_told_and_taken_back(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_cursor cursor = {0};
    (void)called(f, 1, 40);
    assert_over(f, &cursor, TB_HANDOVER_CART_IS_THERE, "");
    assert_applied(decide(f, &till, joined_by(40, false)));
    assert_over(f, &cursor, TB_HANDOVER_CART_JOINED, "Till 4");
    assert_applied(decide(f, &till, joined_by(40, true)));
    assert_over(f, &cursor, TB_HANDOVER_CART_IS_THERE, "");
    assert_applied(decide(f, &till, paid_of(40, "7")));
    assert_over(f, &cursor, TB_HANDOVER_CART_PAID, "Till 4");
}

/* A terminal that asks over and over makes a sale no slower than some of them do. */
static void of_many_the_newest_are_told(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_cursor cursor = {0};
    size_t over = 0;
    for (unsigned i = 0; i < 12; i++) {
        f->wall_ms++;
        (void)called(f, 1 + i, 40);
    }
    (void)told(f, "kiosk-0421-7", &cursor);
    (void)decide(f, &till, paid_of(40, "7"));
    const struct tb_rows *rows = told(f, "kiosk-0421-7", &cursor);
    assert_int_equal(rows->count, 8);
    for (size_t i = 0; i < rows->count; i++) {
        const struct tb_rows one = {.at = &rows->at[i], .count = 1};
        over += doc_of(&one).cart_over == TB_HANDOVER_CART_PAID && doc_of(&one).taken_ms > NOW_MS + 4;
    }
    assert_int_equal(over, 8);
}

/* ---- given back ---- */

static void who_cannot_begin_gives_it_back(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_engine_peer second = fixture_till("till-0421-5");
    struct tb_cursor cursor = {0};
    struct tb_mutation ask = called(f, 1, 40);
    struct tb_mutation decline = answer_of(TB_MUTATION_HANDOVER_DECLINE, &ask);
    (void)told(f, "kiosk-0421-7", &cursor);
    assert_applied(decide(f, &second, decline)); /* not its own to give back */
    assert_int_equal(told(f, "kiosk-0421-7", &cursor)->count, 0);
    const struct tb_engine_answer *answer = decide(f, &till, decline);
    assert_applied(answer);
    assert_true(wakes_store(answer, "0421"));
    struct tb_handover h = doc_of(told(f, "kiosk-0421-7", &cursor));
    assert_int_equal(h.state, TB_HANDOVER_OPEN);
    assert_string_equal(h.by, "");
    assert_int_equal(h.taken_ms, 0);
    assert_int_equal(h.declined, 0);
    assert_true(ask_by_code(f, "till-0421-5", h.code)->identify.found);
    answer = decide(f, &second, answer_of(TB_MUTATION_HANDOVER_ACCEPT, &ask));
    assert_applied(answer);
    assert_int_equal(answer->apply.measure_count, 0); /* she waits once */
    assert_string_equal(doc_of(told(f, "kiosk-0421-7", &cursor)).by, "Till 5");
    assert_rejected(decide(f, &till, answer_of(TB_MUTATION_HANDOVER_ACCEPT, &ask)), "handover_taken");
}

/* Said twice, the second time it is a terminal that does not take what is open. */
static void given_back_again_it_is_declined(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation ask = called(f, 1, 40);
    struct tb_mutation decline = answer_of(TB_MUTATION_HANDOVER_DECLINE, &ask);
    assert_int_equal(doc_of(&decide(f, &till, decline)->apply.rows).declined, 0);
    assert_int_equal(doc_of(&decide(f, &till, decline)->apply.rows).declined, 1);
    assert_applied(decide(f, &till, answer_of(TB_MUTATION_HANDOVER_ACCEPT, &ask)));
}

static void what_was_paid_is_not_given_back(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_cursor cursor = {0};
    struct tb_mutation ask = called(f, 1, 40);
    assert_applied(decide(f, &till, paid_of(40, "7")));
    assert_over(f, &cursor, TB_HANDOVER_CART_PAID, "Till 4");
    assert_applied(decide(f, &till, answer_of(TB_MUTATION_HANDOVER_DECLINE, &ask)));
    assert_int_equal(told(f, "kiosk-0421-7", &cursor)->count, 0);
}

static void one_that_is_given_back_late_expires(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_cursor cursor = {0};
    bool more = true;
    struct tb_mutation ask = called(f, 1, 40);
    f->wall_ms += TB_HANDOVER_LIFE_MS + 1;
    assert_applied(decide(f, &till, answer_of(TB_MUTATION_HANDOVER_DECLINE, &ask)));
    assert_int_equal(f->engine->ops->expire(f->engine, &more), TB_OK);
    assert_int_equal(doc_of(told(f, "kiosk-0421-7", &cursor)).state, TB_HANDOVER_EXPIRED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TEST(that_the_cart_is_paid_is_told),
        ENGINE_TEST(other_carts_and_customers_are_not_meant),
        ENGINE_TEST(that_the_cart_joined_a_customers_is_told_and_taken_back),
        ENGINE_TEST(of_many_the_newest_are_told),
        ENGINE_TEST(who_cannot_begin_gives_it_back),
        ENGINE_TEST(given_back_again_it_is_declined),
        ENGINE_TEST(what_was_paid_is_not_given_back),
        ENGINE_TEST(one_that_is_given_back_late_expires),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
