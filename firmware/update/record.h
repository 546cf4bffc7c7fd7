/*
 * What the boot loader has to remember: which slot is confirmed, and which one is on trial. Kept in two erase
 * units of the flash (tb_hal_board.record_at) as records that are only ever appended; the newest whole one
 * counts. When a unit is full the next record goes to the other one, which is erased for it: the newest
 * record is never in the unit that is being erased, so that power may fail at any byte.
 *
 * Main loop only; blocks as the flash does.
 */
#ifndef TB_FIRMWARE_UPDATE_RECORD_H
#define TB_FIRMWARE_UPDATE_RECORD_H

#include "core/base/err.h"

#include <stdbool.h>
#include <stdint.h>

#define RECORD_SIZE 32
#define RECORD_NO_SLOT 0xff
#define RECORD_FAILED_SIZE 8

struct record {
    uint8_t
        confirmed;  /* slot whose image proved itself, or RECORD_NO_SLOT on a head that was never updated */
    uint8_t trial;  /* slot whose image has still to prove itself, or RECORD_NO_SLOT */
    bool attempted; /* it was started; it is not started a second time */
    uint8_t failed[RECORD_FAILED_SIZE]; /* first bytes of the digest of what did not prove itself last */
};

/* What is true of a flash without any record. */
struct record record_initial(void);

/* The newest one. */
struct record record_load(void);

/* TB_ERR_IO when neither unit takes it; what was true before is still true then. */
TB_MUST_USE enum tb_err record_save(const struct record *record);

#endif
