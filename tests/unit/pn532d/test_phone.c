/* The simulator's phones and the machines that read them, without a reader in between. */
#include "core/credential/smart_tap.h"
#include "core/credential/vas.h"
#include "core/crypto/hash.h"
#include "tests/support/hex.h"
#include "tests/support/pn532d/card.h"
#include "tests/support/seeded_rng.h"
#include "tests/support/unit.h"

#define COLLECTOR_KEY "826d17e50767b165b0e4d9e332f8d1d1e20224284fb4daf1e50a03246e70797d"
#define PASS_TYPE "pass.com.passkit.pksamples.nfcdemo"
#define PASS_KEY "3d1547f23cd78ad052a58860f1219e8fb791ec4dfe33769f5b9bfa627a656ca1"
#define OTHER_KEY "1111111111111111111111111111111111111111111111111111111111111111"
#define WALL_MS INT64_C(1790000000000)

struct bench {
    struct card card;
    struct tb_keyring ring;
    struct seeded_rng random;
    struct tb_rng rng;
    struct tb_smart_tap smart_tap;
    struct tb_vas vas;
    unsigned exchange_count;
    struct hex_bytes answer;
};

static void key_put(struct bench *b, enum tb_ring_use use, const char *id, uint32_t version,
                    const char *scalar)
{
    struct tb_ring_key key = {.use = use, .version = version, .size = 32};
    assert_int_equal(tb_span_to_str(tb_span_str(id), key.id, sizeof key.id), TB_OK);
    assert_int_equal(tb_hex_decode(tb_span_str(scalar), key.bytes, key.size), TB_OK);
    assert_int_equal(tb_keyring_put(&b->ring, &key), TB_OK);
}

static struct bench *bench(const char *spec)
{
    static struct bench b;
    char rest[512];
    b = (struct bench){.random = {5}};
    b.rng = seeded_rng_of(&b.random);
    assert_int_equal(tb_span_to_str(tb_span_str(spec), rest, sizeof rest), TB_OK);
    assert_null(card_parse(&b.card, "phone", rest));
    key_put(&b, TB_RING_SMART_TAP, "20180608", 1, COLLECTOR_KEY);
    key_put(&b, TB_RING_VAS, PASS_TYPE, 1, PASS_KEY);
    return &b;
}

static struct tb_span exchange(struct bench *b, const struct tb_applet_io *io)
{
    bool violation = false;
    struct tb_buf answer = tb_buf_of(b->answer.at, sizeof b->answer.at);
    assert_true(card_exchange(&b->card, tb_span_of(io->command, io->command_size), &answer, &violation));
    assert_false(violation);
    assert_int_equal(answer.err, TB_OK);
    b->exchange_count++;
    return tb_buf_span(&answer);
}

static enum tb_err list(struct bench *b, struct tb_ose *ret_ose)
{
    struct tb_applet_io io;
    card_enter(&b->card);
    b->exchange_count = 0;
    tb_ose_command(&io);
    return tb_ose_read(exchange(b, &io), ret_ose);
}

static void judged(const struct tb_judgement *j, enum tb_judged verdict, enum tb_reason reason)
{
    assert_int_equal(j->verdict, verdict);
    assert_string_equal(tb_reason_name(j->reason), tb_reason_name(reason));
}

static void judged_as(const struct tb_judgement *j, enum tb_credential_kind kind, const char *value)
{
    assert_int_equal(j->credential.kind, kind);
    assert_true(tb_span_is(tb_credential_value(&j->credential), value));
}

static enum tb_applet_step smart_tap_how(struct bench *b, bool ask_customer)
{
    struct tb_ose ose;
    const struct tb_smart_tap_how how = {
        .keys = &b->ring, .rng = &b->rng, .wall_ms = WALL_MS, .ask_customer = ask_customer};
    assert_int_equal(list(b, &ose), TB_OK);
    enum tb_applet_step step = tb_smart_tap_start(&b->smart_tap, &how, &ose);
    while (step == TB_APPLET_NEXT)
        step = tb_smart_tap_answer(&b->smart_tap, exchange(b, &b->smart_tap.io));
    assert_true(b->exchange_count <= 1 + TB_SMART_TAP_COMMAND_COUNT_MAX);
    return step;
}

static enum tb_applet_step smart_tap(struct bench *b)
{
    return smart_tap_how(b, false);
}

static void smart_tap_says(struct bench *b, enum tb_judged verdict, enum tb_reason reason)
{
    assert_int_equal(smart_tap(b), TB_APPLET_FAILED);
    judged(&b->smart_tap.judgement, verdict, reason);
}

static void smart_tap_gives(struct bench *b, const char *number, unsigned exchange_count)
{
    assert_int_equal(smart_tap(b), TB_APPLET_DONE);
    judged_as(&b->smart_tap.judgement, TB_CREDENTIAL_SMART_TAP, number);
    assert_int_equal(b->exchange_count, exchange_count);
}

static void smart_tap_sessions(void **state)
{
    (void)state;
    struct bench *b = bench("smart_tap number=GOLD-0001");
    for (unsigned i = 0; i < 8; i++) /* signatures of 70 to 72 bytes, new keys each time */
        smart_tap_gives(b, "GOLD-0001", 3);
    smart_tap_gives(bench("smart_tap"), "2018", 3);
    smart_tap_gives(bench("smart_tap select"), "2018", 4);
    smart_tap_gives(bench("smart_tap part=64"), "2018", 4);
    smart_tap_gives(bench("smart_tap part=12"), "2018", 13);
    smart_tap_gives(bench("smart_tap retry=negotiate"), "2018", 4);
    smart_tap_gives(bench("smart_tap retry=data part=64"), "2018", 5);
    smart_tap_gives(bench("smart_tap retry=both select"), "2018", 6);
}

static void smart_tap_customer(void **state)
{
    (void)state;
    struct bench *b = bench("smart_tap customer=000102030405060708090a0b0c0d0e0f");
    assert_int_equal(smart_tap_how(b, true), TB_APPLET_DONE);
    assert_int_equal(b->smart_tap.customer.id_size, 16);
    assert_int_equal(b->smart_tap.customer.id[15], 15);
    assert_string_equal(b->smart_tap.customer.language, "en");
    assert_int_equal(smart_tap(b), TB_APPLET_DONE);
    assert_int_equal(b->smart_tap.customer.id_size, 0); /* it was not asked for */
    b = bench("smart_tap number= customer=000102030405060708090a0b0c0d0e0f");
    assert_int_equal(smart_tap_how(b, true), TB_APPLET_FAILED);
    assert_int_equal(b->smart_tap.judgement.reason, TB_REASON_PASS_NONE);
    assert_int_equal(b->smart_tap.customer.id_size, 16);
}

static void smart_tap_prompts(void **state)
{
    (void)state;
    struct bench *b = bench("smart_tap locked=1 choose=2");
    smart_tap_says(b, TB_JUDGED_AGAIN, TB_REASON_PASS_LOCKED);
    smart_tap_says(b, TB_JUDGED_AGAIN, TB_REASON_PASS_CHOOSE);
    smart_tap_says(b, TB_JUDGED_AGAIN, TB_REASON_PASS_CHOOSE);
    smart_tap_gives(b, "2018", 3);
    smart_tap_says(bench("smart_tap number="), TB_JUDGED_UNKNOWN, TB_REASON_PASS_NONE);
}

static void smart_tap_keys(void **state)
{
    (void)state;
    smart_tap_says(bench("smart_tap collector=1"), TB_JUDGED_UNKNOWN, TB_REASON_PASS_REFUSED);
    smart_tap_says(bench("smart_tap version=2"), TB_JUDGED_UNKNOWN, TB_REASON_PASS_REFUSED);
    smart_tap_says(bench("smart_tap key=020217e617f0b6443928278f96999e69a23a4f2c152bdf6d6cdf66e5b80282d4ed"),
                   TB_JUDGED_UNKNOWN, TB_REASON_PASS_REFUSED);
    struct bench *b = bench("smart_tap");
    key_put(b, TB_RING_SMART_TAP, "20180608", 2, OTHER_KEY);
    smart_tap_gives(b, "2018", 4); /* the newer key was refused, the older one was not */
    b = bench("smart_tap key=020217e617f0b6443928278f96999e69a23a4f2c152bdf6d6cdf66e5b80282d4ed version=2");
    key_put(b, TB_RING_SMART_TAP, "20180608", 2, OTHER_KEY);
    smart_tap_gives(b, "2018", 3);
}

static void smart_tap_refusals(void **state)
{
    (void)state;
    smart_tap_says(bench("smart_tap compressed"), TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
    smart_tap_says(bench("smart_tap plain"), TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
    smart_tap_says(bench("smart_tap tampered"), TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
    smart_tap_says(bench("smart_tap offcurve"), TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    struct tb_ose ose;
    assert_int_equal(list(bench("smart_tap both"), &ose), TB_ERR_CONFLICT);
    assert_int_equal(list(bench("foreign"), &ose), TB_ERR_NOT_FOUND);
}

static enum tb_applet_step vas_at(struct bench *b, int64_t wall_ms)
{
    struct tb_ose ose;
    const struct tb_vas_how how = {
        .keys = &b->ring, .rng = &b->rng, .wall_ms = wall_ms, .terms = tb_vas_terms_default()};
    assert_int_equal(list(b, &ose), TB_OK);
    enum tb_applet_step step = tb_vas_start(&b->vas, &how, &ose);
    while (step == TB_APPLET_NEXT)
        step = tb_vas_answer(&b->vas, exchange(b, &b->vas.io));
    return step;
}

static enum tb_applet_step vas(struct bench *b)
{
    return vas_at(b, WALL_MS);
}

static void vas_says(struct bench *b, enum tb_judged verdict, enum tb_reason reason)
{
    assert_int_equal(vas(b), TB_APPLET_FAILED);
    judged(&b->vas.judgement, verdict, reason);
}

static void vas_gives(struct bench *b, const char *message, unsigned exchange_count)
{
    assert_int_equal(vas(b), TB_APPLET_DONE);
    judged_as(&b->vas.judgement, TB_CREDENTIAL_VAS, message);
    assert_int_equal(b->exchange_count, exchange_count);
}

static void vas_passes(void **state)
{
    (void)state;
    struct bench *b = bench("vas time=1790000000 message=BLUE-77 token=0102");
    for (unsigned i = 0; i < 4; i++)
        vas_gives(b, "BLUE-77", 2);
    assert_int_equal(b->vas.token_size, 2);
    key_put(b, TB_RING_VAS, "pass.example.gold", 2, OTHER_KEY);
    vas_gives(b, "BLUE-77", 3); /* the second merchant that is asked for */
    vas_says(bench("vas time=1790000000 merchant=pass.example.gold"), TB_JUDGED_UNKNOWN, TB_REASON_PASS_NONE);
}

static void vas_cryptograms_differ_unless_replayed(void **state)
{
    (void)state;
    uint8_t first[TB_REPLAY_NAME_SIZE];
    struct bench *b = bench("vas time=1790000000");
    vas_gives(b, "demo", 2);
    memcpy(first, b->vas.judgement.replay.name, sizeof first);
    vas_gives(b, "demo", 2);
    assert_memory_not_equal(first, b->vas.judgement.replay.name, sizeof first);
    b = bench(
        "vas cryptogram=c0b77375d3f37956d84a538f28ac2a04b38ddc1a67d3647a4dd30abd736ea1cea8038388692e89db9"
        "9e4746d872de782395640c536e79a75c47a9343da0af3937f06eeca7a865c4ad05a2c543ad2");
    assert_int_equal(vas_at(b, INT64_C(1688920560000)), TB_APPLET_DONE);
    assert_true(tb_span_is(tb_credential_value(&b->vas.judgement.credential), "6d1UlFpnOc50iVKRaboDOK"));
    memcpy(first, b->vas.judgement.replay.name, sizeof first);
    assert_int_equal(vas_at(b, INT64_C(1688920561000)), TB_APPLET_DONE);
    assert_memory_equal(first, b->vas.judgement.replay.name, sizeof first);
    vas_says(b, TB_JUDGED_EXPIRED, TB_REASON_PROOF_EXPIRED);
}

static void vas_prompts_and_refusals(void **state)
{
    (void)state;
    struct bench *b = bench("vas time=1790000000 locked=1 choose=1");
    vas_says(b, TB_JUDGED_AGAIN, TB_REASON_PASS_LOCKED);
    vas_says(b, TB_JUDGED_AGAIN, TB_REASON_PASS_CHOOSE);
    vas_gives(b, "demo", 2);
    vas_says(bench("vas time=1789999879"), TB_JUDGED_EXPIRED, TB_REASON_PROOF_EXPIRED);
    vas_says(bench("vas time=1790000121"), TB_JUDGED_EXPIRED, TB_REASON_PROOF_EARLY);
    vas_says(bench("vas time=1790000000 "
                   "key=020217e617f0b6443928278f96999e69a23a4f2c152bdf6d6cdf66e5b80282d4ed"),
             TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_NO_KEY);
    assert_int_equal(vas(bench("vas incapable")), TB_APPLET_ABSENT);
}

static void specifications_that_are_none(void **state)
{
    (void)state;
    static const char *const specs[] = {
        "smart_tap key=00", "smart_tap customer=00", "smart_tap nothing", "smart_tap part=0",  "vas key=00",
        "vas token=0",      "vas locked=-1",         "vas nothing",       "vas cryptogram=zz", "vas clock=1x",
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(specs); i++) {
        static struct card card;
        char rest[64];
        assert_int_equal(tb_span_to_str(tb_span_str(specs[i]), rest, sizeof rest), TB_OK);
        assert_non_null(card_parse(&card, "phone", rest));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smart_tap_sessions),
        cmocka_unit_test(smart_tap_customer),
        cmocka_unit_test(smart_tap_prompts),
        cmocka_unit_test(smart_tap_keys),
        cmocka_unit_test(smart_tap_refusals),
        cmocka_unit_test(vas_passes),
        cmocka_unit_test(vas_cryptograms_differ_unless_replayed),
        cmocka_unit_test(vas_prompts_and_refusals),
        cmocka_unit_test(specifications_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
