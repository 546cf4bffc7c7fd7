/*
 * Applet: what the machines that speak APDUs (ISO/IEC 7816-4) with a card or phone have in common. Commands
 * out, answers in, no I/O:
 *
 *   step = tb_<applet>_start(&m, …);
 *   while (step == TB_APPLET_NEXT)
 *       step = exchange(&m.io, &answer) ? tb_<applet>_answer(&m, answer) : tb_<applet>_lost(&m);
 *
 * A machine ends after a bounded number of commands whatever the card answers. Keys, time and random bytes
 * are handed in at the start, so that a recorded exchange replays byte for byte.
 */
#ifndef TB_CORE_CREDENTIAL_APPLET_H
#define TB_CORE_CREDENTIAL_APPLET_H

#include "core/base/span.h"

#define TB_APPLET_COMMAND_MAX 262 /* bytes: what libnfc 1.8 and the PN532 carry in one exchange */

enum tb_applet_step {
    TB_APPLET_NEXT,   /* io.command is to be sent */
    TB_APPLET_DONE,   /* the judgement is ready */
    TB_APPLET_ABSENT, /* the card has no such application; another may be asked for */
    TB_APPLET_FAILED, /* the judgement says why: its reason is not TB_REASON_NONE */
    TB_APPLET_LOST,   /* the card did not answer: to be tried again like any torn read */
};

struct tb_applet_io {
    uint8_t command[TB_APPLET_COMMAND_MAX];
    uint16_t command_size;
    uint16_t timeout_ms; /* for this command */
};

/* Status word of an answer, 0 when it is shorter than one. */
static inline uint16_t tb_applet_status(struct tb_span answer)
{
    if (answer.size < 2)
        return 0;
    return (uint16_t)(answer.at[answer.size - 2] << 8 | answer.at[answer.size - 1]);
}

#endif
