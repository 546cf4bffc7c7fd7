/*
 * CBOR (RFC 8949) as far as signed tokens need it: a reader that takes one data item after another.
 *
 * Only the preferred serialisation of section 4.1 is read: definite lengths, arguments in their shortest
 * form. What is nested deeper than TB_CBOR_DEPTH_MAX is refused. Items are borrowed. Pure; callable from any
 * thread.
 */
#ifndef TB_CORE_CREDENTIAL_CBOR_H
#define TB_CORE_CREDENTIAL_CBOR_H

#include "core/base/buf.h"

#define TB_CBOR_DEPTH_MAX 6

enum tb_cbor_type { /* the major types */
                    TB_CBOR_UINT = 0,
                    TB_CBOR_NEGATIVE = 1, /* -1 - value */
                    TB_CBOR_BYTES = 2,
                    TB_CBOR_TEXT = 3,
                    TB_CBOR_ARRAY = 4,
                    TB_CBOR_MAP = 5,
                    TB_CBOR_TAG = 6,
                    TB_CBOR_SIMPLE = 7, /* false, true, null and floats; value is not to be used */
};

struct tb_cbor {
    enum tb_cbor_type type;
    uint64_t value;       /* number, or how many items (array), pairs (map) or bytes follow */
    struct tb_span bytes; /* of a byte or text string */
};

/*
 * Takes one item off the front: of an array, map or tag only its head, what is in it follows.
 * TB_ERR_TRUNCATED; TB_ERR_SYNTAX: not the shortest form, or reserved; TB_ERR_UNSUPPORTED: indefinite length;
 * TB_ERR_UTF8.
 */
TB_MUST_USE enum tb_err tb_cbor_take(struct tb_span *rest, struct tb_cbor *ret_item);

/* Takes one item with everything in it. Errors as above, and TB_ERR_DEPTH. */
TB_MUST_USE enum tb_err tb_cbor_skip(struct tb_span *rest);

/* As tb_cbor_take(), and TB_ERR_TYPE when the item is of another type. */
TB_MUST_USE enum tb_err tb_cbor_take_type(struct tb_span *rest, enum tb_cbor_type type,
                                          struct tb_cbor *ret_item);

/* The head of an item in its shortest form; bytes and text follow it. */
void tb_cbor_add(struct tb_buf *b, enum tb_cbor_type type, uint64_t value);
void tb_cbor_add_bytes(struct tb_buf *b, struct tb_span bytes);
void tb_cbor_add_text(struct tb_buf *b, struct tb_span text);

#endif
