/* Hand-overs: who is told of them, who may take them, what comes with it and how they end. */
#include "core/credential/handover.h"
#include "tests/integration/contextd/engine_handovers.h"

#include <sqlite3.h>

#define CALLS_MAX 8
#define SENT_MAX 32
#define YOUNG_MS (15 * 60 * 1000)

/* Nobody has to buy something in order to be helped. */
static void who_has_nothing_in_the_cart_may_call_for_help(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation ask = request_of((struct tb_id){{0}}, 1, "any");
    ask.cart = fixture_id(4711);
    assert_applied(decide(f, &kiosk, ask));
    struct tb_mutation accept = ask;
    accept.kind = TB_MUTATION_HANDOVER_ACCEPT;
    accept.cart = (struct tb_id){{0}};
    const struct tb_engine_answer *answer = decide(f, &till, accept);
    assert_applied(answer);
    for (size_t i = 0; i < answer->apply.rows.count; i++)
        assert_int_not_equal(answer->apply.rows.at[i].type, TB_ROW_CART);
}

static void a_call_for_help_is_told_to_its_store(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_cursor till = {0};
    struct tb_cursor elsewhere = {0};
    struct tb_engine_peer far = far_till();
    struct tb_mutation add = anonymous_add(40);
    struct tb_mutation ask = request_of((struct tb_id){{0}}, 1, "any");
    assert_rejected(decide(f, &kiosk, ask), "not_understood");
    ask.cart = add.cart;
    struct tb_mutation send = ask;
    send.handover.reason = TB_HANDOVER_FOR_CONTINUE;
    assert_rejected(decide(f, &kiosk, send), "cart_unknown");
    assert_applied(decide(f, &kiosk, add));
    const struct tb_engine_answer *answer = decide(f, &kiosk, ask);
    assert_applied(answer);
    assert_true(wakes_store(answer, "0421"));

    const struct tb_rows *rows = told(f, "till-0421-4", &till);
    assert_int_equal(rows->count, 1);
    assert_true(tb_id_is_zero(&rows->at[0].customer));
    struct tb_handover h = doc_of(rows);
    assert_int_equal(h.state, TB_HANDOVER_OPEN);
    assert_int_equal(h.reason, TB_HANDOVER_FOR_HELP);
    assert_string_equal(h.store, "0421");
    assert_string_equal(h.customer_name, "");
    assert_int_equal(h.item_count, 2);
    assert_true(h.total > 0 && strcmp(h.currency, "EUR") == 0);
    assert_int_equal(strlen(h.code), TB_HANDOVER_CODE_SIZE);
    assert_int_equal(told_to(f, &far, &elsewhere)->count, 0);
    assert_int_equal(told(f, "till-0421-4", &till)->count, 0);
}

static void who_accepts_goes_on_with_nobodys_cart(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_engine_peer second = fixture_till("till-0421-5");
    struct tb_engine_peer far = far_till();
    struct tb_cursor cursor = {0};
    struct tb_mutation ask = request_of((struct tb_id){{0}}, 2, "any");
    ask.cart = fixture_id(41);
    assert_applied(decide(f, &kiosk, anonymous_add(41)));
    assert_applied(decide(f, &kiosk, ask));
    (void)told(f, "kiosk-0421-7", &cursor);
    f->wall_ms += 42000;
    struct tb_mutation accept = answer_of(TB_MUTATION_HANDOVER_ACCEPT, &ask);
    assert_rejected(decide(f, &far, accept), "handover_unknown");
    const struct tb_engine_answer *answer = decide(f, &till, accept);
    assert_applied(answer);
    const struct tb_row *cart = row_of(&answer->apply.rows, TB_ROW_CART);
    assert_non_null(cart);
    assert_true(tb_id_is_zero(&cart->customer));
    struct tb_handover h = doc_of(&answer->apply.rows);
    assert_int_equal(h.state, TB_HANDOVER_ACCEPTED);
    assert_int_equal(h.taken_ms - h.at_ms, 42000);
    assert_string_equal(h.code, "");
    assert_rejected(decide(f, &second, accept), "handover_taken");
    h = doc_of(told(f, "kiosk-0421-7", &cursor));
    assert_string_equal(h.by, "Till 4");

    /* The cart is the till's to go on with. */
    struct tb_mutation more = anonymous_add(41);
    more.line = fixture_id(999);
    assert_applied(decide(f, &till, more));
}

static void assert_measured(const struct tb_engine_answer *answer, enum tb_engine_measured what,
                            enum tb_channel channel, int64_t took_ms)
{
    for (size_t i = 0; i < answer->apply.measure_count; i++) {
        const struct tb_engine_measure *m = &answer->apply.measures[i];
        if (m->what == what && m->channel == channel && m->took_ms == took_ms)
            return;
    }
    fail_msg("not measured: %d", (int)what);
}

static void what_is_decided_is_measured(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_id customer = tb_seed_customer_id(SEED_NUMBER, 0);
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_engine_peer web = fixture_web(0);
    struct tb_mutation begin = {.kind = TB_MUTATION_VISIT_BEGIN, .visit = fixture_id(600)};
    struct tb_mutation end = {.kind = TB_MUTATION_VISIT_END, .visit = fixture_id(600)};
    (void)snprintf(begin.visit_begin.source, sizeof begin.visit_begin.source, "anonymous");
    (void)snprintf(end.visit_end.reason, sizeof end.visit_end.reason, "done");
    end.visit_end.lasted_ms = 61000;
    kiosk.channel = TB_CHANNEL_KIOSK;
    assert_applied(decide(f, &web, fixture_add(1, 0, 3, 5)));
    const struct tb_engine_answer *answer = decide(f, &kiosk, begin);
    assert_measured(answer, TB_ENGINE_VISITED, TB_CHANNEL_KIOSK, 0);
    assert_int_equal(answer->apply.measure_count, 1);
    begin.customer = customer;
    answer = decide(f, &kiosk, begin);
    assert_measured(answer, TB_ENGINE_RECOGNISED, TB_CHANNEL_KIOSK, 0);
    assert_measured(answer, TB_ENGINE_RESUMED, TB_CHANNEL_KIOSK, 0);
    assert_int_equal(answer->apply.measure_count, 2);
    assert_int_equal(decide(f, &kiosk, begin)->apply.measure_count, 0);
    end.customer = customer;
    assert_measured(decide(f, &kiosk, end), TB_ENGINE_HANDLED, TB_CHANNEL_KIOSK, 61000);

    struct tb_mutation ask = request_of(customer, 70, "any");
    assert_applied(decide(f, &kiosk, ask));
    f->wall_ms += 42000;
    answer = decide(f, &till, answer_of(TB_MUTATION_HANDOVER_ACCEPT, &ask));
    assert_measured(answer, TB_ENGINE_WAITED, TB_CHANNEL_KIOSK, 42000);
}

static void who_accepts_comes_to_know_her(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_id customer = tb_seed_customer_id(SEED_NUMBER, 0);
    struct tb_engine_peer web = fixture_web(0);
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_cursor cursor = {0};
    struct tb_mutation ask = request_of(customer, 3, "0421");
    assert_applied(decide(f, &web, fixture_add(1, 0, 3, 5)));
    assert_applied(decide(f, &web, ask));
    struct tb_handover h = doc_of(told(f, "till-0421-4", &cursor));
    assert_true(h.customer_name[0] && h.tier[0]);
    const struct tb_engine_answer *answer = decide(f, &till, answer_of(TB_MUTATION_HANDOVER_ACCEPT, &ask));
    assert_applied(answer);
    assert_non_null(row_of(&answer->apply.rows, TB_ROW_CUSTOMER));
    assert_non_null(row_of(&answer->apply.rows, TB_ROW_CART));
    assert_rejected(decide(f, &web, answer_of(TB_MUTATION_HANDOVER_ACCEPT, &ask)), "handover_unknown");
}

static void a_verdict_that_was_lost_brings_the_cart_again(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation ask = request_of((struct tb_id){{0}}, 4, "any");
    ask.cart = fixture_id(42);
    assert_applied(decide(f, &kiosk, anonymous_add(42)));
    assert_applied(decide(f, &kiosk, ask));
    struct tb_mutation accept = answer_of(TB_MUTATION_HANDOVER_ACCEPT, &ask);
    accept.seq = 1;
    accept.made_ms = NOW_MS;
    struct tb_engine_request request = fixture_apply(&till, &accept, 1);
    assert_int_equal(engine_fixture_ask(f, &request)->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    const struct tb_engine_answer *again = engine_fixture_ask(f, &request);
    assert_int_equal(again->apply.verdicts[0].kind, TB_VERDICT_DUPLICATE);
    assert_non_null(row_of(&again->apply.rows, TB_ROW_CART));
    assert_non_null(row_of(&again->apply.rows, TB_ROW_HANDOVER));
}

static void one_that_is_declined_stays_open_for_others(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_engine_peer second = fixture_till("till-0421-5");
    struct tb_mutation ask = request_of(tb_seed_customer_id(SEED_NUMBER, 0), 5, "any");
    struct tb_mutation decline = answer_of(TB_MUTATION_HANDOVER_DECLINE, &ask);
    assert_rejected(decide(f, &till, decline), "handover_unknown");
    assert_applied(decide(f, &kiosk, ask));
    assert_int_equal(doc_of(&decide(f, &till, decline)->apply.rows).declined, 1);
    assert_int_equal(doc_of(&decide(f, &till, decline)->apply.rows).declined, 1);
    struct tb_handover h = doc_of(&decide(f, &second, decline)->apply.rows);
    assert_int_equal(h.declined, 2);
    assert_int_equal(h.state, TB_HANDOVER_OPEN);
    assert_applied(decide(f, &till, answer_of(TB_MUTATION_HANDOVER_ACCEPT, &ask)));
}

static void who_asked_takes_it_back(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_cursor cursor = {0};
    struct tb_mutation ask = request_of(tb_seed_customer_id(SEED_NUMBER, 0), 6, "any");
    struct tb_mutation cancel = answer_of(TB_MUTATION_HANDOVER_CANCEL, &ask);
    assert_applied(decide(f, &kiosk, ask));
    assert_rejected(decide(f, &till, cancel), "handover_unknown");
    assert_applied(decide(f, &kiosk, cancel));
    assert_int_equal(doc_of(told(f, "till-0421-4", &cursor)).state, TB_HANDOVER_CANCELLED);
    assert_rejected(decide(f, &till, answer_of(TB_MUTATION_HANDOVER_ACCEPT, &ask)), "handover_over");
    assert_applied(decide(f, &kiosk, cancel));
}

static bool is_of_cohort(struct engine_fixture *f, const struct tb_engine_peer *peer,
                         const struct tb_id *customer)
{
    struct tb_engine_request request = {.ask = TB_ENGINE_ADMIT, .peer = *peer};
    request.admit.customer = *customer;
    return engine_fixture_ask(f, &request)->admit.admitted;
}

static struct tb_mutation forget(const struct tb_id *customer, unsigned visit)
{
    return (struct tb_mutation){.kind = TB_MUTATION_VISIT_END,
                                .customer = *customer,
                                .visit = fixture_id(visit),
                                .visit_end = {.reason = "forget", .lasted_ms = 1000}};
}

/* What it asked for is over with it, also at a terminal that does not know any more that it asked. */
static void who_is_forgotten_is_not_waited_for(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer web = fixture_web(0);
    struct tb_id customer = tb_seed_customer_id(SEED_NUMBER, 0);
    struct tb_mutation help = request_of(customer, 6, "any");
    struct tb_mutation sent = request_of(customer, 7, "any");
    struct tb_mutation hers = request_of(customer, 8, "0421");
    struct tb_mutation other = request_of(tb_seed_customer_id(SEED_NUMBER, 1), 9, "any");
    struct tb_mutation before = request_of((struct tb_id){{0}}, 10, "any");
    struct tb_cursor cursor = {0};
    struct tb_mutation merge = {.kind = TB_MUTATION_CART_MERGE,
                                .customer = customer,
                                .cart = fixture_id(800),
                                .merge = {.from = fixture_id(40), .policy = TB_MERGE_SUM}};
    before.cart = merge.merge.from;
    assert_applied(decide(f, &kiosk, anonymous_add(40)));
    assert_applied(decide(f, &kiosk, before));
    assert_applied(decide(f, &kiosk, merge));
    sent.handover.reason = TB_HANDOVER_FOR_CONTINUE;
    assert_applied(decide(f, &kiosk, help));
    assert_applied(decide(f, &kiosk, sent));
    assert_applied(decide(f, &kiosk, other));
    assert_applied(decide(f, &web, hers));
    assert_int_equal(told(f, "till-0421-4", &cursor)->count, 5);
    const struct tb_engine_answer *answer = decide(f, &kiosk, forget(&customer, 600));
    assert_applied(answer);
    assert_true(wakes_store(answer, "0421"));
    assert_false(is_of_cohort(f, &kiosk, &customer));
    const struct tb_rows *rows = told(f, "till-0421-4", &cursor);
    assert_int_equal(rows->count, 3);
    assert_int_equal(doc_of(rows).state, TB_HANDOVER_CANCELLED);
}

/* Taking a call back, or not taking one, says nothing of where she is. */
static void who_was_forgotten_is_not_met_by_a_call_that_ends(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_engine_peer web = fixture_web(0);
    struct tb_id customer = tb_seed_customer_id(SEED_NUMBER, 0);
    struct tb_mutation ask = request_of(customer, 6, "any");
    struct tb_mutation hers = request_of(customer, 8, "0421");
    assert_applied(decide(f, &kiosk, ask));
    assert_true(is_of_cohort(f, &kiosk, &customer));
    assert_applied(decide(f, &kiosk, forget(&customer, 600)));
    assert_applied(decide(f, &kiosk, answer_of(TB_MUTATION_HANDOVER_CANCEL, &ask)));
    assert_false(is_of_cohort(f, &kiosk, &customer));
    assert_applied(decide(f, &web, hers));
    assert_applied(decide(f, &till, answer_of(TB_MUTATION_HANDOVER_DECLINE, &hers)));
    assert_false(is_of_cohort(f, &till, &customer));
    assert_applied(decide(f, &till, answer_of(TB_MUTATION_HANDOVER_ACCEPT, &hers)));
    assert_true(is_of_cohort(f, &till, &customer));
}

static void what_nobody_takes_expires(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_cursor cursor = {0};
    struct tb_cursor late = {0};
    bool more = true;
    struct tb_mutation ask = request_of(tb_seed_customer_id(SEED_NUMBER, 0), 7, "any");
    assert_applied(decide(f, &kiosk, ask));
    (void)told(f, "till-0421-4", &cursor);
    f->wall_ms += TB_HANDOVER_LIFE_MS + 1;
    assert_rejected(decide(f, &till, answer_of(TB_MUTATION_HANDOVER_ACCEPT, &ask)), "handover_over");
    assert_int_equal(f->engine->ops->expire(f->engine, &more), TB_OK);
    assert_true(f->engine->ops->changed_elsewhere(f->engine));
    assert_int_equal(doc_of(told(f, "till-0421-4", &cursor)).state, TB_HANDOVER_EXPIRED);
    f->wall_ms += INT64_C(25) * 3600 * 1000;
    assert_int_equal(f->engine->ops->expire(f->engine, &more), TB_OK);
    assert_int_equal(told(f, "till-0421-5", &late)->count, 0);
}

/* Nobody who has an account fills the list of a store. */
static void on_the_web_a_new_one_replaces_the_old(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer web = fixture_web(0);
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_id customer = tb_seed_customer_id(SEED_NUMBER, 0);
    struct tb_cursor cursor = {0};
    assert_applied(decide(f, &kiosk, request_of(customer, 40, "any")));
    for (unsigned i = 0; i < 20; i++)
        assert_applied(decide(f, &web, request_of(customer, 50 + i, "0421")));
    assert_applied(decide(f, &web, request_of(customer, 69, "0421"))); /* again: no news */
    size_t open = 0;
    for (size_t count = 1; count > 0;) {
        const struct tb_rows *rows = told(f, "till-0421-4", &cursor);
        count = rows->count;
        for (size_t i = 0; i < count; i++) {
            const struct tb_rows one = {.at = &rows->at[i], .count = 1};
            open += doc_of(&one).state == TB_HANDOVER_OPEN;
        }
    }
    assert_int_equal(open, 2); /* the kiosk's, and the newest of her own */
}

static struct tb_mutation sent_on(unsigned number)
{
    struct tb_mutation sent = request_of(tb_seed_customer_id(SEED_NUMBER, 0), number, "any");
    sent.handover.reason = TB_HANDOVER_FOR_CONTINUE;
    return sent;
}

static void a_terminal_has_so_many_calls_at_a_time(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_id customer = tb_seed_customer_id(SEED_NUMBER, 0);
    struct tb_cursor cursor = {0};
    assert_applied(decide(f, &kiosk, sent_on(49)));
    for (unsigned i = 0; i < CALLS_MAX; i++)
        assert_applied(decide(f, &kiosk, request_of(customer, 50 + i, "any")));
    assert_int_equal(told(f, "till-0421-4", &cursor)->count, CALLS_MAX + 1);
    f->wall_ms += 2 * YOUNG_MS; /* however old it is, a call makes no room */
    assert_rejected(decide(f, &kiosk, request_of(customer, 71, "any")), "handover_limit");
    assert_applied(decide(f, &kiosk, sent_on(72)));
    struct tb_mutation first = request_of(customer, 52, "any");
    assert_applied(decide(f, &kiosk, answer_of(TB_MUTATION_HANDOVER_CANCEL, &first)));
    assert_applied(decide(f, &kiosk, request_of(customer, 71, "any")));
    assert_int_equal(told(f, "till-0421-4", &cursor)->count, 3); /* and nothing that was sent on ended */
}

/* Each by another stranger: whoever asks again and again ends no code that was given a moment ago. */
static void a_code_is_not_ended_while_it_is_young(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer other = fixture_till("till-0421-4");
    struct tb_cursor cursor = {0};
    char code[TB_HANDOVER_CODE_SIZE + 1] = "";
    for (unsigned i = 0; i < SENT_MAX; i++, f->wall_ms += 1000) {
        const struct tb_engine_answer *answer = decide(f, &kiosk, sent_on(100 + i));
        assert_applied(answer);
        if (i == 0)
            memcpy(code, doc_of(&answer->apply.rows).code, sizeof code);
    }
    assert_int_equal(told(f, "till-0421-4", &cursor)->count, SENT_MAX);
    for (unsigned i = 0; i < SENT_MAX; i++)
        assert_rejected(decide(f, &kiosk, sent_on(200 + i)), "handover_limit");
    f->wall_ms += YOUNG_MS - SENT_MAX * 1000 - 1;
    assert_rejected(decide(f, &kiosk, sent_on(250)), "handover_limit");
    assert_int_equal(told(f, "till-0421-4", &cursor)->count, 0);
    assert_true(ask_by_code(f, "till-0421-5", code)->identify.found);
    assert_applied(decide(f, &other, sent_on(251))); /* what one terminal has is no other's */
    assert_applied(decide(f, &kiosk, request_of(tb_seed_customer_id(SEED_NUMBER, 0), 252, "any")));
}

static void what_is_not_young_makes_room_the_oldest_first(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_cursor cursor = {0};
    for (unsigned i = 0; i < SENT_MAX; i++, f->wall_ms += 1000)
        assert_applied(decide(f, &kiosk, sent_on(100 + i)));
    (void)told(f, "till-0421-4", &cursor);
    f->wall_ms += YOUNG_MS - SENT_MAX * 1000;
    for (unsigned i = 0; i < 2; i++, f->wall_ms += 1000) {
        const struct tb_id oldest = fixture_id(100 + i);
        struct tb_id told_of;
        assert_applied(decide(f, &kiosk, sent_on(200 + i)));
        assert_rejected(decide(f, &kiosk, sent_on(210 + i)), "handover_limit");
        const struct tb_rows *rows = told(f, "till-0421-4", &cursor);
        assert_int_equal(rows->count, 2);
        assert_int_equal(tb_row_object(&rows->at[0], &told_of), TB_OK);
        assert_true(tb_id_equal(&told_of, &oldest));
        assert_int_equal(doc_of(rows).state, TB_HANDOVER_CANCELLED);
    }
}

/* The code of a cart that a kiosk sends, of somebody's or nobody's. */
static void send(struct engine_fixture *f, struct tb_mutation *sent, char ret_code[TB_HANDOVER_CODE_SIZE + 1])
{
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    sent->handover.reason = TB_HANDOVER_FOR_CONTINUE;
    const struct tb_engine_answer *answer = decide(f, &kiosk, *sent);
    assert_applied(answer);
    memcpy(ret_code, doc_of(&answer->apply.rows).code, TB_HANDOVER_CODE_SIZE + 1);
}

static void a_phone_goes_on_with_nobodys_cart_that_it_was_handed(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_engine_peer web = fixture_web(0);
    struct tb_mutation sent = request_of((struct tb_id){{0}}, 80, "any");
    char code[TB_HANDOVER_CODE_SIZE + 1];
    sent.cart = fixture_id(48);
    assert_applied(decide(f, &kiosk, anonymous_add(48)));
    send(f, &sent, code);
    const struct tb_engine_answer *answer = fetch(f, &web, "handover", code);
    assert_int_equal(answer->err, TB_OK);
    assert_true(answer->identify.found);
    assert_int_equal(answer->identify.rows.count, 2);
    assert_int_equal(fetch(f, &web, "member", code)->err, TB_ERR_DENIED);

    struct tb_mutation accept = answer_of(TB_MUTATION_HANDOVER_ACCEPT, &sent);
    accept.customer = web.customer;
    answer = decide(f, &web, accept);
    assert_applied(answer);
    assert_null(row_of(&answer->apply.rows, TB_ROW_CUSTOMER));
    assert_true(tb_id_is_zero(&row_of(&answer->apply.rows, TB_ROW_HANDOVER)->customer));
    struct tb_mutation merge = {.kind = TB_MUTATION_CART_MERGE,
                                .customer = web.customer,
                                .cart = fixture_id(49),
                                .merge = {.from = fixture_id(48), .policy = TB_MERGE_SUM}};
    assert_applied(decide(f, &web, merge));
    assert_rejected(decide(f, &till, answer_of(TB_MUTATION_HANDOVER_ACCEPT, &sent)), "handover_taken");
    assert_false(fetch(f, &web, "handover", code)->identify.found);
}

static void a_phone_takes_neither_anothers_cart_nor_a_call(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer web = fixture_web(0);
    struct tb_mutation sent = request_of(tb_seed_customer_id(SEED_NUMBER, 1), 81, "any");
    char code[TB_HANDOVER_CODE_SIZE + 1];
    send(f, &sent, code);
    assert_false(fetch(f, &web, "handover", code)->identify.found);
    struct tb_mutation accept = answer_of(TB_MUTATION_HANDOVER_ACCEPT, &sent);
    accept.customer = web.customer;
    assert_rejected(decide(f, &web, accept), "handover_unknown");

    struct tb_mutation call = request_of((struct tb_id){{0}}, 82, "any");
    call.cart = fixture_id(50);
    const struct tb_engine_answer *answer = decide(f, &kiosk, call);
    assert_applied(answer);
    memcpy(code, doc_of(&answer->apply.rows).code, sizeof code);
    answer = fetch(f, &web, "handover", code);
    assert_false(answer->identify.found);
    assert_int_equal(answer->identify.rows.count, 0);
    assert_true(ask_by_code(f, "till-0421-4", code)->identify.found);
    accept.handover.handover = call.handover.handover;
    assert_rejected(decide(f, &web, accept), "handover_unknown");
}

/* It is of somebody else's visit; at a till it is shown. */
static void a_phone_is_not_told_what_was_noted_of_nobodys_cart(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer web = fixture_web(0);
    struct tb_mutation sent = request_of((struct tb_id){{0}}, 84, "any");
    char code[TB_HANDOVER_CODE_SIZE + 1];
    sent.cart = fixture_id(51);
    (void)snprintf(sent.handover.note, sizeof sent.handover.note, "%s", "Waits at the lifts");
    assert_applied(decide(f, &kiosk, anonymous_add(51)));
    send(f, &sent, code);
    assert_string_equal(doc_of(&fetch(f, &web, "handover", code)->identify.rows).note, "");
    const struct tb_engine_answer *answer = ask_by_code(f, "till-0421-4", code);
    assert_string_equal(doc_of(&answer->identify.rows).note, sent.handover.note);
    struct tb_mutation accept = answer_of(TB_MUTATION_HANDOVER_ACCEPT, &sent);
    accept.customer = web.customer;
    assert_string_equal(doc_of(&decide(f, &web, accept)->apply.rows).note, "");
}

static void a_phone_goes_on_with_her_own_cart(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer web = fixture_web(0);
    struct tb_mutation sent = request_of(web.customer, 83, "any");
    char code[TB_HANDOVER_CODE_SIZE + 1];
    assert_applied(decide(f, &web, fixture_add(1, 0, 3, 5)));
    send(f, &sent, code);
    const struct tb_engine_answer *answer = fetch(f, &web, "handover", code);
    assert_true(answer->identify.found);
    assert_int_equal(answer->identify.rows.count, 1); /* the rest is in her feed */
    answer = decide(f, &web, answer_of(TB_MUTATION_HANDOVER_ACCEPT, &sent));
    assert_applied(answer);
    assert_int_equal(answer->apply.rows.count, 1);
    assert_int_equal(doc_of(&answer->apply.rows).state, TB_HANDOVER_ACCEPTED);
}

static void nobodys_cart_is_fetched_by_its_code(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_request ask = {.ask = TB_ENGINE_IDENTIFY, .peer = fixture_till("till-0421-4")};
    struct tb_mutation sent = request_of((struct tb_id){{0}}, 8, "any");
    sent.cart = fixture_id(43);
    sent.handover.reason = TB_HANDOVER_FOR_CONTINUE;
    assert_applied(decide(f, &kiosk, anonymous_add(43)));
    const struct tb_engine_answer *answer = decide(f, &kiosk, sent);
    assert_applied(answer);
    (void)snprintf(ask.identify.kind, sizeof ask.identify.kind, "handover");
    (void)snprintf(ask.identify.evidence, sizeof ask.identify.evidence, "%s",
                   doc_of(&answer->apply.rows).code);
    answer = engine_fixture_ask(f, &ask);
    assert_int_equal(answer->err, TB_OK);
    assert_true(answer->identify.found);
    assert_int_equal(answer->identify.rows.count, 2);
    assert_non_null(row_of(&answer->identify.rows, TB_ROW_CART));
    assert_int_equal(doc_of(&answer->identify.rows).reason, TB_HANDOVER_FOR_CONTINUE);
}

/* As if chance had given every open one the same code. */
static void codes_make_equal(const struct engine_fixture *f)
{
    static const char sql[] =
        "UPDATE handover SET code = (SELECT max(code) FROM handover) WHERE code IS NOT NULL";
    sqlite3 *db;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_changes(db), 2);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Better to ask again than to serve somebody else. */
static void a_code_of_two_is_nobodys(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_mutation asks[2];
    char codes[2][TB_HANDOVER_CODE_SIZE + 1];
    for (unsigned i = 0; i < 2; i++) {
        asks[i] = request_of(tb_seed_customer_id(SEED_NUMBER, i), 5 + i, "any");
        memcpy(codes[i], doc_of(&decide(f, &kiosk, asks[i])->apply.rows).code, sizeof codes[i]);
    }
    codes_make_equal(f);
    for (unsigned i = 0; i < 2; i++)
        assert_false(ask_by_code(f, "till-0421-4", codes[i])->identify.found);
    /* When one of them is over, the other one is meant. */
    assert_applied(decide(f, &kiosk, answer_of(TB_MUTATION_HANDOVER_CANCEL, &asks[0])));
    unsigned found = 0;
    for (unsigned i = 0; i < 2; i++)
        found += ask_by_code(f, "till-0421-4", codes[i])->identify.found;
    assert_int_equal(found, 1);
}

static void a_code_ends_with_its_hand_over(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    char code[TB_HANDOVER_CODE_SIZE + 1];
    for (unsigned i = 0; i < 3; i++) {
        struct tb_mutation ask = request_of(tb_seed_customer_id(SEED_NUMBER, 0), 5 + i, "any");
        memcpy(code, doc_of(&decide(f, &kiosk, ask)->apply.rows).code, sizeof code);
        assert_true(ask_by_code(f, "till-0421-4", code)->identify.found);
        enum tb_mutation_kind kind = i == 0 ? TB_MUTATION_HANDOVER_CANCEL : TB_MUTATION_HANDOVER_ACCEPT;
        if (i < 2)
            assert_applied(decide(f, &kiosk, answer_of(kind, &ask)));
        else
            f->wall_ms += TB_HANDOVER_LIFE_MS + 1;
        assert_false(ask_by_code(f, "till-0421-4", code)->identify.found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TEST(who_has_nothing_in_the_cart_may_call_for_help),
        ENGINE_TEST(a_call_for_help_is_told_to_its_store),
        ENGINE_TEST(who_accepts_goes_on_with_nobodys_cart),
        ENGINE_TEST(what_is_decided_is_measured),
        ENGINE_TEST(who_accepts_comes_to_know_her),
        ENGINE_TEST(a_verdict_that_was_lost_brings_the_cart_again),
        ENGINE_TEST(one_that_is_declined_stays_open_for_others),
        ENGINE_TEST(who_asked_takes_it_back),
        ENGINE_TEST(who_is_forgotten_is_not_waited_for),
        ENGINE_TEST(who_was_forgotten_is_not_met_by_a_call_that_ends),
        ENGINE_TEST(what_nobody_takes_expires),
        ENGINE_TEST(on_the_web_a_new_one_replaces_the_old),
        ENGINE_TEST(a_terminal_has_so_many_calls_at_a_time),
        ENGINE_TEST(a_code_is_not_ended_while_it_is_young),
        ENGINE_TEST(what_is_not_young_makes_room_the_oldest_first),
        ENGINE_TEST(nobodys_cart_is_fetched_by_its_code),
        ENGINE_TEST(a_code_of_two_is_nobodys),
        ENGINE_TEST(a_code_ends_with_its_hand_over),
        ENGINE_TEST(a_phone_goes_on_with_nobodys_cart_that_it_was_handed),
        ENGINE_TEST(a_phone_takes_neither_anothers_cart_nor_a_call),
        ENGINE_TEST(a_phone_is_not_told_what_was_noted_of_nobodys_cart),
        ENGINE_TEST(a_phone_goes_on_with_her_own_cart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
