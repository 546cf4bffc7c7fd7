/* What people have to look at, one entry at a time; and what expires of carts and sales. */
#include "contextd/engine/sqlite_cart.h"

#include "core/base/assert.h"

#define DAY_MS (24LL * 60 * 60 * 1000)
#define NOBODYS_KEPT_MS (30 * DAY_MS)
#define MERGES_KEPT_MS (30 * DAY_MS)
#define SALES_KEPT_MS \
    (400 * DAY_MS)     /* more than the 90 days in which a finish is told twice; returns come late */
#define EXPIRE_MAX 200 /* carts, merges and sales per call */

static enum tb_err texts_take(const struct tb_stmt *s, struct tb_conflict_entry *c)
{
    const struct {
        int column;
        char *text;
        size_t size_max;
    } columns[] = {
        {1, c->code, sizeof c->code},
        {2, c->store, sizeof c->store},
        {3, c->terminal, sizeof c->terminal},
        {4, c->gtin, sizeof c->gtin},
        {6, c->detail, sizeof c->detail},
        {8, c->sale.business_date, sizeof c->sale.business_date},
        {9, c->sale.transaction, sizeof c->sale.transaction},
        {10, c->other_terminal, sizeof c->other_terminal},
        {11, c->other.business_date, sizeof c->other.business_date},
        {12, c->other.transaction, sizeof c->other.transaction},
        {13, c->product, sizeof c->product},
        {14, c->terminal_name, sizeof c->terminal_name},
        {15, c->other_name, sizeof c->other_name},
    };
    enum tb_err err = TB_OK;
    for (size_t i = 0; i < TB_ARRAY_SIZE(columns) && err == TB_OK; i++)
        err = sqlite_column_text(s, columns[i].column, columns[i].text, columns[i].size_max);
    return err;
}

enum tb_err sqlite_conflict_next(struct tb_context_engine *engine, int64_t after,
                                 struct tb_conflict_entry *ret_entry)
{
    struct sqlite_engine *e = (struct sqlite_engine *)engine;
    struct tb_stmt *s = sqlite_cart_stmt(e, CART_CONFLICT_NEXT);
    memset(ret_entry, 0, sizeof *ret_entry);
    tb_stmt_bind_int(s, 1, after);
    bool row;
    enum tb_err err = tb_stmt_step(s, &row);
    if (err == TB_OK && row) {
        ret_entry->number = tb_stmt_int(s, 0);
        ret_entry->quantity = tb_stmt_int(s, 5);
        ret_entry->at_ms = tb_stmt_int(s, 7);
        ret_entry->given_back = tb_stmt_int(s, 16) != 0;
        err = texts_take(s, ret_entry);
    } else if (err == TB_OK)
        err = TB_ERR_NOT_FOUND;
    tb_stmt_reset(s);
    return err;
}

/* Those that refer to others first. ?1: the time before which they go, ?2: how many may. The last statement
 * of each group says how many went. */
#define NOBODYS \
    "SELECT id FROM cart WHERE customer IS NULL AND touched_ms < ?1 ORDER BY touched_ms, id LIMIT ?2"
#define MERGES "SELECT id FROM cart_merge WHERE at_ms < ?1 ORDER BY at_ms, id LIMIT ?2"
#define SALES "SELECT id FROM sale WHERE at_ms < ?1 ORDER BY at_ms, id LIMIT ?2"
#define VOIDS "SELECT id FROM sale_void WHERE at_ms < ?1 ORDER BY at_ms, id LIMIT ?2"

static const char *const nobodys_sql[] = {
    "DELETE FROM change WHERE type = " SQL_ROW_CART " AND customer IS NULL AND id IN (" NOBODYS ")",
    "DELETE FROM cart_line WHERE cart IN (" NOBODYS ")",
    "DELETE FROM cart WHERE id IN (" NOBODYS ")",
};
/* A merge that comes later may have the same number: what this one joined is not of that. */
static const char *const merges_sql[] = {
    "UPDATE touch SET joined = NULL WHERE joined IN (" MERGES ")",
    "DELETE FROM cart_merge WHERE id IN (" MERGES ")",
};
/* Those without a sale as well, which go with none. */
static const char *const conflicts_sql[] = {
    "DELETE FROM conflict WHERE id IN"
    " (SELECT id FROM conflict WHERE at_ms < ?1 ORDER BY at_ms, id LIMIT ?2)",
};
/* A void is never older than its sale, but for one that still waits: both go at the same age. */
static const char *const voids_sql[] = {
    "DELETE FROM sale_void_line WHERE void IN (" VOIDS ")",
    "DELETE FROM sale_void WHERE id IN (" VOIDS ")",
};
static const char *const sales_sql[] = {
    "UPDATE conflict SET other = NULL WHERE other IN (" SALES ")",
    "DELETE FROM conflict WHERE sale IN (" SALES ")",
    "UPDATE sale_void SET sale = NULL WHERE sale IN (" SALES ")",
    "DELETE FROM sale_touch WHERE sale IN (" SALES ")",
    "DELETE FROM sale_line WHERE sale IN (" SALES ")",
    "DELETE FROM sale WHERE id IN (" SALES ")",
};

static enum tb_err group_expire(struct sqlite_engine *e, const char *const *sql, size_t count,
                                int64_t kept_ms, bool *more)
{
    enum tb_err err = TB_OK;
    for (size_t i = 0; i < count && err == TB_OK; i++) {
        struct tb_stmt s = {0};
        err = tb_stmt_prepare(e->db, sql[i], &s);
        if (err != TB_OK)
            return err;
        tb_stmt_bind_int(&s, 1, e->wall_ms - kept_ms);
        tb_stmt_bind_int(&s, 2, EXPIRE_MAX);
        err = tb_stmt_run(&s);
        tb_stmt_free(&s);
    }
    if (err == TB_OK && tb_db_changes(e->db) == EXPIRE_MAX)
        *more = true;
    return err;
}

enum tb_err sqlite_carts_expire(struct sqlite_engine *e, bool *more)
{
    enum tb_err err = group_expire(e, nobodys_sql, TB_ARRAY_SIZE(nobodys_sql), NOBODYS_KEPT_MS, more);
    if (err == TB_OK)
        err = group_expire(e, merges_sql, TB_ARRAY_SIZE(merges_sql), MERGES_KEPT_MS, more);
    if (err == TB_OK)
        err = group_expire(e, voids_sql, TB_ARRAY_SIZE(voids_sql), SALES_KEPT_MS, more);
    if (err == TB_OK)
        err = group_expire(e, conflicts_sql, TB_ARRAY_SIZE(conflicts_sql), SALES_KEPT_MS, more);
    if (err == TB_OK)
        err = group_expire(e, sales_sql, TB_ARRAY_SIZE(sales_sql), SALES_KEPT_MS, more);
    return err;
}
