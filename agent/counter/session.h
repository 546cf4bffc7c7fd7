/*
 * Sessions: one-use tokens that open a page, and the cookies that they are traded for.
 *
 * A token is 256 random bits and lives 60 s. A cookie is a scope and 128 random bits, authenticated
 * with HMAC-SHA-256 under the key of the agent, so it needs no table and outlives a restart; a new
 * key ends every session. Tokens and cookies are compared without a data-dependent branch. After
 * five wrong tokens each further one is to be judged a second later.
 *
 * now_ms is monotonic. Pure but for the randomness handed in; not thread-safe.
 */
#ifndef TB_AGENT_COUNTER_SESSION_H
#define TB_AGENT_COUNTER_SESSION_H

#include "core/base/rng.h"

#define TB_SESSION_KEY_SIZE 32
#define TB_SESSION_TOKEN_SIZE 32
#define TB_SESSION_TOKEN_TEXT_SIZE 44 /* base64url with its terminator */
#define TB_SESSION_TOKEN_COUNT_MAX 16
#define TB_SESSION_TOKEN_LIFE_MS 60000
#define TB_SESSION_COOKIE_TEXT_SIZE 67 /* base64url of 1 + 16 + 32 bytes with its terminator */
#define TB_SESSION_FAILURE_COUNT_MAX 5
#define TB_SESSION_FAILURE_DELAY_MS 1000

struct tb_session_token {
    uint8_t bytes[TB_SESSION_TOKEN_SIZE];
    uint8_t scope; /* 0: the slot is free */
    int64_t minted_ms;
};

struct tb_sessions {
    uint8_t key[TB_SESSION_KEY_SIZE];
    struct tb_rng rng;
    struct tb_session_token tokens[TB_SESSION_TOKEN_COUNT_MAX];
    unsigned failure_count; /* wrong tokens since the last right one */
};

void tb_sessions_init(struct tb_sessions *s, const uint8_t key[TB_SESSION_KEY_SIZE], struct tb_rng rng);
void tb_sessions_wipe(struct tb_sessions *s);

/* scope is 1 to 255. When all slots are taken the oldest token gives way. */
void tb_sessions_mint(struct tb_sessions *s, uint8_t scope, int64_t now_ms,
                      char ret_token[TB_SESSION_TOKEN_TEXT_SIZE]);

/* How long to wait before the next token is judged; 0 for now. */
int64_t tb_sessions_delay_ms(const struct tb_sessions *s);

/* Uses up the token. TB_ERR_DENIED for one that never was, was used, or is too old. */
TB_MUST_USE enum tb_err tb_sessions_redeem(struct tb_sessions *s, struct tb_span token, int64_t now_ms,
                                           uint8_t *ret_scope);

void tb_sessions_cookie(struct tb_sessions *s, uint8_t scope, char ret_cookie[TB_SESSION_COOKIE_TEXT_SIZE]);

/* TB_ERR_DENIED for a cookie that was not made under this key. */
TB_MUST_USE enum tb_err tb_sessions_check(const struct tb_sessions *s, struct tb_span cookie,
                                          uint8_t *ret_scope);

#endif
