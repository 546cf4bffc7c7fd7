/*
 * Deciding mutations: what the files of the engine that decide one kind each share. A decision happens inside
 * the transaction of its batch; an error undoes the whole request. Not for the gateway; see engine.h.
 *
 * Each decider finds the verdict set to applied. It changes the tables, notes what it touched, and either
 * leaves the verdict, sets its version, or rejects. A decider whose objects do not fit into the answer any
 * more changes nothing and sets full: the session asks again for that mutation.
 */
#ifndef TB_CONTEXTD_ENGINE_SQLITE_DECIDE_H
#define TB_CONTEXTD_ENGINE_SQLITE_DECIDE_H

#include "contextd/engine/sqlite_engine.h"

#define SQLITE_TOUCHED_MAX (2 * TB_MUTATION_BATCH_MAX)

/* A reward's id is the longest: the customer and its name. */
#define SQLITE_TOUCHED_ID_MAX (TB_ID_SIZE + TB_REWARD_SIZE_MAX)
_Static_assert(SQLITE_TOUCHED_ID_MAX >= TB_LOOKUP_HASH_SIZE, "a credential's fits, too");

/* An object whose row goes with the verdicts and whose readers are woken; of type TB_ROW_NONE only the
 * latter. */
struct sqlite_touched {
    enum tb_row_type type;
    uint8_t id[SQLITE_TOUCHED_ID_MAX];
    uint8_t id_size;
    struct tb_id customer;
    size_t cost;  /* upper bound of its row */
    bool changed; /* not merely said again */
    bool evict;   /* there is no room to tell it: whoever holds an older version lets go of it */
};

/* A batch being decided. */
struct sqlite_batch {
    const struct tb_engine_request *request;
    struct tb_engine_answer *answer;
    int64_t decided_seq;
    char touched_by[TB_NAME_SIZE_MAX + 1]; /* the terminal in words; "": a customer's own hand */
    struct sqlite_touched touched[SQLITE_TOUCHED_MAX];
    size_t touched_count;
    bool entered; /* somebody entered the cohort of the peer's store */
    bool told;    /* hand-overs changed of which the terminals of told_store are told; "": of every store */
    char told_store[TB_SHORT_SIZE_MAX + 1];
    bool full; /* the rows of one more mutation would not fit into the answer */
};

/* False, with full set, when the answer cannot hold this row as well. touched->changed stays true once it
 * was. */
bool sqlite_touch_note(struct sqlite_batch *b, const struct sqlite_touched *touched);

/* For objects of one id of 16 bytes. */
static inline struct sqlite_touched sqlite_touched_of(enum tb_row_type type, const struct tb_id *id,
                                                      const struct tb_id *customer, size_t cost)
{
    struct sqlite_touched t = {
        .type = type, .id_size = TB_ID_SIZE, .customer = *customer, .cost = cost, .changed = true};
    memcpy(t.id, id->bytes, TB_ID_SIZE);
    return t;
}

void sqlite_reject(struct tb_verdict *v, const char *code);
/* Of what was decided, for the metrics; took_ms 0 where nothing takes time. */
void sqlite_measure(struct sqlite_batch *b, enum tb_engine_measured what, enum tb_channel channel,
                    int64_t took_ms);
/* Applied all the same: people have to look at it. */
void sqlite_conflict(struct tb_verdict *v, const char *code);

/* What several kinds about a customer need; false as sqlite_touch_note(). */
bool sqlite_customer_note(struct sqlite_batch *b, const struct tb_id *customer);
bool sqlite_credential_note(struct sqlite_batch *b, const uint8_t hash[TB_LOOKUP_HASH_SIZE],
                            const struct tb_id *customer);
/* The version that the customer's row has now goes into the verdict. */
TB_MUST_USE enum tb_err sqlite_customer_version(struct sqlite_engine *e, const struct tb_id *customer,
                                                struct tb_verdict *v);
/* A new one. */
TB_MUST_USE enum tb_err sqlite_credential_write(struct sqlite_engine *e, const struct tb_credential_ref *ref,
                                                const struct tb_id *customer);
/* Whether a new customer cannot have it: it is somebody's, or a clerk's badge. */
TB_MUST_USE enum tb_err sqlite_credential_taken(struct sqlite_engine *e, const struct tb_credential_ref *ref,
                                                bool *ret_taken);
/* She was seen at the peer's store; past the limit of the terminal she is served all the same. */
TB_MUST_USE enum tb_err sqlite_batch_meet(struct sqlite_engine *e, struct sqlite_batch *b,
                                          const struct tb_id *customer);
/* Keeps that it was done, and by whom, when it is of a kind that is kept. It was applied. */
TB_MUST_USE enum tb_err sqlite_audit_mutation(struct sqlite_engine *e, const struct sqlite_batch *b,
                                              const struct tb_mutation *m);

/* cart.add, cart.set_quantity, cart.remove, cart.note. */
TB_MUST_USE enum tb_err sqlite_cart_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                           const struct tb_mutation *m, struct tb_verdict *v);
/* What was decided before is asked for again: notes the carts as they are now. */
TB_MUST_USE enum tb_err sqlite_cart_repeat(struct sqlite_engine *e, struct sqlite_batch *b,
                                           const struct tb_mutation *m);

TB_MUST_USE enum tb_err sqlite_merge_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                            const struct tb_mutation *m, struct tb_verdict *v);
TB_MUST_USE enum tb_err sqlite_claim_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                            const struct tb_mutation *m, struct tb_verdict *v);
TB_MUST_USE enum tb_err sqlite_finish_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                             const struct tb_mutation *m, struct tb_verdict *v);
TB_MUST_USE enum tb_err sqlite_void_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                           const struct tb_mutation *m, struct tb_verdict *v);

/* One kind each; points.earned, consent.set, credential.link, credential.block, customer.create, note.*,
 * reward.*, visit.*, journey.event, handover.*. */
TB_MUST_USE enum tb_err sqlite_points_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                             const struct tb_mutation *m, struct tb_verdict *v);
TB_MUST_USE enum tb_err sqlite_consent_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                              const struct tb_mutation *m, struct tb_verdict *v);
TB_MUST_USE enum tb_err sqlite_link_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                           const struct tb_mutation *m, struct tb_verdict *v);
TB_MUST_USE enum tb_err sqlite_block_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                            const struct tb_mutation *m, struct tb_verdict *v);
TB_MUST_USE enum tb_err sqlite_create_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                             const struct tb_mutation *m, struct tb_verdict *v);
TB_MUST_USE enum tb_err sqlite_note_add_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                               const struct tb_mutation *m, struct tb_verdict *v);
TB_MUST_USE enum tb_err sqlite_note_remove_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                                  const struct tb_mutation *m, struct tb_verdict *v);
TB_MUST_USE enum tb_err sqlite_reward_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                             const struct tb_mutation *m, struct tb_verdict *v);
TB_MUST_USE enum tb_err sqlite_visit_begin_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                                  const struct tb_mutation *m, struct tb_verdict *v);
TB_MUST_USE enum tb_err sqlite_visit_end_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                                const struct tb_mutation *m, struct tb_verdict *v);
TB_MUST_USE enum tb_err sqlite_event_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                            const struct tb_mutation *m, struct tb_verdict *v);
TB_MUST_USE enum tb_err sqlite_handover_request_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                                       const struct tb_mutation *m, struct tb_verdict *v);
TB_MUST_USE enum tb_err sqlite_handover_accept_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                                      const struct tb_mutation *m, struct tb_verdict *v);
TB_MUST_USE enum tb_err sqlite_handover_decline_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                                       const struct tb_mutation *m, struct tb_verdict *v);
TB_MUST_USE enum tb_err sqlite_handover_cancel_decide(struct sqlite_engine *e, struct sqlite_batch *b,
                                                      const struct tb_mutation *m, struct tb_verdict *v);
/* Who handed nobody's cart over, and whoever else is told of it, is told what became of it here. Of more than
 * some that were accepted of one cart, the newest. */
TB_MUST_USE enum tb_err sqlite_handover_cart_over(struct sqlite_engine *e, struct sqlite_batch *b,
                                                  const struct tb_id *cart, enum tb_handover_cart over);
/* What the peer asked for about this customer and is open is cancelled. */
TB_MUST_USE enum tb_err sqlite_handovers_part(struct sqlite_engine *e, struct sqlite_batch *b,
                                              const struct tb_id *customer);
/* On the web nobody's cart joins a customer's only when she accepted a hand-over of it, or does by the same
 * mutation; rejects else. */
TB_MUST_USE enum tb_err sqlite_handover_merge_check(struct sqlite_engine *e, const struct sqlite_batch *b,
                                                    const struct tb_mutation *m, struct tb_verdict *v);
/* What a merge that was applied accepted: nobody else goes on with it. */
TB_MUST_USE enum tb_err sqlite_handover_merged(struct sqlite_engine *e, struct sqlite_batch *b,
                                               const struct tb_mutation *m);
/* What was accepted before by who asks again: notes what it is about as it is now. */
TB_MUST_USE enum tb_err sqlite_handover_repeat(struct sqlite_engine *e, struct sqlite_batch *b,
                                               const struct tb_mutation *m);

#endif
