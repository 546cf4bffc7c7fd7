/*
 * Base45 (RFC 9285): bytes as the characters that a QR code's alphanumeric mode has. A space is one of them.
 * Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_BASE45_H
#define TB_CORE_CREDENTIAL_BASE45_H

#include "core/base/buf.h"

void tb_base45_add(struct tb_buf *b, struct tb_span bytes);

/*
 * Appends the bytes. TB_ERR_SYNTAX: another character, a single one left over, or a group whose value is too
 * large. There is one text for each sequence of bytes.
 */
TB_MUST_USE enum tb_err tb_base45_decode(struct tb_span text, struct tb_buf *ret_bytes);

#endif
