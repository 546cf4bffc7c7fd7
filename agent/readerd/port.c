#include "agent/readerd/port.h"

#include "core/base/assert.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int64_t port_now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* An agent that is gone is no failure of this process. */
static _Noreturn void link_lost(void)
{
    _exit(EXIT_SUCCESS); /* nothing of this process is worth flushing */
}

static void link_write(const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(PORT_LINK_FD, bytes, size, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            link_lost();
        bytes += sent;
        size -= (size_t)sent;
    }
}

void port_send(struct port *p, const struct tb_link_message *m)
{
    uint8_t memory[TB_LINK_FIELDS_MAX];
    uint8_t wire[TB_LINK_WIRE_MAX];
    struct tb_buf fields = tb_buf_of(memory, sizeof memory);
    struct tb_link_encoder e;
    struct tb_span bulk;
    /* Lengths were bounded where the message was made. */
    enum tb_err err = tb_link_message_encode(m, &fields, &bulk);
    TB_ASSERT(err == TB_OK);
    err = tb_link_encoder_start(&e, (uint8_t)m->type, p->sequence++, tb_buf_span(&fields), bulk);
    TB_ASSERT(err == TB_OK);
    link_write(wire, tb_link_encoder_read(&e, wire, sizeof wire));
}

static void state_send(struct port *p)
{
    struct tb_link_message m = {
        .type = TB_LINK_STATE,
        .state = {.device = p->device, .condition = p->condition, .reason = p->reason}};
    port_send(p, &m);
}

static void hello_send(struct port *p)
{
    struct tb_link_message m = {.type = TB_LINK_HELLO, .hello = p->hello};
    port_send(p, &m);
    state_send(p);
}

void port_open(struct port *p, uint8_t device, uint16_t capabilities, const char *name)
{
    /* An agent that reads nothing for this long is as good as gone. */
    static const struct timeval patience = {.tv_sec = 1, .tv_usec = 500000};
    (void)setsockopt(PORT_LINK_FD, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    p->device = device;
    p->condition = TB_LINK_STARTING;
    p->began_ms = port_now_ms();
    tb_link_decoder_init(&p->decoder, p->memory, sizeof p->memory);
    p->hello = (struct tb_link_hello){
        .version = TB_LINK_VERSION,
        .role = TB_LINK_ROLE_READERD,
        .devices = device,
        .reset = TB_LINK_RESET_PROCESS_START,
        .capabilities = capabilities | TB_LINK_CAN_SELFTEST,
        .software = tb_span_sub(tb_span_str(TB_READERD_VERSION), 0, TB_LINK_SOFTWARE_MAX),
        .name = tb_span_sub(tb_span_str(name), 0, TB_LINK_NAME_MAX),
    };
    hello_send(p);
}

void port_state(struct port *p, enum tb_link_condition condition, enum tb_link_reason reason)
{
    if (p->condition == condition && p->reason == reason)
        return;
    p->condition = condition;
    p->reason = reason;
    state_send(p);
}

void port_beat(struct port *p)
{
    int64_t now_ms = port_now_ms();
    if (now_ms < p->beat_ms)
        return;
    struct tb_link_message m = {.type = TB_LINK_HEARTBEAT, .uptime_ms = (uint32_t)(now_ms - p->began_ms)};
    port_send(p, &m);
    p->beat_ms = now_ms + PORT_HEARTBEAT_MS;
}

/* ---- requests ---- */

static void selftest_answer(struct port *p, uint8_t request)
{
    bool ready = p->condition == TB_LINK_READY;
    struct tb_link_message m = {
        .type = TB_LINK_SELFTEST_ANSWER,
        .selftest_answer = {.request = request,
                            .verdict = ready ? TB_LINK_SELFTEST_PASSED : TB_LINK_SELFTEST_FAILED,
                            .detail = tb_span_str(tb_link_reason_name(p->reason))},
    };
    port_send(p, &m);
}

static void stats_answer(struct port *p, uint8_t request)
{
    struct tb_link_message m = {.type = TB_LINK_STATS_ANSWER, .stats_answer = {.request = request}};
    p->stats[TB_LINK_STAT_UPTIME_S] = (uint32_t)((port_now_ms() - p->began_ms) / 1000);
    p->stats[TB_LINK_STAT_FRAMES_DAMAGED] = p->decoder.damaged_count;
    p->stats[TB_LINK_STAT_FRAMES_LOST] = p->decoder.lost_count;
    memcpy(m.stats_answer.values, p->stats, sizeof p->stats);
    port_send(p, &m);
}

static void frame_serve(struct port *p, const struct tb_link_frame *frame)
{
    struct tb_link_message m;
    if (tb_link_message_decode(frame, &m) != TB_OK)
        return;
    if (m.type == TB_LINK_HELLO_REQUEST)
        hello_send(p);
    if (m.type == TB_LINK_SELFTEST)
        selftest_answer(p, m.request);
    else if (m.type == TB_LINK_STATS)
        stats_answer(p, m.request);
    else if (p->request != NULL)
        p->request(p->context, &m);
}

static void link_read(struct port *p)
{
    uint8_t bytes[512];
    ssize_t size = recv(PORT_LINK_FD, bytes, sizeof bytes, MSG_DONTWAIT);
    if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR))
        link_lost();
    struct tb_span in = tb_span_of(bytes, size > 0 ? (size_t)size : 0);
    struct tb_link_frame frame;
    while (in.size > 0)
        if (tb_link_decoder_take(&p->decoder, &in, &frame) == TB_LINK_FRAME)
            frame_serve(p, &frame);
}

bool port_wait(struct port *p, int64_t timeout_ms, int device_fd)
{
    int64_t end_ms = port_now_ms() + timeout_ms;
    for (;;) {
        port_beat(p);
        int64_t now_ms = port_now_ms();
        int64_t until_ms = end_ms < p->beat_ms ? end_ms : p->beat_ms;
        struct pollfd set[] = {{.fd = PORT_LINK_FD, .events = POLLIN}, {.fd = device_fd, .events = POLLIN}};
        int ready = poll(set, TB_ARRAY_SIZE(set), until_ms > now_ms ? (int)(until_ms - now_ms) : 0);
        if (ready > 0 && set[0].revents)
            link_read(p);
        if (ready > 0)
            return set[1].revents != 0;
        if (port_now_ms() >= end_ms)
            return false;
    }
}
