/*
 * What the shopper's line display shows: a welcome with tier and points, then the line that changed last and
 * the total, thanks at the end, and the policy's idle text between visits. In the customer's language where
 * the display has its letters, else in English; what her assurance does not open is not shown, nor what is
 * older than the policy has it shown. Loop's thread only.
 */
#ifndef TB_AGENT_APP_SHOPPER_DISPLAY_H
#define TB_AGENT_APP_SHOPPER_DISPLAY_H

#include "agent/app/visit/serving.h"
#include "agent/display/display.h"

struct tb_agent;

struct tb_shopper_display {
    struct tb_display display;
    struct tb_timer timer; /* to look at the visit again */
    struct tb_id visit;    /* that it shows; zero: none */
    struct tb_id line;     /* of the cart, that changed last; zero: none did in this visit */
    int64_t thanks_ms;     /* shown since; 0: not */
    uint16_t seen_count;
    struct {
        struct tb_id line;
        int32_t quantity;
    } seen[TB_CART_LINE_COUNT_MAX]; /* as it last looked */
};

void tb_shopper_display_start(struct tb_agent *agent); /* when the configuration has a display */
void tb_shopper_display_stop(struct tb_agent *agent);

/* The visit, its cart, the policy or the time may want something else to be seen: looked at in a later turn.
 */
void tb_shopper_display_refresh(struct tb_agent *agent);

#endif
