#include "firmware/update/choose.h"

#include <string.h>

struct choice choose_without_trial(const struct record *record,
                                   const struct slot_fact facts[CHOOSE_SLOT_COUNT])
{
    struct choice c = {.slot = record->confirmed, .record = *record};
    if (c.slot < CHOOSE_SLOT_COUNT && facts[c.slot].whole)
        return c;
    c.slot = RECORD_NO_SLOT;
    for (uint8_t slot = 0; slot < CHOOSE_SLOT_COUNT && c.slot == RECORD_NO_SLOT; slot++)
        if (facts[slot].whole)
            c.slot = slot;
    return c;
}

struct choice choose(const struct record *record, const struct slot_fact facts[CHOOSE_SLOT_COUNT])
{
    struct record next = *record;
    bool trial = record->trial < CHOOSE_SLOT_COUNT;
    if (trial && !record->attempted && facts[record->trial].whole) {
        next.attempted = true;
        return (struct choice){.slot = record->trial, .trial = true, .changed = true, .record = next};
    }
    if (trial) {
        memcpy(next.failed, facts[record->trial].digest, sizeof next.failed);
        next.trial = RECORD_NO_SLOT;
        next.attempted = false;
    }
    struct choice c = choose_without_trial(&next, facts);
    c.changed = trial;
    return c;
}
