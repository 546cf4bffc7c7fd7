#include "agent/app/visit/pending.h"

#include "core/base/wipe.h"

#include <stdlib.h>

static enum tb_err pending_grow(struct tb_pending *p)
{
    size_t count_max = p->count_max ? 2 * p->count_max : 16;
    struct tb_pending_entry *entries = reallocarray(p->entries, count_max, sizeof *entries);
    if (!entries)
        return TB_ERR_NO_MEMORY;
    p->entries = entries;
    p->count_max = count_max;
    return TB_OK;
}

static bool has_lists(const struct tb_mutation *m)
{
    return m->kind == TB_MUTATION_CHECKOUT_FINISH || m->kind == TB_MUTATION_CHECKOUT_VOID ||
           m->kind == TB_MUTATION_CART_MERGE || m->kind == TB_MUTATION_JOURNEY_EVENT;
}

static enum tb_err entry_copy(const struct tb_mutation *from, struct tb_pending_entry *entry)
{
    if (!has_lists(from)) {
        entry->mutation = *from;
        return TB_OK;
    }
    entry->lists = malloc(TB_MUTATION_LISTS_SIZE_MAX);
    if (!entry->lists)
        return TB_ERR_NO_MEMORY;
    struct tb_arena arena = tb_arena_of(entry->lists, TB_MUTATION_LISTS_SIZE_MAX);
    return tb_mutation_copy(from, &arena, &entry->mutation);
}

static void entry_wipe(struct tb_pending_entry *entry)
{
    if (entry->lists)
        tb_wipe(entry->lists, TB_MUTATION_LISTS_SIZE_MAX);
    free(entry->lists);
    tb_wipe(entry, sizeof *entry);
}

/* ---- sales that were told ---- */

static struct tb_sale_key *sale_find(struct tb_pending *p, const struct tb_mutation *finish)
{
    const struct tb_sale_key *key = &finish->finish.sale;
    for (size_t i = 0; i < TB_PENDING_SALE_MAX; i++)
        if (strcmp(p->sales[i].transaction, key->transaction) == 0 &&
            strcmp(p->sales[i].business_date, key->business_date) == 0)
            return &p->sales[i];
    return NULL;
}

/* True: it was told before, whether or not that is still pending. */
static bool sale_is_told_again(struct tb_pending *p, const struct tb_mutation *m)
{
    if (m->kind != TB_MUTATION_CHECKOUT_FINISH)
        return false;
    if (sale_find(p, m))
        return true;
    p->sales[p->sale_next] = m->finish.sale;
    p->sale_next = (p->sale_next + 1) % TB_PENDING_SALE_MAX;
    return false;
}

/* It was not booked: when it is told again, that is the first. */
static void sale_forget(struct tb_pending *p, const struct tb_pending_entry *entry)
{
    bool first = entry->mutation.kind == TB_MUTATION_CHECKOUT_FINISH && !entry->again;
    struct tb_sale_key *known = first ? sale_find(p, &entry->mutation) : NULL;
    if (known)
        *known = (struct tb_sale_key){.transaction = ""};
}

/* ---- entries ---- */

enum tb_err tb_pending_add(struct tb_pending *p, const struct tb_mutation *mutation,
                           enum tb_verdict_kind verdict, int64_t version)
{
    if (verdict == TB_VERDICT_REJECTED || !tb_cart_view_covers(mutation->kind))
        return TB_OK;
    if (p->count == p->count_max) {
        enum tb_err err = pending_grow(p);
        if (err != TB_OK)
            return err;
    }
    struct tb_pending_entry entry = {.verdict = verdict, .version = version};
    enum tb_err err = entry_copy(mutation, &entry);
    if (err != TB_OK)
        return err;
    entry.again = sale_is_told_again(p, mutation);
    p->entries[p->count++] = entry;
    p->undecided_count += verdict == TB_VERDICT_NONE;
    return TB_OK;
}

static void pending_remove(struct tb_pending *p, size_t index)
{
    entry_wipe(&p->entries[index]);
    p->count--;
    memmove(&p->entries[index], &p->entries[index + 1], (p->count - index) * sizeof *p->entries);
    tb_wipe(&p->entries[p->count], sizeof *p->entries);
}

void tb_pending_hear(struct tb_pending *p, const struct tb_verdict *verdict)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->entries[i].mutation.seq == verdict->seq && p->entries[i].verdict == TB_VERDICT_NONE)
            p->entries[i].version = verdict->version;
}

void tb_pending_hear_up_to(struct tb_pending *p, int64_t seq)
{
    for (size_t i = 0; i < p->count && p->entries[i].mutation.seq <= seq; i++)
        if (p->entries[i].verdict == TB_VERDICT_NONE)
            p->entries[i].version = 1; /* no cart has an older one */
}

void tb_pending_decide(struct tb_pending *p, const struct tb_verdict *verdict)
{
    for (size_t i = 0; i < p->count; i++) {
        struct tb_pending_entry *entry = &p->entries[i];
        if (entry->mutation.seq != verdict->seq || entry->verdict != TB_VERDICT_NONE)
            continue;
        p->undecided_count--;
        entry->verdict = verdict->kind;
        entry->version = verdict->version;
        if (verdict->kind == TB_VERDICT_REJECTED) {
            sale_forget(p, entry);
            pending_remove(p, i);
        }
        return;
    }
}

const struct tb_pending_entry *tb_pending_find(const struct tb_pending *p, int64_t seq)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->entries[i].mutation.seq == seq)
            return &p->entries[i];
    return NULL;
}

void tb_pending_drop(struct tb_pending *p, int64_t seq)
{
    const struct tb_pending_entry *entry = tb_pending_find(p, seq);
    if (!entry || entry->verdict != TB_VERDICT_NONE)
        return;
    p->undecided_count--;
    sale_forget(p, entry);
    pending_remove(p, (size_t)(entry - p->entries));
}

bool tb_pending_is_of(const struct tb_mutation *mutation, const struct tb_pending_whose *whose)
{
    return tb_id_equal(&mutation->customer, &whose->customer) &&
           (!tb_id_is_zero(&whose->customer) || tb_id_equal(&mutation->cart, &whose->cart));
}

void tb_pending_settle(struct tb_pending *p, const struct tb_pending_whose *whose, int64_t base_version)
{
    for (size_t i = p->count; i-- > 0;) {
        const struct tb_pending_entry *entry = &p->entries[i];
        if (entry->verdict != TB_VERDICT_NONE && entry->version <= base_version &&
            tb_pending_is_of(&entry->mutation, whose))
            pending_remove(p, i);
    }
}

void tb_pending_settle_up_to(struct tb_pending *p, int64_t seq)
{
    for (size_t i = p->count; i-- > 0;)
        if (p->entries[i].verdict != TB_VERDICT_NONE && p->entries[i].mutation.seq <= seq)
            pending_remove(p, i);
}

void tb_pending_forget(struct tb_pending *p, const struct tb_id *customer)
{
    for (size_t i = p->count; i-- > 0;) {
        if (!tb_id_equal(&p->entries[i].mutation.customer, customer))
            continue;
        p->undecided_count -= p->entries[i].verdict == TB_VERDICT_NONE;
        pending_remove(p, i);
    }
}

const struct tb_pending_entry *tb_pending_next(const struct tb_pending *p,
                                               const struct tb_pending_whose *whose, size_t *index)
{
    while (*index < p->count) {
        const struct tb_pending_entry *entry = &p->entries[(*index)++];
        if (tb_pending_is_of(&entry->mutation, whose))
            return entry;
    }
    return NULL;
}

void tb_pending_free(struct tb_pending *p)
{
    for (size_t i = 0; i < p->count; i++)
        entry_wipe(&p->entries[i]);
    free(p->entries);
    *p = (struct tb_pending){0};
}
