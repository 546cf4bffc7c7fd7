#include "core/identify/meaning.h"

/* A card that is not ours may still be a customer's; a code that is not ours is none of this till's. */
enum tb_outcome tb_meaning_of_judged(enum tb_judged verdict, bool from_tap)
{
    switch (verdict) {
    case TB_JUDGED_PAYMENT_CARD: return TB_OUTCOME_PAYMENT_CARD;
    case TB_JUDGED_CREDENTIAL:
    case TB_JUDGED_HANDOVER: return TB_OUTCOME_RECOGNISED;
    case TB_JUDGED_PRODUCT: return TB_OUTCOME_PRODUCT;
    case TB_JUDGED_WRONG_KEY: return TB_OUTCOME_WRONG_KEY;
    case TB_JUDGED_EXPIRED: return TB_OUTCOME_EXPIRED;
    case TB_JUDGED_UNKNOWN: return from_tap ? TB_OUTCOME_UNKNOWN : TB_OUTCOME_NOT_A_CODE;
    case TB_JUDGED_NOT_TEXT: return TB_OUTCOME_NOT_A_CODE;
    case TB_JUDGED_AGAIN:
    case TB_JUDGED_MALFORMED: return TB_OUTCOME_UNREADABLE;
    }
    return TB_OUTCOME_UNREADABLE;
}

struct tb_meaning tb_meaning_of_failure(enum tb_tag_failure failure)
{
    switch (failure) {
    case TB_TAG_TORN: return (struct tb_meaning){TB_OUTCOME_UNREADABLE, TB_REASON_TAG_TORN};
    case TB_TAG_MALFORMED: return (struct tb_meaning){TB_OUTCOME_UNREADABLE, TB_REASON_TAG_MALFORMED};
    case TB_TAG_EMPTY: return (struct tb_meaning){TB_OUTCOME_UNKNOWN, TB_REASON_TAG_EMPTY};
    case TB_TAG_LOCKED: return (struct tb_meaning){TB_OUTCOME_WRONG_KEY, TB_REASON_TAG_LOCKED};
    case TB_TAG_UNSUPPORTED: return (struct tb_meaning){TB_OUTCOME_UNKNOWN, TB_REASON_TAG_UNSUPPORTED};
    case TB_TAG_PAYMENT_CARD: return (struct tb_meaning){TB_OUTCOME_PAYMENT_CARD, TB_REASON_PAYMENT_CHIP};
    case TB_TAG_TWO: return (struct tb_meaning){TB_OUTCOME_TWO_CARDS, TB_REASON_TAG_TWO};
    case TB_TAG_TIMEOUT: return (struct tb_meaning){TB_OUTCOME_UNREADABLE, TB_REASON_TAG_TIMEOUT};
    }
    return (struct tb_meaning){TB_OUTCOME_UNREADABLE, TB_REASON_TAG_MALFORMED};
}

enum tb_outcome tb_meaning_of_refusal(enum tb_reason reason)
{
    if (reason == TB_REASON_PROOF_REPLAYED)
        return TB_OUTCOME_REPLAYED;
    if (reason == TB_REASON_PROOF_EXPIRED || reason == TB_REASON_PROOF_EARLY)
        return TB_OUTCOME_EXPIRED;
    if (reason == TB_REASON_POLICY || reason == TB_REASON_LOOKUP_LIMIT)
        return TB_OUTCOME_UNKNOWN;
    if (reason == TB_REASON_PROOF_MALFORMED || reason == TB_REASON_PROOF_UNSUPPORTED ||
        reason == TB_REASON_REPLAY_MEMORY)
        return TB_OUTCOME_UNREADABLE;
    return TB_OUTCOME_WRONG_KEY;
}

/* Something is left for the shopper to do, and then the same card or phone will do. */
static bool reason_is_again(enum tb_reason reason)
{
    return reason == TB_REASON_PASS_CHOOSE || reason == TB_REASON_PASS_LOCKED ||
           reason == TB_REASON_PASS_AGAIN || reason == TB_REASON_REPLAY_MEMORY;
}

enum tb_feedback tb_meaning_feedback(enum tb_outcome outcome, enum tb_reason reason)
{
    switch (outcome) {
    case TB_OUTCOME_RECOGNISED:
    case TB_OUTCOME_OPERATOR:
    case TB_OUTCOME_CAPTURED: return TB_FEEDBACK_WELCOME;
    case TB_OUTCOME_UNKNOWN: return TB_FEEDBACK_UNKNOWN;
    case TB_OUTCOME_PRODUCT: return TB_FEEDBACK_PRODUCT;
    case TB_OUTCOME_EXPIRED: return reason == TB_REASON_BLOCKED ? TB_FEEDBACK_REFUSED : TB_FEEDBACK_EXPIRED;
    case TB_OUTCOME_REPLAYED: return TB_FEEDBACK_REPLAYED;
    case TB_OUTCOME_UNREADABLE: return reason_is_again(reason) ? TB_FEEDBACK_AGAIN : TB_FEEDBACK_REFUSED;
    case TB_OUTCOME_WRONG_KEY:
    case TB_OUTCOME_PAYMENT_CARD:
    case TB_OUTCOME_TWO_CARDS:
    case TB_OUTCOME_NOT_A_CODE:
    case TB_OUTCOME_COUNT: break;
    }
    return TB_FEEDBACK_REFUSED;
}
