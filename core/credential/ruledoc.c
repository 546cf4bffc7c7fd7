#include "core/credential/ruledoc.h"

#include "core/base/assert.h"
#include "core/credential/handover.h"

enum { NAME_SIZE_MAX = 32, SYMBOLOGY_SIZE = 1 };

#define LIFE_S_MAX INT64_C(31536000) /* a year */

static void opt_text(struct tb_check *c, struct tb_json o, const char *name, char *ret_text, size_t size_max)
{
    ret_text[0] = '\0';
    if (tb_json_has(o, name))
        tb_json_str(c, o, name, ret_text, size_max);
}

static int64_t opt_int(struct tb_check *c, struct tb_json o, const char *name, int64_t max)
{
    return tb_json_has(o, name) ? tb_json_int(c, o, name, 0, max) : 0;
}

static enum tb_carrier carrier_read(struct tb_check *c, struct tb_json o)
{
    enum tb_carrier carrier = TB_CARRIER_SCAN_TEXT;
    struct tb_span name = tb_json_text(c, o, "carrier", NAME_SIZE_MAX);
    if (c->err == TB_OK && tb_carrier_decode(name, &carrier) != TB_OK)
        tb_check_fail(c, TB_ERR_RANGE, "carrier");
    return carrier;
}

static enum tb_credential_kind kind_read(struct tb_check *c, struct tb_json o)
{
    enum tb_credential_kind kind = TB_CREDENTIAL_NONE;
    if (!tb_json_has(o, "kind"))
        return kind;
    struct tb_span name = tb_json_text(c, o, "kind", NAME_SIZE_MAX);
    if (c->err == TB_OK && tb_credential_kind_decode(name, &kind) != TB_OK)
        tb_check_fail(c, TB_ERR_RANGE, "kind");
    return kind;
}

static enum tb_code_check check_read(struct tb_check *c, struct tb_json o)
{
    enum tb_code_check check = TB_CODE_CHECK_NONE;
    if (!tb_json_has(o, "check"))
        return check;
    struct tb_span name = tb_json_text(c, o, "check", NAME_SIZE_MAX);
    if (c->err == TB_OK && tb_code_check_decode(name, &check) != TB_OK)
        tb_check_fail(c, TB_ERR_RANGE, "check");
    return check;
}

static void rule_read(struct tb_check *c, struct tb_json o, struct tb_rules_doc *doc)
{
    size_t at = doc->rules.rule_count;
    char symbology[SYMBOLOGY_SIZE + 1];
    tb_json_str(c, o, "prefix", doc->prefixes[at], sizeof doc->prefixes[at]);
    opt_text(c, o, "key", doc->key_ids[at], sizeof doc->key_ids[at]);
    opt_text(c, o, "symbology", symbology, sizeof symbology);
    doc->table[at] = (struct tb_code_rule){
        .carrier = carrier_read(c, o),
        .prefix = doc->prefixes[at],
        .digit_count = (uint8_t)opt_int(c, o, "digits", TB_CODE_DIGIT_COUNT_MAX),
        .kind = kind_read(c, o),
        .symbology = symbology[0],
        .check = check_read(c, o),
        .key_id = doc->key_ids[at][0] ? doc->key_ids[at] : NULL,
        .slack_steps = (uint8_t)opt_int(c, o, "slack", UINT8_MAX),
    };
    enum tb_err err = c->err == TB_OK ? tb_code_rule_check(&doc->table[at]) : TB_OK;
    if (err != TB_OK)
        tb_check_fail(c, err, "rules");
    doc->rules.rule_count++;
}

static void host_read(struct tb_check *c, struct tb_json value, struct tb_rules_doc *doc)
{
    size_t at = doc->rules.host_count;
    struct tb_span host = tb_json_as_text(c, value, "hosts", TB_CODE_HOST_SIZE_MAX);
    for (size_t i = 0; i < host.size; i++)
        if (host.at[i] <= ' ' || host.at[i] > '~' || (host.at[i] >= 'A' && host.at[i] <= 'Z'))
            tb_check_fail(c, TB_ERR_SYNTAX, "hosts");
    enum tb_err err = tb_span_to_str(host, doc->hosts[at], sizeof doc->hosts[at]);
    if (err != TB_OK)
        tb_check_fail(c, err, "hosts");
    doc->host_table[at] = doc->hosts[at];
    doc->rules.host_count++;
}

static void lists_read(struct tb_check *c, struct tb_json doc, struct tb_rules_doc *ret)
{
    if (tb_json_has(doc, "rules")) {
        struct tb_json list = tb_json_array(c, doc, "rules", TB_CODE_RULE_COUNT_MAX);
        ret->rules.rules = ret->table;
        ret->rules.rule_count = 0;
        for (struct tb_json_each e = tb_json_first(list); c->err == TB_OK && tb_json_exists(e.value);
             tb_json_next(&e))
            rule_read(c, e.value, ret);
    }
    if (tb_json_has(doc, "hosts")) {
        struct tb_json list = tb_json_array(c, doc, "hosts", TB_CODE_HOST_COUNT_MAX);
        ret->rules.hosts = ret->host_table;
        for (struct tb_json_each e = tb_json_first(list); c->err == TB_OK && tb_json_exists(e.value);
             tb_json_next(&e))
            host_read(c, e.value, ret);
    }
}

/* The names, in one order for reading and writing. */
struct sun_name {
    const char *member;
    const char **name;
};

#define SUN_NAMES(sun)                                                              \
    {                                                                               \
        {"picc", &(sun)->picc}, {"uid", &(sun)->uid}, {"counter", &(sun)->counter}, \
        {"file", &(sun)->file}, {"mac", &(sun)->mac}, {"bulk", &(sun)->bulk},       \
    }

static const char *const mac_inputs[] = {[TB_SUN_MAC_OVER_FILE] = "file", [TB_SUN_MAC_OVER_ALL] = "all"};

/* Names that are absent are not used. */
static void sun_read(struct tb_check *c, struct tb_json o, struct tb_rules_doc *doc)
{
    const struct sun_name names[TB_SUN_NAME_COUNT] = SUN_NAMES(&doc->sun);
    for (size_t i = 0; i < TB_SUN_NAME_COUNT; i++) {
        if (!tb_json_has(o, names[i].member))
            continue;
        tb_json_str(c, o, names[i].member, doc->sun_names[i], sizeof doc->sun_names[i]);
        *names[i].name = doc->sun_names[i];
    }
    if (tb_json_has(o, "mac_input"))
        doc->sun.mac_input =
            (enum tb_sun_mac_input)tb_json_enum(c, o, "mac_input", mac_inputs, TB_ARRAY_SIZE(mac_inputs));
    doc->sun.from_scan = tb_json_has(o, "from_scan") && tb_json_bool(c, o, "from_scan");
    enum tb_err err = c->err == TB_OK ? tb_sun_rules_check(&doc->sun) : TB_OK;
    if (err != TB_OK)
        tb_check_fail(c, err, "sun");
    doc->rules.sun = &doc->sun;
}

/* Letters and signs that stand in an address as they are: it is shown, and made into a QR code. */
static void handover_url_read(struct tb_check *c, struct tb_json doc, struct tb_rules_doc *ret)
{
    opt_text(c, doc, "handover_url", ret->handover_url, sizeof ret->handover_url);
    for (const char *at = ret->handover_url; *at; at++)
        if (*at <= ' ' || *at > '~')
            tb_check_fail(c, TB_ERR_SYNTAX, "handover_url");
    ret->rules.handover_url = ret->handover_url[0] ? ret->handover_url : NULL;
    enum tb_err err = c->err == TB_OK ? tb_handover_url_check(&ret->rules) : TB_OK;
    if (err != TB_OK)
        tb_check_fail(c, err, "handover_url");
}

void tb_rules_doc_decode(struct tb_check *c, struct tb_json doc, struct tb_rules_doc *ret)
{
    *ret = (struct tb_rules_doc){.rules = *tb_code_rules_default()};
    if (tb_json_type(doc) != TB_JSON_OBJECT)
        tb_check_fail(c, TB_ERR_TYPE, "rules");
    lists_read(c, doc, ret);
    handover_url_read(c, doc, ret);
    opt_text(c, doc, "audience", ret->audience, sizeof ret->audience);
    opt_text(c, doc, "type", ret->type, sizeof ret->type);
    ret->rules.tokens = (struct tb_token_policy){
        .audience = ret->audience[0] ? ret->audience : NULL,
        .type = ret->type[0] ? ret->type : NULL,
        .life_s_max = (uint32_t)opt_int(c, doc, "life_s", LIFE_S_MAX),
    };
    ret->rules.aim_enabled = tb_json_has(doc, "aim") && tb_json_bool(c, doc, "aim");
    if (tb_json_has(doc, "sun"))
        sun_read(c, tb_json_object(c, doc, "sun"), ret);
}

static void rule_write(struct tb_json_writer *w, const struct tb_code_rule *rule)
{
    tb_json_open(w, NULL);
    tb_json_put_str(w, "carrier", tb_carrier_name(rule->carrier));
    tb_json_put_str(w, "prefix", rule->prefix);
    if (rule->digit_count)
        tb_json_put_int(w, "digits", rule->digit_count);
    if (rule->kind != TB_CREDENTIAL_NONE)
        tb_json_put_str(w, "kind", tb_credential_kind_name(rule->kind));
    if (rule->symbology)
        tb_json_put_text(w, "symbology", tb_span_of(&rule->symbology, SYMBOLOGY_SIZE));
    if (rule->check != TB_CODE_CHECK_NONE)
        tb_json_put_str(w, "check", tb_code_check_name(rule->check));
    tb_json_put_str(w, "key", rule->key_id);
    if (rule->slack_steps)
        tb_json_put_int(w, "slack", rule->slack_steps);
    tb_json_close(w);
}

static void sun_write(struct tb_json_writer *w, const struct tb_sun_rules *rules)
{
    struct tb_sun_rules sun = *rules;
    const struct sun_name names[TB_SUN_NAME_COUNT] = SUN_NAMES(&sun);
    tb_json_open(w, "sun");
    for (size_t i = 0; i < TB_SUN_NAME_COUNT; i++)
        tb_json_put_str(w, names[i].member, *names[i].name);
    if (sun.mac_input != TB_SUN_MAC_OVER_FILE)
        tb_json_put_str(w, "mac_input", mac_inputs[sun.mac_input]);
    if (sun.from_scan)
        tb_json_put_bool(w, "from_scan", true);
    tb_json_close(w);
}

void tb_rules_doc_encode(struct tb_json_writer *w, const char *name, const struct tb_code_rules *rules)
{
    tb_json_open(w, name);
    tb_json_open_array(w, "rules");
    for (size_t i = 0; i < rules->rule_count; i++)
        rule_write(w, &rules->rules[i]);
    tb_json_close_array(w);
    if (rules->host_count) {
        tb_json_open_array(w, "hosts");
        for (size_t i = 0; i < rules->host_count; i++)
            tb_json_put_str(w, NULL, rules->hosts[i]);
        tb_json_close_array(w);
    }
    tb_json_put_str(w, "handover_url", rules->handover_url);
    tb_json_put_str(w, "audience", rules->tokens.audience);
    tb_json_put_str(w, "type", rules->tokens.type);
    if (rules->tokens.life_s_max)
        tb_json_put_int(w, "life_s", rules->tokens.life_s_max);
    if (rules->aim_enabled)
        tb_json_put_bool(w, "aim", true);
    if (rules->sun)
        sun_write(w, rules->sun);
    tb_json_close(w);
}
