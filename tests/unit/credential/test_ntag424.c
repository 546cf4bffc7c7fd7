/* From the simulator's tag, by the reader's own machine, to a verified customer. */
#include "core/base/assert.h"
#include "core/credential/sun.h"
#include "core/tag/read.h"
#include "tests/support/hex.h"
#include "tests/support/pn532d/tapped.h"
#include "tests/support/unit.h"

#define UID "04782e21801d80"
#define META "0a0b0c0d0e0f00010203040506070809"
#define MASTER "00112233445566778899aabbccddeeff"
#define DIVERSIFIED                                                                        \
    "4fd3364753b8142980e8203c75ad83be" /* by AN10922 from the master key and the UID alone \
                                        */

static struct tb_keyring ring;
static struct tb_code_rules rules;
static struct tb_judge judge;
static struct tb_judgement j;
static struct card card;

static int setup(void **state)
{
    (void)state;
    struct tb_ring_key meta = {.use = TB_RING_SUN_META, .version = 1, .id = "gold", .size = 16};
    struct tb_ring_key file = {.use = TB_RING_SUN_FILE, .version = 1, .id = "gold", .size = 16};
    memcpy(meta.bytes, hex(META).at, 16);
    memcpy(file.bytes, hex(MASTER).at, 16);
    file.diversified = true;
    ring = (struct tb_keyring){.key_count = 0};
    assert_int_equal(tb_keyring_put(&ring, &meta), TB_OK);
    assert_int_equal(tb_keyring_put(&ring, &file), TB_OK);
    rules = *tb_code_rules_default();
    judge = (struct tb_judge){.rules = &rules, .keys = &ring, .wall_ms = 1};
    return 0;
}

static void tap(void)
{
    static uint8_t message[1024];
    struct tb_tag_read r;
    card_reset(&card);
    card_activate(&card);
    enum tb_tag_step step = tb_tag_read_start(&r, card.sak, message, sizeof message);
    while (step == TB_TAG_STEP_NEXT) {
        uint8_t memory[CARD_ANSWER_MAX];
        bool violation = false;
        struct tb_buf answer = tb_buf_of(memory, sizeof memory);
        assert_true(card_exchange(&card, tb_span_of(r.command, r.command_size), &answer, &violation));
        step = tb_tag_read_answer(&r, tb_buf_span(&answer));
    }
    assert_int_equal(step, TB_TAG_STEP_DONE);
    tb_judge_tag(&judge, tb_buf_span(&r.ndef), &j);
}

static void expect(enum tb_judged verdict, enum tb_reason reason)
{
    assert_string_equal(tb_reason_name(j.reason), tb_reason_name(reason));
    assert_int_equal(j.verdict, verdict);
}

static void expect_tag(uint64_t counter)
{
    expect(TB_JUDGED_CREDENTIAL, TB_REASON_TAG_SUN);
    assert_int_equal(j.credential.kind, TB_CREDENTIAL_TAG);
    assert_true(tb_span_equal(tb_credential_value(&j.credential), HEX_SPAN(UID)));
    assert_int_equal(j.replay.rule, TB_REPLAY_COUNTER);
    assert_int_equal(j.replay.counter, counter);
}

static void test_counter_rises_with_every_tap(void **state)
{
    (void)state;
    tapped_card(&card, "ntag424 sun=https://tap.example/c?e={picc}&c={mac} uid=" UID " metakey=" META
                       " filekey=" DIVERSIFIED " counter=253");
    for (uint64_t counter = 254; counter < 260; counter++) {
        tap();
        expect_tag(counter);
    }
}

/* Where the UID stands in the open, so that one key's tags can be told from another's. */
static void test_mirrors(void **state)
{
    (void)state;
    static const char *const addresses[] = {
        "ntag424 sun=https://tap.example/c?e={picc}&d={data:xxxxxxxxxxxxxxxx}&c={mac}",
        "ntag424 sun=https://tap.example/c?u={uid}&n={ctr}&c={mac}",
        "ntag424 sun=https://tap.example/c?u={uid}&n={ctr}&d={data:a}&c={mac}&z=1#top",
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(addresses); i++) {
        char spec[512];
        struct tb_buf text = tb_buf_of(spec, sizeof spec);
        tb_buf_add_str(&text, addresses[i]);
        tb_buf_add_str(&text, " uid=" UID " metakey=" META " filekey=" DIVERSIFIED);
        tb_buf_add_u8(&text, 0);
        tapped_card(&card, spec);
        tap();
        expect_tag(1);
        tap();
        expect_tag(2);
    }
}

static void test_mac_over_all(void **state)
{
    (void)state;
    struct tb_sun_rules sun = *tb_sun_rules_default();
    tapped_card(&card, "ntag424 sun=https://tap.example/c?e={picc}&x=1&c={mac} macoverall uid=" UID
                       " metakey=" META " filekey=" DIVERSIFIED);
    tap();
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
    sun.mac_input = TB_SUN_MAC_OVER_ALL;
    rules.sun = &sun;
    tap();
    expect_tag(2);
}

static void test_refused(void **state)
{
    (void)state;
    tapped_card(&card, "ntag424 sun=https://tap.example/c?e={picc}&c={mac} uid=" UID " metakey=" META
                       " filekey=" MASTER);
    tap();
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
    tapped_card(&card, "ntag424 sun=https://tap.example/c?e={picc}&c={mac} uid=" UID " metakey=" MASTER
                       " filekey=" DIVERSIFIED);
    tap();
    expect(TB_JUDGED_UNKNOWN, TB_REASON_PROOF_NO_KEY);
    tapped_card(&card, "ntag424 sun=https://tap.example/c?e={lrp}&c={mac} uid=" UID);
    tap();
    expect(TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
}

static void test_evidence(void **state)
{
    (void)state;
    judge.keys = NULL;
    tapped_card(&card, "ntag424 sun=https://tap.example/c?e={picc}&c={mac} uid=" UID " metakey=" META
                       " filekey=" DIVERSIFIED);
    tap();
    expect(TB_JUDGED_UNKNOWN, TB_REASON_PROOF_NO_KEY);
    struct tb_judgement sent = j;
    judge.keys = &ring;
    assert_true(tb_sun_judge(&judge, tb_judgement_evidence(&sent), TB_SUN_FROM_EVIDENCE, &j));
    expect_tag(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_counter_rises_with_every_tap, setup),
        cmocka_unit_test_setup(test_mirrors, setup),
        cmocka_unit_test_setup(test_mac_over_all, setup),
        cmocka_unit_test_setup(test_refused, setup),
        cmocka_unit_test_setup(test_evidence, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
