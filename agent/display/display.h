/*
 * Display: the shopper's line display on a serial line, from the cells that it is to show.
 *
 * What is to be seen is kept and sent when the line takes it: at most five times a second, the newest wins. A
 * display that is not there is looked for with a pause that doubles from 0.1 s to 5 s, and is told everything
 * anew when it is back; one that is there is sent its cells again every 10 s, because it does not say when it
 * was switched off and on. Nothing here blocks. Loop's thread only.
 */
#ifndef TB_AGENT_DISPLAY_DISPLAY_H
#define TB_AGENT_DISPLAY_DISPLAY_H

#include "core/display/line_display.h"
#include "host/device/device.h"
#include "host/loop/loop.h"

#define TB_DISPLAY_PAINT_MS 200
#define TB_DISPLAY_AGAIN_MS 10000

struct tb_display_config {
    const char *device; /* borrowed for its life */
    uint64_t baud;      /* one that tb_device_baud_valid() knows */
    enum tb_display_dialect dialect;
    enum tb_codepage page;
    /* It came or went; reason is TB_LINK_REASON_NONE when it is there. May be NULL. */
    void (*told)(void *context, enum tb_link_reason reason);
    void *context;
};

/* Embedded by its user; all zero is one that is not open. */
struct tb_display {
    struct tb_display_config config;
    struct tb_loop *loop;
    int fd; /* -1: it is not there */
    struct tb_watch watch;
    struct tb_timer timer; /* to look for it, or to paint */
    int64_t pause_ms;
    int64_t painted_ms;
    bool open;
    bool stale; /* what is to be seen is not what was sent */
    bool told_once;
    enum tb_link_reason reason;
    struct tb_display_cells cells;
    size_t out_size; /* unsent */
    uint8_t out[2 * TB_DISPLAY_BYTES_MAX];
};

/* Looks for the display at once; blank until tb_display_show(). */
void tb_display_open(struct tb_display *d, struct tb_loop *loop, const struct tb_display_config *config);
void tb_display_close(
    struct tb_display *d); /* blanks it as far as it takes that at once; accepts one all zero */

void tb_display_show(struct tb_display *d, const struct tb_display_cells *cells);

#endif
