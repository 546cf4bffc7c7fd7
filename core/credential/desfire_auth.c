#include "core/credential/desfire_auth.h"

#include "core/base/assert.h"
#include "core/base/buf.h"
#include "core/base/wipe.h"
#include "core/crypto/hash.h"

enum {
    GET_CARD_UID = 0x51,
    UID_ANSWER_EV1_SIZE = TB_AES_BLOCK_SIZE,
    UID_ANSWER_EV2_SIZE = TB_AES_BLOCK_SIZE + TB_DESFIRE_MAC_SIZE,
};

static void rotate_left(const uint8_t from[TB_DESFIRE_RANDOM_SIZE], uint8_t ret_to[TB_DESFIRE_RANDOM_SIZE])
{
    memcpy(ret_to, from + 1, TB_DESFIRE_RANDOM_SIZE - 1);
    ret_to[TB_DESFIRE_RANDOM_SIZE - 1] = from[0];
}

/* Sizes are constants here, so that CBC cannot refuse. */
static void message_open(struct tb_desfire_proof *p, const uint8_t *from, size_t size, uint8_t *ret_plain)
{
    if (!p->ev1)
        memset(p->iv, 0, sizeof p->iv);
    enum tb_err err = tb_aes128_cbc_decrypt(p->key, p->iv, tb_span_of(from, size), ret_plain);
    TB_ASSERT(err == TB_OK);
}

static void message_seal(struct tb_desfire_proof *p, const uint8_t *from, size_t size, uint8_t *ret_sealed)
{
    if (!p->ev1)
        memset(p->iv, 0, sizeof p->iv);
    enum tb_err err = tb_aes128_cbc_encrypt(p->key, p->iv, tb_span_of(from, size), ret_sealed);
    TB_ASSERT(err == TB_OK);
}

void tb_desfire_prove(struct tb_desfire_proof *p, const uint8_t challenge[TB_DESFIRE_RANDOM_SIZE],
                      uint8_t ret_token[TB_DESFIRE_TOKEN_SIZE])
{
    memset(p->iv, 0, sizeof p->iv);
    message_open(p, challenge, TB_DESFIRE_RANDOM_SIZE, p->random_card);
    memcpy(ret_token, p->random_terminal, TB_DESFIRE_RANDOM_SIZE);
    rotate_left(p->random_card, ret_token + TB_DESFIRE_RANDOM_SIZE);
    message_seal(p, ret_token, TB_DESFIRE_TOKEN_SIZE, ret_token);
}

/*
 * SV1 and SV2, AN12343 section 8.3: label, counter and size, then
 * RndA[15..14] ‖ (RndA[13..8] xor RndB[15..10]) ‖ RndB[9..0] ‖ RndA[7..0], index 15 being the first byte.
 */
static enum tb_err session_key(const struct tb_desfire_proof *p, uint8_t label_1, uint8_t label_2,
                               uint8_t ret_key[TB_AES128_KEY_SIZE])
{
    const uint8_t *a = p->random_terminal;
    const uint8_t *b = p->random_card;
    const uint8_t head[] = {label_1, label_2, 0x00, 0x01, 0x00, 0x80};
    uint8_t memory[2 * TB_AES_BLOCK_SIZE];
    struct tb_buf vector = tb_buf_of(memory, sizeof memory);
    tb_buf_add(&vector, tb_span_of(head, sizeof head));
    tb_buf_add(&vector, tb_span_of(a, 2));
    for (size_t i = 0; i < 6; i++)
        tb_buf_add_u8(&vector, a[2 + i] ^ b[i]);
    tb_buf_add(&vector, tb_span_of(b + 6, 10));
    tb_buf_add(&vector, tb_span_of(a + 8, 8));
    TB_ASSERT(vector.size == sizeof memory);
    enum tb_err err = tb_cmac(tb_span_of(p->key, sizeof p->key), tb_buf_span(&vector), ret_key);
    tb_wipe(memory, sizeof memory);
    return err;
}

static enum tb_err ev2_session(const struct tb_desfire_proof *p, const uint8_t transaction[4],
                               struct tb_desfire_session *ret_session)
{
    memcpy(ret_session->transaction, transaction, sizeof ret_session->transaction);
    enum tb_err err = session_key(p, 0xa5, 0x5a, ret_session->key);
    return err == TB_OK ? session_key(p, 0x5a, 0xa5, ret_session->key_mac) : err;
}

/* EV1 with AES: the first and the last four bytes of both random numbers. */
static void ev1_session(const struct tb_desfire_proof *p, struct tb_desfire_session *ret_session)
{
    memcpy(ret_session->key, p->random_terminal, 4);
    memcpy(ret_session->key + 4, p->random_card, 4);
    memcpy(ret_session->key + 8, p->random_terminal + 12, 4);
    memcpy(ret_session->key + 12, p->random_card + 12, 4);
}

enum tb_err tb_desfire_prove_end(struct tb_desfire_proof *p, struct tb_span answer,
                                 struct tb_desfire_session *ret_session)
{
    uint8_t plain[TB_DESFIRE_EV2_ANSWER_SIZE];
    uint8_t expected[TB_DESFIRE_RANDOM_SIZE];
    size_t size = p->ev1 ? TB_DESFIRE_EV1_ANSWER_SIZE : TB_DESFIRE_EV2_ANSWER_SIZE;
    *ret_session = (struct tb_desfire_session){.ev1 = p->ev1};
    if (answer.size != size)
        return TB_ERR_RANGE;
    message_open(p, answer.at, size, plain);
    const uint8_t *returned = p->ev1 ? plain : plain + sizeof ret_session->transaction;
    rotate_left(p->random_terminal, expected);
    bool genuine =
        tb_span_equal_secret(tb_span_of(returned, sizeof expected), tb_span_of(expected, sizeof expected));
    enum tb_err err = genuine ? TB_OK : TB_ERR_SIGNATURE;
    if (err == TB_OK && p->ev1)
        ev1_session(p, ret_session);
    else if (err == TB_OK)
        err = ev2_session(p, plain, ret_session);
    tb_wipe(plain, sizeof plain);
    tb_wipe(expected, sizeof expected);
    return err;
}

/* ---- GetCardUID, the first command of a session ---- */

/* CMAC over a code, the session's command counter, TI and data; of it every second byte (AN12343 9.1.3). */
static enum tb_err ev2_mac(const struct tb_desfire_session *s, uint8_t code, uint8_t counter,
                           struct tb_span data, uint8_t ret_mac[TB_DESFIRE_MAC_SIZE])
{
    uint8_t tag[TB_CMAC_SIZE];
    uint8_t memory[3 + sizeof s->transaction + TB_AES_BLOCK_SIZE];
    struct tb_buf input = tb_buf_of(memory, sizeof memory);
    tb_buf_add_u8(&input, code);
    tb_buf_add_u8(&input, counter);
    tb_buf_add_u8(&input, 0);
    tb_buf_add(&input, tb_span_of(s->transaction, sizeof s->transaction));
    tb_buf_add(&input, data);
    TB_ASSERT(input.err == TB_OK);
    enum tb_err err = tb_cmac(tb_span_of(s->key_mac, sizeof s->key_mac), tb_buf_span(&input), tag);
    for (size_t i = 0; err == TB_OK && i < TB_DESFIRE_MAC_SIZE; i++)
        ret_mac[i] = tag[2 * i + 1];
    tb_wipe(tag, sizeof tag);
    return err;
}

enum tb_err tb_desfire_uid_mac(const struct tb_desfire_session *s, uint8_t ret_mac[TB_DESFIRE_MAC_SIZE])
{
    TB_ASSERT(!s->ev1);
    return ev2_mac(s, GET_CARD_UID, 0, tb_span_of(NULL, 0), ret_mac);
}

static enum tb_err ev2_uid_open(const struct tb_desfire_session *s, struct tb_span answer, uint8_t *ret_plain)
{
    uint8_t iv[TB_AES_BLOCK_SIZE] = {0x5a, 0xa5};
    uint8_t mac[TB_DESFIRE_MAC_SIZE] = {0};
    struct tb_span sealed = tb_span_sub(answer, 0, TB_AES_BLOCK_SIZE);
    struct tb_span given = tb_span_sub(answer, TB_AES_BLOCK_SIZE, SIZE_MAX);
    enum tb_err err = ev2_mac(s, 0x00, 1, sealed, mac);
    if (err == TB_OK && !tb_span_equal_secret(given, tb_span_of(mac, sizeof mac)))
        err = TB_ERR_SIGNATURE;
    if (err != TB_OK)
        return err;
    memcpy(iv + 2, s->transaction, sizeof s->transaction);
    iv[6] = 1; /* the counter behind the command */
    tb_aes128_encrypt(s->key, iv, iv);
    err = tb_aes128_cbc_decrypt(s->key, iv, sealed, ret_plain);
    static const uint8_t padding[] = {0x80, 0, 0, 0, 0, 0, 0, 0, 0};
    if (err == TB_OK && memcmp(ret_plain + TB_DESFIRE_UID_SIZE, padding, sizeof padding) != 0)
        err = TB_ERR_SIGNATURE;
    return err;
}

/* As in IEEE 802.3, but not inverted at the end (AN0945 section 5.2). */
static uint32_t crc32(struct tb_span bytes, uint32_t crc)
{
    for (size_t i = 0; i < bytes.size; i++) {
        crc ^= bytes.at[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc & 1 ? crc >> 1 ^ UINT32_C(0xedb88320) : crc >> 1;
    }
    return crc;
}

/* UID ‖ CRC-32 over UID and status ‖ zeros, chained to the CMAC over the command. */
static enum tb_err ev1_uid_open(const struct tb_desfire_session *s, struct tb_span answer, uint8_t *ret_plain)
{
    static const uint8_t command = GET_CARD_UID;
    static const uint8_t status;
    uint8_t iv[TB_CMAC_SIZE];
    uint8_t tail[TB_AES_BLOCK_SIZE - TB_DESFIRE_UID_SIZE] = {0};
    enum tb_err err = tb_cmac(tb_span_of(s->key, sizeof s->key), tb_span_of(&command, 1), iv);
    if (err == TB_OK)
        err = tb_aes128_cbc_decrypt(s->key, iv, answer, ret_plain);
    if (err != TB_OK)
        return err;
    uint32_t crc = crc32(tb_span_of(ret_plain, TB_DESFIRE_UID_SIZE), UINT32_MAX);
    crc = crc32(tb_span_of(&status, 1), crc);
    for (size_t i = 0; i < 4; i++)
        tail[i] = (uint8_t)(crc >> 8 * i);
    bool whole = memcmp(ret_plain + TB_DESFIRE_UID_SIZE, tail, sizeof tail) == 0;
    return whole ? TB_OK : TB_ERR_SIGNATURE;
}

enum tb_err tb_desfire_uid_open(const struct tb_desfire_session *s, struct tb_span answer,
                                uint8_t ret_uid[TB_DESFIRE_UID_SIZE])
{
    uint8_t plain[TB_AES_BLOCK_SIZE];
    if (answer.size != (s->ev1 ? UID_ANSWER_EV1_SIZE : UID_ANSWER_EV2_SIZE))
        return TB_ERR_SIGNATURE;
    enum tb_err err = s->ev1 ? ev1_uid_open(s, answer, plain) : ev2_uid_open(s, answer, plain);
    if (err == TB_OK)
        memcpy(ret_uid, plain, TB_DESFIRE_UID_SIZE);
    tb_wipe(plain, sizeof plain);
    return err;
}
