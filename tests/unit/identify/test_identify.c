#include "core/base/text.h"
#include "tests/unit/identify/identify_test.h"

static const char member_1[] = "d4190a74696c6c6272696467652e6578616d706c653a6d656d62657230303031323334353637";
static const char member_2[] = "d4190a74696c6c6272696467652e6578616d706c653a6d656d62657230303031323334353638";
static const char card_2[] = "\x04\x11\x22\x33\x44\x55\x67";
static const char foreign[] = "d101055402656e4869";

static void data(const char *hex)
{
    uint8_t message[128];
    size_t size = strlen(hex) / 2;
    assert_int_equal(tb_hex_decode(tb_span_str(hex), message, size), TB_OK);
    tb_identify_tag_data(&machine, NFC, tb_span_of(message, size), now_ms);
}

static void tap_of(const char *uid, const char *hex)
{
    began(uid);
    data(hex);
}

static void tap(const char *hex)
{
    tap_of(card_1, hex);
}

/* Taps and answers from the cache; returns the attempt. */
static uint64_t tap_recognised(const char *hex, const struct tb_customer_key *customer)
{
    tap(hex);
    uint64_t attempt = next_action(TB_IDENTIFY_LOOK_UP).attempt;
    tb_identify_looked_up(&machine, attempt, TB_LOOKUP_HIT, customer, now_ms);
    (void)next_outcome(TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_CACHE);
    assert_int_equal(next_action(TB_IDENTIFY_BEGIN_VISIT).attempt, attempt);
    next_feedback(TB_FEEDBACK_WELCOME);
    no_more_actions();
    return attempt;
}

static void hit_in_the_cache(void **state)
{
    (void)state;
    began(card_1);
    no_more_actions();
    now_ms += 40;
    data(member_1);
    struct tb_identify_action action = next_action(TB_IDENTIFY_LOOK_UP);
    assert_int_equal(action.attempt, 1);
    assert_int_equal(action.credential_kind, TB_CREDENTIAL_MEMBER);
    assert_true(tb_span_is(tb_credential_value(tb_identify_credential(&machine, 1)), "0001234567"));
    tb_identify_looked_up(&machine, 1, TB_LOOKUP_HIT, &customer_1, now_ms);
    action = next_outcome(TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_CACHE);
    assert_int_equal(action.took_ms, 40);
    assert_int_equal(action.reader, NFC);
    action = next_action(TB_IDENTIFY_BEGIN_VISIT);
    assert_true(action.from_tap);
    assert_false(action.from_store);
    assert_int_equal(action.credential_kind, TB_CREDENTIAL_MEMBER);
    assert_memory_equal(&action.customer, &customer_1, sizeof customer_1);
    next_feedback(TB_FEEDBACK_WELCOME);
    no_more_actions();
    assert_null(tb_identify_credential(&machine, 1));
}

static void miss_asks_the_store(void **state)
{
    (void)state;
    scan("M00012345674");
    uint64_t attempt = next_action(TB_IDENTIFY_LOOK_UP).attempt;
    tb_identify_looked_up(&machine, attempt, TB_LOOKUP_MISS, NULL, now_ms);
    assert_int_equal(next_action(TB_IDENTIFY_ASK).attempt, attempt);
    assert_non_null(tb_identify_credential(&machine, attempt));
    tb_identify_answered(&machine, attempt, TB_ANSWER_FOUND, &customer_2, now_ms);
    (void)next_outcome(TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_STORE);
    struct tb_identify_action action = next_action(TB_IDENTIFY_BEGIN_VISIT);
    assert_true(action.from_store);
    assert_false(action.from_tap);
    assert_int_equal(action.reader, SCANNER);
    next_feedback(TB_FEEDBACK_WELCOME);
    no_more_actions();
}

static void miss_ends(enum tb_lookup lookup, enum tb_answer answer, enum tb_reason reason)
{
    (void)setup(NULL);
    scan("M00012345674");
    uint64_t attempt = next_action(TB_IDENTIFY_LOOK_UP).attempt;
    tb_identify_looked_up(&machine, attempt, lookup, NULL, now_ms);
    (void)next_action(TB_IDENTIFY_ASK);
    tb_identify_answered(&machine, attempt, answer, NULL, now_ms);
    (void)next_outcome(TB_OUTCOME_UNKNOWN, reason);
    next_feedback(TB_FEEDBACK_UNKNOWN);
    no_more_actions();
}

static void miss_says_why_nobody_was_found(void **state)
{
    (void)state;
    miss_ends(TB_LOOKUP_MISS, TB_ANSWER_NOT_FOUND, TB_REASON_NOT_FOUND);
    miss_ends(TB_LOOKUP_MISS, TB_ANSWER_OFFLINE, TB_REASON_STORE_OFFLINE);
    miss_ends(TB_LOOKUP_MISS, TB_ANSWER_TIMEOUT, TB_REASON_STORE_TIMEOUT);
    miss_ends(TB_LOOKUP_CORRUPT, TB_ANSWER_OFFLINE, TB_REASON_CACHE_CORRUPT);
    miss_ends(TB_LOOKUP_CORRUPT, TB_ANSWER_NOT_FOUND, TB_REASON_NOT_FOUND);
}

static void a_blocked_credential_is_not_accepted(void **state)
{
    (void)state;
    scan("M00012345674");
    uint64_t attempt = next_action(TB_IDENTIFY_LOOK_UP).attempt;
    tb_identify_looked_up(&machine, attempt, TB_LOOKUP_BLOCKED, NULL, now_ms);
    (void)next_outcome(TB_OUTCOME_EXPIRED, TB_REASON_BLOCKED);
    (void)next_action(TB_IDENTIFY_FEEDBACK);
    no_more_actions();

    (void)setup(NULL);
    scan("M00012345674");
    attempt = next_action(TB_IDENTIFY_LOOK_UP).attempt;
    tb_identify_looked_up(&machine, attempt, TB_LOOKUP_MISS, NULL, now_ms);
    (void)next_action(TB_IDENTIFY_ASK);
    tb_identify_answered(&machine, attempt, TB_ANSWER_BLOCKED, NULL, now_ms);
    (void)next_outcome(TB_OUTCOME_EXPIRED, TB_REASON_BLOCKED);
    (void)next_action(TB_IDENTIFY_FEEDBACK);
    no_more_actions();
}

static void silent_store_is_a_timeout(void **state)
{
    (void)state;
    scan("M00012345674");
    uint64_t attempt = next_action(TB_IDENTIFY_LOOK_UP).attempt;
    tb_identify_looked_up(&machine, attempt, TB_LOOKUP_MISS, NULL, now_ms);
    (void)next_action(TB_IDENTIFY_ASK);
    tick_after(1999);
    no_more_actions();
    tick_after(1);
    (void)next_outcome(TB_OUTCOME_UNKNOWN, TB_REASON_STORE_TIMEOUT);
    next_feedback(TB_FEEDBACK_UNKNOWN);
    tb_identify_answered(&machine, attempt, TB_ANSWER_FOUND, &customer_1, now_ms);
    no_more_actions();
}

static void late_answer_does_not_take_a_newer_visit_away(void **state)
{
    (void)state;
    tap(member_1);
    uint64_t first = next_action(TB_IDENTIFY_LOOK_UP).attempt;
    tb_identify_looked_up(&machine, first, TB_LOOKUP_MISS, NULL, now_ms);
    (void)next_action(TB_IDENTIFY_ASK);
    scan("2900012345671");
    uint64_t second = next_action(TB_IDENTIFY_LOOK_UP).attempt;
    tb_identify_looked_up(&machine, second, TB_LOOKUP_HIT, &customer_2, now_ms);
    (void)next_outcome(TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_CACHE);
    (void)next_action(TB_IDENTIFY_BEGIN_VISIT);
    next_feedback(TB_FEEDBACK_WELCOME);
    tb_identify_answered(&machine, first, TB_ANSWER_FOUND, &customer_1, now_ms);
    (void)next_outcome(TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_LATE);
    next_feedback(TB_FEEDBACK_WELCOME);
    no_more_actions();
}

static void product_scan(void **state)
{
    (void)state;
    scan("4006381333931");
    assert_string_equal(next_outcome(TB_OUTCOME_PRODUCT, TB_REASON_PRODUCT_CODE).gtin, "04006381333931");
    assert_string_equal(next_action(TB_IDENTIFY_PRODUCT).gtin, "04006381333931");
    next_feedback(TB_FEEDBACK_PRODUCT);
    scan("4006381333931"); /* at once again: the shopper takes two */
    (void)next_outcome(TB_OUTCOME_PRODUCT, TB_REASON_PRODUCT_CODE);
    (void)next_action(TB_IDENTIFY_PRODUCT);
    next_feedback(TB_FEEDBACK_PRODUCT);
    no_more_actions();
}

static void lines_that_identify_nobody(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        enum tb_outcome outcome;
        enum tb_reason reason;
    } rows[] = {
        {"hello", TB_OUTCOME_NOT_A_CODE, TB_REASON_CODE_NOT_OURS},
        {"M00012345675", TB_OUTCOME_NOT_A_CODE, TB_REASON_CODE_CHECK_DIGIT},
        {"4111111111111111", TB_OUTCOME_PAYMENT_CARD, TB_REASON_PAYMENT_NUMBER},
        {"\x01", TB_OUTCOME_NOT_A_CODE, TB_REASON_CODE_NOT_TEXT},
        {"", TB_OUTCOME_NOT_A_CODE, TB_REASON_CODE_EMPTY},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        scan(rows[i].line);
        (void)next_outcome(rows[i].outcome, rows[i].reason);
        next_feedback(TB_FEEDBACK_REFUSED);
        no_more_actions();
    }
    tb_identify_line_failed(&machine, SCANNER, TB_REASON_CODE_TOO_LONG, now_ms);
    (void)next_outcome(TB_OUTCOME_NOT_A_CODE, TB_REASON_CODE_TOO_LONG);
    next_feedback(TB_FEEDBACK_REFUSED);
    no_more_actions();
}

static void failures_have_their_outcomes(void **state)
{
    (void)state;
    static const struct {
        enum tb_tag_failure failure;
        enum tb_outcome outcome;
        enum tb_reason reason;
    } rows[] = {
        {TB_TAG_MALFORMED, TB_OUTCOME_UNREADABLE, TB_REASON_TAG_MALFORMED},
        {TB_TAG_EMPTY, TB_OUTCOME_UNKNOWN, TB_REASON_TAG_EMPTY},
        {TB_TAG_LOCKED, TB_OUTCOME_WRONG_KEY, TB_REASON_TAG_LOCKED},
        {TB_TAG_UNSUPPORTED, TB_OUTCOME_UNKNOWN, TB_REASON_TAG_UNSUPPORTED},
        {TB_TAG_TIMEOUT, TB_OUTCOME_UNREADABLE, TB_REASON_TAG_TIMEOUT},
        {TB_TAG_TWO, TB_OUTCOME_TWO_CARDS, TB_REASON_TAG_TWO},
        {TB_TAG_PAYMENT_CARD, TB_OUTCOME_PAYMENT_CARD, TB_REASON_PAYMENT_CHIP},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        (void)setup(NULL);
        began(card_1);
        tb_identify_tag_failed(&machine, NFC, rows[i].failure, now_ms);
        (void)next_outcome(rows[i].outcome, rows[i].reason);
        next_feedback(rows[i].outcome == TB_OUTCOME_UNKNOWN ? TB_FEEDBACK_UNKNOWN : TB_FEEDBACK_REFUSED);
        no_more_actions();
    }
}

static void foreign_tag_is_unknown(void **state)
{
    (void)state;
    tap(foreign);
    (void)next_outcome(TB_OUTCOME_UNKNOWN, TB_REASON_TAG_NOT_OURS);
    next_feedback(TB_FEEDBACK_UNKNOWN);
    no_more_actions();
}

static void judged(const char *pass)
{
    struct tb_judgement j = {
        .verdict = TB_JUDGED_CREDENTIAL, .reason = TB_REASON_PHONE_PASS, .assurance = TB_ASSURANCE_HIGH};
    assert_int_equal(tb_credential_set(TB_CREDENTIAL_PASS, tb_span_str(pass), &j.credential), TB_OK);
    tb_identify_judged(&machine, NFC, &j, now_ms);
}

static void what_an_applet_judged_is_looked_up(void **state)
{
    (void)state;
    began("\x08\x01\x02\x03");
    judged("pass-1");
    struct tb_identify_action action = next_action(TB_IDENTIFY_LOOK_UP);
    assert_int_equal(action.credential_kind, TB_CREDENTIAL_PASS);
    assert_true(tb_span_is(tb_credential_value(tb_identify_credential(&machine, action.attempt)), "pass-1"));
    tb_identify_looked_up(&machine, action.attempt, TB_LOOKUP_HIT, &customer_1, now_ms);
    (void)next_outcome(TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_CACHE);
    (void)next_action(TB_IDENTIFY_BEGIN_VISIT);
    next_feedback(TB_FEEDBACK_WELCOME);
    no_more_actions();
}

static void phone_that_flickers_is_one_tap_by_what_it_presented(void **state)
{
    (void)state;
    what_an_applet_judged_is_looked_up(state);
    tb_identify_tag_gone(&machine, NFC, now_ms);
    (void)next_action(TB_IDENTIFY_CARD_GONE);
    now_ms += 400;
    began("\x08\x99\x98\x97");
    judged("pass-1");
    (void)next_action(TB_IDENTIFY_MERGED);
    (void)next_action(TB_IDENTIFY_CARD_BACK);
    no_more_actions();

    tb_identify_tag_gone(&machine, NFC, now_ms);
    (void)next_action(TB_IDENTIFY_CARD_GONE);
    now_ms += 400;
    began("\x08\x55\x56\x57");
    judged("pass-2");
    (void)next_action(TB_IDENTIFY_LOOK_UP);
    no_more_actions();
}

static void phone_that_asks_for_another_tap_says_why(void **state)
{
    (void)state;
    const struct tb_judgement locked = {.verdict = TB_JUDGED_AGAIN, .reason = TB_REASON_PASS_LOCKED};
    began("\x08\x01\x02\x03");
    tb_identify_judged(&machine, NFC, &locked, now_ms);
    (void)next_outcome(TB_OUTCOME_UNREADABLE, TB_REASON_PASS_LOCKED);
    next_feedback(TB_FEEDBACK_AGAIN);
    no_more_actions();
}

static void accept_uids(void)
{
    struct tb_identify_policy policy = tb_identify_policy_default();
    assert_false(policy.uid_accepted);
    policy.uid_accepted = true;
    tb_identify_set_policy(&machine, &policy);
}

static void uid_stands_for_a_card_that_says_nothing_where_the_policy_says_so(void **state)
{
    (void)state;
    static const enum tb_tag_failure failures[] = {TB_TAG_EMPTY, TB_TAG_LOCKED, TB_TAG_UNSUPPORTED};
    accept_uids();
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        began(card_1);
        tb_identify_tag_failed(&machine, NFC, failures[i], now_ms);
        struct tb_identify_action action = next_action(TB_IDENTIFY_LOOK_UP);
        assert_int_equal(action.credential_kind, TB_CREDENTIAL_UID);
        assert_true(tb_span_equal(tb_credential_value(tb_identify_credential(&machine, action.attempt)),
                                  tb_span_str(card_1)));
        tb_identify_looked_up(&machine, action.attempt, TB_LOOKUP_BLOCKED, NULL, now_ms);
        (void)next_outcome(TB_OUTCOME_EXPIRED, TB_REASON_BLOCKED);
        next_feedback(TB_FEEDBACK_REFUSED);
        tb_identify_tag_gone(&machine, NFC, now_ms);
        (void)next_action(TB_IDENTIFY_CARD_GONE);
        tick_after(2000);
    }
    tap(foreign);
    assert_int_equal(next_action(TB_IDENTIFY_LOOK_UP).credential_kind, TB_CREDENTIAL_UID);
    no_more_actions();
}

static void uid_that_is_another_one_each_time_stands_for_nothing(void **state)
{
    (void)state;
    accept_uids();
    began("\x08\x01\x02\x03");
    tb_identify_tag_failed(&machine, NFC, TB_TAG_EMPTY, now_ms);
    (void)next_outcome(TB_OUTCOME_UNKNOWN, TB_REASON_UID_RANDOM);
    next_feedback(TB_FEEDBACK_UNKNOWN);
    no_more_actions();
}

static void uid_does_not_stand_for_a_card_whose_read_went_wrong(void **state)
{
    (void)state;
    accept_uids();
    began(card_1);
    tb_identify_tag_failed(&machine, NFC, TB_TAG_PAYMENT_CARD, now_ms);
    (void)next_outcome(TB_OUTCOME_PAYMENT_CARD, TB_REASON_PAYMENT_CHIP);
    next_feedback(TB_FEEDBACK_REFUSED);
    began(card_2);
    tb_identify_tag_failed(&machine, NFC, TB_TAG_MALFORMED, now_ms);
    (void)next_action(TB_IDENTIFY_CARD_GONE);
    (void)next_outcome(TB_OUTCOME_UNREADABLE, TB_REASON_TAG_MALFORMED);
    next_feedback(TB_FEEDBACK_REFUSED);
    no_more_actions();
}

static void slow_reading_asks_to_hold(void **state)
{
    (void)state;
    began(card_1);
    assert_int_equal(tb_identify_deadline_ms(&machine), now_ms + 300);
    tick_after(299);
    no_more_actions();
    tick_after(1);
    (void)next_action(TB_IDENTIFY_READING);
    no_more_actions();
    tick_after(100);
    no_more_actions();
    data(foreign);
    (void)next_action(TB_IDENTIFY_READING_END);
    (void)next_outcome(TB_OUTCOME_UNKNOWN, TB_REASON_TAG_NOT_OURS);
    next_feedback(TB_FEEDBACK_UNKNOWN);
    no_more_actions();
}

static void reading_without_end_is_unreadable(void **state)
{
    (void)state;
    began(card_1);
    tick_after(300);
    (void)next_action(TB_IDENTIFY_READING);
    assert_int_equal(tb_identify_deadline_ms(&machine), now_ms + 2700);
    tick_after(2700);
    (void)next_action(TB_IDENTIFY_READING_END);
    (void)next_outcome(TB_OUTCOME_UNREADABLE, TB_REASON_TAG_TIMEOUT);
    next_feedback(TB_FEEDBACK_REFUSED);
    no_more_actions();
    assert_int_equal(tb_identify_deadline_ms(&machine), INT64_MAX);
}

static void torn_read_that_is_repaired_is_one_tap(void **state)
{
    (void)state;
    began(card_1);
    tb_identify_tag_failed(&machine, NFC, TB_TAG_TORN, now_ms);
    next_feedback(TB_FEEDBACK_HOLD);
    (void)next_action(TB_IDENTIFY_READING);
    tb_identify_tag_gone(&machine, NFC, now_ms);
    now_ms += 200;
    tap(member_1);
    (void)next_action(TB_IDENTIFY_READING_END);
    assert_int_equal(next_action(TB_IDENTIFY_LOOK_UP).attempt, 1);
    no_more_actions();
}

static void torn_card_and_another_one_behind_it_are_two_taps(void **state)
{
    (void)state;
    began(card_1);
    tb_identify_tag_failed(&machine, NFC, TB_TAG_TORN, now_ms);
    next_feedback(TB_FEEDBACK_HOLD);
    (void)next_action(TB_IDENTIFY_READING);
    tb_identify_tag_gone(&machine, NFC, now_ms);
    now_ms += 200;
    began(card_2);
    (void)next_action(TB_IDENTIFY_READING_END);
    assert_int_equal(next_outcome(TB_OUTCOME_UNREADABLE, TB_REASON_TAG_TORN).attempt, 1);
    next_feedback(TB_FEEDBACK_REFUSED);
    data(member_1);
    assert_int_equal(next_action(TB_IDENTIFY_LOOK_UP).attempt, 2);
    no_more_actions();
}

static void phone_that_is_torn_comes_back_under_another_random_uid(void **state)
{
    (void)state;
    began("\x08\x01\x02\x03");
    tb_identify_tag_gone(&machine, NFC, now_ms);
    next_feedback(TB_FEEDBACK_HOLD);
    (void)next_action(TB_IDENTIFY_READING);
    now_ms += 200;
    tap_of("\x08\x0a\x0b\x0c", member_1);
    (void)next_action(TB_IDENTIFY_READING_END);
    assert_int_equal(next_action(TB_IDENTIFY_LOOK_UP).attempt, 1);
    no_more_actions();
}

/* A reader that relays says so of any card whose reading it begins anew. */
static void card_that_its_reader_found_again_is_one_tap(void **state)
{
    (void)state;
    began(card_1);
    now_ms += 150;
    tb_identify_tap_again(&machine, NFC, tb_span_str(card_1), now_ms);
    no_more_actions();
    tb_identify_tag_failed(&machine, NFC, TB_TAG_TORN, now_ms);
    next_feedback(TB_FEEDBACK_HOLD);
    (void)next_action(TB_IDENTIFY_READING);
    tb_identify_tap_again(&machine, NFC, tb_span_str(card_1), now_ms);
    data(member_1);
    (void)next_action(TB_IDENTIFY_READING_END);
    assert_int_equal(next_action(TB_IDENTIFY_LOOK_UP).attempt, 1);
    no_more_actions();
}

static void two_cards_of_which_nobody_is_known_are_two_taps(void **state)
{
    (void)state;
    const char *const cards[] = {card_1, card_2, ""};
    for (uint64_t i = 0; i < 2; i++) {
        tap_of(cards[i], foreign);
        if (i > 0)
            assert_int_equal(next_action(TB_IDENTIFY_CARD_GONE).attempt, i);
        assert_int_equal(next_outcome(TB_OUTCOME_UNKNOWN, TB_REASON_TAG_NOT_OURS).attempt, i + 1);
        next_feedback(TB_FEEDBACK_UNKNOWN);
    }
    for (size_t i = 1; i < 3; i++) { /* the second one once more, and one of which nothing is known */
        tap_of(cards[i], foreign);
        (void)next_action(TB_IDENTIFY_MERGED);
        no_more_actions();
    }
}

/* A tap that failed ends, and one that fails alike begins at once. */
static void failure_is_told_once(enum tb_tag_failure failure, const char *second_uid, enum tb_outcome outcome,
                                 enum tb_reason reason)
{
    began(card_1);
    tb_identify_tag_failed(&machine, NFC, failure, now_ms);
    (void)next_outcome(outcome, reason);
    next_feedback(TB_FEEDBACK_REFUSED);
    tb_identify_tag_gone(&machine, NFC, now_ms);
    (void)next_action(TB_IDENTIFY_CARD_GONE);
    began(second_uid);
    tb_identify_tag_failed(&machine, NFC, failure, now_ms);
    (void)next_action(TB_IDENTIFY_MERGED);
    (void)next_action(TB_IDENTIFY_CARD_BACK);
    no_more_actions();
}

static void two_cards_at_once_that_flicker_are_told_once(void **state)
{
    (void)state; /* the second time the other one answers first */
    failure_is_told_once(TB_TAG_TWO, card_2, TB_OUTCOME_TWO_CARDS, TB_REASON_TAG_TWO);
}

static void torn_read_that_stays_torn_is_unreadable(void **state)
{
    (void)state;
    began(card_1);
    tb_identify_tag_gone(&machine, NFC, now_ms); /* gone before anything was read: the same */
    next_feedback(TB_FEEDBACK_HOLD);
    (void)next_action(TB_IDENTIFY_READING);
    tick_after(599);
    no_more_actions();
    tick_after(1);
    (void)next_action(TB_IDENTIFY_READING_END);
    (void)next_outcome(TB_OUTCOME_UNREADABLE, TB_REASON_TAG_TORN);
    next_feedback(TB_FEEDBACK_REFUSED);
    no_more_actions();
}

static void card_that_flickers_is_one_tap(void **state)
{
    (void)state;
    uint64_t attempt = tap_recognised(member_1, &customer_1);
    now_ms += 5000;
    tb_identify_tag_gone(&machine, NFC, now_ms);
    assert_int_equal(next_action(TB_IDENTIFY_CARD_GONE).attempt, attempt);
    now_ms += 999;
    tap(member_1);
    assert_int_equal(next_action(TB_IDENTIFY_MERGED).attempt, attempt + 1);
    assert_int_equal(next_action(TB_IDENTIFY_CARD_BACK).attempt, attempt);
    no_more_actions();
    tb_identify_tag_gone(&machine, NFC, now_ms);
    assert_int_equal(next_action(TB_IDENTIFY_CARD_GONE).attempt, attempt);
    tick_after(1000);
    no_more_actions();
    assert_int_equal(tap_recognised(member_1, &customer_1), attempt + 2);
}

static void another_card_is_another_tap(void **state)
{
    (void)state;
    uint64_t first = tap_recognised(member_1, &customer_1);
    tap(member_2); /* the reader did not say that the first one went */
    assert_int_equal(next_action(TB_IDENTIFY_CARD_GONE).attempt, first);
    assert_int_equal(next_action(TB_IDENTIFY_LOOK_UP).attempt, first + 1);
    no_more_actions();
}

static void card_gone_while_looked_up_is_told_behind_the_outcome(void **state)
{
    (void)state;
    tap(member_1);
    uint64_t attempt = next_action(TB_IDENTIFY_LOOK_UP).attempt;
    tb_identify_looked_up(&machine, attempt, TB_LOOKUP_MISS, NULL, now_ms);
    (void)next_action(TB_IDENTIFY_ASK);
    tb_identify_tag_gone(&machine, NFC, now_ms);
    no_more_actions();
    tb_identify_answered(&machine, attempt, TB_ANSWER_FOUND, &customer_1, now_ms);
    (void)next_outcome(TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_STORE);
    (void)next_action(TB_IDENTIFY_BEGIN_VISIT);
    next_feedback(TB_FEEDBACK_WELCOME);
    assert_int_equal(next_action(TB_IDENTIFY_CARD_GONE).attempt, attempt);
    no_more_actions();
}

static void payment_card_that_flickers_is_told_once(void **state)
{
    (void)state;
    failure_is_told_once(TB_TAG_PAYMENT_CARD, card_1, TB_OUTCOME_PAYMENT_CARD, TB_REASON_PAYMENT_CHIP);
}

static void code_read_twice_is_one_scan_until_the_visit_ends(void **state)
{
    (void)state;
    scan("M00012345674");
    uint64_t attempt = next_action(TB_IDENTIFY_LOOK_UP).attempt;
    tb_identify_looked_up(&machine, attempt, TB_LOOKUP_HIT, &customer_1, now_ms);
    while (tb_identify_next(&machine, &(struct tb_identify_action){.attempt = 0}))
        continue;
    now_ms += 900;
    scan("2900012345671"); /* the same number in another form */
    (void)next_action(TB_IDENTIFY_MERGED);
    no_more_actions();
    tb_identify_visit_ended(&machine);
    scan("M00012345674");
    (void)next_action(TB_IDENTIFY_LOOK_UP);
    no_more_actions();
}

static void lost_reader_ends_the_tap_and_takes_the_card(void **state)
{
    (void)state;
    uint64_t attempt = tap_recognised(member_1, &customer_1);
    began(card_1);
    tb_identify_reader_lost(&machine, NFC, now_ms);
    (void)next_outcome(TB_OUTCOME_UNREADABLE, TB_REASON_READER_LOST);
    next_feedback(TB_FEEDBACK_REFUSED);
    assert_int_equal(next_action(TB_IDENTIFY_CARD_GONE).attempt, attempt);
    no_more_actions();
}

static void data_without_a_beginning_counts(void **state)
{
    (void)state;
    data(member_1);
    (void)next_action(TB_IDENTIFY_LOOK_UP);
    tb_identify_tag_failed(&machine, NFC, TB_TAG_TWO, now_ms);
    (void)next_outcome(TB_OUTCOME_TWO_CARDS, TB_REASON_TAG_TWO);
    next_feedback(TB_FEEDBACK_REFUSED);
    no_more_actions();
}

static void look_ups_are_bounded(void **state)
{
    (void)state;
    char line[] = "M00000000000";
    for (int i = 0; i <= TB_LOOKUPS_MAX; i++) {
        line[10] = (char)('0' + i);
        for (line[11] = '0'; line[11] <= '9'; line[11]++)
            if (tb_luhn_check_valid(tb_span_str(line + 1)))
                break;
        scan(line);
        if (i < TB_LOOKUPS_MAX) {
            (void)next_action(TB_IDENTIFY_LOOK_UP);
            continue;
        }
        (void)next_outcome(TB_OUTCOME_UNREADABLE, TB_REASON_BUSY);
        next_feedback(TB_FEEDBACK_REFUSED);
    }
    no_more_actions();
}

static void journal_keeps_the_last_outcomes(void **state)
{
    (void)state;
    struct tb_journal_entry entry;
    assert_false(tb_identify_journal(&machine, 0, &entry));
    for (int i = 0; i < TB_JOURNAL_MAX + 3; i++) {
        scan(i % 2 ? "hello" : "4006381333931");
        while (tb_identify_next(&machine, &(struct tb_identify_action){.attempt = 0}))
            continue;
        now_ms++;
    }
    assert_true(tb_identify_journal(&machine, 0, &entry));
    assert_int_equal(entry.attempt, TB_JOURNAL_MAX + 3);
    assert_int_equal(entry.outcome, TB_OUTCOME_PRODUCT);
    assert_int_equal(entry.at_ms, now_ms - 1);
    assert_true(tb_identify_journal(&machine, TB_JOURNAL_MAX - 1, &entry));
    assert_int_equal(entry.attempt, 4);
    assert_false(tb_identify_journal(&machine, TB_JOURNAL_MAX, &entry));
}

static void nothing_of_a_shopper_stays(void **state)
{
    (void)state;
    (void)tap_recognised(member_1, &customer_1);
    tb_identify_tag_gone(&machine, NFC, now_ms);
    (void)next_action(TB_IDENTIFY_CARD_GONE);
    assert_non_null(memmem(&machine, sizeof machine, "0001234567", 10));
    tick_after(1000);
    assert_null(memmem(&machine, sizeof machine, "0001234567", 10));
    assert_null(memmem(&machine, sizeof machine, card_1, sizeof card_1 - 1));
    assert_null(memmem(&machine, sizeof machine, &customer_1, sizeof customer_1));
    assert_int_equal(tb_identify_deadline_ms(&machine), INT64_MAX);
}

static void outcome_names_are_those_of_the_page(void **state)
{
    (void)state;
    static const char *const names[] = {"recognised", "unknown",    "unreadable",   "wrong_key",
                                        "expired",    "replayed",   "payment_card", "product",
                                        "two_cards",  "not_a_code", "operator",     "captured"};
    assert_int_equal(sizeof names / sizeof names[0], TB_OUTCOME_COUNT);
    for (unsigned i = 0; i < TB_OUTCOME_COUNT; i++)
        assert_string_equal(tb_outcome_name((enum tb_outcome)i), names[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(hit_in_the_cache, setup),
        cmocka_unit_test_setup(miss_asks_the_store, setup),
        cmocka_unit_test_setup(miss_says_why_nobody_was_found, setup),
        cmocka_unit_test_setup(a_blocked_credential_is_not_accepted, setup),
        cmocka_unit_test_setup(silent_store_is_a_timeout, setup),
        cmocka_unit_test_setup(late_answer_does_not_take_a_newer_visit_away, setup),
        cmocka_unit_test_setup(product_scan, setup),
        cmocka_unit_test_setup(lines_that_identify_nobody, setup),
        cmocka_unit_test_setup(failures_have_their_outcomes, setup),
        cmocka_unit_test_setup(foreign_tag_is_unknown, setup),
        cmocka_unit_test_setup(what_an_applet_judged_is_looked_up, setup),
        cmocka_unit_test_setup(phone_that_flickers_is_one_tap_by_what_it_presented, setup),
        cmocka_unit_test_setup(phone_that_asks_for_another_tap_says_why, setup),
        cmocka_unit_test_setup(uid_stands_for_a_card_that_says_nothing_where_the_policy_says_so, setup),
        cmocka_unit_test_setup(uid_that_is_another_one_each_time_stands_for_nothing, setup),
        cmocka_unit_test_setup(uid_does_not_stand_for_a_card_whose_read_went_wrong, setup),
        cmocka_unit_test_setup(slow_reading_asks_to_hold, setup),
        cmocka_unit_test_setup(reading_without_end_is_unreadable, setup),
        cmocka_unit_test_setup(torn_read_that_is_repaired_is_one_tap, setup),
        cmocka_unit_test_setup(torn_card_and_another_one_behind_it_are_two_taps, setup),
        cmocka_unit_test_setup(phone_that_is_torn_comes_back_under_another_random_uid, setup),
        cmocka_unit_test_setup(card_that_its_reader_found_again_is_one_tap, setup),
        cmocka_unit_test_setup(two_cards_of_which_nobody_is_known_are_two_taps, setup),
        cmocka_unit_test_setup(two_cards_at_once_that_flicker_are_told_once, setup),
        cmocka_unit_test_setup(torn_read_that_stays_torn_is_unreadable, setup),
        cmocka_unit_test_setup(card_that_flickers_is_one_tap, setup),
        cmocka_unit_test_setup(another_card_is_another_tap, setup),
        cmocka_unit_test_setup(card_gone_while_looked_up_is_told_behind_the_outcome, setup),
        cmocka_unit_test_setup(payment_card_that_flickers_is_told_once, setup),
        cmocka_unit_test_setup(code_read_twice_is_one_scan_until_the_visit_ends, setup),
        cmocka_unit_test_setup(lost_reader_ends_the_tap_and_takes_the_card, setup),
        cmocka_unit_test_setup(data_without_a_beginning_counts, setup),
        cmocka_unit_test_setup(look_ups_are_bounded, setup),
        cmocka_unit_test_setup(journal_keeps_the_last_outcomes, setup),
        cmocka_unit_test_setup(nothing_of_a_shopper_stays, setup),
        cmocka_unit_test_setup(outcome_names_are_those_of_the_page, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
