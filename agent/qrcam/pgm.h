/*
 * PGM: a stream of grey pictures (Netpbm's binary form, P5, 8 bits), as a camera's program writes them into a
 * pipe. Pictures follow one another without a gap. Pure; not thread-safe.
 */
#ifndef TB_AGENT_QRCAM_PGM_H
#define TB_AGENT_QRCAM_PGM_H

#include "core/base/span.h"

#define PGM_WIDTH_MAX 1920
#define PGM_HEIGHT_MAX 1080
#define PGM_SIZE_MAX (PGM_WIDTH_MAX * PGM_HEIGHT_MAX)

enum pgm_step {
    PGM_MORE,   /* all input taken */
    PGM_DONE,   /* a picture is complete: width, height and memory are valid until the next call */
    PGM_BROKEN, /* this is no such stream; nothing more can be taken from it */
};

struct pgm {
    uint8_t *memory; /* borrowed, PGM_SIZE_MAX bytes */
    uint32_t width;
    uint32_t height;
    uint32_t numbers[3]; /* of the head: width, height, largest value */
    uint8_t number_count;
    uint8_t magic_count; /* bytes of "P5" that came */
    bool digits;         /* in a number */
    bool comment;        /* up to the end of the line */
    size_t want;         /* bytes of the picture; 0: still in the head */
    size_t size;         /* of it that came */
};

void pgm_init(struct pgm *p, uint8_t *memory);

/* Takes bytes from the front of in. */
enum pgm_step pgm_take(struct pgm *p, struct tb_span *in);

#endif
