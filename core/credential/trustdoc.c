#include "core/credential/trustdoc.h"

#include "core/base/assert.h"
#include "core/wire/docs.h"

enum { KIND_NAME_SIZE_MAX = 32 };

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
    ret->kinds_refused &= ~bit_of(TB_CREDENTIAL_BADGE); /* the list is about customers */
}

void tb_trust_doc_decode(struct tb_check *c, struct tb_json doc, struct tb_trust_doc *ret)
{
    ret->kinds_refused = 0;
    ret->uid_accepted = false;
    tb_rules_doc_decode(c, doc, &ret->codes);
    if (tb_json_has(doc, "accepted"))
        accepted_read(c, doc, ret);
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
