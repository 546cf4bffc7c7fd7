/* Consents that a new customer is asked for, as the policy has them: which, and in which words. */
#include "core/wire/docs.h"
#include "core/wire/member.h"

/* One text behind what is there already. */
static void words_decode(struct tb_check *c, struct tb_json o, uint8_t consent, struct tb_policy *policy)
{
    if (policy->consent_word_count == TB_CONSENT_WORDS_COUNT_MAX) {
        tb_check_fail(c, TB_ERR_TOO_LONG, "texts");
        return;
    }
    struct tb_consent_words *words = &policy->consent_words[policy->consent_word_count++];
    char *at = policy->consent_text + policy->consent_text_size;
    size_t room = sizeof policy->consent_text - policy->consent_text_size;
    *words = (struct tb_consent_words){.consent = consent, .at = policy->consent_text_size};
    tb_member_token(c, o, "language", words->language, sizeof words->language);
    if (room > TB_CONSENT_WORDING_SIZE_MAX + 1)
        room = TB_CONSENT_WORDING_SIZE_MAX + 1;
    if (room == 0)
        tb_check_fail(c, TB_ERR_TOO_LONG, "texts");
    else
        tb_json_str(c, o, "text", at, room);
    if (c->err == TB_OK && *at == '\0')
        tb_check_fail(c, TB_ERR_MISSING, "text");
    if (c->err == TB_OK)
        policy->consent_text_size = (uint16_t)(policy->consent_text_size + strlen(at) + 1);
}

static void consent_decode(struct tb_check *c, struct tb_json o, struct tb_policy *policy)
{
    uint8_t index = policy->consent_count++;
    struct tb_consent_asked *asked = &policy->consents[index];
    tb_member_token(c, o, "id", asked->id, sizeof asked->id);
    tb_member_token(c, o, "text_version", asked->text_version, sizeof asked->text_version);
    if (!tb_json_has(o, "texts"))
        return;
    struct tb_json array = tb_json_array(c, o, "texts", TB_CONSENT_WORDS_COUNT_MAX);
    for (struct tb_json_each each = tb_json_first(array); tb_json_exists(each.value) && c->err == TB_OK;
         tb_json_next(&each))
        words_decode(c, each.value, index, policy);
}

static void consents_clear(struct tb_policy *policy)
{
    policy->consent_count = 0;
    policy->consent_word_count = 0;
    policy->consent_text_size = 0;
}

void tb_policy_consents_decode(struct tb_check *c, struct tb_json doc, struct tb_policy *policy)
{
    consents_clear(policy);
    if (!tb_json_has(doc, "consents"))
        return;
    struct tb_json array = tb_json_array(c, doc, "consents", TB_CONSENT_COUNT_MAX);
    for (struct tb_json_each each = tb_json_first(array); tb_json_exists(each.value) && c->err == TB_OK;
         tb_json_next(&each))
        consent_decode(c, each.value, policy);
    if (c->err != TB_OK)
        consents_clear(policy);
}

static void words_encode(struct tb_json_writer *w, const struct tb_policy *policy, size_t consent)
{
    bool any = false;
    for (size_t i = 0; i < policy->consent_word_count; i++) {
        const struct tb_consent_words *words = &policy->consent_words[i];
        if (words->consent != consent)
            continue;
        if (!any)
            tb_json_open_array(w, "texts");
        any = true;
        tb_json_open(w, NULL);
        tb_json_put_str(w, "language", words->language);
        tb_json_put_str(w, "text", policy->consent_text + words->at);
        tb_json_close(w);
    }
    if (any)
        tb_json_close_array(w);
}

void tb_policy_consents_encode(struct tb_json_writer *w, const struct tb_policy *policy)
{
    if (policy->consent_count == 0)
        return;
    tb_json_open_array(w, "consents");
    for (size_t i = 0; i < policy->consent_count; i++) {
        tb_json_open(w, NULL);
        tb_json_put_str(w, "id", policy->consents[i].id);
        tb_json_put_str(w, "text_version", policy->consents[i].text_version);
        words_encode(w, policy, i);
        tb_json_close(w);
    }
    tb_json_close_array(w);
}
