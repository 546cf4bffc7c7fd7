#include "core/tag/failure.h"

#include "core/base/assert.h"

struct failure_name {
    unsigned number;
    const char *name;
};

static const struct failure_name failures[] = {
    {TB_TAG_TORN, "torn"},     {TB_TAG_MALFORMED, "malformed"},     {TB_TAG_EMPTY, "empty"},
    {TB_TAG_LOCKED, "locked"}, {TB_TAG_UNSUPPORTED, "unsupported"}, {TB_TAG_PAYMENT_CARD, "payment_card"},
    {TB_TAG_TWO, "two"},       {TB_TAG_TIMEOUT, "timeout"},
};

static const struct failure_name reasons[] = {
    {TB_TAG_REASON_LOST, "tag.lost"},
    {TB_TAG_REASON_ANSWER, "tag.answer"},
    {TB_TAG_REASON_KIND, "tag.kind"},
    {TB_TAG_REASON_TOO_LONG, "tag.too_long"},
    {TB_TAG_REASON_TWO, "tag.two"},
    {TB_TAG_REASON_T2_CC, "type2.cc"},
    {TB_TAG_REASON_T2_VERSION, "type2.version"},
    {TB_TAG_REASON_T2_LOCKED, "type2.locked"},
    {TB_TAG_REASON_T2_NO_NDEF, "type2.no_ndef"},
    {TB_TAG_REASON_T2_PAST_AREA, "type2.past_area"},
    {TB_TAG_REASON_T2_CONTROL, "type2.control"},
    {TB_TAG_REASON_T2_SECTORS, "type2.sectors"},
    {TB_TAG_REASON_T4_NO_NDEF, "type4.no_ndef"},
    {TB_TAG_REASON_T4_REFUSED, "type4.refused"},
    {TB_TAG_REASON_T4_CC, "type4.cc"},
    {TB_TAG_REASON_T4_VERSION, "type4.version"},
    {TB_TAG_REASON_T4_LOCKED, "type4.locked"},
    {TB_TAG_REASON_T4_LENGTH, "type4.length"},
    {TB_TAG_REASON_PAYMENT_CARD, "payment.card"},
};

static const char *name_find(const struct failure_name *names, size_t count, unsigned number)
{
    for (size_t i = 0; i < count; i++)
        if (names[i].number == number)
            return names[i].name;
    return NULL;
}

bool tb_tag_failure_valid(unsigned failure)
{
    return name_find(failures, TB_ARRAY_SIZE(failures), failure) != NULL;
}

bool tb_tag_reason_valid(unsigned reason)
{
    return name_find(reasons, TB_ARRAY_SIZE(reasons), reason) != NULL;
}

const char *tb_tag_failure_name(enum tb_tag_failure failure)
{
    const char *name = name_find(failures, TB_ARRAY_SIZE(failures), (unsigned)failure);
    return name ? name : "unknown";
}

const char *tb_tag_reason_name(enum tb_tag_reason reason)
{
    const char *name = name_find(reasons, TB_ARRAY_SIZE(reasons), (unsigned)reason);
    return name ? name : "unknown";
}
