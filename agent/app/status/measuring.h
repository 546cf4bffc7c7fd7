/*
 * Measuring: what this terminal tells of how customers are served (host/metrics/measures.h), under the
 * channel that it is: a till or a kiosk. Loop's thread only.
 */
#ifndef TB_AGENT_APP_STATUS_MEASURING_H
#define TB_AGENT_APP_STATUS_MEASURING_H

#include "core/identify/identify.h"
#include "core/visit/visit.h"
#include "core/wire/handover.h"
#include "host/metrics/measures.h"

struct tb_agent;

TB_MUST_USE enum tb_err tb_measuring_open(struct tb_measures *measures, struct tb_metrics *registry);
/* The terminal's role may have become known, or another: all series have its channel from here on. */
void tb_measuring_channel(struct tb_agent *agent);

void tb_measuring_outcome(struct tb_agent *agent, const struct tb_identify_action *action);
/* A visit began, or an anonymous one has a customer now; its cart is shown. */
void tb_measuring_began(struct tb_agent *agent, enum tb_visit_begun begun);
void tb_measuring_ended(struct tb_agent *agent, int64_t took_ms);
/* The cart of the visit is being paid; it was paid. */
void tb_measuring_claimed(struct tb_agent *agent);
void tb_measuring_paid(struct tb_agent *agent);
/* A request of this terminal was accepted. */
void tb_measuring_taken(struct tb_agent *agent, const struct tb_handover *handover);

#endif
