#include "core/base/assert.h"
#include "tests/unit/identify/identify_test.h"

static const struct tb_replay once = {.rule = TB_REPLAY_ONCE, .name = {7}, .forget_ms = 90000};

static struct tb_judgement proof_of(const char *member, const char *evidence, const struct tb_replay *replay)
{
    struct tb_judgement j = {.verdict = TB_JUDGED_CREDENTIAL,
                             .reason = TB_REASON_MEMBER_ROTATING,
                             .assurance = TB_ASSURANCE_MEDIUM};
    if (member)
        assert_int_equal(tb_credential_set(TB_CREDENTIAL_MEMBER, tb_span_str(member), &j.credential), TB_OK);
    if (evidence) {
        j.evidence_size = (uint8_t)strlen(evidence);
        memcpy(j.evidence, evidence, j.evidence_size);
    }
    if (replay)
        j.replay = *replay;
    return j;
}

static void judged_tap(const struct tb_judgement *j)
{
    began(card_1);
    tb_identify_judged(&machine, NFC, j, now_ms);
}

static void next_visit(enum tb_assurance assurance, enum tb_credential_kind kind)
{
    struct tb_identify_action action = next_action(TB_IDENTIFY_BEGIN_VISIT);
    assert_string_equal(tb_assurance_name(action.assurance), tb_assurance_name(assurance));
    assert_int_equal(action.credential_kind, kind);
    next_feedback(TB_FEEDBACK_WELCOME);
    no_more_actions();
}

/* Taps what is good once, up to its claim; returns the attempt. */
static uint64_t claim_begun(void)
{
    const struct tb_judgement j = proof_of("0001234567", NULL, &once);
    judged_tap(&j);
    uint64_t attempt = next_action(TB_IDENTIFY_LOOK_UP).attempt;
    tb_identify_looked_up(&machine, attempt, TB_LOOKUP_HIT, &customer_1, now_ms);
    assert_int_equal(next_action(TB_IDENTIFY_CLAIM).attempt, attempt);
    no_more_actions();
    const struct tb_judgement *held = tb_identify_judgement(&machine, attempt);
    assert_memory_equal(&held->replay, &once, sizeof once);
    return attempt;
}

static void verified(uint64_t attempt, enum tb_assurance assurance)
{
    const struct tb_identify_proven proven = {TB_CREDENTIAL_TAG, assurance, customer_1};
    tb_identify_verified(&machine, attempt, &proven, now_ms);
}

static void what_is_good_once_is_claimed_first(void **state)
{
    (void)state;
    uint64_t attempt = claim_begun();
    tb_identify_looked_up(&machine, attempt, TB_LOOKUP_HIT, &customer_2, now_ms);
    no_more_actions();
    tb_identify_claimed(&machine, attempt, TB_CLAIMED_FRESH, now_ms);
    (void)next_outcome(TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_CACHE);
    next_visit(TB_ASSURANCE_MEDIUM, TB_CREDENTIAL_MEMBER);
}

static void claim_ends(enum tb_claimed claimed, enum tb_outcome outcome, enum tb_reason reason,
                       enum tb_feedback feedback)
{
    tb_identify_claimed(&machine, claim_begun(), claimed, now_ms);
    (void)next_outcome(outcome, reason);
    next_feedback(feedback);
    no_more_actions();
}

static void what_was_used_is_replayed(void **state)
{
    (void)state;
    claim_ends(TB_CLAIMED_USED, TB_OUTCOME_REPLAYED, TB_REASON_PROOF_REPLAYED, TB_FEEDBACK_REPLAYED);
}

static void what_cannot_be_remembered_is_refused(void **state)
{
    (void)state;
    claim_ends(TB_CLAIMED_FAILED, TB_OUTCOME_UNREADABLE, TB_REASON_REPLAY_MEMORY, TB_FEEDBACK_AGAIN);
    tick_after(5000);
    tb_identify_tag_gone(&machine, NFC, now_ms);
    (void)next_action(TB_IDENTIFY_CARD_GONE);
    tick_after(5000);
    uint64_t attempt = claim_begun();
    tick_after(2000);
    (void)next_outcome(TB_OUTCOME_UNREADABLE, TB_REASON_REPLAY_MEMORY);
    next_feedback(TB_FEEDBACK_AGAIN);
    tb_identify_claimed(&machine, attempt, TB_CLAIMED_FRESH, now_ms);
    no_more_actions();
}

/* Who is unknown here may show the same code again when the line is back. */
static void nothing_is_claimed_for_nobody(void **state)
{
    (void)state;
    const struct tb_judgement j = proof_of("0001234567", NULL, &once);
    judged_tap(&j);
    uint64_t attempt = next_action(TB_IDENTIFY_LOOK_UP).attempt;
    tb_identify_looked_up(&machine, attempt, TB_LOOKUP_MISS, NULL, now_ms);
    (void)next_action(TB_IDENTIFY_ASK);
    tb_identify_answered(&machine, attempt, TB_ANSWER_OFFLINE, NULL, now_ms);
    (void)next_outcome(TB_OUTCOME_UNKNOWN, TB_REASON_STORE_OFFLINE);
}

static uint64_t evidence_asked(const char *member)
{
    const struct tb_judgement j = proof_of(member, "e=1&c=2", &once);
    judged_tap(&j);
    uint64_t attempt = next_action(TB_IDENTIFY_ASK).attempt;
    no_more_actions();
    assert_true(tb_span_is(tb_judgement_evidence(tb_identify_judgement(&machine, attempt)), "e=1&c=2"));
    return attempt;
}

static void evidence_is_verified_by_the_store(void **state)
{
    (void)state;
    uint64_t attempt = evidence_asked(NULL);
    verified(attempt, TB_ASSURANCE_MEDIUM);
    struct tb_identify_action action = next_outcome(TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_STORE);
    assert_int_equal(action.assurance, TB_ASSURANCE_MEDIUM);
    next_visit(TB_ASSURANCE_MEDIUM, TB_CREDENTIAL_TAG);
}

/* A tag whose UID is encrypted says nothing to this terminal, and is asked about all the same. */
static void evidence_of_what_is_unknown_here_is_asked_for(void **state)
{
    (void)state;
    struct tb_judgement j = proof_of(NULL, "e=1&c=2", NULL);
    j.verdict = TB_JUDGED_UNKNOWN;
    j.reason = TB_REASON_PROOF_NO_KEY;
    j.assurance = TB_ASSURANCE_NONE;
    struct tb_identify_policy policy = tb_identify_policy_default();
    policy.uid_accepted = true;
    tb_identify_set_policy(&machine, &policy);
    judged_tap(&j);
    verified(next_action(TB_IDENTIFY_ASK).attempt, TB_ASSURANCE_MEDIUM);
    (void)next_outcome(TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_STORE);
    next_visit(TB_ASSURANCE_MEDIUM, TB_CREDENTIAL_TAG);
}

static void evidence_that_nobody_verifies_is_low(void **state)
{
    (void)state;
    uint64_t attempt = evidence_asked("0001234567");
    tb_identify_answered(&machine, attempt, TB_ANSWER_OFFLINE, NULL, now_ms);
    assert_int_equal(next_action(TB_IDENTIFY_LOOK_UP).attempt, attempt);
    tb_identify_looked_up(&machine, attempt, TB_LOOKUP_HIT, &customer_1, now_ms);
    struct tb_identify_action action = next_outcome(TB_OUTCOME_RECOGNISED, TB_REASON_PROOF_UNVERIFIED);
    assert_int_equal(action.assurance, TB_ASSURANCE_LOW);
    next_visit(TB_ASSURANCE_LOW, TB_CREDENTIAL_MEMBER);
}

static void evidence_without_a_name_needs_the_store(void **state)
{
    (void)state;
    uint64_t attempt = evidence_asked(NULL);
    tb_identify_answered(&machine, attempt, TB_ANSWER_OFFLINE, NULL, now_ms);
    (void)next_outcome(TB_OUTCOME_UNKNOWN, TB_REASON_STORE_OFFLINE);
    next_feedback(TB_FEEDBACK_UNKNOWN);
    no_more_actions();
}

static void evidence_that_takes_too_long_is_low(void **state)
{
    (void)state;
    uint64_t attempt = evidence_asked("0001234567");
    tick_after(2000);
    assert_int_equal(next_action(TB_IDENTIFY_LOOK_UP).attempt, attempt);
    tb_identify_looked_up(&machine, attempt, TB_LOOKUP_MISS, NULL, now_ms);
    (void)next_outcome(TB_OUTCOME_UNKNOWN, TB_REASON_STORE_TIMEOUT);
}

/* A context store that does not know of evidence answers by the hash alone. */
static void evidence_that_was_not_looked_at_is_low(void **state)
{
    (void)state;
    uint64_t attempt = evidence_asked("0001234567");
    tb_identify_answered(&machine, attempt, TB_ANSWER_FOUND, &customer_1, now_ms);
    (void)next_outcome(TB_OUTCOME_RECOGNISED, TB_REASON_PROOF_UNVERIFIED);
    next_visit(TB_ASSURANCE_LOW, TB_CREDENTIAL_MEMBER);
}

static void evidence_is_refused_with_its_reason(void **state)
{
    (void)state;
    static const struct {
        enum tb_reason reason;
        enum tb_outcome outcome;
        enum tb_feedback feedback;
    } cases[] = {
        {TB_REASON_PROOF_WRONG, TB_OUTCOME_WRONG_KEY, TB_FEEDBACK_REFUSED},
        {TB_REASON_PROOF_REPLAYED, TB_OUTCOME_REPLAYED, TB_FEEDBACK_REPLAYED},
        {TB_REASON_PROOF_EXPIRED, TB_OUTCOME_EXPIRED, TB_FEEDBACK_EXPIRED},
        {TB_REASON_PROOF_EARLY, TB_OUTCOME_EXPIRED, TB_FEEDBACK_EXPIRED},
        {TB_REASON_PROOF_MALFORMED, TB_OUTCOME_UNREADABLE, TB_FEEDBACK_REFUSED},
        {TB_REASON_POLICY, TB_OUTCOME_UNKNOWN, TB_FEEDBACK_UNKNOWN},
        {TB_REASON_LOOKUP_LIMIT, TB_OUTCOME_UNKNOWN, TB_FEEDBACK_UNKNOWN},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(cases); i++) {
        (void)setup(NULL);
        tb_identify_refused(&machine, evidence_asked("0001234567"), cases[i].reason, now_ms);
        (void)next_outcome(cases[i].outcome, cases[i].reason);
        next_feedback(cases[i].feedback);
        no_more_actions();
    }
}

static void kinds_are_refused_by_policy(void **state)
{
    (void)state;
    struct tb_identify_policy policy = tb_identify_policy_default();
    policy.kinds_refused = 1u << TB_CREDENTIAL_MEMBER | 1u << TB_CREDENTIAL_TAG;
    tb_identify_set_policy(&machine, &policy);
    scan("M00012345674");
    (void)next_outcome(TB_OUTCOME_UNKNOWN, TB_REASON_POLICY);
    next_feedback(TB_FEEDBACK_UNKNOWN);
    verified(evidence_asked(NULL), TB_ASSURANCE_MEDIUM);
    (void)next_outcome(TB_OUTCOME_UNKNOWN, TB_REASON_POLICY);
}

static void code_shown_again_is_judged_by_another_policy(void **state)
{
    (void)state;
    struct tb_identify_policy policy = tb_identify_policy_default();
    policy.kinds_refused = 1u << TB_CREDENTIAL_MEMBER;
    tb_identify_set_policy(&machine, &policy);
    scan("M00012345674");
    (void)next_outcome(TB_OUTCOME_UNKNOWN, TB_REASON_POLICY);
    next_feedback(TB_FEEDBACK_UNKNOWN);
    policy.kinds_refused = 0;
    tb_identify_set_policy(&machine, &policy);
    scan("M00012345674");
    (void)next_action(TB_IDENTIFY_LOOK_UP);
    no_more_actions();
}

static void handover_codes_are_resolved_by_the_store(void **state)
{
    (void)state;
    struct tb_judgement j = {.verdict = TB_JUDGED_HANDOVER, .reason = TB_REASON_HANDOVER_CODE};
    memcpy(j.handover, "ABCDE2", sizeof j.handover);
    judged_tap(&j);
    struct tb_identify_action action = next_action(TB_IDENTIFY_HANDOVER);
    assert_string_equal(action.handover, "ABCDE2");
    tb_identify_answered(&machine, action.attempt, TB_ANSWER_FOUND, &customer_1, now_ms);
    (void)next_outcome(TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_STORE);
    next_visit(TB_ASSURANCE_LOW, TB_CREDENTIAL_NONE);
}

/* Under such a code waits a cart, not a card. */
static void a_handover_code_that_brings_nothing_says_so(void **state)
{
    static const struct {
        enum tb_answer answer;
        enum tb_reason reason;
    } cases[] = {{TB_ANSWER_NOT_FOUND, TB_REASON_HANDOVER_GONE},
                 {TB_ANSWER_OFFLINE, TB_REASON_HANDOVER_OFFLINE},
                 {TB_ANSWER_TIMEOUT, TB_REASON_HANDOVER_TIMEOUT}};
    (void)state;
    struct tb_judgement j = {.verdict = TB_JUDGED_HANDOVER, .reason = TB_REASON_HANDOVER_CODE};
    memcpy(j.handover, "ABCDE2", sizeof j.handover);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)setup(NULL);
        judged_tap(&j);
        uint64_t attempt = next_action(TB_IDENTIFY_HANDOVER).attempt;
        tb_identify_answered(&machine, attempt, cases[i].answer, NULL, now_ms);
        (void)next_outcome(TB_OUTCOME_UNKNOWN, cases[i].reason);
    }
}

static void the_same_message_is_not_asked_for_twice(void **state)
{
    (void)state;
    (void)evidence_asked(NULL);
    const struct tb_judgement same = proof_of(NULL, "e=1&c=2", &once);
    const struct tb_judgement other = proof_of(NULL, "e=9&c=2", &once);
    judged_tap(&same);
    (void)next_action(TB_IDENTIFY_MERGED);
    judged_tap(&other);
    (void)next_action(TB_IDENTIFY_ASK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_good_once_is_claimed_first, setup),
        cmocka_unit_test_setup(what_was_used_is_replayed, setup),
        cmocka_unit_test_setup(what_cannot_be_remembered_is_refused, setup),
        cmocka_unit_test_setup(nothing_is_claimed_for_nobody, setup),
        cmocka_unit_test_setup(evidence_is_verified_by_the_store, setup),
        cmocka_unit_test_setup(evidence_of_what_is_unknown_here_is_asked_for, setup),
        cmocka_unit_test_setup(evidence_that_nobody_verifies_is_low, setup),
        cmocka_unit_test_setup(evidence_without_a_name_needs_the_store, setup),
        cmocka_unit_test_setup(evidence_that_takes_too_long_is_low, setup),
        cmocka_unit_test_setup(evidence_that_was_not_looked_at_is_low, setup),
        cmocka_unit_test_setup(evidence_is_refused_with_its_reason, setup),
        cmocka_unit_test_setup(kinds_are_refused_by_policy, setup),
        cmocka_unit_test_setup(code_shown_again_is_judged_by_another_policy, setup),
        cmocka_unit_test_setup(handover_codes_are_resolved_by_the_store, setup),
        cmocka_unit_test_setup(a_handover_code_that_brings_nothing_says_so, setup),
        cmocka_unit_test_setup(the_same_message_is_not_asked_for_twice, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
