/* What the tests of identification share: one machine, its time, and what it has to say next. */
#ifndef TB_TESTS_UNIT_IDENTIFY_IDENTIFY_TEST_H
#define TB_TESTS_UNIT_IDENTIFY_IDENTIFY_TEST_H

#include "core/identify/identify.h"
#include "tests/support/unit.h"

enum { NFC = 0, SCANNER = 1 };

static const char card_1[] = "\x04\x11\x22\x33\x44\x55\x66";

static const struct tb_customer_key customer_1 = {{0xc1, 0x57, 0x0e, 0x51}};
static const struct tb_customer_key customer_2 = {{0xc2}};

static struct tb_identify machine;
static int64_t now_ms;

static inline int setup(void **state)
{
    (void)state;
    const struct tb_identify_policy policy = tb_identify_policy_default();
    tb_identify_init(&machine, &policy);
    now_ms = 1000;
    return 0;
}

static inline struct tb_identify_action next_action(enum tb_identify_verb verb)
{
    struct tb_identify_action action;
    assert_true(tb_identify_next(&machine, &action));
    assert_int_equal(action.verb, verb);
    return action;
}

static inline void no_more_actions(void)
{
    struct tb_identify_action action;
    assert_false(tb_identify_next(&machine, &action));
}

static inline struct tb_identify_action next_outcome(enum tb_outcome outcome, enum tb_reason reason)
{
    struct tb_identify_action action = next_action(TB_IDENTIFY_OUTCOME);
    assert_string_equal(tb_outcome_name(action.outcome), tb_outcome_name(outcome));
    assert_string_equal(tb_reason_name(action.reason), tb_reason_name(reason));
    return action;
}

static inline void next_feedback(enum tb_feedback feedback)
{
    assert_int_equal(next_action(TB_IDENTIFY_FEEDBACK).feedback, feedback);
}

static inline void began(const char *uid)
{
    tb_identify_tap_began(&machine, NFC, tb_span_str(uid), now_ms);
}

static inline void scan(const char *line)
{
    tb_identify_line(&machine, SCANNER, tb_span_str(line), now_ms);
}

static inline void tick_after(int64_t wait_ms)
{
    now_ms += wait_ms;
    tb_identify_tick(&machine, now_ms);
}

#endif
