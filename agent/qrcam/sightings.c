#include "agent/qrcam/sightings.h"

#include "core/base/wipe.h"

void sightings_expire(struct sightings *s, int64_t now_ms)
{
    for (size_t i = 0; i < SIGHTING_COUNT; i++)
        if (s->at[i].size && now_ms - s->at[i].seen_ms >= SIGHTING_AWAY_MS)
            tb_wipe(&s->at[i], sizeof s->at[i]);
}

/* A free place, or the one that was not seen for longest. */
static struct sighting *place(struct sightings *s)
{
    struct sighting *oldest = &s->at[0];
    for (size_t i = 0; i < SIGHTING_COUNT && oldest->size; i++)
        if (s->at[i].size == 0 || s->at[i].seen_ms < oldest->seen_ms)
            oldest = &s->at[i];
    return oldest;
}

bool sightings_add(struct sightings *s, struct tb_span code, int64_t now_ms)
{
    struct tb_span known = tb_span_sub(code, 0, SIGHTING_SIZE_MAX);
    sightings_expire(s, now_ms);
    for (size_t i = 0; i < SIGHTING_COUNT; i++) {
        struct sighting *seen = &s->at[i];
        if (seen->size && tb_span_equal(known, tb_span_of(seen->code, seen->size))) {
            seen->seen_ms = now_ms;
            return false;
        }
    }
    if (known.size == 0)
        return false;
    struct sighting *seen = place(s);
    tb_wipe(seen, sizeof *seen);
    memcpy(seen->code, known.at, known.size);
    seen->size = (uint16_t)known.size;
    seen->seen_ms = now_ms;
    return true;
}
