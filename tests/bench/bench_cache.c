/*
 * The cache of a large store.
 *
 *     bench_cache look <folder> [customers] [products]
 *         fills a cache.db there and looks customers up by credential; prints times, sizes and what upkeep
 *         takes
 *     bench_cache refill <cache.db> <folder>
 *         SQLite alone inserts the rows of a cache.db into a file of the same schema, with the same pragmas,
 *         and prints "refill <us> <rows>"; a transaction holds as many rows as an agent's does
 *     bench_cache plain <folder>
 *         prints "plain <bytes> <credentials> <sealed bytes>": what a customer of the cache.db there has, on
 *         average
 */
#include "agent/cache/cache.h"
#include "host/system/system.h"
#include "tests/bench/bench.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CUSTOMERS = 1000000,
    PRODUCTS = 50000,
    PLAIN_SIZE = 600, /* of a customer's sections */
    BATCH_CUSTOMERS = 25,
    TRANSACTION_BATCHES = 40,
    LOOK_UPS = 300000,
    WARM_LOOK_UPS = 100000,
    DOC_SIZE = 1024,
    REFILL_CUSTOMERS = 1000, /* a transaction: about 40 pages of a feed, as the agent's writer has them */
};

#define CHECK(call) bench_need_ok(call, #call)
#define AS_OF_MS INT64_C(1700000000000)

struct bench {
    char path[512];
    struct tb_sealer sealer;
    struct tb_pepper pepper;
    struct tb_cache cache;
    struct tb_cache_reader reader;
    uint32_t customer_count;
    uint32_t product_count;
    size_t padding;
    uint64_t chance;
    size_t row_count;
    struct tb_row rows[TB_ROW_BATCH_MAX + 8];
    char docs[TB_ROW_BATCH_MAX + 8][DOC_SIZE];
    double look_up_us[LOOK_UPS];
};

static struct bench bench;

static uint64_t chance_next(void)
{
    uint64_t z = bench.chance += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

/* ---- rows ---- */

static struct tb_id id_of(char kind, uint32_t number)
{
    const uint8_t name[] = {(uint8_t)kind, (uint8_t)(number >> 24), (uint8_t)(number >> 16),
                            (uint8_t)(number >> 8), (uint8_t)number};
    struct tb_digest digest = tb_sha256(tb_span_of(name, sizeof name));
    struct tb_id id;
    memcpy(id.bytes, digest.bytes, sizeof id.bytes);
    return id;
}

static struct tb_digest hash_of(uint32_t customer, uint32_t which)
{
    struct tb_credential credential;
    char value[24];
    (void)snprintf(value, sizeof value, "%" PRIu32, 100000000 + customer * 2 + which);
    CHECK(tb_credential_set(TB_CREDENTIAL_MEMBER, tb_span_str(value), &credential));
    return tb_pepper_credential(&bench.pepper, &credential);
}

static struct tb_row *row_add(enum tb_row_type type, const char *id, const struct tb_id *customer)
{
    struct tb_row *row = &bench.rows[bench.row_count];
    *row = (struct tb_row){
        .type = type, .op = TB_ROW_PUT, .version = 1, .as_of_ms = AS_OF_MS, .customer = *customer};
    bench_need(strlen(id) < sizeof row->id, "an id");
    memcpy(row->id, id, strlen(id) + 1);
    return row;
}

static void doc_set(struct tb_row *row, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void doc_set(struct tb_row *row, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    char *doc = bench.docs[bench.row_count++];
    int size = vsnprintf(doc, DOC_SIZE, format, arguments);
    va_end(arguments);
    bench_need(size > 0 && size < DOC_SIZE, "a document");
    row->doc = tb_span_str(doc);
}

static uint32_t credential_count(uint32_t customer)
{
    return 1 + customer % 2;
}

static void customer_rows(uint32_t customer)
{
    char text[TB_ID_TEXT_SIZE];
    char line[TB_ID_TEXT_SIZE];
    const struct tb_id id = id_of('c', customer);
    const struct tb_id cart = id_of('k', customer);
    const struct tb_id line_id = id_of('l', customer);
    char fill[PLAIN_SIZE];
    char last[PLAIN_SIZE];
    memset(fill, 'x', sizeof fill);
    memset(last, 'x', sizeof last);
    fill[bench.padding / 3] = '\0';
    last[bench.padding - 2 * (bench.padding / 3)] = '\0';
    tb_id_encode(&id, text);
    doc_set(
        row_add(TB_ROW_CUSTOMER, text, &id),
        "{\"name\":\"Shopper %07" PRIu32 "\",\"tier\":\"gold\",\"points\":2480,\"language\":\"en\","
        "\"benefits\":[{\"text\":\"%s\"}],\"open\":[{\"text\":\"%s\"}],\"do_not_ask\":[{\"text\":\"%s\"}]}",
        customer, fill, fill, last);
    for (uint32_t i = 0; i < credential_count(customer); i++) {
        char hex[2 * TB_SHA256_SIZE + 1] = "";
        struct tb_buf to = tb_buf_of(hex, sizeof hex);
        const struct tb_digest hash = hash_of(customer, i);
        tb_buf_add_hex(&to, tb_digest_span(&hash));
        doc_set(row_add(TB_ROW_CREDENTIAL, hex, &id), "{\"kind\":\"member\"}");
    }
    doc_set(
        row_add(TB_ROW_JOURNEY, text, &id),
        "{\"events\":[{\"at_ms\":1699999000000,\"channel\":\"web\",\"what\":\"Looked at running shoes\"}]}");
    tb_id_encode(&cart, text);
    tb_id_encode(&line_id, line);
    doc_set(row_add(TB_ROW_CART, text, &id),
            "{\"currency\":\"EUR\",\"lines\":[{\"id\":\"%s\",\"gtin\":\"04006381333931\",\"name\":\"Pen\","
            "\"quantity\":2,\"unit_price\":249,\"channel\":\"web\"}],\"touched_ms\":5,\"touched_channel\":"
            "\"web\"}",
            line);
}

static void apply(const struct tb_scope *scope, uint64_t place)
{
    struct tb_cursor cursor = {.size = sizeof place};
    struct tb_cache_applied applied;
    const struct tb_rows rows = {.at = bench.rows, .count = bench.row_count};
    memcpy(cursor.bytes, &place, sizeof place);
    CHECK(tb_cache_apply(&bench.cache, &rows, scope, &cursor, AS_OF_MS, &applied));
    bench_need(applied.refused_count == 0, "rows were refused");
    bench.row_count = 0;
}

/* ---- filling ---- */

static const struct tb_scope COHORT = {.kind = TB_SCOPE_COHORT};
static const struct tb_scope CATALOGUE = {.kind = TB_SCOPE_CATALOGUE};

static void files_remove(void)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        char name[600];
        (void)snprintf(name, sizeof name, "%s%s", bench.path, suffixes[i]);
        (void)remove(name);
    }
}

static void cache_open(void)
{
    files_remove();
    CHECK(tb_cache_open(bench.path, &bench.sealer, &bench.cache));
    CHECK(tb_cache_set_pepper(&bench.cache, &bench.pepper));
}

static size_t plain_size_of(const struct tb_record *record)
{
    size_t size = 0;
    for (size_t i = 0; i < TB_SECTION_COUNT; i++)
        size += record->sections[i].bytes.size;
    return size;
}

/* How much has to be added to a customer so that her sections are as large as they are to be. */
static void padding_find(void)
{
    struct tb_customer_key key;
    struct tb_record record;
    const struct tb_digest hash = hash_of(0, 0);
    bench.padding = 3;
    cache_open();
    customer_rows(0);
    CHECK(tb_db_begin(bench.cache.db));
    apply(&COHORT, 0);
    CHECK(tb_db_commit(bench.cache.db));
    CHECK(tb_cache_reader_open(bench.path, &bench.sealer, &bench.reader));
    CHECK(tb_cache_find_credential(&bench.reader, &hash, &key, &record));
    size_t size = plain_size_of(&record);
    bench_need(size < PLAIN_SIZE, "the customer is too large");
    bench.padding += PLAIN_SIZE - size;
    tb_cache_reader_close(&bench.reader);
    tb_cache_close(&bench.cache);
}

static void customers_fill(void)
{
    for (uint32_t i = 0; i < bench.customer_count; i++) {
        if (i % (BATCH_CUSTOMERS * TRANSACTION_BATCHES) == 0)
            CHECK(tb_db_begin(bench.cache.db));
        customer_rows(i);
        bool last = i + 1 == bench.customer_count;
        if (last || (i + 1) % BATCH_CUSTOMERS == 0 || bench.row_count + 5 > TB_ROW_BATCH_MAX)
            apply(&COHORT, i);
        if (last || (i + 1) % (BATCH_CUSTOMERS * TRANSACTION_BATCHES) == 0)
            CHECK(tb_db_commit(bench.cache.db));
    }
}

static void products_fill(void)
{
    const struct tb_id nobody = {{0}};
    CHECK(tb_db_begin(bench.cache.db));
    for (uint32_t i = 0; i < bench.product_count; i++) {
        char gtin[16];
        (void)snprintf(gtin, sizeof gtin, "%014" PRIu32, i);
        doc_set(row_add(TB_ROW_PRODUCT, gtin, &nobody),
                "{\"name\":\"Product number %" PRIu32 " in its box\",\"unit_price\":%" PRIu32
                ",\"currency\":\"EUR\",\"stock\":\"in_stock\"}",
                i, 100 + i);
        if (bench.row_count == TB_ROW_BATCH_MAX || i + 1 == bench.product_count)
            apply(&CATALOGUE, i);
    }
    CHECK(tb_db_commit(bench.cache.db));
}

/* ---- look-ups ---- */

static double cpu_now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double look_up(double (*now_us)(void))
{
    struct tb_customer_key key;
    struct tb_record record;
    uint32_t customer = (uint32_t)(chance_next() % bench.customer_count);
    const struct tb_digest hash = hash_of(customer, (uint32_t)chance_next() % credential_count(customer));
    double start_us = now_us();
    enum tb_err err = tb_cache_find_credential(&bench.reader, &hash, &key, &record);
    double took_us = now_us() - start_us;
    bench_need_ok(err, "a look-up");
    return took_us;
}

static void look_ups_print(const char *what, double (*now_us)(void), bool judged)
{
    for (int i = 0; i < LOOK_UPS; i++)
        bench.look_up_us[i] = look_up(now_us);
    double p50 = bench_percentile(bench.look_up_us, LOOK_UPS, 0.5);
    double p99 = bench_percentile(bench.look_up_us, LOOK_UPS, 0.99);
    printf("  %s: p50 %.2f us, p99 %.2f us, p99.9 %.2f us\n", what, p50, p99,
           bench_percentile(bench.look_up_us, LOOK_UPS, 0.999));
    if (judged)
        bench_limit("p99 of a look-up by credential", p99, 50, "us");
}

/* A busy machine stretches the first figures, not the second. */
static void look_ups_measure(void)
{
    CHECK(tb_cache_reader_open(bench.path, &bench.sealer, &bench.reader));
    for (int i = 0; i < WARM_LOOK_UPS; i++)
        (void)look_up(bench_now_us);
    printf("\n%d look-ups by credential, page cache warm\n", LOOK_UPS);
    look_ups_print("time", bench_now_us, true);
    look_ups_print("processor time (with its clock)", cpu_now_us, false);
}

/* ---- sizes ---- */

static int64_t number_of(const char *sql)
{
    struct tb_stmt stmt;
    bool row = false;
    CHECK(tb_stmt_prepare(bench.cache.db, sql, &stmt));
    CHECK(tb_stmt_step(&stmt, &row));
    int64_t number = row ? tb_stmt_int(&stmt, 0) : 0;
    tb_stmt_free(&stmt);
    return number;
}

static void sizes_print(void)
{
    struct stat info;
    CHECK(tb_db_checkpoint(bench.cache.db, TB_DB_CHECKPOINT_TRUNCATE));
    bench_need(stat(bench.path, &info) == 0, bench.path);
    double count = (double)bench.customer_count;
    double credentials = (double)number_of("SELECT count(*) FROM credential");
    printf("\n%" PRIu32 " customers with %.2f credentials and %d bytes of plain text each, %" PRIu32
           " products\n",
           bench.customer_count, credentials / count, PLAIN_SIZE, bench.product_count);
    bench_limit("file", (double)info.st_size / 1e6, 1100, "MB");
    printf("  %-52s %10.1f B\n", "per customer, all of the file", (double)info.st_size / count);
    printf("  %-52s %10.1f B\n", "  of it the sealed record (its own key wrapped: 60)",
           (double)number_of("SELECT avg(length(sealed)) FROM (SELECT sealed FROM customer LIMIT 10000)"));
    printf("  %-52s %10.1f B\n", "per product, sealed",
           (double)number_of("SELECT avg(length(sealed)) FROM (SELECT sealed FROM product LIMIT 10000)"));
}

/* ---- upkeep ---- */

static void upkeep_measure(void)
{
    printf("\nUpkeep of a file of this size\n");
    double start_us = bench_now_us();
    CHECK(tb_db_begin(bench.cache.db));
    struct tb_cache_sums sums;
    CHECK(tb_cache_sums(&bench.cache, &sums));
    CHECK(tb_db_commit(bench.cache.db));
    printf("  %-52s %10.2f ms\n", "checksums of all partitions", (bench_now_us() - start_us) / 1e3);

    start_us = bench_now_us();
    CHECK(tb_db_begin(bench.cache.db));
    CHECK(tb_cache_forget_partition(&bench.cache, 7));
    CHECK(tb_db_commit(bench.cache.db));
    printf("  %-52s %10.2f ms\n", "forgetting a partition", (bench_now_us() - start_us) / 1e3);

    const struct tb_id id = id_of('c', bench.customer_count / 2);
    for (int i = 0; i < 2; i++) {
        start_us = bench_now_us();
        CHECK(tb_cache_erase(&bench.cache, &id, 1));
        printf("  %-52s %10.2f ms\n",
               i == 0 ? "the first erasure: the whole file is scrubbed" : "another one",
               (bench_now_us() - start_us) / 1e3);
    }
}

static void look(const char *folder)
{
    char key[512];
    CHECK(tb_folders_make(folder, 0700));
    (void)snprintf(bench.path, sizeof bench.path, "%s/cache.db", folder);
    (void)snprintf(key, sizeof key, "%s/device.key", folder);
    CHECK(tb_sealer_load(key, tb_rng_system(), &bench.sealer));
    bench.pepper = (struct tb_pepper){.version = 1, .bytes = {42}};
    bench.chance = 1;
    padding_find();
    cache_open();
    double start_us = bench_now_us();
    customers_fill();
    double filled_us = bench_now_us();
    products_fill();
    sizes_print();
    printf("  %-52s %10.2f us\n", "applying and sealing, per customer and all her rows",
           (filled_us - start_us) / (double)bench.customer_count);
    look_ups_measure();
    tb_cache_reader_close(&bench.reader);
    upkeep_measure();
    tb_cache_close(&bench.cache);
    tb_sealer_wipe(&bench.sealer);
    files_remove();
    (void)remove(key);
}

/* ---- SQLite alone ---- */

struct refill {
    sqlite3 *from, *to;
    sqlite3_stmt *customers, *credentials;
    sqlite3_stmt *add_customer, *add_credential;
    int64_t row_count;
};

static void sql_need(sqlite3 *db, int code, const char *what)
{
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW)
        return;
    fprintf(stderr, "bench: %s: %s\n", what, sqlite3_errmsg(db));
    exit(EXIT_FAILURE);
}

static void sql_run(sqlite3 *db, const char *sql)
{
    sql_need(db, sqlite3_exec(db, sql, NULL, NULL, NULL), sql);
}

static sqlite3_stmt *sql_prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    sql_need(db, sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), sql);
    return stmt;
}

static void schema_copy(struct refill *r)
{
    sqlite3_stmt *schema =
        sql_prepare(r->from, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY rowid");
    while (sqlite3_step(schema) == SQLITE_ROW)
        sql_run(r->to, (const char *)sqlite3_column_text(schema, 0));
    sqlite3_finalize(schema);
}

/* The pragmas of the agent's writer while a feed fills the file. */
static void refill_open(struct refill *r, const char *from, const char *to)
{
    sql_need(r->from, sqlite3_open_v2(from, &r->from, SQLITE_OPEN_READONLY, NULL), from);
    sql_need(r->to, sqlite3_open(to, &r->to), to);
    sql_run(r->to, "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
                   "PRAGMA secure_delete = ON; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF;"
                   "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -2048; PRAGMA wal_autocheckpoint = 4000;"
                   "PRAGMA journal_size_limit = 1048576");
    schema_copy(r);
    /* What is read lies in memory: reading is no part of what is measured. */
    sql_run(r->from, "PRAGMA temp_store = MEMORY;"
                     "CREATE TEMP TABLE c AS SELECT * FROM customer ORDER BY ref;"
                     "CREATE TEMP TABLE k AS SELECT c.ref, k.hash, k.key FROM customer c"
                     " JOIN credential k ON k.key = c.key ORDER BY c.ref");
    r->customers = sql_prepare(r->from, "SELECT ref, outside, seen, key, wrapped, sealed FROM temp.c");
    r->credentials = sql_prepare(r->from, "SELECT ref, hash, key FROM temp.k");
    r->add_customer = sql_prepare(r->to, "INSERT INTO customer (outside, seen, key, wrapped, sealed)"
                                         " VALUES (?1, ?2, ?3, ?4, ?5)");
    r->add_credential = sql_prepare(r->to, "INSERT INTO credential (hash, key) VALUES (?1, ?2)");
}

static void column_copy(sqlite3_stmt *from, int column, sqlite3_stmt *to, int parameter)
{
    bench_need(sqlite3_bind_value(to, parameter, sqlite3_column_value(from, column)) == SQLITE_OK, "bind");
}

static void row_add_bare(struct refill *r, sqlite3_stmt *add)
{
    sql_need(r->to, sqlite3_step(add), "insert");
    sqlite3_reset(add);
    r->row_count++;
}

static void refill_run(struct refill *r)
{
    int64_t customer_count = 0;
    bool credential = sqlite3_step(r->credentials) == SQLITE_ROW;
    while (sqlite3_step(r->customers) == SQLITE_ROW) {
        if (customer_count % REFILL_CUSTOMERS == 0)
            sql_run(r->to, "BEGIN IMMEDIATE");
        for (int i = 1; i <= 5; i++)
            column_copy(r->customers, i, r->add_customer, i);
        row_add_bare(r, r->add_customer);
        int64_t ref = sqlite3_column_int64(r->customers, 0);
        while (credential && sqlite3_column_int64(r->credentials, 0) == ref) {
            column_copy(r->credentials, 1, r->add_credential, 1);
            column_copy(r->credentials, 2, r->add_credential, 2);
            row_add_bare(r, r->add_credential);
            credential = sqlite3_step(r->credentials) == SQLITE_ROW;
        }
        if (++customer_count % REFILL_CUSTOMERS == 0)
            sql_run(r->to, "COMMIT");
    }
    if (customer_count % REFILL_CUSTOMERS != 0)
        sql_run(r->to, "COMMIT");
}

static void refill(const char *from, const char *folder)
{
    struct refill r = {.row_count = 0};
    CHECK(tb_folders_make(folder, 0700));
    (void)snprintf(bench.path, sizeof bench.path, "%s/refill.db", folder);
    files_remove();
    refill_open(&r, from, bench.path);
    double start_us = bench_now_us();
    refill_run(&r);
    printf("refill %.0f %" PRId64 "\n", bench_now_us() - start_us, r.row_count);
    sqlite3_finalize(r.customers);
    sqlite3_finalize(r.credentials);
    sqlite3_finalize(r.add_customer);
    sqlite3_finalize(r.add_credential);
    sqlite3_close(r.from);
    sqlite3_close(r.to);
    files_remove();
}

/* ---- what an agent has filled ---- */

static struct tb_span column_span(sqlite3_stmt *stmt, int column)
{
    return tb_span_of(sqlite3_column_blob(stmt, column), (size_t)sqlite3_column_bytes(stmt, column));
}

static void plain(const char *folder)
{
    static uint8_t memory[TB_RECORD_SIZE_MAX];
    char name[512];
    sqlite3 *db = NULL;
    double bytes = 0, credentials = 0, sealed = 0;
    size_t count = 0;
    (void)snprintf(name, sizeof name, "%s/device.key", folder);
    CHECK(tb_sealer_load(name, tb_rng_system(), &bench.sealer));
    (void)snprintf(name, sizeof name, "%s/cache.db", folder);
    sql_need(db, sqlite3_open_v2(name, &db, SQLITE_OPEN_READONLY, NULL), name);
    sqlite3_stmt *rows = sql_prepare(db, "SELECT key, wrapped, sealed FROM customer");
    for (; sqlite3_step(rows) == SQLITE_ROW; count++) {
        struct tb_customer_key key;
        struct tb_record record;
        struct tb_buf opened = tb_buf_of(memory, sizeof memory);
        bench_need(column_span(rows, 0).size == sizeof key.bytes, "a key");
        memcpy(key.bytes, column_span(rows, 0).at, sizeof key.bytes);
        CHECK(tb_record_open(&bench.sealer, &key, column_span(rows, 1), column_span(rows, 2), &opened,
                             &record));
        bytes += (double)plain_size_of(&record);
        credentials += record.credential_count;
        sealed += (double)column_span(rows, 2).size;
    }
    bench_need(count > 0, "nobody is in the file");
    double all = (double)count;
    printf("plain %.1f %.2f %.1f\n", bytes / all, credentials / all, sealed / all);
    sqlite3_finalize(rows);
    sqlite3_close(db);
    tb_sealer_wipe(&bench.sealer);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc >= 3 && strcmp(argv[1], "look") == 0) {
        bench.customer_count = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : CUSTOMERS;
        bench.product_count = argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : PRODUCTS;
        look(argv[2]);
    } else if (argc == 4 && strcmp(argv[1], "refill") == 0) {
        refill(argv[2], argv[3]);
    } else if (argc == 3 && strcmp(argv[1], "plain") == 0) {
        plain(argv[2]);
    } else {
        fprintf(stderr, "usage: bench_cache look <folder> [customers] [products] | refill <cache.db> <folder>"
                        " | plain <folder>\n");
        return 2;
    }
    return EXIT_SUCCESS;
}
