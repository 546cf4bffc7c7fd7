/*
 * Window: over what time terminals spread their first attempt when they lose the context store, so that they
 * arrive somewhat slower than one gateway can take them in.
 *
 * It follows from how many terminals there are and from what a connection costs this gateway's loop: its
 * processor time from the accepted socket to the welcome, measured while no other connection was being begun,
 * for full and for resumed TLS handshakes apart, and the share of resumed ones. Until something was measured
 * presets count, which are those of a slow machine. Pure; single loop.
 */
#ifndef TB_CONTEXTD_GATEWAY_WINDOW_H
#define TB_CONTEXTD_GATEWAY_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TB_WINDOW_MIN_MS 1000
#define TB_WINDOW_MAX_MS 3600000
#define TB_WINDOW_SAMPLE_COUNT 16

/* What one kind of handshake cost the last times; the least counts, the rest is other work in between. */
struct tb_window_cost {
    uint32_t samples_us[TB_WINDOW_SAMPLE_COUNT];
    size_t count; /* ever */
};

/* All zero: nothing was measured. */
struct tb_window {
    struct tb_window_cost full;
    struct tb_window_cost resumed;
    uint32_t begun;         /* sessions, up to the memory of resumed_share */
    uint32_t resumed_share; /* of the last of them, in 65536ths */
};

/* A session that was welcomed, and how. */
void tb_window_count(struct tb_window *w, bool resumed);
/* What one cost that had the loop to itself, in microseconds. */
void tb_window_measure(struct tb_window *w, bool resumed, int64_t cost_us);

/* What the next one is expected to cost, in microseconds. */
int64_t tb_window_cost_us(const struct tb_window *w);

int64_t tb_window_ms(const struct tb_window *w, int64_t terminal_count);

#endif
