/* Codes that nobody was given: who asks for many of them is held up, and nobody else. */
#include "core/credential/handover.h"
#include "tests/integration/contextd/engine_handovers.h"

#define HOUR_MS (INT64_C(3600) * 1000)
#define GUESSES_MAX 20
#define PAUSE_MS (30 * 1000)

static void guesses_make_as(struct engine_fixture *f, const struct tb_engine_peer *peer, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        char code[TB_HANDOVER_CODE_SIZE + 1];
        tb_handover_code_of(i, code);
        const struct tb_engine_answer *answer = fetch(f, peer, "handover", code);
        assert_int_equal(answer->err, TB_OK);
        assert_false(answer->identify.found);
        assert_string_equal(answer->identify.proof.refused, "");
    }
}

static void guesses_make(struct engine_fixture *f, const char *device, uint32_t count)
{
    const struct tb_engine_peer peer = fixture_till(device);
    guesses_make_as(f, &peer, count);
}

static unsigned audited(struct engine_fixture *f, const char *what)
{
    const struct tb_audit_filter all = {.since_ms = 0};
    struct tb_audit_entry entry = {.number = 0};
    unsigned count = 0;
    while (f->engine->ops->audit_next(f->engine, &all, &entry, &entry) == TB_OK)
        if (strcmp(entry.what, what) == 0) {
            assert_string_equal(entry.terminal, "kiosk-0421-7");
            assert_int_equal(strlen(entry.detail), strcmp(what, "handover.guess") == 0 ? 8 : 0);
            count++;
        }
    return count;
}

/* A device that guesses is stopped, also when it then guesses right; others are not. */
static void codes_are_not_guessed(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation ask = request_of(tb_seed_customer_id(SEED_NUMBER, 0), 5, "any");
    char code[TB_HANDOVER_CODE_SIZE + 1];
    memcpy(code, doc_of(&decide(f, &till, ask)->apply.rows).code, sizeof code);
    for (unsigned i = 0; i < 30; i++) /* what is found is no guess, and what is no code is not looked up */
        assert_true(ask_by_code(f, "kiosk-0421-7", code)->identify.found);
    for (unsigned i = 0; i < 30; i++)
        assert_false(ask_by_code(f, "kiosk-0421-7", "AAAAAA")->identify.found);
    guesses_make(f, "kiosk-0421-7", 20);
    engine_fixture_reopen(f);
    for (unsigned i = 0; i < 30; i++) {
        const struct tb_engine_answer *answer = ask_by_code(f, "kiosk-0421-7", code);
        assert_false(answer->identify.found);
        assert_int_equal(answer->identify.rows.count, 0);
        assert_string_equal(answer->identify.proof.refused, "lookup.limit");
    }
    assert_true(ask_by_code(f, "till-0421-4", code)->identify.found);
    assert_int_equal(audited(f, "handover.guess"), 20);
    assert_int_equal(audited(f, "handover.guess_refused"), 1);
    f->wall_ms += INT64_C(3600) * 1000;
    assert_true(ask_by_code(f, "kiosk-0421-7", code)->identify.found);
}

static unsigned audited_of(struct engine_fixture *f, const struct tb_id *customer, const char *what)
{
    const struct tb_audit_filter hers = {.customer = *customer};
    struct tb_audit_entry entry = {.number = 0};
    unsigned count = 0;
    while (f->engine->ops->audit_next(f->engine, &hers, &entry, &entry) == TB_OK)
        count += strcmp(entry.what, what) == 0;
    return count;
}

static bool is_limited(const struct tb_engine_answer *answer)
{
    return strcmp(answer->identify.proof.refused, "lookup.limit") == 0;
}

/* Each customer on the web guesses for herself, and it is hers in the audit. */
static void on_the_web_each_customer_is_counted(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer webs[] = {fixture_web(0), fixture_web(1)};
    struct tb_mutation sent = request_of((struct tb_id){{0}}, 80, "any");
    struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    sent.cart = fixture_id(48);
    sent.handover.reason = TB_HANDOVER_FOR_CONTINUE;
    assert_applied(decide(f, &kiosk, anonymous_add(48)));
    char code[TB_HANDOVER_CODE_SIZE + 1];
    memcpy(code, doc_of(&decide(f, &kiosk, sent)->apply.rows).code, sizeof code);
    guesses_make_as(f, &webs[0], GUESSES_MAX);
    for (unsigned i = 0; i < 3; i++)
        assert_true(is_limited(fetch(f, &webs[0], "handover", code)));
    assert_true(fetch(f, &webs[1], "handover", code)->identify.found);
    guesses_make_as(f, &webs[1], 1);
    assert_int_equal(audited_of(f, &webs[0].customer, "handover.guess"), GUESSES_MAX);
    assert_int_equal(audited_of(f, &webs[0].customer, "handover.guess_refused"), 1);
    assert_int_equal(audited_of(f, &webs[1].customer, "handover.guess"), 1);
    f->wall_ms += HOUR_MS;
    assert_true(fetch(f, &webs[0], "handover", code)->identify.found);
}

/* Who guessed is known by the erasure's id alone. */
static void guesses_on_the_web_are_erased(void **state)
{
    struct engine_fixture *f = *state;
    const struct tb_engine_peer web = fixture_web(0);
    struct tb_id erasure;
    guesses_make_as(f, &web, 2);
    assert_int_equal(f->engine->ops->erase(f->engine, &web.customer, &erasure), TB_OK);
    assert_int_equal(audited_of(f, &web.customer, "handover.guess"), 0);
    assert_int_equal(audited_of(f, &erasure, "handover.guess"), 2);
}

/* A kiosk's reader sees the same picture again and again, and codes that were used before. */
static void what_was_given_or_is_seen_again_is_no_guess(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    char codes[2][TB_HANDOVER_CODE_SIZE + 1];
    struct tb_mutation asks[2];
    for (unsigned i = 0; i < 2; i++) {
        asks[i] = request_of(tb_seed_customer_id(SEED_NUMBER, i), 5 + i, "any");
        memcpy(codes[i], doc_of(&decide(f, &till, asks[i])->apply.rows).code, sizeof codes[i]);
    }
    assert_applied(decide(f, &till, answer_of(TB_MUTATION_HANDOVER_CANCEL, &asks[0])));
    for (unsigned i = 0; i < 30; i++) {
        guesses_make(f, "kiosk-0421-7", 1);
        assert_false(ask_by_code(f, "kiosk-0421-7", codes[0])->identify.found);
    }
    assert_true(ask_by_code(f, "kiosk-0421-7", codes[1])->identify.found);
    assert_int_equal(audited(f, "handover.guess"), 1);
}

/* Past the limit one in half a minute. */
static void who_guesses_is_slowed_down(void **state)
{
    struct engine_fixture *f = *state;
    struct tb_engine_peer till = fixture_till("till-0421-4");
    struct tb_mutation ask = request_of(tb_seed_customer_id(SEED_NUMBER, 0), 5, "any");
    char code[TB_HANDOVER_CODE_SIZE + 1];
    char other[TB_HANDOVER_CODE_SIZE + 1];
    memcpy(code, doc_of(&decide(f, &till, ask)->apply.rows).code, sizeof code);
    guesses_make(f, "kiosk-0421-7", GUESSES_MAX);
    tb_handover_code_of(GUESSES_MAX, other);
    f->wall_ms += PAUSE_MS - 1;
    assert_true(is_limited(ask_by_code(f, "kiosk-0421-7", code)));
    f->wall_ms += 1;
    assert_true(ask_by_code(f, "kiosk-0421-7", code)->identify.found);
    assert_false(is_limited(ask_by_code(f, "kiosk-0421-7", other)));
    assert_true(is_limited(ask_by_code(f, "kiosk-0421-7", code)));
    f->wall_ms += PAUSE_MS;
    assert_true(ask_by_code(f, "kiosk-0421-7", code)->identify.found);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ENGINE_TEST(codes_are_not_guessed),         ENGINE_TEST(what_was_given_or_is_seen_again_is_no_guess),
        ENGINE_TEST(who_guesses_is_slowed_down),    ENGINE_TEST(on_the_web_each_customer_is_counted),
        ENGINE_TEST(guesses_on_the_web_are_erased),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
