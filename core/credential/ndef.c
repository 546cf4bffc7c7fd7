#include "core/credential/ndef.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/credential/web.h"

enum header_bit {
    HEADER_MB = 0x80,
    HEADER_ME = 0x40,
    HEADER_CF = 0x20,
    HEADER_SR = 0x10,
    HEADER_IL = 0x08,
    HEADER_TNF = 0x07,
};

enum { TEXT_UTF16 = 0x80, TEXT_LANGUAGE = 0x3f, URI_CODE_RFU_MIN = 0x24 };

enum tb_err tb_ndef_begin(struct tb_ndef *n, struct tb_span message)
{
    *n = (struct tb_ndef){.depth = 0};
    if (message.size > TB_NDEF_SIZE_MAX)
        return TB_ERR_TOO_LONG;
    return tb_ndef_enter(n, message);
}

enum tb_err tb_ndef_enter(struct tb_ndef *n, struct tb_span message)
{
    if (n->depth == TB_NDEF_DEPTH_MAX)
        return TB_ERR_DEPTH;
    n->levels[n->depth++] = (struct tb_ndef_level){.rest = message};
    return TB_OK;
}

void tb_ndef_leave(struct tb_ndef *n)
{
    TB_ASSERT(n->depth > 1);
    n->depth--;
}

/* Record layout, NDEF 1.0 section 3.2: header, type size, payload size, [id size], type, id, payload. */
static enum tb_err record_read(struct tb_reader *r, uint8_t header, struct tb_ndef_record *ret_record)
{
    size_t type_size = tb_read_u8(r);
    size_t payload_size = header & HEADER_SR ? tb_read_u8(r) : tb_read_u32be(r);
    size_t id_size = header & HEADER_IL ? tb_read_u8(r) : 0;
    ret_record->tnf = (enum tb_ndef_tnf)(header & HEADER_TNF);
    ret_record->type = tb_read_bytes(r, type_size);
    ret_record->id = tb_read_bytes(r, id_size);
    ret_record->payload = tb_read_bytes(r, payload_size);
    return r->err;
}

static enum tb_err record_check(const struct tb_ndef_record *record)
{
    switch (record->tnf) {
    case TB_NDEF_EMPTY:
        return record->type.size || record->id.size || record->payload.size ? TB_ERR_SYNTAX : TB_OK;
    case TB_NDEF_UNKNOWN:
    case TB_NDEF_RESERVED: return record->type.size ? TB_ERR_SYNTAX : TB_OK;
    case TB_NDEF_UNCHANGED: return TB_ERR_UNSUPPORTED;
    case TB_NDEF_WELL_KNOWN:
    case TB_NDEF_MIME:
    case TB_NDEF_URI:
    case TB_NDEF_EXTERNAL: return TB_OK;
    }
    return TB_ERR_SYNTAX;
}

static enum tb_err level_end(const struct tb_ndef_level *level)
{
    if (level->ended)
        return level->rest.size ? TB_ERR_SYNTAX : TB_ERR_NOT_FOUND;
    return level->record_count ? TB_ERR_TRUNCATED : TB_ERR_NOT_FOUND;
}

enum tb_err tb_ndef_next(struct tb_ndef *n, struct tb_ndef_record *ret_record)
{
    struct tb_ndef_level *level = &n->levels[n->depth - 1];
    if (level->ended || level->rest.size == 0)
        return level_end(level);
    if (level->record_count == TB_NDEF_RECORDS_MAX)
        return TB_ERR_TOO_LONG;
    struct tb_reader r = tb_reader_of(level->rest);
    uint8_t header = tb_read_u8(&r);
    if (((header & HEADER_MB) != 0) != (level->record_count == 0))
        return TB_ERR_SYNTAX;
    if (header & HEADER_CF)
        return TB_ERR_UNSUPPORTED;
    enum tb_err err = record_read(&r, header, ret_record);
    if (err == TB_OK)
        err = record_check(ret_record);
    if (err != TB_OK)
        return err;
    level->rest = r.rest;
    level->record_count++;
    level->ended = (header & HEADER_ME) != 0;
    return TB_OK;
}

enum tb_err tb_ndef_check(struct tb_span message)
{
    struct tb_ndef n;
    struct tb_ndef_record record;
    enum tb_err err = tb_ndef_begin(&n, message);
    while (err == TB_OK) {
        err = tb_ndef_next(&n, &record);
        if (err == TB_ERR_NOT_FOUND && n.depth == 1)
            return TB_OK;
        if (err == TB_ERR_NOT_FOUND) {
            tb_ndef_leave(&n);
            err = TB_OK;
        } else if (err == TB_OK && tb_ndef_is(&record, TB_NDEF_WELL_KNOWN, "Sp")) {
            err = tb_ndef_enter(&n, record.payload);
        }
    }
    return err;
}

bool tb_ndef_is(const struct tb_ndef_record *record, enum tb_ndef_tnf tnf, const char *type)
{
    if (record->tnf != tnf)
        return false;
    if (tnf == TB_NDEF_EXTERNAL)
        return tb_text_equal_nocase(record->type, tb_span_str(type));
    return tb_span_is(record->type, type);
}

/* RTD URI 1.0 table 3; reserved codes count as 0, the other schemes are not used here. */
static const char *uri_prefix(uint8_t code)
{
    static const char *const prefixes[] = {"", "http://www.", "https://www.", "http://", "https://"};
    if (code >= URI_CODE_RFU_MIN)
        code = 0;
    return code < TB_ARRAY_SIZE(prefixes) ? prefixes[code] : NULL;
}

enum tb_err tb_ndef_web_address(const struct tb_ndef_record *record, struct tb_buf *ret_uri)
{
    if (record->tnf == TB_NDEF_URI) {
        tb_buf_add(ret_uri, record->type);
    } else {
        const char *prefix = NULL;
        if (tb_ndef_is(record, TB_NDEF_WELL_KNOWN, "U") && record->payload.size)
            prefix = uri_prefix(record->payload.at[0]);
        if (prefix == NULL)
            return TB_ERR_TYPE;
        tb_buf_add_str(ret_uri, prefix);
        tb_buf_add(ret_uri, tb_span_sub(record->payload, 1, SIZE_MAX));
    }
    struct tb_web web;
    if (ret_uri->err == TB_OK && tb_web_decode(tb_buf_span(ret_uri), &web) != TB_OK)
        return TB_ERR_TYPE;
    return ret_uri->err;
}

enum tb_err tb_ndef_text(const struct tb_ndef_record *record, struct tb_span *ret_text)
{
    if (!tb_ndef_is(record, TB_NDEF_WELL_KNOWN, "T") || record->payload.size == 0)
        return TB_ERR_TYPE;
    uint8_t status = record->payload.at[0];
    size_t language_size = status & TEXT_LANGUAGE;
    if (status & TEXT_UTF16 || record->payload.size < 1 + language_size)
        return TB_ERR_TYPE;
    struct tb_span text = tb_span_sub(record->payload, 1 + language_size, SIZE_MAX);
    if (!tb_utf8_valid(text))
        return TB_ERR_TYPE;
    *ret_text = text;
    return TB_OK;
}
