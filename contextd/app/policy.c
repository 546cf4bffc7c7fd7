#include "contextd/app/desk.h"
#include "core/base/text.h"
#include "core/wire/docs.h"
#include "host/system/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is not given stays as it is. */
static const struct {
    const char *option;
    size_t offset;
    int64_t min; /* 0: none, for ever */
    int64_t max;
} rules[] = {
    {"--idle-ms", offsetof(struct tb_record_policy, idle_ms), TB_RECORD_POLICY_MS_MIN,
     TB_RECORD_POLICY_MS_MAX},
    {"--removal-ms", offsetof(struct tb_record_policy, removal_ms), TB_RECORD_POLICY_MS_MIN,
     TB_RECORD_POLICY_MS_MAX},
    {"--cache-rows", offsetof(struct tb_record_policy, cache_rows_max), 0, TB_RECORD_COUNT_MAX},
    {"--cache-bytes", offsetof(struct tb_record_policy, cache_bytes_max), 0, TB_RECORD_COUNT_MAX},
    {"--no-contact-ms", offsetof(struct tb_record_policy, no_contact_ms), 0, TB_RECORD_KEEP_MS_MAX},
    {"--outside-keep-ms", offsetof(struct tb_record_policy, outside_keep_ms), 0, TB_RECORD_KEEP_MS_MAX},
    {"--journey-keep-ms", offsetof(struct tb_record_policy, journey_keep_ms), 0, TB_RECORD_KEEP_MS_MAX},
    {"--note-keep-ms", offsetof(struct tb_record_policy, note_keep_ms), 0, TB_RECORD_KEEP_MS_MAX},
    {"--reward-offline", offsetof(struct tb_record_policy, reward_offline_max), 0, TB_RECORD_COUNT_MAX},
    {"--checksum-ms", offsetof(struct tb_record_policy, checksum_ms), 0, TB_RECORD_KEEP_MS_MAX},
    {"--new-customers", offsetof(struct tb_record_policy, new_customers_max), 0, TB_RECORD_COUNT_MAX},
    {"--finds", offsetof(struct tb_record_policy, finds_max), 0, TB_RECORD_COUNT_MAX},
    {"--audit-keep-ms", offsetof(struct tb_record_policy, audit_keep_ms), 0, TB_RECORD_KEEP_MS_MAX},
};

static void rules_take(struct args *a, struct tb_record_policy *policy)
{
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        int64_t value = args_number(a, rules[i].option, -1, rules[i].min, rules[i].max);
        /* Not given is -1 here and 0 there. */
        value = value == -1 ? 0 : value == 0 ? TB_RECORD_NONE : value;
        memcpy((uint8_t *)policy + rules[i].offset, &value, sizeof value);
    }
}

static void benefits_take(struct args *a, struct tb_record_policy *policy)
{
    static const char *const options[TB_BENEFIT_COUNT] = {
        [TB_BENEFIT_SHOW_TIER] = "--show-tier",
        [TB_BENEFIT_SHOW_NAME] = "--show-name",
        [TB_BENEFIT_SHOW_CART] = "--show-cart",
        [TB_BENEFIT_REDEEM] = "--redeem",
    };
    for (size_t i = 0; i < TB_BENEFIT_COUNT; i++)
        policy->benefits[i] = args_option(a, options[i]);
}

/* A document; nothing is taken of one that terminals would not understand. */
static enum tb_err document_read(const char *path, struct tb_buf *text)
{
    if (path == NULL)
        return TB_OK;
    enum tb_err err = tb_file_read(path, text);
    while (err == TB_OK && text->size > 0 && text->at[text->size - 1] <= ' ')
        text->size--;
    if (err != TB_OK)
        (void)fprintf(stderr, "contextd: %s: %s\n", path, tb_err_name(err));
    return err;
}

int command_policy(struct args *a)
{
    static uint8_t texts[2][TB_CREDENTIALS_JSON_SIZE_MAX];
    struct tb_buf credentials = tb_buf_of(texts[0], sizeof texts[0]);
    struct tb_buf consents = tb_buf_of(texts[1], sizeof texts[1]);
    char database[CONTEXTD_PATH_SIZE];
    struct desk s;
    struct tb_record record = {.kind = TB_RECORD_POLICY};
    const char *word = args_word(a);
    const char *path = args_option(a, "--credentials");
    const char *consents_path = args_option(a, "--consent-texts");
    benefits_take(a, &record.as.policy);
    rules_take(a, &record.as.policy);
    record.as.policy.merge = args_option(a, "--merge");
    record.as.policy.consents = args_option(a, "--consents");
    record.as.policy.phone_country = args_option(a, "--phone-country");
    record.as.policy.scan_begins = args_option(a, "--scan-begins");
    record.as.policy.operator_required = args_option(a, "--operator-required");
    record.as.policy.accent = args_option(a, "--accent");
    record.as.policy.display[0] = args_option(a, "--display-upper");
    record.as.policy.display[1] = args_option(a, "--display-lower");
    desk_database(a, database);
    if (word == NULL || !tb_span_is(tb_span_str(word), "set")) {
        (void)fprintf(stderr, "contextd: policy set\n");
        return EXIT_WRONG;
    }
    if (!args_end(a))
        return EXIT_WRONG;
    if (record.as.policy.consents && consents_path) {
        (void)fprintf(stderr,
                      "contextd: --consent-texts says which consents there are: leave --consents out\n");
        return EXIT_WRONG;
    }
    if (document_read(path, &credentials) != TB_OK || document_read(consents_path, &consents) != TB_OK)
        return EXIT_FAILURE;
    record.as.policy.credentials = tb_buf_span(&credentials);
    record.as.policy.consent_texts = tb_buf_span(&consents);
    enum tb_err err = desk_open(&s, database);
    if (err == TB_OK)
        err = desk_put(&s, &record);
    return desk_finish(&s, "policy set", err);
}
