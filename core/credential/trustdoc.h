/*
 * Trust documents: what a chain accepts as a credential, as the member `credentials` of its policy says
 * (docs/credentials.md, "Policy"): the kinds, the code rules, and how its SUN addresses are written.
 * Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_TRUSTDOC_H
#define TB_CORE_CREDENTIAL_TRUSTDOC_H

#include "core/credential/ruledoc.h"
#include "core/credential/sun.h"

#define TB_SUN_NAME_SIZE_MAX 32

enum tb_sun_name {
    TB_SUN_NAME_PICC,
    TB_SUN_NAME_UID,
    TB_SUN_NAME_COUNTER,
    TB_SUN_NAME_FILE,
    TB_SUN_NAME_MAC,
    TB_SUN_NAME_BULK,
    TB_SUN_NAME_COUNT
};

/* About 12 KiB. Not to be copied: it points into itself. */
struct tb_trust_doc {
    uint32_t kinds_refused; /* a bit for each enum tb_credential_kind */
    bool uid_accepted;
    struct tb_rules_doc codes; /* rules.sun points to sun, or is NULL */
    struct tb_sun_rules sun;
    char sun_names[TB_SUN_NAME_COUNT][TB_SUN_NAME_SIZE_MAX + 1];
};

/* What is absent is as usual: every kind but bare UIDs, the built-in rules. */
void tb_trust_doc_decode(struct tb_check *c, struct tb_json doc, struct tb_trust_doc *ret);

/* The same of the text of an object; empty: all as usual. Errors are those of the JSON and of the members. */
TB_MUST_USE enum tb_err tb_trust_doc_parse(struct tb_span text, struct tb_arena *arena,
                                           struct tb_trust_doc *ret);

#endif
