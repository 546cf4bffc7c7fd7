#include "core/credential/ose.h"
#include "core/credential/tlv.h"
#include "tests/support/hex.h"
#include "tests/support/unit.h"

static enum tb_err read_hex(const char *text, struct tb_ose *ret_ose)
{
    struct hex_bytes room;
    return tb_ose_read(hex_span(&room, text), ret_ose);
}

static void command(void **state)
{
    (void)state;
    struct tb_applet_io io;
    tb_ose_command(&io);
    assert_true(
        tb_span_equal(tb_span_of(io.command, io.command_size), HEX_SPAN("00a404000a4f53452e5641532e303100")));
}

static void captured_google_wallet(void **state)
{
    (void)state;
    struct tb_ose ose;
    assert_int_equal(
        read_hex(
            "6f8184500a416e64726f6964506179c0020001c108cc00000000008080c22056d2ec8f857f0049aa54f1ca1de2791b"
            "5693a7014e6e4565d5644b1c2a305136c32103dfee38dbdb68a607383ad622640b180cc7e27d796b4e788c40e5d99429"
            "1c71fca523bf0c20611e4f09a000000476d0000111870101730edf6d020000df4d020001df6201039000",
            &ose),
        TB_OK);
    assert_int_equal(ose.wallet, TB_OSE_GOOGLE);
    assert_true(ose.google.listed);
    assert_int_equal(ose.google.version_min, 0);
    assert_int_equal(ose.google.version_max, 1);
    assert_int_equal(ose.google.capabilities, TB_OSE_GOOGLE_MAY_SKIP_SELECT | TB_OSE_GOOGLE_CAN_VAS);
    assert_int_equal(ose.google.mode, 0xcc);
    assert_true(ose.google.has_nonce);
    assert_true(tb_span_equal(tb_span_of(ose.google.nonce, sizeof ose.google.nonce),
                              HEX_SPAN("56d2ec8f857f0049aa54f1ca1de2791b5693a7014e6e4565d5644b1c2a305136")));
}

static void captured_apple_wallets(void **state)
{
    (void)state;
    struct tb_ose ose;
    assert_int_equal(read_hex("6f1d50084170706c655061799f210201009f2404c05d48d09f23040000001e9000", &ose),
                     TB_OK);
    assert_int_equal(ose.wallet, TB_OSE_APPLE);
    assert_int_equal(ose.apple.version, 0x0100);
    assert_int_equal(ose.apple.capabilities, 0x1e);
    assert_true(tb_span_equal(tb_span_of(ose.apple.nonce, 4), HEX_SPAN("c05d48d0")));
    assert_int_equal(read_hex("6f1d50084170706c655061799f210201009f2404e9caede39f23040000003e9000", &ose),
                     TB_OK);
    assert_int_equal(ose.apple.capabilities, 0x3e);
}

static void what_a_google_wallet_may_leave_out(void **state)
{
    (void)state;
    struct tb_ose ose;
    assert_int_equal(read_hex("6f0c500a416e64726f69645061799000", &ose), TB_OK);
    assert_true(ose.google.listed); /* no directory: it is asked for */
    assert_int_equal(ose.google.version_max, 0xffff);
    assert_false(ose.google.has_nonce);
    /* a directory without Smart Tap */
    assert_int_equal(read_hex("6f19500a416e64726f6964506179a50bbf0c0861064f04a00000069000", &ose), TB_OK);
    assert_false(ose.google.listed);
    /* an entry of another application, then Smart Tap without discretionary data */
    assert_int_equal(
        read_hex("6f26500a416e64726f6964506179a518bf0c1561064f04a0000000610b4f09a000000476d0000111"
                 "9000",
                 &ose),
        TB_OK);
    assert_true(ose.google.listed);
    assert_int_equal(ose.google.version_max, 0xffff);
}

static void a_nonce_of_the_application_overrides_the_directory_s(void **state)
{
    (void)state;
    struct tb_ose ose;
    uint8_t bytes[3][200];
    uint8_t nonce[2][TB_OSE_NONCE_SIZE];
    memset(nonce[0], 1, sizeof nonce[0]);
    memset(nonce[1], 2, sizeof nonce[1]);
    struct tb_buf data = tb_buf_of(bytes[0], sizeof bytes[0]);
    tb_tlv_add(&data, 0xdf6e, tb_span_of(nonce[1], sizeof nonce[1]));
    struct tb_buf entry = tb_buf_of(bytes[1], sizeof bytes[1]);
    tb_tlv_add(&entry, 0x4f, HEX_SPAN("a000000476d0000111"));
    tb_tlv_add(&entry, 0x73, tb_buf_span(&data));
    tb_buf_reset(&data);
    tb_tlv_add(&data, 0x61, tb_buf_span(&entry));
    tb_buf_reset(&entry);
    tb_tlv_add(&entry, 0xbf0c, tb_buf_span(&data));
    tb_buf_reset(&data);
    tb_tlv_add(&data, 0x50, tb_span_str("AndroidPay"));
    tb_tlv_add(&data, 0xc2, tb_span_of(nonce[0], sizeof nonce[0]));
    tb_tlv_add(&data, 0xa5, tb_buf_span(&entry));
    struct tb_buf answer = tb_buf_of(bytes[2], sizeof bytes[2]);
    tb_tlv_add(&answer, 0x6f, tb_buf_span(&data));
    tb_buf_add_u16be(&answer, 0x9000);
    assert_int_equal(tb_ose_read(tb_buf_span(&answer), &ose), TB_OK);
    assert_true(ose.google.has_nonce);
    assert_memory_equal(ose.google.nonce, nonce[1], sizeof nonce[1]);
}

static void other_cards(void **state)
{
    (void)state;
    struct tb_ose ose;
    assert_int_equal(read_hex("6a82", &ose), TB_ERR_NOT_FOUND);
    assert_int_equal(read_hex("", &ose), TB_ERR_NOT_FOUND);
    assert_int_equal(read_hex("6f0650045061794d9000", &ose), TB_ERR_UNSUPPORTED);
}

static void answers_that_break_the_rules(void **state)
{
    (void)state;
    struct tb_ose ose;
    assert_int_equal(read_hex("9000", &ose), TB_ERR_MISSING);
    assert_int_equal(read_hex("6f009000", &ose), TB_ERR_MISSING);
    assert_int_equal(read_hex("6f1e50084170706c655061799f210201009f2404c05d48d09f23040000001e9000", &ose),
                     TB_ERR_TRUNCATED);
    /* no capabilities, capabilities of three bytes */
    assert_int_equal(read_hex("6f0f50084170706c655061799f210201009000", &ose), TB_ERR_MISSING);
    assert_int_equal(read_hex("6f1550084170706c655061799f210201009f230300001e9000", &ose), TB_ERR_SYNTAX);
    /* two wallets in one answer */
    assert_int_equal(read_hex("6f16500a416e64726f696450617950084170706c655061799000", &ose), TB_ERR_CONFLICT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(command),
        cmocka_unit_test(captured_google_wallet),
        cmocka_unit_test(captured_apple_wallets),
        cmocka_unit_test(what_a_google_wallet_may_leave_out),
        cmocka_unit_test(a_nonce_of_the_application_overrides_the_directory_s),
        cmocka_unit_test(other_cards),
        cmocka_unit_test(answers_that_break_the_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
