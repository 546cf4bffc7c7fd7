#include "tests/crash/modes.h"

#include "core/base/assert.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 32, DEEDS = 24 };

const struct crash_mode crash_modes[CRASH_MODE_COUNT] = {
    {"wal", "full", false},     {"wal", "normal", true},  {"wal", "off", true},
    {"delete", "extra", false}, {"delete", "full", true}, {"truncate", "full", false},
    {"persist", "full", false}, {"delete", "off", true},
};

static const char *const mode_names[] = {
    "wal, full",     "wal, normal", "wal, off", "delete, extra", "delete, full", "truncate, full",
    "persist, full", "delete, off", NULL,
};

_Static_assert(TB_ARRAY_SIZE(mode_names) == CRASH_MODE_COUNT + 1, "each mode has a name");

struct rows {
    int64_t value[ROWS]; /* 0: there is no such row */
};

struct modes {
    struct seeded_rng *chance;
    const struct crash_mode *mode;
    sqlite3 *db;
    struct crash_disk *disk;
    struct power_history history;
    struct rows seen;
    char fault[POWER_FAULT_SIZE];
};

static bool run(struct modes *m, const char *sql)
{
    return sqlite3_exec(m->db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static const char *table_open(struct modes *m)
{
    char sql[256];
    (void)snprintf(
        sql, sizeof sql,
        "PRAGMA page_size = 1024; PRAGMA journal_mode = %s; PRAGMA synchronous = %s;"
        "PRAGMA wal_autocheckpoint = 12; CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, value, pad)",
        m->mode->journal, m->mode->synchronous);
    if (sqlite3_open("table.db", &m->db) != SQLITE_OK || !run(m, sql))
        return "the file does not open";
    return NULL;
}

static void table_close(struct modes *m)
{
    (void)sqlite3_close(m->db);
    m->db = NULL;
}

static int row_see(void *context, int count, char **values, char **names)
{
    struct rows *seen = context;
    (void)names;
    if (count == 2)
        seen->value[strtol(values[0], NULL, 10) % ROWS] = strtol(values[1], NULL, 10);
    return 0;
}

static const char *modes_look(void *subject, size_t at)
{
    struct modes *m = subject;
    m->seen = (struct rows){{0}};
    const char *wrong = table_open(m);
    if (!wrong && sqlite3_exec(m->db, "SELECT id, value FROM t", row_see, &m->seen, NULL) != SQLITE_OK)
        wrong = "the table does not read";
    table_close(m);
    return wrong ? wrong : power_history_fault(&m->history, at, &m->seen, "the table", m->fault);
}

static void modes_adopt(void *subject)
{
    struct modes *m = subject;
    power_history_begin(&m->history, sizeof m->seen, &m->seen);
}

static uint64_t modes_promised(void *subject, size_t at)
{
    return power_history_promised(&((const struct modes *)subject)->history, at);
}

static const char *deed(struct modes *m)
{
    char sql[120];
    size_t row = seeded_rng_next(m->chance) % ROWS;
    int64_t value = 1 + (int64_t)(seeded_rng_next(m->chance) % 1000);
    bool removes = seeded_rng_next(m->chance) % 3 == 0;
    struct rows *next = power_history_next(&m->history, m->disk);
    next->value[row] = removes ? 0 : value;
    if (removes)
        (void)snprintf(sql, sizeof sql, "DELETE FROM t WHERE id = %zu", row);
    else
        (void)snprintf(sql, sizeof sql, "REPLACE INTO t VALUES(%zu, %lld, randomblob(300))", row,
                       (long long)value);
    if (!run(m, sql))
        return "a statement failed";
    power_history_lasts(&m->history, m->disk);
    return NULL;
}

static const char *modes_live(void *subject, struct crash_disk *disk)
{
    struct modes *m = subject;
    m->disk = disk;
    const char *wrong = table_open(m);
    for (int i = 0; i < DEEDS && !wrong; i++)
        wrong = deed(m);
    disk->recording = false;
    table_close(m);
    return wrong;
}

static void *modes_begin(struct seeded_rng *chance, unsigned mistake, struct crash_disk *disk)
{
    (void)disk;
    struct modes *m = calloc(1, sizeof *m);
    if (!m || mistake == 0)
        abort();
    m->chance = chance;
    m->mode = &crash_modes[mistake - 1];
    modes_adopt(m);
    return m;
}

static void modes_end(void *subject)
{
    struct modes *m = subject;
    power_history_end(&m->history);
    free(m);
}

const struct power_subject power_modes = {
    .name = "modes",
    .mistakes = mode_names,
    .begin = modes_begin,
    .end = modes_end,
    .live = modes_live,
    .look = modes_look,
    .adopt = modes_adopt,
    .promised = modes_promised,
};
