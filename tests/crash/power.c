#include "tests/crash/power.h"

#include "tests/support/crash/vfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- histories ---- */

static uint8_t *state_at(const struct power_history *h, size_t number)
{
    return h->states + number * h->state_size;
}

static void *room_make(void *at, size_t size)
{
    void *grown = realloc(at, size);
    if (!grown)
        abort();
    return grown;
}

static void history_grow(struct power_history *h)
{
    if (h->count < h->room)
        return;
    h->room = h->room * 2 + 64;
    h->moments = room_make(h->moments, h->room * sizeof *h->moments);
    h->states = room_make(h->states, h->room * h->state_size);
}

void power_history_begin(struct power_history *history, size_t state_size, const void *state)
{
    history->state_size = state_size;
    history->count = 0;
    history_grow(history);
    memcpy(state_at(history, 0), state, state_size);
    history->moments[0] = (struct power_moment){0};
    history->count = 1;
}

void power_history_end(struct power_history *history)
{
    free(history->moments);
    free(history->states);
    *history = (struct power_history){0};
}

void *power_history_next(struct power_history *history, const struct crash_disk *disk)
{
    history_grow(history);
    size_t number = history->count++;
    memcpy(state_at(history, number), state_at(history, number - 1), history->state_size);
    history->moments[number] = (struct power_moment){.begun_at = disk->step_count, .lasts_at = SIZE_MAX};
    return state_at(history, number);
}

void power_history_undo(struct power_history *history)
{
    history->count--;
}

void power_history_lasts(struct power_history *history, const struct crash_disk *disk)
{
    for (size_t i = history->count; i > 0 && history->moments[i - 1].lasts_at == SIZE_MAX; i--)
        history->moments[i - 1].lasts_at = disk->step_count;
}

const void *power_history_newest(const struct power_history *history)
{
    return state_at(history, history->count - 1);
}

void *power_history_latest(struct power_history *history)
{
    return state_at(history, history->count - 1);
}

void power_history_range(const struct power_history *history, size_t at, size_t *ret_oldest,
                         size_t *ret_newest)
{
    *ret_oldest = *ret_newest = 0;
    for (size_t i = 1; i < history->count; i++) {
        if (history->moments[i].begun_at < at)
            *ret_newest = i;
        if (history->moments[i].lasts_at <= at)
            *ret_oldest = i;
    }
    if (*ret_newest < *ret_oldest) /* it had nothing to write */
        *ret_newest = *ret_oldest;
}

uint64_t power_history_promised(const struct power_history *history, size_t at)
{
    size_t oldest = 0;
    size_t newest = 0;
    power_history_range(history, at, &oldest, &newest);
    return (oldest * 1000 + newest) * UINT64_C(0x9e3779b97f4a7c15);
}

static bool history_has(const struct power_history *h, size_t from, size_t to, const void *state,
                        size_t *ret_number)
{
    for (size_t i = to + 1; i > from; i--) {
        *ret_number = i - 1;
        if (memcmp(state_at(h, i - 1), state, h->state_size) == 0)
            return true;
    }
    return false;
}

const char *power_history_fault(const struct power_history *history, size_t at, const void *state,
                                const char *file, char fault[POWER_FAULT_SIZE])
{
    size_t oldest = 0;
    size_t newest = 0;
    size_t number = 0;
    power_history_range(history, at, &oldest, &newest);
    if (history_has(history, oldest, newest, state, &number))
        return NULL;
    if (history_has(history, 0, history->count - 1, state, &number))
        (void)snprintf(fault, POWER_FAULT_SIZE,
                       "%s is as it was after transaction %zu; promised was %zu, begun %zu", file, number,
                       oldest, newest);
    else
        (void)snprintf(fault, POWER_FAULT_SIZE,
                       "%s is as it never was; promised was transaction %zu, begun %zu", file, oldest,
                       newest);
    return fault;
}

/* ---- what is gone ---- */

void power_gone_note(struct power_gone *gone, const uint8_t *bytes, const struct crash_disk *disk)
{
    if (gone->count == POWER_GONE_MAX)
        return;
    memcpy(gone->at[gone->count].bytes, bytes, POWER_GONE_SIZE);
    gone->at[gone->count++].since = disk->step_count;
}

const char *power_gone_fault(struct power_gone *gone, size_t at)
{
    gone->looked_at = at;
    for (size_t i = 0; i < gone->count; i++)
        if (gone->at[i].since <= at && crash_vfs_find(gone->at[i].bytes, POWER_GONE_SIZE))
            return "what was erased is still on the disk";
    return NULL;
}

void power_gone_adopt(struct power_gone *gone)
{
    size_t kept = 0;
    for (size_t i = 0; i < gone->count; i++)
        if (gone->at[i].since <= gone->looked_at) {
            gone->at[kept] = gone->at[i];
            gone->at[kept++].since = 0;
        }
    gone->count = kept;
}

/* ---- states that were looked at before ---- */

struct seen {
    uint64_t *at; /* owned; 0: free */
    size_t room;  /* a power of two */
    size_t count;
};

static bool seen_add(struct seen *seen, uint64_t key);

static void seen_grow(struct seen *seen)
{
    struct seen grown = {.room = seen->room ? 2 * seen->room : 1024};
    grown.at = calloc(grown.room, sizeof *grown.at);
    if (!grown.at)
        abort();
    for (size_t i = 0; i < seen->room; i++)
        if (seen->at[i])
            (void)seen_add(&grown, seen->at[i]);
    free(seen->at);
    *seen = grown;
}

static bool seen_add(struct seen *seen, uint64_t key)
{
    key += key == 0;
    if (2 * seen->count >= seen->room)
        seen_grow(seen);
    size_t at = (size_t)key & (seen->room - 1);
    while (seen->at[at] && seen->at[at] != key)
        at = (at + 1) & (seen->room - 1);
    if (seen->at[at] == key)
        return false;
    seen->at[at] = key;
    seen->count++;
    return true;
}

/* ---- a run ---- */

struct run {
    const struct power_subject *subject;
    void *of; /* the subject's own */
    uint64_t seed;
    unsigned life;
    struct seeded_rng chance;
    struct power_tally *tally;
    struct seen seen;
    struct crash_disk disk;
    struct crash_disk base; /* the disk when the life began */
    struct crash_disk cut;
    struct crash_disk next; /* what the next life begins with */
    size_t next_at;
    uint64_t cut_count;
    bool broken;
};

static void fault_tell(struct run *run, const char *where, size_t at, const char *fault)
{
    run->broken = true;
    run->tally->fault_count++;
    (void)printf("%s, seed %llu, life %u, step %zu, %s: %s\n", run->subject->name,
                 (unsigned long long)run->seed, run->life, at, where, fault);
}

/* Each cut of a life is the next one's beginning with the same chance. */
static void next_choose(struct run *run, size_t at)
{
    run->cut_count++;
    if (seeded_rng_next(&run->chance) % run->cut_count != 0)
        return;
    crash_disk_copy(&run->cut, &run->next);
    run->next_at = at;
}

static void cut_try(struct run *run, const struct crash_replay *replay, enum crash_fate fate)
{
    crash_replay_cut(replay, fate, &run->chance, &run->cut);
    uint64_t key = crash_disk_hash(&run->cut) ^ run->subject->promised(run->of, replay->at) ^ run->life;
    if (!seen_add(&run->seen, key))
        return;
    next_choose(run, replay->at);
    run->tally->state_count++;
    run->tally->of_fate[fate]++;
    crash_vfs_mount(&run->cut, key);
    const char *fault = run->subject->look(run->of, replay->at);
    if (fault)
        fault_tell(run, crash_fate_names[fate], replay->at, fault);
}

static void cuts_try(struct run *run)
{
    struct crash_replay replay;
    crash_replay_begin(&replay, &run->disk, &run->base);
    do {
        for (enum crash_fate fate = CRASH_KEPT; fate < CRASH_FATE_COUNT && !run->broken; fate++)
            cut_try(run, &replay, fate);
    } while (!run->broken && crash_replay_step(&replay));
    crash_replay_end(&replay);
}

static void life_run(struct run *run)
{
    crash_disk_copy(&run->disk, &run->base);
    crash_disk_record(&run->disk);
    crash_vfs_mount(&run->disk, seeded_rng_next(&run->chance));
    const char *fault = run->subject->live(run->of, &run->disk);
    if (fault)
        fault_tell(run, "living", run->disk.step_count, fault);
    run->tally->step_count += run->disk.step_count;
    run->cut_count = 0;
    if (!run->broken)
        cuts_try(run);
    if (run->broken)
        return;
    crash_disk_copy(&run->next, &run->disk);
    crash_vfs_mount(&run->next, 0);
    fault = run->subject->look(run->of, run->next_at);
    if (fault)
        fault_tell(run, "again", run->next_at, fault);
    run->subject->adopt(run->of);
}

void power_run(const struct power_subject *subject, const struct power_plan *plan, struct power_tally *tally)
{
    struct run *run = calloc(1, sizeof *run);
    if (!run)
        abort();
    run->subject = subject;
    run->seed = plan->seed;
    run->chance = (struct seeded_rng){.state = plan->seed};
    run->tally = tally;
    crash_vfs_install();
    run->of = subject->begin(&run->chance, plan->mistake, &run->disk);
    unsigned life_count = plan->life_count ? plan->life_count : POWER_LIFE_COUNT;
    for (run->life = 0; run->life < life_count && !run->broken; run->life++)
        life_run(run);
    subject->end(run->of);
    tally->run_count++;
    crash_disk_free(&run->disk);
    crash_disk_free(&run->base);
    crash_disk_free(&run->cut);
    crash_disk_free(&run->next);
    free(run->seen.at);
    free(run);
}
