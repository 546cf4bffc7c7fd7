#include "core/tag/read.h"
#include "tests/support/hex.h"
#include "tests/support/unit.h"

#define URI_MESSAGE "d1011b55046c6f79616c2e6578616d706c652f6d2f30303031323334353637"

/* A tag as its memory; READ wraps around at its end. */
struct tag {
    uint8_t memory[1024];
    size_t size;
    unsigned read_count;
    unsigned reads_until_gone; /* 0: stays */
};

static struct tag tag_with(const char *cc, const char *area)
{
    struct tag t = {.size = 180};
    struct hex_bytes bytes = hex(cc);
    memcpy(t.memory + 12, bytes.at, bytes.size);
    bytes = hex(area);
    memcpy(t.memory + 16, bytes.at, bytes.size);
    return t;
}

static enum tb_tag_step exchange(struct tag *t, struct tb_tag_read *r)
{
    uint8_t answer[16];
    assert_int_equal(r->command_size, 2);
    assert_int_equal(r->command[0], 0x30);
    t->read_count++;
    if (t->reads_until_gone && t->read_count > t->reads_until_gone)
        return tb_tag_read_lost(r);
    for (size_t i = 0; i < sizeof answer; i++)
        answer[i] = t->memory[(r->command[1] * 4u + i) % t->size];
    return tb_tag_read_answer(r, tb_span_of(answer, sizeof answer));
}

static uint8_t message[1024];

static struct tb_tag_read read_tag(struct tag *t, size_t size_max)
{
    struct tb_tag_read r;
    enum tb_tag_step step = tb_tag_read_start(&r, 0x00, message, size_max);
    while (step == TB_TAG_STEP_NEXT)
        step = exchange(t, &r);
    if (step == TB_TAG_STEP_DONE)
        r.failure = (enum tb_tag_failure)0;
    return r;
}

static void assert_message(const struct tb_tag_read *r, const char *want)
{
    struct hex_bytes bytes = hex(want);
    assert_int_equal(r->failure, 0);
    assert_int_equal(r->ndef.size, bytes.size);
    assert_memory_equal(r->ndef.at, bytes.at, bytes.size);
}

static void assert_failed(const struct tb_tag_read *r, enum tb_tag_failure failure, const char *reason)
{
    assert_string_equal(tb_tag_reason_name(r->reason), reason);
    assert_int_equal(r->failure, failure);
}

static void message_behind_a_lock_tlv_is_read(void **state)
{
    (void)state;
    struct tag t = tag_with("e1101200", "0103a00c34031f" URI_MESSAGE "fe");
    struct tb_tag_read r = read_tag(&t, sizeof message);
    assert_message(&r, URI_MESSAGE);
    assert_int_equal(t.read_count, 3); /* 12 + 16 + 16 bytes of the area */
}

static void null_tlvs_and_unknown_tlvs_are_skipped(void **state)
{
    (void)state;
    struct tag t = tag_with("e1101200", "000000fd03aabbcc00031f" URI_MESSAGE);
    struct tb_tag_read r = read_tag(&t, sizeof message);
    assert_message(&r, URI_MESSAGE);
}

static void missing_terminator_is_no_fault(void **state)
{
    (void)state;
    struct tag t = tag_with("e1100600", "0000000000000000000000000000000000031b"
                                        "d1011755046c6f79616c2e6578616d706c652f6d2f303030313233");
    struct tb_tag_read r = read_tag(&t, sizeof message);
    assert_int_equal(r.failure, 0);
    assert_int_equal(r.ndef.size, 27);
}

static void empty_message_is_no_failure(void **state)
{
    (void)state;
    struct tag t = tag_with("e1101200", "0103a00c340300fe");
    struct tb_tag_read r = read_tag(&t, sizeof message);
    assert_message(&r, "");
    assert_int_equal(t.read_count, 1);
}

static void long_length_is_read(void **state)
{
    (void)state;
    struct tag t = tag_with("e1103e00", "03ff0100");
    t.size = 540;
    for (size_t i = 0; i < 256; i++)
        t.memory[20 + i] = (uint8_t)(i + 1);
    struct tb_tag_read r = read_tag(&t, sizeof message);
    assert_int_equal(r.failure, 0);
    assert_int_equal(r.ndef.size, 256);
    assert_memory_equal(r.ndef.at, t.memory + 20, 256);
}

static void bytes_reserved_by_control_tlvs_are_not_part_of_the_message(void **state)
{
    (void)state;
    /* Memory control: page 2 of 16 bytes, offset 0 = address 32, 4 bytes. Lock control: page 2, offset 8 =
     * address 40, 16 bits. The message of 24 bytes begins at address 28. */
    struct tag t = tag_with("e1101200", "0203200404"
                                        "0103281004"
                                        "0318"
                                        "01020304"
                                        "ffffffff"
                                        "05060708"
                                        "ffff"
                                        "090a0b0c0d0e0f101112131415161718"
                                        "fe");
    struct tb_tag_read r = read_tag(&t, sizeof message);
    assert_message(&r, "0102030405060708090a0b0c0d0e0f101112131415161718");
}

static void size_zero_in_a_control_tlv_means_256(void **state)
{
    (void)state;
    /* 256 lock bits = 32 bytes from address 32 on. */
    struct tag t = tag_with("e1101200", "0103200004"
                                        "000000000000000306"
                                        "0102");
    memset(t.memory + 32, 0xff, 32);
    memcpy(t.memory + 64, "\x03\x04\x05\x06", 4);
    struct tb_tag_read r = read_tag(&t, sizeof message);
    assert_message(&r, "010203040506");
}

static void malformed_control_tlvs_fail(void **state)
{
    (void)state;
    struct tag t = tag_with("e1101200", "0102a00c0300fe");
    struct tb_tag_read r = read_tag(&t, sizeof message);
    assert_failed(&r, TB_TAG_MALFORMED, "type2.control");
    t = tag_with("e1101200", "020330010402033401040203380104020340010402034401040300fe");
    r = read_tag(&t, sizeof message);
    assert_failed(&r, TB_TAG_MALFORMED, "type2.control");
}

static void length_past_the_area_fails_before_it_is_read(void **state)
{
    (void)state;
    struct tag t = tag_with("e1101200", "03ff0100d101");
    struct tb_tag_read r = read_tag(&t, sizeof message);
    assert_failed(&r, TB_TAG_MALFORMED, "type2.past_area");
    assert_int_equal(t.read_count, 1);
}

static void message_that_fills_the_area_but_for_reserved_bytes_fails(void **state)
{
    (void)state;
    struct tag t = tag_with("e1100400", "02032004040319");
    struct tb_tag_read r = read_tag(&t, sizeof message);
    assert_failed(&r, TB_TAG_MALFORMED, "type2.past_area");
}

static void tag_without_ndef_is_empty(void **state)
{
    (void)state;
    struct tag t = tag_with("00000000", "");
    struct tb_tag_read r = read_tag(&t, sizeof message);
    assert_failed(&r, TB_TAG_EMPTY, "type2.cc");
    t = tag_with("e1101200", "fe");
    r = read_tag(&t, sizeof message);
    assert_failed(&r, TB_TAG_EMPTY, "type2.no_ndef");
    t = tag_with("e1101200", "");
    r = read_tag(&t, sizeof message);
    assert_failed(&r, TB_TAG_EMPTY, "type2.no_ndef");
    assert_int_equal(t.read_count, 10);
}

static void other_versions_and_locked_tags_are_refused(void **state)
{
    (void)state;
    struct tag t = tag_with("e1201200", "0300fe");
    struct tb_tag_read r = read_tag(&t, sizeof message);
    assert_failed(&r, TB_TAG_UNSUPPORTED, "type2.version");
    t = tag_with("e11012f0", "0300fe");
    r = read_tag(&t, sizeof message);
    assert_failed(&r, TB_TAG_LOCKED, "type2.locked");
}

static void message_longer_than_the_memory_is_refused(void **state)
{
    (void)state;
    struct tag t = tag_with("e1101200", "031f" URI_MESSAGE "fe");
    struct tb_tag_read r = read_tag(&t, 30);
    assert_failed(&r, TB_TAG_UNSUPPORTED, "tag.too_long");
    r = read_tag(&t, 31);
    assert_message(&r, URI_MESSAGE);
}

static void message_past_the_first_sector_is_refused(void **state)
{
    (void)state;
    struct tag t = tag_with("e110ff00", "03ff0400");
    t.size = sizeof t.memory;
    struct tb_tag_read r = read_tag(&t, sizeof message);
    assert_failed(&r, TB_TAG_UNSUPPORTED, "type2.sectors");
    assert_true(t.read_count <= 64);
}

static void torn_read_says_so(void **state)
{
    (void)state;
    for (unsigned reads = 1; reads < 3; reads++) {
        struct tag t = tag_with("e1101200", "0103a00c34031f" URI_MESSAGE "fe");
        t.reads_until_gone = reads;
        struct tb_tag_read r = read_tag(&t, sizeof message);
        assert_failed(&r, TB_TAG_TORN, "tag.lost");
    }
}

static void answer_of_another_size_is_malformed(void **state)
{
    (void)state;
    struct tb_tag_read r;
    assert_int_equal(tb_tag_read_start(&r, 0x00, message, sizeof message), TB_TAG_STEP_NEXT);
    assert_int_equal(tb_tag_read_answer(&r, tb_span_of("\0", 1)), TB_TAG_STEP_FAILED);
    assert_failed(&r, TB_TAG_MALFORMED, "tag.answer");
}

static void other_kinds_are_told_by_their_sak(void **state)
{
    (void)state;
    struct tb_tag_read r;
    assert_int_equal(tb_tag_kind_of(0x00), TB_TAG_KIND_TYPE2);
    assert_int_equal(tb_tag_kind_of(0x20), TB_TAG_KIND_TYPE4);
    assert_int_equal(tb_tag_kind_of(0x28), TB_TAG_KIND_TYPE4);
    assert_int_equal(tb_tag_read_start(&r, 0x08, message, sizeof message), TB_TAG_STEP_FAILED);
    assert_failed(&r, TB_TAG_UNSUPPORTED, "tag.kind");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_behind_a_lock_tlv_is_read),
        cmocka_unit_test(null_tlvs_and_unknown_tlvs_are_skipped),
        cmocka_unit_test(missing_terminator_is_no_fault),
        cmocka_unit_test(empty_message_is_no_failure),
        cmocka_unit_test(long_length_is_read),
        cmocka_unit_test(bytes_reserved_by_control_tlvs_are_not_part_of_the_message),
        cmocka_unit_test(size_zero_in_a_control_tlv_means_256),
        cmocka_unit_test(malformed_control_tlvs_fail),
        cmocka_unit_test(length_past_the_area_fails_before_it_is_read),
        cmocka_unit_test(message_that_fills_the_area_but_for_reserved_bytes_fails),
        cmocka_unit_test(tag_without_ndef_is_empty),
        cmocka_unit_test(other_versions_and_locked_tags_are_refused),
        cmocka_unit_test(message_longer_than_the_memory_is_refused),
        cmocka_unit_test(message_past_the_first_sector_is_refused),
        cmocka_unit_test(torn_read_says_so),
        cmocka_unit_test(answer_of_another_size_is_malformed),
        cmocka_unit_test(other_kinds_are_told_by_their_sak),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
