#include "core/base/assert.h"
#include "core/sync/server_parts.h"

static struct tb_session_feed *feed_of(struct tb_session *s, const struct tb_scope *scope)
{
    for (size_t i = 0; i < TB_SESSION_FEED_MAX; i++)
        if (s->feeds[i].used && tb_scope_equal(&s->feeds[i].scope, scope))
            return &s->feeds[i];
    return NULL;
}

static struct tb_session_feed *feed_slot(struct tb_session *s, const struct tb_scope *scope)
{
    struct tb_session_feed *feed = feed_of(s, scope);
    for (size_t i = 0; !feed && i < TB_SESSION_FEED_MAX; i++)
        if (!s->feeds[i].used)
            feed = &s->feeds[i];
    return feed;
}

/* The answer to a read that is under way belongs to the subscription before. */
static void read_forget(struct tb_session *s, const struct tb_session_feed *feed)
{
    for (size_t lane = 0; lane < TB_SESSION_LANE_COUNT; lane++)
        if (s->reads[lane].ticket && &s->feeds[s->reads[lane].feed] == feed)
            s->reads[lane].is_void = true;
}

static void feed_accept(struct tb_session *s, struct tb_session_feed *feed, int64_t request)
{
    feed->dirty = true;
    struct tb_json_writer w = tb_rpc_begin_result(session_out(s), request);
    tb_json_put_scope(&w, "scope", &feed->scope);
    session_send(s, &w);
    session_feed_pump(s);
}

/* A request that waits for its admission is answered, whatever becomes of its feed. */
static void admit_forget(struct tb_session *s, struct tb_session_feed *feed)
{
    if (!feed->used || feed->admit_ticket == 0)
        return;
    feed->admit_ticket = 0;
    session_error(s, feed->request, TB_RPC_REFUSED, "feed_closed");
}

static void admit_ask(struct tb_session *s, struct tb_session_feed *feed, int64_t request_id)
{
    feed->request = request_id;
    if (s->admit_count == TB_SESSION_FEED_MAX) {
        feed->used = false;
        session_error(s, request_id, TB_RPC_REFUSED, "too_many_requests");
        return;
    }
    s->admit_count++;
    struct tb_engine_request request = {.ask = TB_ENGINE_ADMIT};
    request.admit.customer = feed->scope.customer;
    request.admit.identified = session_has_met(s, &feed->scope.customer);
    feed->admit_ticket = session_ask(s, &request);
}

void session_feed_admitted(struct tb_session *s, const struct tb_engine_answer *answer)
{
    TB_ASSERT(s->admit_count > 0);
    s->admit_count--;
    for (size_t i = 0; i < TB_SESSION_FEED_MAX; i++) {
        struct tb_session_feed *feed = &s->feeds[i];
        if (!feed->used || feed->admit_ticket != answer->ticket)
            continue;
        enum tb_err err = answer->err;
        if (err == TB_OK && !answer->admit.admitted)
            err = TB_ERR_DENIED;
        feed->admit_ticket = 0;
        feed->used = err == TB_OK;
        if (err == TB_OK)
            feed_accept(s, feed, feed->request);
        else
            session_error(s, feed->request, tb_rpc_number_of(err), tb_err_name(err));
    }
    if (answer->err == TB_OK && answer->admit.entered)
        session_cohort_changed(s);
}

static bool scope_allowed(const struct tb_session *s, const struct tb_scope *scope)
{
    if (!s->config->web)
        return true;
    return scope->kind == TB_SCOPE_CUSTOMER && tb_id_equal(&scope->customer, &s->peer.customer);
}

void session_feed_open(struct tb_session *s, const struct tb_rpc *rpc)
{
    struct tb_check check = {0};
    struct tb_feed_open open;
    tb_feed_open_decode(&check, rpc->params, &open);
    if (check.err != TB_OK) {
        session_error(s, rpc->id, TB_RPC_INVALID_PARAMS, tb_err_name(check.err));
        return;
    }
    if (!scope_allowed(s, &open.scope)) {
        session_error(s, rpc->id, TB_RPC_DENIED, tb_err_name(TB_ERR_DENIED));
        return;
    }
    struct tb_session_feed *feed = feed_slot(s, &open.scope);
    if (!feed) {
        session_error(s, rpc->id, TB_RPC_REFUSED, "too_many_feeds");
        return;
    }
    read_forget(s, feed);
    admit_forget(s, feed);
    *feed = (struct tb_session_feed){.used = true, .scope = open.scope, .cursor = open.cursor, .first = true};
    if (open.scope.kind == TB_SCOPE_CUSTOMER && !s->config->web)
        admit_ask(s, feed, rpc->id);
    else
        feed_accept(s, feed, rpc->id);
}

const struct tb_cursor *session_feed_cursor(struct tb_session *s, const struct tb_scope *scope)
{
    const struct tb_session_feed *feed = feed_of(s, scope);
    return feed != NULL && feed->admit_ticket == 0 ? &feed->cursor : NULL;
}

void session_feed_close(struct tb_session *s, struct tb_json params)
{
    struct tb_check check = {0};
    struct tb_scope scope = tb_json_scope(&check, params, "scope");
    if (check.err != TB_OK) {
        session_close(s, tb_err_name(check.err));
        return;
    }
    struct tb_session_feed *feed = feed_of(s, &scope);
    if (!feed)
        return;
    read_forget(s, feed);
    admit_forget(s, feed);
    feed->used = false;
}

static bool cursor_equal(const struct tb_cursor *a, const struct tb_cursor *b)
{
    return tb_span_equal(tb_span_of(a->bytes, a->size), tb_span_of(b->bytes, b->size));
}

/* What changed for others wakes no reader, so that one nobody woke for long stands far back. */
void session_feed_look_on(struct tb_session *s, const struct tb_scope *scope, const struct tb_cursor *reached)
{
    struct tb_session_feed *feed = feed_of(s, scope);
    if (feed == NULL || cursor_equal(&feed->cursor, reached))
        return;
    feed->dirty = true;
    session_feed_pump(s);
}

/* One acknowledgement covers what was sent before it. One of an earlier subscription matches nothing. */
static void feed_acked(struct tb_session_feed *feed, const struct tb_cursor *cursor)
{
    for (size_t i = feed->unacked_count; i > 0; i--) {
        if (!cursor_equal(&feed->unacked[i - 1], cursor))
            continue;
        feed->unacked_count = (uint8_t)(feed->unacked_count - i);
        memmove(feed->unacked, feed->unacked + i, feed->unacked_count * sizeof feed->unacked[0]);
        return;
    }
}

void session_feed_ack(struct tb_session *s, struct tb_json params)
{
    struct tb_check check = {0};
    struct tb_feed_open ack;
    tb_feed_open_decode(&check, params, &ack);
    if (check.err != TB_OK) {
        session_close(s, tb_err_name(check.err));
        return;
    }
    struct tb_session_feed *feed = feed_of(s, &ack.scope);
    if (!feed)
        return;
    feed_acked(feed, &ack.cursor);
    session_feed_pump(s);
}

static enum tb_session_lane lane_of(const struct tb_session_feed *feed)
{
    return tb_scope_is_bulk(&feed->scope) ? TB_SESSION_BULK : TB_SESSION_URGENT;
}

/*
 * Of the long feeds one after the other is sent, the more urgent first: what is on its way to a client, and
 * an answer to it has to wait for on a slow line, is two messages, whatever the length and number of its
 * feeds.
 */
static bool feed_gives_way(const struct tb_session *s, const struct tb_session_feed *feed)
{
    int rank = tb_scope_rank(&feed->scope);
    for (const struct tb_session_feed *other = s->feeds; other < s->feeds + TB_SESSION_FEED_MAX; other++) {
        int other_rank = tb_scope_rank(&other->scope);
        bool before = other_rank < rank || (other_rank == rank && other < feed);
        if (other->used && other->more && before && lane_of(other) == TB_SESSION_BULK)
            return true;
    }
    return false;
}

static struct tb_session_feed *feed_next(struct tb_session *s, enum tb_session_lane lane)
{
    struct tb_session_feed *best = NULL;
    for (size_t i = 0; i < TB_SESSION_FEED_MAX; i++) {
        struct tb_session_feed *feed = &s->feeds[i];
        if (!feed->used || feed->admit_ticket || !feed->dirty || lane_of(feed) != lane ||
            feed->unacked_count == TB_SESSION_UNACKED_MAX)
            continue;
        if (lane == TB_SESSION_BULK && feed_gives_way(s, feed))
            continue;
        if (!best || tb_scope_rank(&feed->scope) < tb_scope_rank(&best->scope))
            best = feed;
    }
    return best;
}

static void feed_read(struct tb_session *s, struct tb_session_feed *feed)
{
    struct tb_engine_request request = {.ask = TB_ENGINE_FEED};
    request.feed.scope = feed->scope;
    request.feed.cursor = feed->cursor;
    request.feed.row_count_max = TB_ROW_BATCH_MAX;
    request.feed.cost_max = TB_ENGINE_ROWS_COST_MAX;
    feed->dirty = false;
    struct tb_session_read *read = &s->reads[lane_of(feed)];
    *read = (struct tb_session_read){.feed = (uint8_t)(feed - s->feeds)};
    read->ticket = session_ask(s, &request);
}

void session_feed_pump(struct tb_session *s)
{
    if (!session_is_open(s) || s->now_ms < s->read_wait_ms)
        return;
    for (unsigned lane = 0; lane < TB_SESSION_LANE_COUNT; lane++) {
        struct tb_session_feed *feed =
            s->reads[lane].ticket ? NULL : feed_next(s, (enum tb_session_lane)lane);
        if (feed)
            feed_read(s, feed);
    }
}

bool session_feed_waits(const struct tb_session *s)
{
    bool dirty = false;
    for (size_t i = 0; i < TB_SESSION_FEED_MAX; i++)
        dirty = dirty || (s->feeds[i].used && !s->feeds[i].admit_ticket && s->feeds[i].dirty);
    return dirty && s->read_wait_ms > s->now_ms;
}

static void rows_send(struct tb_session *s, struct tb_session_feed *feed,
                      const struct tb_engine_answer *answer)
{
    struct tb_feed_rows rows = {.scope = feed->scope,
                                .rows = answer->feed.rows,
                                .cursor = answer->feed.cursor,
                                .more = answer->feed.more};
    /* Where nothing is found yet the engine is asked to look on, and nobody is told. */
    bool nothing_yet = rows.rows.count == 0 && rows.more;
    bool news =
        rows.rows.count > 0 || feed->first || feed->more || !cursor_equal(&feed->cursor, &rows.cursor);
    feed->cursor = rows.cursor;
    feed->dirty = feed->dirty || rows.more;
    feed->more = rows.more;
    if (!news || nothing_yet)
        return;
    feed->first = false;
    TB_ASSERT(feed->unacked_count < TB_SESSION_UNACKED_MAX);
    feed->unacked[feed->unacked_count++] = rows.cursor;
    struct tb_json_writer w = tb_rpc_begin_notification(session_out(s), "feed.rows");
    tb_feed_rows_encode(&w, &rows);
    session_send(s, &w);
}

static struct tb_session_read *read_of(struct tb_session *s, uint32_t ticket)
{
    for (size_t lane = 0; lane < TB_SESSION_LANE_COUNT; lane++)
        if (s->reads[lane].ticket == ticket)
            return &s->reads[lane];
    return NULL;
}

void session_feed_read(struct tb_session *s, const struct tb_engine_answer *answer)
{
    struct tb_session_read *read = read_of(s, answer->ticket);
    if (read == NULL)
        return;
    struct tb_session_feed *feed = &s->feeds[read->feed];
    read->ticket = 0;
    if (answer->err != TB_OK) {
        s->read_wait_ms = s->now_ms + SESSION_RETRY_MS;
        feed->dirty = true;
    } else if (!read->is_void) {
        rows_send(s, feed, answer);
    }
    session_feed_pump(s);
}

static bool change_concerns(const struct tb_session *s, const struct tb_engine_change *change)
{
    switch (change->scope.kind) {
    case TB_SCOPE_DEVICE: return change->device[0] == '\0' || strcmp(change->device, s->peer.device) == 0;
    case TB_SCOPE_STORE:
    case TB_SCOPE_COHORT:
    case TB_SCOPE_PARTITION:
    case TB_SCOPE_CATALOGUE: return change->store[0] == '\0' || strcmp(change->store, s->peer.store) == 0;
    case TB_SCOPE_CUSTOMER:
    case TB_SCOPE_ERASURES: return true;
    case TB_SCOPE_NONE: break;
    }
    return false;
}

void tb_session_changed(struct tb_session *s, const struct tb_engine_change *change, int64_t now_ms,
                        int64_t wall_ms)
{
    if (!session_is_open(s) || !change_concerns(s, change))
        return;
    struct tb_session_feed *feed = feed_of(s, &change->scope);
    if (!feed)
        return;
    s->now_ms = now_ms;
    s->wall_ms = wall_ms;
    feed->dirty = true;
    session_feed_pump(s);
}
