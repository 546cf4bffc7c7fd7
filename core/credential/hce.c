#include "core/credential/hce.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/base/wipe.h"
#include "core/credential/jws.h"
#include "core/crypto/hash.h"

#define LABEL "tillbridge-hce-1" /* its terminator is signed, too */

enum instruction {
    INSTRUCTION_PROVE = 0x10,
    INSTRUCTION_MORE = 0xc0,
};

enum status {
    STATUS_OK = 0x9000,
    STATUS_LOCKED = 0x6982,
    STATUS_ASKED = 0x6985,
    STATUS_NO_PASS = 0x6a88,
    STATUS_VERSION = 0x6a86,
    STATUS_MORE = 0x61, /* and how much, which is not looked at */
};

enum { CLA_OWN = 0x80, FLAG_OWNER = 0x01, COORDINATE_SIZE = 32, JWK_TEXT_MAX = 64 };

/* The response: flags ‖ signature ‖ size of the certificate ‖ certificate. */
enum { SIGNATURE_AT = 1, SIZE_AT = SIGNATURE_AT + TB_SIGNATURE_SIZE };

_Static_assert(SIZE_AT + 2 == TB_HCE_HEAD_SIZE, "the head as docs/protocol.md draws it");

static const uint8_t select_app[] = {0x00, 0xa4, 0x04, 0x00, 0x08, 0xf0, 'T',
                                     'I',  'L',  'L',  'B',  'R',  '1',  0x00};

/* ---- ending ---- */

static enum tb_applet_step end(struct tb_hce *m, enum tb_applet_step step)
{
    m->state = TB_HCE_ENDED;
    m->input = (struct tb_hce_input){.wall_ms = 0};
    tb_wipe(m->response, sizeof m->response);
    m->response_size = 0;
    return step;
}

static enum tb_applet_step failed(struct tb_hce *m, enum tb_judged verdict, enum tb_reason reason)
{
    m->judgement.verdict = verdict;
    m->judgement.reason = reason;
    return end(m, TB_APPLET_FAILED);
}

static enum tb_applet_step malformed(struct tb_hce *m)
{
    return failed(m, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
}

static enum tb_applet_step refused(struct tb_hce *m, uint16_t status)
{
    switch (status) {
    case STATUS_LOCKED: return failed(m, TB_JUDGED_AGAIN, TB_REASON_PASS_LOCKED);
    case STATUS_ASKED: return failed(m, TB_JUDGED_AGAIN, TB_REASON_PASS_CHOOSE);
    case STATUS_NO_PASS: return failed(m, TB_JUDGED_UNKNOWN, TB_REASON_PASS_NONE);
    case STATUS_VERSION: return failed(m, TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
    default: return failed(m, TB_JUDGED_UNKNOWN, TB_REASON_PASS_REFUSED);
    }
}

/* ---- commands ---- */

static enum tb_applet_step send(struct tb_hce *m, enum tb_hce_state state, struct tb_span apdu)
{
    if (m->exchange_count == TB_HCE_EXCHANGE_MAX)
        return malformed(m);
    m->exchange_count++;
    m->state = state;
    memcpy(m->io.command, apdu.at, apdu.size);
    m->io.command_size = (uint16_t)apdu.size;
    m->io.timeout_ms = TB_HCE_TIMEOUT_MS;
    return TB_APPLET_NEXT;
}

static enum tb_applet_step more(struct tb_hce *m)
{
    static const uint8_t apdu[] = {CLA_OWN, INSTRUCTION_MORE, 0x00, 0x00, 0x00};
    return send(m, TB_HCE_MORE, tb_span_of(apdu, sizeof apdu));
}

static void name_add(struct tb_buf *to, struct tb_span text)
{
    struct tb_digest digest = tb_sha256(text);
    tb_buf_add(to, tb_span_of(digest.bytes, TB_HCE_NAME_SIZE));
}

static enum tb_applet_step prove(struct tb_hce *m)
{
    uint8_t memory[6 + TB_HCE_CHALLENGE_SIZE];
    const uint8_t head[] = {CLA_OWN, INSTRUCTION_PROVE, TB_HCE_VERSION, 0x00, TB_HCE_CHALLENGE_SIZE};
    struct tb_buf challenge = tb_buf_of(m->challenge, sizeof m->challenge);
    struct tb_buf apdu = tb_buf_of(memory, sizeof memory);
    uint8_t nonce[TB_HCE_NONCE_SIZE];
    m->input.rng->fill(m->input.rng->context, nonce, sizeof nonce);
    tb_buf_add(&challenge, tb_span_of(nonce, sizeof nonce));
    name_add(&challenge, tb_span_str(m->input.audience));
    name_add(&challenge, m->input.terminal);
    tb_buf_add(&apdu, tb_span_of(head, sizeof head));
    tb_buf_add(&apdu, tb_buf_span(&challenge));
    tb_buf_add_u8(&apdu, 0x00);
    TB_ASSERT(challenge.err == TB_OK && apdu.err == TB_OK);
    return send(m, TB_HCE_PROVE, tb_buf_span(&apdu));
}

/* ---- what the phone presents ---- */

static bool ring_key(void *context, struct tb_span kid, size_t index, struct tb_public_key *ret_key)
{
    const struct tb_hce_input *input = context;
    const struct tb_ring_key *key = tb_keyring_find(input->keys, TB_RING_TOKEN, kid, input->wall_ms, index);
    if (key == NULL || key->size != sizeof ret_key->point)
        return false;
    memcpy(ret_key->point, key->bytes, sizeof ret_key->point);
    return true;
}

static bool coordinate_read(struct tb_check *c, struct tb_json jwk, const char *name, uint8_t *ret_bytes)
{
    struct tb_buf bytes = tb_buf_of(ret_bytes, COORDINATE_SIZE);
    struct tb_span text = tb_json_text(c, jwk, name, JWK_TEXT_MAX);
    return c->err == TB_OK && tb_base64url_decode(text, &bytes) == TB_OK && bytes.size == COORDINATE_SIZE;
}

/* cnf with a jwk, RFC 7800 section 3.2; RFC 7518 section 6.2. */
static enum tb_err phone_key_read(struct tb_json claims, struct tb_public_key *ret_key)
{
    uint8_t point[TB_KEY_POINT_SIZE] = {0x04};
    struct tb_check check = {.err = TB_OK};
    struct tb_json jwk = tb_json_object(&check, tb_json_object(&check, claims, "cnf"), "jwk");
    struct tb_span type = tb_json_text(&check, jwk, "kty", JWK_TEXT_MAX);
    struct tb_span curve = tb_json_text(&check, jwk, "crv", JWK_TEXT_MAX);
    if (check.err != TB_OK)
        return check.err;
    if (!tb_span_is(type, "EC") || !tb_span_is(curve, "P-256"))
        return TB_ERR_UNSUPPORTED;
    if (!coordinate_read(&check, jwk, "x", point + 1) ||
        !coordinate_read(&check, jwk, "y", point + 1 + COORDINATE_SIZE))
        return TB_ERR_SYNTAX;
    return tb_public_key_of_point(tb_span_of(point, sizeof point), ret_key);
}

static struct tb_span certificate_of(const struct tb_hce *m)
{
    return tb_span_of(m->response + TB_HCE_HEAD_SIZE, m->response_size - TB_HCE_HEAD_SIZE);
}

/* Everything that either side said is signed, so that nothing of it can be another's. */
static enum tb_err response_verify(const struct tb_hce *m, const struct tb_public_key *key)
{
    uint8_t memory[sizeof LABEL + TB_HCE_HELLO_SIZE_MAX + TB_HCE_CHALLENGE_SIZE + 1 + TB_SHA256_SIZE];
    struct tb_buf message = tb_buf_of(memory, sizeof memory);
    struct tb_signature signature;
    struct tb_digest certificate = tb_sha256(certificate_of(m));
    tb_buf_add(&message, tb_span_of(LABEL, sizeof LABEL));
    tb_buf_add(&message, tb_span_of(m->hello, m->hello_size));
    tb_buf_add(&message, tb_span_of(m->challenge, sizeof m->challenge));
    tb_buf_add_u8(&message, m->response[0]);
    tb_buf_add(&message, tb_digest_span(&certificate));
    TB_ASSERT(message.err == TB_OK);
    memcpy(signature.bytes, m->response + SIGNATURE_AT, sizeof signature.bytes);
    return tb_public_key_verify(key, tb_buf_span(&message), &signature);
}

static enum tb_applet_step certificate_refused(struct tb_hce *m, enum tb_err err)
{
    switch ((int)err) {
    case TB_ERR_NOT_FOUND: return failed(m, TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_NO_KEY);
    case TB_ERR_SIGNATURE: return failed(m, TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
    case TB_ERR_DENIED: return failed(m, TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_AUDIENCE);
    case TB_ERR_EXPIRED: return failed(m, TB_JUDGED_EXPIRED, TB_REASON_PROOF_EXPIRED);
    case TB_ERR_RANGE: return failed(m, TB_JUDGED_EXPIRED, TB_REASON_PROOF_EARLY);
    case TB_ERR_UNSUPPORTED: return failed(m, TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
    default: return malformed(m);
    }
}

static enum tb_applet_step pass_judge(struct tb_hce *m, struct tb_json claims)
{
    struct tb_public_key key;
    struct tb_check check = {.err = TB_OK};
    struct tb_span pass = tb_json_text(&check, claims, "sub", TB_CREDENTIAL_VALUE_MAX);
    enum tb_err err = phone_key_read(claims, &key);
    if (err == TB_ERR_UNSUPPORTED)
        return certificate_refused(m, err);
    if (err != TB_OK || check.err != TB_OK || pass.size == 0)
        return malformed(m);
    if (response_verify(m, &key) != TB_OK)
        return failed(m, TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
    if (tb_credential_set(TB_CREDENTIAL_PASS, pass, &m->judgement.credential) != TB_OK)
        return malformed(m);
    m->judgement.verdict = TB_JUDGED_CREDENTIAL;
    m->judgement.reason = TB_REASON_PHONE_PASS;
    m->judgement.assurance = m->response[0] & FLAG_OWNER ? TB_ASSURANCE_HIGH : TB_ASSURANCE_MEDIUM;
    return end(m, TB_APPLET_DONE);
}

static enum tb_applet_step response_judge(struct tb_hce *m)
{
    _Alignas(max_align_t) uint8_t memory[TB_JWS_ARENA_SIZE];
    struct tb_arena arena = tb_arena_of(memory, sizeof memory);
    struct tb_jws jws;
    const struct tb_jws_rules rules = {
        .audience = m->input.audience,
        .leeway_s = TB_JWS_LEEWAY_S_DEFAULT,
        .key = ring_key,
        .context = &m->input,
    };
    if (m->response_size <= TB_HCE_HEAD_SIZE)
        return malformed(m);
    size_t size = (size_t)m->response[SIZE_AT] << 8 | m->response[SIZE_AT + 1];
    if (size != certificate_of(m).size)
        return malformed(m);
    enum tb_err err = tb_jws_verify(certificate_of(m), &rules, m->input.wall_ms, &arena, &jws);
    enum tb_applet_step step = err == TB_OK ? pass_judge(m, jws.claims) : certificate_refused(m, err);
    tb_arena_release(&arena, 0);
    return step;
}

/* ---- answers ---- */

static enum tb_applet_step hello_take(struct tb_hce *m, uint16_t status, struct tb_span data)
{
    if (status == STATUS_LOCKED || status == STATUS_ASKED)
        return refused(m, status);
    if (status != STATUS_OK)
        return end(m, TB_APPLET_ABSENT);
    if (data.size < TB_HCE_HELLO_SIZE_MIN || data.size > TB_HCE_HELLO_SIZE_MAX ||
        !tb_span_starts(data, tb_span_str("TB")))
        return malformed(m);
    memcpy(m->hello, data.at, data.size);
    m->hello_size = (uint8_t)data.size;
    bool spoken = m->hello[2] <= TB_HCE_VERSION && m->hello[3] >= TB_HCE_VERSION;
    return spoken ? prove(m) : failed(m, TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
}

static enum tb_applet_step part_take(struct tb_hce *m, uint16_t status, struct tb_span data)
{
    bool last = status == STATUS_OK;
    if (!last && status >> 8 != STATUS_MORE)
        return refused(m, status);
    if (data.size > sizeof m->response - m->response_size)
        return malformed(m);
    if (data.size)
        memcpy(m->response + m->response_size, data.at, data.size);
    m->response_size = (uint16_t)(m->response_size + data.size);
    return last ? response_judge(m) : more(m);
}

enum tb_applet_step tb_hce_start(struct tb_hce *m, const struct tb_hce_input *input)
{
    *m = (struct tb_hce){.input = *input, .judgement = {.verdict = TB_JUDGED_UNKNOWN}};
    return send(m, TB_HCE_SELECT, tb_span_of(select_app, sizeof select_app));
}

enum tb_applet_step tb_hce_answer(struct tb_hce *m, struct tb_span answer)
{
    uint16_t status = tb_applet_status(answer);
    if (answer.size < 2)
        return malformed(m);
    struct tb_span data = tb_span_sub(answer, 0, answer.size - 2);
    switch (m->state) {
    case TB_HCE_SELECT: return hello_take(m, status, data);
    case TB_HCE_PROVE:
    case TB_HCE_MORE: return part_take(m, status, data);
    case TB_HCE_ENDED: break;
    }
    TB_ASSERT(false);
    return TB_APPLET_FAILED;
}

enum tb_applet_step tb_hce_lost(struct tb_hce *m)
{
    return end(m, TB_APPLET_LOST);
}
