/*
 * Transfer: the way of a firmware image into a reader (docs/protocol.md, "Update"), without I/O: it says
 * which step is to be asked next, and takes what was answered.
 *
 * Steps may be lost together with the reader's line: it then begins again where the reader says, for
 * TB_TRANSFER_LOST_MS at most. Clock: any monotonic one. Single-threaded.
 */
#ifndef TB_AGENT_CLI_TRANSFER_H
#define TB_AGENT_CLI_TRANSFER_H

#include "core/image/image.h"
#include "core/link/message.h"

#define TB_TRANSFER_LOST_MS 60000  /* without any answer */
#define TB_TRANSFER_BUSY_MS 60000  /* answered "busy" only */
#define TB_TRANSFER_UNWELL_MS 5000 /* one that has just started has not tested itself yet */
#define TB_TRANSFER_PROVE_MS 90000 /* from "stored" to "running"; a reader gives up its trial after 60 s */
#define TB_TRANSFER_AGAIN_MS 300   /* between two questions while there is nothing to do but wait */
#define TB_TRANSFER_RESTARTS_MAX 8 /* of the reader, in a row that got no further than one before */
#define TB_TRANSFER_STALLS_MAX 8   /* answers in a row that want the same block */

struct tb_transfer_image {
    struct tb_image image;
    struct tb_span header;
    struct tb_span body;
};

enum tb_transfer_step {
    TB_TRANSFER_BEGIN, /* ask UPDATE_BEGIN with the header of the image at hand */
    TB_TRANSFER_BLOCK, /* ask UPDATE_BLOCK at next */
    TB_TRANSFER_END,   /* ask UPDATE_END */
    TB_TRANSFER_DONE,
    TB_TRANSFER_FAILED,
};

enum tb_transfer_result {
    TB_TRANSFER_INSTALLED,   /* DONE: it runs, and is confirmed */
    TB_TRANSFER_ALREADY,     /* DONE: it ran before */
    TB_TRANSFER_REFUSED,     /* FAILED: see reason */
    TB_TRANSFER_ROLLED_BACK, /* FAILED: it did not prove itself; what ran before runs again */
    TB_TRANSFER_UNPROVEN,    /* FAILED: nothing is known since it was stored */
    TB_TRANSFER_LOST,        /* FAILED: the reader does not answer any more */
    TB_TRANSFER_BUSY,        /* FAILED: see reason */
    TB_TRANSFER_SENSELESS,   /* FAILED: it restarts again and again, or its answers lead nowhere */
};

struct tb_transfer {
    const struct tb_transfer_image *images; /* borrowed */
    unsigned image_count;
    unsigned at; /* image at hand */
    bool insist; /* force is wanted */
    bool force;  /* of the next BEGIN */
    bool ended;  /* END was asked: it may be stored */
    bool stored; /* it is */
    enum tb_transfer_step step;
    enum tb_transfer_result result; /* when step is DONE or FAILED */
    enum tb_link_reason reason;     /* REFUSED, BUSY */
    uint32_t next;                  /* offset of the block that is wanted */
    uint32_t furthest;              /* it ever was */
    unsigned restarts;              /* since then */
    unsigned stalls;
    int64_t wait_ms;   /* before the step is asked */
    int64_t heard_ms;  /* last answer */
    int64_t busy_ms;   /* since when it says nothing but "busy" or "unwell"; -1: it does not */
    int64_t stored_ms; /* when it said "stored" */
};

/* force: also over the same or a newer version, once. */
void tb_transfer_start(struct tb_transfer *t, const struct tb_transfer_image *images, unsigned image_count,
                       bool force, int64_t now_ms);

/* The step was answered. */
void tb_transfer_answer(struct tb_transfer *t, const struct tb_link_update_answer *answer, int64_t now_ms);

/* The step was not answered, or could not be asked. */
void tb_transfer_lost(struct tb_transfer *t, int64_t now_ms);

#endif
