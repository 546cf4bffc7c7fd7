/* What is handed to whoever waits for it: badges, and credentials that are to be linked. */
#include "tests/unit/identify/identify_test.h"

static const char badge_line[] = "OP:0004218";

static uint64_t badge_scanned(void)
{
    scan(badge_line);
    struct tb_identify_action action = next_action(TB_IDENTIFY_BADGE);
    assert_int_equal(action.credential_kind, TB_CREDENTIAL_BADGE);
    no_more_actions();
    assert_true(tb_span_is(tb_credential_value(tb_identify_credential(&machine, action.attempt)), "000421"));
    return action.attempt;
}

static void badge_ends(enum tb_badge badge, enum tb_outcome outcome, enum tb_reason reason,
                       enum tb_feedback feedback)
{
    (void)setup(NULL);
    tb_identify_badge(&machine, badge_scanned(), badge, now_ms);
    (void)next_outcome(outcome, reason);
    next_feedback(feedback);
    no_more_actions();
}

static void a_badge_begins_no_visit(void **state)
{
    (void)state;
    badge_ends(TB_BADGE_ON, TB_OUTCOME_OPERATOR, TB_REASON_OPERATOR_ON, TB_FEEDBACK_WELCOME);
    badge_ends(TB_BADGE_OFF, TB_OUTCOME_OPERATOR, TB_REASON_OPERATOR_OFF, TB_FEEDBACK_WELCOME);
    badge_ends(TB_BADGE_UNKNOWN, TB_OUTCOME_UNKNOWN, TB_REASON_OPERATOR_UNKNOWN, TB_FEEDBACK_UNKNOWN);
}

static void a_badge_is_looked_up_by_nobody_else(void **state)
{
    (void)state;
    uint64_t attempt = badge_scanned();
    tb_identify_looked_up(&machine, attempt, TB_LOOKUP_HIT, &customer_1, now_ms);
    tb_identify_captured(&machine, attempt, true, now_ms);
    no_more_actions();
    tick_after(2000);
    (void)next_outcome(TB_OUTCOME_UNKNOWN, TB_REASON_STORE_TIMEOUT);
}

static uint64_t capture_of(const char *line)
{
    tb_identify_capture(&machine, true);
    scan(line);
    uint64_t attempt = next_action(TB_IDENTIFY_CAPTURED).attempt;
    no_more_actions();
    assert_true(tb_identify_is_captured(&machine, attempt));
    return attempt;
}

static void the_next_credential_is_captured(void **state)
{
    (void)state;
    tb_identify_captured(&machine, capture_of("M00012345674"), true, now_ms);
    (void)next_outcome(TB_OUTCOME_CAPTURED, TB_REASON_CAPTURE_TAKEN);
    next_feedback(TB_FEEDBACK_WELCOME);
    no_more_actions();
    now_ms += 1000;
    scan("M00012345674");
    assert_false(tb_identify_is_captured(&machine, next_action(TB_IDENTIFY_LOOK_UP).attempt));
}

static void a_code_that_was_just_read_is_captured(void **state)
{
    (void)state;
    scan("M00012345674");
    uint64_t attempt = next_action(TB_IDENTIFY_LOOK_UP).attempt;
    tb_identify_looked_up(&machine, attempt, TB_LOOKUP_HIT, &customer_1, now_ms);
    (void)next_outcome(TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_CACHE);
    (void)next_action(TB_IDENTIFY_BEGIN_VISIT);
    next_feedback(TB_FEEDBACK_WELCOME);
    assert_int_not_equal(capture_of("M00012345674"), attempt);
}

static void what_is_not_taken_is_unknown(void **state)
{
    (void)state;
    uint64_t attempt = capture_of("M00012345674");
    tb_identify_looked_up(&machine, attempt, TB_LOOKUP_HIT, &customer_1, now_ms);
    tb_identify_badge(&machine, attempt, TB_BADGE_ON, now_ms);
    no_more_actions();
    tb_identify_captured(&machine, attempt, false, now_ms);
    (void)next_outcome(TB_OUTCOME_UNKNOWN, TB_REASON_CAPTURE_REFUSED);
    next_feedback(TB_FEEDBACK_UNKNOWN);
    no_more_actions();
    tb_identify_captured(&machine, attempt, true, now_ms);
    no_more_actions();
    assert_false(tb_identify_is_captured(&machine, attempt));
}

static void products_badges_and_codes_of_others_are_not_captured(void **state)
{
    (void)state;
    tb_identify_capture(&machine, true);
    scan("4006381333931");
    (void)next_outcome(TB_OUTCOME_PRODUCT, TB_REASON_PRODUCT_CODE);
    (void)next_action(TB_IDENTIFY_PRODUCT);
    next_feedback(TB_FEEDBACK_PRODUCT);
    uint64_t badge = badge_scanned();
    assert_false(tb_identify_is_captured(&machine, badge));
    tb_identify_badge(&machine, badge, TB_BADGE_ON, now_ms);
    (void)next_outcome(TB_OUTCOME_OPERATOR, TB_REASON_OPERATOR_ON);
    next_feedback(TB_FEEDBACK_WELCOME);
    scan("H:QY5DN2");
    assert_false(tb_identify_is_captured(&machine, next_action(TB_IDENTIFY_HANDOVER).attempt));
    scan("M00012345674");
    assert_true(tb_identify_is_captured(&machine, next_action(TB_IDENTIFY_CAPTURED).attempt));
}

static void a_capture_that_is_called_off_takes_nothing(void **state)
{
    (void)state;
    tb_identify_capture(&machine, true);
    tb_identify_capture(&machine, false);
    scan("M00012345674");
    assert_false(tb_identify_is_captured(&machine, next_action(TB_IDENTIFY_LOOK_UP).attempt));
}

static struct tb_judgement proof(bool evidence)
{
    struct tb_judgement j = {.verdict = TB_JUDGED_CREDENTIAL,
                             .reason = TB_REASON_TAG_SUN,
                             .assurance = TB_ASSURANCE_MEDIUM,
                             .replay = {.rule = TB_REPLAY_ONCE, .name = {7}, .forget_ms = 90000}};
    assert_int_equal(tb_credential_set(TB_CREDENTIAL_PASS, tb_span_str("p-1"), &j.credential), TB_OK);
    if (evidence)
        memcpy(j.evidence, "e=1", j.evidence_size = 3);
    return j;
}

static uint64_t proof_tapped(bool evidence, enum tb_identify_verb verb)
{
    const struct tb_judgement j = proof(evidence);
    tb_identify_capture(&machine, true);
    began(card_1);
    tb_identify_judged(&machine, NFC, &j, now_ms);
    return next_action(verb).attempt;
}

static void what_is_good_once_is_used_up(void **state)
{
    (void)state;
    uint64_t attempt = proof_tapped(false, TB_IDENTIFY_CLAIM);
    no_more_actions();
    tb_identify_claimed(&machine, attempt, TB_CLAIMED_FRESH, now_ms);
    assert_int_equal(next_action(TB_IDENTIFY_CAPTURED).attempt, attempt);
    (void)setup(NULL);
    tb_identify_claimed(&machine, proof_tapped(false, TB_IDENTIFY_CLAIM), TB_CLAIMED_USED, now_ms);
    (void)next_outcome(TB_OUTCOME_REPLAYED, TB_REASON_PROOF_REPLAYED);
}

static void evidence_is_verified_first(void **state)
{
    (void)state;
    const struct tb_identify_proven proven = {TB_CREDENTIAL_TAG, TB_ASSURANCE_MEDIUM, {{0}}};
    uint64_t attempt = proof_tapped(true, TB_IDENTIFY_ASK);
    tb_identify_verified(&machine, attempt, &proven, now_ms);
    assert_int_equal(next_action(TB_IDENTIFY_CAPTURED).credential_kind, TB_CREDENTIAL_TAG);
}

static void evidence_that_nobody_verified_is_not_captured(void **state)
{
    (void)state;
    tb_identify_answered(&machine, proof_tapped(true, TB_IDENTIFY_ASK), TB_ANSWER_FOUND, &customer_1, now_ms);
    (void)next_outcome(TB_OUTCOME_UNKNOWN, TB_REASON_PROOF_UNVERIFIED);
    (void)setup(NULL);
    tb_identify_answered(&machine, proof_tapped(true, TB_IDENTIFY_ASK), TB_ANSWER_OFFLINE, NULL, now_ms);
    (void)next_outcome(TB_OUTCOME_UNKNOWN, TB_REASON_STORE_OFFLINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_badge_begins_no_visit, setup),
        cmocka_unit_test_setup(a_badge_is_looked_up_by_nobody_else, setup),
        cmocka_unit_test_setup(the_next_credential_is_captured, setup),
        cmocka_unit_test_setup(a_code_that_was_just_read_is_captured, setup),
        cmocka_unit_test_setup(what_is_not_taken_is_unknown, setup),
        cmocka_unit_test_setup(products_badges_and_codes_of_others_are_not_captured, setup),
        cmocka_unit_test_setup(a_capture_that_is_called_off_takes_nothing, setup),
        cmocka_unit_test_setup(what_is_good_once_is_used_up, setup),
        cmocka_unit_test_setup(evidence_is_verified_first, setup),
        cmocka_unit_test_setup(evidence_that_nobody_verified_is_not_captured, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
