/* What one account does over and over: it makes nobody else wait, and fills nobody else's feeds. */
#include "tests/integration/contextd/engine_handovers.h"
#include "tests/integration/contextd/engine_steps.h"

#include <inttypes.h>

#define WEB_DAY_MAX 40
#define DAY_MAX 2000
#define DAY_MS (INT64_C(24) * 3600 * 1000)

static struct tb_mutation answered(const char *consent, bool granted)
{
    struct tb_mutation set = {.kind = TB_MUTATION_CONSENT_SET,
                              .customer = tb_seed_customer_id(SEED_NUMBER, 0),
                              .consent = {.granted = granted, .text_version = "1"}};
    (void)snprintf(set.consent.consent, sizeof set.consent.consent, "%s", consent);
    return set;
}

/* What it takes to say what she consents to, after so many answers more. */
static int64_t steps_after(struct engine_fixture *f, unsigned count)
{
    struct tb_engine_peer web = fixture_web(0);
    for (unsigned i = 0; i < count; i++)
        assert_applied(decide(f, &web, answered(i % 2 ? "marketing" : "profiling", i % 3 == 0)));
    steps_count("granted FROM consent");
    assert_applied(decide(f, &web, answered("marketing", true)));
    return steps;
}

/* Her row is read at every change of it, by everybody who serves her: on the thread that serves all. */
static void answering_again_and_again_makes_no_row_slower(void **state)
{
    struct engine_fixture *f = *state;
    int64_t few = steps_after(f, 10);
    int64_t many = steps_after(f, 400);
    print_message("steps: %" PRId64 " after 10 answers, %" PRId64 " after 400 more\n", few, many);
    assert_true(few > 0);
    assert_true(many <= few + 16);
}

static void the_newest_answer_to_each_is_said(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer web = fixture_web(0);
    static uint8_t memory[TB_ENGINE_ARENA_SIZE];
    struct tb_arena arena = tb_arena_of(memory, sizeof memory);
    static struct tb_customer customer;
    struct tb_check check = {.err = TB_OK};
    struct tb_json doc;
    assert_applied(decide(f, &web, answered("profiling", true)));
    assert_applied(decide(f, &web, answered("marketing", false)));
    assert_applied(decide(f, &web, answered("marketing", true)));
    const struct tb_engine_answer *answer = decide(f, &web, answered("profiling", false));
    assert_applied(answer);
    const struct tb_row *row = row_of(&answer->apply.rows, TB_ROW_CUSTOMER);
    assert_int_equal(tb_json_parse(row->doc, 0, &arena, &doc), TB_OK);
    tb_customer_decode(&check, doc, &customer);
    assert_int_equal(check.err, TB_OK);
    assert_int_equal(customer.consent_count, 2);
    assert_string_equal(customer.consents[0].id, "marketing");
    assert_true(customer.consents[0].granted);
    assert_string_equal(customer.consents[1].id, "profiling");
    assert_false(customer.consents[1].granted);
}

/* Each is told to the terminals of the store that it names, and to all that know her. */
static void a_customer_asks_so_often_within_a_day(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer web = fixture_web(0);
    struct tb_engine_peer other = fixture_web(1);
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_cursor cursor = {0};
    for (unsigned i = 0; i < WEB_DAY_MAX; i++, f->wall_ms += 1000)
        assert_applied(decide(f, &web, request_of(web.customer, 100 + i, "0421")));
    assert_int_equal(told(f, "till-0421-4", &cursor)->count, WEB_DAY_MAX);
    for (unsigned i = 0; i < 10; i++)
        assert_rejected(decide(f, &web, request_of(web.customer, 200 + i, "0421")), "handover_limit");
    assert_int_equal(told(f, "till-0421-4", &cursor)->count, 0);
    struct tb_mutation newest = request_of(web.customer, 100 + WEB_DAY_MAX - 1, "0421");
    assert_applied(decide(f, &web, newest)); /* what she has stays hers */
    assert_applied(decide(f, &other, request_of(other.customer, 300, "0421")));
    assert_applied(
        decide(f, &kiosk, request_of(web.customer, 301, "0421"))); /* where she stands is another matter */
    f->wall_ms += DAY_MS - WEB_DAY_MAX * 1000 - 1;
    assert_rejected(decide(f, &web, request_of(web.customer, 302, "0421")), "handover_limit");
    f->wall_ms += 1;
    assert_applied(decide(f, &web, request_of(web.customer, 303, "0421")));
    assert_rejected(decide(f, &web, request_of(web.customer, 304, "0421")), "handover_limit");
}

/* Runs a statement beside the engine, with n(i) from 1 to count in it. */
static void rows_write(const struct engine_fixture *f, int count, const char *statement)
{
    char sql[1024];
    sqlite3 *db;
    int size = snprintf(sql, sizeof sql,
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) %s",
                        count, statement);
    assert_true(size < (int)sizeof sql);
    assert_int_equal(sqlite3_open(f->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* Nor may a terminal whose keys somebody has, by asking and taking back; whom it serves next goes to a till.
 */
static void a_terminal_asks_so_often_within_a_day(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer till = fixture_till("till-0421-4");
    const struct tb_id customer = tb_seed_customer_id(SEED_NUMBER, 0);
    struct tb_mutation first = request_of(customer, 100, "any");
    assert_applied(decide(f, &kiosk, first));
    assert_applied(decide(f, &kiosk, answer_of(TB_MUTATION_HANDOVER_CANCEL, &first)));
    rows_write(
        f, DAY_MAX - 2,
        "INSERT INTO handover SELECT CAST(printf('%016d', i) AS BLOB), h.customer, h.cart, h.from_device,"
        " h.from_name, h.to_whom, h.note, h.state, h.by_device, h.by_name, h.at_ms, h.reason, h.store,"
        " h.item_count, h.total, h.currency, h.declined, h.taken_ms, h.version, h.as_of_ms, h.became,"
        " h.code, h.cart_over, h.cart_over_by, h.waited FROM handover h, n");
    f->wall_ms += 1000;
    assert_applied(decide(f, &kiosk, request_of(customer, 101, "any")));
    assert_rejected(decide(f, &kiosk, request_of(customer, 102, "any")), "handover_limit");
    assert_applied(decide(f, &kiosk, first)); /* what was asked for stays so */
    assert_applied(decide(f, &till, request_of(customer, 103, "any")));
    f->wall_ms += DAY_MS - 1001;
    assert_rejected(decide(f, &kiosk, request_of(customer, 104, "any")), "handover_limit");
    f->wall_ms += 1;
    assert_applied(decide(f, &kiosk, request_of(customer, 105, "any")));
}

/* Changes of as many customers of other stores. */
static void others_change(const struct engine_fixture *f, int count)
{
    rows_write(f, count,
               "INSERT OR REPLACE INTO change(type, op, id, customer, store) SELECT 1, 1,"
               " CAST(printf('%016d', i) AS BLOB), CAST(printf('%016d', i) AS BLOB), '' FROM n");
}

/* Reads the cohort on to its end; what one read took at most. */
static int64_t cohort_read(struct engine_fixture *f, struct tb_cursor *cursor, size_t *ret_rows,
                           size_t *ret_reads)
{
    struct tb_engine_peer till = far_till();
    int64_t most = 0;
    *ret_rows = 0;
    *ret_reads = 0;
    for (bool more = true; more; ++*ret_reads) {
        struct tb_engine_request request = fixture_feed(&till, TB_SCOPE_COHORT, cursor);
        steps_count("FROM change");
        const struct tb_engine_answer *answer = engine_fixture_ask(f, &request);
        assert_int_equal(answer->err, TB_OK);
        most = steps > most ? steps : most;
        *ret_rows += answer->feed.rows.count;
        more = answer->feed.more;
        *cursor = answer->feed.cursor;
    }
    return most;
}

static int64_t cohort_read_all(struct engine_fixture *f, size_t *ret_rows, size_t *ret_reads)
{
    struct tb_cursor cursor = {0};
    return cohort_read(f, &cursor, ret_rows, ret_reads);
}

/* A terminal that reads its cohort from the beginning, or over and over, holds nobody up: what one read looks
 * through is bounded, however many customers the chain has. Numbers that are used no more cost no read. */
static void a_cohort_is_looked_for_in_shares(void **state)
{
    struct engine_fixture *f = *state;
    size_t rows_before;
    size_t rows;
    size_t reads;
    (void)cohort_read_all(f, &rows_before, &reads);
    assert_true(rows_before > 0);
    others_change(f, 20000);
    int64_t once = cohort_read_all(f, &rows, &reads);
    assert_int_equal(rows, rows_before);
    size_t reads_once = reads;
    for (int again = 0; again < 3; again++)
        others_change(f, 20000); /* the same, under new numbers */
    (void)cohort_read_all(f, &rows, &reads);
    assert_int_equal(rows, rows_before);
    assert_int_equal(reads, reads_once);
    others_change(f, 100000);
    int64_t many = cohort_read_all(f, &rows, &reads);
    print_message("steps: %" PRId64 " beside 20000 changes, %" PRId64 " beside 100000, in %zu reads\n", once,
                  many, reads);
    assert_int_equal(rows, rows_before);
    assert_true(reads >= 5);
    assert_true(many <= once + once / 10);
}

static bool is_compared(struct engine_fixture *f, const struct tb_cursor *cursor)
{
    struct tb_engine_request request = {
        .ask = TB_ENGINE_CHECKSUM, .peer = far_till(), .checksum.cursor = *cursor};
    const struct tb_engine_answer *answer;
    do {
        answer = engine_fixture_ask(f, &request);
        assert_int_equal(answer->err, TB_OK);
    } while (answer->checksum.more);
    return memcmp(&answer->checksum.cursor, cursor, sizeof *cursor) == 0;
}

/* Nor does a terminal whose cohort was quiet for long, and that is compared; when it has read on, it is. */
static void who_stands_far_back_is_compared_when_it_has_read_on(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_cursor cursor = {0};
    size_t rows;
    size_t reads;
    (void)cohort_read(f, &cursor, &rows, &reads);
    assert_true(is_compared(f, &cursor));
    others_change(f, 19000);
    assert_true(is_compared(f, &cursor));
    others_change(f, 100000);
    steps_count("FROM change");
    assert_false(is_compared(f, &cursor));
    int64_t compare = steps;
    int64_t most = cohort_read(f, &cursor, &rows, &reads);
    assert_int_equal(rows, 0);
    assert_true(compare <= most);
    assert_true(is_compared(f, &cursor));
}

/* What reading a line's other sales takes for a sale that names it so many times. */
static int64_t steps_of_sale(struct engine_fixture *f, uint8_t times)
{
    static unsigned receipt = 100;
    struct tb_paid_line lines[TB_PAID_LINE_COUNT_MAX];
    struct tb_engine_peer till = fixture_till("till-0421-4");
    char transaction[8];
    (void)snprintf(transaction, sizeof transaction, "%u", receipt++);
    struct tb_mutation sale = paid_of(1, transaction);
    for (uint8_t i = 0; i < times; i++)
        lines[i] = sale.finish.lines.at[0];
    sale.finish.lines = (struct tb_paid_lines){.at = lines, .count = times};
    steps_count("FROM sale_line l JOIN sale s");
    assert_int_equal(decide(f, &till, sale)->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    return steps;
}

static void a_line_named_again_and_again_is_looked_up_once_per_sale(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    assert_applied(decide(f, &till, anonymous_add(1)));
    (void)steps_of_sale(f, TB_PAID_LINE_COUNT_MAX);
    int64_t once = steps_of_sale(f, 1);
    int64_t often = steps_of_sale(f, TB_PAID_LINE_COUNT_MAX);
    print_message("steps: %" PRId64 " for a line named once, %" PRId64 " for one named %u times\n", once,
                  often, TB_PAID_LINE_COUNT_MAX);
    assert_true(once > 0);
    assert_true(often < 2 * once);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TEST(answering_again_and_again_makes_no_row_slower),
        ENGINE_TEST(the_newest_answer_to_each_is_said),
        ENGINE_TEST(a_customer_asks_so_often_within_a_day),
        ENGINE_TEST(a_terminal_asks_so_often_within_a_day),
        ENGINE_TEST(a_cohort_is_looked_for_in_shares),
        ENGINE_TEST(who_stands_far_back_is_compared_when_it_has_read_on),
        ENGINE_TEST(a_line_named_again_and_again_is_looked_up_once_per_sale),
    };
    return cmocka_run_group_tests(tests, steps_set_up, steps_tear_down);
}
