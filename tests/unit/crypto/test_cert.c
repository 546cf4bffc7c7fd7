#include "core/crypto/cert.h"
#include "tests/support/hex.h"
#include "tests/support/seeded_rng.h"
#include "tests/support/unit.h"

#define DEVICE_URI "urn:tillbridge:demo:device:0421-4"

static const int64_t DAY_MS = INT64_C(86400000);
static const int64_t START_MS = INT64_C(1709164799000); /* 2024-02-28T23:59:59Z, before a leap day */

struct fixture {
    struct seeded_rng seed;
    struct tb_rng rng;
    struct tb_key ca_key;
    struct tb_key key;
    uint8_t ca_room[TB_CERT_PEM_SIZE_MAX];
    struct tb_buf ca;
    uint8_t room[TB_CERT_PEM_SIZE_MAX];
    struct tb_buf out;
};

static struct fixture f;

static struct tb_cert_plan root_plan(void)
{
    return (struct tb_cert_plan){
        .role = TB_CERT_CA,
        .common_name = "Tillbridge demo CA",
        .not_before_ms = START_MS,
        .not_after_ms = START_MS + 3650 * DAY_MS,
    };
}

static struct tb_cert_plan client_plan(void)
{
    return (struct tb_cert_plan){
        .role = TB_CERT_CLIENT,
        .common_name = "till 4",
        .uri = DEVICE_URI,
        .not_before_ms = START_MS,
        .not_after_ms = START_MS + 2 * DAY_MS,
    };
}

static int set_up(void **state)
{
    (void)state;
    f.seed.state = 5;
    f.rng = seeded_rng_of(&f.seed);
    f.ca = tb_buf_of(f.ca_room, sizeof f.ca_room);
    f.out = tb_buf_of(f.room, sizeof f.room);
    struct tb_cert_plan plan = root_plan();
    assert_int_equal(tb_key_make(&f.rng, &f.ca_key), TB_OK);
    assert_int_equal(tb_key_make(&f.rng, &f.key), TB_OK);
    assert_int_equal(tb_cert_issue_root(&f.ca_key, &plan, &f.rng, &f.ca), TB_OK);
    return 0;
}

static enum tb_err issue(const struct tb_cert_plan *plan)
{
    const struct tb_cert_issuer issuer = {.key = &f.ca_key, .certificate = tb_buf_span(&f.ca)};
    tb_buf_reset(&f.out);
    return tb_cert_issue(&issuer, &f.key.public_key, plan, &f.rng, &f.out);
}

static void test_root(void **state)
{
    (void)state;
    struct tb_cert_info info;
    assert_int_equal(tb_cert_read(tb_buf_span(&f.ca), &info), TB_OK);
    assert_true(info.is_ca);
    assert_false(info.is_client);
    assert_false(info.is_server);
    assert_string_equal(info.common_name, "Tillbridge demo CA");
    assert_string_equal(info.uri, "");
    assert_memory_equal(&info.key, &f.ca_key.public_key, sizeof info.key);
}

static void test_a_request_becomes_a_certificate(void **state)
{
    (void)state;
    uint8_t room[TB_CERT_PEM_SIZE_MAX];
    struct tb_buf request_text = tb_buf_of(room, sizeof room);
    assert_int_equal(tb_cert_ask(&f.key, "till 4", DEVICE_URI, &f.rng, &request_text), TB_OK);
    struct tb_cert_request request;
    assert_int_equal(tb_cert_read_request(tb_buf_span(&request_text), &request), TB_OK);
    assert_string_equal(request.common_name, "till 4");
    assert_string_equal(request.uri, DEVICE_URI);
    assert_memory_equal(&request.key, &f.key.public_key, sizeof request.key);

    struct tb_cert_plan plan = client_plan();
    assert_int_equal(issue(&plan), TB_OK);
    struct tb_cert_info info;
    assert_int_equal(tb_cert_read(tb_buf_span(&f.out), &info), TB_OK);
    assert_false(info.is_ca);
    assert_true(info.is_client);
    assert_false(info.is_server);
    assert_string_equal(info.common_name, "till 4");
    assert_string_equal(info.uri, DEVICE_URI);
    assert_true(info.not_before_ms == START_MS);
    assert_true(info.not_after_ms == START_MS + 2 * DAY_MS);
    assert_int_equal(info.serial_size, 16);
    assert_true((info.serial[0] & 0xc0) == 0x40);
}

static void test_server_names(void **state)
{
    (void)state;
    const struct tb_cert_names names = {.dns = {"localhost", "context.example"}, .ip = {"127.0.0.1", "::1"}};
    struct tb_cert_plan plan = client_plan();
    plan.role = TB_CERT_SERVER;
    plan.uri = NULL;
    plan.names = &names;
    assert_int_equal(issue(&plan), TB_OK);
    struct tb_cert_info info;
    assert_int_equal(tb_cert_read(tb_buf_span(&f.out), &info), TB_OK);
    assert_true(info.is_server);
    assert_false(info.is_client);
    assert_string_equal(info.uri, "");
}

static void test_serials_differ(void **state)
{
    (void)state;
    struct tb_cert_plan plan = client_plan();
    struct tb_cert_info first;
    struct tb_cert_info second;
    assert_int_equal(issue(&plan), TB_OK);
    assert_int_equal(tb_cert_read(tb_buf_span(&f.out), &first), TB_OK);
    assert_int_equal(issue(&plan), TB_OK);
    assert_int_equal(tb_cert_read(tb_buf_span(&f.out), &second), TB_OK);
    assert_memory_not_equal(first.serial, second.serial, sizeof first.serial);
}

static void test_times_survive(void **state)
{
    (void)state;
    static const int64_t times_ms[] = {
        0,
        INT64_C(951782400000),    /* 2000-02-29 */
        INT64_C(2524607999000),   /* 2049-12-31T23:59:59, the last UTCTime */
        INT64_C(2524608000000),   /* 2050-01-01, the first GeneralizedTime */
        INT64_C(4107542400000),   /* 2100-03-01, the day after a February of 28 days */
        INT64_C(253402300798000), /* 9999-12-31T23:59:58 */
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(times_ms); i++) {
        struct tb_cert_plan plan = client_plan();
        plan.not_before_ms = times_ms[i];
        plan.not_after_ms = times_ms[i] + 1000;
        assert_int_equal(issue(&plan), TB_OK);
        struct tb_cert_info info;
        assert_int_equal(tb_cert_read(tb_buf_span(&f.out), &info), TB_OK);
        assert_true(info.not_before_ms == times_ms[i]);
        assert_true(info.not_after_ms == times_ms[i] + 1000);
    }
}

static void test_bad_plans_are_refused(void **state)
{
    (void)state;
    struct tb_cert_plan plan = client_plan();
    plan.not_after_ms = plan.not_before_ms;
    assert_int_equal(issue(&plan), TB_ERR_RANGE);
    plan = client_plan();
    plan.not_before_ms = -1;
    assert_int_equal(issue(&plan), TB_ERR_RANGE);
    plan = client_plan();
    plan.uri = "urn:tillbridge:demo:device: 4";
    assert_int_equal(issue(&plan), TB_ERR_RANGE);

    static const char *const bad_names[] = {"",      "till,O=other", "till=4", " till",
                                            "till ", "till\n4",      "till\\4"};
    for (size_t i = 0; i < TB_ARRAY_SIZE(bad_names); i++) {
        plan = client_plan();
        plan.common_name = bad_names[i];
        assert_int_equal(issue(&plan), TB_ERR_RANGE);
    }
    const struct tb_cert_names bad_address = {.ip = {"127.0.0.256"}};
    plan = client_plan();
    plan.names = &bad_address;
    assert_int_equal(issue(&plan), TB_ERR_RANGE);
    plan = client_plan();
    tb_buf_reset(&f.out);
    assert_int_equal(tb_cert_issue_root(&f.ca_key, &plan, &f.rng, &f.out), TB_ERR_RANGE);
}

static void test_only_the_ca_issues(void **state)
{
    (void)state;
    struct tb_cert_plan plan = client_plan();
    assert_int_equal(issue(&plan), TB_OK);
    uint8_t leaf_room[TB_CERT_PEM_SIZE_MAX];
    struct tb_buf leaf = tb_buf_of(leaf_room, sizeof leaf_room);
    tb_buf_add(&leaf, tb_buf_span(&f.out));
    tb_buf_reset(&f.out);
    struct tb_cert_issuer issuer = {.key = &f.key, .certificate = tb_buf_span(&leaf)};
    assert_int_equal(tb_cert_issue(&issuer, &f.key.public_key, &plan, &f.rng, &f.out), TB_ERR_DENIED);
    issuer.certificate = tb_buf_span(&f.ca); /* a CA's certificate, but not of this key */
    assert_int_equal(tb_cert_issue(&issuer, &f.key.public_key, &plan, &f.rng, &f.out), TB_ERR_DENIED);
}

/* Made by `openssl req -new -key … -subj "/CN=till 9" -addext "subjectAltName=URI:urn:x:device:9"`. */
static const char FOREIGN_REQUEST[] = "-----BEGIN CERTIFICATE REQUEST-----\n"
                                      "MIH5MIGfAgEAMBExDzANBgNVBAMMBnRpbGwgOTBZMBMGByqGSM49AgEGCCqGSM49\n"
                                      "AwEHA0IABOZaY69bGwvv3yAZfsZNvzUoyieC636DTmz7nGuHwEaAO/bkcnFajInp\n"
                                      "NXBSTB/LoEozA8S2lQPyk6yih5sbPQGgLDAqBgkqhkiG9w0BCQ4xHTAbMBkGA1Ud\n"
                                      "EQQSMBCGDnVybjp4OmRldmljZTo5MAoGCCqGSM49BAMCA0kAMEYCIQCoT3Ek667U\n"
                                      "nOo2BHX72xMY8FivBAkYkHZjcL+lGlbKBQIhAP5hrSjm58F+au3s1pVGBn3nvqqL\n"
                                      "p6xlWKgSL3Zj83he\n"
                                      "-----END CERTIFICATE REQUEST-----\n";

static void test_request_of_another_program(void **state)
{
    (void)state;
    struct tb_cert_request request;
    assert_int_equal(tb_cert_read_request(tb_span_str(FOREIGN_REQUEST), &request), TB_OK);
    assert_string_equal(request.common_name, "till 9");
    assert_string_equal(request.uri, "urn:x:device:9");
}

/* Every byte of the DER is either covered by the signature or part of it. */
static void test_changed_requests_are_refused(void **state)
{
    (void)state;
    struct tb_cert_request request;
    uint8_t room[TB_CERT_PEM_SIZE_MAX];
    struct tb_buf text = tb_buf_of(room, sizeof room);
    assert_int_equal(tb_cert_ask(&f.key, "till 4", DEVICE_URI, &f.rng, &text), TB_OK);
    for (size_t i = 40; i < text.size; i += 7) {
        uint8_t was = room[i];
        room[i] = was == 'A' ? 'B' : 'A';
        if (was != '\n' && was != '=' && was != '-')
            assert_int_not_equal(tb_cert_read_request(tb_buf_span(&text), &request), TB_OK);
        room[i] = was;
    }
    assert_int_equal(tb_cert_read_request(tb_buf_span(&text), &request), TB_OK);
}

static void test_what_is_no_certificate(void **state)
{
    (void)state;
    struct tb_cert_info info;
    struct tb_cert_request request;
    assert_int_equal(tb_cert_read(tb_span_str(""), &info), TB_ERR_SYNTAX);
    assert_int_equal(tb_cert_read(tb_span_str(FOREIGN_REQUEST), &info), TB_ERR_SYNTAX);
    assert_int_equal(tb_cert_read_request(tb_buf_span(&f.ca), &request), TB_ERR_SYNTAX);
    for (size_t size = 0; size + 30 < f.ca.size; size += 13)
        assert_int_not_equal(tb_cert_read(tb_span_of(f.ca_room, size), &info), TB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_root, set_up),
        cmocka_unit_test_setup(test_a_request_becomes_a_certificate, set_up),
        cmocka_unit_test_setup(test_server_names, set_up),
        cmocka_unit_test_setup(test_serials_differ, set_up),
        cmocka_unit_test_setup(test_times_survive, set_up),
        cmocka_unit_test_setup(test_bad_plans_are_refused, set_up),
        cmocka_unit_test_setup(test_only_the_ca_issues, set_up),
        cmocka_unit_test_setup(test_request_of_another_program, set_up),
        cmocka_unit_test_setup(test_changed_requests_are_refused, set_up),
        cmocka_unit_test_setup(test_what_is_no_certificate, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
