/* Look-ups: who is meant by a credential, by a telephone number, or by a name in a list. */
#include "core/sync/client_parts.h"

#include "core/base/assert.h"

static void identified(struct tb_client *c, uint32_t ticket, enum tb_err err,
                       const struct tb_identified *answer)
{
    struct tb_client_action action = {.act = TB_CLIENT_IDENTIFIED,
                                      .identified = {.ticket = ticket, .err = err}};
    if (answer) {
        action.identified.found = answer->found;
        action.identified.rows = answer->rows;
        action.identified.proof = answer->proof;
    }
    client_act(c, &action);
}

static void found(struct tb_client *c, uint32_t ticket, enum tb_err err, const struct tb_found *answer)
{
    client_act(c, &(struct tb_client_action){.act = TB_CLIENT_FOUND,
                                             .found = {.ticket = ticket, .err = err, .answer = answer}});
}

static enum tb_err denial_of(const struct tb_rpc *rpc)
{
    static const enum tb_err told[] = {TB_ERR_FIND_LIMIT, TB_ERR_OPERATOR};
    for (size_t i = 0; i < TB_ARRAY_SIZE(told); i++)
        if (tb_span_is(rpc->code, tb_err_name(told[i])))
            return told[i];
    return TB_ERR_DENIED;
}

static enum tb_err err_of(const struct tb_rpc *rpc)
{
    switch (rpc->number) {
    case TB_RPC_DENIED: return denial_of(rpc);
    case TB_RPC_UNSUPPORTED:
    case TB_RPC_METHOD_NOT_FOUND: return TB_ERR_UNSUPPORTED;
    case TB_RPC_INVALID_PARAMS: return TB_ERR_SYNTAX;
    default: return TB_ERR_BUSY;
    }
}

/*
 * While verdicts of an earlier connection are missing, a cart may hold what still counts as undecided here
 * and would show it twice: such an answer says who it is, and the cart comes by the customer's feed, which
 * waits for the same.
 */
static enum tb_err carts_hold_back(struct tb_client *c, struct tb_rows *rows)
{
    if (c->decided_seq >= c->effect_seq || rows->count == 0)
        return TB_OK;
    struct tb_row *kept = tb_arena_take(c->config.arena, rows->count * sizeof *kept);
    if (!kept)
        return TB_ERR_NO_MEMORY;
    size_t count = 0;
    for (size_t i = 0; i < rows->count; i++)
        if (rows->at[i].type != TB_ROW_CART)
            kept[count++] = rows->at[i];
    *rows = (struct tb_rows){.at = kept, .count = count};
    return TB_OK;
}

static void identify_answered(struct tb_client *c, uint32_t ticket, const struct tb_rpc *rpc)
{
    if (rpc->kind == TB_RPC_ERROR) {
        identified(c, ticket, err_of(rpc), NULL);
        return;
    }
    struct tb_check check = {0};
    struct tb_identified answer = {0};
    tb_identified_decode(&check, rpc->result, c->config.arena, &answer);
    if (check.err == TB_OK)
        check.err = carts_hold_back(c, &answer.rows);
    identified(c, ticket, check.err, check.err == TB_OK ? &answer : NULL);
    if (check.err != TB_OK)
        client_fail(c, tb_err_name(check.err));
}

static void find_answered(struct tb_client *c, uint32_t ticket, const struct tb_rpc *rpc)
{
    static const struct tb_found nobody;
    if (rpc->kind == TB_RPC_ERROR) {
        found(c, ticket, err_of(rpc), &nobody);
        return;
    }
    struct tb_check check = {0};
    struct tb_found answer;
    tb_found_decode(&check, rpc->result, &answer);
    found(c, ticket, check.err, check.err == TB_OK ? &answer : &nobody);
    if (check.err != TB_OK)
        client_fail(c, tb_err_name(check.err));
}

bool asks_response(struct tb_client *c, const struct tb_rpc *rpc)
{
    for (size_t i = 0; i < TB_CLIENT_IDENTIFY_COUNT_MAX; i++) {
        struct tb_client_asked *asked = &c->asked[i];
        if (!asked->used || asked->request != rpc->id)
            continue;
        asked->used = false;
        if (asked->finds)
            find_answered(c, asked->ticket, rpc);
        else
            identify_answered(c, asked->ticket, rpc);
        return true;
    }
    return false;
}

/* Ends a look-up that will not be answered. */
static void asked_fail(struct tb_client *c, const struct tb_client_asked *asked, enum tb_err err)
{
    static const struct tb_found nobody;
    if (asked->finds)
        found(c, asked->ticket, err, &nobody);
    else
        identified(c, asked->ticket, err, NULL);
}

void asks_end(struct tb_client *c)
{
    for (size_t i = 0; i < TB_CLIENT_IDENTIFY_COUNT_MAX; i++) {
        if (!c->asked[i].used)
            continue;
        c->asked[i].used = false;
        asked_fail(c, &c->asked[i], TB_ERR_OFFLINE);
    }
}

void asks_tick(struct tb_client *c)
{
    for (size_t i = 0; i < TB_CLIENT_IDENTIFY_COUNT_MAX; i++) {
        struct tb_client_asked *asked = &c->asked[i];
        if (!asked->used || asked->deadline_ms > c->now_ms)
            continue;
        asked->used = false;
        asked_fail(c, asked, TB_ERR_TIMEOUT);
    }
}

/* NULL: it ended already, because it cannot be asked now. */
static struct tb_client_asked *asked_take(struct tb_client *c, const struct tb_client_asked *wanted,
                                          int64_t now_ms)
{
    struct tb_client_asked *free = NULL;
    c->now_ms = now_ms;
    if (c->phase != TB_PHASE_LIVE) {
        asked_fail(c, wanted, TB_ERR_OFFLINE);
        return NULL;
    }
    for (size_t i = 0; !free && i < TB_CLIENT_IDENTIFY_COUNT_MAX; i++)
        if (!c->asked[i].used)
            free = &c->asked[i];
    if (!free) {
        asked_fail(c, wanted, TB_ERR_BUSY);
        return NULL;
    }
    *free = *wanted;
    free->used = true;
    free->request = client_request(c);
    return free;
}

void tb_client_identify(struct tb_client *c, uint32_t ticket, const struct tb_identify_ask *what,
                        uint32_t timeout_ms, int64_t now_ms)
{
    const struct tb_client_asked wanted = {.ticket = ticket, .deadline_ms = now_ms + timeout_ms};
    const struct tb_client_asked *asked = asked_take(c, &wanted, now_ms);
    if (!asked)
        return;
    struct tb_json_writer w = tb_rpc_begin_request(client_out(c), asked->request, "identify");
    tb_identify_ask_encode(&w, what);
    client_send(c, &w);
}

void tb_client_find(struct tb_client *c, uint32_t ticket, const struct tb_find_ask *whom, uint32_t timeout_ms,
                    int64_t now_ms)
{
    const struct tb_client_asked wanted = {
        .finds = true, .ticket = ticket, .deadline_ms = now_ms + timeout_ms};
    const struct tb_client_asked *asked = asked_take(c, &wanted, now_ms);
    if (!asked)
        return;
    struct tb_json_writer w = tb_rpc_begin_request(client_out(c), asked->request, "customer.find");
    tb_find_ask_encode(&w, whom);
    client_send(c, &w);
}

void tb_client_open(struct tb_client *c, uint32_t ticket, const struct tb_open_ask *whom, uint32_t timeout_ms,
                    int64_t now_ms)
{
    const struct tb_client_asked wanted = {.ticket = ticket, .deadline_ms = now_ms + timeout_ms};
    const struct tb_client_asked *asked = asked_take(c, &wanted, now_ms);
    if (!asked)
        return;
    struct tb_json_writer w = tb_rpc_begin_request(client_out(c), asked->request, "customer.open");
    tb_open_ask_encode(&w, whom);
    client_send(c, &w);
}
