#include "core/base/text.h"
#include "core/credential/ndef.h"
#include "tests/support/unit.h"

struct message {
    uint8_t bytes[TB_NDEF_SIZE_MAX + 1];
    size_t size;
};

static struct tb_span of_hex(struct message *m, const char *hex)
{
    m->size = strlen(hex) / 2;
    assert_int_equal(tb_hex_decode(tb_span_str(hex), m->bytes, m->size), TB_OK);
    return tb_span_of(m->bytes, m->size);
}

static enum tb_err check_hex(const char *hex)
{
    struct message m;
    return tb_ndef_check(of_hex(&m, hex));
}

static void first_record(struct message *m, const char *hex, struct tb_ndef_record *ret_record)
{
    struct tb_ndef n;
    assert_int_equal(tb_ndef_begin(&n, of_hex(m, hex)), TB_OK);
    assert_int_equal(tb_ndef_next(&n, ret_record), TB_OK);
}

static void uri_record(void **state)
{
    (void)state;
    struct message m;
    struct tb_ndef_record record;
    uint8_t text[64];
    struct tb_buf uri = tb_buf_of(text, sizeof text);
    first_record(&m, "d1011b55046c6f79616c2e6578616d706c652f6d2f30303031323334353637", &record);
    assert_true(tb_ndef_is(&record, TB_NDEF_WELL_KNOWN, "U"));
    assert_int_equal(tb_ndef_web_address(&record, &uri), TB_OK);
    assert_true(tb_span_is(tb_buf_span(&uri), "https://loyal.example/m/0001234567"));
}

static void uri_of_other_schemes_and_reserved_codes(void **state)
{
    (void)state;
    struct message m;
    struct tb_ndef_record record;
    uint8_t text[64];
    struct tb_buf uri = tb_buf_of(text, sizeof text);
    first_record(&m, "d1010355053132", &record); /* tel: */
    assert_int_equal(tb_ndef_web_address(&record, &uri), TB_ERR_TYPE);
    tb_buf_reset(&uri);
    first_record(&m, "d101095500687474703a2f2f61", &record); /* http://a with code 0 */
    assert_int_equal(tb_ndef_web_address(&record, &uri), TB_OK);
    assert_true(tb_span_is(tb_buf_span(&uri), "http://a"));
    tb_buf_reset(&uri);
    first_record(&m, "d101095524687474703a2f2f61", &record); /* reserved code 24 counts as 0 */
    assert_int_equal(tb_ndef_web_address(&record, &uri), TB_OK);
    tb_buf_reset(&uri);
    first_record(&m, "d1010055", &record); /* no code at all */
    assert_int_equal(tb_ndef_web_address(&record, &uri), TB_ERR_TYPE);
    tb_buf_reset(&uri);
    first_record(&m, "d30800687474703a2f2f61", &record); /* absolute URI: it is the type */
    assert_int_equal(tb_ndef_web_address(&record, &uri), TB_OK);
    assert_true(tb_span_is(tb_buf_span(&uri), "http://a"));
    tb_buf_reset(&uri);
    uri.size_max = 7;
    assert_int_equal(tb_ndef_web_address(&record, &uri), TB_ERR_TOO_LONG);
}

static void text_record(void **state)
{
    (void)state;
    struct message m;
    struct tb_ndef_record record;
    struct tb_span text;
    first_record(&m, "d1010e5402656e4d30303031323334353637", &record);
    assert_int_equal(tb_ndef_text(&record, &text), TB_OK);
    assert_true(tb_span_is(text, "M0001234567"));
    first_record(&m, "d1010354824100", &record); /* UTF-16 */
    assert_int_equal(tb_ndef_text(&record, &text), TB_ERR_TYPE);
    first_record(&m, "d101035403656e", &record); /* the language is longer than the payload */
    assert_int_equal(tb_ndef_text(&record, &text), TB_ERR_TYPE);
    first_record(&m, "d101025400ff", &record); /* not UTF-8 */
    assert_int_equal(tb_ndef_text(&record, &text), TB_ERR_TYPE);
    first_record(&m, "d1010054", &record);
    assert_int_equal(tb_ndef_text(&record, &text), TB_ERR_TYPE);
}

static void external_record(void **state)
{
    (void)state;
    struct message m;
    struct tb_ndef_record record;
    first_record(&m, "d4190a74696c6c6272696467652e6578616d706c653a6d656d62657230303031323334353637", &record);
    assert_true(tb_ndef_is(&record, TB_NDEF_EXTERNAL, "tillbridge.example:member"));
    assert_true(tb_ndef_is(&record, TB_NDEF_EXTERNAL, "Tillbridge.Example:MEMBER"));
    assert_false(tb_ndef_is(&record, TB_NDEF_WELL_KNOWN, "tillbridge.example:member"));
    assert_true(tb_span_is(record.payload, "0001234567"));
}

static void several_records_with_ids_and_long_sizes(void **state)
{
    (void)state;
    struct message m;
    struct tb_ndef n;
    struct tb_ndef_record record;
    struct tb_span text = of_hex(&m, "990102015569046111010155044a00000000030169010203");
    assert_int_equal(tb_ndef_begin(&n, text), TB_OK);
    assert_int_equal(tb_ndef_next(&n, &record), TB_OK);
    assert_true(tb_span_is(record.id, "i"));
    assert_int_equal(record.payload.size, 2);
    assert_int_equal(tb_ndef_next(&n, &record), TB_OK);
    assert_int_equal(record.id.size, 0);
    assert_int_equal(tb_ndef_next(&n, &record), TB_OK);
    assert_int_equal(record.tnf, TB_NDEF_MIME);
    assert_int_equal(record.payload.size, 3);
    assert_int_equal(tb_ndef_next(&n, &record), TB_ERR_NOT_FOUND);
    assert_int_equal(tb_ndef_next(&n, &record), TB_ERR_NOT_FOUND);
}

static void empty_messages(void **state)
{
    (void)state;
    assert_int_equal(check_hex(""), TB_OK);
    assert_int_equal(check_hex("d00000"), TB_OK);
    assert_int_equal(check_hex("d000010a"), TB_ERR_SYNTAX);
}

static void framing_rules(void **state)
{
    (void)state;
    assert_int_equal(check_hex("5101015500"), TB_ERR_SYNTAX);           /* no MB */
    assert_int_equal(check_hex("9101015500"), TB_ERR_TRUNCATED);        /* no ME */
    assert_int_equal(check_hex("9101015500d101015500"), TB_ERR_SYNTAX); /* MB twice */
    assert_int_equal(check_hex("d10101550000"), TB_ERR_SYNTAX);         /* more behind ME */
    assert_int_equal(check_hex("f101015500"), TB_ERR_UNSUPPORTED);      /* chunked */
    assert_int_equal(check_hex("d6000100"), TB_ERR_UNSUPPORTED);        /* unchanged */
    assert_int_equal(check_hex("d501015500"), TB_ERR_SYNTAX);           /* unknown, but typed */
    assert_int_equal(check_hex("d7000100"), TB_OK);                     /* reserved is unknown */
    assert_int_equal(check_hex("d101025500"), TB_ERR_TRUNCATED);
    assert_int_equal(check_hex("c101ffffffff5500"), TB_ERR_TRUNCATED);
    assert_int_equal(check_hex("d1"), TB_ERR_TRUNCATED);
}

static void records_are_capped(void **state)
{
    (void)state;
    uint8_t bytes[3 * (TB_NDEF_RECORDS_MAX + 1)] = {0};
    for (size_t i = 0; i < TB_NDEF_RECORDS_MAX; i++)
        bytes[3 * i] = i == 0 ? 0x90 : 0x10;
    bytes[3 * (TB_NDEF_RECORDS_MAX - 1)] = 0x50;
    assert_int_equal(tb_ndef_check(tb_span_of(bytes, 3 * TB_NDEF_RECORDS_MAX)), TB_OK);
    bytes[3 * (TB_NDEF_RECORDS_MAX - 1)] = 0x10;
    bytes[3 * TB_NDEF_RECORDS_MAX] = 0x50;
    assert_int_equal(tb_ndef_check(tb_span_of(bytes, sizeof bytes)), TB_ERR_TOO_LONG);
}

static void size_is_capped(void **state)
{
    (void)state;
    uint8_t bytes[TB_NDEF_SIZE_MAX + 1] = {0xc5, 0, 0, 0, 0x03, 0xfa};
    assert_int_equal(tb_ndef_check(tb_span_of(bytes, TB_NDEF_SIZE_MAX)), TB_OK);
    bytes[5]++;
    assert_int_equal(tb_ndef_check(tb_span_of(bytes, sizeof bytes)), TB_ERR_TOO_LONG);
}

/* A Smart Poster that holds a Smart Poster that holds … levels messages in all. */
static size_t posters_nested(uint8_t *bytes, size_t levels)
{
    size_t size = 3;
    memcpy(bytes, (uint8_t[]){0xd0, 0, 0}, 3);
    for (size_t level = 1; level < levels; level++) {
        memmove(bytes + 5, bytes, size);
        memcpy(bytes, (uint8_t[]){0xd1, 2, (uint8_t)size, 'S', 'p'}, 5);
        size += 5;
    }
    return size;
}

static void nesting_is_capped(void **state)
{
    (void)state;
    uint8_t bytes[64];
    assert_int_equal(tb_ndef_check(tb_span_of(bytes, posters_nested(bytes, TB_NDEF_DEPTH_MAX))), TB_OK);
    assert_int_equal(tb_ndef_check(tb_span_of(bytes, posters_nested(bytes, TB_NDEF_DEPTH_MAX + 1))),
                     TB_ERR_DEPTH);
}

static void fault_inside_a_smart_poster_is_a_fault(void **state)
{
    (void)state;
    assert_int_equal(check_hex("d102045370d1010255"), TB_ERR_TRUNCATED);
    assert_int_equal(check_hex("d102055370d101015504"), TB_OK);
}

/* Smart Tap answers as captured: four levels, records found by type or by id. */
static void smart_tap_capture_walks(void **state)
{
    (void)state;
    struct message m;
    struct tb_ndef n;
    struct tb_ndef_record record;
    struct tb_span nrs = of_hex(&m, "d403376e727394030a7365736b159a80fc8283fd010154032164706b03dfee38dbdb68a6"
                                    "07383ad622640b180cc7e27d796b4e788c40e5d994291c71fc");
    assert_int_equal(tb_ndef_begin(&n, nrs), TB_OK);
    assert_int_equal(tb_ndef_next(&n, &record), TB_OK);
    assert_true(tb_ndef_is(&record, TB_NDEF_EXTERNAL, "nrs"));
    assert_int_equal(tb_ndef_enter(&n, record.payload), TB_OK);
    assert_int_equal(tb_ndef_next(&n, &record), TB_OK);
    assert_true(tb_ndef_is(&record, TB_NDEF_EXTERNAL, "ses"));
    assert_int_equal(record.payload.size, 10);
    assert_int_equal(tb_ndef_next(&n, &record), TB_OK);
    assert_true(tb_ndef_is(&record, TB_NDEF_EXTERNAL, "dpk"));
    assert_int_equal(record.payload.size, 33);
    assert_int_equal(tb_ndef_next(&n, &record), TB_ERR_NOT_FOUND);
    tb_ndef_leave(&n);
    assert_int_equal(tb_ndef_next(&n, &record), TB_ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(uri_record),
        cmocka_unit_test(uri_of_other_schemes_and_reserved_codes),
        cmocka_unit_test(text_record),
        cmocka_unit_test(external_record),
        cmocka_unit_test(several_records_with_ids_and_long_sizes),
        cmocka_unit_test(empty_messages),
        cmocka_unit_test(framing_rules),
        cmocka_unit_test(records_are_capped),
        cmocka_unit_test(size_is_capped),
        cmocka_unit_test(nesting_is_capped),
        cmocka_unit_test(fault_inside_a_smart_poster_is_a_fault),
        cmocka_unit_test(smart_tap_capture_walks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
