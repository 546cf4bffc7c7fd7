/*
 * The head's end of the reader link. One frame is on its way out at a time, straight from where its bytes
 * are: who wants to say something waits until link_is_free(), and what was lent stays untouched until then.
 *
 * An agent that reads nothing costs frames and never time: when a frame has not moved for LINK_STALL_MS it is
 * given up, and the following ones are dropped at once until the line moves again. The agent sees the gap in
 * the sequence numbers. Main loop only.
 */
#ifndef TB_FIRMWARE_APP_LINK_H
#define TB_FIRMWARE_APP_LINK_H

#include "core/link/message.h"

#define LINK_STALL_MS 500
#define LINK_FIELDS_MAX 64 /* HELLO with short texts, and STATS_ANSWER */
#define LINK_BODY_MAX 280  /* TRANSCEIVE and UPDATE_BLOCK are the longest that the agent sends */

struct link {
    struct tb_link_encoder encoder;
    uint8_t fields[LINK_FIELDS_MAX];
    uint8_t chunk[16]; /* of the frame, not yet taken by the line */
    uint8_t chunk_size;
    uint8_t chunk_at;
    uint8_t sequence;
    bool sending;
    bool stalled;
    bool resync;      /* the last frame was given up: end it on the wire before the next one */
    int64_t moved_ms; /* when the line last took a byte */
    struct tb_link_decoder decoder;
    uint8_t memory[LINK_BODY_MAX];
};

void link_init(struct link *l);

/* No frame is on its way: what was lent to link_send() may be used again. */
bool link_is_free(const struct link *l);

/* To be called only when link_is_free(). Spans of the message are borrowed until it is free again. */
void link_send(struct link *l, const struct tb_link_message *m, int64_t now_ms);

/* Moves the frame at hand on. */
void link_pump(struct link *l, int64_t now_ms);

/* The next message from the agent; its spans are borrowed until the next call. */
bool link_take(struct link *l, struct tb_link_message *ret_message);

#endif
