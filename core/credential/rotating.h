/*
 * Rotating codes: a member number with a one-time password that changes every few seconds (RFC 6238 with
 * SHA-1, the only algorithm of Google Wallet's RotatingBarcode).
 *
 * A chain describes its codes by patterns: literal text with {member} and {totp}, and at most one of
 * {seconds} and {millis}, the time at which the code was made. Google's own placeholders {totp_value_0},
 * {totp_timestamp_seconds} and {totp_timestamp_millis} are the same. Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_ROTATING_H
#define TB_CORE_CREDENTIAL_ROTATING_H

#include "core/base/span.h"

#define TB_TOTP_KEY_SIZE 20
#define TB_TOTP_DIGIT_COUNT_MIN 6
#define TB_TOTP_DIGIT_COUNT_MAX 9
#define TB_TOTP_PERIOD_MS_MIN 1000
#define TB_TOTP_PERIOD_MS_MAX 3600000
#define TB_TOTP_WINDOW_MS 90000 /* how far a code's time may be from this terminal's */
#define TB_TOTP_SLACK_STEPS_MAX 2

struct tb_rotating { /* a code taken apart; borrowed from its text */
    struct tb_span member;
    struct tb_span otp; /* digits */
    bool timed;         /* the pattern has a time */
    int64_t made_ms;    /* Unix; when timed */
};

/*
 * Checks a pattern: it begins with a character that is no digit, each placeholder stands once, {member} and
 * {totp} are there, no two times, and no two placeholders touch. TB_ERR_SYNTAX.
 */
TB_MUST_USE enum tb_err tb_rotating_pattern_check(struct tb_span pattern);

/*
 * Takes a code apart: {member} is exactly member_digit_count digits, {seconds} 10 digits, {millis} 13,
 * {totp} TB_TOTP_DIGIT_COUNT_MIN to _MAX. TB_ERR_NOT_FOUND when the text does not fit the pattern.
 */
TB_MUST_USE enum tb_err tb_rotating_match(struct tb_span pattern, size_t member_digit_count,
                                          struct tb_span text, struct tb_rotating *ret_rotating);

/* RFC 4226 section 5.3 at step T: digit_count decimal digits, 1 to TB_TOTP_DIGIT_COUNT_MAX, terminated. */
void tb_totp(struct tb_span key, uint64_t step, unsigned digit_count,
             char ret_otp[TB_TOTP_DIGIT_COUNT_MAX + 1]);

/* A member's own key: HMAC-SHA-256(secret, "totp" ‖ 00 ‖ member), its first 20 bytes. Secret. */
void tb_totp_member_key(struct tb_span secret, struct tb_span member, uint8_t ret_key[TB_TOTP_KEY_SIZE]);

struct tb_totp_rules {
    struct tb_span key; /* the member's; borrowed */
    uint32_t period_ms;
    uint8_t digit_count;
    uint8_t slack_steps; /* a code without a time has one at least */
};

/*
 * Verifies a code at wall_ms (Unix). ret_step is the step whose password it is; the code is refused as
 * expired from ret_forget_ms on. TB_ERR_SIGNATURE: another password; TB_ERR_EXPIRED, TB_ERR_RANGE: its time
 * is more than TB_TOTP_WINDOW_MS before or after wall_ms. Compares without a data-dependent branch.
 */
TB_MUST_USE enum tb_err tb_rotating_verify(const struct tb_rotating *code, const struct tb_totp_rules *rules,
                                           int64_t wall_ms, uint64_t *ret_step, int64_t *ret_forget_ms);

/* The time alone, for whoever has no key: TB_OK, TB_ERR_EXPIRED, TB_ERR_RANGE. TB_OK without a time. */
TB_MUST_USE enum tb_err tb_rotating_time_check(const struct tb_rotating *code, int64_t wall_ms);

#endif
