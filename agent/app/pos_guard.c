#include "agent/app/pos_guard.h"

bool tb_pos_guard_is_paused(const struct tb_pos_guard *guard, int64_t now_ms)
{
    return now_ms < guard->pause_until_ms;
}

static int64_t pause_of(unsigned pause_count)
{
    int64_t pause_ms = TB_POS_PAUSE_MS;
    for (unsigned i = 0; i < pause_count && pause_ms < TB_POS_PAUSE_MAX_MS; i++)
        pause_ms *= 2;
    return pause_ms < TB_POS_PAUSE_MAX_MS ? pause_ms : TB_POS_PAUSE_MAX_MS;
}

bool tb_pos_guard_guessed(struct tb_pos_guard *guard, int64_t now_ms)
{
    if (++guard->guess_count < TB_POS_GUESS_MAX)
        return false;
    guard->guess_count = 0;
    guard->pause_until_ms = now_ms + pause_of(guard->pause_count++);
    return true;
}

void tb_pos_guard_refused(struct tb_pos_guard *guard, int64_t now_ms)
{
    guard->pause_until_ms = now_ms + TB_POS_PAUSE_MS;
}

void tb_pos_guard_passed(struct tb_pos_guard *guard)
{
    *guard = (struct tb_pos_guard){0};
}
