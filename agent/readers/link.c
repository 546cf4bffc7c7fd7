#include "agent/readers/link.h"

#include "core/base/wipe.h"

#include <errno.h>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

enum { READ_SIZE = 1024 };

static void frame_give(struct tb_reader_link *link, const struct tb_link_frame *frame)
{
    struct tb_link_message m;
    link->version = frame->version;
    if (tb_link_message_decode(frame, &m) == TB_OK)
        link->message(link, &m);
}

enum taken {
    TAKEN_SOME,
    TAKEN_NONE,   /* nothing more to read for now */
    TAKEN_END,    /* nor later */
    TAKEN_CLOSED, /* by a callback */
};

static enum taken bytes_take(struct tb_reader_link *link)
{
    uint8_t bytes[READ_SIZE];
    ssize_t size = read(link->fd, bytes, sizeof bytes);
    if (size < 0)
        return errno == EAGAIN || errno == EINTR ? TAKEN_NONE : TAKEN_END;
    if (size == 0)
        return TAKEN_END;
    struct tb_span in = tb_span_of(bytes, (size_t)size);
    struct tb_link_frame frame;
    while (in.size > 0 && link->fd >= 0)
        if (tb_link_decoder_take(&link->decoder, &in, &frame) == TB_LINK_FRAME)
            frame_give(link, &frame);
    tb_wipe(bytes, sizeof bytes);
    return link->fd >= 0 ? TAKEN_SOME : TAKEN_CLOSED;
}

void tb_reader_link_close(struct tb_reader_link *link)
{
    if (link->fd < 0)
        return;
    tb_watch_stop(&link->watch);
    /* close(2) would wait up to 30 s for a line whose other end takes nothing. A socket has none of that. */
    (void)tcflush(link->fd, TCOFLUSH);
    (void)close(link->fd);
    link->fd = -1;
    link->out_size = 0;
    tb_wipe(link->memory, sizeof link->memory);
    tb_wipe(link->out, sizeof link->out);
}

void tb_reader_link_finish(struct tb_reader_link *link)
{
    while (link->fd >= 0 && bytes_take(link) == TAKEN_SOME) {
    }
    tb_reader_link_close(link);
}

static void out_flush(struct tb_reader_link *link)
{
    ssize_t size = write(link->fd, link->out, link->out_size);
    if (size > 0) {
        link->out_size -= (size_t)size;
        memmove(link->out, link->out + size, link->out_size);
    }
    if (link->out_size > 0)
        tb_watch_want_write(&link->watch);
}

static void watch_event(struct tb_watch *watch, unsigned events)
{
    struct tb_reader_link *link = watch->context;
    enum taken taken = events & TB_FD_READ ? bytes_take(link) : TAKEN_NONE;
    if (taken == TAKEN_CLOSED)
        return;
    if (taken == TAKEN_END || (events & TB_FD_HANGUP)) {
        tb_reader_link_finish(link);
        link->ended(link);
        return;
    }
    if (events & TB_FD_WRITE)
        out_flush(link);
}

enum tb_err tb_reader_link_open(struct tb_reader_link *link, struct tb_loop *loop, int fd)
{
    link->loop = loop;
    link->fd = fd;
    link->sequence = 0;
    link->out_size = 0;
    link->watch = (struct tb_watch){.context = link};
    tb_link_decoder_init(&link->decoder, link->memory, sizeof link->memory);
    enum tb_err err = fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK) == 0 ? TB_OK : TB_ERR_IO;
    if (err == TB_OK)
        err = tb_loop_watch_fd(loop, &link->watch, fd, watch_event);
    if (err != TB_OK) {
        (void)close(fd);
        link->fd = -1;
        return err;
    }
    link->out[link->out_size++] = 0;
    out_flush(link);
    return TB_OK;
}

enum tb_err tb_reader_link_send(struct tb_reader_link *link, const struct tb_link_message *m)
{
    uint8_t memory[TB_LINK_FIELDS_MAX];
    struct tb_buf fields = tb_buf_of(memory, sizeof memory);
    struct tb_link_encoder e;
    struct tb_span bulk;
    if (link->fd < 0)
        return TB_ERR_OFFLINE;
    enum tb_err err = tb_link_message_encode(m, &fields, &bulk);
    if (err != TB_OK)
        return err;
    size_t body = TB_LINK_HEADER_SIZE + fields.size + bulk.size + TB_LINK_CRC_SIZE;
    if (TB_LINK_WIRE_SIZE(body) > sizeof link->out - link->out_size)
        return TB_ERR_FULL;
    err = tb_link_encoder_start(&e, (uint8_t)m->type, link->sequence, tb_buf_span(&fields), bulk);
    if (err != TB_OK)
        return err;
    link->sequence++;
    link->out_size += tb_link_encoder_read(&e, link->out + link->out_size, sizeof link->out - link->out_size);
    out_flush(link);
    return TB_OK;
}
