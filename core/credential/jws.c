#include "core/credential/jws.h"

#include "core/base/text.h"
#include "core/credential/web.h"

enum { AUDIENCE_SIZE_MAX = 256, AUDIENCE_COUNT_MAX = 8, ALG_SIZE_MAX = 16, TYPE_SIZE_MAX = 64 };

struct parts { /* all base64url, borrowed from the token */
    struct tb_span header;
    struct tb_span claims;
    struct tb_span signature;
    struct tb_span signed_text; /* header "." claims */
};

static enum tb_err token_split(struct tb_span token, struct parts *ret_parts)
{
    if (token.size > TB_JWS_SIZE_MAX)
        return TB_ERR_TOO_LONG;
    struct tb_span rest = token;
    ret_parts->header = tb_span_cut(&rest, '.');
    ret_parts->claims = tb_span_cut(&rest, '.');
    ret_parts->signature = rest;
    ret_parts->signed_text = tb_span_sub(token, 0, ret_parts->header.size + 1 + ret_parts->claims.size);
    bool whole = ret_parts->header.size && ret_parts->claims.size && ret_parts->signature.size;
    return whole ? TB_OK : TB_ERR_SYNTAX;
}

static enum tb_err part_parse(struct tb_span part, struct tb_arena *arena, struct tb_json *ret_object)
{
    void *memory = tb_arena_take(arena, TB_JWS_PART_SIZE_MAX);
    if (memory == NULL)
        return TB_ERR_NO_MEMORY;
    struct tb_buf text = tb_buf_of(memory, TB_JWS_PART_SIZE_MAX);
    enum tb_err err = tb_base64url_decode(part, &text);
    if (err == TB_OK)
        err = tb_json_parse(tb_buf_span(&text), TB_JWS_PART_SIZE_MAX, arena, ret_object);
    if (err == TB_OK && tb_json_type(*ret_object) != TB_JSON_OBJECT)
        err = TB_ERR_TYPE;
    return err;
}

static enum tb_err header_read(struct tb_span part, const char *type, struct tb_arena *arena,
                               struct tb_span *ret_kid)
{
    struct tb_json header;
    enum tb_err err = part_parse(part, arena, &header);
    if (err != TB_OK)
        return err;
    struct tb_check check = {.err = TB_OK};
    struct tb_span alg = tb_json_text(&check, header, "alg", ALG_SIZE_MAX);
    struct tb_span typ = type ? tb_json_text(&check, header, "typ", TYPE_SIZE_MAX) : tb_span_of(NULL, 0);
    *ret_kid = tb_span_of(NULL, 0);
    if (tb_json_has(header, "kid"))
        *ret_kid = tb_json_text(&check, header, "kid", TB_JWS_KID_SIZE_MAX);
    if (check.err != TB_OK)
        return check.err;
    /* RFC 7515 section 4.1.11: what is critical and not understood makes the token invalid. */
    bool critical = tb_json_exists(tb_json_member(header, "crit"));
    bool typed = type == NULL || tb_text_equal_nocase(typ, tb_span_str(type));
    return tb_span_is(alg, "ES256") && typed && !critical ? TB_OK : TB_ERR_UNSUPPORTED;
}

enum tb_err tb_jws_signature_check(const struct tb_jws_rules *rules, struct tb_span kid,
                                   struct tb_span signed_text, const struct tb_signature *signature)
{
    struct tb_public_key key;
    for (size_t i = 0; i < TB_JWS_KEYS_MAX; i++) {
        if (!rules->key(rules->context, kid, i, &key))
            return i == 0 ? TB_ERR_NOT_FOUND : TB_ERR_SIGNATURE;
        if (tb_public_key_verify(&key, signed_text, signature) == TB_OK)
            return TB_OK;
    }
    return TB_ERR_SIGNATURE;
}

static enum tb_err signature_check(const struct parts *parts, struct tb_span kid,
                                   const struct tb_jws_rules *rules)
{
    struct tb_signature signature;
    struct tb_buf bytes = tb_buf_of(signature.bytes, sizeof signature.bytes);
    if (tb_base64url_decode(parts->signature, &bytes) != TB_OK || bytes.size != sizeof signature.bytes)
        return TB_ERR_SIGNATURE;
    return tb_jws_signature_check(rules, kid, parts->signed_text, &signature);
}

/* RFC 7519 section 4.1.3: one text, or an array of them. */
static enum tb_err audience_check(struct tb_json claims, const char *audience)
{
    struct tb_check check = {.err = TB_OK};
    if (tb_json_type(tb_json_member(claims, "aud")) != TB_JSON_ARRAY) {
        struct tb_span aud = tb_json_text(&check, claims, "aud", AUDIENCE_SIZE_MAX);
        if (check.err != TB_OK)
            return check.err;
        return tb_span_is(aud, audience) ? TB_OK : TB_ERR_DENIED;
    }
    struct tb_json list = tb_json_array(&check, claims, "aud", AUDIENCE_COUNT_MAX);
    bool found = false;
    for (struct tb_json_each each = tb_json_first(list); tb_json_exists(each.value); tb_json_next(&each))
        found |= tb_span_is(tb_json_as_text(&check, each.value, "aud", AUDIENCE_SIZE_MAX), audience);
    if (check.err != TB_OK)
        return check.err;
    return found ? TB_OK : TB_ERR_DENIED;
}

static int64_t opt_seconds(struct tb_check *c, struct tb_json claims, const char *name)
{
    return tb_json_has(claims, name) ? tb_json_int(c, claims, name, 0, TB_JWS_SECONDS_MAX) : 0;
}

enum tb_err tb_jws_times_check(const struct tb_jws_times *times, const struct tb_jws_rules *rules,
                               int64_t wall_ms)
{
    int64_t now_s = wall_ms / 1000;
    if (!times->has_exp || (rules->life_max_s && !times->has_iat))
        return TB_ERR_MISSING;
    if (times->exp_s <= now_s)
        return TB_ERR_EXPIRED;
    if (times->nbf_s > now_s + rules->leeway_s || times->iat_s > now_s + rules->leeway_s)
        return TB_ERR_RANGE;
    if (rules->life_max_s && times->exp_s - times->iat_s > rules->life_max_s)
        return TB_ERR_RANGE;
    return TB_OK;
}

static enum tb_err times_read(struct tb_json claims, struct tb_jws_times *ret_times)
{
    struct tb_check check = {.err = TB_OK};
    *ret_times = (struct tb_jws_times){
        .exp_s = opt_seconds(&check, claims, "exp"),
        .nbf_s = opt_seconds(&check, claims, "nbf"),
        .iat_s = opt_seconds(&check, claims, "iat"),
        .has_exp = tb_json_has(claims, "exp"),
        .has_iat = tb_json_has(claims, "iat"),
    };
    return check.err;
}

enum tb_err tb_jws_verify(struct tb_span token, const struct tb_jws_rules *rules, int64_t wall_ms,
                          struct tb_arena *arena, struct tb_jws *ret_jws)
{
    struct parts parts;
    struct tb_jws jws = {.expires_ms = 0};
    *ret_jws = jws;
    enum tb_err err = token_split(token, &parts);
    if (err == TB_OK)
        err = header_read(parts.header, rules->type, arena, &jws.kid);
    if (err == TB_OK)
        err = signature_check(&parts, jws.kid, rules);
    if (err == TB_OK)
        err = part_parse(parts.claims, arena, &jws.claims);
    if (err == TB_OK && rules->audience)
        err = audience_check(jws.claims, rules->audience);
    if (err == TB_OK)
        err = times_read(jws.claims, &jws.times);
    if (err == TB_OK)
        err = tb_jws_times_check(&jws.times, rules, wall_ms);
    jws.expires_ms = jws.times.exp_s * 1000;
    if (err == TB_OK)
        *ret_jws = jws;
    return err;
}

static void header_add(struct tb_buf *token, struct tb_span kid)
{
    uint8_t memory[6 * TB_JWS_KID_SIZE_MAX + 64]; /* a key id is at worst all escapes */
    struct tb_buf header = tb_buf_of(memory, sizeof memory);
    struct tb_json_writer w = tb_json_writer_of(&header);
    tb_json_open(&w, NULL);
    tb_json_put_str(&w, "alg", "ES256");
    if (kid.size)
        tb_json_put_text(&w, "kid", kid);
    tb_json_put_str(&w, "typ", "JWT");
    tb_json_close(&w);
    if (header.err != TB_OK && token->err == TB_OK)
        token->err = header.err;
    tb_base64url_add(token, tb_buf_span(&header));
}

enum tb_err tb_jws_build(struct tb_span kid, struct tb_span claims, const struct tb_key *key,
                         const struct tb_rng *rng, struct tb_buf *ret_token)
{
    size_t from = ret_token->size;
    if (kid.size > TB_JWS_KID_SIZE_MAX || claims.size > TB_JWS_PART_SIZE_MAX)
        return TB_ERR_TOO_LONG;
    header_add(ret_token, kid);
    tb_buf_add_u8(ret_token, '.');
    tb_base64url_add(ret_token, claims);
    if (ret_token->err != TB_OK)
        return ret_token->err;
    struct tb_signature signature;
    struct tb_span signed_text = tb_span_sub(tb_buf_span(ret_token), from, SIZE_MAX);
    enum tb_err err = tb_key_sign(key, rng, signed_text, &signature);
    if (err != TB_OK)
        return err;
    tb_buf_add_u8(ret_token, '.');
    tb_base64url_add(ret_token, tb_span_of(signature.bytes, sizeof signature.bytes));
    return ret_token->err;
}
