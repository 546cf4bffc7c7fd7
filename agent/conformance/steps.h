/*
 * Steps: what a POS does one after another over one websocket, for each scope that it was granted: who is the
 * clerk, UnifiedPOS, and a customer who comes, is served and leaves. One thread, blocking.
 *
 *     operator_steps.c, help_steps.c    what needs nobody to be here
 *     scanner_steps.c                   the UnifiedPOS Scanner, a product and a code that is none
 *     takeover_steps.c                  somebody who waits in the store
 *     visit_steps.c                     a customer comes and leaves
 *     cart_steps.c, checkout_steps.c    is served
 *     handover_steps.c                  and goes on elsewhere
 *     device_steps.c                    the UnifiedPOS MSR, who sees it
 *     sale_steps.c                      another visit, which pays and takes it back
 *
 * A product is put into the customer's cart and taken out again, the cart is claimed and let go, a hand-over
 * asked for and taken back: without being told to sell or to take over, all is as before but the visit. What
 * a POS cannot cause is waited for when there is somebody to cause it (tb_step_watch()).
 */
#ifndef TB_AGENT_CONFORMANCE_STEPS_H
#define TB_AGENT_CONFORMANCE_STEPS_H

#include "agent/conformance/step.h"

/*
 * Both report each step, and go on when one fails. t follows the agent (tb_talk_follow()) with the token that
 * grants are of; config and grants are borrowed for the call.
 */

/* What needs nobody to be here. */
void tb_steps_alone(struct tb_talk *t, const struct tb_play_config *config, const struct tb_grants *grants);
/* The customer whose code is in config; her cart is left alone without a product in it. */
void tb_steps_customer(struct tb_talk *t, const struct tb_play_config *config,
                       const struct tb_grants *grants);

/* ---- a scope each, in parts; those above put them together ---- */

void tb_operator_steps(struct tb_talk *t, struct tb_scene *s);
void tb_help_steps(struct tb_talk *t, struct tb_scene *s);
void tb_scanner_steps(struct tb_talk *t, struct tb_scene *s);
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
void tb_takeover_steps(struct tb_talk *t, struct tb_scene *s);
void tb_sale_steps(struct tb_talk *t, struct tb_scene *s);

/* Keeps in s->waiting who is first in this event's list; "" when nobody waits. */
void tb_takeover_waiting(struct tb_json handovers, struct tb_scene *s);

/* ---- her cart, as customer.current and events tell it ---- */

/* customer.current, which has to be about the visit; into t->rpc.result. */
bool tb_cart_read(struct tb_talk *t, const struct tb_scene *s);
/* told: what tb_cart_read() left, or the params of an event with a cart; good as long as t->rpc is.
 * What is in it, line by line: as long as nothing is taken or put, the same text. SIZE_MAX: too much. */
size_t tb_cart_write(struct tb_json told, uint8_t ret_bytes[TB_STEP_CART_SIZE]);
/* An array, or what is none when there is no cart. */
struct tb_json tb_cart_lines(struct tb_json told);
/* That of the product (config->gtin); what does not exist when it is not in it. */
struct tb_json tb_cart_line(struct tb_json told, const struct tb_scene *s);

/* ---- steps that are played more than once ---- */

/* identify.code of the customer's code: a visit begins, whose id is in s->visit. Not tried: she is here
 * already. */
enum tb_step_end tb_visit_identify(struct tb_talk *t, struct tb_scene *s);
/* customer.identified of that visit; whose it is goes into s->customer. */
enum tb_step_end tb_visit_identified(struct tb_talk *t, struct tb_scene *s);
/* cart.add of the product, and the verdict on it. */
enum tb_step_end tb_cart_add(struct tb_talk *t, struct tb_scene *s);
/* cart.changed, with the product in the quantity that is wanted now. */
enum tb_step_end tb_cart_changed(struct tb_talk *t, struct tb_scene *s);
/* Whatever became of the steps before: what was put there is out again before the customer leaves. */
enum tb_step_end tb_cart_remove(struct tb_talk *t, struct tb_scene *s);
/* A change whose only param is the visit, and the verdict on it. */
enum tb_step_end tb_checkout_of_visit(struct tb_talk *t, struct tb_scene *s, const char *method);
/* device: the params. Not tried while another POS has claimed it. */
enum tb_step_end tb_device_claim(struct tb_talk *t, struct tb_scene *s, const char *device);
/* Its last event has switched DataEventEnabled off, and it is claimed still. */
enum tb_step_end tb_device_is_off(struct tb_talk *t, struct tb_scene *s, const char *device);

#endif
