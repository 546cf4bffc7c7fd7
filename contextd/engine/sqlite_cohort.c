/*
 * Cohorts: the customers that a store's terminals hold. Who is seen at a store enters its cohort; when there
 * are more than the policy allows, those who were seen longest ago leave it.
 */
#include "contextd/engine/sqlite_engine.h"

#include "core/crypto/hash.h"

#define SEEN_STEP_MS (60LL * 60 * 1000) /* somebody seen again within this is not written again */
#define LEAVE_MAX 2  /* who leave when one enters: a limit that was lowered is reached in time */
#define TRIM_MAX 100 /* who leave per call of sqlite_cohorts_trim() */
#define PART_STEP 512

uint8_t sqlite_partition(const struct tb_id *customer)
{
    return tb_sha256(tb_id_span(customer)).bytes[0];
}

static void cohort_bind(struct tb_stmt *s, const char *store, const struct tb_id *customer)
{
    tb_stmt_bind_text(s, 1, tb_span_str(store));
    tb_stmt_bind_blob(s, 2, tb_id_span(customer));
}

static enum tb_err members_add(struct sqlite_engine *e, const char *store, int64_t count)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_STORE_MEMBERS_ADD);
    tb_stmt_bind_text(s, 1, tb_span_str(store));
    tb_stmt_bind_int(s, 2, count);
    return tb_stmt_run(s);
}

/* How many members of a store are too many; negative: there is room. */
static enum tb_err members_above(struct sqlite_engine *e, const char *store, int64_t *ret_count)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_STORE_MEMBERS_ABOVE);
    tb_stmt_bind_text(s, 1, tb_span_str(store));
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    *ret_count = err == TB_OK && row ? tb_stmt_int(s, 0) : 0;
    tb_stmt_reset(s);
    return err;
}

/*
 * Terminals remember the version that took a customer from them, which is one above the customer's: who comes
 * back needs a newer one. Nothing else changes, so the readers of other stores are told nothing when somebody
 * leaves.
 */
static enum tb_err return_bump(struct sqlite_engine *e, const char *store, const struct tb_id *customer)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_CHANGE_REMOVE);
    tb_stmt_bind_int(s, 1, TB_ROW_CUSTOMER);
    tb_stmt_bind_blob(s, 2, tb_id_span(customer));
    tb_stmt_bind_text(s, 3, tb_span_str(store));
    enum tb_err err = tb_stmt_run(s);
    if (err != TB_OK || tb_db_changes(e->db) == 0)
        return err;
    s = sqlite_stmt(e, STMT_CUSTOMER_BUMP);
    tb_stmt_bind_blob(s, 1, tb_id_span(customer));
    tb_stmt_bind_int(s, 2, e->wall_ms);
    tb_stmt_bind_int(s, 3, 2);
    return tb_stmt_run(s);
}

enum tb_err sqlite_cohort_leave(struct sqlite_engine *e, const char *store, const struct tb_id *customer)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_COHORT_REMOVE);
    cohort_bind(s, store, customer);
    enum tb_err err = tb_stmt_run(s);
    if (err != TB_OK || tb_db_changes(e->db) == 0)
        return err;
    err = members_add(e, store, -1);
    struct sqlite_change change = {.type = TB_ROW_CUSTOMER,
                                   .op = TB_ROW_EVICT,
                                   .id = tb_id_span(customer),
                                   .customer = *customer,
                                   .store = store};
    return err == TB_OK ? sqlite_change_put(e, &change) : err;
}

/* The one who was seen longest ago. TB_ERR_NOT_FOUND: the cohort is empty. */
static enum tb_err oldest_read(struct sqlite_engine *e, const char *store, struct tb_id *ret_customer)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_COHORT_OLDEST);
    tb_stmt_bind_text(s, 1, tb_span_str(store));
    return sqlite_id_take(s, ret_customer);
}

/* At most max customers leave; *ret_count is how many did. */
static enum tb_err cohort_cut(struct sqlite_engine *e, const char *store, int64_t max, int64_t *ret_count)
{
    int64_t above = 0;
    enum tb_err err = members_above(e, store, &above);
    *ret_count = 0;
    for (int64_t i = 0; i < above && i < max && err == TB_OK; i++) {
        struct tb_id oldest;
        err = oldest_read(e, store, &oldest);
        if (err == TB_OK)
            err = sqlite_cohort_leave(e, store, &oldest);
        if (err == TB_OK)
            ++*ret_count;
    }
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

enum tb_err sqlite_cohort_enter(struct sqlite_engine *e, const char *store, const struct tb_id *customer)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_COHORT_PUT);
    cohort_bind(s, store, customer);
    tb_stmt_bind_int(s, 3, e->wall_ms);
    tb_stmt_bind_int(s, 4, sqlite_partition(customer));
    enum tb_err err = tb_stmt_run(s);
    if (err != TB_OK || tb_db_changes(e->db) == 0)
        return err;
    sqlite_sums_touch(e, customer);
    err = members_add(e, store, 1);
    if (err == TB_OK)
        err = return_bump(e, store, customer);
    if (err != TB_OK)
        return err;
    s = sqlite_stmt(e, STMT_CHANGE_AGAIN);
    tb_stmt_bind_blob(s, 1, tb_id_span(customer));
    err = tb_stmt_run(s);
    int64_t left;
    return err == TB_OK ? cohort_cut(e, store, LEAVE_MAX, &left) : err;
}

enum tb_err sqlite_cohort_seen(struct sqlite_engine *e, const char *store, const struct tb_id *customer,
                               int64_t *ret_seen_ms)
{
    struct tb_stmt *s = sqlite_stmt(e, STMT_COHORT_SEEN);
    cohort_bind(s, store, customer);
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK)
        err = row ? TB_OK : TB_ERR_NOT_FOUND;
    if (err == TB_OK)
        *ret_seen_ms = tb_stmt_int(s, 0);
    tb_stmt_reset(s);
    return err;
}

enum tb_err sqlite_cohort_meet(struct sqlite_engine *e, const struct tb_engine_peer *peer,
                               const struct tb_id *customer, bool *ret_entered)
{
    int64_t seen_ms;
    *ret_entered = false;
    if (!tb_id_is_zero(&peer->customer) || peer->store[0] == '\0')
        return TB_OK;
    enum tb_err err = sqlite_cohort_seen(e, peer->store, customer, &seen_ms);
    if (err == TB_OK && e->wall_ms - seen_ms < SEEN_STEP_MS)
        return TB_OK;
    if (err == TB_OK) {
        struct tb_stmt *s = sqlite_stmt(e, STMT_COHORT_TOUCH);
        cohort_bind(s, peer->store, customer);
        tb_stmt_bind_int(s, 3, e->wall_ms);
        return tb_stmt_run(s);
    }
    if (err == TB_ERR_NOT_FOUND)
        err = sqlite_intake(e, peer, customer);
    if (err != TB_OK)
        return err;
    *ret_entered = true;
    return sqlite_cohort_enter(e, peer->store, customer);
}

/* ---- in the background ---- */

enum tb_err sqlite_cohorts_trim(struct sqlite_engine *e, bool *ret_more)
{
    char store[TB_SHORT_SIZE_MAX + 1];
    struct tb_stmt *s = sqlite_stmt(e, STMT_STORE_ABOVE);
    bool row;
    int64_t left = 0;
    enum tb_err err = tb_stmt_step(s, &row);
    *ret_more = err == TB_OK && row;
    if (*ret_more)
        err = sqlite_column_text(s, 0, store, sizeof store);
    tb_stmt_reset(s);
    if (err != TB_OK || !*ret_more)
        return err;
    return cohort_cut(e, store, TRIM_MAX, &left);
}

/* The last row of a cohort whose partition was computed. */
struct parts_at {
    char store[TB_SHORT_SIZE_MAX + 1];
    struct tb_id customer;
};

/* Rows of before partitions were: SQL cannot compute them. Goes on after *at. */
static enum tb_err parts_step(struct sqlite_engine *e, struct parts_at *at, bool *ret_more)
{
    struct parts_at next;
    struct tb_stmt *s = sqlite_stmt(e, STMT_COHORT_PART_NEXT);
    cohort_bind(s, at->store, &at->customer);
    enum tb_err err = tb_stmt_step(s, ret_more);
    if (err == TB_OK && *ret_more) {
        err = sqlite_column_text(s, 0, next.store, sizeof next.store);
        if (err == TB_OK)
            err = sqlite_column_id(s, 1, &next.customer);
    }
    tb_stmt_reset(s);
    if (err != TB_OK || !*ret_more)
        return err;
    *at = next;
    s = sqlite_stmt(e, STMT_COHORT_PART_SET);
    cohort_bind(s, at->store, &at->customer);
    tb_stmt_bind_int(s, 3, sqlite_partition(&at->customer));
    return tb_stmt_run(s);
}

enum tb_err sqlite_cohort_parts(struct sqlite_engine *e)
{
    struct parts_at at = {.store = ""}; /* of nobody: before the first */
    bool more = true;
    enum tb_err err = TB_OK;
    while (more && err == TB_OK) {
        err = tb_db_begin(e->db);
        if (err != TB_OK)
            return err;
        for (size_t i = 0; i < PART_STEP && more && err == TB_OK; i++)
            err = parts_step(e, &at, &more);
        if (err == TB_OK)
            err = tb_db_commit(e->db);
        else
            tb_db_rollback(e->db);
    }
    return err;
}
