/* Scanned lines: every line gets one verdict, and a verdict that drops the line keeps nothing of it. */
#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/credential/judge.h"
#include "tests/fuzz/fuzz.h"

static void line_judge(struct tb_span line, bool aim_enabled)
{
    struct tb_code_rules rules = *tb_code_rules_default();
    struct tb_judgement j;
    rules.aim_enabled = aim_enabled;
    tb_judge_line(&(struct tb_judge){.rules = &rules}, line, &j);
    TB_ASSERT(j.verdict != TB_JUDGED_MALFORMED && j.reason != TB_REASON_NONE);
    TB_ASSERT((j.verdict == TB_JUDGED_CREDENTIAL) == (j.credential.kind != TB_CREDENTIAL_NONE));
    TB_ASSERT((j.verdict == TB_JUDGED_PRODUCT) == (j.gtin[0] != '\0'));
    if (j.verdict == TB_JUDGED_CREDENTIAL)
        TB_ASSERT(tb_text_is_digits(tb_credential_value(&j.credential)));
    else
        TB_ASSERT(j.credential.value_size == 0);
    if (j.verdict == TB_JUDGED_PRODUCT)
        TB_ASSERT(tb_gs1_check_valid(tb_span_str(j.gtin)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    line_judge(tb_span_of(data, size), false);
    line_judge(tb_span_of(data, size), true);
    return 0;
}
