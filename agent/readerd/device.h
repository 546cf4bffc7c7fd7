/*
 * What all kinds of device have in common: host/device, and the pace at which one that failed is tried
 * again (0.1 s, doubling up to 1 s). One thread.
 */
#ifndef TB_AGENT_READERD_DEVICE_H
#define TB_AGENT_READERD_DEVICE_H

#include "host/device/device.h"

struct device_retry {
    int64_t due_ms; /* 0: at once */
    int64_t pause_ms;
};

/* True when it may be tried; the next time is then set as if it fails. */
bool device_retry_due(struct device_retry *r, int64_t now_ms);
int64_t device_retry_left_ms(const struct device_retry *r, int64_t now_ms);
void device_retry_reset(struct device_retry *r);

#endif
