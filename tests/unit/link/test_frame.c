#include "core/base/text.h"
#include "core/link/crc16.h"
#include "tests/unit/link/wire.h"

static void crc_matches_its_check_value(void **state)
{
    (void)state;
    assert_int_equal(tb_crc16(TB_CRC16_START, tb_span_str("123456789")), 0x29b1);
    uint16_t first = tb_crc16(TB_CRC16_START, tb_span_str("12345"));
    assert_int_equal(tb_crc16(first, tb_span_str("6789")), 0x29b1);
}

static void assert_wire(const struct wire *w, const char *hex)
{
    uint8_t want[64];
    assert_int_equal(tb_hex_decode(tb_span_str(hex), want, strlen(hex) / 2), TB_OK);
    assert_int_equal(w->size, strlen(hex) / 2);
    assert_memory_equal(w->bytes, want, w->size);
}

/* Vectors from an independent encoder. */
static void encoder_writes_known_bytes(void **state)
{
    (void)state;
    struct wire w;
    wire_frame(&w, 0x02, 5, tb_span_of("\x00\x00\xab\xcd", 4), tb_span_of(NULL, 0));
    assert_wire(&w, "041002050105abcda7c700");
    wire_frame(&w, 0x81, 0, tb_span_of(NULL, 0), tb_span_of(NULL, 0));
    assert_wire(&w, "03108103a75600");
    wire_frame(&w, 0x04, 1, tb_span_of("\x00\x07\x01\x00\x00\x44\x07", 7),
               tb_span_of("\x04\xa1\xb2\xc3\xd4\xe5\x80", 7));
    assert_wire(&w, "04100401030701010c440704a1b2c3d4e580da8000");
}

static void long_frame_is_cut_into_full_blocks(void **state)
{
    (void)state;
    uint8_t bulk[600];
    for (size_t i = 0; i < sizeof bulk; i++)
        bulk[i] = (uint8_t)(i % 255 + 1);
    struct wire w;
    wire_frame(&w, 0x05, 0xff, tb_span_of("\x01\x02", 2), tb_span_of(bulk, sizeof bulk));
    assert_int_equal(w.size, 611);
    assert_memory_equal(w.bytes, "\xff\x10\x05\xff\x01\x02\x01\x02", 8);
    assert_memory_equal(w.bytes + 250, "\xf5\xf6\xf7\xf8\xf9\xff\xfa\xfb\xfc\xfd\xfe\xff", 12);
    assert_memory_equal(w.bytes + w.size - 6, "\x58\x59\x5a\xc9\x77\x00", 6);
}

struct pseudo {
    uint32_t at;
};

static uint32_t pseudo_next(struct pseudo *p)
{
    p->at = p->at * 1664525u + 1013904223u;
    return p->at >> 8;
}

static void fill(struct pseudo *p, uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(pseudo_next(p) % 4 == 0 ? 0 : pseudo_next(p));
}

static void every_size_comes_back(void **state)
{
    (void)state;
    static uint8_t payload[TB_LINK_PAYLOAD_MAX];
    static uint8_t memory[TB_LINK_BODY_MAX];
    struct pseudo p = {.at = 1};
    for (size_t size = 0; size <= sizeof payload; size++) {
        if (size % 3 == 0)
            memset(payload, size % 2 ? 0xaa : 0, sizeof payload);
        else
            fill(&p, payload, sizeof payload);
        struct wire w;
        size_t split = size / 3;
        wire_frame(&w, 0x7f, (uint8_t)size, tb_span_of(payload, split),
                   tb_span_of(payload + split, size - split));
        assert_true(w.size <= TB_LINK_WIRE_SIZE(size + TB_LINK_HEADER_SIZE + TB_LINK_CRC_SIZE));
        assert_null(memchr(w.bytes, 0, w.size - 1));

        struct tb_link_decoder d;
        struct tb_link_frame frame;
        struct tb_span in = wire_span(&w);
        tb_link_decoder_init(&d, memory, sizeof memory);
        assert_int_equal(tb_link_decoder_take(&d, &in, &frame), TB_LINK_FRAME);
        assert_int_equal(in.size, 0);
        assert_int_equal(frame.version, TB_LINK_VERSION);
        assert_int_equal(frame.type, 0x7f);
        assert_int_equal(frame.sequence, (uint8_t)size);
        assert_true(tb_span_equal(frame.payload, tb_span_of(payload, size)));
    }
}

static void encoder_may_be_read_byte_by_byte(void **state)
{
    (void)state;
    uint8_t bulk[300] = {1, 0, 2};
    struct wire whole;
    wire_frame(&whole, 0x05, 9, tb_span_of("\0\1", 2), tb_span_of(bulk, sizeof bulk));
    struct tb_link_encoder e;
    assert_int_equal(tb_link_encoder_start(&e, 0x05, 9, tb_span_of("\0\1", 2), tb_span_of(bulk, sizeof bulk)),
                     TB_OK);
    for (size_t i = 0; i < whole.size; i++) {
        uint8_t byte;
        assert_int_equal(tb_link_encoder_read(&e, &byte, 1), 1);
        assert_int_equal(byte, whole.bytes[i]);
    }
    uint8_t none;
    assert_int_equal(tb_link_encoder_read(&e, &none, 1), 0);
}

static void encoder_refuses_what_is_too_long(void **state)
{
    (void)state;
    static uint8_t payload[TB_LINK_PAYLOAD_MAX + 1];
    struct tb_link_encoder e;
    assert_int_equal(
        tb_link_encoder_start(&e, 1, 1, tb_span_of(payload, 1), tb_span_of(payload, TB_LINK_PAYLOAD_MAX)),
        TB_ERR_TOO_LONG);
    uint8_t byte;
    assert_int_equal(tb_link_encoder_read(&e, &byte, 1), 0);
}

static enum tb_link_step take(struct tb_link_decoder *d, struct tb_span in, struct tb_link_frame *ret_frame)
{
    enum tb_link_step step = tb_link_decoder_take(d, &in, ret_frame);
    assert_int_equal(in.size, 0);
    return step;
}

static void decoder_is_in_step_after_noise(void **state)
{
    (void)state;
    uint8_t memory[64];
    struct tb_link_decoder d;
    struct tb_link_frame frame;
    struct wire w;
    tb_link_decoder_init(&d, memory, sizeof memory);
    wire_frame(&w, 2, 0, tb_span_of("\1\2\3\4", 4), tb_span_of(NULL, 0));
    assert_int_equal(take(&d, tb_span_str("\xff noise \x13"), &frame), TB_LINK_MORE);
    assert_int_equal(take(&d, wire_span(&w), &frame), TB_LINK_DAMAGED);
    assert_int_equal(take(&d, wire_span(&w), &frame), TB_LINK_FRAME);
    assert_int_equal(d.damaged_count, 1);
    assert_int_equal(d.frame_count, 1);
    assert_int_equal(take(&d, tb_span_of("\0\0\0", 3), &frame), TB_LINK_MORE);
    assert_int_equal(d.damaged_count, 1);
}

static void every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    uint8_t memory[64];
    struct tb_link_frame frame;
    struct wire w;
    wire_frame(&w, 4, 7, tb_span_of("\0\1\2\0\3\4", 6), tb_span_of("abcdefgh", 8));
    for (size_t bit = 0; bit < 8 * (w.size - 1); bit++) {
        struct tb_link_decoder d;
        tb_link_decoder_init(&d, memory, sizeof memory);
        w.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        struct tb_span in = wire_span(&w);
        while (in.size > 0)
            assert_int_not_equal(tb_link_decoder_take(&d, &in, &frame), TB_LINK_FRAME);
        assert_true(d.damaged_count > 0);
        w.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

static void frame_longer_than_the_memory_is_damage(void **state)
{
    (void)state;
    uint8_t memory[16];
    struct tb_link_decoder d;
    struct tb_link_frame frame;
    struct wire w;
    tb_link_decoder_init(&d, memory, sizeof memory);
    wire_frame(&w, 9, 0, tb_span_str("eleven byte"), tb_span_of("s", 1));
    assert_int_equal(take(&d, wire_span(&w), &frame), TB_LINK_DAMAGED);
    wire_frame(&w, 9, 1, tb_span_str("eleven byte"), tb_span_of(NULL, 0));
    assert_int_equal(take(&d, wire_span(&w), &frame), TB_LINK_FRAME);
}

static void gaps_in_the_sequence_are_counted(void **state)
{
    (void)state;
    static const uint8_t sequences[] = {250, 251, 255, 0, 3};
    uint8_t memory[16];
    struct tb_link_decoder d;
    struct tb_link_frame frame;
    tb_link_decoder_init(&d, memory, sizeof memory);
    for (size_t i = 0; i < sizeof sequences; i++) {
        struct wire w;
        wire_frame(&w, 2, sequences[i], tb_span_of("\0\0\0\1", 4), tb_span_of(NULL, 0));
        assert_int_equal(take(&d, wire_span(&w), &frame), TB_LINK_FRAME);
    }
    assert_int_equal(d.lost_count, 3 + 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc_matches_its_check_value),
        cmocka_unit_test(encoder_writes_known_bytes),
        cmocka_unit_test(long_frame_is_cut_into_full_blocks),
        cmocka_unit_test(every_size_comes_back),
        cmocka_unit_test(encoder_may_be_read_byte_by_byte),
        cmocka_unit_test(encoder_refuses_what_is_too_long),
        cmocka_unit_test(decoder_is_in_step_after_noise),
        cmocka_unit_test(every_flipped_bit_is_noticed),
        cmocka_unit_test(frame_longer_than_the_memory_is_damage),
        cmocka_unit_test(gaps_in_the_sequence_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
