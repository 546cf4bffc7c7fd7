/*
 * DESFire as far as a till asks it: SelectApplication, AuthenticateEV2First, AuthenticateAES, GetCardUID.
 * Written from the card's side; of core it uses the ciphers only.
 */
#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/crypto/aes.h"
#include "core/crypto/hash.h"
#include "tests/support/pn532d/card_kind.h"

enum {
    NATIVE_OK = 0x9100,
    NATIVE_MORE = 0x91af,
    NATIVE_ILLEGAL = 0x911c,
    NATIVE_INTEGRITY = 0x911e,
    NATIVE_NO_KEY = 0x9140,
    NATIVE_LENGTH = 0x917e,
    NATIVE_NO_APPLICATION = 0x91a0,
    NATIVE_DENIED = 0x91ae,
};

static void cbc(const uint8_t key[16], uint8_t iv[16], bool seal, uint8_t *bytes, size_t size)
{
    struct tb_span from = tb_span_of(bytes, size);
    enum tb_err err =
        seal ? tb_aes128_cbc_encrypt(key, iv, from, bytes) : tb_aes128_cbc_decrypt(key, iv, from, bytes);
    TB_ASSERT(err == TB_OK);
}

static void cmac(const uint8_t key[16], struct tb_span bytes, uint8_t ret_tag[16])
{
    enum tb_err err = tb_cmac(tb_span_of(key, 16), bytes, ret_tag);
    TB_ASSERT(err == TB_OK);
}

static void answer_add(struct tb_buf *answer, const uint8_t *bytes, size_t size, uint16_t status)
{
    tb_buf_add(answer, tb_span_of(bytes, size));
    card_status_add(answer, status);
}

static void application_select(struct card_desfire *d, struct tb_span aid, struct tb_buf *answer)
{
    static const uint8_t master[3];
    d->step = CARD_DESFIRE_NONE;
    d->selected = tb_span_equal(aid, tb_span_of(d->application, 3));
    bool there = d->selected || tb_span_equal(aid, tb_span_of(master, 3));
    card_status_add(answer, aid.size != 3 ? NATIVE_LENGTH : there ? NATIVE_OK : NATIVE_NO_APPLICATION);
}

static void authentication_begin(struct card *card, struct tb_span data, bool ev1, struct tb_buf *answer)
{
    struct card_desfire *d = &card->state.desfire;
    uint8_t challenge[16];
    d->step = CARD_DESFIRE_NONE;
    if (data.size != (ev1 ? 1 : 2)) {
        card_status_add(answer, NATIVE_LENGTH);
        return;
    }
    if (!d->selected || data.at[0] != d->key_number) {
        card_status_add(answer, NATIVE_NO_KEY);
        return;
    }
    card_random(card, d->random_card, sizeof d->random_card);
    memcpy(challenge, d->random_card, sizeof challenge);
    memset(d->iv, 0, sizeof d->iv);
    cbc(d->key, d->iv, true, challenge, sizeof challenge);
    d->step = ev1 ? CARD_DESFIRE_EV1_BEGUN : CARD_DESFIRE_EV2_BEGUN;
    answer_add(answer, challenge, sizeof challenge, NATIVE_MORE);
}

static void ev2_keys(struct card_desfire *d, const uint8_t *a)
{
    uint8_t vector[32] = {0xa5, 0x5a, 0x00, 0x01, 0x00, 0x80};
    memcpy(vector + 6, a, 8);
    for (size_t i = 0; i < 6; i++)
        vector[8 + i] ^= d->random_card[i];
    memcpy(vector + 14, d->random_card + 6, 10);
    memcpy(vector + 24, a + 8, 8);
    cmac(d->key, tb_span_of(vector, sizeof vector), d->session_key);
    vector[0] = 0x5a;
    vector[1] = 0xa5;
    cmac(d->key, tb_span_of(vector, sizeof vector), d->session_mac);
}

static void ev1_keys(struct card_desfire *d, const uint8_t *a)
{
    memcpy(d->session_key, a, 4);
    memcpy(d->session_key + 4, d->random_card, 4);
    memcpy(d->session_key + 8, a + 12, 4);
    memcpy(d->session_key + 12, d->random_card + 12, 4);
}

static void authentication_end(struct card *card, struct tb_span data, struct tb_buf *answer)
{
    struct card_desfire *d = &card->state.desfire;
    bool ev1 = d->step == CARD_DESFIRE_EV1_BEGUN;
    uint8_t token[32];
    uint8_t own[32] = {0};
    if (data.size != sizeof token || (!ev1 && d->step != CARD_DESFIRE_EV2_BEGUN)) {
        card_status_add(answer, data.size == sizeof token ? NATIVE_ILLEGAL : NATIVE_LENGTH);
        return;
    }
    memcpy(token, data.at, sizeof token);
    if (!ev1)
        memset(d->iv, 0, sizeof d->iv);
    cbc(d->key, d->iv, false, token, sizeof token);
    d->step = CARD_DESFIRE_NONE;
    if (memcmp(token + 16, d->random_card + 1, 15) != 0 || token[31] != d->random_card[0]) {
        card_status_add(answer, NATIVE_DENIED);
        return;
    }
    uint8_t *returned = ev1 ? own : own + 4;
    memcpy(returned, token + 1, 15);
    returned[15] = token[0];
    if (ev1) {
        ev1_keys(d, token);
    } else {
        card_random(card, d->transaction, sizeof d->transaction);
        memcpy(own, d->transaction, sizeof d->transaction);
        memset(d->iv, 0, sizeof d->iv);
        ev2_keys(d, token);
    }
    cbc(d->key, d->iv, true, own, ev1 ? 16 : 32);
    d->step = ev1 ? CARD_DESFIRE_EV1 : CARD_DESFIRE_EV2;
    answer_add(answer, own, ev1 ? 16 : 32, NATIVE_OK);
}

static void ev2_mac(const struct card_desfire *d, const uint8_t head[3], struct tb_span data, uint8_t mac[8])
{
    uint8_t memory[3 + 4 + 16];
    uint8_t tag[16];
    struct tb_buf input = tb_buf_of(memory, sizeof memory);
    tb_buf_add(&input, tb_span_of(head, 3));
    tb_buf_add(&input, tb_span_of(d->transaction, 4));
    tb_buf_add(&input, data);
    cmac(d->session_mac, tb_buf_span(&input), tag);
    for (size_t i = 0; i < 8; i++)
        mac[i] = tag[2 * i + 1];
}

static void ev2_uid(struct card_desfire *d, struct tb_span data, struct tb_buf *answer)
{
    uint8_t mac[8];
    uint8_t block[16] = {0};
    uint8_t iv[16] = {0x5a, 0xa5};
    ev2_mac(d, (const uint8_t[]){0x51, 0, 0}, tb_span_of(NULL, 0), mac);
    if (!tb_span_equal(data, tb_span_of(mac, sizeof mac))) {
        card_status_add(answer, NATIVE_INTEGRITY);
        return;
    }
    memcpy(block, d->uid, 7);
    block[7] = 0x80;
    memcpy(iv + 2, d->transaction, 4);
    iv[6] = 1;
    tb_aes128_encrypt(d->session_key, iv, iv);
    cbc(d->session_key, iv, true, block, sizeof block);
    ev2_mac(d, (const uint8_t[]){0x00, 1, 0}, tb_span_of(block, sizeof block), mac);
    tb_buf_add(answer, tb_span_of(block, sizeof block));
    answer_add(answer, mac, sizeof mac, NATIVE_OK);
}

/* CRC-32 without the last inversion, over the UID and the status 00. */
static uint32_t uid_crc(const uint8_t uid[7])
{
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < 8; i++) {
        crc ^= i < 7 ? uid[i] : 0;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
    }
    return crc;
}

static void ev1_uid(struct card_desfire *d, struct tb_span data, struct tb_buf *answer)
{
    static const uint8_t command = 0x51;
    uint8_t iv[16];
    uint8_t block[16] = {0};
    uint32_t crc = uid_crc(d->uid);
    if (data.size) {
        card_status_add(answer, NATIVE_LENGTH);
        return;
    }
    cmac(d->session_key, tb_span_of(&command, 1), iv);
    memcpy(block, d->uid, 7);
    for (size_t i = 0; i < 4; i++)
        block[7 + i] = (uint8_t)(crc >> 8 * i);
    cbc(d->session_key, iv, true, block, sizeof block);
    answer_add(answer, block, sizeof block, NATIVE_OK);
}

static void uid_get(struct card_desfire *d, struct tb_span data, struct tb_buf *answer)
{
    enum card_desfire_step step = d->step;
    d->step = CARD_DESFIRE_NONE; /* one command per session is all that a till needs */
    if (step == CARD_DESFIRE_EV2)
        ev2_uid(d, data, answer);
    else if (step == CARD_DESFIRE_EV1)
        ev1_uid(d, data, answer);
    else
        card_status_add(answer, NATIVE_DENIED);
}

static bool desfire_exchange(struct card *card, struct tb_span apdu, struct tb_buf *ret_answer,
                             bool *ret_violation)
{
    struct card_desfire *d = &card->state.desfire;
    struct tb_span data = card_apdu_data(apdu);
    (void)ret_violation;
    if (apdu.at[0] != 0x90) {
        card_status_add(ret_answer, card_apdu_selects(apdu) ? 0x6a82 : 0x6e00);
        return true;
    }
    if (apdu.size > 5 && apdu.size != 6u + apdu.at[4]) {
        card_status_add(ret_answer, NATIVE_LENGTH);
        return true;
    }
    switch (apdu.at[1]) {
    case 0x5a: application_select(d, data, ret_answer); break;
    case 0x71:
        if (d->ev1)
            card_status_add(ret_answer, NATIVE_ILLEGAL);
        else
            authentication_begin(card, data, false, ret_answer);
        break;
    case 0xaa: authentication_begin(card, data, true, ret_answer); break;
    case 0xaf: authentication_end(card, data, ret_answer); break;
    case 0x51: uid_get(d, data, ret_answer); break;
    default: card_status_add(ret_answer, NATIVE_ILLEGAL);
    }
    return true;
}

static void desfire_begin(struct card *card, const struct card_model *model)
{
    (void)model;
    card->state.desfire = (struct card_desfire){.key_number = 0};
}

static void desfire_reset(struct card *card)
{
    card->state.desfire.selected = false;
    card->state.desfire.step = CARD_DESFIRE_NONE;
}

static const char *desfire_set(struct card *card, const char *key, const char *value)
{
    struct card_desfire *d = &card->state.desfire;
    uint64_t number;
    if (strcmp(key, "aid") == 0)
        return tb_hex_decode(tb_span_str(value), d->application, 3) == TB_OK ? NULL : "aid";
    if (strcmp(key, "key") == 0)
        return tb_hex_decode(tb_span_str(value), d->key, 16) == TB_OK ? NULL : "key";
    if (strcmp(key, "hidden") == 0) {
        d->uid_hidden = true;
        return tb_hex_decode(tb_span_str(value), d->uid, 7) == TB_OK ? NULL : "hidden";
    }
    if (strcmp(key, "keyno") == 0) {
        if (tb_decimal_decode(tb_span_str(value), 13, &number) != TB_OK)
            return "keyno";
        d->key_number = (uint8_t)number;
        return NULL;
    }
    if (strcmp(key, "ev1") != 0)
        return "unknown_key";
    d->ev1 = true;
    return NULL;
}

/* The UID that anticollision told is its own, unless it hides another. */
static const char *desfire_format(struct card *card, struct tb_span message)
{
    struct card_desfire *d = &card->state.desfire;
    if (message.size)
        return "no_ndef";
    if (!d->uid_hidden && card->uid_size == sizeof d->uid)
        memcpy(d->uid, card->uid, sizeof d->uid);
    return NULL;
}

const struct card_kind card_desfire = {
    .exchange = desfire_exchange,
    .begin = desfire_begin,
    .reset = desfire_reset,
    .set = desfire_set,
    .format = desfire_format,
};
