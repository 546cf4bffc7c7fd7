/* The machine against the simulator's card, which knows the card's side only. */
#include "core/base/assert.h"
#include "core/credential/desfire.h"
#include "tests/support/hex.h"
#include "tests/support/pn532d/tapped.h"
#include "tests/support/seeded_rng.h"
#include "tests/support/unit.h"

#define MASTER "00112233445566778899aabbccddeeff"
/* What AN10922's example derives from the master key for this UID, application and system identifier. */
#define DIVERSIFIED "a8dd63a3b89d54b37ca802473fda9175"
#define UID "04782e21801d80"
#define SHARED "c0ffee00c0ffee00c0ffee00c0ffee00"
#define OTHER "0123456789abcdef0123456789abcdef"

static struct tb_keyring ring;
static struct seeded_rng seeded;
static struct tb_desfire m;
static struct card card;

static struct tb_ring_key *ring_add(const char *id, uint32_t version, const char *key_hex)
{
    struct tb_ring_key key = {.use = TB_RING_DESFIRE, .version = version, .application = {0x30, 0x42, 0xf5}};
    key.size = (uint8_t)(strlen(key_hex) / 2);
    memcpy(key.bytes, hex(key_hex).at, key.size);
    assert_int_equal(tb_span_to_str(tb_span_str(id), key.id, sizeof key.id), TB_OK);
    assert_int_equal(tb_keyring_put(&ring, &key), TB_OK);
    for (size_t i = 0; i < ring.key_count; i++)
        if (ring.keys[i].version == version && strcmp(ring.keys[i].id, id) == 0)
            return &ring.keys[i];
    return NULL;
}

static void diversify(struct tb_ring_key *key)
{
    key->diversified = true;
    key->system_size = 7;
    memcpy(key->system, hex("4e585020416275").at, 7);
}

static int setup(void **state)
{
    (void)state;
    ring = (struct tb_keyring){.key_count = 0};
    seeded = (struct seeded_rng){.state = 7};
    return 0;
}

static enum tb_applet_step start(struct tb_span uid)
{
    static struct tb_rng rng;
    rng = seeded_rng_of(&seeded);
    return tb_desfire_start(&m,
                            &(struct tb_desfire_input){.keys = &ring, .wall_ms = 1, .rng = &rng, .uid = uid});
}

static enum tb_applet_step tap(const char *spec)
{
    tapped_card(&card, spec);
    enum tb_applet_step step = start(tb_span_of(card.uid, card.uid_size));
    TAPPED(step, &card, &m, tb_desfire_answer);
    return step;
}

static void expect(enum tb_judged verdict, enum tb_reason reason, enum tb_assurance assurance,
                   const char *uid_hex)
{
    static const uint8_t nothing[sizeof m.keys];
    assert_string_equal(tb_reason_name(m.judgement.reason), tb_reason_name(reason));
    assert_int_equal(m.judgement.verdict, verdict);
    assert_int_equal(m.judgement.assurance, assurance);
    assert_int_equal(m.judgement.credential.kind, uid_hex ? TB_CREDENTIAL_DESFIRE : TB_CREDENTIAL_NONE);
    if (uid_hex)
        assert_true(tb_span_equal(tb_credential_value(&m.judgement.credential), HEX_SPAN(uid_hex)));
    assert_int_equal(m.judgement.replay.rule, TB_REPLAY_NONE);
    assert_memory_equal(m.keys, nothing, sizeof m.keys);
    assert_memory_equal(&m.proof, nothing, sizeof m.proof);
    assert_memory_equal(&m.session, nothing, sizeof m.session);
}

static void test_diversified_key(void **state)
{
    (void)state;
    diversify(ring_add("gold", 1, MASTER));
    assert_int_equal(tap("desfire aid=3042f5 uid=" UID " key=" DIVERSIFIED), TB_APPLET_DONE);
    expect(TB_JUDGED_CREDENTIAL, TB_REASON_CARD_DESFIRE, TB_ASSURANCE_HIGH, UID);
    assert_int_equal(m.exchange_count, 3);
    assert_int_equal(tap("desfire aid=3042f5 ev1 uid=" UID " key=" DIVERSIFIED), TB_APPLET_DONE);
    expect(TB_JUDGED_CREDENTIAL, TB_REASON_CARD_DESFIRE, TB_ASSURANCE_HIGH, UID);
    assert_int_equal(m.exchange_count, 4);
}

static void test_shared_key_has_the_uid_read(void **state)
{
    (void)state;
    ring_add("gold", 1, SHARED)->key_number = 3;
    assert_int_equal(tap("desfire aid=3042f5 keyno=3 uid=" UID " key=" SHARED), TB_APPLET_DONE);
    expect(TB_JUDGED_CREDENTIAL, TB_REASON_CARD_DESFIRE, TB_ASSURANCE_HIGH, UID);
    assert_int_equal(m.exchange_count, 4);
    assert_int_equal(tap("desfire aid=3042f5 keyno=3 ev1 uid=random hidden=" UID " key=" SHARED),
                     TB_APPLET_DONE);
    expect(TB_JUDGED_CREDENTIAL, TB_REASON_CARD_DESFIRE, TB_ASSURANCE_HIGH, UID);
}

/* Whoever stands in between may tell another UID in anticollision; the session's counts. */
static void test_the_uid_of_the_session_counts(void **state)
{
    (void)state;
    ring_add("gold", 1, SHARED);
    tapped_card(&card, "desfire aid=3042f5 uid=" UID " key=" SHARED);
    enum tb_applet_step step = start(HEX_SPAN("04ffffffffffff"));
    TAPPED(step, &card, &m, tb_desfire_answer);
    assert_int_equal(step, TB_APPLET_DONE);
    expect(TB_JUDGED_CREDENTIAL, TB_REASON_CARD_DESFIRE, TB_ASSURANCE_HIGH, UID);
}

static void test_wrong_key(void **state)
{
    (void)state;
    ring_add("gold", 1, SHARED);
    assert_int_equal(tap("desfire aid=3042f5 key=" OTHER), TB_APPLET_FAILED);
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG, TB_ASSURANCE_NONE, NULL);
    assert_int_equal(tap("desfire aid=3042f5 ev1 key=" OTHER), TB_APPLET_FAILED);
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG, TB_ASSURANCE_NONE, NULL);
    assert_int_equal(tap("desfire aid=3042f5 keyno=1 key=" SHARED), TB_APPLET_FAILED);
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG, TB_ASSURANCE_NONE, NULL);
}

static void test_a_card_of_the_last_version(void **state)
{
    (void)state;
    ring_add("gold", 1, SHARED);
    ring_add("gold", 2, OTHER);
    assert_int_equal(tap("desfire aid=3042f5 uid=" UID " key=" SHARED), TB_APPLET_DONE);
    expect(TB_JUDGED_CREDENTIAL, TB_REASON_CARD_DESFIRE, TB_ASSURANCE_HIGH, UID);
    assert_int_equal(tap("desfire aid=3042f5 uid=" UID " key=" OTHER), TB_APPLET_DONE);
    expect(TB_JUDGED_CREDENTIAL, TB_REASON_CARD_DESFIRE, TB_ASSURANCE_HIGH, UID);
    assert_int_equal(m.exchange_count, 4);
}

static void test_no_application_of_ours(void **state)
{
    (void)state;
    ring_add("gold", 1, SHARED);
    ring_add("gold", 2, OTHER);
    assert_int_equal(tap("desfire aid=112233 key=" SHARED), TB_APPLET_ABSENT);
    assert_int_equal(m.exchange_count, 1); /* asked once for both versions */
    assert_int_equal(tap("foreign"), TB_APPLET_ABSENT);
    assert_int_equal(m.exchange_count, 1);
    ring = (struct tb_keyring){.key_count = 0};
    assert_int_equal(tap("desfire aid=3042f5 key=" SHARED), TB_APPLET_ABSENT);
    assert_int_equal(m.exchange_count, 0);
}

static void test_the_second_application(void **state)
{
    (void)state;
    ring_add("old", 9, OTHER)->application[0] = 0x99;
    ring_add("gold", 1, SHARED);
    assert_int_equal(tap("desfire aid=3042f5 uid=" UID " key=" SHARED), TB_APPLET_DONE);
    expect(TB_JUDGED_CREDENTIAL, TB_REASON_CARD_DESFIRE, TB_ASSURANCE_HIGH, UID);
}

static void test_key_at_the_store_only(void **state)
{
    (void)state;
    ring_add("gold", 1, "");
    assert_int_equal(tap("desfire aid=3042f5 uid=" UID " key=" SHARED), TB_APPLET_DONE);
    expect(TB_JUDGED_CREDENTIAL, TB_REASON_PROOF_UNVERIFIED, TB_ASSURANCE_LOW, UID);
    assert_int_equal(tap("desfire aid=3042f5 uid=random hidden=" UID " key=" SHARED), TB_APPLET_DONE);
    expect(TB_JUDGED_UNKNOWN, TB_REASON_PROOF_NO_KEY, TB_ASSURANCE_NONE, NULL);
    assert_int_equal(tap("desfire aid=112233 uid=" UID " key=" SHARED), TB_APPLET_ABSENT);
}

static void test_random_uid_hides_which_key_it_has(void **state)
{
    (void)state;
    diversify(ring_add("gold", 1, MASTER));
    assert_int_equal(tap("desfire aid=3042f5 uid=random hidden=" UID " key=" DIVERSIFIED), TB_APPLET_DONE);
    expect(TB_JUDGED_UNKNOWN, TB_REASON_PROOF_NO_KEY, TB_ASSURANCE_NONE, NULL);
}

/* A card with two keys: a shared one to tell the UID, and its own. The simulator's card has one of them. */
static void test_a_shared_key_does_not_stand_in_for_the_own_one(void **state)
{
    (void)state;
    ring_add("gold", 2, SHARED);
    struct tb_ring_key *own = ring_add("gold", 1, MASTER);
    diversify(own);
    own->key_number = 1;
    assert_int_equal(tap("desfire aid=3042f5 uid=random hidden=" UID " key=" SHARED), TB_APPLET_FAILED);
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG, TB_ASSURANCE_NONE, NULL);

    tapped_card(&card, "desfire aid=3042f5 uid=random hidden=" UID " key=" SHARED);
    enum tb_applet_step step = start(tb_span_of(card.uid, card.uid_size));
    uint8_t memory[CARD_ANSWER_MAX];
    while (step == TB_APPLET_NEXT) {
        bool second = m.uid_read; /* from here on the card is asked for its other key */
        memcpy(card.state.desfire.key, hex(second ? DIVERSIFIED : SHARED).at, 16);
        card.state.desfire.key_number = second ? 1 : 0;
        step = tb_desfire_answer(&m, tapped_exchange(&card, &m.io, memory));
    }
    assert_int_equal(step, TB_APPLET_DONE);
    expect(TB_JUDGED_CREDENTIAL, TB_REASON_CARD_DESFIRE, TB_ASSURANCE_HIGH, UID);
    assert_int_equal(m.exchange_count, 7);
}

/* Status words prove nothing, nor does what follows RndA in the EV2 answer. */
static size_t proving_size(struct tb_span answer)
{
    return answer.size - 2 > 24 ? 16 : answer.size - 2;
}

/* Changes the at-th byte of all that the card says. False: it says less. */
static bool tamper(const char *spec, size_t at, enum tb_applet_step *ret_step)
{
    uint8_t memory[CARD_ANSWER_MAX];
    bool changed = false;
    tapped_card(&card, spec);
    *ret_step = start(tb_span_of(card.uid, card.uid_size));
    while (*ret_step == TB_APPLET_NEXT) {
        struct tb_span answer = tapped_exchange(&card, &m.io, memory);
        size_t size = proving_size(answer);
        if (!changed && at < size) {
            memory[at] ^= 0x01;
            changed = true;
        }
        at -= at < size ? 0 : size;
        *ret_step = tb_desfire_answer(&m, answer);
    }
    return changed;
}

static void test_tampering(void **state)
{
    (void)state;
    static const char *const specs[] = {"desfire aid=3042f5 uid=" UID " key=" SHARED,
                                        "desfire aid=3042f5 ev1 uid=" UID " key=" SHARED};
    static const size_t sizes[] = {16 + 16 + 24, 16 + 16 + 16};
    enum tb_applet_step step;
    ring_add("gold", 1, SHARED);
    for (size_t spec = 0; spec < 2; spec++) {
        for (size_t at = 0; at < sizes[spec]; at++) {
            assert_true(tamper(specs[spec], at, &step));
            assert_int_equal(step, TB_APPLET_FAILED);
            expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG, TB_ASSURANCE_NONE, NULL);
        }
        assert_false(tamper(specs[spec], sizes[spec], &step));
        assert_int_equal(step, TB_APPLET_DONE);
    }
}

static void test_lost_and_torn(void **state)
{
    (void)state;
    ring_add("gold", 1, SHARED);
    assert_int_equal(start(HEX_SPAN(UID)), TB_APPLET_NEXT);
    assert_int_equal(tb_desfire_lost(&m), TB_APPLET_LOST);
    assert_int_equal(m.judgement.reason, TB_REASON_NONE);
    assert_int_equal(start(HEX_SPAN(UID)), TB_APPLET_NEXT);
    assert_int_equal(tb_desfire_answer(&m, HEX_SPAN("91")), TB_APPLET_FAILED);
    expect(TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED, TB_ASSURANCE_NONE, NULL);
}

/* The whole exchange with AN12196's random numbers, byte for byte. */
static void fill_an12196(void *context, uint8_t *ret_bytes, size_t size)
{
    (void)context;
    assert_int_equal(size, 16);
    memcpy(ret_bytes, hex("13c5db8a5930439fc3def9a4c675360f").at, 16);
}

static void command_expect(const char *hex_text)
{
    assert_int_equal(m.io.command_size, strlen(hex_text) / 2);
    assert_memory_equal(m.io.command, hex(hex_text).at, m.io.command_size);
}

static void test_an12196(void **state)
{
    (void)state;
    const struct tb_rng rng = {.fill = fill_an12196};
    struct tb_ring_key *key = ring_add("gold", 1, "00000000000000000000000000000000");
    assert_non_null(key);
    const struct tb_desfire_input input = {.keys = &ring, .rng = &rng, .uid = HEX_SPAN(UID)};
    assert_int_equal(tb_desfire_start(&m, &input), TB_APPLET_NEXT);
    command_expect("905a0000033042f500");
    assert_int_equal(tb_desfire_answer(&m, HEX_SPAN("9100")), TB_APPLET_NEXT);
    command_expect("9071000002000000");
    assert_int_equal(tb_desfire_answer(&m, HEX_SPAN("a04c124213c186f22399d33ac2a3021591af")), TB_APPLET_NEXT);
    command_expect("90af00002035c3e05a752e0144bac0de51c1f22c56b34408a23d8aea266cab947ea8e0118d00");
    assert_int_equal(
        tb_desfire_answer(&m,
                          HEX_SPAN("3fa64db5446d1f34cd6ea311167f5e4985b89690c04a05f17fa7ab2f081206639100")),
        TB_APPLET_NEXT);
    assert_int_equal(m.io.command_size, 14);
    assert_memory_equal(m.io.command, hex("9051000008").at, 5);
}

/* The context store runs the machine; the terminal carries. */
static void test_relay(void **state)
{
    (void)state;
    struct tb_desfire_relay relay;
    uint8_t memory[CARD_ANSWER_MAX];
    static const char *const specs[] = {"desfire aid=3042f5 uid=" UID " key=" SHARED,
                                        "desfire aid=3042f5 ev1 uid=" UID " key=" SHARED};
    ring_add("gold", 1, SHARED);
    for (size_t i = 0; i < 2; i++) {
        tapped_card(&card, specs[i]);
        tb_desfire_relay_start(&relay);
        enum tb_applet_step step = start(tb_span_of(card.uid, card.uid_size));
        while (step == TB_APPLET_NEXT) {
            struct tb_span command = tb_span_of(m.io.command, m.io.command_size);
            assert_int_equal(tb_desfire_relay_command(&relay, command), TB_APPLET_NEXT);
            step = tb_desfire_answer(&m, tapped_exchange(&card, &relay.io, memory));
        }
        assert_int_equal(step, TB_APPLET_DONE);
        expect(TB_JUDGED_CREDENTIAL, TB_REASON_CARD_DESFIRE, TB_ASSURANCE_HIGH, UID);
    }
}

static void test_relay_carries_nothing_else(void **state)
{
    (void)state;
    static const char *const commands[] = {
        "",
        "90",
        "905a0000",
        "9060000000",                 /* GetVersion */
        "90fc000000",                 /* FormatPICC */
        "90bd0000070100000000000000", /* ReadData */
        "00a4040007d276000085010100", /* SELECT */
        "905a010003000000ff",
        "905a0000033042f501",
        "905a0000033042f5",
        "905a0000023042f500",
        "90aa0000020000ff",
        "905a000003000000000000",
        "9051000001aa00",
    };
    struct tb_desfire_relay relay;
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        tb_desfire_relay_start(&relay);
        assert_int_equal(tb_desfire_relay_command(&relay, HEX_SPAN(commands[i])), TB_APPLET_FAILED);
    }
    tb_desfire_relay_start(&relay);
    for (unsigned i = 0; i < TB_DESFIRE_EXCHANGE_MAX; i++)
        assert_int_equal(tb_desfire_relay_command(&relay, HEX_SPAN("905a0000033042f500")), TB_APPLET_NEXT);
    assert_int_equal(tb_desfire_relay_command(&relay, HEX_SPAN("905a0000033042f500")), TB_APPLET_FAILED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_diversified_key, setup),
        cmocka_unit_test_setup(test_shared_key_has_the_uid_read, setup),
        cmocka_unit_test_setup(test_the_uid_of_the_session_counts, setup),
        cmocka_unit_test_setup(test_wrong_key, setup),
        cmocka_unit_test_setup(test_a_card_of_the_last_version, setup),
        cmocka_unit_test_setup(test_no_application_of_ours, setup),
        cmocka_unit_test_setup(test_the_second_application, setup),
        cmocka_unit_test_setup(test_key_at_the_store_only, setup),
        cmocka_unit_test_setup(test_random_uid_hides_which_key_it_has, setup),
        cmocka_unit_test_setup(test_a_shared_key_does_not_stand_in_for_the_own_one, setup),
        cmocka_unit_test_setup(test_tampering, setup),
        cmocka_unit_test_setup(test_lost_and_torn, setup),
        cmocka_unit_test_setup(test_an12196, setup),
        cmocka_unit_test_setup(test_relay, setup),
        cmocka_unit_test_setup(test_relay_carries_nothing_else, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
