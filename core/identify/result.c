/* What owners and context store answer, and what it comes to. */
#include "core/identify/identify_parts.h"
#include "core/identify/meaning.h"

/* ---- results ---- */

const struct tb_judgement *tb_identify_judgement(const struct tb_identify *m, uint64_t attempt)
{
    for (size_t i = 0; i < TB_ATTEMPTS_MAX; i++)
        if (attempt_is_looked_up(&m->attempts[i]) && m->attempts[i].id == attempt)
            return &m->attempts[i].judgement;
    return NULL;
}

const struct tb_credential *tb_identify_credential(const struct tb_identify *m, uint64_t attempt)
{
    const struct tb_judgement *judgement = tb_identify_judgement(m, attempt);
    return judgement ? &judgement->credential : NULL;
}

static struct tb_attempt *attempt_in_state(struct tb_identify *m, uint64_t id, enum tb_attempt_state state)
{
    struct tb_attempt *a = attempt_by_id(m, id);
    return a && a->state == state ? a : NULL;
}

void tb_identify_looked_up(struct tb_identify *m, uint64_t attempt, enum tb_lookup lookup,
                           const struct tb_customer_key *customer, int64_t now_ms)
{
    struct tb_attempt *a = attempt_in_state(m, attempt, TB_ATTEMPT_LOOKING);
    if (a == NULL || a->captured || a->judgement.credential.kind == TB_CREDENTIAL_BADGE)
        return;
    a->cache_corrupt |= lookup == TB_LOOKUP_CORRUPT;
    if (lookup == TB_LOOKUP_HIT)
        attempt_found(m, a, customer, false, now_ms);
    else if (lookup == TB_LOOKUP_BLOCKED)
        attempt_end(m, a, TB_OUTCOME_EXPIRED, TB_REASON_BLOCKED, now_ms);
    else if (a->unverified != TB_REASON_NONE) /* the context store has been asked */
        attempt_end(m, a, TB_OUTCOME_UNKNOWN, a->cache_corrupt ? TB_REASON_CACHE_CORRUPT : a->unverified,
                    now_ms);
    else
        attempt_ask(m, a, now_ms);
    attempts_check(m);
}

/* What was not looked up is a cart that waits, not a card: people are told so. */
static enum tb_reason lookup_reason(const struct tb_attempt *a, enum tb_reason reason)
{
    if (a->judgement.verdict != TB_JUDGED_HANDOVER)
        return reason;
    switch ((int)reason) {
    case TB_REASON_NOT_FOUND: return TB_REASON_HANDOVER_GONE;
    case TB_REASON_STORE_OFFLINE: return TB_REASON_HANDOVER_OFFLINE;
    case TB_REASON_STORE_TIMEOUT: return TB_REASON_HANDOVER_TIMEOUT;
    }
    return reason;
}

/* The context store could not be asked; a row that does not verify is then the cause to tell. A proof that
 * only it could verify leaves what anybody could have copied. */
void attempt_unanswered(struct tb_identify *m, struct tb_attempt *a, enum tb_reason reason, int64_t now_ms)
{
    bool asked_first =
        a->judgement.evidence_size > 0 && !a->captured && a->judgement.credential.kind != TB_CREDENTIAL_NONE;
    if (a->state == TB_ATTEMPT_ASKING && asked_first && a->unverified == TB_REASON_NONE) {
        a->unverified = reason;
        attempt_look_up(m, a, now_ms);
        return;
    }
    attempt_end(m, a, TB_OUTCOME_UNKNOWN,
                a->cache_corrupt ? TB_REASON_CACHE_CORRUPT : lookup_reason(a, reason), now_ms);
}

void tb_identify_answered(struct tb_identify *m, uint64_t attempt, enum tb_answer answer,
                          const struct tb_customer_key *customer, int64_t now_ms)
{
    struct tb_attempt *a = attempt_in_state(m, attempt, TB_ATTEMPT_ASKING);
    if (a == NULL)
        return;
    switch (answer) {
    case TB_ANSWER_FOUND:
        if (a->judgement.evidence_size > 0)
            a->unverified = TB_REASON_PROOF_UNVERIFIED;
        if (a->captured)
            attempt_end(m, a, TB_OUTCOME_UNKNOWN, TB_REASON_PROOF_UNVERIFIED, now_ms);
        else
            attempt_found(m, a, customer, true, now_ms);
        break;
    case TB_ANSWER_NOT_FOUND:
        attempt_end(m, a, TB_OUTCOME_UNKNOWN, lookup_reason(a, TB_REASON_NOT_FOUND), now_ms);
        break;
    case TB_ANSWER_BLOCKED: attempt_end(m, a, TB_OUTCOME_EXPIRED, TB_REASON_BLOCKED, now_ms); break;
    case TB_ANSWER_TIMEOUT: attempt_unanswered(m, a, TB_REASON_STORE_TIMEOUT, now_ms); break;
    case TB_ANSWER_OFFLINE: attempt_unanswered(m, a, TB_REASON_STORE_OFFLINE, now_ms); break;
    }
    attempts_check(m);
}

void attempt_refused(struct tb_identify *m, struct tb_attempt *a, enum tb_reason reason, int64_t now_ms)
{
    attempt_end(m, a, tb_meaning_of_refusal(reason), reason, now_ms);
}

void tb_identify_verified(struct tb_identify *m, uint64_t attempt, const struct tb_identify_proven *proven,
                          int64_t now_ms)
{
    struct tb_attempt *a = attempt_in_state(m, attempt, TB_ATTEMPT_ASKING);
    if (a == NULL)
        return;
    if (proven->kind != TB_CREDENTIAL_NONE)
        a->judgement.credential.kind = proven->kind;
    a->judgement.assurance = proven->assurance;
    if (kind_is_refused(m, proven->kind))
        attempt_refused(m, a, TB_REASON_POLICY, now_ms);
    else
        attempt_found(m, a, &proven->customer, true, now_ms);
    attempts_check(m);
}

void tb_identify_refused(struct tb_identify *m, uint64_t attempt, enum tb_reason reason, int64_t now_ms)
{
    struct tb_attempt *a = attempt_in_state(m, attempt, TB_ATTEMPT_ASKING);
    if (a != NULL)
        attempt_refused(m, a, reason, now_ms);
    attempts_check(m);
}

void tb_identify_claimed(struct tb_identify *m, uint64_t attempt, enum tb_claimed claimed, int64_t now_ms)
{
    struct tb_attempt *a = attempt_in_state(m, attempt, TB_ATTEMPT_CLAIMING);
    if (a == NULL)
        return;
    switch (claimed) {
    case TB_CLAIMED_FRESH: attempt_recognised(m, a, now_ms); break;
    case TB_CLAIMED_USED: attempt_refused(m, a, TB_REASON_PROOF_REPLAYED, now_ms); break;
    case TB_CLAIMED_FAILED: attempt_refused(m, a, TB_REASON_REPLAY_MEMORY, now_ms); break;
    }
    attempts_check(m);
}

/* ---- what is handed to whoever waits for it ---- */

void tb_identify_capture(struct tb_identify *m, bool on)
{
    m->capturing = on;
    if (on)
        tb_identify_visit_ended(m); /* whoever is asked for a code may show the one that was just read */
}

bool tb_identify_is_captured(const struct tb_identify *m, uint64_t attempt)
{
    for (size_t i = 0; i < TB_ATTEMPTS_MAX; i++)
        if (m->attempts[i].state != TB_ATTEMPT_FREE && m->attempts[i].id == attempt)
            return m->attempts[i].captured;
    return false;
}

void tb_identify_captured(struct tb_identify *m, uint64_t attempt, bool taken, int64_t now_ms)
{
    struct tb_attempt *a = attempt_in_state(m, attempt, TB_ATTEMPT_LOOKING);
    if (a == NULL || !a->captured)
        return;
    if (taken)
        attempt_end(m, a, TB_OUTCOME_CAPTURED, TB_REASON_CAPTURE_TAKEN, now_ms);
    else
        attempt_end(m, a, TB_OUTCOME_UNKNOWN, TB_REASON_CAPTURE_REFUSED, now_ms);
    attempts_check(m);
}

void tb_identify_badge(struct tb_identify *m, uint64_t attempt, enum tb_badge badge, int64_t now_ms)
{
    struct tb_attempt *a = attempt_in_state(m, attempt, TB_ATTEMPT_LOOKING);
    if (a == NULL || a->judgement.credential.kind != TB_CREDENTIAL_BADGE)
        return;
    switch (badge) {
    case TB_BADGE_ON: attempt_end(m, a, TB_OUTCOME_OPERATOR, TB_REASON_OPERATOR_ON, now_ms); break;
    case TB_BADGE_OFF: attempt_end(m, a, TB_OUTCOME_OPERATOR, TB_REASON_OPERATOR_OFF, now_ms); break;
    case TB_BADGE_UNKNOWN: attempt_end(m, a, TB_OUTCOME_UNKNOWN, TB_REASON_OPERATOR_UNKNOWN, now_ms); break;
    }
    attempts_check(m);
}
