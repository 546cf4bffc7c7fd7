/*
 * crash_ledger STATE_DIR CONTEXT_DB DEVICE STORE: what the files of a terminal and of its context store say,
 * for a test that compares them, as one JSON object. Of the terminal:
 *
 *   incarnation, next_seq, settled, heard  of the outbox; what the cache has heard of it
 *   outbox: [{seq, verdict, code, mutation}]  verdict "" when not decided; mutation as it went on the wire
 *   keys: [{customer, wrapped}]            of the cohort's customers: the wrapped keys of their rows
 *   held: [{erasure, rows}]                what the cache still holds of who was erased there
 *
 * Of the context store, its numbers as texts, who and what is nobody's or none as "":
 *
 *   streams: [{incarnation, decided}]      verdicts: [{incarnation, seq, kind, code, version}]
 *   lines: [{customer, gtin, quantity}]    of all carts
 *   sales: [{receipt, date, terminal, customer, total, part}]
 *   sold: [{receipt, gtin, quantity, unit_price, taken, doubled, returned}], voids: [{receipt, of, known}]
 *   conflicts: [{code, receipt, gtin, quantity}]
 *   erasures: [{erasure, customer}], receipts: [{erasure, device}]
 *   named: [{place, rows}]                 where else there an erased customer is named
 *
 * Of both:
 *
 *   behind: [{type, id, version, cached}]  customers and carts of the cohort that the terminal does not hold,
 *                                          and would not get: its cursor is ahead of them
 *   to_come, rows                          how many of them its cursor still brings, and how many there are
 *
 * The programs that own the files must have ended, or the files be copies. Ends with 1 when a file does not
 * open.
 */
#include "tests/crash/ledger.h"

#include <stdio.h>
#include <stdlib.h>

static bool comma;

void ledger_check(enum tb_err err, const char *what)
{
    if (err == TB_OK)
        return;
    (void)fprintf(stderr, "crash_ledger: %s: %s\n", what, tb_err_name(err));
    exit(1);
}

void ledger_list_begin(const char *name)
{
    (void)printf(",\n\"%s\":[", name);
    comma = false;
}

const char *ledger_comma(void)
{
    const char *text = comma ? "," : "";
    comma = true;
    return text;
}

static bool is_fed(const struct ledger_rows *rows, const struct ledger_row *row)
{
    for (size_t i = 0; i < rows->count; i++)
        if (rows->at[i].type == row->type && strcmp(rows->at[i].id, row->id) == 0)
            return true;
    return false;
}

static void held_print(void)
{
    struct tb_id erasure = {{0}};
    struct tb_id customer;
    ledger_list_begin("held");
    while (ledger_store_erasure_next(&erasure, &customer)) {
        char id[TB_ID_TEXT_SIZE];
        int64_t rows = ledger_terminal_held(&customer);
        tb_id_encode(&erasure, id);
        if (rows > 0)
            (void)printf("%s\n {\"erasure\":\"%s\",\"rows\":%lld}", ledger_comma(), id, (long long)rows);
    }
    (void)printf("]");
}

static void behind_print(const char *device, const char *store)
{
    static struct ledger_rows fed;
    static struct ledger_rows all;
    ledger_store_rows(device, store, ledger_terminal_cursor(), &fed);
    ledger_store_rows(device, store, (struct tb_cursor){0}, &all);
    ledger_terminal_keys_print(&all);
    ledger_list_begin("behind");
    for (size_t i = 0; i < all.count; i++) {
        const struct ledger_row *row = &all.at[i];
        int64_t cached = is_fed(&fed, row) ? INT64_MAX : ledger_terminal_version(row);
        if (cached < row->version)
            (void)printf("%s\n {\"type\":\"%s\",\"id\":\"%s\",\"version\":%lld,\"cached\":%lld}",
                         ledger_comma(), tb_row_type_names[row->type], row->id, (long long)row->version,
                         (long long)cached);
    }
    (void)printf("],\n\"to_come\":%zu,\"rows\":%zu}\n", fed.count, all.count);
}

int main(int argc, char **argv)
{
    if (argc != 5) {
        (void)fprintf(stderr, "usage: crash_ledger STATE_DIR CONTEXT_DB DEVICE STORE\n");
        return 2;
    }
    ledger_terminal_open(argv[1]);
    ledger_store_open(argv[2]);
    ledger_terminal_print();
    ledger_store_print();
    held_print();
    behind_print(argv[3], argv[4]);
    ledger_store_close();
    ledger_terminal_close();
    return 0;
}
