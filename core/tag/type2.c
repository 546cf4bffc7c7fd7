#include "core/tag/type2.h"

/*
 * Memory of a tag, NFC Forum Type 2 Tag 1.2 section 2:
 *
 *   0..9    serial number, internal, static lock bytes
 *   10..11  static lock bytes
 *   12..15  capability container: E1, version major.minor, size of the data area / 8, access r.w
 *   16..    data area: TLVs
 */
#define CC_ADDRESS 12
#define CC_SIZE 4
#define AREA_ADDRESS 16
#define PAGE_SIZE 4
#define READ_SIZE 16
#define SECTOR_SIZE 1024
#define NAK_SIZE 1 /* 4 bits without CRC; most chips call that an error, some hand it on */

#define COMMAND_READ 0x30
#define COMMAND_FAST_READ 0x3a

/*
 * What the first FAST_READ asks for: container, lock control TLV (5 bytes), head of the NDEF TLV and a
 * message of 48 bytes, in pages. Every tag that knows the command has at least 20 pages (MF0UL11,
 * NTAG210); bytes behind a short message cost 0.09 ms each, a second exchange 1.4 ms and more.
 */
#define FAST_READ_FIRST 60

#define CC_MAGIC 0xe1
#define VERSION_MAJOR 1

enum tlv {
    TLV_NULL = 0x00,
    TLV_LOCK_CONTROL = 0x01,
    TLV_MEMORY_CONTROL = 0x02,
    TLV_NDEF = 0x03,
    TLV_TERMINATOR = 0xfe,
};

#define LENGTH_LONG 0xff /* two bytes follow */

void tb_type2_init(struct tb_type2 *t)
{
    *t = (struct tb_type2){.state = TB_TYPE2_CC, .at = CC_ADDRESS};
}

/* Reserved bytes among the size bytes that come next; each may move the end of what is wanted. */
static unsigned reserved_within(const struct tb_type2 *t, unsigned size)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < t->reserved_count; i++)
        if (t->reserved[i].at >= t->at && t->reserved[i].at < t->at + size)
            sum += t->reserved[i].size;
    return sum;
}

/* Bytes from the next address on that are sure, or likely, to be needed. */
static unsigned bytes_wanted(const struct tb_type2 *t)
{
    unsigned size = FAST_READ_FIRST;
    if (t->state == TB_TYPE2_CC)
        return size;
    if (t->state == TB_TYPE2_VALUE && t->tlv == TLV_NDEF)
        size = (unsigned)(t->length - t->taken);
    size += reserved_within(t, size);
    unsigned end = t->area_end < SECTOR_SIZE ? t->area_end : SECTOR_SIZE;
    return size < end - t->at ? size : end - t->at;
}

size_t tb_type2_command(struct tb_type2 *t, uint8_t ret_command[TB_TYPE2_COMMAND_MAX])
{
    uint8_t page = (uint8_t)(t->at / PAGE_SIZE);
    ret_command[1] = page;
    if (t->fast == TB_TYPE2_FAST_REFUSED) {
        ret_command[0] = COMMAND_READ;
        t->want = READ_SIZE;
        return 2;
    }
    unsigned page_count = (t->at % PAGE_SIZE + bytes_wanted(t) + PAGE_SIZE - 1) / PAGE_SIZE;
    if (page_count > TB_TYPE2_FAST_READ_MAX / PAGE_SIZE)
        page_count = TB_TYPE2_FAST_READ_MAX / PAGE_SIZE;
    ret_command[0] = COMMAND_FAST_READ;
    ret_command[2] = (uint8_t)(page + page_count - 1);
    t->want = (uint16_t)(page_count * PAGE_SIZE);
    return 3;
}

bool tb_type2_refused(struct tb_type2 *t)
{
    bool untried = t->fast == TB_TYPE2_FAST_UNTRIED;
    if (untried)
        t->fast = TB_TYPE2_FAST_REFUSED;
    return untried;
}

static enum tb_tag_step fail(enum tb_tag_reason *ret_reason, enum tb_tag_reason reason)
{
    *ret_reason = reason;
    return TB_TAG_STEP_FAILED;
}

static enum tb_tag_step cc_take(struct tb_type2 *t, const uint8_t cc[CC_SIZE], enum tb_tag_reason *ret_reason)
{
    if (cc[0] != CC_MAGIC || cc[2] == 0)
        return fail(ret_reason, TB_TAG_REASON_T2_CC);
    if (cc[1] >> 4 != VERSION_MAJOR)
        return fail(ret_reason, TB_TAG_REASON_T2_VERSION);
    if (cc[3] >> 4 != 0)
        return fail(ret_reason, TB_TAG_REASON_T2_LOCKED);
    t->area_end = (uint16_t)(AREA_ADDRESS + 8 * cc[2]);
    t->at = AREA_ADDRESS;
    t->state = TB_TYPE2_TYPE;
    return TB_TAG_STEP_NEXT;
}

static bool address_is_reserved(const struct tb_type2 *t, uint16_t address)
{
    for (unsigned i = 0; i < t->reserved_count; i++)
        if (address >= t->reserved[i].at && address - t->reserved[i].at < t->reserved[i].size)
            return true;
    return false;
}

/*
 *   control 0: page address << 4 | byte offset    control 1: size, 0 is 256
 *   control 2: low nibble log2 of the bytes per page; a lock TLV counts bits, a memory TLV bytes
 */
static bool reserved_add(struct tb_type2 *t)
{
    unsigned size = t->control[1] ? t->control[1] : 256;
    if (t->tlv == TLV_LOCK_CONTROL)
        size = (size + 7) / 8;
    unsigned at = ((unsigned)t->control[0] >> 4 << (t->control[2] & 0x0f)) + (t->control[0] & 0x0fu);
    if (at >= t->area_end)
        return true;
    if (t->reserved_count == TB_TYPE2_RESERVED_MAX)
        return false;
    t->reserved[t->reserved_count++] = (struct tb_type2_range){(uint16_t)at, (uint16_t)size};
    return true;
}

static bool tlv_is_control(const struct tb_type2 *t)
{
    return t->tlv == TLV_LOCK_CONTROL || t->tlv == TLV_MEMORY_CONTROL;
}

/* Everything that can be known to be wrong before the value is read over the air. */
static enum tb_tag_step length_take(struct tb_type2 *t, uint16_t length, const struct tb_buf *ndef,
                                    enum tb_tag_reason *ret_reason)
{
    t->length = length;
    t->taken = 0;
    t->state = TB_TYPE2_VALUE;
    if (length > t->area_end - t->at)
        return fail(ret_reason, TB_TAG_REASON_T2_PAST_AREA);
    if (tlv_is_control(t) && length != sizeof t->control)
        return fail(ret_reason, TB_TAG_REASON_T2_CONTROL);
    if (t->tlv == TLV_NDEF && length > ndef->size_max)
        return fail(ret_reason, TB_TAG_REASON_TOO_LONG);
    if (length > 0)
        return TB_TAG_STEP_NEXT;
    t->state = t->tlv == TLV_NDEF ? TB_TYPE2_DONE : TB_TYPE2_TYPE;
    return TB_TAG_STEP_NEXT;
}

static enum tb_tag_step type_take(struct tb_type2 *t, uint8_t byte, enum tb_tag_reason *ret_reason)
{
    if (byte == TLV_TERMINATOR)
        return fail(ret_reason, TB_TAG_REASON_T2_NO_NDEF);
    if (byte == TLV_NULL)
        return TB_TAG_STEP_NEXT;
    t->tlv = byte;
    t->state = TB_TYPE2_LENGTH;
    return TB_TAG_STEP_NEXT;
}

static enum tb_tag_step value_take(struct tb_type2 *t, uint8_t byte, struct tb_buf *ndef,
                                   enum tb_tag_reason *ret_reason)
{
    if (t->tlv == TLV_NDEF)
        tb_buf_add_u8(ndef, byte);
    else if (tlv_is_control(t))
        t->control[t->taken] = byte;
    if (++t->taken < t->length)
        return TB_TAG_STEP_NEXT;
    t->state = t->tlv == TLV_NDEF ? TB_TYPE2_DONE : TB_TYPE2_TYPE;
    if (tlv_is_control(t) && !reserved_add(t))
        return fail(ret_reason, TB_TAG_REASON_T2_CONTROL);
    return TB_TAG_STEP_NEXT;
}

static enum tb_tag_step byte_take(struct tb_type2 *t, uint8_t byte, struct tb_buf *ndef,
                                  enum tb_tag_reason *ret_reason)
{
    switch (t->state) {
    case TB_TYPE2_TYPE: return type_take(t, byte, ret_reason);
    case TB_TYPE2_LENGTH:
        if (byte != LENGTH_LONG)
            return length_take(t, byte, ndef, ret_reason);
        t->state = TB_TYPE2_LENGTH_HIGH;
        return TB_TAG_STEP_NEXT;
    case TB_TYPE2_LENGTH_HIGH:
        t->length = (uint16_t)(byte << 8);
        t->state = TB_TYPE2_LENGTH_LOW;
        return TB_TAG_STEP_NEXT;
    case TB_TYPE2_LENGTH_LOW: return length_take(t, (uint16_t)(t->length | byte), ndef, ret_reason);
    case TB_TYPE2_VALUE: return value_take(t, byte, ndef, ret_reason);
    case TB_TYPE2_CC:
    case TB_TYPE2_DONE: break;
    }
    return TB_TAG_STEP_NEXT;
}

/* Where the data area ends, or what one sector holds of it. */
static enum tb_tag_step end_check(const struct tb_type2 *t, enum tb_tag_reason *ret_reason)
{
    if (t->at >= t->area_end)
        return fail(ret_reason,
                    t->state == TB_TYPE2_TYPE ? TB_TAG_REASON_T2_NO_NDEF : TB_TAG_REASON_T2_PAST_AREA);
    if (t->at >= SECTOR_SIZE)
        return fail(ret_reason, TB_TAG_REASON_T2_SECTORS);
    return TB_TAG_STEP_NEXT;
}

enum tb_tag_step tb_type2_take(struct tb_type2 *t, struct tb_span answer, struct tb_buf *ndef,
                               enum tb_tag_reason *ret_reason)
{
    if (answer.size <= NAK_SIZE && tb_type2_refused(t))
        return TB_TAG_STEP_SELECT;
    if (answer.size != t->want)
        return fail(ret_reason, TB_TAG_REASON_ANSWER);
    if (t->fast == TB_TYPE2_FAST_UNTRIED)
        t->fast = TB_TYPE2_FAST_KNOWN;
    if (t->state == TB_TYPE2_CC) {
        enum tb_tag_step step = cc_take(t, answer.at, ret_reason);
        if (step != TB_TAG_STEP_NEXT)
            return step;
        answer = tb_span_sub(answer, CC_SIZE, SIZE_MAX);
    } else {
        answer = tb_span_sub(answer, t->at % PAGE_SIZE, SIZE_MAX);
    }
    for (size_t i = 0; i < answer.size && t->at < t->area_end && t->at < SECTOR_SIZE; i++) {
        bool reserved = address_is_reserved(t, t->at);
        t->at++;
        if (reserved)
            continue;
        enum tb_tag_step step = byte_take(t, answer.at[i], ndef, ret_reason);
        if (step != TB_TAG_STEP_NEXT)
            return step;
        if (t->state == TB_TYPE2_DONE)
            return TB_TAG_STEP_DONE;
    }
    return end_check(t, ret_reason);
}
