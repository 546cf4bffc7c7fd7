#include "core/link/frame.h"

#include "core/base/assert.h"
#include "core/link/crc16.h"

#define COBS_BLOCK_MAX 254 /* bytes without a zero that one code byte can announce */
#define COBS_CODE_FULL 0xff

enum encoder_state {
    ENCODER_CODE,
    ENCODER_DATA,
    ENCODER_DELIMITER,
    ENCODER_DONE,
};

_Static_assert(TB_LINK_VERSION <= 0x0f, "the version has four bits");
_Static_assert(TB_LINK_HEADER_SIZE == 3 && TB_LINK_CRC_SIZE == 2, "see the drawing in frame.h");

static uint8_t body_byte(const struct tb_link_encoder *e, size_t at)
{
    if (at < sizeof e->head)
        return e->head[at];
    at -= sizeof e->head;
    if (at < e->fields.size)
        return e->fields.at[at];
    at -= e->fields.size;
    if (at < e->bulk.size)
        return e->bulk.at[at];
    at -= e->bulk.size;
    TB_ASSERT(at < sizeof e->tail);
    return e->tail[at];
}

enum tb_err tb_link_encoder_start(struct tb_link_encoder *e, uint8_t type, uint8_t sequence,
                                  struct tb_span fields, struct tb_span bulk)
{
    *e = (struct tb_link_encoder){.state = ENCODER_DONE};
    if (fields.size > TB_LINK_PAYLOAD_MAX || bulk.size > TB_LINK_PAYLOAD_MAX - fields.size)
        return TB_ERR_TOO_LONG;
    e->head[0] = TB_LINK_VERSION << 4;
    e->head[1] = type;
    e->head[2] = sequence;
    e->fields = fields;
    e->bulk = bulk;
    uint16_t crc = tb_crc16(TB_CRC16_START, tb_span_of(e->head, sizeof e->head));
    crc = tb_crc16(tb_crc16(crc, fields), bulk);
    e->tail[0] = (uint8_t)(crc >> 8);
    e->tail[1] = (uint8_t)crc;
    e->size = sizeof e->head + fields.size + bulk.size + sizeof e->tail;
    e->state = ENCODER_CODE;
    return TB_OK;
}

/* Finds the end of the block that begins at e->at and returns its code byte. */
static uint8_t block_begin(struct tb_link_encoder *e)
{
    e->block_end = e->at;
    while (e->block_end < e->size && e->block_end - e->at < COBS_BLOCK_MAX && body_byte(e, e->block_end) != 0)
        e->block_end++;
    return (uint8_t)(e->block_end - e->at + 1);
}

/* Behind a block stands its zero, unless the block is a full one or the body's last. */
static enum encoder_state block_end(struct tb_link_encoder *e, bool full)
{
    if (e->at == e->size)
        return ENCODER_DELIMITER;
    if (!full)
        e->at++;
    return ENCODER_CODE;
}

static uint8_t encoder_step(struct tb_link_encoder *e)
{
    uint8_t byte = 0;
    if (e->state == ENCODER_CODE) {
        byte = block_begin(e);
        e->full = byte == COBS_CODE_FULL;
        e->state = ENCODER_DATA;
    } else if (e->state == ENCODER_DATA) {
        byte = body_byte(e, e->at++);
    } else {
        e->state = ENCODER_DONE;
        return 0;
    }
    if (e->at == e->block_end)
        e->state = (uint8_t)block_end(e, e->full);
    return byte;
}

size_t tb_link_encoder_read(struct tb_link_encoder *e, uint8_t *ret_bytes, size_t size_max)
{
    size_t size = 0;
    while (size < size_max && e->state != ENCODER_DONE)
        ret_bytes[size++] = encoder_step(e);
    return size;
}

/* ---- decoder ---- */

void tb_link_decoder_init(struct tb_link_decoder *d, void *memory, size_t size_max)
{
    *d = (struct tb_link_decoder){.at = memory, .size_max = size_max};
}

static void body_add(struct tb_link_decoder *d, uint8_t byte)
{
    if (d->size == d->size_max)
        d->damaged = true;
    else
        d->at[d->size++] = byte;
}

static void byte_take(struct tb_link_decoder *d, uint8_t byte)
{
    if (d->damaged)
        return;
    if (d->block_left > 0) {
        body_add(d, byte);
        d->block_left--;
        return;
    }
    if (d->zero_due)
        body_add(d, 0);
    d->block_open = true;
    d->block_left = (uint8_t)(byte - 1);
    d->zero_due = byte != COBS_CODE_FULL;
}

static void frame_reset(struct tb_link_decoder *d)
{
    d->size = 0;
    d->block_left = 0;
    d->block_open = false;
    d->zero_due = false;
    d->damaged = false;
}

static bool body_is_whole(const struct tb_link_decoder *d)
{
    if (d->damaged || d->block_left > 0 || d->size < TB_LINK_HEADER_SIZE + TB_LINK_CRC_SIZE)
        return false;
    struct tb_span covered = tb_span_of(d->at, d->size - TB_LINK_CRC_SIZE);
    uint16_t crc = tb_crc16(TB_CRC16_START, covered);
    return d->at[d->size - 2] == crc >> 8 && d->at[d->size - 1] == (crc & 0xff);
}

static void sequence_count(struct tb_link_decoder *d, uint8_t sequence)
{
    if (d->sequence_known)
        d->lost_count += (uint8_t)(sequence - d->sequence - 1);
    d->sequence_known = true;
    d->sequence = sequence;
}

static enum tb_link_step frame_end(struct tb_link_decoder *d, struct tb_link_frame *ret_frame)
{
    bool nothing = !d->block_open && !d->damaged;
    bool whole = body_is_whole(d);
    size_t size = d->size;
    frame_reset(d);
    if (nothing)
        return TB_LINK_MORE;
    if (!whole) {
        d->damaged_count++;
        return TB_LINK_DAMAGED;
    }
    d->frame_count++;
    sequence_count(d, d->at[2]);
    *ret_frame = (struct tb_link_frame){
        .version = d->at[0] >> 4,
        .type = d->at[1],
        .sequence = d->at[2],
        .payload = tb_span_of(d->at + TB_LINK_HEADER_SIZE, size - TB_LINK_HEADER_SIZE - TB_LINK_CRC_SIZE),
    };
    return TB_LINK_FRAME;
}

enum tb_link_step tb_link_decoder_take(struct tb_link_decoder *d, struct tb_span *in,
                                       struct tb_link_frame *ret_frame)
{
    while (in->size > 0) {
        uint8_t byte = in->at[0];
        *in = tb_span_sub(*in, 1, SIZE_MAX);
        if (byte != 0) {
            byte_take(d, byte);
            continue;
        }
        enum tb_link_step step = frame_end(d, ret_frame);
        if (step != TB_LINK_MORE)
            return step;
    }
    return TB_LINK_MORE;
}
