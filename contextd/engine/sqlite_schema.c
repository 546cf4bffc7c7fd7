#include "contextd/engine/sqlite_schema.h"

#include "core/base/assert.h"
#include "core/wire/row.h"

_Static_assert(TB_ROW_CREDENTIAL == 2 && TB_ROW_CART == 3 && TB_ROW_PRODUCT == 5 && TB_ROW_HANDOVER == 10,
               "as SQL_ROW_CREDENTIAL, SQL_ROW_CART, SQL_ROW_PRODUCT and SQL_ROW_HANDOVER have them");

/* 0: as it is; -1: 0, which stands for no limit or for ever. */
#define POLICY_SET(column, value) \
    ", " column " = CASE " value " WHEN 0 THEN " column " WHEN -1 THEN 0 ELSE " value " END"

/* What is left says of nobody what was to be done. */
#define HANDOVER_EMPTY                                                                    \
    "state = 0, note = '', to_whom = '', from_name = '', by_name = '', from_device = ''," \
    " by_device = '', cart = zeroblob(16), became = NULL, code = NULL, cart_over = 0, cart_over_by = ''"

#define AUDIT_COLUMNS "id, at_ms, store, device, operator, what, customer, detail"

/* Not from the future: a clock that was wrong must not count for ever. */
#define AUDIT_SINCE(who, what) \
    "FROM audit WHERE " who " = ?1 AND what = '" what "' AND at_ms > ?2 AND at_ms <= ?3"
#define AUDIT_LIMITED(who, what)                                                          \
    "SELECT (SELECT count(*) " AUDIT_SINCE(who, what) "), EXISTS (SELECT 1 " AUDIT_SINCE( \
        who, what "_refused") "), finds_max, (SELECT max(at_ms) " AUDIT_SINCE(who, what) ") FROM policy"

#define HANDOVERS_OVERDUE " WHERE state > 0 AND at_ms < ?1 ORDER BY at_ms, id LIMIT ?2"

/* Products that changed for `store`, and have not changed for `other` since. */
#define CATALOGUE_OF(store, other)                                                                     \
    "c.type = " SQL_ROW_PRODUCT " AND c.store = " store " AND c.seq > ?1 AND NOT EXISTS"               \
    " (SELECT 1 FROM change n WHERE n.type = " SQL_ROW_PRODUCT " AND n.id = c.id AND n.store = " other \
    " AND n.seq > c.seq)"

const char *const sqlite_statements[STMT_COUNT] = {
    [STMT_CHAIN_READ] = "SELECT name, currency, epoch, seed, pepper, pepper_version, as_of_ms FROM chain",
    [STMT_CHAIN_PUT] = "INSERT INTO chain(one, name, currency, epoch, seed, pepper, pepper_version, as_of_ms)"
                       " VALUES(1, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [STMT_EPOCH_PUT] = "UPDATE chain SET epoch = ?1",

    [STMT_STORE_PUT] = "INSERT INTO store(id, name, language, version) VALUES(?1, ?2, ?3, 1)"
                       " ON CONFLICT DO UPDATE SET name = ?2, language = ?3, version = version + 1",
    [STMT_STORE_HAS] = "SELECT 1 FROM store WHERE id = ?1",
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
                         " journey_keep_ms, reward_offline_max, checksum_ms, trust, people, accent, "
                         "idle_upper, idle_lower FROM policy",
    [STMT_POLICY_TRUST] = "UPDATE policy SET trust = ?1",
    [STMT_POLICY_PEOPLE] = "UPDATE policy SET people = ?1",
    [STMT_POLICY_ACCENT] = "UPDATE policy SET accent = ?1",
    [STMT_POLICY_DISPLAY] = "UPDATE policy SET idle_upper = coalesce(?1, idle_upper),"
                            " idle_lower = coalesce(?2, idle_lower)",
    [STMT_POLICY_KEEP] = "SELECT journey_keep_ms, note_keep_ms, audit_keep_ms FROM policy",
    [STMT_POLICY_BUMP] = "UPDATE policy SET version = version + 1, as_of_ms = ?1",
    [STMT_POLICY_SET] =
        "UPDATE policy SET merge = coalesce(nullif(?1, ''), merge)" POLICY_SET("idle_ms", "?2")
            POLICY_SET("removal_ms", "?3") POLICY_SET("cache_rows_max", "?4")
                POLICY_SET("cache_bytes_max", "?5") POLICY_SET("no_contact_ms", "?6")
                    POLICY_SET("outside_keep_ms", "?7") POLICY_SET("journey_keep_ms", "?8")
                        POLICY_SET("note_keep_ms", "?9") POLICY_SET("reward_offline_max", "?10")
                            POLICY_SET("checksum_ms", "?11") POLICY_SET("new_customers_max", "?12")
                                POLICY_SET("finds_max", "?13") POLICY_SET("audit_keep_ms", "?14"),

    [STMT_KEY_PUT] = "INSERT INTO ring_key(row, use, id, key_version, audience, doc, version, as_of_ms)"
                     " VALUES(?1, ?2, ?3, ?4, ?5, ?6, 1, ?7) ON CONFLICT DO UPDATE SET audience = ?5,"
                     " doc = ?6, version = version + 1, as_of_ms = ?7",
    [STMT_KEY_RETIRE] = "UPDATE ring_key SET doc = '', audience = 'none', version = version + 1,"
                        " as_of_ms = ?2 WHERE row = ?1 AND doc <> ''",
    [STMT_KEY_READ] = "SELECT audience, doc, version, as_of_ms FROM ring_key WHERE row = ?1",
    [STMT_KEY_COUNT] = "SELECT count(*) FROM ring_key WHERE doc <> '' AND row <> ?1",
    [STMT_KEY_LIST] = "SELECT row, use, id, key_version, audience, doc, as_of_ms FROM ring_key"
                      " WHERE row > ?1 ORDER BY row LIMIT ?2",
    [STMT_KEY_BUMP] = "UPDATE ring_key SET version = version + 1",
    [STMT_KEY_AGAIN] = "INSERT OR REPLACE INTO change(type, op, id, customer, store)"
                       " SELECT ?1, ?2, CAST(row AS BLOB), NULL, '' FROM ring_key",
    [STMT_REPLAY_READ] = "SELECT counter FROM replay WHERE name = ?1",
    [STMT_REPLAY_PUT] = "INSERT INTO replay(name, counter, forget_ms) VALUES(?1, ?2, ?3)"
                        " ON CONFLICT DO UPDATE SET counter = ?2, forget_ms = ?3",
    [STMT_REPLAY_EXPIRE] = "DELETE FROM replay WHERE name IN (SELECT name FROM replay"
                           " WHERE forget_ms <= ?1 ORDER BY forget_ms LIMIT ?2)",
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
    [STMT_CREDENTIAL_COUNT] = "SELECT (SELECT count(*) FROM credential WHERE customer = ?1)"
                              " + (SELECT count(*) FROM credential_share WHERE customer = ?1)",
    [STMT_CREDENTIAL_BUMP] = "UPDATE credential SET version = version + 1, as_of_ms = ?2 WHERE hash = ?1",
    [STMT_SHARE_PUT] = "INSERT INTO credential_share(hash, customer, at_ms) VALUES(?1, ?2, ?3)",
    [STMT_SHARE_READ] =
        "SELECT customer FROM credential_share WHERE hash = ?1 ORDER BY at_ms, customer LIMIT ?2",
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
    /* From one consent to the next: how often each was answered does not count. */
    [STMT_CONSENT_READ] =
        "WITH RECURSIVE asked(id) AS (SELECT min(consent) FROM consent WHERE customer = ?1 UNION ALL"
        " SELECT (SELECT min(consent) FROM consent WHERE customer = ?1 AND consent > asked.id) FROM asked"
        " WHERE asked.id IS NOT NULL)"
        " SELECT id, (SELECT granted FROM consent WHERE customer = ?1 AND consent = asked.id"
        " ORDER BY consent.id DESC LIMIT 1) FROM asked WHERE id IS NOT NULL LIMIT ?2",
    [STMT_CONSENT_GIVEN] =
        "SELECT granted FROM consent WHERE customer = ?1 AND consent = ?2 ORDER BY id DESC LIMIT 1",
    [STMT_CONTACT_PUT] = "INSERT OR REPLACE INTO contact(customer, kind, value, hash, as_of_ms)"
                         " VALUES(?1, ?2, ?3, ?4, ?5)",
    [STMT_CONTACT_FIND] = "SELECT customer FROM contact WHERE hash = ?1 ORDER BY customer LIMIT ?2",
    [STMT_CONTACT_READ] = "SELECT value FROM contact WHERE customer = ?1 AND kind = ?2",
    [STMT_NOTE_ADD] = "INSERT INTO staff_note(id, customer, text, by_name, device, at_ms)"
                      " VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
    [STMT_NOTE_OWNER] = "SELECT customer FROM staff_note WHERE id = ?1",
    [STMT_NOTE_REMOVE] = "DELETE FROM staff_note WHERE id = ?1",
    [STMT_NOTE_PRUNE] =
        "DELETE FROM staff_note WHERE customer = ?1 AND id NOT IN"
        " (SELECT id FROM staff_note WHERE customer = ?1 ORDER BY at_ms DESC, id DESC LIMIT ?2)",
    [STMT_NOTE_READ] = "SELECT id, at_ms, by_name, text FROM staff_note WHERE customer = ?1"
                       " ORDER BY at_ms DESC, id DESC LIMIT ?2",
    [STMT_NOTE_OLDEST] = "SELECT customer FROM staff_note WHERE at_ms < ?1 ORDER BY at_ms LIMIT 1",
    [STMT_NOTE_EXPIRE] = "DELETE FROM staff_note WHERE customer = ?1 AND at_ms < ?2",
    /* Of each product the last time; what names none of ours is passed over. */
    [STMT_VIEWED_READ] =
        "SELECT g, max(at_ms) FROM (SELECT json_extract(v.data, '$.gtin') AS g, t.at_ms FROM touch t"
        " JOIN event v ON v.id = t.event WHERE t.customer = ?1 AND t.what = 'product.viewed' AND v.data <> "
        "'')"
        " WHERE typeof(g) = 'text' AND length(g) = 14 AND g NOT GLOB '*[^0-9]*'"
        " GROUP BY g ORDER BY 2 DESC, g LIMIT ?2",
    [STMT_OPERATOR_PUT] =
        "INSERT INTO operator(id, name, badge, store, active, removed, version, as_of_ms)"
        " VALUES(?1, ?2, ?3, ?4, ?5, 0, 2, ?6)"
        " ON CONFLICT(id) DO UPDATE SET name = ?2, badge = ?3, store = ?4, active = ?5, removed = 0,"
        " version = version + 2, as_of_ms = ?6",
    [STMT_OPERATOR_READ] =
        "SELECT id, name, badge, store, active, removed, version, as_of_ms FROM operator WHERE id = ?1",
    [STMT_OPERATOR_REMOVE] = "UPDATE operator SET name = '', badge = NULL, active = 0, removed = 1,"
                             " version = version + 1, as_of_ms = ?2 WHERE id = ?1",
    [STMT_OPERATOR_LIST] = "SELECT id, name, badge, store, active, removed, version, as_of_ms FROM operator"
                           " WHERE id > ?1 AND removed = 0 ORDER BY id LIMIT 1",
    [STMT_AUDIT_PUT] = "INSERT INTO audit(at_ms, store, device, operator, what, customer, detail)"
                       " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [STMT_AUDIT_NEXT] =
        "SELECT " AUDIT_COLUMNS " FROM audit WHERE (at_ms, id) > (?1, ?2) ORDER BY at_ms, id LIMIT 1",
    [STMT_AUDIT_NEXT_OF_CUSTOMER] =
        "SELECT " AUDIT_COLUMNS " FROM audit WHERE customer = ?3 AND (at_ms, id) > (?1, ?2)"
        " AND (?4 = '' OR +operator = ?4) ORDER BY at_ms, id LIMIT 1",
    [STMT_AUDIT_NEXT_OF_OPERATOR] =
        "SELECT " AUDIT_COLUMNS " FROM audit WHERE operator = ?4 AND operator <> ''"
        " AND (at_ms, id) > (?1, ?2) ORDER BY at_ms, id LIMIT 1",
    [STMT_AUDIT_FINDS] = AUDIT_LIMITED("device", "customer.find"),
    [STMT_AUDIT_GUESSES] = AUDIT_LIMITED("device", "handover.guess"),
    [STMT_AUDIT_GUESSES_OF_CUSTOMER] = AUDIT_LIMITED("customer", "handover.guess"),
    [STMT_AUDIT_GUESSED] = "SELECT 1 " AUDIT_SINCE("device", "handover.guess") " AND detail = ?4 LIMIT 1",
    [STMT_AUDIT_GUESSED_BY_CUSTOMER] =
        "SELECT 1 " AUDIT_SINCE("customer", "handover.guess") " AND detail = ?4 LIMIT 1",
    [STMT_AUDIT_EXPIRE] =
        "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at_ms < ?1 ORDER BY at_ms LIMIT ?2)",
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
                         " began_ms, reason, assurance) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, '', ?9)"
                         " ON CONFLICT DO UPDATE SET customer = ?2, credential_kind = ?7, assurance = ?9"
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
    [STMT_HANDOVER_END] = "UPDATE handover SET " HANDOVER_EMPTY ","
                          " version = version + 1, as_of_ms = ?3"
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
        " by_device, by_name, at_ms, reason, store, item_count, total, currency, version, as_of_ms, code,"
        " became) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, 1, '', '', ?8, ?9, ?10, ?11, ?12, ?13, 1, ?8, ?14,"
        " iif(?2 IS NULL, (SELECT customer FROM cart_merge WHERE joined = ?3 ORDER BY id DESC LIMIT 1), "
        "NULL))"
        " ON CONFLICT DO NOTHING",
    [STMT_HANDOVER_TAKE] = "UPDATE handover SET state = 2, by_device = ?2, by_name = ?3,"
                           " taken_ms = ?4, waited = 1, version = version + 1, as_of_ms = ?4 WHERE id = ?1",
    [STMT_HANDOVER_REOPEN] = "UPDATE handover SET state = 1, by_device = '', by_name = '', taken_ms = 0,"
                             " version = version + 1, as_of_ms = ?2 WHERE id = ?1",
    [STMT_HANDOVER_STATE] =
        "UPDATE handover SET state = ?2, version = version + 1, as_of_ms = ?3 WHERE id = ?1",
    [STMT_HANDOVER_DECLINE_ADD] =
        "INSERT INTO handover_decline(handover, device) VALUES(?1, ?2) ON CONFLICT DO NOTHING",
    [STMT_HANDOVER_DECLINED] = "UPDATE handover SET declined = declined + 1, version = version + 1,"
                               " as_of_ms = ?2 WHERE id = ?1",
    [STMT_HANDOVER_READ] =
        "SELECT h.customer, h.cart, h.from_name, h.to_whom, h.note, h.at_ms, h.state, h.by_name, h.version,"
        " h.as_of_ms, h.by_device, h.from_device, h.reason, h.store, h.item_count, h.total, h.currency,"
        " h.declined, h.taken_ms, p.name, p.tier, h.cart_over, h.cart_over_by, h.waited FROM handover h"
        " LEFT JOIN customer p ON p.id = h.customer"
        " WHERE h.id = ?1",
    [STMT_HANDOVER_BY_CODE] = "SELECT id FROM handover WHERE code = ?1 AND at_ms >= ?2 AND state = 1 LIMIT 2",
    [STMT_HANDOVER_HAD_CODE] = "SELECT 1 FROM handover WHERE code = ?1 LIMIT 1",
    [STMT_HANDOVER_UNCODED] = "SELECT at_ms, id FROM handover WHERE state = 1 AND (at_ms, id) > (?1, ?2)"
                              " AND code IS NULL ORDER BY at_ms, id LIMIT 1",
    [STMT_HANDOVER_CODE] = "UPDATE handover SET code = ?2 WHERE id = ?1",
    [STMT_HANDOVER_BECAME] =
        "UPDATE handover SET became = ?2 WHERE cart = ?1 AND customer IS NULL"
        " AND became IS NULL AND state > 0 AND EXISTS (SELECT 1 FROM customer WHERE id = ?2)",
    [STMT_HANDOVER_PARTED] =
        "UPDATE handover SET became = NULL WHERE cart = ?1 AND customer IS NULL AND became = ?2",
    [STMT_HANDOVER_OF_CART] = "SELECT id, store, customer FROM handover WHERE cart = ?1 AND customer IS NULL"
                              " AND state = 2 AND cart_over <> ?2 ORDER BY taken_ms DESC, id LIMIT 1",
    [STMT_HANDOVER_CART_OVER] = "UPDATE handover SET cart_over = ?2, cart_over_by = ?3,"
                                " version = version + 1, as_of_ms = ?4 WHERE id = ?1",
    [STMT_HANDOVER_HELD] = "SELECT 1 FROM handover WHERE cart = ?1 AND customer IS NULL"
                           " AND state = 2 AND by_device = ?2 LIMIT 1",
    [STMT_HANDOVER_ERASE_DECLINES] = "DELETE FROM handover_decline WHERE handover IN"
                                     " (SELECT id FROM handover WHERE became = ?1)",
    /* To whom it was told; ?2 is TB_ROW_DROP. */
    [STMT_HANDOVER_ERASE_TELL] =
        "INSERT OR REPLACE INTO change(type, op, id, customer, store)"
        " SELECT c.type, ?2, c.id, NULL, c.store FROM handover h JOIN change c ON c.id = h.id"
        " WHERE c.type = " SQL_ROW_HANDOVER " AND h.became = ?1",
    [STMT_HANDOVER_ERASE] = "UPDATE handover SET " HANDOVER_EMPTY ", reason = 0, item_count = 0, total = 0,"
                            " currency = '', declined = 0, taken_ms = 0, version = version + 1, as_of_ms = ?2"
                            " WHERE became = ?1",
    [STMT_HANDOVER_ASKED] =
        "SELECT count(*) FILTER (WHERE reason = ?2), count(*) FILTER (WHERE reason <> ?2),"
        " min(at_ms) FILTER (WHERE reason <> ?2) FROM handover WHERE from_device = ?1 AND state = 1",
    [STMT_HANDOVER_ASKED_LATELY] =
        "SELECT count(*) FROM handover WHERE from_device = ?1 AND from_device <> ''"
        " AND at_ms > ?2 AND at_ms <= ?3",
    [STMT_HANDOVER_ASKED_OLDEST] = "SELECT id, store, customer FROM handover WHERE from_device = ?1 AND "
                                   "state = 1 AND reason <> ?2 ORDER BY at_ms, id LIMIT 1",
    [STMT_HANDOVER_ASKED_ABOUT] =
        "SELECT id, store, customer FROM handover WHERE from_device = ?1 AND state = 1"
        " AND (+customer = ?2 OR +became = ?2) LIMIT 1",
    [STMT_HANDOVER_OVERDUE] = "SELECT id FROM handover WHERE state = 1 AND at_ms < ?1 ORDER BY at_ms LIMIT 1",
    [STMT_HANDOVER_TOLD_EXPIRE] =
        "DELETE FROM change WHERE seq IN (SELECT c.seq FROM change c JOIN handover h ON h.id = c.id"
        " WHERE c.type = " SQL_ROW_HANDOVER " AND c.store > '' AND h.state > 1 AND h.as_of_ms < ?1 LIMIT ?2)",
    [STMT_HANDOVER_DECLINES_DROP] = "DELETE FROM handover_decline WHERE handover = ?1",
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
    /* With something in it, and touched last by another channel or terminal. */
    [STMT_CART_RESUMED] =
        "SELECT 1 FROM cart c WHERE c.customer = ?1 AND (c.touched_channel <> ?2 OR c.touched_by <> ?3)"
        " AND EXISTS (SELECT 1 FROM cart_line l WHERE l.cart = c.id)",
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
    /* The last of so many. */
    [STMT_CHANGE_SPAN] = "SELECT seq FROM change WHERE seq > ?1 ORDER BY seq LIMIT 1 OFFSET ?2",
    [STMT_CHANGE_LAST] = "SELECT coalesce(max(seq), 0) FROM change",
    [STMT_FEED_DEVICE] = "SELECT seq, type, op, id, customer FROM change"
                         " WHERE seq > ?1 AND (type IN (?4, ?5) OR (type = ?3 AND id = ?2)"
                         " OR (type = ?7 AND store IN ('', ?8)))"
                         " ORDER BY seq LIMIT ?6",
    [STMT_FEED_STORE] = "SELECT seq, type, op, id, customer FROM change"
                        " WHERE type = " SQL_ROW_HANDOVER " AND store = ?2 AND store > '' AND seq > ?1"
                        " ORDER BY seq LIMIT ?3",
    [STMT_FEED_COHORT] = "SELECT c.seq, c.type, c.op, c.id, c.customer FROM change c"
                         " WHERE c.seq > ?1 AND c.seq <= ?4 AND c.customer IS NOT NULL"
                         " AND ((c.store = ?2 AND c.type <> " SQL_ROW_HANDOVER ") OR (c.store = '' AND EXISTS"
                         " (SELECT 1 FROM cohort h WHERE h.store = ?2 AND h.customer = c.customer)))"
                         " ORDER BY c.seq LIMIT ?3",
    /* A product has a change of its price for all stores and one of its stock for each: the newer counts. */
    [STMT_FEED_CATALOGUE] = "SELECT c.seq, c.type, c.op, c.id, c.customer FROM change c WHERE " CATALOGUE_OF(
        "''", "?2") " UNION ALL SELECT c.seq, c.type, c.op, c.id, c.customer FROM change c WHERE ?2 > '' "
                    "AND " CATALOGUE_OF("?2", "''") " ORDER BY 1 LIMIT ?3",
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
