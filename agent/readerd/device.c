#include "agent/readerd/device.h"

enum { RETRY_FIRST_MS = 100, RETRY_MAX_MS = 1000 };

bool device_retry_due(struct device_retry *r, int64_t now_ms)
{
    if (now_ms < r->due_ms)
        return false;
    r->pause_ms = r->pause_ms ? 2 * r->pause_ms : RETRY_FIRST_MS;
    if (r->pause_ms > RETRY_MAX_MS)
        r->pause_ms = RETRY_MAX_MS;
    r->due_ms = now_ms + r->pause_ms;
    return true;
}

int64_t device_retry_left_ms(const struct device_retry *r, int64_t now_ms)
{
    return r->due_ms > now_ms ? r->due_ms - now_ms : 0;
}

void device_retry_reset(struct device_retry *r)
{
    *r = (struct device_retry){.due_ms = 0};
}
