/* How SQLite reaches what the engine's statements ask for: by an index, however large the tables are. */
#include "contextd/engine/sqlite_cart_sql.h"
#include "contextd/engine/sqlite_erase_sql.h"
#include "contextd/engine/sqlite_schema.h"
#include "core/base/assert.h"
#include "tests/integration/contextd/engine_fixture.h"
#include "tests/support/unit.h"

#include <sqlite3.h>
#include <stdio.h>

#define PLAN_SIZE 4096

static struct engine_fixture fixture;
static sqlite3 *db;

static int set_up(void **state)
{
    (void)state;
    engine_fixture_begin(&fixture);
    return sqlite3_open_v2(fixture.path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    engine_fixture_end(&fixture);
    return 0;
}

/* One step per line. */
static void plan_read(const char *sql, char plan[PLAN_SIZE])
{
    char explain[PLAN_SIZE];
    sqlite3_stmt *stmt;
    struct tb_buf b = tb_buf_of(plan, PLAN_SIZE - 1);
    assert_true(snprintf(explain, sizeof explain, "EXPLAIN QUERY PLAN %s", sql) < (int)sizeof explain);
    assert_int_equal(sqlite3_prepare_v2(db, explain, -1, &stmt, NULL), SQLITE_OK);
    while (sqlite3_step(stmt) == SQLITE_ROW) {
        tb_buf_add_str(&b, (const char *)sqlite3_column_text(stmt, 3));
        tb_buf_add_u8(&b, '\n');
    }
    assert_int_equal(b.err, TB_OK);
    plan[b.size] = '\0';
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
}

/* Tables that grow with customers and time, by the names that statements give them. */
static const char *const large[] = {"touch",
                                    "change",
                                    "c",
                                    "sale",
                                    "sale_line",
                                    "cart",
                                    "h",
                                    "cart_line",
                                    "cohort",
                                    "cart_merge",
                                    "visit",
                                    "handover",
                                    "k",
                                    "b",
                                    "conflict",
                                    "verdict",
                                    "sale_void",
                                    "sale_touch",
                                    "audit",
                                    "credential",
                                    "credential_share",
                                    "handover_decline",
                                    "touch",
                                    "contact",
                                    "staff_note",
                                    "fact",
                                    "reward",
                                    "consent",
                                    "points_entry",
                                    "journey",
                                    "intake",
                                    "stream",
                                    "m",
                                    "sale_void_line"};

/* The chain, of which there is one, has the name of changes and carts in two statements. */
static bool chain_joins(const char *sql)
{
    return strstr(sql, "JOIN chain c") != NULL;
}

static bool scans(const char *plan, const char *table)
{
    char alone[32];
    char by_index[32];
    (void)snprintf(alone, sizeof alone, "SCAN %s\n", table);
    (void)snprintf(by_index, sizeof by_index, "SCAN %s ", table);
    return strstr(plan, alone) != NULL || strstr(plan, by_index) != NULL;
}

static void statements_check(const char *const *sql, size_t count)
{
    char plan[PLAN_SIZE];
    for (size_t i = 0; i < count; i++) {
        plan_read(sql[i], plan);
        for (size_t k = 0; k < TB_ARRAY_SIZE(large); k++) {
            bool chain = strcmp(large[k], "c") == 0 && chain_joins(sql[i]);
            if (!chain && scans(plan, large[k]))
                fail_msg("%s\n%s", sql[i], plan);
        }
    }
}

static void no_statement_reads_a_large_table_to_its_end(void **state)
{
    (void)state;
    statements_check(sqlite_statements, STMT_COUNT);
    statements_check(sqlite_cart_statements, CART_STMT_COUNT);
}

static void an_erasure_reads_no_large_table_to_its_end(void **state)
{
    (void)state;
    for (size_t i = 0; i < sqlite_erase_step_count; i++)
        statements_check(&sqlite_erase_steps[i].sql, 1);
}

/* With a year of it in the table, too. */
static void audit_and_codes_are_found_by_what_is_asked_for(void **state)
{
    const struct {
        enum sqlite_stmt which;
        const char *used;
    } wanted[] = {
        {STMT_AUDIT_NEXT, "audit_at (at_ms>?)"},
        {STMT_AUDIT_NEXT_OF_CUSTOMER, "audit_customer (customer=? AND at_ms>?)"},
        {STMT_AUDIT_NEXT_OF_OPERATOR, "audit_operator (operator=? AND at_ms>?)"},
        {STMT_AUDIT_FINDS, "audit_limited (device=? AND what=? AND at_ms>? AND at_ms<?)"},
        {STMT_AUDIT_GUESSES, "audit_limited (device=? AND what=? AND at_ms>? AND at_ms<?)"},
        {STMT_AUDIT_GUESSES_OF_CUSTOMER, "audit_limited_web (customer=? AND what=? AND at_ms>? AND at_ms<?)"},
        {STMT_HANDOVER_ASKED_LATELY, "handover_lately (from_device=? AND at_ms>? AND at_ms<?)"},
        {STMT_HANDOVER_BY_CODE, "handover_code (code=?)"},
        {STMT_HANDOVER_UNCODED, "handover_open ((at_ms,id)>(?,?))"},
    };
    char plan[PLAN_SIZE];
    (void)state;
    for (size_t i = 0; i < TB_ARRAY_SIZE(wanted); i++) {
        plan_read(sqlite_statements[wanted[i].which], plan);
        if (strstr(plan, wanted[i].used) == NULL || strstr(plan, "TEMP B-TREE") != NULL)
            fail_msg("%s\n%s\nnot by %s", sqlite_statements[wanted[i].which], plan, wanted[i].used);
    }
}

/* Of what other stores have in stock nothing is read, however often it changes. */
static void a_catalogue_is_read_for_its_store(void **state)
{
    char plan[PLAN_SIZE];
    (void)state;
    plan_read(sqlite_statements[STMT_FEED_CATALOGUE], plan);
    const char *first = strstr(plan, "change_catalogue (store=? AND seq>?)");
    if (first == NULL || strstr(first + 1, "change_catalogue (store=? AND seq>?)") == NULL ||
        strstr(plan, "TEMP B-TREE") != NULL || strstr(plan, "(type=? AND id=? AND store=?)") == NULL)
        fail_msg("%s", plan);
}

/* What SQLite asks by itself when a sale goes: who still refers to it. */
static void what_refers_to_a_sale_is_found_by_it(void **state)
{
    static const char *const asked[] = {
        "SELECT rowid FROM conflict WHERE sale = ?1",  "SELECT rowid FROM conflict WHERE other = ?1",
        "SELECT rowid FROM sale_void WHERE sale = ?1", "SELECT 1 FROM sale_touch WHERE sale = ?1",
        "SELECT 1 FROM sale_line WHERE sale = ?1",     "SELECT 1 FROM sale_void_line WHERE void = ?1",
    };
    (void)state;
    statements_check(asked, TB_ARRAY_SIZE(asked));
}

/* That a touchpoint is nobody's, or was taken with a visit, says little: there are very many of those. */
static void touchpoints_are_found_by_cart_and_visit(void **state)
{
    const struct {
        const char *sql;
        const char *used[3];
    } wanted[] = {
        {sqlite_statements[STMT_TOUCH_TAKE], {"touch_visit (visit=?)"}},
        {sqlite_statements[STMT_TOUCH_GIVE_BACK], {"touch_visit (visit=?)"}},
        {sqlite_cart_statements[CART_TOUCH_MOVE], {"touch_cart (cart=?)"}},
        {sqlite_cart_statements[CART_TOUCH_JOIN], {"touch_cart (cart=?)", "touch_visit (visit=?)"}},
        {sqlite_cart_statements[CART_SALE_TOUCHES_ADD],
         {"touch_customer (customer=? AND at_ms>?)", "touch_cart (cart=?)", "touch_visit (visit=?)"}},
    };
    char plan[PLAN_SIZE];
    (void)state;
    for (size_t i = 0; i < TB_ARRAY_SIZE(wanted); i++) {
        plan_read(wanted[i].sql, plan);
        for (size_t k = 0; k < TB_ARRAY_SIZE(wanted[i].used) && wanted[i].used[k] != NULL; k++)
            if (strstr(plan, wanted[i].used[k]) == NULL)
                fail_msg("%s\n%s\nwithout %s", wanted[i].sql, plan, wanted[i].used[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_statement_reads_a_large_table_to_its_end),
        cmocka_unit_test(an_erasure_reads_no_large_table_to_its_end),
        cmocka_unit_test(audit_and_codes_are_found_by_what_is_asked_for),
        cmocka_unit_test(a_catalogue_is_read_for_its_store),
        cmocka_unit_test(what_refers_to_a_sale_is_found_by_it),
        cmocka_unit_test(touchpoints_are_found_by_cart_and_visit),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
