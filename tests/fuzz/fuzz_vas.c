/*
 * A phone that answers anything to VAS: every tap ends within its bound, asks only what it may, and says why.
 *
 * Input: a byte (1: three merchants, 2: nothing but the address, 4: the time is not looked at), then answers:
 * one length byte (0xff: no answer) and bytes. With 0xfd a length byte follows, and the bytes are time and
 * message, which the phone encrypts and tells as it should.
 */
#include "core/base/assert.h"
#include "core/credential/tlv.h"
#include "core/credential/vas.h"
#include "core/crypto/hash.h"
#include "core/crypto/key.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/seeded_rng.h"

#include <mbedtls/gcm.h>

#define WALL_MS (INT64_C(978307200000) + INT64_C(0x2a5b196e) * 1000)

enum { PLAIN_MAX = 96, ANSWER_MAX = 256 };

static const char merchant[] = "pass.example.fuzz";
static const uint8_t scalar[32] = {1, 2, 3};

static void key_put(struct tb_keyring *ring, const char *id, uint32_t version)
{
    struct tb_ring_key key = {.use = TB_RING_VAS, .version = version, .size = sizeof scalar};
    memcpy(key.bytes, scalar, sizeof scalar);
    memcpy(key.id, id, strlen(id));
    TB_ASSERT(tb_keyring_put(ring, &key) == TB_OK);
}

struct cryptogram_key { /* the phone's side of one agreement, worked out once */
    struct tb_key merchant;
    struct tb_key phone;
    struct tb_digest secret;
};

static const struct cryptogram_key *cryptogram_key(const struct tb_rng *rng)
{
    static struct cryptogram_key key;
    static bool ready;
    uint8_t shared[TB_KEY_SHARED_SIZE];
    uint8_t info_bytes[128];
    static const uint8_t phone_scalar[32] = {3, 2, 1};
    if (ready)
        return &key;
    struct tb_buf info = tb_buf_of(info_bytes, sizeof info_bytes);
    struct tb_digest id = tb_sha256(tb_span_str(merchant));
    TB_ASSERT(tb_key_of_scalar(tb_span_of(scalar, 32), rng, &key.merchant) == TB_OK);
    TB_ASSERT(tb_key_of_scalar(tb_span_of(phone_scalar, 32), rng, &key.phone) == TB_OK);
    TB_ASSERT(tb_key_agree(&key.phone, &key.merchant.public_key, rng, shared) == TB_OK);
    tb_buf_add_u8(&info, 13);
    tb_buf_add_str(&info, "id-aes256-GCMApplePay encrypted VAS data");
    tb_buf_add(&info, tb_digest_span(&id));
    key.secret = tb_x963_sha256(tb_span_of(shared, sizeof shared), tb_buf_span(&info));
    ready = true;
    return &key;
}

static struct tb_span encrypted(const struct tb_rng *rng, struct tb_span plain, uint8_t *room)
{
    static const uint8_t iv[16];
    uint8_t bytes[ANSWER_MAX];
    uint8_t cipher[PLAIN_MAX];
    uint8_t tag[16];
    const struct cryptogram_key *key = cryptogram_key(rng);
    struct tb_digest id = tb_sha256(tb_span_of(key->merchant.public_key.point + 1, 32));
    mbedtls_gcm_context gcm;
    plain = tb_span_sub(plain, 0, sizeof cipher);
    mbedtls_gcm_init(&gcm);
    TB_ASSERT(mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key->secret.bytes, 256) == 0);
    TB_ASSERT(mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, plain.size, iv, sizeof iv, NULL, 0,
                                        plain.at, cipher, sizeof tag, tag) == 0);
    mbedtls_gcm_free(&gcm);
    struct tb_buf cryptogram = tb_buf_of(bytes, sizeof bytes);
    tb_buf_add(&cryptogram, tb_span_of(id.bytes, 4));
    tb_buf_add(&cryptogram, tb_span_of(key->phone.public_key.point + 1, 32));
    tb_buf_add(&cryptogram, tb_span_of(cipher, plain.size));
    tb_buf_add(&cryptogram, tb_span_of(tag, sizeof tag));
    uint8_t object_bytes[ANSWER_MAX];
    struct tb_buf objects = tb_buf_of(object_bytes, sizeof object_bytes);
    struct tb_buf answer = tb_buf_of(room, ANSWER_MAX);
    tb_tlv_add(&objects, 0x9f27, tb_buf_span(&cryptogram));
    tb_tlv_add(&answer, 0x70, tb_buf_span(&objects));
    tb_buf_add_u16be(&answer, 0x9000);
    TB_ASSERT(answer.err == TB_OK);
    return tb_buf_span(&answer);
}

static enum tb_applet_step step_take(struct tb_vas *m, const struct tb_rng *rng, struct tb_reader *in)
{
    uint8_t room[ANSWER_MAX];
    uint8_t length = tb_read_u8(in);
    size_t size = length == 0xfd ? tb_read_u8(in) : length;
    if (length == 0xff || in->err != TB_OK)
        return tb_vas_lost(m);
    struct tb_span answer = tb_read_bytes(in, size);
    return tb_vas_answer(m, length == 0xfd ? encrypted(rng, answer, room) : answer);
}

static void end_check(const struct tb_vas *m, enum tb_applet_step step)
{
    const struct tb_judgement *j = &m->judgement;
    TB_ASSERT((step == TB_APPLET_DONE) == (j->verdict == TB_JUDGED_CREDENTIAL));
    TB_ASSERT((step == TB_APPLET_DONE) == (j->credential.kind == TB_CREDENTIAL_VAS));
    TB_ASSERT((step == TB_APPLET_DONE) == (j->replay.rule == TB_REPLAY_ONCE));
    TB_ASSERT(step != TB_APPLET_DONE || (j->credential.value_size && j->assurance == TB_ASSURANCE_MEDIUM));
    TB_ASSERT(step != TB_APPLET_FAILED || j->reason != TB_REASON_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tb_vas m;
    struct tb_reader in = tb_reader_of(tb_span_of(data, size));
    uint8_t options = tb_read_u8(&in);
    struct tb_keyring ring = {.key_count = 0};
    struct seeded_rng random = {1};
    struct tb_rng rng = seeded_rng_of(&random);
    key_put(&ring, merchant, 2);
    if (options & 1) {
        key_put(&ring, "pass.example.gold", 3);
        key_put(&ring, "pass.example.blue", 1);
    }
    const struct tb_ose ose = {
        .wallet = TB_OSE_APPLE,
        .apple = {.version = 0x0100, .capabilities = TB_OSE_APPLE_CAN_VAS},
    };
    struct tb_vas_how how = {.keys = &ring, .rng = &rng, .wall_ms = WALL_MS, .terms = tb_vas_terms_default()};
    how.terms.window_ms = options & 4 ? 0 : TB_VAS_WINDOW_MS;
    how.terms.url = "https://shop.example/join";
    how.terms.url_only = (options & 2) != 0;
    unsigned command_count = 0;
    enum tb_applet_step step = tb_vas_start(&m, &how, &ose);
    while (step == TB_APPLET_NEXT) {
        TB_ASSERT(m.io.command_size > 5 && m.io.command[0] == 0x80 && m.io.command[1] == 0xca);
        TB_ASSERT(m.io.command_size == 5u + m.io.command[4] + 1 && m.io.timeout_ms);
        TB_ASSERT(++command_count <= TB_VAS_MERCHANTS_MAX);
        step = step_take(&m, &rng, &in);
    }
    end_check(&m, step);
    return 0;
}
