#include "agent/cache/pack.h"

#include "core/base/id.h"

#define MARKER 0x01
#define DIGIT_COUNT ((size_t)2 * TB_ID_SIZE)

static bool is_lower_hex(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f');
}

/* How many bytes of text lie before an identifier that could begin in the DIGIT_COUNT bytes at its front; 0:
 * one does begin there. Looked at from behind, so that most of a text is passed over unseen. */
static size_t plain_size(const uint8_t *text)
{
    size_t size = DIGIT_COUNT;
    while (size > 0 && is_lower_hex(text[size - 1]))
        size--;
    return size;
}

void tb_pack_json(struct tb_span json, struct tb_buf *ret_packed)
{
    size_t plain = 0; /* start of what is kept as it is */
    size_t at = 0;
    while (json.size - at >= DIGIT_COUNT) {
        size_t skip = plain_size(json.at + at);
        struct tb_id id;
        if (skip > 0 || tb_id_decode(tb_span_sub(json, at, DIGIT_COUNT), &id) != TB_OK) {
            at += skip > 0 ? skip : 1;
            continue;
        }
        tb_buf_add(ret_packed, tb_span_sub(json, plain, at - plain));
        tb_buf_add_u8(ret_packed, MARKER);
        tb_buf_add(ret_packed, tb_id_span(&id));
        plain = at += DIGIT_COUNT;
    }
    tb_buf_add(ret_packed, tb_span_sub(json, plain, SIZE_MAX));
}

enum tb_err tb_unpack_json(struct tb_span packed, struct tb_buf *ret_json)
{
    struct tb_reader from = tb_reader_of(packed);
    while (from.rest.size > 0) {
        uint8_t byte = tb_read_u8(&from);
        if (byte == MARKER)
            tb_buf_add_hex(ret_json, tb_read_bytes(&from, TB_ID_SIZE));
        else
            tb_buf_add_u8(ret_json, byte);
        if (from.err)
            return from.err;
    }
    return ret_json->err;
}
