#include "core/credential/rotating.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/base/wipe.h"
#include "core/crypto/hash.h"

enum { SECONDS_DIGIT_COUNT = 10, MILLIS_DIGIT_COUNT = 13 };

enum field { FIELD_MEMBER, FIELD_OTP, FIELD_SECONDS, FIELD_MILLIS, FIELD_COUNT };

static const struct {
    const char *text;
    enum field field;
} placeholders[] = {
    {"{member}", FIELD_MEMBER},
    {"{totp}", FIELD_OTP},
    {"{totp_value_0}", FIELD_OTP},
    {"{seconds}", FIELD_SECONDS},
    {"{totp_timestamp_seconds}", FIELD_SECONDS},
    {"{millis}", FIELD_MILLIS},
    {"{totp_timestamp_millis}", FIELD_MILLIS},
};

/* ---- patterns ---- */

/* False when no placeholder stands in front of the pattern. */
static bool placeholder_take(struct tb_span *pattern, enum field *ret_field)
{
    for (size_t i = 0; i < TB_ARRAY_SIZE(placeholders); i++) {
        struct tb_span text = tb_span_str(placeholders[i].text);
        if (!tb_span_starts(*pattern, text))
            continue;
        *pattern = tb_span_sub(*pattern, text.size, SIZE_MAX);
        *ret_field = placeholders[i].field;
        return true;
    }
    return false;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

enum tb_err tb_rotating_pattern_check(struct tb_span pattern)
{
    unsigned count[FIELD_COUNT] = {0};
    bool literal_before = false;
    enum field field;
    if (pattern.size == 0 || pattern.at[0] == '{' || is_digit(pattern.at[0]))
        return TB_ERR_SYNTAX;
    while (pattern.size) {
        if (placeholder_take(&pattern, &field)) {
            /* A digit beside a field could be of either. */
            if (!literal_before || (pattern.size && is_digit(pattern.at[0])))
                return TB_ERR_SYNTAX;
            count[field]++;
            literal_before = false;
            continue;
        }
        uint8_t c = pattern.at[0];
        if (c == '{' || c == '}' || c < 0x20 || c > 0x7e)
            return TB_ERR_SYNTAX;
        literal_before = !is_digit(c);
        pattern = tb_span_sub(pattern, 1, SIZE_MAX);
    }
    bool whole = count[FIELD_MEMBER] == 1 && count[FIELD_OTP] == 1;
    return whole && count[FIELD_SECONDS] + count[FIELD_MILLIS] <= 1 ? TB_OK : TB_ERR_SYNTAX;
}

/* ---- codes ---- */

static struct tb_span digits_take(struct tb_span *text)
{
    size_t size = 0;
    while (size < text->size && is_digit(text->at[size]))
        size++;
    struct tb_span digits = tb_span_sub(*text, 0, size);
    *text = tb_span_sub(*text, size, SIZE_MAX);
    return digits;
}

static bool time_set(struct tb_rotating *code, struct tb_span digits, size_t digit_count, int64_t unit_ms)
{
    uint64_t units = 0;
    if (digits.size != digit_count || tb_decimal_decode(digits, UINT64_MAX, &units) != TB_OK)
        return false;
    code->timed = true;
    code->made_ms = (int64_t)units * unit_ms;
    return true;
}

static bool field_set(struct tb_rotating *code, enum field field, struct tb_span digits,
                      size_t member_digit_count)
{
    switch (field) {
    case FIELD_MEMBER: code->member = digits; return digits.size == member_digit_count;
    case FIELD_OTP:
        code->otp = digits;
        return digits.size >= TB_TOTP_DIGIT_COUNT_MIN && digits.size <= TB_TOTP_DIGIT_COUNT_MAX;
    case FIELD_SECONDS: return time_set(code, digits, SECONDS_DIGIT_COUNT, 1000);
    case FIELD_MILLIS: return time_set(code, digits, MILLIS_DIGIT_COUNT, 1);
    case FIELD_COUNT: return false;
    }
    return false;
}

enum tb_err tb_rotating_match(struct tb_span pattern, size_t member_digit_count, struct tb_span text,
                              struct tb_rotating *ret_rotating)
{
    struct tb_rotating code = {.timed = false};
    enum field field;
    while (pattern.size) {
        if (placeholder_take(&pattern, &field)) {
            if (!field_set(&code, field, digits_take(&text), member_digit_count))
                return TB_ERR_NOT_FOUND;
            continue;
        }
        if (text.size == 0 || text.at[0] != pattern.at[0])
            return TB_ERR_NOT_FOUND;
        pattern = tb_span_sub(pattern, 1, SIZE_MAX);
        text = tb_span_sub(text, 1, SIZE_MAX);
    }
    if (text.size || code.member.size == 0 || code.otp.size == 0)
        return TB_ERR_NOT_FOUND;
    *ret_rotating = code;
    return TB_OK;
}

/* ---- passwords ---- */

void tb_totp(struct tb_span key, uint64_t step, unsigned digit_count,
             char ret_otp[TB_TOTP_DIGIT_COUNT_MAX + 1])
{
    uint8_t counter[8];
    uint8_t mac[TB_SHA1_SIZE];
    TB_ASSERT(digit_count >= 1 && digit_count <= TB_TOTP_DIGIT_COUNT_MAX);
    for (size_t i = sizeof counter; i-- > 0; step >>= 8)
        counter[i] = (uint8_t)step;
    tb_hmac_sha1(key, tb_span_of(counter, sizeof counter), mac);
    const uint8_t *at = &mac[mac[TB_SHA1_SIZE - 1] & 0x0f];
    uint32_t number = (uint32_t)(at[0] & 0x7f) << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    for (unsigned i = digit_count; i-- > 0; number /= 10)
        ret_otp[i] = (char)('0' + number % 10);
    ret_otp[digit_count] = '\0';
    tb_wipe(mac, sizeof mac);
}

void tb_totp_member_key(struct tb_span secret, struct tb_span member, uint8_t ret_key[TB_TOTP_KEY_SIZE])
{
    static const uint8_t label[] = {'t', 'o', 't', 'p', 0};
    const struct tb_span parts[] = {tb_span_of(label, sizeof label), member};
    struct tb_digest digest = tb_hmac_sha256_parts(secret, parts, TB_ARRAY_SIZE(parts));
    memcpy(ret_key, digest.bytes, TB_TOTP_KEY_SIZE);
    tb_wipe(&digest, sizeof digest);
}

enum tb_err tb_rotating_time_check(const struct tb_rotating *code, int64_t wall_ms)
{
    if (!code->timed)
        return TB_OK;
    if (code->made_ms < wall_ms - TB_TOTP_WINDOW_MS)
        return TB_ERR_EXPIRED;
    return code->made_ms > wall_ms + TB_TOTP_WINDOW_MS ? TB_ERR_RANGE : TB_OK;
}

static bool otp_is(const struct tb_rotating *code, const struct tb_totp_rules *rules, uint64_t step)
{
    char otp[TB_TOTP_DIGIT_COUNT_MAX + 1];
    tb_totp(rules->key, step, rules->digit_count, otp);
    bool same = tb_span_equal_secret(code->otp, tb_span_of(otp, rules->digit_count));
    tb_wipe(otp, sizeof otp);
    return same;
}

enum tb_err tb_rotating_verify(const struct tb_rotating *code, const struct tb_totp_rules *rules,
                               int64_t wall_ms, uint64_t *ret_step, int64_t *ret_forget_ms)
{
    int64_t period_ms = rules->period_ms;
    int64_t meant_ms = code->timed ? code->made_ms : wall_ms;
    int64_t slack = code->timed || rules->slack_steps ? rules->slack_steps : 1;
    TB_ASSERT(period_ms >= TB_TOTP_PERIOD_MS_MIN && period_ms <= TB_TOTP_PERIOD_MS_MAX);
    enum tb_err err = tb_rotating_time_check(code, wall_ms);
    if (err != TB_OK)
        return err;
    int64_t meant = meant_ms / period_ms;
    if (code->otp.size != rules->digit_count || meant_ms < 0)
        return TB_ERR_SIGNATURE;
    for (int64_t step = meant - slack; step <= meant + slack; step++) {
        if (step < 0 || !otp_is(code, rules, (uint64_t)step))
            continue;
        *ret_step = (uint64_t)step;
        *ret_forget_ms = (step + slack + 1) * period_ms + TB_TOTP_WINDOW_MS;
        return TB_OK;
    }
    return TB_ERR_SIGNATURE;
}
