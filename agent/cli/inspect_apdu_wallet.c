/* inspect --apdu: what phone wallets are asked and say. Built only with TB_WALLETS. */
#include "agent/cli/inspect_apdu.h"

#include "core/base/assert.h"
#include "core/credential/ose.h"
#include "core/credential/tlv.h"

enum {
    STATUS_PARTS = 0x9100,
    OFFER_NONCE_AT = 0,
    OFFER_VERSION_AT = TB_SMART_TAP_NONCE_SIZE + 1 + TB_KEY_COMPRESSED_SIZE,
    KEY_ID_SIZE = 4,
};

static void number_put(struct tb_inspect_report *r, const char *name, int64_t number)
{
    uint8_t memory[24];
    struct tb_buf text = tb_buf_of(memory, sizeof memory);
    tb_buf_add_decimal(&text, number);
    tb_inspect_put(r, name, tb_buf_span(&text));
}

/* ---- the directory ---- */

static void directory_answer(struct tb_inspect_report *r, struct tb_apdu_context *c, struct tb_span answer)
{
    struct tb_ose ose;
    enum tb_err err = tb_ose_read(answer, &ose);
    (void)c;
    if (err != TB_OK) {
        tb_inspect_put_str(r, "wallet",
                           err == TB_ERR_CONFLICT      ? "two at once: refused"
                           : err == TB_ERR_UNSUPPORTED ? "of another kind"
                                                       : "none that could be spoken with");
        return;
    }
    if (ose.wallet == TB_OSE_APPLE) {
        bool able = ose.apple.capabilities & TB_OSE_APPLE_CAN_VAS;
        tb_inspect_put_str(r, "wallet", "Apple");
        tb_inspect_put_str(r, "vas", able ? "yes" : "no");
        return;
    }
    tb_inspect_put_str(r, "wallet", "Google");
    tb_inspect_put_str(r, "smart_tap", ose.google.listed ? "listed" : "not listed");
    bool skips = ose.google.capabilities & TB_OSE_GOOGLE_MAY_SKIP_SELECT && ose.google.has_nonce;
    tb_inspect_put_str(r, "select", skips ? "may be skipped" : "is needed");
    if (ose.google.has_nonce)
        tb_inspect_put_hex(r, "nonce", tb_span_of(ose.google.nonce, sizeof ose.google.nonce));
}

/* ---- Smart Tap: records in records, see core/credential/smart_tap_message.c ---- */

static const struct nest { /* records whose payload is a message again, behind a prefix */
    const char *name;
    uint8_t prefix_size;
} nests[] = {
    {"ngr", 2}, {"cpr", OFFER_VERSION_AT + 4}, {"nrs", 0}, {"srq", 2}, {"mer", 0}, {"slr", 0}, {"srs", 0},
};

static bool is_named(const struct tb_ndef_record *record, const char *name)
{
    return tb_span_is(record->type, name) || tb_span_is(record->id, name);
}

static const struct nest *nest_of(const struct tb_ndef_record *record)
{
    for (size_t i = 0; i < TB_ARRAY_SIZE(nests); i++)
        if (is_named(record, nests[i].name))
            return &nests[i];
    return NULL;
}

static void session_put(struct tb_inspect_report *r, struct tb_span payload)
{
    if (payload.size != 10)
        return;
    tb_inspect_put_hex(r, "session", tb_span_sub(payload, 0, 8));
    number_put(r, "sequence", payload.at[8]);
    number_put(r, "ses_status", payload.at[9]);
}

static void record_put(struct tb_inspect_report *r, const struct tb_ndef_record *record)
{
    struct tb_span value = tb_span_sub(record->payload, 1, SIZE_MAX); /* behind its format */
    if (is_named(record, "ses"))
        session_put(r, record->payload);
    else if (is_named(record, "cld"))
        tb_inspect_put_hex(r, "collector", value);
    else if (is_named(record, "mdn"))
        tb_inspect_put_hex(r, "nonce", value);
    else if (is_named(record, "dpk"))
        tb_inspect_put_hex(r, "point", record->payload);
    else if (is_named(record, "str"))
        tb_inspect_put_hex(r, "service", record->payload);
    else if (is_named(record, "sig"))
        number_put(r, "signature", (int64_t)value.size);
    else if (is_named(record, "reb") && record->payload.size) {
        tb_inspect_put_hex(r, "flags", tb_span_sub(record->payload, 0, 1));
        number_put(r, "encrypted", (int64_t)value.size);
    }
}

static void offer_put(struct tb_inspect_report *r, struct tb_span payload)
{
    if (payload.size < OFFER_VERSION_AT + 4)
        return;
    tb_inspect_put_hex(r, "nonce", tb_span_sub(payload, OFFER_NONCE_AT, TB_SMART_TAP_NONCE_SIZE));
    tb_inspect_put_hex(r, "key_version", tb_span_sub(payload, OFFER_VERSION_AT, 4));
}

static void message_put(struct tb_inspect_report *r, struct tb_span message)
{
    struct tb_ndef n;
    struct tb_ndef_record record;
    enum tb_err err = tb_ndef_begin(&n, message);
    while (err == TB_OK || (err == TB_ERR_NOT_FOUND && n.depth > 1)) {
        if (err == TB_ERR_NOT_FOUND)
            tb_ndef_leave(&n);
        err = tb_ndef_next(&n, &record);
        if (err != TB_OK)
            continue;
        const struct nest *nest = nest_of(&record);
        if (is_named(&record, "cpr"))
            offer_put(r, record.payload);
        if (nest)
            err = tb_ndef_enter(&n, tb_span_sub(record.payload, nest->prefix_size, SIZE_MAX));
        else
            record_put(r, &record);
    }
    if (err != TB_ERR_NOT_FOUND)
        tb_inspect_put_str(r, "message", "breaks the rules of NDEF");
}

static void message_command(struct tb_inspect_report *r, struct tb_apdu_context *c, struct tb_span command)
{
    c->collected_size = 0;
    message_put(r, tb_apdu_data(command));
}

static void message_answer(struct tb_inspect_report *r, struct tb_apdu_context *c, struct tb_span answer)
{
    (void)c;
    message_put(r, tb_span_sub(answer, 0, answer.size - 2));
}

/* In parts, of which only the whole is a message. */
static void pass_answer(struct tb_inspect_report *r, struct tb_apdu_context *c, struct tb_span answer)
{
    struct tb_span part = tb_span_sub(answer, 0, answer.size - 2);
    number_put(r, "bytes", (int64_t)part.size);
    if (part.size > sizeof c->collected - c->collected_size)
        return;
    memcpy(c->collected + c->collected_size, part.at, part.size);
    c->collected_size = (uint16_t)(c->collected_size + part.size);
    if (tb_applet_status(answer) == STATUS_PARTS)
        return;
    message_put(r, tb_span_of(c->collected, c->collected_size));
    c->collected_size = 0;
}

/* Versions, then a message. */
static void selected_answer(struct tb_inspect_report *r, struct tb_apdu_context *c, struct tb_span answer)
{
    (void)c;
    if (answer.size < 4 + 2)
        return;
    tb_inspect_put_hex(r, "versions", tb_span_sub(answer, 0, 4));
    message_put(r, tb_span_sub(answer, 4, answer.size - 4 - 2));
}

/* ---- VAS ---- */

static void question_command(struct tb_inspect_report *r, struct tb_apdu_context *c, struct tb_span command)
{
    struct tb_reader objects = tb_reader_of(tb_apdu_data(command));
    struct tb_tlv object;
    (void)c;
    tb_inspect_put_str(r, "asks_for", command.at[3] ? "a pass" : "nothing: it tells an address");
    while (tb_tlv_next(&objects, &object) == TB_OK) {
        if (object.tag == 0x9f25)
            tb_inspect_put_hex(r, "merchant", object.value); /* SHA-256 of the pass type identifier */
        else if (object.tag == 0x9f26)
            tb_inspect_put_hex(r, "terminal", object.value);
        else if (object.tag == 0x9f29)
            tb_inspect_put(r, "address", object.value);
    }
}

static void cryptogram_answer(struct tb_inspect_report *r, struct tb_apdu_context *c, struct tb_span answer)
{
    struct tb_span objects;
    struct tb_span cryptogram;
    (void)c;
    if (tb_tlv_find(tb_span_sub(answer, 0, answer.size - 2), 0x70, &objects) != TB_OK ||
        tb_tlv_find(objects, 0x9f27, &cryptogram) != TB_OK)
        return;
    tb_inspect_put_hex(r, "key_id", tb_span_sub(cryptogram, 0, KEY_ID_SIZE));
    number_put(r, "cryptogram", (int64_t)cryptogram.size);
}

/* ---- tables ---- */

#define NAMED(bytes) bytes, sizeof(bytes) - 1
#define NO_NAME NULL, 0

struct tb_apdu_forms tb_apdu_wallet_forms(void)
{
    static const struct tb_apdu_form forms[] = {
        {"SELECT OSE.VAS.01", TB_APDU_DIRECTORY, 0x00, 0xa4, NAMED("OSE.VAS.01"), NULL, directory_answer},
        {"SELECT Smart Tap 2", TB_APDU_SMART_TAP, 0x00, 0xa4, NAMED("\xa0\x00\x00\x04\x76\xd0\x00\x01\x11"),
         NULL, selected_answer},
        {"NEGOTIATE", TB_APDU_SMART_TAP, 0x90, 0x53, NO_NAME, message_command, message_answer},
        {"GET DATA", TB_APDU_SMART_TAP, 0x90, 0x50, NO_NAME, message_command, pass_answer},
        {"GET MORE DATA", TB_APDU_SMART_TAP, 0x90, 0xc0, NO_NAME, NULL, pass_answer},
        {"GET VAS DATA", TB_APDU_VAS, 0x80, 0xca, NO_NAME, question_command, cryptogram_answer},
    };
    return (struct tb_apdu_forms){forms, TB_ARRAY_SIZE(forms)};
}

static const struct tb_apdu_status smart_tap[] = {
    {0x9000, 0xff00, "done"},
    {0x9100, 0xffff, "done, more is there"},
    {0x9100, 0xff00, "done"},
    {0x9200, 0xff00, "to be sent once more"},
    {0x9300, 0xffff, "the phone is to be unlocked"},
    {0x9302, 0xffff, "the shopper is to choose a pass"},
    {0x9300, 0xff00, "the shopper has to do something"},
    {0x9500, 0xffff, "the phone does not know this key"},
    {0x9400, 0xfe00, "the phone refuses this terminal"},
    {0, 0, NULL},
};

static const struct tb_apdu_status vas[] = {
    {0x6287, 0xffff, "the shopper is to authenticate"},
    {0x6984, 0xffff, "the shopper is to choose a pass"},
    {0x6a83, 0xffff, "no pass of this merchant"},
    {0, 0, NULL},
};

const struct tb_apdu_status *tb_apdu_wallet_statuses(enum tb_apdu_family family)
{
    if (family == TB_APDU_SMART_TAP)
        return smart_tap;
    return family == TB_APDU_VAS ? vas : NULL;
}
