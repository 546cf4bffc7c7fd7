/*
 * Erasures: the context store says which customers are to be forgotten. One page of that feed at a time: a
 * visit of such a customer ends, the files forget her, signed receipts go into the outbox, and only then is
 * the feed's cursor kept. Ended anywhere in between, the page comes again; everything here may be done twice.
 */
#include "agent/app/agent.h"

#include "core/base/wipe.h"
#include "core/crypto/key.h"
#include "host/log/log.h"
#include "host/system/system.h"

#include <stdlib.h>

#define RECEIPT_HEAD "tillbridge-erasure-1\n"
#define PEM_SIZE_MAX 16384u

struct page {
    struct page *behind;
    struct tb_agent *agent;
    uint32_t ticket;
    bool first; /* of a newly opened feed */
    struct tb_cursor cursor;
    size_t count;
    struct tb_erasure erasures[TB_ROW_BATCH_MAX];
    bool again; /* the files have forgotten her once */
    size_t receipts_left;
    enum tb_err err;
};

/* Storage frees the context of a call; the page outlives several. */
struct step {
    struct page *page;
};

static struct step *step_new(struct page *page)
{
    struct step *step = malloc(sizeof *step);
    if (step)
        step->page = page;
    return step;
}

static void page_start(struct page *page);

static void page_finish(struct page *page, enum tb_err err)
{
    struct tb_agent *agent = page->agent;
    struct page *next = page->behind;
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("erasures", "not_done"), tb_log_int("count", (int64_t)page->count),
               tb_log_err(err));
    agent->erasing = NULL;
    tb_client_saved(&agent->client, page->ticket, err, tb_loop_now_ms(agent->loop));
    if (next && err != TB_OK && !next->first)
        page_finish(next, TB_ERR_AGAIN); /* it would put the cursor past what is not done */
    else if (next)
        page_start(next);
    tb_agent_rearm(agent);
    free(page);
}

static void cursor_kept(void *context, enum tb_err err)
{
    struct step *step = context;
    page_finish(step->page, err);
}

static void cursor_keep(struct page *page)
{
    struct step *step = page->err == TB_OK ? step_new(page) : NULL;
    if (page->err == TB_OK && !step)
        page->err = TB_ERR_NO_MEMORY;
    if (step) {
        page->err = tb_storage_erased(&page->agent->storage, &page->cursor, cursor_kept, step);
        if (page->err == TB_OK)
            return;
        free(step);
    }
    page_finish(page, page->err);
}

/* ---- receipts ---- */

static void receipt_stored(void *context, enum tb_err err, const struct tb_stored *stored)
{
    struct step *step = context;
    struct page *page = step->page;
    if (err == TB_OK)
        tb_line_stored(page->agent, stored);
    else
        page->err = err;
    if (--page->receipts_left == 0)
        cursor_keep(page);
}

static enum tb_err receipt_sign(const struct tb_agent *agent, const struct tb_key *key, struct tb_mutation *m)
{
    uint8_t text[64 + TB_DEVICE_SIZE_MAX + TB_ID_TEXT_SIZE];
    char id[TB_ID_TEXT_SIZE];
    struct tb_signature signature;
    struct tb_buf b = tb_buf_of(text, sizeof text);
    tb_id_encode(&m->receipt.erasure, id);
    tb_buf_add_str(&b, RECEIPT_HEAD);
    tb_buf_add_str(&b, agent->device);
    tb_buf_add_u8(&b, '\n');
    tb_buf_add_str(&b, id);
    tb_buf_add_u8(&b, '\n');
    tb_buf_add_decimal(&b, m->made_ms);
    tb_buf_add_u8(&b, '\n');
    enum tb_err err = b.err == TB_OK ? tb_key_sign(key, tb_rng_system(), tb_buf_span(&b), &signature) : b.err;
    memcpy(m->receipt.signature, signature.bytes, sizeof m->receipt.signature);
    return err;
}

static enum tb_err receipt_store(struct page *page, const struct tb_key *key, size_t index)
{
    struct tb_agent *agent = page->agent;
    struct tb_mutation receipt = {.kind = TB_MUTATION_ERASURE_RECEIPT,
                                  .made_ms = tb_loop_wall_ms(agent->loop),
                                  .receipt.erasure = page->erasures[index].id};
    enum tb_err err = receipt_sign(agent, key, &receipt);
    struct step *step = err == TB_OK ? step_new(page) : NULL;
    if (err == TB_OK && !step)
        err = TB_ERR_NO_MEMORY;
    if (err == TB_OK)
        err = tb_storage_append(&agent->storage, &receipt, receipt_stored, step);
    if (err != TB_OK)
        free(step);
    return err;
}

/* The key of the certificate, read when it is needed, which is seldom. */
static enum tb_err key_read(const struct tb_agent *agent, struct tb_key *ret_key)
{
    uint8_t *bytes = malloc(PEM_SIZE_MAX);
    if (!bytes)
        return TB_ERR_NO_MEMORY;
    struct tb_buf pem = tb_buf_of(bytes, PEM_SIZE_MAX);
    enum tb_err err = tb_secret_read(agent->config.key_file, &pem);
    if (err == TB_OK)
        err = tb_key_load(tb_buf_span(&pem), tb_rng_system(), ret_key);
    tb_wipe(bytes, PEM_SIZE_MAX);
    free(bytes);
    return err;
}

static void receipts_store(struct page *page)
{
    struct tb_key key;
    page->err = key_read(page->agent, &key);
    page->receipts_left = 1; /* this function's own */
    for (size_t i = 0; i < page->count && page->err == TB_OK; i++) {
        page->err = receipt_store(page, &key, i);
        page->receipts_left += page->err == TB_OK;
    }
    tb_key_wipe(&key);
    if (--page->receipts_left == 0)
        cursor_keep(page);
}

/* ---- a page ---- */

static void files_erase(struct page *page);

/*
 * Twice: what was on its way while the files forgot her the first time, a tap or a change that waited for the
 * disk, is behind it now, and nobody finds her any more. Only then is it signed for.
 */
static void files_erased(void *context, enum tb_err err)
{
    struct step *step = context;
    struct page *page = step->page;
    if (err != TB_OK) {
        page_finish(page, err);
        return;
    }
    if (!page->again) {
        page->again = true;
        files_erase(page);
        return;
    }
    tb_tally_add(&page->agent->metrics.erasures, page->count);
    tb_log(TB_LOG_INFO, TB_EVENT("erasures", "done"), tb_log_int("count", (int64_t)page->count));
    if (tb_storage_is_away(&page->agent->storage))
        page_finish(page, TB_OK); /* neither signed for nor kept: it comes again when the disk is well */
    else
        receipts_store(page);
}

/* Nobody sees her any more from here on, and what was seen is not kept. */
static void screen_clear(struct page *page)
{
    struct tb_agent *agent = page->agent;
    agent->found = false;
    tb_people_erased(agent);
    tb_choices_drop(agent);
    for (size_t i = 0; i < page->count; i++) {
        tb_pending_forget(&agent->pending, &page->erasures[i].customer);
        tb_handovers_forget(agent, &page->erasures[i].customer);
        if (tb_serving_is(&agent->serving, &page->erasures[i].customer))
            tb_visits_finish(agent, TB_VISIT_ENDED_OTHER);
    }
    tb_pages_state(agent);
}

static void files_erase(struct page *page)
{
    screen_clear(page);
    struct step *step = step_new(page);
    enum tb_err err =
        step ? tb_storage_erase(&page->agent->storage, page->erasures, page->count, files_erased, step)
             : TB_ERR_NO_MEMORY;
    if (err == TB_OK)
        return;
    free(step);
    page_finish(page, err);
}

static void page_start(struct page *page)
{
    page->agent->erasing = page;
    if (page->count > 0)
        files_erase(page);
    else if (tb_storage_is_away(&page->agent->storage))
        page_finish(page, TB_OK); /* a page before it may not be kept either */
    else
        cursor_keep(page);
}

static void rows_take(struct page *page, const struct tb_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct tb_row *row = &rows->at[i];
        struct tb_erasure *erasure = &page->erasures[page->count];
        erasure->customer = row->customer;
        if (row->type == TB_ROW_ERASURE && row->op == TB_ROW_PUT && tb_row_object(row, &erasure->id) == TB_OK)
            page->count++;
    }
}

void tb_erasures_save(struct tb_agent *agent, const struct tb_client_action *action)
{
    struct page *page = calloc(1, sizeof *page);
    if (!page) {
        tb_client_saved(&agent->client, action->save.ticket, TB_ERR_NO_MEMORY, tb_loop_now_ms(agent->loop));
        return;
    }
    page->agent = agent;
    page->ticket = action->save.ticket;
    page->first = action->save.first;
    page->cursor = action->save.cursor;
    rows_take(page, &action->save.rows);
    struct page *last = agent->erasing;
    while (last && last->behind)
        last = last->behind;
    if (last)
        last->behind = page;
    else
        page_start(page);
}

void tb_erasures_stop(struct tb_agent *agent)
{
    struct page *page = agent->erasing;
    agent->erasing = NULL;
    while (page) {
        struct page *next = page->behind;
        free(page);
        page = next;
    }
}
