#include "agent/cache/cache.h"
#include "agent/cache/outbox.h"
#include "agent/cache/state.h"
#include "host/system/system.h"
#include "tests/crash/ledger.h"

#include <stdio.h>

static struct {
    const char *folder;
    struct tb_sealer sealer;
    struct tb_state state;
    struct tb_outbox outbox;
    struct tb_cache cache;
    struct tb_cache_reader reader;
    struct tb_facts facts;
} terminal;

struct path {
    char text[512];
};

static struct path path_of(const char *name)
{
    struct path path;
    (void)snprintf(path.text, sizeof path.text, "%s/%s", terminal.folder, name);
    return path;
}

void ledger_terminal_open(const char *folder)
{
    struct tb_settings settings;
    struct tb_sealer *sealer = &terminal.sealer;
    struct path cache;
    terminal.folder = folder;
    cache = path_of("cache.db");
    ledger_check(tb_sealer_load(path_of("device.key").text, tb_rng_system(), sealer), "device.key");
    ledger_check(tb_state_open(path_of("state.db").text, sealer, &terminal.state), "state.db");
    ledger_check(tb_state_load(&terminal.state, &terminal.facts, &settings), "state.db");
    ledger_check(tb_outbox_open(path_of("outbox.db").text, sealer, &terminal.outbox), "outbox.db");
    ledger_check(tb_cache_open(cache.text, sealer, &terminal.cache), "cache.db");
    if (terminal.facts.pepper.version > 0)
        ledger_check(tb_cache_set_pepper(&terminal.cache, &terminal.facts.pepper), "the pepper");
    ledger_check(tb_cache_reader_open(cache.text, sealer, &terminal.reader), "cache.db");
}

void ledger_terminal_close(void)
{
    tb_cache_reader_close(&terminal.reader);
    tb_cache_close(&terminal.cache);
    tb_outbox_close(&terminal.outbox);
    tb_state_close(&terminal.state);
    tb_sealer_wipe(&terminal.sealer);
}

static bool entry_print(void *context, const struct tb_outbox_entry *entry)
{
    (void)context;
    const char *verdict = entry->verdict.kind ? tb_verdict_kind_names[entry->verdict.kind] : "";
    (void)printf("%s\n {\"seq\":%lld,\"verdict\":\"%s\",\"code\":\"%s\",\"mutation\":%.*s}", ledger_comma(),
                 (long long)entry->mutation.seq, verdict, entry->verdict.code, (int)entry->json.size,
                 (const char *)entry->json.at);
    return true;
}

void ledger_terminal_print(void)
{
    char incarnation[TB_ID_TEXT_SIZE];
    int64_t heard = 0;
    tb_id_encode(&terminal.outbox.incarnation, incarnation);
    ledger_check(tb_cache_heard(&terminal.cache, &terminal.outbox.incarnation, &heard), "what was heard");
    (void)printf("{\"incarnation\":\"%s\",\"next_seq\":%lld,\"settled\":%lld,\"heard\":%lld", incarnation,
                 (long long)terminal.outbox.next_seq, (long long)terminal.outbox.settled_seq,
                 (long long)heard);
    ledger_list_begin("outbox");
    ledger_check(tb_outbox_each(&terminal.outbox, TB_OUTBOX_ALL, 1, entry_print, NULL), "the outbox");
    (void)printf("]");
}

struct tb_cursor ledger_terminal_cursor(void)
{
    const struct tb_scope cohort = {.kind = TB_SCOPE_COHORT};
    struct tb_cursor cursor;
    ledger_check(tb_cache_cursor(&terminal.cache, &cohort, &cursor), "the cursor");
    return cursor;
}

int64_t ledger_terminal_version(const struct ledger_row *row)
{
    struct tb_customer_key key = tb_pepper_customer(&terminal.facts.pepper, &row->customer);
    struct tb_record record;
    if (tb_cache_find_customer(&terminal.reader, &key, &record) != TB_OK)
        return 0;
    return record.sections[row->type == TB_ROW_CUSTOMER ? TB_SECTION_PROFILE : TB_SECTION_CART].version;
}

/* Binds the customer's key as ?1. */
static void customer_prepare(const char *sql, const struct tb_id *customer, struct tb_stmt *ret_stmt,
                             struct tb_customer_key *ret_key)
{
    *ret_key = tb_pepper_customer(&terminal.facts.pepper, customer);
    ledger_check(tb_stmt_prepare(terminal.cache.db, sql, ret_stmt), sql);
    tb_stmt_bind_blob(ret_stmt, 1, tb_span_of(ret_key->bytes, sizeof ret_key->bytes));
}

void ledger_terminal_keys_print(const struct ledger_rows *rows)
{
    ledger_list_begin("keys");
    for (size_t i = 0; i < rows->count; i++) {
        struct tb_customer_key key;
        struct tb_stmt read = {0};
        bool found = false;
        if (rows->at[i].type != TB_ROW_CUSTOMER)
            continue;
        customer_prepare("SELECT lower(hex(wrapped)) FROM customer WHERE key = ?1", &rows->at[i].customer,
                         &read, &key);
        ledger_check(tb_stmt_step(&read, &found), "a customer's key");
        struct tb_span wrapped = found ? tb_stmt_blob(&read, 0) : tb_span_of("", 0);
        if (found)
            (void)printf("%s\n {\"customer\":\"%s\",\"wrapped\":\"%.*s\"}", ledger_comma(), rows->at[i].id,
                         (int)wrapped.size, (const char *)wrapped.at);
        tb_stmt_free(&read);
    }
    (void)printf("]");
}

int64_t ledger_terminal_held(const struct tb_id *customer)
{
    struct tb_customer_key key;
    struct tb_stmt read = {0};
    bool row = false;
    customer_prepare("SELECT (SELECT count(*) FROM customer WHERE key = ?1)"
                     " + (SELECT count(*) FROM credential WHERE key = ?1)",
                     customer, &read, &key);
    ledger_check(tb_stmt_step(&read, &row), "what is held of a customer");
    int64_t rows = tb_stmt_int(&read, 0);
    tb_stmt_free(&read);
    return rows;
}
