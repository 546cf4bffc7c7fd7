/* What iPhones are asked for is a matter of the configuration, in builds that ask them. */
#include "agent/app/config.h"
#include "tests/support/unit.h"

#include <stdio.h>

static struct tb_agent_config config;
static struct tb_config_error error;

static enum tb_err parse(const char *wallets)
{
    char text[1024];
    (void)snprintf(text, sizeof text,
                   "[store]\nurl = wss://x/\nca = a\ncertificate = b\nkey = c\n[wallets]\n%s", wallets);
    config = (struct tb_agent_config){0};
    return tb_config_parse(&tb_agent_config_table, "till.conf", tb_span_str(text), &config, &error);
}

static void presets(void **state)
{
    (void)state;
    struct tb_vas_terms terms = tb_vas_terms_default();
    assert_int_equal(parse(""), TB_OK);
    assert_int_equal(config.vas_window_s * 1000, terms.window_ms);
    assert_int_equal(config.vas_zone_min, 0);
    assert_int_equal(config.vas_mode, terms.mode);
    assert_false(config.vas_authenticate);
    assert_string_equal(config.vas_url, "");
}

static void every_key(void **state)
{
    (void)state;
    assert_int_equal(parse("vas_window = 0\nvas_zone = -120\nvas_mode = pass_and_payment\n"
                           "vas_authenticate = yes\nvas_url = https://shop.example/join\n"),
                     TB_OK);
    assert_int_equal(config.vas_window_s, 0);
    assert_int_equal(config.vas_zone_min, -120);
    assert_int_equal(config.vas_mode, TB_VAS_AND_PAY);
    assert_true(config.vas_authenticate);
    assert_string_equal(config.vas_url, "https://shop.example/join");
    assert_int_equal(parse("vas_mode = pass_or_payment\n"), TB_OK);
    assert_int_equal(config.vas_mode, TB_VAS_OR_PAY);
}

static void values_that_are_none(void **state)
{
    (void)state;
    char url[260] = "vas_url = https://";
    assert_int_equal(parse("vas_window = 86401\n"), TB_ERR_CONFIG);
    assert_int_equal(parse("vas_window = -1\n"), TB_ERR_CONFIG);
    assert_int_equal(parse("vas_zone = 841\n"), TB_ERR_CONFIG);
    assert_int_equal(parse("vas_mode = payment\n"), TB_ERR_CONFIG);
    assert_int_equal(parse("vas_url = http://shop.example/\n"), TB_ERR_CONFIG);
    assert_int_equal(parse("vas_url = https://shop.example/\xc3\xa4\n"), TB_ERR_CONFIG);
    memset(url + strlen(url), 'x', TB_VAS_URL_SIZE_MAX - strlen("https://"));
    assert_int_equal(parse(url), TB_OK);
    url[strlen(url)] = 'x';
    assert_int_equal(parse(url), TB_ERR_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(presets),
        cmocka_unit_test(every_key),
        cmocka_unit_test(values_that_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
