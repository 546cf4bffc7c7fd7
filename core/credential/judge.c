#include "core/credential/judge.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/credential/gs1.h"
#include "core/credential/ndef.h"
#include "core/credential/payment.h"
#include "core/credential/sun.h"
#include "core/credential/web.h"

enum { GS = 0x1d, AIM_SIZE = 3, URI_SIZE_MAX = TB_NDEF_SIZE_MAX + 16 };

static void judged(struct tb_judgement *j, enum tb_judged verdict, enum tb_reason reason)
{
    j->verdict = verdict;
    j->reason = reason;
}

static void judged_credential(struct tb_judgement *j, enum tb_credential_kind kind, struct tb_span value,
                              enum tb_reason reason)
{
    enum tb_err err = tb_credential_set(kind, value, &j->credential);
    if (err == TB_OK) {
        judged(j, TB_JUDGED_CREDENTIAL, reason);
        j->assurance = TB_ASSURANCE_LOW;
    } else {
        judged(j, TB_JUDGED_UNKNOWN, TB_REASON_CODE_TOO_LONG);
    }
}

static void judged_gs1(struct tb_judgement *j, const struct tb_gs1 *gs1, bool link)
{
    switch (gs1->key) {
    case TB_GS1_GSRN:
        judged_credential(j, TB_CREDENTIAL_GSRN, tb_span_str(gs1->gsrn),
                          link ? TB_REASON_GSRN_LINK : TB_REASON_GSRN_ELEMENT);
        return;
    case TB_GS1_GTIN:
        memcpy(j->gtin, gs1->gtin, sizeof j->gtin);
        judged(j, TB_JUDGED_PRODUCT, link ? TB_REASON_PRODUCT_LINK : TB_REASON_PRODUCT_ELEMENT);
        return;
    case TB_GS1_OTHER: judged(j, TB_JUDGED_UNKNOWN, TB_REASON_CODE_GS1_OTHER); return;
    }
}

static const struct tb_code_rule *rule_next(const struct tb_code_rules *rules, enum tb_carrier carrier,
                                            size_t *index)
{
    while (*index < rules->rule_count) {
        const struct tb_code_rule *rule = &rules->rules[(*index)++];
        if (rule->carrier == carrier)
            return rule;
    }
    return NULL;
}

/* What follows the rule's prefix, when it is exactly the rule's digits and check_count more. */
static bool rule_digits(const struct tb_code_rule *rule, struct tb_span text, size_t check_count,
                        struct tb_span *ret_digits)
{
    struct tb_span prefix = tb_span_str(rule->prefix);
    if (!tb_span_starts(text, prefix))
        return false;
    *ret_digits = tb_span_sub(text, prefix.size, SIZE_MAX);
    return ret_digits->size == rule->digit_count + check_count && tb_text_is_digits(*ret_digits);
}

static struct tb_span rule_value(const struct tb_code_rule *rule, struct tb_span digits)
{
    return tb_span_sub(digits, 0, rule->digit_count);
}

/* False when the text is no retail code; a valid one is a member card of the chain or a product. */
static bool judge_retail_code(const struct tb_judge *judge, struct tb_span text, struct tb_judgement *j)
{
    if (tb_gtin_decode(text, j->gtin) != TB_OK)
        return false;
    struct tb_span digits;
    size_t index = 0;
    const struct tb_code_rule *rule;
    while (text.size == 13 && (rule = rule_next(judge->rules, TB_CARRIER_EAN13, &index)) != NULL) {
        if (!rule_digits(rule, text, 1, &digits))
            continue;
        memset(j->gtin, 0, sizeof j->gtin);
        judged_credential(j, rule->kind, rule_value(rule, digits), TB_REASON_MEMBER_EAN);
        return true;
    }
    judged(j, TB_JUDGED_PRODUCT, TB_REASON_PRODUCT_CODE);
    return true;
}

/*
 * Digits alone may read as an element string by chance ("4001…" is AI 400 and a Visa number), so that
 * without FNC1 or a symbology identifier only the keys that carry a check digit count.
 */
static bool judge_element(struct tb_span text, bool marked, struct tb_judgement *j)
{
    bool keyed = tb_span_starts(text, tb_span_str("01")) || tb_span_starts(text, tb_span_str("8018"));
    struct tb_gs1 gs1;
    if ((!marked && !keyed) || tb_gs1_element_decode(text, &gs1) != TB_OK)
        return false;
    judged_gs1(j, &gs1, false);
    return true;
}

/* True when a link rule fits, even if its host is not allowed. */
static bool judge_member_link(const struct tb_judge *judge, const struct tb_web *web, struct tb_judgement *j)
{
    size_t index = 0;
    const struct tb_code_rule *rule;
    while ((rule = rule_next(judge->rules, TB_CARRIER_LINK, &index)) != NULL) {
        struct tb_span prefix = tb_span_str(rule->prefix);
        struct tb_span digits = tb_span_sub(web->path, prefix.size, SIZE_MAX);
        /* QR codes in alphanumeric mode carry upper case only. */
        if (!tb_text_starts_nocase(web->path, prefix) || digits.size != rule->digit_count ||
            !tb_text_is_digits(digits))
            continue;
        if (tb_code_rules_host_allowed(judge->rules, web->host))
            judged_credential(j, rule->kind, digits, TB_REASON_MEMBER_LINK);
        else
            judged(j, TB_JUDGED_UNKNOWN, TB_REASON_CODE_HOST);
        return true;
    }
    return false;
}

/* False when the text is no web address; any web address gets a verdict. */
static bool judge_link(const struct tb_judge *judge, struct tb_span uri, struct tb_judgement *j)
{
    struct tb_web web;
    if (tb_web_decode(uri, &web) != TB_OK)
        return false;
    if (judge_member_link(judge, &web, j))
        return true;
    struct tb_gs1 gs1;
    enum tb_err err = tb_gs1_link_decode(uri, &gs1);
    if (err == TB_OK)
        judged_gs1(j, &gs1, true);
    else if (err == TB_ERR_CHECKSUM)
        judged(j, TB_JUDGED_UNKNOWN, TB_REASON_CODE_CHECK_DIGIT);
    else
        judged(j, TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS);
    return true;
}

static void judge_text(const struct tb_judge *judge, struct tb_span text, struct tb_judgement *j)
{
    size_t index = 0;
    struct tb_span digits;
    const struct tb_code_rule *rule;
    judged(j, TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS);
    while ((rule = rule_next(judge->rules, TB_CARRIER_SCAN_TEXT, &index)) != NULL) {
        if (!rule_digits(rule, text, 1, &digits))
            continue;
        if (tb_luhn_check_valid(digits)) {
            judged_credential(j, rule->kind, rule_value(rule, digits), TB_REASON_MEMBER_TEXT);
            return;
        }
        j->reason = TB_REASON_CODE_CHECK_DIGIT;
    }
}

static bool is_text(struct tb_span line)
{
    for (size_t i = 0; i < line.size; i++)
        if ((line.at[i] < 0x20 && line.at[i] != GS) || line.at[i] == 0x7f)
            return false;
    return tb_utf8_valid(line);
}

static bool is_line_end(uint8_t c)
{
    return c == '\r' || c == '\n' || c == '\t';
}

static struct tb_span line_trim(struct tb_span line)
{
    while (line.size && is_line_end(line.at[0]))
        line = tb_span_sub(line, 1, SIZE_MAX);
    while (line.size && is_line_end(line.at[line.size - 1]))
        line.size--;
    return line;
}

static bool aim_present(struct tb_span line)
{
    return line.size >= AIM_SIZE && line.at[0] == ']' &&
           ((line.at[1] >= 'A' && line.at[1] <= 'Z') || (line.at[1] >= 'a' && line.at[1] <= 'z'));
}

/* Symbology identifiers that say "FNC1 first": GS1-128, DataBar, DataMatrix, QR (ISO/IEC 15424). */
static bool aim_gs1(struct tb_span line)
{
    static const char *const marks[] = {"]C1", "]e0", "]d2", "]Q3"};
    for (size_t i = 0; i < TB_ARRAY_SIZE(marks); i++)
        if (tb_span_starts(line, tb_span_str(marks[i])))
            return true;
    return false;
}

static enum tb_reason payment_reason(struct tb_span line)
{
    enum tb_reason reason = tb_payment_in_line(line);
    /* A scanner may send identifiers that nobody told us about; a card number must not hide behind one. */
    if (reason == TB_REASON_NONE && aim_present(line))
        reason = tb_payment_in_line(tb_span_sub(line, AIM_SIZE, SIZE_MAX));
    return reason;
}

static void judge_code(const struct tb_judge *judge, struct tb_span line, struct tb_judgement *j)
{
    bool aim = judge->rules->aim_enabled && aim_present(line);
    struct tb_span text = aim ? tb_span_sub(line, AIM_SIZE, SIZE_MAX) : line;
    bool marked = (aim && aim_gs1(line)) || (text.size && memchr(text.at, GS, text.size) != NULL);
    enum tb_reason payment = payment_reason(line);
    if (payment == TB_REASON_PAYMENT_TRACK)
        judged(j, TB_JUDGED_PAYMENT_CARD, payment);
    else if (judge_retail_code(judge, text, j) || judge_element(text, marked, j))
        return;
    else if (payment != TB_REASON_NONE)
        judged(j, TB_JUDGED_PAYMENT_CARD, payment);
    else if (!is_text(text))
        judged(j, TB_JUDGED_NOT_TEXT, TB_REASON_CODE_NOT_TEXT);
    else if (!tb_sun_judge(judge, text, TB_SUN_FROM_SCAN, j) && !judge_link(judge, text, j))
        judge_text(judge, text, j);
}

void tb_judge_line(const struct tb_judge *judge, struct tb_span line, struct tb_judgement *ret_judgement)
{
    *ret_judgement = (struct tb_judgement){.verdict = TB_JUDGED_UNKNOWN};
    line = line_trim(line);
    if (line.size == 0)
        judged(ret_judgement, TB_JUDGED_NOT_TEXT, TB_REASON_CODE_EMPTY);
    else if (line.size > TB_LINE_SIZE_MAX)
        judged(ret_judgement, TB_JUDGED_NOT_TEXT, TB_REASON_CODE_TOO_LONG);
    else
        judge_code(judge, line, ret_judgement);
}

static void judge_tag_text(const struct tb_judge *judge, struct tb_span text, struct tb_judgement *j)
{
    size_t index = 0;
    struct tb_span digits;
    const struct tb_code_rule *rule;
    while ((rule = rule_next(judge->rules, TB_CARRIER_TAG_TEXT, &index)) != NULL) {
        if (rule_digits(rule, text, 0, &digits)) {
            judged_credential(j, rule->kind, digits, TB_REASON_MEMBER_TEXT);
            return;
        }
    }
}

static void judge_external(const struct tb_judge *judge, const struct tb_ndef_record *record,
                           struct tb_judgement *j)
{
    size_t index = 0;
    const struct tb_code_rule *rule;
    while ((rule = rule_next(judge->rules, TB_CARRIER_EXTERNAL, &index)) != NULL) {
        if (!tb_ndef_is(record, TB_NDEF_EXTERNAL, rule->prefix) ||
            record->payload.size != rule->digit_count || !tb_text_is_digits(record->payload))
            continue;
        judged_credential(j, rule->kind, record->payload, TB_REASON_MEMBER_EXTERNAL);
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
        (void)(tb_sun_judge(judge, tb_buf_span(&uri), TB_SUN_FROM_TAG, j) ||
               judge_link(judge, tb_buf_span(&uri), j));
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
        judged(ret_judgement, TB_JUDGED_MALFORMED, TB_REASON_TAG_MALFORMED);
    else
        judge_records(judge, &n, ret_judgement);
}
