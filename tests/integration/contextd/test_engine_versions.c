/* Files of before: what an older program wrote is brought up to date when the engine opens it. */
#include "tests/integration/contextd/engine_handovers.h"

#include <sqlite3.h>

static void file_run(const struct engine_fixture *f, const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static int number(const struct engine_fixture *f, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *s;
    assert_int_equal(sqlite3_open_v2(f->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    int value = sqlite3_column_int(s, 0);
    assert_int_equal(sqlite3_finalize(s), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return value;
}

static enum tb_verdict_kind verdict_on(struct engine_fixture *f, const struct tb_mutation *m)
{
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_engine_request request = fixture_apply(&till, m, 1);
    const struct tb_engine_answer *answer = engine_fixture_ask(f, &request);
    assert_int_equal(answer->err, TB_OK);
    return answer->apply.verdicts[0].kind;
}

/* What version 15 added, and 14, and 13. */
#define FOURTEEN "DROP INDEX change_catalogue; ALTER TABLE handover DROP COLUMN waited;"
#define THIRTEEN FOURTEEN "DROP INDEX handover_lately;"
#define TWELVE \
    THIRTEEN "ALTER TABLE handover DROP COLUMN cart_over; ALTER TABLE handover DROP COLUMN cart_over_by;"

/* Two sales, of which the first is an erasure's, as version 5 left them. */
static const char five[] =
    "INSERT INTO handover(id, customer, cart, from_device, from_name, to_whom, note, state, by_device, "
    "by_name,"
    " at_ms, version, as_of_ms) SELECT zeroblob(16), min(id), zeroblob(16), 'k', 'Kiosk', 'any', '', 1, '', "
    "'',"
    " 1, 1, 1 FROM customer;"
    "DROP INDEX change_store; DROP TABLE handover_decline; DROP INDEX handover_open; DROP INDEX "
    "handover_asked;"
    "DROP INDEX handover_cart; DROP INDEX handover_became; DROP INDEX handover_code; DROP INDEX handover_by;"
    "ALTER TABLE handover DROP COLUMN became; ALTER TABLE handover DROP COLUMN code;" TWELVE
    "ALTER TABLE handover DROP COLUMN reason; ALTER TABLE handover DROP COLUMN store;"
    "ALTER TABLE handover DROP COLUMN item_count; ALTER TABLE handover DROP COLUMN total;"
    "ALTER TABLE handover DROP COLUMN currency; ALTER TABLE handover DROP COLUMN declined;"
    "ALTER TABLE handover DROP COLUMN taken_ms;"
    "DROP TABLE contact; DROP TABLE staff_note; DROP TABLE credential_share; DROP TABLE operator; DROP TABLE "
    "audit;"
    "DROP INDEX touch_viewed; ALTER TABLE visit DROP COLUMN assurance; ALTER TABLE policy DROP COLUMN people;"
    "ALTER TABLE policy DROP COLUMN finds_max; ALTER TABLE policy DROP COLUMN audit_keep_ms;"
    "ALTER TABLE policy DROP COLUMN accent;"
    "ALTER TABLE policy DROP COLUMN idle_upper;"
    "ALTER TABLE policy DROP COLUMN idle_lower;"
    "DROP TABLE ring_key; DROP TABLE replay; ALTER TABLE policy DROP COLUMN trust;"
    "DROP INDEX conflict_detail; DROP INDEX conflict_sale; DROP INDEX conflict_other;"
    "ALTER TABLE verdict DROP COLUMN print; ALTER TABLE sale DROP COLUMN checkout;"
    "DROP INDEX handover_live; DROP INDEX handover_gone; CREATE INDEX handover_at ON handover(at_ms);"
    "INSERT INTO sale SELECT 1, '0421', 't', '2026-09-21', '1', x'e0000000000000000000000000000001', NULL, "
    "NULL,"
    " 1, 'EUR', 1, 0, 1, 1;"
    "INSERT INTO sale SELECT 2, '0421', 't', '2026-09-21', '2', min(id), NULL, NULL, 1, 'EUR', 1, 0, 1, 1"
    " FROM customer;"
    "INSERT INTO sale_touch VALUES(1, 0, 1, 1, ''), (2, 0, 1, 1, 'cart.changed');"
    "PRAGMA user_version = 5";

static void version_5_is_taken_over(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_mutation first = fixture_add(1, 0, 0, 1);
    struct tb_mutation other = fixture_add(1, 0, 1, 2);
    struct tb_mutation next = fixture_add(2, 0, 1, 2);
    assert_int_equal(verdict_on(f, &first), TB_VERDICT_APPLIED);
    f->engine->ops->close(f->engine);
    file_run(f, five);
    engine_fixture_open(f);
    assert_int_equal(number(f, "PRAGMA user_version"), 15);
    assert_int_equal(number(f, "SELECT count(*) FROM handover WHERE store = '' AND customer IS NOT NULL"), 1);
    assert_int_equal(number(f, "SELECT sale FROM sale_touch"), 2);
    /* What a verdict of before was on is not known. */
    assert_int_equal(verdict_on(f, &first), TB_VERDICT_DUPLICATE);
    assert_int_equal(verdict_on(f, &other), TB_VERDICT_DUPLICATE);
    assert_int_equal(verdict_on(f, &next), TB_VERDICT_APPLIED);
    other.seq = 2;
    other.add.quantity = 7;
    assert_int_equal(verdict_on(f, &other), TB_VERDICT_REJECTED);
}

/* ---- version 11 ---- */

/* Two hand-overs of nobody's carts, the second of which joined hers. */
static const char eleven[] =
    "DROP INDEX handover_cart; DROP INDEX handover_became; DROP INDEX handover_code; DROP INDEX handover_by;"
    "ALTER TABLE handover DROP COLUMN became; ALTER TABLE handover DROP COLUMN code;" TWELVE
    "DROP INDEX audit_customer; CREATE INDEX audit_customer ON audit(customer) WHERE customer IS NOT NULL;"
    "DROP INDEX audit_operator; CREATE INDEX audit_operator ON audit(operator) WHERE operator <> '';"
    "DROP INDEX audit_limited; DROP INDEX audit_limited_web; CREATE INDEX audit_find ON audit(device, at_ms) "
    "WHERE what = 'customer.find';"
    "PRAGMA user_version = 11";

/* An open one keeps its code, and whose it became is known. */
static void version_11_is_taken_over(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_request by_code = {.ask = TB_ENGINE_IDENTIFY, .peer = fixture_till("till-0421-4")};
    for (unsigned i = 0; i < 2; i++) {
        struct tb_mutation ask = request_of((struct tb_id){{0}}, 1 + i, "any");
        ask.cart = fixture_id(40 + i);
        assert_applied(decide(f, &kiosk, anonymous_add(40 + i)));
        const struct tb_engine_answer *answer = decide(f, &kiosk, ask);
        assert_applied(answer);
        (void)snprintf(by_code.identify.evidence, sizeof by_code.identify.evidence, "%s",
                       doc_of(&answer->apply.rows).code);
    }
    assert_applied(decide(f, &kiosk, joined_by(41, false)));
    f->engine->ops->close(f->engine);
    file_run(f, eleven);
    engine_fixture_open(f);
    assert_int_equal(number(f, "PRAGMA user_version"), 15);
    assert_int_equal(number(f, "SELECT count(*) FROM handover WHERE became IS NOT NULL"), 1);
    assert_int_equal(number(f, "SELECT count(*) FROM handover h JOIN cart_merge m ON m.joined = h.cart"
                               " WHERE h.became = m.customer"),
                     1);
    (void)snprintf(by_code.identify.kind, sizeof by_code.identify.kind, "handover");
    assert_true(engine_fixture_ask(f, &by_code)->identify.found);
}

/* ---- version 12 ---- */

/* What was accepted before says nothing of its cart, until that is paid. */
static void version_12_is_taken_over(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_cursor cursor = {0};
    struct tb_mutation ask = request_of((struct tb_id){{0}}, 1, "any");
    ask.cart = fixture_id(40);
    assert_applied(decide(f, &kiosk, anonymous_add(40)));
    assert_applied(decide(f, &kiosk, ask));
    assert_applied(decide(f, &till, answer_of(TB_MUTATION_HANDOVER_ACCEPT, &ask)));
    f->engine->ops->close(f->engine);
    file_run(f, TWELVE "PRAGMA user_version = 12");
    engine_fixture_open(f);
    assert_int_equal(number(f, "PRAGMA user_version"), 15);
    assert_int_equal(doc_of(told(f, "kiosk-0421-7", &cursor)).cart_over, TB_HANDOVER_CART_IS_THERE);
    assert_applied(decide(f, &till, paid_of(40, "1")));
    assert_int_equal(doc_of(told(f, "kiosk-0421-7", &cursor)).cart_over, TB_HANDOVER_CART_PAID);
}

/* ---- version 13 ---- */

/* What was asked for before counts. */
static void version_13_is_taken_over(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer web = fixture_web(0);
    unsigned i = 0;
    for (; i < 39; i++)
        assert_applied(decide(f, &web, request_of(web.customer, 100 + i, "0421")));
    f->engine->ops->close(f->engine);
    file_run(f, THIRTEEN "PRAGMA user_version = 13");
    engine_fixture_open(f);
    assert_int_equal(number(f, "PRAGMA user_version"), 15);
    assert_applied(decide(f, &web, request_of(web.customer, 100 + i, "0421")));
    assert_rejected(decide(f, &web, request_of(web.customer, 101 + i, "0421")), "handover_limit");
}

/* ---- version 14 ---- */

/* Who waited for what was accepted then is counted. */
static void version_14_is_taken_over(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer till = fixture_till("till-0421-4");
    const struct tb_mutation asks[] = {request_of(tb_seed_customer_id(SEED_NUMBER, 0), 1, "any"),
                                       request_of(tb_seed_customer_id(SEED_NUMBER, 1), 2, "any")};
    for (size_t i = 0; i < TB_ARRAY_SIZE(asks); i++)
        assert_applied(decide(f, &kiosk, asks[i]));
    assert_applied(decide(f, &till, answer_of(TB_MUTATION_HANDOVER_ACCEPT, &asks[0])));
    f->engine->ops->close(f->engine);
    file_run(f, FOURTEEN "PRAGMA user_version = 14");
    engine_fixture_open(f);
    assert_int_equal(number(f, "PRAGMA user_version"), 15);
    assert_applied(decide(f, &till, answer_of(TB_MUTATION_HANDOVER_DECLINE, &asks[0])));
    for (size_t i = 0; i < TB_ARRAY_SIZE(asks); i++)
        assert_int_equal(
            decide(f, &till, answer_of(TB_MUTATION_HANDOVER_ACCEPT, &asks[i]))->apply.measure_count, i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TEST(version_5_is_taken_over),  ENGINE_TEST(version_11_is_taken_over),
        ENGINE_TEST(version_12_is_taken_over), ENGINE_TEST(version_13_is_taken_over),
        ENGINE_TEST(version_14_is_taken_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
