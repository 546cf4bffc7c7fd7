/* Whom the chain trusts: which assurance opens what, and what is accepted as a credential. */
#include "contextd/engine/sqlite_engine.h"

#include "core/base/assert.h"

#include <stdlib.h>

#define TRUST_SIZE_MAX (TB_CREDENTIALS_JSON_SIZE_MAX + 512u)

_Static_assert(TB_ARRAY_SIZE(((struct tb_record_policy *)NULL)->benefits) == TB_BENEFIT_COUNT,
               "a level for each benefit");

enum tb_err sqlite_policy_text_take(struct tb_span text, size_t size_max, sqlite_policy_decode *decode,
                                    struct tb_policy *policy)
{
    const size_t size = TB_JSON_ARENA_SIZE(size_max);
    if (text.size == 0)
        return TB_OK;
    void *block = malloc(size);
    if (!block)
        return TB_ERR_NO_MEMORY;
    struct tb_arena arena = tb_arena_of(block, size);
    struct tb_check check = {0};
    struct tb_json object;
    enum tb_err err = tb_json_parse(text, size_max, &arena, &object);
    if (err == TB_OK)
        decode(&check, object, policy);
    free(block);
    return err == TB_OK ? check.err : err;
}

enum tb_err sqlite_trust_take(struct tb_span text, struct tb_policy *policy)
{
    const struct tb_policy usual = tb_policy_default();
    memcpy(policy->benefits, usual.benefits, sizeof policy->benefits);
    policy->scan_begins_at_tills = usual.scan_begins_at_tills;
    policy->operator_required = usual.operator_required;
    policy->credentials[0] = '\0';
    return sqlite_policy_text_take(text, TRUST_SIZE_MAX, tb_policy_trust_decode, policy);
}

static enum tb_err policy_read(struct sqlite_engine *e, struct tb_policy *policy)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_POLICY_READ);
    bool row = false;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK)
        err = sqlite_trust_take(row ? tb_stmt_blob(s, 15) : tb_span_of(NULL, 0), policy);
    tb_stmt_reset(s);
    return err;
}

static enum tb_err credentials_parse(struct tb_span text, struct tb_trust_doc *ret_trust)
{
    const size_t size = TB_JSON_ARENA_SIZE(TB_CREDENTIALS_JSON_SIZE_MAX);
    void *block = malloc(size);
    if (!block)
        return TB_ERR_NO_MEMORY;
    struct tb_arena arena = tb_arena_of(block, size);
    enum tb_err err = tb_trust_doc_parse(text, &arena, ret_trust);
    free(block);
    return err;
}

enum tb_err sqlite_trust_load(struct sqlite_engine *e)
{
    struct tb_policy *policy = &e->doc.policy;
    enum tb_err err = policy_read(e, policy);
    if (err == TB_OK)
        err = credentials_parse(tb_span_str(policy->credentials), &e->trust);
    if (err == TB_OK)
        e->operator_required = policy->operator_required;
    return err;
}

static enum tb_err benefits_take(const struct tb_record_policy *r, struct tb_policy *policy)
{
    for (size_t i = 0; i < TB_BENEFIT_COUNT; i++) {
        uint8_t level = 0;
        if (r->benefits[i] == NULL)
            continue;
        while (level < TB_LEVEL_COUNT && strcmp(tb_level_names[level], r->benefits[i]) != 0)
            level++;
        if (level == TB_LEVEL_COUNT)
            return TB_ERR_RANGE;
        policy->benefits[i] = level;
    }
    return TB_OK;
}

static enum tb_err scan_begins_take(const char *where, struct tb_policy *policy)
{
    if (where == NULL)
        return TB_OK;
    policy->scan_begins_at_tills = strcmp(where, "till") == 0;
    return policy->scan_begins_at_tills || strcmp(where, "kiosk") == 0 ? TB_OK : TB_ERR_RANGE;
}

static enum tb_err operator_required_take(const char *answer, struct tb_policy *policy)
{
    if (answer == NULL)
        return TB_OK;
    policy->operator_required = strcmp(answer, "yes") == 0;
    return policy->operator_required || strcmp(answer, "no") == 0 ? TB_OK : TB_ERR_RANGE;
}

/* Checked by what terminals check it with, so that none gets what it would not understand. */
static enum tb_err credentials_take(struct sqlite_engine *e, struct tb_span text, struct tb_policy *policy)
{
    if (text.size == 0)
        return TB_OK;
    enum tb_err err = credentials_parse(text, &e->trust);
    return err == TB_OK ? tb_span_to_str(text, policy->credentials, sizeof policy->credentials) : err;
}

static enum tb_err trust_write(struct sqlite_engine *e, const struct tb_policy *policy)
{
    char *text = malloc(TRUST_SIZE_MAX);
    if (!text)
        return TB_ERR_NO_MEMORY;
    struct tb_buf to = tb_buf_of(text, TRUST_SIZE_MAX);
    struct tb_json_writer w = tb_json_writer_of(&to);
    tb_json_open(&w, NULL);
    tb_policy_trust_put(&w, policy);
    tb_json_close(&w);
    struct tb_stmt *s = sqlite_stmt(e, STMT_POLICY_TRUST);
    tb_stmt_bind_text(s, 1, tb_buf_span(&to));
    enum tb_err err = to.err == TB_OK ? tb_stmt_run(s) : to.err;
    free(text);
    return err;
}

enum tb_err sqlite_trust_put(struct sqlite_engine *e, const struct tb_record_policy *r)
{
    struct tb_policy *policy = &e->doc.policy;
    enum tb_err err = policy_read(e, policy);
    if (err == TB_OK)
        err = benefits_take(r, policy);
    if (err == TB_OK)
        err = scan_begins_take(r->scan_begins, policy);
    if (err == TB_OK)
        err = operator_required_take(r->operator_required, policy);
    if (err == TB_OK)
        err = credentials_take(e, r->credentials, policy);
    if (err == TB_OK)
        err = trust_write(e, policy);
    if (err == TB_OK)
        e->operator_required = policy->operator_required;
    return err;
}
