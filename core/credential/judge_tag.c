/* The NDEF message of one tag. */
#include "core/credential/judge_parts.h"
#include "core/credential/ndef.h"

#include "core/base/text.h"

enum { URI_SIZE_MAX = TB_NDEF_SIZE_MAX + 16 };

static void judge_tag_text(const struct tb_judge *judge, struct tb_span text, struct tb_judgement *j)
{
    const struct tb_judge_text t = {.text = text, .from_tag = true};
    size_t index = 0;
    struct tb_span digits;
    const struct tb_code_rule *rule;
    while ((rule = tb_judge_rule(judge, TB_CARRIER_TAG_TEXT, &t, &index)) != NULL) {
        if (tb_judge_digits(rule, text, 0, &digits)) {
            tb_judged_credential(j, rule->kind, digits, TB_REASON_MEMBER_TEXT);
            return;
        }
    }
    (void)tb_judge_proof(judge, &t, j);
}

static void judge_external(const struct tb_judge *judge, const struct tb_ndef_record *record,
                           struct tb_judgement *j)
{
    const struct tb_judge_text t = {.text = record->payload, .from_tag = true};
    size_t index = 0;
    const struct tb_code_rule *rule;
    while ((rule = tb_judge_rule(judge, TB_CARRIER_EXTERNAL, &t, &index)) != NULL) {
        if (!tb_ndef_is(record, TB_NDEF_EXTERNAL, rule->prefix) ||
            record->payload.size != rule->digit_count || !tb_text_is_digits(record->payload))
            continue;
        tb_judged_credential(j, rule->kind, record->payload, TB_REASON_MEMBER_EXTERNAL);
        return;
    }
}

static void judge_record(const struct tb_judge *judge, const struct tb_ndef_record *record,
                         struct tb_judgement *j)
{
    uint8_t address[URI_SIZE_MAX];
    struct tb_buf uri = tb_buf_of(address, sizeof address);
    struct tb_span text;
    if (tb_ndef_web_address(record, &uri) == TB_OK)
        (void)tb_judge_link(judge, &(struct tb_judge_text){.text = tb_buf_span(&uri), .from_tag = true}, j);
    else if (tb_ndef_text(record, &text) == TB_OK)
        judge_tag_text(judge, text, j);
    else
        judge_external(judge, record, j);
    if (j->reason == TB_REASON_CODE_NOT_OURS || j->reason == TB_REASON_TAG_EMPTY)
        j->reason = TB_REASON_TAG_NOT_OURS;
}

/* Walks the records of a checked message until one is a credential or product. */
static void judge_records(const struct tb_judge *judge, struct tb_ndef *n, struct tb_judgement *j)
{
    struct tb_ndef_record record;
    while (j->verdict == TB_JUDGED_UNKNOWN && j->evidence_size == 0) {
        enum tb_err err = tb_ndef_next(n, &record);
        if (err == TB_OK && tb_ndef_is(&record, TB_NDEF_WELL_KNOWN, "Sp")) {
            if (tb_ndef_enter(n, record.payload) != TB_OK)
                continue; /* a poster too deep is passed over */
        } else if (err == TB_OK && record.tnf != TB_NDEF_EMPTY)
            judge_record(judge, &record, j);
        else if (err == TB_ERR_NOT_FOUND && n->depth > 1)
            tb_ndef_leave(n);
        else if (err != TB_OK)
            return;
    }
}

void tb_judge_tag(const struct tb_judge *judge, struct tb_span message, struct tb_judgement *ret_judgement)
{
    struct tb_ndef n;
    *ret_judgement = (struct tb_judgement){.verdict = TB_JUDGED_UNKNOWN, .reason = TB_REASON_TAG_EMPTY};
    if (tb_ndef_check(message) != TB_OK || tb_ndef_begin(&n, message) != TB_OK)
        tb_judged(ret_judgement, TB_JUDGED_MALFORMED, TB_REASON_TAG_MALFORMED);
    else
        judge_records(judge, &n, ret_judgement);
}
