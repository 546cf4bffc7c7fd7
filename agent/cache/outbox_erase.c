#include "agent/cache/outbox_erase.h"

#include "core/base/assert.h"

#define LOOK_MAX 256 /* rows that are noted in one pass */

struct looking {
    const struct tb_erasure *erasures;
    size_t erasure_count;
    int64_t from_seq; /* the next pass */
    size_t count;
    struct {
        int64_t seq;
        const struct tb_erasure *erasure;
        bool sale;
    } found[LOOK_MAX];
};

static const struct tb_erasure *erasure_of(const struct looking *l, const struct tb_id *customer)
{
    for (size_t i = 0; i < l->erasure_count; i++)
        if (tb_id_equal(&l->erasures[i].customer, customer))
            return &l->erasures[i];
    return NULL;
}

static bool is_sale(enum tb_mutation_kind kind)
{
    return kind == TB_MUTATION_CHECKOUT_FINISH || kind == TB_MUTATION_CHECKOUT_VOID;
}

static bool look(void *context, const struct tb_outbox_entry *entry)
{
    struct looking *l = context;
    const struct tb_erasure *erasure = erasure_of(l, &entry->mutation.customer);
    l->from_seq = entry->mutation.seq + 1;
    if (erasure) {
        l->found[l->count].seq = entry->mutation.seq;
        l->found[l->count].erasure = erasure;
        l->found[l->count].sale = is_sale(entry->mutation.kind);
        l->count++;
    }
    return l->count < LOOK_MAX;
}

struct rewriting {
    struct tb_outbox *outbox;
    const struct tb_erasure *erasure;
    int64_t seq;
    struct tb_mutation mutation;
    bool done;
    _Alignas(max_align_t) uint8_t lists[TB_MUTATION_LISTS_SIZE_MAX];
};

/* Copied, because what the entry borrows is what the new form is put together in. */
static bool sale_take(void *context, const struct tb_outbox_entry *entry)
{
    struct rewriting *r = context;
    struct tb_arena lists = tb_arena_of(r->lists, sizeof r->lists);
    r->done =
        entry->mutation.seq == r->seq && tb_mutation_copy(&entry->mutation, &lists, &r->mutation) == TB_OK;
    return false;
}

static enum tb_err sale_rewrite(struct tb_outbox *outbox, int64_t seq, const struct tb_erasure *erasure)
{
    static const struct tb_id none;
    struct rewriting r = {.outbox = outbox, .erasure = erasure, .seq = seq};
    enum tb_err err = tb_outbox_each(outbox, TB_OUTBOX_ALL, seq, sale_take, &r);
    if (err != TB_OK || !r.done)
        return err == TB_OK ? TB_ERR_CORRUPT : err;
    r.mutation.customer = erasure->id;
    r.mutation.cart = none;
    r.mutation.visit = none;
    return tb_outbox_replace(outbox, &r.mutation);
}

/* The highest number is what the next one follows: it stays taken. */
static enum tb_err row_erase(struct tb_outbox *outbox, int64_t seq)
{
    if (seq + 1 < outbox->next_seq)
        return tb_outbox_remove(outbox, seq);
    const struct tb_mutation skipped = {.seq = seq, .kind = TB_MUTATION_SKIPPED, .skipped.count = 1};
    return tb_outbox_replace(outbox, &skipped);
}

enum tb_err tb_outbox_erase(struct tb_outbox *outbox, const struct tb_erasure *erasures, size_t count)
{
    struct looking l = {.erasures = erasures, .erasure_count = count, .from_seq = 1};
    enum tb_err err = TB_OK;
    do {
        l.count = 0;
        err = tb_outbox_each(outbox, TB_OUTBOX_ALL, l.from_seq, look, &l);
        if (err == TB_ERR_SEAL)
            err = TB_OK;
        for (size_t i = 0; i < l.count && err == TB_OK; i++)
            err = l.found[i].sale ? sale_rewrite(outbox, l.found[i].seq, l.found[i].erasure)
                                  : row_erase(outbox, l.found[i].seq);
    } while (err == TB_OK && l.count == LOOK_MAX);
    return err == TB_OK ? tb_outbox_recount(outbox) : err;
}

enum tb_err tb_outbox_erase_log(struct tb_outbox *outbox)
{
    enum tb_err err = tb_db_checkpoint(outbox->db, TB_DB_CHECKPOINT_TRUNCATE);
    return err == TB_OK ? tb_db_scrub(outbox->db) : err;
}
