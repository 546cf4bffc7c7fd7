#include "core/credential/judge.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/credential/judge_parts.h"
#include "core/credential/payment.h"

enum { GS = 0x1d, AIM_SIZE = 3, EAN13_DIGIT_COUNT = 13 };

/* ---- what the files of the judge share ---- */

void tb_judged_credential(struct tb_judgement *j, enum tb_credential_kind kind, struct tb_span value,
                          enum tb_reason reason)
{
    enum tb_err err = tb_credential_set(kind, value, &j->credential);
    if (err == TB_OK) {
        tb_judged(j, TB_JUDGED_CREDENTIAL, kind == TB_CREDENTIAL_BADGE ? TB_REASON_BADGE_CODE : reason);
        j->assurance = TB_ASSURANCE_LOW;
    } else {
        tb_judged(j, TB_JUDGED_UNKNOWN, TB_REASON_CODE_TOO_LONG);
    }
}

void tb_judged_gs1(struct tb_judgement *j, const struct tb_gs1 *gs1, bool link)
{
    switch (gs1->key) {
    case TB_GS1_GSRN:
        tb_judged_credential(j, TB_CREDENTIAL_GSRN, tb_span_str(gs1->gsrn),
                             link ? TB_REASON_GSRN_LINK : TB_REASON_GSRN_ELEMENT);
        return;
    case TB_GS1_GTIN:
        memcpy(j->gtin, gs1->gtin, sizeof j->gtin);
        tb_judged(j, TB_JUDGED_PRODUCT, link ? TB_REASON_PRODUCT_LINK : TB_REASON_PRODUCT_ELEMENT);
        return;
    case TB_GS1_COUPON: tb_judged(j, TB_JUDGED_UNKNOWN, TB_REASON_CODE_COUPON); return;
    case TB_GS1_OTHER: tb_judged(j, TB_JUDGED_UNKNOWN, TB_REASON_CODE_GS1_OTHER); return;
    }
}

const struct tb_code_rule *tb_judge_rule(const struct tb_judge *judge, enum tb_carrier carrier,
                                         const struct tb_judge_text *text, size_t *index)
{
    while (*index < judge->rules->rule_count) {
        const struct tb_code_rule *rule = &judge->rules->rules[(*index)++];
        if (rule->carrier == carrier && (!rule->symbology || !text->aim || rule->symbology == text->aim))
            return rule;
    }
    return NULL;
}

bool tb_judge_digits(const struct tb_code_rule *rule, struct tb_span text, size_t check_count,
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

/* ---- lines of digits ---- */

/* False when the text is no retail code; a valid one is a member card of the chain or a product. */
static bool judge_retail_code(const struct tb_judge *judge, const struct tb_judge_text *line,
                              struct tb_judgement *j)
{
    if (tb_gtin_decode(line->text, j->gtin) != TB_OK)
        return false;
    struct tb_span digits;
    size_t index = 0;
    const struct tb_code_rule *rule;
    while (line->text.size == EAN13_DIGIT_COUNT &&
           (rule = tb_judge_rule(judge, TB_CARRIER_EAN13, line, &index)) != NULL) {
        if (!tb_judge_digits(rule, line->text, 1, &digits))
            continue;
        memset(j->gtin, 0, sizeof j->gtin);
        tb_judged_credential(j, rule->kind, rule_value(rule, digits), TB_REASON_MEMBER_EAN);
        return true;
    }
    tb_judged(j, TB_JUDGED_PRODUCT, TB_REASON_PRODUCT_CODE);
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
    tb_judged_gs1(j, &gs1, false);
    return true;
}

/* ---- member numbers in Code 128 and as text ---- */

/* False when the check character of this rule is wrong; check digits count what stands before, prefix too. */
static bool code128_check_valid(const struct tb_code_rule *rule, struct tb_span text, struct tb_span digits)
{
    bool whole = tb_text_is_digits(text);
    switch (rule->check) {
    case TB_CODE_CHECK_LUHN: return tb_luhn_check_valid(whole ? text : digits);
    case TB_CODE_CHECK_GS1: return tb_gs1_check_valid(whole ? text : digits);
    case TB_CODE_CHECK_NONE:
    case TB_CODE_CHECK_COUNT: return true;
    }
    return true;
}

/* bound: only rules of the symbology that the line itself names, which no product has then. */
static bool judge_code128(const struct tb_judge *judge, const struct tb_judge_text *line, bool bound,
                          struct tb_judgement *j)
{
    size_t index = 0;
    struct tb_span digits;
    const struct tb_code_rule *rule;
    while ((rule = tb_judge_rule(judge, TB_CARRIER_CODE128, line, &index)) != NULL) {
        size_t check_count = rule->check == TB_CODE_CHECK_NONE ? 0 : 1;
        if ((bound && (!line->aim || rule->symbology != line->aim)) ||
            !tb_judge_digits(rule, line->text, check_count, &digits) ||
            !code128_check_valid(rule, line->text, digits))
            continue;
        tb_judged_credential(j, rule->kind, rule_value(rule, digits), TB_REASON_MEMBER_CODE128);
        return true;
    }
    return false;
}

static void judge_number(const struct tb_judge *judge, const struct tb_judge_text *line,
                         struct tb_judgement *j)
{
    size_t index = 0;
    struct tb_span digits;
    const struct tb_code_rule *rule;
    tb_judged(j, TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS);
    while ((rule = tb_judge_rule(judge, TB_CARRIER_SCAN_TEXT, line, &index)) != NULL) {
        if (!tb_judge_digits(rule, line->text, 1, &digits))
            continue;
        if (tb_luhn_check_valid(digits)) {
            tb_judged_credential(j, rule->kind, rule_value(rule, digits), TB_REASON_MEMBER_TEXT);
            return;
        }
        j->reason = TB_REASON_CODE_CHECK_DIGIT;
    }
}

/* ---- lines ---- */

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
    struct tb_judge_text t = {.text = aim ? tb_span_sub(line, AIM_SIZE, SIZE_MAX) : line,
                              .aim = aim ? (char)line.at[1] : '\0'};
    bool marked = (aim && aim_gs1(line)) || (t.text.size && memchr(t.text.at, GS, t.text.size) != NULL);
    enum tb_reason payment = payment_reason(line);
    if (payment == TB_REASON_PAYMENT_TRACK)
        tb_judged(j, TB_JUDGED_PAYMENT_CARD, payment);
    else if (payment == TB_REASON_NONE && !marked && judge_code128(judge, &t, true, j))
        return;
    else if (judge_retail_code(judge, &t, j) || judge_element(t.text, marked, j))
        return;
    else if (payment != TB_REASON_NONE)
        tb_judged(j, TB_JUDGED_PAYMENT_CARD, payment);
    else if (!is_text(t.text))
        tb_judged(j, TB_JUDGED_NOT_TEXT, TB_REASON_CODE_NOT_TEXT);
    else if (tb_judge_link(judge, &t, j) || tb_judge_proof(judge, &t, j) ||
             judge_code128(judge, &t, false, j))
        return;
    else
        judge_number(judge, &t, j);
}

void tb_judge_line(const struct tb_judge *judge, struct tb_span line, struct tb_judgement *ret_judgement)
{
    *ret_judgement = (struct tb_judgement){.verdict = TB_JUDGED_UNKNOWN};
    line = line_trim(line);
    if (line.size == 0)
        tb_judged(ret_judgement, TB_JUDGED_NOT_TEXT, TB_REASON_CODE_EMPTY);
    else if (line.size > TB_LINE_SIZE_MAX)
        tb_judged(ret_judgement, TB_JUDGED_NOT_TEXT, TB_REASON_CODE_TOO_LONG);
    else
        judge_code(judge, line, ret_judgement);
}
