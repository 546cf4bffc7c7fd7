/* What of the cache is kept, and whether its cohort is what the context store has. */
#include "agent/app/storage/storage_call.h"

/* ---- upkeep ---- */

struct keep_call {
    struct tb_storage_call call;
    struct tb_storage_keep what;
    void (*done)(void *context, enum tb_err err, const struct tb_cache_upkept *upkept);
    int64_t wall_ms;
    struct tb_cache_upkept upkept;
};

static enum tb_err keep_work(struct tb_storage_call *call)
{
    struct keep_call *keep = (struct keep_call *)(void *)call;
    struct tb_cache *cache = &call->storage->cache;
    tb_cache_set_limits(cache, &keep->what.limits);
    enum tb_err err = keep->what.in_contact ? tb_cache_contact(cache, keep->wall_ms) : TB_OK;
    return err == TB_OK ? tb_cache_upkeep(cache, keep->wall_ms,
                                          keep->what.serving ? &keep->what.customer : NULL, &keep->upkept)
                        : err;
}

static void keep_finish(struct tb_storage_call *call, enum tb_err err)
{
    struct keep_call *keep = (struct keep_call *)(void *)call;
    keep->done(call->context, err, &keep->upkept);
}

enum tb_err tb_storage_keep(struct tb_storage *storage, const struct tb_storage_keep *what,
                            void (*done)(void *context, enum tb_err err,
                                         const struct tb_cache_upkept *upkept),
                            void *context)
{
    struct keep_call *keep = tb_storage_call_new(storage, sizeof *keep, keep_work, keep_finish);
    if (!keep)
        return TB_ERR_NO_MEMORY;
    keep->what = *what;
    keep->done = done;
    keep->call.context = context;
    keep->call.reads_only = true; /* as a rule; a write that fails is heard of all the same */
    keep->wall_ms = tb_loop_wall_ms(storage->loop);
    tb_storage_call_submit(&keep->call, storage->cache_writer);
    return TB_OK;
}

struct seen_call {
    struct tb_storage_call call;
    struct tb_customer_key customer;
    int64_t wall_ms;
};

static enum tb_err seen_work(struct tb_storage_call *call)
{
    struct seen_call *seen = (struct seen_call *)(void *)call;
    return tb_cache_seen(&call->storage->cache, &seen->customer, seen->wall_ms);
}

static void seen_finish(struct tb_storage_call *call, enum tb_err err)
{
    (void)call;
    (void)err;
}

void tb_storage_seen(struct tb_storage *storage, const struct tb_customer_key *customer)
{
    struct seen_call *seen = tb_storage_call_new(storage, sizeof *seen, seen_work, seen_finish);
    if (!seen)
        return;
    seen->customer = *customer;
    seen->wall_ms = tb_loop_wall_ms(storage->loop);
    tb_storage_call_submit(&seen->call, storage->cache_writer);
}

/* ---- comparing ---- */

struct compare_call {
    struct tb_storage_call call;
    void (*done)(void *context, enum tb_err err, const struct tb_partitions *differing);
    struct tb_checksum checksum;
    struct tb_partitions differing;
};

static uint64_t sum_of(const uint8_t bytes[TB_PARTITION_SUM_SIZE])
{
    struct tb_reader from = tb_reader_of(tb_span_of(bytes, TB_PARTITION_SUM_SIZE));
    return tb_read_u64be(&from);
}

static enum tb_err compare_work(struct tb_storage_call *call)
{
    struct compare_call *compare = (struct compare_call *)(void *)call;
    struct tb_cache *cache = &call->storage->cache;
    struct tb_cache_sums sums;
    enum tb_err err = tb_cache_sums(cache, &sums);
    for (unsigned i = 0; i < TB_PARTITION_COUNT && err == TB_OK; i++) {
        if (!sums.comparable[i] || sums.sums[i] == sum_of(compare->checksum.sums[i]))
            continue;
        tb_partitions_set(&compare->differing, i, true);
        err = tb_cache_forget_partition(cache, i);
    }
    return err;
}

static void compare_finish(struct tb_storage_call *call, enum tb_err err)
{
    struct compare_call *compare = (struct compare_call *)(void *)call;
    compare->done(call->context, err, &compare->differing);
}

enum tb_err tb_storage_compare(struct tb_storage *storage, const struct tb_checksum *checksum,
                               void (*done)(void *context, enum tb_err err,
                                            const struct tb_partitions *differing),
                               void *context)
{
    struct compare_call *compare =
        tb_storage_call_new(storage, sizeof *compare, compare_work, compare_finish);
    if (!compare)
        return TB_ERR_NO_MEMORY;
    compare->done = done;
    compare->checksum = *checksum;
    compare->call.context = context;
    tb_storage_call_submit(&compare->call, storage->cache_writer);
    return TB_OK;
}
