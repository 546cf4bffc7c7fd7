#include "agent/counter/queue.h"

#include "core/base/wipe.h"

#include <stdlib.h>

struct tb_message *tb_message_new(enum tb_counter_topic topic, struct tb_span text)
{
    struct tb_message *message = malloc(sizeof *message + TB_MESSAGE_HEADROOM + text.size + TB_MESSAGE_TAIL);
    if (!message)
        return NULL;
    message->reference_count = 1;
    message->topic = topic;
    message->size = text.size;
    if (text.size > 0)
        memcpy(message->bytes + TB_MESSAGE_HEADROOM, text.at, text.size);
    return message;
}

struct tb_message *tb_message_drop(struct tb_message *message)
{
    if (message && --message->reference_count == 0) {
        tb_wipe(message->bytes, TB_MESSAGE_HEADROOM + message->size);
        free(message);
    }
    return NULL;
}

static bool topic_makes_stale(enum tb_counter_topic newer, enum tb_counter_topic older)
{
    bool of_visit = older == TB_COUNTER_TOPIC_CUSTOMER || older == TB_COUNTER_TOPIC_CART;
    if (newer == TB_COUNTER_TOPIC_EVENT)
        return false;
    return newer == older || (newer == TB_COUNTER_TOPIC_VISIT && of_visit);
}

static void stale_remove(struct tb_queue *q, enum tb_counter_topic newer)
{
    size_t kept = 0;
    for (size_t i = 0; i < q->count; i++) {
        struct tb_message *message = q->messages[i];
        if (topic_makes_stale(newer, message->topic)) {
            q->size -= message->size;
            tb_message_drop(message);
        } else {
            q->messages[kept++] = message;
        }
    }
    q->count = kept;
}

enum tb_err tb_queue_push(struct tb_queue *q, struct tb_message *message)
{
    stale_remove(q, message->topic);
    if (q->count == TB_QUEUE_COUNT_MAX || message->size > TB_QUEUE_SIZE_MAX - q->size)
        return TB_ERR_FULL;
    message->reference_count++;
    q->messages[q->count++] = message;
    q->size += message->size;
    return TB_OK;
}

struct tb_message *tb_queue_take(struct tb_queue *q)
{
    if (q->count == 0)
        return NULL;
    struct tb_message *oldest = q->messages[0];
    q->count--;
    q->size -= oldest->size;
    memmove(q->messages, q->messages + 1, q->count * sizeof q->messages[0]);
    return oldest;
}

void tb_queue_clear(struct tb_queue *q)
{
    struct tb_message *message;
    while ((message = tb_queue_take(q)) != NULL)
        tb_message_drop(message);
}
