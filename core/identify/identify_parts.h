/*
 * What the files of identification share. Private to core/identify.
 */
#ifndef TB_CORE_IDENTIFY_IDENTIFY_PARTS_H
#define TB_CORE_IDENTIFY_IDENTIFY_PARTS_H

#include "core/identify/identify.h"

struct tb_attempt *attempt_by_id(struct tb_identify *m, uint64_t id);
bool attempt_is_looked_up(const struct tb_attempt *a);
bool kind_is_refused(const struct tb_identify *m, enum tb_credential_kind kind);
/* Every attempt ends exactly once: asserted after each event. */
void attempts_check(const struct tb_identify *m);

struct tb_identify_action *action_of(struct tb_identify *m, enum tb_identify_verb verb,
                                     const struct tb_attempt *a);

/* The attempt ends, and its place is free. */
void attempt_end(struct tb_identify *m, struct tb_attempt *a, enum tb_outcome outcome, enum tb_reason reason,
                 int64_t now_ms);
void attempt_recognised(struct tb_identify *m, struct tb_attempt *a, int64_t now_ms);
void attempt_unanswered(struct tb_identify *m, struct tb_attempt *a, enum tb_reason reason, int64_t now_ms);
void attempt_refused(struct tb_identify *m, struct tb_attempt *a, enum tb_reason reason, int64_t now_ms);

/* It goes on: a customer was found (of a captured one nobody is looked for), somebody is asked. */
void attempt_found(struct tb_identify *m, struct tb_attempt *a, const struct tb_customer_key *customer,
                   bool from_store, int64_t now_ms);
void attempt_look_up(struct tb_identify *m, struct tb_attempt *a, int64_t now_ms);
void attempt_ask(struct tb_identify *m, struct tb_attempt *a, int64_t now_ms);
void attempt_hand_over(struct tb_identify *m, struct tb_attempt *a, enum tb_identify_verb verb,
                       int64_t now_ms);

#endif
