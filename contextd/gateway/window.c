#include "contextd/gateway/window.h"

#define FULL_PRESET_US 2000
#define RESUMED_PRESET_US 500
#define MEMORY_COUNT 256 /* sessions */
#define SHARE_ONE 65536
#define COST_MAX_US 1000000
/* Terminals arrive at this share of what can be taken in: closer to all of it a queue builds up, in which
 * attempts grow old. */
#define LOAD_PERCENT 80

void tb_window_count(struct tb_window *w, bool resumed)
{
    if (w->begun < MEMORY_COUNT)
        w->begun++;
    int64_t share = w->resumed_share;
    share += ((resumed ? SHARE_ONE : 0) - share) / (int64_t)w->begun;
    w->resumed_share = (uint32_t)share;
}

void tb_window_measure(struct tb_window *w, bool resumed, int64_t cost_us)
{
    struct tb_window_cost *cost = resumed ? &w->resumed : &w->full;
    if (cost_us <= 0 || cost_us > COST_MAX_US)
        return;
    cost->samples_us[cost->count++ % TB_WINDOW_SAMPLE_COUNT] = (uint32_t)cost_us;
}

static int64_t cost_of(const struct tb_window_cost *cost, int64_t preset_us)
{
    int64_t least = cost->count ? cost->samples_us[0] : preset_us;
    for (size_t i = 1; i < TB_WINDOW_SAMPLE_COUNT && i < cost->count; i++)
        least = cost->samples_us[i] < least ? cost->samples_us[i] : least;
    return least;
}

int64_t tb_window_cost_us(const struct tb_window *w)
{
    int64_t full = cost_of(&w->full, FULL_PRESET_US);
    int64_t resumed = cost_of(&w->resumed, RESUMED_PRESET_US);
    int64_t share = w->resumed_share;
    return (share * resumed + (SHARE_ONE - share) * full) / SHARE_ONE;
}

int64_t tb_window_ms(const struct tb_window *w, int64_t terminal_count)
{
    int64_t cost_us = tb_window_cost_us(w);
    if (terminal_count <= 0)
        return TB_WINDOW_MIN_MS;
    if (terminal_count > TB_WINDOW_MAX_MS * INT64_C(1000) / cost_us)
        return TB_WINDOW_MAX_MS;
    int64_t window_ms = terminal_count * cost_us / 10 / LOAD_PERCENT; /* us to ms, percent to one */
    if (window_ms < TB_WINDOW_MIN_MS)
        return TB_WINDOW_MIN_MS;
    return window_ms < TB_WINDOW_MAX_MS ? window_ms : TB_WINDOW_MAX_MS;
}
