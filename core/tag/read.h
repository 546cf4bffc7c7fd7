/*
 * Reads the NDEF message of one tag, without I/O: commands out, answers in.
 *
 *   step = tb_tag_read_start(&r, sak, memory, size_max);
 *   for (;;) {
 *       if (step == TB_TAG_STEP_NEXT)
 *           step = exchange(&r.command, &answer) ? tb_tag_read_answer(&r, answer) : tb_tag_read_lost(&r);
 *       else if (step == TB_TAG_STEP_SELECT)
 *           step = select() ? tb_tag_read_selected(&r) : tb_tag_read_lost(&r);
 *       else
 *           break;
 *   }
 *
 * The message is written into the caller's memory; the struct itself is small enough for a
 * microcontroller's stack. Every read ends: a Type 2 tag after at most 65 commands and one SELECT, a
 * Type 4 tag after at most 10 + one per 15 bytes of message. Pure; not thread-safe.
 */
#ifndef TB_CORE_TAG_READ_H
#define TB_CORE_TAG_READ_H

#include "core/tag/type2.h"
#include "core/tag/type4.h"

enum tb_tag_kind {
    TB_TAG_KIND_TYPE2,
    TB_TAG_KIND_TYPE4,
    TB_TAG_KIND_OTHER,
};

struct tb_tag_read {
    enum tb_tag_kind kind;
    uint8_t command[TB_TYPE4_COMMAND_MAX]; /* valid after TB_TAG_STEP_NEXT */
    uint8_t command_size;
    /* It goes over the air as it is (PN532: InCommunicateThru), because the reader chip's own data exchange
     * gives some commands of Type 2 tags a meaning of MIFARE Classic (PN532: InDataExchange). */
    bool raw;
    uint16_t timeout_ms;         /* for this command */
    enum tb_tag_failure failure; /* valid after TB_TAG_STEP_FAILED */
    enum tb_tag_reason reason;
    struct tb_buf ndef; /* the message, in the caller's memory; valid after TB_TAG_STEP_DONE */
    union {
        struct tb_type2 type2;
        struct tb_type4 type4;
    };
};

/* What SAK (ISO/IEC 14443-3 section 6.5.3) says about a tag: bit 0x20 Type 4, 0x00 Type 2. */
enum tb_tag_kind tb_tag_kind_of(uint8_t sak);

/* Begins with a tag that was just selected. memory holds messages of up to size_max bytes. */
enum tb_tag_step tb_tag_read_start(struct tb_tag_read *r, uint8_t sak, void *memory, size_t size_max);

/* The card's answer to command: Type 2 the bytes that were read, Type 4 data and status word. */
enum tb_tag_step tb_tag_read_answer(struct tb_tag_read *r, struct tb_span answer);

/* The command was not answered, or the card could not be selected again. */
enum tb_tag_step tb_tag_read_lost(struct tb_tag_read *r);

/* After TB_TAG_STEP_SELECT: the same card was selected again, with the field on all the while. */
enum tb_tag_step tb_tag_read_selected(struct tb_tag_read *r);

/* The failure that a reason belongs to. */
enum tb_tag_failure tb_tag_failure_of(enum tb_tag_reason reason);

#endif
