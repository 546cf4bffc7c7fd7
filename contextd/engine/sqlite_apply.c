#include "contextd/engine/sqlite_decide.h"

#include "core/base/assert.h"
#include "core/sync/mutation_print.h"

#define FORGET "forget" /* reason of a visit's end: the terminals there are to forget her */

#define CODE_CUSTOMER_UNKNOWN "customer_unknown"
#define CODE_CUSTOMER_ERASED "customer_erased"
#define CODE_CUSTOMER_EXISTS "customer_exists"
#define CODE_NOT_ALLOWED "not_allowed"
#define COHORT_STORES_MAX 16 /* stores woken one by one; more: all of them */

enum tb_err sqlite_stream_read(struct sqlite_engine *e, const char *device, const struct tb_id *incarnation,
                               int64_t *ret_decided_seq)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_STREAM_READ);
    tb_stmt_bind_text(s, 1, tb_span_str(device));
    tb_stmt_bind_blob(s, 2, tb_id_span(incarnation));
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    *ret_decided_seq = err == TB_OK && row ? tb_stmt_int(s, 0) : 0;
    tb_stmt_reset(s);
    return err;
}

static enum tb_err stream_write(struct sqlite_engine *e, const struct sqlite_batch *b)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_STREAM_PUT);
    tb_stmt_bind_text(s, 1, tb_span_str(b->request->peer.device));
    tb_stmt_bind_blob(s, 2, tb_id_span(&b->request->apply.incarnation));
    tb_stmt_bind_int(s, 3, b->decided_seq);
    tb_stmt_bind_int(s, 4, e->wall_ms);
    return tb_stmt_run(s);
}

static enum tb_err verdict_write(struct sqlite_engine *e, const struct sqlite_batch *b,
                                 const struct tb_mutation *mutation, const struct tb_verdict *v)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_VERDICT_PUT);
    tb_stmt_bind_text(s, 1, tb_span_str(b->request->peer.device));
    tb_stmt_bind_blob(s, 2, tb_id_span(&b->request->apply.incarnation));
    tb_stmt_bind_int(s, 3, v->seq);
    tb_stmt_bind_int(s, 4, v->kind);
    tb_stmt_bind_text(s, 5, tb_span_str(v->code));
    tb_stmt_bind_int(s, 6, v->version);
    tb_stmt_bind_int(s, 7, e->wall_ms);
    tb_stmt_bind_int(s, 8, tb_mutation_print(mutation));
    return tb_stmt_run(s);
}

/* What was decided before is said again: applied as duplicate, rejected as it was. */
static enum tb_err verdict_read(struct sqlite_engine *e, const struct sqlite_batch *b, struct tb_verdict *v,
                                int64_t *ret_print)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_VERDICT_READ);
    tb_stmt_bind_text(s, 1, tb_span_str(b->request->peer.device));
    tb_stmt_bind_blob(s, 2, tb_id_span(&b->request->apply.incarnation));
    tb_stmt_bind_int(s, 3, v->seq);
    v->kind = TB_VERDICT_DUPLICATE;
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK && row && tb_stmt_int(s, 0) == TB_VERDICT_REJECTED) {
        v->kind = TB_VERDICT_REJECTED;
        err = sqlite_column_text(s, 1, v->code, sizeof v->code);
    }
    if (err == TB_OK && row)
        v->version = tb_stmt_int(s, 2);
    *ret_print = err == TB_OK && row ? tb_stmt_int(s, 3) : 0;
    tb_stmt_reset(s);
    return err;
}

void sqlite_reject(struct tb_verdict *v, const char *code)
{
    v->kind = TB_VERDICT_REJECTED;
    TB_ASSERT(tb_span_to_str(tb_span_str(code), v->code, sizeof v->code) == TB_OK);
}

void sqlite_measure(struct sqlite_batch *b, enum tb_engine_measured what, enum tb_channel channel,
                    int64_t took_ms)
{
    uint8_t *count = &b->answer->apply.measure_count;
    if (*count < TB_ENGINE_MEASURE_COUNT_MAX)
        b->answer->apply.measures[(*count)++] =
            (struct tb_engine_measure){.what = what, .channel = channel, .took_ms = took_ms};
}

void sqlite_conflict(struct tb_verdict *v, const char *code)
{
    TB_ASSERT(tb_span_to_str(tb_span_str(code), v->code, sizeof v->code) == TB_OK);
}

static struct sqlite_touched *touched_find(struct sqlite_batch *b, const struct sqlite_touched *like)
{
    for (size_t i = 0; i < b->touched_count; i++) {
        struct sqlite_touched *at = &b->touched[i];
        if (at->type == like->type && memcmp(at->id, like->id, sizeof at->id) == 0)
            return at;
    }
    return NULL;
}

bool sqlite_touch_note(struct sqlite_batch *b, const struct sqlite_touched *touched)
{
    struct sqlite_touched *at = touched_find(b, touched);
    size_t total = touched->cost;
    for (size_t i = 0; i < b->touched_count; i++)
        if (&b->touched[i] != at)
            total += b->touched[i].cost;
    bool room = total <= TB_ENGINE_ROWS_COST_MAX && (at || b->touched_count < SQLITE_TOUCHED_MAX);
    b->full = !room && b->answer->apply.count > 0;
    if (b->full)
        return false;
    bool changed = touched->changed || (at && at->changed);
    if (at == NULL)
        at = &b->touched[b->touched_count++];
    *at = *touched;
    at->changed = changed;
    return true;
}

/*
 * Whether the store knows the customer of a mutation, and why it rejects it if not. A sale is never rejected:
 * that of somebody who was erased becomes the erasure's, that of somebody unknown nobody's.
 */
static enum tb_err customer_check(struct sqlite_engine *e, struct tb_mutation *mutation,
                                  const char **ret_code)
{
    bool known = false;
    struct tb_id erasure;
    struct tb_erasure_entry entry;
    *ret_code = NULL;
    enum tb_err err = sqlite_customer_has(e, &mutation->customer, &known);
    if (err != TB_OK || known)
        return err;
    *ret_code = CODE_CUSTOMER_UNKNOWN;
    bool sale = mutation->kind == TB_MUTATION_CHECKOUT_FINISH || mutation->kind == TB_MUTATION_CHECKOUT_VOID;
    err = sqlite_erasure_of(e, &mutation->customer, &erasure);
    if (err == TB_OK) {
        *ret_code = sale ? NULL : CODE_CUSTOMER_ERASED;
        mutation->customer = erasure;
        return TB_OK;
    }
    if (err == TB_ERR_NOT_FOUND && sale)
        err = sqlite_erasure_read(e, tb_id_span(&mutation->customer), &entry);
    if (err == TB_ERR_NOT_FOUND && sale)
        mutation->customer = (struct tb_id){{0}};
    if (sale)
        *ret_code = NULL;
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

static enum tb_err receipt_decide(struct sqlite_engine *e, const struct sqlite_batch *b,
                                  const struct tb_mutation *mutation, struct tb_verdict *v)
{
    const char *code = NULL;
    enum tb_err err = sqlite_receipt_take(e, &b->request->peer, mutation, &code);
    if (err == TB_OK && code != NULL)
        sqlite_reject(v, code);
    return err;
}

static bool wants_to_be_forgotten(const struct tb_mutation *m)
{
    return m->kind == TB_MUTATION_VISIT_END && strcmp(m->visit_end.reason, FORGET) == 0;
}

/* Until she is met there again; what she asked for there is over. */
static enum tb_err customer_part(struct sqlite_engine *e, struct sqlite_batch *b,
                                 const struct tb_id *customer)
{
    const struct tb_engine_peer *peer = &b->request->peer;
    if (!tb_id_is_zero(&peer->customer) || peer->store[0] == '\0')
        return TB_OK;
    b->entered = true; /* the cohort is another one: its readers are woken */
    enum tb_err err = sqlite_handovers_part(e, b, customer);
    return err == TB_OK ? sqlite_cohort_leave(e, peer->store, customer) : err;
}

enum tb_err sqlite_batch_meet(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_id *customer)
{
    bool entered = false;
    bool known = false; /* not the tombstone of an erasure */
    enum tb_err err = sqlite_customer_has(e, customer, &known);
    if (err != TB_OK || !known)
        return err;
    err = sqlite_cohort_meet(e, &b->request->peer, customer, &entered);
    b->entered = b->entered || entered;
    return err == TB_ERR_CUSTOMER_LIMIT ? TB_OK : err;
}

enum {
    ANYBODY = 1,  /* customer may be absent */
    STRANGER = 2, /* the customer need not be known */
    STAFF = 4,    /* not from a shopper's own session */
    UNSEEN = 8,   /* says nothing of where the customer is */
};

struct decider {
    enum tb_err (*decide)(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_mutation *m,
                          struct tb_verdict *v);
    unsigned flags;
};

static const struct decider deciders[TB_MUTATION_KIND_COUNT] = {
    [TB_MUTATION_CART_ADD] = {sqlite_cart_decide, ANYBODY},
    [TB_MUTATION_CART_SET_QUANTITY] = {sqlite_cart_decide, ANYBODY},
    [TB_MUTATION_CART_REMOVE] = {sqlite_cart_decide, ANYBODY},
    [TB_MUTATION_CART_NOTE] = {sqlite_cart_decide, ANYBODY},
    [TB_MUTATION_CART_MERGE] = {sqlite_merge_decide, 0},
    [TB_MUTATION_CHECKOUT_CLAIM] = {sqlite_claim_decide, ANYBODY},
    [TB_MUTATION_CHECKOUT_RELEASE] = {sqlite_claim_decide, ANYBODY},
    [TB_MUTATION_CHECKOUT_FINISH] = {sqlite_finish_decide, ANYBODY | STAFF},
    [TB_MUTATION_CHECKOUT_VOID] = {sqlite_void_decide, ANYBODY | STAFF},
    [TB_MUTATION_REWARD_RESERVE] = {sqlite_reward_decide, 0},
    [TB_MUTATION_REWARD_COMMIT] = {sqlite_reward_decide, STAFF},
    [TB_MUTATION_REWARD_RELEASE] = {sqlite_reward_decide, 0},
    [TB_MUTATION_POINTS_EARNED] = {sqlite_points_decide, STAFF},
    [TB_MUTATION_CREDENTIAL_LINK] = {sqlite_link_decide, STAFF},
    [TB_MUTATION_CREDENTIAL_BLOCK] = {sqlite_block_decide, 0},
    [TB_MUTATION_CUSTOMER_CREATE] = {sqlite_create_decide, STRANGER | STAFF},
    [TB_MUTATION_VISIT_BEGIN] = {sqlite_visit_begin_decide, ANYBODY},
    [TB_MUTATION_VISIT_END] = {sqlite_visit_end_decide, ANYBODY},
    [TB_MUTATION_JOURNEY_EVENT] = {sqlite_event_decide, ANYBODY},
    [TB_MUTATION_HANDOVER_REQUEST] = {sqlite_handover_request_decide, ANYBODY},
    [TB_MUTATION_HANDOVER_ACCEPT] = {sqlite_handover_accept_decide, ANYBODY},
    [TB_MUTATION_HANDOVER_DECLINE] = {sqlite_handover_decline_decide, ANYBODY | STAFF | UNSEEN},
    [TB_MUTATION_HANDOVER_CANCEL] = {sqlite_handover_cancel_decide, ANYBODY | UNSEEN},
    [TB_MUTATION_CONSENT_SET] = {sqlite_consent_decide, 0},
    [TB_MUTATION_NOTE_ADD] = {sqlite_note_add_decide, STAFF},
    [TB_MUTATION_NOTE_REMOVE] = {sqlite_note_remove_decide, STAFF},
};

/* Who may say it, and of whom; *ret_code: why it is not even looked at, NULL when it is. */
static enum tb_err mutation_check(struct sqlite_engine *e, const struct sqlite_batch *b,
                                  struct tb_mutation *m, const char **ret_code)
{
    const struct tb_engine_peer *peer = &b->request->peer;
    unsigned flags = deciders[m->kind].flags;
    bool web = !tb_id_is_zero(&peer->customer);
    *ret_code = NULL;
    if (web && !tb_id_equal(&peer->customer, &m->customer))
        *ret_code = tb_cart_code_name(TB_CART_OF_OTHER);
    else if (web && (flags & STAFF))
        *ret_code = CODE_NOT_ALLOWED;
    if (*ret_code || (tb_id_is_zero(&m->customer) && (flags & ANYBODY)))
        return TB_OK;
    enum tb_err err = customer_check(e, m, ret_code);
    if (err != TB_OK || !(flags & STRANGER))
        return err;
    bool unknown = *ret_code && strcmp(*ret_code, CODE_CUSTOMER_UNKNOWN) == 0;
    if (unknown)
        *ret_code = NULL;
    else if (!*ret_code)
        *ret_code = CODE_CUSTOMER_EXISTS;
    return TB_OK;
}

static enum tb_err mutation_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                   const struct tb_mutation *mutation, struct tb_verdict *v)
{
    if (mutation->kind == TB_MUTATION_SKIPPED)
        return TB_OK;
    if (mutation->kind == TB_MUTATION_ERASURE_RECEIPT)
        return receipt_decide(e, b, mutation, v);
    const struct decider *decider = &deciders[mutation->kind];
    if (decider->decide == NULL) { /* nothing else of it is known, nor whose it is */
        sqlite_reject(v, tb_cart_code_name(TB_CART_NOT_UNDERSTOOD));
        return TB_OK;
    }
    struct tb_mutation copy = *mutation;
    const char *code = NULL;
    enum tb_err err = mutation_check(e, b, &copy, &code);
    if (err != TB_OK)
        return err;
    if (code != NULL) {
        sqlite_reject(v, code);
        return TB_OK;
    }
    struct tb_id customer = copy.customer;
    err = decider->decide(e, b, &copy, v);
    if (err != TB_OK || b->full || v->kind != TB_VERDICT_APPLIED)
        return err;
    if (wants_to_be_forgotten(&copy))
        err = customer_part(e, b, &customer);
    else if (!(decider->flags & UNSEEN))
        err = sqlite_batch_meet(e, b, &customer);
    return err == TB_OK ? sqlite_audit_mutation(e, b, &copy) : err;
}

/*
 * Another mutation under a number that was decided: two outboxes, or one whose last numbers were lost, gave
 * it out. What was decided stays. A sale has a name of its own and is never rejected: it is booked, and said
 * again it is found.
 */
static enum tb_err reused_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                 const struct tb_mutation *mutation, struct tb_verdict *v)
{
    *v = (struct tb_verdict){.seq = mutation->seq, .kind = TB_VERDICT_APPLIED};
    enum tb_err err = TB_OK;
    if (mutation->kind == TB_MUTATION_CHECKOUT_FINISH || mutation->kind == TB_MUTATION_CHECKOUT_VOID)
        err = mutation_decide(e, b, mutation, v);
    else
        sqlite_reject(v, TB_VERDICT_CODE_REUSED);
    if (!b->full)
        b->answer->apply.reused_count++;
    return err;
}

/* The client asks again because it never heard: it gets the state as well as the verdict. */
static enum tb_err verdict_repeat(struct sqlite_engine *e, struct sqlite_batch *b,
                                  const struct tb_mutation *mutation, struct tb_verdict *v)
{
    int64_t print;
    enum tb_err err = verdict_read(e, b, v, &print);
    if (err == TB_OK && tb_mutation_differs(mutation, print))
        return reused_decide(e, b, mutation, v);
    if (err != TB_OK || v->kind != TB_VERDICT_DUPLICATE || mutation->kind == TB_MUTATION_SKIPPED)
        return err;
    if (mutation->kind == TB_MUTATION_HANDOVER_ACCEPT)
        return sqlite_handover_repeat(e, b, mutation);
    return sqlite_cart_repeat(e, b, mutation);
}

/* One verdict; *ret_more says whether the next mutation may be looked at. */
static enum tb_err verdict_next(struct sqlite_engine *e, struct sqlite_batch *b,
                                const struct tb_mutation *mutation, bool *ret_more)
{
    struct tb_verdict v = {.seq = mutation->seq, .kind = TB_VERDICT_APPLIED};
    size_t touched_before = b->touched_count;
    enum tb_err err = TB_OK;
    *ret_more = true;
    if (mutation->seq <= b->decided_seq) {
        err = verdict_repeat(e, b, mutation, &v);
    } else if (mutation->seq > b->decided_seq + 1) {
        v.kind = TB_VERDICT_RETRY;
        TB_ASSERT(tb_span_to_str(tb_span_str(TB_ENGINE_CODE_GAP), v.code, sizeof v.code) == TB_OK);
        *ret_more = false;
    } else {
        err = mutation_decide(e, b, mutation, &v);
        if (err == TB_OK && !b->full)
            err = verdict_write(e, b, mutation, &v);
        if (!b->full)
            b->decided_seq = tb_mutation_last_seq(mutation);
    }
    if (b->full) {
        b->touched_count = touched_before;
        *ret_more = false;
    } else
        b->answer->apply.verdicts[b->answer->apply.count++] = v;
    return err;
}

static void change_note(struct sqlite_batch *b, const struct tb_scope *scope, const char *store)
{
    uint8_t *count = &b->answer->apply.change_count;
    TB_ASSERT(*count < TB_ENGINE_CHANGE_COUNT_MAX);
    struct tb_engine_change *change = &b->answer->apply.changes[(*count)++];
    memset(change, 0, sizeof *change);
    change->scope = *scope;
    if (tb_span_to_str(tb_span_str(store), change->store, sizeof change->store) != TB_OK)
        change->store[0] = '\0';
}

/* The stores whose cohort feed brings this customer; "" stands for all when the list would grow long. */
static enum tb_err cohorts_note(struct sqlite_engine *e, struct sqlite_batch *b, const struct tb_id *customer)
{
    static const struct tb_scope cohort = {.kind = TB_SCOPE_COHORT};
    /* Keeps one place for the scope of each customer that is still to come. */
    size_t room = TB_ENGINE_CHANGE_COUNT_MAX - TB_MUTATION_BATCH_MAX - 3;
    struct tb_stmt *s = sqlite_stmt(e, STMT_COHORT_STORES);
    tb_stmt_bind_blob(s, 1, tb_id_span(customer));
    tb_stmt_bind_int(s, 2, COHORT_STORES_MAX + 1);
    bool row;
    size_t stores = 0;
    enum tb_err err;
    while ((err = tb_stmt_step(s, &row)) == TB_OK && row) {
        char store[TB_SHORT_SIZE_MAX + 1];
        err = sqlite_column_text(s, 0, store, sizeof store);
        if (err != TB_OK)
            break;
        if (++stores > COHORT_STORES_MAX || b->answer->apply.change_count >= room) {
            change_note(b, &cohort, "");
            break;
        }
        change_note(b, &cohort, store);
    }
    tb_stmt_reset(s);
    return err;
}

static bool all_cohorts_noted(const struct sqlite_batch *b)
{
    for (size_t i = 0; i < b->answer->apply.change_count; i++) {
        const struct tb_engine_change *change = &b->answer->apply.changes[i];
        if (change->scope.kind == TB_SCOPE_COHORT && change->store[0] == '\0')
            return true;
    }
    return false;
}

static bool is_first_of_customer(const struct sqlite_batch *b, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (b->touched[i].changed && tb_id_equal(&b->touched[i].customer, &b->touched[index].customer))
            return false;
    return true;
}

static enum tb_err changes_note(struct sqlite_engine *e, struct sqlite_batch *b)
{
    static const struct tb_scope cohort = {.kind = TB_SCOPE_COHORT};
    enum tb_err err = TB_OK;
    if (b->entered)
        change_note(b, &cohort, b->request->peer.store);
    if (b->told)
        change_note(b, &(struct tb_scope){.kind = TB_SCOPE_STORE}, b->told_store);
    for (size_t i = 0; i < b->touched_count && err == TB_OK; i++) {
        /* Nobody's objects are in no feed. */
        if (!b->touched[i].changed || tb_id_is_zero(&b->touched[i].customer) || !is_first_of_customer(b, i))
            continue;
        struct tb_scope scope = {.kind = TB_SCOPE_CUSTOMER, .customer = b->touched[i].customer};
        change_note(b, &scope, "");
        if (!all_cohorts_noted(b))
            err = cohorts_note(e, b, &b->touched[i].customer);
    }
    return err;
}

static enum tb_err rows_build(struct sqlite_engine *e, struct sqlite_batch *b, struct tb_arena *arena)
{
    struct tb_row *rows = tb_arena_take(arena, (b->touched_count + 1) * sizeof *rows);
    if (rows == NULL)
        return TB_ERR_NO_MEMORY;
    enum tb_err err = TB_OK;
    size_t count = 0;
    for (size_t i = 0; i < b->touched_count && err == TB_OK; i++) {
        const struct sqlite_touched *touched = &b->touched[i];
        if (touched->type == TB_ROW_NONE)
            continue;
        struct sqlite_change change = {.type = touched->type,
                                       .op = touched->evict ? TB_ROW_EVICT : TB_ROW_PUT,
                                       .id = tb_span_of(touched->id, touched->id_size),
                                       .customer = touched->customer,
                                       .store = b->request->peer.store,
                                       .shopper = !tb_id_is_zero(&b->request->peer.customer)};
        err = sqlite_row_read(e, &change, arena, &rows[count++]);
    }
    b->answer->apply.rows = (struct tb_rows){.at = rows, .count = count};
    return err;
}

/* Who touched the cart, in the words of the registry; nothing for a customer's own hand. */
static enum tb_err touched_by_read(struct sqlite_engine *e, struct sqlite_batch *b)
{
    b->touched_by[0] = '\0';
    if (!tb_id_is_zero(&b->request->peer.customer))
        return TB_OK;
    struct tb_stmt *s = sqlite_stmt(e, STMT_TERMINAL_READ);
    tb_stmt_bind_text(s, 1, sqlite_device_of(e, b->request->peer.device));
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK && row)
        err = sqlite_column_text(s, 4, b->touched_by, sizeof b->touched_by);
    tb_stmt_reset(s);
    return err;
}

enum tb_err sqlite_apply(struct sqlite_engine *e, const struct tb_engine_request *request,
                         struct tb_arena *arena, struct tb_engine_answer *ret_answer)
{
    struct sqlite_batch b = {.request = request, .answer = ret_answer};
    enum tb_err err =
        sqlite_stream_read(e, request->peer.device, &request->apply.incarnation, &b.decided_seq);
    if (err == TB_OK)
        err = touched_by_read(e, &b);
    int64_t decided_before = b.decided_seq;
    bool more = true;
    for (size_t i = 0; i < request->apply.batch.count && err == TB_OK && more; i++) {
        struct tb_mutation mutation;
        size_t mark = tb_arena_mark(arena);
        tb_mutation_batch_read(&request->apply.batch, i, arena, &mutation);
        err = verdict_next(e, &b, &mutation, &more);
        tb_arena_release(arena, mark);
    }
    if (err == TB_OK && b.decided_seq != decided_before)
        err = stream_write(e, &b);
    if (err == TB_OK)
        err = changes_note(e, &b);
    if (err == TB_OK)
        err = rows_build(e, &b, arena);
    return err;
}
