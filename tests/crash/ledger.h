/*
 * What crash_ledger reads: the files of one terminal (ledger_terminal.c) and the file of its context store
 * (ledger_store.c), which know nothing of one another. A file that does not open ends the program.
 */
#ifndef TB_TESTS_CRASH_LEDGER_H
#define TB_TESTS_CRASH_LEDGER_H

#include "core/wire/sync.h"

enum { LEDGER_ROWS_MAX = 20000 };

/* A customer or a cart of the store's cohort. */
struct ledger_row {
    enum tb_row_type type;
    int64_t version;
    struct tb_id customer;
    char id[TB_ROW_ID_SIZE_MAX + 1];
};

struct ledger_rows {
    size_t count;
    struct ledger_row at[LEDGER_ROWS_MAX];
};

void ledger_check(enum tb_err err, const char *what);

/* Lists of the JSON object; what begins an item of the one that was begun last is "" or a comma. */
void ledger_list_begin(const char *name);
const char *ledger_comma(void);

void ledger_terminal_open(const char *folder);
void ledger_terminal_print(void);
struct tb_cursor ledger_terminal_cursor(void);                 /* of the cohort's feed */
int64_t ledger_terminal_version(const struct ledger_row *row); /* that it holds; 0: none */
/* A list of the wrapped keys of these customers' rows, as far as they are there. */
void ledger_terminal_keys_print(const struct ledger_rows *rows);
int64_t ledger_terminal_held(const struct tb_id *customer); /* rows that name the customer or hold her data */
void ledger_terminal_close(void);

void ledger_store_open(const char *path);
void ledger_store_print(void);
/* The cohort's rows after a cursor, as this terminal would get them. */
void ledger_store_rows(const char *device, const char *store, struct tb_cursor cursor,
                       struct ledger_rows *ret_rows);
/* The erasure that follows *erasure, from zero on; false: there is none. */
bool ledger_store_erasure_next(struct tb_id *erasure, struct tb_id *ret_customer);
void ledger_store_close(void);

#endif
