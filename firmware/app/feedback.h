/*
 * Lights and beeper: what the agent asks for, and what the head says by itself before the agent has
 * answered. Newer feedback replaces older. Main loop only.
 */
#ifndef TB_FIRMWARE_APP_FEEDBACK_H
#define TB_FIRMWARE_APP_FEEDBACK_H

#include "core/link/message.h"

#define FEEDBACK_MAX_MS 10000 /* a light that the agent forgot goes out */

struct feedback {
    bool lit;
    int64_t dark_ms;      /* when the light goes out */
    const uint16_t *beep; /* on, off, on … in ms, ended by 0; NULL: silent */
    int64_t turn_ms;      /* when the beeper changes */
    bool beeping;
};

void feedback_init(struct feedback *f);
void feedback_show(struct feedback *f, const struct tb_link_feedback *what, int64_t now_ms);
void feedback_turn(struct feedback *f, int64_t now_ms);

#endif
