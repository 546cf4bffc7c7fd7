/*
 * Trust documents: what a chain accepts as a credential, as the member `credentials` of its policy says
 * (docs/credentials.md, "Policy"): the kinds, the code rules, and how its SUN addresses are written.
 * Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_TRUSTDOC_H
#define TB_CORE_CREDENTIAL_TRUSTDOC_H

#include "core/credential/ruledoc.h"

/* About 12 KiB. Not to be copied: it points into itself. */
struct tb_trust_doc {
    uint32_t kinds_refused; /* a bit for each enum tb_credential_kind */
    bool uid_accepted;
    struct tb_rules_doc codes; /* with how SUN addresses are written */
};

/* What is absent is as usual: every kind but bare UIDs, the built-in rules. */
void tb_trust_doc_decode(struct tb_check *c, struct tb_json doc, struct tb_trust_doc *ret);

/* The same of the text of an object; empty: all as usual. Errors are those of the JSON and of the members. */
TB_MUST_USE enum tb_err tb_trust_doc_parse(struct tb_span text, struct tb_arena *arena,
                                           struct tb_trust_doc *ret);

#endif
