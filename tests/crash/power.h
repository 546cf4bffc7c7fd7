/*
 * Power cuts: the real code works on files of a disk in memory, and everything that a power cut could have
 * left at each step of it is opened with the real code again and compared with what was promised up to then.
 *
 * A run is one seed. It has several lives: each begins with what one of the cuts of the life before has left,
 * so that power also fails while a failure is being recovered from. The same seed gives the same run.
 */
#ifndef TB_TESTS_CRASH_POWER_H
#define TB_TESTS_CRASH_POWER_H

#include "tests/support/crash/disk.h"

#define POWER_LIFE_COUNT 5 /* of a run, unless it is told */
#define POWER_FAULT_SIZE 200

/*
 * History: the states that one file went through, and which of them were promised when. A state is a plain
 * structure, all of whose bytes count; state 0 is what the life began with.
 */
struct power_moment {
    size_t begun_at; /* steps that the disk had done before the transaction began */
    size_t lasts_at; /* and when it was promised to last; SIZE_MAX: it was not */
};

struct power_history {
    size_t state_size;
    size_t count;
    size_t room;
    struct power_moment *moments; /* owned */
    uint8_t *states;              /* owned; count of them */
};

void power_history_begin(struct power_history *history, size_t state_size, const void *state);
void power_history_end(struct power_history *history);
/* A transaction begins: a new state, equal to the newest so far, to be written to until the next call. */
void *power_history_next(struct power_history *history, const struct crash_disk *disk);
void power_history_undo(struct power_history *history); /* the newest state did not come to be */
/* All states so far last from now on. */
void power_history_lasts(struct power_history *history, const struct crash_disk *disk);
const void *power_history_newest(const struct power_history *history);
void *power_history_latest(struct power_history *history); /* the same, to be written to */
/* Of the cut after so many steps: the oldest state that may be found, and the newest. */
void power_history_range(const struct power_history *history, size_t at, size_t *ret_oldest,
                         size_t *ret_newest);

/* The same as one number, for the promise of a subject. */
uint64_t power_history_promised(const struct power_history *history, size_t at);

/* NULL when state is one that may be found at this step; else what is wrong, in fault. equal may be stricter
 * or looser than equal bytes; NULL: bytes. */
const char *power_history_fault(const struct power_history *history, size_t at, const void *state,
                                const char *file, char fault[POWER_FAULT_SIZE]);

/* Bytes that must not be on the disk any more, wherever they were: of what was erased. */
#define POWER_GONE_SIZE 32
#define POWER_GONE_MAX 16

struct power_gone {
    size_t count;
    size_t looked_at; /* steps of the last look */
    struct {
        size_t since; /* steps when it was promised; 0: in a life before */
        uint8_t bytes[POWER_GONE_SIZE];
    } at[POWER_GONE_MAX];
};

/* From now on. Nothing when there are too many already. */
void power_gone_note(struct power_gone *gone, const uint8_t *bytes, const struct crash_disk *disk);
/* Looks for them on the disk that is mounted, before it is opened; NULL: none is there. */
const char *power_gone_fault(struct power_gone *gone, size_t at);
void power_gone_adopt(struct power_gone *gone); /* the next life begins with what was looked at last */

/* What is tried: one or several files with the code they belong to. */
struct power_subject {
    const char *name;
    const char *const *mistakes; /* that it can make on purpose; number 1 and on, up to NULL */
    /* The disk is empty; what is written to it now lasts. mistake: 0, or the number of one. */
    void *(*begin)(struct seeded_rng *chance, unsigned mistake, struct crash_disk *disk);
    void (*end)(void *subject);
    /* One life on the disk, which is mounted; it records. Returns what went wrong, or NULL. */
    const char *(*live)(void *subject, struct crash_disk *disk);
    /* Opens the disk that is mounted, a cut after so many steps of the last life. */
    const char *(*look)(void *subject, size_t at);
    /* The next life goes on from what the last look has seen. */
    void (*adopt)(void *subject);
    /* Tells steps apart at which different things were promised. */
    uint64_t (*promised)(void *subject, size_t at);
};

extern const struct power_subject power_terminal;
extern const struct power_subject power_engine;

struct power_tally {
    uint64_t run_count;
    uint64_t step_count;
    uint64_t state_count; /* different ones that were opened */
    uint64_t fault_count;
    uint64_t of_fate[CRASH_FATE_COUNT]; /* states */
};

/* The same plan is the same run. */
struct power_plan {
    uint64_t seed;
    unsigned mistake;    /* 0: none */
    unsigned life_count; /* 0: POWER_LIFE_COUNT */
};

/* Adds to the tally. The first fault is printed with its seed and ends the run. */
void power_run(const struct power_subject *subject, const struct power_plan *plan, struct power_tally *tally);

#endif
