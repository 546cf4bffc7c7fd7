#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/credential/base45.h"
#include "core/credential/cwt.h"
#include "core/credential/judge.h"
#include "core/crypto/hash.h"
#include "tests/support/hex.h"
#include "tests/support/seeded_rng.h"
#include "tests/support/unit.h"

#define WALL_MS INT64_C(1700000000000)

static struct tb_keyring ring;
static struct tb_key key_1;
static struct tb_key key_2;
static struct seeded_rng generator = {.state = 7};
static struct tb_judge judge;
static struct tb_judgement j;

static void ring_put_token(const char *id, const struct tb_key *key, uint32_t version)
{
    struct tb_ring_key entry = {.use = TB_RING_TOKEN, .version = version, .size = TB_KEY_POINT_SIZE};
    assert_int_equal(tb_span_to_str(tb_span_str(id), entry.id, sizeof entry.id), TB_OK);
    memcpy(entry.bytes, key->public_key.point, TB_KEY_POINT_SIZE);
    assert_int_equal(tb_keyring_put(&ring, &entry), TB_OK);
}

static void ring_put_totp(const char *id, const char *secret, uint32_t version)
{
    struct tb_ring_key entry = {.use = TB_RING_TOTP,
                                .version = version,
                                .size = (uint8_t)strlen(secret),
                                .period_ms = 60000,
                                .digit_count = 6};
    assert_int_equal(tb_span_to_str(tb_span_str(id), entry.id, sizeof entry.id), TB_OK);
    memcpy(entry.bytes, secret, entry.size);
    assert_int_equal(tb_keyring_put(&ring, &entry), TB_OK);
}

static int judge_make(void **state)
{
    (void)state;
    const struct tb_rng rng = seeded_rng_of(&generator);
    ring = (struct tb_keyring){.key_count = 0};
    assert_int_equal(tb_key_make(&rng, &key_1), TB_OK);
    assert_int_equal(tb_key_make(&rng, &key_2), TB_OK);
    ring_put_token("k1", &key_1, 1);
    ring_put_totp("R", "12345678901234567890", 1);
    judge = (struct tb_judge){.rules = tb_code_rules_default(), .keys = &ring, .wall_ms = WALL_MS};
    return 0;
}

static void line(const char *text)
{
    tb_judge_line(&judge, tb_span_str(text), &j);
}

static void expect(enum tb_judged verdict, enum tb_reason reason)
{
    assert_string_equal(tb_reason_name(j.reason), tb_reason_name(reason));
    assert_int_equal(j.verdict, verdict);
    assert_true((verdict == TB_JUDGED_CREDENTIAL) == (j.credential.kind != TB_CREDENTIAL_NONE));
    assert_true((verdict == TB_JUDGED_CREDENTIAL) == (j.assurance != TB_ASSURANCE_NONE));
    assert_true((verdict == TB_JUDGED_HANDOVER) == (j.handover[0] != '\0'));
    assert_true(verdict == TB_JUDGED_CREDENTIAL || (j.replay.rule == TB_REPLAY_NONE && j.evidence_size == 0));
}

static void expect_credential(enum tb_credential_kind kind, const char *value, enum tb_assurance assurance,
                              enum tb_reason reason)
{
    expect(TB_JUDGED_CREDENTIAL, reason);
    assert_int_equal(j.credential.kind, kind);
    assert_true(tb_span_is(tb_credential_value(&j.credential), value));
    assert_int_equal(j.assurance, assurance);
}

/* ---- rotating codes ---- */

/* The member's key is abc131be…; its password at step 28333333 is 824488. Both computed elsewhere. */
static void a_rotating_code_is_good_once(void **state)
{
    (void)state;
    line("R:0001234567:1700000000:824488");
    expect_credential(TB_CREDENTIAL_MEMBER, "0001234567", TB_ASSURANCE_MEDIUM, TB_REASON_MEMBER_ROTATING);
    assert_int_equal(j.evidence_size, 0);
    assert_int_equal(j.replay.rule, TB_REPLAY_ONCE);
    assert_int_equal(j.replay.forget_ms, INT64_C(28333334) * 60000 + 90000);
    static const char used[] = "totp\0"
                               "0001234567\0"
                               "\0\0\0\0\x01\xb0\x55\x15";
    struct tb_digest name = tb_sha256(tb_span_of(used, sizeof used - 1));
    assert_memory_equal(j.replay.name, name.bytes, sizeof name.bytes);

    /* Another second of the same minute has the same password, and is the same code. */
    struct tb_judgement first = j;
    line("R:0001234567:1700000003:824488");
    expect_credential(TB_CREDENTIAL_MEMBER, "0001234567", TB_ASSURANCE_MEDIUM, TB_REASON_MEMBER_ROTATING);
    assert_memory_equal(j.replay.name, first.replay.name, sizeof first.replay.name);
}

static void rotating_codes_are_refused_for_what_is_wrong(void **state)
{
    (void)state;
    line("R:0001234567:1700000000:824489");
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
    line("R:0001234568:1700000000:824488");
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
    line("R:0001234567:1700000000:8244889");
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
    line("R:0001234567:1699999909:824488");
    expect(TB_JUDGED_EXPIRED, TB_REASON_PROOF_EXPIRED);
    line("R:0001234567:1700000091:824488");
    expect(TB_JUDGED_EXPIRED, TB_REASON_PROOF_EARLY);
    line("R:0001234567:1700000000");
    expect(TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS);
}

static void without_a_key_the_store_is_asked(void **state)
{
    (void)state;
    static const char text[] = "R:0001234567:1700000000:824488";
    judge.keys = NULL;
    line(text);
    expect_credential(TB_CREDENTIAL_MEMBER, "0001234567", TB_ASSURANCE_MEDIUM, TB_REASON_MEMBER_ROTATING);
    assert_true(tb_span_is(tb_judgement_evidence(&j), text));
    assert_int_equal(j.replay.rule, TB_REPLAY_NONE);
    line("R:0001234567:1699999909:824488");
    expect(TB_JUDGED_EXPIRED, TB_REASON_PROOF_EXPIRED);
    judge.keys = &ring;
}

static void another_version_of_a_key_is_tried(void **state)
{
    (void)state;
    ring_put_totp("R", "another secret", 2);
    line("R:0001234567:1700000000:824488");
    expect_credential(TB_CREDENTIAL_MEMBER, "0001234567", TB_ASSURANCE_MEDIUM, TB_REASON_MEMBER_ROTATING);
    assert_int_equal(tb_keyring_drop(&ring, TB_RING_TOTP, tb_span_str("R"), 1), TB_OK);
    line("R:0001234567:1700000000:824488");
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
}

static void a_google_pattern_is_a_rule(void **state)
{
    (void)state;
    static const struct tb_code_rule table[] = {
        {.carrier = TB_CARRIER_ROTATING,
         .prefix = "GW-{member}-{totp_timestamp_seconds}-{totp_value_0}",
         .digit_count = 10,
         .kind = TB_CREDENTIAL_MEMBER,
         .key_id = "R",
         .slack_steps = 1},
    };
    const struct tb_code_rules rules = {.rules = table, .rule_count = TB_ARRAY_SIZE(table)};
    judge.rules = &rules;
    line("GW-0001234567-1700000000-824488");
    expect_credential(TB_CREDENTIAL_MEMBER, "0001234567", TB_ASSURANCE_MEDIUM, TB_REASON_MEMBER_ROTATING);
    line("GW-0001234567-1700000040-824488"); /* made a period later: the password of before is good by the
                                                slack */
    expect_credential(TB_CREDENTIAL_MEMBER, "0001234567", TB_ASSURANCE_MEDIUM, TB_REASON_MEMBER_ROTATING);
    line("R:0001234567:1700000000:824488");
    expect(TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS);
}

/* ---- tokens ---- */

static char token_memory[2100];

static const char *jws(const char *prefix, const char *kid, const struct tb_key *key, const char *claims)
{
    const struct tb_rng rng = seeded_rng_of(&generator);
    struct tb_buf token = tb_buf_of(token_memory, sizeof token_memory - 1);
    tb_buf_add_str(&token, prefix);
    assert_int_equal(tb_jws_build(tb_span_str(kid), tb_span_str(claims), key, &rng, &token), TB_OK);
    token_memory[token.size] = '\0';
    return token_memory;
}

static const char *cwt(const char *kid, const struct tb_key *key, const char *claims)
{
    uint8_t memory[TB_CWT_SIZE_MAX];
    const struct tb_rng rng = seeded_rng_of(&generator);
    struct tb_buf bytes = tb_buf_of(memory, sizeof memory);
    struct tb_buf token = tb_buf_of(token_memory, sizeof token_memory - 1);
    assert_int_equal(tb_cwt_build(tb_span_str(kid), HEX_SPAN(claims), key, &rng, &bytes), TB_OK);
    tb_buf_add_str(&token, "TB1:");
    tb_base45_add(&token, tb_buf_span(&bytes));
    token_memory[token.size] = '\0';
    return token_memory;
}

#define SHORT "\"aud\":\"till\",\"iat\":1700000000,\"exp\":1700000100"
#define LONG "\"aud\":\"till\",\"iat\":1700000000,\"exp\":1700003600"

static void a_token_of_ours_is_a_pass_or_a_member(void **state)
{
    (void)state;
    line(jws("", "k1", &key_1, "{\"sub\":\"p-7\"," SHORT "}"));
    expect_credential(TB_CREDENTIAL_PASS, "p-7", TB_ASSURANCE_MEDIUM, TB_REASON_TOKEN_JWS);
    assert_int_equal(j.replay.rule, TB_REPLAY_NONE);
    line(jws("T:", "", &key_1, "{\"sub\":\"p-7\",\"member\":\"0001234567\"," SHORT "}"));
    expect_credential(TB_CREDENTIAL_MEMBER, "0001234567", TB_ASSURANCE_MEDIUM, TB_REASON_TOKEN_JWS);
}

static void a_token_with_an_id_is_good_once(void **state)
{
    (void)state;
    line(jws("", "k1", &key_1, "{\"sub\":\"p-7\",\"jti\":\"a1\"," LONG "}"));
    expect_credential(TB_CREDENTIAL_PASS, "p-7", TB_ASSURANCE_MEDIUM, TB_REASON_TOKEN_JWS);
    assert_int_equal(j.replay.rule, TB_REPLAY_ONCE);
    assert_int_equal(j.replay.forget_ms, INT64_C(1700003630000));
    struct tb_digest name = tb_sha256(tb_span_of("token\0k1\0a1", 11));
    assert_memory_equal(j.replay.name, name.bytes, sizeof name.bytes);
    /* The same id under the same key is the same token, whatever the header calls the key. */
    line(jws("", "", &key_1, "{\"sub\":\"p-7\",\"jti\":\"a1\"," LONG "}"));
    assert_memory_equal(j.replay.name, name.bytes, sizeof name.bytes);
    line(cwt("k1", &key_1,
             "a5"
             "02637"
             "02d37"
             "03647469"
             "6c6c"
             "041a6553ff10"
             "061a6553f100"
             "07426131"));
    expect_credential(TB_CREDENTIAL_PASS, "p-7", TB_ASSURANCE_MEDIUM, TB_REASON_TOKEN_CWT);
    assert_memory_equal(j.replay.name, name.bytes, sizeof name.bytes);
}

static void tokens_are_refused_for_what_is_wrong(void **state)
{
    (void)state;
    line(jws("", "k1", &key_2, "{\"sub\":\"p-7\"," SHORT "}"));
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
    line(jws("", "k1", &key_1, "{\"sub\":\"p-7\"," LONG "}")); /* an hour, and nothing to remember it by */
    expect(TB_JUDGED_EXPIRED, TB_REASON_PROOF_EARLY);
    line(jws("", "k1", &key_1, "{\"sub\":\"p-7\",\"aud\":\"till\",\"iat\":1699990000,\"exp\":1700000000}"));
    expect(TB_JUDGED_EXPIRED, TB_REASON_PROOF_EXPIRED);
    line(jws("", "k1", &key_1, "{\"sub\":\"p-7\",\"aud\":\"till\",\"iat\":1700000031,\"exp\":1700000100}"));
    expect(TB_JUDGED_EXPIRED, TB_REASON_PROOF_EARLY);
    line(jws("", "k1", &key_1, "{\"sub\":\"p-7\",\"aud\":\"shop\",\"iat\":1700000000,\"exp\":1700000100}"));
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_AUDIENCE);
    line(jws("", "k1", &key_1, "{" SHORT "}")); /* nobody's */
    expect(TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    line(jws("", "k1", &key_1, "{\"member\":\"12a\"," SHORT "}"));
    expect(TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    line(jws("", "k1", &key_1, "{\"sub\":7," SHORT "}"));
    expect(TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    line(jws("", "k1", &key_1, "{\"sub\":\"p-7\"}"));
    expect(TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    /* A pass certificate, seen in somebody's exchange and shown as a code. */
    line(jws("", "k1", &key_1, "{\"sub\":\"p-7\",\"cnf\":{}," SHORT "}"));
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_UNSUPPORTED);
}

static void tokens_of_others_are_passed_on(void **state)
{
    (void)state;
    line(jws("", "k2", &key_2, "{\"sub\":\"p-7\"," SHORT "}"));
    expect(TB_JUDGED_UNKNOWN, TB_REASON_PROOF_NO_KEY);
    line(jws("", "", &key_2, "{\"sub\":\"p-7\"," SHORT "}"));
    expect(TB_JUDGED_UNKNOWN, TB_REASON_PROOF_NO_KEY);
    line("eyJhbGciOiJub25lIn0.e30.AA");
    expect(TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
    line("eyJhbGciO.e30.AA");
    expect(TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS);
    /* With our prefix they are ours, and wrong. */
    line(jws("T:", "k2", &key_2, "{\"sub\":\"p-7\"," SHORT "}"));
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_NO_KEY);
    line("T:eyJhbGciOiJub25lIn0.e30.AA");
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_UNSUPPORTED);
    line("T:eyJhbGciO.e30.AA");
    expect(TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    line("T:hello");
    expect(TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS);
}

static void short_tokens_behave_alike(void **state)
{
    (void)state;
    line(cwt("k1", &key_1,
             "a402637"
             "02d37"
             "036474696c6c041a6553f158061a6553f100"));
    expect_credential(TB_CREDENTIAL_PASS, "p-7", TB_ASSURANCE_MEDIUM, TB_REASON_TOKEN_CWT);
    line(cwt("k1", &key_2,
             "a402637"
             "02d37"
             "036474696c6c041a6553f158061a6553f100"));
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
    line(cwt("k2", &key_2,
             "a402637"
             "02d37"
             "036474696c6c041a6553f158061a6553f100"));
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_NO_KEY);
    line("TB1:BB8");
    expect(TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    line("TB1:not base45");
    expect(TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    line("TB1:");
    expect(TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
}

static void two_keys_of_one_name_are_tried(void **state)
{
    (void)state;
    ring_put_token("k1", &key_2, 2);
    line(jws("", "k1", &key_1, "{\"sub\":\"p-7\"," SHORT "}"));
    expect_credential(TB_CREDENTIAL_PASS, "p-7", TB_ASSURANCE_MEDIUM, TB_REASON_TOKEN_JWS);
    line(jws("", "k1", &key_2, "{\"sub\":\"p-7\"," SHORT "}"));
    expect_credential(TB_CREDENTIAL_PASS, "p-7", TB_ASSURANCE_MEDIUM, TB_REASON_TOKEN_JWS);
}

/* A key of the ring that is no point, or one off the curve, never verifies anything. */
static void bad_keys_verify_nothing(void **state)
{
    (void)state;
    struct tb_ring_key entry = {.use = TB_RING_TOKEN, .version = 3, .id = "k1", .size = TB_KEY_POINT_SIZE};
    entry.bytes[0] = 4;
    assert_int_equal(tb_keyring_put(&ring, &entry), TB_OK);
    assert_int_equal(tb_keyring_drop(&ring, TB_RING_TOKEN, tb_span_str("k1"), 1), TB_OK);
    line(jws("", "k1", &key_1, "{\"sub\":\"p-7\"," SHORT "}"));
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
    entry.size = 33;
    assert_int_equal(tb_keyring_put(&ring, &entry), TB_OK);
    line(jws("T:", "k1", &key_1, "{\"sub\":\"p-7\"," SHORT "}"));
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_NO_KEY);
}

/* ---- hand-over codes, wallet readers, Code 128 ---- */

static void handover_codes_are_read(void **state)
{
    (void)state;
    static const char *const texts[] = {"H:QY5DN2", "H:qy5dn2", "https://shop.example/h/QY5DN2",
                                        "HTTPS://SHOP.EXAMPLE/H/QY5DN2?x=1"};
    for (size_t i = 0; i < TB_ARRAY_SIZE(texts); i++) {
        line(texts[i]);
        expect(TB_JUDGED_HANDOVER, TB_REASON_HANDOVER_CODE);
        assert_string_equal(j.handover, "QY5DN2");
    }
    line("H:QY5DN3");
    expect(TB_JUDGED_UNKNOWN, TB_REASON_CODE_CHECK_DIGIT);
    line("https://shop.example/h/QY5DN3");
    expect(TB_JUDGED_UNKNOWN, TB_REASON_CODE_CHECK_DIGIT);
    line("H:QY5DN0");
    expect(TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS);
    line("https://shop.example/h/elp");
    expect(TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS);
    static const char *const hosts[] = {"club.example"};
    struct tb_code_rules rules = *tb_code_rules_default();
    rules.hosts = hosts;
    rules.host_count = 1;
    judge.rules = &rules;
    line("https://shop.example/h/QY5DN2");
    expect(TB_JUDGED_UNKNOWN, TB_REASON_CODE_HOST);
    line("https://club.example/h/QY5DN2");
    expect(TB_JUDGED_HANDOVER, TB_REASON_HANDOVER_CODE);
}

static const struct tb_code_rule reader_table[] = {
    {.carrier = TB_CARRIER_WALLET_READER, .prefix = "AV:", .kind = TB_CREDENTIAL_VAS},
    {.carrier = TB_CARRIER_WALLET_READER, .prefix = "ST:", .kind = TB_CREDENTIAL_SMART_TAP},
    {.carrier = TB_CARRIER_WALLET_READER, .prefix = "UID:", .kind = TB_CREDENTIAL_UID},
    {.carrier = TB_CARRIER_CODE128,
     .prefix = "9700",
     .digit_count = 8,
     .kind = TB_CREDENTIAL_MEMBER,
     .symbology = 'C',
     .check = TB_CODE_CHECK_GS1},
    {.carrier = TB_CARRIER_CODE128,
     .prefix = "CLUB-",
     .digit_count = 6,
     .kind = TB_CREDENTIAL_MEMBER,
     .check = TB_CODE_CHECK_LUHN},
    {.carrier = TB_CARRIER_CODE128, .prefix = "X", .digit_count = 4, .kind = TB_CREDENTIAL_MEMBER},
};

static const struct tb_code_rules reader_rules = {.rules = reader_table,
                                                  .rule_count = TB_ARRAY_SIZE(reader_table)};

static void certified_readers_are_believed_by_their_prefix(void **state)
{
    (void)state;
    judge.rules = &reader_rules;
    line("AV:6d1UlFpnOc50iVKRaboDOK");
    expect_credential(TB_CREDENTIAL_VAS, "6d1UlFpnOc50iVKRaboDOK", TB_ASSURANCE_MEDIUM,
                      TB_REASON_READER_PASS);
    line("ST:LOYAL-0001234567");
    expect_credential(TB_CREDENTIAL_SMART_TAP, "LOYAL-0001234567", TB_ASSURANCE_MEDIUM,
                      TB_REASON_READER_PASS);
    line("UID:04958CAA5C5E80");
    expect_credential(TB_CREDENTIAL_UID, "\x04\x95\x8c\xaa\x5c\x5e\x80", TB_ASSURANCE_LOW, TB_REASON_TAG_UID);
    line("UID:08a1b2c3");
    expect(TB_JUDGED_UNKNOWN, TB_REASON_UID_RANDOM);
    line("UID:0495");
    expect(TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    line("UID:04958CAA5C5E8");
    expect(TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    line("AV:");
    expect(TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    line("AV:4111111111111111");
    expect(TB_JUDGED_PAYMENT_CARD, TB_REASON_PAYMENT_NUMBER);
    line("AV:0123456789012345678901234567890123456789012345678901234567890123x");
    expect(TB_JUDGED_UNKNOWN, TB_REASON_CODE_TOO_LONG);
    judge.rules = tb_code_rules_default();
    line("AV:6d1UlFpnOc50iVKRaboDOK");
    expect(TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS);
}

static void what_was_scanned_is_from_no_wallet_reader(void **state)
{
    (void)state;
    struct tb_code_rules rules = reader_rules;
    rules.aim_enabled = true;
    judge.rules = &rules;
    line("]Q1AV:6d1UlFpnOc50iVKRaboDOK");
    expect(TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS);
    line("AV:6d1UlFpnOc50iVKRaboDOK");
    expect_credential(TB_CREDENTIAL_VAS, "6d1UlFpnOc50iVKRaboDOK", TB_ASSURANCE_MEDIUM,
                      TB_REASON_READER_PASS);
}

static void cards_in_code_128_follow_the_chains_rules(void **state)
{
    (void)state;
    struct tb_code_rules rules = reader_rules;
    judge.rules = &rules;
    line("CLUB-1234566");
    expect_credential(TB_CREDENTIAL_MEMBER, "123456", TB_ASSURANCE_LOW, TB_REASON_MEMBER_CODE128);
    line("CLUB-1234567");
    expect(TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS);
    line("X0042");
    expect_credential(TB_CREDENTIAL_MEMBER, "0042", TB_ASSURANCE_LOW, TB_REASON_MEMBER_CODE128);
    /* 9700 00012345 with its check digit is a valid EAN-13: a product, unless the scanner says Code 128. */
    line("9700000123457");
    expect(TB_JUDGED_PRODUCT, TB_REASON_PRODUCT_CODE);
    rules.aim_enabled = true;
    line("]E09700000123457");
    expect(TB_JUDGED_PRODUCT, TB_REASON_PRODUCT_CODE);
    line("]C09700000123457");
    expect_credential(TB_CREDENTIAL_MEMBER, "00012345", TB_ASSURANCE_LOW, TB_REASON_MEMBER_CODE128);
    line("]Q0X0042");
    expect_credential(TB_CREDENTIAL_MEMBER, "0042", TB_ASSURANCE_LOW, TB_REASON_MEMBER_CODE128);
}

static void a_payment_card_is_one_whatever_the_rules_say(void **state)
{
    (void)state;
    static const struct tb_code_rule table[] = {{.carrier = TB_CARRIER_CODE128,
                                                 .prefix = "4",
                                                 .digit_count = 15,
                                                 .kind = TB_CREDENTIAL_MEMBER,
                                                 .symbology = 'C'}};
    const struct tb_code_rules rules = {.rules = table, .rule_count = 1, .aim_enabled = true};
    judge.rules = &rules;
    line("]C04111111111111111");
    expect(TB_JUDGED_PAYMENT_CARD, TB_REASON_PAYMENT_NUMBER);
    line("]C04111111111111112");
    expect_credential(TB_CREDENTIAL_MEMBER, "111111111111112", TB_ASSURANCE_LOW, TB_REASON_MEMBER_CODE128);
}

static void a_letter_binds_a_rule(void **state)
{
    (void)state;
    static const struct tb_code_rule table[] = {{.carrier = TB_CARRIER_SCAN_TEXT,
                                                 .prefix = "M",
                                                 .digit_count = 10,
                                                 .kind = TB_CREDENTIAL_MEMBER,
                                                 .symbology = 'Q'}};
    const struct tb_code_rules rules = {.rules = table, .rule_count = 1, .aim_enabled = true};
    judge.rules = &rules;
    line("]Q1M00012345674");
    expect_credential(TB_CREDENTIAL_MEMBER, "0001234567", TB_ASSURANCE_LOW, TB_REASON_MEMBER_TEXT);
    line("M00012345674");
    expect_credential(TB_CREDENTIAL_MEMBER, "0001234567", TB_ASSURANCE_LOW, TB_REASON_MEMBER_TEXT);
    line("]C0M00012345674");
    expect(TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS);
}

static void coupons_are_passed_on(void **state)
{
    (void)state;
    line("\0352559506000134352123");
    expect(TB_JUDGED_UNKNOWN, TB_REASON_CODE_COUPON);
    line("https://id.example/255/9506000134352123");
    expect(TB_JUDGED_UNKNOWN, TB_REASON_CODE_COUPON);
    line("2559506000134352123"); /* digits alone could be anything */
    expect(TB_JUDGED_UNKNOWN, TB_REASON_CODE_NOT_OURS);
}

/* ---- tags ---- */

static void tag_text(const char *text)
{
    uint8_t message[600];
    struct tb_buf b = tb_buf_of(message, sizeof message);
    tb_buf_add_u8(&b, 0xc1); /* MB ME, TNF 1, four bytes of length */
    tb_buf_add_u8(&b, 1);
    tb_buf_add_u32be(&b, (uint32_t)strlen(text) + 3);
    tb_buf_add_str(&b, "T\2en");
    tb_buf_add_str(&b, text);
    assert_int_equal(b.err, TB_OK);
    tb_judge_tag(&judge, tb_buf_span(&b), &j);
}

static void tags_carry_the_same_texts(void **state)
{
    (void)state;
    tag_text("R:0001234567:1700000000:824488");
    expect_credential(TB_CREDENTIAL_MEMBER, "0001234567", TB_ASSURANCE_MEDIUM, TB_REASON_MEMBER_ROTATING);
    tag_text(jws("", "k1", &key_1, "{\"sub\":\"p-7\"," SHORT "}"));
    expect_credential(TB_CREDENTIAL_PASS, "p-7", TB_ASSURANCE_MEDIUM, TB_REASON_TOKEN_JWS);
    tag_text("H:QY5DN2");
    expect(TB_JUDGED_HANDOVER, TB_REASON_HANDOVER_CODE);
    tag_text("TB1:");
    expect(TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    judge.rules = &reader_rules;
    tag_text("AV:6d1UlFpnOc50iVKRaboDOK");
    expect(TB_JUDGED_UNKNOWN, TB_REASON_TAG_NOT_OURS);
}

#define TEST(name) cmocka_unit_test_setup(name, judge_make)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_rotating_code_is_good_once),
        TEST(rotating_codes_are_refused_for_what_is_wrong),
        TEST(without_a_key_the_store_is_asked),
        TEST(another_version_of_a_key_is_tried),
        TEST(a_google_pattern_is_a_rule),
        TEST(a_token_of_ours_is_a_pass_or_a_member),
        TEST(a_token_with_an_id_is_good_once),
        TEST(tokens_are_refused_for_what_is_wrong),
        TEST(tokens_of_others_are_passed_on),
        TEST(short_tokens_behave_alike),
        TEST(two_keys_of_one_name_are_tried),
        TEST(bad_keys_verify_nothing),
        TEST(handover_codes_are_read),
        TEST(certified_readers_are_believed_by_their_prefix),
        TEST(what_was_scanned_is_from_no_wallet_reader),
        TEST(cards_in_code_128_follow_the_chains_rules),
        TEST(a_payment_card_is_one_whatever_the_rules_say),
        TEST(a_letter_binds_a_rule),
        TEST(coupons_are_passed_on),
        TEST(tags_carry_the_same_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
