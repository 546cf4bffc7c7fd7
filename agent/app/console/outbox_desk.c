#include "agent/app/console/outbox_desk.h"
#include "agent/app/agent.h"

#include <stdlib.h>

struct outbox_ask {
    struct tb_agent *agent;
    uint32_t client;
    int64_t id;
    void (*send)(struct tb_agent *agent, uint32_t to);
};

static const char *state_name(enum tb_outbox_state state)
{
    switch (state) {
    case TB_OUTBOX_WAITING: return "waiting";
    case TB_OUTBOX_REJECTED: return "rejected";
    case TB_OUTBOX_CONFLICT: return "conflict";
    }
    return "";
}

static void put_rows(struct tb_json_writer *w, const struct tb_outbox_list *list)
{
    tb_json_open_array(w, "rows");
    for (size_t i = 0; i < list->count; i++) {
        const struct tb_outbox_row *row = &list->rows[i];
        tb_json_open(w, NULL);
        tb_json_put_int(w, "seq", row->seq);
        tb_json_put_str(w, "kind", tb_mutation_kind_names[row->kind]);
        tb_json_put_str(w, "state", state_name(row->state));
        if (row->made_ms)
            tb_json_put_int(w, "made_ms", row->made_ms);
        if (row->decided_ms)
            tb_json_put_int(w, "decided_ms", row->decided_ms);
        if (row->code[0])
            tb_json_put_str(w, "code", row->code);
        tb_json_close(w);
    }
    tb_json_close_array(w);
}

static void put_dropped(struct tb_json_writer *w, const struct tb_outbox_list *list)
{
    tb_json_open_array(w, "dropped");
    for (unsigned kind = 1; kind < TB_MUTATION_KIND_COUNT; kind++) {
        if (list->dropped[kind].count == 0)
            continue;
        tb_json_open(w, NULL);
        tb_json_put_str(w, "kind", tb_mutation_kind_names[kind]);
        tb_json_put_int(w, "count", list->dropped[kind].count);
        tb_json_put_int(w, "at_ms", list->dropped[kind].at_ms);
        tb_json_close(w);
    }
    tb_json_close_array(w);
}

static void listed(void *context, enum tb_err err, const struct tb_outbox_list *list)
{
    struct outbox_ask *ask = context;
    struct tb_agent *agent = ask->agent;
    const struct tb_request r = {.agent = agent, .from = ask->client, .id = ask->id, .send = ask->send};
    if (err != TB_OK) {
        tb_request_refuse(&r, err, "The outbox could not be read.");
        return;
    }
    enum tb_err closed = tb_mutations_closed(agent);
    struct tb_json_writer w = tb_request_answer_begin(&r);
    tb_json_put_int(&w, "waiting", list->waiting_count);
    tb_json_put_int(&w, "waiting_bytes", list->waiting_bytes);
    tb_json_put_int(&w, "stored", list->stored_count);
    if (closed != TB_OK)
        tb_json_put_str(&w, "closed", tb_err_name(closed));
    put_rows(&w, list);
    if (list->next_seq)
        tb_json_put_int(&w, "next_seq", list->next_seq);
    put_dropped(&w, list);
    tb_json_put_int(&w, "wall_ms", tb_loop_wall_ms(agent->loop));
    tb_request_answer_end(&r, &w);
}

void tb_outbox_desk_list(struct tb_request *r)
{
    int64_t from_seq = tb_json_has(r->params, "from_seq")
                           ? tb_json_int(&r->check, r->params, "from_seq", 1, TB_VERSION_MAX)
                           : 1;
    if (!tb_request_check(r))
        return;
    struct outbox_ask *ask = malloc(sizeof *ask);
    enum tb_err err = ask ? TB_OK : TB_ERR_NO_MEMORY;
    if (ask) {
        *ask = (struct outbox_ask){.agent = r->agent, .client = r->from, .id = r->id, .send = r->send};
        err = tb_storage_list_outbox(&r->agent->storage, from_seq, listed, ask);
    }
    if (err == TB_OK)
        return;
    free(ask);
    tb_request_refuse(r, err, "The outbox could not be read.");
}
