/*
 * Frames of the reader link: what readerd and a reader head exchange with the agent, byte by byte.
 *
 *   on the wire   COBS( body ) 00
 *   body          header(3) payload(0..) crc(2)
 *
 *            7   6   5   4   3   2   1   0
 *          +---------------+---------------+
 *   body 0 |  link version |   0 (unused)  |
 *          +---+-----------+---------------+
 *   body 1 | D |            type           |   D = 1: from the agent to the reader
 *          +---+---------------------------+
 *   body 2 |           sequence            |   +1 per frame and direction, wraps
 *          +-------------------------------+
 *        … |            payload            |
 *          +-------------------------------+
 *    last 2|   CRC-16 of all before, BE    |   core/link/crc16.h
 *          +-------------------------------+
 *
 * COBS (Cheshire, Baker 1999) takes the zeros out of the body, so that 00 always ends a frame and a
 * receiver is in step again after the next 00, whatever came before.
 *
 * Encoder and decoder work with the caller's memory, a few bytes at a time. Pure; not thread-safe.
 */
#ifndef TB_CORE_LINK_FRAME_H
#define TB_CORE_LINK_FRAME_H

#include "core/base/span.h"

#define TB_LINK_VERSION 1
#define TB_LINK_HEADER_SIZE 3
#define TB_LINK_CRC_SIZE 2
#define TB_LINK_PAYLOAD_MAX 1040 /* bytes; TAG_DATA with 1 KiB of NDEF is the longest */
#define TB_LINK_BODY_MAX (TB_LINK_HEADER_SIZE + TB_LINK_PAYLOAD_MAX + TB_LINK_CRC_SIZE)
/* On the wire: one code byte per 254 bytes begun, and the delimiter. */
#define TB_LINK_WIRE_SIZE(body) ((body) + (body) / 254 + 2)
#define TB_LINK_WIRE_MAX TB_LINK_WIRE_SIZE(TB_LINK_BODY_MAX)

/* ---- encoder ---- */

struct tb_link_encoder {
    uint8_t head[TB_LINK_HEADER_SIZE];
    uint8_t tail[TB_LINK_CRC_SIZE];
    struct tb_span fields; /* borrowed until the frame is out */
    struct tb_span bulk;   /* borrowed until the frame is out */
    size_t size;           /* bytes of the body */
    size_t at;             /* next byte of the body */
    size_t block_end;      /* where the COBS block at hand ends */
    bool full;             /* that block has 254 bytes: no zero stands behind it */
    uint8_t state;
};

/*
 * Begins a frame whose payload is fields followed by bulk: a long message need not be copied together.
 * TB_ERR_TOO_LONG above TB_LINK_PAYLOAD_MAX; then tb_link_encoder_read() gives nothing.
 */
TB_MUST_USE enum tb_err tb_link_encoder_start(struct tb_link_encoder *e, uint8_t type, uint8_t sequence,
                                              struct tb_span fields, struct tb_span bulk);

/* Writes the next bytes for the wire, at most size_max; 0 when the frame is out. */
size_t tb_link_encoder_read(struct tb_link_encoder *e, uint8_t *ret_bytes, size_t size_max);

/* ---- decoder ---- */

struct tb_link_frame {
    uint8_t version;
    uint8_t type; /* with its direction bit */
    uint8_t sequence;
    struct tb_span payload; /* borrowed from the decoder's memory until its next call */
};

enum tb_link_step {
    TB_LINK_MORE,    /* all input taken, no frame ended in it */
    TB_LINK_FRAME,   /* ret_frame is set; call again for the rest of the input */
    TB_LINK_DAMAGED, /* a frame ended and was dropped; call again */
};

struct tb_link_decoder {
    uint8_t *at;            /* borrowed memory for one body */
    size_t size_max;        /* longer frames are dropped as damaged */
    size_t size;            /* bytes of the body so far */
    uint8_t block_left;     /* bytes until the COBS block at hand ends */
    bool block_open;        /* a code byte was seen since the last delimiter */
    bool zero_due;          /* a zero stands between the last block and the next */
    bool damaged;           /* drop until the delimiter */
    bool sequence_known;    /* a frame was taken before */
    uint8_t sequence;       /* of the last frame */
    uint32_t frame_count;   /* frames taken */
    uint32_t damaged_count; /* frames dropped */
    uint32_t lost_count;    /* sequence numbers that never came */
};

/* memory holds one body; TB_LINK_BODY_MAX takes any frame. */
void tb_link_decoder_init(struct tb_link_decoder *d, void *memory, size_t size_max);

/* Takes bytes from the front of in up to the end of a frame. No input is an error: noise is damage. */
enum tb_link_step tb_link_decoder_take(struct tb_link_decoder *d, struct tb_span *in,
                                       struct tb_link_frame *ret_frame);

#endif
