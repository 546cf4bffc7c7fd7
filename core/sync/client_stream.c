/*
 * The stream of mutations. sent[] holds what is under way, oldest first; the first judged_count of
 * them have a verdict that the owner is saving. Only a saved verdict moves decided_seq.
 */
#include "core/base/assert.h"
#include "core/sync/client_parts.h"

#define ENVELOPE_SIZE_MAX 512
#define SKIPPED_SIZE_MAX 96u

_Static_assert(TB_CLIENT_BATCH_SIZE_MAX + ENVELOPE_SIZE_MAX + TB_CLIENT_WINDOW * SKIPPED_SIZE_MAX <=
                   TB_MESSAGE_SIZE_MAX,
               "a batch with its skipped records fits one message");

void stream_begin(struct tb_client *c, int64_t server_decided_seq)
{
    /* What the server decided and we did not save is sent again for its verdict; what we saved and the
     * server lost, because it was restored, is sent again to be decided. */
    c->sent_seq = server_decided_seq < c->decided_seq ? server_decided_seq : c->decided_seq;
    c->effect_seq = server_decided_seq;
    c->pause_until_ms = 0;
    c->pause_count = 0;
    c->redo_from = 0;
}

void stream_end(struct tb_client *c)
{
    c->sent_count = 0;
    c->judged_count = 0;
    c->window_full = false;
    c->read_ticket = 0;
    c->pause_until_ms = 0;
}

/* Between half and the whole of a time that doubles, so that a store's terminals do not come in step. */
static int64_t pause_ms(struct tb_client *c)
{
    int64_t whole = CLIENT_PAUSE_MAX_MS;
    if (c->pause_count < 6)
        whole = (int64_t)CLIENT_PAUSE_MS << c->pause_count;
    uint16_t random;
    c->config.rng->fill(c->config.rng->context, (uint8_t *)&random, sizeof random);
    return whole / 2 + whole / 2 * random / UINT16_MAX;
}

static void stream_pause(struct tb_client *c)
{
    c->pause_until_ms = c->now_ms + pause_ms(c);
    c->pause_count++;
    c->read_ticket = 0;
}

/* Once nothing is under way, whether it was judged or put off. */
static void stream_redo(struct tb_client *c)
{
    if (c->redo_from == 0 || c->sent_count > 0)
        return;
    c->sent_seq = c->redo_from - 1;
    c->redo_from = 0;
    stream_pause(c);
}

static size_t window_room(const struct tb_client *c)
{
    size_t room = TB_MUTATION_WINDOW_SIZE_MAX;
    for (size_t i = 0; i < c->sent_count; i++)
        room -= c->sent[i].size < room ? c->sent[i].size : room;
    return room;
}

void stream_pump(struct tb_client *c)
{
    stream_redo(c);
    if (c->phase != TB_PHASE_LIVE || c->read_ticket || c->pause_until_ms || c->redo_from || c->window_full)
        return;
    if (c->sent_count == TB_CLIENT_WINDOW || c->sent_seq + 1 >= c->next_seq)
        return;
    c->read_ticket = client_ticket(c);
    client_act(c,
               &(struct tb_client_action){.act = TB_CLIENT_READ,
                                          .read = {.ticket = c->read_ticket,
                                                   .from_seq = c->sent_seq + 1,
                                                   .count_max = (uint32_t)(TB_CLIENT_WINDOW - c->sent_count),
                                                   .size_max = window_room(c)}});
}

static void sent_add(struct tb_client *c, int64_t first, int64_t last, size_t size)
{
    TB_ASSERT(c->sent_count < TB_CLIENT_WINDOW && first == c->sent_seq + 1 && last >= first);
    c->sent[c->sent_count++] = (struct tb_client_sent){.first = first, .last = last, .size = size};
    c->sent_seq = last;
}

/*
 * Closes the hole up to last as far as the window has room. A record lies wholly in what the server had
 * decided at hello or wholly behind it: of one that begins in what is decided only the verdict would be
 * repeated, and the rest of the hole would stay open.
 */
static void put_skipped(struct tb_client *c, struct tb_json_writer *w, int64_t last)
{
    while (c->sent_seq < last && c->sent_count < TB_CLIENT_WINDOW && window_room(c) >= SKIPPED_SIZE_MAX) {
        int64_t end = c->sent_seq < c->effect_seq && c->effect_seq < last ? c->effect_seq : last;
        struct tb_mutation skipped = {
            .seq = c->sent_seq + 1, .kind = TB_MUTATION_SKIPPED, .skipped.count = end - c->sent_seq};
        size_t before = w->to->size;
        tb_mutation_encode(w, NULL, &skipped);
        sent_add(c, skipped.seq, end, w->to->size - before);
    }
    c->window_full = c->sent_seq < last && c->sent_count < TB_CLIENT_WINDOW;
}

/* False when nothing more goes into this message. */
static bool put_row(struct tb_client *c, struct tb_json_writer *w, const struct tb_client_row *row)
{
    TB_ASSERT(row->mutation.size > 0 && row->mutation.size <= TB_CLIENT_BATCH_SIZE_MAX);
    put_skipped(c, w, row->seq - 1);
    if (c->sent_count == TB_CLIENT_WINDOW)
        return false;
    c->window_full = c->window_full || row->mutation.size > window_room(c);
    if (c->window_full)
        return false;
    tb_json_put_raw(w, NULL, row->mutation);
    sent_add(c, row->seq, row->seq, row->mutation.size);
    return true;
}

static struct tb_json_writer mutate_begin(struct tb_client *c)
{
    struct tb_json_writer w = tb_rpc_begin_notification(client_out(c), "mutate");
    tb_json_open_array(&w, "mutations");
    return w;
}

static void mutate_end(struct tb_client *c, struct tb_json_writer *w, int64_t sent_before)
{
    tb_json_close_array(w);
    if (c->sent_seq > sent_before)
        client_send(c, w);
}

void tb_client_stored(struct tb_client *c, int64_t seq, struct tb_span mutation, int64_t now_ms)
{
    c->now_ms = now_ms;
    if (seq < c->next_seq)
        return;
    c->next_seq = seq + 1;
    bool in_line = c->phase == TB_PHASE_LIVE && !c->read_ticket && !c->pause_until_ms && !c->redo_from &&
                   !c->window_full && c->sent_count < TB_CLIENT_WINDOW && seq == c->sent_seq + 1;
    if (in_line) {
        int64_t before = c->sent_seq;
        struct tb_json_writer w = mutate_begin(c);
        (void)put_row(c, &w, &(struct tb_client_row){.seq = seq, .mutation = mutation});
        mutate_end(c, &w, before);
    }
    stream_pump(c);
}

/* Rows in order, none that was sent already. */
static enum tb_err rows_check(const struct tb_client *c, const struct tb_client_rows *rows)
{
    int64_t before = c->sent_seq;
    for (size_t i = 0; rows->err == TB_OK && i < rows->count; i++) {
        if (rows->at[i].seq <= before)
            return TB_ERR_CORRUPT;
        before = rows->at[i].seq;
    }
    return rows->err;
}

void tb_client_read(struct tb_client *c, uint32_t ticket, const struct tb_client_rows *rows, int64_t now_ms)
{
    c->now_ms = now_ms;
    if (ticket == 0 || ticket != c->read_ticket)
        return;
    c->read_ticket = 0;
    if (rows_check(c, rows) != TB_OK) {
        stream_pause(c);
        return;
    }
    int64_t before = c->sent_seq;
    struct tb_json_writer w = mutate_begin(c);
    bool room = true;
    for (size_t i = 0; room && i < rows->count; i++)
        room = put_row(c, &w, &rows->at[i]);
    if (rows->count == 0)
        put_skipped(c, &w, c->next_seq - 1);
    /* A row can be read before its commit was reported. */
    if (c->sent_seq >= c->next_seq)
        c->next_seq = c->sent_seq + 1;
    mutate_end(c, &w, before);
    stream_pump(c);
}

/* Sends again from the first that is not saved as decided; what is under way meanwhile is void. */
static void stream_rewind(struct tb_client *c, size_t keep_count)
{
    TB_ASSERT(keep_count < c->sent_count);
    c->sent_seq = c->sent[keep_count].first - 1;
    c->sent_count = (uint8_t)keep_count;
    c->window_full = false;
    stream_pause(c);
}

/* Judges in order; returns how many verdicts stand before a retry, or -1 when the peer is out of step. */
static int verdicts_judge(struct tb_client *c, const struct tb_verdicts *v, uint32_t ticket)
{
    for (size_t i = 0; i < v->count; i++) {
        const struct tb_verdict *verdict = &v->verdicts[i];
        if (c->judged_count >= c->sent_count || verdict->seq != c->sent[c->judged_count].first)
            return -1;
        if (verdict->kind == TB_VERDICT_RETRY) {
            stream_rewind(c, c->judged_count);
            return i + 1 == v->count ? (int)i : -1;
        }
        c->sent[c->judged_count++].ticket = ticket;
        c->pause_count = 0;
    }
    return v->count;
}

void stream_verdicts(struct tb_client *c, struct tb_json params)
{
    struct tb_check check = {0};
    struct tb_verdicts v;
    tb_verdicts_decode(&check, params, c->config.arena, &v);
    if (check.err != TB_OK) {
        client_fail(c, tb_err_name(check.err));
        return;
    }
    uint32_t ticket = client_ticket(c);
    int count = verdicts_judge(c, &v, ticket);
    if (count < 0) {
        client_fail(c, "verdict_out_of_order");
        return;
    }
    if (count > 0)
        client_act(c, &(struct tb_client_action){.act = TB_CLIENT_DECIDE,
                                                 .decide = {.ticket = ticket,
                                                            .seq = c->sent[c->judged_count - 1].last,
                                                            .count = (uint8_t)count,
                                                            .verdicts = v.verdicts,
                                                            .rows = v.rows}});
}

/* Takes out what is saved and has nothing unsaved before it. */
static void saved_take(struct tb_client *c)
{
    size_t count = 0;
    while (count < c->judged_count && c->sent[count].saved)
        count++;
    if (count == 0)
        return;
    if (c->redo_from == 0 && c->sent[count - 1].last > c->decided_seq)
        c->decided_seq = c->sent[count - 1].last;
    c->sent_count = (uint8_t)(c->sent_count - count);
    c->judged_count = (uint8_t)(c->judged_count - count);
    memmove(c->sent, c->sent + count, c->sent_count * sizeof c->sent[0]);
    c->window_full = false;
}

void tb_client_decided(struct tb_client *c, uint32_t ticket, enum tb_err err, int64_t now_ms)
{
    bool current = false;
    c->now_ms = now_ms;
    for (size_t i = 0; ticket && i < c->judged_count; i++) {
        if (c->sent[i].ticket != ticket)
            continue;
        current = true;
        c->sent[i].saved = true; /* or given up: see below */
    }
    /* Later saves may succeed, but decided_seq must have no holes: once what is under way has come back,
     * everything from the first that is not taken out is sent again for its stored verdict. */
    if (current && err != TB_OK && c->redo_from == 0)
        c->redo_from = c->sent[0].first;
    saved_take(c);
    stream_pump(c);
    feeds_pump(c);
}

void stream_tick(struct tb_client *c)
{
    if (c->pause_until_ms == 0 || c->now_ms < c->pause_until_ms)
        return;
    c->pause_until_ms = 0;
    stream_pump(c);
}

int64_t stream_deadline_ms(const struct tb_client *c)
{
    return c->pause_until_ms ? c->pause_until_ms : INT64_MAX;
}
