#include "core/base/assert.h"
#include "core/sync/client_parts.h"

static struct tb_client_feed *feed_of(struct tb_client *c, const struct tb_scope *scope)
{
    for (size_t i = 0; i < TB_CLIENT_FEED_COUNT_MAX; i++)
        if (c->feeds[i].state != TB_FEED_FREE && tb_scope_equal(&c->feeds[i].scope, scope))
            return &c->feeds[i];
    return NULL;
}

bool feed_is_saving(const struct tb_client_feed *feed)
{
    for (size_t i = 0; i < TB_CLIENT_SAVE_COUNT_MAX; i++)
        if (feed->saves[i].ticket)
            return true;
    return false;
}

static void saves_stale(struct tb_client_feed *feed)
{
    for (size_t i = 0; i < TB_CLIENT_SAVE_COUNT_MAX; i++)
        feed->saves[i].stale = true;
}

void feeds_begin(struct tb_client *c, bool epoch_changed)
{
    for (size_t i = 0; i < TB_CLIENT_FEED_COUNT_MAX; i++) {
        struct tb_client_feed *feed = &c->feeds[i];
        feed->settled = false;
        feed->refused = false;
        feed->postponed = false;
        feed->wait_until_ms = 0;
        if (!epoch_changed)
            continue;
        /* Saves still under way come before the owner's forgetting of all cursors. */
        feed->cursor.size = 0;
        for (size_t k = 0; k < TB_CLIENT_SAVE_COUNT_MAX; k++)
            feed->saves[k].cursor.size = 0;
    }
}

void feeds_end(struct tb_client *c)
{
    for (size_t i = 0; i < TB_CLIENT_FEED_COUNT_MAX; i++) {
        struct tb_client_feed *feed = &c->feeds[i];
        saves_stale(feed);
        if (feed->state == TB_FEED_OPENING || feed->state == TB_FEED_OPEN)
            feed->state = TB_FEED_WAITING;
    }
}

/* Erasures that cannot be done yet still hold up every customer, but not the device's feed: it has the pepper
 * by which the files are searched for who is erased. */
static bool feed_holds_up(const struct tb_client_feed *feed, const struct tb_client_feed *later)
{
    if (feed->state == TB_FEED_FREE || feed->state == TB_FEED_CLOSING || feed->settled)
        return false;
    if (feed->postponed && later->scope.kind == TB_SCOPE_DEVICE)
        return false;
    return tb_scope_rank(&feed->scope) < tb_scope_rank(&later->scope);
}

static bool feed_may_open(const struct tb_client *c, const struct tb_client_feed *feed)
{
    if (feed->state != TB_FEED_WAITING || feed->refused || feed->wait_until_ms > c->now_ms ||
        feed_is_saving(feed))
        return false;
    if (feed->scope.kind != TB_SCOPE_DEVICE && c->decided_seq < c->effect_seq)
        return false;
    for (size_t i = 0; i < TB_CLIENT_FEED_COUNT_MAX; i++)
        if (feed_holds_up(&c->feeds[i], feed))
            return false;
    return true;
}

static void feed_send(struct tb_client *c, const char *method, const struct tb_client_feed *feed)
{
    struct tb_feed_open what = {.scope = feed->scope, .cursor = feed->cursor};
    struct tb_json_writer w = feed->state == TB_FEED_OPENING
                                  ? tb_rpc_begin_request(client_out(c), feed->request, method)
                                  : tb_rpc_begin_notification(client_out(c), method);
    tb_feed_open_encode(&w, &what);
    client_send(c, &w);
}

void feeds_pump(struct tb_client *c)
{
    for (size_t i = 0; i < TB_CLIENT_FEED_COUNT_MAX && c->phase == TB_PHASE_LIVE; i++) {
        struct tb_client_feed *feed = &c->feeds[i];
        if (!feed_may_open(c, feed))
            continue;
        feed->state = TB_FEED_OPENING;
        feed->first = true;
        feed->read = feed->cursor;
        feed->request = client_request(c);
        feed_send(c, "feed.open", feed);
    }
}

static void feed_leave(struct tb_client *c, const struct tb_client_feed *feed)
{
    if (c->phase != TB_PHASE_LIVE)
        return;
    struct tb_json_writer w = tb_rpc_begin_notification(client_out(c), "feed.close");
    tb_json_put_scope(&w, "scope", &feed->scope);
    client_send(c, &w);
}

enum tb_err tb_client_feed_open(struct tb_client *c, const struct tb_scope *scope,
                                const struct tb_cursor *cursor, int64_t now_ms)
{
    c->now_ms = now_ms;
    struct tb_client_feed *feed = feed_of(c, scope);
    if (feed && feed->state != TB_FEED_CLOSING)
        return TB_OK;
    for (size_t i = 0; !feed && i < TB_CLIENT_FEED_COUNT_MAX; i++)
        if (c->feeds[i].state == TB_FEED_FREE)
            feed = &c->feeds[i];
    if (!feed)
        return TB_ERR_FULL;
    if (feed->state == TB_FEED_FREE)
        memset(feed, 0, sizeof *feed);
    feed->state = TB_FEED_WAITING;
    feed->scope = *scope;
    feed->cursor = *cursor;
    /* What is still being saved for the subscription before may have gone into a file that is no more. */
    for (size_t i = 0; i < TB_CLIENT_SAVE_COUNT_MAX; i++)
        feed->saves[i].cursor = *cursor;
    feed->settled = false;
    feed->refused = false;
    feed->postponed = false;
    feed->wait_until_ms = 0;
    feeds_pump(c);
    return TB_OK;
}

void tb_client_feed_close(struct tb_client *c, const struct tb_scope *scope, int64_t now_ms)
{
    c->now_ms = now_ms;
    struct tb_client_feed *feed = feed_of(c, scope);
    if (!feed || feed->state == TB_FEED_CLOSING)
        return;
    if (feed->state == TB_FEED_OPENING || feed->state == TB_FEED_OPEN)
        feed_leave(c, feed);
    saves_stale(feed);
    feed->state = feed_is_saving(feed) ? TB_FEED_CLOSING : TB_FEED_FREE;
    feeds_pump(c);
}

/* Read to its end, or never: a partition's feed is not kept open. */
static void partition_end(struct tb_client *c, struct tb_client_feed *feed, bool refused)
{
    if (feed->state == TB_FEED_OPEN)
        feed_leave(c, feed);
    saves_stale(feed);
    feed->state = feed_is_saving(feed) ? TB_FEED_CLOSING : TB_FEED_FREE;
    check_partition_done(c, &feed->scope, refused);
}

bool feeds_response(struct tb_client *c, const struct tb_rpc *rpc)
{
    for (size_t i = 0; i < TB_CLIENT_FEED_COUNT_MAX; i++) {
        struct tb_client_feed *feed = &c->feeds[i];
        if (feed->state != TB_FEED_OPENING || feed->request != rpc->id)
            continue;
        bool failed = rpc->kind == TB_RPC_ERROR;
        /* Not now is no refusal: the store was busy when it was asked whether this terminal may. */
        feed->refused = failed && rpc->number != TB_RPC_REFUSED;
        feed->settled = failed;
        feed->state = failed ? TB_FEED_WAITING : TB_FEED_OPEN;
        feed->wait_until_ms = failed ? c->now_ms + CLIENT_PAUSE_MS : 0;
        if (feed->refused && feed->scope.kind == TB_SCOPE_PARTITION)
            partition_end(c, feed, true);
        feeds_pump(c);
        return true;
    }
    return false;
}

static struct tb_client_save *save_slot(struct tb_client_feed *feed)
{
    for (size_t i = 0; i < TB_CLIENT_SAVE_COUNT_MAX; i++)
        if (feed->saves[i].ticket == 0)
            return &feed->saves[i];
    return NULL;
}

void feeds_rows(struct tb_client *c, struct tb_json params)
{
    struct tb_check check = {0};
    struct tb_feed_rows rows;
    tb_feed_rows_decode(&check, params, c->config.arena, &rows);
    if (check.err != TB_OK) {
        client_fail(c, tb_err_name(check.err));
        return;
    }
    /* Rows of a subscription that we gave up meanwhile stand before the answer to the next one. */
    struct tb_client_feed *feed = feed_of(c, &rows.scope);
    if (!feed || feed->state != TB_FEED_OPEN)
        return;
    struct tb_client_save *save = save_slot(feed);
    if (!save) {
        client_fail(c, "flow_control");
        return;
    }
    bool first = feed->first;
    struct tb_cursor from = feed->read;
    feed->first = false;
    feed->read = rows.cursor;
    if (feed->scope.kind == TB_SCOPE_COHORT)
        c->check.rows_ms = c->now_ms;
    *save = (struct tb_client_save){.ticket = client_ticket(c), .more = rows.more, .cursor = rows.cursor};
    client_act(c, &(struct tb_client_action){.act = TB_CLIENT_SAVE,
                                             .save = {.ticket = save->ticket,
                                                      .scope = rows.scope,
                                                      .first = first,
                                                      .from = from,
                                                      .cursor = rows.cursor,
                                                      .rows = rows.rows,
                                                      .more = rows.more}});
}

static struct tb_client_save *save_of(struct tb_client *c, uint32_t ticket, struct tb_client_feed **ret_feed)
{
    for (size_t i = 0; ticket && i < TB_CLIENT_FEED_COUNT_MAX; i++) {
        for (size_t k = 0; k < TB_CLIENT_SAVE_COUNT_MAX; k++) {
            if (c->feeds[i].saves[k].ticket != ticket)
                continue;
            *ret_feed = &c->feeds[i];
            return &c->feeds[i].saves[k];
        }
    }
    return NULL;
}

/* The rows are lost: no later save may put the cursor past them. */
static void feed_restart(struct tb_client *c, struct tb_client_feed *feed)
{
    if (feed->state == TB_FEED_OPEN || feed->state == TB_FEED_OPENING)
        feed_leave(c, feed);
    saves_stale(feed);
    for (size_t i = 0; i < TB_CLIENT_SAVE_COUNT_MAX; i++)
        feed->saves[i].cursor = feed->cursor;
    feed->state = TB_FEED_WAITING;
    feed->settled = feed->refused; /* one that was refused still holds up nobody */
    feed->wait_until_ms = c->now_ms + CLIENT_PAUSE_MS;
}

void tb_client_feed_lost(struct tb_client *c, const struct tb_scope *scope, int64_t now_ms)
{
    c->now_ms = now_ms;
    struct tb_client_feed *feed = feed_of(c, scope);
    if (!feed || feed->state == TB_FEED_CLOSING)
        return;
    feed->cursor.size = 0;
    feed_restart(c, feed);
    if (scope->kind == TB_SCOPE_COHORT)
        check_forget(c);
}

void tb_client_saved(struct tb_client *c, uint32_t ticket, enum tb_err err, int64_t now_ms)
{
    c->now_ms = now_ms;
    struct tb_client_feed *feed;
    struct tb_client_save *save = save_of(c, ticket, &feed);
    if (!save)
        return;
    struct tb_client_save done = *save;
    *save = (struct tb_client_save){0};
    if (feed->state == TB_FEED_CLOSING) {
        if (!feed_is_saving(feed))
            feed->state = TB_FEED_FREE;
    } else if (err != TB_OK) {
        feed->postponed = true;
        feed_restart(c, feed);
    } else {
        feed->cursor = done.cursor;
        if (!done.stale && feed->state == TB_FEED_OPEN && c->phase == TB_PHASE_LIVE) {
            feed->settled = feed->settled || !done.more;
            feed_send(c, "feed.ack", feed);
        }
        if (!done.stale && !done.more && feed->scope.kind == TB_SCOPE_PARTITION)
            partition_end(c, feed, false);
    }
    feeds_pump(c);
    check_pump(c);
}

int64_t feeds_deadline_ms(const struct tb_client *c)
{
    int64_t deadline = INT64_MAX;
    for (size_t i = 0; c->phase == TB_PHASE_LIVE && i < TB_CLIENT_FEED_COUNT_MAX; i++) {
        const struct tb_client_feed *feed = &c->feeds[i];
        bool waits = feed->state == TB_FEED_WAITING && !feed->refused && feed->wait_until_ms > c->now_ms;
        if (waits && feed->wait_until_ms < deadline)
            deadline = feed->wait_until_ms;
    }
    return deadline;
}
