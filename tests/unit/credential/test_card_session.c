/* How applications on one card are asked for, one after the other; the applications are a script. */
#include "core/credential/card_session.h"

#include "core/base/assert.h"
#include "tests/support/unit.h"

enum { APPLET_MAX = 3 };

/* What an application answers, step by step; behind the last one it goes on for ever. */
static struct {
    bool wanted;
    const char *steps; /* n: another command, d: done, u: done and unknown, f: failed, a: absent, l: lost */
    unsigned at;
    unsigned start_count;
} scripts[APPLET_MAX];

static struct tb_card_session session;

static enum tb_applet_step play(struct tb_card_session *s)
{
    const char step = scripts[s->at].steps[scripts[s->at].at];
    struct tb_judgement *j = &s->machine.head.judgement;
    if (step != '\0')
        scripts[s->at].at++;
    s->machine.io.command[0] = (uint8_t)s->at;
    s->machine.io.command_size = 1;
    switch (step) {
    case 'd':
        j->verdict = TB_JUDGED_CREDENTIAL;
        j->reason = TB_REASON_PHONE_PASS;
        return TB_APPLET_DONE;
    case 'u':
        j->verdict = TB_JUDGED_UNKNOWN;
        j->reason = s->at == 0 ? TB_REASON_PASS_NONE : TB_REASON_PROOF_NO_KEY;
        return TB_APPLET_FAILED;
    case 'f':
        j->verdict = TB_JUDGED_AGAIN;
        j->reason = TB_REASON_PASS_LOCKED;
        return TB_APPLET_FAILED;
    case 'a': return TB_APPLET_ABSENT;
    case 'l': return TB_APPLET_LOST;
    default: return TB_APPLET_NEXT;
    }
}

static bool wanted(const struct tb_card_session *s, size_t applet)
{
    (void)s;
    return scripts[applet].wanted;
}

static bool wanted_0(const struct tb_card_session *s)
{
    return wanted(s, 0);
}

static bool wanted_1(const struct tb_card_session *s)
{
    return wanted(s, 1);
}

static bool wanted_2(const struct tb_card_session *s)
{
    return wanted(s, 2);
}

static enum tb_applet_step start(struct tb_card_session *s)
{
    scripts[s->at].start_count++;
    return play(s);
}

static enum tb_applet_step answer(struct tb_card_session *s, struct tb_span bytes)
{
    (void)bytes;
    return play(s);
}

static enum tb_applet_step lost(struct tb_card_session *s)
{
    (void)s;
    return TB_APPLET_LOST;
}

static const struct tb_card_applet applets[APPLET_MAX] = {
    {wanted_0, start, answer, lost}, {wanted_1, start, answer, lost}, {wanted_2, start, answer, lost}};

static const struct tb_keyring no_keys;

static struct tb_card_how how(void)
{
    return (struct tb_card_how){.keys = &no_keys, .audience = ""};
}

static enum tb_card_step begin(const char *first, const char *second, const char *third)
{
    const char *const steps[APPLET_MAX] = {first, second, third};
    const struct tb_card_how with = how();
    for (size_t i = 0; i < APPLET_MAX; i++) {
        memset(&scripts[i], 0, sizeof scripts[i]);
        scripts[i].wanted = steps[i] != NULL;
        scripts[i].steps = steps[i];
    }
    return tb_card_session_start(&session, &with, (struct tb_card_applets){applets, APPLET_MAX});
}

/* Answers until the session ends. */
static enum tb_card_step run(const char *first, const char *second, const char *third, unsigned *ret_count)
{
    enum tb_card_step step = begin(first, second, third);
    for (*ret_count = 0; step == TB_CARD_NEXT; ++*ret_count)
        step = tb_card_session_answer(&session, tb_span_of("\x90\x00", 2));
    return step;
}

static void expect_judged(enum tb_card_step step, enum tb_judged verdict, enum tb_reason reason)
{
    assert_int_equal(step, TB_CARD_JUDGED);
    assert_int_equal(session.judgement.verdict, verdict);
    assert_string_equal(tb_reason_name(session.judgement.reason), tb_reason_name(reason));
}

static void nothing_is_left_of_the_machine(void)
{
    static const union tb_card_machine nothing;
    assert_memory_equal(&session.machine, &nothing, sizeof nothing);
}

static void card_without_any_of_them_is_read(void **state)
{
    (void)state;
    unsigned count;
    assert_int_equal(run("na", "a", "nna", &count), TB_CARD_READ);
    assert_int_equal(count, 3);
    nothing_is_left_of_the_machine();
}

static void what_is_not_wanted_is_not_asked_for(void **state)
{
    (void)state;
    unsigned count;
    assert_int_equal(run(NULL, NULL, NULL, &count), TB_CARD_READ);
    assert_int_equal(count, 0);
    assert_int_equal(run("na", NULL, "na", &count), TB_CARD_READ);
    assert_int_equal(scripts[1].start_count, 0);
    const struct tb_card_how with = how();
    assert_true(tb_card_session_wanted(&with, (struct tb_card_applets){applets, APPLET_MAX}));
    scripts[0].wanted = scripts[2].wanted = false;
    assert_false(tb_card_session_wanted(&with, (struct tb_card_applets){applets, APPLET_MAX}));
    assert_false(tb_card_session_wanted(&with, tb_card_applets())); /* without keys */
}

/* Nobody asks once more when its time has come. */
static void key_of_later_makes_cards_wait(void **state)
{
    (void)state;
    static const struct tb_keyring ring = {
        .key_count = 1,
        .keys = {{.use = TB_RING_DESFIRE, .id = "cards", .not_before_ms = 5000, .not_after_ms = 9000}}};
    struct tb_card_how with = how();
    with.keys = &ring;
    with.wall_ms = 1000;
    assert_true(tb_card_session_wanted(&with, tb_card_applets()));
    with.wall_ms = 9000;
    assert_false(tb_card_session_wanted(&with, tb_card_applets()));
}

static void first_word_ends_the_session(void **state)
{
    (void)state;
    unsigned count;
    expect_judged(run("na", "nnd", "nd", &count), TB_JUDGED_CREDENTIAL, TB_REASON_PHONE_PASS);
    assert_int_equal(count, 3);
    assert_int_equal(scripts[2].start_count, 0);
    nothing_is_left_of_the_machine();
    expect_judged(run("nf", "nd", "nd", &count), TB_JUDGED_AGAIN, TB_REASON_PASS_LOCKED);
    assert_int_equal(scripts[1].start_count, 0);
    expect_judged(run("d", NULL, NULL, &count), TB_JUDGED_CREDENTIAL, TB_REASON_PHONE_PASS);
}

static void application_that_knows_nothing_of_ours_counts_when_no_other_does(void **state)
{
    (void)state;
    unsigned count;
    expect_judged(run("nu", "nd", NULL, &count), TB_JUDGED_CREDENTIAL, TB_REASON_PHONE_PASS);
    expect_judged(run("nu", "na", "nu", &count), TB_JUDGED_UNKNOWN, TB_REASON_PASS_NONE);
    expect_judged(run("na", "na", "nu", &count), TB_JUDGED_UNKNOWN, TB_REASON_PROOF_NO_KEY);
}

static void card_that_is_lost_is_lost_at_every_step(void **state)
{
    (void)state;
    static const char *const script[APPLET_MAX] = {"nnu", "nna", "nnd"};
    unsigned count;
    assert_int_equal(run(script[0], script[1], script[2], &count), TB_CARD_JUDGED);
    for (unsigned at = 0; at < count; at++) {
        enum tb_card_step step = begin(script[0], script[1], script[2]);
        for (unsigned i = 0; i < at; i++)
            step = tb_card_session_answer(&session, tb_span_of("\x90\x00", 2));
        assert_int_equal(step, TB_CARD_NEXT);
        assert_int_equal(tb_card_session_lost(&session), TB_CARD_LOST);
        nothing_is_left_of_the_machine();
    }
    assert_int_equal(run("nl", "nd", NULL, &count), TB_CARD_LOST);
}

static void session_ends_whatever_the_card_answers(void **state)
{
    (void)state;
    unsigned count;
    expect_judged(run("", NULL, NULL, &count), TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    assert_int_equal(count, TB_CARD_EXCHANGE_MAX);
    nothing_is_left_of_the_machine();
}

static void session_that_is_given_up_leaves_nothing(void **state)
{
    (void)state;
    static const struct tb_card_session nothing;
    assert_int_equal(begin("nu", "nn", NULL), TB_CARD_NEXT);
    tb_card_session_wipe(&session);
    assert_memory_equal(&session, &nothing, sizeof nothing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(card_without_any_of_them_is_read),
        cmocka_unit_test(what_is_not_wanted_is_not_asked_for),
        cmocka_unit_test(key_of_later_makes_cards_wait),
        cmocka_unit_test(first_word_ends_the_session),
        cmocka_unit_test(application_that_knows_nothing_of_ours_counts_when_no_other_does),
        cmocka_unit_test(card_that_is_lost_is_lost_at_every_step),
        cmocka_unit_test(session_ends_whatever_the_card_answers),
        cmocka_unit_test(session_that_is_given_up_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
