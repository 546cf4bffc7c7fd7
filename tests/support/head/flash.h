/*
 * A board that is nothing but flash, for tests of what writes into it: a fake of the flash part of
 * firmware/hal/hal.h in memory, whose power can be made to fail at any step. A step is the programming of one
 * word, or a part of erasing a unit; the step at which power fails is done by half.
 */
#ifndef TB_TESTS_SUPPORT_HEAD_FLASH_H
#define TB_TESTS_SUPPORT_HEAD_FLASH_H

#include "core/base/span.h"

#include <setjmp.h>

#define FLASH_BOARD "test-board"
#define FLASH_SLOT_SIZE 4096u
#define FLASH_UNIT_SIZE 1024u
#define FLASH_RECORD_UNIT_SIZE 128u /* four records: units change often */
#define FLASH_RECORDS_AT (2 * FLASH_SLOT_SIZE)
#define FLASH_SIZE (FLASH_RECORDS_AT + 2 * FLASH_RECORD_UNIT_SIZE)
#define FLASH_NEVER (-1)

extern uint8_t flash_memory[FLASH_SIZE];

/* Where flash functions go when power fails: setjmp(flash_power) before. */
extern jmp_buf flash_power;

/* Everything erased, power for ever, no faults. */
void flash_reset(void);

/* Power fails at the step-th step from now (0: the next one); FLASH_NEVER: it lasts. */
void flash_cut_at(int step);

/* Steps since flash_cut_at(). */
int flash_steps(void);

/* The chip does not take writes below this address from now on, as a worn one; 0: it does. */
void flash_worn_below(uint32_t address);

#endif
