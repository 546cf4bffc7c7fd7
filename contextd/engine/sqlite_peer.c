#include "contextd/engine/sqlite_engine.h"

#define URN_HEAD "urn:tillbridge:"
#define URN_DEVICE ":device:"

struct tb_span sqlite_device_of(const struct sqlite_engine *e, const char *urn)
{
    char head[sizeof URN_HEAD + TB_SHORT_SIZE_MAX + sizeof URN_DEVICE];
    struct tb_buf b = tb_buf_of(head, sizeof head);
    tb_buf_add_str(&b, URN_HEAD);
    tb_buf_add_str(&b, e->chain.name);
    tb_buf_add_str(&b, URN_DEVICE);
    struct tb_span text = tb_span_str(urn);
    if (b.err != TB_OK || !tb_span_starts(text, tb_buf_span(&b)))
        return tb_span_of("", 0);
    return tb_span_sub(text, b.size, text.size - b.size);
}

static enum tb_err terminal_state(struct sqlite_engine *e, struct tb_span device,
                                  struct tb_device *ret_device, enum tb_terminal_state *ret_state)
{
    struct tb_device *d = ret_device;
    struct tb_stmt *s = sqlite_stmt(e, STMT_TERMINAL_READ);
    tb_stmt_bind_text(s, 1, device);
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK && !row)
        return TB_ERR_DENIED;
    if (err == TB_OK)
        err = tb_span_to_str(device, d->id, sizeof d->id);
    if (err == TB_OK)
        err = sqlite_column_text(s, 0, d->store, sizeof d->store);
    if (err == TB_OK)
        err = sqlite_column_text(s, 2, d->till, sizeof d->till);
    if (err == TB_OK)
        err = sqlite_column_text(s, 3, d->role, sizeof d->role);
    if (err == TB_OK)
        err = sqlite_column_text(s, 4, d->name, sizeof d->name);
    *ret_state = TB_TERMINAL_DISABLED;
    for (int i = 0; i < TB_TERMINAL_STATE_COUNT && err == TB_OK; i++) {
        if (tb_span_is(tb_stmt_blob(s, 7), tb_terminal_state_names[i]))
            *ret_state = (enum tb_terminal_state)i;
    }
    tb_stmt_reset(s);
    return err;
}

enum tb_err sqlite_customer_has(struct sqlite_engine *e, const struct tb_id *customer, bool *ret_has)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_CUSTOMER_HAS);
    tb_stmt_bind_blob(s, 1, tb_id_span(customer));
    enum tb_err err = tb_stmt_step(s, ret_has);
    tb_stmt_reset(s);
    return err;
}

/* A web session's peer was made from a verified token; its customer may have left the chain since. */
static enum tb_err customer_check(struct sqlite_engine *e, const struct tb_id *customer)
{
    bool known = false;
    enum tb_err err = sqlite_customer_has(e, customer, &known);
    return err == TB_OK && !known ? TB_ERR_DENIED : err;
}

enum tb_err sqlite_peer_check(struct sqlite_engine *e, const struct tb_engine_peer *peer)
{
    if (!e->chain_known)
        return TB_ERR_DENIED;
    if (!tb_id_is_zero(&peer->customer))
        return customer_check(e, &peer->customer);
    struct tb_device device;
    enum tb_terminal_state state;
    enum tb_err err = terminal_state(e, sqlite_device_of(e, peer->device), &device, &state);
    return err == TB_OK && state != TB_TERMINAL_ENABLED ? TB_ERR_DENIED : err;
}

enum tb_err sqlite_quarantine(struct sqlite_engine *e, struct tb_span device)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_TERMINAL_STATE);
    tb_stmt_bind_text(s, 1, device);
    tb_stmt_bind_text(s, 2, tb_span_str(tb_terminal_state_names[TB_TERMINAL_QUARANTINED]));
    tb_stmt_bind_int(s, 3, e->wall_ms);
    return tb_stmt_run(s);
}

enum tb_err sqlite_open(struct sqlite_engine *e, const struct tb_engine_request *request,
                        struct tb_engine_answer *ret_answer)
{
    const struct tb_engine_peer *peer = &request->peer;
    struct tb_device *device = &ret_answer->open.device;
    bool web = !tb_id_is_zero(&peer->customer);
    enum tb_terminal_state state = TB_TERMINAL_ENABLED;
    struct tb_span id = sqlite_device_of(e, peer->device);
    enum tb_err err = web ? customer_check(e, &peer->customer) : terminal_state(e, id, device, &state);
    if (err == TB_OK && web)
        err = tb_span_to_str(tb_span_str(peer->device), device->id, sizeof device->id);
    if (err == TB_OK && state != TB_TERMINAL_ENABLED)
        return state == TB_TERMINAL_QUARANTINED ? TB_ERR_REPLAYED : TB_ERR_DENIED;
    int64_t *decided = &ret_answer->open.decided_seq;
    if (err == TB_OK)
        err = sqlite_stream_read(e, peer->device, &request->open.incarnation, decided);
    if (err != TB_OK)
        return err;
    memcpy(ret_answer->open.epoch, e->chain.epoch, sizeof ret_answer->open.epoch);
    if (request->open.next_seq > *decided)
        return TB_OK;
    /* The device would hand out numbers again that were decided: two copies of it exist. */
    err = web ? TB_OK : sqlite_quarantine(e, id);
    return err == TB_OK ? TB_ERR_REPLAYED : err;
}

enum tb_err sqlite_admit(struct sqlite_engine *e, const struct tb_engine_request *request,
                         struct tb_engine_answer *ret_answer)
{
    const struct tb_engine_peer *peer = &request->peer;
    const struct tb_id *customer = &request->admit.customer;
    int64_t seen_ms;
    ret_answer->admit.admitted = true;
    if (!tb_id_is_zero(&peer->customer)) {
        ret_answer->admit.admitted = tb_id_equal(&peer->customer, customer);
        return TB_OK;
    }
    enum tb_err err = sqlite_cohort_seen(e, peer->store, customer, &seen_ms);
    if (err != TB_ERR_NOT_FOUND)
        return err;
    bool known = false;
    err = sqlite_customer_has(e, customer, &known);
    ret_answer->admit.admitted = known && request->admit.identified;
    if (err != TB_OK || !ret_answer->admit.admitted)
        return err;
    return sqlite_cohort_meet(e, peer, customer, &ret_answer->admit.entered);
}
