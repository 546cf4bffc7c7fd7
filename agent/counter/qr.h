/*
 * QR: a text as the modules of a QR code (ISO/IEC 18004), for a page that draws them. The one place that
 * knows libqrencode. Allocates while it works; callable from any thread.
 */
#ifndef TB_AGENT_COUNTER_QR_H
#define TB_AGENT_COUNTER_QR_H

#include "core/wire/json.h"

#define TB_QR_TEXT_SIZE_MAX 200 /* bytes */
#define TB_QR_SIZE_MAX 57       /* modules a side: version 10, which holds so many bytes at level M */
#define TB_QR_ROW_SIZE ((TB_QR_SIZE_MAX + 7) / 8)

struct tb_qr {
    uint8_t size;      /* modules a side, without the quiet zone: 4 light ones all around */
    uint8_t row_bytes; /* of each row that count */
    uint8_t rows[TB_QR_SIZE_MAX][TB_QR_ROW_SIZE]; /* a dark module is 1, the first one the highest bit */
};

/* Error correction level M: 15 % of it may be unreadable. TB_ERR_TOO_LONG, TB_ERR_NO_MEMORY; TB_ERR_MISSING
 * for an empty text. */
TB_MUST_USE enum tb_err tb_qr_of(const char *text, struct tb_qr *ret_qr);

/* As pages have it (docs/protocol.md, send.code): {"size":…,"rows":["…"]}. */
void tb_qr_encode(struct tb_json_writer *w, const char *name, const struct tb_qr *qr);

#endif
