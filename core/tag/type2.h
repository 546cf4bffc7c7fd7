/*
 * Reading the NDEF message of a Type 2 tag (NFC Forum T2T 1.x: NTAG21x, MIFARE Ultralight).
 *
 * Bytes of the tag go through a small state machine one by one, so that only the message itself needs
 * memory. Lock and memory control TLVs are honoured: what they reserve is not part of any TLV.
 * Only sector 0 is read (1 KiB of tag memory).
 *
 * FAST_READ (NTAG21x data sheet section 10.3, Ultralight EV1 section 10.3) is simply tried: asking with
 * GET_VERSION first would cost every tag that has it one more exchange, and refusing either command
 * costs a tag that has neither the same. Such a tag answers NAK and falls back to idle (ISO/IEC 14443-3
 * section 6.4), has to be selected again, and is then read by READ.
 * Used through core/tag/read.h. Pure; not thread-safe.
 */
#ifndef TB_CORE_TAG_TYPE2_H
#define TB_CORE_TAG_TYPE2_H

#include "core/base/buf.h"
#include "core/tag/failure.h"

#define TB_TYPE2_RESERVED_MAX 4 /* ranges inside the data area that are remembered */
#define TB_TYPE2_COMMAND_MAX 3
#define TB_TYPE2_FAST_READ_MAX 260 /* bytes of an answer: 65 pages; a PN532 answers with at most 262 */

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

enum tb_type2_fast {
    TB_TYPE2_FAST_UNTRIED,
    TB_TYPE2_FAST_KNOWN,
    TB_TYPE2_FAST_REFUSED,
};

struct tb_type2 {
    enum tb_type2_state state;
    enum tb_type2_fast fast;
    uint16_t want;     /* bytes that the last command asked for */
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
    TB_TAG_STEP_SELECT, /* the tag did not know a command and is idle: it is to be selected again */
};

void tb_type2_init(struct tb_type2 *t);

/* Writes the next command, READ (0x30) or FAST_READ (0x3a). Returns its size. */
size_t tb_type2_command(struct tb_type2 *t, uint8_t ret_command[TB_TYPE2_COMMAND_MAX]);

/* Takes the answer to it; the message is added to ndef. */
enum tb_tag_step tb_type2_take(struct tb_type2 *t, struct tb_span answer, struct tb_buf *ndef,
                               enum tb_tag_reason *ret_reason);

/*
 * The last command was not answered. True when it was the first FAST_READ: the tag may not know it, and
 * goes on with READ once it is selected again. False: the tag is lost.
 */
bool tb_type2_refused(struct tb_type2 *t);

#endif
