/*
 * BER-TLV as cards use it (ISO/IEC 7816-4 section 6.2, ISO/IEC 8825-1): tags of one or two bytes, definite
 * lengths of up to two bytes behind 81 and 82. Values are borrowed. Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_TLV_H
#define TB_CORE_CREDENTIAL_TLV_H

#include "core/base/buf.h"

struct tb_tlv {
    uint16_t tag; /* 0x4f, 0x9f27, … */
    struct tb_span value;
};

/* Takes the next object; TB_ERR_NOT_FOUND at the end, any other error: it breaks the rules. */
TB_MUST_USE enum tb_err tb_tlv_next(struct tb_reader *r, struct tb_tlv *ret_tlv);

/*
 * The one object with this tag among those that stand side by side; the others are checked too.
 * TB_ERR_NOT_FOUND, TB_ERR_DUPLICATE_KEY when there are two.
 */
TB_MUST_USE enum tb_err tb_tlv_find(struct tb_span objects, uint16_t tag, struct tb_span *ret_value);

/* Adds an object whose value is at most 255 bytes; a longer one sets the buffer's err. */
void tb_tlv_add(struct tb_buf *to, uint16_t tag, struct tb_span value);

#endif
