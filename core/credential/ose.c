#include "core/credential/ose.h"

#include "core/base/assert.h"
#include "core/credential/tlv.h"

enum { STATUS_OK = 0x9000, TIMEOUT_MS = 1000 };

enum tag {
    TAG_FCI = 0x6f,
    TAG_LABEL = 0x50,
    TAG_APPLE_VERSION = 0x9f21,
    TAG_APPLE_CAPABILITIES = 0x9f23,
    TAG_APPLE_NONCE = 0x9f24,
    TAG_GOOGLE_TRANSACTION = 0xc1,
    TAG_GOOGLE_NONCE = 0xc2,
    TAG_PROPRIETARY = 0xa5,
    TAG_DIRECTORY = 0xbf0c,
    TAG_ENTRY = 0x61,
    TAG_AID = 0x4f,
    TAG_DISCRETIONARY = 0x73,
    TAG_VERSION_MIN = 0xdf6d,
    TAG_VERSION_MAX = 0xdf4d,
    TAG_CAPABILITIES = 0xdf62,
    TAG_NONCE = 0xdf6e,
};

static const uint8_t smart_tap_aid[] = {0xa0, 0x00, 0x00, 0x04, 0x76, 0xd0, 0x00, 0x01, 0x11};

void tb_ose_command(struct tb_applet_io *ret_io)
{
    static const uint8_t select[] = {0x00, 0xa4, 0x04, 0x00, 0x0a, 'O', 'S', 'E',
                                     '.',  'V',  'A',  'S',  '.',  '0', '1', 0x00};
    memcpy(ret_io->command, select, sizeof select);
    ret_io->command_size = sizeof select;
    ret_io->timeout_ms = TIMEOUT_MS;
}

/* A value of exactly size bytes; one that is absent leaves ret_bytes as it is. */
static enum tb_err fixed_find(struct tb_span objects, uint16_t tag, uint8_t *ret_bytes, size_t size)
{
    struct tb_span value;
    enum tb_err err = tb_tlv_find(objects, tag, &value);
    if (err != TB_OK)
        return err;
    if (value.size != size)
        return TB_ERR_SYNTAX;
    memcpy(ret_bytes, value.at, size);
    return TB_OK;
}

static enum tb_err optional(enum tb_err err)
{
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

static enum tb_err required(enum tb_err err)
{
    return err == TB_ERR_NOT_FOUND ? TB_ERR_MISSING : err;
}

static uint16_t u16be(const uint8_t bytes[2])
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static enum tb_err apple_read(struct tb_span fci, struct tb_ose *ose)
{
    uint8_t version[2];
    uint8_t capabilities[4];
    enum tb_err err = required(fixed_find(fci, TAG_APPLE_VERSION, version, sizeof version));
    if (err == TB_OK)
        err = required(fixed_find(fci, TAG_APPLE_CAPABILITIES, capabilities, sizeof capabilities));
    if (err == TB_OK)
        err = optional(fixed_find(fci, TAG_APPLE_NONCE, ose->apple.nonce, sizeof ose->apple.nonce));
    if (err != TB_OK)
        return err;
    ose->apple.version = u16be(version);
    ose->apple.capabilities = capabilities[3];
    return TB_OK;
}

static enum tb_err nonce_find(struct tb_span objects, uint16_t tag, struct tb_ose *ose)
{
    enum tb_err err = fixed_find(objects, tag, ose->google.nonce, sizeof ose->google.nonce);
    if (err == TB_OK)
        ose->google.has_nonce = true;
    return optional(err);
}

/* Some versions of the wallet leave out what stands in the discretionary data, or all of it. */
static enum tb_err discretionary_read(struct tb_span entry, struct tb_ose *ose)
{
    struct tb_span data;
    uint8_t version_min[2] = {0x00, 0x00};
    uint8_t version_max[2] = {0xff, 0xff};
    enum tb_err err = tb_tlv_find(entry, TAG_DISCRETIONARY, &data);
    ose->google.listed = true;
    if (err != TB_OK)
        return optional(err);
    err = optional(fixed_find(data, TAG_VERSION_MIN, version_min, sizeof version_min));
    if (err == TB_OK)
        err = optional(fixed_find(data, TAG_VERSION_MAX, version_max, sizeof version_max));
    if (err == TB_OK)
        err = optional(fixed_find(data, TAG_CAPABILITIES, &ose->google.capabilities, 1));
    if (err == TB_OK)
        err = nonce_find(data, TAG_NONCE, ose);
    ose->google.version_min = u16be(version_min);
    ose->google.version_max = u16be(version_max);
    return err;
}

/* Entries of other applications, payment first of all, stand beside ours. */
static enum tb_err directory_read(struct tb_span directory, struct tb_ose *ose)
{
    struct tb_reader r = tb_reader_of(directory);
    struct tb_tlv entry;
    struct tb_span aid;
    enum tb_err err;
    while ((err = tb_tlv_next(&r, &entry)) == TB_OK) {
        if (entry.tag != TAG_ENTRY)
            continue;
        err = tb_tlv_find(entry.value, TAG_AID, &aid);
        if (err == TB_OK && !ose->google.listed &&
            tb_span_equal(aid, tb_span_of(smart_tap_aid, sizeof smart_tap_aid)))
            err = discretionary_read(entry.value, ose);
        if (optional(err) != TB_OK)
            return err;
    }
    return optional(err);
}

static enum tb_err google_read(struct tb_span fci, struct tb_ose *ose)
{
    struct tb_span value;
    enum tb_err err = tb_tlv_find(fci, TAG_GOOGLE_TRANSACTION, &value);
    if (err == TB_OK && value.size)
        ose->google.mode = value.at[0];
    if (optional(err) == TB_OK)
        err = nonce_find(fci, TAG_GOOGLE_NONCE, ose);
    if (optional(err) == TB_OK)
        err = tb_tlv_find(fci, TAG_PROPRIETARY, &value);
    if (err == TB_OK)
        err = tb_tlv_find(value, TAG_DIRECTORY, &value);
    ose->google.version_max = UINT16_MAX;
    ose->google.listed = err == TB_ERR_NOT_FOUND;
    return err == TB_OK ? directory_read(value, ose) : optional(err);
}

enum tb_err tb_ose_read(struct tb_span answer, struct tb_ose *ret_ose)
{
    *ret_ose = (struct tb_ose){.wallet = TB_OSE_APPLE};
    if (tb_applet_status(answer) != STATUS_OK)
        return TB_ERR_NOT_FOUND;
    struct tb_span fci;
    struct tb_span label;
    enum tb_err err = required(tb_tlv_find(tb_span_sub(answer, 0, answer.size - 2), TAG_FCI, &fci));
    if (err == TB_OK)
        err = required(tb_tlv_find(fci, TAG_LABEL, &label));
    if (err == TB_ERR_DUPLICATE_KEY)
        return TB_ERR_CONFLICT;
    if (err != TB_OK)
        return err;
    if (tb_span_is(label, "ApplePay"))
        return apple_read(fci, ret_ose);
    if (!tb_span_is(label, "AndroidPay"))
        return TB_ERR_UNSUPPORTED;
    ret_ose->wallet = TB_OSE_GOOGLE;
    return google_read(fci, ret_ose);
}
