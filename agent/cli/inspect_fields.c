/* inspect: what a code says, field by field. Nothing here decides anything. */
#include "agent/cli/inspect.h"

#include "core/base/text.h"
#include "core/credential/base45.h"
#include "core/credential/cwt.h"
#include "core/credential/gs1.h"
#include "core/credential/ndef.h"
#include "core/credential/rotating.h"
#include "core/credential/web.h"

enum { GS = 0x1d, AIM_SIZE = 3, RECORD_TEXT_MAX = TB_NDEF_SIZE_MAX + 128 };

static bool is_shown(struct tb_span text)
{
    return tb_utf8_valid(text);
}

/* ---- GS1 ---- */

static bool elements_put(struct tb_inspect_report *r, struct tb_span text)
{
    struct tb_gs1 gs1;
    struct tb_span ai;
    struct tb_span value;
    if (tb_gs1_element_decode(text, &gs1) != TB_OK)
        return false;
    if (text.at[0] == GS)
        text = tb_span_sub(text, 1, SIZE_MAX);
    while (text.size && tb_gs1_element_take(&text, &ai, &value) == TB_OK) {
        char name[16] = "AI ";
        if (tb_span_to_str(ai, name + 3, sizeof name - 3) == TB_OK)
            tb_inspect_put(r, name, value);
    }
    return true;
}

static void web_put(struct tb_inspect_report *r, const struct tb_web *web)
{
    tb_inspect_put(r, "host", web->host);
    tb_inspect_put(r, "path", web->path);
    if (web->query.size)
        tb_inspect_put(r, "query", web->query);
}

static void link_key_put(struct tb_inspect_report *r, struct tb_span uri)
{
    struct tb_gs1 gs1;
    if (tb_gs1_link_decode(uri, &gs1) != TB_OK)
        return;
    if (gs1.gsrn[0])
        tb_inspect_put_str(r, "AI 8018", gs1.gsrn);
    if (gs1.srin[0])
        tb_inspect_put_str(r, "AI 8019", gs1.srin);
    if (gs1.gtin[0])
        tb_inspect_put_str(r, "AI 01", gs1.gtin);
    if (gs1.gcn[0])
        tb_inspect_put_str(r, "AI 255", gs1.gcn);
}

/* ---- proofs ---- */

static bool rotating_put(struct tb_inspect_report *r, const struct tb_code_rule *rule, struct tb_span text)
{
    struct tb_rotating code;
    if (tb_rotating_match(tb_span_str(rule->prefix), rule->digit_count, text, &code) != TB_OK)
        return false;
    tb_inspect_put_str(r, "pattern", rule->prefix);
    tb_inspect_put(r, "member", code.member);
    tb_inspect_put(r, "password", code.otp);
    if (code.timed)
        tb_inspect_put_time(r, "made", code.made_ms);
    return true;
}

static void part_put(struct tb_inspect_report *r, const char *name, struct tb_span part)
{
    uint8_t memory[TB_JWS_PART_SIZE_MAX];
    struct tb_buf text = tb_buf_of(memory, sizeof memory);
    if (tb_base64url_decode(part, &text) == TB_OK && is_shown(tb_buf_span(&text)))
        tb_inspect_put(r, name, tb_buf_span(&text));
}

bool tb_inspect_jws_fields(struct tb_inspect_report *r, struct tb_span token)
{
    struct tb_span rest = token;
    struct tb_span header = tb_span_cut(&rest, '.');
    struct tb_span claims = tb_span_cut(&rest, '.');
    if (!tb_span_starts(header, tb_span_str("ey")) || rest.size == 0)
        return false;
    part_put(r, "header", header);
    part_put(r, "claims", claims);
    return true;
}

static bool cwt_put(struct tb_inspect_report *r, struct tb_span text)
{
    uint8_t memory[TB_CWT_SIZE_MAX];
    struct tb_buf bytes = tb_buf_of(memory, sizeof memory);
    struct tb_cwt cwt;
    if (tb_base45_decode(text, &bytes) != TB_OK)
        return true;
    tb_inspect_put_hex(r, "cose", tb_buf_span(&bytes));
    if (tb_cwt_peek(tb_buf_span(&bytes), &cwt) != TB_OK)
        return true;
    if (is_shown(cwt.kid))
        tb_inspect_put(r, "kid", cwt.kid);
    if (cwt.subject.size)
        tb_inspect_put(r, "sub", cwt.subject);
    if (cwt.member.size)
        tb_inspect_put(r, "member", cwt.member);
    if (cwt.id.size)
        tb_inspect_put_hex(r, "cti", cwt.id);
    tb_inspect_put_time(r, "iat", cwt.times.iat_s * 1000);
    tb_inspect_put_time(r, "nbf", cwt.times.nbf_s * 1000);
    tb_inspect_put_time(r, "exp", cwt.times.exp_s * 1000);
    return true;
}

/* True when the rule is of a form that this text has. */
static bool rule_put(struct tb_inspect_report *r, const struct tb_code_rule *rule, struct tb_span text)
{
    struct tb_span prefix = tb_span_str(rule->prefix);
    struct tb_span rest = tb_span_sub(text, prefix.size, SIZE_MAX);
    if (rule->carrier == TB_CARRIER_ROTATING)
        return rotating_put(r, rule, text);
    if (!tb_span_starts(text, prefix))
        return false;
    if (rule->carrier == TB_CARRIER_JWS)
        return tb_inspect_jws_fields(r, rest);
    return rule->carrier == TB_CARRIER_CWT && cwt_put(r, rest);
}

static void text_put(struct tb_inspect_report *r, const struct tb_judge *judge, struct tb_span text)
{
    struct tb_web web;
    if (tb_web_decode(text, &web) == TB_OK) {
        web_put(r, &web);
        link_key_put(r, text);
        return;
    }
    for (size_t i = 0; i < judge->rules->rule_count; i++)
        if (rule_put(r, &judge->rules->rules[i], text))
            return;
}

void tb_inspect_line_fields(struct tb_inspect_report *r, const struct tb_judge *judge, struct tb_span line)
{
    if (judge->rules->aim_enabled && line.size >= AIM_SIZE && line.at[0] == ']') {
        tb_inspect_put(r, "aim", tb_span_sub(line, 0, AIM_SIZE));
        line = tb_span_sub(line, AIM_SIZE, SIZE_MAX);
    }
    if (!is_shown(line) || line.size == 0)
        return;
    if (!elements_put(r, line))
        text_put(r, judge, line);
}

/* ---- tags ---- */

static void record_put(struct tb_inspect_report *r, const struct tb_judge *judge,
                       const struct tb_ndef_record *record)
{
    uint8_t memory[RECORD_TEXT_MAX];
    struct tb_buf uri = tb_buf_of(memory, sizeof memory);
    struct tb_span text;
    if (is_shown(record->type))
        tb_inspect_put(r, "record", record->type);
    if (tb_ndef_web_address(record, &uri) == TB_OK) {
        tb_inspect_put(r, "address", tb_buf_span(&uri));
        text_put(r, judge, tb_buf_span(&uri));
    } else if (tb_ndef_text(record, &text) == TB_OK) {
        tb_inspect_put(r, "text", text);
        text_put(r, judge, text);
    } else {
        tb_inspect_put_hex(r, "payload", record->payload);
    }
}

void tb_inspect_tag_fields(struct tb_inspect_report *r, const struct tb_judge *judge, struct tb_span message)
{
    struct tb_ndef n;
    struct tb_ndef_record record;
    if (tb_ndef_check(message) != TB_OK || tb_ndef_begin(&n, message) != TB_OK)
        return;
    while (tb_ndef_next(&n, &record) == TB_OK)
        record_put(r, judge, &record);
}
