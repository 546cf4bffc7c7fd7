#include "agent/uplink/address.h"
#include "tests/support/unit.h"

static void test_parts_and_presets(void **state)
{
    (void)state;
    struct tb_address a;
    assert_int_equal(tb_address_read(tb_span_str("wss://store.example.com:8443/terminal?x=1"), &a), TB_OK);
    assert_string_equal(a.name, "store.example.com");
    assert_int_equal(a.port, 8443);
    assert_string_equal(a.path, "/terminal?x=1");
    assert_int_equal(tb_address_read(tb_span_str("wss://127.0.0.1"), &a), TB_OK);
    assert_string_equal(a.name, "127.0.0.1");
    assert_int_equal(a.port, 443);
    assert_string_equal(a.path, "/");
    assert_int_equal(tb_address_read(tb_span_str("wss://a:65535"), &a), TB_OK);
    assert_int_equal(a.port, 65535);
}

static void test_what_is_not_an_address_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "ws://a/",
        "https://a/",
        "wss://",
        "wss:///",
        "wss://a:0/",
        "wss://a:65536/",
        "wss://a:/",
        "wss://a:1x/",
        "wss://[::1]/",
        "wss://u@a/",
        "wss://a b/",
        "wss://a/b c",
        "wss://a/#b",
        "wss://a\n/",
        "wss://a:-1/",
        "WSS://a/",
        "wss://a?x=1",
        "wss://a/\x7f",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct tb_address a;
        assert_int_equal(tb_address_read(tb_span_str(bad[i]), &a), TB_ERR_CONFIG);
    }
}

static void test_lengths_have_limits(void **state)
{
    (void)state;
    char text[400] = "wss://";
    struct tb_address a;
    memset(text + 6, 'a', TB_ADDRESS_NAME_SIZE - 1);
    assert_int_equal(tb_address_read(tb_span_str(text), &a), TB_OK);
    text[6 + TB_ADDRESS_NAME_SIZE - 1] = 'a';
    assert_int_equal(tb_address_read(tb_span_str(text), &a), TB_ERR_CONFIG);
    memset(text + 7, '/', TB_ADDRESS_PATH_SIZE);
    text[7 + TB_ADDRESS_PATH_SIZE] = 0;
    assert_int_equal(tb_address_read(tb_span_str(text), &a), TB_ERR_CONFIG);
    text[7 + TB_ADDRESS_PATH_SIZE - 1] = 0;
    assert_int_equal(tb_address_read(tb_span_str(text), &a), TB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_and_presets),
        cmocka_unit_test(test_what_is_not_an_address_is_refused),
        cmocka_unit_test(test_lengths_have_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
