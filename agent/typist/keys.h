/*
 * Keys: a keyboard made through uinput (Documentation/input/uinput.rst), or a FIFO in its place that carries
 * the same struct input_event. One thread; blocking.
 */
#ifndef TB_AGENT_TYPIST_KEYS_H
#define TB_AGENT_TYPIST_KEYS_H

#include "core/link/typing.h"

struct tb_keys {
    int fd;
};

/* False: errno says why. */
bool tb_keys_open(struct tb_keys *keys, const char *device);

/* False: the device did not take them. */
bool tb_keys_press(struct tb_keys *keys, const struct tb_link_typing *typing);

#endif
