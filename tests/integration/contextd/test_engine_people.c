/* What is decided about customers beside their carts. */
#include "tests/integration/contextd/engine_people.h"

#include <stdio.h>

static struct tb_journey *journey_of(struct engine_fixture *f, uint32_t customer)
{
    static struct tb_journey journey;
    static uint8_t memory[TB_ENGINE_ARENA_SIZE];
    struct tb_arena arena = tb_arena_of(memory, sizeof memory);
    struct tb_id id = tb_seed_customer_id(SEED_NUMBER, customer);
    struct tb_rows rows;
    struct tb_check check = {.err = TB_OK};
    assert_int_equal(f->engine->ops->customer_read(f->engine, &id, &arena, &rows), TB_OK);
    struct tb_json doc = doc_of(&rows, TB_ROW_JOURNEY);
    journey.event_count = 0;
    if (tb_json_exists(doc))
        tb_journey_decode(&check, doc, &journey);
    assert_int_equal(check.err, TB_OK);
    return &journey;
}

static size_t journey_count(struct engine_fixture *f, uint32_t customer, const char *what)
{
    const struct tb_journey *journey = journey_of(f, customer);
    size_t count = 0;
    for (size_t i = 0; i < journey->event_count; i++)
        count += strcmp(journey->events[i].what, what) == 0;
    return count;
}

static void points_of_a_sale_count_once(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation earned = about(0, TB_MUTATION_POINTS_EARNED);
    earned.points.points = 40;
    int64_t before = customer_of(decide(f, &till, &earned))->points;
    (void)snprintf(earned.points.sale.transaction, sizeof earned.points.sale.transaction, "1093");
    (void)snprintf(earned.points.sale.business_date, sizeof earned.points.sale.business_date, "2026-11-23");
    assert_int_equal(customer_of(decide(f, &till, &earned))->points, before + 40);
    assert_int_equal(customer_of(decide(f, &till, &earned))->points, before + 40);
    earned.points.points = -40; /* the sale was voided */
    assert_int_equal(customer_of(decide(f, &till, &earned))->points, before);
    assert_int_equal(customer_of(decide(f, &till, &earned))->points, before);
}

static void the_newest_consent_counts(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer web = fixture_web(0);
    struct tb_mutation set = about(0, TB_MUTATION_CONSENT_SET);
    (void)snprintf(set.consent.consent, sizeof set.consent.consent, "marketing");
    (void)snprintf(set.consent.text_version, sizeof set.consent.text_version, "2026-03");
    set.consent.granted = true;
    assert_true(customer_of(decide(f, &web, &set))->consents[0].granted);
    set.consent.granted = false;
    const struct tb_customer *customer = customer_of(decide(f, &web, &set));
    assert_int_equal(customer->consent_count, 1);
    assert_string_equal(customer->consents[0].id, "marketing");
    assert_false(customer->consents[0].granted);
}

static void a_credential_is_linked_and_blocked(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation link = about(0, TB_MUTATION_CREDENTIAL_LINK);
    link.link.ref = (struct tb_credential_ref){.kind = "member", .hash = {7, 7}};
    struct tb_credential_ref ref = link.link.ref;
    assert_false(identifies(f, &ref));
    assert_applied(decide(f, &till, &link), "");
    assert_true(identifies(f, &ref));
    assert_applied(decide(f, &till, &link), "");
    link.customer = tb_seed_customer_id(SEED_NUMBER, 1);
    assert_rejected(decide(f, &till, &link), "credential_taken");

    struct tb_mutation block = about(1, TB_MUTATION_CREDENTIAL_BLOCK);
    memcpy(block.block.hash, ref.hash, sizeof ref.hash);
    block.block.reason = TB_BLOCK_STOLEN;
    assert_rejected(decide(f, &till, &block), "credential_unknown"); /* of somebody else */
    block.customer = tb_seed_customer_id(SEED_NUMBER, 0);
    const struct tb_engine_answer *answer = decide(f, &till, &block);
    assert_applied(answer, "");
    assert_true(tb_json_has(doc_of(&answer->apply.rows, TB_ROW_CREDENTIAL), "blocked"));
    assert_false(identifies(f, &ref));
    link.customer = tb_seed_customer_id(SEED_NUMBER, 0);
    assert_rejected(decide(f, &till, &link), "credential_blocked");
}

static void a_new_customer_is_known_at_once(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_mutation create = {
        .kind = TB_MUTATION_CUSTOMER_CREATE, .customer = fixture_id(70), .made_ms = NOW_MS};
    create.create.ref = (struct tb_credential_ref){.kind = "member", .hash = {9}};
    (void)snprintf(create.create.name, sizeof create.create.name, "Ana P.");
    (void)snprintf(create.create.language, sizeof create.create.language, "pt");
    const struct tb_customer *customer = customer_of(decide(f, &kiosk, &create));
    assert_string_equal(customer->name, "Ana P.");
    assert_int_equal(customer->points, 0);
    assert_true(customer->tier[0] != '\0');
    assert_true(identifies(f, &create.create.ref));
    assert_rejected(decide(f, &kiosk, &create), "customer_exists");
    create.customer = fixture_id(71);
    assert_rejected(decide(f, &kiosk, &create), "credential_taken");
}

static struct tb_mutation reward(enum tb_mutation_kind kind, unsigned reservation)
{
    struct tb_mutation m = about(0, kind);
    m.reward.reservation = fixture_id(reservation);
    (void)snprintf(m.reward.reward, sizeof m.reward.reward, "coffee");
    return m;
}

static void a_reward_is_used_once(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation reserve = reward(TB_MUTATION_REWARD_RESERVE, 80);
    struct tb_mutation other = reward(TB_MUTATION_REWARD_RESERVE, 81);
    assert_applied(decide(f, &till, &reserve), "");
    assert_rejected(decide(f, &till, &other), "reward_taken");
    struct tb_mutation release = reward(TB_MUTATION_REWARD_RELEASE, 80);
    assert_applied(decide(f, &till, &release), "");
    assert_applied(decide(f, &till, &other), "");
    f->wall_ms += INT64_C(15) * 60 * 1000; /* and nobody came back */
    assert_applied(decide(f, &till, &reserve), "");

    struct tb_mutation commit = reward(TB_MUTATION_REWARD_COMMIT, 80);
    assert_applied(decide(f, &till, &commit), "");
    assert_applied(decide(f, &till, &commit), "");
    struct tb_mutation twice = reward(TB_MUTATION_REWARD_COMMIT, 82);
    twice.reward.offline = true;
    assert_applied(decide(f, &till, &twice), "reward_double");
    assert_rejected(decide(f, &till, &other), "reward_used");
    (void)snprintf(reserve.reward.reward, sizeof reserve.reward.reward, "yacht");
    assert_rejected(decide(f, &till, &reserve), "reward_unknown");
}

static void the_longest_reward_is_reserved(void **state)
{
    struct engine_fixture *f = *state;
    const struct tb_record record = {.kind = TB_RECORD_REWARD,
                                     .as.reward = {.customer = tb_seed_customer_id(SEED_NUMBER, 0),
                                                   .reward = "a-reward-with-the-longest-name.",
                                                   .text = "x"}};
    assert_int_equal(strlen(record.as.reward.reward), TB_REWARD_SIZE_MAX);
    engine_fixture_load(f, &record);
    struct tb_engine_peer web = fixture_web(0);
    struct tb_mutation reserve = reward(TB_MUTATION_REWARD_RESERVE, 85);
    (void)snprintf(reserve.reward.reward, sizeof reserve.reward.reward, "%s", record.as.reward.reward);
    const struct tb_engine_answer *answer = decide(f, &web, &reserve);
    assert_applied(answer, "");
    assert_int_equal(answer->apply.rows.count, 1);
    assert_int_equal(strlen(answer->apply.rows.at[0].id), TB_ROW_ID_SIZE_MAX);
}

static struct tb_mutation viewed(const char *id, unsigned visit)
{
    struct tb_mutation m = {.kind = TB_MUTATION_JOURNEY_EVENT, .visit = fixture_id(visit), .made_ms = NOW_MS};
    m.event = (struct tb_cloud_event){.id = tb_span_str(id),
                                      .source = tb_span_str("/kiosk/1"),
                                      .type = tb_span_str("product.viewed"),
                                      .subject = tb_span_str("00000000000017")};
    return m;
}

static void what_happened_before_she_was_known_becomes_hers(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_mutation first = viewed("1", 90);
    struct tb_mutation second = viewed("2", 90);
    size_t before = journey_count(f, 0, "product.viewed");
    assert_applied(decide(f, &kiosk, &first), "");
    assert_applied(decide(f, &kiosk, &first), ""); /* the same event, told twice */
    assert_applied(decide(f, &kiosk, &second), "");
    assert_int_equal(journey_count(f, 0, "product.viewed"), before);
    struct tb_mutation begin = about(0, TB_MUTATION_VISIT_BEGIN);
    begin.visit = fixture_id(90);
    (void)snprintf(begin.visit_begin.source, sizeof begin.visit_begin.source, "cache");
    const struct tb_engine_answer *answer = decide(f, &kiosk, &begin);
    assert_applied(answer, "");
    assert_true(answer->apply.change_count > 0); /* her readers are woken */
    assert_int_equal(journey_count(f, 0, "product.viewed"), before + 2);
}

static void a_visit_ends_where_it_is(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_engine_peer other = fixture_till("till-0421-5");
    struct tb_mutation begin = about(1, TB_MUTATION_VISIT_BEGIN);
    begin.visit = fixture_id(91);
    (void)snprintf(begin.visit_begin.source, sizeof begin.visit_begin.source, "store");
    assert_applied(decide(f, &till, &begin), "");
    struct tb_mutation end = about(1, TB_MUTATION_VISIT_END);
    end.visit = begin.visit;
    end.visit_end.lasted_ms = 61000;
    (void)snprintf(end.visit_end.reason, sizeof end.visit_end.reason, "done");
    assert_rejected(decide(f, &other, &end), "visit_unknown");
    assert_applied(decide(f, &till, &end), "");
    assert_int_equal(journey_count(f, 1, "store.visited"), 1);
    end.visit = fixture_id(92); /* its beginning was given up: the end is still worth something */
    assert_applied(decide(f, &till, &end), "");
}

static void nobody_takes_what_happened_in_anothers_visit(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer web = fixture_web(1);
    struct tb_mutation begin = {.kind = TB_MUTATION_VISIT_BEGIN, .visit = fixture_id(93), .made_ms = NOW_MS};
    (void)snprintf(begin.visit_begin.source, sizeof begin.visit_begin.source, "cache");
    assert_applied(decide(f, &kiosk, &begin), "");
    struct tb_mutation event = viewed("7", 93);
    assert_applied(decide(f, &kiosk, &event), "");
    struct tb_mutation thief = about(1, TB_MUTATION_VISIT_BEGIN);
    thief.visit = begin.visit;
    (void)snprintf(thief.visit_begin.source, sizeof thief.visit_begin.source, "store");
    assert_rejected(decide(f, &web, &thief), "visit_unknown");
    assert_int_equal(journey_count(f, 1, "product.viewed"), 0);
    struct tb_mutation planted = viewed("8", 93);
    planted.customer = tb_seed_customer_id(SEED_NUMBER, 1);
    assert_rejected(decide(f, &web, &planted), "visit_unknown");
    begin.customer = tb_seed_customer_id(SEED_NUMBER, 0);
    assert_applied(decide(f, &kiosk, &begin), "");
    begin.customer = tb_seed_customer_id(SEED_NUMBER, 2);
    assert_rejected(decide(f, &kiosk, &begin), "visit_unknown"); /* it is somebody's already */
}

static void a_handover_is_not_taken_over_by_its_id(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer web = fixture_web(1);
    struct tb_mutation ask = about(0, TB_MUTATION_HANDOVER_REQUEST);
    ask.handover.handover = fixture_id(96);
    (void)snprintf(ask.handover.to, sizeof ask.handover.to, "any");
    (void)snprintf(ask.handover.note, sizeof ask.handover.note, "wants the blue one");
    assert_applied(decide(f, &kiosk, &ask), "");
    assert_applied(decide(f, &kiosk, &ask), "");
    struct tb_mutation thief = ask;
    thief.customer = tb_seed_customer_id(SEED_NUMBER, 1);
    assert_rejected(decide(f, &web, &thief), "handover_taken");
}

static void the_first_who_accepts_serves_her(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_engine_peer other = fixture_till("till-0421-5");
    struct tb_mutation ask = about(0, TB_MUTATION_HANDOVER_REQUEST);
    struct tb_mutation accept = about(0, TB_MUTATION_HANDOVER_ACCEPT);
    struct tb_handover handover;
    struct tb_check check = {.err = TB_OK};
    ask.handover.handover = accept.handover.handover = fixture_id(95);
    (void)snprintf(ask.handover.to, sizeof ask.handover.to, "any");
    (void)snprintf(ask.handover.note, sizeof ask.handover.note, "wants the blue one");
    assert_rejected(decide(f, &till, &accept), "handover_unknown");
    assert_applied(decide(f, &kiosk, &ask), "");
    const struct tb_engine_answer *answer = decide(f, &till, &accept);
    assert_applied(answer, "");
    tb_handover_decode(&check, doc_of(&answer->apply.rows, TB_ROW_HANDOVER), &handover);
    assert_int_equal(check.err, TB_OK);
    assert_int_equal(handover.state, TB_HANDOVER_ACCEPTED);
    assert_string_equal(handover.by, "Till 4");
    assert_string_equal(handover.note, "wants the blue one");
    assert_applied(decide(f, &till, &accept), "");
    assert_rejected(decide(f, &other, &accept), "handover_taken");
}

static void a_shopper_cannot_help_herself(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer web = fixture_web(0);
    static const enum tb_mutation_kind kinds[] = {TB_MUTATION_POINTS_EARNED, TB_MUTATION_REWARD_COMMIT,
                                                  TB_MUTATION_CREDENTIAL_LINK, TB_MUTATION_CUSTOMER_CREATE,
                                                  TB_MUTATION_HANDOVER_DECLINE};
    for (size_t i = 0; i < TB_ARRAY_SIZE(kinds); i++) {
        struct tb_mutation m = about(0, kinds[i]);
        if (kinds[i] == TB_MUTATION_POINTS_EARNED)
            m.points.points = 1000000;
        else if (kinds[i] == TB_MUTATION_REWARD_COMMIT)
            (void)snprintf(m.reward.reward, sizeof m.reward.reward, "coffee");
        else if (kinds[i] == TB_MUTATION_CREDENTIAL_LINK)
            m.link.ref = (struct tb_credential_ref){.kind = "member"};
        else if (kinds[i] == TB_MUTATION_CUSTOMER_CREATE)
            memcpy(m.create.language, "en", 3);
        assert_rejected(decide(f, &web, &m), "not_allowed");
        m.customer = tb_seed_customer_id(SEED_NUMBER, 1);
        assert_rejected(decide(f, &web, &m), "cart_of_other");
    }
}

static void many_in_one_batch_are_answered_in_parts(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation batch[TB_MUTATION_BATCH_MAX];
    for (size_t i = 0; i < TB_MUTATION_BATCH_MAX; i++) {
        batch[i] = about((uint32_t)i % 8, TB_MUTATION_POINTS_EARNED);
        batch[i].seq = (int64_t)i + 1;
        batch[i].points.points = 1;
    }
    size_t done = 0;
    while (done < TB_MUTATION_BATCH_MAX) {
        struct tb_engine_request request = fixture_apply(&till, batch + done, TB_MUTATION_BATCH_MAX - done);
        const struct tb_engine_answer *answer = engine_fixture_ask(f, &request);
        assert_int_equal(answer->err, TB_OK);
        assert_true(answer->apply.count >= 1 && answer->apply.rows.count >= 1);
        for (size_t i = 0; i < answer->apply.count; i++)
            assert_int_equal(answer->apply.verdicts[i].kind, TB_VERDICT_APPLIED);
        done += answer->apply.count;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(points_of_a_sale_count_once, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(the_newest_consent_counts, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_credential_is_linked_and_blocked, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_new_customer_is_known_at_once, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_reward_is_used_once, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(the_longest_reward_is_reserved, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(nobody_takes_what_happened_in_anothers_visit, set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_handover_is_not_taken_over_by_its_id, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(what_happened_before_she_was_known_becomes_hers, set_up,
                                        fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_visit_ends_where_it_is, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(the_first_who_accepts_serves_her, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(a_shopper_cannot_help_herself, set_up, fixture_tear_down),
        cmocka_unit_test_setup_teardown(many_in_one_batch_are_answered_in_parts, set_up, fixture_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
