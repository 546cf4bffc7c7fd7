#include "core/credential/smart_tap_message.h"

#include "core/credential/ndef.h"

/*
 * A record: header (80 first, 40 last of its message; 10 short; 08 with an id; low bits: kind of type), size
 * of the type, size of the payload (1 byte, or 4), size of the id if there is one, type, id, payload. What
 * nests is the payload, behind a prefix of fixed size:
 *
 *   ngr  version(2) { ses, cpr  nonce(32) live(1) point(33) key version(4) { sig, cld } }
 *   nrs             { ses, dpk }
 *   srq  version(2) { ses, mer { cld }, slr { str … }, pcr }
 *   srs             { ses, reb  flags(1) bundle }
 *   bundle          { asv { i, ly { oid, n, … } }, asv { i, cus { cid, cpl, … } }, … }
 */
enum {
    RECORD_FIRST = 0x80,
    RECORD_LAST = 0x40,
    RECORD_SHORT = 0x10,
    LIVE = 0x01, /* the signature covers the phone's nonce */
    SESSION_SIZE = 10,
    MESSAGE_MAX = 256, /* what a terminal writes */
    NAME_SIZE = 3,
};

enum format { /* first byte of a primitive value */
              FORMAT_UNSPECIFIED = 0x00,
              FORMAT_ASCII = 0x01,
              FORMAT_UTF8 = 0x02,
              FORMAT_BINARY = 0x04,
};

/* System, user interface, checkout, verification of the holder, mode: unattended or not is not told,
 * compression (40 in the first byte) is not offered, and passes only are asked for. */
static const uint8_t capabilities[] = {0x08, 0x00, 0x00, 0x00, 0x01};

/* ---- writing */

static void put_record(struct tb_buf *to, uint8_t place, const char *name, struct tb_span payload)
{
    bool small = payload.size <= UINT8_MAX;
    tb_buf_add_u8(to, (uint8_t)(place | (small ? RECORD_SHORT : 0) | TB_NDEF_EXTERNAL));
    tb_buf_add_u8(to, (uint8_t)strlen(name));
    if (small)
        tb_buf_add_u8(to, (uint8_t)payload.size);
    else
        tb_buf_add_u32be(to, (uint32_t)payload.size);
    tb_buf_add_str(to, name);
    tb_buf_add(to, payload);
}

static void put_session(struct tb_buf *to, const struct tb_smart_tap_session *session)
{
    uint8_t bytes[SESSION_SIZE];
    struct tb_buf payload = tb_buf_of(bytes, sizeof bytes);
    tb_buf_add(&payload, tb_span_of(session->id, sizeof session->id));
    tb_buf_add_u8(&payload, session->sequence);
    tb_buf_add_u8(&payload, session->status);
    put_record(to, RECORD_FIRST, "ses", tb_buf_span(&payload));
}

static void put_collector(struct tb_buf *to, uint8_t place, uint32_t collector)
{
    uint8_t bytes[5];
    struct tb_buf payload = tb_buf_of(bytes, sizeof bytes);
    tb_buf_add_u8(&payload, FORMAT_BINARY);
    tb_buf_add_u32be(&payload, collector);
    put_record(to, place, "cld", tb_buf_span(&payload));
}

static void put_offer(struct tb_buf *to, const struct tb_smart_tap_offer *offer)
{
    uint8_t bytes[1 + TB_SIGNATURE_DER_SIZE_MAX];
    struct tb_buf signature = tb_buf_of(bytes, sizeof bytes);
    tb_buf_add_u8(&signature, FORMAT_BINARY);
    tb_buf_add(&signature, offer->signature);
    tb_buf_add(to, offer->nonce);
    tb_buf_add_u8(to, LIVE);
    tb_buf_add(to, offer->point);
    tb_buf_add_u32be(to, offer->key_version);
    put_record(to, RECORD_FIRST, "sig", tb_buf_span(&signature));
    put_collector(to, RECORD_LAST, offer->collector);
    if (signature.err != TB_OK)
        to->err = signature.err;
}

void tb_smart_tap_put_negotiate(struct tb_buf *to, const struct tb_smart_tap_session *session,
                                const struct tb_smart_tap_offer *offer)
{
    uint8_t offer_bytes[MESSAGE_MAX];
    uint8_t bytes[MESSAGE_MAX];
    struct tb_buf payload = tb_buf_of(offer_bytes, sizeof offer_bytes);
    struct tb_buf message = tb_buf_of(bytes, sizeof bytes);
    put_offer(&payload, offer);
    tb_buf_add_u16be(&message, TB_SMART_TAP_VERSION);
    put_session(&message, session);
    put_record(&message, RECORD_LAST, "cpr", tb_buf_span(&payload));
    put_record(to, RECORD_FIRST | RECORD_LAST, "ngr", tb_buf_span(&message));
    if (payload.err != TB_OK || message.err != TB_OK)
        to->err = TB_ERR_TOO_LONG;
}

static void put_services(struct tb_buf *to, struct tb_span services)
{
    uint8_t bytes[MESSAGE_MAX];
    struct tb_buf list = tb_buf_of(bytes, sizeof bytes);
    for (size_t i = 0; i < services.size; i++) {
        uint8_t first = i == 0 ? RECORD_FIRST : 0;
        uint8_t last = i + 1 == services.size ? RECORD_LAST : 0;
        put_record(&list, first | last, "str", tb_span_sub(services, i, 1));
    }
    put_record(to, 0, "slr", tb_buf_span(&list));
    if (list.err != TB_OK)
        to->err = list.err;
}

void tb_smart_tap_put_request(struct tb_buf *to, const struct tb_smart_tap_session *session,
                              uint32_t collector, struct tb_span services)
{
    uint8_t merchant_bytes[16];
    uint8_t bytes[MESSAGE_MAX];
    struct tb_buf merchant = tb_buf_of(merchant_bytes, sizeof merchant_bytes);
    struct tb_buf message = tb_buf_of(bytes, sizeof bytes);
    put_collector(&merchant, RECORD_FIRST | RECORD_LAST, collector);
    tb_buf_add_u16be(&message, TB_SMART_TAP_VERSION);
    put_session(&message, session);
    put_record(&message, 0, "mer", tb_buf_span(&merchant));
    put_services(&message, services);
    put_record(&message, RECORD_LAST, "pcr", tb_span_of(capabilities, sizeof capabilities));
    put_record(to, RECORD_FIRST | RECORD_LAST, "srq", tb_buf_span(&message));
    if (message.err != TB_OK)
        to->err = message.err;
}

/* ---- reading */

static bool is_named(const struct tb_ndef_record *record, const char *name)
{
    return tb_span_is(record->type, name) || tb_span_is(record->id, name);
}

/* The first record of that name in one message; the whole message has to be well-formed all the same. */
static enum tb_err record_find(struct tb_span message, const char *name, struct tb_ndef_record *ret_record)
{
    struct tb_ndef n;
    struct tb_ndef_record record;
    bool found = false;
    enum tb_err err = tb_ndef_begin(&n, message);
    while (err == TB_OK && (err = tb_ndef_next(&n, &record)) == TB_OK) {
        if (found || !is_named(&record, name))
            continue;
        *ret_record = record;
        found = true;
    }
    return err == TB_ERR_NOT_FOUND && found ? TB_OK : err;
}

static enum tb_err required(enum tb_err err)
{
    return err == TB_ERR_NOT_FOUND ? TB_ERR_MISSING : err;
}

/* What is a message itself. */
static enum tb_err message_find(struct tb_span message, const char *name, struct tb_span *ret_message)
{
    struct tb_ndef_record record;
    enum tb_err err = record_find(message, name, &record);
    if (err == TB_OK)
        *ret_message = record.payload;
    return err;
}

static enum tb_err session_find(struct tb_span message, struct tb_smart_tap_session *ret_session)
{
    struct tb_span payload;
    enum tb_err err = required(message_find(message, "ses", &payload));
    if (err != TB_OK)
        return err;
    struct tb_reader r = tb_reader_of(payload);
    struct tb_span id = tb_read_bytes(&r, sizeof ret_session->id);
    ret_session->sequence = tb_read_u8(&r);
    ret_session->status = tb_read_u8(&r);
    if (r.err != TB_OK || r.rest.size)
        return TB_ERR_SYNTAX;
    memcpy(ret_session->id, id.at, id.size);
    return TB_OK;
}

enum tb_err tb_smart_tap_read_selected(struct tb_span data, uint8_t ret_nonce[TB_SMART_TAP_NONCE_SIZE])
{
    struct tb_reader r = tb_reader_of(data);
    uint16_t version_min = tb_read_u16be(&r);
    uint16_t version_max = tb_read_u16be(&r);
    struct tb_span payload;
    enum tb_err err = r.err;
    if (err == TB_OK)
        err = required(message_find(r.rest, "mdn", &payload));
    if (err != TB_OK)
        return err;
    if (version_min > TB_SMART_TAP_VERSION || version_max < TB_SMART_TAP_VERSION)
        return TB_ERR_UNSUPPORTED;
    if (payload.size != 1 + TB_SMART_TAP_NONCE_SIZE || payload.at[0] != FORMAT_BINARY)
        return TB_ERR_SYNTAX;
    memcpy(ret_nonce, payload.at + 1, TB_SMART_TAP_NONCE_SIZE);
    return TB_OK;
}

enum tb_err tb_smart_tap_read_negotiated(struct tb_span data, struct tb_smart_tap_session *ret_session,
                                         uint8_t ret_point[TB_KEY_COMPRESSED_SIZE])
{
    struct tb_span message;
    struct tb_span point;
    enum tb_err err = required(message_find(data, "nrs", &message));
    if (err == TB_OK)
        err = session_find(message, ret_session);
    if (err == TB_OK)
        err = required(message_find(message, "dpk", &point));
    if (err != TB_OK)
        return err;
    if (point.size != TB_KEY_COMPRESSED_SIZE)
        return TB_ERR_SYNTAX;
    memcpy(ret_point, point.at, TB_KEY_COMPRESSED_SIZE);
    return TB_OK;
}

enum tb_err tb_smart_tap_read_response(struct tb_span data, struct tb_smart_tap_session *ret_session,
                                       uint8_t *ret_flags, struct tb_span *ret_body)
{
    struct tb_span message;
    struct tb_span bundle;
    enum tb_err err = required(message_find(data, "srs", &message));
    if (err == TB_OK)
        err = session_find(message, ret_session);
    if (err == TB_OK)
        err = message_find(message, "reb", &bundle);
    if (err != TB_OK)
        return err;
    if (bundle.size == 0)
        return TB_ERR_SYNTAX;
    *ret_flags = bundle.at[0];
    *ret_body = tb_span_sub(bundle, 1, SIZE_MAX);
    return TB_OK;
}

static bool is_printable_ascii(struct tb_span text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.at[i] < 0x20 || text.at[i] > 0x7e)
            return false;
    return text.size > 0;
}

/* A primitive value behind its format, or a Text record. */
static enum tb_err text_read(const struct tb_ndef_record *record, struct tb_span *ret_text)
{
    if (tb_ndef_is(record, TB_NDEF_WELL_KNOWN, "T"))
        return tb_ndef_text(record, ret_text);
    if (record->payload.size == 0)
        return TB_ERR_SYNTAX;
    uint8_t format = record->payload.at[0];
    if (format != FORMAT_UNSPECIFIED && format != FORMAT_ASCII && format != FORMAT_UTF8)
        return TB_ERR_TYPE;
    *ret_text = tb_span_sub(record->payload, 1, SIZE_MAX);
    return TB_OK;
}

static enum tb_err loyalty_read(struct tb_span pass, struct tb_smart_tap_bundle *bundle)
{
    struct tb_ndef_record record;
    struct tb_span number;
    enum tb_err err = required(record_find(pass, "n", &record));
    if (err == TB_OK)
        err = text_read(&record, &number);
    if (err != TB_OK)
        return err;
    if (!is_printable_ascii(number))
        return TB_ERR_TYPE;
    if (bundle->number.size == 0)
        bundle->number = number;
    return TB_OK;
}

static enum tb_err customer_read(struct tb_span wallet, struct tb_smart_tap_customer *customer)
{
    struct tb_ndef_record record;
    struct tb_span language;
    enum tb_err err = required(record_find(wallet, "cid", &record));
    if (err != TB_OK)
        return err;
    if (record.payload.size != 1 + sizeof customer->id || record.payload.at[0] != FORMAT_BINARY)
        return TB_ERR_TYPE;
    customer->id_size = sizeof customer->id;
    memcpy(customer->id, record.payload.at + 1, sizeof customer->id);
    err = record_find(wallet, "cpl", &record);
    if (err == TB_OK && text_read(&record, &language) == TB_OK && is_printable_ascii(language))
        return tb_span_to_str(language, customer->language, sizeof customer->language);
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

/* Objects of other kinds are passed over. */
static enum tb_err object_read(struct tb_span object, struct tb_smart_tap_bundle *bundle)
{
    struct tb_span inner;
    enum tb_err err = message_find(object, "ly", &inner);
    if (err == TB_OK)
        return loyalty_read(inner, bundle);
    if (err == TB_ERR_NOT_FOUND)
        err = message_find(object, "cus", &inner);
    if (err == TB_OK)
        err = customer_read(inner, &bundle->customer);
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

enum tb_err tb_smart_tap_read_bundle(struct tb_span plain, struct tb_smart_tap_bundle *ret_bundle)
{
    struct tb_ndef n;
    struct tb_ndef_record record;
    *ret_bundle = (struct tb_smart_tap_bundle){.number = {.size = 0}};
    enum tb_err err = tb_ndef_begin(&n, plain);
    while (err == TB_OK && (err = tb_ndef_next(&n, &record)) == TB_OK)
        if (is_named(&record, "asv"))
            err = object_read(record.payload, ret_bundle);
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}
