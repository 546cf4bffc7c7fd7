#include "contextd/engine/sqlite_cart_sql.h"

const char *const sqlite_cart_statements[CART_STMT_COUNT] = {
    [CART_CLAIM_READ] = "SELECT claim FROM cart WHERE id = ?1",
    [CART_CLAIM_PUT] = "UPDATE cart SET claim = ?2 WHERE id = ?1",

    [CART_MERGE_ADD] = "INSERT INTO cart_merge(cart, joined, customer, policy, at_ms, undo)"
                       " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [CART_MERGE_LAST] = "SELECT id, undo FROM cart_merge WHERE cart = ?1 AND joined = ?2"
                        " ORDER BY id DESC LIMIT 1",
    [CART_MERGE_INTO] = "SELECT cart FROM cart_merge WHERE joined = ?1 ORDER BY id DESC LIMIT 1",
    [CART_MERGE_DROP] = "DELETE FROM cart_merge WHERE id = ?1",
    /* A + keeps SQLite from an index that says little: touchpoints of nobody are very many. */
    [CART_TOUCH_MOVE] =
        "UPDATE touch SET at_ms = ?2 WHERE id = (SELECT id FROM touch WHERE cart = ?1 AND +customer IS NULL"
        " AND channel = ?3 AND what = ?4 AND at_ms > ?5 ORDER BY at_ms DESC, id DESC LIMIT 1)",
    [CART_TOUCH_ADD] = "INSERT INTO touch(cart, visit, at_ms, channel, what) VALUES(?1, ?2, ?3, ?4, ?5)",
    /* What was done in the visits of the cart is part of it. */
    [CART_TOUCH_JOIN] =
        "UPDATE touch SET customer = ?1, joined = ?2 WHERE +customer IS NULL AND (cart = ?3 OR visit = ?4"
        " OR visit IN (SELECT visit FROM touch WHERE cart = ?3 AND visit IS NOT NULL))",
    [CART_TOUCH_PART] = "UPDATE touch SET customer = NULL, joined = NULL WHERE joined = ?1",

    [CART_SALE_FIND] =
        "SELECT id, currency, total, (SELECT count(*) FROM sale_line WHERE sale = sale.id)"
        " FROM sale WHERE store = ?1 AND terminal = ?2 AND business_date = ?3 AND receipt = ?4",
    [CART_SALE_READ] = "SELECT cart FROM sale WHERE id = ?1",
    [CART_SALE_ADD] =
        "INSERT INTO sale(store, terminal, business_date, receipt, customer, cart, visit, channel,"
        " currency, total, part, made_ms, at_ms, checkout)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    [CART_SALE_LINE_ADD] = "INSERT INTO sale_line(sale, position, line, gtin, options, quantity, unit_price,"
                           " taken, doubled, returned) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0)",
    [CART_SALE_LINES] = "SELECT line, gtin, options, quantity, taken, returned, unit_price FROM sale_line"
                        " WHERE sale = ?1 ORDER BY position LIMIT ?2",
    [CART_SALE_LINE_RETURNED] = "UPDATE sale_line SET returned = ?3 WHERE sale = ?1 AND position = ?2",
    /* From the last sale on that closed a purchase; a part of one goes on. */
    [CART_SALE_TOUCHES_ADD] =
        "INSERT INTO sale_touch(sale, position, at_ms, channel, what)"
        " SELECT ?1, row_number() OVER (ORDER BY at_ms, id) - 1, at_ms, channel, what FROM"
        " (SELECT id, at_ms, channel, what FROM touch WHERE customer = ?2"
        "  AND at_ms > coalesce((SELECT max(s.at_ms) FROM sale s WHERE s.customer = ?2 AND s.id <> ?1"
        "   AND s.part = 0), 0)"
        "  UNION ALL SELECT id, at_ms, channel, what FROM touch WHERE ?2 IS NULL AND +customer IS NULL"
        "  AND (cart = ?3 OR visit = ?4)"
        "  ORDER BY at_ms DESC, id DESC LIMIT ?5)",
    /* As core/cart/checkout.h has it: what sales of other purchases (?2, ?3: checkout and terminal of this
     * one) hold of a line, the last of those, and what was given back and not sold since. */
    [CART_LINE_TAKEN] =
        "SELECT coalesce(sum(held) FILTER (WHERE NOT own), 0), max(sale) FILTER (WHERE NOT own AND held > 0),"
        " coalesce(sum(iif(reopened, 0, taken - held) - max(0, kept - held - doubled)), 0) FROM"
        " (SELECT l.sale, l.taken, l.doubled, l.quantity - l.returned AS kept,"
        "  min(l.taken, l.quantity - l.returned) AS held,"
        "  s.part = 1 AND s.terminal = ?3 AND coalesce(s.checkout = ?2, 0) AS own,"
        "  EXISTS (SELECT 1 FROM sale_void v WHERE v.sale = l.sale AND v.reopen = 1) AS reopened"
        "  FROM sale_line l JOIN sale s ON s.id = l.sale WHERE l.line = ?1)",

    [CART_VOID_FIND] = "SELECT 1 FROM sale_void WHERE store = ?1 AND terminal = ?2 AND business_date = ?3"
                       " AND receipt = ?4",
    [CART_VOID_ADD] =
        "INSERT INTO sale_void(store, terminal, business_date, receipt, of_terminal, of_date,"
        " of_receipt, sale, returned, reopen, at_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    [CART_VOID_LINE_ADD] = "INSERT INTO sale_void_line(void, position, line, gtin, options, quantity)"
                           " VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
    [CART_VOID_LINES] = "SELECT line, gtin, options, quantity FROM sale_void_line WHERE void = ?1"
                        " ORDER BY position LIMIT ?2",
    [CART_VOID_WAITING] = "SELECT id, reopen FROM sale_void WHERE sale IS NULL AND store = ?1"
                          " AND of_terminal = ?2 AND of_date = ?3 AND of_receipt = ?4 ORDER BY id LIMIT 1",
    [CART_VOID_SALE] = "UPDATE sale_void SET sale = ?2 WHERE id = ?1",

    [CART_CONFLICT_ADD] =
        "INSERT INTO conflict(code, store, terminal, sale, other, gtin, quantity, detail, at_ms)"
        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [CART_CONFLICT_SETTLE] = "DELETE FROM conflict WHERE code = ?1 AND store = ?2 AND detail = ?3",
    [CART_CONFLICT_NEXT] =
        "SELECT c.id, c.code, c.store, c.terminal, c.gtin, c.quantity, c.detail, c.at_ms,"
        " coalesce(s.business_date, ''), coalesce(s.receipt, ''),"
        " coalesce(o.terminal, ''), coalesce(o.business_date, ''), coalesce(o.receipt, ''),"
        " coalesce((SELECT name FROM product WHERE gtin = c.gtin), ''),"
        " coalesce((SELECT name FROM terminal WHERE device = c.terminal), ''),"
        " coalesce((SELECT name FROM terminal WHERE device = o.terminal), ''),"
        " CASE WHEN EXISTS (SELECT 1 FROM sale_line l WHERE l.sale IN (c.sale, c.other)"
        "   AND l.gtin = c.gtin AND l.returned > 0) THEN 1 ELSE 0 END"
        " FROM conflict c LEFT JOIN sale s ON s.id = c.sale LEFT JOIN sale o ON o.id = c.other"
        " WHERE c.id > ?1 ORDER BY c.id LIMIT 1",
};
