/*
 * Plays arbitrary bytes as events of readers, caches and context stores on one identification machine
 * and stops the process when a rule of the machine is broken:
 *   - every attempt ends exactly once, with an outcome or merged;
 *   - a visit begins and a product is scanned only behind the outcome that says so;
 *   - what is handed over, a badge or a credential that is waited for, is nobody's visit;
 *   - "hold it there" is taken back before its attempt ends;
 *   - a card goes and comes back in turns, and only after its outcome;
 *   - nothing of a credential is left when all is over.
 */
#ifndef TB_TESTS_SUPPORT_IDENTIFY_DRIVE_H
#define TB_TESTS_SUPPORT_IDENTIFY_DRIVE_H

#include "core/base/span.h"

struct identify_drive_tally {
    uint64_t attempt_count;
    uint64_t merged_count;
    uint64_t visit_count;
};

void identify_drive(struct tb_span choices, struct identify_drive_tally *ret_tally);

#endif
