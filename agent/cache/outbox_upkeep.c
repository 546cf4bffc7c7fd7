#include "agent/cache/outbox_upkeep.h"

#include "core/base/assert.h"

#define DROPPED_NAME "dropped"
#define DROPPED_SIZE_MAX (TB_MUTATION_KIND_COUNT * (1u + TB_SHORT_SIZE_MAX + 8u + 8u))
#define LOOK_MAX 2000

/* ---- what was dropped ---- */

static struct tb_span about_dropped(const struct tb_outbox *outbox, struct tb_buf *space)
{
    tb_buf_add_str(space, DROPPED_NAME);
    tb_buf_add(space, tb_id_span(&outbox->incarnation));
    return tb_buf_span(space);
}

static void dropped_take(struct tb_span plain, struct tb_outbox_dropped *dropped)
{
    struct tb_reader r = tb_reader_of(plain);
    while (r.err == TB_OK && r.rest.size > 0) {
        struct tb_span name = tb_read_bytes(&r, tb_read_u8(&r));
        int64_t count = (int64_t)tb_read_u64be(&r);
        int64_t at_ms = (int64_t)tb_read_u64be(&r);
        for (unsigned kind = 1; r.err == TB_OK && kind < TB_MUTATION_KIND_COUNT; kind++)
            if (tb_span_is(name, tb_mutation_kind_names[kind]))
                dropped[kind] = (struct tb_outbox_dropped){.count = count, .at_ms = at_ms};
    }
}

/* Counts that do not verify begin at 0 again. */
static enum tb_err dropped_read(struct tb_outbox *outbox, struct tb_outbox_dropped *dropped)
{
    uint8_t about_bytes[32 + TB_ID_SIZE];
    uint8_t bytes[DROPPED_SIZE_MAX];
    struct tb_buf about = tb_buf_of(about_bytes, sizeof about_bytes);
    struct tb_buf plain = tb_buf_of(bytes, sizeof bytes);
    struct tb_stmt read;
    bool row = false;
    enum tb_err err =
        tb_stmt_prepare(outbox->db, "SELECT value FROM meta WHERE name = '" DROPPED_NAME "'", &read);
    if (err == TB_OK)
        err = tb_stmt_step(&read, &row);
    if (err == TB_OK && row &&
        tb_unseal(&outbox->sealer, about_dropped(outbox, &about), tb_stmt_blob(&read, 0), &plain) == TB_OK)
        dropped_take(tb_buf_span(&plain), dropped);
    tb_stmt_free(&read);
    return err;
}

static void dropped_put(const struct tb_outbox_dropped *dropped, struct tb_buf *plain)
{
    for (unsigned kind = 1; kind < TB_MUTATION_KIND_COUNT; kind++) {
        if (dropped[kind].count == 0)
            continue;
        tb_buf_add_u8(plain, (uint8_t)strlen(tb_mutation_kind_names[kind]));
        tb_buf_add_str(plain, tb_mutation_kind_names[kind]);
        tb_buf_add_u64be(plain, (uint64_t)dropped[kind].count);
        tb_buf_add_u64be(plain, (uint64_t)dropped[kind].at_ms);
    }
}

static enum tb_err dropped_write(struct tb_outbox *outbox, const struct tb_outbox_dropped *dropped)
{
    uint8_t about_bytes[32 + TB_ID_SIZE];
    uint8_t plain_bytes[DROPPED_SIZE_MAX];
    uint8_t sealed_bytes[DROPPED_SIZE_MAX + TB_AEAD_OVERHEAD];
    struct tb_buf about = tb_buf_of(about_bytes, sizeof about_bytes);
    struct tb_buf plain = tb_buf_of(plain_bytes, sizeof plain_bytes);
    struct tb_buf sealed = tb_buf_of(sealed_bytes, sizeof sealed_bytes);
    struct tb_stmt write;
    dropped_put(dropped, &plain);
    TB_ASSERT(plain.err == TB_OK);
    enum tb_err err = tb_seal(&outbox->sealer, about_dropped(outbox, &about), tb_buf_span(&plain), &sealed);
    if (err != TB_OK)
        return err;
    err = tb_stmt_prepare(
        outbox->db, "INSERT OR REPLACE INTO meta (name, value) VALUES ('" DROPPED_NAME "', ?1)", &write);
    if (err != TB_OK)
        return err;
    tb_stmt_bind_blob(&write, 1, tb_buf_span(&sealed));
    err = tb_stmt_run(&write);
    tb_stmt_free(&write);
    return err;
}

/* ---- dropping ---- */

struct choosing {
    const struct tb_outbox *outbox;
    unsigned rank; /* 0: by age */
    int64_t wall_ms;
    struct tb_outbox_drops *drops;
};

static bool is_chosen(const struct choosing *c, const struct tb_outbox_entry *entry)
{
    const struct tb_mutation *m = &entry->mutation;
    const struct tb_outbox_policy *policy = tb_outbox_policy_of(m->kind);
    if (entry->verdict.kind != TB_VERDICT_NONE || m->seq == c->outbox->next_seq - 1)
        return false;
    if (c->rank > 0)
        return policy->drop_rank == c->rank;
    return policy->age_max_ms > 0 && m->made_ms > 0 && c->wall_ms - m->made_ms > policy->age_max_ms;
}

static bool drop_choose(void *context, const struct tb_outbox_entry *entry)
{
    struct choosing *c = context;
    struct tb_outbox_drops *drops = c->drops;
    if (is_chosen(c, entry)) {
        drops->at[drops->count].seq = entry->mutation.seq;
        drops->at[drops->count].kind = entry->mutation.kind;
        drops->count++;
    }
    return drops->count < TB_OUTBOX_DROP_MAX;
}

static enum tb_err rows_choose(struct tb_outbox *outbox, struct choosing *choosing)
{
    enum tb_err err = tb_outbox_each(outbox, TB_OUTBOX_UNSETTLED, 1, drop_choose, choosing);
    return err == TB_ERR_SEAL ? TB_OK : err;
}

static enum tb_err rows_drop(struct tb_outbox *outbox, int64_t wall_ms, const struct tb_outbox_drops *drops)
{
    struct tb_outbox_dropped dropped[TB_MUTATION_KIND_COUNT] = {{0}};
    enum tb_err err = drops->count > 0 ? dropped_read(outbox, dropped) : TB_OK;
    for (size_t i = 0; i < drops->count && err == TB_OK; i++) {
        err = tb_outbox_remove(outbox, drops->at[i].seq);
        dropped[drops->at[i].kind].count++;
        dropped[drops->at[i].kind].at_ms = wall_ms;
    }
    if (err == TB_OK && drops->count > 0)
        err = dropped_write(outbox, dropped);
    return err == TB_OK && drops->count > 0 ? tb_outbox_recount(outbox) : err;
}

enum tb_err tb_outbox_make_room(struct tb_outbox *outbox, int64_t wall_ms, struct tb_outbox_drops *ret_drops)
{
    ret_drops->count = 0;
    struct choosing choosing = {.outbox = outbox, .wall_ms = wall_ms, .drops = ret_drops};
    enum tb_err err = TB_OK;
    for (choosing.rank = 1; err == TB_OK && choosing.rank <= TB_OUTBOX_RANK_MAX && ret_drops->count == 0;
         choosing.rank++)
        err = rows_choose(outbox, &choosing);
    return err == TB_OK ? rows_drop(outbox, wall_ms, ret_drops) : err;
}

enum tb_err tb_outbox_expire(struct tb_outbox *outbox, int64_t wall_ms, struct tb_outbox_drops *ret_drops)
{
    ret_drops->count = 0;
    struct choosing choosing = {.outbox = outbox, .wall_ms = wall_ms, .drops = ret_drops};
    enum tb_err err = rows_choose(outbox, &choosing);
    return err == TB_OK ? rows_drop(outbox, wall_ms, ret_drops) : err;
}

/* ---- listing ---- */

struct listing {
    struct tb_outbox_list *list;
    size_t looked;
};

static bool row_list(void *context, const struct tb_outbox_entry *entry)
{
    struct listing *l = context;
    struct tb_outbox_list *list = l->list;
    const struct tb_verdict *verdict = &entry->verdict;
    if (list->count == TB_OUTBOX_LIST_MAX || l->looked++ == LOOK_MAX) {
        list->next_seq = entry->mutation.seq;
        return false;
    }
    bool waits = verdict->kind == TB_VERDICT_NONE;
    bool rejected = verdict->kind == TB_VERDICT_REJECTED;
    if (!waits && !rejected && verdict->code[0] == '\0')
        return true;
    struct tb_outbox_row *row = &list->rows[list->count++];
    *row = (struct tb_outbox_row){
        .seq = entry->mutation.seq,
        .kind = entry->mutation.kind,
        .state = waits      ? TB_OUTBOX_WAITING
                 : rejected ? TB_OUTBOX_REJECTED
                            : TB_OUTBOX_CONFLICT,
        .made_ms = entry->mutation.made_ms,
        .decided_ms = entry->decided_ms,
    };
    memcpy(row->code, verdict->code, sizeof row->code);
    return true;
}

enum tb_err tb_outbox_list(struct tb_outbox *outbox, int64_t from_seq, struct tb_outbox_list *ret_list)
{
    *ret_list = (struct tb_outbox_list){.waiting_count = outbox->undecided_count,
                                        .waiting_bytes = outbox->undecided_bytes,
                                        .stored_count = outbox->stored_count};
    struct listing listing = {.list = ret_list};
    enum tb_err err = tb_outbox_each(outbox, TB_OUTBOX_ALL, from_seq, row_list, &listing);
    if (err == TB_OK || err == TB_ERR_SEAL) /* what does not verify was told at the start */
        err = dropped_read(outbox, ret_list->dropped);
    return err;
}
