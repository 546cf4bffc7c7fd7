/*
 * Reading the NDEF message of a Type 2 tag (NFC Forum T2T 1.x: NTAG21x, MIFARE Ultralight).
 *
 * Bytes of the tag go through a small state machine one by one, so that only the message itself needs
 * memory. Lock and memory control TLVs are honoured: what they reserve is not part of any TLV.
 * Only sector 0 is read (1 KiB of tag memory). Used through core/tag/read.h. Pure; not thread-safe.
 */
#ifndef TB_CORE_TAG_TYPE2_H
#define TB_CORE_TAG_TYPE2_H

#include "core/base/buf.h"
#include "core/tag/failure.h"

#define TB_TYPE2_RESERVED_MAX 4 /* ranges inside the data area that are remembered */

struct tb_type2_range {
    uint16_t at; /* address in the tag's memory */
    uint16_t size;
};

enum tb_type2_state {
    TB_TYPE2_CC,
    TB_TYPE2_TYPE,
    TB_TYPE2_LENGTH,
    TB_TYPE2_LENGTH_HIGH,
    TB_TYPE2_LENGTH_LOW,
    TB_TYPE2_VALUE,
    TB_TYPE2_DONE,
};

struct tb_type2 {
    enum tb_type2_state state;
    uint16_t at;       /* address of the next byte to take */
    uint16_t area_end; /* address behind the data area */
    uint8_t tlv;       /* type of the TLV at hand */
    uint16_t length;   /* of the TLV at hand */
    uint16_t taken;    /* bytes of its value */
    uint8_t control[3];
    uint8_t reserved_count;
    struct tb_type2_range reserved[TB_TYPE2_RESERVED_MAX];
};

enum tb_tag_step {
    TB_TAG_STEP_NEXT,   /* a command is to be sent to the card */
    TB_TAG_STEP_DONE,   /* the message is complete; may be empty */
    TB_TAG_STEP_FAILED, /* failure and reason are set */
};

void tb_type2_init(struct tb_type2 *t);

/* The page of the next READ (0x30) command, which answers with 16 bytes from there on. */
uint8_t tb_type2_page(const struct tb_type2 *t);

/* Takes the 16 bytes of the READ at tb_type2_page(); the message is added to ndef. */
enum tb_tag_step tb_type2_take(struct tb_type2 *t, struct tb_span answer, struct tb_buf *ndef,
                               enum tb_tag_reason *ret_reason);

#endif
