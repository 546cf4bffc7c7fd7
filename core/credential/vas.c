#include "core/credential/vas.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/base/wipe.h"
#include "core/credential/tlv.h"
#include "core/crypto/aead.h"
#include "core/crypto/hash.h"
#include "core/crypto/key.h"

enum {
    VERSION = 0x0100,
    TIMEOUT_MS = 1500, /* the phone may have to wake up */
    KEY_ID_SIZE = 4,
    COORDINATE_SIZE = 32,
    TIME_SIZE = 4,
    NONCE_SIZE = 16,
    PLAIN_SIZE_MAX = TIME_SIZE + TB_CREDENTIAL_VALUE_MAX,
};

#define EPOCH_MS INT64_C(978307200000) /* 2001-01-01 UTC, in Unix time */

enum tag {
    TAG_VERSION = 0x9f22,
    TAG_MERCHANT = 0x9f25,
    TAG_CAPABILITIES = 0x9f26,
    TAG_URL = 0x9f29,
    TAG_FILTER = 0x9f2b,
    TAG_ANSWER = 0x70,
    TAG_CRYPTOGRAM = 0x9f27,
    TAG_TOKEN = 0x9f2a,
};

enum terminal { /* 9F26: second byte (low bits: 0, payment terminal) and fourth */
                TERMINAL_VAS = 0x80,
                TERMINAL_AUTHENTICATION = 0x40,
                TERMINAL_MORE = 0x80, /* another question follows */
};

enum protocol { /* P2 */
                PROTOCOL_URL = 0x00,
                PROTOCOL_FULL = 0x01,
};

enum status {
    STATUS_OK = 0x9000,
    STATUS_NOT_ACTIVATED = 0x6287, /* the phone shows the pass; its holder must authenticate */
    STATUS_INTERVENTION = 0x6984,  /* the holder must choose */
    STATUS_NOT_FOUND = 0x6a83,
};

/* ---- ends */

static enum tb_applet_step ended(struct tb_vas *m, enum tb_applet_step step)
{
    m->state = TB_VAS_ENDED;
    return step;
}

static enum tb_applet_step failed(struct tb_vas *m, enum tb_judged verdict, enum tb_reason reason)
{
    m->judgement = (struct tb_judgement){.verdict = verdict, .reason = reason};
    return ended(m, TB_APPLET_FAILED);
}

static enum tb_applet_step absent(struct tb_vas *m, enum tb_reason reason)
{
    m->judgement = (struct tb_judgement){.verdict = TB_JUDGED_UNKNOWN, .reason = reason};
    return ended(m, TB_APPLET_ABSENT);
}

static enum tb_applet_step malformed(struct tb_vas *m)
{
    return failed(m, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
}

/* ---- the question */

static const struct tb_ring_key *key_of(const struct tb_vas *m, struct tb_span id, size_t index)
{
    return tb_keyring_find(m->how.keys, TB_RING_VAS, id, m->how.wall_ms, index);
}

/* True when a key before the index-th is of the same merchant. */
static bool is_repeated(const struct tb_vas *m, size_t index)
{
    const struct tb_ring_key *key = key_of(m, tb_span_of(NULL, 0), index);
    for (size_t i = 0; i < index; i++)
        if (strcmp(key_of(m, tb_span_of(NULL, 0), i)->id, key->id) == 0)
            return true;
    return false;
}

/* The index-th merchant of the ring, as its keys are sorted; NULL behind the last. */
static const char *merchant_at(const struct tb_vas *m, size_t index)
{
    const struct tb_ring_key *key;
    for (size_t i = 0; (key = key_of(m, tb_span_of(NULL, 0), i)) != NULL; i++)
        if (!is_repeated(m, i) && index-- == 0)
            return key->id;
    return NULL;
}

static void put_capabilities(const struct tb_vas *m, bool more, struct tb_buf *data)
{
    uint8_t second = TERMINAL_VAS | (m->how.terms.auth_required ? TERMINAL_AUTHENTICATION : 0);
    uint8_t fourth = (uint8_t)(m->how.terms.mode | (more ? TERMINAL_MORE : 0));
    const uint8_t bytes[] = {0x00, second, 0x00, fourth};
    tb_tlv_add(data, TAG_CAPABILITIES, tb_span_of(bytes, sizeof bytes));
}

/* For the merchant at merchant_index; TB_APPLET_FAILED behind the last. */
static enum tb_applet_step ask(struct tb_vas *m)
{
    static const uint8_t version[] = {VERSION >> 8, VERSION & 0xff};
    static const uint8_t filter[] = {0x01, 0x00, 0x00, 0x00, 0x00};
    const char *merchant =
        m->merchant_index < TB_VAS_MERCHANTS_MAX ? merchant_at(m, m->merchant_index) : NULL;
    if (merchant == NULL)
        return failed(m, TB_JUDGED_UNKNOWN, TB_REASON_PASS_NONE);
    memcpy(m->merchant, merchant, strlen(merchant) + 1);
    m->merchant_index++;
    bool more = m->merchant_index < TB_VAS_MERCHANTS_MAX && merchant_at(m, m->merchant_index) != NULL;
    struct tb_digest id = tb_sha256(tb_span_str(merchant));
    uint8_t bytes[UINT8_MAX];
    struct tb_buf data = tb_buf_of(bytes, sizeof bytes);
    tb_tlv_add(&data, TAG_VERSION, tb_span_of(version, sizeof version));
    tb_tlv_add(&data, TAG_MERCHANT, tb_digest_span(&id));
    put_capabilities(m, more, &data);
    tb_tlv_add(&data, TAG_FILTER, tb_span_of(filter, sizeof filter));
    if (m->how.terms.url)
        tb_tlv_add(&data, TAG_URL, tb_span_str(m->how.terms.url));
    TB_ASSERT(data.err == TB_OK);

    struct tb_buf apdu = tb_buf_of(m->io.command, sizeof m->io.command);
    const uint8_t head[] = {0x80, 0xca, 0x01, m->how.terms.url_only ? PROTOCOL_URL : PROTOCOL_FULL,
                            (uint8_t)data.size};
    tb_buf_add(&apdu, tb_span_of(head, sizeof head));
    tb_buf_add(&apdu, tb_buf_span(&data));
    tb_buf_add_u8(&apdu, 0);
    m->io.command_size = (uint16_t)apdu.size;
    m->io.timeout_ms = TIMEOUT_MS;
    m->state = TB_VAS_GET_DATA;
    return TB_APPLET_NEXT;
}

/* ---- the cryptogram: key id(4) ‖ X of the phone's ephemeral key(32) ‖ AES-256-GCM of time(4) ‖ message */

struct cryptogram {
    struct tb_span key_id;
    struct tb_span x;
    struct tb_span sealed;
};

/* A key is named by the first bytes of the hash of its public point's X. */
static bool is_named(const struct tb_key *key, struct tb_span key_id)
{
    struct tb_digest digest = tb_sha256(tb_span_of(key->public_key.point + 1, COORDINATE_SIZE));
    return tb_span_equal(key_id, tb_span_of(digest.bytes, KEY_ID_SIZE));
}

static enum tb_err key_find(const struct tb_vas *m, struct tb_span key_id, struct tb_key *ret_key)
{
    const struct tb_ring_key *key;
    for (size_t i = 0; (key = key_of(m, tb_span_str(m->merchant), i)) != NULL; i++) {
        enum tb_err err = tb_key_of_scalar(tb_span_of(key->bytes, key->size), m->how.rng, ret_key);
        if (err == TB_ERR_NO_MEMORY)
            return err;
        if (err == TB_OK && is_named(ret_key, key_id))
            return TB_OK;
    }
    return TB_ERR_NOT_FOUND;
}

/* Of the two points with this X either will do: only the X of what is agreed on is used. */
static enum tb_err agree(const struct tb_vas *m, const struct tb_key *key, struct tb_span x,
                         uint8_t ret_shared[TB_KEY_SHARED_SIZE])
{
    uint8_t point[TB_KEY_COMPRESSED_SIZE] = {0x02};
    struct tb_public_key phone;
    memcpy(point + 1, x.at, x.size);
    enum tb_err err = tb_public_key_of_point(tb_span_of(point, sizeof point), &phone);
    return err == TB_OK ? tb_key_agree(key, &phone, m->how.rng, ret_shared) : err;
}

static void key_derive(const struct tb_vas *m, struct tb_span shared, struct tb_digest *ret_key)
{
    static const char algorithm[] = "\x0d"
                                    "id-aes256-GCM"
                                    "ApplePay encrypted VAS data";
    uint8_t bytes[sizeof algorithm - 1 + TB_SHA256_SIZE];
    struct tb_buf info = tb_buf_of(bytes, sizeof bytes);
    struct tb_digest merchant = tb_sha256(tb_span_str(m->merchant));
    tb_buf_add_str(&info, algorithm);
    tb_buf_add(&info, tb_digest_span(&merchant));
    *ret_key = tb_x963_sha256(shared, tb_buf_span(&info));
}

static enum tb_err cryptogram_open(const struct tb_vas *m, const struct cryptogram *c,
                                   const struct tb_key *key, struct tb_buf *ret_plain)
{
    static const uint8_t nonce[NONCE_SIZE];
    uint8_t shared[TB_KEY_SHARED_SIZE];
    struct tb_digest secret;
    enum tb_err err = agree(m, key, c->x, shared);
    if (err != TB_OK)
        return err;
    key_derive(m, tb_span_of(shared, sizeof shared), &secret);
    const struct tb_aead_foreign how = {.key = tb_digest_span(&secret),
                                        .nonce = tb_span_of(nonce, sizeof nonce)};
    err = tb_aead_open_foreign(&how, c->sealed, ret_plain);
    tb_wipe(shared, sizeof shared);
    tb_wipe(&secret, sizeof secret);
    return err;
}

/* ---- the judgement */

static void remember(struct tb_vas *m, struct tb_span cryptogram, int64_t time_ms)
{
    static const uint8_t kind[] = {'v', 'a', 's', 0};
    struct tb_digest digest = tb_sha256(cryptogram);
    const struct tb_span parts[] = {tb_span_of(kind, sizeof kind), tb_digest_span(&digest)};
    struct tb_digest name = tb_sha256_parts(parts, TB_ARRAY_SIZE(parts));
    struct tb_replay *replay = &m->judgement.replay;
    replay->rule = TB_REPLAY_ONCE;
    replay->forget_ms =
        m->how.terms.window_ms ? time_ms + m->how.terms.window_ms + 1 : m->how.wall_ms + TB_VAS_UNTIMED_MS;
    memcpy(replay->name, name.bytes, sizeof replay->name);
}

static bool is_text(struct tb_span message)
{
    for (size_t i = 0; i < message.size; i++)
        if (message.at[i] < 0x20 || message.at[i] == 0x7f)
            return false;
    return message.size && tb_utf8_valid(message);
}

static enum tb_applet_step judge(struct tb_vas *m, struct tb_span cryptogram, struct tb_span plain)
{
    struct tb_reader r = tb_reader_of(plain);
    int64_t time_ms = EPOCH_MS + INT64_C(1000) * tb_read_u32be(&r) + m->how.terms.zone_ms;
    if (r.err != TB_OK || !is_text(r.rest))
        return malformed(m);
    if (m->how.terms.window_ms && time_ms < m->how.wall_ms - m->how.terms.window_ms)
        return failed(m, TB_JUDGED_EXPIRED, TB_REASON_PROOF_EXPIRED);
    if (m->how.terms.window_ms && time_ms > m->how.wall_ms + m->how.terms.window_ms)
        return failed(m, TB_JUDGED_EXPIRED, TB_REASON_PROOF_EARLY);
    if (tb_credential_set(TB_CREDENTIAL_VAS, r.rest, &m->judgement.credential) != TB_OK)
        return malformed(m);
    m->judgement.verdict = TB_JUDGED_CREDENTIAL;
    m->judgement.reason = TB_REASON_PASS_VAS;
    m->judgement.assurance = TB_ASSURANCE_MEDIUM;
    remember(m, cryptogram, time_ms);
    return ended(m, TB_APPLET_DONE);
}

static enum tb_applet_step cryptogram_take(struct tb_vas *m, struct tb_span bytes)
{
    uint8_t room[PLAIN_SIZE_MAX];
    struct tb_buf plain = tb_buf_of(room, sizeof room);
    struct tb_key key;
    struct tb_reader r = tb_reader_of(bytes);
    struct cryptogram c = {.key_id = tb_read_bytes(&r, KEY_ID_SIZE), .x = tb_read_bytes(&r, COORDINATE_SIZE)};
    c.sealed = r.rest;
    if (r.err != TB_OK || c.sealed.size <= TIME_SIZE + TB_AEAD_TAG_SIZE ||
        c.sealed.size > PLAIN_SIZE_MAX + TB_AEAD_TAG_SIZE)
        return malformed(m);
    enum tb_err err = key_find(m, c.key_id, &key);
    if (err == TB_OK)
        err = cryptogram_open(m, &c, &key, &plain);
    tb_key_wipe(&key);
    if (err == TB_ERR_NO_MEMORY)
        return ended(m, TB_APPLET_LOST);
    if (err == TB_ERR_NOT_FOUND)
        return failed(m, TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_NO_KEY);
    if (err == TB_ERR_SEAL)
        return failed(m, TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
    enum tb_applet_step step = err == TB_OK ? judge(m, bytes, tb_buf_span(&plain)) : malformed(m);
    tb_wipe(room, sizeof room);
    return step;
}

static enum tb_err answer_read(struct tb_vas *m, struct tb_span data, struct tb_span *ret_cryptogram)
{
    struct tb_span objects;
    struct tb_span token = {.size = 0};
    enum tb_err err = tb_tlv_find(data, TAG_ANSWER, &objects);
    if (err != TB_OK)
        return err;
    err = tb_tlv_find(objects, TAG_TOKEN, &token);
    if (err == TB_OK && token.size > sizeof m->token)
        err = TB_ERR_TOO_LONG;
    if (err == TB_OK && token.size)
        memcpy(m->token, token.at, token.size);
    if (err == TB_OK || err == TB_ERR_NOT_FOUND) {
        m->token_size = (uint8_t)token.size;
        err = tb_tlv_find(objects, TAG_CRYPTOGRAM, ret_cryptogram);
    }
    return err;
}

static enum tb_applet_step data_take(struct tb_vas *m, struct tb_span data)
{
    struct tb_span cryptogram;
    if (m->how.terms.url_only)
        return failed(m, TB_JUDGED_UNKNOWN, TB_REASON_PASS_NONE);
    enum tb_err err = answer_read(m, data, &cryptogram);
    return err == TB_OK ? cryptogram_take(m, cryptogram) : malformed(m);
}

/* ---- the machine */

enum tb_applet_step tb_vas_start(struct tb_vas *m, const struct tb_vas_how *how, const struct tb_ose *ose)
{
    *m = (struct tb_vas){.how = *how};
    TB_ASSERT(how->terms.url ? strlen(how->terms.url) <= TB_VAS_URL_SIZE_MAX : !how->terms.url_only);
    if (ose->wallet != TB_OSE_APPLE || ose->apple.version != VERSION ||
        !(ose->apple.capabilities & TB_OSE_APPLE_CAN_VAS))
        return absent(m, TB_REASON_NONE);
    if (key_of(m, tb_span_of(NULL, 0), 0) == NULL)
        return absent(m, TB_REASON_PROOF_NO_KEY);
    return ask(m);
}

enum tb_applet_step tb_vas_answer(struct tb_vas *m, struct tb_span answer)
{
    TB_ASSERT(m->state == TB_VAS_GET_DATA);
    if (answer.size < 2)
        return malformed(m);
    switch (tb_applet_status(answer)) {
    case STATUS_OK: return data_take(m, tb_span_sub(answer, 0, answer.size - 2));
    case STATUS_NOT_ACTIVATED: return failed(m, TB_JUDGED_AGAIN, TB_REASON_PASS_LOCKED);
    case STATUS_INTERVENTION: return failed(m, TB_JUDGED_AGAIN, TB_REASON_PASS_CHOOSE);
    case STATUS_NOT_FOUND: return ask(m);
    default: return failed(m, TB_JUDGED_UNKNOWN, TB_REASON_PASS_REFUSED);
    }
}

enum tb_applet_step tb_vas_lost(struct tb_vas *m)
{
    return ended(m, TB_APPLET_LOST);
}

void tb_vas_wipe(struct tb_vas *m)
{
    tb_wipe(m, sizeof *m);
}
