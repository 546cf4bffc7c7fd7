/*
 * What a terminal writes to its flash: bytes that SQLite hands to the file system for state.db, outbox.db,
 * cache.db and their logs, counted by a VFS between the two, while the agent's own storage does the work. Per
 * cart change, and on a day on which nobody comes. bench_wear <folder on the disk to measure>
 */
#include "agent/app/storage/storage.h"
#include "host/system/system.h"
#include "tests/bench/bench.h"

#include <ftw.h>
#include <inttypes.h>
#include <sqlite3.h>

enum {
    CUSTOMERS = 10000,
    PAGE_CUSTOMERS = 50,
    VISITS = 20,
    VISIT_CHANGES = 5,
    LINES = 8, /* of the cart that is changed */
    DAY_MINUTES = 24 * 60,
    KEEP_MINUTES = 5, /* as agent/app/visit/cohort.c has it */
    RECONNECTS = 2,   /* a day */
};

#define CHECK(call) bench_need_ok(call, #call)

/* ---- counting ---- */

enum what { LOG, FILE_ITSELF, WHAT_COUNT };

struct count {
    int64_t bytes[TB_STORAGE_FILE_COUNT][WHAT_COUNT];
    int64_t sync_count;
};

static struct count count;
static sqlite3_vfs *real_vfs;
static sqlite3_vfs own_vfs;

/* Lies behind the real file's own structure. */
struct counted {
    const sqlite3_io_methods *real;
    sqlite3_io_methods own;
    enum tb_storage_which which;
    enum what what;
};

static struct counted *counted_of(sqlite3_file *file)
{
    return (struct counted *)(void *)((char *)file + real_vfs->szOsFile);
}

static int counted_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 offset)
{
    struct counted *c = counted_of(file);
    count.bytes[c->which][c->what] += size;
    return c->real->xWrite(file, bytes, size, offset);
}

static int counted_sync(sqlite3_file *file, int flags)
{
    count.sync_count++;
    return counted_of(file)->real->xSync(file, flags);
}

static int counted_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
    (void)vfs;
    int code = real_vfs->xOpen(real_vfs, name, file, flags, ret_flags);
    if (code != SQLITE_OK || !file->pMethods)
        return code;
    struct counted *c = counted_of(file);
    *c = (struct counted){.real = file->pMethods, .own = *file->pMethods};
    c->which = TB_STORAGE_STATE;
    if (name && strstr(name, "outbox.db"))
        c->which = TB_STORAGE_OUTBOX;
    if (name && strstr(name, "cache.db"))
        c->which = TB_STORAGE_CACHE;
    c->what = flags & SQLITE_OPEN_WAL ? LOG : FILE_ITSELF;
    c->own.xWrite = counted_write;
    c->own.xSync = counted_sync;
    file->pMethods = &c->own;
    return code;
}

static void counting_begin(void)
{
    real_vfs = sqlite3_vfs_find(NULL);
    own_vfs = *real_vfs;
    bench_need(real_vfs->szOsFile % (int)_Alignof(struct counted) == 0, "an aligned file structure");
    own_vfs.szOsFile += (int)sizeof(struct counted);
    own_vfs.zName = "counted";
    own_vfs.xOpen = counted_open;
    bench_need(sqlite3_vfs_register(&own_vfs, 1) == SQLITE_OK, "the counting VFS");
}

static double total(void)
{
    int64_t sum = 0;
    for (size_t i = 0; i < TB_STORAGE_FILE_COUNT; i++)
        sum += count.bytes[i][LOG] + count.bytes[i][FILE_ITSELF];
    return (double)sum;
}

static void count_print(const char *what, double per)
{
    static const char *const names[] = {"state.db", "outbox.db", "cache.db"};
    printf("  %-44s %10.2f kB, %.2f syncs\n", what, total() / per / 1e3, (double)count.sync_count / per);
    for (size_t i = 0; i < TB_STORAGE_FILE_COUNT; i++)
        printf("    %-12s log %9.2f kB, file %9.2f kB\n", names[i], (double)count.bytes[i][LOG] / per / 1e3,
               (double)count.bytes[i][FILE_ITSELF] / per / 1e3);
}

/* ---- the terminal ---- */

static struct bench {
    struct tb_agent_config config;
    struct tb_loop *loop;
    struct tb_storage storage;
    struct tb_storage_found found;
    struct tb_pending pending;
    struct tb_mutation mutation; /* as it was stored */
    int64_t cart_version;
    int64_t wall_ms;
} bench;

static const struct tb_pepper pepper = {.version = 1, .bytes = {7}};
static const struct tb_storage_told nothing_told;

static void done(void *context, enum tb_err err)
{
    (void)context;
    CHECK(err);
    tb_loop_stop(bench.loop);
}

static void stored(void *context, enum tb_err err, const struct tb_stored *what)
{
    bench.mutation = what->mutation;
    done(context, err);
}

static void kept(void *context, enum tb_err err, const struct tb_cache_upkept *upkept)
{
    (void)upkept;
    done(context, err);
}

static void run(enum tb_err began)
{
    CHECK(began);
    CHECK(tb_loop_run(bench.loop));
}

static void terminal_open(void)
{
    CHECK(tb_loop_create(&(struct tb_loop_options){.fd_max = 64}, &bench.loop));
    CHECK(tb_storage_open(&bench.storage, bench.loop, &bench.config, &nothing_told, &bench.found,
                          &bench.pending));
    tb_storage_set_pepper(&bench.storage, &pepper);
    bench.wall_ms = tb_loop_wall_ms(bench.loop);
}

static void terminal_close(void)
{
    tb_storage_close(&bench.storage);
    tb_pending_free(&bench.pending);
    bench.loop = tb_loop_free(bench.loop);
}

static struct tb_id id_of(char kind, uint32_t number)
{
    const uint8_t name[] = {(uint8_t)kind, (uint8_t)(number >> 24), (uint8_t)(number >> 16),
                            (uint8_t)(number >> 8), (uint8_t)number};
    struct tb_digest digest = tb_sha256(tb_span_of(name, sizeof name));
    struct tb_id id;
    memcpy(id.bytes, digest.bytes, sizeof id.bytes);
    return id;
}

static struct tb_row row_of(enum tb_row_type type, const struct tb_id *id, uint32_t customer, const char *doc)
{
    struct tb_row row = {.type = type,
                         .op = TB_ROW_PUT,
                         .version = 1,
                         .as_of_ms = bench.wall_ms,
                         .customer = id_of('c', customer),
                         .doc = tb_span_str(doc)};
    tb_id_encode(id, row.id);
    return row;
}

static void customers_fill(void)
{
    static const char profile[] =
        "{\"name\":\"Ms Rivera\",\"tier\":\"gold\",\"points\":2480,\"language\":\"en\"}";
    static const char journey[] =
        "{\"events\":[{\"at_ms\":1,\"channel\":\"web\",\"what\":\"Looked at shoes\"}]}";
    struct tb_row rows[2 * PAGE_CUSTOMERS];
    for (uint32_t customer = 0; customer < CUSTOMERS; customer += PAGE_CUSTOMERS) {
        for (uint32_t i = 0; i < PAGE_CUSTOMERS; i++) {
            const struct tb_id id = id_of('c', customer + i);
            rows[2 * i] = row_of(TB_ROW_CUSTOMER, &id, customer + i, profile);
            rows[2 * i + 1] = row_of(TB_ROW_JOURNEY, &id, customer + i, journey);
        }
        const struct tb_storage_page page = {.rows = {.at = rows, .count = 2 * PAGE_CUSTOMERS},
                                             .scope = {.kind = TB_SCOPE_COHORT},
                                             .cursor = {.size = 1},
                                             .first = customer == 0,
                                             .more = customer + PAGE_CUSTOMERS < CUSTOMERS};
        run(tb_storage_save(&bench.storage, &page, done, NULL));
    }
}

/* ---- a cart change ---- */

static void cart_doc(char *ret_doc, size_t size_max, int quantity)
{
    struct tb_buf doc = tb_buf_of(ret_doc, size_max);
    tb_buf_add_str(&doc, "{\"currency\":\"EUR\",\"lines\":[");
    for (int i = 0; i < LINES; i++) {
        char line[256];
        (void)snprintf(line, sizeof line,
                       "%s{\"id\":\"%032d\",\"gtin\":\"0400638133%04d\",\"name\":\"Running shoes, "
                       "blue\",\"quantity\":%d,"
                       "\"unit_price\":8990,\"added_ms\":1700000000000,\"channel\":\"web\"}",
                       i ? "," : "", i + 1, i, quantity);
        tb_buf_add_str(&doc, line);
    }
    tb_buf_add_str(&doc, "],\"touched_ms\":1700000000000,\"touched_channel\":\"till\"}");
    tb_buf_add_u8(&doc, 0);
    CHECK(doc.err);
}

/* Stored, sent, decided: what the agent does from the scan to the verdict. */
static void cart_change(uint32_t customer)
{
    char doc[4096];
    const struct tb_id cart = id_of('k', customer);
    const struct tb_mutation add = {.kind = TB_MUTATION_CART_ADD,
                                    .customer = id_of('c', customer),
                                    .cart = cart,
                                    .line = id_of('l', (uint32_t)bench.cart_version),
                                    .made_ms = bench.wall_ms,
                                    .add = {.gtin = "04006381333931", .quantity = 1}};
    run(tb_storage_append(&bench.storage, &add, stored, NULL));
    cart_doc(doc, sizeof doc, 1 + (int)(bench.cart_version % 5));
    struct tb_row row = row_of(TB_ROW_CART, &cart, customer, doc);
    row.version = ++bench.cart_version;
    const struct tb_rows rows = {.at = &row, .count = 1};
    const struct tb_verdict verdict = {
        .seq = bench.mutation.seq, .kind = TB_VERDICT_APPLIED, .version = row.version};
    run(tb_storage_decide(&bench.storage, &rows, &verdict, 1, done, NULL));
}

static void settle(void)
{
    run(tb_storage_settle(&bench.storage, bench.mutation.seq, done, NULL));
}

static enum tb_err checkpoint_run(struct tb_writer_job *job, struct tb_db *db)
{
    (void)job;
    return tb_db_checkpoint(db, TB_DB_CHECKPOINT_PASSIVE);
}

static void checkpoint_done(struct tb_writer_job *job, enum tb_err err)
{
    (void)job;
    done(NULL, err);
}

/* What is in the logs goes to the files, as it does some day. */
static void logs_empty(void)
{
    for (size_t i = 0; i < TB_STORAGE_FILE_COUNT; i++) {
        struct tb_writer_job job = {.run = checkpoint_run, .done = checkpoint_done, .bare = true};
        run(tb_writer_submit(bench.storage.files[i].writer, &job));
    }
}

static double visits_measure(int changes)
{
    logs_empty();
    count = (struct count){.sync_count = 0};
    for (uint32_t visit = 0; visit < VISITS; visit++) {
        for (int i = 0; i < changes; i++)
            cart_change(visit * 377 % CUSTOMERS);
        settle(); /* a minute after the last verdict */
    }
    logs_empty();
    return (double)VISITS * changes;
}

/* ---- an idle day ---- */

static void keep(void)
{
    const struct tb_storage_keep what = {
        .limits = {.outside_keep_ms = TB_CACHE_OUTSIDE_KEEP_MS, .no_contact_ms = TB_CACHE_NO_CONTACT_MS},
        .in_contact = true};
    run(tb_storage_keep(&bench.storage, &what, kept, NULL));
}

static void reconnect(void)
{
    struct tb_welcome welcome = {.reconnect_window_ms = 1000, .server_time_ms = bench.wall_ms};
    memcpy(welcome.epoch, "00112233445566778899aabbccddeeff", sizeof "00112233445566778899aabbccddeeff");
    tb_storage_welcome(&bench.storage, &welcome, false);
    keep();
}

static void day_measure(void)
{
    logs_empty();
    count = (struct count){.sync_count = 0};
    for (int minute = 0; minute < DAY_MINUTES; minute += KEEP_MINUTES) {
        bench.wall_ms += KEEP_MINUTES * INT64_C(60000);
        tb_loop_raise_wall_floor(bench.loop, bench.wall_ms);
        keep();
        if (minute % (DAY_MINUTES / RECONNECTS) == 0)
            reconnect();
    }
    logs_empty();
}

static int entry_remove(const char *path, const struct stat *info, int type, struct FTW *where)
{
    (void)info, (void)type, (void)where;
    return remove(path);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: bench_wear <folder>\n");
        return 2;
    }
    (void)snprintf(bench.config.state_dir, sizeof bench.config.state_dir, "%s/state", argv[1]);
    (void)snprintf(bench.config.run_dir, sizeof bench.config.run_dir, "%s/run", argv[1]);
    (void)nftw(argv[1], entry_remove, 8, FTW_DEPTH | FTW_PHYS);
    CHECK(tb_folders_make(argv[1], 0700));
    terminal_open(); /* SQLite is set up before it is counted */
    terminal_close();
    counting_begin();
    terminal_open();
    customers_fill();
    settle();
    printf("Written by a terminal with %d customers cached; a cart of %d lines\n", CUSTOMERS, LINES);
    (void)visits_measure(1); /* the customers have a cart then */
    double changes = visits_measure(1);
    count_print("a cart change, alone in its minute", changes);
    changes = visits_measure(VISIT_CHANGES);
    count_print("a cart change, of five in a visit", changes);
    day_measure();
    count_print("a day on which nobody comes, two reconnects", 1);
    terminal_close();
    (void)nftw(argv[1], entry_remove, 8, FTW_DEPTH | FTW_PHYS);
    return EXIT_SUCCESS;
}
