/*
 * Judgement: what a tap or scan was found to be, whoever judged it: tb_judge_line(), tb_judge_tag() or an
 * applet.
 *
 * Holds personal data while verdict is TB_JUDGED_CREDENTIAL or TB_JUDGED_HANDOVER: never logged, wiped by
 * whoever held it. Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_JUDGEMENT_H
#define TB_CORE_CREDENTIAL_JUDGEMENT_H

#include "core/credential/assurance.h"
#include "core/credential/credential.h"
#include "core/credential/digits.h"
#include "core/credential/reason.h"

#define TB_EVIDENCE_SIZE_MAX 192
#define TB_REPLAY_NAME_SIZE 32
#define TB_HANDOVER_CODE_SIZE 6

enum tb_judged {
    TB_JUDGED_PAYMENT_CARD, /* dropped; neither credential nor gtin is filled */
    TB_JUDGED_CREDENTIAL,   /* credential and assurance are filled */
    TB_JUDGED_PRODUCT,      /* gtin is filled */
    TB_JUDGED_HANDOVER,     /* handover is filled: a cart that comes from elsewhere */
    TB_JUDGED_UNKNOWN,      /* readable, and not ours */
    TB_JUDGED_NOT_TEXT,     /* a line that is no text at all */
    TB_JUDGED_MALFORMED,    /* ours by its looks, and it breaks the rules */
    TB_JUDGED_WRONG_KEY,    /* ours by its looks, and its proof is not by a key of ours */
    TB_JUDGED_EXPIRED,      /* genuine, and its time is over or has not come */
    TB_JUDGED_AGAIN,        /* the shopper has to do something and tap again; the reason says what */
};

/* What must be remembered durably before the credential counts, so that the same bytes are good once. */
enum tb_replay_rule {
    TB_REPLAY_NONE,
    TB_REPLAY_ONCE,    /* refused when the name is remembered */
    TB_REPLAY_COUNTER, /* refused unless counter is above the one that is remembered */
};

struct tb_replay {
    enum tb_replay_rule rule;
    uint8_t name[TB_REPLAY_NAME_SIZE]; /* SHA-256 of what was used up, with its kind in front */
    uint64_t counter;
    int64_t forget_ms; /* Unix: from here on it is refused as expired anyway; INT64_MAX: never */
};

struct tb_judgement {
    enum tb_judged verdict;
    enum tb_reason reason;
    struct tb_credential credential;
    enum tb_assurance assurance; /* once what follows is done; until then TB_ASSURANCE_LOW is all there is */
    struct tb_replay replay;
    /*
     * Not empty: only the context store has the key. It is asked with this text; when it cannot be, the
     * credential is an identifier that was seen and not verified, or, of kind TB_CREDENTIAL_NONE, nothing at
     * all.
     */
    uint8_t evidence_size;
    uint8_t evidence[TB_EVIDENCE_SIZE_MAX];
    char gtin[TB_GTIN_TEXT_SIZE];
    char handover[TB_HANDOVER_CODE_SIZE + 1];
};

static inline struct tb_span tb_judgement_evidence(const struct tb_judgement *j)
{
    return tb_span_of(j->evidence, j->evidence_size);
}

#endif
