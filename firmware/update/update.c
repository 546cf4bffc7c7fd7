#include "firmware/update/update.h"

#include "firmware/hal/hal.h"

enum { WRITE_SIZE_MAX = 16 };

/* ---- answers ---- */

static struct tb_link_update_answer answer(const struct update *u, enum tb_link_update_status status,
                                           enum tb_link_reason reason)
{
    return (struct tb_link_update_answer){.status = status, .reason = reason, .next = u->next};
}

static struct tb_link_update_answer send_on(const struct update *u)
{
    return answer(u, u->stored ? TB_LINK_UPDATE_STORED : TB_LINK_UPDATE_SEND, TB_LINK_REASON_NONE);
}

static struct tb_link_update_answer refused(const struct update *u, enum tb_link_reason reason)
{
    return answer(u, TB_LINK_UPDATE_REFUSED, reason);
}

static struct tb_link_update_answer busy_reading(const struct update *u)
{
    return answer(u, TB_LINK_UPDATE_BUSY, TB_LINK_REASON_UPDATE_TAP);
}

static struct tb_link_update_answer given_up(struct update *u, enum tb_link_reason reason)
{
    u->begun = u->stored = false;
    u->next = 0;
    return refused(u, reason);
}

/* ---- places ---- */

static unsigned slot_other(const struct update *u)
{
    return TB_HAL_SLOT_COUNT - 1 - u->running;
}

static uint32_t slot_at(unsigned slot)
{
    return tb_hal_board.slot_at[slot];
}

static struct tb_span header_running(const struct update *u)
{
    return tb_hal_flash_read(slot_at(u->running), TB_IMAGE_HEADER_SIZE);
}

static struct tb_span header_incoming(const struct update *u)
{
    return tb_span_of(u->header, sizeof u->header);
}

/* Units behind each other may differ in size, so that one is erased when its first byte is needed. */
static enum tb_err erase_to(struct update *u, uint32_t end)
{
    while (u->erased_to < end) {
        uint32_t unit = tb_hal_flash_unit(u->erased_to);
        enum tb_err err = unit == 0 ? TB_ERR_RANGE : tb_hal_flash_erase(u->erased_to);
        if (err != TB_OK)
            return err;
        u->erased_to += unit;
    }
    return TB_OK;
}

/* The last bytes are filled up to what the flash takes at once. */
static enum tb_err padded_write(uint32_t at, struct tb_span bytes)
{
    size_t odd = bytes.size % tb_hal_board.flash_write_size;
    size_t even = bytes.size - odd;
    enum tb_err err = even ? tb_hal_flash_write(at, tb_span_sub(bytes, 0, even)) : TB_OK;
    if (odd && err == TB_OK) {
        uint8_t last[WRITE_SIZE_MAX];
        memset(last, 0xff, sizeof last);
        memcpy(last, bytes.at + even, odd);
        err = tb_hal_flash_write(at + (uint32_t)even, tb_span_of(last, tb_hal_board.flash_write_size));
    }
    return err;
}

/* ---- begin ---- */

/* Reasons that the header alone gives; NONE when there are none. */
static enum tb_link_reason header_judge(const struct update *u, const struct tb_image *image)
{
    if (!tb_span_is(image->board, tb_hal_board.name))
        return TB_LINK_REASON_UPDATE_BOARD;
    if (image->address != slot_at(slot_other(u)))
        return TB_LINK_REASON_UPDATE_SLOT;
    if (image->size > tb_hal_board.slot_size - TB_IMAGE_BODY_AT)
        return TB_LINK_REASON_UPDATE_ROOM;
    return TB_LINK_REASON_NONE;
}

static bool has_failed(const struct record *record, const struct tb_image *image)
{
    return memcmp(record->failed, image->digest.at, sizeof record->failed) == 0;
}

/* Reasons that come from what runs, and from what was tried before. */
static enum tb_link_reason version_judge(const struct update *u, const struct tb_image *image, bool force)
{
    struct record record = record_load();
    struct tb_image running;
    if (tb_image_parse(header_running(u), &running) != TB_OK)
        return TB_LINK_REASON_NONE;
    if (image->floor < running.floor) /* what is older than the floor has a lower one itself */
        return TB_LINK_REASON_UPDATE_FLOOR;
    if (force)
        return TB_LINK_REASON_NONE;
    if (has_failed(&record, image))
        return TB_LINK_REASON_UPDATE_FAILED;
    if (image->version == running.version)
        return TB_LINK_REASON_UPDATE_SAME;
    return image->version < running.version ? TB_LINK_REASON_UPDATE_OLDER : TB_LINK_REASON_NONE;
}

/* The slot that is about to be erased must not be on trial any more, nor confirmed (it may be: when it rotted
 * the boot loader started the other one), whatever happens from here on. Nor has the image failed: who asks
 * later is to hear of this trial, not of the one before, also when this one never begins. */
static enum tb_err past_forget(const struct update *u, const struct tb_image *image)
{
    struct record record = record_load();
    bool failed = has_failed(&record, image);
    if (record.trial == RECORD_NO_SLOT && record.confirmed == u->running && !failed)
        return TB_OK;
    if (failed)
        memset(record.failed, 0, sizeof record.failed);
    record.trial = RECORD_NO_SLOT;
    record.attempted = false;
    record.confirmed = (uint8_t)u->running;
    return record_save(&record);
}

/* Erases the header first: from here on there is no image in that slot. */
static struct tb_link_update_answer transfer_start(struct update *u, struct tb_span header,
                                                   const struct tb_image *image)
{
    u->stored = false;
    u->begun = true;
    u->next = 0;
    memcpy(u->header, header.at, sizeof u->header);
    u->erased_to = slot_at(slot_other(u));
    if (past_forget(u, image) != TB_OK || erase_to(u, u->erased_to + 1) != TB_OK)
        return given_up(u, TB_LINK_REASON_UPDATE_FLASH);
    return send_on(u);
}

static struct tb_link_update_answer begin_take(struct update *u, const struct tb_link_update_begin *begin,
                                               const struct update_health *health)
{
    struct tb_image image;
    struct tb_span header = tb_span_sub(begin->header, 0, TB_IMAGE_HEADER_SIZE);
    if (tb_image_parse(header, &image) != TB_OK)
        return refused(u, TB_LINK_REASON_UPDATE_FORMAT);
    if (tb_span_equal(header, header_running(u)))
        return answer(u, u->trial ? TB_LINK_UPDATE_TRIAL : TB_LINK_UPDATE_RUNNING, TB_LINK_REASON_NONE);
    enum tb_link_reason reason = header_judge(u, &image);
    if (reason != TB_LINK_REASON_NONE)
        return refused(u, reason);
    if (u->begun && tb_span_equal(header, header_incoming(u)))
        return send_on(u);
    if (u->trial)
        return answer(u, TB_LINK_UPDATE_BUSY, TB_LINK_REASON_UPDATE_TRIAL);
    reason = version_judge(u, &image, begin->flags & TB_LINK_UPDATE_FORCE);
    if (reason != TB_LINK_REASON_NONE)
        return refused(u, reason);
    if (!health->well)
        return refused(u, TB_LINK_REASON_UPDATE_UNWELL);
    if (health->reading)
        return busy_reading(u);
    if (!verify_signature(&image, u->key))
        return refused(u, TB_LINK_REASON_UPDATE_SIGNATURE);
    return transfer_start(u, header, &image);
}

/* ---- block ---- */

static uint32_t image_size(const struct update *u)
{
    struct tb_image image;
    return tb_image_parse(header_incoming(u), &image) == TB_OK ? image.size : 0;
}

static struct tb_link_update_answer block_take(struct update *u, const struct tb_link_update_block *block)
{
    if (!u->begun)
        return refused(u, TB_LINK_REASON_UPDATE_NOT_BEGUN);
    uint32_t missing = image_size(u) - u->next;
    uint32_t wanted = missing < TB_LINK_UPDATE_BLOCK_SIZE ? missing : TB_LINK_UPDATE_BLOCK_SIZE;
    if (block->offset != u->next || block->data.size != wanted || wanted == 0)
        return send_on(u);
    uint32_t at = slot_at(slot_other(u)) + TB_IMAGE_BODY_AT + u->next;
    if (erase_to(u, at + wanted) != TB_OK || padded_write(at, block->data) != TB_OK)
        return given_up(u, TB_LINK_REASON_UPDATE_FLASH);
    u->next += wanted;
    return send_on(u);
}

/* ---- end ---- */

static bool body_is_genuine(const struct update *u)
{
    struct tb_image image;
    uint8_t digest[TB_IMAGE_DIGEST_SIZE];
    if (tb_image_parse(header_incoming(u), &image) != TB_OK)
        return false;
    verify_digest(tb_hal_flash_read(slot_at(slot_other(u)) + TB_IMAGE_BODY_AT, image.size), digest);
    return tb_span_equal(image.digest, tb_span_of(digest, sizeof digest));
}

/* The header makes it an image, the record puts it on trial. */
static enum tb_err image_complete(const struct update *u)
{
    struct record record = record_load();
    enum tb_err err = tb_hal_flash_write(slot_at(slot_other(u)), header_incoming(u));
    record.confirmed = (uint8_t)u->running;
    record.trial = (uint8_t)slot_other(u);
    record.attempted = false;
    return err == TB_OK ? record_save(&record) : err;
}

static struct tb_link_update_answer end_take(struct update *u)
{
    if (!u->begun)
        return refused(u, TB_LINK_REASON_UPDATE_NOT_BEGUN);
    if (u->stored || u->next < image_size(u))
        return send_on(u);
    if (!body_is_genuine(u))
        return given_up(u, TB_LINK_REASON_UPDATE_DIGEST);
    if (image_complete(u) != TB_OK)
        return given_up(u, TB_LINK_REASON_UPDATE_FLASH);
    u->stored = true;
    return send_on(u);
}

/* ---- update.h ---- */

void update_init(struct update *u, unsigned running, const uint8_t key[VERIFY_KEY_SIZE])
{
    struct record record = record_load();
    memset(u, 0, sizeof *u);
    u->running = running;
    u->key = key;
    u->trial = running < TB_HAL_SLOT_COUNT && record.trial == running;
}

bool update_is_for(const struct tb_link_message *m)
{
    return m->type == TB_LINK_UPDATE_BEGIN || m->type == TB_LINK_UPDATE_BLOCK ||
           m->type == TB_LINK_UPDATE_END;
}

struct tb_link_update_answer update_take(struct update *u, const struct tb_link_message *m,
                                         const struct update_health *health)
{
    struct tb_link_update_answer a;
    uint8_t request = m->type == TB_LINK_UPDATE_BEGIN   ? m->update_begin.request
                      : m->type == TB_LINK_UPDATE_BLOCK ? m->update_block.request
                                                        : m->request;
    if (u->running >= TB_HAL_SLOT_COUNT)
        a = refused(u, TB_LINK_REASON_UNSUPPORTED);
    else if (m->type == TB_LINK_UPDATE_BEGIN)
        a = begin_take(u, &m->update_begin, health);
    else if (m->type != TB_LINK_UPDATE_BEGIN && u->begun && health->reading)
        a = busy_reading(u);
    else if (m->type == TB_LINK_UPDATE_BLOCK)
        a = block_take(u, &m->update_block);
    else
        a = end_take(u);
    a.request = request;
    return a;
}

static void trial_confirm(struct update *u)
{
    struct record record = record_load();
    record.confirmed = (uint8_t)u->running;
    record.trial = RECORD_NO_SLOT;
    record.attempted = false;
    u->trial = record_save(&record) != TB_OK;
}

bool update_turn(struct update *u, const struct update_health *health, int64_t now_ms)
{
    if (u->trial && health->well && health->heard && now_ms >= u->confirm_ms) {
        u->confirm_ms = now_ms + UPDATE_CONFIRM_MS;
        trial_confirm(u);
    }
    return u->stored || (u->trial && now_ms >= UPDATE_TRIAL_MS);
}
