#include "core/tag/type4.h"

#include "core/base/assert.h"

/*
 * Capability container, NFC Forum Type 4 Tag 3.0 table 5 and 6:
 *
 *   0..1   length of the container     7     type of the file control TLV: 04, or 06 for ENDEF
 *   2      mapping version major.minor 8     its length: 06, or 08
 *   3..4   MLe: bytes per READ         9..10 file identifier
 *   5..6   MLc: bytes per UPDATE       11..  size of the file: 2 bytes, or 4
 *                                            then read and write access
 */
#define CC_SIZE 15
#define CC_SIZE_ENDEF 17
#define CC_FILE_ID 0xe103

#define FILE_CONTROL_NDEF 0x04
#define FILE_CONTROL_ENDEF 0x06
#define READ_MIN 0x0f       /* the least MLe that a card may announce */
#define OFFSET_MAX 0x7fff   /* P1 bit 7 would mean a short file identifier */
#define FIRST_MAX 50        /* the length and a message of 48 bytes; more is read once its length is known */
#define VERSION_MAJOR_MAX 3 /* 1, 2 and 3 read alike, but for the SELECTs of 1 and ENDEF of 3 */

_Static_assert(sizeof((struct tb_type4 *)0)->cc == CC_SIZE_ENDEF, "the container fits");

static const uint8_t select_v2[] = {0x00, 0xa4, 0x04, 0x00, 0x07, 0xd2, 0x76,
                                    0x00, 0x00, 0x85, 0x01, 0x01, 0x00};
static const uint8_t select_v1[] = {0x00, 0xa4, 0x04, 0x00, 0x07, 0xd2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x00};
static const uint8_t select_payment[] = {0x00, 0xa4, 0x04, 0x00, 0x0e, '2', 'P', 'A', 'Y', '.',
                                         'S',  'Y',  'S',  '.',  'D',  'D', 'F', '0', '1', 0x00};

_Static_assert(sizeof select_payment == TB_TYPE4_COMMAND_MAX, "the longest command fits");

void tb_type4_init(struct tb_type4 *t)
{
    *t = (struct tb_type4){.state = TB_TYPE4_SELECT_V2};
}

/* ---- commands ---- */

static size_t copy(uint8_t *ret_apdu, const uint8_t *apdu, size_t size)
{
    memcpy(ret_apdu, apdu, size);
    return size;
}

static size_t select_file(const struct tb_type4 *t, uint8_t *ret_apdu, uint16_t id)
{
    const uint8_t p2 = t->version1 ? 0x00 : 0x0c; /* 0c: no file control information wanted */
    const uint8_t apdu[] = {0x00, 0xa4, 0x00, p2, 0x02, (uint8_t)(id >> 8), (uint8_t)id};
    return copy(ret_apdu, apdu, sizeof apdu);
}

static size_t read_binary(struct tb_type4 *t, uint8_t *ret_apdu, uint32_t offset, uint32_t size)
{
    TB_ASSERT(offset <= OFFSET_MAX && size <= TB_TYPE4_READ_MAX);
    t->want = (uint16_t)size;
    const uint8_t apdu[] = {0x00, 0xb0, (uint8_t)(offset >> 8), (uint8_t)offset, (uint8_t)size}; /* 0: 256 */
    return copy(ret_apdu, apdu, sizeof apdu);
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

size_t tb_type4_command(struct tb_type4 *t, uint8_t ret_apdu[TB_TYPE4_COMMAND_MAX])
{
    switch (t->state) {
    case TB_TYPE4_SELECT_V2: return copy(ret_apdu, select_v2, sizeof select_v2);
    case TB_TYPE4_SELECT_V1: return copy(ret_apdu, select_v1, sizeof select_v1);
    case TB_TYPE4_SELECT_CC: return select_file(t, ret_apdu, CC_FILE_ID);
    case TB_TYPE4_READ_CC: return read_binary(t, ret_apdu, 0, CC_SIZE);
    case TB_TYPE4_READ_CC_REST: return read_binary(t, ret_apdu, CC_SIZE, CC_SIZE_ENDEF - CC_SIZE);
    case TB_TYPE4_SELECT_FILE: return select_file(t, ret_apdu, t->file_id);
    case TB_TYPE4_READ_FIRST:
        return read_binary(t, ret_apdu, 0, least(FIRST_MAX, least(t->file_max, t->read_max)));
    case TB_TYPE4_READ_LENGTH: return read_binary(t, ret_apdu, 0, t->length_size);
    case TB_TYPE4_READ_NDEF:
        return read_binary(t, ret_apdu, t->at, least(t->left, least(t->read_max, TB_TYPE4_READ_MAX)));
    case TB_TYPE4_PAYMENT: return copy(ret_apdu, select_payment, sizeof select_payment);
    case TB_TYPE4_DONE: break;
    }
    TB_ASSERT(false);
    return 0;
}

/* ---- answers ---- */

enum status {
    SW_OK = 0x9000,
    SW_END_OF_FILE = 0x6282, /* reached before Le bytes */
    SW_SECURITY = 0x6982,    /* security status not satisfied */
};

static enum tb_tag_step fail(enum tb_tag_reason *ret_reason, enum tb_tag_reason reason)
{
    *ret_reason = reason;
    return TB_TAG_STEP_FAILED;
}

static enum tb_tag_step go(struct tb_type4 *t, enum tb_type4_state state)
{
    t->state = state;
    return TB_TAG_STEP_NEXT;
}

static enum tb_tag_step refused(uint16_t status, enum tb_tag_reason *ret_reason)
{
    return fail(ret_reason, status == SW_SECURITY ? TB_TAG_REASON_T4_LOCKED : TB_TAG_REASON_T4_REFUSED);
}

static bool file_id_is_free(uint16_t id)
{
    static const uint16_t taken[] = {0x0000, 0xe102, CC_FILE_ID, 0x3f00, 0x3fff, 0xffff};
    for (size_t i = 0; i < TB_ARRAY_SIZE(taken); i++)
        if (taken[i] == id)
            return false;
    return true;
}

static enum tb_tag_step cc_check(struct tb_type4 *t, enum tb_tag_reason *ret_reason)
{
    struct tb_reader r = tb_reader_of(tb_span_of(t->cc, t->cc_size));
    uint16_t size = tb_read_u16be(&r);
    uint8_t major = tb_read_u8(&r) >> 4;
    t->read_max = tb_read_u16be(&r);
    (void)tb_read_u16be(&r);
    bool extended = tb_read_u8(&r) == FILE_CONTROL_ENDEF;
    uint8_t length = tb_read_u8(&r);
    t->file_id = tb_read_u16be(&r);
    t->file_max = extended ? tb_read_u32be(&r) : tb_read_u16be(&r);
    uint8_t read_access = tb_read_u8(&r);
    (void)tb_read_u8(&r);
    t->length_size = extended ? 4 : 2;
    if (r.err != TB_OK || size < t->cc_size || length != (extended ? 8 : 6))
        return fail(ret_reason, TB_TAG_REASON_T4_CC);
    if (t->read_max < READ_MIN || t->file_max <= t->length_size || !file_id_is_free(t->file_id))
        return fail(ret_reason, TB_TAG_REASON_T4_CC);
    if (major < 1 || major > VERSION_MAJOR_MAX || (extended && major != 3))
        return fail(ret_reason, TB_TAG_REASON_T4_VERSION);
    if (read_access != 0)
        return fail(ret_reason, TB_TAG_REASON_T4_LOCKED);
    return go(t, TB_TYPE4_SELECT_FILE);
}

static enum tb_tag_step cc_take(struct tb_type4 *t, struct tb_span data, enum tb_tag_reason *ret_reason)
{
    if (data.size != t->want)
        return fail(ret_reason, TB_TAG_REASON_T4_CC);
    memcpy(t->cc + t->cc_size, data.at, data.size);
    t->cc_size = (uint8_t)(t->cc_size + data.size);
    uint8_t control = t->cc[7];
    if (control == FILE_CONTROL_ENDEF && t->state == TB_TYPE4_READ_CC)
        return go(t, TB_TYPE4_READ_CC_REST);
    if (control != FILE_CONTROL_NDEF && control != FILE_CONTROL_ENDEF)
        return fail(ret_reason, TB_TAG_REASON_T4_CC);
    return cc_check(t, ret_reason);
}

static enum tb_tag_step message_take(struct tb_type4 *t, struct tb_span data, struct tb_buf *ndef)
{
    data = tb_span_sub(data, 0, t->left);
    tb_buf_add(ndef, data);
    t->at += (uint32_t)data.size;
    t->left -= (uint32_t)data.size;
    (void)go(t, t->left ? TB_TYPE4_READ_NDEF : TB_TYPE4_DONE);
    return t->left ? TB_TAG_STEP_NEXT : TB_TAG_STEP_DONE;
}

static enum tb_tag_step length_take(struct tb_type4 *t, struct tb_span data, struct tb_buf *ndef,
                                    enum tb_tag_reason *ret_reason)
{
    if (data.size < t->length_size || data.size > t->want)
        return fail(ret_reason, TB_TAG_REASON_ANSWER);
    struct tb_reader r = tb_reader_of(data);
    t->left = t->length_size == 4 ? tb_read_u32be(&r) : tb_read_u16be(&r);
    t->at = t->length_size;
    if (t->left > t->file_max - t->length_size)
        return fail(ret_reason, TB_TAG_REASON_T4_LENGTH);
    if (t->left > ndef->size_max || t->left > OFFSET_MAX - t->at)
        return fail(ret_reason, TB_TAG_REASON_TOO_LONG);
    return message_take(t, tb_span_sub(data, t->length_size, SIZE_MAX), ndef);
}

static enum tb_tag_step ndef_take(struct tb_type4 *t, struct tb_span data, struct tb_buf *ndef,
                                  enum tb_tag_reason *ret_reason)
{
    if (data.size != t->want)
        return fail(ret_reason, TB_TAG_REASON_ANSWER);
    return message_take(t, data, ndef);
}

/*
 * The file is at least file_max long, but cards that make it up as they go (phones) hold only the
 * message: they answer with less than was asked for, or refuse.
 */
static enum tb_tag_step first_take(struct tb_type4 *t, uint16_t status, struct tb_span data,
                                   struct tb_buf *ndef, enum tb_tag_reason *ret_reason)
{
    if ((status != SW_OK && status != SW_END_OF_FILE) || data.size < t->length_size)
        return go(t, TB_TYPE4_READ_LENGTH);
    return length_take(t, data, ndef, ret_reason);
}

/* 61xx and 62xx also say that the directory is there. */
static enum tb_tag_step payment_take(uint16_t status, enum tb_tag_reason *ret_reason)
{
    bool payment = status == SW_OK || status >> 8 == 0x61 || status >> 8 == 0x62;
    return fail(ret_reason, payment ? TB_TAG_REASON_PAYMENT_CARD : TB_TAG_REASON_T4_NO_NDEF);
}

static enum tb_tag_step application_take(struct tb_type4 *t, uint16_t status)
{
    if (status == SW_OK) {
        t->version1 = t->state == TB_TYPE4_SELECT_V1;
        return go(t, TB_TYPE4_SELECT_CC);
    }
    return go(t, t->state == TB_TYPE4_SELECT_V2 ? TB_TYPE4_SELECT_V1 : TB_TYPE4_PAYMENT);
}

enum tb_tag_step tb_type4_take(struct tb_type4 *t, struct tb_span answer, struct tb_buf *ndef,
                               enum tb_tag_reason *ret_reason)
{
    if (answer.size < 2)
        return fail(ret_reason, TB_TAG_REASON_ANSWER);
    uint16_t status = (uint16_t)(answer.at[answer.size - 2] << 8 | answer.at[answer.size - 1]);
    struct tb_span data = tb_span_sub(answer, 0, answer.size - 2);
    switch (t->state) {
    case TB_TYPE4_SELECT_V2:
    case TB_TYPE4_SELECT_V1: return application_take(t, status);
    case TB_TYPE4_PAYMENT: return payment_take(status, ret_reason);
    case TB_TYPE4_SELECT_CC: return status == SW_OK ? go(t, TB_TYPE4_READ_CC) : refused(status, ret_reason);
    case TB_TYPE4_READ_CC:
    case TB_TYPE4_READ_CC_REST:
        return status == SW_OK ? cc_take(t, data, ret_reason) : refused(status, ret_reason);
    case TB_TYPE4_SELECT_FILE:
        return status == SW_OK ? go(t, TB_TYPE4_READ_FIRST) : refused(status, ret_reason);
    case TB_TYPE4_READ_FIRST: return first_take(t, status, data, ndef, ret_reason);
    case TB_TYPE4_READ_LENGTH:
        return status == SW_OK ? length_take(t, data, ndef, ret_reason) : refused(status, ret_reason);
    case TB_TYPE4_READ_NDEF:
        return status == SW_OK ? ndef_take(t, data, ndef, ret_reason) : refused(status, ret_reason);
    case TB_TYPE4_DONE: break;
    }
    return TB_TAG_STEP_DONE;
}
