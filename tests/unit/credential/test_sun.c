#include "core/credential/sun.h"
#include "core/crypto/aes.h"
#include "core/crypto/hash.h"
#include "tests/support/hex.h"
#include "tests/support/unit.h"

static const char zero_key[] = "00000000000000000000000000000000";

/* The names of AN12196 and of the custom keys' messages. */
static const struct tb_sun_rules names_an12196 = {
    .picc = "picc_data",
    .uid = "uid",
    .counter = "ctr",
    .file = "enc",
    .mac = "cmac",
    .bulk = "b",
};

static struct tb_keyring ring;
static struct tb_code_rules rules;
static struct tb_judge judge;
static struct tb_judgement j;

static void ring_add(enum tb_ring_use use, const char *id, uint32_t version, const char *key_hex)
{
    struct tb_ring_key key = {.use = use, .version = version, .size = 16};
    memcpy(key.bytes, hex(key_hex).at, 16);
    assert_int_equal(tb_span_to_str(tb_span_str(id), key.id, sizeof key.id), TB_OK);
    assert_int_equal(tb_keyring_put(&ring, &key), TB_OK);
}

static int setup(void **state)
{
    (void)state;
    ring = (struct tb_keyring){.key_count = 0};
    ring_add(TB_RING_SUN_META, "zero", 1, zero_key);
    ring_add(TB_RING_SUN_FILE, "zero", 1, zero_key);
    rules = (struct tb_code_rules){.sun = &names_an12196};
    judge = (struct tb_judge){.rules = &rules, .keys = &ring, .wall_ms = 1};
    return 0;
}

static bool from_tag(const char *address)
{
    return tb_sun_judge(&judge, tb_span_str(address), TB_SUN_FROM_TAG, &j);
}

static void expect(enum tb_judged verdict, enum tb_reason reason)
{
    assert_string_equal(tb_reason_name(j.reason), tb_reason_name(reason));
    assert_int_equal(j.verdict, verdict);
    if (reason != TB_REASON_TAG_SUN)
        assert_int_equal(j.replay.rule, TB_REPLAY_NONE);
}

static void expect_tag(const char *uid_hex, uint64_t counter)
{
    expect(TB_JUDGED_CREDENTIAL, TB_REASON_TAG_SUN);
    assert_int_equal(j.assurance, TB_ASSURANCE_MEDIUM);
    assert_int_equal(j.credential.kind, TB_CREDENTIAL_TAG);
    assert_true(tb_span_equal(tb_credential_value(&j.credential), HEX_SPAN(uid_hex)));
    assert_int_equal(j.evidence_size, 0);
    assert_int_equal(j.replay.rule, TB_REPLAY_COUNTER);
    assert_int_equal(j.replay.counter, counter);
    assert_true(j.replay.forget_ms == INT64_MAX);
    uint8_t name[11] = "sun";
    memcpy(name + 4, hex(uid_hex).at, 7);
    struct tb_digest digest = tb_sha256(tb_span_of(name, sizeof name));
    assert_memory_equal(j.replay.name, digest.bytes, sizeof digest.bytes);
}

#define FILE_BEHIND_MAC                                                                   \
    "https://t.example/?picc_data=FD91EC264309878BE6345CBE53BADF40&cmac=ECC1E7F6C6C73BF6" \
    "&enc=CEE9A53E3E463EF1F459635736738962"

#define AN12196_FILE                                                                                       \
    "https://tap.example/?picc_data=FD91EC264309878BE6345CBE53BADF40&enc=CEE9A53E3E463EF1F459635736738962" \
    "&cmac="

static void expect_file(const char *address, const char *file)
{
    uint8_t memory[TB_SUN_FILE_SIZE_MAX];
    struct tb_buf b = tb_buf_of(memory, sizeof memory);
    assert_int_equal(tb_sun_file(&judge, tb_span_str(address), TB_SUN_FROM_TAG, &b), TB_OK);
    assert_true(tb_span_is(tb_buf_span(&b), file));
}

static void test_an12196(void **state)
{
    (void)state;
    assert_true(from_tag("https://tap.example/?picc_data=EF963FF7828658A599F3041510671E88"
                         "&cmac=94EED9EE65337086"));
    expect_tag("04de5f1eacc040", 61);
    assert_true(from_tag(AN12196_FILE "ECC1E7F6C6C73BF6"));
    expect_tag("04958caa5c5e80", 8);
    expect_file(AN12196_FILE "ECC1E7F6C6C73BF6", "xxxxxxxxxxxxxxxx");
    assert_true(from_tag(AN12196_FILE "ECC1E7F6C6C73BF6&x=1#y"));
    expect_tag("04958caa5c5e80", 8);
}

static void test_wrong_mac(void **state)
{
    (void)state;
    uint8_t memory[TB_SUN_FILE_SIZE_MAX];
    struct tb_buf b = tb_buf_of(memory, sizeof memory);
    assert_true(from_tag(AN12196_FILE "3CC1E7F6C6C33B33"));
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
    assert_int_equal(j.credential.kind, TB_CREDENTIAL_NONE);
    assert_int_equal(tb_sun_file(&judge, tb_span_str(AN12196_FILE "3CC1E7F6C6C33B33"), TB_SUN_FROM_TAG, &b),
                     TB_ERR_SIGNATURE);
    assert_int_equal(b.size, 0);
}

/* Every single digit counts. */
static void test_any_other_digit_is_refused(void **state)
{
    (void)state;
    char address[] = AN12196_FILE "ECC1E7F6C6C73BF6";
    for (size_t i = strlen("https://tap.example/?picc_data="); i < sizeof address - 1; i++) {
        char digit = address[i];
        if (strchr("0123456789ABCDEF", digit) == NULL)
            continue;
        address[i] = digit == '0' ? '1' : '0';
        assert_true(from_tag(address));
        if (i < strlen("https://tap.example/?picc_data=") + 32)
            expect(TB_JUDGED_UNKNOWN, TB_REASON_PROOF_NO_KEY); /* nothing that a key of ours opens */
        else
            expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
        address[i] = digit;
    }
    assert_true(from_tag(address));
    expect_tag("04958caa5c5e80", 8);
}

/* Keys of another series, values without names between them, the MAC over the file data alone. */
static void test_custom_keys_in_bulk(void **state)
{
    (void)state;
    static const char address[] = "https://tap.example/c?b=8ACADDEF0A9B62CDAE39A16B83FC14DE"
                                  "B8436E11F627BB7F543FCC0C1E0D1A89238B2543A8DEBAD8";
    assert_true(from_tag(address));
    expect(TB_JUDGED_UNKNOWN, TB_REASON_PROOF_NO_KEY); /* of a series that others may know */
    assert_int_equal(j.evidence_size, 82);
    ring_add(TB_RING_SUN_META, "own", 3, "42aff114f2cb3b6141be6dc95dfc5416");
    ring_add(TB_RING_SUN_FILE, "own", 3, "b62a9baf092439bd43c62aee96b970c5");
    assert_true(from_tag(address));
    expect_tag("041d3c8a2d6b80", 291);
    expect_file(address, "NTXXqno_oBFpwy-V");
    assert_true(from_tag(AN12196_FILE "ECC1E7F6C6C73BF6"));
    expect_tag("04958caa5c5e80", 8);
}

static void test_plain_mirror(void **state)
{
    (void)state;
    assert_true(from_tag("https://tap.example/?uid=041E3C8A2D6B80&ctr=000006&cmac=4B00064004B0B3D3"));
    expect_tag("041e3c8a2d6b80", 6);
    assert_true(from_tag("https://tap.example/?uid=041E3C8A2D6B80&ctr=000007&cmac=4B00064004B0B3D3"));
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
    assert_true(from_tag("https://tap.example/?uid=041E3C8A2D6B81&ctr=000006&cmac=4B00064004B0B3D3"));
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
}

static void test_an_older_key_is_still_tried(void **state)
{
    (void)state;
    ring_add(TB_RING_SUN_META, "zero", 2, "42aff114f2cb3b6141be6dc95dfc5416");
    ring_add(TB_RING_SUN_FILE, "zero", 2, "b62a9baf092439bd43c62aee96b970c5");
    assert_true(from_tag(AN12196_FILE "ECC1E7F6C6C73BF6"));
    expect_tag("04958caa5c5e80", 8);
    ring.keys[1].not_after_ms = ring.keys[0].not_after_ms = 1; /* both of version 2 are over */
    assert_true(from_tag(AN12196_FILE "ECC1E7F6C6C73BF6"));
    expect_tag("04958caa5c5e80", 8);
    ring.keys[2].not_after_ms = ring.keys[3].not_after_ms = 1;
    assert_true(from_tag(AN12196_FILE "ECC1E7F6C6C73BF6"));
    expect(TB_JUDGED_UNKNOWN, TB_REASON_PROOF_NO_KEY);
}

/* What the tag would say is worked out with the key that AN10922's own example derives for it. */
static void test_diversified(void **state)
{
    (void)state;
    static const char plain[] = "https://tap.example/?uid=04782E21801D80&ctr=000102&cmac=";
    struct tb_ring_key *key;
    uint8_t session[16];
    uint8_t tag[16];
    char address[128];
    struct tb_buf text = tb_buf_of(address, sizeof address);
    const struct tb_span card_key = HEX_SPAN("4fd3364753b8142980e8203c75ad83be");
    assert_int_equal(tb_cmac(card_key, HEX_SPAN("3cc30001008004782e21801d80020100"), session), TB_OK);
    assert_int_equal(tb_cmac(tb_span_of(session, 16), tb_span_of(NULL, 0), tag), TB_OK);
    tb_buf_add_str(&text, plain);
    for (size_t i = 1; i < 16; i += 2)
        tb_buf_add_hex(&text, tb_span_of(&tag[i], 1));
    tb_buf_add_u8(&text, 0);

    ring = (struct tb_keyring){.key_count = 0};
    ring_add(TB_RING_SUN_FILE, "own", 1, "00112233445566778899aabbccddeeff");
    assert_true(from_tag(address));
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
    key = &ring.keys[0];
    key->diversified = true;
    assert_true(from_tag(address));
    expect_tag("04782e21801d80", 0x102);
    key->system_size = 1;
    assert_true(from_tag(address));
    expect(TB_JUDGED_WRONG_KEY, TB_REASON_PROOF_WRONG);
}

static void test_without_a_key_it_is_evidence(void **state)
{
    (void)state;
    static const char query[] = "picc_data=FD91EC264309878BE6345CBE53BADF40&enc="
                                "CEE9A53E3E463EF1F459635736738962&cmac=ECC1E7F6C6C73BF6";
    struct tb_keyring own = ring;
    judge.keys = NULL;
    assert_true(from_tag("https://tap.example/?a=1&picc_data=FD91EC264309878BE6345CBE53BADF40&enc="
                         "CEE9A53E3E463EF1F459635736738962&cmac=ECC1E7F6C6C73BF6&z=2"));
    expect(TB_JUDGED_UNKNOWN, TB_REASON_PROOF_NO_KEY);
    assert_int_equal(j.credential.kind, TB_CREDENTIAL_NONE);
    assert_true(tb_span_is(tb_judgement_evidence(&j), query));

    judge.keys = &own; /* what the context store makes of it */
    struct tb_judgement sent = j;
    assert_true(tb_sun_judge(&judge, tb_judgement_evidence(&sent), TB_SUN_FROM_EVIDENCE, &j));
    expect_tag("04958caa5c5e80", 8);

    judge.keys = NULL;
    assert_true(from_tag("https://tap.example/?uid=041E3C8A2D6B80&ctr=000006&cmac=4B00064004B0B3D3"));
    expect(TB_JUDGED_CREDENTIAL, TB_REASON_PROOF_UNVERIFIED);
    assert_int_equal(j.assurance, TB_ASSURANCE_LOW);
    assert_true(tb_span_equal(tb_credential_value(&j.credential), HEX_SPAN("041e3c8a2d6b80")));
    assert_true(tb_span_is(tb_judgement_evidence(&j), "uid=041E3C8A2D6B80&ctr=000006&cmac=4B00064004B0B3D3"));
}

/* A terminal that may read who it is, but not say whether it is genuine. */
static void test_with_the_metadata_key_only(void **state)
{
    (void)state;
    assert_int_equal(tb_keyring_drop(&ring, TB_RING_SUN_FILE, tb_span_str("zero"), 1), TB_OK);
    assert_true(from_tag(AN12196_FILE "ECC1E7F6C6C73BF6"));
    expect(TB_JUDGED_CREDENTIAL, TB_REASON_PROOF_UNVERIFIED);
    assert_int_equal(j.assurance, TB_ASSURANCE_LOW);
    assert_true(tb_span_equal(tb_credential_value(&j.credential), HEX_SPAN("04958caa5c5e80")));
    assert_int_equal(j.evidence_size, 101);
}

static void test_evidence_has_its_limit(void **state)
{
    (void)state;
    char address[400];
    struct tb_buf text = tb_buf_of(address, sizeof address);
    judge.keys = NULL;
    tb_buf_add_str(&text, "https://tap.example/?picc_data=FD91EC264309878BE6345CBE53BADF40&enc=");
    for (size_t i = 0; i < 4; i++)
        tb_buf_add_str(&text, "CEE9A53E3E463EF1F459635736738962");
    tb_buf_add_str(&text, "&cmac=ECC1E7F6C6C73BF6");
    tb_buf_add_u8(&text, 0);
    assert_true(from_tag(address));
    expect(TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
    assert_int_equal(j.evidence_size, 0);
}

static void test_lrp_is_refused(void **state)
{
    (void)state;
    assert_true(from_tag("https://tap.example/?picc_data=07D9CA2545881D4BFDD920BE1603268C0714420DD893A497"
                         "&cmac=D6E921C47DB4C17C"));
    expect(TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
    judge.keys = NULL;
    assert_true(from_tag("https://tap.example/?picc_data=07D9CA2545881D4BFDD920BE1603268C0714420DD893A497"
                         "&cmac=D6E921C47DB4C17C"));
    expect(TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
    assert_int_equal(j.evidence_size, 0);
}

static void test_malformed(void **state)
{
    (void)state;
    static const char *const addresses[] = {
        AN12196_FILE,
        AN12196_FILE "ECC1E7F6C6C73BF",
        AN12196_FILE "ECC1E7F6C6C73BF6A",
        AN12196_FILE "ECC1E7F6C6C73BFG",
        AN12196_FILE "ECC1E7F6C6C73BF6&cmac=ECC1E7F6C6C73BF6",
        AN12196_FILE "ECC1E7F6C6C73BF6&uid=04958CAA5C5E80",
        AN12196_FILE "ECC1E7F6C6C73BF6&ctr=000008",
        "https://t.example/?picc_data=FD91EC264309878BE6345CBE53BADF40",
        "https://t.example/?cmac=ECC1E7F6C6C73BF6&picc_data=FD91EC264309878BE6345CBE53BADF40",
        FILE_BEHIND_MAC,
        "https://t.example/?picc_data=FD91EC264309878BE6345CBE53BADF40&enc=CEE9&cmac=ECC1E7F6C6C73BF6",
        "https://t.example/?uid=04958CAA5C5E80&cmac=ECC1E7F6C6C73BF6",
        "https://t.example/?uid=04958CAA5C5E80&ctr=0008&cmac=ECC1E7F6C6C73BF6",
    };
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        assert_true(from_tag(addresses[i]));
        expect(TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    }
}

static void test_what_is_no_message(void **state)
{
    (void)state;
    static const char *const addresses[] = {
        "",
        "M00012345674",
        "https://t.example",
        "https://t.example/?",
        "https://t.example/?picc_data=1&cmac=2",
        "https://t.example/?x=FD91EC264309878BE6345CBE53BADF40&c=ECC1E7F6C6C73BF6",
        "https://t.example/#?picc_data=FD91EC264309878BE6345CBE53BADF40&cmac=ECC1E7F6C6C73BF6",
        "https://t.example/?b=FD91EC264309878BE6345CBE53BADF40",
        "ftp://t.example/?picc_data=FD91EC264309878BE6345CBE53BADF40&cmac=ECC1E7F6C6C73BF6",
    };
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        j = (struct tb_judgement){.evidence_size = 77};
        assert_false(from_tag(addresses[i]));
        assert_int_equal(j.evidence_size, 77);
    }
}

static void test_only_our_hosts(void **state)
{
    (void)state;
    static const char *const hosts[] = {"tap.example"};
    rules.hosts = hosts;
    rules.host_count = 1;
    assert_true(from_tag(AN12196_FILE "ECC1E7F6C6C73BF6"));
    expect_tag("04958caa5c5e80", 8);
    assert_false(from_tag("https://t.example/?picc_data=EF963FF7828658A599F3041510671E88"
                          "&cmac=94EED9EE65337086"));
}

/* A printed copy of an unused address would tap for its owner. */
static void test_a_scanned_address_counts_by_policy_only(void **state)
{
    (void)state;
    struct tb_sun_rules scan = names_an12196;
    struct tb_span address = tb_span_str(AN12196_FILE "ECC1E7F6C6C73BF6");
    tb_judge_line(&judge, address, &j);
    expect(TB_JUDGED_UNKNOWN, TB_REASON_POLICY);
    scan.from_scan = true;
    rules.sun = &scan;
    tb_judge_line(&judge, address, &j);
    expect_tag("04958caa5c5e80", 8);
}

/* PICCData, plain: counter without UID, UID without counter; MACs by zero keys. */
static void test_a_tag_that_says_too_little(void **state)
{
    (void)state;
    static const char *const vectors[] = {"3cc300010080080000", "3cc30001008004958caa5c5e80"};
    static const char *const plain[] = {"40080000", "8704958caa5c5e80"};
    for (size_t i = 0; i < 2; i++) {
        uint8_t block[16] = {0};
        uint8_t iv[16] = {0};
        uint8_t session[16];
        uint8_t tag[16];
        char address[128];
        struct tb_buf text = tb_buf_of(address, sizeof address);
        memcpy(block, hex(vectors[i]).at, strlen(vectors[i]) / 2);
        assert_int_equal(tb_cmac(HEX_SPAN(zero_key), tb_span_of(block, 16), session), TB_OK);
        assert_int_equal(tb_cmac(tb_span_of(session, 16), tb_span_of(NULL, 0), tag), TB_OK);
        memset(block, 0, sizeof block);
        memcpy(block, hex(plain[i]).at, strlen(plain[i]) / 2);
        assert_int_equal(tb_aes128_cbc_encrypt(hex(zero_key).at, iv, tb_span_of(block, 16), block), TB_OK);
        tb_buf_add_str(&text, "https://tap.example/?picc_data=");
        tb_buf_add_hex(&text, tb_span_of(block, 16));
        tb_buf_add_str(&text, "&cmac=");
        for (size_t k = 1; k < 16; k += 2)
            tb_buf_add_hex(&text, tb_span_of(&tag[k], 1));
        tb_buf_add_u8(&text, 0);
        assert_true(from_tag(address));
        expect(TB_JUDGED_UNKNOWN, TB_REASON_PROOF_UNSUPPORTED);
        assert_int_equal(j.credential.kind, TB_CREDENTIAL_NONE);
    }
}

/* The file as a tag has it, through the whole judgement; then with a member number behind it. */
static void test_ndef(void **state)
{
    (void)state;
    rules = *tb_code_rules_default();
    struct tb_span message =
        HEX_SPAN("d10144550474617"
                 "02e6578616d706c652f633f653d45463936334646373832383635384135393946333034313531303637314538"
                 "3826633d39344545443945453635333337303836");
    tb_judge_tag(&judge, message, &j);
    expect_tag("04de5f1eacc040", 61);

    uint8_t two[128];
    struct tb_buf both = tb_buf_of(two, sizeof two);
    tb_buf_add(&both, message);
    two[0] = 0x91; /* MB, not ME */
    tb_buf_add(&both, HEX_SPAN("51010e5402656e4d30303031323334353637"));
    judge.keys = NULL;
    tb_judge_tag(&judge, tb_buf_span(&both), &j);
    expect(TB_JUDGED_UNKNOWN, TB_REASON_PROOF_NO_KEY);
    assert_true(
        tb_span_is(tb_judgement_evidence(&j), "e=EF963FF7828658A599F3041510671E88&c=94EED9EE65337086"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_an12196, setup),
        cmocka_unit_test_setup(test_wrong_mac, setup),
        cmocka_unit_test_setup(test_any_other_digit_is_refused, setup),
        cmocka_unit_test_setup(test_custom_keys_in_bulk, setup),
        cmocka_unit_test_setup(test_plain_mirror, setup),
        cmocka_unit_test_setup(test_an_older_key_is_still_tried, setup),
        cmocka_unit_test_setup(test_diversified, setup),
        cmocka_unit_test_setup(test_without_a_key_it_is_evidence, setup),
        cmocka_unit_test_setup(test_with_the_metadata_key_only, setup),
        cmocka_unit_test_setup(test_evidence_has_its_limit, setup),
        cmocka_unit_test_setup(test_lrp_is_refused, setup),
        cmocka_unit_test_setup(test_malformed, setup),
        cmocka_unit_test_setup(test_what_is_no_message, setup),
        cmocka_unit_test_setup(test_only_our_hosts, setup),
        cmocka_unit_test_setup(test_a_scanned_address_counts_by_policy_only, setup),
        cmocka_unit_test_setup(test_a_tag_that_says_too_little, setup),
        cmocka_unit_test_setup(test_ndef, setup),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
