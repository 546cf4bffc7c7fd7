#include "agent/app/storage/storage_call.h"

#include "core/base/assert.h"

#include <stddef.h>

/* ---- appending ---- */

struct append {
    struct tb_storage_call call;
    void (*done)(void *context, enum tb_err err, const struct tb_stored *stored);
    struct tb_mutation mutation;
    bool made_room;
    size_t json_size;
    uint8_t json[TB_MUTATION_JSON_SIZE_MAX];
    _Alignas(max_align_t) uint8_t lists[TB_MUTATION_LISTS_SIZE_MAX];
};

static enum tb_err append_work(struct tb_storage_call *call)
{
    struct append *append = (struct append *)(void *)call;
    struct tb_buf json = tb_buf_of(append->json, sizeof append->json);
    enum tb_err err = tb_outbox_append(&call->storage->outbox, &append->mutation, &json);
    append->json_size = json.size;
    return err;
}

static enum tb_err recount_work(struct tb_storage_call *call)
{
    return tb_outbox_recount(&call->storage->outbox);
}

static void ignore_finish(struct tb_storage_call *call, enum tb_err err)
{
    (void)call;
    (void)err;
}

/* What a failed transaction counted is counted anew from the file. */
void tb_storage_recount(struct tb_storage *storage)
{
    struct tb_storage_call *call = tb_storage_call_new(storage, sizeof *call, recount_work, ignore_finish);
    if (!call)
        return;
    call->reads_only = true;
    tb_storage_call_submit(call, storage->outbox_writer);
}

static void append_finish(struct tb_storage_call *call, enum tb_err err)
{
    struct append *append = (struct append *)(void *)call;
    if (err == TB_ERR_BUSY && call->writer && !append->made_room) {
        append->made_room = true;
        if (tb_storage_make_room(call))
            return;
    }
    if (err != TB_OK && call->writer)
        tb_storage_recount(call->storage);
    const struct tb_stored stored = {.mutation = append->mutation,
                                     .json = tb_span_of(append->json, append->json_size)};
    append->done(append->call.context, err, &stored);
}

enum tb_err tb_storage_append(struct tb_storage *storage, const struct tb_mutation *mutation,
                              void (*done)(void *context, enum tb_err err, const struct tb_stored *stored),
                              void *context)
{
    struct append *append = tb_storage_call_new(storage, sizeof *append, append_work, append_finish);
    if (!append)
        return TB_ERR_NO_MEMORY;
    append->done = done;
    append->call.job.single = true;
    append->call.context = context;
    struct tb_arena lists = tb_arena_of(append->lists, sizeof append->lists);
    enum tb_err copied = tb_mutation_copy(mutation, &lists, &append->mutation);
    TB_ASSERT(copied == TB_OK);
    enum tb_err closed = tb_storage_closed(storage);
    if (closed != TB_OK)
        tb_storage_call_refuse(&append->call, closed);
    else
        tb_storage_call_submit(&append->call, storage->outbox_writer);
    return TB_OK;
}

/* ---- reading the outbox ---- */

struct outbox_read {
    struct tb_storage_call call;
    void (*done)(void *context, enum tb_err err, const struct tb_client_row *rows, size_t count);
    int64_t from_seq;
    uint32_t count_max;
    size_t size_max;
    size_t size;
    size_t count;
    struct tb_client_row rows[TB_CLIENT_WINDOW];
    uint8_t bytes[TB_MUTATION_WINDOW_SIZE_MAX];
};

static bool outbox_read_each(void *context, const struct tb_outbox_entry *entry)
{
    struct outbox_read *read = context;
    size_t size = entry->json.size;
    bool fits = read->count == 0 || size + read->size <= read->size_max;
    if (read->count == read->count_max || !fits || size > sizeof read->bytes - read->size)
        return false;
    memcpy(read->bytes + read->size, entry->json.at, size);
    read->rows[read->count++] = (struct tb_client_row){
        .seq = entry->mutation.seq, .mutation = tb_span_of(read->bytes + read->size, size)};
    read->size += size;
    return true;
}

static enum tb_err outbox_read_work(struct tb_storage_call *call)
{
    struct outbox_read *read = (struct outbox_read *)(void *)call;
    enum tb_err err =
        tb_outbox_each(&call->storage->outbox, TB_OUTBOX_ALL, read->from_seq, outbox_read_each, read);
    return err == TB_ERR_SEAL ? TB_OK : err; /* a damaged mutation is a hole, and was logged at start */
}

static void outbox_read_finish(struct tb_storage_call *call, enum tb_err err)
{
    struct outbox_read *read = (struct outbox_read *)(void *)call;
    read->done(read->call.context, err, read->rows, err == TB_OK ? read->count : 0);
}

enum tb_err tb_storage_read_outbox(struct tb_storage *storage, int64_t from_seq, uint32_t count_max,
                                   size_t size_max,
                                   void (*done)(void *context, enum tb_err err,
                                                const struct tb_client_row *rows, size_t count),
                                   void *context)
{
    struct outbox_read *read =
        tb_storage_call_new(storage, sizeof *read, outbox_read_work, outbox_read_finish);
    if (!read)
        return TB_ERR_NO_MEMORY;
    read->done = done;
    read->call.context = context;
    read->from_seq = from_seq;
    read->count_max = count_max < TB_CLIENT_WINDOW ? count_max : TB_CLIENT_WINDOW;
    read->size_max = size_max;
    read->call.reads_only = true;
    tb_storage_call_submit(&read->call, storage->outbox_writer);
    return TB_OK;
}

/* ---- the rest ---- */

struct pepper_call {
    struct tb_storage_call call;
    struct tb_pepper pepper;
};

static enum tb_err pepper_work(struct tb_storage_call *call)
{
    struct pepper_call *pepper = (struct pepper_call *)(void *)call;
    return tb_cache_set_pepper(&call->storage->cache, &pepper->pepper);
}

/* Another pepper empties the cache of customers. */
static void customer_pages_refuse(struct tb_storage *storage)
{
    for (size_t i = 0; i < TB_STORAGE_FEED_COUNT_MAX; i++) {
        struct tb_storage_feed *feed = &storage->feeds[i];
        feed->failed |=
            feed->used && feed->scope.kind != TB_SCOPE_DEVICE && feed->scope.kind != TB_SCOPE_CATALOGUE;
    }
}

void tb_storage_set_pepper(struct tb_storage *storage, const struct tb_pepper *pepper)
{
    struct pepper_call *call = tb_storage_call_new(storage, sizeof *call, pepper_work, ignore_finish);
    if (!call)
        return;
    call->pepper = *pepper;
    call->call.job.bare = true;
    customer_pages_refuse(storage);
    tb_storage_call_submit(&call->call, storage->cache_writer);
}

void tb_storage_refuse_pages(struct tb_storage *storage)
{
    for (size_t i = 0; i < TB_STORAGE_FEED_COUNT_MAX; i++)
        storage->feeds[i].failed |= storage->feeds[i].used;
}

struct welcome_call {
    struct tb_storage_call call;
    bool epoch_changed;
    char epoch[TB_EPOCH_SIZE_MAX + 1];
    int64_t window_ms;
    int64_t server_time_ms;
};

static enum tb_err welcome_work(struct tb_storage_call *call)
{
    struct welcome_call *welcome = (struct welcome_call *)(void *)call;
    struct tb_state *state = &call->storage->state;
    enum tb_err err = tb_state_set_reconnect_window(state, welcome->window_ms);
    if (err == TB_OK)
        err = tb_state_set_wall_floor(state, welcome->server_time_ms);
    return err == TB_OK ? tb_state_set_epoch(state, welcome->epoch, welcome->epoch_changed) : err;
}

struct epoch_call {
    struct tb_storage_call call;
    char epoch[TB_EPOCH_SIZE_MAX + 1];
};

static enum tb_err epoch_work(struct tb_storage_call *call)
{
    const struct epoch_call *epoch = (const struct epoch_call *)(const void *)call;
    bool other;
    return tb_cache_set_epoch(&call->storage->cache, epoch->epoch, &other);
}

static void epoch_finish(struct tb_storage_call *call, enum tb_err err)
{
    if (err != TB_OK)
        call->storage->cache_epoch[0] = '\0'; /* told again at the next welcome */
}

static void cache_epoch_set(struct tb_storage *storage, const char *epoch)
{
    if (strcmp(storage->cache_epoch, epoch) == 0)
        return;
    struct epoch_call *call = tb_storage_call_new(storage, sizeof *call, epoch_work, epoch_finish);
    if (!call)
        return;
    memcpy(call->epoch, epoch, sizeof call->epoch);
    memcpy(storage->cache_epoch, epoch, sizeof storage->cache_epoch);
    tb_storage_call_submit(&call->call, storage->cache_writer);
}

void tb_storage_welcome(struct tb_storage *storage, const struct tb_welcome *welcome, bool epoch_changed)
{
    if (epoch_changed)
        tb_storage_refuse_pages(storage);
    cache_epoch_set(storage, welcome->epoch);
    struct welcome_call *call = tb_storage_call_new(storage, sizeof *call, welcome_work, ignore_finish);
    if (!call)
        return;
    call->epoch_changed = epoch_changed;
    memcpy(call->epoch, welcome->epoch, sizeof call->epoch);
    call->window_ms = welcome->reconnect_window_ms;
    call->server_time_ms = welcome->server_time_ms;
    tb_storage_call_submit(&call->call, storage->state_writer);
}

struct forget_call {
    struct tb_storage_call call;
    struct tb_customer_key customer;
};

static enum tb_err forget_work(struct tb_storage_call *call)
{
    struct forget_call *forget = (struct forget_call *)(void *)call;
    return tb_cache_forget(&call->storage->cache, &forget->customer);
}

void tb_storage_forget(struct tb_storage *storage, const struct tb_customer_key *customer)
{
    struct forget_call *call = tb_storage_call_new(storage, sizeof *call, forget_work, ignore_finish);
    if (!call)
        return;
    call->customer = *customer;
    tb_storage_call_submit(&call->call, storage->cache_writer);
}

struct settle_call {
    struct tb_storage_call call;
    tb_storage_done *done;
    int64_t up_to_seq;
    int64_t before_wall_ms;
};

static enum tb_err cache_last_work(struct tb_storage_call *call)
{
    return tb_cache_make_last(&call->storage->cache);
}

static enum tb_err settle_work(struct tb_storage_call *call)
{
    struct settle_call *settle = (struct settle_call *)(void *)call;
    return tb_outbox_settle(&call->storage->outbox, settle->up_to_seq, settle->before_wall_ms);
}

static void settle_finish(struct tb_storage_call *call, enum tb_err err)
{
    struct settle_call *settle = (struct settle_call *)(void *)call;
    if (err != TB_OK)
        tb_storage_recount(call->storage);
    settle->done(settle->call.context, err);
}

static void cache_last_finish(struct tb_storage_call *call, enum tb_err err)
{
    if (err == TB_OK)
        tb_storage_call_again(call, call->storage->outbox_writer, settle_work, settle_finish);
    else
        settle_finish(call, err);
}

enum tb_err tb_storage_settle(struct tb_storage *storage, int64_t up_to_seq, tb_storage_done *done,
                              void *context)
{
    struct settle_call *call = tb_storage_call_new(storage, sizeof *call, cache_last_work, cache_last_finish);
    if (!call)
        return TB_ERR_NO_MEMORY;
    call->done = done;
    call->call.context = context;
    call->up_to_seq = up_to_seq;
    call->before_wall_ms = tb_loop_wall_ms(storage->loop) - TB_OUTBOX_KEEP_MS;
    call->call.job.bare = true;
    tb_storage_call_submit(&call->call, storage->cache_writer);
    return TB_OK;
}
