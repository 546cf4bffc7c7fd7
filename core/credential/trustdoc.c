#include "core/credential/trustdoc.h"

#include "core/base/assert.h"
#include "core/wire/docs.h"

enum { KIND_NAME_SIZE_MAX = 32 };

static const char *const sun_name_members[TB_SUN_NAME_COUNT] = {
    [TB_SUN_NAME_PICC] = "picc", [TB_SUN_NAME_UID] = "uid", [TB_SUN_NAME_COUNTER] = "counter",
    [TB_SUN_NAME_FILE] = "file", [TB_SUN_NAME_MAC] = "mac", [TB_SUN_NAME_BULK] = "bulk",
};

static const char *const mac_input_names[] = {
    [TB_SUN_MAC_OVER_FILE] = "file",
    [TB_SUN_MAC_OVER_ALL] = "all",
};

static uint32_t bit_of(enum tb_credential_kind kind)
{
    return UINT32_C(1) << kind;
}

/* Kinds that this program does not know are passed over: terminals are not updated all at once. */
static void accepted_read(struct tb_check *c, struct tb_json doc, struct tb_trust_doc *ret)
{
    uint32_t accepted = 0;
    struct tb_json list = tb_json_array(c, doc, "accepted", 32);
    for (struct tb_json_each e = tb_json_first(list); c->err == TB_OK && tb_json_exists(e.value);
         tb_json_next(&e)) {
        enum tb_credential_kind kind = TB_CREDENTIAL_NONE;
        struct tb_span name = tb_json_as_text(c, e.value, "accepted", KIND_NAME_SIZE_MAX);
        if (c->err == TB_OK && tb_credential_kind_decode(name, &kind) == TB_OK)
            accepted |= bit_of(kind);
    }
    for (unsigned kind = TB_CREDENTIAL_NONE + 1; kind < TB_CREDENTIAL_KIND_COUNT; kind++)
        if (!(accepted & bit_of((enum tb_credential_kind)kind)))
            ret->kinds_refused |= bit_of((enum tb_credential_kind)kind);
    ret->uid_accepted = accepted & bit_of(TB_CREDENTIAL_UID);
}

/* Names of parameters go into no message, but they are compared with what cards say: letters and digits. */
static bool name_ok(struct tb_span name)
{
    for (size_t i = 0; i < name.size; i++) {
        uint8_t c = name.at[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
              c == '-'))
            return false;
    }
    return name.size > 0;
}

static void sun_read(struct tb_check *c, struct tb_json sun, struct tb_trust_doc *ret)
{
    const char **names[TB_SUN_NAME_COUNT] = {
        [TB_SUN_NAME_PICC] = &ret->sun.picc,       [TB_SUN_NAME_UID] = &ret->sun.uid,
        [TB_SUN_NAME_COUNTER] = &ret->sun.counter, [TB_SUN_NAME_FILE] = &ret->sun.file,
        [TB_SUN_NAME_MAC] = &ret->sun.mac,         [TB_SUN_NAME_BULK] = &ret->sun.bulk,
    };
    ret->sun = (struct tb_sun_rules){.mac_input = TB_SUN_MAC_OVER_FILE};
    for (size_t i = 0; i < TB_SUN_NAME_COUNT; i++) {
        if (!tb_json_has(sun, sun_name_members[i]))
            continue;
        tb_json_str(c, sun, sun_name_members[i], ret->sun_names[i], sizeof ret->sun_names[i]);
        if (c->err == TB_OK && !name_ok(tb_span_str(ret->sun_names[i])))
            tb_check_fail(c, TB_ERR_SYNTAX, sun_name_members[i]);
        *names[i] = ret->sun_names[i];
    }
    if (tb_json_has(sun, "mac_input"))
        ret->sun.mac_input = (enum tb_sun_mac_input)tb_json_enum(c, sun, "mac_input", mac_input_names,
                                                                 TB_ARRAY_SIZE(mac_input_names));
    ret->sun.from_scan = tb_json_has(sun, "from_scan") && tb_json_bool(c, sun, "from_scan");
    if (c->err == TB_OK && ret->sun.mac == NULL && ret->sun.bulk == NULL)
        tb_check_fail(c, TB_ERR_MISSING, "mac");
    ret->codes.rules.sun = &ret->sun;
}

void tb_trust_doc_decode(struct tb_check *c, struct tb_json doc, struct tb_trust_doc *ret)
{
    ret->kinds_refused = 0;
    ret->uid_accepted = false;
    tb_rules_doc_decode(c, doc, &ret->codes);
    if (tb_json_has(doc, "accepted"))
        accepted_read(c, doc, ret);
    if (tb_json_has(doc, "sun"))
        sun_read(c, tb_json_object(c, doc, "sun"), ret);
}

enum tb_err tb_trust_doc_parse(struct tb_span text, struct tb_arena *arena, struct tb_trust_doc *ret)
{
    struct tb_check check = {0};
    struct tb_json doc;
    enum tb_err err =
        tb_json_parse(text.size > 0 ? text : tb_span_str("{}"), TB_CREDENTIALS_JSON_SIZE_MAX, arena, &doc);
    if (err == TB_OK && tb_json_type(doc) != TB_JSON_OBJECT)
        err = TB_ERR_TYPE;
    if (err != TB_OK)
        return err;
    tb_trust_doc_decode(&check, doc, ret);
    return check.err;
}
