/*
 * A phone with Google Wallet: Smart Tap 2.1 with one loyalty pass. It checks the terminal's signature and
 * encrypts what it tells, as a phone does; the default collector is Google's published demo collector.
 */
#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/credential/ndef.h"
#include "core/credential/tlv.h"
#include "core/crypto/aes.h"
#include "core/crypto/hash.h"
#include "tests/support/pn532d/card_kind.h"

enum {
    FIRST = 0x80,
    LAST = 0x40,
    SHORT = 0x10,
    WITH_ID = 0x08,
    EXTERNAL = 0x04,
    MESSAGE_MAX = 512,
    IV_SIZE = 12,
};

static const char demo_collector_key[] = "04721c978fcebdcdf98a8518bdc4fedfd802b4ee4128e2513b665593375e238786"
                                         "014e7cbe8511915dc5337af57dcd248f2653c7a6aaaee6913096fd71c85bc4d7";
static const uint8_t aid[] = {0xa0, 0x00, 0x00, 0x04, 0x76, 0xd0, 0x00, 0x01, 0x11};

static void random_fill(void *context, uint8_t *ret_bytes, size_t size)
{
    card_random((struct card *)context, ret_bytes, size);
}

/* --- records */

static void put(struct tb_buf *to, uint8_t place, const char *type, struct tb_span payload)
{
    bool small = payload.size < 256;
    tb_buf_add_u8(to, (uint8_t)(place | (small ? SHORT : 0) | EXTERNAL));
    tb_buf_add_u8(to, (uint8_t)strlen(type));
    if (small)
        tb_buf_add_u8(to, (uint8_t)payload.size);
    else
        tb_buf_add_u32be(to, (uint32_t)payload.size);
    if (place & WITH_ID)
        tb_buf_add_u8(to, (uint8_t)strlen(type));
    tb_buf_add_str(to, type);
    if (place & WITH_ID)
        tb_buf_add_str(to, type);
    tb_buf_add(to, payload);
}

static struct tb_span get(struct tb_span message, const char *type)
{
    struct tb_ndef n;
    struct tb_ndef_record record;
    enum tb_err err = tb_ndef_begin(&n, message);
    while (err == TB_OK && (err = tb_ndef_next(&n, &record)) == TB_OK)
        if (tb_span_is(record.type, type))
            return record.payload;
    return tb_span_of(NULL, 0);
}

static void put_session(struct tb_buf *to, const struct card_smart_tap *phone)
{
    uint8_t bytes[10];
    struct tb_buf session = tb_buf_of(bytes, sizeof bytes);
    tb_buf_add(&session, tb_span_of(phone->session_id, sizeof phone->session_id));
    tb_buf_add_u8(&session, phone->sequence);
    tb_buf_add_u8(&session, 0x01);
    put(to, FIRST, "ses", tb_buf_span(&session));
}

/* --- SELECT */

static void put_directory(struct tb_buf *to, const struct card_smart_tap *phone)
{
    uint8_t inner_bytes[64];
    uint8_t outer_bytes[64];
    static const uint8_t version_min[] = {0x00, 0x00};
    static const uint8_t version_max[] = {0x00, 0x01};
    const uint8_t capabilities = phone->select_required ? 0x02 : 0x03;
    const uint8_t priority = 1;
    struct tb_buf inner = tb_buf_of(inner_bytes, sizeof inner_bytes);
    struct tb_buf outer = tb_buf_of(outer_bytes, sizeof outer_bytes);
    tb_tlv_add(&inner, 0xdf6d, tb_span_of(version_min, sizeof version_min));
    tb_tlv_add(&inner, 0xdf4d, tb_span_of(version_max, sizeof version_max));
    tb_tlv_add(&inner, 0xdf62, tb_span_of(&capabilities, 1));
    tb_tlv_add(&outer, 0x4f, tb_span_of(aid, sizeof aid));
    tb_tlv_add(&outer, 0x87, tb_span_of(&priority, 1));
    tb_tlv_add(&outer, 0x73, tb_buf_span(&inner));
    tb_buf_reset(&inner);
    tb_tlv_add(&inner, 0x61, tb_buf_span(&outer));
    tb_buf_reset(&outer);
    tb_tlv_add(&outer, 0xbf0c, tb_buf_span(&inner));
    tb_tlv_add(to, 0xa5, tb_buf_span(&outer));
}

static void directory_select(struct card *card, struct tb_buf *answer)
{
    struct card_smart_tap *phone = &card->state.smart_tap;
    uint8_t bytes[200];
    struct tb_buf fci = tb_buf_of(bytes, sizeof bytes);
    static const uint8_t version[] = {0x00, 0x01};
    static const uint8_t transaction[] = {0x0c, 0x00, 0x00, 0x00, 0x00, 0x80, 0x80, 0x80};
    card_random(card, phone->nonce, sizeof phone->nonce);
    tb_tlv_add(&fci, 0x50, tb_span_str("AndroidPay"));
    if (phone->both)
        tb_tlv_add(&fci, 0x50, tb_span_str("ApplePay"));
    tb_tlv_add(&fci, 0xc0, tb_span_of(version, sizeof version));
    tb_tlv_add(&fci, 0xc1, tb_span_of(transaction, sizeof transaction));
    tb_tlv_add(&fci, 0xc2, tb_span_of(phone->nonce, sizeof phone->nonce));
    put_directory(&fci, phone);
    tb_tlv_add(answer, 0x6f, tb_buf_span(&fci));
    card_status_add(answer, 0x9000);
    phone->stage = CARD_SMART_TAP_LISTED;
}

static void application_select(struct card *card, struct tb_buf *answer)
{
    struct card_smart_tap *phone = &card->state.smart_tap;
    uint8_t value[1 + sizeof phone->nonce] = {0x04};
    card_random(card, phone->nonce, sizeof phone->nonce);
    memcpy(value + 1, phone->nonce, sizeof phone->nonce);
    tb_buf_add_u16be(answer, 0x0000);
    tb_buf_add_u16be(answer, 0x0001);
    put(answer, FIRST | LAST | WITH_ID, "mdn", tb_span_of(value, sizeof value));
    card_status_add(answer, 0x9000);
    phone->stage = CARD_SMART_TAP_SELECTED;
}

static void select(struct card *card, struct tb_span name, struct tb_buf *answer)
{
    card->state.smart_tap.stage = CARD_SMART_TAP_IDLE;
    card->state.smart_tap.retried = false;
    if (tb_span_is(name, "OSE.VAS.01"))
        directory_select(card, answer);
    else if (tb_span_equal(name, tb_span_of(aid, sizeof aid)))
        application_select(card, answer);
    else
        card_status_add(answer, 0x6a82);
}

/* --- NEGOTIATE */

struct offer { /* of the terminal; borrowed */
    struct tb_span nonce;
    struct tb_span point;
    struct tb_span signature;
    struct tb_span collector;
    uint32_t key_version;
    bool live;
};

static enum tb_err offer_read(struct card_smart_tap *phone, struct tb_span data, struct offer *ret_offer)
{
    struct tb_reader r = tb_reader_of(get(data, "ngr"));
    uint16_t version = tb_read_u16be(&r);
    struct tb_span session = get(r.rest, "ses");
    struct tb_reader offer = tb_reader_of(get(r.rest, "cpr"));
    ret_offer->nonce = tb_read_bytes(&offer, 32);
    ret_offer->live = tb_read_u8(&offer) & 0x01;
    ret_offer->point = tb_read_bytes(&offer, TB_KEY_COMPRESSED_SIZE);
    ret_offer->key_version = tb_read_u32be(&offer);
    ret_offer->signature = tb_span_sub(get(offer.rest, "sig"), 1, SIZE_MAX);
    ret_offer->collector = tb_span_sub(get(offer.rest, "cld"), 1, SIZE_MAX);
    if (version != 1 || offer.err != TB_OK || session.size != 10 || ret_offer->collector.size != 4)
        return TB_ERR_SYNTAX;
    memcpy(phone->session_id, session.at, sizeof phone->session_id);
    phone->sequence = (uint8_t)(session.at[8] + 1);
    return TB_OK;
}

/* What the terminal has signed. */
static void transcript_add(const struct card_smart_tap *phone, const struct offer *offer, struct tb_buf *to)
{
    tb_buf_add(to, offer->nonce);
    tb_buf_add(to, tb_span_of(phone->nonce, sizeof phone->nonce));
    tb_buf_add(to, offer->collector);
    tb_buf_add(to, offer->point);
}

static bool terminal_is_genuine(const struct card_smart_tap *phone, const struct offer *offer)
{
    uint8_t bytes[128];
    struct tb_buf signed_bytes = tb_buf_of(bytes, sizeof bytes);
    struct tb_reader collector = tb_reader_of(offer->collector);
    struct tb_signature signature;
    transcript_add(phone, offer, &signed_bytes);
    return tb_read_u32be(&collector) == phone->collector && offer->key_version == phone->key_version &&
           tb_signature_of_der(offer->signature, &signature) == TB_OK &&
           tb_public_key_verify(&phone->key, tb_buf_span(&signed_bytes), &signature) == TB_OK;
}

static enum tb_err session_begin(struct card *card, const struct offer *offer,
                                 uint8_t ret_point[TB_KEY_COMPRESSED_SIZE])
{
    struct card_smart_tap *phone = &card->state.smart_tap;
    const struct tb_rng rng = {.fill = random_fill, .context = card};
    struct tb_public_key terminal;
    struct tb_key own;
    uint8_t shared[TB_KEY_SHARED_SIZE];
    uint8_t bytes[256];
    struct tb_buf info = tb_buf_of(bytes, sizeof bytes);
    enum tb_err err = tb_public_key_of_point(offer->point, &terminal);
    if (err == TB_OK)
        err = tb_key_make(&rng, &own);
    if (err == TB_OK)
        err = tb_key_agree(&own, &terminal, &rng, shared);
    if (err != TB_OK)
        return err;
    tb_public_key_compress(&own.public_key, ret_point);
    transcript_add(phone, offer, &info);
    tb_buf_add(&info, offer->signature);
    return tb_hkdf_sha256(tb_span_of(ret_point, TB_KEY_COMPRESSED_SIZE), tb_span_of(shared, sizeof shared),
                          tb_buf_span(&info), phone->session_key, sizeof phone->session_key);
}

static void negotiate_answer(struct card_smart_tap *phone, const uint8_t point[TB_KEY_COMPRESSED_SIZE],
                             struct tb_buf *answer)
{
    uint8_t bytes[128];
    uint8_t told[TB_KEY_COMPRESSED_SIZE];
    struct tb_buf message = tb_buf_of(bytes, sizeof bytes);
    memcpy(told, point, sizeof told);
    if (phone->off_curve)
        memset(told + 1, 0xff, sizeof told - 1);
    put_session(&message, phone);
    put(&message, LAST, "dpk", tb_span_of(told, sizeof told));
    put(answer, FIRST | LAST, "nrs", tb_buf_span(&message));
    card_status_add(answer, 0x9000);
    phone->stage = CARD_SMART_TAP_NEGOTIATED;
    phone->retried = false;
}

static uint16_t negotiate(struct card *card, struct tb_span data, struct tb_buf *answer)
{
    struct card_smart_tap *phone = &card->state.smart_tap;
    struct offer offer;
    uint8_t point[TB_KEY_COMPRESSED_SIZE];
    bool listed = phone->stage == CARD_SMART_TAP_LISTED && !phone->select_required;
    if (!listed && phone->stage != CARD_SMART_TAP_SELECTED)
        return 0x9203;
    if (phone->locked) {
        phone->locked--;
        return 0x9300;
    }
    if (phone->retry_negotiate && !phone->retried) {
        phone->retried = true;
        return 0x9201;
    }
    if (offer_read(phone, data, &offer) != TB_OK)
        return 0x9402;
    if (!offer.live || offer.nonce.size != 32)
        return 0x9403;
    if (!terminal_is_genuine(phone, &offer))
        return 0x9500;
    if (session_begin(card, &offer, point) != TB_OK)
        return 0x9403;
    negotiate_answer(phone, point, answer);
    return 0;
}

/* --- GET DATA */

static void put_issuer(struct tb_buf *to, uint8_t type, uint32_t id)
{
    uint8_t bytes[6];
    struct tb_buf value = tb_buf_of(bytes, sizeof bytes);
    tb_buf_add_u8(&value, 0x04);
    tb_buf_add_u8(&value, type);
    tb_buf_add_u32be(&value, id);
    put(to, FIRST | WITH_ID, "i", tb_buf_span(&value));
}

static void put_value(struct tb_buf *to, uint8_t place, const char *name, uint8_t format,
                      struct tb_span value)
{
    uint8_t bytes[1 + CARD_SMART_TAP_TEXT_MAX];
    struct tb_buf b = tb_buf_of(bytes, sizeof bytes);
    tb_buf_add_u8(&b, format);
    tb_buf_add(&b, value);
    put(to, place | WITH_ID, name, tb_buf_span(&b));
}

static void put_object(struct tb_buf *to, uint8_t place, const char *name, struct tb_span object)
{
    uint8_t bytes[MESSAGE_MAX];
    struct tb_buf b = tb_buf_of(bytes, sizeof bytes);
    put_issuer(&b, name[0] == 'l' ? 1 : 2, 0x01020304);
    put(&b, LAST, name, object);
    put(to, place, "asv", tb_buf_span(&b));
}

static void put_objects(struct card *card, bool with_pass, bool with_customer, struct tb_buf *to)
{
    struct card_smart_tap *phone = &card->state.smart_tap;
    uint8_t bytes[MESSAGE_MAX];
    uint8_t tap[16];
    static const uint8_t id[] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct tb_buf object = tb_buf_of(bytes, sizeof bytes);
    if (with_pass) {
        put_value(&object, FIRST, "oid", 0x04, tb_span_of(id, sizeof id));
        put_value(&object, LAST, "n", 0x01, tb_span_str(phone->number));
        put_object(to, with_customer ? FIRST : FIRST | LAST, "ly", tb_buf_span(&object));
    }
    if (with_customer) {
        tb_buf_reset(&object);
        card_random(card, tap, sizeof tap);
        put_value(&object, FIRST, "cid", 0x04, tb_span_of(phone->customer, sizeof phone->customer));
        put_value(&object, 0, "cpl", 0x02, tb_span_str("en"));
        put_value(&object, LAST, "cut", 0x04, tb_span_of(tap, sizeof tap));
        put_object(to, with_pass ? LAST : FIRST | LAST, "cus", tb_buf_span(&object));
    }
}

/* flags(1) ‖ IV(12) ‖ ciphertext ‖ MAC(32) */
static void put_bundle(struct card *card, struct tb_span objects, struct tb_buf *to)
{
    struct card_smart_tap *phone = &card->state.smart_tap;
    uint8_t counter[TB_AES_BLOCK_SIZE] = {0};
    uint8_t cipher[MESSAGE_MAX];
    tb_buf_add_u8(to, (uint8_t)((phone->plain ? 0 : 1) | (phone->compressed ? 2 : 0)));
    if (phone->plain) {
        tb_buf_add(to, objects);
        return;
    }
    card_random(card, counter, IV_SIZE);
    tb_aes128_ctr(phone->session_key, counter, objects, cipher);
    const struct tb_span parts[] = {tb_span_of(counter, IV_SIZE), tb_span_of(cipher, objects.size)};
    struct tb_digest mac = tb_hmac_sha256_parts(tb_span_of(phone->session_key + 16, 32), parts, 2);
    cipher[0] ^= phone->tampered ? 1 : 0;
    tb_buf_add(to, parts[0]);
    tb_buf_add(to, parts[1]);
    tb_buf_add(to, tb_digest_span(&mac));
}

static void answer_make(struct card *card, struct tb_span objects)
{
    struct card_smart_tap *phone = &card->state.smart_tap;
    uint8_t bytes[MESSAGE_MAX];
    uint8_t message_bytes[MESSAGE_MAX];
    struct tb_buf bundle = tb_buf_of(bytes, sizeof bytes);
    struct tb_buf message = tb_buf_of(message_bytes, sizeof message_bytes);
    struct tb_buf whole = tb_buf_of(phone->answer, sizeof phone->answer);
    phone->sequence++;
    put_bundle(card, objects, &bundle);
    put_session(&message, phone);
    put(&message, LAST, "reb", tb_buf_span(&bundle));
    put(&whole, FIRST | LAST, "srs", tb_buf_span(&message));
    TB_ASSERT(bundle.err == TB_OK && message.err == TB_OK && whole.err == TB_OK);
    phone->answer_size = whole.size;
    phone->answer_at = 0;
}

static uint16_t part_tell(struct card_smart_tap *phone, struct tb_buf *answer)
{
    struct tb_span rest =
        tb_span_sub(tb_span_of(phone->answer, phone->answer_size), phone->answer_at, SIZE_MAX);
    if (rest.size == 0)
        return 0x9405;
    struct tb_span part = tb_span_sub(rest, 0, phone->part_size);
    tb_buf_add(answer, part);
    phone->answer_at += part.size;
    return part.size < rest.size ? 0x9100 : 0x9000;
}

static bool asks_for(struct tb_span services, uint8_t service)
{
    struct tb_ndef n;
    struct tb_ndef_record record;
    enum tb_err err = tb_ndef_begin(&n, services);
    while (err == TB_OK && (err = tb_ndef_next(&n, &record)) == TB_OK)
        if (tb_span_is(record.type, "str") && record.payload.size == 1 && record.payload.at[0] == service)
            return true;
    return false;
}

/* 0: everything is right; compression must not have been offered. */
static uint16_t request_check(const struct card_smart_tap *phone, struct tb_span request)
{
    struct tb_span session = get(request, "ses");
    struct tb_reader collector = tb_reader_of(tb_span_sub(get(get(request, "mer"), "cld"), 1, SIZE_MAX));
    struct tb_span terminal = get(request, "pcr");
    if (session.size != 10 || terminal.size != 5)
        return 0x9402;
    uint8_t step = (uint8_t)(session.at[8] - phone->sequence);
    if (memcmp(session.at, phone->session_id, sizeof phone->session_id) != 0 ||
        step != (phone->retried ? 3 : 1))
        return 0x9203;
    if (tb_read_u32be(&collector) != phone->collector)
        return 0x9407;
    return terminal.at[0] & 0x40 ? 0x9402 : 0;
}

static uint16_t get_data(struct card *card, struct tb_span data, struct tb_buf *answer)
{
    struct card_smart_tap *phone = &card->state.smart_tap;
    struct tb_span request = tb_span_sub(get(data, "srq"), 2, SIZE_MAX);
    if (phone->stage != CARD_SMART_TAP_NEGOTIATED)
        return 0x9203;
    uint16_t status = request_check(phone, request);
    if (status)
        return status;
    if (phone->retry_data && !phone->retried) {
        phone->retried = true;
        return 0x9200;
    }
    if (phone->choose) {
        phone->choose--;
        return 0x9302;
    }
    struct tb_span services = get(request, "slr");
    bool all = asks_for(services, 0x00) || asks_for(services, 0x01);
    bool with_pass = phone->has_pass && (all || asks_for(services, 0x03));
    bool with_customer = phone->has_customer && (all || asks_for(services, 0x40));
    uint8_t bytes[MESSAGE_MAX];
    struct tb_buf objects = tb_buf_of(bytes, sizeof bytes);
    if (!with_pass && !with_customer)
        return 0x9001;
    put_objects(card, with_pass, with_customer, &objects);
    answer_make(card, tb_buf_span(&objects));
    status = part_tell(phone, answer);
    return status == 0x9000 && !with_pass ? 0x9001 : status;
}

/* --- the card */

static bool smart_tap_exchange(struct card *card, struct tb_span apdu, struct tb_buf *ret_answer,
                               bool *ret_violation)
{
    (void)ret_violation;
    uint16_t status = 0; /* 0: already in the answer */
    if (card_apdu_selects(apdu))
        select(card, card_apdu_data(apdu), ret_answer);
    else if (apdu.at[0] != 0x90)
        status = 0x6e00;
    else if (apdu.at[1] == 0x53)
        status = negotiate(card, card_apdu_data(apdu), ret_answer);
    else if (apdu.at[1] == 0x50)
        status = get_data(card, card_apdu_data(apdu), ret_answer);
    else if (apdu.at[1] == 0xc0)
        status = part_tell(&card->state.smart_tap, ret_answer);
    else
        status = 0x9400;
    if (status)
        card_status_add(ret_answer, status);
    return true;
}

static void smart_tap_reset(struct card *card)
{
    struct card_smart_tap *phone = &card->state.smart_tap;
    phone->stage = CARD_SMART_TAP_IDLE;
    phone->retried = false;
    phone->answer_size = 0;
    phone->answer_at = 0;
}

static bool key_set(struct card_smart_tap *phone, const char *hex)
{
    uint8_t point[TB_KEY_POINT_SIZE];
    size_t size = strlen(hex) / 2;
    return size <= sizeof point && tb_hex_decode(tb_span_str(hex), point, size) == TB_OK &&
           tb_public_key_of_point(tb_span_of(point, size), &phone->key) == TB_OK;
}

static void smart_tap_begin(struct card *card, const struct card_model *model)
{
    struct card_smart_tap *phone = &card->state.smart_tap;
    (void)model;
    card->uid_random = true;
    card->uid_size = 4;
    phone->collector = 20180608;
    phone->key_version = 1;
    phone->has_pass = true;
    phone->part_size = 240;
    TB_ASSERT(key_set(phone, demo_collector_key));
    TB_ASSERT(tb_span_to_str(tb_span_str("2018"), phone->number, sizeof phone->number) == TB_OK);
}

static const char *flag_set(struct card_smart_tap *phone, const char *key)
{
    const struct {
        const char *name;
        bool *flag;
    } flags[] = {
        {"select", &phone->select_required}, {"compressed", &phone->compressed}, {"plain", &phone->plain},
        {"tampered", &phone->tampered},      {"offcurve", &phone->off_curve},    {"both", &phone->both},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(flags); i++) {
        if (strcmp(flags[i].name, key) != 0)
            continue;
        *flags[i].flag = true;
        return NULL;
    }
    return "unknown_key";
}

static const char *number_set(struct card_smart_tap *phone, const char *key, uint64_t number)
{
    if (strcmp(key, "collector") == 0)
        phone->collector = (uint32_t)number;
    else if (strcmp(key, "version") == 0)
        phone->key_version = (uint32_t)number;
    else if (strcmp(key, "locked") == 0)
        phone->locked = (unsigned)number;
    else if (strcmp(key, "choose") == 0)
        phone->choose = (unsigned)number;
    else if (strcmp(key, "part") == 0 && number > 0)
        phone->part_size = (size_t)number;
    else
        return "unknown_key";
    return NULL;
}

static const char *smart_tap_set(struct card *card, const char *key, const char *value)
{
    struct card_smart_tap *phone = &card->state.smart_tap;
    uint64_t number;
    if (strcmp(key, "number") == 0) {
        phone->has_pass = value[0] != '\0'; /* nothing behind the =: no pass */
        return tb_span_to_str(tb_span_str(value), phone->number, sizeof phone->number) == TB_OK ? NULL
                                                                                                : "number";
    }
    if (strcmp(key, "key") == 0)
        return key_set(phone, value) ? NULL : "key";
    if (strcmp(key, "customer") == 0) {
        phone->has_customer = true;
        return strlen(value) == 32 &&
                       tb_hex_decode(tb_span_str(value), phone->customer, sizeof phone->customer) == TB_OK
                   ? NULL
                   : "customer";
    }
    if (strcmp(key, "retry") == 0) {
        phone->retry_negotiate = strcmp(value, "data") != 0;
        phone->retry_data = strcmp(value, "negotiate") != 0;
        return NULL;
    }
    if (tb_decimal_decode(tb_span_str(value), UINT32_MAX, &number) == TB_OK)
        return number_set(phone, key, number);
    return flag_set(phone, key);
}

const struct card_kind card_smart_tap = {
    .exchange = smart_tap_exchange,
    .begin = smart_tap_begin,
    .reset = smart_tap_reset,
    .set = smart_tap_set,
};
