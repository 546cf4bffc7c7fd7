/* The machine against the simulator's phone, and the example of docs/protocol.md, "Phone app". */
#include "core/base/assert.h"
#include "core/credential/hce.h"
#include "core/credential/jws.h"
#include "tests/support/hex.h"
#include "tests/support/pn532d/tapped.h"
#include "tests/support/seeded_rng.h"
#include "tests/support/unit.h"

#include <stdio.h>
#include <stdlib.h>

#define CHAIN_SCALAR "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"
#define PHONE_SCALAR "a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0"
#define WALL_MS INT64_C(1800000000000)

/* Members of the claims, so that each test can bring another one. */
#define SUB "\"sub\":\"p-7Kq2mXb4\""
#define AUD "\"aud\":\"pass.market.example\""
#define TIMES "\"iat\":1799990000,\"exp\":1807766000"

static struct seeded_rng seeded;
static struct tb_rng rng;
static struct tb_key chain;
static struct tb_key phone;
static struct tb_keyring ring;
static struct tb_hce m;
static struct card card;
static char jwk[160];
static char claims[700];
static char spec[2048];

static void text_begin(struct tb_buf *text, char *memory, size_t size)
{
    *text = tb_buf_of(memory, size - 1);
}

static void text_end(struct tb_buf *text)
{
    assert_int_equal(text->err, TB_OK);
    text->at[text->size] = '\0';
}

static void jwk_make(const struct tb_public_key *key)
{
    struct tb_buf text;
    text_begin(&text, jwk, sizeof jwk);
    tb_buf_add_str(&text, "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"");
    tb_base64url_add(&text, tb_span_of(key->point + 1, 32));
    tb_buf_add_str(&text, "\",\"y\":\"");
    tb_base64url_add(&text, tb_span_of(key->point + 33, 32));
    tb_buf_add_str(&text, "\"}");
    text_end(&text);
}

static int setup(void **state)
{
    (void)state;
    seeded = (struct seeded_rng){.state = 3};
    rng = seeded_rng_of(&seeded);
    assert_int_equal(tb_key_of_scalar(HEX_SPAN(CHAIN_SCALAR), &rng, &chain), TB_OK);
    assert_int_equal(tb_key_of_scalar(HEX_SPAN(PHONE_SCALAR), &rng, &phone), TB_OK);
    jwk_make(&phone.public_key);
    struct tb_ring_key key = {.use = TB_RING_TOKEN, .version = 1, .id = "chain-2026", .size = 65};
    memcpy(key.bytes, chain.public_key.point, 65);
    ring = (struct tb_keyring){.key_count = 0};
    assert_int_equal(tb_keyring_put(&ring, &key), TB_OK);
    return 0;
}

static const char *claims_of(const char *audience, const char *key, const char *times, const char *subject)
{
    struct tb_buf text;
    text_begin(&text, claims, sizeof claims);
    tb_buf_add_str(&text, "{");
    tb_buf_add_str(&text, audience);
    tb_buf_add_str(&text, ",\"cnf\":{\"jwk\":");
    tb_buf_add_str(&text, key);
    tb_buf_add_str(&text, "},");
    tb_buf_add_str(&text, times);
    tb_buf_add_str(&text, ",");
    tb_buf_add_str(&text, subject);
    tb_buf_add_str(&text, "}");
    text_end(&text);
    return claims;
}

static const char *good_claims(void)
{
    return claims_of(AUD, jwk, TIMES, SUB);
}

/* A phone with a certificate over these claims, by this key. */
static const char *phone_with(const char *claims_text, const char *kid, const struct tb_key *by,
                              const char *rest)
{
    struct tb_buf text;
    text_begin(&text, spec, sizeof spec);
    tb_buf_add_str(&text, "app key=" PHONE_SCALAR " audience=pass.market.example certificate=");
    assert_int_equal(tb_jws_build(tb_span_str(kid), tb_span_str(claims_text), by, &rng, &text), TB_OK);
    tb_buf_add_str(&text, " ");
    tb_buf_add_str(&text, rest);
    text_end(&text);
    return spec;
}

static const char *good_phone(const char *rest)
{
    return phone_with(good_claims(), "chain-2026", &chain, rest);
}

static enum tb_applet_step start(void)
{
    return tb_hce_start(&m, &(struct tb_hce_input){
                                .keys = &ring,
                                .wall_ms = WALL_MS,
                                .rng = &rng,
                                .audience = "pass.market.example",
                                .terminal = tb_span_str("till-0421-4"),
                            });
}

static enum tb_applet_step tap(const char *phone_spec)
{
    tapped_card(&card, phone_spec);
    enum tb_applet_step step = start();
    TAPPED(step, &card, &m, tb_hce_answer);
    return step;
}

static void expect(enum tb_judged verdict, enum tb_reason reason)
{
    assert_string_equal(tb_reason_name(m.judgement.reason), tb_reason_name(reason));
    assert_int_equal(m.judgement.verdict, verdict);
    assert_int_equal(m.judgement.replay.rule, TB_REPLAY_NONE);
    assert_int_equal(m.judgement.evidence_size, 0);
    assert_int_equal(m.response_size, 0);
    if (reason == TB_REASON_PHONE_PASS)
        return;
    assert_int_equal(m.judgement.credential.kind, TB_CREDENTIAL_NONE);
    assert_int_equal(m.judgement.assurance, TB_ASSURANCE_NONE);
}

static void expect_pass(enum tb_assurance assurance)
{
    expect(TB_JUDGED_CREDENTIAL, TB_REASON_PHONE_PASS);
    assert_int_equal(m.judgement.assurance, assurance);
    assert_int_equal(m.judgement.credential.kind, TB_CREDENTIAL_PASS);
    assert_true(tb_span_is(tb_credential_value(&m.judgement.credential), "p-7Kq2mXb4"));
}

static void expect_failed(const char *phone_spec, enum tb_judged verdict, enum tb_reason reason)
{
    assert_int_equal(tap(phone_spec), TB_APPLET_FAILED);
    expect(verdict, reason);
}

static void test_pass(void **state)
{
    (void)state;
    assert_int_equal(tap(good_phone("")), TB_APPLET_DONE);
    expect_pass(TB_ASSURANCE_HIGH);
    assert_int_equal(m.exchange_count, 4);
    assert_int_equal(tap(good_phone("slow")), TB_APPLET_DONE);
    expect_pass(TB_ASSURANCE_HIGH);
    assert_int_equal(m.exchange_count, 5);
    assert_int_equal(tap(good_phone("part=40")), TB_APPLET_DONE);
    expect_pass(TB_ASSURANCE_HIGH);
}

static void test_a_phone_in_a_pocket_proves_less(void **state)
{
    (void)state;
    assert_int_equal(tap(good_phone("away")), TB_APPLET_DONE);
    expect_pass(TB_ASSURANCE_MEDIUM);
}

static void test_refusals(void **state)
{
    (void)state;
    expect_failed(good_phone("refuses=6982"), TB_JUDGED_AGAIN, TB_REASON_PASS_LOCKED);
    expect_failed(good_phone("refuses=6985"), TB_JUDGED_AGAIN, TB_REASON_PASS_CHOOSE);
    expect_failed(good_phone("refuses=6a88"), TB_JUDGED_UNKNOWN, TB_REASON_PASS_NONE);
    expect_failed(good_phone("refuses=6a86"), TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
    expect_failed(good_phone("refuses=6f00"), TB_JUDGED_UNKNOWN, TB_REASON_PASS_REFUSED);
    expect_failed(good_phone("audience=pass.other.example"), TB_JUDGED_UNKNOWN, TB_REASON_PASS_NONE);
}

static void test_other_versions(void **state)
{
    (void)state;
    expect_failed(good_phone("version=2"), TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
    expect_failed(good_phone("version=0"), TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
}

static void test_absent(void **state)
{
    (void)state;
    assert_int_equal(tap("foreign"), TB_APPLET_ABSENT);
    assert_int_equal(tap("desfire"), TB_APPLET_ABSENT);
    assert_int_equal(m.exchange_count, 1);
}

static void test_certificates(void **state)
{
    (void)state;
    expect_failed(phone_with(good_claims(), "other", &chain, ""), TB_JUDGED_WRONG_KEY,
                  TB_REASON_PROOF_NO_KEY);
    expect_failed(phone_with(good_claims(), "chain-2026", &phone, ""), TB_JUDGED_WRONG_KEY,
                  TB_REASON_PROOF_WRONG);
    expect_failed(phone_with(claims_of(AUD, jwk, "\"exp\":1799999999", SUB), "chain-2026", &chain, ""),
                  TB_JUDGED_EXPIRED, TB_REASON_PROOF_EXPIRED);
    expect_failed(phone_with(claims_of(AUD, jwk, "\"nbf\":1800000031,\"exp\":1807766000", SUB), "chain-2026",
                             &chain, ""),
                  TB_JUDGED_EXPIRED, TB_REASON_PROOF_EARLY);
    expect_failed(phone_with(claims_of("\"aud\":\"till\"", jwk, TIMES, SUB), "chain-2026", &chain, ""),
                  TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_AUDIENCE);
    expect_failed(phone_with(claims_of(AUD, jwk, "\"iat\":1799990000", SUB), "chain-2026", &chain, ""),
                  TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    expect_failed(phone_with(claims_of(AUD, jwk, TIMES, "\"sub\":\"\""), "chain-2026", &chain, ""),
                  TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    expect_failed(phone_with(claims_of(AUD, jwk, TIMES, "\"x\":1"), "chain-2026", &chain, ""),
                  TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
}

/* What a signed code looks like must not open anything here, nor the other way round (test_judge_proof.c). */
static void test_a_token_is_no_certificate(void **state)
{
    (void)state;
    expect_failed(phone_with("{" AUD "," TIMES "," SUB "}", "chain-2026", &chain, ""), TB_JUDGED_MALFORMED,
                  TB_REASON_PROOF_MALFORMED);
}

/* The last one names a point that is not on the curve. */
static void test_keys_of_phones(void **state)
{
    (void)state;
    static const struct {
        const char *jwk;
        enum tb_judged verdict;
        enum tb_reason reason;
    } cases[] = {
        {"{\"kty\":\"RSA\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}", TB_JUDGED_UNKNOWN,
         TB_REASON_PROOF_UNSUPPORTED},
        {"{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"AA\",\"y\":\"AA\"}", TB_JUDGED_UNKNOWN,
         TB_REASON_PROOF_UNSUPPORTED},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}", TB_JUDGED_MALFORMED,
         TB_REASON_PROOF_MALFORMED},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\"}", TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED},
        {"{}", TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED},
        {"7", TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\","
         "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}",
         TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(cases); i++)
        expect_failed(phone_with(claims_of(AUD, cases[i].jwk, TIMES, SUB), "chain-2026", &chain, ""),
                      cases[i].verdict, cases[i].reason);
}

/* A stolen certificate without its phone's key. */
static void test_another_phone(void **state)
{
    (void)state;
    jwk_make(&chain.public_key);
    expect_failed(good_phone(""), TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
}

/* What the phone signed for one exchange is worth nothing in another, whichever part of it differs. */
static void test_answers_are_of_their_own_exchange(void **state)
{
    (void)state;
    uint8_t memory[CARD_ANSWER_MAX];
    for (unsigned part = 0; part < 4; part++) {
        tapped_card(&card, good_phone(""));
        enum tb_applet_step step = start();
        while (step == TB_APPLET_NEXT) {
            bool prove = m.io.command[1] == 0x10;
            if (prove && part < 3) /* nonce, chain and terminal; the phone checks the chain */
                m.challenge[part == 0 ? 0 : part == 1 ? 39 : 47] ^= 1;
            step = tb_hce_answer(&m, tapped_exchange(&card, &m.io, memory));
            if (part == 3 && m.state == TB_HCE_PROVE)
                m.hello[4] ^= 1; /* as if somebody had changed what the phone says that it can do */
        }
        assert_int_equal(step, TB_APPLET_FAILED);
        expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
    }
}

/* Whatever byte of the response somebody changes. */
static void test_tampering(void **state)
{
    (void)state;
    uint8_t memory[CARD_ANSWER_MAX];
    tapped_card(&card, good_phone(""));
    size_t whole = TB_HCE_HEAD_SIZE + strlen(card.state.app.certificate);
    for (size_t at = 0; at < whole; at += 7) {
        tapped_card(&card, good_phone(""));
        size_t before = 0;
        enum tb_applet_step step = start();
        while (step == TB_APPLET_NEXT) {
            bool hello = m.state == TB_HCE_SELECT;
            struct tb_span answer = tapped_exchange(&card, &m.io, memory);
            size_t size = answer.size - 2;
            if (!hello && at >= before && at - before < size)
                memory[at - before] ^= 0x01;
            before += hello ? 0 : size;
            step = tb_hce_answer(&m, answer);
        }
        assert_int_equal(step, TB_APPLET_FAILED);
        assert_int_equal(m.judgement.credential.kind, TB_CREDENTIAL_NONE);
    }
}

static void answers_check(const char *const *answers, enum tb_judged verdict, enum tb_reason reason)
{
    enum tb_applet_step step = start();
    for (size_t i = 0; answers[i]; i++) {
        assert_int_equal(step, TB_APPLET_NEXT);
        step = tb_hce_answer(&m, HEX_SPAN(answers[i]));
    }
    assert_int_equal(step, TB_APPLET_FAILED);
    expect(verdict, reason);
}

static void test_malformed(void **state)
{
    (void)state;
    static const char *const none[] = {"90", NULL};
    static const char *const short_hello[] = {"544201019000", NULL};
    static const char *const other_hello[] = {"58420101009000", NULL};
    static const char *const empty[] = {"54420101009000", "9000", NULL};
    static const char *const only_flags[] = {"54420101009000", "019000", NULL};
    static const char *const locked[] = {"6982", NULL};
    answers_check(none, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    answers_check(short_hello, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    answers_check(other_hello, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    answers_check(empty, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    answers_check(only_flags, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    answers_check(locked, TB_JUDGED_AGAIN, TB_REASON_PASS_LOCKED);
}

/* Both a phone that sends on and on and one that never has anything to send. */
static void test_ends_within_its_bounds(void **state)
{
    (void)state;
    uint8_t part[252] = {0};
    part[250] = 0x61;
    unsigned count = 0;
    assert_int_equal(start(), TB_APPLET_NEXT);
    assert_int_equal(tb_hce_answer(&m, HEX_SPAN("54420101009000")), TB_APPLET_NEXT);
    while (tb_hce_answer(&m, tb_span_of(part, sizeof part)) == TB_APPLET_NEXT)
        count++;
    assert_int_equal(count, TB_HCE_RESPONSE_SIZE_MAX / 250);
    expect(TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);

    assert_int_equal(start(), TB_APPLET_NEXT);
    assert_int_equal(tb_hce_answer(&m, HEX_SPAN("54420101009000")), TB_APPLET_NEXT);
    while (tb_hce_answer(&m, HEX_SPAN("6100")) == TB_APPLET_NEXT)
        assert_true(m.exchange_count <= TB_HCE_EXCHANGE_MAX);
    expect(TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
}

static void test_lost(void **state)
{
    (void)state;
    assert_int_equal(start(), TB_APPLET_NEXT);
    assert_int_equal(tb_hce_lost(&m), TB_APPLET_LOST);
    assert_int_equal(m.judgement.reason, TB_REASON_NONE);
}

static void test_another_nonce_each_time(void **state)
{
    (void)state;
    uint8_t nonce[TB_HCE_NONCE_SIZE];
    assert_int_equal(tap(good_phone("")), TB_APPLET_DONE);
    memcpy(nonce, m.challenge, sizeof nonce);
    assert_int_equal(tap(good_phone("")), TB_APPLET_DONE);
    assert_memory_not_equal(nonce, m.challenge, sizeof nonce);
}

/* ---- the example ---- */

static void fill_counting(void *context, uint8_t *ret_bytes, size_t size)
{
    (void)context;
    for (size_t i = 0; i < size; i++)
        ret_bytes[i] = (uint8_t)i;
}

/* The next line of the example: '>' what the terminal sends, '<' what the phone does; 0 behind the last. */
static char example_line(FILE *file, struct hex_bytes *ret_bytes)
{
    char line[1024];
    char digits[1024];
    while (fgets(line, sizeof line, file)) {
        size_t size = 0;
        if (strncmp(line, "    hce> ", 9) != 0 && strncmp(line, "    hce< ", 9) != 0)
            continue;
        for (const char *c = line + 9; *c; c++)
            if (*c != ' ' && *c != '\n')
                digits[size++] = *c;
        digits[size] = '\0';
        *ret_bytes = hex(digits);
        return line[7];
    }
    return 0;
}

static void test_example_of_the_documentation(void **state)
{
    (void)state;
    char path[512];
    struct tb_buf text;
    struct hex_bytes bytes;
    uint8_t memory[CARD_ANSWER_MAX];
    unsigned line_count = 0;
    const char *root = getenv("TB_SOURCE");
    assert_non_null(root);
    text_begin(&text, path, sizeof path);
    tb_buf_add_str(&text, root);
    tb_buf_add_str(&text, "/docs/protocol.md");
    text_end(&text);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    rng.fill = fill_counting;
    tapped_card(&card, good_phone(""));
    enum tb_applet_step step = start();
    for (char side = example_line(file, &bytes); side; side = example_line(file, &bytes), line_count++) {
        struct tb_span said = tb_span_of(bytes.at, bytes.size);
        assert_int_equal(step, TB_APPLET_NEXT);
        if (side == '>') {
            assert_true(tb_span_equal(said, tb_span_of(m.io.command, m.io.command_size)));
            continue;
        }
        assert_true(tb_span_equal(said, tapped_exchange(&card, &m.io, memory)));
        step = tb_hce_answer(&m, said);
    }
    (void)fclose(file);
    assert_int_equal(line_count, 8);
    assert_int_equal(step, TB_APPLET_DONE);
    expect_pass(TB_ASSURANCE_HIGH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_pass, setup),
        cmocka_unit_test_setup(test_a_phone_in_a_pocket_proves_less, setup),
        cmocka_unit_test_setup(test_refusals, setup),
        cmocka_unit_test_setup(test_other_versions, setup),
        cmocka_unit_test_setup(test_absent, setup),
        cmocka_unit_test_setup(test_certificates, setup),
        cmocka_unit_test_setup(test_a_token_is_no_certificate, setup),
        cmocka_unit_test_setup(test_keys_of_phones, setup),
        cmocka_unit_test_setup(test_another_phone, setup),
        cmocka_unit_test_setup(test_answers_are_of_their_own_exchange, setup),
        cmocka_unit_test_setup(test_tampering, setup),
        cmocka_unit_test_setup(test_malformed, setup),
        cmocka_unit_test_setup(test_ends_within_its_bounds, setup),
        cmocka_unit_test_setup(test_lost, setup),
        cmocka_unit_test_setup(test_another_nonce_each_time, setup),
        cmocka_unit_test_setup(test_example_of_the_documentation, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
