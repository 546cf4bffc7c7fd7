/*
 * Queue: the messages that one page has not taken yet.
 *
 * A message is written once and shared by every page that it goes to. A newer message of a topic
 * whose newest wins takes the place of an unsent older one, at the end of the queue, so that a slow
 * page skips states instead of falling behind. Bounded by TB_QUEUE_COUNT_MAX messages and
 * TB_QUEUE_SIZE_MAX bytes. Not thread-safe.
 */
#ifndef TB_AGENT_COUNTER_QUEUE_H
#define TB_AGENT_COUNTER_QUEUE_H

#include "agent/counter/counter.h"

#define TB_QUEUE_COUNT_MAX TB_COUNTER_QUEUE_MAX
#define TB_QUEUE_SIZE_MAX 262144
#define TB_MESSAGE_HEADROOM 64 /* bytes before the text for the frame's header */
#define TB_MESSAGE_TAIL 2      /* and behind it, for what ends an event */

struct tb_message {
    unsigned reference_count;
    enum tb_counter_topic topic;
    size_t size;
    uint8_t bytes[]; /* headroom, then the text, then the tail */
};

struct tb_queue {
    struct tb_message *messages[TB_QUEUE_COUNT_MAX]; /* oldest first */
    size_t count;
    size_t size; /* bytes of text in all */
};

/* One reference, the caller's. NULL when out of memory. */
struct tb_message *tb_message_new(enum tb_counter_topic topic, struct tb_span text);
/* Drops a reference; the last one wipes and frees. Accepts NULL, returns NULL. */
struct tb_message *tb_message_drop(struct tb_message *message);

/* Takes a reference of its own. TB_ERR_FULL: nothing was queued. */
TB_MUST_USE enum tb_err tb_queue_push(struct tb_queue *q, struct tb_message *message);
/* The oldest one, whose reference becomes the caller's; NULL when empty. */
struct tb_message *tb_queue_take(struct tb_queue *q);
void tb_queue_clear(struct tb_queue *q);

#endif
