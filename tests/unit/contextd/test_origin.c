#include "contextd/gateway/origin.h"

#include "core/base/assert.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void an_entry_is_a_whole_origin(void **state)
{
    (void)state;
    static const char *const good[] = {"https://shop.example",  "https://shop.example:8443",
                                       "http://localhost:3000", "http://127.0.0.1:8080",
                                       "http://[::1]:9",        "https://a-b.c9.example"};
    static const char *const bad[] = {"",
                                      "*",
                                      "null",
                                      "shop.example",
                                      "http://shop.example",
                                      "https://",
                                      "https://*.example",
                                      "https://shop.example/",
                                      "https://shop.example:",
                                      "https://shop.example:0",
                                      "https://shop.example:65536",
                                      "https://shop.example:44a",
                                      "https://Shop.example",
                                      "https://user@shop.example",
                                      "https://shop.example?x",
                                      "http://localhost.evil.example",
                                      "http://127.0.0.1.evil.example",
                                      "http://[::1",
                                      "ws://localhost",
                                      "https://shop.example https://other.example"};
    for (size_t i = 0; i < TB_ARRAY_SIZE(good); i++)
        assert_int_equal(tb_origin_check_entry(good[i]), TB_OK);
    for (size_t i = 0; i < TB_ARRAY_SIZE(bad); i++)
        assert_int_equal(tb_origin_check_entry(bad[i]), TB_ERR_SYNTAX);
}

static void only_an_equal_origin_is_allowed(void **state)
{
    (void)state;
    static const char *const entries[] = {"https://shop.example", "https://app.example:8443"};
    static const char *const refused[] = {"",
                                          "null",
                                          "https://shop.example:443",
                                          "https://shop.example.evil.example",
                                          "https://evil.example",
                                          "http://shop.example",
                                          "HTTPS://shop.example",
                                          "https://shop.example/",
                                          " https://shop.example",
                                          "https://shop.exampl",
                                          "https://app.example"};
    assert_true(tb_origin_allowed(tb_span_str("https://shop.example"), entries, 2));
    assert_true(tb_origin_allowed(tb_span_str("https://app.example:8443"), entries, 2));
    for (size_t i = 0; i < TB_ARRAY_SIZE(refused); i++)
        assert_false(tb_origin_allowed(tb_span_str(refused[i]), entries, 2));
    assert_false(tb_origin_allowed(tb_span_str("https://shop.example"), entries, 0));
    assert_false(tb_origin_allowed(tb_span_of("https://shop.example\0", 21), entries, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_is_a_whole_origin),
        cmocka_unit_test(only_an_equal_origin_is_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
