#include "core/credential/rules.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/credential/rotating.h"
#include "core/credential/web.h"

enum { MEMBER_DIGIT_COUNT = 10, BADGE_DIGIT_COUNT = 6, EAN13_DIGIT_COUNT = 13, KEY_ID_SIZE_MAX = 64 };

static const struct tb_code_rule default_table[] = {
    {.carrier = TB_CARRIER_SCAN_TEXT,
     .prefix = "M",
     .digit_count = MEMBER_DIGIT_COUNT,
     .kind = TB_CREDENTIAL_MEMBER},
    {.carrier = TB_CARRIER_TAG_TEXT,
     .prefix = "M",
     .digit_count = MEMBER_DIGIT_COUNT,
     .kind = TB_CREDENTIAL_MEMBER},
    {.carrier = TB_CARRIER_EAN13,
     .prefix = "29",
     .digit_count = MEMBER_DIGIT_COUNT,
     .kind = TB_CREDENTIAL_MEMBER},
    {.carrier = TB_CARRIER_LINK,
     .prefix = "/m/",
     .digit_count = MEMBER_DIGIT_COUNT,
     .kind = TB_CREDENTIAL_MEMBER},
    {.carrier = TB_CARRIER_EXTERNAL,
     .prefix = "tillbridge.example:member",
     .digit_count = MEMBER_DIGIT_COUNT,
     .kind = TB_CREDENTIAL_MEMBER},
    {.carrier = TB_CARRIER_ROTATING,
     .prefix = "R:{member}:{seconds}:{totp}",
     .digit_count = MEMBER_DIGIT_COUNT,
     .kind = TB_CREDENTIAL_MEMBER,
     .key_id = "R"},
    {.carrier = TB_CARRIER_JWS, .prefix = "T:"},
    {.carrier = TB_CARRIER_JWS, .prefix = ""},
    {.carrier = TB_CARRIER_CWT, .prefix = "TB1:"},
    {.carrier = TB_CARRIER_HANDOVER_TEXT, .prefix = "H:"},
    {.carrier = TB_CARRIER_HANDOVER_LINK, .prefix = "/h/"},
    {.carrier = TB_CARRIER_SCAN_TEXT,
     .prefix = "OP:",
     .digit_count = BADGE_DIGIT_COUNT,
     .kind = TB_CREDENTIAL_BADGE},
    {.carrier = TB_CARRIER_TAG_TEXT,
     .prefix = "OP:",
     .digit_count = BADGE_DIGIT_COUNT,
     .kind = TB_CREDENTIAL_BADGE},
};

static const struct tb_code_rules default_rules = {
    .rules = default_table,
    .rule_count = TB_ARRAY_SIZE(default_table),
};

const struct tb_code_rules *tb_code_rules_default(void)
{
    return &default_rules;
}

bool tb_code_rules_host_allowed(const struct tb_code_rules *rules, struct tb_span host)
{
    for (size_t i = 0; i < rules->host_count; i++)
        if (tb_text_equal_nocase(host, tb_span_str(rules->hosts[i])))
            return true;
    return rules->host_count == 0;
}

/* ---- names ---- */

static const char *const carrier_names[TB_CARRIER_COUNT] = {
    [TB_CARRIER_SCAN_TEXT] = "scan_text",
    [TB_CARRIER_TAG_TEXT] = "tag_text",
    [TB_CARRIER_EAN13] = "ean13",
    [TB_CARRIER_LINK] = "link",
    [TB_CARRIER_EXTERNAL] = "external",
    [TB_CARRIER_CODE128] = "code128",
    [TB_CARRIER_ROTATING] = "rotating",
    [TB_CARRIER_JWS] = "jws",
    [TB_CARRIER_CWT] = "cwt",
    [TB_CARRIER_WALLET_READER] = "wallet_reader",
    [TB_CARRIER_HANDOVER_TEXT] = "handover_text",
    [TB_CARRIER_HANDOVER_LINK] = "handover_link",
};

static const char *const check_names[TB_CODE_CHECK_COUNT] = {
    [TB_CODE_CHECK_NONE] = "none",
    [TB_CODE_CHECK_LUHN] = "luhn",
    [TB_CODE_CHECK_GS1] = "gs1",
};

static enum tb_err name_find(const char *const *names, unsigned count, struct tb_span name,
                             unsigned *ret_index)
{
    for (unsigned i = 0; i < count; i++) {
        if (tb_span_is(name, names[i])) {
            *ret_index = i;
            return TB_OK;
        }
    }
    return TB_ERR_NOT_FOUND;
}

const char *tb_carrier_name(enum tb_carrier carrier)
{
    TB_ASSERT((unsigned)carrier < TB_CARRIER_COUNT);
    return carrier_names[carrier];
}

enum tb_err tb_carrier_decode(struct tb_span name, enum tb_carrier *ret_carrier)
{
    unsigned index = 0;
    enum tb_err err = name_find(carrier_names, TB_CARRIER_COUNT, name, &index);
    if (err == TB_OK)
        *ret_carrier = (enum tb_carrier)index;
    return err;
}

const char *tb_code_check_name(enum tb_code_check check)
{
    TB_ASSERT((unsigned)check < TB_CODE_CHECK_COUNT);
    return check_names[check];
}

enum tb_err tb_code_check_decode(struct tb_span name, enum tb_code_check *ret_check)
{
    unsigned index = 0;
    enum tb_err err = name_find(check_names, TB_CODE_CHECK_COUNT, name, &index);
    if (err == TB_OK)
        *ret_check = (enum tb_code_check)index;
    return err;
}

/* ---- rules from outside ---- */

static bool is_printable(struct tb_span text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.at[i] < 0x20 || text.at[i] > 0x7e)
            return false;
    return true;
}

/* A prefix that begins with a digit could take products and element strings. */
static bool is_marked(struct tb_span prefix)
{
    return prefix.size && !tb_text_is_digits(tb_span_sub(prefix, 0, 1));
}

static bool is_path(struct tb_span prefix)
{
    return prefix.size > 2 && prefix.at[0] == '/' && prefix.at[prefix.size - 1] == '/';
}

static enum tb_err prefix_check(enum tb_carrier carrier, struct tb_span prefix)
{
    bool good = false;
    switch (carrier) {
    case TB_CARRIER_TAG_TEXT:
    case TB_CARRIER_JWS: good = true; break;
    case TB_CARRIER_EAN13: good = tb_text_is_digits(prefix); break;
    case TB_CARRIER_LINK:
    case TB_CARRIER_HANDOVER_LINK: good = is_path(prefix); break;
    case TB_CARRIER_EXTERNAL: good = prefix.size > 2 && memchr(prefix.at, ':', prefix.size) != NULL; break;
    case TB_CARRIER_CODE128: good = prefix.size > 0; break;
    case TB_CARRIER_ROTATING: return tb_rotating_pattern_check(prefix);
    case TB_CARRIER_SCAN_TEXT:
    case TB_CARRIER_CWT:
    case TB_CARRIER_WALLET_READER:
    case TB_CARRIER_HANDOVER_TEXT: good = is_marked(prefix); break;
    case TB_CARRIER_COUNT: return TB_ERR_RANGE;
    }
    return good ? TB_OK : TB_ERR_SYNTAX;
}

static bool carrier_has_digits(enum tb_carrier carrier)
{
    return carrier <= TB_CARRIER_ROTATING;
}

static bool digit_count_fits(const struct tb_code_rule *rule, struct tb_span prefix)
{
    if (!carrier_has_digits(rule->carrier))
        return rule->digit_count == 0;
    if (rule->carrier == TB_CARRIER_EAN13)
        return prefix.size + rule->digit_count + 1 == EAN13_DIGIT_COUNT;
    return rule->digit_count >= 1 && rule->digit_count <= TB_CODE_DIGIT_COUNT_MAX;
}

/* Digits name members and clerks; a wallet reader also delivers what only a wallet or card has. */
static bool kind_fits(const struct tb_code_rule *rule)
{
    switch (rule->kind) {
    case TB_CREDENTIAL_MEMBER: return carrier_has_digits(rule->carrier);
    case TB_CREDENTIAL_BADGE:
        return rule->carrier == TB_CARRIER_SCAN_TEXT || rule->carrier == TB_CARRIER_TAG_TEXT ||
               rule->carrier == TB_CARRIER_CODE128;
    case TB_CREDENTIAL_GSRN: return carrier_has_digits(rule->carrier) && rule->digit_count == 18;
    case TB_CREDENTIAL_SMART_TAP:
    case TB_CREDENTIAL_VAS:
    case TB_CREDENTIAL_UID: return rule->carrier == TB_CARRIER_WALLET_READER;
    case TB_CREDENTIAL_NONE:
        return !carrier_has_digits(rule->carrier) && rule->carrier != TB_CARRIER_WALLET_READER;
    case TB_CREDENTIAL_PASS:
    case TB_CREDENTIAL_TAG:
    case TB_CREDENTIAL_DESFIRE:
    case TB_CREDENTIAL_KIND_COUNT: return false;
    }
    return false;
}

static bool symbology_fits(char letter)
{
    return letter == 0 || (letter >= 'A' && letter <= 'Z') || (letter >= 'a' && letter <= 'z');
}

enum tb_err tb_code_rule_check(const struct tb_code_rule *rule)
{
    struct tb_span prefix = tb_span_str(rule->prefix);
    struct tb_span key_id = tb_span_str(rule->key_id ? rule->key_id : "");
    if (prefix.size > TB_CODE_PREFIX_SIZE_MAX || key_id.size > KEY_ID_SIZE_MAX)
        return TB_ERR_TOO_LONG;
    if (!is_printable(prefix) || !is_printable(key_id))
        return TB_ERR_SYNTAX;
    enum tb_err err = prefix_check(rule->carrier, prefix);
    if (err != TB_OK)
        return err;
    bool rotating = rule->carrier == TB_CARRIER_ROTATING;
    bool checked = rule->carrier == TB_CARRIER_CODE128 && (unsigned)rule->check < TB_CODE_CHECK_COUNT;
    bool fits = digit_count_fits(rule, prefix) && kind_fits(rule) && symbology_fits(rule->symbology) &&
                (checked || rule->check == TB_CODE_CHECK_NONE) &&
                rule->slack_steps <= (rotating ? TB_TOTP_SLACK_STEPS_MAX : 0);
    return fits ? TB_OK : TB_ERR_RANGE;
}
