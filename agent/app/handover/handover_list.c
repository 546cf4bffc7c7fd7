#include "agent/app/handover/handover_list.h"

#include "core/base/wipe.h"

#include <string.h>

/* ---- order ---- */

enum rank { RANK_HELP_HERE, RANK_HELP_ELSEWHERE, RANK_CONTINUE, RANK_DECLINED };

/* Who asks on the web has no terminal that could be named. */
static enum rank rank_of(const struct tb_handover_entry *entry)
{
    if (entry->declined)
        return RANK_DECLINED;
    if (entry->doc.reason != TB_HANDOVER_FOR_HELP)
        return RANK_CONTINUE;
    return entry->doc.from[0] ? RANK_HELP_HERE : RANK_HELP_ELSEWHERE;
}

static bool goes_before(const struct tb_handover_entry *a, const struct tb_handover_entry *b)
{
    enum rank of_a = rank_of(a);
    enum rank of_b = rank_of(b);
    return of_a != of_b ? of_a < of_b : a->doc.at_ms > b->doc.at_ms;
}

/* ---- places ---- */

static void place_free(struct tb_handover_list *list, size_t index)
{
    size_t behind = list->count - index - 1;
    memmove(&list->at[index], &list->at[index + 1], behind * sizeof list->at[0]);
    list->count--;
    tb_wipe(&list->at[list->count], sizeof list->at[0]);
}

static size_t index_of(const struct tb_handover_list *list, const struct tb_id *id)
{
    size_t index = 0;
    while (index < list->count && !tb_id_equal(&list->at[index].id, id))
        index++;
    return index;
}

static bool insert(struct tb_handover_list *list, const struct tb_handover_entry *entry)
{
    bool full = list->count == TB_HANDOVERS_OPEN_MAX;
    if (full && !goes_before(entry, &list->at[list->count - 1]))
        return false;
    if (full)
        list->count--;
    size_t index = list->count;
    while (index > 0 && goes_before(entry, &list->at[index - 1]))
        index--;
    memmove(&list->at[index + 1], &list->at[index], (list->count - index) * sizeof list->at[0]);
    list->at[index] = *entry;
    list->count++;
    return !full;
}

/* ---- what is done with it ---- */

const struct tb_handover_entry *tb_handover_list_find(const struct tb_handover_list *list,
                                                      const struct tb_id *id)
{
    size_t index = index_of(list, id);
    return index < list->count ? &list->at[index] : NULL;
}

bool tb_handover_list_put(struct tb_handover_list *list, const struct tb_handover_entry *entry)
{
    struct tb_handover_entry next = *entry;
    size_t index = index_of(list, &entry->id);
    if (index < list->count) {
        next.declined = list->at[index].declined;
        place_free(list, index);
    }
    bool kept_all = insert(list, &next);
    tb_wipe(&next, sizeof next);
    return kept_all;
}

void tb_handover_list_decline(struct tb_handover_list *list, const struct tb_id *id)
{
    size_t index = index_of(list, id);
    if (index == list->count)
        return;
    struct tb_handover_entry next = list->at[index];
    next.declined = true;
    place_free(list, index);
    (void)insert(list, &next); /* there is its own place */
    tb_wipe(&next, sizeof next);
}

void tb_handover_list_remove(struct tb_handover_list *list, const struct tb_id *id)
{
    size_t index = index_of(list, id);
    if (index < list->count)
        place_free(list, index);
}

void tb_handover_list_forget(struct tb_handover_list *list, const struct tb_id *customer)
{
    for (size_t i = list->count; i > 0; i--)
        if (tb_id_equal(&list->at[i - 1].customer, customer))
            place_free(list, i - 1);
}

void tb_handover_list_clear(struct tb_handover_list *list)
{
    tb_wipe(list, sizeof *list);
}
