#include "core/base/text.h"
#include "core/credential/vas.h"
#include "core/crypto/hash.h"
#include "tests/support/hex.h"
#include "tests/support/seeded_rng.h"
#include "tests/support/unit.h"
#include "tests/support/wallet_vectors.h"

struct terminal {
    struct tb_keyring ring;
    struct seeded_rng random;
    struct tb_rng rng;
    struct tb_vas_how how;
    struct tb_vas m;
};

static void key_put(struct terminal *t, const char *merchant, uint32_t version, const char *scalar)
{
    struct tb_ring_key key = {.use = TB_RING_VAS, .version = version, .size = 32};
    assert_int_equal(tb_span_to_str(tb_span_str(merchant), key.id, sizeof key.id), TB_OK);
    assert_int_equal(tb_hex_decode(tb_span_str(scalar), key.bytes, key.size), TB_OK);
    assert_int_equal(tb_keyring_put(&t->ring, &key), TB_OK);
}

static struct terminal *terminal(void)
{
    static struct terminal t;
    t = (struct terminal){.random = {3}};
    t.rng = seeded_rng_of(&t.random);
    t.how = (struct tb_vas_how){
        .keys = &t.ring, .rng = &t.rng, .wall_ms = VAS_TIME_MS + 5000, .terms = tb_vas_terms_default()};
    return &t;
}

static struct terminal *demo_terminal(void)
{
    struct terminal *t = terminal();
    key_put(t, PASS_TYPE, 1, PASS_KEY);
    return t;
}

static enum tb_applet_step begin_at(struct terminal *t, const char *ose_answer)
{
    struct hex_bytes bytes = hex(ose_answer);
    struct tb_ose ose;
    assert_int_equal(tb_ose_read(tb_span_of(bytes.at, bytes.size), &ose), TB_OK);
    return tb_vas_start(&t->m, &t->how, &ose);
}

static enum tb_applet_step begin(struct terminal *t)
{
    return begin_at(t, VAS_OSE_ANSWER);
}

static enum tb_applet_step answer(struct terminal *t, const char *text)
{
    struct hex_bytes bytes = hex(text);
    return tb_vas_answer(&t->m, tb_span_of(bytes.at, bytes.size));
}

static void is_judged(const struct terminal *t, enum tb_judged verdict, enum tb_reason reason)
{
    assert_int_equal(t->m.judgement.verdict, verdict);
    assert_string_equal(tb_reason_name(t->m.judgement.reason), tb_reason_name(reason));
}

static void is_refused(const char *text, enum tb_judged verdict, enum tb_reason reason)
{
    struct terminal *t = demo_terminal();
    assert_int_equal(begin(t), TB_APPLET_NEXT);
    assert_int_equal(answer(t, text), TB_APPLET_FAILED);
    is_judged(t, verdict, reason);
    assert_int_equal(t->m.judgement.credential.kind, TB_CREDENTIAL_NONE);
}

static void is_demo_pass(const struct terminal *t)
{
    is_judged(t, TB_JUDGED_CREDENTIAL, TB_REASON_PASS_VAS);
    assert_int_equal(t->m.judgement.credential.kind, TB_CREDENTIAL_VAS);
    assert_true(tb_span_is(tb_credential_value(&t->m.judgement.credential), VAS_MESSAGE));
    assert_int_equal(t->m.judgement.assurance, TB_ASSURANCE_MEDIUM);
}

static void captured_exchange(void **state)
{
    (void)state;
    struct terminal *t = demo_terminal();
    t->how.terms.url = VAS_URL;
    assert_int_equal(begin(t), TB_APPLET_NEXT);
    struct hex_bytes command = hex(VAS_COMMAND);
    assert_int_equal(t->m.io.command_size, command.size);
    assert_memory_equal(t->m.io.command, command.at, command.size);
    assert_int_equal(answer(t, VAS_ANSWER), TB_APPLET_DONE);
    is_demo_pass(t);
    assert_int_equal(t->m.token_size, 0);
    tb_vas_wipe(&t->m);
    static const uint8_t none[sizeof t->m];
    assert_memory_equal(&t->m, none, sizeof none);
}

static void what_is_to_be_remembered(void **state)
{
    (void)state;
    struct terminal *t = demo_terminal();
    assert_int_equal(begin(t), TB_APPLET_NEXT);
    assert_int_equal(answer(t, VAS_ANSWER), TB_APPLET_DONE);
    struct hex_bytes cryptogram = hex(CRYPTOGRAM);
    struct tb_digest digest = tb_sha256(tb_span_of(cryptogram.at, cryptogram.size));
    uint8_t named[4 + TB_SHA256_SIZE] = {'v', 'a', 's', 0};
    memcpy(named + 4, digest.bytes, sizeof digest.bytes);
    struct tb_digest name = tb_sha256(tb_span_of(named, sizeof named));
    assert_int_equal(t->m.judgement.replay.rule, TB_REPLAY_ONCE);
    assert_memory_equal(t->m.judgement.replay.name, name.bytes, sizeof name.bytes);
    assert_true(t->m.judgement.replay.forget_ms == VAS_TIME_MS + TB_VAS_WINDOW_MS + 1);
}

static void window_of_the_timestamp(void **state)
{
    (void)state;
    static const struct {
        int64_t wall_ms;
        int64_t window_ms;
        int64_t zone_ms;
        enum tb_judged verdict;
        enum tb_reason reason;
    } cases[] = {
        {VAS_TIME_MS + 120000, 120000, 0, TB_JUDGED_CREDENTIAL, TB_REASON_PASS_VAS},
        {VAS_TIME_MS + 120001, 120000, 0, TB_JUDGED_EXPIRED, TB_REASON_PROOF_EXPIRED},
        {VAS_TIME_MS - 120000, 120000, 0, TB_JUDGED_CREDENTIAL, TB_REASON_PASS_VAS},
        {VAS_TIME_MS - 120001, 120000, 0, TB_JUDGED_EXPIRED, TB_REASON_PROOF_EARLY},
        {VAS_TIME_MS + 5000, 1000, 0, TB_JUDGED_EXPIRED, TB_REASON_PROOF_EXPIRED},
        {VAS_TIME_MS - 7200000, 1000, -7200000, TB_JUDGED_CREDENTIAL, TB_REASON_PASS_VAS},
        {INT64_C(1790000000000), 0, 0, TB_JUDGED_CREDENTIAL, TB_REASON_PASS_VAS},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(cases); i++) {
        struct terminal *t = demo_terminal();
        t->how.wall_ms = cases[i].wall_ms;
        t->how.terms.window_ms = cases[i].window_ms;
        t->how.terms.zone_ms = cases[i].zone_ms;
        assert_int_equal(begin(t), TB_APPLET_NEXT);
        assert_int_equal(answer(t, VAS_ANSWER),
                         cases[i].verdict == TB_JUDGED_CREDENTIAL ? TB_APPLET_DONE : TB_APPLET_FAILED);
        is_judged(t, cases[i].verdict, cases[i].reason);
        if (cases[i].window_ms == 0)
            assert_true(t->m.judgement.replay.forget_ms == cases[i].wall_ms + TB_VAS_UNTIMED_MS);
    }
}

static void phones_without_vas(void **state)
{
    (void)state;
    struct terminal *t = demo_terminal();
    assert_int_equal(begin_at(t, OSE_ANSWER), TB_APPLET_ABSENT);
    /* the capability is missing; another version */
    assert_int_equal(begin_at(t, "6f1d50084170706c655061799f210201009f2404c05d48d09f2304000000169000"),
                     TB_APPLET_ABSENT);
    assert_int_equal(begin_at(t, "6f1d50084170706c655061799f210202009f2404c05d48d09f23040000001e9000"),
                     TB_APPLET_ABSENT);
    is_judged(t, TB_JUDGED_UNKNOWN, TB_REASON_NONE);
    t = terminal();
    assert_int_equal(begin(t), TB_APPLET_ABSENT);
    is_judged(t, TB_JUDGED_UNKNOWN, TB_REASON_PROOF_NO_KEY);
}

static void status_words(void **state)
{
    (void)state;
    is_refused("6287", TB_JUDGED_AGAIN, TB_REASON_PASS_LOCKED);
    is_refused("6984", TB_JUDGED_AGAIN, TB_REASON_PASS_CHOOSE);
    is_refused("6a83", TB_JUDGED_UNKNOWN, TB_REASON_PASS_NONE);
    is_refused("6700", TB_JUDGED_UNKNOWN, TB_REASON_PASS_REFUSED);
    is_refused("6a80", TB_JUDGED_UNKNOWN, TB_REASON_PASS_REFUSED);
    is_refused("6b00", TB_JUDGED_UNKNOWN, TB_REASON_PASS_REFUSED);
    is_refused("90", TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    is_refused("9000", TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    is_refused("70039f2a009000", TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED); /* no cryptogram */
}

/* 9F25 stands behind 5 bytes of command and 9F22; the last byte of 9F26 behind both. */
static void asks_for(const struct terminal *t, const char *merchant, uint8_t capabilities)
{
    struct tb_digest digest = tb_sha256(tb_span_str(merchant));
    assert_memory_equal(t->m.io.command + 13, digest.bytes, sizeof digest.bytes);
    assert_int_equal(t->m.io.command[51], capabilities);
}

static void merchants_in_turn(void **state)
{
    (void)state;
    static const char other_key[] = "3333333333333333333333333333333333333333333333333333333333333333";
    struct terminal *t = demo_terminal();
    key_put(t, "pass.example.gold", 9, other_key);
    key_put(t, "pass.example.gold", 8, other_key);
    key_put(t, "pass.example.blue", 0, other_key);
    assert_int_equal(begin(t), TB_APPLET_NEXT);
    asks_for(t, "pass.example.gold", 0x82);
    assert_int_equal(answer(t, "6a83"), TB_APPLET_NEXT);
    asks_for(t, PASS_TYPE, 0x82);
    assert_int_equal(answer(t, "6a83"), TB_APPLET_NEXT);
    asks_for(t, "pass.example.blue", 0x02);
    assert_int_equal(answer(t, "6a83"), TB_APPLET_FAILED);
    is_judged(t, TB_JUDGED_UNKNOWN, TB_REASON_PASS_NONE);

    assert_int_equal(begin(t), TB_APPLET_NEXT);
    assert_int_equal(answer(t, "6a83"), TB_APPLET_NEXT);
    assert_int_equal(answer(t, VAS_ANSWER), TB_APPLET_DONE);
    is_demo_pass(t);
}

static void no_more_merchants_than_the_limit(void **state)
{
    (void)state;
    struct terminal *t = terminal();
    char merchant[] = "pass.example.0";
    for (unsigned i = 0; i < TB_VAS_MERCHANTS_MAX + 2; i++) {
        merchant[sizeof merchant - 2] = (char)('0' + i);
        key_put(t, merchant, 1, PASS_KEY);
    }
    assert_int_equal(begin(t), TB_APPLET_NEXT);
    for (unsigned i = 1; i < TB_VAS_MERCHANTS_MAX; i++) {
        assert_int_equal(t->m.io.command[51], 0x82);
        assert_int_equal(answer(t, "6a83"), TB_APPLET_NEXT);
    }
    assert_int_equal(t->m.io.command[51], 0x02);
    assert_int_equal(answer(t, "6a83"), TB_APPLET_FAILED);
}

static void older_key_of_a_merchant(void **state)
{
    (void)state;
    struct terminal *t = demo_terminal();
    key_put(t, PASS_TYPE, 2, "3333333333333333333333333333333333333333333333333333333333333333");
    key_put(t, PASS_TYPE, 3, "0000000000000000000000000000000000000000000000000000000000000000");
    assert_int_equal(begin(t), TB_APPLET_NEXT);
    assert_int_equal(t->m.io.command[51], 0x02); /* three keys, one merchant */
    assert_int_equal(answer(t, VAS_ANSWER), TB_APPLET_DONE);
    is_demo_pass(t);
}

static void modes(void **state)
{
    (void)state;
    struct terminal *t = demo_terminal();
    t->how.terms.mode = TB_VAS_AND_PAY;
    t->how.terms.auth_required = true;
    assert_int_equal(begin(t), TB_APPLET_NEXT);
    assert_int_equal(t->m.io.command[3], 0x01);
    assert_memory_equal(t->m.io.command + 48, hex("00c00001").at, 4);

    t = demo_terminal(); /* nothing but the place to sign up */
    t->how.terms.url = VAS_URL;
    t->how.terms.url_only = true;
    assert_int_equal(begin(t), TB_APPLET_NEXT);
    struct hex_bytes command = hex(VAS_COMMAND);
    command.at[3] = 0x00;
    assert_memory_equal(t->m.io.command, command.at, command.size);
    assert_int_equal(answer(t, "9000"), TB_APPLET_FAILED);
    is_judged(t, TB_JUDGED_UNKNOWN, TB_REASON_PASS_NONE);
}

static void token(void **state)
{
    (void)state;
    struct terminal *t = demo_terminal();
    assert_int_equal(begin(t), TB_APPLET_NEXT);
    assert_int_equal(answer(t, "70589f2a04aabbccdd9f274e" CRYPTOGRAM "9000"), TB_APPLET_DONE);
    assert_int_equal(t->m.token_size, 4);
    assert_memory_equal(t->m.token, hex("aabbccdd").at, 4);
    is_refused("70819000"
               "9f2a217070707070707070707070707070707070707070707070707070707070707070"
               "9000",
               TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
}

/* Byte 0 to 3 name the key, 4 to 35 are the phone's point; whatever is changed behind breaks the tag. */
static void changed_cryptograms(void **state)
{
    (void)state;
    struct hex_bytes whole = hex(VAS_ANSWER);
    unsigned wrong_count = 0;
    for (size_t i = 8; i < whole.size - 2; i++) {
        struct terminal *t = demo_terminal();
        struct hex_bytes changed = whole;
        changed.at[i] ^= 0x01;
        assert_int_equal(begin(t), TB_APPLET_NEXT);
        assert_int_equal(tb_vas_answer(&t->m, tb_span_of(changed.at, changed.size)), TB_APPLET_FAILED);
        if (i < 12) {
            is_judged(t, TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_NO_KEY);
        } else if (t->m.judgement.reason != TB_REASON_PROOF_MALFORMED || i >= 44) {
            is_judged(t, TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
            wrong_count++;
        } else {
            is_judged(t, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
        }
    }
    /* about every second X has a point */
    assert_in_range(wrong_count, 42 + 8, 42 + 24);
}

static void cut_answers(void **state)
{
    (void)state;
    struct hex_bytes whole = hex(VAS_ANSWER);
    for (size_t size = 0; size < whole.size - 2; size++) {
        struct terminal *t = demo_terminal();
        struct hex_bytes cut = whole;
        cut.at[size] = 0x90;
        cut.at[size + 1] = 0x00;
        assert_int_equal(begin(t), TB_APPLET_NEXT);
        assert_int_equal(tb_vas_answer(&t->m, tb_span_of(cut.at, size + 2)), TB_APPLET_FAILED);
        is_judged(t, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    }
}

/* X ≥ p, and an X that no point has. */
static void coordinates_of_no_point(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "70549f2a009f274ec0b77375ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
        "89db99e4746d872de782395640c536e79a75c47a9343da0af3937f06eeca7a865c4ad05a2c543ad29000",
        "70549f2a009f274ec0b77375ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
        "89db99e4746d872de782395640c536e79a75c47a9343da0af3937f06eeca7a865c4ad05a2c543ad29000",
        "70549f2a009f274ec0b773750000000000000000000000000000000000000000000000000000000000000001"
        "89db99e4746d872de782395640c536e79a75c47a9343da0af3937f06eeca7a865c4ad05a2c543ad29000",
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(answers); i++)
        is_refused(answers[i], TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
}

static void sizes_that_no_message_has(void **state)
{
    (void)state;
    /* nothing behind the tag; a time and no message */
    is_refused("702a9f2a009f2724c0b77375d3f37956d84a538f28ac2a04b38ddc1a67d3647a4dd30abd736ea1cea80383889000",
               TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    is_refused("703e9f2a009f2738c0b77375d3f37956d84a538f28ac2a04b38ddc1a67d3647a4dd30abd736ea1cea8038388"
               "00112233445566778899aabbccddeeff001122339000",
               TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
}

static void no_answer(void **state)
{
    (void)state;
    struct terminal *t = demo_terminal();
    assert_int_equal(begin(t), TB_APPLET_NEXT);
    assert_int_equal(tb_vas_lost(&t->m), TB_APPLET_LOST);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(captured_exchange),
        cmocka_unit_test(what_is_to_be_remembered),
        cmocka_unit_test(window_of_the_timestamp),
        cmocka_unit_test(phones_without_vas),
        cmocka_unit_test(status_words),
        cmocka_unit_test(merchants_in_turn),
        cmocka_unit_test(no_more_merchants_than_the_limit),
        cmocka_unit_test(older_key_of_a_merchant),
        cmocka_unit_test(modes),
        cmocka_unit_test(token),
        cmocka_unit_test(changed_cryptograms),
        cmocka_unit_test(cut_answers),
        cmocka_unit_test(coordinates_of_no_point),
        cmocka_unit_test(sizes_that_no_message_has),
        cmocka_unit_test(no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
