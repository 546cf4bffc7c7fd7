/*
 * Install: updates as a part of the head. A program without updates links install_none.c in its place: what
 * is to be flashed alone needs no room for what only works in slots. Main loop only; one instance.
 */
#ifndef TB_FIRMWARE_APP_INSTALL_H
#define TB_FIRMWARE_APP_INSTALL_H

#include "core/link/message.h"

/* How the head fares, for what an update asks of it. */
struct install_health {
    bool well;    /* its self-test passes */
    bool heard;   /* an agent said something since the start */
    bool reading; /* a card is being read */
};

void install_init(void);

/* enum tb_link_capability bits. */
uint16_t install_capabilities(void);

/* False when the message is about something else; otherwise there is an answer. May take seconds, and needs
 * a watchdog that allows for it. */
bool install_take(const struct tb_link_message *m, const struct install_health *health,
                  struct tb_link_update_answer *ret_answer);

/* True when the head has to restart as soon as its last answer has left. */
bool install_turn(const struct install_health *health, int64_t now_ms);

#endif
