/*
 * What the files of the judge share: judge.c (lines), judge_tag.c (NDEF), judge_link.c (web addresses) and
 * judge_proof.c (texts that prove something). Not for use elsewhere.
 */
#ifndef TB_CORE_CREDENTIAL_JUDGE_PARTS_H
#define TB_CORE_CREDENTIAL_JUDGE_PARTS_H

#include "core/credential/gs1.h"
#include "core/credential/judge.h"

/* A text and how it came: aim is the AIM letter, 0 when the reader did not say. */
struct tb_judge_text {
    struct tb_span text;
    char aim;
    bool from_tag;
};

static inline void tb_judged(struct tb_judgement *j, enum tb_judged verdict, enum tb_reason reason)
{
    j->verdict = verdict;
    j->reason = reason;
}

/* A credential that is not proven: TB_ASSURANCE_LOW. Too long a value is unknown, code.too_long. */
void tb_judged_credential(struct tb_judgement *j, enum tb_credential_kind kind, struct tb_span value,
                          enum tb_reason reason);
void tb_judged_gs1(struct tb_judgement *j, const struct tb_gs1 *gs1, bool link);

/* The next rule of a carrier that may apply to this text, from *index on; NULL behind the last. */
const struct tb_code_rule *tb_judge_rule(const struct tb_judge *judge, enum tb_carrier carrier,
                                         const struct tb_judge_text *text, size_t *index);

/* What follows the rule's prefix, when it is exactly the rule's digits and check_count more. */
bool tb_judge_digits(const struct tb_code_rule *rule, struct tb_span text, size_t check_count,
                     struct tb_span *ret_digits);

/* What tb_handover_code_decode() said of a text whose code is in j->handover; false when it was none. */
bool tb_judge_handover(enum tb_err decoded, struct tb_judgement *j);

/*
 * False, and nothing is written: not ours. judge_proof: wallet readers, rotating codes, CWT, hand-over codes,
 * JWS. judge_link: any web address gets a verdict.
 */
bool tb_judge_proof(const struct tb_judge *judge, const struct tb_judge_text *text, struct tb_judgement *j);
bool tb_judge_link(const struct tb_judge *judge, const struct tb_judge_text *uri, struct tb_judgement *j);

#endif
