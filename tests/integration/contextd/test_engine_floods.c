/* What one account does over and over: it makes nobody else wait, and fills nobody else's feeds. */
#include "tests/integration/contextd/engine_handovers.h"
#include "tests/integration/contextd/engine_steps.h"

#include <inttypes.h>

#define WEB_DAY_MAX 40
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TEST(answering_again_and_again_makes_no_row_slower),
        ENGINE_TEST(the_newest_answer_to_each_is_said),
        ENGINE_TEST(a_customer_asks_so_often_within_a_day),
    };
    return cmocka_run_group_tests(tests, steps_set_up, steps_tear_down);
}
