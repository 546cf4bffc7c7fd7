/*
 * Rules documents: how a chain's code rules travel and stand in files (docs/credentials.md, "Rules").
 * Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_RULEDOC_H
#define TB_CORE_CREDENTIAL_RULEDOC_H

#include "core/credential/keyring.h"
#include "core/credential/rules.h"
#include "core/credential/sun.h"
#include "core/wire/json.h"

#define TB_CODE_HOST_COUNT_MAX 16
#define TB_CODE_HOST_SIZE_MAX 253
#define TB_TOKEN_NAME_SIZE_MAX 64 /* of audience and type */
#define TB_SUN_NAME_COUNT 6

/* Rules with the texts they point to. About 11 KiB. Not to be copied: rules points into it. */
struct tb_rules_doc {
    struct tb_code_rules rules;
    struct tb_code_rule table[TB_CODE_RULE_COUNT_MAX];
    char prefixes[TB_CODE_RULE_COUNT_MAX][TB_CODE_PREFIX_SIZE_MAX + 1];
    char key_ids[TB_CODE_RULE_COUNT_MAX][TB_RING_KEY_ID_SIZE_MAX + 1];
    const char *host_table[TB_CODE_HOST_COUNT_MAX];
    char hosts[TB_CODE_HOST_COUNT_MAX][TB_CODE_HOST_SIZE_MAX + 1];
    char handover_url[TB_CODE_HANDOVER_URL_SIZE_MAX + 1];
    char audience[TB_TOKEN_NAME_SIZE_MAX + 1];
    char type[TB_TOKEN_NAME_SIZE_MAX + 1];
    struct tb_sun_rules sun;
    char sun_names[TB_SUN_NAME_COUNT][TB_SUN_NAME_SIZE_MAX + 1];
};

/* Reads and checks every rule. What is absent is as in the built-in rules; an empty list of rules has none.
 */
void tb_rules_doc_decode(struct tb_check *c, struct tb_json doc, struct tb_rules_doc *ret);

/* The same document again. */
void tb_rules_doc_encode(struct tb_json_writer *w, const char *name, const struct tb_code_rules *rules);

#endif
