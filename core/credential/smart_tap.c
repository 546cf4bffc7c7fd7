#include "core/credential/smart_tap.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/base/wipe.h"
#include "core/crypto/aes.h"
#include "core/crypto/hash.h"

enum {
    TIMEOUT_MS = 1500, /* a phone may have to wake up and ask its key store */
    AES_KEY_SIZE = TB_AES128_KEY_SIZE,
    NONCE_OF_BODY_SIZE = 12, /* the rest of the first counter block is zero */
    SEQUENCE_FIRST = 1,
    SEQUENCE_RETRY = 3,  /* of NEGOTIATE */
    AFTER_TOLD = 1,      /* GET DATA: on top of what the phone told */
    AFTER_TOLD_RETRY = 3 /* the same once more */
};

enum instruction {
    INS_GET_DATA = 0x50,
    INS_NEGOTIATE = 0x53,
    INS_GET_MORE = 0xc0,
};

/* The first byte decides; seconds that are not listed may come. */
enum status_class {
    CLASS_DONE = 0x90,
    CLASS_PASSES = 0x91, /* passes are done, payment is not ready: here the same */
    CLASS_TRANSIENT = 0x92,
    CLASS_SHOPPER = 0x93, /* the shopper has to do something */
    CLASS_TERMINAL = 0x94,
    CLASS_PERMANENT = 0x95,
};

enum status {
    STATUS_MORE = 0x9100,
    STATUS_LOCKED = 0x9300,
    STATUS_CHOOSE = 0x9302,
    STATUS_AUTHENTICATION = 0x9500,
};

static const uint8_t select_smart_tap[] = {0x00, 0xa4, 0x04, 0x00, 0x09, 0xa0, 0x00, 0x00,
                                           0x04, 0x76, 0xd0, 0x00, 0x01, 0x11, 0x00};

/* ---- ends */

static enum tb_applet_step ended(struct tb_smart_tap *m, enum tb_applet_step step)
{
    m->state = TB_SMART_TAP_ENDED;
    tb_wipe(&m->ephemeral, sizeof m->ephemeral);
    tb_wipe(m->session_key, sizeof m->session_key);
    tb_wipe(m->parts, sizeof m->parts);
    return step;
}

static enum tb_applet_step failed(struct tb_smart_tap *m, enum tb_judged verdict, enum tb_reason reason)
{
    m->judgement = (struct tb_judgement){.verdict = verdict, .reason = reason};
    return ended(m, TB_APPLET_FAILED);
}

static enum tb_applet_step absent(struct tb_smart_tap *m, enum tb_reason reason)
{
    m->judgement = (struct tb_judgement){.verdict = TB_JUDGED_UNKNOWN, .reason = reason};
    return ended(m, TB_APPLET_ABSENT);
}

/* Why bytes of the phone could not be used. */
static enum tb_applet_step unusable(struct tb_smart_tap *m, enum tb_err err)
{
    if (err == TB_ERR_NO_MEMORY)
        return ended(m, TB_APPLET_LOST);
    if (err == TB_ERR_UNSUPPORTED)
        return failed(m, TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
    return failed(m, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
}

static enum tb_applet_step refused(struct tb_smart_tap *m, uint16_t status)
{
    if (status == STATUS_LOCKED)
        return failed(m, TB_JUDGED_AGAIN, TB_REASON_PASS_LOCKED);
    if (status == STATUS_CHOOSE)
        return failed(m, TB_JUDGED_AGAIN, TB_REASON_PASS_CHOOSE);
    switch (status >> 8) {
    case CLASS_TRANSIENT:
    case CLASS_SHOPPER: return failed(m, TB_JUDGED_AGAIN, TB_REASON_PASS_AGAIN);
    case CLASS_TERMINAL:
    case CLASS_PERMANENT:
    default: return failed(m, TB_JUDGED_UNKNOWN, TB_REASON_PASS_REFUSED);
    }
}

static bool is_done(uint16_t status)
{
    return status >> 8 == CLASS_DONE || status >> 8 == CLASS_PASSES;
}

/* ---- commands */

static enum tb_applet_step command(struct tb_smart_tap *m, uint8_t instruction, struct tb_span data)
{
    struct tb_buf apdu = tb_buf_of(m->io.command, sizeof m->io.command);
    tb_buf_add_u8(&apdu, 0x90);
    tb_buf_add_u8(&apdu, instruction);
    tb_buf_add_u16be(&apdu, 0);
    if (data.size)
        tb_buf_add_u8(&apdu, (uint8_t)data.size);
    tb_buf_add(&apdu, data);
    tb_buf_add_u8(&apdu, 0);
    TB_ASSERT(apdu.err == TB_OK && data.size <= UINT8_MAX);
    m->io.command_size = (uint16_t)apdu.size;
    m->io.timeout_ms = TIMEOUT_MS;
    return TB_APPLET_NEXT;
}

/* What is signed, and goes into the session's keys. */
static struct tb_span transcript(const struct tb_smart_tap *m, struct tb_buf *room)
{
    uint8_t point[TB_KEY_COMPRESSED_SIZE];
    tb_public_key_compress(&m->ephemeral.public_key, point);
    tb_buf_add(room, tb_span_of(m->nonce, sizeof m->nonce));
    tb_buf_add(room, tb_span_of(m->phone_nonce, sizeof m->phone_nonce));
    tb_buf_add_u32be(room, m->collector);
    tb_buf_add(room, tb_span_of(point, sizeof point));
    TB_ASSERT(room->err == TB_OK);
    return tb_buf_span(room);
}

enum { TRANSCRIPT_SIZE = 2 * TB_SMART_TAP_NONCE_SIZE + 4 + TB_KEY_COMPRESSED_SIZE };

static enum tb_err sign(struct tb_smart_tap *m, const struct tb_ring_key *key)
{
    uint8_t bytes[TRANSCRIPT_SIZE];
    struct tb_buf room = tb_buf_of(bytes, sizeof bytes);
    struct tb_buf der = tb_buf_of(m->signature, sizeof m->signature);
    struct tb_key signer = {.scalar = {0}}; /* signing needs no more than the scalar */
    struct tb_signature signature;
    memcpy(signer.scalar, key->bytes, sizeof signer.scalar);
    enum tb_err err = tb_key_sign(&signer, m->how.rng, transcript(m, &room), &signature);
    tb_key_wipe(&signer);
    if (err == TB_OK)
        err = tb_signature_to_der(&signature, &der);
    m->signature_size = (uint8_t)der.size;
    return err;
}

/* Encoded in more than four bytes, a collector's id counts by its last four. */
static bool collector_of(const struct tb_ring_key *key, uint32_t *ret_collector)
{
    uint64_t id;
    if (key->size != TB_KEY_SCALAR_SIZE || tb_decimal_decode(tb_span_str(key->id), UINT64_MAX, &id) != TB_OK)
        return false;
    *ret_collector = (uint32_t)id;
    return true;
}

static const struct tb_ring_key *key_at(const struct tb_smart_tap_how *how, size_t index)
{
    return tb_keyring_find(how->keys, TB_RING_SMART_TAP, tb_span_of(NULL, 0), how->wall_ms, index);
}

static enum tb_applet_step negotiate(struct tb_smart_tap *m)
{
    uint8_t bytes[UINT8_MAX];
    uint8_t point[TB_KEY_COMPRESSED_SIZE];
    struct tb_buf data = tb_buf_of(bytes, sizeof bytes);
    tb_public_key_compress(&m->ephemeral.public_key, point);
    const struct tb_smart_tap_offer offer = {
        .nonce = tb_span_of(m->nonce, sizeof m->nonce),
        .point = tb_span_of(point, sizeof point),
        .signature = tb_span_of(m->signature, m->signature_size),
        .key_version = m->key_version,
        .collector = m->collector,
    };
    m->state = TB_SMART_TAP_NEGOTIATE;
    m->session.sequence = m->retried ? SEQUENCE_RETRY : SEQUENCE_FIRST;
    m->session.status = TB_SMART_TAP_STATUS_OK;
    tb_smart_tap_put_negotiate(&data, &m->session, &offer);
    TB_ASSERT(data.err == TB_OK);
    return command(m, INS_NEGOTIATE, tb_buf_span(&data));
}

/* With the key at key_index, or the next one that is usable. */
static enum tb_applet_step negotiate_next(struct tb_smart_tap *m)
{
    for (; m->key_index < TB_SMART_TAP_KEYS_MAX; m->key_index++) {
        const struct tb_ring_key *key = key_at(&m->how, m->key_index);
        if (key == NULL)
            break;
        if (!collector_of(key, &m->collector))
            continue;
        enum tb_err err = sign(m, key);
        if (err == TB_ERR_NO_MEMORY)
            return ended(m, TB_APPLET_LOST);
        if (err == TB_OK) {
            m->key_version = key->version;
            m->retried = false;
            return negotiate(m);
        }
    }
    return failed(m, TB_JUDGED_UNKNOWN, TB_REASON_PASS_REFUSED);
}

static enum tb_applet_step get_data(struct tb_smart_tap *m)
{
    static const uint8_t services[] = {TB_SMART_TAP_SERVICE_LOYALTY, TB_SMART_TAP_SERVICE_CUSTOMER};
    uint8_t bytes[UINT8_MAX];
    struct tb_buf data = tb_buf_of(bytes, sizeof bytes);
    m->state = TB_SMART_TAP_GET_DATA;
    m->parts_size = 0;
    m->part_count = 0;
    m->session.sequence = (uint8_t)(m->sequence_told + (m->retried ? AFTER_TOLD_RETRY : AFTER_TOLD));
    tb_smart_tap_put_request(&data, &m->session, m->collector,
                             tb_span_of(services, m->how.ask_customer ? 2 : 1));
    TB_ASSERT(data.err == TB_OK);
    return command(m, INS_GET_DATA, tb_buf_span(&data));
}

static enum tb_applet_step select_application(struct tb_smart_tap *m)
{
    m->state = TB_SMART_TAP_SELECT;
    memcpy(m->io.command, select_smart_tap, sizeof select_smart_tap);
    m->io.command_size = sizeof select_smart_tap;
    m->io.timeout_ms = TIMEOUT_MS;
    return TB_APPLET_NEXT;
}

/* ---- answers */

/* "Startswith 9" is what terminals in the field take as selected, so that what counts is the data. */
static enum tb_applet_step select_take(struct tb_smart_tap *m, uint16_t status, struct tb_span data)
{
    if (status >> 12 != 9)
        return absent(m, TB_REASON_NONE);
    if (data.size == 0 && !is_done(status))
        return refused(m, status);
    enum tb_err err = tb_smart_tap_read_selected(data, m->phone_nonce);
    return err == TB_OK ? negotiate_next(m) : unusable(m, err);
}

/* The command at hand once more, under the numbers of a retry. */
static enum tb_applet_step retry(struct tb_smart_tap *m)
{
    m->retried = true;
    return m->state == TB_SMART_TAP_NEGOTIATE ? negotiate(m) : get_data(m);
}

/* Whether what stands beside the session record counts; ret_step is what to do when it does not. */
static bool session_goes_on(struct tb_smart_tap *m, const struct tb_smart_tap_session *told,
                            enum tb_applet_step *ret_step)
{
    if (memcmp(told->id, m->session.id, sizeof told->id) != 0) {
        *ret_step = failed(m, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
        return false;
    }
    switch ((enum tb_smart_tap_status)told->status) {
    case TB_SMART_TAP_STATUS_UNKNOWN:
    case TB_SMART_TAP_STATUS_OK: return true;
    case TB_SMART_TAP_STATUS_RESEND:
        *ret_step = m->retried ? failed(m, TB_JUDGED_AGAIN, TB_REASON_PASS_AGAIN) : retry(m);
        return false;
    case TB_SMART_TAP_STATUS_SEQUENCE:
    case TB_SMART_TAP_STATUS_NOT_YET:
        *ret_step = failed(m, TB_JUDGED_AGAIN, TB_REASON_PASS_AGAIN);
        return false;
    case TB_SMART_TAP_STATUS_NDEF:
    case TB_SMART_TAP_STATUS_VERSION:
    case TB_SMART_TAP_STATUS_MERCHANT:
    case TB_SMART_TAP_STATUS_MERCHANT_DATA:
    case TB_SMART_TAP_STATUS_SERVICE_DATA: break;
    }
    *ret_step = failed(m, TB_JUDGED_UNKNOWN, TB_REASON_PASS_REFUSED);
    return false;
}

/* HKDF-SHA-256 over the shared secret: the phone's point is the salt, what was signed and the signature are
 * the context. */
static enum tb_err session_key_derive(struct tb_smart_tap *m, struct tb_span point)
{
    uint8_t bytes[TRANSCRIPT_SIZE + TB_SIGNATURE_DER_SIZE_MAX];
    uint8_t shared[TB_KEY_SHARED_SIZE];
    struct tb_buf info = tb_buf_of(bytes, sizeof bytes);
    struct tb_public_key phone;
    (void)transcript(m, &info);
    tb_buf_add(&info, tb_span_of(m->signature, m->signature_size));
    enum tb_err err = tb_public_key_of_point(point, &phone);
    if (err == TB_OK)
        err = tb_key_agree(&m->ephemeral, &phone, m->how.rng, shared);
    if (err == TB_OK)
        err = tb_hkdf_sha256(point, tb_span_of(shared, sizeof shared), tb_buf_span(&info), m->session_key,
                             sizeof m->session_key);
    tb_wipe(shared, sizeof shared);
    return err;
}

static enum tb_applet_step negotiated(struct tb_smart_tap *m, struct tb_span data)
{
    struct tb_smart_tap_session told;
    uint8_t point[TB_KEY_COMPRESSED_SIZE];
    enum tb_err err = tb_smart_tap_read_negotiated(data, &told, point);
    if (err != TB_OK)
        return unusable(m, err);
    enum tb_applet_step step;
    if (!session_goes_on(m, &told, &step))
        return step;
    err = session_key_derive(m, tb_span_of(point, sizeof point));
    tb_wipe(&m->ephemeral, sizeof m->ephemeral); /* its work is done */
    if (err != TB_OK)
        return unusable(m, err);
    m->sequence_told = told.sequence;
    m->retried = false;
    return get_data(m);
}

static enum tb_applet_step negotiate_take(struct tb_smart_tap *m, uint16_t status, struct tb_span data)
{
    if (is_done(status))
        return negotiated(m, data);
    if (status >> 8 == CLASS_TRANSIENT && !m->retried)
        return retry(m);
    if (status == STATUS_AUTHENTICATION) {
        m->key_index++;
        return negotiate_next(m);
    }
    return refused(m, status);
}

static enum tb_applet_step judge(struct tb_smart_tap *m, struct tb_span plain)
{
    struct tb_smart_tap_bundle bundle;
    enum tb_err err = tb_smart_tap_read_bundle(plain, &bundle);
    if (err == TB_ERR_TYPE)
        err = TB_ERR_UNSUPPORTED;
    if (err != TB_OK)
        return unusable(m, err);
    m->customer = bundle.customer;
    tb_wipe(&bundle.customer, sizeof bundle.customer);
    if (bundle.number.size == 0)
        return failed(m, TB_JUDGED_UNKNOWN, TB_REASON_PASS_NONE);
    if (tb_credential_set(TB_CREDENTIAL_SMART_TAP, bundle.number, &m->judgement.credential) != TB_OK)
        return failed(m, TB_JUDGED_UNKNOWN, TB_REASON_CODE_TOO_LONG);
    m->judgement.verdict = TB_JUDGED_CREDENTIAL;
    m->judgement.reason = TB_REASON_PASS_SMART_TAP;
    m->judgement.assurance = TB_ASSURANCE_MEDIUM;
    return ended(m, TB_APPLET_DONE);
}

/* body = IV(12) ‖ ciphertext ‖ HMAC-SHA-256 over both. Nothing is decrypted before the MAC fits. */
static enum tb_applet_step open_body(struct tb_smart_tap *m, struct tb_span body)
{
    if (body.size < NONCE_OF_BODY_SIZE + TB_SHA256_SIZE)
        return failed(m, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    struct tb_span covered = tb_span_sub(body, 0, body.size - TB_SHA256_SIZE);
    struct tb_span key =
        tb_span_of(m->session_key + AES_KEY_SIZE, TB_SMART_TAP_SESSION_KEY_SIZE - AES_KEY_SIZE);
    struct tb_digest mac = tb_hmac_sha256(key, covered);
    if (!tb_span_equal_secret(tb_digest_span(&mac), tb_span_sub(body, covered.size, SIZE_MAX)))
        return failed(m, TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
    uint8_t counter[TB_AES_BLOCK_SIZE] = {0};
    uint8_t plain[TB_NDEF_SIZE_MAX];
    struct tb_span cipher = tb_span_sub(covered, NONCE_OF_BODY_SIZE, SIZE_MAX);
    memcpy(counter, covered.at, NONCE_OF_BODY_SIZE);
    tb_aes128_ctr(m->session_key, counter, cipher, plain);
    enum tb_applet_step step = judge(m, tb_span_of(plain, cipher.size));
    tb_wipe(plain, cipher.size);
    return step;
}

static enum tb_applet_step data_complete(struct tb_smart_tap *m)
{
    struct tb_smart_tap_session told;
    uint8_t flags = 0;
    struct tb_span body;
    if (m->parts_size == 0)
        return failed(m, TB_JUDGED_UNKNOWN, TB_REASON_PASS_NONE);
    enum tb_err err = tb_smart_tap_read_response(tb_span_of(m->parts, m->parts_size), &told, &flags, &body);
    if (err != TB_OK && err != TB_ERR_NOT_FOUND)
        return unusable(m, err);
    enum tb_applet_step step;
    if (!session_goes_on(m, &told, &step))
        return step;
    if (err == TB_ERR_NOT_FOUND)
        return failed(m, TB_JUDGED_UNKNOWN, TB_REASON_PASS_NONE);
    /* Compression was not offered, and a pass in the clear would not be bound to this exchange. */
    if (flags != TB_SMART_TAP_ENCRYPTED)
        return failed(m, TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
    return open_body(m, body);
}

static enum tb_applet_step data_take(struct tb_smart_tap *m, uint16_t status, struct tb_span data)
{
    if (status >> 8 == CLASS_TRANSIENT && !m->retried)
        return retry(m);
    if (!is_done(status))
        return refused(m, status);
    m->part_count++;
    if (data.size > sizeof m->parts - m->parts_size ||
        (status == STATUS_MORE && m->part_count == TB_SMART_TAP_PARTS_MAX))
        return failed(m, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    if (data.size)
        memcpy(m->parts + m->parts_size, data.at, data.size);
    m->parts_size = (uint16_t)(m->parts_size + data.size);
    if (status != STATUS_MORE)
        return data_complete(m);
    m->state = TB_SMART_TAP_GET_MORE;
    return command(m, INS_GET_MORE, tb_span_of(NULL, 0));
}

/* ---- the machine */

static enum tb_applet_step begin(struct tb_smart_tap *m, const struct tb_ose *ose)
{
    const struct tb_rng *rng = m->how.rng;
    rng->fill(rng->context, m->session.id, sizeof m->session.id);
    rng->fill(rng->context, m->nonce, sizeof m->nonce);
    if (tb_key_make(rng, &m->ephemeral) != TB_OK)
        return ended(m, TB_APPLET_LOST);
    bool may_skip = ose->google.capabilities & TB_OSE_GOOGLE_MAY_SKIP_SELECT;
    if (!may_skip || !ose->google.has_nonce)
        return select_application(m);
    memcpy(m->phone_nonce, ose->google.nonce, sizeof m->phone_nonce);
    return negotiate_next(m);
}

enum tb_applet_step tb_smart_tap_start(struct tb_smart_tap *m, const struct tb_smart_tap_how *how,
                                       const struct tb_ose *ose)
{
    *m = (struct tb_smart_tap){.how = *how};
    if (ose->wallet != TB_OSE_GOOGLE || !ose->google.listed)
        return absent(m, TB_REASON_NONE);
    if (key_at(how, 0) == NULL)
        return absent(m, TB_REASON_PROOF_NO_KEY);
    if (ose->google.version_min > TB_SMART_TAP_VERSION || ose->google.version_max < TB_SMART_TAP_VERSION)
        return failed(m, TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
    return begin(m, ose);
}

enum tb_applet_step tb_smart_tap_answer(struct tb_smart_tap *m, struct tb_span answer)
{
    if (answer.size < 2)
        return failed(m, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    uint16_t status = tb_applet_status(answer);
    struct tb_span data = tb_span_sub(answer, 0, answer.size - 2);
    switch (m->state) {
    case TB_SMART_TAP_SELECT: return select_take(m, status, data);
    case TB_SMART_TAP_NEGOTIATE: return negotiate_take(m, status, data);
    case TB_SMART_TAP_GET_DATA:
    case TB_SMART_TAP_GET_MORE: return data_take(m, status, data);
    case TB_SMART_TAP_ENDED: break;
    }
    TB_ASSERT(!"an ended machine is answered");
    return TB_APPLET_FAILED;
}

enum tb_applet_step tb_smart_tap_lost(struct tb_smart_tap *m)
{
    return ended(m, TB_APPLET_LOST);
}

void tb_smart_tap_wipe(struct tb_smart_tap *m)
{
    tb_wipe(m, sizeof *m);
}
