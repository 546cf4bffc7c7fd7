#include "contextd/engine/sqlite_engine.h"
#include "host/system/system.h"
#include "tests/crash/ledger.h"

#include <stdio.h>
#include <time.h>

static struct tb_context_engine *engine;

static int64_t clock_read(void *context)
{
    (void)context;
    return (int64_t)time(NULL) * 1000;
}

void ledger_store_open(const char *path)
{
    const struct tb_sqlite_engine_options options = {
        .path = path, .rng = tb_rng_system(), .wall_ms = clock_read};
    ledger_check(tb_sqlite_engine_open(&options, &engine), path);
}

void ledger_store_close(void)
{
    engine->ops->close(engine);
}

/* The rows of a query, each column as a text. */
static void query_print(const char *name, const char *sql, const char *const *columns)
{
    struct tb_stmt read = {0};
    bool row = false;
    ledger_check(tb_stmt_prepare(((struct sqlite_engine *)engine)->db, sql, &read), name);
    ledger_list_begin(name);
    for (;;) {
        ledger_check(tb_stmt_step(&read, &row), name);
        if (!row)
            break;
        (void)printf("%s\n {", ledger_comma());
        for (int i = 0; columns[i]; i++) {
            struct tb_span text = tb_stmt_blob(&read, i);
            (void)printf("%s\"%s\":\"%.*s\"", i ? "," : "", columns[i], (int)text.size,
                         (const char *)text.at);
        }
        (void)printf("}");
    }
    tb_stmt_free(&read);
    (void)printf("]");
}

/* What is said of sales and of what was erased. */
static void books_print(void)
{
    static const char *const sales[] = {"receipt", "date", "terminal", "customer", "total", "part", NULL};
    static const char *const sold[] = {"receipt", "gtin",    "quantity", "unit_price",
                                       "taken",   "doubled", "returned", NULL};
    static const char *const voids[] = {"receipt", "of", "known", NULL};
    static const char *const conflicts[] = {"code", "receipt", "gtin", "quantity", NULL};
    static const char *const erasures[] = {"erasure", "customer", NULL};
    static const char *const receipts[] = {"erasure", "device", NULL};
    query_print("sales",
                "SELECT receipt, business_date, terminal, lower(hex(customer)), total, part FROM sale"
                " ORDER BY id",
                sales);
    query_print("sold",
                "SELECT s.receipt, l.gtin, l.quantity, l.unit_price, l.taken, l.doubled, l.returned"
                " FROM sale s JOIN sale_line l ON l.sale = s.id ORDER BY s.id, l.position",
                sold);
    query_print("voids", "SELECT receipt, of_receipt, sale IS NOT NULL FROM sale_void ORDER BY id", voids);
    query_print("conflicts",
                "SELECT c.code, coalesce(s.receipt, ''), c.gtin, c.quantity FROM conflict c"
                " LEFT JOIN sale s ON s.id = c.sale ORDER BY c.id",
                conflicts);
    query_print("erasures", "SELECT lower(hex(id)), lower(hex(customer)) FROM erasure", erasures);
    query_print("receipts", "SELECT lower(hex(erasure)), device FROM erasure_receipt", receipts);
}

/* How many rows have an erased customer's id in this column. */
static void column_print(const char *table, const char *column)
{
    char sql[256];
    struct tb_stmt count = {0};
    bool row = false;
    int size =
        snprintf(sql, sizeof sql,
                 "SELECT count(*) FROM \"%s\" WHERE \"%s\" IN (SELECT customer FROM erasure)", table, column);
    ledger_check(size < (int)sizeof sql ? TB_OK : TB_ERR_TOO_LONG, table);
    ledger_check(tb_stmt_prepare(((struct sqlite_engine *)engine)->db, sql, &count), sql);
    ledger_check(tb_stmt_step(&count, &row), sql);
    if (tb_stmt_int(&count, 0) > 0)
        (void)printf("%s\n {\"place\":\"%s.%s\",\"rows\":%lld}", ledger_comma(), table, column,
                     (long long)tb_stmt_int(&count, 0));
    tb_stmt_free(&count);
}

/* Every column of every table, so that a table that is added later is looked into, too. */
static void named_print(void)
{
    struct tb_stmt columns = {0};
    bool row = false;
    ledger_check(tb_stmt_prepare(((struct sqlite_engine *)engine)->db,
                                 "SELECT t.name, c.name FROM sqlite_schema t, pragma_table_info(t.name) c"
                                 " WHERE t.type = 'table' AND t.name || '.' || c.name <> 'erasure.customer'",
                                 &columns),
                 "the tables");
    ledger_list_begin("named");
    for (;;) {
        char table[64];
        char column[64];
        ledger_check(tb_stmt_step(&columns, &row), "the tables");
        if (!row)
            break;
        ledger_check(tb_span_to_str(tb_stmt_blob(&columns, 0), table, sizeof table), "a table");
        ledger_check(tb_span_to_str(tb_stmt_blob(&columns, 1), column, sizeof column), "a column");
        column_print(table, column);
    }
    tb_stmt_free(&columns);
    (void)printf("]");
}

void ledger_store_print(void)
{
    static const char *const streams[] = {"incarnation", "decided", NULL};
    static const char *const verdicts[] = {"incarnation", "seq", "kind", "code", "version", NULL};
    static const char *const lines[] = {"customer", "gtin", "quantity", NULL};
    query_print("streams", "SELECT lower(hex(incarnation)), decided_seq FROM stream", streams);
    query_print("verdicts",
                "SELECT lower(hex(incarnation)), seq, kind, code, version FROM verdict"
                " ORDER BY 1, 2",
                verdicts);
    query_print("lines",
                "SELECT lower(hex(c.customer)), l.gtin, sum(l.quantity) FROM cart c"
                " JOIN cart_line l ON l.cart = c.id GROUP BY 1, 2",
                lines);
    books_print();
    named_print();
}

bool ledger_store_erasure_next(struct tb_id *erasure, struct tb_id *ret_customer)
{
    struct tb_erasure_entry entry;
    enum tb_err err = engine->ops->erasure_next(engine, erasure, &entry);
    if (err == TB_ERR_NOT_FOUND)
        return false;
    ledger_check(err, "the erasures");
    *erasure = entry.id;
    *ret_customer = entry.customer;
    return true;
}

static void row_take(const struct tb_row *row, struct ledger_rows *rows)
{
    bool counts = row->type == TB_ROW_CUSTOMER || row->type == TB_ROW_CART;
    if (!counts || row->op != TB_ROW_PUT)
        return;
    ledger_check(rows->count < LEDGER_ROWS_MAX ? TB_OK : TB_ERR_FULL, "the cohort");
    struct ledger_row *taken = &rows->at[rows->count++];
    *taken = (struct ledger_row){.type = row->type, .version = row->version, .customer = row->customer};
    memcpy(taken->id, row->id, sizeof taken->id);
    if (row->type == TB_ROW_CUSTOMER)
        ledger_check(tb_id_decode(tb_span_str(row->id), &taken->customer), "a customer's id");
}

void ledger_store_rows(const char *device, const char *store, struct tb_cursor cursor,
                       struct ledger_rows *ret_rows)
{
    static uint8_t memory[TB_ENGINE_ARENA_SIZE];
    static struct tb_engine_request request;
    static struct tb_engine_answer answer;
    request = (struct tb_engine_request){.ask = TB_ENGINE_FEED, .peer.channel = TB_CHANNEL_TILL};
    (void)snprintf(request.peer.device, sizeof request.peer.device, "%s", device);
    (void)snprintf(request.peer.store, sizeof request.peer.store, "%s", store);
    request.feed.scope.kind = TB_SCOPE_COHORT;
    request.feed.row_count_max = TB_ROW_BATCH_MAX;
    request.feed.cost_max = TB_ENGINE_ROWS_COST_MAX;
    request.feed.cursor = cursor;
    do {
        struct tb_arena arena = tb_arena_of(memory, sizeof memory);
        const struct tb_engine_call call = {.request = &request, .arena = &arena, .ret_answer = &answer};
        engine->ops->answer(engine, &call, 1);
        ledger_check(answer.err, "the cohort's feed");
        for (size_t i = 0; i < answer.feed.rows.count; i++)
            row_take(&answer.feed.rows.at[i], ret_rows);
        request.feed.cursor = answer.feed.cursor;
    } while (answer.feed.more);
}
