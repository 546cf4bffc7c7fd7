/*
 * Steps: what a POS does one after another over one websocket, for each scope that it was granted: who is the
 * clerk, UnifiedPOS, and a customer who comes, is served and leaves. One thread, blocking.
 *
 *     operator_steps.c, help_steps.c    what needs nobody to be here
 *     visit_steps.c                     a customer comes and leaves
 *     cart_steps.c, checkout_steps.c    is served
 *     handover_steps.c                  and goes on elsewhere
 *     device_steps.c                    the UnifiedPOS view of it
 *
 * A product is put into the customer's cart and taken out again, the cart is claimed and let go, a hand-over
 * asked for and taken back: nothing is sold, and all is as before but the visit.
 */
#ifndef TB_AGENT_CONFORMANCE_STEPS_H
#define TB_AGENT_CONFORMANCE_STEPS_H

#include "agent/conformance/step.h"

/* What needs nobody to be here. */
void tb_steps_alone(struct tb_talk *t, const struct tb_play_config *config, const struct tb_grants *grants);
/* The customer whose code is in config; her cart is left alone without a product in it. */
void tb_steps_customer(struct tb_talk *t, const struct tb_play_config *config,
                       const struct tb_grants *grants);

/* ---- a scope each, in parts; those above put them together ---- */

void tb_operator_steps(struct tb_talk *t, struct tb_scene *s);
void tb_help_steps(struct tb_talk *t, struct tb_scene *s);
void tb_device_steps_begin(struct tb_talk *t, struct tb_scene *s);
void tb_device_steps_data(struct tb_talk *t, struct tb_scene *s); /* somebody came */
void tb_device_steps_end(struct tb_talk *t, struct tb_scene *s);
void tb_visit_steps_begin(struct tb_talk *t, struct tb_scene *s);
void tb_visit_steps_current(struct tb_talk *t, struct tb_scene *s);
void tb_visit_steps_end(struct tb_talk *t, struct tb_scene *s);
void tb_cart_steps_put(struct tb_talk *t, struct tb_scene *s);
void tb_cart_steps_take(struct tb_talk *t, struct tb_scene *s);
void tb_checkout_steps_wrong(struct tb_talk *t, struct tb_scene *s);
void tb_checkout_steps(struct tb_talk *t, struct tb_scene *s);
void tb_handover_steps(struct tb_talk *t, struct tb_scene *s);

/* ---- her cart, as customer.current and events tell it ---- */

/* customer.current, which has to be about the visit; into t->rpc.result. */
bool tb_cart_read(struct tb_talk *t, const struct tb_scene *s);
/* What is in it, line by line: as long as nothing is taken or put, the same text. SIZE_MAX: too much. */
size_t tb_cart_write(struct tb_json told, uint8_t ret_bytes[TB_STEP_CART_SIZE]);
struct tb_json tb_cart_lines(struct tb_json told);

#endif
