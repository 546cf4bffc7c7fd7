#include "agent/readerd/keyboard.h"

#include "agent/readerd/scanner.h"
#include "core/link/line.h"
#include "core/link/typing.h"
#include "core/link/wedge.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/input.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

enum { EVENT_COUNT_MAX = SCANNER_BYTES_MAX / TB_LINK_WEDGE_BYTES_MAX };

struct keyboard {
    struct tb_link_wedge wedge;
    size_t size; /* of what was read; whole events are taken at once */
    uint8_t events[EVENT_COUNT_MAX * sizeof(struct input_event)];
};

static bool is_fifo(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

/* A mouse, a lid switch or a power button is not what was meant. */
static bool types_digits(int fd)
{
    uint8_t keys[KEY_MAX / 8 + 1] = {0};
    return ioctl(fd, EVIOCGBIT(EV_KEY, sizeof keys), keys) >= 0 && (keys[KEY_1 / 8] & 1u << KEY_1 % 8) &&
           (keys[KEY_0 / 8] & 1u << KEY_0 % 8);
}

/* What this terminal types is not to come back as a scan, whatever number its keyboard got. */
static bool is_own(int fd)
{
    struct input_id id;
    return ioctl(fd, EVIOCGID, &id) >= 0 && id.bustype == BUS_VIRTUAL && id.vendor == TB_LINK_TYPING_VENDOR &&
           id.product == TB_LINK_TYPING_PRODUCT;
}

/* Without the grab every code would be typed into whatever is in front: then it is not read at all. */
static enum tb_link_reason device_grab(int fd)
{
    if (!types_digits(fd) || is_own(fd))
        return TB_LINK_REASON_UNSUPPORTED;
    if (ioctl(fd, EVIOCGRAB, 1) == 0)
        return TB_LINK_REASON_NONE;
    return errno == EBUSY ? TB_LINK_REASON_BUSY : TB_LINK_REASON_IO;
}

static enum tb_link_reason keyboard_set_up(void *context, int fd)
{
    struct keyboard *k = context;
    tb_link_wedge_init(&k->wedge, k->wedge.layout);
    k->size = 0;
    return is_fifo(fd) ? TB_LINK_REASON_NONE : device_grab(fd);
}

static size_t event_take(struct keyboard *k, const uint8_t *at, uint8_t *ret_bytes)
{
    struct input_event event;
    memcpy(&event, at, sizeof event);
    return tb_link_wedge_take(&k->wedge, event.type, event.code, event.value, ret_bytes);
}

/* A device gives whole events only; a FIFO may hold the first part of one. */
static bool keyboard_read(void *context, int fd, uint8_t *ret_bytes, size_t *ret_size)
{
    struct keyboard *k = context;
    size_t size;
    *ret_size = 0;
    if (!scanner_bytes(fd, k->events + k->size, sizeof k->events - k->size, &size))
        return false;
    k->size += size;
    size_t taken = 0;
    for (; k->size - taken >= sizeof(struct input_event); taken += sizeof(struct input_event))
        *ret_size += event_take(k, k->events + taken, &ret_bytes[*ret_size]);
    k->size -= taken;
    memmove(k->events, k->events + taken, k->size);
    return true;
}

bool keyboard_layout_valid(const char *layout)
{
    return tb_link_layout_find(tb_span_str(layout)) != NULL;
}

void keyboard_run(const char *path, const char *layout)
{
    static const struct scanner_way way = {.access = O_RDONLY,
                                           .idle_ms = TB_LINK_LINE_IDLE_KEYS_MS,
                                           .set_up = keyboard_set_up,
                                           .read = keyboard_read};
    static struct keyboard k;
    tb_link_wedge_init(&k.wedge, tb_link_layout_find(tb_span_str(layout)));
    scanner_run(path, &way, &k);
}
