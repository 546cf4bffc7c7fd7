/* Phones with a wallet, read to the pass: through readerd and libnfc, and through a head's firmware. */
#include "core/base/text.h"
#include "core/credential/smart_tap.h"
#include "core/credential/vas.h"
#include "tests/integration/nfc/simulator.h"
#include "tests/support/hex.h"
#include "tests/support/seeded_rng.h"
#include "tests/support/wallet_vectors.h"

#define WALL_MS INT64_C(1790000000000)
#define WALL_S "1790000000"

static struct {
    struct tb_keyring ring;
    struct seeded_rng random;
    struct tb_rng rng;
    struct tb_smart_tap smart_tap;
    struct tb_vas vas;
    uint16_t exchange;
    struct hex_bytes answer;
} terminal;

static void key_put(enum tb_ring_use use, const char *id, const char *scalar)
{
    struct tb_ring_key key = {.use = use, .version = 1, .size = 32};
    assert_int_equal(tb_span_to_str(tb_span_str(id), key.id, sizeof key.id), TB_OK);
    assert_int_equal(tb_hex_decode(tb_span_str(scalar), key.bytes, key.size), TB_OK);
    assert_int_equal(tb_keyring_put(&terminal.ring, &key), TB_OK);
}

static int wallet_start(void **state)
{
    (void)reader_start(state);
    relay_begin();
    assert_true(tb_readers_relays(h.readers, 0));
    memset(&terminal, 0, sizeof terminal);
    terminal.rng = seeded_rng_of(&terminal.random);
    key_put(TB_RING_SMART_TAP, COLLECTOR, COLLECTOR_KEY);
    key_put(TB_RING_VAS, PASS_TYPE, PASS_KEY);
    return 0;
}

/* Empty: the phone did not answer. */
static struct tb_span exchange(const struct tb_applet_io *io)
{
    char expected[32];
    uint16_t number = ++terminal.exchange;
    struct tb_span command = tb_span_of(io->command, io->command_size);
    assert_int_equal(tb_readers_transceive(h.readers, 0, h.tap, number, io->timeout_ms, command), TB_OK);
    const char *event = harness_next(&h);
    (void)snprintf(expected, sizeof expected, "answer %u ", number);
    assert_int_equal(strncmp(event, expected, strlen(expected)), 0);
    event += strlen(expected);
    if (strncmp(event, "0 ", 2) != 0)
        return tb_span_of(NULL, 0);
    terminal.answer = hex(event + 2);
    return tb_span_of(terminal.answer.at, terminal.answer.size);
}

static void hold(const char *phone)
{
    char command[512];
    (void)snprintf(command, sizeof command, "card p %s", phone);
    sim(command);
    sim("tap p");
    harness_expect(&h, "tag type4");
}

static void let_go(void)
{
    assert_int_equal(tb_readers_tell(h.readers, 0, h.tap, TB_LINK_RELAY_KEEP), TB_OK);
    harness_expect(&h, "data ");
    reader_gone();
}

static struct tb_ose listed(void)
{
    struct tb_applet_io io;
    struct tb_ose ose;
    tb_ose_command(&io);
    assert_int_equal(tb_ose_read(exchange(&io), &ose), TB_OK);
    return ose;
}

static void smart_tap(enum tb_applet_step expected, enum tb_reason reason)
{
    struct tb_smart_tap *m = &terminal.smart_tap;
    struct tb_ose ose = listed();
    const struct tb_smart_tap_how how = {.keys = &terminal.ring, .rng = &terminal.rng, .wall_ms = WALL_MS};
    enum tb_applet_step step = tb_smart_tap_start(m, &how, &ose);
    while (step == TB_APPLET_NEXT) {
        struct tb_span answer = exchange(&m->io);
        step = answer.size ? tb_smart_tap_answer(m, answer) : tb_smart_tap_lost(m);
    }
    assert_int_equal(step, expected);
    assert_string_equal(tb_reason_name(m->judgement.reason), tb_reason_name(reason));
}

static void vas(enum tb_applet_step expected, enum tb_reason reason)
{
    struct tb_vas *m = &terminal.vas;
    struct tb_ose ose = listed();
    const struct tb_vas_how how = {
        .keys = &terminal.ring, .rng = &terminal.rng, .wall_ms = WALL_MS, .terms = tb_vas_terms_default()};
    enum tb_applet_step step = tb_vas_start(m, &how, &ose);
    while (step == TB_APPLET_NEXT) {
        struct tb_span answer = exchange(&m->io);
        step = answer.size ? tb_vas_answer(m, answer) : tb_vas_lost(m);
    }
    assert_int_equal(step, expected);
    assert_string_equal(tb_reason_name(m->judgement.reason), tb_reason_name(reason));
}

static void is_value(const struct tb_judgement *j, const char *value)
{
    assert_int_equal(j->verdict, TB_JUDGED_CREDENTIAL);
    assert_true(tb_span_is(tb_credential_value(&j->credential), value));
}

static void google_passes(void **state)
{
    (void)state;
    hold("smart_tap number=GOLD-0001");
    smart_tap(TB_APPLET_DONE, TB_REASON_PASS_SMART_TAP);
    is_value(&terminal.smart_tap.judgement, "GOLD-0001");
    let_go();
    hold("smart_tap number=GOLD-0002 select part=48 retry=both");
    smart_tap(TB_APPLET_DONE, TB_REASON_PASS_SMART_TAP);
    is_value(&terminal.smart_tap.judgement, "GOLD-0002");
    let_go();
}

static void google_chooser(void **state)
{
    (void)state;
    hold("smart_tap choose=1");
    smart_tap(TB_APPLET_FAILED, TB_REASON_PASS_CHOOSE);
    let_go();
    sim("tap p");
    harness_expect(&h, "tag type4");
    smart_tap(TB_APPLET_DONE, TB_REASON_PASS_SMART_TAP);
    is_value(&terminal.smart_tap.judgement, "2018");
    let_go();
}

static void google_refusals(void **state)
{
    (void)state;
    hold("smart_tap version=7");
    smart_tap(TB_APPLET_FAILED, TB_REASON_PASS_REFUSED);
    let_go();
    hold("smart_tap compressed");
    smart_tap(TB_APPLET_FAILED, TB_REASON_PROOF_UNSUPPORTED);
    let_go();
}

static void apple_passes(void **state)
{
    (void)state;
    hold("vas message=BLUE-77 time=" WALL_S " locked=1");
    vas(TB_APPLET_FAILED, TB_REASON_PASS_LOCKED);
    vas(TB_APPLET_DONE, TB_REASON_PASS_VAS); /* held there while its holder authenticated */
    is_value(&terminal.vas.judgement, "BLUE-77");
    let_go();
    hold("vas merchant=pass.example.other time=" WALL_S);
    vas(TB_APPLET_FAILED, TB_REASON_PASS_NONE);
    let_go();
}

static void phone_that_left(void **state)
{
    (void)state;
    hold("smart_tap torn=2");
    smart_tap(TB_APPLET_LOST, TB_REASON_NONE);
    assert_int_equal(tb_readers_tell(h.readers, 0, h.tap, TB_LINK_RELAY_AGAIN), TB_OK);
    harness_expect(&h, "failed torn tag.lost");
    harness_expect(&h, "gone");
}

/* Without an argument readerd on libnfc; with one a reader head, and the argument names its board. */
int main(int argc, char **argv)
{
    h.board = argc > 1 ? argv[1] : NULL;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(google_passes, wallet_start, stop),
        cmocka_unit_test_setup_teardown(google_chooser, wallet_start, stop),
        cmocka_unit_test_setup_teardown(google_refusals, wallet_start, stop),
        cmocka_unit_test_setup_teardown(apple_passes, wallet_start, stop),
        cmocka_unit_test_setup_teardown(phone_that_left, wallet_start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
