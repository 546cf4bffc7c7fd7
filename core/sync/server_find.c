/* Searching for a customer who has nothing with her: only whom a search of this connection found is opened.
 */
#include "core/sync/server_parts.h"

/* Shoppers' own sessions learn of nobody else. */
static bool is_staff(struct tb_session *s, int64_t id)
{
    if (s->config->web)
        session_error(s, id, TB_RPC_DENIED, tb_err_name(TB_ERR_DENIED));
    return !s->config->web;
}

void session_find(struct tb_session *s, const struct tb_rpc *rpc)
{
    struct tb_check check = {0};
    struct tb_engine_request request = {.ask = TB_ENGINE_FIND};
    if (!is_staff(s, rpc->id))
        return;
    tb_find_ask_decode(&check, rpc->params, &request.find);
    if (check.err != TB_OK)
        session_error(s, rpc->id, TB_RPC_INVALID_PARAMS, tb_err_name(check.err));
    else
        session_request(s, rpc->id, &request);
}

static bool was_found(const struct tb_session *s, const struct tb_id *customer)
{
    for (size_t i = 0; i < TB_SESSION_FOUND_MAX; i++)
        if (s->found[i].until_ms > s->now_ms && tb_id_equal(&s->found[i].customer, customer))
            return true;
    return false;
}

void session_open_found(struct tb_session *s, const struct tb_rpc *rpc)
{
    struct tb_check check = {0};
    struct tb_engine_request request = {.ask = TB_ENGINE_FETCH};
    if (!is_staff(s, rpc->id))
        return;
    tb_open_ask_decode(&check, rpc->params, &request.fetch);
    if (check.err != TB_OK)
        session_error(s, rpc->id, TB_RPC_INVALID_PARAMS, tb_err_name(check.err));
    else if (!was_found(s, &request.fetch.customer))
        session_error(s, rpc->id, TB_RPC_DENIED, tb_err_name(TB_ERR_DENIED));
    else
        session_request(s, rpc->id, &request);
}

void session_find_answered(struct tb_session *s, int64_t id, const struct tb_engine_answer *answer)
{
    for (size_t i = 0; i < answer->find.count; i++) {
        s->found[s->found_next] = (struct tb_session_found){.customer = answer->find.matches[i].customer,
                                                            .until_ms = s->now_ms + TB_FOUND_KEEP_MS};
        s->found_next = (uint8_t)((s->found_next + 1) % TB_SESSION_FOUND_MAX);
    }
    struct tb_json_writer w = tb_rpc_begin_result(session_out(s), id);
    tb_found_encode(&w, &answer->find);
    session_send(s, &w);
}
