#include "core/credential/rules.h"

#include "core/base/assert.h"

enum { MEMBER_DIGIT_COUNT = 10 };

static const struct tb_code_rule default_table[] = {
    {TB_CARRIER_SCAN_TEXT, "M", MEMBER_DIGIT_COUNT, TB_CREDENTIAL_MEMBER},
    {TB_CARRIER_TAG_TEXT, "M", MEMBER_DIGIT_COUNT, TB_CREDENTIAL_MEMBER},
    {TB_CARRIER_EAN13, "29", MEMBER_DIGIT_COUNT, TB_CREDENTIAL_MEMBER},
    {TB_CARRIER_LINK, "/m/", MEMBER_DIGIT_COUNT, TB_CREDENTIAL_MEMBER},
    {TB_CARRIER_EXTERNAL, "tillbridge.example:member", MEMBER_DIGIT_COUNT, TB_CREDENTIAL_MEMBER},
};

static const struct tb_code_rules default_rules = {
    .rules = default_table,
    .rule_count = TB_ARRAY_SIZE(default_table),
};

const struct tb_code_rules *tb_code_rules_default(void)
{
    return &default_rules;
}
