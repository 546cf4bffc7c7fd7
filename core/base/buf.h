/*
 * Buffer: a bounded place to build bytes or text in.
 *
 * The memory is the caller's. Appending past the end sets err to TB_ERR_TOO_LONG, changes nothing
 * else, and makes later appends do nothing, so a whole message is checked once at its end.
 * Pure; not thread-safe.
 */
#ifndef TB_CORE_BASE_BUF_H
#define TB_CORE_BASE_BUF_H

#include "core/base/span.h"

struct tb_buf {
    uint8_t *at;     /* borrowed from whoever made the buffer */
    size_t size;     /* bytes used */
    size_t size_max; /* bytes there are */
    enum tb_err err; /* TB_OK until something did not fit */
};

static inline struct tb_buf tb_buf_of(void *at, size_t size_max)
{
    return (struct tb_buf){.at = at, .size_max = size_max};
}

static inline struct tb_span tb_buf_span(const struct tb_buf *b)
{
    return tb_span_of(b->at, b->size);
}

static inline void tb_buf_reset(struct tb_buf *b)
{
    b->size = 0;
    b->err = TB_OK;
}

void tb_buf_add(struct tb_buf *b, struct tb_span bytes);
void tb_buf_add_str(struct tb_buf *b, const char *text); /* without its terminator */
void tb_buf_add_u8(struct tb_buf *b, uint8_t value);
void tb_buf_add_u16be(struct tb_buf *b, uint16_t value);
void tb_buf_add_u32be(struct tb_buf *b, uint32_t value);
void tb_buf_add_u64be(struct tb_buf *b, uint64_t value);
void tb_buf_add_decimal(struct tb_buf *b, int64_t value);
void tb_buf_add_hex(struct tb_buf *b, struct tb_span bytes); /* lower case */

#endif
