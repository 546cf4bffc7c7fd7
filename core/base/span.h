/*
 * Spans: borrowed bytes, and a reader that takes them apart without ever running past the end.
 *
 * A span is valid only while its owner is; it is passed, never stored. Text in spans is not
 * terminated. Pure; callable from any thread.
 */
#ifndef TB_CORE_BASE_SPAN_H
#define TB_CORE_BASE_SPAN_H

#include "core/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct tb_span {
    const uint8_t *at; /* may be NULL only when size is 0 */
    size_t size;       /* bytes */
};

static inline struct tb_span tb_span_of(const void *at, size_t size)
{
    return (struct tb_span){.at = at, .size = size};
}

static inline struct tb_span tb_span_str(const char *text)
{
    return tb_span_of(text, strlen(text));
}

static inline bool tb_span_equal(struct tb_span a, struct tb_span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.at, b.at, a.size) == 0);
}

static inline bool tb_span_is(struct tb_span a, const char *text)
{
    return tb_span_equal(a, tb_span_str(text));
}

static inline bool tb_span_starts(struct tb_span a, struct tb_span prefix)
{
    return a.size >= prefix.size && (prefix.size == 0 || memcmp(a.at, prefix.at, prefix.size) == 0);
}

/* The part from offset on, at most size bytes; both are clamped to what is there. */
static inline struct tb_span tb_span_sub(struct tb_span a, size_t offset, size_t size)
{
    if (offset > a.size)
        offset = a.size;
    if (size > a.size - offset)
        size = a.size - offset;
    return tb_span_of(a.size ? a.at + offset : a.at, size);
}

/* Cuts rest at the first separator: returns what stands before it and leaves what stands behind it. The
 * whole when there is none; rest is then empty. */
struct tb_span tb_span_cut(struct tb_span *rest, uint8_t separator);

/* Copies text and terminates it. TB_ERR_TOO_LONG leaves "" behind when size_max is too small. */
TB_MUST_USE enum tb_err tb_span_to_str(struct tb_span a, char *ret_text, size_t size_max);

/* Compares without a data-dependent branch; for secrets and authentication tags. */
bool tb_span_equal_secret(struct tb_span a, struct tb_span b);

/* Takes bytes from the front; the first overrun is remembered in err and later reads yield 0. */
struct tb_reader {
    struct tb_span rest;
    enum tb_err err;
};

static inline struct tb_reader tb_reader_of(struct tb_span from)
{
    return (struct tb_reader){.rest = from, .err = TB_OK};
}

uint8_t tb_read_u8(struct tb_reader *r);
uint16_t tb_read_u16be(struct tb_reader *r);
uint32_t tb_read_u32be(struct tb_reader *r);
uint64_t tb_read_u64be(struct tb_reader *r);
struct tb_span tb_read_bytes(struct tb_reader *r, size_t size); /* size 0 span on overrun */

#endif
