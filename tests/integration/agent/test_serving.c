#include "agent/app/visit/guest.h"
#include "agent/app/visit/serving.h"

#include "tests/integration/agent/terminal.h"
#include "tests/support/seeded_rng.h"

static struct tb_serving serving;
static struct tb_policy policy;
static struct seeded_rng seed;

static const char cart_of_one[] =
    "{\"currency\":\"EUR\",\"lines\":[{\"id\":\"aa000000000000000000000000000000\",\"gtin\":"
    "\"04006381333931\","
    "\"name\":\"Pen\",\"quantity\":2,\"unit_price\":350,\"price_as_of\":900,\"added_ms\":800,"
    "\"channel\":\"web\"}],\"touched_ms\":800,\"touched_channel\":\"web\"}";

static void stop_loop(void *context, enum tb_err err)
{
    (void)context;
    assert_int_equal(err, TB_OK);
    tb_loop_stop(terminal.loop);
}

static void rows_put(const struct tb_row *rows, size_t count)
{
    const struct tb_rows all = {.at = rows, .count = count};
    assert_int_equal(tb_storage_put(&terminal.storage, &all, stop_loop, NULL), TB_OK);
    terminal_run();
}

/* The cart of the context store holds the five pieces as well. */
static void cart_comes_with_seven(void)
{
    char doc[sizeof cart_of_one];
    memcpy(doc, cart_of_one, sizeof doc);
    strstr(doc, "\"quantity\":2")[11] = '7';
    const struct tb_row row = terminal_cart_row(4, doc);
    rows_put(&row, 1);
}

static void visit_begin(void)
{
    const struct tb_rng rng = seeded_rng_of(&seed);
    const struct tb_visit_start start = {.known = true,
                                         .customer = tb_pepper_customer(&terminal_pepper, &terminal_customer),
                                         .credential_kind = TB_CREDENTIAL_MEMBER,
                                         .assurance = TB_ASSURANCE_LOW};
    struct tb_record record;
    struct tb_visit_end end;
    assert_int_equal(tb_visit_begin(&serving.visit, &start, &rng, 10, 1000, &end), TB_VISIT_BEGAN);
    assert_int_equal(tb_cache_find_customer(&terminal.storage.reader, &start.customer, &record), TB_OK);
    tb_serving_show(&serving, &record, &rng);
}

static int set_up(void **state)
{
    int failed = terminal_set_up(state);
    seed = (struct seeded_rng){.state = 5};
    policy = tb_policy_default();
    tb_serving_init(&serving, &terminal.storage.reader, &terminal.pending, &policy);
    const struct tb_row rows[] = {terminal_customer_row(1), terminal_cart_row(3, cart_of_one)};
    rows_put(rows, 2);
    return failed;
}

static void pend(int64_t seq, int32_t quantity)
{
    struct tb_mutation m = terminal_add(quantity);
    m.seq = seq;
    assert_int_equal(tb_pending_add(&terminal.pending, &m, TB_VERDICT_NONE, 0), TB_OK);
}

static void what_is_pending_lies_over_the_cart_of_the_cache(void **state)
{
    (void)state;
    pend(1, 5);
    visit_begin();
    assert_int_equal(serving.cart.cart.line_count, 1);
    assert_int_equal(serving.cart.cart.lines[0].quantity, 7);
    assert_int_equal(serving.base.lines[0].quantity, 2);
    assert_true(tb_id_equal(&serving.cart_id, &terminal_cart));
}

static void a_verdict_moves_the_effect_from_the_pile_to_the_base(void **state)
{
    (void)state;
    const struct tb_verdict verdict = {.seq = 1, .kind = TB_VERDICT_APPLIED, .version = 4};
    pend(1, 5);
    visit_begin();
    tb_pending_decide(&terminal.pending, &verdict);
    assert_int_equal(tb_serving_refresh(&serving), TB_OK);
    assert_int_equal(serving.cart.cart.lines[0].quantity, 7);

    cart_comes_with_seven();
    assert_int_equal(tb_serving_refresh(&serving), TB_OK);
    assert_int_equal(serving.base.lines[0].quantity, 7);
    assert_int_equal(serving.cart.cart.lines[0].quantity, 7);
    assert_int_equal(serving.cart.pending_count, 0);
}

static void an_effect_that_the_cache_holds_before_its_verdict_is_kept_is_shown_once(void **state)
{
    (void)state;
    const struct tb_verdict verdict = {.seq = 1, .kind = TB_VERDICT_APPLIED, .version = 4};
    pend(1, 5);
    visit_begin();
    tb_pending_hear(&terminal.pending, &verdict);
    assert_int_equal(tb_serving_refresh(&serving), TB_OK);
    assert_int_equal(serving.cart.cart.lines[0].quantity, 7);

    cart_comes_with_seven();
    assert_int_equal(tb_serving_refresh(&serving), TB_OK);
    assert_int_equal(serving.cart.cart.lines[0].quantity, 7);
    assert_int_equal(terminal.pending.undecided_count, 1);
}

static void what_went_into_another_cart_is_shown_in_the_one_there_is(void **state)
{
    (void)state;
    struct tb_mutation m = terminal_add(5);
    m.seq = 1;
    m.cart = (struct tb_id){{99}};
    assert_int_equal(tb_pending_add(&terminal.pending, &m, TB_VERDICT_NONE, 0), TB_OK);
    visit_begin();
    assert_int_equal(serving.cart.cart.lines[0].quantity, 7);
}

static const char *visit_text(void)
{
    static char text[TB_VISIT_JSON_SIZE_MAX + 1];
    struct tb_buf to = tb_buf_of(text, sizeof text - 1);
    struct tb_json_writer w = tb_json_writer_of(&to);
    tb_json_open(&w, NULL);
    tb_serving_put_visit(&w, &serving, "desk", TB_AUDIENCE_CLERK);
    tb_json_close(&w);
    assert_int_equal(to.err, TB_OK);
    text[to.size] = '\0';
    return text;
}

static const char cart_of_nobody[] =
    "{\"currency\":\"EUR\",\"lines\":[{\"id\":\"bb000000000000000000000000000000\",\"gtin\":"
    "\"04012345678901\","
    "\"name\":\"Ink\",\"quantity\":3,\"unit_price\":490,\"added_ms\":800,\"channel\":\"kiosk\"}]}";

static void anonymous_visit_begin(void)
{
    const struct tb_rng rng = seeded_rng_of(&seed);
    const struct tb_visit_start start = {.known = false, .reader = TB_VISIT_NO_READER};
    struct tb_visit_end end;
    assert_int_equal(tb_visit_begin(&serving.visit, &start, &rng, 10, 1000, &end), TB_VISIT_BEGAN);
    tb_serving_show_nobody(&serving, NULL, &rng);
}

/* Mutation of nobody on the cart of the visit. */
static void pend_nobodys(int64_t seq, const struct tb_id *cart)
{
    struct tb_mutation m = terminal_add(3);
    m.seq = seq;
    m.customer = (struct tb_id){{0}};
    m.cart = *cart;
    assert_int_equal(tb_pending_add(&terminal.pending, &m, TB_VERDICT_NONE, 0), TB_OK);
    assert_int_equal(tb_serving_is_about(&serving, &m), tb_id_equal(cart, &serving.cart_id));
}

static void nobodys_cart_comes(const struct tb_id *id, int64_t version)
{
    struct tb_row row = terminal_cart_row(version, cart_of_nobody);
    const struct tb_rows rows = {.at = &row, .count = 1};
    row.customer = (struct tb_id){{0}};
    tb_id_encode(id, row.id);
    static struct tb_cart cart;
    assert_true(tb_guest_find(&serving, &rows, &cart));
    tb_serving_take_cart(&serving, &cart);
}

static void an_anonymous_cart_is_this_visits_alone(void **state)
{
    (void)state;
    const struct tb_id other = {{77}};
    const struct tb_verdict verdict = {.seq = 1, .kind = TB_VERDICT_APPLIED, .version = 4};
    anonymous_visit_begin();
    const struct tb_id own = serving.cart_id;
    pend_nobodys(1, &own);
    pend_nobodys(2, &other);
    assert_int_equal(tb_serving_refresh(&serving), TB_OK);
    assert_int_equal(serving.cart.cart.line_count, 1);
    assert_int_equal(serving.cart.pending_count, 1);
    assert_true(tb_serving_opens(&serving, TB_BENEFIT_SHOW_CART));
    assert_false(tb_serving_opens(&serving, TB_BENEFIT_SHOW_NAME));
    assert_false(tb_serving_wants_cart(&serving, &other));
    nobodys_cart_comes(&own, 4);
    tb_pending_decide(&terminal.pending, &verdict);
    tb_serving_settle(&serving, &terminal.pending);
    tb_serving_overlay(&serving);
    assert_int_equal(terminal.pending.count, 1);
    assert_int_equal(serving.cart.cart.line_count, 1);
    assert_string_equal(serving.cart.cart.lines[0].name, "Ink");
    assert_non_null(strstr(visit_text(), "\"anonymous\":true"));
    assert_non_null(strstr(visit_text(), "\"view\":null"));
}

static void join(void)
{
    const struct tb_rng rng = seeded_rng_of(&seed);
    const struct tb_visit_start start = {.known = true,
                                         .customer = tb_pepper_customer(&terminal_pepper, &terminal_customer),
                                         .assurance = TB_ASSURANCE_LOW};
    struct tb_record record;
    struct tb_visit_end end;
    assert_int_equal(tb_visit_begin(&serving.visit, &start, &rng, 20, 1010, &end), TB_VISIT_JOINED);
    assert_int_equal(tb_cache_find_customer(&terminal.storage.reader, &start.customer, &record), TB_OK);
    tb_serving_show(&serving, &record, &rng);
}

static void pend_merge(int64_t seq, bool undo)
{
    const struct tb_mutation merge = {
        .seq = seq,
        .kind = TB_MUTATION_CART_MERGE,
        .customer = terminal_customer,
        .cart = terminal_cart,
        .made_ms = 3000,
        .merge = {.from = serving.guest.cart_id, .policy = TB_MERGE_SUM, .undo = undo}};
    assert_int_equal(tb_pending_add(&terminal.pending, &merge, TB_VERDICT_NONE, 0), TB_OK);
    tb_serving_overlay(&serving);
}

static void what_was_nobodys_is_set_aside_until_it_joins(void **state)
{
    (void)state;
    anonymous_visit_begin();
    const struct tb_id own = serving.cart_id;
    nobodys_cart_comes(&own, 4);
    pend_nobodys(1, &own); /* of her product */
    join();
    assert_true(tb_id_equal(&serving.guest.cart_id, &own));
    assert_int_equal(serving.guest.cart.cart.line_count, 2);
    assert_int_equal(serving.cart.cart.line_count, 1);
    assert_int_equal(serving.cart.cart.lines[0].quantity, 2);
    pend_merge(2, false);
    assert_int_equal(serving.cart.cart.line_count, 2);
    assert_int_equal(serving.cart.cart.lines[0].quantity, 5);
    pend_merge(3, true);
    assert_int_equal(serving.cart.cart.line_count, 1);
    assert_int_equal(serving.cart.cart.lines[0].quantity, 2);
    pend_merge(4, false);
    assert_int_equal(serving.cart.cart.lines[0].quantity, 5);
}

/* Her name in the cache follows from the pepper; what is shown does not. */
static void another_pepper_leaves_the_visit_as_it_is(void **state)
{
    (void)state;
    const struct tb_row rows[] = {terminal_customer_row(1), terminal_cart_row(3, cart_of_one)};
    struct tb_pepper other = terminal_pepper;
    other.version++;
    other.bytes[0] = 9;
    pend(1, 5);
    visit_begin();
    tb_storage_set_pepper(&terminal.storage, &other);
    tb_serving_rename(&serving, &other);
    assert_int_equal(serving.cache_number, TB_SERVING_NO_FILE);
    assert_true(tb_serving_is(&serving, &terminal_customer));
    rows_put(NULL, 0);
    assert_int_equal(tb_serving_refresh(&serving), TB_ERR_NOT_FOUND);
    assert_int_equal(serving.cart.cart.lines[0].quantity, 7);
    rows_put(rows, 2);
    assert_int_equal(tb_serving_refresh(&serving), TB_OK);
    assert_int_equal(serving.cart.cart.lines[0].quantity, 7);
    assert_int_equal(serving.base.lines[0].quantity, 2);
}

static void nothing_of_the_customer_stays_when_it_is_over(void **state)
{
    (void)state;
    static const uint8_t zero[sizeof serving.bytes];
    struct tb_visit_end end;
    visit_begin();
    assert_true(serving.byte_count > 0);
    assert_true(tb_visit_finish(&serving.visit, TB_VISIT_ENDED_DONE, 20, &end));
    tb_serving_clear(&serving);
    assert_memory_equal(serving.bytes, zero, sizeof serving.bytes);
    assert_true(tb_id_is_zero(&serving.record.customer));
    assert_int_equal(serving.cart.cart.line_count, 0);
    assert_false(tb_serving_is(&serving, &terminal_customer));
}

static void what_the_assurance_does_not_open_is_not_shown(void **state)
{
    (void)state;
    visit_begin();
    assert_non_null(strstr(visit_text(), "\"assurance\":\"low\",\"hidden\":[\"redeem\"]"));
    const char *name = strstr(visit_text(), "\"customer\":{\"name\":\"");
    assert_non_null(name);
    assert_true(name[strlen("\"customer\":{\"name\":\"")] != '"');
    assert_non_null(strstr(visit_text(), "\"points\""));
    assert_non_null(strstr(visit_text(), "\"name\":\"Pen\""));
    policy.benefits[TB_BENEFIT_SHOW_NAME] = TB_ASSURANCE_HIGH;
    assert_non_null(strstr(visit_text(), "\"customer\":{\"name\":\"\""));
    assert_non_null(strstr(visit_text(), "\"points\""));
    assert_null(strstr(visit_text(), "\"journey\""));
    policy.benefits[TB_BENEFIT_SHOW_TIER] = TB_ASSURANCE_MEDIUM;
    policy.benefits[TB_BENEFIT_SHOW_CART] = TB_ASSURANCE_MEDIUM;
    assert_null(strstr(visit_text(), "\"points\""));
    assert_null(strstr(visit_text(), "Pen"));
    assert_non_null(strstr(visit_text(), "\"cart\":null"));
    serving.visit.start.assurance = TB_ASSURANCE_HIGH;
    assert_non_null(strstr(visit_text(), "\"hidden\":[]"));
    assert_non_null(strstr(visit_text(), "\"name\":\"Pen\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_the_assurance_does_not_open_is_not_shown, set_up,
                                        terminal_tear_down),
        cmocka_unit_test_setup_teardown(what_is_pending_lies_over_the_cart_of_the_cache, set_up,
                                        terminal_tear_down),
        cmocka_unit_test_setup_teardown(a_verdict_moves_the_effect_from_the_pile_to_the_base, set_up,
                                        terminal_tear_down),
        cmocka_unit_test_setup_teardown(
            an_effect_that_the_cache_holds_before_its_verdict_is_kept_is_shown_once, set_up,
            terminal_tear_down),
        cmocka_unit_test_setup_teardown(what_went_into_another_cart_is_shown_in_the_one_there_is, set_up,
                                        terminal_tear_down),
        cmocka_unit_test_setup_teardown(an_anonymous_cart_is_this_visits_alone, set_up, terminal_tear_down),
        cmocka_unit_test_setup_teardown(what_was_nobodys_is_set_aside_until_it_joins, set_up,
                                        terminal_tear_down),
        cmocka_unit_test_setup_teardown(another_pepper_leaves_the_visit_as_it_is, set_up, terminal_tear_down),
        cmocka_unit_test_setup_teardown(nothing_of_the_customer_stays_when_it_is_over, set_up,
                                        terminal_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
