/* What tests of hand-overs share: one mutation at a time, and what is told of it. Every test binary includes
 * this once. */
#ifndef TB_TESTS_INTEGRATION_CONTEXTD_ENGINE_HANDOVERS_H
#define TB_TESTS_INTEGRATION_CONTEXTD_ENGINE_HANDOVERS_H

#include "core/base/assert.h"
#include "core/wire/docs.h"
#include "tests/integration/contextd/engine_test.h"

#include <stdio.h>

static unsigned stream;

/* Of the neighbouring store. */
static inline struct tb_engine_peer far_till(void)
{
    struct tb_engine_peer peer = fixture_till("till-0422-1");
    memcpy(peer.store, "0422", 5);
    return peer;
}

/* One mutation, decided by an incarnation of its own. */
static inline const struct tb_engine_answer *decide(struct engine_fixture *f,
                                                    const struct tb_engine_peer *peer, struct tb_mutation m)
{
    m.seq = 1;
    m.made_ms = NOW_MS;
    struct tb_engine_request request = fixture_apply(peer, &m, 1);
    request.apply.incarnation = fixture_id(7000 + stream++);
    const struct tb_engine_answer *answer = engine_fixture_ask(f, &request);
    assert_int_equal(answer->err, TB_OK);
    assert_int_equal(answer->apply.count, 1);
    return answer;
}

static inline void assert_applied(const struct tb_engine_answer *answer)
{
    assert_string_equal(answer->apply.verdicts[0].code, "");
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
}

static inline void assert_rejected(const struct tb_engine_answer *answer, const char *code)
{
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_REJECTED);
    assert_string_equal(answer->apply.verdicts[0].code, code);
    assert_int_equal(answer->apply.change_count, 0);
}

static inline struct tb_mutation request_of(struct tb_id customer, unsigned number, const char *to)
{
    struct tb_mutation m = {.kind = TB_MUTATION_HANDOVER_REQUEST,
                            .customer = customer,
                            .handover = {.handover = fixture_id(number), .reason = TB_HANDOVER_FOR_HELP}};
    (void)snprintf(m.handover.to, sizeof m.handover.to, "%s", to);
    return m;
}

static inline struct tb_mutation answer_of(enum tb_mutation_kind kind, const struct tb_mutation *asked)
{
    return (struct tb_mutation){
        .kind = kind, .customer = asked->customer, .handover.handover = asked->handover.handover};
}

/* Two pieces in a cart of nobody's. */
static inline struct tb_mutation anonymous_add(unsigned cart)
{
    struct tb_mutation add = fixture_add(1, 0, 3, 900 + cart);
    add.customer = (struct tb_id){{0}};
    add.cart = fixture_id(cart);
    add.add.quantity = 2;
    return add;
}

/* The sale of a cart of anonymous_add(). Its lines are good until the next call. */
static inline struct tb_mutation paid_of(unsigned cart, const char *transaction)
{
    static struct tb_paid_line paid;
    paid = (struct tb_paid_line){.line = fixture_id(900 + cart), .quantity = 2, .unit_price = 450};
    tb_seed_gtin(3, paid.gtin);
    struct tb_mutation sale = {.kind = TB_MUTATION_CHECKOUT_FINISH,
                               .cart = fixture_id(cart),
                               .finish = {.sale = {.business_date = "2026-09-21"},
                                          .currency = "EUR",
                                          .total = 900,
                                          .lines = {.at = &paid, .count = 1}}};
    (void)snprintf(sale.finish.sale.transaction, sizeof sale.finish.sale.transaction, "%s", transaction);
    return sale;
}

/* What joins that cart to one of the fixture's customer 0, or takes it out again. */
static inline struct tb_mutation joined_by(unsigned cart, bool undo)
{
    return (struct tb_mutation){.kind = TB_MUTATION_CART_MERGE,
                                .customer = tb_seed_customer_id(SEED_NUMBER, 0),
                                .cart = fixture_id(800),
                                .merge = {.from = fixture_id(cart), .policy = TB_MERGE_SUM, .undo = undo}};
}

static inline const struct tb_row *row_of(const struct tb_rows *rows, enum tb_row_type type)
{
    for (size_t i = 0; i < rows->count; i++)
        if (rows->at[i].type == type)
            return &rows->at[i];
    return NULL;
}

static inline struct tb_handover doc_of(const struct tb_rows *rows)
{
    static uint8_t memory[TB_JSON_ARENA_SIZE(TB_DOC_JSON_SIZE_MAX)];
    struct tb_arena arena = tb_arena_of(memory, sizeof memory);
    struct tb_check check = {.err = TB_OK};
    struct tb_handover handover;
    struct tb_json doc;
    const struct tb_row *row = row_of(rows, TB_ROW_HANDOVER);
    assert_non_null(row);
    assert_int_equal(tb_json_parse(row->doc, 0, &arena, &doc), TB_OK);
    tb_handover_decode(&check, doc, &handover);
    assert_int_equal(check.err, TB_OK);
    return handover;
}

/* What a terminal of the scope `store` is told from a cursor on, which moves on. */
static inline const struct tb_rows *told_to(struct engine_fixture *f, const struct tb_engine_peer *peer,
                                            struct tb_cursor *cursor)
{
    struct tb_engine_request request = fixture_feed(peer, TB_SCOPE_STORE, cursor);
    const struct tb_engine_answer *answer = engine_fixture_ask(f, &request);
    assert_int_equal(answer->err, TB_OK);
    *cursor = answer->feed.cursor;
    return &answer->feed.rows;
}

static inline const struct tb_rows *told(struct engine_fixture *f, const char *device,
                                         struct tb_cursor *cursor)
{
    struct tb_engine_peer peer = fixture_till(device);
    return told_to(f, &peer, cursor);
}

/* What a peer finds by evidence of a kind. */
static inline const struct tb_engine_answer *
fetch(struct engine_fixture *f, const struct tb_engine_peer *peer, const char *kind, const char *code)
{
    struct tb_engine_request ask = {.ask = TB_ENGINE_IDENTIFY, .peer = *peer};
    (void)snprintf(ask.identify.kind, sizeof ask.identify.kind, "%s", kind);
    (void)snprintf(ask.identify.evidence, sizeof ask.identify.evidence, "%s", code);
    return engine_fixture_ask(f, &ask);
}

static inline const struct tb_engine_answer *ask_by_code(struct engine_fixture *f, const char *device,
                                                         const char *code)
{
    const struct tb_engine_peer peer = fixture_till(device);
    const struct tb_engine_answer *answer = fetch(f, &peer, "handover", code);
    assert_int_equal(answer->err, TB_OK);
    return answer;
}

static inline bool wakes_store(const struct tb_engine_answer *answer, const char *store)
{
    for (size_t i = 0; i < answer->apply.change_count; i++) {
        const struct tb_engine_change *change = &answer->apply.changes[i];
        if (change->scope.kind == TB_SCOPE_STORE && strcmp(change->store, store) == 0)
            return true;
    }
    return false;
}

#endif
