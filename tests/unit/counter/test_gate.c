/* What may reach the local page server, and what may not. */
#include "agent/counter/gate.h"
#include "core/base/assert.h"
#include "tests/support/unit.h"

#include <stdio.h>

#define PORT 8443

static struct tb_gate_request socket_request(const char *host, const char *origin)
{
    return (struct tb_gate_request){
        .method = TB_GATE_METHOD_GET,
        .path = tb_span_str("/clerk"),
        .host = tb_span_str(host),
        .origin = tb_span_str(origin),
        .upgrade = tb_span_str("websocket"),
        .version = tb_span_str("13"),
        .protocol = tb_span_str("tillbridge-page.v1"),
    };
}

static struct tb_gate_request page_request(const char *path)
{
    return (struct tb_gate_request){
        .method = TB_GATE_METHOD_GET, .path = tb_span_str(path), .host = tb_span_str("127.0.0.1:8443")};
}

static void own_origin_passes(void **state)
{
    (void)state;
    static const char *const hosts[] = {"127.0.0.1:8443", "localhost:8443", "[::1]:8443"};
    for (size_t i = 0; i < TB_ARRAY_SIZE(hosts); i++) {
        char origin[64];
        assert_true(snprintf(origin, sizeof origin, "http://%s", hosts[i]) > 0);
        struct tb_gate_request r = socket_request(hosts[i], origin);
        assert_int_equal(tb_gate_judge(&r, PORT), TB_GATE_SOCKET);
    }
}

static void default_port_may_be_left_out(void **state)
{
    (void)state;
    struct tb_gate_request r = socket_request("localhost", "http://localhost");
    assert_int_equal(tb_gate_judge(&r, 80), TB_GATE_SOCKET);
    assert_int_equal(tb_gate_judge(&r, PORT), TB_GATE_HOST_FOREIGN);
}

static void foreign_hosts_are_refused(void **state)
{
    (void)state;
    static const char *const hosts[] = {
        "",
        "127.0.0.1",
        "localhost",
        "[::1]",
        "127.0.0.1:8444",
        "127.0.0.1:08443",
        "127.0.0.1:8443.",
        "127.0.0.1.:8443",
        "localhost.:8443",
        "LOCALHOST:8443",
        "Localhost:8443",
        "evil.example",
        "evil.example:8443",
        "localhost.evil.example:8443",
        "evil.example:8443@127.0.0.1:8443",
        "user@127.0.0.1:8443",
        "user:pw@localhost:8443",
        "127.0.0.1:8443, evil.example",
        "127.0.0.1:8443,127.0.0.1:8443",
        "http://127.0.0.1:8443",
        "//127.0.0.1:8443",
        "127.0.0.1:8443/",
        "127.0.0.1:8443?",
        "127.0.0.1:8443#",
        "127.0.0.1:8443\t",
        " 127.0.0.1:8443",
        "127.0.0.2:8443",
        "127.1:8443",
        "2130706433:8443",
        "0x7f.0.0.1:8443",
        "0177.0.0.1:8443",
        "0.0.0.0:8443",
        "[::ffff:127.0.0.1]:8443",
        "[0:0:0:0:0:0:0:1]:8443",
        "::1:8443",
        "[::1%lo]:8443",
        "127.0.0.1:8443x",
        "127.0.0.1::8443",
        "127.0.0.1:+8443",
        "127.0.0.1:",
        ":8443",
        "*",
        "*:8443",
        "localhost:8443\xc2\xa0",
        "loc\xc3\xa1lhost:8443",
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(hosts); i++) {
        struct tb_gate_request socket = socket_request(hosts[i], "http://127.0.0.1:8443");
        assert_int_equal(tb_gate_judge(&socket, PORT), TB_GATE_HOST_FOREIGN);
        struct tb_gate_request page = page_request("/open");
        page.host = tb_span_str(hosts[i]);
        assert_int_equal(tb_gate_judge(&page, PORT), TB_GATE_HOST_FOREIGN);
    }
}

static void foreign_origins_are_refused(void **state)
{
    (void)state;
    static const char *const origins[] = {
        "null",
        "NULL",
        "http://evil.example",
        "https://evil.example:8443",
        "https://127.0.0.1:8443",
        "ws://127.0.0.1:8443",
        "file://",
        "file://127.0.0.1:8443",
        "chrome-extension://abcdefgh",
        "HTTP://127.0.0.1:8443",
        "http://127.0.0.1:8444",
        "http://127.0.0.1",
        "http://127.0.0.1:8443/",
        "http://127.0.0.1:8443.",
        "http://127.0.0.1:8443, http://evil.example",
        "http://evil.example, http://127.0.0.1:8443",
        "http://user@127.0.0.1:8443",
        "http://evil.example@127.0.0.1:8443",
        "http://127.0.0.1:8443@evil.example",
        "http://127.0.0.1:8443.evil.example",
        "http://localhost:8443",
        "http://[::1]:8443",
        "http://127.0.0.1:8443 ",
        "http:/127.0.0.1:8443",
        "http:127.0.0.1:8443",
        "127.0.0.1:8443",
        "http://",
        "http",
        "*",
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(origins); i++) {
        struct tb_gate_request socket = socket_request("127.0.0.1:8443", origins[i]);
        assert_int_equal(tb_gate_judge(&socket, PORT), TB_GATE_ORIGIN_FOREIGN);
        struct tb_gate_request page = page_request("/clerk");
        page.origin = tb_span_str(origins[i]);
        assert_int_equal(tb_gate_judge(&page, PORT), TB_GATE_ORIGIN_FOREIGN);
    }
    struct tb_gate_request missing = socket_request("127.0.0.1:8443", "");
    assert_int_equal(tb_gate_judge(&missing, PORT), TB_GATE_ORIGIN_MISSING);
}

static void only_our_websocket_is_upgraded(void **state)
{
    (void)state;
    struct tb_gate_request r = socket_request("127.0.0.1:8443", "http://127.0.0.1:8443");
    r.path = tb_span_str("/clerk/app.js");
    assert_int_equal(tb_gate_judge(&r, PORT), TB_GATE_UPGRADE_REFUSED);
    r = socket_request("127.0.0.1:8443", "http://127.0.0.1:8443");
    r.upgrade = tb_span_str("h2c");
    assert_int_equal(tb_gate_judge(&r, PORT), TB_GATE_UPGRADE_REFUSED);
    r = socket_request("127.0.0.1:8443", "http://127.0.0.1:8443");
    r.version = tb_span_str("8");
    assert_int_equal(tb_gate_judge(&r, PORT), TB_GATE_UPGRADE_REFUSED);
    r = socket_request("127.0.0.1:8443", "http://127.0.0.1:8443");
    r.protocol = tb_span_str("tillbridge-page.v1, other");
    assert_int_equal(tb_gate_judge(&r, PORT), TB_GATE_PROTOCOL_REFUSED);
    r.protocol = tb_span_str("");
    assert_int_equal(tb_gate_judge(&r, PORT), TB_GATE_PROTOCOL_REFUSED);
    r = socket_request("127.0.0.1:8443", "http://127.0.0.1:8443");
    r.method = TB_GATE_METHOD_OTHER;
    assert_int_equal(tb_gate_judge(&r, PORT), TB_GATE_UPGRADE_REFUSED);
}

static void pages_have_their_paths(void **state)
{
    (void)state;
    struct tb_gate_request r = page_request("/clerk");
    assert_int_equal(tb_gate_judge(&r, PORT), TB_GATE_PAGE);
    r = page_request("/clerk/app.js");
    assert_int_equal(tb_gate_judge(&r, PORT), TB_GATE_PAGE);
    r = page_request("/kiosk/app.js");
    assert_int_equal(tb_gate_judge(&r, PORT), TB_GATE_PAGE);
    r = page_request("/it");
    assert_int_equal(tb_gate_judge(&r, PORT), TB_GATE_PAGE);
    r = page_request("/words/en.json");
    assert_int_equal(tb_gate_judge(&r, PORT), TB_GATE_SHARED);
    r = page_request("/words");
    assert_int_equal(tb_gate_judge(&r, PORT), TB_GATE_NOT_FOUND);
    r = page_request("/lib/link.js");
    assert_int_equal(tb_gate_judge(&r, PORT), TB_GATE_NOT_FOUND);
    r = page_request("/open");
    assert_int_equal(tb_gate_judge(&r, PORT), TB_GATE_OPEN);
    r.method = TB_GATE_METHOD_HEAD;
    assert_int_equal(tb_gate_judge(&r, PORT), TB_GATE_METHOD_REFUSED);
    r = page_request("/clerkx");
    assert_int_equal(tb_gate_judge(&r, PORT), TB_GATE_NOT_FOUND);
    r = page_request("/");
    assert_int_equal(tb_gate_judge(&r, PORT), TB_GATE_NOT_FOUND);
    r.method = TB_GATE_METHOD_OTHER;
    assert_int_equal(tb_gate_judge(&r, PORT), TB_GATE_METHOD_REFUSED);
}

static void a_path_is_of_one_scope(void **state)
{
    (void)state;
    for (int scope = TB_COUNTER_SCOPE_CLERK; scope < TB_COUNTER_SCOPE_COUNT; scope++) {
        struct tb_span path = tb_span_str(tb_counter_scope_path((enum tb_counter_scope)scope));
        assert_int_equal(tb_counter_scope_at(path), scope);
        assert_int_equal(tb_counter_scope_at(tb_span_sub(path, 0, path.size - 1)), TB_COUNTER_SCOPE_NONE);
    }
    assert_int_equal(tb_counter_scope_at(tb_span_str("/clerk/")), TB_COUNTER_SCOPE_CLERK);
    assert_int_equal(tb_counter_scope_at(tb_span_str("/items")), TB_COUNTER_SCOPE_NONE);
    assert_int_equal(tb_counter_scope_at(tb_span_str("")), TB_COUNTER_SCOPE_NONE);
    assert_int_equal(tb_counter_scope_named(tb_span_str("shopper")), TB_COUNTER_SCOPE_SHOPPER);
    assert_int_equal(tb_counter_scope_named(tb_span_str("kiosk")), TB_COUNTER_SCOPE_NONE);
}

static void every_refusal_has_a_status_and_a_name(void **state)
{
    (void)state;
    for (int answer = TB_GATE_NOT_FOUND; answer <= TB_GATE_PROTOCOL_REFUSED; answer++) {
        assert_in_range(tb_gate_status((enum tb_gate_answer)answer), 400, 499);
        assert_non_null(tb_gate_code((enum tb_gate_answer)answer));
    }
    assert_null(tb_gate_code(TB_GATE_PAGE));
    assert_null(tb_gate_code(TB_GATE_SOCKET));
}

static void cookies_are_found_by_name(void **state)
{
    (void)state;
    struct tb_span header = tb_span_str("a=1; till=first; tillx=no; till=second; broken; till=");
    struct tb_span name = tb_span_str("till");
    assert_true(tb_span_is(tb_gate_cookie(header, name, 0), "first"));
    assert_true(tb_span_is(tb_gate_cookie(header, name, 1), "second"));
    assert_int_equal(tb_gate_cookie(header, name, 2).size, 0);
    assert_int_equal(tb_gate_cookie(header, name, 9).size, 0);
    assert_int_equal(tb_gate_cookie(tb_span_of(NULL, 0), name, 0).size, 0);
    assert_int_equal(tb_gate_cookie(tb_span_str(";;; =;=till"), name, 0).size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_origin_passes),
        cmocka_unit_test(default_port_may_be_left_out),
        cmocka_unit_test(foreign_hosts_are_refused),
        cmocka_unit_test(foreign_origins_are_refused),
        cmocka_unit_test(only_our_websocket_is_upgraded),
        cmocka_unit_test(pages_have_their_paths),
        cmocka_unit_test(a_path_is_of_one_scope),
        cmocka_unit_test(every_refusal_has_a_status_and_a_name),
        cmocka_unit_test(cookies_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
