#include "contextd/app/desk.h"
#include "core/base/text.h"

#include <stdio.h>
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

int command_policy(struct args *a)
{
    char database[CONTEXTD_PATH_SIZE];
    struct desk s;
    struct tb_record record = {.kind = TB_RECORD_POLICY};
    const char *word = args_word(a);
    rules_take(a, &record.as.policy);
    record.as.policy.merge = args_option(a, "--merge");
    desk_database(a, database);
    if (word == NULL || !tb_span_is(tb_span_str(word), "set")) {
        (void)fprintf(stderr, "contextd: policy set\n");
        return EXIT_WRONG;
    }
    if (!args_end(a))
        return EXIT_WRONG;
    enum tb_err err = desk_open(&s, database);
    if (err == TB_OK)
        err = s.engine->ops->load_begin(s.engine);
    if (err == TB_OK) {
        err = s.engine->ops->load_put(s.engine, &record);
        enum tb_err ended = s.engine->ops->load_end(s.engine, err == TB_OK);
        err = err == TB_OK ? ended : err;
    }
    return desk_finish(&s, "policy set", err);
}
