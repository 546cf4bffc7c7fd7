/*
 * Pack: makes a mutation's JSON shorter at rest. Every 32 lower-case hex digits, which identifiers are
 * written in, become one marker byte and 16 bytes. The marker is a control character, which JSON text
 * never holds in clear (RFC 8259 section 7). A fifth less in each row is one row more on a page of the
 * outbox, and so fewer bytes written per commit. Pure.
 */
#ifndef TB_AGENT_CACHE_PACK_H
#define TB_AGENT_CACHE_PACK_H

#include "core/base/buf.h"

/* json holds no byte 0x01. Never longer than json. */
void tb_pack_json(struct tb_span json, struct tb_buf *ret_packed);

/* TB_ERR_TRUNCATED after a marker; TB_ERR_TOO_LONG. */
TB_MUST_USE enum tb_err tb_unpack_json(struct tb_span packed, struct tb_buf *ret_json);

#endif
