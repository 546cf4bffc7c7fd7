#include "agent/uplink/queue.h"

#include "core/base/wipe.h"

#include <stdlib.h>

struct tb_send_queue_entry {
    struct tb_send_queue_entry *next;
    size_t size;
    uint8_t bytes[]; /* headroom, then the message */
};

enum tb_err tb_send_queue_put(struct tb_send_queue *queue, struct tb_span message)
{
    if (queue->count == queue->count_max || message.size > queue->size_max - queue->size)
        return TB_ERR_FULL;
    struct tb_send_queue_entry *entry = malloc(sizeof *entry + TB_UPLINK_QUEUE_HEADROOM + message.size);
    if (!entry)
        return TB_ERR_NO_MEMORY;
    entry->next = NULL;
    entry->size = message.size;
    if (message.size > 0)
        memcpy(entry->bytes + TB_UPLINK_QUEUE_HEADROOM, message.at, message.size);
    if (queue->tail)
        queue->tail->next = entry;
    else
        queue->head = entry;
    queue->tail = entry;
    queue->count++;
    queue->size += message.size;
    return TB_OK;
}

uint8_t *tb_send_queue_first(const struct tb_send_queue *queue, size_t *ret_size)
{
    if (!queue->head)
        return NULL;
    *ret_size = queue->head->size;
    return queue->head->bytes + TB_UPLINK_QUEUE_HEADROOM;
}

void tb_send_queue_drop(struct tb_send_queue *queue)
{
    struct tb_send_queue_entry *entry = queue->head;
    if (!entry)
        return;
    queue->head = entry->next;
    if (!queue->head)
        queue->tail = NULL;
    queue->count--;
    queue->size -= entry->size;
    tb_wipe(entry->bytes, TB_UPLINK_QUEUE_HEADROOM + entry->size);
    free(entry);
}

void tb_send_queue_clear(struct tb_send_queue *queue)
{
    while (queue->head)
        tb_send_queue_drop(queue);
}
