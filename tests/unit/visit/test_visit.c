#include "core/visit/visit.h"
#include "tests/support/seeded_rng.h"
#include "tests/support/unit.h"

enum { TAP = 7 };

static const int64_t wall_0_ms = 1700000000000;

static struct tb_visit visit;
static struct tb_visit_end end;
static struct seeded_rng generator;
static struct tb_rng rng;

static int setup(void **state)
{
    (void)state;
    const struct tb_visit_policy policy = tb_visit_policy_default();
    tb_visit_init(&visit, &policy);
    generator = (struct seeded_rng){.state = 1};
    rng = seeded_rng_of(&generator);
    end = (struct tb_visit_end){.took_ms = -1};
    return 0;
}

static struct tb_visit_start start_of(uint8_t customer, uint64_t tap)
{
    return (struct tb_visit_start){.known = true,
                                   .customer = {{customer}},
                                   .credential_kind = TB_CREDENTIAL_MEMBER,
                                   .reader = 2,
                                   .tap = tap};
}

static enum tb_visit_begun begin(uint8_t customer, uint64_t tap, int64_t now_ms)
{
    const struct tb_visit_start start = start_of(customer, tap);
    return tb_visit_begin(&visit, &start, &rng, now_ms, wall_0_ms + now_ms, &end);
}

static void ends_at(int64_t at_ms, enum tb_visit_reason reason)
{
    assert_int_equal(tb_visit_deadline_ms(&visit), at_ms);
    assert_false(tb_visit_tick(&visit, at_ms - 1, &end));
    assert_true(tb_visit_tick(&visit, at_ms, &end));
    assert_string_equal(tb_visit_reason_name(end.reason), tb_visit_reason_name(reason));
    assert_int_equal(tb_visit_deadline_ms(&visit), INT64_MAX);
    assert_false(tb_visit_tick(&visit, at_ms + 1, &end));
}

static void nothing_before_the_first_visit(void **state)
{
    (void)state;
    assert_false(visit.open);
    assert_int_equal(visit.last_reason, TB_VISIT_ENDED_RESTART);
    assert_int_equal(tb_visit_deadline_ms(&visit), INT64_MAX);
    assert_false(tb_visit_finish(&visit, TB_VISIT_ENDED_DONE, 0, &end));
    tb_visit_activity(&visit, 5);
    tb_visit_card_gone(&visit, TAP, 5);
    assert_int_equal(tb_visit_deadline_ms(&visit), INT64_MAX);
    assert_int_equal(end.took_ms, -1);
}

static void done_tells_what_ended(void **state)
{
    (void)state;
    assert_int_equal(begin(1, TAP, 1000), TB_VISIT_BEGAN);
    struct tb_id id = visit.id;
    assert_false(tb_id_is_zero(&id));
    assert_true(tb_visit_finish(&visit, TB_VISIT_ENDED_DONE, 5000, &end));
    assert_true(tb_id_equal(&end.id, &id));
    assert_int_equal(end.took_ms, 4000);
    assert_int_equal(end.began_wall_ms, wall_0_ms + 1000);
    assert_int_equal(end.start.reader, 2);
    assert_int_equal(visit.last_reason, TB_VISIT_ENDED_DONE);
    assert_false(tb_visit_finish(&visit, TB_VISIT_ENDED_DONE, 5000, &end));
}

static void nothing_of_the_customer_stays(void **state)
{
    (void)state;
    static const uint8_t nothing[sizeof visit.start];
    assert_int_equal(begin(1, TAP, 1000), TB_VISIT_BEGAN);
    assert_true(tb_visit_finish(&visit, TB_VISIT_ENDED_CHECKOUT, 5000, &end));
    assert_memory_equal(&visit.start, nothing, sizeof nothing);
    assert_true(tb_id_is_zero(&visit.id));
}

static void idle_ends_a_code_visit(void **state)
{
    (void)state;
    assert_int_equal(begin(1, 0, 1000), TB_VISIT_BEGAN);
    tb_visit_card_gone(&visit, 0, 2000);
    ends_at(121000, TB_VISIT_ENDED_IDLE);
}

static void activity_puts_idle_off(void **state)
{
    (void)state;
    assert_int_equal(begin(1, 0, 1000), TB_VISIT_BEGAN);
    tb_visit_activity(&visit, 60000);
    ends_at(180000, TB_VISIT_ENDED_IDLE);
}

static void removal_ends_a_tap_visit(void **state)
{
    (void)state;
    assert_int_equal(begin(1, TAP, 1000), TB_VISIT_BEGAN);
    assert_int_equal(tb_visit_deadline_ms(&visit), 121000);
    tb_visit_card_gone(&visit, TAP, 3000);
    tb_visit_card_gone(&visit, TAP, 4000); /* said twice: the first counts */
    ends_at(13000, TB_VISIT_ENDED_REMOVED);
}

static void card_that_comes_back_keeps_the_visit(void **state)
{
    (void)state;
    assert_int_equal(begin(1, TAP, 1000), TB_VISIT_BEGAN);
    tb_visit_card_gone(&visit, TAP, 3000);
    tb_visit_card_back(&visit, TAP, 3500);
    ends_at(123500, TB_VISIT_ENDED_IDLE);
}

static void work_on_the_visit_puts_removal_off(void **state)
{
    (void)state;
    assert_int_equal(begin(1, TAP, 1000), TB_VISIT_BEGAN);
    tb_visit_card_gone(&visit, TAP, 3000);
    tb_visit_activity(&visit, 9000);
    ends_at(19000, TB_VISIT_ENDED_REMOVED);
}

static void removal_of_another_card_is_nothing(void **state)
{
    (void)state;
    assert_int_equal(begin(1, TAP, 1000), TB_VISIT_BEGAN);
    tb_visit_card_gone(&visit, TAP + 1, 3000);
    assert_int_equal(tb_visit_deadline_ms(&visit), 121000);
    tb_visit_card_gone(&visit, TAP, 3000);
    tb_visit_card_back(&visit, TAP + 1, 3500);
    assert_int_equal(tb_visit_deadline_ms(&visit), 13000);
}

static void same_customer_goes_on(void **state)
{
    (void)state;
    assert_int_equal(begin(1, TAP, 1000), TB_VISIT_BEGAN);
    struct tb_id id = visit.id;
    tb_visit_card_gone(&visit, TAP, 3000);
    assert_int_equal(begin(1, TAP + 1, 8000), TB_VISIT_GOES_ON);
    assert_true(tb_id_equal(&visit.id, &id));
    assert_int_equal(visit.began_ms, 1000);
    assert_int_equal(tb_visit_deadline_ms(&visit), 128000);
    tb_visit_card_gone(&visit, TAP, 9000); /* the card of before: long gone */
    assert_int_equal(tb_visit_deadline_ms(&visit), 128000);
    tb_visit_card_gone(&visit, TAP + 1, 9000);
    ends_at(19000, TB_VISIT_ENDED_REMOVED);
}

/* A weaker proof later takes nothing away; another visit begins with its own. */
static void the_strongest_proof_counts(void **state)
{
    (void)state;
    static const enum tb_assurance shown[] = {TB_ASSURANCE_LOW, TB_ASSURANCE_HIGH, TB_ASSURANCE_MEDIUM};
    static const enum tb_assurance wanted[] = {TB_ASSURANCE_LOW, TB_ASSURANCE_HIGH, TB_ASSURANCE_HIGH};
    for (unsigned i = 0; i < 3; i++) {
        struct tb_visit_start start = start_of(1, 0);
        start.assurance = shown[i];
        (void)tb_visit_begin(&visit, &start, &rng, i, wall_0_ms, &end);
        assert_int_equal(visit.start.assurance, wanted[i]);
    }
    struct tb_visit_start other = start_of(2, 0);
    other.assurance = TB_ASSURANCE_LOW;
    assert_int_equal(tb_visit_begin(&visit, &other, &rng, 9, wall_0_ms, &end), TB_VISIT_REPLACED);
    assert_int_equal(visit.start.assurance, TB_ASSURANCE_LOW);
}

static void other_customer_replaces(void **state)
{
    (void)state;
    assert_int_equal(begin(1, TAP, 1000), TB_VISIT_BEGAN);
    struct tb_id id = visit.id;
    assert_int_equal(begin(2, TAP + 1, 8000), TB_VISIT_REPLACED);
    assert_int_equal(end.reason, TB_VISIT_ENDED_OTHER);
    assert_true(tb_id_equal(&end.id, &id));
    assert_int_equal(end.took_ms, 7000);
    assert_false(tb_id_equal(&visit.id, &id));
    assert_int_equal(visit.start.customer.bytes[0], 2);
}

static enum tb_visit_begun begin_anonymous(int64_t now_ms)
{
    const struct tb_visit_start anonymous = {.known = false, .reader = TB_VISIT_NO_READER};
    return tb_visit_begin(&visit, &anonymous, &rng, now_ms, wall_0_ms, &end);
}

static void a_customer_joins_an_anonymous_visit(void **state)
{
    (void)state;
    assert_int_equal(begin_anonymous(0), TB_VISIT_BEGAN);
    struct tb_id id = visit.id;
    assert_int_equal(begin_anonymous(5), TB_VISIT_GOES_ON);
    assert_int_equal(begin(0, TAP, 10), TB_VISIT_JOINED); /* even if her key were all zeros */
    assert_true(tb_id_equal(&visit.id, &id));
    assert_true(visit.start.known);
    assert_int_equal(visit.began_ms, 0);
    assert_int_equal(tb_visit_deadline_ms(&visit), 120010);
    assert_int_equal(end.took_ms, -1);
    tb_visit_card_gone(&visit, TAP, 20);
    ends_at(10020, TB_VISIT_ENDED_REMOVED);
}

static void a_customer_never_becomes_anonymous(void **state)
{
    (void)state;
    assert_int_equal(begin(1, TAP, 0), TB_VISIT_BEGAN);
    struct tb_id id = visit.id;
    assert_int_equal(begin_anonymous(10), TB_VISIT_REPLACED);
    assert_true(end.start.known);
    assert_false(tb_id_equal(&visit.id, &id));
    assert_false(visit.start.known);
}

static void policy_counts_for_the_open_visit(void **state)
{
    (void)state;
    const struct tb_visit_policy policy = {.idle_ms = 500, .removal_ms = 0};
    assert_int_equal(begin(1, TAP, 1000), TB_VISIT_BEGAN);
    tb_visit_set_policy(&visit, &policy);
    assert_int_equal(tb_visit_deadline_ms(&visit), 1500);
    tb_visit_card_gone(&visit, TAP, 1200);
    ends_at(1200, TB_VISIT_ENDED_REMOVED);
}

/* What a policy document may say does not fit 32 bits: 49 days would have become a moment. */
static void policy_of_a_year_is_a_year(void **state)
{
    (void)state;
    const int64_t year_ms = INT64_C(366) * 24 * 3600 * 1000;
    const struct tb_visit_policy policy = {.idle_ms = year_ms, .removal_ms = year_ms};
    assert_int_equal(begin(1, TAP, 1000), TB_VISIT_BEGAN);
    tb_visit_set_policy(&visit, &policy);
    assert_int_equal(tb_visit_deadline_ms(&visit), 1000 + year_ms);
}

static void reason_names_are_those_of_the_page(void **state)
{
    (void)state;
    assert_string_equal(tb_visit_reason_name(TB_VISIT_ENDED_DONE), "done");
    assert_string_equal(tb_visit_reason_name(TB_VISIT_ENDED_REMOVED), "removed");
    assert_string_equal(tb_visit_reason_name(TB_VISIT_ENDED_IDLE), "idle");
    assert_string_equal(tb_visit_reason_name(TB_VISIT_ENDED_RESTART), "restart");
    assert_string_equal(tb_visit_reason_name(TB_VISIT_ENDED_OTHER), "other");
    assert_string_equal(tb_visit_reason_name(TB_VISIT_ENDED_CHECKOUT), "checkout");
    assert_string_equal(tb_visit_reason_name(TB_VISIT_ENDED_NOT_ME), "not_me");
    assert_string_equal(tb_visit_reason_name(TB_VISIT_ENDED_FORGET), "forget");
    assert_string_equal(tb_visit_reason_name(TB_VISIT_ENDED_HANDOVER), "handover");
}

static void source_names_are_those_of_the_protocol(void **state)
{
    (void)state;
    static const char *const names[TB_VISIT_SOURCE_COUNT] = {"cache",  "store",    "found",    "created",
                                                             "chosen", "handover", "anonymous"};
    for (unsigned i = 0; i < TB_VISIT_SOURCE_COUNT; i++)
        assert_string_equal(tb_visit_source_name((enum tb_visit_source)i), names[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_before_the_first_visit, setup),
        cmocka_unit_test_setup(done_tells_what_ended, setup),
        cmocka_unit_test_setup(nothing_of_the_customer_stays, setup),
        cmocka_unit_test_setup(idle_ends_a_code_visit, setup),
        cmocka_unit_test_setup(activity_puts_idle_off, setup),
        cmocka_unit_test_setup(removal_ends_a_tap_visit, setup),
        cmocka_unit_test_setup(card_that_comes_back_keeps_the_visit, setup),
        cmocka_unit_test_setup(work_on_the_visit_puts_removal_off, setup),
        cmocka_unit_test_setup(removal_of_another_card_is_nothing, setup),
        cmocka_unit_test_setup(same_customer_goes_on, setup),
        cmocka_unit_test_setup(the_strongest_proof_counts, setup),
        cmocka_unit_test_setup(other_customer_replaces, setup),
        cmocka_unit_test_setup(a_customer_joins_an_anonymous_visit, setup),
        cmocka_unit_test_setup(a_customer_never_becomes_anonymous, setup),
        cmocka_unit_test_setup(policy_counts_for_the_open_visit, setup),
        cmocka_unit_test_setup(policy_of_a_year_is_a_year, setup),
        cmocka_unit_test_setup(reason_names_are_those_of_the_page, setup),
        cmocka_unit_test_setup(source_names_are_those_of_the_protocol, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
