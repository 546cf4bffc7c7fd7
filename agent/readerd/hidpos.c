#include "agent/readerd/hidpos.h"

#include "agent/readerd/scanner.h"
#include "core/link/hidpos.h"
#include "core/link/line.h"

#include <fcntl.h>
#include <linux/hidraw.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

_Static_assert(TB_LINK_HIDPOS_BYTES_MAX <= SCANNER_BYTES_MAX, "a report's code fits");
_Static_assert(HID_MAX_DESCRIPTOR_SIZE == TB_LINK_HIDPOS_DESCRIPTOR_MAX, "Linux has a limit of its own");

enum { HEAD_SIZE = 2, FEATURE_SWITCH = 0xfe };

struct hidpos {
    struct tb_link_hidpos decoder;
    bool identified;
    bool described; /* the decoder is set up */
    bool fifo;
    size_t size; /* of what came through a FIFO and is not taken yet */
    uint8_t bytes[HEAD_SIZE + TB_LINK_HIDPOS_DESCRIPTOR_MAX];
};

static bool describe(struct hidpos *h, struct tb_span descriptor)
{
    struct tb_link_hidpos_layout layout;
    h->described = tb_link_hidpos_describe(descriptor, &layout) == TB_OK;
    if (h->described)
        tb_link_hidpos_init(&h->decoder, &layout, h->identified);
    return h->described;
}

/* Of a device that needs no switch the request fails, and nothing has changed. */
static void device_switch(int fd)
{
    uint8_t report[] = {FEATURE_SWITCH, 1};
    (void)ioctl(fd, HIDIOCSFEATURE(sizeof report), report);
}

static enum tb_link_reason device_describe(struct hidpos *h, int fd)
{
    struct hidraw_report_descriptor descriptor = {0};
    int size = 0;
    if (ioctl(fd, HIDIOCGRDESCSIZE, &size) < 0)
        return TB_LINK_REASON_UNSUPPORTED;
    descriptor.size = (uint32_t)size;
    if (size < 0 || size > HID_MAX_DESCRIPTOR_SIZE || ioctl(fd, HIDIOCGRDESC, &descriptor) < 0)
        return TB_LINK_REASON_IO;
    if (!describe(h, tb_span_of(descriptor.value, descriptor.size)))
        return TB_LINK_REASON_UNSUPPORTED;
    if (h->decoder.layout.switched)
        device_switch(fd);
    return TB_LINK_REASON_NONE;
}

static enum tb_link_reason hidpos_set_up(void *context, int fd)
{
    struct hidpos *h = context;
    struct stat status;
    h->fifo = fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
    h->described = false;
    h->size = 0;
    return h->fifo ? TB_LINK_REASON_NONE : device_describe(h, fd);
}

static void taken(struct hidpos *h, size_t size)
{
    h->size -= size;
    memmove(h->bytes, h->bytes + size, h->size);
}

/* False: what came first is no descriptor of a scanner. */
static bool fifo_describe(struct hidpos *h)
{
    size_t size = h->size < HEAD_SIZE ? 0 : (size_t)h->bytes[0] << 8 | h->bytes[1];
    if (h->size < HEAD_SIZE || h->size < HEAD_SIZE + size)
        return HEAD_SIZE + size <= sizeof h->bytes;
    if (!describe(h, tb_span_of(h->bytes + HEAD_SIZE, size)))
        return false;
    taken(h, HEAD_SIZE + size);
    return true;
}

/* At most one report at a time: what is left is taken when more comes, and a FIFO's writer sends whole ones.
 */
static bool fifo_read(struct hidpos *h, int fd, uint8_t *ret_bytes, size_t *ret_size)
{
    size_t want = h->described ? h->decoder.layout.size : h->size < HEAD_SIZE ? HEAD_SIZE : sizeof h->bytes;
    if (!h->described && h->size >= HEAD_SIZE)
        want = HEAD_SIZE + ((size_t)h->bytes[0] << 8 | h->bytes[1]);
    size_t size;
    if (want > sizeof h->bytes || !scanner_bytes(fd, h->bytes + h->size, want - h->size, &size))
        return false;
    h->size += size;
    if (!h->described)
        return fifo_describe(h);
    if (h->size < want)
        return true;
    *ret_size = tb_link_hidpos_take(&h->decoder, tb_span_of(h->bytes, want), ret_bytes);
    taken(h, want);
    return true;
}

static bool hidpos_read(void *context, int fd, uint8_t *ret_bytes, size_t *ret_size)
{
    struct hidpos *h = context;
    uint8_t report[TB_LINK_HIDPOS_REPORT_MAX];
    size_t size;
    *ret_size = 0;
    if (h->fifo)
        return fifo_read(h, fd, ret_bytes, ret_size);
    if (!scanner_bytes(fd, report, sizeof report, &size))
        return false;
    if (size > 0)
        *ret_size = tb_link_hidpos_take(&h->decoder, tb_span_of(report, size), ret_bytes);
    return true;
}

void hidpos_run(const char *path, bool identified)
{
    static const struct scanner_way way = {
        .access = O_RDONLY, .idle_ms = TB_LINK_LINE_IDLE_MS, .set_up = hidpos_set_up, .read = hidpos_read};
    static struct hidpos h;
    h.identified = identified;
    scanner_run(path, &way, &h);
}
