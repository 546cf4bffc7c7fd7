/*
 * tillbridge-typist: a keyboard that types what the agent hands it, for POS software that cannot be changed.
 *
 *     tillbridge-typist <device> <layout>
 *
 * It owns the device (/dev/uinput, or a FIFO in its place, which carries the same events) and nothing else:
 * no network, no keys, no files. The agent's socket is descriptor 3; each line of it is one text, which is
 * typed with its ending. What cannot be typed is passed over whole. Ends with the agent.
 */
#include "agent/typist/keys.h"
#include "core/link/typing.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

enum { LINK_FD = 3, EXIT_USAGE = 2, EXIT_DEVICE = 3, FD_COUNT_MAX = 8 };

/* Member numbers pass through this process: no core file, no new privileges, no life after the agent. */
static bool confine(void)
{
    const struct rlimit none = {.rlim_cur = 0, .rlim_max = 0};
    const struct rlimit few = {.rlim_cur = FD_COUNT_MAX, .rlim_max = FD_COUNT_MAX};
    return setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0 &&
           prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 &&
           close_range(LINK_FD + 1, ~0u, 0) == 0 && setrlimit(RLIMIT_NOFILE, &few) == 0;
}

/* The texts of a block of lines, up to the last line that is whole; how much of it was taken. */
static size_t lines_type(struct tb_keys *keys, const struct tb_link_layout *layout, struct tb_span block)
{
    static struct tb_link_typing typing;
    size_t taken = 0;
    for (const uint8_t *end; (end = memchr(block.at + taken, '\n', block.size - taken)) != NULL;) {
        size_t size = (size_t)(end - block.at) - taken;
        struct tb_span text = tb_span_of(block.at + taken, size);
        if (tb_link_typing_of(layout, text, &typing) == TB_OK && !tb_keys_press(keys, &typing))
            (void)fputs("typist: the device takes no keys\n", stderr);
        taken += size + 1;
    }
    return taken;
}

static int serve(struct tb_keys *keys, const struct tb_link_layout *layout)
{
    uint8_t bytes[1024];
    size_t size = 0;
    for (;;) {
        ssize_t got = read(LINK_FD, bytes + size, sizeof bytes - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return 0; /* the agent has ended */
        size += (size_t)got;
        size_t taken = lines_type(keys, layout, tb_span_of(bytes, size));
        size -= taken;
        memmove(bytes, bytes + taken, size);
        if (size == sizeof bytes)
            size = 0; /* no text is that long */
        explicit_bzero(bytes + size, sizeof bytes - size);
    }
}

int main(int argc, char **argv)
{
    const struct tb_link_layout *layout = argc == 3 ? tb_link_layout_find(tb_span_str(argv[2])) : NULL;
    struct tb_keys keys;
    if (!layout || fcntl(LINK_FD, F_GETFD) < 0) {
        (void)fputs("usage: tillbridge-typist <device> us|de|fr, started by tillbridged\n", stderr);
        return EXIT_USAGE;
    }
    if (!confine() || !tb_keys_open(&keys, argv[1])) {
        (void)fprintf(stderr, "typist: %s: %s\n", argv[1], strerror(errno));
        return EXIT_DEVICE;
    }
    return serve(&keys, layout);
}
