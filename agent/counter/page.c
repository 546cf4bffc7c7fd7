#include "agent/counter/connection.h"
#include "agent/counter/pos_gate.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/base/wipe.h"

#include <stdlib.h>

_Static_assert(TB_MESSAGE_HEADROOM >= LWS_PRE, "a frame's header is written before the text");

/* What was admitted to one protocol does not get into the other. */
static int page_admit(struct lws *wsi)
{
    const struct connection *c = connection_of(wsi);
    const char *wanted = c->form == CONNECTION_FORM_POS ? TB_POS_GATE_PROTOCOL : TB_GATE_PROTOCOL;
    bool ours = strcmp(lws_get_protocol(wsi)->name, wanted) == 0;
    return ours && c->state == CONNECTION_REQUEST && c->admitted ? 0 : -1;
}

int page_begin(struct connection *c)
{
    struct tb_counter *counter = c->counter;
    const struct tb_counter_handlers *handlers = &counter->handlers;
    c->state = CONNECTION_PAGE;
    c->number = ++counter->number_last;
    c->reason = "closed";
    connection_set_deadline(c, INT64_MAX);
    if (c->form == CONNECTION_FORM_PAGE) {
        counter->page_count++;
        if (handlers->opened)
            handlers->opened(handlers->context, c->number, c->scope);
        return 0;
    }
    counter->pos_count++;
    if (handlers->pos.opened)
        handlers->pos.opened(handlers->context, c->number, c->client);
    return 0;
}

/* Ends a page that breaks the rules, and tells it why. */
static int page_break(struct connection *c, enum lws_close_status status, const char *reason)
{
    c->reason = reason;
    c->state = CONNECTION_DYING;
    counter_refused(c->counter, reason);
    lws_close_reason(c->wsi, status, NULL, 0);
    return -1;
}

bool received_add(struct connection *c, struct tb_span piece)
{
    if (!c->received)
        c->received = malloc(TB_COUNTER_MESSAGE_MAX);
    if (!c->received)
        return false;
    if (piece.size > 0)
        memcpy(c->received + c->received_size, piece.at, piece.size);
    c->received_size += piece.size;
    return true;
}

void received_drop(struct connection *c)
{
    if (c->received)
        tb_wipe(c->received, c->received_size);
    free(c->received);
    c->received = NULL;
    c->received_size = 0;
}

static int message_handle(struct connection *c, struct tb_span message)
{
    struct tb_counter *counter = c->counter;
    if (!tb_utf8_valid(message))
        return page_break(c, LWS_CLOSE_STATUS_INVALID_PAYLOAD, "message_utf8");
    const struct tb_counter_handlers *handlers = &counter->handlers;
    if (c->form == CONNECTION_FORM_PAGE && handlers->request)
        handlers->request(handlers->context, c->number, c->scope, message);
    else if (c->form == CONNECTION_FORM_POS && handlers->pos.call)
        (void)handlers->pos.call(handlers->context, c->number, c->client, tb_span_str(c->origin), message);
    return 0;
}

static int page_receive(struct lws *wsi, struct tb_span piece)
{
    struct connection *c = connection_of(wsi);
    if (c->state != CONNECTION_PAGE)
        return -1;
    if (lws_frame_is_binary(wsi))
        return page_break(c, LWS_CLOSE_STATUS_UNACCEPTABLE_OPCODE, "message_binary");
    if (piece.size > TB_COUNTER_MESSAGE_MAX - c->received_size)
        return page_break(c, LWS_CLOSE_STATUS_MESSAGE_TOO_LARGE, "message_long");
    bool last = lws_is_final_fragment(wsi) && lws_remaining_packet_payload(wsi) == 0;
    if (last && c->received_size == 0)
        return message_handle(c, piece);
    if (!received_add(c, piece))
        return page_break(c, LWS_CLOSE_STATUS_UNEXPECTED_CONDITION, "no_memory");
    if (!last)
        return 0;
    int rc = message_handle(c, tb_span_of(c->received, c->received_size));
    received_drop(c);
    return rc;
}

static int page_write(struct lws *wsi)
{
    struct connection *c = connection_of(wsi);
    if (c->state != CONNECTION_PAGE)
        return -1;
    struct tb_message *message = tb_queue_take(&c->queue);
    if (!message)
        return 0;
    size_t size = message->size;
    int written = lws_write(wsi, message->bytes + TB_MESSAGE_HEADROOM, size, LWS_WRITE_TEXT);
    tb_message_drop(message);
    return written < 0 || (size_t)written < size ? -1 : page_written(c);
}

int page_written(struct connection *c)
{
    bool more = c->queue.count > 0;
    connection_set_deadline(c, more ? tb_loop_now_ms(c->counter->loop) + STALL_DEADLINE_MS : INT64_MAX);
    if (more)
        lws_callback_on_writable(c->wsi);
    return 0;
}

void page_free(struct connection *c)
{
    struct tb_counter *counter = c->counter;
    uint32_t number = c->number;
    tb_queue_clear(&c->queue);
    received_drop(c);
    if (number == 0)
        return;
    c->number = 0;
    if (c->form == CONNECTION_FORM_PAGE)
        counter->page_count--;
    else if (c->form != CONNECTION_FORM_CALL)
        counter->pos_count--;
    if (counter->handlers.closed)
        counter->handlers.closed(counter->handlers.context, number, counter->closing ? "stopped" : c->reason);
}

int page_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size)
{
    (void)user;
    struct connection *c = connection_of(wsi);
    if (!c)
        return 0;
    tb_loop_turn(c->counter->loop);
    switch ((int)reason) {
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return page_admit(wsi);
    case LWS_CALLBACK_ESTABLISHED: return page_begin(c);
    case LWS_CALLBACK_RECEIVE: return page_receive(wsi, tb_span_of(in, size));
    case LWS_CALLBACK_SERVER_WRITEABLE: return page_write(wsi);
    default: return 0;
    }
}
