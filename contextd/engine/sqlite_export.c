/* Export: everything that the store holds of one customer, as JSON objects in named sections. */
#include "contextd/engine/sqlite_engine.h"

#include "core/base/assert.h"

#define CHANNEL_NAME                                                                                       \
    "CASE channel WHEN 1 THEN 'web' WHEN 2 THEN 'app' WHEN 3 THEN 'kiosk' WHEN 4 THEN 'till' ELSE 'call' " \
    "END"

_Static_assert(TB_CHANNEL_WEB == 1 && TB_CHANNEL_APP == 2 && TB_CHANNEL_KIOSK == 3 && TB_CHANNEL_TILL == 4 &&
                   TB_CHANNEL_CALL == 5,
               "CHANNEL_NAME follows enum tb_channel");
_Static_assert(TB_FIND_PHONE == 1 && TB_FIND_EMAIL == 2, "the section contacts follows enum tb_find_by");
_Static_assert(TB_FACT_BENEFIT == 0 && TB_FACT_OPEN == 1 && TB_FACT_DO_NOT_ASK == 2,
               "the section facts follows enum tb_fact_kind");
_Static_assert(TB_REWARD_OPEN == 1 && TB_REWARD_RESERVED == 2,
               "the section rewards follows enum tb_reward_state");

/* Each yields one object a row. ?1: the customer's id. What is added to the schema about a customer is added
 * here and to sqlite_erase_sql.c. */
static const struct {
    const char *name;
    const char *sql;
} sections[] = {
    {"profile",
     "SELECT json_object('name', name, 'since', since, 'tier', tier, 'language', language,"
     " 'home_store', home_store, 'points', points, 'as_of_ms', as_of_ms) FROM customer WHERE id = ?1"},
    {"facts",
     "SELECT json_object('kind', CASE kind WHEN 0 THEN 'benefit' WHEN 1 THEN 'open' ELSE 'do_not_ask' END,"
     " 'text', text) FROM fact WHERE customer = ?1 ORDER BY kind, position"},
    {"contacts", "SELECT json_object('kind', CASE kind WHEN 1 THEN 'phone' ELSE 'email' END, 'value', value,"
                 " 'as_of_ms', as_of_ms) FROM contact WHERE customer = ?1 ORDER BY kind"},
    {"notes", "SELECT json_object('at_ms', at_ms, 'by', by_name, 'device', device, 'text', text)"
              " FROM staff_note WHERE customer = ?1 ORDER BY at_ms, id"},
    {"credentials",
     "SELECT json_object('kind', kind, 'hash', lower(hex(hash)), 'blocked', blocked, 'shared',"
     " json(iif(hash IN (SELECT hash FROM credential_share), 'true', 'false')), 'as_of_ms', as_of_ms)"
     " FROM credential WHERE customer = ?1 OR hash IN (SELECT hash FROM credential_share WHERE customer = ?1)"
     " ORDER BY hash"},
    {"carts",
     "SELECT json_object('id', lower(hex(id)), 'currency', currency, 'touched_ms', touched_ms, 'touched_by',"
     " touched_by, 'note', note, 'lines', (SELECT json_group_array(json_object('gtin', gtin, 'name', name, "
     "'quantity', "
     "quantity,"
     " 'unit_price', unit_price, 'options', options, 'note', note, 'added_ms', added_ms, "
     "'channel', " CHANNEL_NAME "))"
     " FROM cart_line WHERE cart = cart.id)) FROM cart WHERE customer = ?1"},
    {"journey", "SELECT json_object('at_ms', at_ms, 'channel', " CHANNEL_NAME ", 'what', what)"
                " FROM touch WHERE customer = ?1 ORDER BY at_ms, id"},
    {"events",
     "SELECT json_object('at_ms', e.at_ms, 'source', source, 'id', event_id, 'type', type, 'time', time,"
     " 'subject', subject, 'data', json(nullif(data, ''))) FROM event e WHERE id IN"
     " (SELECT event FROM touch WHERE customer = ?1) ORDER BY e.at_ms, id"},
    {"visits", "SELECT json_object('store', store, 'device', device, 'channel', " CHANNEL_NAME
               ", 'source', source, 'credential_kind', credential_kind, 'began_ms', began_ms, 'lasted_ms',"
               " lasted_ms, 'reason', reason, 'assurance', assurance) FROM visit WHERE customer = ?1 ORDER "
               "BY began_ms, id"},
    {"consents", "SELECT json_object('consent', consent, 'granted', json(iif(granted, 'true', 'false')),"
                 " 'text_version', text_version, 'device', device, 'at_ms', at_ms) FROM consent"
                 " WHERE customer = ?1 ORDER BY id"},
    {"rewards",
     "SELECT json_object('reward', reward, 'text', text, 'value', value, 'state', CASE state WHEN 1"
     " THEN 'open' WHEN 2 THEN 'reserved' ELSE 'used' END, 'as_of_ms', as_of_ms) FROM reward"
     " WHERE customer = ?1 ORDER BY reward"},
    {"points", "SELECT json_object('points', points, 'device', device, 'business_date', business_date,"
               " 'transaction', transaction_id, 'at_ms', at_ms) FROM points_entry WHERE customer = ?1"
               " ORDER BY at_ms"},
    /* Those of nobody's cart that she went on with as well: what was noted there is not about her. */
    {"handovers",
     "SELECT json_object('from', from_name, 'to', to_whom, 'note',"
     " iif(?1 IN (customer, became), note, NULL), 'by', by_name, 'at_ms', at_ms,"
     " 'reason', CASE reason WHEN 1 THEN 'help' WHEN 2 THEN 'continue' END, 'store', nullif(store, ''),"
     " 'item_count', item_count, 'total', total, 'declined', declined, 'taken_ms', nullif(taken_ms, 0))"
     " FROM handover WHERE (customer = ?1 OR became = ?1 OR (" SQL_TAKEN_ON_THE_WEB
     ")) AND state > 0 ORDER BY at_ms"},
    {"sales",
     "SELECT json_object('store', store, 'terminal', terminal, 'business_date', business_date, 'receipt',"
     " receipt, 'currency', currency, 'total', total, 'at_ms', at_ms, 'lines', (SELECT json_group_array("
     "json_object('gtin', gtin, 'options', options, 'quantity', quantity, 'unit_price', unit_price,"
     " 'returned', returned)) FROM sale_line WHERE sale = sale.id), 'touchpoints', (SELECT json_group_array("
     "json_object('at_ms', at_ms, 'channel', " CHANNEL_NAME ", 'what', what)) FROM sale_touch"
     " WHERE sale = sale.id)) FROM sale WHERE customer = ?1 ORDER BY at_ms, id"},
    {"stitched", "SELECT json_object('cart', lower(hex(cart)), 'joined', lower(hex(joined)), 'at_ms', at_ms)"
                 " FROM cart_merge WHERE customer = ?1 ORDER BY id"},
    {"stores", "SELECT json_object('store', store, 'seen_ms', seen_ms) FROM cohort WHERE customer = ?1"},
    {"terminals", "SELECT json_object('device', device, 'at_ms', at_ms) FROM intake WHERE customer = ?1"},
    {"audit", "SELECT json_object('at_ms', at_ms, 'store', store, 'device', device, 'operator', operator,"
              " 'what', what, 'detail', detail) FROM audit WHERE customer = ?1 ORDER BY id"},
    {"own_changes", "SELECT json_object('seq', seq, 'decided_ms', decided_ms) FROM verdict"
                    " WHERE device = 'web:' || lower(hex(?1)) ORDER BY decided_ms, seq"},
};

static enum tb_err section_export(struct sqlite_engine *e, size_t index, const struct tb_id *customer,
                                  const struct tb_export_sink *sink)
{
    struct tb_stmt s = {0};
    enum tb_err err = tb_stmt_prepare(e->db, sections[index].sql, &s);
    if (err != TB_OK)
        return err;
    tb_stmt_bind_blob(&s, 1, tb_id_span(customer));
    bool row;
    err = sink->section(sink->context, sections[index].name);
    while (err == TB_OK && (err = tb_stmt_step(&s, &row)) == TB_OK && row)
        err = sink->item(sink->context, tb_stmt_blob(&s, 0));
    tb_stmt_free(&s);
    return err;
}

enum tb_err sqlite_customer_export(struct tb_context_engine *engine, const struct tb_id *customer,
                                   const struct tb_export_sink *sink)
{
    struct sqlite_engine *e = (struct sqlite_engine *)engine;
    bool known = false;
    /* One transaction: all sections are of the same moment. */
    enum tb_err err = tb_db_exec(e->db, "BEGIN");
    if (err != TB_OK)
        return err;
    err = sqlite_customer_has(e, customer, &known);
    if (err == TB_OK && !known)
        err = TB_ERR_NOT_FOUND;
    for (size_t i = 0; i < TB_ARRAY_SIZE(sections) && err == TB_OK; i++)
        err = section_export(e, i, customer, sink);
    tb_db_rollback(e->db);
    return err;
}
