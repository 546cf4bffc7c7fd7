#include "core/credential/ruledoc.h"

#include "core/base/assert.h"
#include "tests/support/unit.h"

static uint8_t arena_memory[TB_JSON_ARENA_SIZE(4096)];
static struct tb_rules_doc doc;

static struct tb_check decode(const char *text)
{
    struct tb_arena arena = tb_arena_of(arena_memory, sizeof arena_memory);
    struct tb_check check = {.err = TB_OK};
    struct tb_json root;
    assert_int_equal(tb_json_parse(tb_span_str(text), 0, &arena, &root), TB_OK);
    tb_rules_doc_decode(&check, root, &doc);
    return check;
}

static void what_is_absent_is_built_in(void **state)
{
    (void)state;
    assert_int_equal(decode("{}").err, TB_OK);
    assert_ptr_equal(doc.rules.rules, tb_code_rules_default()->rules);
    assert_int_equal(doc.rules.rule_count, tb_code_rules_default()->rule_count);
    assert_null(doc.rules.tokens.audience);
    assert_false(doc.rules.aim_enabled);
    assert_int_equal(decode("{\"rules\":[]}").err, TB_OK);
    assert_int_equal(doc.rules.rule_count, 0);
}

static void rules_are_read(void **state)
{
    (void)state;
    assert_int_equal(
        decode(
            "{\"rules\":[{\"carrier\":\"code128\",\"prefix\":\"9700\",\"digits\":8,\"kind\":\"member\","
            "\"symbology\":\"C\",\"check\":\"gs1\"},"
            "{\"carrier\":\"rotating\",\"prefix\":\"GW-{member}-{totp_value_0}\",\"digits\":10,"
            "\"kind\":\"member\",\"key\":\"google\",\"slack\":2}],"
            "\"hosts\":[\"club.example\",\"www.club.example\"],\"audience\":\"club\",\"type\":\"pass+jwt\","
            "\"life_s\":600,\"aim\":true}")
            .err,
        TB_OK);
    const struct tb_code_rules *rules = &doc.rules;
    assert_int_equal(rules->rule_count, 2);
    assert_int_equal(rules->rules[0].carrier, TB_CARRIER_CODE128);
    assert_string_equal(rules->rules[0].prefix, "9700");
    assert_true(rules->rules[0].digit_count == 8 && rules->rules[0].kind == TB_CREDENTIAL_MEMBER);
    assert_true(rules->rules[0].symbology == 'C' && rules->rules[0].check == TB_CODE_CHECK_GS1);
    assert_null(rules->rules[0].key_id);
    assert_string_equal(rules->rules[1].key_id, "google");
    assert_int_equal(rules->rules[1].slack_steps, 2);
    assert_int_equal(rules->host_count, 2);
    assert_string_equal(rules->hosts[1], "www.club.example");
    assert_string_equal(rules->tokens.audience, "club");
    assert_string_equal(rules->tokens.type, "pass+jwt");
    assert_true(rules->tokens.life_s_max == 600 && rules->aim_enabled);
}

static void names_of_sun_are_read(void **state)
{
    (void)state;
    assert_int_equal(decode("{}").err, TB_OK);
    assert_null(doc.rules.sun);
    assert_int_equal(decode("{\"sun\":{\"picc\":\"picc_data\",\"file\":\"enc\",\"mac\":\"cmac\"}}").err,
                     TB_OK);
    assert_string_equal(doc.rules.sun->picc, "picc_data");
    assert_string_equal(doc.rules.sun->file, "enc");
    assert_string_equal(doc.rules.sun->mac, "cmac");
    assert_true(doc.rules.sun->uid == NULL && doc.rules.sun->counter == NULL && doc.rules.sun->bulk == NULL);
    assert_int_equal(doc.rules.sun->mac_input, TB_SUN_MAC_OVER_FILE);
    assert_false(doc.rules.sun->from_scan);
    assert_int_equal(decode("{\"sun\":{\"uid\":\"u\",\"counter\":\"n\",\"mac\":\"m\",\"mac_input\":\"all\","
                            "\"from_scan\":true}}")
                         .err,
                     TB_OK);
    assert_int_equal(doc.rules.sun->mac_input, TB_SUN_MAC_OVER_ALL);
    assert_true(doc.rules.sun->from_scan);
    assert_int_equal(decode("{\"sun\":{\"bulk\":\"e\"}}").err, TB_OK);
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum tb_err err;
    } cases[] = {
        {"{\"rules\":[{\"carrier\":\"pigeon\",\"prefix\":\"M\"}]}", TB_ERR_RANGE},
        {"{\"rules\":[{\"carrier\":\"cwt\"}]}", TB_ERR_MISSING},
        {"{\"rules\":[{\"carrier\":\"cwt\",\"prefix\":\"\"}]}", TB_ERR_SYNTAX},
        {"{\"rules\":[{\"carrier\":\"ean13\",\"prefix\":\"29\",\"digits\":9,\"kind\":\"member\"}]}",
         TB_ERR_RANGE},
        {"{\"rules\":[{\"carrier\":\"jws\",\"prefix\":\"\",\"kind\":\"bird\"}]}", TB_ERR_RANGE},
        {"{\"rules\":[{\"carrier\":\"jws\",\"prefix\":\"\",\"check\":\"sum\"}]}", TB_ERR_RANGE},
        {"{\"rules\":[{\"carrier\":\"jws\",\"prefix\":\"\",\"symbology\":\"QR\"}]}", TB_ERR_TOO_LONG},
        {"{\"rules\":[7]}", TB_ERR_MISSING},
        {"{\"rules\":{}}", TB_ERR_TYPE},
        {"{\"hosts\":[\"Club.example\"]}", TB_ERR_SYNTAX},
        {"{\"hosts\":[7]}", TB_ERR_TYPE},
        {"{\"handover_url\":7}", TB_ERR_TYPE},
        {"{\"handover_url\":\"https://club.example/h/\",\"hosts\":[\"shop.example\"]}", TB_ERR_SYNTAX},
        {"{\"handover_url\":\"https://club.example/h/\",\"rules\":[]}", TB_ERR_SYNTAX},
        {"{\"handover_url\":\"https://club.example/h/\u00e9/\"}", TB_ERR_SYNTAX},
        {"{\"aim\":1}", TB_ERR_TYPE},
        {"{\"life_s\":-1}", TB_ERR_RANGE},
        {"{\"sun\":7}", TB_ERR_TYPE},
        {"{\"sun\":{}}", TB_ERR_MISSING},
        {"{\"sun\":{\"picc\":\"e\"}}", TB_ERR_MISSING},
        {"{\"sun\":{\"uid\":\"u\",\"mac\":\"m\"}}", TB_ERR_MISSING},
        {"{\"sun\":{\"picc\":\"e\",\"mac\":\"e\"}}", TB_ERR_DUPLICATE_KEY},
        {"{\"sun\":{\"picc\":\"e&\",\"mac\":\"m\"}}", TB_ERR_SYNTAX},
        {"{\"sun\":{\"picc\":\"\",\"mac\":\"m\"}}", TB_ERR_SYNTAX},
        {"{\"sun\":{\"picc\":\"abcdefghijklmnopq\",\"mac\":\"m\"}}", TB_ERR_TOO_LONG},
        {"{\"sun\":{\"picc\":\"e\",\"mac\":\"m\",\"mac_input\":\"uid\"}}", TB_ERR_RANGE},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(cases); i++)
        assert_int_equal(decode(cases[i].text).err, cases[i].err);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    static char first[4096];
    static char second[4096];
    static const char *const hosts[] = {"club.example"};
    struct tb_code_rules rules = *tb_code_rules_default();
    rules.hosts = hosts;
    rules.host_count = 1;
    rules.handover_url = "https://club.example/h/";
    rules.tokens = (struct tb_token_policy){.audience = "club", .type = "t", .life_s_max = 60};
    rules.aim_enabled = true;
    struct tb_sun_rules sun = *tb_sun_rules_default();
    sun.mac_input = TB_SUN_MAC_OVER_ALL;
    sun.from_scan = true;
    rules.sun = &sun;
    struct tb_buf out = tb_buf_of(first, sizeof first - 1);
    struct tb_json_writer w = tb_json_writer_of(&out);
    tb_rules_doc_encode(&w, NULL, &rules);
    assert_int_equal(out.err, TB_OK);
    assert_int_equal(decode(first).err, TB_OK);
    out = tb_buf_of(second, sizeof second - 1);
    w = tb_json_writer_of(&out);
    tb_rules_doc_encode(&w, NULL, &doc.rules);
    assert_string_equal(first, second);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_absent_is_built_in), cmocka_unit_test(rules_are_read),
        cmocka_unit_test(names_of_sun_are_read),      cmocka_unit_test(what_is_wrong_is_said),
        cmocka_unit_test(what_is_written_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
