#include "core/credential/desfire.h"

#include "core/base/assert.h"
#include "core/base/buf.h"
#include "core/base/wipe.h"
#include "core/credential/diversify.h"

/* Native commands in the wrapping of ISO/IEC 7816-4: 90 <command> 00 00 [Lc data] 00. */
enum command {
    COMMAND_SELECT_APPLICATION = 0x5a,
    COMMAND_AUTHENTICATE_EV2 = 0x71,
    COMMAND_AUTHENTICATE_AES = 0xaa,
    COMMAND_ADDITIONAL_FRAME = 0xaf,
    COMMAND_GET_CARD_UID = 0x51,
};

enum status {
    STATUS_OK = 0x9100,
    STATUS_MORE = 0x91af,
    STATUS_ILLEGAL_COMMAND = 0x911c,
    STATUS_LENGTH = 0x917e,
    STATUS_ISO_INSTRUCTION = 0x6d00,
};

enum { HEAD_SIZE = 5, CLA_WRAPPED = 0x90, STATUS_NATIVE = 0x91 };

_Static_assert(TB_DESFIRE_KEY_COUNT_MAX <= 8 * sizeof((struct tb_desfire *)0)->tried, "a bit for each key");

/* ---- ending ---- */

static enum tb_applet_step end(struct tb_desfire *m, enum tb_applet_step step)
{
    m->state = TB_DESFIRE_ENDED;
    tb_wipe(m->keys, sizeof m->keys);
    tb_wipe(&m->proof, sizeof m->proof);
    tb_wipe(&m->session, sizeof m->session);
    return step;
}

static enum tb_applet_step judged(struct tb_desfire *m, enum tb_applet_step step, enum tb_judged verdict,
                                  enum tb_reason reason)
{
    m->judgement.verdict = verdict;
    m->judgement.reason = reason;
    return end(m, step);
}

static enum tb_applet_step judged_card(struct tb_desfire *m, enum tb_reason reason,
                                       enum tb_assurance assurance)
{
    enum tb_err err =
        tb_credential_set(TB_CREDENTIAL_DESFIRE, tb_span_of(m->uid, sizeof m->uid), &m->judgement.credential);
    TB_ASSERT(err == TB_OK);
    m->judgement.assurance = assurance;
    return judged(m, TB_APPLET_DONE, TB_JUDGED_CREDENTIAL, reason);
}

static void evidence_set(struct tb_desfire *m)
{
    struct tb_buf text = tb_buf_of(m->judgement.evidence, sizeof m->judgement.evidence);
    tb_buf_add_str(&text, TB_DESFIRE_EVIDENCE);
    tb_buf_add_hex(&text, tb_span_of(m->seen, m->seen_size));
    tb_buf_add_u8(&text, ':');
    TB_ASSERT(text.err == TB_OK);
    m->judgement.evidence_size = (uint8_t)text.size;
}

/* No key is left that could be tried. */
static enum tb_applet_step give_up(struct tb_desfire *m)
{
    if (m->refused)
        return judged(m, TB_APPLET_FAILED, TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
    if (!m->selected)
        return end(m, TB_APPLET_ABSENT);
    evidence_set(m);
    if (m->uid_known)
        return judged_card(m, TB_REASON_PROOF_UNVERIFIED, TB_ASSURANCE_LOW);
    return judged(m, TB_APPLET_DONE, TB_JUDGED_UNKNOWN, TB_REASON_PROOF_NO_KEY);
}

/* ---- commands ---- */

static enum tb_applet_step send(struct tb_desfire *m, enum tb_desfire_state state, enum command command,
                                struct tb_span data)
{
    struct tb_buf apdu = tb_buf_of(m->io.command, sizeof m->io.command);
    if (m->exchange_count == TB_DESFIRE_EXCHANGE_MAX)
        return judged(m, TB_APPLET_FAILED, TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
    m->exchange_count++;
    m->state = state;
    const uint8_t head[] = {CLA_WRAPPED, (uint8_t)command, 0x00, 0x00};
    tb_buf_add(&apdu, tb_span_of(head, sizeof head));
    if (data.size) {
        tb_buf_add_u8(&apdu, (uint8_t)data.size);
        tb_buf_add(&apdu, data);
    }
    tb_buf_add_u8(&apdu, 0x00);
    TB_ASSERT(apdu.err == TB_OK);
    m->io.command_size = (uint16_t)apdu.size;
    m->io.timeout_ms = TB_DESFIRE_TIMEOUT_MS;
    return TB_APPLET_NEXT;
}

static const struct tb_ring_key *key_of(const struct tb_desfire *m)
{
    return &m->keys[m->key_at];
}

static bool key_is_usable(const struct tb_desfire *m, const struct tb_ring_key *key)
{
    return key->size != 0 && (!key->diversified || m->uid_known);
}

static enum tb_applet_step key_next(struct tb_desfire *m)
{
    for (uint8_t i = 0; i < m->key_count; i++) {
        if (m->tried & 1u << i)
            continue;
        m->key_at = i;
        return send(m, TB_DESFIRE_SELECT, COMMAND_SELECT_APPLICATION,
                    tb_span_of(m->keys[i].application, TB_RING_APPLICATION_SIZE));
    }
    return give_up(m);
}

static void key_tried(struct tb_desfire *m)
{
    m->tried |= (uint8_t)(1u << m->key_at);
}

static enum tb_applet_step key_refused(struct tb_desfire *m)
{
    m->refused = true;
    key_tried(m);
    return key_next(m);
}

static bool application_equal(const struct tb_ring_key *a, const struct tb_ring_key *b)
{
    return memcmp(a->application, b->application, TB_RING_APPLICATION_SIZE) == 0;
}

static enum tb_applet_step authenticate(struct tb_desfire *m)
{
    const struct tb_ring_key *key = key_of(m);
    const uint8_t ev2[] = {key->key_number, 0x00}; /* no capabilities of the terminal */
    m->proof = (struct tb_desfire_proof){.ev1 = m->ev1};
    if (tb_diversify_ring_key(key, tb_span_of(m->uid, sizeof m->uid), m->proof.key) != TB_OK)
        return key_refused(m);
    if (m->ev1)
        return send(m, TB_DESFIRE_AES_BEGIN, COMMAND_AUTHENTICATE_AES, tb_span_of(ev2, 1));
    return send(m, TB_DESFIRE_EV2_BEGIN, COMMAND_AUTHENTICATE_EV2, tb_span_of(ev2, sizeof ev2));
}

/* ---- answers ---- */

static enum tb_applet_step select_take(struct tb_desfire *m, uint16_t status)
{
    if (status >> 8 != STATUS_NATIVE) {
        m->key_count = 0; /* it speaks another language */
        return key_next(m);
    }
    if (status != STATUS_OK) {
        for (uint8_t i = 0; i < m->key_count; i++)
            if (application_equal(&m->keys[i], key_of(m)))
                m->tried |= (uint8_t)(1u << i);
        return key_next(m);
    }
    m->selected = true;
    if (key_is_usable(m, key_of(m)))
        return authenticate(m);
    key_tried(m);
    return key_next(m);
}

static enum tb_applet_step challenge_take(struct tb_desfire *m, uint16_t status, struct tb_span data)
{
    uint8_t token[TB_DESFIRE_TOKEN_SIZE];
    bool unknown =
        status == STATUS_ILLEGAL_COMMAND || status == STATUS_LENGTH || status == STATUS_ISO_INSTRUCTION;
    if (unknown && !m->ev1) {
        m->ev1 = true;
        return authenticate(m);
    }
    if (status != STATUS_MORE || data.size != TB_DESFIRE_RANDOM_SIZE)
        return key_refused(m);
    m->rng->fill(m->rng->context, m->proof.random_terminal, sizeof m->proof.random_terminal);
    tb_desfire_prove(&m->proof, data.at, token);
    return send(m, m->ev1 ? TB_DESFIRE_AES_PROVE : TB_DESFIRE_EV2_PROVE, COMMAND_ADDITIONAL_FRAME,
                tb_span_of(token, sizeof token));
}

static enum tb_applet_step uid_get(struct tb_desfire *m)
{
    uint8_t mac[TB_DESFIRE_MAC_SIZE];
    if (!m->ev1 && tb_desfire_uid_mac(&m->session, mac) != TB_OK)
        return key_refused(m);
    return send(m, TB_DESFIRE_GET_UID, COMMAND_GET_CARD_UID, tb_span_of(mac, m->ev1 ? 0 : sizeof mac));
}

static enum tb_applet_step proof_take(struct tb_desfire *m, uint16_t status, struct tb_span data)
{
    if (status != STATUS_OK || tb_desfire_prove_end(&m->proof, data, &m->session) != TB_OK)
        return key_refused(m);
    if (key_of(m)->diversified) /* no other card has this key */
        return judged_card(m, TB_REASON_CARD_DESFIRE, TB_ASSURANCE_HIGH);
    return uid_get(m);
}

/* What the card's own key must prove when the ring has a master key for it: a shared one only tells the UID.
 */
static uint8_t siblings_of(const struct tb_desfire *m)
{
    uint8_t mask = 0;
    for (uint8_t i = 0; i < m->key_count; i++) {
        const struct tb_ring_key *key = &m->keys[i];
        if (key->diversified && key->size && application_equal(key, key_of(m)) &&
            strcmp(key->id, key_of(m)->id) == 0)
            mask |= (uint8_t)(1u << i);
    }
    return mask;
}

static enum tb_applet_step uid_take(struct tb_desfire *m, uint16_t status, struct tb_span data)
{
    if (status != STATUS_OK || tb_desfire_uid_open(&m->session, data, m->uid) != TB_OK)
        return key_refused(m);
    m->uid_read = m->uid_known = true;
    uint8_t siblings = siblings_of(m);
    if (siblings == 0)
        return judged_card(m, TB_REASON_CARD_DESFIRE, TB_ASSURANCE_HIGH);
    m->tried = (uint8_t)~siblings;
    return key_next(m);
}

/* ---- the applet ---- */

static void keys_copy(struct tb_desfire *m, const struct tb_desfire_input *input)
{
    const struct tb_ring_key *key;
    for (size_t i = 0; m->key_count < TB_DESFIRE_KEY_COUNT_MAX &&
                       (key = tb_keyring_find(input->keys, TB_RING_DESFIRE, tb_span_of(NULL, 0),
                                              input->wall_ms, i)) != NULL;
         i++)
        m->keys[m->key_count++] = *key;
}

enum tb_applet_step tb_desfire_start(struct tb_desfire *m, const struct tb_desfire_input *input)
{
    *m = (struct tb_desfire){.rng = input->rng, .judgement = {.verdict = TB_JUDGED_UNKNOWN}};
    m->uid_known = input->uid.size == sizeof m->uid;
    if (m->uid_known)
        memcpy(m->uid, input->uid.at, sizeof m->uid);
    m->seen_size = (uint8_t)(input->uid.size < sizeof m->seen ? input->uid.size : sizeof m->seen);
    if (m->seen_size)
        memcpy(m->seen, input->uid.at, m->seen_size);
    keys_copy(m, input);
    return key_next(m);
}

enum tb_applet_step tb_desfire_answer(struct tb_desfire *m, struct tb_span answer)
{
    uint16_t status = tb_applet_status(answer);
    if (answer.size < 2)
        return judged(m, TB_APPLET_FAILED, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    struct tb_span data = tb_span_sub(answer, 0, answer.size - 2);
    switch (m->state) {
    case TB_DESFIRE_SELECT: return select_take(m, status);
    case TB_DESFIRE_EV2_BEGIN:
    case TB_DESFIRE_AES_BEGIN: return challenge_take(m, status, data);
    case TB_DESFIRE_EV2_PROVE:
    case TB_DESFIRE_AES_PROVE: return proof_take(m, status, data);
    case TB_DESFIRE_GET_UID: return uid_take(m, status, data);
    case TB_DESFIRE_ENDED: break;
    }
    TB_ASSERT(false);
    return TB_APPLET_FAILED;
}

enum tb_applet_step tb_desfire_lost(struct tb_desfire *m)
{
    return end(m, TB_APPLET_LOST);
}

/* ---- the relay ---- */

void tb_desfire_relay_start(struct tb_desfire_relay *r)
{
    *r = (struct tb_desfire_relay){.exchange_count = 0};
}

static bool relay_allows(struct tb_span command)
{
    static const struct {
        uint8_t command;
        uint8_t data_size;
    } allowed[] = {
        {COMMAND_SELECT_APPLICATION, TB_RING_APPLICATION_SIZE},
        {COMMAND_AUTHENTICATE_EV2, 2},
        {COMMAND_AUTHENTICATE_AES, 1},
        {COMMAND_ADDITIONAL_FRAME, TB_DESFIRE_TOKEN_SIZE},
        {COMMAND_GET_CARD_UID, 0},
        {COMMAND_GET_CARD_UID, TB_DESFIRE_MAC_SIZE},
    };
    if (command.size < HEAD_SIZE || command.at[0] != CLA_WRAPPED || command.at[2] != 0 || command.at[3] != 0)
        return false;
    size_t data_size = command.size > HEAD_SIZE ? command.at[4] : 0;
    bool whole = command.size == HEAD_SIZE + (data_size ? data_size + 1 : 0);
    for (size_t i = 0; i < TB_ARRAY_SIZE(allowed); i++)
        if (allowed[i].command == command.at[1] && allowed[i].data_size == data_size)
            return whole && command.at[command.size - 1] == 0;
    return false;
}

enum tb_applet_step tb_desfire_relay_command(struct tb_desfire_relay *r, struct tb_span command)
{
    if (r->exchange_count == TB_DESFIRE_EXCHANGE_MAX || !relay_allows(command))
        return TB_APPLET_FAILED;
    r->exchange_count++;
    memcpy(r->io.command, command.at, command.size);
    r->io.command_size = (uint16_t)command.size;
    r->io.timeout_ms = TB_DESFIRE_TIMEOUT_MS;
    return TB_APPLET_NEXT;
}
