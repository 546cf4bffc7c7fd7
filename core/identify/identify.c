#include "core/identify/identify_parts.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"
#include "core/identify/meaning.h"

struct tb_identify_policy tb_identify_policy_default(void)
{
    return (struct tb_identify_policy){
        .rules = tb_code_rules_default(),
        .hint_ms = 300,
        .retry_ms = 600,
        .read_max_ms = 3000,
        .ask_max_ms = 2000,
        .return_ms = 1000,
    };
}

void tb_identify_init(struct tb_identify *m, const struct tb_identify_policy *policy)
{
    *m = (struct tb_identify){.attempt_last = 0};
    tb_identify_set_policy(m, policy);
}

void tb_identify_set_policy(struct tb_identify *m, const struct tb_identify_policy *policy)
{
    TB_ASSERT(policy->rules);
    m->policy = *policy;
    tb_identify_visit_ended(m);
}

/* ---- cards ---- */

static struct tb_card card_of(struct tb_span uid)
{
    struct tb_card card = {.uid_size = 0};
    if (uid.size > sizeof card.uid)
        return card;
    if (uid.size > 0)
        memcpy(card.uid, uid.at, uid.size);
    card.uid_size = (uint8_t)uid.size;
    return card;
}

static bool card_is_same(const struct tb_card *a, const struct tb_card *b)
{
    return a->uid_size == 0 || b->uid_size == 0 ||
           tb_uid_is_same(tb_span_of(a->uid, a->uid_size), tb_span_of(b->uid, b->uid_size));
}

/* ---- attempts ---- */

static bool attempt_is_read(const struct tb_attempt *a)
{
    return a->state == TB_ATTEMPT_READING || a->state == TB_ATTEMPT_TORN;
}

bool attempt_is_looked_up(const struct tb_attempt *a)
{
    return a->state == TB_ATTEMPT_LOOKING || a->state == TB_ATTEMPT_ASKING || a->state == TB_ATTEMPT_CLAIMING;
}

struct tb_attempt *attempt_by_id(struct tb_identify *m, uint64_t id)
{
    for (size_t i = 0; i < TB_ATTEMPTS_MAX; i++)
        if (m->attempts[i].state != TB_ATTEMPT_FREE && m->attempts[i].id == id)
            return &m->attempts[i];
    return NULL;
}

static struct tb_attempt *attempt_in_field(struct tb_identify *m, uint8_t reader)
{
    for (size_t i = 0; i < TB_ATTEMPTS_MAX; i++)
        if (attempt_is_read(&m->attempts[i]) && m->attempts[i].reader == reader)
            return &m->attempts[i];
    return NULL;
}

static size_t lookup_count(const struct tb_identify *m)
{
    size_t count = 0;
    for (size_t i = 0; i < TB_ATTEMPTS_MAX; i++)
        count += attempt_is_looked_up(&m->attempts[i]);
    return count;
}

static struct tb_attempt *attempt_open(struct tb_identify *m, uint8_t reader, bool from_tap, int64_t now_ms)
{
    TB_ASSERT(reader < TB_READERS_MAX);
    for (size_t i = 0; i < TB_ATTEMPTS_MAX; i++) {
        struct tb_attempt *a = &m->attempts[i];
        if (a->state != TB_ATTEMPT_FREE)
            continue;
        *a = (struct tb_attempt){
            .id = ++m->attempt_last,
            .state = TB_ATTEMPT_READING,
            .reader = reader,
            .from_tap = from_tap,
            .began_ms = now_ms,
            .deadline_ms = now_ms + m->policy.read_max_ms,
        };
        return a;
    }
    /* One tap per reader, bounded look-ups and one more: there always is a place. */
    TB_ASSERT(false);
    return NULL;
}

/* Every attempt ends exactly once: those that began are those that ended and those in flight. */
void attempts_check(const struct tb_identify *m)
{
    uint64_t open_count = 0;
    for (size_t i = 0; i < TB_ATTEMPTS_MAX; i++)
        open_count += m->attempts[i].state != TB_ATTEMPT_FREE;
    TB_ASSERT(m->attempt_last == m->outcome_count + m->merged_count + open_count);
}

/* ---- actions ---- */

static struct tb_identify_action *action_add(struct tb_identify *m, enum tb_identify_verb verb,
                                             uint8_t reader, uint64_t attempt)
{
    TB_ASSERT(m->action_count < TB_IDENTIFY_ACTIONS_MAX);
    struct tb_identify_action *action =
        &m->actions[(m->action_first + m->action_count++) % TB_IDENTIFY_ACTIONS_MAX];
    *action = (struct tb_identify_action){.verb = verb, .reader = reader, .attempt = attempt};
    return action;
}

struct tb_identify_action *action_of(struct tb_identify *m, enum tb_identify_verb verb,
                                     const struct tb_attempt *a)
{
    struct tb_identify_action *action = action_add(m, verb, a->reader, a->id);
    action->from_tap = a->from_tap;
    action->credential_kind = a->judgement.credential.kind;
    return action;
}

bool tb_identify_next(struct tb_identify *m, struct tb_identify_action *ret_action)
{
    if (m->action_count == 0)
        return false;
    struct tb_identify_action *action = &m->actions[m->action_first];
    *ret_action = *action;
    tb_wipe(action, sizeof *action);
    m->action_first = (m->action_first + 1) % TB_IDENTIFY_ACTIONS_MAX;
    m->action_count--;
    return true;
}

static void feedback_add(struct tb_identify *m, const struct tb_attempt *a, enum tb_feedback feedback)
{
    action_of(m, TB_IDENTIFY_FEEDBACK, a)->feedback = feedback;
}

static void hint_show(struct tb_identify *m, struct tb_attempt *a)
{
    if (a->hinted)
        return;
    a->hinted = true;
    (void)action_of(m, TB_IDENTIFY_READING, a);
}

static void hint_end(struct tb_identify *m, struct tb_attempt *a)
{
    if (a->hinted)
        (void)action_of(m, TB_IDENTIFY_READING_END, a);
    a->hinted = false;
}

/* ---- journal ---- */

static uint32_t took_ms(const struct tb_attempt *a, int64_t now_ms)
{
    int64_t took = now_ms - a->began_ms;
    return took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
}

static void journal_add(struct tb_identify *m, const struct tb_attempt *a, enum tb_outcome outcome,
                        enum tb_reason reason, int64_t now_ms)
{
    m->journal[m->journal_count++ % TB_JOURNAL_MAX] = (struct tb_journal_entry){
        .attempt = a->id,
        .at_ms = now_ms,
        .took_ms = took_ms(a, now_ms),
        .reader = a->reader,
        .from_tap = a->from_tap,
        .outcome = outcome,
        .reason = reason,
    };
}

bool tb_identify_journal(const struct tb_identify *m, size_t index, struct tb_journal_entry *ret_entry)
{
    if (index >= TB_JOURNAL_MAX || index >= m->journal_count)
        return false;
    *ret_entry = m->journal[(m->journal_count - 1 - index) % TB_JOURNAL_MAX];
    return true;
}

/* ---- the end of an attempt ---- */

static void attempt_free(struct tb_attempt *a)
{
    tb_wipe(a, sizeof *a);
}

static struct tb_identify_action *outcome_add(struct tb_identify *m, struct tb_attempt *a,
                                              enum tb_outcome outcome, enum tb_reason reason, int64_t now_ms)
{
    hint_end(m, a);
    struct tb_identify_action *action = action_of(m, TB_IDENTIFY_OUTCOME, a);
    action->outcome = outcome;
    action->reason = reason;
    action->took_ms = took_ms(a, now_ms);
    m->outcome_count++;
    journal_add(m, a, outcome, reason, now_ms);
    return action;
}

static void attempt_close(struct tb_identify *m, struct tb_attempt *a, enum tb_outcome outcome,
                          enum tb_reason reason)
{
    feedback_add(m, a, tb_meaning_feedback(outcome, reason));
    if (a->card_gone)
        (void)action_of(m, TB_IDENTIFY_CARD_GONE, a);
    attempt_free(a);
}

void attempt_end(struct tb_identify *m, struct tb_attempt *a, enum tb_outcome outcome, enum tb_reason reason,
                 int64_t now_ms)
{
    (void)outcome_add(m, a, outcome, reason, now_ms);
    attempt_close(m, a, outcome, reason);
}

static void attempt_end_product(struct tb_identify *m, struct tb_attempt *a, const struct tb_judgement *j,
                                int64_t now_ms)
{
    struct tb_identify_action *action = outcome_add(m, a, TB_OUTCOME_PRODUCT, j->reason, now_ms);
    memcpy(action->gtin, j->gtin, sizeof action->gtin);
    action = action_of(m, TB_IDENTIFY_PRODUCT, a);
    memcpy(action->gtin, j->gtin, sizeof action->gtin);
    attempt_close(m, a, TB_OUTCOME_PRODUCT, j->reason);
}

/* What proves who presents it counts as that only when the proof was verified. */
static enum tb_assurance attempt_assurance(const struct tb_attempt *a)
{
    bool proven = a->unverified == TB_REASON_NONE && a->judgement.assurance != TB_ASSURANCE_NONE;
    return proven ? a->judgement.assurance : TB_ASSURANCE_LOW;
}

/* An answer that comes after a newer tap or scan has begun a visit must not take that visit away. */
void attempt_recognised(struct tb_identify *m, struct tb_attempt *a, int64_t now_ms)
{
    if (a->captured) {
        attempt_hand_over(m, a, TB_IDENTIFY_CAPTURED, now_ms);
        return;
    }
    bool late = a->id < m->visit_attempt;
    enum tb_reason reason = a->from_store ? TB_REASON_FOUND_STORE : TB_REASON_FOUND_CACHE;
    if (a->unverified != TB_REASON_NONE)
        reason = TB_REASON_PROOF_UNVERIFIED;
    if (late)
        reason = TB_REASON_FOUND_LATE;
    struct tb_identify_action *action = outcome_add(m, a, TB_OUTCOME_RECOGNISED, reason, now_ms);
    action->from_store = a->from_store;
    action->assurance = attempt_assurance(a);
    if (!late) {
        m->visit_attempt = a->id;
        action = action_of(m, TB_IDENTIFY_BEGIN_VISIT, a);
        action->customer = a->customer;
        action->from_store = a->from_store;
        action->assurance = attempt_assurance(a);
    }
    attempt_close(m, a, TB_OUTCOME_RECOGNISED, reason);
}

/* A customer was found. What is good once is used up now: not for somebody whom nobody knows, who may well
 * show it again when the line is back. What the context store verified it has used up itself. */
void attempt_found(struct tb_identify *m, struct tb_attempt *a, const struct tb_customer_key *customer,
                   bool from_store, int64_t now_ms)
{
    bool claims = a->judgement.replay.rule != TB_REPLAY_NONE && a->judgement.evidence_size == 0;
    a->customer = *customer;
    a->from_store = from_store;
    if (!claims) {
        attempt_recognised(m, a, now_ms);
        return;
    }
    a->state = TB_ATTEMPT_CLAIMING;
    a->deadline_ms = now_ms + m->policy.ask_max_ms;
    (void)action_of(m, TB_IDENTIFY_CLAIM, a);
}

/* ---- de-bouncing ---- */

static bool presence_expired(const struct tb_identify *m, const struct tb_presence *p, int64_t now_ms)
{
    return p->attempt && p->gone && now_ms >= p->gone_ms + m->policy.return_ms;
}

static void presence_forget(struct tb_presence *p)
{
    tb_wipe(p, sizeof *p);
}

static bool judgement_equal(const struct tb_judgement *a, const struct tb_judgement *b)
{
    if (a->verdict != b->verdict)
        return false;
    if (a->credential.kind == TB_CREDENTIAL_NONE && a->evidence_size > 0)
        return b->credential.kind == TB_CREDENTIAL_NONE &&
               tb_span_equal(tb_judgement_evidence(a), tb_judgement_evidence(b));
    if (a->verdict == TB_JUDGED_CREDENTIAL)
        return tb_credential_equal(&a->credential, &b->credential);
    return a->reason == b->reason && memcmp(a->gtin, b->gtin, sizeof a->gtin) == 0 &&
           memcmp(a->handover, b->handover, sizeof a->handover) == 0;
}

/* Two equal products in a row are two products; two equal codes are one that was read twice. */
static bool presence_applies(const struct tb_attempt *a, const struct tb_judgement *j)
{
    return a->from_tap || tb_judgement_is_asked(j);
}

static struct tb_presence *presence_of(struct tb_identify *m, const struct tb_attempt *a)
{
    return a->from_tap ? &m->cards[a->reader] : &m->codes[a->reader];
}

static void presence_gone(struct tb_identify *m, uint8_t reader, int64_t now_ms)
{
    struct tb_presence *p = &m->cards[reader];
    if (p->attempt == 0 || p->gone)
        return;
    p->gone = true;
    p->gone_ms = now_ms;
    struct tb_attempt *a = attempt_by_id(m, p->attempt);
    if (a)
        a->card_gone = true;
    else
        action_add(m, TB_IDENTIFY_CARD_GONE, reader, p->attempt)->from_tap = true;
}

static void presence_back(struct tb_identify *m, struct tb_presence *p, const struct tb_attempt *merged,
                          int64_t now_ms)
{
    if (!merged->from_tap) {
        p->gone_ms = now_ms;
        return;
    }
    if (!p->gone)
        return;
    p->gone = false;
    struct tb_attempt *a = attempt_by_id(m, p->attempt);
    if (a)
        a->card_gone = false;
    else
        action_add(m, TB_IDENTIFY_CARD_BACK, merged->reader, p->attempt)->from_tap = true;
}

static void presence_set(struct tb_identify *m, struct tb_presence *p, const struct tb_attempt *a,
                         const struct tb_judgement *j, int64_t now_ms)
{
    if (a->from_tap)
        presence_gone(m, a->reader, now_ms);
    *p = (struct tb_presence){
        .attempt = a->id, .gone = !a->from_tap, .gone_ms = now_ms, .card = a->card, .seen = *j};
}

/* Which of two cards in the field answers first is chance. */
static bool presence_may_be(const struct tb_presence *p, const struct tb_attempt *a,
                            const struct tb_judgement *j)
{
    return (j->reason == TB_REASON_TAG_TWO || card_is_same(&p->card, &a->card)) &&
           judgement_equal(&p->seen, j);
}

/* True when this is what the reader showed a moment ago; the attempt is then merged into that one. */
static bool attempt_merge(struct tb_identify *m, struct tb_attempt *a, const struct tb_judgement *j,
                          int64_t now_ms)
{
    struct tb_presence *p = presence_of(m, a);
    if (p->attempt == 0 || presence_expired(m, p, now_ms) || !presence_may_be(p, a, j))
        return false;
    hint_end(m, a);
    (void)action_of(m, TB_IDENTIFY_MERGED, a);
    presence_back(m, p, a, now_ms);
    m->merged_count++;
    attempt_free(a);
    return true;
}

/* ---- what was read ---- */

void attempt_look_up(struct tb_identify *m, struct tb_attempt *a, int64_t now_ms)
{
    a->state = TB_ATTEMPT_LOOKING;
    a->deadline_ms = now_ms + m->policy.ask_max_ms;
    (void)action_of(m, TB_IDENTIFY_LOOK_UP, a);
}

void attempt_ask(struct tb_identify *m, struct tb_attempt *a, int64_t now_ms)
{
    bool handover = a->judgement.verdict == TB_JUDGED_HANDOVER;
    a->state = TB_ATTEMPT_ASKING;
    a->deadline_ms = now_ms + m->policy.ask_max_ms;
    struct tb_identify_action *action = action_of(m, handover ? TB_IDENTIFY_HANDOVER : TB_IDENTIFY_ASK, a);
    memcpy(action->handover, a->judgement.handover, sizeof action->handover);
}

/* Whoever waits for it decides what it comes to. */
void attempt_hand_over(struct tb_identify *m, struct tb_attempt *a, enum tb_identify_verb verb,
                       int64_t now_ms)
{
    a->state = TB_ATTEMPT_LOOKING;
    a->deadline_ms = now_ms + m->policy.ask_max_ms;
    (void)action_of(m, verb, a);
}

static bool capture_takes(const struct tb_identify *m, const struct tb_judgement *j)
{
    return m->capturing && j->verdict != TB_JUDGED_HANDOVER && j->credential.kind != TB_CREDENTIAL_BADGE;
}

/* What a proof is about may be in the cache, but only the context store can say whether it holds. */
static void attempt_resolve(struct tb_identify *m, struct tb_attempt *a, const struct tb_judgement *j,
                            int64_t now_ms)
{
    static const struct tb_customer_key nobody = {{0}};
    if (lookup_count(m) == TB_LOOKUPS_MAX) {
        presence_forget(presence_of(m, a));
        attempt_end(m, a, TB_OUTCOME_UNREADABLE, TB_REASON_BUSY, now_ms);
        return;
    }
    hint_end(m, a);
    a->judgement = *j;
    a->captured = capture_takes(m, j);
    m->capturing &= !a->captured;
    if (j->verdict == TB_JUDGED_HANDOVER || j->evidence_size > 0)
        attempt_ask(m, a, now_ms);
    else if (j->credential.kind == TB_CREDENTIAL_BADGE)
        attempt_hand_over(m, a, TB_IDENTIFY_BADGE, now_ms);
    else if (a->captured)
        attempt_found(m, a, &nobody, false, now_ms);
    else
        attempt_look_up(m, a, now_ms);
}

bool kind_is_refused(const struct tb_identify *m, enum tb_credential_kind kind)
{
    return m->policy.kinds_refused >> kind & 1u;
}

static void attempt_settle(struct tb_identify *m, struct tb_attempt *a, const struct tb_judgement *j,
                           enum tb_outcome outcome, int64_t now_ms)
{
    if (presence_applies(a, j)) {
        if (attempt_merge(m, a, j, now_ms))
            return;
        presence_set(m, presence_of(m, a), a, j, now_ms);
    }
    if (j->verdict == TB_JUDGED_CREDENTIAL && kind_is_refused(m, j->credential.kind))
        attempt_end(m, a, TB_OUTCOME_UNKNOWN, TB_REASON_POLICY, now_ms);
    else if (tb_judgement_is_asked(j))
        attempt_resolve(m, a, j, now_ms);
    else if (j->verdict == TB_JUDGED_PRODUCT)
        attempt_end_product(m, a, j, now_ms);
    else
        attempt_end(m, a, outcome, j->reason, now_ms);
}

static struct tb_judge judge_of(const struct tb_identify *m, int64_t now_ms)
{
    return (struct tb_judge){
        .rules = m->policy.rules, .keys = m->policy.keys, .wall_ms = now_ms + m->wall_offset_ms};
}

/* A card on which nothing of ours could be read: where the policy says so, its UID stands for it. */
static bool judge_uid(const struct tb_identify *m, const struct tb_attempt *a, struct tb_judgement *j)
{
    const struct tb_span uid = tb_span_of(a->card.uid, a->card.uid_size);
    if (!m->policy.uid_accepted || uid.size == 0)
        return false;
    *j = (struct tb_judgement){.verdict = TB_JUDGED_UNKNOWN, .reason = TB_REASON_UID_RANDOM};
    if (!tb_uid_is_random(uid) && tb_credential_set(TB_CREDENTIAL_UID, uid, &j->credential) == TB_OK) {
        j->verdict = TB_JUDGED_CREDENTIAL;
        j->reason = TB_REASON_TAG_UID;
        j->assurance = TB_ASSURANCE_LOW;
    }
    return true;
}

static void attempt_settle_card(struct tb_identify *m, struct tb_attempt *a, const struct tb_judgement *j,
                                int64_t now_ms)
{
    struct tb_judgement by_uid;
    if (j->verdict == TB_JUDGED_UNKNOWN && !tb_judgement_is_asked(j) && judge_uid(m, a, &by_uid)) {
        attempt_settle(m, a, &by_uid, tb_meaning_of_judged(by_uid.verdict, true), now_ms);
        tb_wipe(&by_uid, sizeof by_uid);
    } else {
        attempt_settle(m, a, j, tb_meaning_of_judged(j->verdict, true), now_ms);
    }
}

/* A torn read is not the end yet: shoppers move their cards, and most come closer. */
static void attempt_torn(struct tb_identify *m, struct tb_attempt *a, int64_t now_ms)
{
    int64_t last_ms = a->began_ms + m->policy.read_max_ms;
    int64_t retry_ms = now_ms + m->policy.retry_ms;
    if (a->state == TB_ATTEMPT_READING)
        feedback_add(m, a, TB_FEEDBACK_HOLD);
    hint_show(m, a);
    a->state = TB_ATTEMPT_TORN;
    a->deadline_ms = retry_ms < last_ms ? retry_ms : last_ms;
}

/* ---- events from readers ---- */

static struct tb_attempt *attempt_in_field_or_new(struct tb_identify *m, uint8_t reader, int64_t now_ms)
{
    struct tb_attempt *a = attempt_in_field(m, reader);
    return a ? a : attempt_open(m, reader, true, now_ms);
}

void tb_identify_tap_began(struct tb_identify *m, uint8_t reader, struct tb_span uid, int64_t now_ms)
{
    const struct tb_card card = card_of(uid);
    struct tb_attempt *a = attempt_in_field(m, reader);
    if (a && a->state == TB_ATTEMPT_TORN && card_is_same(&a->card, &card)) {
        a->state = TB_ATTEMPT_READING;
        a->card = card;
        a->deadline_ms = a->began_ms + m->policy.read_max_ms;
    } else {
        if (a)
            attempt_end(m, a, TB_OUTCOME_UNREADABLE, TB_REASON_TAG_TORN, now_ms);
        attempt_open(m, reader, true, now_ms)->card = card;
    }
    attempts_check(m);
}

void tb_identify_tap_again(struct tb_identify *m, uint8_t reader, struct tb_span uid, int64_t now_ms)
{
    struct tb_attempt *a = attempt_in_field(m, reader);
    if (a && a->state == TB_ATTEMPT_READING)
        a->card = card_of(uid);
    else
        tb_identify_tap_began(m, reader, uid, now_ms);
}

void tb_identify_tag_data(struct tb_identify *m, uint8_t reader, struct tb_span message, int64_t now_ms)
{
    struct tb_attempt *a = attempt_in_field_or_new(m, reader, now_ms);
    struct tb_judgement j;
    const struct tb_judge judge = judge_of(m, now_ms);
    tb_judge_tag(&judge, message, &j);
    attempt_settle_card(m, a, &j, now_ms);
    tb_wipe(&j, sizeof j);
    attempts_check(m);
}

void tb_identify_judged(struct tb_identify *m, uint8_t reader, const struct tb_judgement *judgement,
                        int64_t now_ms)
{
    attempt_settle_card(m, attempt_in_field_or_new(m, reader, now_ms), judgement, now_ms);
    attempts_check(m);
}

void tb_identify_tag_failed(struct tb_identify *m, uint8_t reader, enum tb_tag_failure failure,
                            int64_t now_ms)
{
    struct tb_attempt *a = attempt_in_field_or_new(m, reader, now_ms);
    struct tb_meaning meaning = tb_meaning_of_failure(failure);
    if (failure == TB_TAG_TORN) {
        attempt_torn(m, a, now_ms);
    } else if (failure == TB_TAG_TIMEOUT) {
        attempt_end(m, a, meaning.outcome, meaning.reason, now_ms);
    } else {
        struct tb_judgement j = {.verdict = TB_JUDGED_UNKNOWN, .reason = meaning.reason};
        if (tb_failure_is_of_foreign_card(failure) && judge_uid(m, a, &j))
            meaning.outcome = tb_meaning_of_judged(j.verdict, true);
        attempt_settle(m, a, &j, meaning.outcome, now_ms);
        tb_wipe(&j, sizeof j);
    }
    attempts_check(m);
}

void tb_identify_tag_gone(struct tb_identify *m, uint8_t reader, int64_t now_ms)
{
    TB_ASSERT(reader < TB_READERS_MAX);
    struct tb_attempt *a = attempt_in_field(m, reader);
    if (a && a->state == TB_ATTEMPT_READING)
        attempt_torn(m, a, now_ms);
    presence_gone(m, reader, now_ms);
}

void tb_identify_line(struct tb_identify *m, uint8_t reader, struct tb_span line, int64_t now_ms)
{
    struct tb_attempt *a = attempt_open(m, reader, false, now_ms);
    struct tb_judgement j;
    const struct tb_judge judge = judge_of(m, now_ms);
    tb_judge_line(&judge, line, &j);
    attempt_settle(m, a, &j, tb_meaning_of_judged(j.verdict, false), now_ms);
    tb_wipe(&j, sizeof j);
    attempts_check(m);
}

void tb_identify_line_failed(struct tb_identify *m, uint8_t reader, enum tb_reason reason, int64_t now_ms)
{
    struct tb_attempt *a = attempt_open(m, reader, false, now_ms);
    attempt_end(m, a, TB_OUTCOME_NOT_A_CODE, reason, now_ms);
    attempts_check(m);
}

void tb_identify_reader_lost(struct tb_identify *m, uint8_t reader, int64_t now_ms)
{
    TB_ASSERT(reader < TB_READERS_MAX);
    struct tb_attempt *a = attempt_in_field(m, reader);
    if (a)
        attempt_end(m, a, TB_OUTCOME_UNREADABLE, TB_REASON_READER_LOST, now_ms);
    presence_gone(m, reader, now_ms);
    attempts_check(m);
}

void tb_identify_visit_ended(struct tb_identify *m)
{
    for (size_t i = 0; i < TB_READERS_MAX; i++)
        presence_forget(&m->codes[i]);
}

/* ---- time ---- */

static void attempt_expire(struct tb_identify *m, struct tb_attempt *a, int64_t now_ms)
{
    switch (a->state) {
    case TB_ATTEMPT_FREE: return;
    case TB_ATTEMPT_READING: attempt_end(m, a, TB_OUTCOME_UNREADABLE, TB_REASON_TAG_TIMEOUT, now_ms); return;
    case TB_ATTEMPT_TORN: attempt_end(m, a, TB_OUTCOME_UNREADABLE, TB_REASON_TAG_TORN, now_ms); return;
    case TB_ATTEMPT_LOOKING:
    case TB_ATTEMPT_ASKING: attempt_unanswered(m, a, TB_REASON_STORE_TIMEOUT, now_ms); return;
    case TB_ATTEMPT_CLAIMING: attempt_refused(m, a, TB_REASON_REPLAY_MEMORY, now_ms); return;
    }
}

static bool attempt_hint_due(const struct tb_identify *m, const struct tb_attempt *a, int64_t *ret_at_ms)
{
    *ret_at_ms = a->began_ms + m->policy.hint_ms;
    return a->state == TB_ATTEMPT_READING && !a->hinted;
}

void tb_identify_tick(struct tb_identify *m, int64_t now_ms)
{
    int64_t at_ms = 0;
    TB_ASSERT(m->action_count == 0);
    for (size_t i = 0; i < TB_ATTEMPTS_MAX; i++) {
        struct tb_attempt *a = &m->attempts[i];
        if (a->state != TB_ATTEMPT_FREE && now_ms >= a->deadline_ms)
            attempt_expire(m, a, now_ms);
        else if (attempt_hint_due(m, a, &at_ms) && now_ms >= at_ms)
            hint_show(m, a);
    }
    for (size_t i = 0; i < TB_READERS_MAX; i++) {
        if (presence_expired(m, &m->cards[i], now_ms))
            presence_forget(&m->cards[i]);
        if (presence_expired(m, &m->codes[i], now_ms))
            presence_forget(&m->codes[i]);
    }
    attempts_check(m);
}

static void deadline_take(int64_t *deadline_ms, int64_t at_ms)
{
    if (at_ms < *deadline_ms)
        *deadline_ms = at_ms;
}

static void presence_deadline_take(const struct tb_identify *m, const struct tb_presence *p,
                                   int64_t *deadline_ms)
{
    if (p->attempt && p->gone)
        deadline_take(deadline_ms, p->gone_ms + m->policy.return_ms);
}

int64_t tb_identify_deadline_ms(const struct tb_identify *m)
{
    int64_t deadline_ms = INT64_MAX;
    int64_t at_ms = 0;
    for (size_t i = 0; i < TB_ATTEMPTS_MAX; i++) {
        if (m->attempts[i].state == TB_ATTEMPT_FREE)
            continue;
        deadline_take(&deadline_ms, m->attempts[i].deadline_ms);
        if (attempt_hint_due(m, &m->attempts[i], &at_ms))
            deadline_take(&deadline_ms, at_ms);
    }
    for (size_t i = 0; i < TB_READERS_MAX; i++) {
        presence_deadline_take(m, &m->cards[i], &deadline_ms);
        presence_deadline_take(m, &m->codes[i], &deadline_ms);
    }
    return deadline_ms;
}

void tb_identify_set_wall(struct tb_identify *m, int64_t wall_ms, int64_t now_ms)
{
    m->wall_offset_ms = wall_ms - now_ms;
}
