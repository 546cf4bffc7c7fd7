/* Test vectors are written in hex. */
#ifndef TB_TESTS_SUPPORT_HEX_H
#define TB_TESTS_SUPPORT_HEX_H

#include "core/base/assert.h"
#include "core/base/text.h"

struct hex_bytes {
    uint8_t at[1024];
    size_t size;
};

static inline struct hex_bytes hex(const char *text)
{
    struct hex_bytes bytes = {.size = strlen(text) / 2};
    TB_ASSERT(bytes.size <= sizeof bytes.at);
    enum tb_err err = tb_hex_decode(tb_span_str(text), bytes.at, bytes.size);
    TB_ASSERT(err == TB_OK);
    return bytes;
}

#define HEX_SPAN(text) (hex_span(&(struct hex_bytes){.size = 0}, text))

static inline struct tb_span hex_span(struct hex_bytes *room, const char *text)
{
    *room = hex(text);
    return tb_span_of(room->at, room->size);
}

#endif
