/* Rotating codes: the first line is a pattern, the rest a code; a good pattern takes a code apart in one way.
 */
#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/credential/rotating.h"
#include "tests/fuzz/fuzz.h"

#define WALL_MS INT64_C(1700000000000)

static void code_check(struct tb_span text, const struct tb_rotating *code)
{
    static const uint8_t secret[] = "no fuzzer guesses what this gives";
    uint8_t key[TB_TOTP_KEY_SIZE];
    uint64_t step = 0;
    int64_t forget_ms = 0;
    TB_ASSERT(code->member.size == 10 && tb_text_is_digits(code->member));
    TB_ASSERT(tb_text_is_digits(code->otp) && code->otp.size <= TB_TOTP_DIGIT_COUNT_MAX);
    TB_ASSERT(code->member.at >= text.at && code->otp.at + code->otp.size <= text.at + text.size);
    tb_totp_member_key(tb_span_of(secret, sizeof secret - 1), code->member, key);
    const struct tb_totp_rules rules = {
        .key = tb_span_of(key, sizeof key), .period_ms = 3000, .digit_count = 9, .slack_steps = 2};
    if (tb_rotating_verify(code, &rules, WALL_MS, &step, &forget_ms) == TB_OK)
        TB_ASSERT(forget_ms > WALL_MS - TB_TOTP_WINDOW_MS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_span text = tb_span_of(data, size);
    struct tb_span pattern = tb_span_cut(&text, '\n');
    struct tb_rotating code;
    if (tb_rotating_pattern_check(pattern) == TB_OK && tb_rotating_match(pattern, 10, text, &code) == TB_OK)
        code_check(text, &code);
    return 0;
}
