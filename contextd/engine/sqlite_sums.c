/*
 * Checksums of a cohort, per partition: the XOR of the first 8 bytes of
 * SHA-256(type name ‖ 00 ‖ object id ‖ version, 8 bytes big-endian) over the rows of its customers.
 *
 * They are computed from the tables and not from the change log, so that a change that was never logged
 * shows. What was computed is kept in memory until a change of its partition, and for an hour at most. A call
 * computes a share and asks to be called again, so that no tap waits behind a whole cohort.
 */
#include "contextd/engine/sqlite_engine.h"

#include "core/base/assert.h"
#include "core/crypto/hash.h"

#define SUMS_KEPT_MS (60LL * 60 * 1000)
#define SUMS_ROWS_MAX 1000 /* per call, after which a partition is finished: some ms */

void sqlite_sums_clear(struct sqlite_engine *e)
{
    memset(e->sums, 0, sizeof e->sums);
}

void sqlite_sums_touch(struct sqlite_engine *e, const struct tb_id *customer)
{
    uint8_t partition = sqlite_partition(customer);
    for (size_t i = 0; i < SUMS_STORES_MAX; i++)
        e->sums[i].known[partition] = false;
}

/* The store's place; the one that was asked for longest ago makes room. */
static struct sqlite_sums *sums_of(struct sqlite_engine *e, const char *store)
{
    struct sqlite_sums *oldest = &e->sums[0];
    for (size_t i = 0; i < SUMS_STORES_MAX; i++) {
        struct sqlite_sums *sums = &e->sums[i];
        if (strcmp(sums->store, store) == 0)
            return sums;
        if (sums->asked < oldest->asked)
            oldest = sums;
    }
    memset(oldest, 0, sizeof *oldest);
    TB_ASSERT(tb_span_to_str(tb_span_str(store), oldest->store, sizeof oldest->store) == TB_OK);
    return oldest;
}

static void sum_add(uint8_t sum[TB_PARTITION_SUM_SIZE], enum tb_row_type type, struct tb_span id,
                    int64_t version)
{
    uint8_t zero[1] = {0};
    uint8_t number[8];
    struct tb_buf b = tb_buf_of(number, sizeof number);
    tb_buf_add_u64be(&b, (uint64_t)version);
    struct tb_span parts[] = {tb_span_str(tb_row_type_names[type]), tb_span_of(zero, 1),
                              tb_span_sub(id, 0, id.size < TB_ID_SIZE ? id.size : TB_ID_SIZE),
                              tb_buf_span(&b)};
    struct tb_digest digest = tb_sha256_parts(parts, TB_ARRAY_SIZE(parts));
    for (size_t i = 0; i < TB_PARTITION_SUM_SIZE; i++)
        sum[i] ^= digest.bytes[i];
}

static enum tb_err partition_sum(struct sqlite_engine *e, struct sqlite_sums *sums, unsigned partition,
                                 int64_t *ret_row_count)
{
    uint8_t *sum = sums->sum[partition];
    struct tb_stmt *s = sqlite_stmt(e, STMT_COHORT_ROWS);
    tb_stmt_bind_text(s, 1, tb_span_str(sums->store));
    tb_stmt_bind_int(s, 2, partition);
    tb_stmt_bind_int(s, 3, TB_ROW_CUSTOMER);
    tb_stmt_bind_int(s, 4, TB_ROW_CREDENTIAL);
    tb_stmt_bind_int(s, 5, TB_ROW_CART);
    tb_stmt_bind_int(s, 6, TB_ROW_JOURNEY);
    memset(sum, 0, TB_PARTITION_SUM_SIZE);
    bool row;
    enum tb_err err;
    while ((err = tb_stmt_step(s, &row)) == TB_OK && row) {
        sum_add(sum, (enum tb_row_type)tb_stmt_int(s, 0), tb_stmt_blob(s, 1), tb_stmt_int(s, 2));
        ++*ret_row_count;
    }
    sums->known[partition] = err == TB_OK;
    sums->at_ms[partition] = e->wall_ms;
    return err;
}

static bool sum_is_fresh(const struct sqlite_engine *e, const struct sqlite_sums *sums, unsigned partition)
{
    int64_t age_ms = e->wall_ms - sums->at_ms[partition];
    return sums->known[partition] && age_ms >= 0 && age_ms < SUMS_KEPT_MS;
}

enum tb_err sqlite_checksum(struct sqlite_engine *e, const struct tb_engine_request *request,
                            struct tb_engine_answer *ret_answer)
{
    if (!tb_id_is_zero(&request->peer.customer))
        return TB_ERR_DENIED;
    struct sqlite_sums *sums = sums_of(e, request->peer.store);
    sums->asked = ++e->sums_asked;
    int64_t row_count = 0;
    unsigned partition = 0;
    enum tb_err err = TB_OK;
    for (; partition < TB_PARTITION_COUNT && row_count < SUMS_ROWS_MAX && err == TB_OK; partition++) {
        if (!sum_is_fresh(e, sums, partition))
            err = partition_sum(e, sums, partition, &row_count);
    }
    if (err != TB_OK)
        return err;
    ret_answer->checksum.more = partition < TB_PARTITION_COUNT;
    if (ret_answer->checksum.more)
        return TB_OK;
    memcpy(ret_answer->checksum.sums, sums->sum, sizeof ret_answer->checksum.sums);
    return sqlite_feed_reached(e, request, &ret_answer->checksum.cursor);
}
