/* The versions of the tables: each as it makes them out of the one before. A version that was released stays
 * as it is. */
#include "contextd/engine/sqlite_schema.h"

#include "core/base/assert.h"

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
    "ALTER TABLE sale ADD COLUMN checkout BLOB;"    /* parts of one purchase have the same */
    "CREATE INDEX conflict_detail ON conflict(code, store, detail);"
    "CREATE INDEX conflict_sale ON conflict(sale) WHERE sale IS NOT NULL;"
    "CREATE INDEX conflict_other ON conflict(other) WHERE other IS NOT NULL;"
    "DELETE FROM sale_touch WHERE sale IN (SELECT id FROM sale WHERE customer IS NOT NULL"
    " AND customer NOT IN (SELECT id FROM customer));";

/* Version 7: of a handover that is gone its id stays for a time, with state 0. */
static const char schema_7[] = "DROP INDEX handover_at;"
                               "CREATE INDEX handover_live ON handover(at_ms) WHERE state > 0;"
                               "CREATE INDEX handover_gone ON handover(as_of_ms) WHERE state = 0;";

/* Version 8: keys that credentials are verified with, what was shown already, and whom the chain trusts. */
static const char schema_8[] =
    "CREATE TABLE ring_key("
    " row TEXT PRIMARY KEY NOT NULL,"
    " use TEXT NOT NULL,"
    " id TEXT NOT NULL,"
    " key_version INTEGER NOT NULL,"
    " audience TEXT NOT NULL,"
    " doc TEXT NOT NULL," /* as its row carries it; '' of one that is retired */
    " version INTEGER NOT NULL,"
    " as_of_ms INTEGER NOT NULL) STRICT;"
    "CREATE TABLE replay("
    " name BLOB PRIMARY KEY NOT NULL," /* keyed hash */
    " counter INTEGER NOT NULL,"
    " forget_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX replay_forget ON replay(forget_ms);"
    "ALTER TABLE policy ADD COLUMN trust TEXT NOT NULL DEFAULT '';"; /* JSON; '': as is usual */

/*
 * Version 9: people at the counter. How customers are reached and found, what staff wrote about them,
 * credentials of several customers, the clerks, and who did what.
 */
static const char schema_9[] =
    "CREATE TABLE contact("
    " customer BLOB NOT NULL REFERENCES customer(id),"
    " kind INTEGER NOT NULL," /* enum tb_find_by */
    " value TEXT NOT NULL,"   /* core/wire/contact.h */
    " hash BLOB NOT NULL,"    /* HMAC-SHA-256(pepper, kind's name ‖ 00 ‖ value): what it is found by */
    " as_of_ms INTEGER NOT NULL,"
    " PRIMARY KEY(customer, kind)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX contact_hash ON contact(hash);"

    "CREATE TABLE staff_note("
    " id BLOB PRIMARY KEY,"
    " customer BLOB NOT NULL REFERENCES customer(id),"
    " text TEXT NOT NULL,"
    " by_name TEXT NOT NULL,"
    " device TEXT NOT NULL,"
    " at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX staff_note_customer ON staff_note(customer, at_ms);"
    "CREATE INDEX staff_note_at ON staff_note(at_ms);"

    /* Whose a credential is beside the customer in its own row. */
    "CREATE TABLE credential_share("
    " hash BLOB NOT NULL REFERENCES credential(hash),"
    " customer BLOB NOT NULL REFERENCES customer(id),"
    " at_ms INTEGER NOT NULL,"
    " PRIMARY KEY(hash, customer)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX credential_share_customer ON credential_share(customer);"

    /* One that was removed keeps its id and version, without a name or badge. */
    "CREATE TABLE operator("
    " id TEXT PRIMARY KEY,"
    " name TEXT NOT NULL,"
    " badge BLOB,"          /* look-up hash; NULL: none */
    " store TEXT NOT NULL," /* whose terminals know her; '': all */
    " active INTEGER NOT NULL,"
    " removed INTEGER NOT NULL,"
    " version INTEGER NOT NULL,"
    " as_of_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE UNIQUE INDEX operator_badge ON operator(badge) WHERE badge IS NOT NULL;"

    "CREATE TABLE audit("
    " id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " at_ms INTEGER NOT NULL,"
    " store TEXT NOT NULL,"
    " device TEXT NOT NULL,"
    " operator TEXT NOT NULL,"
    " what TEXT NOT NULL,"
    " customer BLOB," /* may be the id of an erasure */
    " detail TEXT NOT NULL) STRICT;"
    "CREATE INDEX audit_at ON audit(at_ms);"
    "CREATE INDEX audit_customer ON audit(customer) WHERE customer IS NOT NULL;"
    "CREATE INDEX audit_operator ON audit(operator) WHERE operator <> '';"
    "CREATE INDEX audit_find ON audit(device, at_ms) WHERE what = 'customer.find';"

    "ALTER TABLE visit ADD COLUMN assurance TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE policy ADD COLUMN people TEXT NOT NULL DEFAULT '';" /* JSON; '': as is usual */
    "ALTER TABLE policy ADD COLUMN finds_max INTEGER NOT NULL DEFAULT 20;"
    "ALTER TABLE policy ADD COLUMN audit_keep_ms INTEGER NOT NULL DEFAULT 31536000000;"
    "CREATE INDEX touch_viewed ON touch(customer, at_ms) WHERE what = 'product.viewed';";

/*
 * Version 10: hand-overs of nobody's carts, that the terminals of a store are told of, with what they are
 * about and how they ended. What is at once in the log for one store goes from there a day after its end.
 */
static const char schema_10[] =
    "CREATE TABLE handover_10("
    " id BLOB PRIMARY KEY,"
    " customer BLOB REFERENCES customer(id)," /* NULL: nobody's cart */
    " cart BLOB NOT NULL,"                    /* zero: none */
    " from_device TEXT NOT NULL,"
    " from_name TEXT NOT NULL,"
    " to_whom TEXT NOT NULL,"
    " note TEXT NOT NULL,"
    " state INTEGER NOT NULL," /* enum tb_handover_state; 0: gone */
    " by_device TEXT NOT NULL,"
    " by_name TEXT NOT NULL,"
    " at_ms INTEGER NOT NULL,"
    " reason INTEGER NOT NULL DEFAULT 0," /* enum tb_handover_reason */
    " store TEXT NOT NULL DEFAULT '',"    /* whose terminals are told; '': nobody's */
    " item_count INTEGER NOT NULL DEFAULT 0,"
    " total INTEGER NOT NULL DEFAULT 0,"
    " currency TEXT NOT NULL DEFAULT '',"
    " declined INTEGER NOT NULL DEFAULT 0," /* terminals */
    " taken_ms INTEGER NOT NULL DEFAULT 0,"
    " version INTEGER NOT NULL,"
    " as_of_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "INSERT INTO handover_10(id, customer, cart, from_device, from_name, to_whom, note, state, by_device, "
    "by_name,"
    " at_ms, version, as_of_ms) SELECT id, customer, cart, from_device, from_name, to_whom, note, state,"
    " by_device, by_name, at_ms, version, as_of_ms FROM handover;"
    "DROP TABLE handover;"
    "ALTER TABLE handover_10 RENAME TO handover;"
    "CREATE INDEX handover_customer ON handover(customer) WHERE customer IS NOT NULL;"
    "CREATE INDEX handover_live ON handover(at_ms) WHERE state > 0;"
    "CREATE INDEX handover_gone ON handover(as_of_ms) WHERE state = 0;"
    "CREATE INDEX handover_open ON handover(at_ms) WHERE state = 1;"
    "CREATE INDEX handover_asked ON handover(from_device) WHERE state = 1;"
    "CREATE TABLE handover_decline("
    " handover BLOB NOT NULL,"
    " device TEXT NOT NULL,"
    " PRIMARY KEY(handover, device)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX change_store ON change(store, seq) WHERE type = 10 AND store > '';";

/* Version 11: the colour of the chain's kiosks, and what its line displays show between visits. */
static const char schema_11[] =
    "ALTER TABLE policy ADD COLUMN accent TEXT NOT NULL DEFAULT '';" /* '': none */
    "ALTER TABLE policy ADD COLUMN idle_upper TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE policy ADD COLUMN idle_lower TEXT NOT NULL DEFAULT '';";

/*
 * Version 12: whom nobody's cart that was handed over became, what a hand-over's code is found by, and audit
 * in the order of time. Codes of hand-overs that were open are filled in when the engine opens the file.
 */
static const char schema_12[] =
    "ALTER TABLE handover ADD COLUMN became BLOB REFERENCES customer(id);" /* of nobody's cart; NULL: nobody's
                                                                            */
    "ALTER TABLE handover ADD COLUMN code BLOB;" /* keyed hash of the code; NULL: gone */
    "UPDATE handover SET became = coalesce("
    "(SELECT m.customer FROM cart_merge m JOIN customer p ON p.id = m.customer WHERE m.joined = handover.cart"
    " ORDER BY m.id DESC LIMIT 1),"
    "(SELECT s.customer FROM sale s JOIN customer p ON p.id = s.customer WHERE s.cart = handover.cart"
    " ORDER BY s.id LIMIT 1)) WHERE customer IS NULL AND state > 0;"
    "CREATE INDEX handover_cart ON handover(cart) WHERE customer IS NULL;"
    "CREATE INDEX handover_became ON handover(became) WHERE became IS NOT NULL;"
    "CREATE INDEX handover_code ON handover(code) WHERE code IS NOT NULL;"
    "CREATE INDEX handover_by ON handover(by_device) WHERE by_device <> '';"
    "DROP INDEX audit_customer;"
    "CREATE INDEX audit_customer ON audit(customer, at_ms) WHERE customer IS NOT NULL;"
    "DROP INDEX audit_operator;"
    "CREATE INDEX audit_operator ON audit(operator, at_ms) WHERE operator <> '';"
    "DROP INDEX audit_find;"
    "CREATE INDEX audit_limited ON audit(device, what, at_ms) WHERE what = 'customer.find'"
    " OR what = 'customer.find_refused' OR what = 'handover.guess' OR what = 'handover.guess_refused';"
    "CREATE INDEX audit_limited_web ON audit(customer, what, at_ms) WHERE customer IS NOT NULL"
    " AND (what = 'handover.guess' OR what = 'handover.guess_refused');";

/* Version 13: what became of nobody's cart where somebody went on with it. */
static const char schema_13[] =
    "ALTER TABLE handover ADD COLUMN cart_over INTEGER NOT NULL DEFAULT 0;" /* enum tb_handover_cart */
    "ALTER TABLE handover ADD COLUMN cart_over_by TEXT NOT NULL DEFAULT '';";

/* Version 14: what a terminal asked for within a day, open or not. */
static const char schema_14[] =
    "CREATE INDEX handover_lately ON handover(from_device, at_ms) WHERE from_device <> '';";

/* Version 15: whose wait is in the measures, and what changed in the catalogue of one store. */
static const char schema_15[] = "ALTER TABLE handover ADD COLUMN waited INTEGER NOT NULL DEFAULT 0;"
                                "UPDATE handover SET waited = 1 WHERE state = 2;"
                                "CREATE INDEX change_catalogue ON change(store, seq) WHERE type = 5;";

const char *const sqlite_migrations[] = {schema_1,  schema_2,  schema_3,  schema_4,  schema_5,
                                         schema_6,  schema_7,  schema_8,  schema_9,  schema_10,
                                         schema_11, schema_12, schema_13, schema_14, schema_15};
const unsigned sqlite_migration_count = TB_ARRAY_SIZE(sqlite_migrations);
