#include "agent/app/request.h"

#include "agent/app/agent.h"
#include "core/base/wipe.h"

struct tb_json_writer tb_request_answer_begin(const struct tb_request *r)
{
    tb_buf_reset(&r->agent->page);
    return tb_rpc_begin_result(&r->agent->page, r->id);
}

void tb_request_answer_end(const struct tb_request *r, struct tb_json_writer *w)
{
    struct tb_agent *agent = r->agent; /* r may be gone with its asker, whom sending may close */
    tb_rpc_end(w);
    r->send(agent, r->from);
    tb_wipe(agent->page.at, agent->page.size);
}

void tb_request_refuse(const struct tb_request *r, enum tb_err err, const char *text)
{
    tb_buf_reset(&r->agent->page);
    tb_rpc_put_error(&r->agent->page, r->id, tb_rpc_number_of(err), tb_err_name(err), text);
    r->send(r->agent, r->from);
}

bool tb_request_check(const struct tb_request *r)
{
    if (r->check.err != TB_OK)
        tb_request_refuse(r, r->check.err, r->check.member);
    return r->check.err == TB_OK;
}

static const struct tb_request_method *method_find(const struct tb_request_method *methods, size_t count,
                                                   struct tb_span name)
{
    for (size_t i = 0; i < count; i++)
        if (tb_span_is(name, methods[i].name))
            return &methods[i];
    return NULL;
}

static void method_call(struct tb_request *r, const struct tb_request_desk *desk, struct tb_span name)
{
    const struct tb_request_method *method = method_find(desk->methods, desk->method_count, name);
    if (!method)
        method = method_find(desk->more, desk->more_count, name);
    if (!method) {
        tb_request_refuse(r, TB_ERR_UNSUPPORTED, "no such method");
        return;
    }
    if (desk->asked && !tb_span_is(name, "ping"))
        desk->asked(r->agent);
    method->handle(r);
}

bool tb_request_handle(struct tb_agent *agent, const struct tb_request_desk *desk, uint32_t from,
                       struct tb_span text)
{
    struct tb_request r = {.agent = agent, .from = from, .send = desk->send};
    struct tb_rpc rpc;
    size_t mark = tb_arena_mark(&agent->arena);
    enum tb_err err = tb_rpc_parse(text, desk->size_max, &agent->arena, &r.check, &rpc);
    r.id = rpc.id;
    r.params = rpc.params;
    if (err != TB_OK)
        tb_request_refuse(&r, err, r.check.member ? r.check.member : "not a request");
    else if (rpc.kind == TB_RPC_REQUEST)
        method_call(&r, desk, rpc.method);
    tb_arena_release(&agent->arena, mark);
    return err != TB_OK || rpc.kind == TB_RPC_REQUEST;
}
