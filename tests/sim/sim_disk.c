#include "tests/sim/sim.h"

size_t disk_feed(const struct sim_disk *d, const struct tb_scope *scope)
{
    size_t i = 0;
    while (i < d->feed_count && !tb_scope_equal(&d->feeds[i], scope))
        i++;
    return i;
}

struct sim_rows *disk_rows(struct sim_disk *d, const struct tb_scope *scope)
{
    return scope->kind == TB_SCOPE_DEVICE ? &d->state : &d->cache;
}

const struct sim_row *rows_find(const struct sim_rows *rows, enum tb_row_type type, const char *id)
{
    for (size_t i = 0; i < rows->count; i++)
        if (rows->at[i].type == type && strcmp(rows->at[i].id, id) == 0)
            return &rows->at[i];
    return NULL;
}

int64_t outbox_decided_seq(const struct sim_outbox *outbox)
{
    int64_t seq = 0;
    while (seq + 1 < outbox->next_seq && outbox->rows[seq + 1].decided)
        seq++;
    return seq;
}

static void row_store(struct sim *s, struct sim_rows *rows, const struct tb_row *row, uint64_t hash)
{
    struct sim_row *at = (struct sim_row *)(uintptr_t)rows_find(rows, row->type, row->id);
    if (at && at->version >= row->version)
        return;
    if (!at) {
        SIM_CHECK(s, rows->count < FAKE_OBJECT_MAX, "a client's cache is full");
        at = &rows->at[rows->count++];
    }
    at->type = row->type;
    memcpy(at->id, row->id, sizeof at->id);
    at->version = row->version;
    at->hash = hash;
}

void rows_store(struct sim *s, struct sim_rows *rows, const struct sim_job *job)
{
    for (size_t i = 0; i < job->row_count; i++)
        row_store(s, rows, &job->rows[i], job->hashes[i]);
}

void rows_set_epoch(struct sim_rows *rows, const char *epoch)
{
    if (strcmp(rows->epoch, epoch) == 0)
        return;
    /* A file that has none yet holds nothing of another. */
    for (size_t i = 0; i < rows->count && rows->epoch[0]; i++)
        rows->at[i].version = 0;
    if (rows->epoch[0])
        memset(rows->cursors, 0, sizeof rows->cursors);
    memcpy(rows->epoch, epoch, strlen(epoch) + 1);
}

void cache_lazy_begin(struct sim_disk *d)
{
    if (!d->lazy_open)
        d->cache_saved = d->cache;
    d->lazy_open = true;
}

void cache_lazy_undo(struct sim_disk *d)
{
    if (d->lazy_open)
        d->cache = d->cache_saved;
    d->lazy_open = false;
}

void cache_committed(struct sim *s, struct sim_disk *d)
{
    d->lazy_open = false;
    if (!s->faults.power)
        return;
    /* The first is what is on the disk for sure; of the others any may be. */
    if (d->kept_count < SIM_CACHE_KEPT_MAX)
        d->kept[d->kept_count++] = d->cache;
    else
        d->kept[1 + sim_below(s, SIM_CACHE_KEPT_MAX - 1)] = d->cache;
}

void cache_checkpoint(struct sim_disk *d)
{
    d->kept[0] = d->cache;
    d->kept_count = 1;
}

void cache_power_cut(struct sim *s, struct sim_disk *d)
{
    if (sim_one_in(s, 3))
        return; /* everything had been written */
    d->cache = d->kept[sim_below(s, (uint32_t)d->kept_count)];
    cache_checkpoint(d);
}

void cache_lose(struct sim_disk *d)
{
    d->lazy_open = false;
    memset(&d->cache, 0, sizeof d->cache);
    cache_checkpoint(d);
}
