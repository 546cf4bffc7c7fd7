/*
 * Send queue: whole messages that wait until the socket takes them. Each is a copy with the room in front
 * that lws needs, because lws masks what it sends in place. Pure; not thread-safe.
 */
#ifndef TB_AGENT_UPLINK_QUEUE_H
#define TB_AGENT_UPLINK_QUEUE_H

#include "core/base/span.h"

#define TB_UPLINK_QUEUE_HEADROOM 32 /* ≥ LWS_PRE */

struct tb_send_queue_entry;

struct tb_send_queue {
    struct tb_send_queue_entry *head, *tail;
    size_t count, count_max;
    size_t size, size_max; /* bytes of messages */
};

/* TB_ERR_FULL, TB_ERR_NO_MEMORY. */
TB_MUST_USE enum tb_err tb_send_queue_put(struct tb_send_queue *queue, struct tb_span message);

/* The first message, writable and with its headroom in front; NULL when there is none. */
uint8_t *tb_send_queue_first(const struct tb_send_queue *queue, size_t *ret_size);

/* Drops the first message, wiped. */
void tb_send_queue_drop(struct tb_send_queue *queue);

void tb_send_queue_clear(struct tb_send_queue *queue);

#endif
