/*
 * Text: the codings that identifiers travel in, and the checks that text from outside must pass.
 * Pure; callable from any thread.
 */
#ifndef TB_CORE_BASE_TEXT_H
#define TB_CORE_BASE_TEXT_H

#include "core/base/buf.h"

/* Decodes exactly size bytes from 2*size hex digits of either case. */
TB_MUST_USE enum tb_err tb_hex_decode(struct tb_span hex, uint8_t *ret_bytes, size_t size);

/* base64url without padding, RFC 4648 section 5; non-canonical trailing bits are refused. */
void tb_base64url_add(struct tb_buf *b, struct tb_span bytes);
TB_MUST_USE enum tb_err tb_base64url_decode(struct tb_span text, struct tb_buf *ret_bytes);

/* Well-formed UTF-8 as RFC 3629 has it: no surrogates, no overlong forms. */
bool tb_utf8_valid(struct tb_span text);

/*
 * Bytes of what begins at i of a text when it is no character to be read but does something to whatever shows
 * it: a control character (C0, delete, C1: a terminal takes U+009B for the beginning of a command), a
 * separator of lines (U+2028, U+2029), or an embedding, override or isolate of bidirectional text, which
 * turns around what stands behind it (U+202A to U+202E, U+2066 to U+2069). 0: it is none.
 */
size_t tb_text_control(struct tb_span text, size_t i);

/* Decimal digits only, at least one, no sign; TB_ERR_RANGE above max. */
TB_MUST_USE enum tb_err tb_decimal_decode(struct tb_span text, uint64_t max, uint64_t *ret_value);

bool tb_text_is_digits(struct tb_span text); /* false when empty */

#endif
