#include "core/credential/desfire_auth.h"
#include "tests/support/hex.h"
#include "tests/support/unit.h"

/* AN12196 table 14: AuthenticateEV2First with a key of zeros. */
static const char ev2_challenge[] = "a04c124213c186f22399d33ac2a30215";
static const char ev2_random[] = "13c5db8a5930439fc3def9a4c675360f";
static const char ev2_token[] = "35c3e05a752e0144bac0de51c1f22c56b34408a23d8aea266cab947ea8e0118d";
static const char ev2_answer[] = "3fa64db5446d1f34cd6ea311167f5e4985b89690c04a05f17fa7ab2f08120663";

/* A recorded AuthenticateAES of EV1 with a key of zeros. */
static const char ev1_challenge[] = "b969fdfe56fd91fc9de6f6f213b8fd1e";
static const char ev1_random[] = "f44b26f5686f3a391cd38ebd10772281";
static const char ev1_token[] = "36aad7df6e436ba08d18613830a70d5ad43e3d3f4a8d47541eee623a934e4774";
static const char ev1_answer[] = "800db680bc146bd121d6578f2d2e2059";

/* AN12196 table 28: GetCardUID. */
static const char uid_answer[] = "70756055688505b52a5e26e59e329cd6595f672298ea41b7";
static const char uid[] = "04958caa5c5e80";

static struct tb_desfire_session uid_session(void)
{
    struct tb_desfire_session s = {.ev1 = false};
    memcpy(s.key, hex("2b4d963c014dc36f24f69a50a394f875").at, 16);
    memcpy(s.key_mac, hex("379d32130ce61705dd5fd8c36b95d764").at, 16);
    memcpy(s.transaction, hex("df055522").at, 4);
    return s;
}

static struct tb_desfire_proof proof_begin(bool ev1, const char *random_hex, const char *challenge_hex,
                                           const char *token_hex)
{
    struct tb_desfire_proof p = {.ev1 = ev1};
    uint8_t token[TB_DESFIRE_TOKEN_SIZE];
    memcpy(p.random_terminal, hex(random_hex).at, 16);
    tb_desfire_prove(&p, hex(challenge_hex).at, token);
    assert_memory_equal(token, hex(token_hex).at, sizeof token);
    return p;
}

static void test_ev2_an12196(void **state)
{
    (void)state;
    struct tb_desfire_session s;
    struct tb_desfire_proof p = proof_begin(false, ev2_random, ev2_challenge, ev2_token);
    assert_memory_equal(p.random_card, hex("b9e2fc789b64bf237cccaa20ec7e6e48").at, 16);
    assert_int_equal(tb_desfire_prove_end(&p, HEX_SPAN(ev2_answer), &s), TB_OK);
    assert_false(s.ev1);
    assert_memory_equal(s.transaction, hex("9d00c4df").at, 4);
    assert_memory_equal(s.key, hex("1309c877509e5a215007ff0ed19ca564").at, 16);
    assert_memory_equal(s.key_mac, hex("4c6626f5e72ea694202139295c7a7fc7").at, 16);
}

static void test_ev1_recorded(void **state)
{
    (void)state;
    struct tb_desfire_session s;
    struct tb_desfire_proof p = proof_begin(true, ev1_random, ev1_challenge, ev1_token);
    assert_memory_equal(p.random_card, hex("c05ddd714fd788a6b7b754f3c4d066e8").at, 16);
    assert_int_equal(tb_desfire_prove_end(&p, HEX_SPAN(ev1_answer), &s), TB_OK);
    assert_true(s.ev1);
    assert_memory_equal(s.key, hex("f44b26f5c05ddd7110772281c4d066e8").at, 16);
}

static void test_a_card_without_the_key(void **state)
{
    (void)state;
    struct tb_desfire_session s;
    /* In each block one bit; the capabilities behind RndA are not proven by it. */
    for (size_t i = 0; i < 16; i++) {
        struct tb_desfire_proof p = proof_begin(false, ev2_random, ev2_challenge, ev2_token);
        struct hex_bytes answer = hex(ev2_answer);
        answer.at[i] ^= 0x10;
        assert_int_equal(tb_desfire_prove_end(&p, tb_span_of(answer.at, answer.size), &s), TB_ERR_SIGNATURE);
        p = proof_begin(true, ev1_random, ev1_challenge, ev1_token);
        answer = hex(ev1_answer);
        answer.at[i] ^= 0x10;
        assert_int_equal(tb_desfire_prove_end(&p, tb_span_of(answer.at, answer.size), &s), TB_ERR_SIGNATURE);
    }
}

static void test_answers_of_another_size(void **state)
{
    (void)state;
    struct tb_desfire_session s;
    struct tb_desfire_proof p = proof_begin(false, ev2_random, ev2_challenge, ev2_token);
    assert_int_equal(tb_desfire_prove_end(&p, HEX_SPAN(ev1_answer), &s), TB_ERR_RANGE);
    assert_int_equal(tb_desfire_prove_end(&p, tb_span_of(NULL, 0), &s), TB_ERR_RANGE);
    p = proof_begin(true, ev1_random, ev1_challenge, ev1_token);
    assert_int_equal(tb_desfire_prove_end(&p, HEX_SPAN(ev2_answer), &s), TB_ERR_RANGE);
}

/* The terminal's own token must not be good as an answer. */
static void test_reflection(void **state)
{
    (void)state;
    struct tb_desfire_session s;
    struct tb_desfire_proof p = proof_begin(false, ev2_random, ev2_challenge, ev2_token);
    assert_int_equal(tb_desfire_prove_end(&p, HEX_SPAN(ev2_token), &s), TB_ERR_SIGNATURE);
    p = proof_begin(true, ev1_random, ev1_challenge, ev1_token);
    assert_int_equal(tb_desfire_prove_end(&p, tb_span_sub(HEX_SPAN(ev1_token), 0, 16), &s), TB_ERR_SIGNATURE);
    p = proof_begin(true, ev1_random, ev1_challenge, ev1_token);
    assert_int_equal(tb_desfire_prove_end(&p, HEX_SPAN(ev1_challenge), &s), TB_ERR_SIGNATURE);
}

static void test_uid_ev2_an12196(void **state)
{
    (void)state;
    const struct tb_desfire_session s = uid_session();
    uint8_t mac[TB_DESFIRE_MAC_SIZE];
    uint8_t read[TB_DESFIRE_UID_SIZE];
    assert_int_equal(tb_desfire_uid_mac(&s, mac), TB_OK);
    assert_memory_equal(mac, hex("8e2c155adda99be3").at, sizeof mac);
    assert_int_equal(tb_desfire_uid_open(&s, HEX_SPAN(uid_answer), read), TB_OK);
    assert_memory_equal(read, hex(uid).at, sizeof read);
    for (size_t i = 0; i < strlen(uid_answer) / 2; i++) {
        struct hex_bytes answer = hex(uid_answer);
        answer.at[i] ^= 1;
        assert_int_equal(tb_desfire_uid_open(&s, tb_span_of(answer.at, answer.size), read), TB_ERR_SIGNATURE);
    }
    assert_int_equal(tb_desfire_uid_open(&s, tb_span_sub(HEX_SPAN(uid_answer), 0, 16), read),
                     TB_ERR_SIGNATURE);
}

/* The answer was worked out with another implementation of AES and CRC-32. */
static void test_uid_ev1(void **state)
{
    (void)state;
    static const char sealed[] = "34d4129e78b2d870323400779d9050c4";
    struct tb_desfire_session s = {.ev1 = true};
    uint8_t read[TB_DESFIRE_UID_SIZE];
    memcpy(s.key, hex("f44b26f5c05ddd7110772281c4d066e8").at, 16);
    assert_int_equal(tb_desfire_uid_open(&s, HEX_SPAN(sealed), read), TB_OK);
    assert_memory_equal(read, hex(uid).at, sizeof read);
    for (size_t i = 0; i < 16; i++) {
        struct hex_bytes answer = hex(sealed);
        answer.at[i] ^= 0x80;
        assert_int_equal(tb_desfire_uid_open(&s, tb_span_of(answer.at, answer.size), read), TB_ERR_SIGNATURE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ev2_an12196),
        cmocka_unit_test(test_ev1_recorded),
        cmocka_unit_test(test_a_card_without_the_key),
        cmocka_unit_test(test_answers_of_another_size),
        cmocka_unit_test(test_reflection),
        cmocka_unit_test(test_uid_ev2_an12196),
        cmocka_unit_test(test_uid_ev1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
