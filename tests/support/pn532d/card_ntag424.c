/*
 * NTAG 424 DNA: a Type 4 tag whose NDEF file changes with every tap (Secure Dynamic Messaging, AN12196).
 * Written from the tag's side; of core it uses the ciphers only.
 */
#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/crypto/aes.h"
#include "core/crypto/hash.h"
#include "tests/support/pn532d/card_kind.h"

enum { FILE_NDEF = 0xe104, PREFIX_HTTPS = 0x04, ADDRESS_AT = 2 + 5 };

static void hex_put(uint8_t *at, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789ABCDEF";
    for (size_t i = 0; i < size; i++) {
        at[2 * i] = (uint8_t)digits[bytes[i] >> 4];
        at[2 * i + 1] = (uint8_t)digits[bytes[i] & 15];
    }
}

/* The session's keys: a label, then UID and counter, least significant byte first. */
static void session_key(const struct card *card, uint8_t label_1, uint8_t label_2, uint8_t ret_key[16])
{
    const struct card_ntag424 *n = &card->state.ntag424;
    uint8_t vector[16] = {label_1, label_2, 0x00, 0x01, 0x00, 0x80};
    memcpy(vector + 6, card->uid, 7);
    for (size_t i = 0; i < 3; i++)
        vector[13 + i] = (uint8_t)(n->counter >> 8 * i);
    enum tb_err err = tb_cmac(tb_span_of(n->file_key, 16), tb_span_of(vector, sizeof vector), ret_key);
    TB_ASSERT(err == TB_OK);
}

static void picc_mirror(struct card *card)
{
    struct card_ntag424 *n = &card->state.ntag424;
    uint8_t block[16] = {0xc7};
    uint8_t iv[16] = {0};
    memcpy(block + 1, card->uid, 7);
    for (size_t i = 0; i < 3; i++)
        block[8 + i] = (uint8_t)(n->counter >> 8 * i);
    card_random(card, block + 11, 5);
    enum tb_err err = tb_aes128_cbc_encrypt(n->meta_key, iv, tb_span_of(block, sizeof block), block);
    TB_ASSERT(err == TB_OK);
    hex_put(card->memory + n->picc_at, block, sizeof block);
}

static void lrp_mirror(struct card *card)
{
    uint8_t bytes[24]; /* what LRP makes of it is random to whoever does not know it */
    card_random(card, bytes, sizeof bytes);
    hex_put(card->memory + card->state.ntag424.lrp_at, bytes, sizeof bytes);
}

static void plain_mirror(struct card *card)
{
    struct card_ntag424 *n = &card->state.ntag424;
    const uint8_t counter[] = {(uint8_t)(n->counter >> 16), (uint8_t)(n->counter >> 8), (uint8_t)n->counter};
    hex_put(card->memory + n->uid_at, card->uid, 7);
    if (n->counter_at)
        hex_put(card->memory + n->counter_at, counter, sizeof counter);
}

static void data_mirror(struct card *card)
{
    struct card_ntag424 *n = &card->state.ntag424;
    uint8_t key[16];
    uint8_t block[16];
    uint8_t iv[16] = {(uint8_t)n->counter, (uint8_t)(n->counter >> 8), (uint8_t)(n->counter >> 16)};
    session_key(card, 0xc3, 0x3c, key);
    tb_aes128_encrypt(key, iv, iv);
    enum tb_err err = tb_aes128_cbc_encrypt(key, iv, tb_span_of(n->data, sizeof n->data), block);
    TB_ASSERT(err == TB_OK);
    hex_put(card->memory + n->data_at, block, sizeof block);
}

static void mac_mirror(struct card *card)
{
    struct card_ntag424 *n = &card->state.ntag424;
    uint8_t key[16];
    uint8_t tag[16];
    uint8_t mac[8];
    size_t first = n->picc_at ? n->picc_at : n->uid_at;
    size_t from = n->mac_over_all ? first : n->data_at ? n->data_at : n->mac_at;
    session_key(card, 0x3c, 0xc3, key);
    enum tb_err err =
        tb_cmac(tb_span_of(key, sizeof key), tb_span_of(card->memory + from, n->mac_at - from), tag);
    TB_ASSERT(err == TB_OK);
    for (size_t i = 0; i < sizeof mac; i++)
        mac[i] = tag[2 * i + 1];
    hex_put(card->memory + n->mac_at, mac, sizeof mac);
}

/* The first read of the file after its application was selected counts as the tap. */
static void mirror(struct card *card)
{
    struct card_ntag424 *n = &card->state.ntag424;
    n->mirrored = true;
    n->counter++;
    if (n->picc_at)
        picc_mirror(card);
    if (n->lrp_at)
        lrp_mirror(card);
    if (n->uid_at)
        plain_mirror(card);
    if (n->data_at)
        data_mirror(card);
    if (n->mac_at)
        mac_mirror(card);
}

static bool ntag424_exchange(struct card *card, struct tb_span apdu, struct tb_buf *ret_answer,
                             bool *ret_violation)
{
    struct card_ntag424 *n = &card->state.ntag424;
    (void)ret_violation;
    if (card_apdu_selects(apdu))
        n->mirrored = false;
    if (apdu.at[1] == 0xb0 && n->tag.file == FILE_NDEF && !n->mirrored)
        mirror(card);
    card_type4_exchange(&n->tag, tb_span_of(card->memory, card->memory_size), apdu, ret_answer);
    return true;
}

static void ntag424_begin(struct card *card, const struct card_model *model)
{
    struct card_ntag424 *n = &card->state.ntag424;
    struct tb_buf cc = tb_buf_of(n->tag.cc, sizeof n->tag.cc);
    TB_ASSERT(card_hex_add(&cc, model->head) == TB_OK);
    n->tag.cc_size = sizeof n->tag.cc;
    n->tag.version = model->version;
}

static void ntag424_reset(struct card *card)
{
    struct card_ntag424 *n = &card->state.ntag424;
    n->tag.file = 0;
    n->tag.application = n->mirrored = false;
}

static const char *counter_set(struct card_ntag424 *n, const char *value)
{
    uint64_t number;
    if (tb_decimal_decode(tb_span_str(value), 0xfffffe, &number) != TB_OK)
        return "counter";
    n->counter = (uint32_t)number;
    return NULL;
}

static const char *ntag424_set(struct card *card, const char *key, const char *value)
{
    struct card_ntag424 *n = &card->state.ntag424;
    struct tb_span text = tb_span_str(value);
    if (strcmp(key, "sun") == 0)
        return tb_span_to_str(text, n->template, sizeof n->template) == TB_OK ? NULL : "sun";
    if (strcmp(key, "metakey") == 0)
        return tb_hex_decode(text, n->meta_key, sizeof n->meta_key) == TB_OK ? NULL : "metakey";
    if (strcmp(key, "filekey") == 0)
        return tb_hex_decode(text, n->file_key, sizeof n->file_key) == TB_OK ? NULL : "filekey";
    if (strcmp(key, "counter") == 0)
        return counter_set(n, value);
    if (strcmp(key, "macoverall") != 0)
        return "unknown_key";
    n->mac_over_all = true;
    return NULL;
}

/* Puts as many digits as a mirror needs in its place and remembers where. */
static bool place_add(struct card_ntag424 *n, struct tb_buf *file, struct tb_span name)
{
    const struct {
        const char *name;
        size_t *at;
        size_t size;
    } places[] = {
        {"picc", &n->picc_at, 32},  {"lrp", &n->lrp_at, 48}, {"uid", &n->uid_at, 14},
        {"ctr", &n->counter_at, 6}, {"mac", &n->mac_at, 16}, {"data", &n->data_at, 32},
    };
    struct tb_span rest = name;
    struct tb_span key = tb_span_cut(&rest, ':');
    for (size_t i = 0; i < TB_ARRAY_SIZE(places); i++) {
        if (!tb_span_is(key, places[i].name))
            continue;
        *places[i].at = file->size;
        for (size_t k = 0; k < places[i].size; k++)
            tb_buf_add_u8(file, '0');
        if (rest.size > sizeof n->data)
            return false;
        if (rest.size)
            memcpy(n->data, rest.at, rest.size);
        return true;
    }
    return false;
}

static const char *ntag424_format(struct card *card, struct tb_span message)
{
    static const char scheme[] = "https://";
    struct card_ntag424 *n = &card->state.ntag424;
    struct tb_span rest = tb_span_str(n->template);
    struct tb_buf file = tb_buf_of(card->memory, CARD_NTAG424_FILE_SIZE);
    if (message.size || !tb_span_starts(rest, tb_span_str(scheme)) || card->uid_size != 7)
        return "sun";
    rest = tb_span_sub(rest, strlen(scheme), SIZE_MAX);
    const uint8_t head[ADDRESS_AT] = {0, 0, 0xd1, 0x01, 0, 'U', PREFIX_HTTPS};
    tb_buf_add(&file, tb_span_of(head, sizeof head));
    while (rest.size) {
        tb_buf_add(&file, tb_span_cut(&rest, '{'));
        struct tb_span name = tb_span_cut(&rest, '}');
        if (name.size && !place_add(n, &file, name))
            return "sun";
    }
    if (file.err != TB_OK)
        return "too_long";
    card->memory[1] = (uint8_t)(file.size - 2);
    card->memory[4] = (uint8_t)(file.size - ADDRESS_AT + 1);
    card->memory_size = CARD_NTAG424_FILE_SIZE;
    return NULL;
}

const struct card_kind card_ntag424 = {
    .exchange = ntag424_exchange,
    .begin = ntag424_begin,
    .reset = ntag424_reset,
    .set = ntag424_set,
    .format = ntag424_format,
};
