#include "core/credential/smart_tap.h"
#include "core/crypto/aes.h"
#include "core/crypto/hash.h"
#include "tests/support/hex.h"
#include "tests/support/scripted_rng.h"
#include "tests/support/unit.h"
#include "tests/support/wallet_vectors.h"

#define WALL_MS INT64_C(1790000000000)
#define SESSION_AES "acc7f5122fe99ee6c20e98796a1121cd"
#define SESSION_MAC "f2c645b8def56b856976698b1265e7a9a0166d62137f610601187eade280c07c"

struct terminal {
    struct tb_keyring ring;
    struct hex_bytes script;
    struct scripted_rng random;
    struct tb_rng rng;
    struct tb_smart_tap m;
};

static void key_put(struct terminal *t, const char *collector, uint32_t version, const char *scalar)
{
    struct tb_ring_key key = {.use = TB_RING_SMART_TAP, .version = version, .size = TB_KEY_SCALAR_SIZE};
    assert_int_equal(tb_span_to_str(tb_span_str(collector), key.id, sizeof key.id), TB_OK);
    assert_int_equal(tb_hex_decode(tb_span_str(scalar), key.bytes, key.size), TB_OK);
    assert_int_equal(tb_keyring_put(&t->ring, &key), TB_OK);
}

static struct terminal *terminal(void)
{
    static struct terminal t;
    t = (struct terminal){.script = hex(TERMINAL_RANDOM)};
    t.random = (struct scripted_rng){.script = tb_span_of(t.script.at, t.script.size), .after = {7}};
    t.rng = scripted_rng_of(&t.random);
    return &t;
}

static struct terminal *demo_terminal(void)
{
    struct terminal *t = terminal();
    key_put(t, COLLECTOR, 1, COLLECTOR_KEY);
    return t;
}

static enum tb_applet_step begin(struct terminal *t, const char *ose_answer)
{
    struct hex_bytes answer = hex(ose_answer);
    struct tb_ose ose;
    assert_int_equal(tb_ose_read(tb_span_of(answer.at, answer.size), &ose), TB_OK);
    const struct tb_smart_tap_how how = {.keys = &t->ring, .rng = &t->rng, .wall_ms = WALL_MS};
    return tb_smart_tap_start(&t->m, &how, &ose);
}

static enum tb_applet_step answer(struct terminal *t, const char *text)
{
    struct hex_bytes bytes = hex(text);
    return tb_smart_tap_answer(&t->m, tb_span_of(bytes.at, bytes.size));
}

static void command_is(const struct terminal *t, const char *text)
{
    struct hex_bytes expected = hex(text);
    assert_int_equal(t->m.io.command_size, expected.size);
    assert_memory_equal(t->m.io.command, expected.at, expected.size);
    assert_true(t->m.io.timeout_ms > 0);
}

static void is_judged(const struct terminal *t, enum tb_judged verdict, enum tb_reason reason)
{
    assert_int_equal(t->m.judgement.verdict, verdict);
    assert_string_equal(tb_reason_name(t->m.judgement.reason), tb_reason_name(reason));
    static const uint8_t none[sizeof t->m.ephemeral];
    assert_memory_equal(&t->m.ephemeral, none, sizeof none); /* secrets go with the end */
}

static void is_pass(const struct terminal *t, const char *number)
{
    is_judged(t, TB_JUDGED_CREDENTIAL, TB_REASON_PASS_SMART_TAP);
    assert_int_equal(t->m.judgement.credential.kind, TB_CREDENTIAL_SMART_TAP);
    assert_true(tb_span_is(tb_credential_value(&t->m.judgement.credential), number));
    assert_int_equal(t->m.judgement.assurance, TB_ASSURANCE_MEDIUM);
    assert_int_equal(t->m.judgement.replay.rule, TB_REPLAY_NONE);
}

/* Up to the question for data, with SELECT skipped. */
static struct terminal *negotiated(void)
{
    struct terminal *t = demo_terminal();
    assert_int_equal(begin(t, OSE_ANSWER), TB_APPLET_NEXT);
    assert_int_equal(answer(t, NEGOTIATE_ANSWER), TB_APPLET_NEXT);
    return t;
}

/* A phone's answer that carries this bundle in the session of the vectors. */
static enum tb_applet_step answer_with(struct terminal *t, struct tb_span plain, uint8_t flags)
{
    uint8_t bytes[TB_NDEF_SIZE_MAX];
    uint8_t counter[TB_AES_BLOCK_SIZE] = {0};
    uint8_t cipher[TB_NDEF_SIZE_MAX];
    struct hex_bytes aes = hex(SESSION_AES);
    struct hex_bytes mac = hex(SESSION_MAC);
    tb_aes128_ctr(aes.at, counter, plain, cipher);
    const struct tb_span parts[] = {tb_span_of(counter, 12), tb_span_of(cipher, plain.size)};
    struct tb_digest digest = tb_hmac_sha256_parts(tb_span_of(mac.at, mac.size), parts, 2);
    size_t body_size = 1 + 12 + plain.size + TB_SHA256_SIZE;
    struct tb_buf b = tb_buf_of(bytes, sizeof bytes);
    tb_buf_add(&b, HEX_SPAN("c403"));
    tb_buf_add_u32be(&b, (uint32_t)(16 + 9 + body_size));
    tb_buf_add_str(&b, "srs");
    tb_buf_add(&b, HEX_SPAN("94030a73657311223344556677880401"));
    tb_buf_add(&b, HEX_SPAN("4403"));
    tb_buf_add_u32be(&b, (uint32_t)body_size);
    tb_buf_add_str(&b, "reb");
    tb_buf_add_u8(&b, flags);
    tb_buf_add(&b, parts[0]);
    tb_buf_add(&b, parts[1]);
    tb_buf_add(&b, tb_digest_span(&digest));
    tb_buf_add_u16be(&b, 0x9000);
    assert_int_equal(b.err, TB_OK);
    return tb_smart_tap_answer(&t->m, tb_buf_span(&b));
}

static enum tb_applet_step answer_with_hex(struct terminal *t, const char *plain, uint8_t flags)
{
    struct hex_bytes bytes = hex(plain);
    return answer_with(t, tb_span_of(bytes.at, bytes.size), flags);
}

static void whole_session(void **state)
{
    (void)state;
    struct terminal *t = demo_terminal();
    assert_int_equal(begin(t, OSE_ANSWER), TB_APPLET_NEXT);
    command_is(t, NEGOTIATE_COMMAND);
    assert_int_equal(answer(t, NEGOTIATE_ANSWER), TB_APPLET_NEXT);
    command_is(t, GET_DATA_COMMAND);
    assert_memory_equal(t->m.session_key, hex(SESSION_AES SESSION_MAC).at, TB_SMART_TAP_SESSION_KEY_SIZE);
    assert_int_equal(answer(t, BUNDLE_FIRST BUNDLE_REST "9000"), TB_APPLET_DONE);
    is_pass(t, PASS_NUMBER);
    assert_memory_equal(t->m.customer.id, hex("a0a1a2a3a4a5a6a7a8a9aaabacadaeaf").at, 16);
    assert_string_equal(t->m.customer.language, "en");
    tb_smart_tap_wipe(&t->m);
    static const uint8_t none[sizeof t->m];
    assert_memory_equal(&t->m, none, sizeof none);
}

static void session_with_a_select_and_in_parts(void **state)
{
    (void)state;
    struct terminal *t = demo_terminal();
    assert_int_equal(begin(t, "6f0c500a416e64726f69645061799000"), TB_APPLET_NEXT);
    command_is(t, SELECT_COMMAND);
    assert_int_equal(answer(t, SELECT_ANSWER), TB_APPLET_NEXT);
    command_is(t, NEGOTIATE_COMMAND);
    assert_int_equal(answer(t, NEGOTIATE_ANSWER), TB_APPLET_NEXT);
    assert_int_equal(answer(t, BUNDLE_FIRST "9100"), TB_APPLET_NEXT);
    command_is(t, GET_MORE_COMMAND);
    assert_int_equal(answer(t, BUNDLE_REST "9000"), TB_APPLET_DONE);
    is_pass(t, PASS_NUMBER);
}

static void same_random_bytes_same_commands(void **state)
{
    (void)state;
    struct terminal *t = demo_terminal();
    assert_int_equal(begin(t, OSE_ANSWER), TB_APPLET_NEXT);
    struct tb_applet_io first = t->m.io;
    t = demo_terminal();
    assert_int_equal(begin(t, OSE_ANSWER), TB_APPLET_NEXT);
    assert_memory_equal(first.command, t->m.io.command, first.command_size);
}

static void customer_is_asked_for_only_when_wanted(void **state)
{
    (void)state;
    struct terminal *t = demo_terminal();
    struct hex_bytes bytes = hex(OSE_ANSWER);
    struct tb_ose ose;
    assert_int_equal(tb_ose_read(tb_span_of(bytes.at, bytes.size), &ose), TB_OK);
    const struct tb_smart_tap_how how = {
        .keys = &t->ring, .rng = &t->rng, .wall_ms = WALL_MS, .ask_customer = true};
    assert_int_equal(tb_smart_tap_start(&t->m, &how, &ose), TB_APPLET_NEXT);
    assert_int_equal(answer(t, NEGOTIATE_ANSWER), TB_APPLET_NEXT);
    command_is(t,
               "9050000048d40342737271000194030a7365731122334455667788030114030b6d6572d40305636c64040133ee80"
               "14030e736c729403017374720354030173747240540305706372080000000100");
}

static void phones_without_smart_tap(void **state)
{
    (void)state;
    struct terminal *t = demo_terminal();
    assert_int_equal(begin(t, VAS_OSE_ANSWER), TB_APPLET_ABSENT);
    assert_int_equal(begin(t, "6f19500a416e64726f6964506179a50bbf0c0861064f04a00000069000"),
                     TB_APPLET_ABSENT);
    assert_int_equal(begin(t, "6f0c500a416e64726f69645061799000"), TB_APPLET_NEXT);
    assert_int_equal(answer(t, "6a82"), TB_APPLET_ABSENT);
    is_judged(t, TB_JUDGED_UNKNOWN, TB_REASON_NONE);
    t = terminal();
    assert_int_equal(begin(t, OSE_ANSWER), TB_APPLET_ABSENT);
    is_judged(t, TB_JUDGED_UNKNOWN, TB_REASON_PROOF_NO_KEY);
}

static void versions_that_do_not_meet(void **state)
{
    (void)state;
    struct terminal *t = demo_terminal();
    /* 2 to 3 in the directory */
    assert_int_equal(begin(t, "6f2e500a416e64726f6964506179a520bf0c1d611b4f09a000000476d0000111730edf6d020002"
                              "df4d020003df6201039000"),
                     TB_APPLET_FAILED);
    is_judged(t, TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
    assert_int_equal(begin(t, "6f0c500a416e64726f69645061799000"), TB_APPLET_NEXT);
    assert_int_equal(answer(t, "00020003dc0321036d646e6d646e04" PHONE_NONCE "9000"), TB_APPLET_FAILED);
    is_judged(t, TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
}

static void select_is_judged_by_its_data(void **state)
{
    (void)state;
    static const char ose[] = "6f0c500a416e64726f69645061799000";
    struct terminal *t = demo_terminal();
    assert_int_equal(begin(t, ose), TB_APPLET_NEXT);
    assert_int_equal(answer(t, "00000001dc0321036d646e6d646e04" PHONE_NONCE "9301"), TB_APPLET_NEXT);
    command_is(t, NEGOTIATE_COMMAND);
    assert_int_equal(begin(t, ose), TB_APPLET_NEXT);
    assert_int_equal(answer(t, "9300"), TB_APPLET_FAILED);
    is_judged(t, TB_JUDGED_AGAIN, TB_REASON_PASS_LOCKED);
    assert_int_equal(begin(t, ose), TB_APPLET_NEXT);
    assert_int_equal(answer(t, "9000"), TB_APPLET_FAILED);
    is_judged(t, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
}

/* What each status word means to the shopper, of NEGOTIATE and of GET DATA alike. */
static void status_words(void **state)
{
    (void)state;
    static const struct {
        const char *status;
        enum tb_judged verdict;
        enum tb_reason reason;
    } cases[] = {
        {"9300", TB_JUDGED_AGAIN, TB_REASON_PASS_LOCKED},
        {"9302", TB_JUDGED_AGAIN, TB_REASON_PASS_CHOOSE},
        {"93fe", TB_JUDGED_AGAIN, TB_REASON_PASS_AGAIN},
        {"9400", TB_JUDGED_UNKNOWN, TB_REASON_PASS_REFUSED},
        {"9402", TB_JUDGED_UNKNOWN, TB_REASON_PASS_REFUSED},
        {"9406", TB_JUDGED_UNKNOWN, TB_REASON_PASS_REFUSED},
        {"9500", TB_JUDGED_UNKNOWN, TB_REASON_PASS_REFUSED},
        {"9502", TB_JUDGED_UNKNOWN, TB_REASON_PASS_REFUSED},
        {"6985", TB_JUDGED_UNKNOWN, TB_REASON_PASS_REFUSED},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(cases); i++) {
        struct terminal *t = demo_terminal();
        assert_int_equal(begin(t, OSE_ANSWER), TB_APPLET_NEXT);
        assert_int_equal(answer(t, cases[i].status), TB_APPLET_FAILED);
        is_judged(t, cases[i].verdict, cases[i].reason);
        t = negotiated();
        assert_int_equal(answer(t, cases[i].status), TB_APPLET_FAILED);
        is_judged(t, cases[i].verdict, cases[i].reason);
    }
}

static void no_pass(void **state)
{
    (void)state;
    static const char *const answers[] = {"9000", "9001", "9102",
                                          "d40310737273d4030a736573112233445566778804019001"};
    for (size_t i = 0; i < TB_ARRAY_SIZE(answers); i++) {
        struct terminal *t = negotiated();
        assert_int_equal(answer(t, answers[i]), TB_APPLET_FAILED);
        is_judged(t, TB_JUDGED_UNKNOWN, TB_REASON_PASS_NONE);
    }
    struct terminal *t = negotiated(); /* nothing but a customer record */
    assert_int_equal(answer_with_hex(t,
                                     "d4031d617376d40317637573d4031163696404000102030405060708090a0b0c0d0e0f",
                                     TB_SMART_TAP_ENCRYPTED),
                     TB_APPLET_FAILED);
    is_judged(t, TB_JUDGED_UNKNOWN, TB_REASON_PASS_NONE);
    assert_int_equal(t->m.customer.id_size, 16);
}

static void passes_are_done_and_payment_is_not_ready(void **state)
{
    (void)state;
    struct terminal *t = negotiated();
    assert_int_equal(answer(t, BUNDLE_FIRST BUNDLE_REST "9101"), TB_APPLET_DONE);
    is_pass(t, PASS_NUMBER);
}

static void one_retry_of_negotiate(void **state)
{
    (void)state;
    struct terminal *t = demo_terminal();
    assert_int_equal(begin(t, OSE_ANSWER), TB_APPLET_NEXT);
    assert_int_equal(answer(t, "9201"), TB_APPLET_NEXT);
    struct hex_bytes expected = hex(NEGOTIATE_COMMAND);
    assert_int_equal(expected.at[27], 0x01); /* sequence */
    expected.at[27] = 0x03;
    assert_memory_equal(t->m.io.command, expected.at, expected.size);
    assert_int_equal(answer(t, NEGOTIATE_ANSWER), TB_APPLET_NEXT);
    command_is(t, GET_DATA_COMMAND);

    t = demo_terminal();
    assert_int_equal(begin(t, OSE_ANSWER), TB_APPLET_NEXT);
    assert_int_equal(answer(t, "9201"), TB_APPLET_NEXT);
    assert_int_equal(answer(t, "9200"), TB_APPLET_FAILED);
    is_judged(t, TB_JUDGED_AGAIN, TB_REASON_PASS_AGAIN);
}

static void one_retry_of_get_data(void **state)
{
    (void)state;
    struct terminal *t = negotiated();
    assert_int_equal(answer(t, BUNDLE_FIRST "9100"), TB_APPLET_NEXT);
    assert_int_equal(answer(t, "9203"), TB_APPLET_NEXT);
    struct hex_bytes expected = hex(GET_DATA_COMMAND);
    assert_int_equal(expected.at[27], 0x03);
    expected.at[27] = 0x05; /* three on top of what the phone told */
    assert_int_equal(t->m.io.command_size, expected.size);
    assert_memory_equal(t->m.io.command, expected.at, expected.size);
    assert_int_equal(answer(t, BUNDLE_FIRST "9100"), TB_APPLET_NEXT); /* the first parts are forgotten */
    assert_int_equal(answer(t, BUNDLE_REST "9000"), TB_APPLET_DONE);
    is_pass(t, PASS_NUMBER);
    t = negotiated();
    assert_int_equal(answer(t, "9203"), TB_APPLET_NEXT);
    assert_int_equal(answer(t, "9203"), TB_APPLET_FAILED);
    is_judged(t, TB_JUDGED_AGAIN, TB_REASON_PASS_AGAIN);
}

/* The session record may ask for the command once more, too. */
static void one_resend(void **state)
{
    (void)state;
    struct terminal *t = demo_terminal();
    struct hex_bytes resend = hex(NEGOTIATE_ANSWER);
    resend.at[21] = TB_SMART_TAP_STATUS_RESEND;
    assert_int_equal(begin(t, OSE_ANSWER), TB_APPLET_NEXT);
    assert_int_equal(tb_smart_tap_answer(&t->m, tb_span_of(resend.at, resend.size)), TB_APPLET_NEXT);
    assert_int_equal(t->m.io.command[1], 0x53);
    assert_int_equal(t->m.io.command[27], 0x03);
    assert_int_equal(answer(t, NEGOTIATE_ANSWER), TB_APPLET_NEXT);
    resend = hex("d40310737273d4030a736573112233445566778804089000");
    assert_int_equal(tb_smart_tap_answer(&t->m, tb_span_of(resend.at, resend.size)), TB_APPLET_NEXT);
    assert_int_equal(t->m.io.command[1], 0x50);
    assert_int_equal(t->m.io.command[27], 0x05);
    assert_int_equal(tb_smart_tap_answer(&t->m, tb_span_of(resend.at, resend.size)), TB_APPLET_FAILED);
    is_judged(t, TB_JUDGED_AGAIN, TB_REASON_PASS_AGAIN);
}

static void key_versions_in_turn(void **state)
{
    (void)state;
    struct terminal *t = demo_terminal();
    key_put(t, COLLECTOR, 3, "3333333333333333333333333333333333333333333333333333333333333333");
    key_put(t, "not a collector", 2, COLLECTOR_KEY);
    assert_int_equal(begin(t, OSE_ANSWER), TB_APPLET_NEXT);
    assert_int_equal(t->m.key_version, 3);
    assert_memory_equal(t->m.io.command + 101, "\x00\x00\x00\x03", 4);
    assert_int_equal(answer(t, "9500"), TB_APPLET_NEXT);
    command_is(t, NEGOTIATE_COMMAND);
    assert_int_equal(answer(t, NEGOTIATE_ANSWER), TB_APPLET_NEXT);
    assert_int_equal(answer(t, BUNDLE_FIRST BUNDLE_REST "9000"), TB_APPLET_DONE);
    is_pass(t, PASS_NUMBER);

    t = demo_terminal();
    for (uint32_t i = 2; i < 9; i++)
        key_put(t, COLLECTOR, i, COLLECTOR_KEY);
    assert_int_equal(begin(t, OSE_ANSWER), TB_APPLET_NEXT);
    for (unsigned i = 1; i < TB_SMART_TAP_KEYS_MAX; i++)
        assert_int_equal(answer(t, "9500"), TB_APPLET_NEXT);
    assert_int_equal(answer(t, "9500"), TB_APPLET_FAILED);
    is_judged(t, TB_JUDGED_UNKNOWN, TB_REASON_PASS_REFUSED);
}

static void long_collector_ids_count_by_their_last_four_bytes(void **state)
{
    (void)state;
    struct terminal *t = terminal();
    key_put(t, "4315147904", 1, COLLECTOR_KEY); /* 01 0133ee80 */
    assert_int_equal(begin(t, OSE_ANSWER), TB_APPLET_NEXT);
    command_is(t, NEGOTIATE_COMMAND);
}

/* The MAC is looked at before anything of the body is. */
static void any_changed_byte_of_the_body(void **state)
{
    (void)state;
    struct hex_bytes whole = hex(BUNDLE_FIRST BUNDLE_REST "9000");
    for (size_t i = 29; i < whole.size - 2; i++) {
        struct terminal *t = negotiated();
        struct hex_bytes changed = whole;
        changed.at[i] ^= 0x01;
        assert_int_equal(tb_smart_tap_answer(&t->m, tb_span_of(changed.at, changed.size)), TB_APPLET_FAILED);
        is_judged(t, TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
    }
}

static void any_cut_answer(void **state)
{
    (void)state;
    struct hex_bytes whole = hex(BUNDLE_FIRST BUNDLE_REST);
    for (size_t size = 1; size < whole.size; size++) {
        struct terminal *t = negotiated();
        struct hex_bytes cut = whole;
        cut.at[size] = 0x90;
        cut.at[size + 1] = 0x00;
        assert_int_equal(tb_smart_tap_answer(&t->m, tb_span_of(cut.at, size + 2)), TB_APPLET_FAILED);
        is_judged(t, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    }
    whole = hex(NEGOTIATE_ANSWER);
    for (size_t size = 0; size < whole.size - 2; size++) {
        struct terminal *t = demo_terminal();
        assert_int_equal(begin(t, OSE_ANSWER), TB_APPLET_NEXT);
        struct hex_bytes cut = whole;
        cut.at[size] = 0x90;
        cut.at[size + 1] = 0x00;
        assert_int_equal(tb_smart_tap_answer(&t->m, tb_span_of(cut.at, size + 2)), TB_APPLET_FAILED);
        is_judged(t, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    }
    struct terminal *t = negotiated();
    assert_int_equal(answer(t, "90"), TB_APPLET_FAILED);
    is_judged(t, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
}

/* Of the phone's point: X ≥ p, no point with this X, another form, the point at infinity. */
static void phones_that_send_no_point(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "d403376e727394030a7365731122334455667788020154032164706b"
        "03ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff9000",
        "d403376e727394030a7365731122334455667788020154032164706b"
        "02ffffffff00000001000000000000000000000000ffffffffffffffffffffffff9000", /* p itself */
        "d403376e727394030a7365731122334455667788020154032164706b"
        "0200000000000000000000000000000000000000000000000000000000000000019000", /* no residue */
        "d403376e727394030a7365731122334455667788020154032164706b"
        "04d65a93977caa3d1b081852ff57a79e465f1660577304baead505dd3a48589cf39000",
        "d403376e727394030a7365731122334455667788020154032164706b"
        "0000000000000000000000000000000000000000000000000000000000000000009000",
        "d403176e727394030a7365731122334455667788020154030164706b009000",
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(answers); i++) {
        struct terminal *t = demo_terminal();
        assert_int_equal(begin(t, OSE_ANSWER), TB_APPLET_NEXT);
        assert_int_equal(answer(t, answers[i]), TB_APPLET_FAILED);
        is_judged(t, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    }
}

static void another_session_and_bad_session_states(void **state)
{
    (void)state;
    static const struct {
        const char *session;
        enum tb_judged verdict;
        enum tb_reason reason;
    } cases[] = {
        {"11223344556677890201", TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED},
        {"11223344556677880204", TB_JUDGED_AGAIN, TB_REASON_PASS_AGAIN},
        {"11223344556677880209", TB_JUDGED_AGAIN, TB_REASON_PASS_AGAIN},
        {"11223344556677880205", TB_JUDGED_UNKNOWN, TB_REASON_PASS_REFUSED},
        {"112233445566778802ff", TB_JUDGED_UNKNOWN, TB_REASON_PASS_REFUSED},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(cases); i++) {
        struct terminal *t = demo_terminal();
        struct hex_bytes bytes = hex(NEGOTIATE_ANSWER);
        struct hex_bytes session = hex(cases[i].session);
        memcpy(bytes.at + 12, session.at, session.size);
        assert_int_equal(begin(t, OSE_ANSWER), TB_APPLET_NEXT);
        assert_int_equal(tb_smart_tap_answer(&t->m, tb_span_of(bytes.at, bytes.size)), TB_APPLET_FAILED);
        is_judged(t, cases[i].verdict, cases[i].reason);
    }
}

static void compressed_and_plain_bundles(void **state)
{
    (void)state;
    static const uint8_t flags[] = {TB_SMART_TAP_ENCRYPTED | TB_SMART_TAP_COMPRESSED, TB_SMART_TAP_COMPRESSED,
                                    0x00, 0x05};
    for (size_t i = 0; i < TB_ARRAY_SIZE(flags); i++) {
        struct terminal *t = negotiated();
        assert_int_equal(answer_with_hex(t, BUNDLE_PLAIN, flags[i]), TB_APPLET_FAILED);
        is_judged(t, TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
    }
}

static void numbers_of_other_forms(void **state)
{
    (void)state;
    static const struct {
        const char *plain;
        enum tb_applet_step step;
        enum tb_reason reason;
    } cases[] = {
        {"d40309617376d402046c79d401006e", TB_APPLET_FAILED, TB_REASON_PROOF_MALFORMED},
        /* the same number as ASCII, UTF-8, of no stated form, as Text record, in a record of long form */
        {"d4030d617376d402086c79d401046e01414243", TB_APPLET_DONE, TB_REASON_PASS_SMART_TAP},
        {"d4030d617376d402086c79d401046e02414243", TB_APPLET_DONE, TB_REASON_PASS_SMART_TAP},
        {"d4030d617376d402086c79d401046e00414243", TB_APPLET_DONE, TB_REASON_PASS_SMART_TAP},
        {"d40311617376d4020c6c79d9010601546e02656e414243", TB_APPLET_DONE, TB_REASON_PASS_SMART_TAP},
        {"d40310617376d4020b6c79c401000000046e01414243", TB_APPLET_DONE, TB_REASON_PASS_SMART_TAP},
        /* binary, BCD, UTF-16, not ASCII, empty, no number, two passes of which the first counts */
        {"d4030d617376d402086c79d401046e04414243", TB_APPLET_FAILED, TB_REASON_PROOF_UNSUPPORTED},
        {"d4030d617376d402086c79d401046e05414243", TB_APPLET_FAILED, TB_REASON_PROOF_UNSUPPORTED},
        {"d4030d617376d402086c79d401046e03414243", TB_APPLET_FAILED, TB_REASON_PROOF_UNSUPPORTED},
        {"d4030d617376d402086c79d401046e0141c3a4", TB_APPLET_FAILED, TB_REASON_PROOF_UNSUPPORTED},
        {"d4030a617376d402056c79d401016e01", TB_APPLET_FAILED, TB_REASON_PROOF_UNSUPPORTED},
        {"d4030a617376d402056c79d401017801", TB_APPLET_FAILED, TB_REASON_PROOF_MALFORMED},
        {"94030d617376d402086c79d401046e0141424354030d617376d402086c79d401046e01585858", TB_APPLET_DONE,
         TB_REASON_PASS_SMART_TAP},
        /* an object of another kind alone; nesting that overruns; a chunked record */
        {"d4030d617376d402086f66d401046e01414243", TB_APPLET_FAILED, TB_REASON_PASS_NONE},
        {"d4030d617376d402ff6c79d401046e01414243", TB_APPLET_FAILED, TB_REASON_PROOF_MALFORMED},
        {"f4030d617376d402086c79d401046e01414243", TB_APPLET_FAILED, TB_REASON_PROOF_UNSUPPORTED},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(cases); i++) {
        struct terminal *t = negotiated();
        assert_int_equal(answer_with_hex(t, cases[i].plain, TB_SMART_TAP_ENCRYPTED), cases[i].step);
        assert_string_equal(tb_reason_name(t->m.judgement.reason), tb_reason_name(cases[i].reason));
        if (cases[i].step == TB_APPLET_DONE)
            is_pass(t, "ABC");
    }
}

static void a_number_that_is_too_long(void **state)
{
    (void)state;
    uint8_t bytes[128];
    struct tb_buf plain = tb_buf_of(bytes, sizeof bytes);
    tb_buf_add(&plain, HEX_SPAN("d4034b617376d402466c79d401426e01"));
    for (unsigned i = 0; i < 65; i++)
        tb_buf_add_u8(&plain, '1');
    struct terminal *t = negotiated();
    assert_int_equal(answer_with(t, tb_buf_span(&plain), TB_SMART_TAP_ENCRYPTED), TB_APPLET_FAILED);
    is_judged(t, TB_JUDGED_UNKNOWN, TB_REASON_CODE_TOO_LONG);
}

static void parts_without_end(void **state)
{
    (void)state;
    struct terminal *t = negotiated();
    for (unsigned i = 1; i < TB_SMART_TAP_PARTS_MAX; i++)
        assert_int_equal(answer(t, "9100"), TB_APPLET_NEXT);
    assert_int_equal(answer(t, "9100"), TB_APPLET_FAILED);
    is_judged(t, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    t = negotiated();
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(answer(t, BUNDLE_FIRST "9100"), TB_APPLET_NEXT);
    assert_int_equal(answer(t, BUNDLE_FIRST "9100"), TB_APPLET_FAILED);
    is_judged(t, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
}

static void no_answer(void **state)
{
    (void)state;
    struct terminal *t = negotiated();
    assert_int_equal(tb_smart_tap_lost(&t->m), TB_APPLET_LOST);
    static const uint8_t none[TB_SMART_TAP_SESSION_KEY_SIZE];
    assert_memory_equal(t->m.session_key, none, sizeof none);
}

/* The captured request and answers of a real phone, byte for byte where the terminal writes. */
static void captured_messages(void **state)
{
    (void)state;
    uint8_t bytes[256];
    struct tb_buf b = tb_buf_of(bytes, sizeof bytes);
    struct tb_smart_tap_session session = {.status = TB_SMART_TAP_STATUS_OK};
    memcpy(session.id, hex("6b159a80fc8283fd").at, sizeof session.id);
    struct tb_smart_tap_offer offer = {.key_version = 1, .collector = 0x01020304};
    offer.nonce = HEX_SPAN("a8aa2bae1ba891783d8c5be8a95bf2f9e5bb90fd9d197f8b2b1a84d9cc804275");
    offer.point = HEX_SPAN("027b2e12f1a1a542084b4d01b8799380fa4cb77e530ba2305b0bf2b3e4b474fe7d");
    offer.signature = HEX_SPAN("304602210086e43dc483b22e51aa177ae8112ed83d399a58b41d6d8cbe900cde03c4524da502"
                               "2100e94b6a919c9e097568f4efa9a7123b86b97ee44342593f8a77fc9e12e3f95ae4");
    tb_smart_tap_put_negotiate(&b, &session, &offer);
    assert_int_equal(b.err, TB_OK);
    assert_true(tb_span_equal(
        tb_buf_span(&b),
        HEX_SPAN(
            "d403b86e6772000194030a7365736b159a80fc8283fd00015403a0637072a8aa2bae1ba891783d8c5be8a95bf2f9"
            "e5bb90fd9d197f8b2b1a84d9cc80427501027b2e12f1a1a542084b4d01b8799380fa4cb77e530ba2305b0bf2b3e4"
            "b474fe7d0000000194034973696704304602210086e43dc483b22e51aa177ae8112ed83d399a58b41d6d8cbe900c"
            "de03c4524da5022100e94b6a919c9e097568f4efa9a7123b86b97ee44342593f8a77fc9e12e3f95ae4540305636c"
            "640401020304")));
    struct tb_smart_tap_session told;
    uint8_t point[TB_KEY_COMPRESSED_SIZE];
    assert_int_equal(tb_smart_tap_read_negotiated(
                         HEX_SPAN("d403376e727394030a7365736b159a80fc8283fd010154032164706b03dfee38d"
                                  "bdb68a607383ad622640b180cc7e27d796b4e788c40e5d994291c71fc"),
                         &told, point),
                     TB_OK);
    assert_memory_equal(told.id, session.id, sizeof told.id);
    assert_int_equal(told.sequence, 1);
    assert_int_equal(point[0], 0x03);
    uint8_t flags;
    struct tb_span body;
    assert_int_equal(
        tb_smart_tap_read_response(
            HEX_SPAN(
                "d403ce73727394030a7365736b159a80fc8283fd02015403b8726562031c5b7d2e9f0f6937a7c043dc6913dd97"
                "6002ce5cf179dedbcaaab629442a89a72b6a92caa26e808903a6d02207fd2d42702161d21c76f0a2a135bd8d45ac"
                "796786787e268bcc7498d17eccab47ad98be601a3470618fcd9790b40e3c324fc01ec29a98d1cb784fd4390ea1b0"
                "45437cfdfa121447854c5ae5375c3f721a7a9f80b7da35868e063f18c545f07d934e4cc557fc93ee52b6231c95ef"
                "2d2d1de6be82be0d76e8d555dc41cc4894e44af98c68e4245e5bb6cecc"),
            &told, &flags, &body),
        TB_OK);
    assert_int_equal(flags, TB_SMART_TAP_ENCRYPTED | TB_SMART_TAP_COMPRESSED);
    assert_int_equal(body.size, 0xb8 - 1);
    assert_int_equal(
        tb_smart_tap_read_response(
            HEX_SPAN(
                "d403e473727394030a736573d75e3e553349defc01015403ce72656201707e3d67465a1977ef46e42ac7404aeb"
                "eee2c82f23004a780943475ce23f21cdd670abcf91415398b2bc8c8cb81d9a65a33261939573de3f28eae0d3e505"
                "cb114130f3296f0173064d345eb94de8355174720027c0f317f33eedd842f11b2632efd47cec2e55bd7e651fc454"
                "3fe99c133dd70efc5a3493105706db8df4d2d2102db98f5a986a28532bd971a22ba2f7c13fe7cbe996f30bfdcc4b"
                "1eb1eee83f684cc255b0bb13ab7ffde53c90428db45c1adfcba0e605cc9620200896b8d7db24a96efa139f75bb6a"
                "c61a4410bf"),
            &told, &flags, &body),
        TB_OK);
    assert_int_equal(flags, TB_SMART_TAP_ENCRYPTED);
    uint8_t nonce[TB_SMART_TAP_NONCE_SIZE];
    assert_int_equal(tb_smart_tap_read_selected(
                         HEX_SPAN("00000001dc0321036d646e6d646e0455e5a03b5bf44d3f8802c55fc57acc954b0fe"
                                  "0d9ec5a10f1531467089226222c"),
                         nonce),
                     TB_OK);
    assert_int_equal(nonce[0], 0x55);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_session),
        cmocka_unit_test(session_with_a_select_and_in_parts),
        cmocka_unit_test(same_random_bytes_same_commands),
        cmocka_unit_test(customer_is_asked_for_only_when_wanted),
        cmocka_unit_test(phones_without_smart_tap),
        cmocka_unit_test(versions_that_do_not_meet),
        cmocka_unit_test(select_is_judged_by_its_data),
        cmocka_unit_test(status_words),
        cmocka_unit_test(no_pass),
        cmocka_unit_test(passes_are_done_and_payment_is_not_ready),
        cmocka_unit_test(one_retry_of_negotiate),
        cmocka_unit_test(one_retry_of_get_data),
        cmocka_unit_test(one_resend),
        cmocka_unit_test(key_versions_in_turn),
        cmocka_unit_test(long_collector_ids_count_by_their_last_four_bytes),
        cmocka_unit_test(any_changed_byte_of_the_body),
        cmocka_unit_test(any_cut_answer),
        cmocka_unit_test(phones_that_send_no_point),
        cmocka_unit_test(another_session_and_bad_session_states),
        cmocka_unit_test(compressed_and_plain_bundles),
        cmocka_unit_test(numbers_of_other_forms),
        cmocka_unit_test(a_number_that_is_too_long),
        cmocka_unit_test(parts_without_end),
        cmocka_unit_test(no_answer),
        cmocka_unit_test(captured_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
