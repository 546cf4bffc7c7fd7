/*
 * Steps: what a POS does one after another over one websocket, for each scope that it was granted: who is the
 * clerk, UnifiedPOS, and a customer who comes, is served and leaves. A step is looked at when its scopes were
 * granted and those that it builds on held; else it is told as not looked at, and why. One thread, blocking.
 *
 * A product is put into the customer's cart and taken out again, the cart is claimed and let go, a hand-over
 * asked for and taken back: nothing is sold, and all is as before but the visit.
 */
#ifndef TB_AGENT_CONFORMANCE_STEPS_H
#define TB_AGENT_CONFORMANCE_STEPS_H

#include "agent/conformance/talk.h"

struct tb_steps {
    unsigned scopes; /* that were granted; bits */
    bool live;       /* the line to the context store */
};

/* What session.info and state say. False: they do not. */
bool tb_steps_begin(struct tb_talk *t, struct tb_steps *ret_steps);
bool tb_steps_may(const struct tb_steps *steps, const char *scope);

/* For each scope that was not granted, a call of it is refused; by HTTP. */
void tb_steps_ungranted(struct tb_talk *t, const struct tb_steps *steps);
/* What needs nobody to be here. */
void tb_steps_alone(struct tb_talk *t, const struct tb_steps *steps);
/* gtin: of a product of the chain; "": the cart is left alone. */
void tb_steps_customer(struct tb_talk *t, const struct tb_steps *steps, const char *code, const char *gtin);

#endif
