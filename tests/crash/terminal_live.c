/*
 * One life of a terminal: its files are written to in the order in which agent/app/storage/storage.h has them
 * written. Rows of verdicts go into the cache, then the verdicts into the outbox; the cache is made to last
 * before what it holds is settled.
 */
#include "tests/crash/mutations.h"
#include "tests/crash/terminal.h"

#include <stdio.h>

static const struct tb_scope cohort = {.kind = TB_SCOPE_COHORT};
#define WALL_MS INT64_C(1790000000000)

/* ---- deeds on the outbox ---- */

static const struct outbox_state *outbox_now(const struct terminal *t)
{
    return power_history_newest(&t->outbox_history);
}

/* The lowest seq that is not decided. */
static int64_t undecided_seq(const struct outbox_state *now)
{
    int64_t seq = now->first;
    while (seq < now->next && now->decided[seq - now->first])
        seq++;
    return seq;
}

static void outbox_saved(struct terminal *t)
{
    power_history_lasts(&t->outbox_history, t->disk);
}

static bool append_one(struct terminal *t, struct outbox_state *next)
{
    uint8_t bytes[TB_MUTATION_JSON_SIZE_MAX];
    struct tb_buf json = tb_buf_of(bytes, sizeof bytes);
    unsigned number = terminal_below(t, CUSTOMERS);
    struct crash_matter matter = {.customer = terminal_customer_id(number),
                                  .cart = terminal_cart_id(number),
                                  .other = {{0x07, 1}},
                                  .gtin = "00000000000017"};
    struct tb_mutation m = crash_mutation(t->chance, &matter);
    m.made_ms = ++t->made;
    if (!terminal_fine(t, tb_outbox_append(&t->outbox, &m, &json), "appending"))
        return false;
    if (m.seq != next->next) {
        (void)terminal_fine(t, TB_ERR_CORRUPT, "a seq that is not the next one");
        return false;
    }
    next->tag[next->next - next->first] = m.made_ms;
    next->decided[next->next - next->first] = 0;
    next->next++;
    return true;
}

static void append(struct terminal *t)
{
    const struct outbox_state *now = outbox_now(t);
    unsigned count = 1 + terminal_below(t, 3);
    if (now->next - now->first + count > ROWS_MAX || now->next - undecided_seq(now) > UNDECIDED_MAX)
        return;
    struct outbox_state *next = power_history_next(&t->outbox_history, t->disk);
    if (t->mistake == MISTAKE_PROMISE_EARLY)
        outbox_saved(t);
    bool single = count == 1 && terminal_below(t, 2);
    if (!single && !terminal_fine(t, tb_db_begin(t->outbox.db), "beginning"))
        return;
    for (unsigned i = 0; i < count; i++)
        if (!append_one(t, next))
            return;
    if (single || terminal_fine(t, tb_db_commit(t->outbox.db), "saving mutations"))
        outbox_saved(t);
}

/* A transaction that does not come to its end. */
static void append_undone(struct terminal *t)
{
    const struct outbox_state *now = outbox_now(t);
    struct outbox_state scratch = *now;
    if (now->next - now->first + 1 > ROWS_MAX || !terminal_fine(t, tb_db_begin(t->outbox.db), "beginning") ||
        !append_one(t, &scratch))
        return;
    tb_db_rollback(t->outbox.db);
    (void)terminal_fine(t, tb_outbox_recount(&t->outbox), "counting anew");
}

/* ---- deeds on the cache ---- */

struct page {
    size_t count;
    struct tb_row rows[8];
    char docs[8][256];
};

static void cache_begin(struct terminal *t)
{
    (void)power_history_next(&t->cache_history, t->disk);
}

/* What the transaction has made of it. */
static void cache_end(struct terminal *t)
{
    if (!t->wrong)
        terminal_cache_read(t, &t->watch, &t->outbox.incarnation, power_history_latest(&t->cache_history));
}

static struct tb_row *page_row(struct page *page, enum tb_row_type type, int64_t version)
{
    struct tb_row *row = &page->rows[page->count++];
    *row = (struct tb_row){.type = type, .op = TB_ROW_PUT, .version = version, .as_of_ms = WALL_MS + version};
    return row;
}

/* The document of the last row. */
static void page_doc(struct page *page, const char *before, int64_t number, const char *after)
{
    char *doc = page->docs[page->count - 1];
    (void)snprintf(doc, sizeof page->docs[0], "%s%lld%s", before, (long long)number, after);
    page->rows[page->count - 1].doc = tb_span_str(doc);
}

static void page_cart(struct page *page, unsigned number, int64_t version)
{
    const struct tb_id cart = terminal_cart_id(number);
    struct tb_row *row = page_row(page, TB_ROW_CART, version);
    row->customer = terminal_customer_id(number);
    tb_id_encode(&cart, row->id);
    page_doc(page, "{\"currency\":\"EUR\",\"touched_ms\":", version, ",\"lines\":[]}");
}

static void page_person(struct page *page, unsigned number, int64_t version)
{
    struct tb_row *row = page_row(page, TB_ROW_CUSTOMER, version);
    row->customer = terminal_customer_id(number);
    tb_id_encode(&row->customer, row->id);
    page_doc(page, "{\"name\":\"A shopper whose name fills a row\",\"points\":", version, "}");
    struct tb_digest hash = terminal_credential_hash(number);
    row = page_row(page, TB_ROW_CREDENTIAL, version);
    row->customer = terminal_customer_id(number);
    struct tb_buf text = tb_buf_of(row->id, sizeof row->id - 1);
    tb_buf_add_hex(&text, tb_digest_span(&hash));
    page->rows[page->count - 1].doc = tb_span_str("{\"kind\":\"member\"}");
}

static void page_product(struct page *page, unsigned number, int64_t version)
{
    terminal_gtin_of(number, page_row(page, TB_ROW_PRODUCT, version)->id);
    page_doc(page, "{\"name\":\"Pencil\",\"unit_price\":", version, ",\"currency\":\"EUR\"}");
}

static void page_leave(struct page *page, unsigned number, int64_t version, bool drop)
{
    struct tb_row *row = page_row(page, TB_ROW_CUSTOMER, version);
    row->op = drop ? TB_ROW_DROP : TB_ROW_EVICT;
    row->customer = terminal_customer_id(number);
    tb_id_encode(&row->customer, row->id);
}

static struct tb_cursor cursor_of(int64_t number)
{
    struct tb_cursor cursor = {.size = 8};
    struct tb_buf bytes = tb_buf_of(cursor.bytes, sizeof cursor.bytes);
    tb_buf_add_u64be(&bytes, (uint64_t)number);
    return cursor;
}

static bool rows_apply(struct terminal *t, const struct page *page, const struct tb_cursor *cursor)
{
    const struct tb_rows rows = {.at = page->rows, .count = page->count};
    struct tb_cache_applied applied = {0};
    enum tb_err err = tb_cache_apply(&t->cache, &rows, cursor ? &cohort : NULL, cursor, WALL_MS, &applied);
    return terminal_fine(t, err, "applying rows") &&
           terminal_fine(t, applied.refused_count + applied.damaged_count ? TB_ERR_CORRUPT : TB_OK,
                         "rows that were left out");
}

/* What a page of the cohort and the catalogue brings: people, carts, products, and who leaves. */
static void page_fill(struct terminal *t, struct page *page)
{
    for (unsigned left = 1 + terminal_below(t, 3); left > 0; left--) {
        unsigned number = terminal_below(t, CUSTOMERS);
        int64_t version = ++t->made;
        switch (terminal_below(t, 6)) {
        case 0: page_leave(page, number, version, terminal_below(t, 2)); break;
        case 1: page_product(page, terminal_below(t, PRODUCTS), version); break;
        case 2: page_cart(page, number, version); break;
        default: page_person(page, number, version); break;
        }
    }
}

/* Rows of a feed with its cursor, or what identify has answered, which has none. */
static void receive(struct terminal *t)
{
    struct page page = {.count = 0};
    bool is_feed = terminal_below(t, 4) > 0;
    cache_begin(t);
    if (!terminal_fine(t, tb_db_begin(t->cache.db), "beginning"))
        return;
    struct tb_cursor cursor = cursor_of(++t->made);
    if (is_feed && t->mistake == MISTAKE_CURSOR_FIRST) {
        const struct page empty = {.count = 0};
        if (!rows_apply(t, &empty, &cursor) ||
            !terminal_fine(t, tb_db_commit(t->cache.db), "saving a cursor") ||
            !terminal_fine(t, tb_db_begin(t->cache.db), "beginning"))
            return;
    }
    page_fill(t, &page);
    if (rows_apply(t, &page, is_feed ? &cursor : NULL))
        (void)terminal_fine(t, tb_db_commit(t->cache.db), "saving rows");
    cache_end(t);
}

/* ---- verdicts, and what is settled ---- */

static void hear(struct terminal *t, int64_t seq)
{
    struct page page = {.count = 0};
    cache_begin(t);
    page_cart(&page, terminal_below(t, CUSTOMERS), ++t->made);
    if (terminal_fine(t, tb_db_begin(t->cache.db), "beginning") && rows_apply(t, &page, NULL) &&
        terminal_fine(t, tb_cache_hear(&t->cache, &t->outbox.incarnation, seq), "noting what was heard"))
        (void)terminal_fine(t, tb_db_commit(t->cache.db), "saving rows of verdicts");
    cache_end(t);
}

static void decide_upto(struct terminal *t, int64_t seq)
{
    struct outbox_state *next = power_history_next(&t->outbox_history, t->disk);
    if (!terminal_fine(t, tb_db_begin(t->outbox.db), "beginning"))
        return;
    for (int64_t at = undecided_seq(next); at <= seq; at++) {
        const struct tb_verdict verdict = {.seq = at, .kind = TB_VERDICT_APPLIED, .version = at};
        if (!terminal_fine(t, tb_outbox_decide(&t->outbox, &verdict, WALL_MS), "deciding"))
            return;
        next->decided[at - next->first] = 1;
    }
    if (terminal_fine(t, tb_db_commit(t->outbox.db), "saving verdicts"))
        outbox_saved(t);
}

static void decide(struct terminal *t)
{
    const struct outbox_state *now = outbox_now(t);
    int64_t first = undecided_seq(now);
    if (first == now->next)
        return;
    int64_t seq = first + terminal_below(t, (unsigned)(now->next - first));
    hear(t, seq);
    if (!t->wrong)
        decide_upto(t, seq);
}

static bool cache_lasts(struct terminal *t)
{
    if (!terminal_fine(t, tb_cache_make_last(&t->cache), "making the cache last"))
        return false;
    power_history_lasts(&t->cache_history, t->disk);
    return true;
}

static void settle_upto(struct terminal *t, int64_t seq, bool remove)
{
    struct outbox_state *next = power_history_next(&t->outbox_history, t->disk);
    if (!terminal_fine(t, tb_db_begin(t->outbox.db), "beginning") ||
        !terminal_fine(t, tb_outbox_settle(&t->outbox, seq, remove ? WALL_MS + 1 : WALL_MS), "settling"))
        return;
    next->settled = seq > next->settled ? seq : next->settled;
    int64_t gone = remove ? next->settled - next->first + 1 : 0;
    gone = gone < next->next - next->first ? gone : next->next - next->first - 1; /* the highest stays */
    if (gone > 0) {
        size_t kept = (size_t)(next->next - next->first - gone) * sizeof next->tag[0];
        memmove(next->tag, next->tag + gone, kept);
        memmove(next->decided, next->decided + gone, kept);
        memset((uint8_t *)next->tag + kept, 0, sizeof next->tag - kept);
        memset((uint8_t *)next->decided + kept, 0, sizeof next->decided - kept);
        next->first += gone;
    }
    if (terminal_fine(t, tb_db_commit(t->outbox.db), "saving what is settled"))
        outbox_saved(t);
}

static void settle(struct terminal *t)
{
    const struct cache_state *cache = power_history_newest(&t->cache_history);
    int64_t decided = undecided_seq(outbox_now(t)) - 1;
    decided = decided < cache->heard ? decided : cache->heard;
    if (decided < 1 || (t->mistake != MISTAKE_SETTLE_EARLY && !cache_lasts(t)))
        return;
    if (!t->wrong)
        settle_upto(t, decided, terminal_below(t, 3) > 0);
}

/* ---- erasure ---- */

/* Takes note of the customer's key, as it lies in the file now. False: there is no such row. */
static bool key_note(struct terminal *t, const struct tb_customer_key *key,
                     uint8_t ret_bytes[POWER_GONE_SIZE])
{
    struct tb_stmt read = {0};
    bool row = false;
    if (!terminal_fine(t, tb_stmt_prepare(t->cache.db, "SELECT wrapped FROM customer WHERE key = ?1", &read),
                       "reading a key"))
        return false;
    tb_stmt_bind_blob(&read, 1, tb_span_of(key->bytes, sizeof key->bytes));
    if (terminal_fine(t, tb_stmt_step(&read, &row), "reading a key") && row)
        memcpy(ret_bytes, tb_stmt_blob(&read, 0).at, POWER_GONE_SIZE);
    tb_stmt_free(&read);
    return row;
}

static void erase(struct terminal *t)
{
    const struct tb_id id = terminal_customer_id(terminal_below(t, CUSTOMERS));
    const struct tb_customer_key key = tb_pepper_customer(&terminal_pepper, &id);
    uint8_t wrapped[POWER_GONE_SIZE];
    if (!key_note(t, &key, wrapped))
        return;
    cache_begin(t);
    enum tb_err err = tb_cache_erase(&t->cache, &id, 1);
    cache_end(t);
    if (err == TB_ERR_BUSY || !terminal_fine(t, err, "erasing"))
        return; /* a look-up holds the log: to be asked again */
    power_history_lasts(&t->cache_history, t->disk);
    power_gone_note(&t->gone, wrapped, t->disk);
}

/* ---- the rest ---- */

static void learn(struct terminal *t)
{
    struct page page = {.count = 0};
    struct state_state *next = power_history_next(&t->state_history, t->disk);
    struct tb_row *row = page_row(&page, TB_ROW_POLICY, ++t->made);
    (void)snprintf(row->id, sizeof row->id, "chain");
    next->idle_ms = 60000 + t->made;
    page_doc(&page, "{\"tiers\":[],\"idle_ms\":", next->idle_ms, "}");
    next->cursor = ++t->made;
    struct tb_cursor cursor = cursor_of(next->cursor);
    const struct tb_rows rows = {.at = page.rows, .count = page.count};
    if (terminal_fine(t, tb_db_begin(t->state.db), "beginning") &&
        terminal_fine(t, tb_state_apply(&t->state, &rows, &cursor), "applying facts") &&
        terminal_fine(t, tb_db_commit(t->state.db), "saving facts"))
        power_history_lasts(&t->state_history, t->disk);
}

static void welcome(struct terminal *t)
{
    struct state_state *next = power_history_next(&t->state_history, t->disk);
    next->window_ms = 1000 + terminal_below(t, 60000);
    next->floor_ms = WALL_MS + ++t->made;
    if (terminal_fine(t, tb_db_begin(t->state.db), "beginning") &&
        terminal_fine(t, tb_state_set_reconnect_window(&t->state, next->window_ms), "the window") &&
        terminal_fine(t, tb_state_set_wall_floor(&t->state, next->floor_ms), "the clock's floor") &&
        terminal_fine(t, tb_db_commit(t->state.db), "saving settings"))
        power_history_lasts(&t->state_history, t->disk);
}

/* What is good once is claimed: it is fresh exactly when nobody was told so before. */
static void claim(struct terminal *t)
{
    const struct state_state *now = power_history_newest(&t->state_history);
    unsigned number = terminal_below(t, SHOWN_NAMES + 1);
    bool counts = number == SHOWN_NAMES;
    int64_t counter = now->counter + (now->counter ? terminal_below(t, 2) : 1);
    bool fresh_wanted = counts ? counter > now->counter : !now->shown[number];
    const struct tb_replay replay = terminal_replay(number, counter);
    struct state_state *next = power_history_next(&t->state_history, t->disk);
    bool fresh = false;
    if (!terminal_fine(t, tb_db_begin(t->state.db), "beginning") ||
        !terminal_fine(t, tb_replay_claim(&t->state, &replay, WALL_MS, &fresh), "claiming") ||
        !terminal_fine(t, fresh == fresh_wanted ? TB_OK : TB_ERR_CORRUPT, "what was claimed before"))
        return;
    if (counts && fresh)
        next->counter = counter;
    else if (fresh)
        next->shown[number] = 1;
    if (t->mistake == MISTAKE_CLAIM_EARLY)
        power_history_lasts(&t->state_history, t->disk);
    if (terminal_fine(t, tb_db_commit(t->state.db), "saving a claim"))
        power_history_lasts(&t->state_history, t->disk);
}

/* A writer tends its file when its users have been told; how long the log was by then does not matter. */
static void tend(struct terminal *t)
{
    struct tb_db *const files[] = {t->outbox.db, t->cache.db, t->state.db};
    enum tb_err err = tb_db_checkpoint(files[terminal_below(t, 3)], TB_DB_CHECKPOINT_PASSIVE);
    if (err != TB_ERR_BUSY)
        (void)terminal_fine(t, err, "a checkpoint");
}

/* The loop looks something up while others write. */
static void look_up(struct terminal *t)
{
    int64_t customers = 0;
    int64_t products = 0;
    if (t->looking_up)
        terminal_lookup_end(t);
    else if (terminal_fine(t, tb_db_exec(t->reader.db, "BEGIN"), "a look-up") &&
             terminal_fine(t, tb_cache_count(&t->reader, &customers, &products), "a look-up"))
        t->looking_up = true;
}

static void begin_outbox(struct terminal *t)
{
    struct outbox_state *next = power_history_next(&t->outbox_history, t->disk);
    terminal_outbox_start(t);
    if (t->wrong)
        return;
    next->incarnation = t->outbox.incarnation;
    outbox_saved(t);
}

/*
 * What the making of a cache writes is the same each time. Were it lost alone, made again, and the power cut
 * once more, the frames that followed it in the log of before would fit behind it, and the cache would be
 * back where it was then: no harm, but no state of this life either.
 */
static void begin_cache(struct terminal *t)
{
    terminal_cache_start(t);
    if (!t->wrong && terminal_fine(t, tb_cache_make_last(&t->cache), "making the cache last"))
        power_history_lasts(&t->cache_history, t->disk);
}

static void begin_state(struct terminal *t)
{
    struct tb_facts facts;
    struct tb_settings settings;
    struct state_state *next = power_history_next(&t->state_history, t->disk);
    terminal_state_start(t, &facts, &settings);
    if (t->wrong)
        return;
    memcpy(next->session_key, settings.session_key, sizeof next->session_key);
    power_history_lasts(&t->state_history, t->disk);
}

/* A file is closed in good order and opened again; the last to close the cache's log removes it. */
static void reopen(struct terminal *t)
{
    switch (terminal_below(t, 3)) {
    case 0:
        tb_outbox_close(&t->outbox);
        begin_outbox(t);
        break;
    case 1:
        tb_state_close(&t->state);
        begin_state(t);
        break;
    default:
        terminal_cache_stop(t);
        begin_cache(t);
        break;
    }
}

static void deed(struct terminal *t)
{
    static void (*const deeds[])(struct terminal *t) = {
        append, append, append, append,  append_undone, receive, receive, decide, decide, decide, settle,
        settle, erase,  learn,  welcome, tend,          look_up, look_up, reopen, claim,  claim,
    };
    unsigned which = terminal_below(t, TB_ARRAY_SIZE(deeds) * 4);
    deeds[which % TB_ARRAY_SIZE(deeds)](t);
}

const char *terminal_live(void *subject, struct crash_disk *disk)
{
    struct terminal *t = subject;
    t->wrong = NULL;
    t->disk = disk;
    begin_outbox(t);
    if (!t->wrong)
        begin_cache(t);
    if (!t->wrong)
        begin_state(t);
    for (unsigned i = 0; i < DEEDS && !t->wrong; i++)
        deed(t);
    disk->recording = false;
    terminal_files_stop(t);
    t->disk = NULL;
    return t->wrong;
}
