/* Joining and paying in the SQLite engine, beyond what the vectors say: the books, journeys, time, people. */
#include "tests/integration/contextd/engine_test.h"

#include "core/base/assert.h"
#include "core/cart/checkout.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define DAY_MS (24LL * 60 * 60 * 1000)
#define MS_RIVERA 20 /* a customer of the seed that has no cart */
#define TILL "till-0421-4"
#define OTHER_TILL "till-0421-5"

static int64_t seqs[2];

static int set_up(void **state)
{
    memset(seqs, 0, sizeof seqs);
    return fixture_set_up(state);
}

static struct tb_id rivera(void)
{
    return tb_seed_customer_id(SEED_NUMBER, MS_RIVERA);
}

/* ---- asking ---- */

static const struct tb_engine_answer *send(struct engine_fixture *f, const struct tb_engine_peer *peer,
                                           struct tb_mutation *m)
{
    m->seq = ++seqs[strstr(peer->device, OTHER_TILL) != NULL];
    struct tb_engine_request request = fixture_apply(peer, m, 1);
    const struct tb_engine_answer *answer = engine_fixture_ask(f, &request);
    assert_int_equal(answer->err, TB_OK);
    assert_int_equal(answer->apply.count, 1);
    return answer;
}

static const struct tb_verdict *say_at(struct engine_fixture *f, const char *till, struct tb_mutation m)
{
    struct tb_engine_peer peer = fixture_till(till);
    return &send(f, &peer, &m)->apply.verdicts[0];
}

static void applied_at(struct engine_fixture *f, const char *till, struct tb_mutation m, const char *conflict)
{
    const struct tb_verdict *v = say_at(f, till, m);
    assert_string_equal(v->code, conflict);
    assert_int_equal(v->kind, TB_VERDICT_APPLIED);
}

static void applied(struct engine_fixture *f, struct tb_mutation m)
{
    applied_at(f, TILL, m, "");
}

static struct tb_mutation about(enum tb_mutation_kind kind, bool nobody)
{
    struct tb_mutation m = {.kind = kind, .cart = fixture_id(nobody ? 7000 : 5000), .made_ms = NOW_MS};
    if (!nobody)
        m.customer = rivera();
    return m;
}

static struct tb_mutation add(unsigned line, uint32_t product, int32_t quantity, bool nobody)
{
    struct tb_mutation m = about(TB_MUTATION_CART_ADD, nobody);
    m.line = fixture_id(line);
    tb_seed_gtin(product, m.add.gtin);
    m.add.quantity = quantity;
    return m;
}

static struct tb_mutation merge(bool undo)
{
    struct tb_mutation m = about(TB_MUTATION_CART_MERGE, false);
    m.merge.from = fixture_id(7000);
    m.merge.policy = TB_MERGE_SUM;
    m.merge.undo = undo;
    return m;
}

static struct tb_mutation finish(const char *receipt, const struct tb_paid_line *lines, uint8_t count)
{
    struct tb_mutation m = about(TB_MUTATION_CHECKOUT_FINISH, false);
    (void)snprintf(m.finish.sale.transaction, sizeof m.finish.sale.transaction, "%s", receipt);
    (void)snprintf(m.finish.sale.business_date, sizeof m.finish.sale.business_date, "2026-09-21");
    memcpy(m.finish.currency, "EUR", sizeof m.finish.currency);
    m.finish.total = 1000;
    m.finish.lines = (struct tb_paid_lines){.at = lines, .count = count};
    return m;
}

static struct tb_paid_line paid(unsigned line, uint32_t product, int32_t quantity)
{
    struct tb_paid_line p = {.line = fixture_id(line), .quantity = quantity, .unit_price = 500};
    tb_seed_gtin(product, p.gtin);
    return p;
}

/* One number from the file. */
static int64_t number(struct engine_fixture *f, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *stmt;
    assert_int_equal(sqlite3_open_v2(f->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(stmt, 0);
    assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return n;
}

static void expire_all(struct engine_fixture *f)
{
    bool more = true;
    for (int i = 0; more; i++) {
        assert_true(i < 1000);
        assert_int_equal(f->engine->ops->expire(f->engine, &more), TB_OK);
    }
}

/* ---- the books ---- */

static void a_sale_keeps_its_lines(void **state)
{
    struct engine_fixture *f = *state;
    const struct tb_paid_line lines[] = {paid(1, 0, 2), paid(2, 1, 1)};
    applied(f, add(1, 0, 3, false));
    applied(f, add(2, 1, 1, false));
    applied(f, finish("17", lines, 2));
    assert_int_equal(number(f,
                            "SELECT count(*) FROM sale WHERE store = '0421' AND terminal = 'till-0421-4' AND"
                            " business_date = '2026-09-21' AND receipt = '17' AND total = 1000"),
                     1);
    assert_int_equal(number(f, "SELECT count(*) FROM sale_line"), 2);
    assert_int_equal(number(f, "SELECT sum(taken) FROM sale_line"), 3);
    assert_int_equal(number(f, "SELECT sum(quantity) FROM cart_line WHERE cart IN (SELECT cart FROM sale)"),
                     1);
}

static enum tb_err export_section(void *context, const char *name)
{
    (void)context;
    (void)name;
    return TB_OK;
}

/* Counts sales that tell by which way they came about, and carts that joined. */
static enum tb_err export_item(void *context, struct tb_span json)
{
    int *count = context;
    char text[2048];
    assert_int_equal(tb_span_to_str(json, text, sizeof text), TB_OK);
    *count += strstr(text, "\"touchpoints\":[{\"at_ms\":") != NULL;
    *count += strstr(text, "\"joined\":\"f1001b58") != NULL; /* fixture_id(7000) */
    return TB_OK;
}

static int exported(struct engine_fixture *f)
{
    int count = 0;
    struct tb_id customer = rivera();
    const struct tb_export_sink sink = {.section = export_section, .item = export_item, .context = &count};
    assert_int_equal(f->engine->ops->customer_export(f->engine, &customer, &sink), TB_OK);
    return count;
}

static void every_sale_has_its_touchpoints(void **state)
{
    struct engine_fixture *f = *state;
    const struct tb_paid_line lines[] = {paid(1, 0, 1), paid(2, 1, 1)};
    struct tb_engine_peer web = fixture_web(MS_RIVERA);
    struct tb_mutation m = add(1, 0, 1, false);
    f->wall_ms = NOW_MS - 3 * DAY_MS;
    m.seq = 1;
    struct tb_engine_request request = fixture_apply(&web, &m, 1);
    assert_int_equal(engine_fixture_ask(f, &request)->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    f->wall_ms = NOW_MS;
    applied(f, add(2, 1, 1, false));
    struct tb_mutation first = finish("1", lines, 1);
    first.finish.part = true;
    applied(f, first);
    applied(f, finish("2", &lines[1], 1));
    /* Both parts: the web three days ago, the till today. */
    for (int sale = 1; sale <= 2; sale++) {
        char sql[200];
        (void)snprintf(sql, sizeof sql, "SELECT channel FROM sale_touch WHERE sale = %d ORDER BY position",
                       sale);
        assert_int_equal(number(f, sql), TB_CHANNEL_WEB);
        (void)snprintf(sql, sizeof sql,
                       "SELECT channel FROM sale_touch WHERE sale = %d ORDER BY position DESC", sale);
        assert_int_equal(number(f, sql), TB_CHANNEL_TILL);
    }
    /* The next purchase begins anew. */
    f->wall_ms = NOW_MS + DAY_MS;
    applied(f, add(3, 0, 1, false));
    const struct tb_paid_line third = paid(3, 0, 1);
    applied(f, finish("3", &third, 1));
    assert_int_equal(number(f, "SELECT count(*) FROM sale_touch WHERE sale = 3"), 1);
    assert_int_equal(exported(f), 3);
}

static void a_number_that_the_pos_gives_twice_is_told(void **state)
{
    struct engine_fixture *f = *state;
    const struct tb_paid_line lines[] = {paid(1, 0, 1), paid(2, 1, 1)};
    applied(f, add(1, 0, 2, false));
    applied(f, finish("17", lines, 1));
    applied_at(f, TILL, finish("17", lines, 1), "");
    applied_at(f, TILL, finish("17", lines, 2), TB_CHECKOUT_CONFLICT_RECEIPT);
    /* As many lines and as much money say little: the halves of a bill have both. */
    applied_at(f, TILL, finish("17", &lines[1], 1), TB_CHECKOUT_CONFLICT_RECEIPT);
    assert_int_equal(number(f, "SELECT count(*) FROM sale"), 1);
    struct tb_conflict_entry entry;
    assert_int_equal(f->engine->ops->conflict_next(f->engine, 0, &entry), TB_OK);
    assert_string_equal(entry.detail, "till-0421-4 2026-09-21 17");
}

static void a_finish_is_told_once_for_more_than_a_quarter(void **state)
{
    struct engine_fixture *f = *state;
    const struct tb_paid_line line = paid(1, 0, 1);
    applied(f, add(1, 0, 5, false));
    applied(f, finish("17", &line, 1));
    f->wall_ms = NOW_MS + 120 * DAY_MS;
    expire_all(f);
    engine_fixture_reopen(f);
    applied(f, finish("17", &line, 1)); /* under another number of its stream: the outbox was made anew */
    assert_int_equal(number(f, "SELECT sum(taken) FROM sale_line"), 1);
    f->wall_ms = NOW_MS + 401 * DAY_MS;
    expire_all(f);
    assert_int_equal(number(f, "SELECT count(*) FROM sale"), 0);
    assert_int_equal(number(f, "SELECT count(*) FROM sale_line"), 0);
}

static void old_conflicts_and_voids_go_with_their_sales(void **state)
{
    struct engine_fixture *f = *state;
    const struct tb_paid_line line = paid(1, 0, 1);
    struct tb_mutation m = about(TB_MUTATION_CHECKOUT_VOID, false);
    m.voided.sale = (struct tb_sale_key){.transaction = "90", .business_date = "2026-09-22"};
    m.voided.of = (struct tb_sale_key){.transaction = "17", .business_date = "2026-09-21"};
    m.voided.lines = (struct tb_paid_lines){.at = &line, .count = 1};
    applied(f, add(1, 0, 1, false));
    applied(f, finish("17", &line, 1));
    applied_at(f, OTHER_TILL, finish("17", &line, 1), TB_CHECKOUT_CONFLICT_DOUBLE);
    applied(f, m);
    m.voided.sale = (struct tb_sale_key){.transaction = "91", .business_date = "2026-09-22"};
    m.voided.of = (struct tb_sale_key){.transaction = "8", .business_date = "2026-09-20"};
    applied_at(f, TILL, m, TB_CHECKOUT_CONFLICT_UNKNOWN); /* of no sale */
    assert_int_equal(number(f, "SELECT count(*) FROM sale_void_line"), 2);
    f->wall_ms = NOW_MS + 399 * DAY_MS;
    expire_all(f);
    assert_int_equal(number(f, "SELECT count(*) FROM conflict WHERE sale IS NULL"), 1);
    f->wall_ms = NOW_MS + 401 * DAY_MS;
    expire_all(f);
    assert_int_equal(number(f,
                            "SELECT (SELECT count(*) FROM conflict) + (SELECT count(*) FROM sale_void)"
                            " + (SELECT count(*) FROM sale_void_line) + (SELECT count(*) FROM sale_touch)"),
                     0);
}

/* ---- joining ---- */

static void journeys_go_along_and_come_back(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_mutation m = add(1, 0, 1, true);
    m.visit = fixture_id(9000);
    applied(f, m);
    assert_int_equal(number(f, "SELECT count(*) FROM touch WHERE customer IS NULL"), 1);
    applied(f, merge(false));
    assert_int_equal(number(f, "SELECT count(*) FROM touch WHERE customer IS NULL"), 0);
    assert_int_equal(number(f, "SELECT count(*) FROM touch WHERE joined IS NOT NULL"), 1);
    assert_int_equal(exported(f), 1);
    applied(f, merge(true));
    assert_int_equal(number(f, "SELECT count(*) FROM touch WHERE customer IS NULL AND cart IS NOT NULL"), 1);
    assert_int_equal(number(f, "SELECT count(*) FROM cart_merge"), 0);
}

static void joining_tells_both_carts_and_wakes_the_customer(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till(TILL);
    struct tb_mutation m = add(1, 0, 1, true);
    const struct tb_engine_answer *answer = send(f, &till, &m);
    assert_int_equal(answer->apply.rows.count, 1);
    assert_true(tb_id_is_zero(&answer->apply.rows.at[0].customer));
    assert_int_equal(answer->apply.change_count, 0); /* nobody's: no feed has it */
    m = merge(false);
    answer = send(f, &till, &m);
    assert_int_equal(answer->apply.rows.count, 2);
    assert_true(answer->apply.change_count >= 1);
    m.seq--;
    seqs[0]--;
    answer = send(f, &till, &m);
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_DUPLICATE);
    assert_int_equal(answer->apply.rows.count, 2);
}

static void what_nobody_comes_back_for_goes(void **state)
{
    struct engine_fixture *f = *state;
    applied(f, add(1, 0, 1, true));
    applied(f, merge(false));
    applied(f, add(2, 1, 1, true));
    f->wall_ms = NOW_MS + 29 * DAY_MS;
    expire_all(f);
    assert_int_equal(number(f, "SELECT count(*) FROM cart WHERE customer IS NULL"), 1);
    f->wall_ms = NOW_MS + 31 * DAY_MS;
    expire_all(f);
    assert_int_equal(number(f, "SELECT count(*) FROM cart WHERE customer IS NULL"), 0);
    assert_int_equal(number(f, "SELECT count(*) FROM cart_merge"), 0);
    /* The next merge gets the same number: taking that back must not take these. */
    assert_int_equal(number(f, "SELECT count(*) FROM touch WHERE joined IS NOT NULL"), 0);
    assert_string_equal(say_at(f, TILL, merge(true))->code, "merge_unknown");
}

/* Rows of another cart and of both that are joined do not fit into one answer. */
static void carts_that_do_not_fit_are_joined_by_themselves(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till(TILL);
    for (unsigned i = 0; i < 90; i++) {
        struct tb_mutation m = add(300 + i, i, 1, false);
        m.customer = tb_seed_customer_id(SEED_NUMBER, MS_RIVERA + 1);
        m.cart = fixture_id(5001);
        applied(f, m);
        if (i < 60) {
            applied(f, add(100 + i, i, 1, false));
            applied(f, add(200 + i, 60 + i, 1, true));
        }
    }
    struct tb_mutation batch[2] = {add(999, 1, 1, false), merge(false)};
    batch[0].customer = tb_seed_customer_id(SEED_NUMBER, MS_RIVERA + 1);
    batch[0].cart = fixture_id(5001);
    batch[0].seq = ++seqs[0];
    batch[1].seq = ++seqs[0];
    struct tb_engine_request request = fixture_apply(&till, batch, 2);
    const struct tb_engine_answer *answer = engine_fixture_ask(f, &request);
    assert_int_equal(answer->err, TB_OK);
    assert_int_equal(answer->apply.count, 1);
    assert_int_equal(answer->apply.rows.count, 1);
    assert_int_equal(number(f, "SELECT count(*) FROM cart_merge"), 0);
    request = fixture_apply(&till, &batch[1], 1);
    answer = engine_fixture_ask(f, &request);
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    assert_int_equal(answer->apply.rows.count, 2);
    /* A hundred lines are the limit: the rest stays in the anonymous cart. */
    assert_int_equal(number(f, "SELECT count(*) FROM cart_line l JOIN cart c ON c.id = l.cart"
                               " WHERE c.customer IS NULL"),
                     20);
}

static size_t rows_cost(const struct tb_engine_answer *answer)
{
    size_t cost = 0;
    for (size_t i = 0; i < answer->apply.rows.count; i++)
        cost += tb_engine_row_cost(&answer->apply.rows.at[i]);
    return cost;
}

static void many_added(struct engine_fixture *f, unsigned line, unsigned first, unsigned count, bool nobody)
{
    for (unsigned i = 0; i < count; i++)
        applied(f, add(line + i, first + i, 1, nobody));
}

static void carts_that_no_answer_could_hold_are_not_joined(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till(TILL);
    struct tb_mutation m = merge(false);
    many_added(f, 100, 0, 95, false);
    for (unsigned i = 0; i < 95; i++) {
        struct tb_mutation other = add(200 + i, i, 1, true);
        memcpy(other.add.options, "size:l", sizeof "size:l");
        applied(f, other);
    }
    const struct tb_engine_answer *answer = send(f, &till, &m);
    assert_string_equal(answer->apply.verdicts[0].code, "line_limit");
    assert_int_equal(answer->apply.rows.count, 0);
    assert_int_equal(answer->apply.change_count, 0);
    assert_int_equal(number(f, "SELECT count(*) FROM cart_merge"), 0);
    assert_int_equal(number(f, "SELECT count(*) FROM cart_line l JOIN cart c ON c.id = l.cart"
                               " WHERE c.customer IS NULL"),
                     95);
}

static void carts_that_grew_are_neither_taken_apart_nor_told_together(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till(TILL);
    struct tb_mutation again = merge(false);
    struct tb_mutation undo = merge(true);
    many_added(f, 100, 0, 60, false);
    many_added(f, 200, 60, 60, true);
    const struct tb_engine_answer *answer = send(f, &till, &again);
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    assert_int_equal(answer->apply.rows.count, 2);
    many_added(f, 300, 0, 60, true);
    struct tb_engine_request request = fixture_apply(&till, &again, 1);
    answer = engine_fixture_ask(f, &request);
    assert_int_equal(answer->apply.count, 1);
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_DUPLICATE);
    assert_int_equal(answer->apply.rows.count, 2);
    assert_true(tb_id_equal(&answer->apply.rows.at[0].customer, &again.customer));
    assert_int_equal(answer->apply.rows.at[0].op, TB_ROW_PUT);
    /* Nobody goes on with what the other one was before they were joined. */
    assert_int_equal(answer->apply.rows.at[1].op, TB_ROW_EVICT);
    assert_int_equal(answer->apply.rows.at[1].version,
                     number(f, "SELECT version FROM cart WHERE customer IS NULL"));
    assert_in_range(rows_cost(answer), 1, TB_ENGINE_ROWS_COST_MAX);
    answer = send(f, &till, &undo);
    assert_string_equal(answer->apply.verdicts[0].code, "line_limit");
    assert_int_equal(answer->apply.rows.count, 0);
    assert_int_equal(number(f, "SELECT count(*) FROM cart_merge"), 1);
}

/* ---- who may what ---- */

static void a_shopper_does_not_declare_her_own_sale(void **state)
{
    struct engine_fixture *f = *state;
    const struct tb_paid_line line = paid(1, 0, 1);
    struct tb_engine_peer web = fixture_web(MS_RIVERA);
    struct tb_mutation m = finish("17", &line, 1);
    assert_string_equal(send(f, &web, &m)->apply.verdicts[0].code, "not_allowed");
    m = about(TB_MUTATION_CHECKOUT_CLAIM, false);
    m.claim.checkout = fixture_id(77);
    assert_string_equal(send(f, &web, &m)->apply.verdicts[0].code, "cart_unknown");
}

static void the_sale_of_an_erased_customer_names_no_cart(void **state)
{
    struct engine_fixture *f = *state;
    const struct tb_paid_line line = paid(1, 0, 1);
    struct tb_id customer = rivera();
    struct tb_id erasure;
    applied(f, add(1, 0, 2, false));
    assert_int_equal(f->engine->ops->erase(f->engine, &customer, &erasure), TB_OK);
    applied(f, finish("17", &line, 1));
    assert_int_equal(number(f, "SELECT count(*) FROM sale WHERE cart IS NULL AND customer IN"
                               " (SELECT id FROM erasure)"),
                     1);
    assert_int_equal(number(f, "SELECT count(*) FROM sale_line WHERE line IS NOT NULL"), 0);
    assert_string_equal(say_at(f, TILL, merge(false))->code, "customer_erased");
}

static void a_claim_is_in_the_rows_of_the_cart(void **state)
{
    struct engine_fixture *f = *state;
    static uint8_t memory[TB_JSON_ARENA_SIZE(TB_CART_JSON_SIZE_MAX)];
    static struct tb_cart cart;
    struct tb_arena arena = tb_arena_of(memory, sizeof memory);
    struct tb_engine_peer till = fixture_till(TILL);
    struct tb_mutation m = about(TB_MUTATION_CHECKOUT_CLAIM, false);
    struct tb_check check = {.err = TB_OK};
    struct tb_json doc;
    m.claim.checkout = fixture_id(77);
    applied(f, add(1, 0, 1, false));
    const struct tb_engine_answer *answer = send(f, &till, &m);
    assert_int_equal(answer->apply.rows.count, 1);
    assert_int_equal(tb_json_parse(answer->apply.rows.at[0].doc, 0, &arena, &doc), TB_OK);
    tb_cart_decode(&check, doc, &cart);
    assert_int_equal(check.err, TB_OK);
    assert_string_equal(cart.claim.by, "Till 4");
    assert_int_equal(cart.claim.until_ms, NOW_MS + TB_CHECKOUT_LEASE_MS);
}

static void who_reads_a_claim_neither_renews_nor_ends_it(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer web = fixture_web(MS_RIVERA);
    struct tb_mutation claim = about(TB_MUTATION_CHECKOUT_CLAIM, false);
    struct tb_mutation release = about(TB_MUTATION_CHECKOUT_RELEASE, false);
    struct tb_mutation second = about(TB_MUTATION_CHECKOUT_CLAIM, false);
    claim.claim.checkout = fixture_id(77);
    release.claim.checkout = fixture_id(77);
    second.claim.checkout = fixture_id(78);
    applied(f, add(1, 0, 1, false));
    applied(f, claim);
    struct tb_mutation again = claim;
    again.seq = 1;
    struct tb_engine_request request = fixture_apply(&web, &again, 1);
    assert_string_equal(engine_fixture_ask(f, &request)->apply.verdicts[0].code, "cart_claimed");
    again = release;
    again.seq = 2;
    request = fixture_apply(&web, &again, 1);
    assert_int_equal(engine_fixture_ask(f, &request)->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    applied_at(f, OTHER_TILL, release, "");
    assert_string_equal(say_at(f, OTHER_TILL, claim)->code, "cart_claimed");
    assert_string_equal(say_at(f, OTHER_TILL, second)->code, "cart_claimed");
    applied(f, release);
    applied_at(f, OTHER_TILL, second, "");
}

/* ---- for people ---- */

/* What `contextd conflicts` prints about the file. */
static void words_read(const struct engine_fixture *f, bool json, char *ret_text, size_t size_max)
{
    char program[400];
    int status;
    FILE *output = tmpfile();
    TB_ASSERT(output && getenv("TB_BIN"));
    (void)snprintf(program, sizeof program, "%s/contextd", getenv("TB_BIN"));
    pid_t child = fork();
    if (child == 0) {
        (void)dup2(fileno(output), STDOUT_FILENO);
        (void)execl(program, program, "conflicts", "--database", f->path, json ? "--json" : NULL, NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(fseek(output, 0, SEEK_SET), 0);
    size_t size = fread(ret_text, 1, size_max - 1, output);
    ret_text[size] = '\0';
    assert_int_equal(fclose(output), 0);
}

static void conflicts_are_listed_in_words(void **state)
{
    struct engine_fixture *f = *state;
    char text[4096];
    const struct tb_paid_line line = paid(1, 0, 2);
    struct tb_mutation claim = about(TB_MUTATION_CHECKOUT_CLAIM, false);
    struct tb_mutation lost = about(TB_MUTATION_CHECKOUT_VOID, false);
    claim.claim.checkout = fixture_id(77);
    lost.voided.sale = (struct tb_sale_key){.transaction = "90", .business_date = "2026-09-21"};
    lost.voided.of = (struct tb_sale_key){.transaction = "8", .business_date = "2026-09-20"};
    words_read(f, false, text, sizeof text);
    assert_string_equal(text, "");
    applied(f, add(1, 0, 2, false));
    applied(f, claim);
    applied_at(f, OTHER_TILL, finish("9", &line, 1), TB_CHECKOUT_CONFLICT_DOUBLE);
    applied_at(f, TILL, finish("17", &line, 1), TB_CHECKOUT_CONFLICT_DOUBLE);
    applied_at(f, TILL, lost, TB_CHECKOUT_CONFLICT_UNKNOWN);
    words_read(f, false, text, sizeof text);
    assert_non_null(strstr(text, "store 0421\t2 × "));
    assert_non_null(strstr(text, "paid at Till 5 (receipt 9 of 2026-09-21), while the cart was being paid at "
                                 "Till 4\n"));
    assert_non_null(strstr(text,
                           "paid twice: at Till 4 (receipt 17 of 2026-09-21), before at Till 5 (receipt 9 "
                           "of 2026-09-21)"));
    assert_non_null(strstr(text, "Till 4 voided a sale that is not known: till-0421-4 2026-09-20 8\n"));
    struct tb_mutation late = finish("8", &line, 1);
    (void)snprintf(late.finish.sale.business_date, sizeof late.finish.sale.business_date, "2026-09-20");
    (void)say_at(f, TILL, late);
    words_read(f, true, text, sizeof text);
    assert_non_null(
        strstr(text, "\"conflict\":\"double_sale\",\"store\":\"0421\",\"terminal\":\"till-0421-4\""));
    assert_null(strstr(text, "sale_unknown")); /* its sale came */
}

static void a_sale_from_the_cart_of_another_is_booked_without_it(void **state)
{
    struct engine_fixture *f = *state;
    char text[1024];
    const struct tb_paid_line line = paid(1, 0, 2);
    struct tb_mutation m = finish("17", &line, 1);
    m.customer = tb_seed_customer_id(SEED_NUMBER, MS_RIVERA + 1);
    applied(f, add(1, 0, 2, false));
    applied_at(f, TILL, m, TB_CHECKOUT_CONFLICT_OF_OTHER);
    assert_int_equal(number(f, "SELECT count(*) FROM sale WHERE cart IS NULL AND customer IS NOT NULL"), 1);
    assert_int_equal(number(f, "SELECT count(*) FROM sale_line WHERE line IS NULL AND taken = 0"), 1);
    applied(f, finish("18", &line, 1)); /* all of it is still there to be paid */
    assert_int_equal(number(f, "SELECT sum(taken) FROM sale_line"), 2);
    words_read(f, false, text, sizeof text);
    assert_non_null(strstr(text, "Till 4 sold to one customer from another one's cart; the sale is booked, "
                                 "the cart is as it was: till-0421-4 2026-09-21 17\n"));
    assert_null(strstr(text, "paid"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_sale_keeps_its_lines, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(every_sale_has_its_touchpoints, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_number_that_the_pos_gives_twice_is_told, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_finish_is_told_once_for_more_than_a_quarter, set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(old_conflicts_and_voids_go_with_their_sales, set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(journeys_go_along_and_come_back, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(joining_tells_both_carts_and_wakes_the_customer, set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(what_nobody_comes_back_for_goes, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(carts_that_do_not_fit_are_joined_by_themselves, set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(carts_that_no_answer_could_hold_are_not_joined, set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(carts_that_grew_are_neither_taken_apart_nor_told_together, set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_shopper_does_not_declare_her_own_sale, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(the_sale_of_an_erased_customer_names_no_cart, set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_sale_from_the_cart_of_another_is_booked_without_it, set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_claim_is_in_the_rows_of_the_cart, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(who_reads_a_claim_neither_renews_nor_ends_it, set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(conflicts_are_listed_in_words, set_up, fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
