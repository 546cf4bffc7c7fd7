/* Web addresses: SUN messages, member links, hand-over links, GS1 Digital Links. */
#include "core/credential/handover.h"
#include "core/credential/judge_parts.h"
#include "core/credential/sun.h"
#include "core/credential/web.h"

#include "core/base/text.h"

/* What follows a path prefix; QR codes in alphanumeric mode carry upper case only. */
static bool path_rest(const struct tb_code_rule *rule, const struct tb_web *web, struct tb_span *ret_rest)
{
    struct tb_span prefix = tb_span_str(rule->prefix);
    *ret_rest = tb_span_sub(web->path, prefix.size, SIZE_MAX);
    return tb_text_starts_nocase(web->path, prefix);
}

/* True when a link rule fits, even if its host is not allowed. */
static bool judge_member_link(const struct tb_judge *judge, const struct tb_judge_text *uri,
                              const struct tb_web *web, struct tb_judgement *j)
{
    size_t index = 0;
    struct tb_span digits;
    const struct tb_code_rule *rule;
    while ((rule = tb_judge_rule(judge, TB_CARRIER_LINK, uri, &index)) != NULL) {
        if (!path_rest(rule, web, &digits) || digits.size != rule->digit_count || !tb_text_is_digits(digits))
            continue;
        if (tb_code_rules_host_allowed(judge->rules, web->host))
            tb_judged_credential(j, rule->kind, digits, TB_REASON_MEMBER_LINK);
        else
            tb_judged(j, TB_JUDGED_UNKNOWN, TB_REASON_CODE_HOST);
        return true;
    }
    return false;
}

static bool judge_handover_link(const struct tb_judge *judge, const struct tb_judge_text *uri,
                                const struct tb_web *web, struct tb_judgement *j)
{
    size_t index = 0;
    struct tb_span code;
    const struct tb_code_rule *rule;
    while ((rule = tb_judge_rule(judge, TB_CARRIER_HANDOVER_LINK, uri, &index)) != NULL) {
        if (!path_rest(rule, web, &code))
            continue;
        enum tb_err err = tb_handover_code_decode(code, j->handover);
        if (err == TB_ERR_SYNTAX)
            continue;
        if (tb_code_rules_host_allowed(judge->rules, web->host)) {
            (void)tb_judge_handover(err, j);
        } else {
            memset(j->handover, 0, sizeof j->handover);
            tb_judged(j, TB_JUDGED_UNKNOWN, TB_REASON_CODE_HOST);
        }
        return true;
    }
    return false;
}

bool tb_judge_link(const struct tb_judge *judge, const struct tb_judge_text *uri, struct tb_judgement *j)
{
    struct tb_web web;
    if (tb_web_decode(uri->text, &web) != TB_OK)
        return false;
    if (tb_sun_judge(judge, uri->text, uri->from_tag ? TB_SUN_FROM_TAG : TB_SUN_FROM_SCAN, j))
        return true;
    if (judge_member_link(judge, uri, &web, j) || judge_handover_link(judge, uri, &web, j))
        return true;
    struct tb_gs1 gs1;
    enum tb_err err = tb_gs1_link_decode(uri->text, &gs1);
    if (err == TB_OK)
        tb_judged_gs1(j, &gs1, true);
    else if (err == TB_ERR_CHECKSUM)
        tb_judged(j, TB_JUDGED_UNKNOWN, TB_REASON_CODE_CHECK_DIGIT);
    else
        tb_judged(j, TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS);
    return true;
}
