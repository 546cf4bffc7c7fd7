/* How customers are signed up: what they are asked, and how telephone numbers are written here. */
#include "contextd/engine/sqlite_engine.h"

#define PEOPLE_SIZE_MAX 4608u /* beside what is accepted as credentials it fits into the row */
#define NONE "none"

enum tb_err sqlite_people_take(struct tb_span text, struct tb_policy *policy)
{
    const struct tb_policy usual = tb_policy_default();
    policy->consent_count = 0;
    policy->consent_word_count = 0;
    memcpy(policy->phone_country, usual.phone_country, sizeof policy->phone_country);
    return sqlite_policy_text_take(text, PEOPLE_SIZE_MAX, tb_policy_people_decode, policy);
}

static enum tb_err people_read(struct sqlite_engine *e, struct tb_policy *policy)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_POLICY_READ);
    bool row = false;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK)
        err = sqlite_people_take(row ? tb_stmt_blob(s, 16) : tb_span_of(NULL, 0), policy);
    tb_stmt_reset(s);
    return err;
}

enum tb_err sqlite_people_load(struct sqlite_engine *e)
{
    struct tb_policy *policy = &e->doc.policy;
    enum tb_err err = people_read(e, policy);
    if (err == TB_OK)
        memcpy(e->phone_country, policy->phone_country, sizeof e->phone_country);
    return err;
}

/* "marketing=2026-03,profiling=1" */
static enum tb_err consents_take(struct tb_span list, struct tb_policy *policy)
{
    policy->consent_count = 0;
    policy->consent_word_count = 0; /* of other versions, perhaps */
    while (list.size) {
        struct tb_span version = tb_span_cut(&list, ',');
        struct tb_span id = tb_span_cut(&version, '=');
        if (policy->consent_count == TB_CONSENT_COUNT_MAX)
            return TB_ERR_RANGE;
        struct tb_consent_asked *asked = &policy->consents[policy->consent_count++];
        enum tb_err err = tb_span_to_str(id, asked->id, sizeof asked->id);
        if (err == TB_OK)
            err = tb_span_to_str(version, asked->text_version, sizeof asked->text_version);
        if (err != TB_OK)
            return err;
    }
    return TB_OK;
}

/* A document that names no consents is somebody's mistake. */
static void texts_decode(struct tb_check *c, struct tb_json doc, struct tb_policy *policy)
{
    (void)tb_json_array(c, doc, "consents", TB_CONSENT_COUNT_MAX);
    tb_policy_consents_decode(c, doc, policy);
}

/* What is written is read again by what terminals read it with: none gets what it would not understand. */
enum tb_err sqlite_people_put(struct sqlite_engine *e, const struct tb_record_policy *r)
{
    char text[PEOPLE_SIZE_MAX];
    struct tb_buf to = tb_buf_of(text, sizeof text);
    struct tb_json_writer w = tb_json_writer_of(&to);
    struct tb_policy *policy = &e->doc.policy;
    enum tb_err err = people_read(e, policy);
    if (err == TB_OK && r->consents != NULL)
        err = consents_take(tb_span_str(strcmp(r->consents, NONE) == 0 ? "" : r->consents), policy);
    if (err == TB_OK && r->consent_texts.size)
        err = sqlite_policy_text_take(r->consent_texts, TB_CREDENTIALS_JSON_SIZE_MAX, texts_decode, policy);
    if (err == TB_OK && r->phone_country != NULL)
        err = tb_span_to_str(tb_span_str(strcmp(r->phone_country, NONE) == 0 ? "" : r->phone_country),
                             policy->phone_country, sizeof policy->phone_country);
    if (err != TB_OK)
        return err;
    tb_json_open(&w, NULL);
    tb_policy_people_put(&w, policy);
    tb_json_close(&w);
    err = to.err == TB_OK ? sqlite_people_take(tb_buf_span(&to), policy) : to.err;
    if (err != TB_OK)
        return err;
    struct tb_stmt *s = sqlite_stmt(e, STMT_POLICY_PEOPLE);
    tb_stmt_bind_text(s, 1, tb_buf_span(&to));
    err = tb_stmt_run(s);
    return err == TB_OK ? sqlite_people_load(e) : err;
}
