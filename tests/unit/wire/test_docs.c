#include "core/wire/docs.h"
#include "tests/unit/wire/wire_test.h"

static const char CUSTOMER[] =
    "{\"name\":\"Anna K.\",\"salutation\":\"Ms\",\"since\":\"2019\",\"tier\":\"gold\",\"points\":-12,"
    "\"benefits\":[{\"text\":\"Free alterations\"}],\"open\":[],\"do_not_ask\":[{\"text\":\"newsletter\"},"
    "{\"text\":\"app\"}],\"language\":\"de-CH\",\"consents\":[{\"id\":\"marketing\",\"granted\":false},"
    "{\"id\":\"profiling\",\"granted\":true}]}";
static const char JOURNEY[] = "{\"events\":[{\"at_ms\":2,\"channel\":\"app\",\"what\":\"looked at boots\"},"
                              "{\"at_ms\":1,\"what\":\"signed in\"}]}";
static const char PRODUCT[] = "{\"name\":\"Pen\",\"unit_price\":249,\"currency\":\"EUR\",\"stock\":\"low\","
                              "\"price_as_of\":5}";
static const char TERMINAL[] = "{\"store\":\"0421\",\"store_name\":\"Z\xc3\xbcrich\",\"till\":\"4\",\"role\":"
                               "\"till\",\"name\":\"Till 4\",\"currency\":\"CHF\",\"language\":\"de\"}";
static const char POLICY[] =
    "{\"tiers\":[{\"id\":\"gold\",\"name\":\"Gold\",\"symbol\":\"\xe2\x98\x85\",\"color\":\"#c9A227\","
    "\"points_from\":1000}],\"accent\":\"#0b57d0\",\"max_age_show_ms\":{\"price\":1,\"stock\":2,\"points\":3}"
    ","
    "\"idle_ms\":120000,\"removal_ms\":10000,"
    "\"display\":{\"idle_upper\":\"Open till "
    "8\",\"idle_lower\":\"Welcome\"},\"merge\":\"sum\",\"cache_rows_max\":100000,"
    "\"cache_bytes_max\":0,\"no_contact_ms\":1000,\"outside_keep_ms\":2000,\"journey_keep_ms\":3000,"
    "\"reward_offline_max\":2,\"checksum_ms\":4000,\"scan_begins\":\"till\",\"operator_required\":true,"
    "\"benefits\":{\"show_tier\":\"low\",\"show_name\":\"medium\",\"show_cart\":\"none\",\"redeem\":\"high\"}"
    ","
    "\"credentials\":{\"accepted\":[\"member\"]}}";
static const char KEY[] = "{\"kind\":\"pepper\",\"version\":2,\"value\":\"AAECAw\"}";

static void test_customer(void **state)
{
    (void)state;
    static struct tb_customer customer;
    tb_customer_decode(&t.check, parse(CUSTOMER), &customer);
    assert_int_equal(t.check.err, TB_OK);
    assert_string_equal(customer.name, "Anna K.");
    assert_string_equal(customer.since, "2019");
    assert_true(customer.points == -12);
    assert_int_equal(customer.do_not_ask.count, 2);
    assert_string_equal(customer.do_not_ask.text[1], "app");
    struct tb_json_writer w = begin();
    tb_customer_encode(&w, NULL, &customer);
    assert_written(CUSTOMER);

    tb_customer_decode(&t.check, parse("{\"name\":\"A\",\"points\":0}"), &customer);
    assert_int_equal(t.check.err, TB_OK);
    assert_string_equal(customer.tier, "");
    assert_int_equal(customer.benefits.count, 0);
}

static void test_customer_faults(void **state)
{
    (void)state;
    static struct tb_customer customer;
    static const struct {
        const char *text;
        enum tb_err err;
        const char *member;
    } vectors[] = {
        {"{\"points\":0}", TB_ERR_MISSING, "name"},
        {"{\"name\":\"A\"}", TB_ERR_MISSING, "points"},
        {"{\"name\":\"A\",\"points\":\"0\"}", TB_ERR_TYPE, "points"},
        {"{\"name\":\"A\",\"points\":0,\"since\":\"20x9\"}", TB_ERR_SYNTAX, "since"},
        {"{\"name\":\"A\",\"points\":0,\"since\":2019}", TB_ERR_TYPE, "since"},
        {"{\"name\":\"A\",\"points\":0,\"tier\":\"go ld\"}", TB_ERR_SYNTAX, "tier"},
        {"{\"name\":\"A\",\"points\":0,\"open\":[{}]}", TB_ERR_MISSING, "text"},
        {"{\"name\":\"A\",\"points\":0,\"open\":[\"x\"]}", TB_ERR_MISSING, "text"},
        {"{\"name\":\"A\",\"points\":0,\"open\":[1,2,3,4,5,6,7,8,9]}", TB_ERR_TOO_LONG, "open"},
    };
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        tb_customer_decode(&t.check, parse(vectors[i].text), &customer);
        assert_fault(vectors[i].err, vectors[i].member);
    }
}

static void test_journey(void **state)
{
    (void)state;
    static struct tb_journey journey;
    tb_journey_decode(&t.check, parse(JOURNEY), &journey);
    assert_int_equal(t.check.err, TB_OK);
    assert_int_equal(journey.event_count, 2);
    assert_int_equal(journey.events[0].channel, TB_CHANNEL_APP);
    struct tb_json_writer w = begin();
    tb_journey_encode(&w, NULL, &journey);
    assert_written(JOURNEY);
    tb_journey_decode(&t.check, parse("{\"events\":[{\"at_ms\":1}]}"), &journey);
    assert_fault(TB_ERR_MISSING, "what");
    assert_int_equal(journey.event_count, 0);
}

static void test_product(void **state)
{
    (void)state;
    struct tb_product product;
    tb_product_decode(&t.check, parse(PRODUCT), &product);
    assert_int_equal(t.check.err, TB_OK);
    assert_int_equal(product.stock, TB_STOCK_LOW);
    struct tb_json_writer w = begin();
    tb_product_encode(&w, NULL, &product);
    assert_written(PRODUCT);
    tb_product_decode(&t.check, parse("{\"name\":\"Pen\",\"currency\":\"EUR\"}"), &product);
    assert_fault(TB_ERR_MISSING, "unit_price");
}

static void test_terminal(void **state)
{
    (void)state;
    struct tb_terminal terminal;
    tb_terminal_decode(&t.check, parse(TERMINAL), &terminal);
    assert_int_equal(t.check.err, TB_OK);
    assert_string_equal(terminal.store, "0421");
    struct tb_json_writer w = begin();
    tb_terminal_encode(&w, NULL, &terminal);
    assert_written(TERMINAL);
}

static void test_policy(void **state)
{
    (void)state;
    static struct tb_policy policy;
    tb_policy_decode(&t.check, parse(POLICY), &policy);
    assert_int_equal(t.check.err, TB_OK);
    assert_int_equal(policy.tier_count, 1);
    assert_true(policy.max_age_show_points_ms == 3);
    struct tb_json_writer w = begin();
    tb_policy_encode(&w, NULL, &policy);
    assert_written(POLICY);

    tb_policy_decode(&t.check, parse("{\"tiers\":[]}"), &policy);
    assert_int_equal(t.check.err, TB_OK);
    assert_true(policy.idle_ms == 120000 && policy.removal_ms == 10000);
    assert_int_equal(policy.merge, TB_MERGE_ASK);
    assert_true(policy.no_contact_ms == INT64_C(2592000000) && policy.outside_keep_ms == 86400000);
}

static const char CONSENTS[] =
    "{\"tiers\":[],\"consents\":[{\"id\":\"club\",\"text_version\":\"2\",\"texts\":[{\"language\":\"en\","
    "\"text\":\"Join \\\"us\\\"?\"},{\"language\":\"de-AT\",\"text\":\"Mitmachen?\"}]},"
    "{\"id\":\"news\",\"text_version\":\"1\"},"
    "{\"id\":\"app\",\"text_version\":\"1\",\"texts\":[{\"language\":\"en\",\"text\":\"<script>\"}]}]}";

static void test_consents_have_words(void **state)
{
    (void)state;
    static struct tb_policy policy;
    tb_policy_people_decode(&t.check, parse(CONSENTS), &policy);
    assert_int_equal(t.check.err, TB_OK);
    assert_int_equal(policy.consent_count, 3);
    assert_int_equal(policy.consent_word_count, 3);
    assert_int_equal(policy.consent_words[2].consent, 2);
    assert_string_equal(policy.consent_text + policy.consent_words[2].at, "<script>");
    struct tb_json_writer w = begin();
    tb_json_open(&w, NULL);
    tb_json_open_array(&w, "tiers");
    tb_json_close_array(&w);
    tb_policy_people_put(&w, &policy);
    tb_json_close(&w);
    assert_written(CONSENTS);
}

/* count texts of size bytes each. */
static void decode_texts(struct tb_policy *policy, size_t count, size_t size)
{
    static char text[TB_CONSENT_WORDING_SIZE_MAX + 2];
    memset(text, 'x', size);
    text[size] = '\0';
    struct tb_json_writer w = begin();
    tb_json_open(&w, NULL);
    tb_json_open_array(&w, "consents");
    tb_json_open(&w, NULL);
    tb_json_put_str(&w, "id", "club");
    tb_json_put_str(&w, "text_version", "1");
    tb_json_open_array(&w, "texts");
    for (size_t i = 0; i < count; i++) {
        tb_json_open(&w, NULL);
        tb_json_put_str(&w, "language", "en");
        tb_json_put_text(&w, "text", tb_span_str(text));
        tb_json_close(&w);
    }
    tb_json_close_array(&w);
    tb_json_close(&w);
    tb_json_close_array(&w);
    tb_json_close(&w);
    tb_policy_people_decode(&t.check, parse_span(tb_buf_span(&t.text)), policy);
}

static void test_words_of_consents_are_bounded(void **state)
{
    (void)state;
    static struct tb_policy policy;
    decode_texts(&policy, 6, TB_CONSENT_WORDING_SIZE_MAX);
    assert_int_equal(t.check.err, TB_OK);
    assert_int_equal(policy.consent_word_count, 6);
    decode_texts(&policy, 7, TB_CONSENT_WORDING_SIZE_MAX);
    assert_fault(TB_ERR_TOO_LONG, "text");
    assert_int_equal(policy.consent_count, 0);
    decode_texts(&policy, 1, TB_CONSENT_WORDING_SIZE_MAX + 1);
    assert_fault(TB_ERR_TOO_LONG, "text");
    decode_texts(&policy, TB_CONSENT_WORDS_COUNT_MAX, 9);
    assert_int_equal(t.check.err, TB_OK);
    decode_texts(&policy, TB_CONSENT_WORDS_COUNT_MAX + 1, 9);
    assert_fault(TB_ERR_TOO_LONG, "texts");
    decode_texts(&policy, 1, 0);
    assert_fault(TB_ERR_MISSING, "text");
    tb_policy_people_decode(&t.check,
                            parse("{\"consents\":[{\"id\":\"a\",\"text_version\":\"1\",\"texts\":[{"
                                  "\"language\":\"e n\",\"text\":\"x\"}]}]}"),
                            &policy);
    assert_fault(TB_ERR_SYNTAX, "language");
}

static void test_colors_are_colors(void **state)
{
    (void)state;
    static struct tb_policy policy;
    static const char *const bad[] = {"red", "#12345", "#1234567", "#12345g", "", "123456#", "#123456;"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct tb_json_writer w = begin();
        tb_json_open(&w, NULL);
        tb_json_open_array(&w, "tiers");
        tb_json_open(&w, NULL);
        tb_json_put_str(&w, "id", "a");
        tb_json_put_str(&w, "name", "A");
        tb_json_put_str(&w, "symbol", "*");
        tb_json_put_str(&w, "color", bad[i]);
        tb_json_put_int(&w, "points_from", 0);
        tb_json_close(&w);
        tb_json_close_array(&w);
        tb_json_close(&w);
        tb_policy_decode(&t.check, parse_span(tb_buf_span(&t.text)), &policy);
        assert_fault(TB_ERR_SYNTAX, "color");
    }
    tb_policy_decode(&t.check, parse("{\"tiers\":[],\"accent\":\"orange\"}"), &policy);
    assert_fault(TB_ERR_SYNTAX, "accent");
}

static void test_key(void **state)
{
    (void)state;
    struct tb_key_doc key;
    tb_key_doc_decode(&t.check, parse(KEY), &key);
    assert_int_equal(t.check.err, TB_OK);
    assert_int_equal(key.value_size, 4);
    assert_int_equal(key.value[3], 3);
    struct tb_json_writer w = begin();
    tb_key_doc_encode(&w, NULL, &key);
    assert_written(KEY);
    tb_key_doc_decode(&t.check, parse("{\"kind\":\"pepper\",\"version\":1,\"value\":\"A+/=\"}"), &key);
    assert_fault(TB_ERR_SYNTAX, "value");
    tb_key_doc_decode(&t.check, parse("{\"kind\":\"pepper\",\"version\":0,\"value\":\"AA\"}"), &key);
    assert_fault(TB_ERR_RANGE, "version");
}

static void test_credential(void **state)
{
    (void)state;
    struct tb_credential_doc doc;
    tb_credential_doc_decode(&t.check, parse("{\"kind\":\"member\",\"blocked\":true}"), &doc);
    assert_true(doc.blocked);
    tb_credential_doc_decode(&t.check, parse("{\"kind\":\"member\"}"), &doc);
    assert_false(doc.blocked);
    assert_int_equal(t.check.err, TB_OK);
    struct tb_json_writer w = begin();
    tb_credential_doc_encode(&w, NULL, &doc);
    assert_written("{\"kind\":\"member\"}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_customer),
        cmocka_unit_test(test_customer_faults),
        cmocka_unit_test(test_journey),
        cmocka_unit_test(test_product),
        cmocka_unit_test(test_terminal),
        cmocka_unit_test(test_policy),
        cmocka_unit_test(test_consents_have_words),
        cmocka_unit_test(test_words_of_consents_are_bounded),
        cmocka_unit_test(test_colors_are_colors),
        cmocka_unit_test(test_key),
        cmocka_unit_test(test_credential),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
