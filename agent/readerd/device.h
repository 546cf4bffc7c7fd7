/*
 * What all kinds of device have in common: a device file that is claimed for this process alone, and
 * the pace at which one that failed is tried again (0.1 s, doubling up to 1 s). One thread.
 */
#ifndef TB_AGENT_READERD_DEVICE_H
#define TB_AGENT_READERD_DEVICE_H

#include "core/link/message.h"

/*
 * Opens a device file for access (O_RDONLY or O_RDWR) and locks it against other programs that lock,
 * this one included. ret_fd is the caller's, -1 unless TB_LINK_REASON_NONE is returned; the lock lasts as
 * long as the descriptor.
 */
enum tb_link_reason device_claim(const char *path, int access, int *ret_fd);

/* How a device is that could not be used for a reason. */
enum tb_link_condition device_condition(enum tb_link_reason reason);

struct device_retry {
    int64_t due_ms; /* 0: at once */
    int64_t pause_ms;
};

/* True when it may be tried; the next time is then set as if it fails. */
bool device_retry_due(struct device_retry *r, int64_t now_ms);
int64_t device_retry_left_ms(const struct device_retry *r, int64_t now_ms);
void device_retry_reset(struct device_retry *r);

#endif
