#include "agent/app/pos/pos_guard.h"

#include <stddef.h>

static const struct tb_pos_asker *asker_find(const struct tb_pos_guard *guard, uint32_t user)
{
    for (size_t i = 0; i < TB_POS_ASKER_MAX; i++)
        if (guard->askers[i].known && guard->askers[i].user == user)
            return &guard->askers[i];
    return NULL;
}

static struct tb_pos_asker *asker_of(struct tb_pos_guard *guard, uint32_t user)
{
    struct tb_pos_asker *place = &guard->askers[0];
    for (size_t i = 0; i < TB_POS_ASKER_MAX; i++) {
        struct tb_pos_asker *asker = &guard->askers[i];
        if (asker->known && asker->user == user)
            return asker;
        if (place->known && (!asker->known || asker->failure_count < place->failure_count))
            place = asker;
    }
    *place = (struct tb_pos_asker){.known = true, .user = user};
    return place;
}

int64_t tb_pos_guard_pause_ms(const struct tb_pos_guard *guard, uint32_t user, int64_t now_ms)
{
    const struct tb_pos_asker *asker = asker_find(guard, user);
    return asker && now_ms < asker->pause_until_ms ? asker->pause_until_ms - now_ms : 0;
}

static int64_t pause_of(unsigned pause_count)
{
    int64_t pause_ms = TB_POS_PAUSE_MS;
    for (unsigned i = 0; i < pause_count && pause_ms < TB_POS_PAUSE_MAX_MS; i++)
        pause_ms *= 2;
    return pause_ms < TB_POS_PAUSE_MAX_MS ? pause_ms : TB_POS_PAUSE_MAX_MS;
}

bool tb_pos_guard_guessed(struct tb_pos_guard *guard, uint32_t user, int64_t now_ms)
{
    struct tb_pos_asker *asker = asker_of(guard, user);
    if (++asker->guess_count < TB_POS_GUESS_MAX)
        return false;
    asker->guess_count = 0;
    asker->failure_count++;
    asker->pause_until_ms = now_ms + pause_of(asker->pause_count++);
    return true;
}

void tb_pos_guard_refused(struct tb_pos_guard *guard, uint32_t user, int64_t now_ms)
{
    struct tb_pos_asker *asker = asker_of(guard, user);
    asker->failure_count++;
    asker->pause_until_ms = now_ms + TB_POS_PAUSE_MS;
}

void tb_pos_guard_lapsed(struct tb_pos_guard *guard, uint32_t user)
{
    asker_of(guard, user)->failure_count++;
}

void tb_pos_guard_passed(struct tb_pos_guard *guard, uint32_t user)
{
    *asker_of(guard, user) = (struct tb_pos_asker){.known = true, .user = user};
}

bool tb_pos_guard_yields(const struct tb_pos_guard *guard, uint32_t open, uint32_t user)
{
    const struct tb_pos_asker *first = asker_find(guard, open);
    const struct tb_pos_asker *second = asker_find(guard, user);
    return open != user && first && first->failure_count > (second ? second->failure_count : 0);
}
