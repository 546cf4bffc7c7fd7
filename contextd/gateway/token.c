#include "contextd/gateway/token.h"

#include "core/base/text.h"

#define HEADER "{\"alg\":\"ES256\",\"typ\":\"JWT\"}"
#define AUDIENCE_SIZE_MAX 128
#define PART_SIZE_MAX 512 /* bytes of a decoded header or of decoded claims */
#define ARENA_SIZE TB_JSON_ARENA_SIZE(PART_SIZE_MAX)

struct parts {
    struct tb_span signed_text; /* header "." claims */
    struct tb_span header;
    struct tb_span claims;
    struct tb_span signature;
};

static struct tb_span part_take(struct tb_span *rest)
{
    size_t size = 0;
    while (size < rest->size && rest->at[size] != '.')
        size++;
    struct tb_span part = tb_span_sub(*rest, 0, size);
    *rest = tb_span_sub(*rest, size + 1, rest->size);
    return part;
}

static enum tb_err parts_split(struct tb_span token, struct parts *ret_parts)
{
    if (token.size > TB_TOKEN_SIZE_MAX)
        return TB_ERR_TOO_LONG;
    struct tb_span rest = token;
    ret_parts->header = part_take(&rest);
    ret_parts->claims = part_take(&rest);
    ret_parts->signature = rest;
    ret_parts->signed_text = tb_span_sub(token, 0, ret_parts->header.size + 1 + ret_parts->claims.size);
    bool whole = ret_parts->header.size > 0 && ret_parts->claims.size > 0 && rest.size > 0;
    return whole ? TB_OK : TB_ERR_SYNTAX;
}

/* Parses base64url of one JSON object; text and arena are the caller's and must outlive ret_object. */
static enum tb_err part_parse(struct tb_span part, struct tb_buf *text, struct tb_arena *arena,
                              struct tb_json *ret_object)
{
    enum tb_err err = tb_base64url_decode(part, text);
    if (err == TB_OK)
        err = tb_json_parse(tb_buf_span(text), PART_SIZE_MAX, arena, ret_object);
    if (err == TB_OK && tb_json_type(*ret_object) != TB_JSON_OBJECT)
        err = TB_ERR_TYPE;
    return err;
}

static enum tb_err header_check(struct tb_span part)
{
    uint8_t text[PART_SIZE_MAX];
    _Alignas(max_align_t) uint8_t memory[ARENA_SIZE];
    struct tb_buf b = tb_buf_of(text, sizeof text);
    struct tb_arena arena = tb_arena_of(memory, sizeof memory);
    struct tb_json header;
    enum tb_err err = part_parse(part, &b, &arena, &header);
    if (err != TB_OK)
        return err;
    struct tb_check check = {.err = TB_OK};
    struct tb_span alg = tb_json_text(&check, header, "alg", 16);
    if (check.err != TB_OK)
        return check.err;
    /* RFC 7515 section 4.1.11: what is critical and not understood makes the token invalid. */
    if (!tb_span_is(alg, "ES256") || tb_json_has(header, "crit"))
        return TB_ERR_UNSUPPORTED;
    return TB_OK;
}

static enum tb_err signature_check(const struct tb_token_rules *rules, const struct parts *parts)
{
    struct tb_signature signature;
    struct tb_buf b = tb_buf_of(signature.bytes, sizeof signature.bytes);
    if (tb_base64url_decode(parts->signature, &b) != TB_OK || b.size != sizeof signature.bytes)
        return TB_ERR_SIGNATURE;
    for (size_t i = 0; i < rules->key_count; i++) {
        if (tb_public_key_verify(&rules->keys[i], parts->signed_text, &signature) == TB_OK)
            return TB_OK;
    }
    return TB_ERR_SIGNATURE;
}

static enum tb_err times_check(struct tb_check *c, struct tb_json claims, int64_t wall_ms, int64_t *ret_exp_s)
{
    int64_t now_s = wall_ms / 1000;
    int64_t exp = tb_json_int(c, claims, "exp", 0, TB_TIME_MS_MAX / 1000);
    int64_t iat = tb_json_int(c, claims, "iat", 0, TB_TIME_MS_MAX / 1000);
    if (c->err != TB_OK)
        return c->err;
    *ret_exp_s = exp;
    if (exp <= now_s || iat > now_s + TB_TOKEN_LEEWAY_S || exp - iat > TB_TOKEN_LIFE_MAX_S ||
        exp > now_s + TB_TOKEN_LIFE_MAX_S + TB_TOKEN_LEEWAY_S)
        return TB_ERR_EXPIRED;
    return TB_OK;
}

static enum tb_err claims_check(const struct tb_token_rules *rules, struct tb_span part, int64_t wall_ms,
                                struct tb_token_claims *ret_claims)
{
    uint8_t text[PART_SIZE_MAX];
    _Alignas(max_align_t) uint8_t memory[ARENA_SIZE];
    struct tb_buf b = tb_buf_of(text, sizeof text);
    struct tb_arena arena = tb_arena_of(memory, sizeof memory);
    struct tb_json claims;
    enum tb_err err = part_parse(part, &b, &arena, &claims);
    if (err != TB_OK)
        return err;
    struct tb_check check = {.err = TB_OK};
    struct tb_span audience = tb_json_text(&check, claims, "aud", AUDIENCE_SIZE_MAX);
    struct tb_id customer = tb_json_id(&check, claims, "sub");
    if (check.err != TB_OK)
        return check.err;
    if (!tb_span_is(audience, rules->audience) || tb_id_is_zero(&customer))
        return TB_ERR_DENIED;
    int64_t exp_s = 0;
    err = times_check(&check, claims, wall_ms, &exp_s);
    if (err == TB_OK)
        *ret_claims = (struct tb_token_claims){.customer = customer, .expires_ms = exp_s * 1000};
    return err;
}

enum tb_err tb_token_verify(const struct tb_token_rules *rules, struct tb_span token, int64_t wall_ms,
                            struct tb_token_claims *ret_claims)
{
    struct parts parts;
    memset(ret_claims, 0, sizeof *ret_claims);
    enum tb_err err = parts_split(token, &parts);
    if (err == TB_OK)
        err = header_check(parts.header);
    /* Nothing that the claims say counts before the signature does. */
    if (err == TB_OK)
        err = signature_check(rules, &parts);
    if (err == TB_OK)
        err = claims_check(rules, parts.claims, wall_ms, ret_claims);
    return err;
}

enum tb_err tb_token_mint(const struct tb_key *key, const struct tb_rng *rng,
                          const struct tb_token_plan *plan, struct tb_buf *ret_token)
{
    uint8_t text[PART_SIZE_MAX];
    struct tb_buf claims = tb_buf_of(text, sizeof text);
    struct tb_json_writer w = tb_json_writer_of(&claims);
    int64_t now_s = plan->wall_ms / 1000;
    tb_json_open(&w, NULL);
    tb_json_put_str(&w, "aud", plan->audience);
    tb_json_put_id(&w, "sub", &plan->customer);
    tb_json_put_int(&w, "iat", plan->life_s < 0 ? now_s + plan->life_s - 1 : now_s);
    tb_json_put_int(&w, "exp", now_s + plan->life_s);
    tb_json_close(&w);
    if (claims.err != TB_OK)
        return claims.err;
    size_t from = ret_token->size;
    tb_base64url_add(ret_token, tb_span_str(HEADER));
    tb_buf_add_u8(ret_token, '.');
    tb_base64url_add(ret_token, tb_buf_span(&claims));
    struct tb_signature signature;
    enum tb_err err =
        tb_key_sign(key, rng, tb_span_sub(tb_buf_span(ret_token), from, ret_token->size), &signature);
    if (err != TB_OK)
        return err;
    tb_buf_add_u8(ret_token, '.');
    tb_base64url_add(ret_token, tb_span_of(signature.bytes, sizeof signature.bytes));
    return ret_token->err;
}
