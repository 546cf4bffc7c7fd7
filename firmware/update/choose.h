/*
 * Which slot is started after a reset, and what is to be remembered before. Pure: the flash is read and
 * written by the callers, so that every case can be tried.
 */
#ifndef TB_FIRMWARE_UPDATE_CHOOSE_H
#define TB_FIRMWARE_UPDATE_CHOOSE_H

#include "firmware/update/record.h"

#define CHOOSE_SLOT_COUNT 2

struct slot_fact {
    bool whole;                         /* verify_slot() */
    uint8_t digest[RECORD_FAILED_SIZE]; /* first bytes; of a slot that is not whole, anything */
};

struct choice {
    uint8_t slot; /* to be started; RECORD_NO_SLOT: there is nothing to start */
    bool trial;   /* it is on trial: the watchdog has to run, and without the record it must not be started */
    bool changed; /* the record is to be saved first */
    struct record record;
};

/*
 * A slot on trial is started once. When it was started already and the head is here again, it did not prove
 * itself: the confirmed slot is started, and what failed is remembered. Should the confirmed slot be damaged,
 * any whole image is better than none.
 */
struct choice choose(const struct record *record, const struct slot_fact facts[CHOOSE_SLOT_COUNT]);

/* What to start when the record of a trial could not be saved. */
struct choice choose_without_trial(const struct record *record,
                                   const struct slot_fact facts[CHOOSE_SLOT_COUNT]);

#endif
