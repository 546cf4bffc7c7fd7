/* How much SQLite does for some statements, whatever the machine's speed: the steps of its virtual machine,
 * of every connection of this process. Every test binary includes this once. */
#ifndef TB_TESTS_INTEGRATION_CONTEXTD_ENGINE_STEPS_H
#define TB_TESTS_INTEGRATION_CONTEXTD_ENGINE_STEPS_H

#include <sqlite3.h>
#include <stdint.h>
#include <string.h>

static int64_t steps;
static const char *steps_word = ""; /* that a statement has in it to be counted */

static int steps_add(unsigned what, void *context, void *stmt, void *took)
{
    (void)what;
    (void)context;
    (void)took;
    int64_t made = sqlite3_stmt_status(stmt, SQLITE_STMTSTATUS_VM_STEP, 1);
    if (strstr(sqlite3_sql(stmt), steps_word) != NULL)
        steps += made;
    return 0;
}

static int steps_connect(sqlite3 *db, const char **ret_error, const struct sqlite3_api_routines *api)
{
    (void)ret_error;
    (void)api;
    return sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, steps_add, NULL);
}

static inline int steps_set_up(void **state)
{
    (void)state;
    return sqlite3_auto_extension((void (*)(void))steps_connect) == SQLITE_OK ? 0 : -1;
}

static inline int steps_tear_down(void **state)
{
    (void)state;
    sqlite3_reset_auto_extension();
    return 0;
}

static inline void steps_count(const char *word)
{
    steps_word = word;
    steps = 0;
}

#endif
