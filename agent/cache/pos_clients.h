/*
 * POS clients: the POS software that was paired with this terminal, in state.db. A token is kept as its
 * SHA-256 alone; everything of a client is sealed with the device key, bound to its number.
 *
 * Synchronous; belongs to one thread at a time, as state.h. At most TB_POS_CLIENT_MAX.
 */
#ifndef TB_AGENT_CACHE_POS_CLIENTS_H
#define TB_AGENT_CACHE_POS_CLIENTS_H

#include "agent/cache/state.h"
#include "core/crypto/hash.h"

#define TB_POS_CLIENT_MAX 16
#define TB_POS_NAME_SIZE_MAX 64
#define TB_POS_ORIGIN_SIZE_MAX 120

struct tb_pos_client {
    uint32_t number; /* 1, 2, 3 …; names it to people */
    uint32_t grants; /* bits of enum tb_pos_grant (agent/app/pos/pos.h) */
    int64_t paired_ms;
    struct tb_digest token;                  /* SHA-256 of its bytes */
    char name[TB_POS_NAME_SIZE_MAX + 1];     /* as it called itself */
    char origin[TB_POS_ORIGIN_SIZE_MAX + 1]; /* of the page that it is; "": it is none */
};

struct tb_pos_clients {
    struct tb_pos_client at[TB_POS_CLIENT_MAX];
    size_t count;
};

/* One that does not verify counts as never paired. */
TB_MUST_USE enum tb_err tb_pos_clients_load(struct tb_state *state, struct tb_pos_clients *ret_clients);
/* As a transaction of its own or inside one. */
TB_MUST_USE enum tb_err tb_pos_clients_put(struct tb_state *state, const struct tb_pos_client *client);
TB_MUST_USE enum tb_err tb_pos_clients_drop(struct tb_state *state, uint32_t number);

/* The stored form: version 1, grants 4, paired 8, token 32, then name and origin with a length byte each. */
#define TB_POS_CLIENT_STORED_MAX \
    (1 + 4 + 8 + TB_SHA256_SIZE + 1 + TB_POS_NAME_SIZE_MAX + 1 + TB_POS_ORIGIN_SIZE_MAX)
void tb_pos_client_encode(const struct tb_pos_client *client, struct tb_buf *to);
/* All but its number. TB_ERR_CORRUPT. */
TB_MUST_USE enum tb_err tb_pos_client_decode(struct tb_span stored, struct tb_pos_client *ret_client);

#endif
