#include "firmware/app/head.h"

#include "firmware/app/link.h"
#include "firmware/hal/hal.h"

enum { HEARTBEAT_MS = 500 };

static struct head {
    struct link link;
    int64_t beat_ms; /* when the next heartbeat is due */
    bool hello_due;
} head;

static void hello_send(struct head *h, int64_t now_ms)
{
    struct tb_link_message m = {
        .type = TB_LINK_HELLO,
        .hello = {.version = TB_LINK_VERSION,
                  .role = TB_LINK_ROLE_HEAD,
                  .devices = tb_hal_board.devices,
                  .reset = (uint8_t)tb_hal_reset_cause(),
                  .capabilities = tb_hal_board.capabilities,
                  .software = tb_span_str(TB_FIRMWARE_VERSION),
                  .name = tb_span_str(tb_hal_board.name)},
    };
    h->hello_due = false;
    link_send(&h->link, &m, now_ms);
}

static void beat_send(struct head *h, int64_t now_ms)
{
    struct tb_link_message m = {.type = TB_LINK_HEARTBEAT, .uptime_ms = (uint32_t)now_ms};
    h->beat_ms = now_ms + HEARTBEAT_MS;
    link_send(&h->link, &m, now_ms);
}

void head_start(void)
{
    memset(&head, 0, sizeof head);
    link_init(&head.link);
    head.hello_due = true;
}

void head_turn(void)
{
    struct head *h = &head;
    int64_t now_ms = tb_hal_now_ms();
    struct tb_link_message m;
    link_pump(&h->link, now_ms);
    while (link_take(&h->link, &m))
        if (m.type == TB_LINK_HELLO_REQUEST)
            h->hello_due = true;
    if (h->hello_due && link_is_free(&h->link))
        hello_send(h, now_ms);
    if (now_ms >= h->beat_ms && link_is_free(&h->link))
        beat_send(h, now_ms);
}

void head_run(void)
{
    head_start();
    for (;;) {
        head_turn();
        tb_hal_idle();
    }
}
