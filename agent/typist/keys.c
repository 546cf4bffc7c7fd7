#include "agent/typist/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/uinput.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LAST_KEY = 127, REPORT_NS = 2000000 }; /* a program that is typed into takes a key every 2 ms */

static bool keyboard_make(int fd)
{
    struct uinput_setup setup = {
        .id = {.bustype = BUS_VIRTUAL, .vendor = TB_LINK_TYPING_VENDOR, .product = TB_LINK_TYPING_PRODUCT},
        .name = "Tillbridge member number"};
    if (ioctl(fd, UI_SET_EVBIT, EV_KEY) != 0)
        return false;
    for (int key = 1; key <= LAST_KEY; key++)
        if (ioctl(fd, UI_SET_KEYBIT, key) != 0)
            return false;
    return ioctl(fd, UI_DEV_SETUP, &setup) == 0 && ioctl(fd, UI_DEV_CREATE) == 0;
}

/* A FIFO is opened for both, so that this does not wait for who reads it. */
bool tb_keys_open(struct tb_keys *keys, const char *device)
{
    struct stat about;
    if (stat(device, &about) != 0)
        return false;
    if (!S_ISFIFO(about.st_mode) && !S_ISCHR(about.st_mode)) {
        errno = ENODEV;
        return false;
    }
    keys->fd = open(device, (S_ISFIFO(about.st_mode) ? O_RDWR : O_WRONLY) | O_CLOEXEC);
    return keys->fd >= 0 && (S_ISFIFO(about.st_mode) || keyboard_make(keys->fd));
}

static bool event_write(int fd, uint16_t type, uint16_t code, int32_t value)
{
    const struct input_event event = {.type = type, .code = code, .value = value};
    ssize_t written;
    do
        written = write(fd, &event, sizeof event);
    while (written < 0 && errno == EINTR);
    return written == (ssize_t)sizeof event;
}

bool tb_keys_press(struct tb_keys *keys, const struct tb_link_typing *typing)
{
    const struct timespec pause = {.tv_nsec = REPORT_NS};
    bool taken = true;
    for (size_t i = 0; i < typing->count && taken; i++) {
        const struct tb_link_key *key = &typing->keys[i];
        taken = event_write(keys->fd, EV_KEY, key->code, key->down) &&
                event_write(keys->fd, EV_SYN, SYN_REPORT, 0);
        (void)nanosleep(&pause, NULL);
    }
    return taken;
}
