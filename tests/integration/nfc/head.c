#include "tests/integration/nfc/head.h"

#include "core/link/crc16.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

enum { DEADLINE_MS = 30000 };

static void request_keep(struct head *head, const struct tb_link_frame *frame)
{
    assert_true(head->request_count < HEAD_REQUEST_MAX);
    struct tb_link_message *m = &head->requests[head->request_count++];
    assert_int_equal(tb_link_message_decode(frame, m), TB_OK);
    if (m->type == TB_LINK_POLLING) {
        memcpy(head->ecp, m->ecp.at, m->ecp.size);
        m->ecp.at = head->ecp;
    }
    tb_loop_stop(head->h->loop);
}

static void line_read(struct tb_watch *watch, unsigned events)
{
    struct head *head = watch->context;
    uint8_t bytes[512];
    struct tb_link_frame frame;
    if (!(events & TB_FD_READ))
        return;
    ssize_t size = read(head->fd, bytes, sizeof bytes);
    struct tb_span in = tb_span_of(bytes, size > 0 ? (size_t)size : 0);
    while (in.size > 0)
        if (tb_link_decoder_take(&head->decoder, &in, &frame) == TB_LINK_FRAME)
            request_keep(head, &frame);
}

void head_plug(struct head *head, struct harness *h, const char *path)
{
    struct termios mode;
    char name[64];
    *head = (struct head){.h = h, .path = path, .version = TB_LINK_VERSION, .capabilities = 0x1f};
    head->watch.context = head;
    tb_link_decoder_init(&head->decoder, head->memory, sizeof head->memory);
    head->fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    assert_true(head->fd >= 0);
    assert_int_equal(grantpt(head->fd) | unlockpt(head->fd) | ptsname_r(head->fd, name, sizeof name), 0);
    head->own_fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(head->own_fd >= 0);
    assert_int_equal(tcgetattr(head->own_fd, &mode), 0);
    cfmakeraw(&mode);
    assert_int_equal(tcsetattr(head->own_fd, TCSANOW, &mode), 0);
    assert_int_equal(symlink(name, path), 0);
    assert_int_equal(tb_loop_watch_fd(h->loop, &head->watch, head->fd, line_read), TB_OK);
}

void head_unplug(struct head *head)
{
    tb_watch_stop(&head->watch);
    (void)unlink(head->path);
    (void)close(head->own_fd);
    (void)close(head->fd);
    head->fd = -1;
}

/* ---- sending ---- */

void head_bytes(struct head *head, struct tb_span bytes)
{
    assert_int_equal(write(head->fd, bytes.at, bytes.size), bytes.size);
}

size_t head_frame(struct head *head, const struct tb_link_message *m, uint8_t *ret_bytes, size_t size_max)
{
    uint8_t memory[TB_LINK_FIELDS_MAX];
    struct tb_buf fields = tb_buf_of(memory, sizeof memory);
    struct tb_link_encoder e;
    struct tb_span bulk;
    assert_int_equal(tb_link_message_encode(m, &fields, &bulk), TB_OK);
    assert_int_equal(
        tb_link_encoder_start(&e, (uint8_t)m->type, head->sequence++, tb_buf_span(&fields), bulk), TB_OK);
    e.head[0] = (uint8_t)(head->version << 4);
    uint16_t crc = tb_crc16(TB_CRC16_START, tb_span_of(e.head, sizeof e.head));
    crc = tb_crc16(tb_crc16(crc, e.fields), e.bulk);
    e.tail[0] = (uint8_t)(crc >> 8);
    e.tail[1] = (uint8_t)crc;
    return tb_link_encoder_read(&e, ret_bytes, size_max);
}

void head_send(struct head *head, const struct tb_link_message *m)
{
    uint8_t bytes[TB_LINK_WIRE_MAX];
    head_bytes(head, tb_span_of(bytes, head_frame(head, m, bytes, sizeof bytes)));
}

void head_hello(struct head *head, uint8_t devices, enum tb_link_reset reset)
{
    head_send(head, &(struct tb_link_message){.type = TB_LINK_HELLO,
                                              .hello = {.version = head->version,
                                                        .role = TB_LINK_ROLE_HEAD,
                                                        .devices = devices,
                                                        .reset = (uint8_t)reset,
                                                        .capabilities = head->capabilities,
                                                        .software = tb_span_str("0.1.0"),
                                                        .name = tb_span_str("script")}});
}

void head_state(struct head *head, uint8_t device, enum tb_link_condition condition,
                enum tb_link_reason reason)
{
    head_send(head, &(struct tb_link_message){
                        .type = TB_LINK_STATE,
                        .state = {.device = device, .condition = condition, .reason = reason}});
}

/* ---- receiving ---- */

static void deadline_over(struct tb_timer *timer)
{
    struct head *head = timer->context;
    fail_msg("the agent sent nothing after frame %u", head->taken);
}

const struct tb_link_message *head_expect(struct head *head, enum tb_link_type type)
{
    struct tb_timer deadline = {.context = head};
    tb_timer_set(head->h->loop, &deadline, DEADLINE_MS, deadline_over);
    while (head->request_count == head->taken)
        assert_int_equal(tb_loop_run(head->h->loop), TB_OK);
    tb_timer_cancel(&deadline);
    assert_int_equal(head->requests[head->taken].type, type);
    return &head->requests[head->taken++];
}
