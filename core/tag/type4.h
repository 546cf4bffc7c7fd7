/*
 * Reading the NDEF message of a Type 4 tag (NFC Forum T4T mapping versions 1, 2 and 3 over ISO-DEP),
 * and telling a payment card when there is no NDEF application.
 *
 * A payment card is asked exactly one question, SELECT 2PAY.SYS.DDF01 (EMV Book 1 section 12), and only
 * after both NDEF applications were refused. Of its answer nothing but the status word is looked at:
 * yes or no. No payment application is selected and no record is read.
 * Used through core/tag/read.h. Pure; not thread-safe.
 */
#ifndef TB_CORE_TAG_TYPE4_H
#define TB_CORE_TAG_TYPE4_H

#include "core/base/buf.h"
#include "core/tag/type2.h"

#define TB_TYPE4_COMMAND_MAX 20 /* SELECT 2PAY.SYS.DDF01 */
#define TB_TYPE4_READ_MAX 256   /* bytes per READ BINARY: the most that a short Le asks for */

enum tb_type4_state {
    TB_TYPE4_SELECT_V2,
    TB_TYPE4_SELECT_V1,
    TB_TYPE4_SELECT_CC,
    TB_TYPE4_READ_CC,
    TB_TYPE4_READ_CC_REST, /* an ENDEF file control TLV is two bytes longer */
    TB_TYPE4_SELECT_FILE,
    TB_TYPE4_READ_FIRST,  /* the length and the beginning of the message at once */
    TB_TYPE4_READ_LENGTH, /* the length alone, when the card refuses that */
    TB_TYPE4_READ_NDEF,
    TB_TYPE4_PAYMENT,
    TB_TYPE4_DONE,
};

struct tb_type4 {
    enum tb_type4_state state;
    bool version1;
    uint8_t cc[17];
    uint8_t cc_size;
    uint8_t length_size; /* of the length before the message: 2, or 4 in an ENDEF file */
    uint16_t read_max;   /* bytes per READ BINARY that the card allows */
    uint16_t file_id;
    uint32_t file_max; /* bytes, length field included */
    uint32_t left;     /* bytes of the message that are still to be read */
    uint32_t at;       /* offset of the next READ BINARY */
    uint16_t want;     /* bytes that it asks for */
};

void tb_type4_init(struct tb_type4 *t);

/* Writes the next command; at most TB_TYPE4_COMMAND_MAX bytes. Returns its size. */
size_t tb_type4_command(struct tb_type4 *t, uint8_t ret_apdu[TB_TYPE4_COMMAND_MAX]);

/* Takes the answer with its status word; the message is added to ndef. */
enum tb_tag_step tb_type4_take(struct tb_type4 *t, struct tb_span answer, struct tb_buf *ndef,
                               enum tb_tag_reason *ret_reason);

#endif
