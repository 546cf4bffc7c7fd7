/*
 * A plain table in a file of SQLite alone, in each of its journal modes: what the model of a power cut says
 * of them is known from SQLite's documentation (sqlite.org/pragma.html, synchronous and journal_mode), so it
 * says whether the model is one.
 */
#ifndef TB_TESTS_CRASH_MODES_H
#define TB_TESTS_CRASH_MODES_H

#include "tests/crash/power.h"

/* Its mistakes are the modes: number 1 is crash_modes[0]. */
extern const struct power_subject power_modes;

struct crash_mode {
    const char *journal;
    const char *synchronous;
    bool loses; /* what was committed, or keeps what was deleted */
};

#define CRASH_MODE_COUNT 8
extern const struct crash_mode crash_modes[CRASH_MODE_COUNT];

#endif
