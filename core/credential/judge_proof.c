/* Texts that prove something: wallet readers' lines, rotating codes, signed tokens, hand-over codes. */
#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/base/wipe.h"
#include "core/credential/base45.h"
#include "core/credential/cwt.h"
#include "core/credential/handover.h"
#include "core/credential/judge_parts.h"
#include "core/credential/payment.h"
#include "core/credential/rotating.h"
#include "core/crypto/hash.h"
#include "core/tag/uid.h"

/* SHA-256(kind ‖ 00 ‖ owner ‖ 00 ‖ what was used up). */
static void replay_once(struct tb_judgement *j, const char *kind, struct tb_span owner, struct tb_span used,
                        int64_t forget_ms)
{
    static const uint8_t zero = 0;
    const struct tb_span parts[] = {tb_span_str(kind), tb_span_of(&zero, 1), owner, tb_span_of(&zero, 1),
                                    used};
    struct tb_digest name = tb_sha256_parts(parts, TB_ARRAY_SIZE(parts));
    _Static_assert(sizeof name.bytes == TB_REPLAY_NAME_SIZE, "a replay name is a SHA-256");
    j->replay = (struct tb_replay){.rule = TB_REPLAY_ONCE, .forget_ms = forget_ms};
    memcpy(j->replay.name, name.bytes, sizeof j->replay.name);
}

static void judged_proven(struct tb_judgement *j, enum tb_credential_kind kind, struct tb_span value,
                          enum tb_reason reason)
{
    tb_judged_credential(j, kind, value, reason);
    if (j->verdict == TB_JUDGED_CREDENTIAL)
        j->assurance = TB_ASSURANCE_MEDIUM;
}

/* ---- certified wallet readers ---- */

static void judge_uid_text(struct tb_span hex, struct tb_judgement *j)
{
    uint8_t bytes[TB_UID_SIZE_MAX];
    size_t size = hex.size / 2;
    bool sized = size == 4 || size == 7 || size == 10;
    if (!sized || hex.size % 2 || tb_hex_decode(hex, bytes, size) != TB_OK)
        tb_judged(j, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    else if (tb_uid_is_random(tb_span_of(bytes, size)))
        tb_judged(j, TB_JUDGED_UNKNOWN, TB_REASON_UID_RANDOM);
    else
        tb_judged_credential(j, TB_CREDENTIAL_UID, tb_span_of(bytes, size), TB_REASON_TAG_UID);
}

/* A line with an AIM identifier was scanned from paper or glass: whoever prints the prefix is no reader. */
static bool judge_wallet_reader(const struct tb_judge *judge, const struct tb_judge_text *line,
                                struct tb_judgement *j)
{
    size_t index = 0;
    const struct tb_code_rule *rule;
    while (!line->aim && !line->from_tag &&
           (rule = tb_judge_rule(judge, TB_CARRIER_WALLET_READER, line, &index)) != NULL) {
        struct tb_span prefix = tb_span_str(rule->prefix);
        if (!tb_span_starts(line->text, prefix))
            continue;
        struct tb_span value = tb_span_sub(line->text, prefix.size, SIZE_MAX);
        if (tb_payment_in_line(value) != TB_REASON_NONE)
            tb_judged(j, TB_JUDGED_PAYMENT_CARD, TB_REASON_PAYMENT_NUMBER);
        else if (value.size == 0)
            tb_judged(j, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
        else if (rule->kind == TB_CREDENTIAL_UID)
            judge_uid_text(value, j);
        else
            judged_proven(j, rule->kind, value, TB_REASON_READER_PASS);
        return true;
    }
    return false;
}

/* ---- rotating codes ---- */

static bool totp_key_usable(const struct tb_ring_key *key)
{
    return key->period_ms >= TB_TOTP_PERIOD_MS_MIN && key->period_ms <= TB_TOTP_PERIOD_MS_MAX &&
           key->digit_count >= TB_TOTP_DIGIT_COUNT_MIN && key->digit_count <= TB_TOTP_DIGIT_COUNT_MAX;
}

struct rotating_proof {
    uint64_t step;
    int64_t forget_ms;
};

/* TB_ERR_NOT_FOUND: no key here for this pattern. */
static enum tb_err rotating_verify(const struct tb_judge *judge, const struct tb_code_rule *rule,
                                   const struct tb_rotating *code, struct rotating_proof *ret_proof)
{
    enum tb_err err = TB_ERR_NOT_FOUND;
    struct tb_span id = tb_span_str(rule->key_id ? rule->key_id : "");
    const struct tb_ring_key *key;
    for (size_t i = 0; judge->keys != NULL && err != TB_OK; i++) {
        key = tb_keyring_find(judge->keys, TB_RING_TOTP, id, judge->wall_ms, i);
        if (key == NULL)
            return err;
        if (!totp_key_usable(key))
            continue;
        uint8_t own[TB_TOTP_KEY_SIZE];
        tb_totp_member_key(tb_span_of(key->bytes, key->size), code->member, own);
        const struct tb_totp_rules rules = {.key = tb_span_of(own, sizeof own),
                                            .period_ms = key->period_ms,
                                            .digit_count = key->digit_count,
                                            .slack_steps = rule->slack_steps};
        err = tb_rotating_verify(code, &rules, judge->wall_ms, &ret_proof->step, &ret_proof->forget_ms);
        tb_wipe(own, sizeof own);
    }
    return err;
}

static void judged_rotating(const struct tb_code_rule *rule, const struct tb_rotating *code,
                            const struct rotating_proof *proof, struct tb_judgement *j)
{
    uint8_t step[8];
    struct tb_buf used = tb_buf_of(step, sizeof step);
    tb_buf_add_u64be(&used, proof->step);
    judged_proven(j, rule->kind, code->member, TB_REASON_MEMBER_ROTATING);
    replay_once(j, "totp", code->member, tb_buf_span(&used), proof->forget_ms);
}

/* No key here: the context store is asked with the text as it stands. */
static void judged_evidence(const struct tb_code_rule *rule, const struct tb_rotating *code,
                            struct tb_span text, struct tb_judgement *j)
{
    if (text.size > sizeof j->evidence) {
        tb_judged(j, TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
        return;
    }
    judged_proven(j, rule->kind, code->member, TB_REASON_MEMBER_ROTATING);
    memcpy(j->evidence, text.at, text.size);
    j->evidence_size = (uint8_t)text.size;
}

static void judge_rotating_code(const struct tb_judge *judge, const struct tb_code_rule *rule,
                                struct tb_span text, const struct tb_rotating *code, struct tb_judgement *j)
{
    struct rotating_proof proof = {0};
    enum tb_err err = tb_rotating_time_check(code, judge->wall_ms);
    if (err == TB_OK)
        err = rotating_verify(judge, rule, code, &proof);
    if (err == TB_OK)
        judged_rotating(rule, code, &proof, j);
    else if (err == TB_ERR_NOT_FOUND)
        judged_evidence(rule, code, text, j);
    else if (err == TB_ERR_EXPIRED)
        tb_judged(j, TB_JUDGED_EXPIRED, TB_REASON_PROOF_EXPIRED);
    else if (err == TB_ERR_RANGE)
        tb_judged(j, TB_JUDGED_EXPIRED, TB_REASON_PROOF_EARLY);
    else
        tb_judged(j, TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
}

static bool judge_rotating(const struct tb_judge *judge, const struct tb_judge_text *text,
                           struct tb_judgement *j)
{
    size_t index = 0;
    struct tb_rotating code;
    const struct tb_code_rule *rule;
    while ((rule = tb_judge_rule(judge, TB_CARRIER_ROTATING, text, &index)) != NULL) {
        if (tb_rotating_match(tb_span_str(rule->prefix), rule->digit_count, text->text, &code) != TB_OK)
            continue;
        judge_rotating_code(judge, rule, text->text, &code, j);
        return true;
    }
    return false;
}

/* ---- signed tokens ---- */

/* Hands out the ring's keys and remembers the last one, which is the one that verified. */
struct token_keys {
    const struct tb_judge *judge;
    const struct tb_ring_key *last;
    bool named; /* the token names its key */
};

static bool token_key(void *context, struct tb_span kid, size_t index, struct tb_public_key *ret_key)
{
    struct token_keys *keys = context;
    keys->named = kid.size > 0;
    if (keys->judge->keys == NULL)
        return false;
    const struct tb_ring_key *key =
        tb_keyring_find(keys->judge->keys, TB_RING_TOKEN, kid, keys->judge->wall_ms, index);
    if (key == NULL || key->size != sizeof ret_key->point)
        return false;
    memcpy(ret_key->point, key->bytes, sizeof ret_key->point);
    keys->last = key;
    return true;
}

static struct tb_jws_rules token_rules(struct token_keys *keys)
{
    const struct tb_token_policy *policy = &keys->judge->rules->tokens;
    return (struct tb_jws_rules){
        .audience = policy->audience ? policy->audience : TB_TOKEN_AUDIENCE_DEFAULT,
        .type = policy->type,
        .leeway_s = TB_JWS_LEEWAY_S_DEFAULT,
        .life_max_s = policy->life_s_max ? policy->life_s_max : TB_TOKEN_LIFE_S_MAX_DEFAULT,
        .key = token_key,
        .context = keys,
    };
}

struct token { /* what counts of a token that verified; borrowed from it */
    struct tb_span subject;
    struct tb_span member;
    struct tb_span id;
    struct tb_jws_times times;
    bool confirms_key;
};

/* A certificate is no bearer token: it counts together with a signature by its key (core/credential/hce.h).
 */
static void judge_token(const struct token *token, const struct token_keys *keys, enum tb_reason reason,
                        struct tb_judgement *j)
{
    bool is_member = token->member.size > 0;
    struct tb_span value = is_member ? token->member : token->subject;
    int64_t life_s = token->times.exp_s - token->times.iat_s;
    TB_ASSERT(keys->last != NULL); /* it verified by one */
    if (token->confirms_key)
        tb_judged(j, TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_UNSUPPORTED);
    else if (value.size == 0 || value.size > TB_CREDENTIAL_VALUE_MAX ||
             (is_member && !tb_text_is_digits(value)))
        tb_judged(j, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    else if (token->id.size == 0 && life_s > TB_TOKEN_LIFE_S_WITHOUT_ID)
        tb_judged(j, TB_JUDGED_EXPIRED, TB_REASON_PROOF_EARLY);
    else
        judged_proven(j, is_member ? TB_CREDENTIAL_MEMBER : TB_CREDENTIAL_PASS, value, reason);
    /* The key that verified, not the name in the token: that may stand where nobody signed it. */
    if (j->verdict == TB_JUDGED_CREDENTIAL && token->id.size)
        replay_once(j, "token", tb_span_str(keys->last->id), token->id,
                    (token->times.exp_s + TB_JWS_LEEWAY_S_DEFAULT) * 1000);
}

/* Why a token is none. ours: it could not be anything else. */
static void judged_token_error(enum tb_err err, bool ours, struct tb_judgement *j)
{
    enum tb_judged wrong = ours ? TB_JUDGED_WRONG_KEY : TB_JUDGED_UNKNOWN;
    switch ((int)err) {
    case TB_ERR_NOT_FOUND: tb_judged(j, wrong, TB_REASON_PROOF_NO_KEY); return;
    case TB_ERR_SIGNATURE: tb_judged(j, wrong, ours ? TB_REASON_PROOF_WRONG : TB_REASON_PROOF_NO_KEY); return;
    case TB_ERR_EXPIRED: tb_judged(j, TB_JUDGED_EXPIRED, TB_REASON_PROOF_EXPIRED); return;
    case TB_ERR_RANGE: tb_judged(j, TB_JUDGED_EXPIRED, TB_REASON_PROOF_EARLY); return;
    case TB_ERR_DENIED: tb_judged(j, TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_AUDIENCE); return;
    case TB_ERR_UNSUPPORTED: tb_judged(j, wrong, TB_REASON_PROOF_UNSUPPORTED); return;
    default:
        tb_judged(j, ours ? TB_JUDGED_MALFORMED : TB_JUDGED_UNKNOWN,
                  ours ? TB_REASON_PROOF_MALFORMED : TB_REASON_CODE_NOT_OURS);
        return;
    }
}

/* header "." claims "." signature, the header a JSON object. */
static bool is_jws(struct tb_span text)
{
    unsigned dot_count = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.at[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!letter && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.')
            return false;
        dot_count += c == '.';
    }
    return dot_count == 2 && tb_span_starts(text, tb_span_str("ey"));
}

static enum tb_err jws_read(const struct tb_jws *jws, struct token *ret_token)
{
    struct tb_check check = {.err = TB_OK};
    *ret_token = (struct token){.times = jws->times, .confirms_key = tb_json_has(jws->claims, "cnf")};
    if (tb_json_has(jws->claims, "sub"))
        ret_token->subject = tb_json_text(&check, jws->claims, "sub", TB_JWS_PART_SIZE_MAX);
    if (tb_json_has(jws->claims, "member"))
        ret_token->member = tb_json_text(&check, jws->claims, "member", TB_JWS_PART_SIZE_MAX);
    if (tb_json_has(jws->claims, "jti"))
        ret_token->id = tb_json_text(&check, jws->claims, "jti", TB_JWS_PART_SIZE_MAX);
    return check.err;
}

static void judge_jws_text(const struct tb_judge *judge, struct tb_span text, bool prefixed,
                           struct tb_judgement *j)
{
    _Alignas(max_align_t) uint8_t memory[TB_JWS_ARENA_SIZE];
    struct tb_arena arena = tb_arena_of(memory, sizeof memory);
    struct token_keys keys = {.judge = judge};
    struct tb_jws_rules rules = token_rules(&keys);
    struct token token;
    struct tb_jws jws;
    enum tb_err err = tb_jws_verify(text, &rules, judge->wall_ms, &arena, &jws);
    /* Somebody else's token has another key's name or none, and our keys say nothing of it. */
    bool ours = prefixed || (keys.last != NULL && (keys.named || err != TB_ERR_SIGNATURE));
    if (err == TB_OK)
        err = jws_read(&jws, &token);
    if (err == TB_OK)
        judge_token(&token, &keys, TB_REASON_TOKEN_JWS, j);
    else
        judged_token_error(err, ours, j);
    tb_arena_release(&arena, 0);
}

static bool judge_jws(const struct tb_judge *judge, const struct tb_judge_text *text, struct tb_judgement *j)
{
    size_t index = 0;
    const struct tb_code_rule *rule;
    while ((rule = tb_judge_rule(judge, TB_CARRIER_JWS, text, &index)) != NULL) {
        struct tb_span prefix = tb_span_str(rule->prefix);
        struct tb_span token = tb_span_sub(text->text, prefix.size, SIZE_MAX);
        if (!tb_span_starts(text->text, prefix) || !is_jws(token))
            continue;
        judge_jws_text(judge, token, prefix.size > 0, j);
        return true;
    }
    return false;
}

static void judge_cwt_text(const struct tb_judge *judge, struct tb_span text, struct tb_judgement *j)
{
    uint8_t memory[TB_CWT_SIZE_MAX];
    struct tb_buf bytes = tb_buf_of(memory, sizeof memory);
    struct token_keys keys = {.judge = judge};
    struct tb_jws_rules rules = token_rules(&keys);
    struct tb_cwt cwt;
    enum tb_err err = tb_base45_decode(text, &bytes);
    if (err == TB_OK)
        err = tb_cwt_verify(tb_buf_span(&bytes), &rules, judge->wall_ms, &cwt);
    if (err == TB_OK) {
        const struct token token = {.subject = cwt.subject,
                                    .member = cwt.member,
                                    .id = cwt.id,
                                    .times = cwt.times,
                                    .confirms_key = cwt.confirms_key};
        judge_token(&token, &keys, TB_REASON_TOKEN_CWT, j);
    } else {
        judged_token_error(err, true, j);
    }
    tb_wipe(memory, sizeof memory);
}

static bool judge_cwt(const struct tb_judge *judge, const struct tb_judge_text *text, struct tb_judgement *j)
{
    size_t index = 0;
    const struct tb_code_rule *rule;
    while ((rule = tb_judge_rule(judge, TB_CARRIER_CWT, text, &index)) != NULL) {
        struct tb_span prefix = tb_span_str(rule->prefix);
        if (!tb_span_starts(text->text, prefix))
            continue;
        judge_cwt_text(judge, tb_span_sub(text->text, prefix.size, SIZE_MAX), j);
        return true;
    }
    return false;
}

/* ---- hand-over codes ---- */

bool tb_judge_handover(enum tb_err decoded, struct tb_judgement *j)
{
    if (decoded == TB_OK)
        tb_judged(j, TB_JUDGED_HANDOVER, TB_REASON_HANDOVER_CODE);
    else if (decoded == TB_ERR_CHECKSUM)
        tb_judged(j, TB_JUDGED_UNKNOWN, TB_REASON_CODE_CHECK_DIGIT);
    return decoded == TB_OK || decoded == TB_ERR_CHECKSUM;
}

static bool judge_handover_text(const struct tb_judge *judge, const struct tb_judge_text *text,
                                struct tb_judgement *j)
{
    size_t index = 0;
    const struct tb_code_rule *rule;
    while ((rule = tb_judge_rule(judge, TB_CARRIER_HANDOVER_TEXT, text, &index)) != NULL) {
        struct tb_span prefix = tb_span_str(rule->prefix);
        struct tb_span code = tb_span_sub(text->text, prefix.size, SIZE_MAX);
        if (tb_span_starts(text->text, prefix) &&
            tb_judge_handover(tb_handover_code_decode(code, j->handover), j))
            return true;
    }
    return false;
}

bool tb_judge_proof(const struct tb_judge *judge, const struct tb_judge_text *text, struct tb_judgement *j)
{
    return judge_wallet_reader(judge, text, j) || judge_rotating(judge, text, j) ||
           judge_cwt(judge, text, j) || judge_handover_text(judge, text, j) || judge_jws(judge, text, j);
}
