#include "core/credential/keydoc.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "tests/support/unit.h"

/* The public key of RFC 7515 appendix A.3. */
#define POINT_X "7fcdce2770f6c45d4183cbee6fdb4b7b580733357be9ef13bacf6e3c7bd15445"
#define POINT_Y "c7f144cd1bbd9b7e872cdfedb9eeb9f4b3695d6ea90b24ad8a4623288588e5ad"

static struct tb_key_doc doc_of(const char *kind, const char *hex)
{
    struct tb_key_doc doc = {.version = 3, .id = "chain-2026", .value_size = (uint8_t)(strlen(hex) / 2)};
    assert_int_equal(tb_span_to_str(tb_span_str(kind), doc.kind, sizeof doc.kind), TB_OK);
    assert_int_equal(tb_hex_decode(tb_span_str(hex), doc.value, doc.value_size), TB_OK);
    return doc;
}

static struct tb_ring_key taken(const struct tb_key_doc *doc)
{
    struct tb_ring_key key;
    assert_int_equal(tb_ring_key_of_doc(doc, &key), TB_OK);
    return key;
}

static void refused(const struct tb_key_doc *doc, enum tb_err err)
{
    struct tb_ring_key key;
    assert_string_equal(tb_err_name(tb_ring_key_of_doc(doc, &key)), tb_err_name(err));
}

static void points_are_checked_and_written_out(void **state)
{
    (void)state;
    const struct tb_key_doc whole = doc_of("token", "04" POINT_X POINT_Y);
    const struct tb_key_doc compressed = doc_of("token", "03" POINT_X);
    const struct tb_key_doc off = doc_of("token", "04" POINT_X POINT_X);
    struct tb_ring_key a = taken(&whole);
    struct tb_ring_key b = taken(&compressed);
    assert_int_equal(a.size, 65);
    assert_int_equal(b.size, 65);
    assert_memory_equal(a.bytes, b.bytes, a.size);
    assert_int_equal(a.use, TB_RING_TOKEN);
    assert_int_equal(a.version, 3);
    assert_string_equal(a.id, "chain-2026");
    refused(&off, TB_ERR_RANGE);
}

static void every_use_has_its_sizes(void **state)
{
    (void)state;
    static const struct {
        const char *kind;
        size_t size; /* that is right; one less and one more are not */
    } uses[] = {{"sun_meta", 16}, {"sun_file", 16}, {"desfire", 16}, {"smart_tap", 32}, {"vas", 32}};
    for (size_t i = 0; i < TB_ARRAY_SIZE(uses); i++) {
        struct tb_key_doc doc = doc_of(uses[i].kind, "");
        doc.application[0] = 0xf5;
        doc.value_size = (uint8_t)uses[i].size;
        assert_string_equal(tb_ring_use_name(taken(&doc).use), uses[i].kind);
        doc.value_size--;
        refused(&doc, TB_ERR_RANGE);
        doc.value_size = (uint8_t)(uses[i].size + 1);
        refused(&doc, TB_ERR_RANGE);
    }
}

static void rotating_codes_have_a_period_and_digits(void **state)
{
    (void)state;
    struct tb_key_doc doc = doc_of("totp", "3132333435363738393031323334353637383930");
    struct tb_ring_key key = taken(&doc);
    assert_int_equal(key.period_ms, 60000);
    assert_int_equal(key.digit_count, 8);
    doc.period_ms = 30000;
    doc.digit_count = 6;
    key = taken(&doc);
    assert_int_equal(key.period_ms, 30000);
    assert_int_equal(key.digit_count, 6);
    doc.digit_count = 5;
    refused(&doc, TB_ERR_RANGE);
    doc.digit_count = 6;
    doc.period_ms = 999;
    refused(&doc, TB_ERR_RANGE);
    doc.period_ms = 30000;
    doc.value_size = 15;
    refused(&doc, TB_ERR_RANGE);
}

static void what_is_not_whole_is_refused(void **state)
{
    (void)state;
    struct tb_key_doc doc = doc_of("desfire", "000102030405060708090a0b0c0d0e0f");
    refused(&doc, TB_ERR_MISSING); /* no application */
    doc.application[2] = 1;
    doc.key_number = 2;
    doc.diversified = true;
    struct tb_ring_key key = taken(&doc);
    assert_int_equal(key.application[2], 1);
    assert_int_equal(key.key_number, 2);
    assert_true(key.diversified);
    assert_int_equal(key.system_size, 0);
    doc.system_size = 7;
    memcpy(doc.system, "NXP Abu", 7);
    key = taken(&doc);
    assert_int_equal(key.system_size, 7);
    assert_memory_equal(key.system, "NXP Abu", 7);
    doc.value_size = 0; /* ours, and its key is with the context store */
    key = taken(&doc);
    assert_int_equal(key.size, 0);
    doc.value_size = 15;
    refused(&doc, TB_ERR_RANGE);
    doc.value_size = 16;
    doc.not_before_ms = 10;
    doc.not_after_ms = 10;
    refused(&doc, TB_ERR_RANGE);
    doc.not_after_ms = 0;
    doc.version = INT64_C(1) << 32;
    refused(&doc, TB_ERR_RANGE);
    doc.version = 1;
    doc.id[0] = '\0';
    refused(&doc, TB_ERR_MISSING);
    doc = doc_of("quantum", "00");
    refused(&doc, TB_ERR_NOT_FOUND);
}

static void rows_name_their_keys(void **state)
{
    (void)state;
    static struct tb_keyring ring;
    char id[TB_ROW_ID_SIZE_MAX + 1];
    const struct tb_key_doc docs[] = {doc_of("token", "03" POINT_X),
                                      doc_of("vas", "11111111111111111111111111111111"
                                                    "11111111111111111111111111111111")};
    for (size_t i = 0; i < TB_ARRAY_SIZE(docs); i++) {
        struct tb_ring_key key = taken(&docs[i]);
        assert_int_equal(tb_keyring_put(&ring, &key), TB_OK);
    }
    tb_ring_key_row_id(tb_keyring_find(&ring, TB_RING_TOKEN, tb_span_str(""), 0, 0), id);
    assert_string_equal(id, "token:3:8688359aadc297a4");
    assert_int_equal(tb_keyring_drop_row(&ring, "pepper"), TB_ERR_NOT_FOUND);
    assert_int_equal(tb_keyring_drop_row(&ring, id), TB_OK);
    assert_int_equal(tb_keyring_drop_row(&ring, id), TB_ERR_NOT_FOUND);
    assert_int_equal(ring.key_count, 1);
    assert_int_equal(ring.keys[0].use, TB_RING_VAS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_are_checked_and_written_out),
        cmocka_unit_test(every_use_has_its_sizes),
        cmocka_unit_test(rotating_codes_have_a_period_and_digits),
        cmocka_unit_test(what_is_not_whole_is_refused),
        cmocka_unit_test(rows_name_their_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
