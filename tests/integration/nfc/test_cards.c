/*
 * Every kind of card and phone that the simulator knows, from the field to the outcome: relayed, asked for
 * its applications, read when it has none of ours. Through readerd and libnfc, and through a head's firmware.
 */
#include "agent/cli/inspect_apdu.h"
#include "core/base/text.h"
#include "core/credential/jws.h"
#include "core/identify/identify.h"
#include "host/system/system.h"
#include "tests/integration/nfc/simulator.h"
#include "tests/support/hex.h"
#include "tests/support/wallet_vectors.h"

#include <stdlib.h>

#define WALL_MS INT64_C(1790000000000)
#define WALL_S "1790000000"
#define TIMES "\"iat\":1789990000,\"exp\":1797766000"
#define TIMES_PAST "\"iat\":1779990000,\"exp\":1787766000"
#define CHAIN_SCALAR "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1"
#define PHONE_SCALAR "a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0"
#define DESFIRE_KEY "00112233445566778899aabbccddeeff"

enum { COMMAND_MAX_MS = 1500, CARD_TEXT_SIZE = 2048 };

static struct tb_keyring ring;
static struct tb_key chain;
static struct tb_identify machine;
static struct tb_card_session session;
static int64_t now_ms;
static uint16_t exchange;

/* ---- recordings: every session is played again by what looks at recordings ---- */

static uint8_t recording_memory[TB_RECORDING_SIZE_MAX];
static struct tb_buf recording_text;

static enum tb_apdu_end end_of(enum tb_card_step step)
{
    if (step == TB_CARD_JUDGED)
        return TB_APDU_JUDGED;
    return step == TB_CARD_READ ? TB_APDU_UNREAD : TB_APDU_TORN;
}

static void recording_check(enum tb_card_step step)
{
    static struct tb_recording recording;
    static struct tb_apdu_play play;
    unsigned line;
    const struct tb_judge judge = {.rules = tb_code_rules_default(), .keys = &ring, .wall_ms = WALL_MS};
    assert_int_equal(recording_text.err, TB_OK);
    assert_int_equal(tb_recording_parse(tb_buf_span(&recording_text), &recording, &line), TB_OK);
    tb_apdu_play(&recording, &judge, tb_rng_system(), &play);
    assert_int_equal(play.end, end_of(step));
    for (size_t i = 0; i < recording.exchange_count; i++)
        assert_true(play.followed[i]);
    if (step == TB_CARD_JUDGED)
        assert_memory_equal(&play.judgement, &session.judgement, sizeof play.judgement);
}

/* ---- the terminal ---- */

#define META_KEY "0a0b0c0d0e0f00010203040506070809"
#define FILE_KEY "f0e0d0c0b0a090807060504030201000"
#define SIGNING_TAG "ntag424 metakey=" META_KEY " filekey=" FILE_KEY " sun=https://tap.example/c?"

static void key_add(enum tb_ring_use use, const char *id, uint32_t version, const char *bytes)
{
    struct hex_bytes key = hex(bytes);
    struct tb_ring_key k = {
        .use = use, .version = version, .size = (uint8_t)key.size, .application = {0x30, 0x42, 0xf5}};
    (void)snprintf(k.id, sizeof k.id, "%s", id);
    memcpy(k.bytes, key.at, key.size);
    assert_int_equal(tb_keyring_put(&ring, &k), TB_OK);
}

static void chain_key_add(void)
{
    struct tb_ring_key k = {.use = TB_RING_TOKEN, .version = 1, .id = "chain", .size = 65};
    struct hex_bytes scalar = hex(CHAIN_SCALAR);
    assert_int_equal(tb_key_of_scalar(tb_span_of(scalar.at, scalar.size), tb_rng_system(), &chain), TB_OK);
    memcpy(k.bytes, chain.public_key.point, k.size);
    assert_int_equal(tb_keyring_put(&ring, &k), TB_OK);
}

static int terminal_start(void **state)
{
    struct tb_identify_policy policy = tb_identify_policy_default();
    memset(&ring, 0, sizeof ring);
    key_add(TB_RING_SMART_TAP, COLLECTOR, 1, COLLECTOR_KEY);
    key_add(TB_RING_VAS, PASS_TYPE, 1, PASS_KEY);
    key_add(TB_RING_DESFIRE, "cards", 1, DESFIRE_KEY);
    key_add(TB_RING_SUN_META, "tags", 1, META_KEY);
    key_add(TB_RING_SUN_FILE, "tags", 1, FILE_KEY);
    chain_key_add();
    policy.keys = &ring;
    tb_identify_init(&machine, &policy);
    now_ms = 1000;
    tb_identify_set_wall(&machine, WALL_MS, now_ms);
    (void)reader_start(state);
    relay_begin();
    return 0;
}

/* "answer <exchange> <status> <hex>" */
static bool answer_parse(const char *event, uint8_t *ret_bytes, size_t *ret_size)
{
    char *rest;
    assert_memory_equal(event, "answer ", 7);
    assert_int_equal(strtoul(event + 7, &rest, 10), exchange);
    bool whole = strtoul(rest, &rest, 10) == TB_LINK_EXCHANGE_OK;
    *ret_size = strlen(rest + 1) / 2;
    assert_int_equal(tb_hex_decode(tb_span_str(rest + 1), ret_bytes, *ret_size), TB_OK);
    return whole;
}

static enum tb_card_step command_run(struct tb_recorder *recorder)
{
    uint8_t answer[TB_LINK_APDU_ANSWER_MAX];
    size_t size;
    const struct tb_applet_io *io = &session.machine.io;
    uint16_t timeout_ms = io->timeout_ms < COMMAND_MAX_MS ? io->timeout_ms : COMMAND_MAX_MS;
    tb_recorder_put_command(recorder, tb_span_of(io->command, io->command_size));
    assert_int_equal(tb_readers_transceive(h.readers, 0, h.tap, ++exchange, timeout_ms,
                                           tb_span_of(io->command, io->command_size)),
                     TB_OK);
    bool whole = answer_parse(harness_next(&h), answer, &size);
    tb_recorder_put_answer(recorder, tb_span_of(answer, whole ? size : 0));
    return whole ? tb_card_session_answer(&session, tb_span_of(answer, size))
                 : tb_card_session_lost(&session);
}

static enum tb_card_step session_run(void)
{
    struct tb_recorder recorder = {.to = &recording_text, .rng = tb_rng_system()};
    const struct tb_rng rng = tb_recorder_rng(&recorder);
    const struct tb_card_how how = {.keys = &ring,
                                    .rng = &rng,
                                    .wall_ms = WALL_MS,
                                    .clock_trusted = true,
                                    .audience = "till",
#if TB_WALLETS
                                    .vas = tb_vas_terms_default(),
#endif
                                    .terminal = tb_span_str("urn:tillbridge:demo:device:till-1")};
    recording_text = tb_buf_of(recording_memory, sizeof recording_memory);
    tb_recorder_put_how(&recorder, &how);
    enum tb_card_step step = tb_card_session_start(&session, &how, tb_card_applets());
    while (step == TB_CARD_NEXT)
        step = command_run(&recorder);
    recording_check(step);
    return step;
}

static void tell(enum tb_link_relaying what)
{
    assert_int_equal(tb_readers_tell(h.readers, 0, h.tap, what), TB_OK);
}

/* ---- to the outcome ---- */

static void failed_take(const char *event)
{
    enum tb_tag_failure failure = TB_TAG_TORN;
    while (strncmp(event + strlen("failed "), tb_tag_failure_name(failure),
                   strlen(tb_tag_failure_name(failure))) != 0)
        failure = (enum tb_tag_failure)(failure + 1);
    tb_identify_tag_failed(&machine, 0, failure, now_ms);
}

static void data_take(const char *event)
{
    static uint8_t message[TB_LINK_NDEF_MAX];
    size_t size = strlen(event + strlen("data ")) / 2;
    assert_int_equal(tb_hex_decode(tb_span_str(event + strlen("data ")), message, size), TB_OK);
    tb_identify_tag_data(&machine, 0, tb_span_of(message, size), now_ms);
}

/* The reader's word behind what it was told. */
static void word_take(bool judged)
{
    const char *event = harness_next(&h);
    if (strncmp(event, "failed ", 7) == 0)
        failed_take(event);
    else if (judged)
        tb_identify_judged(&machine, 0, &session.judgement, now_ms);
    else
        data_take(event);
}

/* False: it was torn, and is offered again. */
static bool tap_step(void)
{
    enum tb_card_step step = session_run();
    if (step == TB_CARD_LOST) {
        tell(TB_LINK_RELAY_AGAIN);
        tb_identify_tag_failed(&machine, 0, TB_TAG_TORN, now_ms);
        return false;
    }
    if (step == TB_CARD_READ)
        tell(TB_LINK_RELAY_READ);
    else
        tell(session.judgement.verdict == TB_JUDGED_AGAIN ? TB_LINK_RELAY_LEAVE : TB_LINK_RELAY_KEEP);
    word_take(step == TB_CARD_JUDGED);
    return true;
}

static void tap(const char *cards)
{
    char command[64];
    (void)snprintf(command, sizeof command, "tap %s", cards);
    sim(command);
    harness_expect(&h, "tag type4");
    tb_identify_tap_began(&machine, 0, tb_span_of(NULL, 0), now_ms);
    while (!tap_step()) {
        const char *event = harness_next(&h);
        if (strcmp(event, "again type4") != 0) {
            failed_take(event);
            break;
        }
        tb_identify_tap_began(&machine, 0, tb_span_of(NULL, 0), now_ms);
    }
}

/* Everybody is known here, and nothing was used before. True: an outcome was told. */
static bool actions_take(enum tb_outcome outcome, enum tb_reason reason)
{
    static const struct tb_customer_key customer = {{0xc1}};
    struct tb_identify_action action;
    bool told = false;
    while (tb_identify_next(&machine, &action)) {
        if (action.verb == TB_IDENTIFY_LOOK_UP)
            tb_identify_looked_up(&machine, action.attempt, TB_LOOKUP_HIT, &customer, now_ms);
        else if (action.verb == TB_IDENTIFY_CLAIM)
            tb_identify_claimed(&machine, action.attempt, TB_CLAIMED_FRESH, now_ms);
        if (action.verb != TB_IDENTIFY_OUTCOME)
            continue;
        assert_string_equal(tb_outcome_name(action.outcome), tb_outcome_name(outcome));
        assert_string_equal(tb_reason_name(action.reason), tb_reason_name(reason));
        told = true;
    }
    return told;
}

static void outcome_expect(enum tb_outcome outcome, enum tb_reason reason)
{
    if (actions_take(outcome, reason))
        return;
    tb_identify_tick(&machine, now_ms += 5000); /* a torn read is given up */
    assert_true(actions_take(outcome, reason));
}

static void gone(void)
{
    reader_gone();
    tb_identify_tag_gone(&machine, 0, now_ms);
    assert_false(actions_take(TB_OUTCOME_COUNT, TB_REASON_COUNT));
    tb_identify_tick(&machine, now_ms += 5000); /* what lay there is forgotten */
    assert_false(actions_take(TB_OUTCOME_COUNT, TB_REASON_COUNT));
}

/* ---- the cards ---- */

/* The app of a phone with this pass: a certificate by the chain's key over the phone's. */
static void app_define(const char *times, const char *behaviour)
{
    char claims_memory[512];
    char memory[CARD_TEXT_SIZE];
    struct tb_key phone;
    struct hex_bytes scalar = hex(PHONE_SCALAR);
    struct tb_buf claims = tb_buf_of(claims_memory, sizeof claims_memory);
    struct tb_buf card = tb_buf_of(memory, sizeof memory - 1);
    assert_int_equal(tb_key_of_scalar(tb_span_of(scalar.at, scalar.size), tb_rng_system(), &phone), TB_OK);
    tb_buf_add_str(&claims, "{\"aud\":\"till\",\"cnf\":{\"jwk\":{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"");
    tb_base64url_add(&claims, tb_span_of(phone.public_key.point + 1, 32));
    tb_buf_add_str(&claims, "\",\"y\":\"");
    tb_base64url_add(&claims, tb_span_of(phone.public_key.point + 33, 32));
    tb_buf_add_str(&claims, "\"}},");
    tb_buf_add_str(&claims, times);
    tb_buf_add_str(&claims, ",\"sub\":\"p-7Kq2mXb4\"}");
    tb_buf_add_str(&card, "card c app key=" PHONE_SCALAR " ");
    tb_buf_add_str(&card, behaviour);
    tb_buf_add_str(&card, " certificate=");
    assert_int_equal(tb_jws_build(tb_span_str("chain"), tb_buf_span(&claims), &chain, tb_rng_system(), &card),
                     TB_OK);
    card.at[card.size] = '\0';
    sim(memory);
}

struct scenario {
    const char *card;
    enum tb_outcome outcome;
    enum tb_reason reason;    /* of the outcome */
    enum tb_reason judgement; /* TB_REASON_NONE: it was read, or nothing came of it */
};

static const struct scenario cards[] = {
    {"type4 uri=" URI, TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_CACHE, TB_REASON_NONE},
    {"type4v3 uid=random uri=" URI, TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_CACHE, TB_REASON_NONE},
    {"type4 blank", TB_OUTCOME_UNKNOWN, TB_REASON_TAG_EMPTY, TB_REASON_NONE},
    {"foreign", TB_OUTCOME_UNKNOWN, TB_REASON_TAG_EMPTY, TB_REASON_NONE},
    {"payment", TB_OUTCOME_PAYMENT_CARD, TB_REASON_PAYMENT_CHIP, TB_REASON_NONE},
    {"desfire aid=3042f5 key=" DESFIRE_KEY, TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_CACHE,
     TB_REASON_CARD_DESFIRE},
    {"desfire ev1 aid=3042f5 key=" DESFIRE_KEY, TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_CACHE,
     TB_REASON_CARD_DESFIRE},
    {"desfire uid=random hidden=04782e21801d80 aid=3042f5 key=" DESFIRE_KEY, TB_OUTCOME_RECOGNISED,
     TB_REASON_FOUND_CACHE, TB_REASON_CARD_DESFIRE},
    {"desfire aid=3042f5 key=0123456789abcdef0123456789abcdef", TB_OUTCOME_WRONG_KEY, TB_REASON_PROOF_WRONG,
     TB_REASON_PROOF_WRONG},
    {SIGNING_TAG "e={picc}&c={mac}", TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_CACHE, TB_REASON_NONE},
    {SIGNING_TAG "u={uid}&n={ctr}&d={data:0123456789abcdef}&c={mac}", TB_OUTCOME_RECOGNISED,
     TB_REASON_FOUND_CACHE, TB_REASON_NONE},
    {SIGNING_TAG "e={picc}&x={ctr}&c=0123456789ABCDEF", TB_OUTCOME_WRONG_KEY, TB_REASON_PROOF_WRONG,
     TB_REASON_NONE},
    {SIGNING_TAG "e={lrp}&c={mac}", TB_OUTCOME_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED, TB_REASON_NONE},
    {"desfire aid=010203 key=" DESFIRE_KEY, TB_OUTCOME_UNKNOWN, TB_REASON_TAG_EMPTY, TB_REASON_NONE},
    {"payment uid=random", TB_OUTCOME_PAYMENT_CARD, TB_REASON_PAYMENT_CHIP, TB_REASON_NONE},
#if TB_WALLETS
    {"smart_tap number=LOYAL-1", TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_CACHE, TB_REASON_PASS_SMART_TAP},
    {"smart_tap number=LOYAL-1 part=40 retry=both select", TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_CACHE,
     TB_REASON_PASS_SMART_TAP},
    {"smart_tap number=", TB_OUTCOME_UNKNOWN, TB_REASON_PASS_NONE, TB_REASON_PASS_NONE},
    {"smart_tap number=1 locked=1", TB_OUTCOME_UNREADABLE, TB_REASON_PASS_LOCKED, TB_REASON_PASS_LOCKED},
    {"smart_tap number=1 choose=1", TB_OUTCOME_UNREADABLE, TB_REASON_PASS_CHOOSE, TB_REASON_PASS_CHOOSE},
    {"smart_tap number=1 tampered", TB_OUTCOME_WRONG_KEY, TB_REASON_PROOF_WRONG, TB_REASON_PROOF_WRONG},
    {"vas time=" WALL_S " message=LOYAL-2", TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_CACHE, TB_REASON_PASS_VAS},
    {"vas time=1789999400 message=LOYAL-2", TB_OUTCOME_EXPIRED, TB_REASON_PROOF_EXPIRED,
     TB_REASON_PROOF_EXPIRED},
    {"vas time=" WALL_S " message=LOYAL-2 locked=1", TB_OUTCOME_UNREADABLE, TB_REASON_PASS_LOCKED,
     TB_REASON_PASS_LOCKED},
#endif
};

static void each_kind_of_card_has_its_outcome(void **state)
{
    (void)state;
    for (size_t i = 0; i < TB_ARRAY_SIZE(cards); i++) {
        char command[256];
        (void)snprintf(command, sizeof command, "card c %s", cards[i].card);
        sim(command);
        tap("c");
        assert_string_equal(tb_reason_name(session.judgement.reason), tb_reason_name(cards[i].judgement));
        outcome_expect(cards[i].outcome, cards[i].reason);
        gone();
    }
    assert_string_equal(harness_sim(&h, "violations"), "0");
}

static void app_is_believed_by_its_proof(void **state)
{
    static const struct {
        const char *times;
        const char *behaviour;
        struct scenario expected;
    } apps[] = {
        {TIMES, "", {"", TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_CACHE, TB_REASON_PHONE_PASS}},
        {TIMES, "part=60 slow", {"", TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_CACHE, TB_REASON_PHONE_PASS}},
        {TIMES, "refuses=6982", {"", TB_OUTCOME_UNREADABLE, TB_REASON_PASS_LOCKED, TB_REASON_PASS_LOCKED}},
        {TIMES_PAST, "", {"", TB_OUTCOME_EXPIRED, TB_REASON_PROOF_EXPIRED, TB_REASON_PROOF_EXPIRED}},
    };
    (void)state;
    for (size_t i = 0; i < TB_ARRAY_SIZE(apps); i++) {
        app_define(apps[i].times, apps[i].behaviour);
        tap("c");
        assert_string_equal(tb_reason_name(session.judgement.reason),
                            tb_reason_name(apps[i].expected.judgement));
        outcome_expect(apps[i].expected.outcome, apps[i].expected.reason);
        gone();
    }
}

/* At every step of the exchange; each takes up to 250 bytes. When all is said it may go. */
static void app_that_slips_away_is_torn(void **state)
{
    (void)state;
    /* Wallets' directory if it is asked for, SELECT, the proof in parts. */
    const unsigned last = TB_WALLETS + 5;
    for (unsigned answers = 1; answers <= last; answers++) {
        char behaviour[32];
        (void)snprintf(behaviour, sizeof behaviour, "part=150 torn=%u", answers);
        app_define(TIMES, behaviour);
        tap("c");
        harness_expect(&h, "gone");
        tb_identify_tag_gone(&machine, 0, now_ms);
        if (answers < last)
            outcome_expect(TB_OUTCOME_UNREADABLE, TB_REASON_TAG_TORN);
        else
            outcome_expect(TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_CACHE);
        sim("remove");
    }
}

#if TB_WALLETS
/* At every step of the exchange; when all is said it may go. */
static void phone_that_slips_away_is_torn(void **state)
{
    (void)state;
    for (unsigned answers = 1; answers <= 3; answers++) {
        char command[128];
        (void)snprintf(command, sizeof command, "card c smart_tap number=LOYAL-1 torn=%u", answers);
        sim(command);
        tap("c");
        harness_expect(&h, "gone");
        tb_identify_tag_gone(&machine, 0, now_ms);
        if (answers < 3)
            outcome_expect(TB_OUTCOME_UNREADABLE, TB_REASON_TAG_TORN);
        else
            outcome_expect(TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_CACHE);
        sim("remove");
    }
}

static void phone_that_did_what_it_asked_for_is_recognised(void **state)
{
    (void)state;
    sim("card c smart_tap number=LOYAL-1 locked=1");
    tap("c");
    outcome_expect(TB_OUTCOME_UNREADABLE, TB_REASON_PASS_LOCKED);
    gone();
    tap("c");
    outcome_expect(TB_OUTCOME_RECOGNISED, TB_REASON_FOUND_CACHE);
    gone();
}
#endif

static void two_cards_at_once_are_told(void **state)
{
    (void)state;
    static const char *const pairs[] = {"a+b", "a+t2", "a+pay"};
    sim("card a type4 uid=04010101010102 uri=" URI);
    sim("card b foreign uid=04020202020203");
    sim("card t2 ntag213 uid=04020202020202 uri=" URI);
    sim("card pay payment uid=04000000000001");
    for (size_t i = 0; i < TB_ARRAY_SIZE(pairs); i++) {
        tap(pairs[i]);
        outcome_expect(TB_OUTCOME_TWO_CARDS, TB_REASON_TAG_TWO);
        gone();
    }
}

/* Without an argument readerd on libnfc; with one a reader head, and the argument names its board. */
int main(int argc, char **argv)
{
    h.board = argc > 1 ? argv[1] : NULL;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_kind_of_card_has_its_outcome, terminal_start, stop),
        cmocka_unit_test_setup_teardown(app_is_believed_by_its_proof, terminal_start, stop),
        cmocka_unit_test_setup_teardown(app_that_slips_away_is_torn, terminal_start, stop),
#if TB_WALLETS
        cmocka_unit_test_setup_teardown(phone_that_slips_away_is_torn, terminal_start, stop),
        cmocka_unit_test_setup_teardown(phone_that_did_what_it_asked_for_is_recognised, terminal_start, stop),
#endif
        cmocka_unit_test_setup_teardown(two_cards_at_once_are_told, terminal_start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
