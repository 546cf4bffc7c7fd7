#include "tests/sim/sim.h"

#include <stdlib.h>

void pipe_put(struct sim *s, struct sim_pipe *pipe, struct tb_span message)
{
    SIM_CHECK(s, pipe->count < SIM_QUEUE_MAX, "a peer sends without end");
    uint8_t *copy = malloc(message.size);
    SIM_CHECK(s, copy != NULL, "out of memory");
    memcpy(copy, message.at, message.size);
    pipe->messages[pipe->count++] = tb_span_of(copy, message.size);
}

struct tb_span pipe_take(struct sim_pipe *pipe)
{
    struct tb_span message = pipe->messages[0];
    memmove(pipe->messages, pipe->messages + 1, --pipe->count * sizeof message);
    return message;
}

void message_free(struct tb_span message)
{
    free((void *)(uintptr_t)message.at);
}

void pipe_clear(struct sim_pipe *pipe, size_t keep_count)
{
    while (pipe->count > keep_count)
        message_free(pipe->messages[--pipe->count]);
}
