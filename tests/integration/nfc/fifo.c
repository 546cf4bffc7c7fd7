#include "tests/integration/nfc/fifo.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

void fifo_plug(struct fifo *f)
{
    assert_int_equal(mkfifo(f->h->line, 0600), 0);
    f->fd = open(f->h->line, O_RDWR | O_CLOEXEC); /* does not wait for the reader */
    assert_true(f->fd >= 0);
}

void fifo_unplug(struct fifo *f)
{
    assert_int_equal(unlink(f->h->line), 0);
    assert_int_equal(close(f->fd), 0);
}

void fifo_start(struct fifo *f, struct harness *h, enum tb_reader_kind kind)
{
    f->h = h;
    harness_start(h, kind);
    harness_expect(h, "state unplugged device.absent");
    fifo_plug(f);
    harness_expect(h, "state ready");
}

void fifo_stop(struct fifo *f)
{
    fifo_unplug(f);
    harness_stop(f->h);
}

void fifo_write(const struct fifo *f, const void *bytes, size_t size)
{
    for (const uint8_t *at = bytes; size > 0;) {
        ssize_t sent = write(f->fd, at, size);
        assert_true(sent > 0);
        at += sent;
        size -= (size_t)sent;
    }
}
