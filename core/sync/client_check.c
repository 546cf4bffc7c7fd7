/*
 * Checksums: when the cohort is complete and quiet the context store is asked for its sums; the owner
 * compares them with its own, and what differs is read again, one partition at a time. Only that.
 */
#include "core/base/assert.h"
#include "core/sync/client_parts.h"

#define QUIET_MS 1000  /* without rows of the cohort, before the question */
#define AGAIN_MS 30000 /* after an answer that cannot be used */
#define SPREAD 24      /* of the interval, the first time */

/* There is at most one of the cohort and one of a partition. NULL: none. */
static const struct tb_client_feed *feed_of_kind(const struct tb_client *c, enum tb_scope_kind kind)
{
    for (size_t i = 0; i < TB_CLIENT_FEED_COUNT_MAX; i++) {
        const struct tb_client_feed *feed = &c->feeds[i];
        if (feed->state != TB_FEED_FREE && feed->scope.kind == kind)
            return feed;
    }
    return NULL;
}

static bool partitions_left(const struct tb_client *c, unsigned *ret_first)
{
    for (unsigned i = 0; i < TB_PARTITION_COUNT; i++) {
        *ret_first = i;
        if (tb_partitions_has(&c->check.differing, i))
            return true;
    }
    return false;
}

static int64_t first_wait_ms(const struct tb_client *c)
{
    uint64_t random;
    c->config.rng->fill(c->config.rng->context, (uint8_t *)&random, sizeof random);
    return (int64_t)(random % (uint64_t)(c->check.interval_ms / SPREAD + 1));
}

/* Nothing of the cohort is on its way, and nothing of a comparison. */
static bool is_quiet(const struct tb_client *c)
{
    unsigned partition;
    const struct tb_client_feed *feed = feed_of_kind(c, TB_SCOPE_COHORT);
    return c->phase == TB_PHASE_LIVE && c->check.interval_ms > 0 && feed != NULL &&
           feed->state == TB_FEED_OPEN && feed->settled && !feed_is_saving(feed) && c->check.request == 0 &&
           c->check.ticket == 0 && !partitions_left(c, &partition) &&
           feed_of_kind(c, TB_SCOPE_PARTITION) == NULL;
}

static int64_t ask_ms(const struct tb_client *c)
{
    int64_t quiet_ms = c->check.rows_ms + QUIET_MS;
    return c->check.due_ms > quiet_ms ? c->check.due_ms : quiet_ms;
}

static void checksum_ask(struct tb_client *c)
{
    static const struct tb_scope cohort = {.kind = TB_SCOPE_COHORT};
    c->check.request = client_request(c);
    struct tb_json_writer w = tb_rpc_begin_request(client_out(c), c->check.request, "feed.checksum");
    tb_json_put_scope(&w, "scope", &cohort);
    client_send(c, &w);
}

/* Without a place among the feeds it waits for one. */
static void partition_read(struct tb_client *c)
{
    static const struct tb_cursor start;
    struct tb_scope scope = {.kind = TB_SCOPE_PARTITION};
    unsigned partition;
    if (c->phase != TB_PHASE_LIVE || feed_of_kind(c, TB_SCOPE_PARTITION) != NULL ||
        !partitions_left(c, &partition))
        return;
    scope.partition = (uint8_t)partition;
    if (tb_client_feed_open(c, &scope, &start, c->now_ms) != TB_OK)
        return;
}

void check_pump(struct tb_client *c)
{
    partition_read(c);
    if (!is_quiet(c))
        return;
    if (c->check.due_ms == 0)
        c->check.due_ms = c->now_ms + first_wait_ms(c);
    if (c->now_ms >= ask_ms(c))
        checksum_ask(c);
}

int64_t check_deadline_ms(const struct tb_client *c)
{
    return c->check.due_ms > 0 && is_quiet(c) ? ask_ms(c) : INT64_MAX;
}

static bool cursor_equal(const struct tb_cursor *a, const struct tb_cursor *b)
{
    return tb_span_equal(tb_span_of(a->bytes, a->size), tb_span_of(b->bytes, b->size));
}

static void compare(struct tb_client *c, const struct tb_checksum *checksum)
{
    const struct tb_client_feed *feed = feed_of_kind(c, TB_SCOPE_COHORT);
    bool same = feed != NULL && feed->state == TB_FEED_OPEN && !feed_is_saving(feed) &&
                cursor_equal(&feed->cursor, &checksum->cursor);
    if (!same) {
        c->check.due_ms = c->now_ms + AGAIN_MS;
        return;
    }
    c->check.ticket = client_ticket(c);
    client_act(c, &(struct tb_client_action){.act = TB_CLIENT_COMPARE,
                                             .compare = {.ticket = c->check.ticket, .checksum = checksum}});
}

bool check_response(struct tb_client *c, const struct tb_rpc *rpc)
{
    if (c->check.request == 0 || rpc->id != c->check.request)
        return false;
    c->check.request = 0;
    if (rpc->kind == TB_RPC_ERROR) {
        /* A store that does not know the question will not know it soon. */
        bool unknown = rpc->number == TB_RPC_METHOD_NOT_FOUND;
        c->check.due_ms = c->now_ms + (unknown ? c->check.interval_ms : AGAIN_MS);
        return true;
    }
    struct tb_check check = {0};
    struct tb_checksum checksum;
    tb_checksum_decode(&check, rpc->result, &checksum);
    if (check.err != TB_OK)
        client_fail(c, tb_err_name(check.err));
    else
        compare(c, &checksum);
    return true;
}

void tb_client_compared(struct tb_client *c, uint32_t ticket, enum tb_err err,
                        const struct tb_partitions *differing, int64_t now_ms)
{
    c->now_ms = now_ms;
    if (ticket == 0 || ticket != c->check.ticket)
        return;
    c->check.ticket = 0;
    c->check.due_ms = now_ms + (err == TB_OK ? c->check.interval_ms : AGAIN_MS);
    if (err == TB_OK && differing != NULL)
        c->check.differing = *differing;
    check_pump(c);
}

void check_partition_done(struct tb_client *c, const struct tb_scope *scope, bool refused)
{
    if (refused)
        check_forget(c);
    tb_partitions_set(&c->check.differing, scope->partition, false);
}

void tb_client_set_checksum(struct tb_client *c, int64_t interval_ms, int64_t now_ms)
{
    c->now_ms = now_ms;
    if (c->check.interval_ms == interval_ms)
        return;
    c->check.interval_ms = interval_ms;
    c->check.due_ms = 0;
    check_pump(c);
}

void check_forget(struct tb_client *c)
{
    memset(&c->check.differing, 0, sizeof c->check.differing);
    c->check.due_ms = c->check.due_ms > 0 ? c->now_ms + AGAIN_MS : 0;
}

void check_begin(struct tb_client *c, bool epoch_changed)
{
    const struct tb_client_feed *feed = feed_of_kind(c, TB_SCOPE_PARTITION);
    if (!epoch_changed)
        return;
    /* Everything is read again. */
    c->check.ticket = 0;
    check_forget(c);
    if (feed != NULL)
        tb_client_feed_close(c, &feed->scope, c->now_ms);
}

void check_end(struct tb_client *c)
{
    c->check.request = 0;
}
