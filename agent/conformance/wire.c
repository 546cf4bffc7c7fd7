#include "agent/conformance/wire.h"

#include "core/base/text.h"

#define HEAD_END "\r\n\r\n"
#define PLACES_16 126
#define PLACES_64 127

static size_t find(struct tb_span bytes, const char *what)
{
    size_t size = strlen(what);
    for (size_t i = 0; i + size <= bytes.size; i++)
        if (memcmp(bytes.at + i, what, size) == 0)
            return i;
    return SIZE_MAX;
}

enum tb_err tb_wire_answer_parse(struct tb_span bytes, struct tb_wire_answer *ret_answer)
{
    static const char version[] = "HTTP/1.1 ";
    uint64_t status = 0;
    *ret_answer = (struct tb_wire_answer){.status = 0};
    size_t end = find(bytes, HEAD_END);
    if (end == SIZE_MAX)
        return TB_ERR_TRUNCATED;
    struct tb_span head = tb_span_sub(bytes, 0, end + 2);
    struct tb_span line = tb_span_cut(&head, '\n');
    if (!tb_span_starts(line, tb_span_str(version)) ||
        tb_decimal_decode(tb_span_sub(line, sizeof version - 1, 3), 999, &status) != TB_OK || status < 100)
        return TB_ERR_SYNTAX;
    ret_answer->status = (unsigned)status;
    ret_answer->head = head;
    ret_answer->body = tb_span_sub(bytes, end + sizeof HEAD_END - 1, bytes.size);
    return TB_OK;
}

static bool name_is(struct tb_span line, const char *name)
{
    size_t size = strlen(name);
    if (line.size <= size || line.at[size] != ':')
        return false;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = line.at[i];
        if (c >= 'A' && c <= 'Z')
            c = (uint8_t)(c - 'A' + 'a');
        if (c != (uint8_t)name[i])
            return false;
    }
    return true;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

struct tb_span tb_wire_header(const struct tb_wire_answer *answer, const char *name)
{
    for (struct tb_span rest = answer->head; rest.size > 0;) {
        struct tb_span line = tb_span_cut(&rest, '\n');
        if (!name_is(line, name))
            continue;
        struct tb_span value = tb_span_sub(line, strlen(name) + 1, line.size);
        while (value.size > 0 && is_blank(value.at[0]))
            value = tb_span_sub(value, 1, value.size);
        while (value.size > 0 && is_blank(value.at[value.size - 1]))
            value.size--;
        return value;
    }
    return tb_span_of(NULL, 0);
}

enum tb_err tb_wire_frame_parse(struct tb_span bytes, struct tb_wire_frame *ret_frame)
{
    struct tb_reader from = tb_reader_of(bytes);
    uint8_t first = tb_read_u8(&from);
    uint8_t second = tb_read_u8(&from);
    uint64_t size = second & 0x7f;
    *ret_frame = (struct tb_wire_frame){.opcode = first & 0x0f, .final = (first & 0x80) != 0};
    if (from.err != TB_OK)
        return TB_ERR_TRUNCATED;
    if ((first & 0x70) || (second & 0x80))
        return TB_ERR_SYNTAX; /* an extension that nobody asked for, or a server that masks */
    if (size == PLACES_16)
        size = tb_read_u16be(&from);
    else if (size == PLACES_64)
        size = tb_read_u64be(&from);
    if (from.err != TB_OK)
        return TB_ERR_TRUNCATED;
    if (size > TB_WIRE_FRAME_MAX)
        return TB_ERR_TOO_LONG;
    ret_frame->payload = tb_read_bytes(&from, (size_t)size);
    ret_frame->size = bytes.size - from.rest.size;
    return from.err == TB_OK ? TB_OK : TB_ERR_TRUNCATED;
}

void tb_wire_frame_add(struct tb_buf *to, unsigned opcode, struct tb_span payload,
                       const uint8_t mask[TB_WIRE_MASK_SIZE])
{
    tb_buf_add_u8(to, (uint8_t)(0x80 | opcode));
    if (payload.size < PLACES_16) {
        tb_buf_add_u8(to, (uint8_t)(0x80 | payload.size));
    } else if (payload.size <= UINT16_MAX) {
        tb_buf_add_u8(to, 0x80 | PLACES_16);
        tb_buf_add_u16be(to, (uint16_t)payload.size);
    } else {
        tb_buf_add_u8(to, 0x80 | PLACES_64);
        tb_buf_add_u64be(to, payload.size);
    }
    tb_buf_add(to, tb_span_of(mask, TB_WIRE_MASK_SIZE));
    for (size_t i = 0; i < payload.size; i++)
        tb_buf_add_u8(to, payload.at[i] ^ mask[i % TB_WIRE_MASK_SIZE]);
}

struct tb_span tb_wire_event_cut(struct tb_span *rest)
{
    static const char data[] = "data: ";
    size_t end;
    while ((end = find(*rest, "\n\n")) != SIZE_MAX) {
        struct tb_span event = tb_span_sub(*rest, 0, end);
        *rest = tb_span_sub(*rest, end + 2, rest->size);
        if (tb_span_starts(event, tb_span_str(data)) && event.size > sizeof data - 1)
            return tb_span_sub(event, sizeof data - 1, event.size);
    }
    return tb_span_of(NULL, 0);
}
