/*
 * Sightings: a camera sees a code in picture after picture; it is told once, and again only after it was out
 * of sight for a while. Codes are wiped when they are forgotten. now_ms is monotonic. Pure; not thread-safe.
 */
#ifndef TB_AGENT_QRCAM_SIGHTINGS_H
#define TB_AGENT_QRCAM_SIGHTINGS_H

#include "core/base/span.h"

#define SIGHTING_SIZE_MAX 512
#define SIGHTING_COUNT 8
#define SIGHTING_AWAY_MS 1500

struct sighting {
    uint16_t size; /* 0: free */
    uint8_t code[SIGHTING_SIZE_MAX];
    int64_t seen_ms;
};

struct sightings {
    struct sighting at[SIGHTING_COUNT];
};

/* True when the code was not in sight. Longer ones than SIGHTING_SIZE_MAX are told by their beginning. */
bool sightings_add(struct sightings *s, struct tb_span code, int64_t now_ms);

/* Forgets what was away for SIGHTING_AWAY_MS. */
void sightings_expire(struct sightings *s, int64_t now_ms);

#endif
