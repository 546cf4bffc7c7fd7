/* The tap machine against a scripted chip: what it asks for, in order, and what it says. */
#include "core/tag/tap.h"
#include "tests/support/hex.h"
#include "tests/support/unit.h"

#define PAGES                    \
    "e1101200" /* from page 3 */ \
    "0300fe00" /* an empty message */
#define ZEROS_4 "00000000000000000000000000000000"
#define PAGE_3 PAGES "0000000000000000"                  /* READ */
#define PAGES_3 PAGES ZEROS_4 ZEROS_4 ZEROS_4 "00000000" /* FAST_READ */
#define T2 "00:04a1a2a3a4a5a6"
#define T2_OTHER "00:04b1b2b3b4b5b6"
#define T4 "20:04c1c2c3c4c5c6"
#define PHONE "20:08112233"
#define PHONE_AGAIN "20:08445566"

static const struct tb_tap_pace pace = {.poll_ms = 40, .presence_ms = 100, .shunned_ms = 250};
static uint8_t ndef[64];

/* One line of a script: what is asked for, and the answer to it: "" is OK, "-" none, "!" broken. For SELECT
 * "sak:uid", for EXCHANGE the answer in hex, for SAY and WAIT what must be said or waited for. */
struct turn {
    enum tb_tap_do what;
    const char *with;
};

static const char *word_name(enum tb_tap_word word)
{
    static const char *const names[] = {[TB_TAP_TAG] = "tag",
                                        [TB_TAP_DATA] = "data",
                                        [TB_TAP_FAILED] = "failed",
                                        [TB_TAP_TWO] = "two",
                                        [TB_TAP_GONE] = "gone"};
    return names[word];
}

static struct tb_tap_target target_of(const char *text)
{
    struct hex_bytes sak = hex((char[]){text[0], text[1], '\0'});
    struct hex_bytes uid = hex(text + 3);
    struct tb_tap_target t = {.sak = sak.at[0], .uid_size = (uint8_t)uid.size};
    memcpy(t.uid, uid.at, uid.size);
    return t;
}

static void answer_give(struct tb_tap *t, const struct turn *turn)
{
    if (turn->what == TB_TAP_SAY) {
        assert_string_equal(word_name(t->word), turn->with);
        tb_tap_done(t, TB_TAP_OK);
    } else if (strcmp(turn->with, "!") == 0) {
        tb_tap_done(t, TB_TAP_BROKEN);
    } else if (strcmp(turn->with, "-") == 0) {
        tb_tap_done(t, TB_TAP_NONE);
    } else if (turn->what == TB_TAP_SELECT) {
        struct tb_tap_target found = target_of(turn->with);
        tb_tap_selected(t, &found);
    } else if (turn->what == TB_TAP_EXCHANGE) {
        struct hex_bytes answer = hex(turn->with);
        tb_tap_answered(t, tb_span_of(answer.at, answer.size));
    } else {
        tb_tap_done(t, TB_TAP_OK);
    }
}

static void play(struct tb_tap *t, const struct turn *turns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (tb_tap_next(t) != turns[i].what)
            fail_msg("turn %zu: %d is asked for instead of %d", i, (int)tb_tap_next(t), (int)turns[i].what);
        answer_give(t, &turns[i]);
    }
}

#define PLAY(t, ...)                                    \
    do {                                                \
        const struct turn turns[] = {__VA_ARGS__};      \
        play(t, turns, sizeof turns / sizeof turns[0]); \
    } while (0)

#define SELECT(with) {TB_TAP_SELECT, with}
#define EXCHANGE(with) {TB_TAP_EXCHANGE, with}
#define SAY(with) {TB_TAP_SAY, with}
#define WAIT {TB_TAP_WAIT, ""}
#define PRESENT(with) {TB_TAP_PRESENT, with}
#define HALT {TB_TAP_DESELECT, ""}
#define OFF {TB_TAP_FIELD_OFF, ""}
#define CYCLE {TB_TAP_FIELD_CYCLE, ""}

static void started(struct tb_tap *t)
{
    tb_tap_init(t, &pace, ndef, sizeof ndef);
    assert_int_equal(tb_tap_next(t), TB_TAP_STOP);
    tb_tap_start(t);
}

/* A Type 2 card is read, found to be alone, and held. */
static void held(struct tb_tap *t)
{
    started(t);
    PLAY(t, SELECT(T2), SAY("tag"), EXCHANGE(PAGES_3), SELECT(T2), SAY("data"));
    assert_int_equal(tb_tap_next(t), TB_TAP_WAIT);
}

static void empty_field_is_polled(void **state)
{
    (void)state;
    struct tb_tap t;
    started(&t);
    PLAY(&t, SELECT("-"));
    assert_int_equal(tb_tap_wait_ms(&t), 40);
    PLAY(&t, WAIT, SELECT("-"), WAIT, SELECT("-"));
}

static void type2_card_is_read_and_held_until_it_leaves(void **state)
{
    (void)state;
    struct tb_tap t;
    held(&t);
    assert_int_equal(tb_tap_wait_ms(&t), 100);
    PLAY(&t, WAIT, PRESENT(""), WAIT, PRESENT("-"), CYCLE, SELECT("-"), CYCLE, SELECT("-"), SAY("gone"));
    PLAY(&t, WAIT, SELECT("-"));
}

static void card_that_is_found_again_is_the_same_tap(void **state)
{
    (void)state;
    struct tb_tap t;
    held(&t);
    uint16_t tap = t.tap;
    PLAY(&t, WAIT, PRESENT("-"), CYCLE, SELECT("-"), CYCLE, SELECT(T2), WAIT, PRESENT(""));
    assert_int_equal(t.tap, tap);
}

static void who_listens_anew_is_told_of_the_card_that_lies_there(void **state)
{
    (void)state;
    struct tb_tap t;
    held(&t);
    uint16_t tap = t.tap;
    tb_tap_renew(&t);
    PLAY(&t, WAIT, CYCLE, SAY("gone"), WAIT, SELECT(T2), SAY("tag"), EXCHANGE(PAGES_3), SELECT(T2),
         SAY("data"));
    assert_true(t.tap != tap);
    PLAY(&t, WAIT, PRESENT(""));
    /* In the middle of a tap: it is told to its end first. */
    started(&t);
    PLAY(&t, SELECT(T2), SAY("tag"));
    tb_tap_renew(&t);
    PLAY(&t, EXCHANGE(PAGES_3), SELECT(T2), SAY("data"), WAIT, CYCLE, SAY("gone"), WAIT, SELECT("-"));
    tb_tap_renew(&t); /* nothing lies there */
    PLAY(&t, WAIT, SELECT(T2), SAY("tag"), EXCHANGE(PAGES_3), SELECT(T2), SAY("data"), WAIT, PRESENT(""));
}

static void two_cards_are_left_in_peace_whoever_listens(void **state)
{
    (void)state;
    struct tb_tap t;
    started(&t);
    PLAY(&t, SELECT(T2), SAY("tag"), EXCHANGE(PAGES_3), SELECT(T2_OTHER), SAY("two"), OFF);
    tb_tap_renew(&t);
    PLAY(&t, WAIT, CYCLE, SELECT(T2), OFF, WAIT);
}

static void card_in_anothers_place_is_a_new_tap(void **state)
{
    (void)state;
    struct tb_tap t;
    held(&t);
    uint16_t tap = t.tap;
    PLAY(&t, WAIT, PRESENT("-"), CYCLE, SELECT(T2_OTHER), CYCLE, SAY("gone"), WAIT, SELECT(T2_OTHER),
         SAY("tag"));
    assert_int_equal(t.tap, tap + 1);
}

static void type4_card_loses_its_session_for_the_look_and_gets_a_new_one(void **state)
{
    (void)state;
    struct tb_tap t;
    started(&t);
    PLAY(&t, SELECT(T4), SAY("tag"), EXCHANGE("6a82"), EXCHANGE("6a82"), EXCHANGE("6a82"), HALT, SELECT("-"),
         SAY("failed"), OFF);
    started(&t);
    PLAY(&t, SELECT(T4), SAY("tag"), EXCHANGE("9000"), EXCHANGE("9000"), EXCHANGE("6982"), HALT, SELECT("-"),
         SAY("failed"), CYCLE, SELECT(T4), WAIT, PRESENT(""));
    assert_int_equal(t.read.failure, TB_TAG_LOCKED);
}

static void phone_is_not_disturbed(void **state)
{
    (void)state;
    struct tb_tap t;
    started(&t);
    PLAY(&t, SELECT(PHONE), SAY("tag"), EXCHANGE("9000"), EXCHANGE("9000"), EXCHANGE("6982"), SAY("failed"),
         WAIT, PRESENT("-"), CYCLE, SELECT(PHONE_AGAIN), WAIT, PRESENT(""));
}

static void torn_read_is_tried_three_times(void **state)
{
    (void)state;
    struct tb_tap t;
    started(&t);
    PLAY(&t, SELECT(T2), SAY("tag"), EXCHANGE("-"), SELECT("-"), CYCLE, SELECT(T2), EXCHANGE("-"),
         SELECT("-"), CYCLE, SELECT(T2), EXCHANGE(PAGES_3), SELECT(T2), SAY("data"), WAIT);
    started(&t);
    PLAY(&t, SELECT(T2), SAY("tag"), EXCHANGE("-"), SELECT("-"), CYCLE, SELECT(T2), EXCHANGE("-"),
         SELECT("-"), CYCLE, SELECT(T2), EXCHANGE("-"), SELECT("-"), CYCLE, SELECT(T2), SAY("failed"), WAIT,
         PRESENT(""));
    assert_int_equal(t.read.failure, TB_TAG_TORN);
}

/* It has no FAST_READ: NAK, and idle. */
static void card_that_refuses_a_command_is_selected_again(void **state)
{
    (void)state;
    struct tb_tap t;
    started(&t);
    PLAY(&t, SELECT(T2), SAY("tag"), EXCHANGE("-"), SELECT(T2));
    assert_false(t.read.raw);
    PLAY(&t, EXCHANGE(PAGE_3), SELECT(T2), SAY("data"), WAIT, PRESENT(""));
}

static void other_card_that_answers_instead_is_a_second_one(void **state)
{
    (void)state;
    struct tb_tap t;
    started(&t);
    PLAY(&t, SELECT(T2), SAY("tag"), EXCHANGE("-"), SELECT(T2_OTHER), SAY("two"), OFF, WAIT);
}

static void torn_card_that_is_gone_is_gone(void **state)
{
    (void)state;
    struct tb_tap t;
    started(&t);
    PLAY(&t, SELECT(T2), SAY("tag"), EXCHANGE("-"), SELECT("-"), CYCLE, SELECT("-"), CYCLE, SELECT("-"),
         SAY("failed"), SAY("gone"), WAIT, SELECT("-"));
}

static void payment_card_is_shunned_with_the_field_off(void **state)
{
    (void)state;
    struct tb_tap t;
    started(&t);
    PLAY(&t, SELECT(PHONE), SAY("tag"), EXCHANGE("6a82"), EXCHANGE("6a82"), EXCHANGE("9000"), SAY("failed"),
         OFF);
    assert_int_equal(t.read.failure, TB_TAG_PAYMENT_CARD);
    assert_int_equal(tb_tap_wait_ms(&t), 250);
    assert_int_equal(tb_tap_access(&t, t.tap), TB_TAP_ACCESS_GONE);
    PLAY(&t, WAIT, CYCLE, SELECT(PHONE_AGAIN), OFF, WAIT, CYCLE, SELECT("-"), CYCLE, SELECT("-"),
         SAY("gone"));
}

/* The directory is asked for once, even when its answer is lost. */
static void payment_question_is_not_repeated(void **state)
{
    (void)state;
    struct tb_tap t;
    started(&t);
    PLAY(&t, SELECT(PHONE), SAY("tag"), EXCHANGE("6a82"), EXCHANGE("6a82"), EXCHANGE("-"), SAY("failed"),
         SAY("gone"));
}

static void two_cards_are_told_and_left_in_peace(void **state)
{
    (void)state;
    struct tb_tap t;
    started(&t);
    PLAY(&t, SELECT(T2), SAY("tag"), EXCHANGE(PAGES_3), SELECT(T2_OTHER), SAY("two"), OFF, WAIT, CYCLE,
         SELECT(T2), OFF, WAIT, CYCLE, SELECT(T2_OTHER), CYCLE, SAY("gone"));
}

static void broken_chip_ends_the_tap_and_stops(void **state)
{
    (void)state;
    static const struct {
        struct turn turns[12];
    } scripts[] = {
        {{SELECT("!")}},
        {{SELECT(T2), SAY("tag"), EXCHANGE("!"), SAY("failed"), SAY("gone")}},
        {{SELECT(T2), SAY("tag"), EXCHANGE(PAGES_3), SELECT("!"), SAY("data"), SAY("gone")}},
        {{SELECT(T2), SAY("tag"), EXCHANGE("-"), SELECT("!"), SAY("failed"), SAY("gone")}},
        {{SELECT(T2), SAY("tag"), EXCHANGE("-"), SELECT(T2), EXCHANGE("!"), SAY("failed"), SAY("gone")}},
        {{SELECT(T2),
          SAY("tag"),
          EXCHANGE("-"),
          SELECT("-"),
          {TB_TAP_FIELD_CYCLE, "!"},
          SAY("failed"),
          SAY("gone")}},
        {{SELECT(T2), SAY("tag"), EXCHANGE("-"), SELECT("-"), CYCLE, SELECT("!"), SAY("failed"),
          SAY("gone")}},
        {{SELECT(T2), SAY("tag"), EXCHANGE(PAGES_3), SELECT(T2), SAY("data"), WAIT, PRESENT("!"),
          SAY("gone")}},
        {{SELECT(T2), SAY("tag"), EXCHANGE(PAGES_3), SELECT(T2), SAY("data"), WAIT, PRESENT("-"), CYCLE,
          SELECT("!"), SAY("gone")}},
        {{SELECT(T2),
          SAY("tag"),
          EXCHANGE(PAGES_3),
          SELECT(T2_OTHER),
          SAY("two"),
          {TB_TAP_FIELD_OFF, "!"},
          SAY("gone")}},
    };
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        struct tb_tap t;
        size_t count = 0;
        while (count < 12 && scripts[i].turns[count].with != NULL)
            count++;
        started(&t);
        play(&t, scripts[i].turns, count);
        assert_int_equal(tb_tap_next(&t), TB_TAP_STOP);
        tb_tap_start(&t);
        PLAY(&t, SELECT("-"), WAIT, SELECT("-"));
    }
}

static void chip_that_breaks_elsewhere_ends_the_tap(void **state)
{
    (void)state;
    struct tb_tap t;
    held(&t);
    tb_tap_break(&t);
    PLAY(&t, SAY("gone"));
    assert_int_equal(tb_tap_next(&t), TB_TAP_STOP);
    tb_tap_break(&t);
    tb_tap_start(&t);
    tb_tap_break(&t);
    assert_int_equal(tb_tap_next(&t), TB_TAP_STOP);
}

static void commands_go_to_a_card_that_is_held(void **state)
{
    (void)state;
    struct tb_tap t;
    started(&t);
    assert_int_equal(tb_tap_access(&t, 0), TB_TAP_ACCESS_GONE);
    PLAY(&t, SELECT(T2));
    assert_int_equal(tb_tap_access(&t, t.tap), TB_TAP_ACCESS_LATER);
    PLAY(&t, SAY("tag"), EXCHANGE(PAGES_3), SELECT(T2), SAY("data"));
    assert_int_equal(tb_tap_access(&t, t.tap), TB_TAP_ACCESS_NOW);
    assert_int_equal(tb_tap_access(&t, (uint16_t)(t.tap + 1)), TB_TAP_ACCESS_GONE);
    PLAY(&t, WAIT);
    assert_int_equal(tb_tap_access(&t, t.tap), TB_TAP_ACCESS_LATER);
    PLAY(&t, PRESENT("-"), CYCLE, SELECT("-"), CYCLE, SELECT("-"));
    assert_int_equal(tb_tap_access(&t, t.tap), TB_TAP_ACCESS_GONE);
}

static void broadcast_comes_before_each_look(void **state)
{
    (void)state;
    static const uint8_t ecp[] = {0x6a, 0x01, 0x00, 0x00, 0x00};
    struct tb_tap t;
    tb_tap_init(&t, &pace, ndef, sizeof ndef);
    t.ecp = tb_span_of(ecp, sizeof ecp);
    tb_tap_start(&t);
    PLAY(&t, {TB_TAP_BROADCAST, "-"}, SELECT("-"), WAIT, {TB_TAP_BROADCAST, "-"}, SELECT(T2), SAY("tag"));
    PLAY(&t, EXCHANGE(PAGES_3), SELECT(T2), SAY("data"), WAIT, PRESENT(""));
}

/* ---- relay: somebody else speaks with the card first ---- */

static void relayed(struct tb_tap *t, const char *card)
{
    started(t);
    tb_tap_relay(t, TB_TAP_RELAY_ON, 0);
    PLAY(t, SELECT(card), SAY("tag"));
    assert_int_equal(tb_tap_next(t), TB_TAP_WAIT);
    assert_int_equal(tb_tap_wait_ms(t), 1000);
    assert_int_equal(tb_tap_access(t, t->tap), TB_TAP_ACCESS_NOW);
}

static void told(struct tb_tap *t, enum tb_tap_relay what)
{
    tb_tap_relay(t, what, t->tap);
}

static void relay_is_off_until_it_is_asked_for(void **state)
{
    (void)state;
    struct tb_tap t;
    started(&t);
    PLAY(&t, SELECT(T4), SAY("tag"), EXCHANGE("9000"));
    relayed(&t, T4);
    started(&t);
    tb_tap_relay(&t, TB_TAP_RELAY_ON, 0);
    tb_tap_relay(&t, TB_TAP_RELAY_OFF, 0);
    PLAY(&t, SELECT(T4), SAY("tag"), EXCHANGE("9000"));
    started(&t);
    tb_tap_relay(&t, TB_TAP_RELAY_ON, 0);
    tb_tap_renew(&t); /* by whoever listens now */
    PLAY(&t, SELECT(T4), SAY("tag"), EXCHANGE("9000"));
}

static void only_iso_dep_cards_are_relayed(void **state)
{
    (void)state;
    struct tb_tap t;
    started(&t);
    tb_tap_relay(&t, TB_TAP_RELAY_ON, 0);
    PLAY(&t, SELECT(T2), SAY("tag"), EXCHANGE(PAGES_3), SELECT(T2), SAY("data"), WAIT, PRESENT(""));
}

static void relayed_card_is_read_when_that_is_said_or_nothing_is(void **state)
{
    (void)state;
    struct tb_tap t;
    relayed(&t, PHONE);
    told(&t, TB_TAP_RELAY_READ);
    PLAY(&t, EXCHANGE("9000"), EXCHANGE("9000"), EXCHANGE("6982"), SAY("failed"), WAIT, PRESENT(""));
    assert_int_equal(t.read.failure, TB_TAG_LOCKED);
    relayed(&t, PHONE);
    PLAY(&t, WAIT, EXCHANGE("9000"), EXCHANGE("9000"), EXCHANGE("6982"), SAY("failed"), WAIT, PRESENT(""));
}

static void kept_card_is_held_when_it_is_alone(void **state)
{
    (void)state;
    struct tb_tap t;
    relayed(&t, T4);
    told(&t, TB_TAP_RELAY_KEEP);
    PLAY(&t, HALT, SELECT("-"));
    assert_int_equal(t.read.ndef.size, 0);
    PLAY(&t, SAY("data"), CYCLE, SELECT(T4), WAIT, PRESENT(""));
    assert_int_equal(tb_tap_wait_ms(&t), 100);
    relayed(&t, T4);
    told(&t, TB_TAP_RELAY_KEEP);
    PLAY(&t, HALT, SELECT(T2_OTHER), SAY("two"), OFF, WAIT);
}

static void kept_phone_is_not_disturbed(void **state)
{
    (void)state;
    struct tb_tap t;
    relayed(&t, PHONE);
    told(&t, TB_TAP_RELAY_KEEP);
    PLAY(&t, SAY("data"));
    assert_int_equal(tb_tap_wait_ms(&t), 100);
    PLAY(&t, WAIT, PRESENT("-"), CYCLE, SELECT(PHONE_AGAIN), WAIT, PRESENT(""));
}

static void card_that_shall_be_left_is_shunned(void **state)
{
    (void)state;
    struct tb_tap t;
    relayed(&t, T4);
    told(&t, TB_TAP_RELAY_LEAVE);
    PLAY(&t, SAY("data"), OFF);
    assert_int_equal(tb_tap_access(&t, t.tap), TB_TAP_ACCESS_GONE);
    PLAY(&t, WAIT, CYCLE, SELECT(T4), OFF, WAIT, CYCLE, SELECT("-"), CYCLE, SELECT("-"), SAY("gone"));
}

static void relayed_card_that_was_torn_is_told_again_three_times(void **state)
{
    (void)state;
    struct tb_tap t;
    relayed(&t, PHONE);
    uint16_t tap = t.tap;
    told(&t, TB_TAP_RELAY_AGAIN);
    PLAY(&t, CYCLE, SELECT("-"), CYCLE, SELECT(PHONE_AGAIN), SAY("tag"));
    assert_int_equal(tb_tap_access(&t, tap), TB_TAP_ACCESS_NOW);
    told(&t, TB_TAP_RELAY_AGAIN);
    PLAY(&t, CYCLE, SELECT(PHONE), SAY("tag"));
    told(&t, TB_TAP_RELAY_AGAIN);
    PLAY(&t, CYCLE, SELECT(PHONE), SAY("failed"), WAIT, PRESENT(""));
    assert_int_equal(t.read.failure, TB_TAG_TORN);
    assert_int_equal(t.tap, tap);
}

static void relayed_card_that_is_gone_is_gone(void **state)
{
    (void)state;
    struct tb_tap t;
    relayed(&t, T4);
    told(&t, TB_TAP_RELAY_AGAIN);
    PLAY(&t, CYCLE, SELECT("-"), CYCLE, SELECT("-"), SAY("failed"), SAY("gone"), WAIT, SELECT("-"));
    /* Nobody says so: its own read notices. */
    relayed(&t, T4);
    PLAY(&t, WAIT, EXCHANGE("-"), CYCLE, SELECT("-"), CYCLE, SELECT("-"), SAY("failed"), SAY("gone"));
    /* Another one lies there instead. */
    relayed(&t, T4);
    told(&t, TB_TAP_RELAY_AGAIN);
    PLAY(&t, CYCLE, SELECT(T2), CYCLE, SAY("failed"), SAY("gone"), WAIT, SELECT(T2));
}

static void what_is_told_out_of_turn_changes_nothing(void **state)
{
    (void)state;
    struct tb_tap t;
    relayed(&t, PHONE);
    tb_tap_relay(&t, TB_TAP_RELAY_KEEP, (uint16_t)(t.tap + 1));
    assert_int_equal(tb_tap_wait_ms(&t), 1000);
    told(&t, TB_TAP_RELAY_READ);
    for (enum tb_tap_relay what = TB_TAP_RELAY_READ; what <= TB_TAP_RELAY_AGAIN; what++)
        told(&t, what);
    PLAY(&t, EXCHANGE("9000"), EXCHANGE("9000"), EXCHANGE("6982"), SAY("failed"));
    for (enum tb_tap_relay what = TB_TAP_RELAY_READ; what <= TB_TAP_RELAY_AGAIN; what++)
        told(&t, what);
    PLAY(&t, WAIT, PRESENT(""));
}

static void chip_that_breaks_under_a_relayed_card_ends_the_tap(void **state)
{
    (void)state;
    struct tb_tap t;
    relayed(&t, T4);
    tb_tap_break(&t);
    PLAY(&t, SAY("failed"), SAY("gone"));
    assert_int_equal(tb_tap_next(&t), TB_TAP_STOP);
    assert_int_equal(t.read.failure, TB_TAG_TORN);
    tb_tap_start(&t);
    PLAY(&t, SELECT(T4), SAY("tag"));
    told(&t, TB_TAP_RELAY_KEEP);
    PLAY(&t, HALT, SELECT("!"), SAY("data"), SAY("gone"));
    assert_int_equal(tb_tap_next(&t), TB_TAP_STOP);
}

/* Who listens anew knows nothing of it: it is read, told to its end, and begins another tap. */
static void who_listens_anew_is_not_waited_for(void **state)
{
    (void)state;
    struct tb_tap t;
    relayed(&t, PHONE);
    tb_tap_renew(&t);
    PLAY(&t, WAIT, EXCHANGE("9000"), EXCHANGE("9000"), EXCHANGE("6982"), SAY("failed"), WAIT, CYCLE,
         SAY("gone"), WAIT, SELECT(PHONE), SAY("tag"), EXCHANGE("9000"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(empty_field_is_polled),
        cmocka_unit_test(type2_card_is_read_and_held_until_it_leaves),
        cmocka_unit_test(card_that_is_found_again_is_the_same_tap),
        cmocka_unit_test(who_listens_anew_is_told_of_the_card_that_lies_there),
        cmocka_unit_test(two_cards_are_left_in_peace_whoever_listens),
        cmocka_unit_test(card_in_anothers_place_is_a_new_tap),
        cmocka_unit_test(type4_card_loses_its_session_for_the_look_and_gets_a_new_one),
        cmocka_unit_test(phone_is_not_disturbed),
        cmocka_unit_test(torn_read_is_tried_three_times),
        cmocka_unit_test(card_that_refuses_a_command_is_selected_again),
        cmocka_unit_test(other_card_that_answers_instead_is_a_second_one),
        cmocka_unit_test(torn_card_that_is_gone_is_gone),
        cmocka_unit_test(payment_card_is_shunned_with_the_field_off),
        cmocka_unit_test(payment_question_is_not_repeated),
        cmocka_unit_test(two_cards_are_told_and_left_in_peace),
        cmocka_unit_test(broken_chip_ends_the_tap_and_stops),
        cmocka_unit_test(chip_that_breaks_elsewhere_ends_the_tap),
        cmocka_unit_test(commands_go_to_a_card_that_is_held),
        cmocka_unit_test(broadcast_comes_before_each_look),
        cmocka_unit_test(relay_is_off_until_it_is_asked_for),
        cmocka_unit_test(only_iso_dep_cards_are_relayed),
        cmocka_unit_test(relayed_card_is_read_when_that_is_said_or_nothing_is),
        cmocka_unit_test(kept_card_is_held_when_it_is_alone),
        cmocka_unit_test(kept_phone_is_not_disturbed),
        cmocka_unit_test(card_that_shall_be_left_is_shunned),
        cmocka_unit_test(relayed_card_that_was_torn_is_told_again_three_times),
        cmocka_unit_test(relayed_card_that_is_gone_is_gone),
        cmocka_unit_test(what_is_told_out_of_turn_changes_nothing),
        cmocka_unit_test(chip_that_breaks_under_a_relayed_card_ends_the_tap),
        cmocka_unit_test(who_listens_anew_is_not_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
