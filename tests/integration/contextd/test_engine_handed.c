/* A cart that was handed over joins a customer's in the step that accepts its hand-over: as she saw it, or
 * not at all. */
#include "core/credential/handover.h"
#include "core/wire/cart.h"
#include "tests/integration/contextd/engine_handovers.h"

#define THEIRS 48 /* the cart at the kiosk */
#define HERS 49

/* Nobody's cart with a line, and its code. Returns its version. */
static int64_t hand_over(struct engine_fixture *f, unsigned number, char ret_code[TB_HANDOVER_CODE_SIZE + 1])
{
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_mutation sent = request_of((struct tb_id){{0}}, number, "any");
    sent.cart = fixture_id(THEIRS);
    sent.handover.reason = TB_HANDOVER_FOR_CONTINUE;
    assert_applied(decide(f, &kiosk, anonymous_add(THEIRS)));
    const struct tb_engine_answer *answer = decide(f, &kiosk, sent);
    assert_applied(answer);
    memcpy(ret_code, doc_of(&answer->apply.rows).code, TB_HANDOVER_CODE_SIZE + 1);
    struct tb_engine_peer web = fixture_web(0);
    return row_of(&fetch(f, &web, "handover", ret_code)->identify.rows, TB_ROW_CART)->version;
}

static struct tb_mutation join(uint32_t customer, unsigned handover, int64_t seen)
{
    return (struct tb_mutation){.kind = TB_MUTATION_CART_MERGE,
                                .customer = tb_seed_customer_id(SEED_NUMBER, customer),
                                .cart = fixture_id(HERS),
                                .merge = {.from = fixture_id(THEIRS),
                                          .from_version = seen,
                                          .handover = fixture_id(handover),
                                          .policy = TB_MERGE_SUM}};
}

static bool is_open(struct engine_fixture *f, const char *code)
{
    struct tb_engine_peer web = fixture_web(0);
    return fetch(f, &web, "handover", code)->identify.found;
}

static size_t line_count(const struct tb_rows *rows, unsigned cart)
{
    static uint8_t memory[TB_JSON_ARENA_SIZE(TB_DOC_JSON_SIZE_MAX)];
    struct tb_arena arena = tb_arena_of(memory, sizeof memory);
    const struct tb_id id = fixture_id(cart);
    for (size_t i = 0; i < rows->count; i++) {
        struct tb_id object;
        struct tb_json doc;
        if (tb_row_object(&rows->at[i], &object) != TB_OK || !tb_id_equal(&object, &id))
            continue;
        struct tb_check check = {.err = TB_OK};
        assert_int_equal(tb_json_parse(rows->at[i].doc, 0, &arena, &doc), TB_OK);
        return tb_json_count(tb_json_array(&check, doc, "lines", TB_CART_LINE_COUNT_MAX));
    }
    fail_msg("no row of cart %u", cart);
    return 0;
}

static void it_joins_as_it_was_seen_and_nobody_else_takes_it(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer web = fixture_web(0);
    struct tb_engine_peer other = fixture_web(1);
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_cursor cursor = {0};
    char code[TB_HANDOVER_CODE_SIZE + 1];
    int64_t seen = hand_over(f, 80, code);
    f->wall_ms += 42000;
    (void)told(f, "till-0421-4", &cursor);
    const struct tb_engine_answer *answer = decide(f, &web, join(0, 80, seen));
    assert_applied(answer);
    assert_true(wakes_store(answer, "0421"));
    assert_int_equal(answer->apply.verdicts[0].version, 1); /* her cart's */
    assert_int_equal(line_count(&answer->apply.rows, HERS), 1);
    assert_int_equal(line_count(&answer->apply.rows, THEIRS), 0);
    assert_int_equal(answer->apply.measure_count, 1);
    assert_int_equal(answer->apply.measures[0].took_ms, 42000);
    struct tb_handover h = doc_of(told(f, "till-0421-4", &cursor));
    assert_int_equal(h.state, TB_HANDOVER_ACCEPTED);
    assert_int_equal(h.cart_over, TB_HANDOVER_CART_JOINED);
    assert_false(is_open(f, code));
    assert_rejected(decide(f, &other, join(1, 80, 0)), "handover_taken");
    struct tb_mutation accept = {.kind = TB_MUTATION_HANDOVER_ACCEPT, .handover.handover = fixture_id(80)};
    assert_rejected(decide(f, &till, accept), "handover_taken");
}

/* What somebody put into it a moment before is not hers, and she can look again. */
static void one_that_changed_since_stays_where_it_is(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer web = fixture_web(0);
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    char code[TB_HANDOVER_CODE_SIZE + 1];
    int64_t seen = hand_over(f, 80, code);
    struct tb_mutation more = anonymous_add(THEIRS);
    more.line = fixture_id(999);
    memcpy(more.add.gtin, fixture_add(1, 0, 4, 1).add.gtin, sizeof more.add.gtin);
    assert_applied(decide(f, &kiosk, more));
    const struct tb_engine_answer *answer = decide(f, &web, join(0, 80, seen));
    assert_rejected(answer, "cart_changed");
    assert_int_equal(answer->apply.rows.count, 0);
    assert_int_equal(answer->apply.measure_count, 0);
    assert_true(is_open(f, code));
    assert_rejected(decide(f, &web, join(0, 80, seen + 2)), "cart_changed");
    answer = decide(f, &web, join(0, 80, seen + 1));
    assert_applied(answer);
    assert_int_equal(line_count(&answer->apply.rows, HERS), 2);
    assert_false(is_open(f, code));
}

/* In one call, too: nothing is decided between the look and the step but what stands before it. */
static void a_change_in_the_same_group_comes_before_it_or_after_it(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer web = fixture_web(0);
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    char code[TB_HANDOVER_CODE_SIZE + 1];
    int64_t seen = hand_over(f, 80, code);
    struct tb_mutation more = anonymous_add(THEIRS);
    struct tb_mutation merge = join(0, 80, seen);
    more.line = fixture_id(999);
    more.made_ms = merge.made_ms = NOW_MS;
    more.seq = merge.seq = 1;
    struct tb_engine_request requests[2] = {fixture_apply(&kiosk, &more, 1), fixture_apply(&web, &merge, 1)};
    requests[0].apply.incarnation = fixture_id(6000);
    requests[1].apply.incarnation = fixture_id(6001);
    const struct tb_engine_answer *answers = engine_fixture_group(f, requests, 2);
    assert_applied(&answers[0]);
    assert_rejected(&answers[1], "cart_changed");
    assert_true(is_open(f, code));
}

/* Whoever knows a hand-over's and a cart's id gets nothing by naming one for the other. */
static void only_the_cart_that_was_handed_over_joins_by_it(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer web = fixture_web(0);
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    char code[TB_HANDOVER_CODE_SIZE + 1];
    (void)hand_over(f, 80, code);
    struct tb_mutation another = join(0, 80, 0);
    another.merge.from = fixture_id(50);
    assert_applied(decide(f, &kiosk, anonymous_add(50)));
    assert_rejected(decide(f, &web, another), "handover_unknown");
    assert_true(is_open(f, code));

    struct tb_mutation call = request_of((struct tb_id){{0}}, 81, "any");
    call.cart = fixture_id(50);
    assert_applied(decide(f, &kiosk, call));
    another.merge.handover = fixture_id(81);
    assert_rejected(decide(f, &web, another), "handover_unknown"); /* a call is for the store */
    struct tb_mutation hers = request_of(tb_seed_customer_id(SEED_NUMBER, 0), 82, "any");
    hers.handover.reason = TB_HANDOVER_FOR_CONTINUE;
    assert_applied(decide(f, &kiosk, hers));
    another.merge.handover = fixture_id(82);
    assert_rejected(decide(f, &web, another), "handover_unknown");
    another.merge.handover = fixture_id(83);
    assert_rejected(decide(f, &web, another), "handover_unknown");
    assert_rejected(decide(f, &web, join(0, 0, 0)), "handover_unknown");
}

static void one_that_is_over_does_not_join(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer web = fixture_web(0);
    char code[TB_HANDOVER_CODE_SIZE + 1];
    int64_t seen = hand_over(f, 80, code);
    f->wall_ms += TB_HANDOVER_LIFE_MS + 1;
    assert_rejected(decide(f, &web, join(0, 80, seen)), "handover_over");
}

/* What cannot join for another reason leaves the code to whoever else has it. */
static void one_that_cannot_join_is_not_taken(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer web = fixture_web(0);
    struct tb_engine_peer other = fixture_web(1);
    char code[TB_HANDOVER_CODE_SIZE + 1];
    struct tb_mutation add = fixture_add(1, 1, 4, 1);
    add.cart = fixture_id(HERS);
    assert_applied(decide(f, &other, add));
    int64_t seen = hand_over(f, 80, code);
    assert_rejected(decide(f, &web, join(0, 80, seen)), "cart_of_other");
    assert_true(is_open(f, code));
    assert_applied(decide(f, &other, join(1, 80, seen)));
    assert_false(is_open(f, code));
}

/* A verdict that was lost is said again, and accepts nothing twice. */
static void said_again_it_is_the_same(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer web = fixture_web(0);
    char code[TB_HANDOVER_CODE_SIZE + 1];
    struct tb_mutation merge = join(0, 80, hand_over(f, 80, code));
    merge.seq = 1;
    merge.made_ms = NOW_MS;
    struct tb_engine_request request = fixture_apply(&web, &merge, 1);
    assert_int_equal(engine_fixture_ask(f, &request)->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    const struct tb_engine_answer *again = engine_fixture_ask(f, &request);
    assert_int_equal(again->apply.verdicts[0].kind, TB_VERDICT_DUPLICATE);
    assert_int_equal(line_count(&again->apply.rows, HERS), 1);
    assert_int_equal(again->apply.measure_count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TEST(it_joins_as_it_was_seen_and_nobody_else_takes_it),
        ENGINE_TEST(one_that_changed_since_stays_where_it_is),
        ENGINE_TEST(a_change_in_the_same_group_comes_before_it_or_after_it),
        ENGINE_TEST(only_the_cart_that_was_handed_over_joins_by_it),
        ENGINE_TEST(one_that_is_over_does_not_join),
        ENGINE_TEST(one_that_cannot_join_is_not_taken),
        ENGINE_TEST(said_again_it_is_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
