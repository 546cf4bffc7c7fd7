/*
 * Judging what a reader delivered: one scanned line, or the NDEF message of one tag.
 *
 * The payment-card guard looks first, and what it finds leaves no value behind. Nothing is swallowed:
 * what is not ours comes out as a product or as unknown. Pure; callable from any thread.
 *
 * A signed token costs an ECDSA verification for each key of its name, 1 ms each on a desktop and some ms on
 * a small board, in the call: so long a turn of the loop is accepted. Everything else takes microseconds.
 *
 * Limits: a line up to TB_LINE_SIZE_MAX bytes of UTF-8, an NDEF message as core/credential/ndef.h says.
 */
#ifndef TB_CORE_CREDENTIAL_JUDGE_H
#define TB_CORE_CREDENTIAL_JUDGE_H

#include "core/credential/judgement.h"
#include "core/credential/keyring.h"
#include "core/credential/rules.h"

#define TB_LINE_SIZE_MAX 2048 /* bytes; the longest credential text is a signed token */

/* What is judged by. */
struct tb_judge {
    const struct tb_code_rules *rules; /* borrowed */
    const struct tb_keyring *keys;     /* borrowed; NULL: none */
    int64_t wall_ms;                   /* Unix */
};

/*
 * Judges one line from a scanner. Trailing CR, LF and TAB are cut, spaces never (base45 contains
 * them); GS (0x1D) is FNC1. Never fails: whatever came in gets a verdict.
 */
void tb_judge_line(const struct tb_judge *judge, struct tb_span line, struct tb_judgement *ret_judgement);

/*
 * Judges the NDEF message of one tag (empty: a formatted tag without content). The whole message is
 * checked before anything in it counts; then the first record that is ours wins.
 */
void tb_judge_tag(const struct tb_judge *judge, struct tb_span message, struct tb_judgement *ret_judgement);

#endif
