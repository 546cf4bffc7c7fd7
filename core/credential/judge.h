/*
 * Judging what a reader delivered: one scanned line, or the NDEF message of one tag.
 *
 * The payment-card guard looks first, and what it finds leaves no value behind. Nothing is swallowed:
 * what is not ours comes out as a product or as unknown. Pure; callable from any thread.
 *
 * Limits: a line up to TB_LINE_SIZE_MAX bytes of UTF-8, an NDEF message as core/credential/ndef.h says.
 */
#ifndef TB_CORE_CREDENTIAL_JUDGE_H
#define TB_CORE_CREDENTIAL_JUDGE_H

#include "core/credential/digits.h"
#include "core/credential/reason.h"
#include "core/credential/rules.h"

#define TB_LINE_SIZE_MAX 2048 /* bytes; the longest credential text is a signed token */

enum tb_judged {
    TB_JUDGED_PAYMENT_CARD, /* dropped; neither credential nor gtin is filled */
    TB_JUDGED_CREDENTIAL,   /* credential is filled */
    TB_JUDGED_PRODUCT,      /* gtin is filled */
    TB_JUDGED_UNKNOWN,      /* readable, and not ours */
    TB_JUDGED_NOT_TEXT,     /* a line that is no text at all */
    TB_JUDGED_MALFORMED,    /* a tag whose message breaks the NDEF rules */
};

struct tb_judgement {
    enum tb_judged verdict;
    enum tb_reason reason;
    struct tb_credential credential;
    char gtin[TB_GTIN_TEXT_SIZE];
};

/*
 * Judges one line from a scanner. Trailing CR, LF and TAB are cut, spaces never (base45 contains
 * them); GS (0x1D) is FNC1. Never fails: whatever came in gets a verdict.
 */
void tb_judge_line(struct tb_span line, const struct tb_code_rules *rules,
                   struct tb_judgement *ret_judgement);

/*
 * Judges the NDEF message of one tag (empty: a formatted tag without content). The whole message is
 * checked before anything in it counts; then the first record that is ours wins.
 */
void tb_judge_tag(struct tb_span message, const struct tb_code_rules *rules,
                  struct tb_judgement *ret_judgement);

#endif
