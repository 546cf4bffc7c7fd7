/* What tests of decisions about customers share: one mutation at a time, and what its answer says of her.
 * Every test binary includes this once. */
#ifndef TB_TESTS_INTEGRATION_CONTEXTD_ENGINE_PEOPLE_H
#define TB_TESTS_INTEGRATION_CONTEXTD_ENGINE_PEOPLE_H

#include "contextd/seed/seed.h"
#include "core/base/assert.h"
#include "core/wire/docs.h"
#include "tests/integration/contextd/engine_test.h"

static int64_t next_seq;

static inline int set_up(void **state)
{
    next_seq = 1;
    return fixture_set_up(state);
}

static inline struct tb_mutation about(uint32_t customer, enum tb_mutation_kind kind)
{
    return (struct tb_mutation){
        .kind = kind, .customer = tb_seed_customer_id(SEED_NUMBER, customer), .made_ms = NOW_MS};
}

/* One mutation, decided by an incarnation of the peer that has its own sequence. */
static inline const struct tb_engine_answer *decide(struct engine_fixture *f,
                                                    const struct tb_engine_peer *peer, struct tb_mutation *m)
{
    m->seq = 1;
    struct tb_engine_request request = fixture_apply(peer, m, 1);
    request.apply.incarnation = fixture_id(5000 + (unsigned)next_seq++);
    const struct tb_engine_answer *answer = engine_fixture_ask(f, &request);
    assert_int_equal(answer->err, TB_OK);
    assert_int_equal(answer->apply.count, 1);
    return answer;
}

static inline void assert_applied(const struct tb_engine_answer *answer, const char *conflict)
{
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    assert_string_equal(answer->apply.verdicts[0].code, conflict);
}

static inline void assert_rejected(const struct tb_engine_answer *answer, const char *code)
{
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_REJECTED);
    assert_string_equal(answer->apply.verdicts[0].code, code);
    assert_int_equal(answer->apply.rows.count, 0);
    assert_int_equal(answer->apply.change_count, 0);
}

/* Absent when no row is of that type. */
static inline struct tb_json doc_of(const struct tb_rows *rows, enum tb_row_type type)
{
    static uint8_t memory[TB_JSON_ARENA_SIZE(TB_DOC_JSON_SIZE_MAX)];
    struct tb_arena arena = tb_arena_of(memory, sizeof memory);
    struct tb_json doc = {.at = NULL};
    for (size_t i = 0; i < rows->count; i++)
        if (rows->at[i].type == type)
            assert_int_equal(tb_json_parse(rows->at[i].doc, 0, &arena, &doc), TB_OK);
    return doc;
}

static inline struct tb_customer *customer_of(const struct tb_engine_answer *answer)
{
    static struct tb_customer customer;
    struct tb_check check = {.err = TB_OK};
    tb_customer_decode(&check, doc_of(&answer->apply.rows, TB_ROW_CUSTOMER), &customer);
    assert_int_equal(check.err, TB_OK);
    return &customer;
}

static inline bool identifies(struct engine_fixture *f, const struct tb_credential_ref *ref)
{
    struct tb_engine_request request = {.ask = TB_ENGINE_IDENTIFY, .peer = fixture_till("till-0421-4")};
    memcpy(request.identify.kind, ref->kind, sizeof request.identify.kind);
    memcpy(request.identify.hash, ref->hash, sizeof request.identify.hash);
    return engine_fixture_ask(f, &request)->identify.found;
}

#endif
