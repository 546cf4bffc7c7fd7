/* Where the chain asks for a clerk's badge: who looks at people has signed on, and no change is lost for it.
 */
#include "tests/integration/contextd/engine_people.h"

#include <stdio.h>

static void policy_set(struct engine_fixture *f, const char *answer)
{
    engine_fixture_load(f,
                        &(struct tb_record){.kind = TB_RECORD_POLICY, .as.policy.operator_required = answer});
}

static void clerk_put(struct engine_fixture *f, const char *id, const char *store, bool active)
{
    engine_fixture_load(
        f, &(struct tb_record){.kind = TB_RECORD_OPERATOR,
                               .as.clerk = {.id = id, .name = "Kim Berg", .store = store, .active = active}});
}

static enum tb_err find_by(struct engine_fixture *f, const char *clerk)
{
    struct tb_engine_request request = {
        .ask = TB_ENGINE_FIND,
        .peer = fixture_till("till-0421-4"),
        .find = {.by = TB_FIND_MEMBER, .value = "0000000001", .reason = "no_card"}};
    (void)snprintf(request.find.operator, sizeof request.find.operator, "%s", clerk);
    return engine_fixture_ask(f, &request)->err;
}

static enum tb_err open_by(struct engine_fixture *f, const char *clerk)
{
    struct tb_engine_request request = {.ask = TB_ENGINE_FETCH,
                                        .peer = fixture_till("till-0421-4"),
                                        .fetch.customer = tb_seed_customer_id(SEED_NUMBER, 0)};
    (void)snprintf(request.fetch.operator, sizeof request.fetch.operator, "%s", clerk);
    return engine_fixture_ask(f, &request)->err;
}

static void check_looks(struct engine_fixture *f, const char *clerk, enum tb_err expected)
{
    assert_int_equal(find_by(f, clerk), expected);
    assert_int_equal(open_by(f, clerk), expected);
}

/* How many entries of that kind there are, and by whom the newest is. */
static unsigned audited(struct engine_fixture *f, const char *what, struct tb_audit_entry *ret_last)
{
    const struct tb_audit_filter all = {.since_ms = 0};
    struct tb_audit_entry entry = {.number = 0};
    unsigned count = 0;
    while (f->engine->ops->audit_next(f->engine, &all, &entry, &entry) == TB_OK) {
        if (strcmp(entry.what, what) != 0)
            continue;
        count++;
        *ret_last = entry;
    }
    return count;
}

static void nobody_has_to_sign_on_unless_it_is_asked_for(void **state)
{
    struct engine_fixture *f = *state;
    check_looks(f, "", TB_OK);
    policy_set(f, "yes");
    check_looks(f, "", TB_ERR_OPERATOR);
    engine_fixture_reopen(f);
    check_looks(f, "", TB_ERR_OPERATOR);
    policy_set(f, NULL); /* as it is */
    check_looks(f, "", TB_ERR_OPERATOR);
    policy_set(f, "no");
    check_looks(f, "", TB_OK);
}

static void only_who_may_sign_on_there_counts(void **state)
{
    struct engine_fixture *f = *state;
    policy_set(f, "yes");
    check_looks(f, "op-7", TB_ERR_OPERATOR); /* nobody knows her */
    clerk_put(f, "op-7", "0421", true);
    check_looks(f, "op-7", TB_OK);
    clerk_put(f, "op-7", "", true);
    check_looks(f, "op-7", TB_OK);
    clerk_put(f, "op-7", "0007", true);
    check_looks(f, "op-7", TB_ERR_OPERATOR);
    clerk_put(f, "op-7", "", false);
    check_looks(f, "op-7", TB_ERR_OPERATOR);
    engine_fixture_load(
        f, &(struct tb_record){.kind = TB_RECORD_OPERATOR, .as.clerk = {.id = "op-7", .removed = true}});
    check_looks(f, "op-7", TB_ERR_OPERATOR);
}

static void a_look_that_was_refused_is_none(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_audit_entry last;
    engine_fixture_load(f, &(struct tb_record){.kind = TB_RECORD_POLICY, .as.policy.finds_max = 1});
    policy_set(f, "yes");
    clerk_put(f, "op-7", "", true);
    for (unsigned i = 0; i < 3; i++)
        check_looks(f, "", TB_ERR_OPERATOR);
    assert_int_equal(audited(f, "customer.find", &last) + audited(f, "customer.open", &last), 0);
    assert_int_equal(find_by(f, "op-7"), TB_OK); /* nor does it count towards the limit */
    assert_int_equal(find_by(f, "op-7"), TB_ERR_FIND_LIMIT);
}

/* A terminal may have made it before it heard of the policy: the line was down, say. */
static void a_change_that_names_nobody_is_not_lost_for_it(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_audit_entry last = {.number = 0};
    policy_set(f, "yes");
    struct tb_mutation add = about(0, TB_MUTATION_NOTE_ADD);
    add.staff_note.note = fixture_id(60);
    (void)snprintf(add.staff_note.text, sizeof add.staff_note.text, "asks for a bag");
    assert_applied(decide(f, &till, &add), "");
    assert_int_equal(audited(f, "note.add", &last), 1);
    assert_string_equal(last.operator, "");
}

#define BADGE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, fixture_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BADGE_TEST(nobody_has_to_sign_on_unless_it_is_asked_for),
        BADGE_TEST(only_who_may_sign_on_there_counts),
        BADGE_TEST(a_look_that_was_refused_is_none),
        BADGE_TEST(a_change_that_names_nobody_is_not_lost_for_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
