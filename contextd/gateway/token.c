#include "contextd/gateway/token.h"

#include "core/credential/jws.h"

#define CLAIMS_SIZE_MAX 512

/* Tokens carry no key id: every configured key is tried. */
static bool key_at(void *context, struct tb_span kid, size_t index, struct tb_public_key *ret_key)
{
    const struct tb_token_rules *rules = context;
    (void)kid;
    if (index >= rules->key_count)
        return false;
    *ret_key = rules->keys[index];
    return true;
}

static enum tb_err customer_read(const struct tb_jws *token, struct tb_token_claims *ret_claims)
{
    struct tb_check check = {.err = TB_OK};
    struct tb_id customer = tb_json_id(&check, token->claims, "sub");
    if (check.err != TB_OK)
        return check.err;
    if (tb_id_is_zero(&customer))
        return TB_ERR_DENIED;
    *ret_claims = (struct tb_token_claims){.customer = customer, .expires_ms = token->expires_ms};
    return TB_OK;
}

enum tb_err tb_token_verify(const struct tb_token_rules *rules, struct tb_span token, int64_t wall_ms,
                            struct tb_token_claims *ret_claims)
{
    _Alignas(max_align_t) uint8_t memory[TB_JWS_ARENA_SIZE];
    struct tb_arena arena = tb_arena_of(memory, sizeof memory);
    struct tb_token_rules keys = *rules;
    const struct tb_jws_rules jws_rules = {
        .audience = rules->audience,
        .leeway_s = TB_TOKEN_LEEWAY_S,
        .life_max_s = TB_TOKEN_LIFE_MAX_S,
        .key = key_at,
        .context = &keys,
    };
    struct tb_jws jws;
    memset(ret_claims, 0, sizeof *ret_claims);
    if (token.size > TB_TOKEN_SIZE_MAX)
        return TB_ERR_TOO_LONG;
    enum tb_err err = tb_jws_verify(token, &jws_rules, wall_ms, &arena, &jws);
    if (err == TB_ERR_NOT_FOUND) /* no key at all is configured */
        return TB_ERR_SIGNATURE;
    if (err == TB_ERR_RANGE)
        return TB_ERR_EXPIRED;
    return err == TB_OK ? customer_read(&jws, ret_claims) : err;
}

enum tb_err tb_token_mint(const struct tb_key *key, const struct tb_rng *rng,
                          const struct tb_token_plan *plan, struct tb_buf *ret_token)
{
    uint8_t text[CLAIMS_SIZE_MAX];
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
    return tb_jws_build(tb_span_of(NULL, 0), tb_buf_span(&claims), key, rng, ret_token);
}
