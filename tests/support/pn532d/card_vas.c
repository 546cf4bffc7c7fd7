/*
 * A phone with Apple Wallet: VAS with one pass. It encrypts to the pass's key, by default that of a published
 * demo pass.
 */
#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/credential/tlv.h"
#include "core/crypto/hash.h"
#include "tests/support/pn532d/card_kind.h"

#include <mbedtls/gcm.h>

#include <time.h>

enum { EPOCH_S = 978307200, TAG_SIZE = 16, IV_SIZE = 16 };

static const char demo_merchant[] = "pass.com.passkit.pksamples.nfcdemo";
static const char demo_key[] = "04c0a301bf6f41c9a48b88617415cb6ec81f87b36a19d640c86214d59653dec4d1"
                               "ae740966f0858e1f47be13173deffcc175ac2eed897e5f2b5038db331b300aef";

static void random_fill(void *context, uint8_t *ret_bytes, size_t size)
{
    card_random((struct card *)context, ret_bytes, size);
}

static void directory_select(struct card *card, struct tb_buf *answer)
{
    struct card_vas *phone = &card->state.vas;
    uint8_t bytes[64];
    uint8_t nonce[4];
    static const uint8_t version[] = {0x01, 0x00};
    const uint8_t capabilities[] = {0, 0, 0, phone->incapable ? 0x16 : 0x1e};
    struct tb_buf fci = tb_buf_of(bytes, sizeof bytes);
    card_random(card, nonce, sizeof nonce);
    tb_tlv_add(&fci, 0x50, tb_span_str("ApplePay"));
    tb_tlv_add(&fci, 0x9f21, tb_span_of(version, sizeof version));
    tb_tlv_add(&fci, 0x9f24, tb_span_of(nonce, sizeof nonce));
    tb_tlv_add(&fci, 0x9f23, tb_span_of(capabilities, sizeof capabilities));
    tb_tlv_add(answer, 0x6f, tb_buf_span(&fci));
    card_status_add(answer, 0x9000);
    phone->selected = true;
}

static void select(struct card *card, struct tb_span name, struct tb_buf *answer)
{
    card->state.vas.selected = false;
    if (tb_span_is(name, "OSE.VAS.01"))
        directory_select(card, answer);
    else
        card_status_add(answer, 0x6a82);
}

/* --- the cryptogram */

static uint32_t clock_now(const struct card_vas *phone)
{
    int64_t unix_s = phone->time_s ? (int64_t)phone->time_s : (int64_t)time(NULL) + phone->clock_s;
    return (uint32_t)(unix_s - EPOCH_S);
}

static struct tb_digest secret_of(const struct card_vas *phone, struct tb_span shared)
{
    uint8_t bytes[128];
    struct tb_buf info = tb_buf_of(bytes, sizeof bytes);
    struct tb_digest merchant = tb_sha256(tb_span_str(phone->merchant));
    tb_buf_add_u8(&info, 13);
    tb_buf_add_str(&info, "id-aes256-GCM");
    tb_buf_add_str(&info, "ApplePay encrypted VAS data");
    tb_buf_add(&info, tb_digest_span(&merchant));
    return tb_x963_sha256(shared, tb_buf_span(&info));
}

static void gcm_seal(const struct tb_digest *secret, struct tb_span plain, struct tb_buf *to)
{
    static const uint8_t iv[IV_SIZE];
    uint8_t cipher[4 + CARD_VAS_TEXT_MAX];
    uint8_t tag[TAG_SIZE];
    mbedtls_gcm_context gcm;
    mbedtls_gcm_init(&gcm);
    TB_ASSERT(mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, secret->bytes, 256) == 0);
    TB_ASSERT(mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, plain.size, iv, sizeof iv, NULL, 0,
                                        plain.at, cipher, sizeof tag, tag) == 0);
    mbedtls_gcm_free(&gcm);
    tb_buf_add(to, tb_span_of(cipher, plain.size));
    tb_buf_add(to, tb_span_of(tag, sizeof tag));
}

static void put_cryptogram(struct card *card, struct tb_buf *to)
{
    struct card_vas *phone = &card->state.vas;
    const struct tb_rng rng = {.fill = random_fill, .context = card};
    struct tb_key own;
    uint8_t shared[TB_KEY_SHARED_SIZE];
    uint8_t bytes[4 + CARD_VAS_TEXT_MAX];
    struct tb_buf plain = tb_buf_of(bytes, sizeof bytes);
    TB_ASSERT(tb_key_make(&rng, &own) == TB_OK);
    TB_ASSERT(tb_key_agree(&own, &phone->key, &rng, shared) == TB_OK);
    struct tb_digest id = tb_sha256(tb_span_of(phone->key.point + 1, 32));
    struct tb_digest secret = secret_of(phone, tb_span_of(shared, sizeof shared));
    tb_buf_add_u32be(&plain, clock_now(phone));
    tb_buf_add_str(&plain, phone->message);
    tb_buf_add(to, tb_span_of(id.bytes, 4));
    tb_buf_add(to, tb_span_of(own.public_key.point + 1, 32));
    gcm_seal(&secret, tb_buf_span(&plain), to);
}

/* --- GET VAS DATA */

static void answer_put(struct card *card, struct tb_buf *answer)
{
    struct card_vas *phone = &card->state.vas;
    uint8_t cryptogram_bytes[CARD_VAS_CRYPTOGRAM_MAX];
    uint8_t bytes[CARD_VAS_CRYPTOGRAM_MAX + CARD_VAS_TOKEN_MAX + 16];
    struct tb_buf cryptogram = tb_buf_of(cryptogram_bytes, sizeof cryptogram_bytes);
    struct tb_buf objects = tb_buf_of(bytes, sizeof bytes);
    tb_buf_add(&cryptogram, tb_span_of(phone->cryptogram, phone->cryptogram_size));
    if (cryptogram.size == 0)
        put_cryptogram(card, &cryptogram);
    tb_tlv_add(&objects, 0x9f2a, tb_span_of(phone->token, phone->token_size));
    tb_tlv_add(&objects, 0x9f27, tb_buf_span(&cryptogram));
    tb_tlv_add(answer, 0x70, tb_buf_span(&objects));
    TB_ASSERT(objects.err == TB_OK && answer->err == TB_OK);
}

static bool value_is(struct tb_span objects, uint16_t tag, const void *value, size_t size)
{
    struct tb_span found;
    return tb_tlv_find(objects, tag, &found) == TB_OK && tb_span_equal(found, tb_span_of(value, size));
}

static uint16_t get_data(struct card *card, struct tb_span apdu, struct tb_buf *answer)
{
    static const uint8_t version[] = {0x01, 0x00};
    struct card_vas *phone = &card->state.vas;
    struct tb_span request = card_apdu_data(apdu);
    struct tb_digest merchant = tb_sha256(tb_span_str(phone->merchant));
    struct tb_span value;
    if (!phone->selected)
        return 0x6985;
    if (apdu.at[2] != 0x01 || apdu.at[3] > 0x01)
        return 0x6b00;
    if (apdu.size != 5 + request.size + 1)
        return 0x6700;
    if (!value_is(request, 0x9f22, version, sizeof version) ||
        tb_tlv_find(request, 0x9f26, &value) != TB_OK || value.size != 4)
        return 0x6a80;
    if (apdu.at[3] == 0x00)
        return tb_tlv_find(request, 0x9f29, &value) == TB_OK ? 0x9000 : 0x6a80;
    if (!value_is(request, 0x9f25, merchant.bytes, sizeof merchant.bytes))
        return 0x6a83;
    if (phone->locked) {
        phone->locked--;
        return 0x6287;
    }
    if (phone->choose) {
        phone->choose--;
        return 0x6984;
    }
    answer_put(card, answer);
    return 0x9000;
}

static bool vas_exchange(struct card *card, struct tb_span apdu, struct tb_buf *ret_answer,
                         bool *ret_violation)
{
    (void)ret_violation;
    if (card_apdu_selects(apdu))
        select(card, card_apdu_data(apdu), ret_answer);
    else if (apdu.at[0] == 0x80 && apdu.at[1] == 0xca)
        card_status_add(ret_answer, get_data(card, apdu, ret_answer));
    else
        card_status_add(ret_answer, 0x6d00);
    return true;
}

static void vas_reset(struct card *card)
{
    card->state.vas.selected = false;
}

/* --- the specification */

static bool key_set(struct card_vas *phone, const char *hex)
{
    uint8_t point[TB_KEY_POINT_SIZE];
    size_t size = strlen(hex) / 2;
    return size <= sizeof point && tb_hex_decode(tb_span_str(hex), point, size) == TB_OK &&
           tb_public_key_of_point(tb_span_of(point, size), &phone->key) == TB_OK;
}

static void vas_begin(struct card *card, const struct card_model *model)
{
    struct card_vas *phone = &card->state.vas;
    (void)model;
    card->uid_random = true;
    card->uid_size = 4;
    TB_ASSERT(key_set(phone, demo_key));
    TB_ASSERT(tb_span_to_str(tb_span_str(demo_merchant), phone->merchant, sizeof phone->merchant) == TB_OK);
    TB_ASSERT(tb_span_to_str(tb_span_str("demo"), phone->message, sizeof phone->message) == TB_OK);
}

static const char *hex_set(uint8_t *bytes, size_t size_max, size_t *ret_size, const char *value)
{
    struct tb_buf b = tb_buf_of(bytes, size_max);
    enum tb_err err = card_hex_add(&b, value);
    *ret_size = b.size;
    return err == TB_OK ? NULL : "hex";
}

static const char *text_set(char *text, size_t size_max, const char *value)
{
    return tb_span_to_str(tb_span_str(value), text, size_max) == TB_OK ? NULL : "too_long";
}

static const char *number_set(struct card_vas *phone, const char *key, const char *value)
{
    bool back = value[0] == '-';
    uint64_t number;
    if (tb_decimal_decode(tb_span_str(value + (back ? 1 : 0)), UINT32_MAX, &number) != TB_OK)
        return "number";
    if (strcmp(key, "clock") == 0)
        phone->clock_s = back ? -(int64_t)number : (int64_t)number;
    else if (back)
        return "number";
    else if (strcmp(key, "time") == 0)
        phone->time_s = number;
    else if (strcmp(key, "locked") == 0)
        phone->locked = (unsigned)number;
    else if (strcmp(key, "choose") == 0)
        phone->choose = (unsigned)number;
    else
        return "unknown_key";
    return NULL;
}

static const char *vas_set(struct card *card, const char *key, const char *value)
{
    struct card_vas *phone = &card->state.vas;
    if (strcmp(key, "merchant") == 0)
        return text_set(phone->merchant, sizeof phone->merchant, value);
    if (strcmp(key, "message") == 0)
        return text_set(phone->message, sizeof phone->message, value);
    if (strcmp(key, "key") == 0)
        return key_set(phone, value) ? NULL : "key";
    if (strcmp(key, "token") == 0)
        return hex_set(phone->token, sizeof phone->token, &phone->token_size, value);
    if (strcmp(key, "cryptogram") == 0)
        return hex_set(phone->cryptogram, sizeof phone->cryptogram, &phone->cryptogram_size, value);
    if (strcmp(key, "incapable") == 0) {
        phone->incapable = true;
        return NULL;
    }
    return number_set(phone, key, value);
}

const struct card_kind card_vas = {
    .exchange = vas_exchange,
    .begin = vas_begin,
    .reset = vas_reset,
    .set = vas_set,
};
