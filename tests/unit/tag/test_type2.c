#include "core/tag/read.h"
#include "tests/support/hex.h"
#include "tests/support/unit.h"

#define URI_MESSAGE "d1011b55046c6f79616c2e6578616d706c652f6d2f30303031323334353637"

/* A tag as its memory; READ wraps around at its end. */
struct tag {
    uint8_t memory[1024];
    size_t size;
    bool slow;   /* knows no FAST_READ */
    bool nak;    /* its NAK comes as an answer of one byte */
    bool idle;   /* since it refused a command */
    bool absent; /* once it is to be selected again */
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

static enum tb_tag_step refuse(struct tag *t, struct tb_tag_read *r)
{
    t->idle = true;
    return t->nak ? tb_tag_read_answer(r, tb_span_of("\0", 1)) : tb_tag_read_lost(r);
}

static enum tb_tag_step exchange(struct tag *t, struct tb_tag_read *r)
{
    uint8_t answer[TB_TYPE2_FAST_READ_MAX];
    size_t size = 16;
    bool fast = r->command[0] == 0x3a;
    assert_int_equal(r->command_size, fast ? 3 : 2);
    assert_true(fast == r->raw);
    t->read_count++;
    if (t->idle || (t->reads_until_gone && t->read_count > t->reads_until_gone))
        return tb_tag_read_lost(r);
    if (fast) {
        size = 4 * (r->command[2] - r->command[1] + 1u);
        assert_true(size <= sizeof answer);
        if (t->slow || 4u * r->command[2] >= t->size)
            return refuse(t, r);
    } else {
        assert_int_equal(r->command[0], 0x30);
    }
    for (size_t i = 0; i < size; i++)
        answer[i] = t->memory[(r->command[1] * 4u + i) % t->size];
    return tb_tag_read_answer(r, tb_span_of(answer, size));
}

static enum tb_tag_step reselect(struct tag *t, struct tb_tag_read *r)
{
    if (t->absent || (t->reads_until_gone && t->read_count >= t->reads_until_gone))
        return tb_tag_read_lost(r);
    assert_true(t->idle);
    t->idle = false;
    return tb_tag_read_selected(r);
}

static uint8_t message[1024];

static struct tb_tag_read read_tag(struct tag *t, size_t size_max)
{
    struct tb_tag_read r;
    enum tb_tag_step step = tb_tag_read_start(&r, 0x00, message, size_max);
    while (step == TB_TAG_STEP_NEXT || step == TB_TAG_STEP_SELECT)
        step = step == TB_TAG_STEP_NEXT ? exchange(t, &r) : reselect(t, &r);
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
    assert_int_equal(t.read_count, 1);
}

static void tag_without_fast_read_is_read_by_read(void **state)
{
    (void)state;
    for (unsigned nak = 0; nak < 2; nak++) {
        struct tag t = tag_with("e1101200", "0103a00c34031f" URI_MESSAGE "fe");
        t.slow = true;
        t.nak = nak;
        struct tb_tag_read r = read_tag(&t, sizeof message);
        assert_message(&r, URI_MESSAGE);
        assert_int_equal(t.read_count, 1 + 3); /* 12 + 16 + 16 bytes of the area */
    }
}

static void tag_that_is_gone_after_its_nak_is_lost(void **state)
{
    (void)state;
    struct tag t = tag_with("e1101200", "0103a00c34031f" URI_MESSAGE "fe");
    t.slow = t.absent = true;
    struct tb_tag_read r = read_tag(&t, sizeof message);
    assert_failed(&r, TB_TAG_TORN, "tag.lost");
}

/* 64 bytes: no page 17, so that FAST_READ of the first pages is refused as by a tag that does not know it. */
static void tag_smaller_than_the_first_fast_read_is_read(void **state)
{
    (void)state;
    struct tag t = tag_with("e1100600", "031f" URI_MESSAGE "fe");
    t.size = 64;
    struct tb_tag_read r = read_tag(&t, sizeof message);
    assert_message(&r, URI_MESSAGE);
}

/* The container and 48 bytes of message in one command, and never more commands than needed. */
static void messages_take_the_fewest_commands(void **state)
{
    (void)state;
    static const struct {
        unsigned size;
        unsigned command_count;
    } messages[] = {{1, 1}, {49, 1}, {50, 2}, {144, 2}, {254, 2}, {300, 2}, {312, 2}, {313, 3}, {400, 3}};
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        struct tag t = tag_with("e1106d00", "");
        t.size = 924;
        struct tb_buf area = tb_buf_of(t.memory + 16, 900);
        if (messages[i].size < 255)
            tb_buf_add(&area, HEX_SPAN("0103e80e6603"));
        else
            tb_buf_add(&area, HEX_SPAN("03ff"));
        if (messages[i].size < 255)
            tb_buf_add_u8(&area, (uint8_t)messages[i].size);
        else
            tb_buf_add_u16be(&area, (uint16_t)messages[i].size);
        size_t at = 16 + area.size;
        for (unsigned byte = 0; byte < messages[i].size; byte++)
            t.memory[at + byte] = (uint8_t)(byte * 3 + 1);
        struct tb_tag_read r = read_tag(&t, sizeof message);
        assert_int_equal(r.failure, 0);
        assert_int_equal(r.ndef.size, messages[i].size);
        assert_memory_equal(r.ndef.at, t.memory + at, messages[i].size);
        assert_int_equal(t.read_count, messages[i].command_count);
    }
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
    assert_int_equal(t.read_count, 3);
    t.read_count = 0;
    t.slow = true;
    r = read_tag(&t, sizeof message);
    assert_failed(&r, TB_TAG_EMPTY, "type2.no_ndef");
    assert_int_equal(t.read_count, 1 + 10);
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
    t.slow = true;
    t.read_count = 0;
    r = read_tag(&t, sizeof message);
    assert_failed(&r, TB_TAG_UNSUPPORTED, "type2.sectors");
    assert_true(t.read_count <= 65);
}

static void torn_read_says_so(void **state)
{
    (void)state;
    for (unsigned reads = 1; reads < 3; reads++) {
        struct tag t = tag_with("e1103e00", "03ff0140");
        t.size = 540;
        t.reads_until_gone = reads;
        struct tb_tag_read r = read_tag(&t, sizeof message);
        assert_failed(&r, TB_TAG_TORN, "tag.lost");
        assert_int_equal(t.read_count, reads + 1);
    }
    for (unsigned reads = 1; reads < 4; reads++) {
        struct tag t = tag_with("e1101200", "0103a00c34031f" URI_MESSAGE "fe");
        t.slow = true;
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
    assert_int_equal(tb_tag_read_answer(&r, tb_span_of("\0\0", 2)), TB_TAG_STEP_FAILED);
    assert_failed(&r, TB_TAG_MALFORMED, "tag.answer");
    assert_int_equal(tb_tag_read_start(&r, 0x00, message, sizeof message), TB_TAG_STEP_NEXT);
    assert_int_equal(tb_tag_read_lost(&r), TB_TAG_STEP_SELECT);
    assert_int_equal(tb_tag_read_selected(&r), TB_TAG_STEP_NEXT);
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
        cmocka_unit_test(tag_without_fast_read_is_read_by_read),
        cmocka_unit_test(tag_that_is_gone_after_its_nak_is_lost),
        cmocka_unit_test(tag_smaller_than_the_first_fast_read_is_read),
        cmocka_unit_test(messages_take_the_fewest_commands),
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
