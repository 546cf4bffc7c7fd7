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

/* Decimal digits only, at least one, no sign; TB_ERR_RANGE above max. */
TB_MUST_USE enum tb_err tb_decimal_decode(struct tb_span text, uint64_t max, uint64_t *ret_value);

bool tb_text_is_digits(struct tb_span text); /* false when empty */

#endif
