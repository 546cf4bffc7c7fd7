#include "contextd/engine/sqlite_schema.h"

#include "core/base/assert.h"
#include "core/wire/row.h"

_Static_assert(TB_ROW_CART == 3 && TB_ROW_HANDOVER == 10, "as SQL_ROW_CART and SQL_ROW_HANDOVER have them");

/* Version 1. Times are Unix ms, money minor units; ids and hashes are blobs, texts are UTF-8. */
static const char schema_1[] =
    "CREATE TABLE chain("
    " one INTEGER PRIMARY KEY CHECK(one = 1),"
    " name TEXT NOT NULL,"
    " currency TEXT NOT NULL,"
    " epoch TEXT NOT NULL,"
    " seed INTEGER NOT NULL,"
    " pepper BLOB NOT NULL,"
    " pepper_version INTEGER NOT NULL,"
    " as_of_ms INTEGER NOT NULL) STRICT;"

    "CREATE TABLE policy("
    " one INTEGER PRIMARY KEY CHECK(one = 1),"
    " idle_ms INTEGER NOT NULL,"
    " removal_ms INTEGER NOT NULL,"
    " price_max_ms INTEGER NOT NULL,"
    " stock_max_ms INTEGER NOT NULL,"
    " points_max_ms INTEGER NOT NULL,"
    " version INTEGER NOT NULL,"
    " as_of_ms INTEGER NOT NULL) STRICT;"
    /* Idle and removal as the visit rules have them; prices are shown for 30 days, stock for one. */
    "INSERT INTO policy VALUES(1, 120000, 10000, 2592000000, 86400000, 2592000000, 1, 0);"

    "CREATE TABLE tier("
    " id TEXT PRIMARY KEY,"
    " name TEXT NOT NULL,"
    " symbol TEXT NOT NULL,"
    " color TEXT NOT NULL,"
    " points_from INTEGER NOT NULL) STRICT, WITHOUT ROWID;"

    "CREATE TABLE store("
    " id TEXT PRIMARY KEY,"
    " name TEXT NOT NULL,"
    " language TEXT NOT NULL,"
    " version INTEGER NOT NULL) STRICT, WITHOUT ROWID;"

    "CREATE TABLE terminal("
    " device TEXT PRIMARY KEY,"
    " store TEXT NOT NULL REFERENCES store(id),"
    " till TEXT NOT NULL,"
    " role TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " state TEXT NOT NULL CHECK(state IN ('enabled', 'disabled', 'quarantined')),"
    " version INTEGER NOT NULL,"
    " as_of_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"

    "CREATE TABLE product("
    " gtin TEXT PRIMARY KEY,"
    " name TEXT NOT NULL,"
    " unit_price INTEGER NOT NULL,"
    " version INTEGER NOT NULL,"
    " as_of_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"

    "CREATE TABLE stock("
    " gtin TEXT NOT NULL REFERENCES product(gtin),"
    " store TEXT NOT NULL REFERENCES store(id),"
    " quantity INTEGER NOT NULL,"
    " version INTEGER NOT NULL,"
    " as_of_ms INTEGER NOT NULL,"
    " PRIMARY KEY(gtin, store)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE customer("
    " id BLOB PRIMARY KEY,"
    " name TEXT NOT NULL,"
    " since TEXT NOT NULL,"
    " tier TEXT NOT NULL REFERENCES tier(id),"
    " language TEXT NOT NULL,"
    " home_store TEXT NOT NULL REFERENCES store(id),"
    " points INTEGER NOT NULL,"
    " version INTEGER NOT NULL,"
    " as_of_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"

    "CREATE TABLE fact("
    " customer BLOB NOT NULL REFERENCES customer(id),"
    " kind INTEGER NOT NULL,"
    " position INTEGER NOT NULL,"
    " text TEXT NOT NULL,"
    " PRIMARY KEY(customer, kind, position)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE credential("
    " hash BLOB PRIMARY KEY,"
    " kind TEXT NOT NULL,"
    " customer BLOB NOT NULL REFERENCES customer(id),"
    " version INTEGER NOT NULL,"
    " as_of_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX credential_customer ON credential(customer);"

    "CREATE TABLE cohort("
    " customer BLOB NOT NULL REFERENCES customer(id),"
    " store TEXT NOT NULL REFERENCES store(id),"
    " PRIMARY KEY(customer, store)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE journey("
    " customer BLOB PRIMARY KEY REFERENCES customer(id),"
    " version INTEGER NOT NULL,"
    " as_of_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"

    "CREATE TABLE touch("
    " id INTEGER PRIMARY KEY,"
    " customer BLOB NOT NULL REFERENCES customer(id),"
    " at_ms INTEGER NOT NULL,"
    " channel INTEGER NOT NULL,"
    " what TEXT NOT NULL) STRICT;"
    "CREATE INDEX touch_customer ON touch(customer, at_ms);"

    "CREATE TABLE cart("
    " id BLOB PRIMARY KEY,"
    " customer BLOB NOT NULL REFERENCES customer(id),"
    " currency TEXT NOT NULL,"
    " touched_ms INTEGER NOT NULL,"
    " touched_channel INTEGER NOT NULL,"
    " touched_by TEXT NOT NULL,"
    /* Tombstones: struct tb_cart_book, packed. A closed line's id never opens again. */
    " book BLOB NOT NULL,"
    " version INTEGER NOT NULL,"
    " as_of_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE UNIQUE INDEX cart_customer ON cart(customer);"

    "CREATE TABLE cart_line("
    " cart BLOB NOT NULL REFERENCES cart(id),"
    " id BLOB NOT NULL,"
    " position INTEGER NOT NULL,"
    " gtin TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " quantity INTEGER NOT NULL CHECK(quantity > 0),"
    " unit_price INTEGER NOT NULL,"
    " price_as_of_ms INTEGER NOT NULL,"
    " added_ms INTEGER NOT NULL,"
    " channel INTEGER NOT NULL,"
    " PRIMARY KEY(cart, id),"
    " UNIQUE(cart, gtin)) STRICT, WITHOUT ROWID;"

    /*
     * One row per object: the newest change of it. AUTOINCREMENT, because a number that was handed out
     * in a cursor must never come again, not even when the newest row is replaced.
     */
    "CREATE TABLE change("
    " seq INTEGER PRIMARY KEY AUTOINCREMENT,"
    " type INTEGER NOT NULL,"
    " op INTEGER NOT NULL,"
    " id BLOB NOT NULL,"
    " customer BLOB,"
    " store TEXT NOT NULL,"
    " UNIQUE(type, id, store)) STRICT;"
    "CREATE INDEX change_type ON change(type, seq);"
    "CREATE INDEX change_customer ON change(customer, seq) WHERE customer IS NOT NULL;"

    "CREATE TABLE stream("
    " device TEXT NOT NULL,"
    " incarnation BLOB NOT NULL,"
    " decided_seq INTEGER NOT NULL,"
    " seen_ms INTEGER NOT NULL,"
    " PRIMARY KEY(device, incarnation)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE verdict("
    " device TEXT NOT NULL,"
    " incarnation BLOB NOT NULL,"
    " seq INTEGER NOT NULL,"
    " kind INTEGER NOT NULL,"
    " code TEXT NOT NULL,"
    " version INTEGER NOT NULL,"
    " decided_ms INTEGER NOT NULL,"
    " PRIMARY KEY(device, incarnation, seq)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX verdict_decided ON verdict(decided_ms);";

/*
 * Version 2: who may see what and for how long. A cohort knows when its customers were seen and has a
 * limit; terminals' new customers are counted; erasures are kept until every terminal has confirmed.
 */
static const char schema_2[] =
    "ALTER TABLE cohort ADD COLUMN seen_ms INTEGER NOT NULL DEFAULT 0;"
    /* First byte of SHA-256(customer); -1 until the engine has computed it. */
    "ALTER TABLE cohort ADD COLUMN part INTEGER NOT NULL DEFAULT -1;"
    "CREATE INDEX cohort_seen ON cohort(store, seen_ms);"
    "CREATE INDEX cohort_part ON cohort(store, part);"
    "ALTER TABLE store ADD COLUMN member_count INTEGER NOT NULL DEFAULT 0;"
    "UPDATE store SET member_count = (SELECT count(*) FROM cohort h WHERE h.store = store.id);"

    /* As tb_policy_default(); notes are kept for a year, a terminal may come to know 120 customers an hour.
     */
    "ALTER TABLE policy ADD COLUMN merge TEXT NOT NULL DEFAULT 'ask';"
    "ALTER TABLE policy ADD COLUMN cache_rows_max INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE policy ADD COLUMN cache_bytes_max INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE policy ADD COLUMN no_contact_ms INTEGER NOT NULL DEFAULT 2592000000;"
    "ALTER TABLE policy ADD COLUMN outside_keep_ms INTEGER NOT NULL DEFAULT 86400000;"
    "ALTER TABLE policy ADD COLUMN journey_keep_ms INTEGER NOT NULL DEFAULT 7776000000;"
    "ALTER TABLE policy ADD COLUMN note_keep_ms INTEGER NOT NULL DEFAULT 31536000000;"
    "ALTER TABLE policy ADD COLUMN reward_offline_max INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE policy ADD COLUMN checksum_ms INTEGER NOT NULL DEFAULT 86400000;"
    "ALTER TABLE policy ADD COLUMN new_customers_max INTEGER NOT NULL DEFAULT 120;"
    "CREATE INDEX touch_at ON touch(at_ms);"

    "ALTER TABLE terminal ADD COLUMN limited_ms INTEGER NOT NULL DEFAULT 0;"
    /* Customers outside its cohort that a terminal came to know within the last hour, refused ones too. */
    "CREATE TABLE intake("
    " device TEXT NOT NULL,"
    " customer BLOB NOT NULL,"
    " at_ms INTEGER NOT NULL,"
    " refused INTEGER NOT NULL,"
    " PRIMARY KEY(device, customer)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX intake_at ON intake(at_ms);"
    "CREATE INDEX intake_customer ON intake(customer);"

    "CREATE TABLE erasure("
    " id BLOB PRIMARY KEY,"
    " customer BLOB NOT NULL UNIQUE,"
    " at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE erasure_receipt("
    " erasure BLOB NOT NULL REFERENCES erasure(id),"
    " device TEXT NOT NULL,"
    " made_ms INTEGER NOT NULL,"
    " received_ms INTEGER NOT NULL,"
    " signature BLOB NOT NULL,"
    " PRIMARY KEY(erasure, device)) STRICT, WITHOUT ROWID;";

/*
 * Version 3: carts of nobody, options, gifts, notes and prices of before; carts that joined others; sales,
 * what was given back of them, and what people have to look at. A sale's customer is no reference: it may be
 * the id of an erasure.
 */
static const char schema_3[] =
    "CREATE TABLE cart_3("
    " id BLOB PRIMARY KEY,"
    " customer BLOB REFERENCES customer(id)," /* NULL: anonymous */
    " currency TEXT NOT NULL,"
    " note TEXT NOT NULL DEFAULT '',"
    " touched_ms INTEGER NOT NULL,"
    " touched_channel INTEGER NOT NULL,"
    " touched_by TEXT NOT NULL,"
    /* Tombstones: struct tb_cart_book, packed. A closed line's id never opens again. */
    " book BLOB NOT NULL,"
    " claim BLOB NOT NULL DEFAULT x''," /* struct tb_claim, packed */
    " version INTEGER NOT NULL,"
    " as_of_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "INSERT INTO cart_3(id, customer, currency, touched_ms, touched_channel, touched_by, book, version, "
    "as_of_ms)"
    " SELECT id, customer, currency, touched_ms, touched_channel, touched_by, book, version, as_of_ms FROM "
    "cart;"

    "CREATE TABLE cart_line_3("
    " cart BLOB NOT NULL REFERENCES cart(id),"
    " id BLOB NOT NULL,"
    " position INTEGER NOT NULL,"
    " gtin TEXT NOT NULL,"
    " options TEXT NOT NULL DEFAULT '',"
    " name TEXT NOT NULL,"
    " quantity INTEGER NOT NULL CHECK(quantity > 0),"
    " unit_price INTEGER NOT NULL,"
    " price_as_of_ms INTEGER NOT NULL,"
    " was_price INTEGER NOT NULL DEFAULT 0,"
    " was_as_of_ms INTEGER NOT NULL DEFAULT 0,"
    " gift INTEGER NOT NULL DEFAULT 0,"
    " note TEXT NOT NULL DEFAULT '',"
    " added_ms INTEGER NOT NULL,"
    " channel INTEGER NOT NULL,"
    " PRIMARY KEY(cart, id),"
    " UNIQUE(cart, gtin, options)) STRICT, WITHOUT ROWID;"
    "INSERT INTO cart_line_3(cart, id, position, gtin, name, quantity, unit_price, price_as_of_ms, added_ms,"
    " channel) SELECT cart, id, position, gtin, name, quantity, unit_price, price_as_of_ms, added_ms, channel"
    " FROM cart_line;"
    "DROP TABLE cart_line;"
    "DROP TABLE cart;"
    "ALTER TABLE cart_3 RENAME TO cart;"
    "ALTER TABLE cart_line_3 RENAME TO cart_line;"
    "CREATE UNIQUE INDEX cart_customer ON cart(customer);"
    "CREATE INDEX cart_touched ON cart(touched_ms) WHERE customer IS NULL;"

    /* Carts that joined a customer's, with what takes that back: struct tb_merge_undo, packed. */
    "CREATE TABLE cart_merge("
    " id INTEGER PRIMARY KEY,"
    " cart BLOB NOT NULL,"
    " joined BLOB NOT NULL," /* the anonymous cart */
    " customer BLOB NOT NULL,"
    " policy INTEGER NOT NULL,"
    " at_ms INTEGER NOT NULL,"
    " undo BLOB NOT NULL) STRICT;"
    "CREATE INDEX cart_merge_carts ON cart_merge(joined, cart);"
    "CREATE INDEX cart_merge_at ON cart_merge(at_ms);"
    "CREATE INDEX cart_merge_customer ON cart_merge(customer);"

    /* A touchpoint of nobody has a cart or a visit; joined says through which merge it became somebody's. */
    "CREATE TABLE touch_3("
    " id INTEGER PRIMARY KEY,"
    " customer BLOB REFERENCES customer(id),"
    " cart BLOB,"
    " visit BLOB,"
    " joined INTEGER,"
    " at_ms INTEGER NOT NULL,"
    " channel INTEGER NOT NULL,"
    " what TEXT NOT NULL) STRICT;"
    "INSERT INTO touch_3(id, customer, at_ms, channel, what) SELECT id, customer, at_ms, channel, what FROM "
    "touch;"
    "DROP TABLE touch;"
    "ALTER TABLE touch_3 RENAME TO touch;"
    "CREATE INDEX touch_customer ON touch(customer, at_ms);"
    "CREATE INDEX touch_at ON touch(at_ms);"
    "CREATE INDEX touch_cart ON touch(cart) WHERE cart IS NOT NULL;"
    "CREATE INDEX touch_visit ON touch(visit) WHERE visit IS NOT NULL;"
    "CREATE INDEX touch_joined ON touch(joined) WHERE joined IS NOT NULL;"

    "CREATE TABLE sale("
    " id INTEGER PRIMARY KEY,"
    " store TEXT NOT NULL,"
    " terminal TEXT NOT NULL," /* id of the device */
    " business_date TEXT NOT NULL,"
    " receipt TEXT NOT NULL," /* the POS's transaction */
    " customer BLOB,"
    " cart BLOB,"
    " visit BLOB,"
    " channel INTEGER NOT NULL,"
    " currency TEXT NOT NULL,"
    " total INTEGER NOT NULL,"
    " part INTEGER NOT NULL,"
    " made_ms INTEGER NOT NULL,"
    " at_ms INTEGER NOT NULL,"
    " UNIQUE(store, terminal, business_date, receipt)) STRICT;"
    "CREATE INDEX sale_customer ON sale(customer) WHERE customer IS NOT NULL;"
    "CREATE INDEX sale_cart ON sale(cart) WHERE cart IS NOT NULL;"
    "CREATE INDEX sale_at ON sale(at_ms);"
    "CREATE TABLE sale_line("
    " sale INTEGER NOT NULL REFERENCES sale(id),"
    " position INTEGER NOT NULL,"
    " line BLOB," /* of the cart; NULL: of none */
    " gtin TEXT NOT NULL,"
    " options TEXT NOT NULL,"
    " quantity INTEGER NOT NULL,"
    " unit_price INTEGER NOT NULL,"
    " taken INTEGER NOT NULL,"    /* off the cart's line */
    " doubled INTEGER NOT NULL,"  /* sold elsewhere as well */
    " returned INTEGER NOT NULL," /* voided or returned since */
    " PRIMARY KEY(sale, position)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX sale_line_line ON sale_line(line) WHERE line IS NOT NULL;"
    /* The touchpoints that led to a sale, oldest first: the first and the last touch are its ends. */
    "CREATE TABLE sale_touch("
    " sale INTEGER NOT NULL REFERENCES sale(id),"
    " position INTEGER NOT NULL,"
    " at_ms INTEGER NOT NULL,"
    " channel INTEGER NOT NULL,"
    " what TEXT NOT NULL,"
    " PRIMARY KEY(sale, position)) STRICT, WITHOUT ROWID;"

    /* Voids and returns; sale is NULL until that sale is told. Without lines of its own: all of it. */
    "CREATE TABLE sale_void("
    " id INTEGER PRIMARY KEY,"
    " store TEXT NOT NULL,"
    " terminal TEXT NOT NULL,"
    " business_date TEXT NOT NULL,"
    " receipt TEXT NOT NULL,"
    " of_terminal TEXT NOT NULL,"
    " of_date TEXT NOT NULL,"
    " of_receipt TEXT NOT NULL,"
    " sale INTEGER REFERENCES sale(id),"
    " returned INTEGER NOT NULL,"
    " reopen INTEGER NOT NULL,"
    " at_ms INTEGER NOT NULL,"
    " UNIQUE(store, terminal, business_date, receipt)) STRICT;"
    "CREATE INDEX sale_void_of ON sale_void(store, of_terminal, of_date, of_receipt) WHERE sale IS NULL;"
    "CREATE INDEX sale_void_sale ON sale_void(sale) WHERE sale IS NOT NULL;"
    "CREATE INDEX sale_void_at ON sale_void(at_ms);"
    "CREATE TABLE sale_void_line("
    " void INTEGER NOT NULL REFERENCES sale_void(id),"
    " position INTEGER NOT NULL,"
    " line BLOB,"
    " gtin TEXT NOT NULL,"
    " options TEXT NOT NULL,"
    " quantity INTEGER NOT NULL,"
    " PRIMARY KEY(void, position)) STRICT, WITHOUT ROWID;"

    /* What people have to look at: the conflict of a verdict, with what it is about. */
    "CREATE TABLE conflict("
    " id INTEGER PRIMARY KEY,"
    " code TEXT NOT NULL,"
    " store TEXT NOT NULL,"
    " terminal TEXT NOT NULL,"
    " sale INTEGER REFERENCES sale(id),"
    " other INTEGER REFERENCES sale(id)," /* the sale that it collides with */
    " gtin TEXT NOT NULL,"
    " quantity INTEGER NOT NULL,"
    " detail TEXT NOT NULL,"
    " at_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX conflict_at ON conflict(at_ms);";

/* Version 4: what happens to customers beside their carts. */
static const char schema_4[] =
    "ALTER TABLE credential ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0;" /* enum tb_block_reason */

    /* What a sale earned or took back, once each. */
    "CREATE TABLE points_entry("
    " customer BLOB NOT NULL REFERENCES customer(id),"
    " device TEXT NOT NULL,"
    " business_date TEXT NOT NULL,"
    " transaction_id TEXT NOT NULL,"
    " taken INTEGER NOT NULL,"
    " points INTEGER NOT NULL,"
    " at_ms INTEGER NOT NULL,"
    " PRIMARY KEY(customer, device, business_date, transaction_id, taken)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE consent("
    " id INTEGER PRIMARY KEY,"
    " customer BLOB NOT NULL REFERENCES customer(id),"
    " consent TEXT NOT NULL,"
    " granted INTEGER NOT NULL,"
    " text_version TEXT NOT NULL,"
    " device TEXT NOT NULL,"
    " at_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX consent_customer ON consent(customer, consent, id);"

    "CREATE TABLE reward("
    " customer BLOB NOT NULL REFERENCES customer(id),"
    " reward TEXT NOT NULL,"
    " text TEXT NOT NULL,"
    " value INTEGER NOT NULL,"
    " state INTEGER NOT NULL," /* enum tb_reward_state */
    " reservation BLOB,"
    " until_ms INTEGER NOT NULL,"
    " version INTEGER NOT NULL,"
    " as_of_ms INTEGER NOT NULL,"
    " PRIMARY KEY(customer, reward)) STRICT, WITHOUT ROWID;"

    "CREATE TABLE visit("
    " id BLOB PRIMARY KEY,"
    " customer BLOB REFERENCES customer(id)," /* NULL: nobody was known */
    " device TEXT NOT NULL,"
    " store TEXT NOT NULL,"
    " channel INTEGER NOT NULL,"
    " source TEXT NOT NULL,"
    " credential_kind TEXT NOT NULL,"
    " began_ms INTEGER NOT NULL,"
    " lasted_ms INTEGER," /* NULL: it is on, or its end was not heard of */
    " reason TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX visit_customer ON visit(customer, began_ms) WHERE customer IS NOT NULL;"
    "CREATE INDEX visit_began ON visit(began_ms);"

    /* CloudEvents. */
    "CREATE TABLE event("
    " id INTEGER PRIMARY KEY,"
    " visit BLOB,"
    " device TEXT NOT NULL,"
    " channel INTEGER NOT NULL,"
    " source TEXT NOT NULL,"
    " event_id TEXT NOT NULL,"
    " type TEXT NOT NULL,"
    " time TEXT NOT NULL,"
    " subject TEXT NOT NULL,"
    " data TEXT NOT NULL,"
    " at_ms INTEGER NOT NULL,"
    " UNIQUE(device, source, event_id)) STRICT;"
    "ALTER TABLE touch ADD COLUMN event INTEGER;" /* that it came from: whose the touch is, is the event */
    "CREATE INDEX touch_event ON touch(event) WHERE event IS NOT NULL;"
    "CREATE TRIGGER touch_gone AFTER DELETE ON touch WHEN old.event IS NOT NULL"
    " BEGIN DELETE FROM event WHERE id = old.event; END;"

    "CREATE TABLE handover("
    " id BLOB PRIMARY KEY,"
    " customer BLOB NOT NULL REFERENCES customer(id),"
    " cart BLOB NOT NULL," /* zero: none */
    " from_device TEXT NOT NULL,"
    " from_name TEXT NOT NULL,"
    " to_whom TEXT NOT NULL,"
    " note TEXT NOT NULL,"
    " state INTEGER NOT NULL," /* enum tb_handover_state; 0: gone */
    " by_device TEXT NOT NULL,"
    " by_name TEXT NOT NULL,"
    " at_ms INTEGER NOT NULL,"
    " version INTEGER NOT NULL,"
    " as_of_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX handover_customer ON handover(customer);"
    "CREATE INDEX handover_at ON handover(at_ms);";

/* Version 5: carts with notes are few and found without looking at all. */
static const char schema_5[] = "CREATE INDEX cart_noted ON cart(touched_ms) WHERE note <> '';"
                               "CREATE INDEX cart_line_noted ON cart_line(cart) WHERE note <> '';";

/*
 * Version 6: what was decided is told from another mutation of the same number; conflicts are found by what
 * they are about; what erased customers did before a sale goes from it.
 */
static const char schema_6[] =
    "ALTER TABLE verdict ADD COLUMN print INTEGER;" /* tb_mutation_print(); NULL: not known */
    "CREATE INDEX conflict_detail ON conflict(code, store, detail);"
    "CREATE INDEX conflict_sale ON conflict(sale) WHERE sale IS NOT NULL;"
    "CREATE INDEX conflict_other ON conflict(other) WHERE other IS NOT NULL;"
    "DELETE FROM sale_touch WHERE sale IN (SELECT id FROM sale WHERE customer IS NOT NULL"
    " AND customer NOT IN (SELECT id FROM customer));";

/* Version 7: of a handover that is gone its id stays for a time, with state 0. */
static const char schema_7[] = "DROP INDEX handover_at;"
                               "CREATE INDEX handover_live ON handover(at_ms) WHERE state > 0;"
                               "CREATE INDEX handover_gone ON handover(as_of_ms) WHERE state = 0;";

const char *const sqlite_migrations[] = {schema_1, schema_2, schema_3, schema_4,
                                         schema_5, schema_6, schema_7};
const unsigned sqlite_migration_count = TB_ARRAY_SIZE(sqlite_migrations);

/* 0: as it is; -1: 0, which stands for no limit or for ever. */
#define POLICY_SET(column, value) \
    " " column " = CASE " value " WHEN 0 THEN " column " WHEN -1 THEN 0 ELSE " value " END"

#define HANDOVERS_OVERDUE " WHERE state > 0 AND at_ms < ?1 ORDER BY at_ms, id LIMIT ?2"

const char *const sqlite_statements[STMT_COUNT] = {
    [STMT_CHAIN_READ] = "SELECT name, currency, epoch, seed, pepper, pepper_version, as_of_ms FROM chain",
    [STMT_CHAIN_PUT] = "INSERT INTO chain(one, name, currency, epoch, seed, pepper, pepper_version, as_of_ms)"
                       " VALUES(1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [STMT_EPOCH_PUT] = "UPDATE chain SET epoch = ?1",

    [STMT_STORE_PUT] = "INSERT INTO store(id, name, language, version) VALUES(?1, ?2, ?3, 1)"
                       " ON CONFLICT DO UPDATE SET name = ?2, language = ?3, version = version + 1",
    [STMT_STORE_MEMBERS_ADD] = "UPDATE store SET member_count = member_count + ?2 WHERE id = ?1",
    [STMT_STORE_MEMBERS_ABOVE] =
        "SELECT CASE cache_rows_max WHEN 0 THEN 0 ELSE member_count - cache_rows_max END"
        " FROM store JOIN policy WHERE store.id = ?1",
    [STMT_STORE_ABOVE] = "SELECT store.id FROM store JOIN policy"
                         " WHERE cache_rows_max > 0 AND member_count > cache_rows_max LIMIT 1",
    [STMT_TERMINAL_PUT] =
        "INSERT INTO terminal(device, store, till, role, name, state, version, as_of_ms)"
        " VALUES(?1, ?2, ?3, ?4, ?5, 'enabled', 1, ?6)"
        " ON CONFLICT DO UPDATE SET store = ?2, till = ?3, role = ?4, name = ?5, version = version + 1,"
        " as_of_ms = ?6",
    [STMT_TERMINAL_READ] = "SELECT t.store, s.name, t.till, t.role, t.name, c.currency, s.language, t.state,"
                           " t.version + s.version, t.as_of_ms"
                           " FROM terminal t JOIN store s ON s.id = t.store JOIN chain c WHERE t.device = ?1",
    [STMT_TERMINAL_STATE] = "UPDATE terminal SET state = ?2, as_of_ms = ?3 WHERE device = ?1",
    [STMT_TERMINAL_LIMITED] = "UPDATE terminal SET limited_ms = ?2 WHERE device = ?1",
    [STMT_TERMINAL_COUNT] = "SELECT count(*) FROM terminal WHERE state = 'enabled'",
    [STMT_TERMINAL_LIST] = "SELECT device, store, till, role, name, state, limited_ms FROM terminal"
                           " WHERE device > ?1 ORDER BY device LIMIT ?2",

    [STMT_TIER_PUT] = "INSERT OR REPLACE INTO tier(id, name, symbol, color, points_from)"
                      " VALUES(?1, ?2, ?3, ?4, ?5)",
    [STMT_TIER_READ] = "SELECT id, name, symbol, color, points_from FROM tier ORDER BY points_from LIMIT ?1",
    [STMT_POLICY_READ] = "SELECT idle_ms, removal_ms, price_max_ms, stock_max_ms, points_max_ms, version,"
                         " as_of_ms, merge, cache_rows_max, cache_bytes_max, no_contact_ms, outside_keep_ms,"
                         " journey_keep_ms, reward_offline_max, checksum_ms FROM policy",
    [STMT_POLICY_KEEP] = "SELECT journey_keep_ms, note_keep_ms FROM policy",
    [STMT_POLICY_BUMP] = "UPDATE policy SET version = version + 1, as_of_ms = ?1",
    [STMT_POLICY_SET] =
        "UPDATE policy SET merge = coalesce(nullif(?1, ''), merge)," POLICY_SET("idle_ms", "?2") "," POLICY_SET("removal_ms", "?3") "," POLICY_SET("cache_rows_max", "?4") "," POLICY_SET(
            "cache_bytes_max",
            "?5") "," POLICY_SET("no_contact_ms",
                                 "?6") "," POLICY_SET("outside_keep_ms",
                                                      "?7") "," POLICY_SET("journey_keep_ms",
                                                                           "?8") "," POLICY_SET("note_keep_"
                                                                                                "ms",
                                                                                                "?9") "," POLICY_SET("reward_offline_max",
                                                                                                                     "?10") "," POLICY_SET("checksum_ms",
                                                                                                                                           "?11") "," POLICY_SET("new_customers_max",
                                                                                                                                                                 "?12"),

    [STMT_PRODUCT_PUT] = "INSERT INTO product(gtin, name, unit_price, version, as_of_ms)"
                         " VALUES(?1, ?2, ?3, 1, ?4)"
                         " ON CONFLICT DO UPDATE SET name = ?2, unit_price = ?3, version = version + 1,"
                         " as_of_ms = ?4",
    /* Both versions only grow, so their sum grows with either. */
    [STMT_PRODUCT_READ] =
        "SELECT p.name, p.unit_price, p.as_of_ms, s.quantity, p.version + coalesce(s.version, 0),"
        " max(p.as_of_ms, coalesce(s.as_of_ms, 0)), c.currency"
        " FROM product p JOIN chain c LEFT JOIN stock s ON s.gtin = p.gtin AND s.store = ?2"
        " WHERE p.gtin = ?1",
    [STMT_STOCK_PUT] = "INSERT INTO stock(gtin, store, quantity, version, as_of_ms) VALUES(?1, ?2, ?3, 1, ?4)"
                       " ON CONFLICT DO UPDATE SET quantity = ?3, version = version + 1, as_of_ms = ?4",

    [STMT_CUSTOMER_PUT] =
        "INSERT INTO customer(id, name, since, tier, language, home_store, points, version, as_of_ms)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, ?8)"
        " ON CONFLICT DO UPDATE SET name = ?2, since = ?3, tier = ?4, language = ?5, home_store = ?6,"
        " points = ?7, version = version + 1, as_of_ms = ?8",
    [STMT_CUSTOMER_READ] = "SELECT name, since, tier, language, points, version, as_of_ms, home_store"
                           " FROM customer WHERE id = ?1",
    [STMT_CUSTOMER_BUMP] = "UPDATE customer SET version = version + ?3, as_of_ms = ?2 WHERE id = ?1",
    [STMT_FACT_PUT] = "INSERT OR REPLACE INTO fact(customer, kind, position, text) VALUES(?1, ?2, ?3, ?4)",
    [STMT_FACT_READ] = "SELECT kind, text FROM fact WHERE customer = ?1 ORDER BY kind, position",
    [STMT_CREDENTIAL_PUT] = "INSERT INTO credential(hash, kind, customer, version, as_of_ms)"
                            " VALUES(?1, ?2, ?3, 1, ?4)"
                            " ON CONFLICT DO UPDATE SET kind = ?2, customer = ?3, version = version + 1,"
                            " as_of_ms = ?4",
    [STMT_CREDENTIAL_READ] = "SELECT kind, customer, version, as_of_ms, blocked FROM credential"
                             " WHERE hash = ?1",
    [STMT_CREDENTIAL_BLOCK] = "UPDATE credential SET blocked = ?2, version = version + 1, as_of_ms = ?3"
                              " WHERE hash = ?1",
    [STMT_CREDENTIAL_COUNT] = "SELECT count(*) FROM credential WHERE customer = ?1",
    [STMT_CUSTOMER_CREATE] =
        "INSERT INTO customer(id, name, since, tier, language, home_store, points, version, as_of_ms)"
        " VALUES(?1, ?2, strftime('%Y', ?5 / 1000, 'unixepoch'),"
        " (SELECT id FROM tier ORDER BY points_from LIMIT 1), ?3, ?4, 0, 1, ?5)",
    [STMT_POINTS_ADD] = "UPDATE customer SET points = max(-?3, min(?3, points + ?2)), version = version + 1,"
                        " as_of_ms = ?4 WHERE id = ?1",
    [STMT_POINTS_ENTRY_ADD] =
        "INSERT INTO points_entry(customer, device, business_date, transaction_id, taken,"
        " points, at_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
    [STMT_CONSENT_ADD] = "INSERT INTO consent(customer, consent, granted, text_version, device, at_ms)"
                         " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [STMT_CONSENT_READ] = "SELECT consent, granted, max(id) FROM consent WHERE customer = ?1"
                          " GROUP BY consent ORDER BY consent LIMIT ?2",
    [STMT_REWARD_PUT] =
        "INSERT INTO reward(customer, reward, text, value, state, until_ms, version, as_of_ms)"
        " VALUES(?1, ?2, ?3, ?4, ?5, 0, 1, ?6)"
        " ON CONFLICT DO UPDATE SET text = ?3, value = ?4, version = version + 1, as_of_ms = ?6",
    [STMT_REWARD_READ] = "SELECT text, value, state, reservation, until_ms, version, as_of_ms FROM reward"
                         " WHERE customer = ?1 AND reward = ?2",
    [STMT_REWARD_OF_CUSTOMER] =
        "SELECT customer || CAST(reward AS BLOB) FROM reward WHERE customer = ?1 LIMIT ?2",
    [STMT_REWARD_STATE] = "UPDATE reward SET state = ?3, reservation = ?4, until_ms = ?5,"
                          " version = version + 1, as_of_ms = ?6 WHERE customer = ?1 AND reward = ?2",
    [STMT_VISIT_BEGIN] = "INSERT INTO visit(id, customer, device, store, channel, source, credential_kind,"
                         " began_ms, reason) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '')"
                         " ON CONFLICT DO UPDATE SET customer = ?2, credential_kind = ?7"
                         " WHERE customer IS NULL AND device = ?3",
    [STMT_VISIT_READ] = "SELECT device, customer FROM visit WHERE id = ?1",
    [STMT_VISIT_END] = "INSERT INTO visit(id, customer, device, store, channel, source, credential_kind,"
                       " began_ms, lasted_ms, reason) VALUES(?1, ?2, ?3, ?4, ?5, '', '', ?8 - ?7, ?7, ?6)"
                       " ON CONFLICT DO UPDATE SET lasted_ms = ?7, reason = ?6 WHERE device = ?3",
    [STMT_EVENT_ADD] =
        "INSERT INTO event(visit, device, channel, source, event_id, type, time, subject, data, at_ms)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
        " ON CONFLICT DO NOTHING",
    [STMT_TOUCH_OF_EVENT] =
        "INSERT INTO touch(customer, visit, at_ms, channel, what, event) VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    /* joined -1: it became hers because the visit began with her name. */
    [STMT_TOUCH_TAKE] = "UPDATE touch SET customer = ?2, joined = -1 WHERE visit = ?1 AND +customer IS NULL",
    [STMT_TOUCH_GIVE_BACK] = "UPDATE touch SET customer = NULL, joined = NULL"
                             " WHERE visit = ?1 AND +customer = ?2 AND +joined = -1",
    [STMT_VISIT_EXPIRE] = "DELETE FROM visit WHERE id IN (SELECT id FROM visit WHERE began_ms < ?1 LIMIT ?2)",
    /* Of the same handovers, first; ?3 is TB_ROW_DROP. */
    [STMT_HANDOVER_DROPS_PUT] =
        "INSERT OR REPLACE INTO change(type, op, id, customer, store)"
        " SELECT " SQL_ROW_HANDOVER ", ?3, id, customer, '' FROM handover" HANDOVERS_OVERDUE,
    [STMT_HANDOVER_END] = "UPDATE handover SET state = 0, note = '', to_whom = '', from_name = '',"
                          " by_name = '', version = version + 1, as_of_ms = ?3"
                          " WHERE id IN (SELECT id FROM handover" HANDOVERS_OVERDUE ")",
    /* Likewise: a change whose object is gone is read over and over. */
    [STMT_HANDOVER_CHANGES_EXPIRE] =
        "DELETE FROM change WHERE type = " SQL_ROW_HANDOVER " AND id IN"
        " (SELECT id FROM handover WHERE state = 0 AND as_of_ms < ?1 ORDER BY as_of_ms, id LIMIT ?2)",
    [STMT_HANDOVER_EXPIRE] =
        "DELETE FROM handover WHERE id IN"
        " (SELECT id FROM handover WHERE state = 0 AND as_of_ms < ?1 ORDER BY as_of_ms, id LIMIT ?2)",
    [STMT_HANDOVER_ADD] =
        "INSERT INTO handover(id, customer, cart, from_device, from_name, to_whom, note, state,"
        " by_device, by_name, at_ms, version, as_of_ms)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, '', '', ?8, 1, ?8) ON CONFLICT DO NOTHING",
    [STMT_HANDOVER_ACCEPT] = "UPDATE handover SET state = 2, by_device = ?2, by_name = ?3,"
                             " version = version + 1, as_of_ms = ?4 WHERE id = ?1",
    [STMT_HANDOVER_READ] = "SELECT customer, cart, from_name, to_whom, note, at_ms, state, by_name, version,"
                           " as_of_ms, by_device, from_device FROM handover WHERE id = ?1",
    [STMT_CUSTOMER_HAS] = "SELECT 1 FROM customer WHERE id = ?1",
    [STMT_CREDENTIAL_OF_CUSTOMER] = "SELECT hash FROM credential WHERE customer = ?1 LIMIT ?2",
    [STMT_COHORT_PUT] = "INSERT INTO cohort(store, customer, seen_ms, part) VALUES(?1, ?2, ?3, ?4)"
                        " ON CONFLICT DO NOTHING",
    [STMT_COHORT_REMOVE] = "DELETE FROM cohort WHERE store = ?1 AND customer = ?2",
    [STMT_COHORT_STORES] = "SELECT store FROM cohort WHERE customer = ?1 LIMIT ?2",

    [STMT_COHORT_SEEN] = "SELECT seen_ms FROM cohort WHERE store = ?1 AND customer = ?2",
    [STMT_COHORT_TOUCH] = "UPDATE cohort SET seen_ms = ?3 WHERE store = ?1 AND customer = ?2",
    [STMT_COHORT_OLDEST] = "SELECT customer FROM cohort WHERE store = ?1 ORDER BY seen_ms LIMIT 1",
    /* What a checksum is made of: type, id and version of every row of a partition. */
    [STMT_COHORT_ROWS] =
        "SELECT ?3, c.id, c.version FROM cohort h JOIN customer c ON c.id = h.customer"
        " WHERE h.store = ?1 AND h.part = ?2"
        " UNION ALL SELECT ?4, k.hash, k.version FROM cohort h JOIN credential k ON k.customer = h.customer"
        " WHERE h.store = ?1 AND h.part = ?2"
        " UNION ALL SELECT ?5, b.id, b.version FROM cohort h JOIN cart b ON b.customer = h.customer"
        " WHERE h.store = ?1 AND h.part = ?2"
        " UNION ALL SELECT ?6, j.customer, j.version FROM cohort h JOIN journey j ON j.customer = h.customer"
        " WHERE h.store = ?1 AND h.part = ?2",
    /* On from the one before: what was done is not read again. */
    [STMT_COHORT_PART_NEXT] =
        "SELECT store, customer FROM cohort WHERE (customer, store) > (?2, ?1) AND +part = -1"
        " ORDER BY customer, store LIMIT 1",
    [STMT_COHORT_PART_SET] = "UPDATE cohort SET part = ?3 WHERE store = ?1 AND customer = ?2",

    [STMT_INTAKE_READ] = "SELECT refused FROM intake WHERE device = ?1 AND customer = ?2",
    [STMT_INTAKE_COUNT] =
        "SELECT (SELECT count(*) FROM intake WHERE device = ?1),"
        " (SELECT count(*) FROM intake WHERE device = ?1 AND refused = 1), new_customers_max"
        " FROM policy",
    [STMT_INTAKE_PUT] =
        "INSERT OR REPLACE INTO intake(device, customer, at_ms, refused) VALUES(?1, ?2, ?3, ?4)",
    /* From the future, too: a clock that was wrong must not count for ever. */
    [STMT_INTAKE_PRUNE] = "DELETE FROM intake WHERE device = ?1 AND (at_ms <= ?2 OR at_ms > ?3)",
    [STMT_INTAKE_EXPIRE] = "DELETE FROM intake WHERE (device, customer) IN"
                           " (SELECT device, customer FROM intake WHERE at_ms <= ?1 LIMIT ?2)",

    [STMT_ERASURE_PUT] = "INSERT INTO erasure(id, customer, at_ms) VALUES(?1, ?2, ?3)",
    [STMT_ERASURE_OF] = "SELECT id FROM erasure WHERE customer = ?1",
    [STMT_ERASURE_READ] =
        "SELECT id, customer, at_ms, (SELECT count(*) FROM erasure_receipt WHERE erasure = ?1)"
        " FROM erasure WHERE id = ?1",
    [STMT_ERASURE_NEXT] = "SELECT id FROM erasure WHERE id > ?1 ORDER BY id LIMIT 1",
    [STMT_ERASURE_WAITS] =
        "SELECT t.device, t.store, t.till, t.role, t.name, t.state, t.limited_ms FROM terminal t"
        " WHERE t.device > ?1 AND NOT EXISTS"
        " (SELECT 1 FROM erasure_receipt r WHERE r.erasure = ?2 AND r.device = t.device)"
        " ORDER BY t.device LIMIT 1",
    /* Old enough, and every terminal that can still come has confirmed. */
    [STMT_ERASURE_DONE] = "SELECT e.id FROM erasure e WHERE e.at_ms < ?1 AND NOT EXISTS"
                          " (SELECT 1 FROM terminal t WHERE t.state = 'enabled' AND NOT EXISTS"
                          " (SELECT 1 FROM erasure_receipt r WHERE r.erasure = e.id AND r.device = t.device))"
                          " LIMIT 1",
    [STMT_ERASURE_DROP] = "DELETE FROM erasure WHERE id = ?1",
    [STMT_RECEIPT_PUT] = "INSERT INTO erasure_receipt(erasure, device, made_ms, received_ms, signature)"
                         " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
    [STMT_RECEIPTS_DROP] = "DELETE FROM erasure_receipt WHERE erasure = ?1",

    [STMT_TOUCH_LAST] = "SELECT id, at_ms, channel, what FROM touch WHERE customer = ?1"
                        " ORDER BY at_ms DESC, id DESC LIMIT 1",
    [STMT_TOUCH_ADD] = "INSERT INTO touch(customer, at_ms, channel, what) VALUES(?1, ?2, ?3, ?4)",
    [STMT_TOUCH_MOVE] = "UPDATE touch SET at_ms = ?2 WHERE id = ?1",
    [STMT_TOUCH_PRUNE] = "DELETE FROM touch WHERE customer = ?1 AND id NOT IN"
                         " (SELECT id FROM touch WHERE customer = ?1 ORDER BY at_ms DESC, id DESC LIMIT ?2)",
    [STMT_TOUCH_READ] = "SELECT at_ms, channel, what FROM touch WHERE customer = ?1"
                        " ORDER BY at_ms DESC, id DESC LIMIT ?2",
    [STMT_TOUCH_OLDEST] = "SELECT customer FROM touch WHERE at_ms < ?1 AND customer IS NOT NULL"
                          " ORDER BY at_ms LIMIT 1",
    [STMT_CART_NOTED] = "SELECT id, customer FROM cart WHERE note <> '' AND touched_ms < ?1"
                        " UNION ALL SELECT c.id, c.customer FROM cart_line l JOIN cart c ON c.id = l.cart"
                        " WHERE l.note <> '' AND c.touched_ms < ?1 LIMIT 1",
    [STMT_CART_UNNOTE] = "UPDATE cart SET note = '', version = version + 1, as_of_ms = ?2 WHERE id = ?1",
    [STMT_CART_LINES_UNNOTE] = "UPDATE cart_line SET note = '' WHERE cart = ?1",
    [STMT_TOUCH_EXPIRE_ANONYMOUS] = "DELETE FROM touch WHERE id IN"
                                    " (SELECT id FROM touch WHERE customer IS NULL AND at_ms < ?1 LIMIT ?2)",
    [STMT_TOUCH_EXPIRE] = "DELETE FROM touch WHERE customer = ?1 AND at_ms < ?2",
    [STMT_JOURNEY_BUMP] = "INSERT INTO journey(customer, version, as_of_ms) VALUES(?1, 1, ?2)"
                          " ON CONFLICT DO UPDATE SET version = version + 1, as_of_ms = ?2",
    [STMT_JOURNEY_READ] = "SELECT version, as_of_ms FROM journey WHERE customer = ?1",

    [STMT_CART_READ] =
        "SELECT customer, currency, touched_ms, touched_channel, touched_by, version, as_of_ms,"
        " book, note, claim FROM cart WHERE id = ?1",
    [STMT_CART_OF_CUSTOMER] = "SELECT id FROM cart WHERE customer = ?1",
    [STMT_CART_PUT] = "INSERT INTO cart(id, customer, currency, touched_ms, touched_channel, touched_by,"
                      " version, as_of_ms, book, note) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
                      " ON CONFLICT(id) DO UPDATE SET currency = ?3, touched_ms = ?4, touched_channel = ?5,"
                      " touched_by = ?6, version = ?7, as_of_ms = ?8, book = ?9, note = ?10",
    [STMT_LINE_READ] =
        "SELECT l.id, l.gtin, l.name, l.quantity, l.unit_price, l.price_as_of_ms, l.added_ms, l.channel,"
        " s.quantity, l.options, l.note, l.gift, l.was_price, l.was_as_of_ms"
        " FROM cart_line l LEFT JOIN stock s ON s.gtin = l.gtin AND s.store = ?2"
        " WHERE l.cart = ?1 ORDER BY l.position LIMIT ?3",
    [STMT_LINE_PUT] =
        "INSERT INTO cart_line(cart, id, gtin, name, quantity, unit_price, price_as_of_ms, added_ms,"
        " channel, position, options, note, gift, was_price, was_as_of_ms)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    [STMT_LINES_CLEAR] = "DELETE FROM cart_line WHERE cart = ?1",

    [STMT_CHANGE_PUT] = "INSERT OR REPLACE INTO change(type, op, id, customer, store)"
                        " VALUES(?1, ?2, ?3, ?4, ?5)",
    /* Brings everything of a customer before the readers of a store that has not had it yet. */
    [STMT_CHANGE_AGAIN] = "INSERT OR REPLACE INTO change(type, op, id, customer, store)"
                          " SELECT type, op, id, customer, store FROM change"
                          " WHERE customer = ?1 AND store = '' ORDER BY seq",
    [STMT_CHANGE_REMOVE] = "DELETE FROM change WHERE type = ?1 AND id = ?2 AND store = ?3",
    [STMT_CHANGE_LAST] = "SELECT coalesce(max(seq), 0) FROM change",
    [STMT_FEED_DEVICE] = "SELECT seq, type, op, id, customer FROM change"
                         " WHERE seq > ?1 AND (type IN (?4, ?5) OR (type = ?3 AND id = ?2))"
                         " ORDER BY seq LIMIT ?6",
    [STMT_FEED_COHORT] =
        "SELECT c.seq, c.type, c.op, c.id, c.customer FROM change c"
        " WHERE c.seq > ?1 AND c.customer IS NOT NULL AND (c.store = ?2 OR (c.store = '' AND EXISTS"
        " (SELECT 1 FROM cohort h WHERE h.store = ?2 AND h.customer = c.customer)))"
        " ORDER BY c.seq LIMIT ?3",
    /* A product has a change of its price for all stores and one of its stock for each: the newer counts. */
    [STMT_FEED_CATALOGUE] =
        "SELECT c.seq, c.type, c.op, c.id, c.customer FROM change c"
        " WHERE c.type = ?3 AND c.seq > ?1 AND c.store IN ('', ?2) AND NOT EXISTS"
        " (SELECT 1 FROM change n WHERE n.type = c.type AND n.id = c.id AND n.store IN ('', ?2)"
        " AND n.seq > c.seq) ORDER BY c.seq LIMIT ?4",
    [STMT_FEED_CUSTOMER] = "SELECT seq, type, op, id, customer FROM change"
                           " WHERE customer = ?2 AND seq > ?1 AND store = '' ORDER BY seq LIMIT ?3",
    [STMT_FEED_ERASURES] = "SELECT seq, type, op, id, customer FROM change WHERE type = ?2 AND seq > ?1"
                           " ORDER BY seq LIMIT ?3",
    [STMT_FEED_PARTITION] = "SELECT c.seq, c.type, c.op, c.id, c.customer FROM cohort h"
                            " JOIN change c ON c.customer = h.customer AND c.seq > ?1 AND c.store = ''"
                            " WHERE h.store = ?2 AND h.part = ?3 ORDER BY c.seq LIMIT ?4",

    [STMT_STREAM_READ] = "SELECT decided_seq FROM stream WHERE device = ?1 AND incarnation = ?2",
    [STMT_STREAM_PUT] = "INSERT INTO stream(device, incarnation, decided_seq, seen_ms) VALUES(?1, ?2, ?3, ?4)"
                        " ON CONFLICT DO UPDATE SET decided_seq = ?3, seen_ms = ?4",
    [STMT_VERDICT_READ] = "SELECT kind, code, version, coalesce(print, 0) FROM verdict"
                          " WHERE device = ?1 AND incarnation = ?2 AND seq = ?3",
    [STMT_VERDICT_PUT] = "INSERT INTO verdict(device, incarnation, seq, kind, code, version, decided_ms,"
                         " print) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, nullif(?8, 0))",
    /* A share per call: an hour of a busy chain must not hold up the group behind it. */
    [STMT_VERDICT_EXPIRE] = "DELETE FROM verdict WHERE (device, incarnation, seq) IN"
                            " (SELECT device, incarnation, seq FROM verdict WHERE decided_ms < ?1 LIMIT ?2)",

    [STMT_SAVEPOINT] = "SAVEPOINT call",
    [STMT_RELEASE] = "RELEASE call",
    [STMT_ROLLBACK_TO] = "ROLLBACK TO call",
    [STMT_DATA_VERSION] = "PRAGMA data_version",
};
