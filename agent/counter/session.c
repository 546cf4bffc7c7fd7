#include "agent/counter/session.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/base/wipe.h"
#include "core/crypto/hash.h"

#define NONCE_SIZE 16
#define COOKIE_SIZE (1 + NONCE_SIZE + TB_SHA256_SIZE)

void tb_sessions_init(struct tb_sessions *s, const uint8_t key[TB_SESSION_KEY_SIZE], struct tb_rng rng)
{
    *s = (struct tb_sessions){.rng = rng};
    memcpy(s->key, key, sizeof s->key);
}

void tb_sessions_wipe(struct tb_sessions *s)
{
    tb_wipe(s, sizeof *s);
}

static void text_encode(struct tb_span bytes, char *ret_text, size_t size_max)
{
    struct tb_buf text = tb_buf_of(ret_text, size_max - 1);
    tb_base64url_add(&text, bytes);
    TB_ASSERT(text.err == TB_OK);
    ret_text[text.size] = '\0';
}

static bool token_is_alive(const struct tb_session_token *token, int64_t now_ms)
{
    return token->scope != 0 && now_ms - token->minted_ms < TB_SESSION_TOKEN_LIFE_MS;
}

static struct tb_session_token *token_slot(struct tb_sessions *s, int64_t now_ms)
{
    struct tb_session_token *oldest = &s->tokens[0];
    for (size_t i = 0; i < TB_SESSION_TOKEN_COUNT_MAX; i++) {
        if (!token_is_alive(&s->tokens[i], now_ms))
            return &s->tokens[i];
        if (s->tokens[i].minted_ms < oldest->minted_ms)
            oldest = &s->tokens[i];
    }
    return oldest;
}

void tb_sessions_mint(struct tb_sessions *s, uint8_t scope, int64_t now_ms,
                      char ret_token[TB_SESSION_TOKEN_TEXT_SIZE])
{
    TB_ASSERT(scope != 0);
    struct tb_session_token *token = token_slot(s, now_ms);
    s->rng.fill(s->rng.context, token->bytes, sizeof token->bytes);
    token->scope = scope;
    token->minted_ms = now_ms;
    text_encode(tb_span_of(token->bytes, sizeof token->bytes), ret_token, TB_SESSION_TOKEN_TEXT_SIZE);
}

int64_t tb_sessions_delay_ms(const struct tb_sessions *s)
{
    return s->failure_count < TB_SESSION_FAILURE_COUNT_MAX ? 0 : TB_SESSION_FAILURE_DELAY_MS;
}

/* Every slot is compared, whatever the outcome, so that time tells nothing about the tokens. */
static struct tb_session_token *token_find(struct tb_sessions *s, struct tb_span bytes, int64_t now_ms)
{
    struct tb_session_token *found = NULL;
    for (size_t i = 0; i < TB_SESSION_TOKEN_COUNT_MAX; i++) {
        struct tb_session_token *token = &s->tokens[i];
        bool equal = tb_span_equal_secret(bytes, tb_span_of(token->bytes, sizeof token->bytes));
        if (equal && token_is_alive(token, now_ms))
            found = token;
    }
    return found;
}

enum tb_err tb_sessions_redeem(struct tb_sessions *s, struct tb_span token, int64_t now_ms,
                               uint8_t *ret_scope)
{
    uint8_t bytes[TB_SESSION_TOKEN_SIZE];
    struct tb_buf decoded = tb_buf_of(bytes, sizeof bytes);
    bool whole = tb_base64url_decode(token, &decoded) == TB_OK && decoded.size == sizeof bytes;
    struct tb_session_token *found = whole ? token_find(s, tb_buf_span(&decoded), now_ms) : NULL;
    if (!found) {
        s->failure_count++;
        return TB_ERR_DENIED;
    }
    *ret_scope = found->scope;
    tb_wipe(found, sizeof *found);
    s->failure_count = 0;
    return TB_OK;
}

static struct tb_digest cookie_mac(const struct tb_sessions *s, const uint8_t *body)
{
    static const char label[] = "tillbridge page session";
    struct tb_span parts[] = {tb_span_of(label, sizeof label), tb_span_of(body, 1 + NONCE_SIZE)};
    return tb_hmac_sha256_parts(tb_span_of(s->key, sizeof s->key), parts, TB_ARRAY_SIZE(parts));
}

void tb_sessions_cookie(struct tb_sessions *s, uint8_t scope, char ret_cookie[TB_SESSION_COOKIE_TEXT_SIZE])
{
    uint8_t bytes[COOKIE_SIZE] = {scope};
    s->rng.fill(s->rng.context, bytes + 1, NONCE_SIZE);
    struct tb_digest mac = cookie_mac(s, bytes);
    memcpy(bytes + 1 + NONCE_SIZE, mac.bytes, sizeof mac.bytes);
    text_encode(tb_span_of(bytes, sizeof bytes), ret_cookie, TB_SESSION_COOKIE_TEXT_SIZE);
}

enum tb_err tb_sessions_check(const struct tb_sessions *s, struct tb_span cookie, uint8_t *ret_scope)
{
    uint8_t bytes[COOKIE_SIZE];
    struct tb_buf decoded = tb_buf_of(bytes, sizeof bytes);
    if (tb_base64url_decode(cookie, &decoded) != TB_OK || decoded.size != sizeof bytes || bytes[0] == 0)
        return TB_ERR_DENIED;
    struct tb_digest mac = cookie_mac(s, bytes);
    if (!tb_span_equal_secret(tb_digest_span(&mac), tb_span_of(bytes + 1 + NONCE_SIZE, TB_SHA256_SIZE)))
        return TB_ERR_DENIED;
    *ret_scope = bytes[0];
    return TB_OK;
}
