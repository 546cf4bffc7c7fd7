/*
 * The reader head: link to the agent, NFC chip, scanner, lights and beeper, in one loop without waiting.
 * One instance, in static memory: it is the whole program. Main loop only.
 */
#ifndef TB_FIRMWARE_APP_HEAD_H
#define TB_FIRMWARE_APP_HEAD_H

/* After tb_hal_start(). */
void head_start(void);

/* Does what can be done now. */
void head_turn(void);

/* All of it, for ever. */
_Noreturn void head_run(void);

#endif
