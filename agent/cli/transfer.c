#include "agent/cli/transfer.h"

#define NOT_BUSY (-1)

static void step_set(struct tb_transfer *t, enum tb_transfer_step step, int64_t wait_ms)
{
    t->step = step;
    t->wait_ms = wait_ms;
}

static void end(struct tb_transfer *t, enum tb_transfer_step step, enum tb_transfer_result result)
{
    step_set(t, step, 0);
    t->result = result;
}

void tb_transfer_start(struct tb_transfer *t, const struct tb_transfer_image *images, unsigned image_count,
                       bool force, int64_t now_ms)
{
    *t = (struct tb_transfer){.images = images,
                              .image_count = image_count,
                              .insist = force,
                              .force = force,
                              .step = TB_TRANSFER_BEGIN,
                              .heard_ms = now_ms,
                              .busy_ms = NOT_BUSY};
}

/* ---- answers ---- */

/* Asked with BEGIN and without force: force would install it once more. */
static void prove(struct tb_transfer *t, int64_t now_ms)
{
    if (!t->stored)
        t->stored_ms = now_ms;
    t->stored = true;
    t->force = false;
    if (now_ms - t->stored_ms > TB_TRANSFER_PROVE_MS)
        end(t, TB_TRANSFER_FAILED, TB_TRANSFER_UNPROVEN);
    else
        step_set(t, TB_TRANSFER_BEGIN, TB_TRANSFER_AGAIN_MS);
}

/* Each restart costs the reader an erasure: those that lead on are fewer than blocks, others have a limit. */
static void progress_count(struct tb_transfer *t, uint32_t next)
{
    t->stalls = next > t->next ? 0 : t->stalls + 1;
    t->restarts += next < t->next;
    t->next = next;
    if (next <= t->furthest)
        return;
    t->furthest = next;
    t->restarts = 0;
}

/* The block that is wanted, or the end. */
static void send_on(struct tb_transfer *t, uint32_t next)
{
    uint32_t size = t->images[t->at].image.size;
    bool possible = next < size ? next % TB_LINK_UPDATE_BLOCK_SIZE == 0 : next == size;
    if (t->stored) {
        end(t, TB_TRANSFER_FAILED, TB_TRANSFER_ROLLED_BACK);
        return;
    }
    progress_count(t, next);
    if (!possible || t->stalls > TB_TRANSFER_STALLS_MAX || t->restarts > TB_TRANSFER_RESTARTS_MAX) {
        end(t, TB_TRANSFER_FAILED, TB_TRANSFER_SENSELESS);
        return;
    }
    if (next < size) {
        step_set(t, TB_TRANSFER_BLOCK, 0);
        return;
    }
    /* Should the answer be lost, the next BEGIN is to tell what became of it, and not to install it again. */
    t->ended = true;
    t->force = false;
    step_set(t, TB_TRANSFER_END, 0);
}

/* A reader that began anew does not know of the transfer, which starts over. */
static void begin_again(struct tb_transfer *t)
{
    t->next = 0; /* counted here */
    if (++t->restarts > TB_TRANSFER_RESTARTS_MAX)
        end(t, TB_TRANSFER_FAILED, TB_TRANSFER_SENSELESS);
    else
        step_set(t, TB_TRANSFER_BEGIN, 0);
}

/* The reader restarted before END had any effect, else it would not speak of what ran before. */
static bool end_was_lost(const struct tb_transfer *t, enum tb_link_reason reason)
{
    return t->ended && (reason == TB_LINK_REASON_UPDATE_SAME || reason == TB_LINK_REASON_UPDATE_OLDER);
}

static void force_again(struct tb_transfer *t)
{
    t->restarts += t->next > 0; /* else counted before */
    t->next = 0;
    t->ended = false;
    t->force = true;
    step_set(t, TB_TRANSFER_BEGIN, 0);
}

/* The same question again, for a while. */
static void busy(struct tb_transfer *t, enum tb_link_reason reason, int64_t now_ms)
{
    bool unwell = reason == TB_LINK_REASON_UPDATE_UNWELL;
    int64_t patience_ms = unwell ? TB_TRANSFER_UNWELL_MS : TB_TRANSFER_BUSY_MS;
    if (t->busy_ms == NOT_BUSY)
        t->busy_ms = now_ms;
    t->reason = reason;
    if (now_ms - t->busy_ms > patience_ms)
        end(t, TB_TRANSFER_FAILED, unwell ? TB_TRANSFER_REFUSED : TB_TRANSFER_BUSY);
    else
        t->wait_ms = TB_TRANSFER_AGAIN_MS;
}

static void refused(struct tb_transfer *t, enum tb_link_reason reason, int64_t now_ms)
{
    t->reason = reason;
    if (reason == TB_LINK_REASON_UPDATE_NOT_BEGUN)
        begin_again(t);
    else if (reason == TB_LINK_REASON_UPDATE_UNWELL)
        busy(t, reason, now_ms);
    else if (t->stored || (t->ended && reason == TB_LINK_REASON_UPDATE_FAILED))
        end(t, TB_TRANSFER_FAILED, TB_TRANSFER_ROLLED_BACK);
    else if (t->insist && end_was_lost(t, reason))
        force_again(t);
    else if (reason == TB_LINK_REASON_UPDATE_SLOT && t->at + 1 < t->image_count)
        t->at++;
    else if (reason == TB_LINK_REASON_UPDATE_SAME)
        end(t, TB_TRANSFER_DONE, TB_TRANSFER_ALREADY);
    else
        end(t, TB_TRANSFER_FAILED, TB_TRANSFER_REFUSED);
}

/* The image at hand is what runs. Who insists gets the other one of the same release. */
static void running(struct tb_transfer *t)
{
    if (t->force && t->at + 1 < t->image_count)
        t->at++;
    else
        end(t, TB_TRANSFER_DONE, t->ended || t->stored ? TB_TRANSFER_INSTALLED : TB_TRANSFER_ALREADY);
}

void tb_transfer_answer(struct tb_transfer *t, const struct tb_link_update_answer *answer, int64_t now_ms)
{
    t->heard_ms = now_ms;
    t->wait_ms = 0;
    if (answer->status != TB_LINK_UPDATE_BUSY && answer->reason != TB_LINK_REASON_UPDATE_UNWELL)
        t->busy_ms = NOT_BUSY;
    switch (answer->status) {
    case TB_LINK_UPDATE_SEND: send_on(t, answer->next); return;
    case TB_LINK_UPDATE_STORED:
    case TB_LINK_UPDATE_TRIAL: prove(t, now_ms); return;
    case TB_LINK_UPDATE_RUNNING: running(t); return;
    case TB_LINK_UPDATE_BUSY: busy(t, answer->reason, now_ms); return;
    case TB_LINK_UPDATE_REFUSED: refused(t, answer->reason, now_ms); return;
    }
}

void tb_transfer_lost(struct tb_transfer *t, int64_t now_ms)
{
    if (t->stored && now_ms - t->stored_ms > TB_TRANSFER_PROVE_MS)
        end(t, TB_TRANSFER_FAILED, TB_TRANSFER_UNPROVEN);
    else if (now_ms - t->heard_ms > TB_TRANSFER_LOST_MS)
        end(t, TB_TRANSFER_FAILED, TB_TRANSFER_LOST);
    else
        step_set(t, TB_TRANSFER_BEGIN, TB_TRANSFER_AGAIN_MS);
}
