#include "tests/integration/contextd/engine_fixture.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/credential/desfire.h"
#include "core/credential/rotating.h"
#include "core/crypto/hash.h"
#include "tests/support/pn532d/tapped.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define OTHER_TILL "till-0421-5"

static struct engine_fixture fixture;
static uint8_t pepper[32];
static const uint8_t secret[20] = "12345678901234567890";

static void load(const struct tb_record *record)
{
    const struct tb_engine_ops *ops = fixture.engine->ops;
    assert_int_equal(ops->load_begin(fixture.engine), TB_OK);
    assert_int_equal(ops->load_put(fixture.engine, record), TB_OK);
    assert_int_equal(ops->load_end(fixture.engine, true), TB_OK);
}

static void key_load(const char *kind, const char *id, struct tb_span value)
{
    struct tb_key_doc doc = {.version = 1, .value_size = (uint8_t)value.size};
    (void)snprintf(doc.kind, sizeof doc.kind, "%s", kind);
    (void)snprintf(doc.id, sizeof doc.id, "%s", id);
    memcpy(doc.value, value.at, value.size);
    load(&(struct tb_record){.kind = TB_RECORD_KEY, .as.key = {.doc = &doc, .audience = "none"}});
}

/* The chain's pepper, as a terminal gets it. */
static void pepper_read(void)
{
    const struct tb_engine_peer till = fixture_till("till-0421-4");
    const struct tb_cursor none = {0};
    struct tb_engine_request request = fixture_feed(&till, TB_SCOPE_DEVICE, &none);
    const struct tb_engine_answer *answer = engine_fixture_ask(&fixture, &request);
    for (size_t i = 0; i < answer->feed.rows.count; i++) {
        const struct tb_row *row = &answer->feed.rows.at[i];
        if (row->type != TB_ROW_KEY || strcmp(row->id, "pepper") != 0)
            continue;
        static const char before[] = "\"value\":\"";
        const uint8_t *at = memmem(row->doc.at, row->doc.size, before, sizeof before - 1);
        assert_non_null(at);
        struct tb_buf value = tb_buf_of(pepper, sizeof pepper);
        assert_int_equal(tb_base64url_decode(tb_span_of(at + sizeof before - 1, 43), &value), TB_OK);
    }
}

static int set_up(void **state)
{
    engine_fixture_begin(&fixture);
    pepper_read();
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    engine_fixture_end(*state);
    return 0;
}

static void hash_of(const char *kind, struct tb_span value, uint8_t ret_hash[TB_LOOKUP_HASH_SIZE])
{
    const struct tb_span parts[] = {tb_span_str(kind), tb_span_of("", 1), value};
    struct tb_digest hash = tb_hmac_sha256_parts(tb_span_of(pepper, sizeof pepper), parts, 3);
    memcpy(ret_hash, hash.bytes, TB_LOOKUP_HASH_SIZE);
}

static struct tb_engine_request ask_of(const char *device, const char *kind, struct tb_span value,
                                       const char *evidence)
{
    struct tb_engine_request request = {.ask = TB_ENGINE_IDENTIFY, .peer = fixture_till(device)};
    (void)snprintf(request.identify.kind, sizeof request.identify.kind, "%s", kind);
    (void)snprintf(request.identify.evidence, sizeof request.identify.evidence, "%s", evidence);
    if (strcmp(kind, "none") != 0)
        hash_of(kind, value, request.identify.hash);
    return request;
}

struct code {
    char text[80];
    char member[TB_SEED_MEMBER_SIZE];
};

static struct code code_of(uint32_t customer, int64_t at_ms)
{
    struct code code;
    uint8_t own[TB_TOTP_KEY_SIZE];
    char otp[TB_TOTP_DIGIT_COUNT_MAX + 1];
    tb_seed_member(customer, code.member);
    tb_totp_member_key(tb_span_of(secret, sizeof secret), tb_span_str(code.member), own);
    tb_totp(tb_span_of(own, sizeof own), (uint64_t)(at_ms / 60000), 8, otp);
    (void)snprintf(code.text, sizeof code.text, "R:%s:%lld:%s", code.member, (long long)(at_ms / 1000), otp);
    return code;
}

static const struct tb_engine_answer *ask_code(const char *device, const struct code *code)
{
    struct tb_engine_request request = ask_of(device, "member", tb_span_str(code->member), code->text);
    const struct tb_engine_answer *answer = engine_fixture_ask(&fixture, &request);
    assert_int_equal(answer->err, TB_OK);
    return answer;
}

static void refused(const struct tb_engine_answer *answer, const char *reason)
{
    assert_string_equal(answer->identify.proof.refused, reason);
    assert_false(answer->identify.found || answer->identify.proof.verified);
    assert_int_equal(answer->identify.rows.count, 0);
}

static void a_rotating_code_is_verified_once_for_all_terminals(void **state)
{
    (void)state;
    const struct code code = code_of(0, NOW_MS);
    key_load("totp", "R", tb_span_of(secret, sizeof secret));
    const struct tb_engine_answer *answer = ask_code("till-0421-4", &code);
    assert_true(answer->identify.found && answer->identify.proof.verified);
    assert_string_equal(answer->identify.proof.kind, "member");
    assert_string_equal(answer->identify.proof.assurance, "medium");
    assert_int_equal(answer->identify.rows.at[0].type, TB_ROW_CUSTOMER);
    refused(ask_code(OTHER_TILL, &code), "proof.replayed");
    engine_fixture_reopen(&fixture);
    refused(ask_code(OTHER_TILL, &code), "proof.replayed");
}

static void a_wrong_or_old_code_finds_nobody(void **state)
{
    (void)state;
    struct code code = code_of(0, NOW_MS);
    key_load("totp", "R", tb_span_of(secret, sizeof secret));
    char *last = &code.text[strlen(code.text) - 1];
    *last = *last == '9' ? '0' : (char)(*last + 1);
    refused(ask_code("till-0421-4", &code), "proof.wrong");
    const struct code old = code_of(0, NOW_MS - 300000);
    refused(ask_code("till-0421-4", &old), "proof.expired");
}

/* The hash that comes along is of somebody else: neither of them is told. */
static void evidence_is_of_the_credential_that_is_asked_for(void **state)
{
    (void)state;
    struct code code = code_of(0, NOW_MS);
    key_load("totp", "R", tb_span_of(secret, sizeof secret));
    tb_seed_member(1, code.member);
    refused(ask_code("till-0421-4", &code), "proof.wrong");
}

static void without_a_key_the_hash_alone_counts(void **state)
{
    (void)state;
    const struct code code = code_of(0, NOW_MS);
    const struct tb_engine_answer *answer = ask_code("till-0421-4", &code);
    assert_true(answer->identify.found);
    assert_false(answer->identify.proof.verified);
    assert_string_equal(answer->identify.proof.refused, "");
}

/* A number that anybody can print is no evidence of anything. */
static void a_static_code_proves_nothing(void **state)
{
    (void)state;
    char member[TB_SEED_MEMBER_SIZE];
    tb_seed_member(0, member);
    char text[64];
    (void)snprintf(text, sizeof text, "https://x.example/m/%s", member);
    struct tb_engine_request request = ask_of("till-0421-4", "none", tb_span_of(NULL, 0), text);
    const struct tb_engine_answer *answer = engine_fixture_ask(&fixture, &request);
    assert_false(answer->identify.found || answer->identify.proof.verified);
}

/* AN12196 p. 18: zero keys, UID 04958CAA5C5E80, counter 8. */
#define SUN_UID "\x04\x95\x8c\xaa\x5c\x5e\x80"
#define SUN "e=FD91EC264309878BE6345CBE53BADF40&d=CEE9A53E3E463EF1F459635736738962&cmac=ECC1E7F6C6C73BF6"

static void sun_load(void)
{
    static const uint8_t zero[16];
    uint8_t hash[TB_LOOKUP_HASH_SIZE];
    static const char trust[] = "{\"sun\":{\"picc\":\"e\",\"file\":\"d\",\"mac\":\"cmac\"}}";
    key_load("sun_meta", "gold", tb_span_of(zero, sizeof zero));
    key_load("sun_file", "gold", tb_span_of(zero, sizeof zero));
    load(&(struct tb_record){.kind = TB_RECORD_POLICY, .as.policy = {.credentials = tb_span_str(trust)}});
    hash_of("tag", tb_span_of(SUN_UID, 7), hash);
    load(&(struct tb_record){.kind = TB_RECORD_CREDENTIAL,
                             .as.credential = {.customer = tb_seed_customer_id(SEED_NUMBER, 3),
                                               .kind = "tag",
                                               .hash = tb_span_of(hash, sizeof hash)}});
}

static void a_tag_that_hides_its_uid_is_told_by_its_message(void **state)
{
    (void)state;
    sun_load();
    struct tb_engine_request request = ask_of("till-0421-4", "none", tb_span_of(NULL, 0), SUN);
    const struct tb_engine_answer *answer = engine_fixture_ask(&fixture, &request);
    assert_string_equal(answer->identify.proof.refused, "");
    assert_true(answer->identify.found && answer->identify.proof.verified);
    assert_string_equal(answer->identify.proof.kind, "tag");
    const struct tb_id wanted = tb_seed_customer_id(SEED_NUMBER, 3);
    assert_true(tb_id_equal(&answer->identify.rows.at[0].customer, &wanted));
    refused(engine_fixture_ask(&fixture, &request), "proof.replayed");
    request.identify.evidence[strlen(request.identify.evidence) - 1] = '7';
    refused(engine_fixture_ask(&fixture, &request), "proof.wrong");
}

/* Nobody has that card: its message may be shown again once somebody does. */
static void nothing_is_used_up_for_nobody(void **state)
{
    (void)state;
    sun_load();
    struct code code = code_of(FIXTURE_CUSTOMERS + 5, NOW_MS);
    key_load("totp", "R", tb_span_of(secret, sizeof secret));
    for (int i = 0; i < 2; i++) {
        const struct tb_engine_answer *answer = ask_code("till-0421-4", &code);
        assert_false(answer->identify.found);
        assert_string_equal(answer->identify.proof.refused, "");
    }
}

static void a_handover_is_found_by_its_code(void **state)
{
    (void)state;
    const struct tb_engine_peer kiosk = fixture_till("kiosk-0421-7");
    const struct tb_id customer = tb_seed_customer_id(SEED_NUMBER, 2);
    struct tb_mutation m = {.seq = 1,
                            .kind = TB_MUTATION_HANDOVER_REQUEST,
                            .made_ms = NOW_MS,
                            .customer = customer,
                            .handover = {.handover = fixture_id(77)}};
    (void)snprintf(m.handover.to, sizeof m.handover.to, "any");
    struct tb_engine_request apply = fixture_apply(&kiosk, &m, 1);
    const struct tb_engine_answer *answer = engine_fixture_ask(&fixture, &apply);
    assert_int_equal(answer->apply.verdicts[0].kind, TB_VERDICT_APPLIED);
    char code[7] = "";
    for (size_t i = 0; i < answer->apply.rows.count; i++) {
        const struct tb_row *row = &answer->apply.rows.at[i];
        const char *at =
            row->type == TB_ROW_HANDOVER ? memmem(row->doc.at, row->doc.size, "\"code\":\"", 8) : NULL;
        if (at)
            memcpy(code, at + 8, 6);
    }
    assert_int_equal(strlen(code), 6);
    struct tb_engine_request request = ask_of("till-0421-4", "handover", tb_span_of(NULL, 0), code);
    memset(request.identify.hash, 0, sizeof request.identify.hash);
    answer = engine_fixture_ask(&fixture, &request);
    assert_true(answer->identify.found);
    assert_false(answer->identify.proof.verified);
    assert_true(tb_id_equal(&answer->identify.rows.at[0].customer, &customer));
    fixture.wall_ms += INT64_C(5) * 3600 * 1000;
    assert_false(engine_fixture_ask(&fixture, &request)->identify.found);
}

/* ---- DESFire cards at terminals without the key ---- */

#define CARD_KEY "00112233445566778899aabbccddeeff"
#define CARD "desfire aid=3042f5 uid=04782e21801d80 key=" CARD_KEY

#define HIDDEN_CARD "desfire aid=3042f5 uid=random hidden=04782e21801d80 key=" CARD_KEY

static struct card card;

static void card_lies(const char *spec)
{
    struct tb_key_doc doc = {
        .version = 1, .kind = "desfire", .id = "cards", .value_size = 16, .application = {0x30, 0x42, 0xf5}};
    assert_int_equal(tb_hex_decode(tb_span_str(CARD_KEY), doc.value, 16), TB_OK);
    load(&(struct tb_record){.kind = TB_RECORD_KEY, .as.key = {.doc = &doc, .audience = "none"}});
    tapped_card(&card, spec);
}

/* The card's answer as evidence, behind the UID as anticollision gave it. */
static struct tb_identify_proof card_said(const char *device, struct tb_span answer)
{
    char evidence[TB_IDENTIFY_EVIDENCE_SIZE_MAX + 1];
    struct tb_buf text = tb_buf_of(evidence, sizeof evidence - 1);
    tb_buf_add_str(&text, TB_DESFIRE_EVIDENCE);
    tb_buf_add_hex(&text, tb_span_of(card.uid, card.uid_size));
    tb_buf_add_str(&text, ":");
    tb_buf_add_hex(&text, answer);
    evidence[text.size] = '\0';
    struct tb_engine_request request = ask_of(device, "none", tb_span_of(NULL, 0), evidence);
    const struct tb_engine_answer *told = engine_fixture_ask(&fixture, &request);
    assert_int_equal(told->err, TB_OK);
    assert_false(told->identify.found); /* nobody has this card */
    return told->identify.proof;
}

static struct tb_identify_proof card_carry(unsigned exchange_max)
{
    uint8_t memory[CARD_ANSWER_MAX];
    struct tb_identify_proof proof = card_said("till-0421-4", tb_span_of(NULL, 0));
    for (unsigned i = 0; proof.command_size && i < exchange_max; i++) {
        struct tb_applet_io io = {.command_size = proof.command_size, .timeout_ms = 1};
        memcpy(io.command, proof.command, proof.command_size);
        proof = card_said("till-0421-4", tapped_exchange(&card, &io, memory));
    }
    return proof;
}

static void a_card_is_verified_where_its_key_is(void **state)
{
    (void)state;
    static const uint8_t uid[] = {0x04, 0x78, 0x2e, 0x21, 0x80, 0x1d, 0x80};
    static const char *const cards[] = {CARD, CARD " ev1", HIDDEN_CARD};
    for (size_t i = 0; i < TB_ARRAY_SIZE(cards); i++) {
        uint8_t hash[TB_LOOKUP_HASH_SIZE];
        card_lies(cards[i]);
        struct tb_identify_proof proof = card_carry(10);
        assert_true(proof.verified);
        assert_string_equal(proof.kind, "desfire");
        assert_string_equal(proof.assurance, "high");
        assert_int_equal(proof.card_size, sizeof uid);
        assert_memory_equal(proof.card, uid, sizeof uid);
        hash_of("desfire", tb_span_of(uid, sizeof uid), hash);
        assert_memory_equal(proof.hash, hash, sizeof hash);
    }
}

static void a_card_without_the_key_is_refused(void **state)
{
    (void)state;
    card_lies("desfire aid=3042f5 uid=04782e21801d80 key=0123456789abcdef0123456789abcdef");
    struct tb_identify_proof proof = card_carry(10);
    assert_string_equal(proof.refused, "proof.wrong");
    assert_false(proof.verified || proof.command_size || proof.card_size);
    card_lies("desfire aid=010203 uid=04782e21801d80 key=" CARD_KEY);
    proof = card_carry(10);
    assert_false(proof.verified || proof.refused[0] || proof.command_size);
}

static void an_exchange_is_not_taken_up_late_or_without_a_beginning(void **state)
{
    (void)state;
    static const uint8_t ok[] = {0x91, 0x00};
    card_lies(CARD);
    assert_int_equal(card_said("till-0421-4", tb_span_of(ok, sizeof ok)).command_size, 0);
    assert_true(card_carry(2).command_size > 0);
    fixture.wall_ms += 5000;
    assert_int_equal(card_said("till-0421-4", tb_span_of(ok, sizeof ok)).command_size, 0);
    assert_true(card_carry(10).verified);
    assert_int_equal(card_said("till-0421-4", tb_span_of(ok, sizeof ok)).command_size, 0);
}

static void an_exchange_is_of_the_terminal_that_began_it(void **state)
{
    (void)state;
    static const uint8_t ok[] = {0x91, 0x00};
    card_lies(CARD);
    assert_true(card_said("till-0421-4", tb_span_of(NULL, 0)).command_size > 0);
    assert_int_equal(card_said("till-0421-5", tb_span_of(ok, sizeof ok)).command_size, 0);
    assert_true(card_said("till-0421-5", tb_span_of(NULL, 0)).command_size > 0);
    assert_true(card_carry(10).verified);
}

/* Nobody can keep others out, or make the store remember more than this. */
static void a_terminal_has_only_so_many_exchanges(void **state)
{
    (void)state;
    static const uint8_t ok[] = {0x91, 0x00};
    card_lies(CARD);
    const uint8_t own = card.uid[0];
    for (uint8_t i = 0; i < 5; i++) {
        card.uid[0] = (uint8_t)(own + i);
        fixture.wall_ms++;
        assert_true(card_said("till-0421-5", tb_span_of(NULL, 0)).command_size > 0);
    }
    card.uid[0] = own;
    assert_string_equal(card_said("till-0421-5", tb_span_of(ok, sizeof ok)).refused,
                        ""); /* the oldest ended */
    card.uid[0] = (uint8_t)(own + 1);
    assert_true(card_said("till-0421-5", tb_span_of(ok, sizeof ok)).command_size > 0);
    card.uid[0] = own;
    assert_true(card_carry(10).verified);
}

static void evidence_of_cards_that_is_none_is_passed_over(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "desfire:",
        "desfire::",
        "desfire:0:",
        "desfire:zz:",
        "desfire:04:9",
        "desfire:0478xx21801d80:",
        "desfire:04782e21801d80:91zz",
        "desfire:0102030405060708090a0b:",
    };
    card_lies(CARD);
    for (size_t i = 0; i < TB_ARRAY_SIZE(texts); i++) {
        struct tb_engine_request request = ask_of("till-0421-4", "none", tb_span_of(NULL, 0), texts[i]);
        const struct tb_engine_answer *answer = engine_fixture_ask(&fixture, &request);
        assert_int_equal(answer->err, TB_OK);
        assert_false(answer->identify.found || answer->identify.proof.command_size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_rotating_code_is_verified_once_for_all_terminals, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_wrong_or_old_code_finds_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(evidence_is_of_the_credential_that_is_asked_for, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_a_key_the_hash_alone_counts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_static_code_proves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_tag_that_hides_its_uid_is_told_by_its_message, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_used_up_for_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_handover_is_found_by_its_code, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_card_is_verified_where_its_key_is, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_card_without_the_key_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_exchange_is_not_taken_up_late_or_without_a_beginning, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_exchange_is_of_the_terminal_that_began_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_terminal_has_only_so_many_exchanges, set_up, tear_down),
        cmocka_unit_test_setup_teardown(evidence_of_cards_that_is_none_is_passed_over, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
