/*
 * The cryptography between a terminal and a DESFire card, without its commands: AuthenticateEV2First with AES
 * (AN12343 section 8, AN12196 section 5.6), AuthenticateAES of EV1, and GetCardUID under either session.
 *
 * Part of core/credential/desfire.h. Pure; callable from any thread. Keys and sessions are secret: wipe them.
 */
#ifndef TB_CORE_CREDENTIAL_DESFIRE_AUTH_H
#define TB_CORE_CREDENTIAL_DESFIRE_AUTH_H

#include "core/crypto/aes.h"

#define TB_DESFIRE_UID_SIZE 7
#define TB_DESFIRE_RANDOM_SIZE 16
#define TB_DESFIRE_TOKEN_SIZE 32
#define TB_DESFIRE_MAC_SIZE 8
#define TB_DESFIRE_EV2_ANSWER_SIZE 32
#define TB_DESFIRE_EV1_ANSWER_SIZE 16

/* An authentication that is under way. */
struct tb_desfire_proof {
    bool ev1; /* CBC goes on from message to message; else every message begins at zero */
    uint8_t key[TB_AES128_KEY_SIZE];
    uint8_t random_terminal[TB_DESFIRE_RANDOM_SIZE]; /* RndA */
    uint8_t random_card[TB_DESFIRE_RANDOM_SIZE];     /* RndB */
    uint8_t iv[TB_AES_BLOCK_SIZE];
};

struct tb_desfire_session {
    bool ev1;
    uint8_t key[TB_AES128_KEY_SIZE];     /* EV2: KSesAuthENC */
    uint8_t key_mac[TB_AES128_KEY_SIZE]; /* EV2: KSesAuthMAC */
    uint8_t transaction[4];              /* EV2: TI */
};

/*
 * Answers the card's challenge, E(K, RndB): E(K, RndA ‖ RndB rotated). p has ev1, key and random_terminal.
 */
void tb_desfire_prove(struct tb_desfire_proof *p, const uint8_t challenge[TB_DESFIRE_RANDOM_SIZE],
                      uint8_t ret_token[TB_DESFIRE_TOKEN_SIZE]);

/*
 * Checks the card's answer to the token: TB_DESFIRE_EV2_ANSWER_SIZE or TB_DESFIRE_EV1_ANSWER_SIZE bytes.
 * TB_ERR_SIGNATURE: the card does not know the key; TB_ERR_RANGE: another size; TB_ERR_NO_MEMORY.
 */
TB_MUST_USE enum tb_err tb_desfire_prove_end(struct tb_desfire_proof *p, struct tb_span answer,
                                             struct tb_desfire_session *ret_session);

/* EV2 only: the MAC that goes with GetCardUID, the session's first command. */
TB_MUST_USE enum tb_err tb_desfire_uid_mac(const struct tb_desfire_session *s,
                                           uint8_t ret_mac[TB_DESFIRE_MAC_SIZE]);

/* Opens the answer of GetCardUID. TB_ERR_SIGNATURE: it is not from this session's card. */
TB_MUST_USE enum tb_err tb_desfire_uid_open(const struct tb_desfire_session *s, struct tb_span answer,
                                            uint8_t ret_uid[TB_DESFIRE_UID_SIZE]);

#endif
