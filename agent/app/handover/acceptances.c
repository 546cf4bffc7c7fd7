#include "agent/app/handover/acceptances.h"

#include <stdlib.h>

/* ---- which ---- */

struct tb_acceptance *tb_acceptances_find(struct tb_acceptances *list, const struct tb_id *id)
{
    for (size_t i = 0; i < TB_ACCEPTANCE_COUNT_MAX; i++)
        if (list->at[i].stage != TB_ACCEPTANCE_NONE && tb_id_equal(&list->at[i].id, id))
            return &list->at[i];
    return NULL;
}

struct tb_acceptance *tb_acceptances_of_seq(struct tb_acceptances *list, int64_t seq)
{
    for (size_t i = 0; i < TB_ACCEPTANCE_COUNT_MAX; i++)
        if (list->at[i].stage == TB_ACCEPTANCE_ASKED && seq != 0 && list->at[i].seq == seq)
            return &list->at[i];
    return NULL;
}

bool tb_acceptances_has_held(const struct tb_acceptances *list)
{
    for (size_t i = 0; i < TB_ACCEPTANCE_COUNT_MAX; i++)
        if (list->at[i].stage == TB_ACCEPTANCE_HELD)
            return true;
    return false;
}

struct tb_acceptance *tb_acceptances_oldest_held(struct tb_acceptances *list)
{
    struct tb_acceptance *oldest = NULL;
    for (size_t i = 0; i < TB_ACCEPTANCE_COUNT_MAX; i++) {
        struct tb_acceptance *one = &list->at[i];
        if (one->stage == TB_ACCEPTANCE_HELD && (!oldest || one->until_ms < oldest->until_ms))
            oldest = one;
    }
    return oldest;
}

/* ---- across a restart ---- */

void tb_acceptances_load(struct tb_acceptances *list, const struct tb_taken *taken)
{
    for (size_t i = 0; i < taken->count && i < TB_ACCEPTANCE_COUNT_MAX; i++)
        list->at[i] = (struct tb_acceptance){.stage = TB_ACCEPTANCE_LEFT, .id = taken->ids[i]};
}

void tb_acceptances_save(const struct tb_acceptances *list, struct tb_taken *ret_taken)
{
    *ret_taken = (struct tb_taken){.count = 0};
    for (size_t i = 0; i < TB_ACCEPTANCE_COUNT_MAX; i++)
        if (list->at[i].stage != TB_ACCEPTANCE_NONE)
            ret_taken->ids[ret_taken->count++] = list->at[i].id;
}

/* ---- from stage to stage ---- */

enum tb_err tb_acceptances_add(struct tb_acceptances *list, const struct tb_id *id, int64_t now_ms,
                               struct tb_acceptance **ret_acceptance)
{
    struct tb_acceptance *place = tb_acceptances_find(list, id);
    if (place && place->stage != TB_ACCEPTANCE_LEFT)
        return TB_ERR_CONFLICT;
    for (size_t i = 0; i < TB_ACCEPTANCE_COUNT_MAX && !place; i++)
        if (list->at[i].stage == TB_ACCEPTANCE_NONE)
            place = &list->at[i];
    if (!place)
        return TB_ERR_FULL;
    *place = (struct tb_acceptance){
        .stage = TB_ACCEPTANCE_ASKED, .id = *id, .until_ms = now_ms + TB_ACCEPTANCE_VERDICT_MS};
    *ret_acceptance = place;
    return TB_OK;
}

void tb_acceptance_hold(struct tb_acceptance *acceptance, int64_t now_ms)
{
    acceptance->stage = TB_ACCEPTANCE_HELD;
    acceptance->until_ms = now_ms + TB_ACCEPTANCE_HELD_MS;
}

void tb_acceptance_give_back(struct tb_acceptance *acceptance, int64_t now_ms)
{
    free(acceptance->cart);
    acceptance->cart = NULL;
    acceptance->stage = TB_ACCEPTANCE_BACK;
    acceptance->until_ms = now_ms;
}

void tb_acceptance_drop(struct tb_acceptance *acceptance)
{
    free(acceptance->cart);
    *acceptance = (struct tb_acceptance){.stage = TB_ACCEPTANCE_NONE};
}

void tb_acceptances_clear(struct tb_acceptances *list)
{
    for (size_t i = 0; i < TB_ACCEPTANCE_COUNT_MAX; i++)
        tb_acceptance_drop(&list->at[i]);
}

/* ---- time ---- */

static bool has_time(const struct tb_acceptance *acceptance)
{
    switch (acceptance->stage) {
    case TB_ACCEPTANCE_NONE:
    case TB_ACCEPTANCE_LEFT:
    case TB_ACCEPTANCE_GOING: return false;
    case TB_ACCEPTANCE_ASKED:
    case TB_ACCEPTANCE_HELD:
    case TB_ACCEPTANCE_BACK: return true;
    }
    return false;
}

int64_t tb_acceptances_due_ms(const struct tb_acceptances *list)
{
    int64_t due_ms = INT64_MAX;
    for (size_t i = 0; i < TB_ACCEPTANCE_COUNT_MAX; i++)
        if (has_time(&list->at[i]) && list->at[i].until_ms < due_ms)
            due_ms = list->at[i].until_ms;
    return due_ms;
}

struct tb_acceptance *tb_acceptances_overdue(struct tb_acceptances *list, int64_t now_ms)
{
    for (size_t i = 0; i < TB_ACCEPTANCE_COUNT_MAX; i++) {
        struct tb_acceptance *one = &list->at[i];
        if (!has_time(one) || one->until_ms > now_ms)
            continue;
        if (one->stage != TB_ACCEPTANCE_BACK)
            tb_acceptance_give_back(one, now_ms);
        return one;
    }
    return NULL;
}
