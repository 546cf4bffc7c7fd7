#include "tests/crash/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct tb_scope cohort = {.kind = TB_SCOPE_COHORT};
const struct tb_pepper terminal_pepper = {.version = 1, .bytes = {9}};

unsigned terminal_below(struct terminal *t, unsigned limit)
{
    return (unsigned)(seeded_rng_next(t->chance) % limit);
}

bool terminal_fine(struct terminal *t, enum tb_err err, const char *what)
{
    if (err != TB_OK && !t->wrong) {
        (void)snprintf(t->fault, sizeof t->fault, "%s: %s", what, tb_err_name(err));
        t->wrong = t->fault;
    }
    return t->wrong == NULL;
}

struct path {
    char text[80];
};

static struct path path_of(const struct terminal *t, const char *name)
{
    struct path path;
    (void)snprintf(path.text, sizeof path.text, "%s/%s", t->folder, name);
    return path;
}

/* ---- opening and closing ---- */

void terminal_outbox_start(struct terminal *t)
{
    struct path path = path_of(t, "outbox.db");
    if (!terminal_fine(t, tb_outbox_open(path.text, &t->sealer, &t->outbox), "opening the outbox"))
        return;
    tb_db_defer_checkpoints(t->outbox.db);
    if (t->mistake == MISTAKE_OUTBOX_NORMAL)
        (void)terminal_fine(t, tb_db_set_sync(t->outbox.db, TB_DB_SYNC_NORMAL), "a pragma");
}

void terminal_cache_start(struct terminal *t)
{
    struct path path = path_of(t, "cache.db");
    if (terminal_fine(t, tb_cache_open(path.text, &t->sealer, &t->cache), "opening the cache") &&
        terminal_fine(t, tb_cache_set_pepper(&t->cache, &terminal_pepper), "the pepper") &&
        terminal_fine(t, tb_cache_reader_open(path.text, &t->sealer, &t->reader),
                      "opening the cache to read"))
        tb_db_defer_checkpoints(t->cache.db);
    if (!t->wrong && t->disk)
        (void)terminal_fine(t, tb_cache_reader_open(path.text, &t->sealer, &t->watch),
                            "opening the cache to watch");
}

void terminal_state_start(struct terminal *t, struct tb_facts *facts, struct tb_settings *settings)
{
    struct path path = path_of(t, "state.db");
    if (terminal_fine(t, tb_state_open(path.text, &t->sealer, &t->state), "opening the state") &&
        terminal_fine(t, tb_state_load(&t->state, facts, settings), "loading the state"))
        tb_db_defer_checkpoints(t->state.db);
}

void terminal_lookup_end(struct terminal *t)
{
    if (t->looking_up)
        tb_db_rollback(t->reader.db);
    t->looking_up = false;
}

void terminal_cache_stop(struct terminal *t)
{
    if (t->reader.db)
        terminal_lookup_end(t);
    tb_cache_reader_close(&t->reader);
    tb_cache_reader_close(&t->watch);
    tb_cache_close(&t->cache);
}

void terminal_files_stop(struct terminal *t)
{
    terminal_cache_stop(t);
    tb_outbox_close(&t->outbox);
    tb_state_close(&t->state);
}

/* ---- reading what is there ---- */

static bool outbox_see(void *context, const struct tb_outbox_entry *entry)
{
    struct terminal *t = context;
    struct outbox_state *seen = &t->outbox_seen;
    int64_t seq = entry->mutation.seq;
    if (seen->next == seen->first)
        seen->first = seen->next = seq;
    if (seq != seen->next || seq - seen->first >= ROWS_MAX) {
        (void)terminal_fine(t, TB_ERR_CORRUPT, "a gap in the outbox");
        return false;
    }
    seen->tag[seq - seen->first] = entry->mutation.made_ms;
    seen->decided[seq - seen->first] = entry->verdict.kind == TB_VERDICT_APPLIED;
    seen->next++;
    return true;
}

static void outbox_read(struct terminal *t)
{
    t->outbox_seen = (struct outbox_state){.first = 1, .next = 1};
    terminal_outbox_start(t);
    if (t->wrong)
        return;
    (void)terminal_fine(t, tb_outbox_each(&t->outbox, TB_OUTBOX_ALL, 1, outbox_see, t), "reading the outbox");
    t->outbox_seen.incarnation = t->outbox.incarnation;
    t->outbox_seen.settled = t->outbox.settled_seq;
    if (t->outbox.next_seq != t->outbox_seen.next)
        (void)terminal_fine(t, TB_ERR_CORRUPT, "the outbox's next seq");
}

int64_t terminal_cursor_number(const struct tb_cursor *cursor)
{
    struct tb_reader from = tb_reader_of(tb_span_of(cursor->bytes, cursor->size));
    return cursor->size ? (int64_t)tb_read_u64be(&from) : 0;
}

struct tb_id terminal_customer_id(unsigned number)
{
    return (struct tb_id){{0xc0, (uint8_t)(number + 1)}};
}

struct tb_id terminal_cart_id(unsigned number)
{
    return (struct tb_id){{0xca, (uint8_t)(number + 1)}};
}

struct tb_digest terminal_credential_hash(unsigned number)
{
    return (struct tb_digest){{0xcd, (uint8_t)(number + 1)}};
}

void terminal_gtin_of(unsigned number, char ret_gtin[TB_GTIN_SIZE + 1])
{
    (void)snprintf(ret_gtin, TB_GTIN_SIZE + 1, "%014u", number + 1);
}

static bool absent(enum tb_err err)
{
    return err == TB_ERR_NOT_FOUND;
}

static void customer_read(struct terminal *t, struct tb_cache_reader *reader, unsigned number,
                          struct cache_state *seen)
{
    struct tb_id id = terminal_customer_id(number);
    struct tb_customer_key key = tb_pepper_customer(&terminal_pepper, &id);
    struct tb_digest hash = terminal_credential_hash(number);
    struct tb_record record;
    enum tb_err err = tb_cache_find_customer(reader, &key, &record);
    if (!absent(err) && terminal_fine(t, err, "reading a customer")) {
        seen->profile[number] = record.sections[TB_SECTION_PROFILE].version;
        seen->cart[number] = record.sections[TB_SECTION_CART].version;
    }
    err = tb_cache_find_credential(reader, &hash, &key, &record);
    if (!absent(err) && terminal_fine(t, err, "reading a credential"))
        seen->credential[number] = tb_id_equal(&record.customer, &id) ? 1 : -1;
}

void terminal_cache_read(struct terminal *t, struct tb_cache_reader *reader, const struct tb_id *incarnation,
                         struct cache_state *ret_state)
{
    struct tb_cursor cursor;
    *ret_state = (struct cache_state){0};
    if (!terminal_fine(t, tb_cache_cursor(&t->cache, &cohort, &cursor), "reading a cursor"))
        return;
    ret_state->cursor = terminal_cursor_number(&cursor);
    (void)terminal_fine(t, tb_cache_heard(&t->cache, incarnation, &ret_state->heard),
                        "reading what was heard");
    for (unsigned i = 0; i < CUSTOMERS; i++)
        customer_read(t, reader, i, ret_state);
    for (unsigned i = 0; i < PRODUCTS; i++) {
        struct tb_product product;
        char gtin[TB_GTIN_SIZE + 1];
        terminal_gtin_of(i, gtin);
        enum tb_err err = tb_cache_find_product(reader, gtin, &product);
        if (!absent(err) && terminal_fine(t, err, "reading a product"))
            ret_state->product[i] = product.unit_price;
    }
}

static void cache_look(struct terminal *t)
{
    t->cache_seen = (struct cache_state){0};
    terminal_cache_start(t);
    if (!t->wrong)
        terminal_cache_read(t, &t->reader, &t->outbox_seen.incarnation, &t->cache_seen);
}

struct tb_replay terminal_replay(unsigned number, int64_t counter)
{
    bool counts = number == SHOWN_NAMES;
    return (struct tb_replay){.rule = counts ? TB_REPLAY_COUNTER : TB_REPLAY_ONCE,
                              .name = {0x5e, (uint8_t)number},
                              .counter = counts ? (uint64_t)counter : 0,
                              .forget_ms = INT64_MAX};
}

/* The highest counter that is refused: they rise by one. */
static void shown_read(struct terminal *t)
{
    bool shown = true;
    for (unsigned i = 0; i < SHOWN_NAMES && !t->wrong; i++) {
        const struct tb_replay replay = terminal_replay(i, 0);
        (void)terminal_fine(t, tb_replay_shown(&t->state, &replay, &shown), "reading what was shown");
        t->state_seen.shown[i] = shown;
    }
    for (shown = true; shown && !t->wrong;) {
        const struct tb_replay replay = terminal_replay(SHOWN_NAMES, t->state_seen.counter + 1);
        (void)terminal_fine(t, tb_replay_shown(&t->state, &replay, &shown), "reading what counts");
        t->state_seen.counter += shown;
    }
}

static void state_read(struct terminal *t)
{
    struct tb_facts facts;
    struct tb_settings settings;
    t->state_seen = (struct state_state){0};
    terminal_state_start(t, &facts, &settings);
    if (t->wrong)
        return;
    t->state_seen.cursor = terminal_cursor_number(&settings.device_cursor);
    t->state_seen.idle_ms = facts.policy_known ? facts.policy.idle_ms : 0;
    t->state_seen.window_ms = settings.reconnect_window_ms;
    t->state_seen.floor_ms = settings.wall_floor_ms;
    memcpy(t->state_seen.session_key, settings.session_key, sizeof t->state_seen.session_key);
    shown_read(t);
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
    return size == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0);
}

/* What was made with a file whose making was not promised yet may have been made anew. */
static void fresh_forget(const struct power_history *history, size_t at, size_t offset, uint8_t *part,
                         size_t size)
{
    size_t oldest = 0;
    size_t newest = 0;
    power_history_range(history, at, &oldest, &newest);
    if (oldest > 0 || !is_zero(history->states + offset, size))
        return;
    if (memcmp(history->states + newest * history->state_size + offset, part, size) != 0)
        memset(part, 0, size);
}

static const char *terminal_look(void *subject, size_t at)
{
    struct terminal *t = subject;
    t->wrong = NULL;
    const char *left = power_gone_fault(&t->gone, at);
    if (left)
        return left;
    outbox_read(t);
    cache_look(t);
    state_read(t);
    terminal_files_stop(t);
    if (t->wrong)
        return t->wrong;
    fresh_forget(&t->outbox_history, at, offsetof(struct outbox_state, incarnation),
                 t->outbox_seen.incarnation.bytes, sizeof t->outbox_seen.incarnation);
    fresh_forget(&t->state_history, at, offsetof(struct state_state, session_key), t->state_seen.session_key,
                 sizeof t->state_seen.session_key);
    const char *wrong = power_history_fault(&t->outbox_history, at, &t->outbox_seen, "the outbox", t->fault);
    if (!wrong)
        wrong = power_history_fault(&t->cache_history, at, &t->cache_seen, "the cache", t->fault);
    if (!wrong)
        wrong = power_history_fault(&t->state_history, at, &t->state_seen, "the state", t->fault);
    if (!wrong && t->outbox_seen.settled > t->cache_seen.heard)
        wrong = "the outbox has settled what the cache does not hold";
    return wrong;
}

static void terminal_adopt(void *subject)
{
    struct terminal *t = subject;
    power_gone_adopt(&t->gone);
    power_history_begin(&t->outbox_history, sizeof t->outbox_seen, &t->outbox_seen);
    power_history_begin(&t->cache_history, sizeof t->cache_seen, &t->cache_seen);
    power_history_begin(&t->state_history, sizeof t->state_seen, &t->state_seen);
}

static uint64_t terminal_promised(void *subject, size_t at)
{
    const struct terminal *t = subject;
    const struct power_history *const all[] = {&t->outbox_history, &t->cache_history, &t->state_history};
    uint64_t promised = 0;
    for (size_t i = 0; i < TB_ARRAY_SIZE(all); i++) {
        size_t oldest = 0;
        size_t newest = 0;
        power_history_range(all[i], at, &oldest, &newest);
        promised = (promised * 1000 + oldest) * 1000 + newest;
    }
    return promised * UINT64_C(0x9e3779b97f4a7c15);
}

static void *terminal_begin(struct seeded_rng *chance, unsigned mistake, struct crash_disk *disk)
{
    (void)disk;
    struct terminal *t = calloc(1, sizeof *t);
    if (!t)
        abort();
    t->chance = chance;
    t->mistake = mistake;
    t->keys = (struct seeded_rng){.state = seeded_rng_next(chance)};
    t->rng = seeded_rng_of(&t->keys);
    (void)snprintf(t->folder, sizeof t->folder, "/tmp/tb-power-XXXXXX");
    if (!mkdtemp(t->folder))
        abort();
    struct path path = path_of(t, "device.key");
    if (tb_sealer_load(path.text, &t->rng, &t->sealer) != TB_OK || remove(path.text) != 0)
        abort();
    t->outbox_seen = (struct outbox_state){.first = 1, .next = 1};
    terminal_adopt(t);
    return t;
}

static void terminal_end(void *subject)
{
    static const char *const names[] = {"outbox.db", "cache.db", "state.db"};
    struct terminal *t = subject;
    power_history_end(&t->outbox_history);
    power_history_end(&t->cache_history);
    power_history_end(&t->state_history);
    tb_sealer_wipe(&t->sealer);
    for (size_t i = 0; i < TB_ARRAY_SIZE(names); i++) {
        struct path path = path_of(t, names[i]);
        (void)unlink(path.text);
    }
    (void)rmdir(t->folder);
    free(t);
}

static const char *const mistakes[] = {
    "the outbox is not synced at each commit",
    "a mutation counts as saved before its commit",
    "the outbox settles before the cache lasts",
    "a cursor is saved in a transaction before its rows",
    "what is good once counts as claimed before its commit",
    NULL,
};

const struct power_subject power_terminal = {
    .name = "terminal",
    .mistakes = mistakes,
    .begin = terminal_begin,
    .end = terminal_end,
    .live = terminal_live,
    .look = terminal_look,
    .adopt = terminal_adopt,
    .promised = terminal_promised,
};
