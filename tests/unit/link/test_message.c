#include "tests/unit/link/wire.h"

static uint8_t memory[TB_LINK_BODY_MAX];

/* Sends a message through encoder and decoder. */
static struct tb_link_message passed(const struct tb_link_message *m)
{
    static struct wire w;
    static struct tb_link_decoder d;
    struct tb_link_frame frame;
    struct tb_link_message ret;
    wire_message(&w, m, 0);
    tb_link_decoder_init(&d, memory, sizeof memory);
    struct tb_span in = wire_span(&w);
    assert_int_equal(tb_link_decoder_take(&d, &in, &frame), TB_LINK_FRAME);
    assert_int_equal(tb_link_message_decode(&frame, &ret), TB_OK);
    assert_int_equal(ret.type, m->type);
    return ret;
}

static void hello_comes_back(void **state)
{
    (void)state;
    struct tb_link_message m = {
        .type = TB_LINK_HELLO,
        .hello = {.version = 1,
                  .role = TB_LINK_ROLE_HEAD,
                  .devices = TB_LINK_DEVICE_NFC | TB_LINK_DEVICE_SCANNER,
                  .reset = TB_LINK_RESET_WATCHDOG,
                  .capabilities = 0x1234,
                  .software = tb_span_str("0.1.0"),
                  .name = tb_span_str("stm32f103")},
    };
    struct tb_link_hello h = passed(&m).hello;
    assert_int_equal(h.version, 1);
    assert_int_equal(h.role, TB_LINK_ROLE_HEAD);
    assert_int_equal(h.devices, 3);
    assert_int_equal(h.reset, TB_LINK_RESET_WATCHDOG);
    assert_int_equal(h.capabilities, 0x1234);
    assert_true(tb_span_is(h.software, "0.1.0"));
    assert_true(tb_span_is(h.name, "stm32f103"));
}

static void tag_messages_come_back(void **state)
{
    (void)state;
    struct tb_link_message m = {.type = TB_LINK_TAG,
                                .tag = {.tap = 513,
                                        .kind = TB_LINK_TAG_TYPE4,
                                        .sak = 0x20,
                                        .atqa = 0x0344,
                                        .uid = tb_span_of("\x04\x11\x22\x33", 4)}};
    struct tb_link_tag tag = passed(&m).tag;
    assert_int_equal(tag.tap, 513);
    assert_int_equal(tag.kind, TB_LINK_TAG_TYPE4);
    assert_int_equal(tag.sak, 0x20);
    assert_int_equal(tag.atqa, 0x0344);
    assert_true(tb_span_equal(tag.uid, tb_span_of("\x04\x11\x22\x33", 4)));

    static uint8_t ndef[TB_LINK_NDEF_MAX];
    memset(ndef, 0xd1, sizeof ndef);
    m = (struct tb_link_message){.type = TB_LINK_TAG_DATA,
                                 .tag_data = {.tap = 7, .ndef = tb_span_of(ndef, sizeof ndef)}};
    struct tb_link_tag_data data = passed(&m).tag_data;
    assert_int_equal(data.tap, 7);
    assert_true(tb_span_equal(data.ndef, tb_span_of(ndef, sizeof ndef)));

    m = (struct tb_link_message){.type = TB_LINK_TAG_FAILED,
                                 .tag_failed = {8, TB_TAG_PAYMENT_CARD, TB_TAG_REASON_PAYMENT_CARD}};
    struct tb_link_tag_failed failed = passed(&m).tag_failed;
    assert_int_equal(failed.tap, 8);
    assert_int_equal(failed.failure, TB_TAG_PAYMENT_CARD);
    assert_int_equal(failed.reason, TB_TAG_REASON_PAYMENT_CARD);

    m = (struct tb_link_message){.type = TB_LINK_TAG_GONE, .tap = 65535};
    assert_int_equal(passed(&m).tap, 65535);
    m.type = TB_LINK_TWO_TAGS;
    assert_int_equal(passed(&m).tap, 65535);
}

static void state_and_heartbeat_come_back(void **state)
{
    (void)state;
    struct tb_link_message m = {.type = TB_LINK_STATE,
                                .state = {TB_LINK_DEVICE_SCANNER, TB_LINK_FAILED, TB_LINK_REASON_BUSY}};
    struct tb_link_state s = passed(&m).state;
    assert_int_equal(s.device, TB_LINK_DEVICE_SCANNER);
    assert_int_equal(s.condition, TB_LINK_FAILED);
    assert_int_equal(s.reason, TB_LINK_REASON_BUSY);
    m = (struct tb_link_message){.type = TB_LINK_HEARTBEAT, .uptime_ms = 0xdeadbeef};
    assert_int_equal(passed(&m).uptime_ms, 0xdeadbeef);
    m = (struct tb_link_message){.type = TB_LINK_HELLO_REQUEST};
    (void)passed(&m);
}

static void lines_come_back(void **state)
{
    (void)state;
    static uint8_t text[TB_LINK_LINE_MAX];
    memset(text, '7', sizeof text);
    struct tb_link_message m = {.type = TB_LINK_LINE,
                                .line = {TB_LINK_DEVICE_SCANNER, tb_span_of(text, sizeof text)}};
    struct tb_link_line_read line = passed(&m).line;
    assert_int_equal(line.device, TB_LINK_DEVICE_SCANNER);
    assert_true(tb_span_equal(line.text, tb_span_of(text, sizeof text)));
    m = (struct tb_link_message){.type = TB_LINK_LINE_FAILED,
                                 .line_failed = {TB_LINK_DEVICE_SCANNER, TB_LINK_REASON_LINE_LONG}};
    assert_int_equal(passed(&m).line_failed.reason, TB_LINK_REASON_LINE_LONG);
}

static void apdu_exchange_comes_back(void **state)
{
    (void)state;
    static uint8_t apdu[TB_LINK_APDU_ANSWER_MAX];
    memset(apdu, 0x90, sizeof apdu);
    struct tb_link_message m = {.type = TB_LINK_TRANSCEIVE,
                                .transceive = {3, 44, 1500, tb_span_of(apdu, TB_LINK_APDU_MAX)}};
    struct tb_link_transceive t = passed(&m).transceive;
    assert_int_equal(t.tap, 3);
    assert_int_equal(t.exchange, 44);
    assert_int_equal(t.timeout_ms, 1500);
    assert_int_equal(t.apdu.size, TB_LINK_APDU_MAX);
    m = (struct tb_link_message){
        .type = TB_LINK_TRANSCEIVE_ANSWER,
        .transceive_answer = {3, 44, TB_LINK_EXCHANGE_OK, tb_span_of(apdu, sizeof apdu)}};
    struct tb_link_transceive_answer a = passed(&m).transceive_answer;
    assert_int_equal(a.exchange, 44);
    assert_int_equal(a.status, TB_LINK_EXCHANGE_OK);
    assert_int_equal(a.apdu.size, TB_LINK_APDU_ANSWER_MAX);
}

static void service_messages_come_back(void **state)
{
    (void)state;
    struct tb_link_message m = {.type = TB_LINK_FEEDBACK,
                                .feedback = {TB_LINK_LIGHT_AMBER, TB_LINK_BEEP_DOUBLE, 750}};
    struct tb_link_feedback f = passed(&m).feedback;
    assert_int_equal(f.light, TB_LINK_LIGHT_AMBER);
    assert_int_equal(f.beep, TB_LINK_BEEP_DOUBLE);
    assert_int_equal(f.duration_ms, 750);
    m = (struct tb_link_message){.type = TB_LINK_SELFTEST, .request = 6};
    assert_int_equal(passed(&m).request, 6);
    m = (struct tb_link_message){.type = TB_LINK_SELFTEST_ANSWER,
                                 .selftest_answer = {6, TB_LINK_SELFTEST_FAILED, tb_span_str("antenna")}};
    struct tb_link_selftest_answer t = passed(&m).selftest_answer;
    assert_int_equal(t.verdict, TB_LINK_SELFTEST_FAILED);
    assert_true(tb_span_is(t.detail, "antenna"));
    m = (struct tb_link_message){.type = TB_LINK_STATS_ANSWER, .stats_answer = {.request = 9}};
    m.stats_answer.values[TB_LINK_STAT_LINES] = 70000;
    struct tb_link_stats_answer s = passed(&m).stats_answer;
    assert_int_equal(s.request, 9);
    assert_int_equal(s.values[TB_LINK_STAT_LINES], 70000);
    assert_int_equal(s.values[TB_LINK_STAT_TAPS], 0);
}

static void relay_comes_back(void **state)
{
    (void)state;
    struct tb_link_message m = {.type = TB_LINK_RELAY, .relay = {TB_LINK_RELAY_AGAIN, 40000}};
    struct tb_link_relay r = passed(&m).relay;
    assert_int_equal(r.what, TB_LINK_RELAY_AGAIN);
    assert_int_equal(r.tap, 40000);
}

static void update_requests_come_back(void **state)
{
    (void)state;
    static uint8_t bytes[TB_LINK_UPDATE_BLOCK_SIZE];
    memset(bytes, 0xa5, sizeof bytes);
    struct tb_link_message m = {.type = TB_LINK_UPDATE_BEGIN,
                                .update_begin = {7, TB_LINK_UPDATE_FORCE, tb_span_of(bytes, 200)}};
    struct tb_link_update_begin begin = passed(&m).update_begin;
    assert_int_equal(begin.request, 7);
    assert_int_equal(begin.flags, TB_LINK_UPDATE_FORCE);
    assert_true(tb_span_equal(begin.header, tb_span_of(bytes, 200)));
    m = (struct tb_link_message){.type = TB_LINK_UPDATE_BLOCK,
                                 .update_block = {8, 0x12300, tb_span_of(bytes, sizeof bytes)}};
    struct tb_link_update_block block = passed(&m).update_block;
    assert_int_equal(block.request, 8);
    assert_int_equal(block.offset, 0x12300);
    assert_true(tb_span_equal(block.data, tb_span_of(bytes, sizeof bytes)));
    m = (struct tb_link_message){.type = TB_LINK_UPDATE_END, .request = 9};
    assert_int_equal(passed(&m).request, 9);
}

static void update_answers_come_back(void **state)
{
    (void)state;
    struct tb_link_message m = {
        .type = TB_LINK_UPDATE_ANSWER,
        .update_answer = {10, TB_LINK_UPDATE_REFUSED, TB_LINK_REASON_UPDATE_BOARD, 0x10203}};
    struct tb_link_update_answer answer = passed(&m).update_answer;
    assert_int_equal(answer.request, 10);
    assert_int_equal(answer.status, TB_LINK_UPDATE_REFUSED);
    assert_int_equal(answer.reason, TB_LINK_REASON_UPDATE_BOARD);
    assert_int_equal(answer.next, 0x10203);
    assert_string_equal(tb_link_reason_name(answer.reason), "update.board");
}

static void tamper_comes_back(void **state)
{
    (void)state;
    struct tb_link_message m = {.type = TB_LINK_TAMPER, .tamper = {true, 258}};
    struct tb_link_tamper tamper = passed(&m).tamper;
    assert_true(tamper.open);
    assert_int_equal(tamper.count, 258);
}

static void encoding_refuses_what_is_too_long(void **state)
{
    (void)state;
    static uint8_t big[TB_LINK_NDEF_MAX + 1];
    uint8_t fields_memory[TB_LINK_FIELDS_MAX];
    const struct tb_link_message long_ones[] = {
        {.type = TB_LINK_TAG_DATA, .tag_data = {1, tb_span_of(big, TB_LINK_NDEF_MAX + 1)}},
        {.type = TB_LINK_LINE, .line = {TB_LINK_DEVICE_SCANNER, tb_span_of(big, TB_LINK_LINE_MAX + 1)}},
        {.type = TB_LINK_TRANSCEIVE, .transceive = {1, 1, 1, tb_span_of(big, TB_LINK_APDU_MAX + 1)}},
        {.type = TB_LINK_HELLO, .hello = {.name = tb_span_of(big, TB_LINK_NAME_MAX + 1)}},
        {.type = TB_LINK_TAG, .tag = {.uid = tb_span_of(big, TB_LINK_UID_MAX + 1)}},
        {.type = TB_LINK_UPDATE_BEGIN,
         .update_begin = {.header = tb_span_of(big, TB_LINK_UPDATE_HEADER_MAX + 1)}},
        {.type = TB_LINK_UPDATE_BLOCK,
         .update_block = {.data = tb_span_of(big, TB_LINK_UPDATE_BLOCK_SIZE + 1)}},
    };
    for (size_t i = 0; i < sizeof long_ones / sizeof long_ones[0]; i++) {
        struct tb_buf fields = tb_buf_of(fields_memory, sizeof fields_memory);
        struct tb_span bulk;
        assert_int_equal(tb_link_message_encode(&long_ones[i], &fields, &bulk), TB_ERR_TOO_LONG);
    }
}

static enum tb_err decoded(uint8_t version, uint8_t type, struct tb_span payload)
{
    struct tb_link_frame frame = {.version = version, .type = type, .payload = payload};
    struct tb_link_message m;
    return tb_link_message_decode(&frame, &m);
}

static void decoding_checks_every_field(void **state)
{
    (void)state;
    assert_int_equal(decoded(1, 0x7f, tb_span_str("x")), TB_ERR_UNSUPPORTED);
    assert_int_equal(decoded(1, 0xff, tb_span_str("x")), TB_ERR_UNSUPPORTED);
    assert_int_equal(decoded(2, TB_LINK_TAG_GONE, tb_span_of("\0\1", 2)), TB_ERR_UNSUPPORTED);
    assert_int_equal(decoded(1, TB_LINK_TAG_GONE, tb_span_of("\1", 1)), TB_ERR_TRUNCATED);
    assert_int_equal(decoded(1, TB_LINK_STATE, tb_span_of("\1\5\0\0", 4)), TB_ERR_RANGE);
    assert_int_equal(decoded(1, TB_LINK_STATE, tb_span_of("\3\1\0\0", 4)), TB_ERR_RANGE);
    assert_int_equal(decoded(1, TB_LINK_TAG_FAILED, tb_span_of("\0\1\0\0\1", 5)), TB_ERR_RANGE);
    assert_int_equal(decoded(1, TB_LINK_TAG, tb_span_of("\0\1\1\0\0\x44\x0b\0\0\0\0\0\0\0\0\0\0\0", 18)),
                     TB_ERR_TOO_LONG);
    assert_int_equal(decoded(1, TB_LINK_TAG, tb_span_of("\0\1\1\0\0\x44\x07\0\0", 9)), TB_ERR_TRUNCATED);
    assert_int_equal(decoded(1, TB_LINK_STATS_ANSWER, tb_span_of("\1\2\0\0\0\1", 6)), TB_ERR_TRUNCATED);
    assert_int_equal(decoded(1, TB_LINK_UPDATE_ANSWER, tb_span_of("\x86\6\0\0\0\0\0\0", 8)), TB_ERR_RANGE);
    assert_int_equal(decoded(1, TB_LINK_UPDATE_BLOCK, tb_span_of("\0\0\0\0\1x", 6)), TB_ERR_RANGE);
    assert_int_equal(decoded(1, TB_LINK_UPDATE_BLOCK, tb_span_of("\0\0\0\1", 4)), TB_ERR_TRUNCATED);
    assert_int_equal(decoded(1, TB_LINK_TAMPER, tb_span_of("\2\0\0", 3)), TB_ERR_RANGE);
}

/* What a newer peer adds behind the known fields is not an error. */
static void later_additions_are_ignored(void **state)
{
    (void)state;
    assert_int_equal(decoded(1, TB_LINK_TAG_GONE, tb_span_of("\0\1more", 6)), TB_OK);
    assert_int_equal(decoded(2, TB_LINK_HELLO, tb_span_of("\2\2\1\0\0\0\0\0more", 12)), TB_OK);
    assert_int_equal(decoded(15, TB_LINK_HELLO_REQUEST, tb_span_of(NULL, 0)), TB_OK);
    uint8_t stats[2 + 4 * 40] = {1, 40, 0, 0, 0, 9};
    assert_int_equal(decoded(1, TB_LINK_STATS_ANSWER, tb_span_of(stats, sizeof stats)), TB_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hello_comes_back),
        cmocka_unit_test(tag_messages_come_back),
        cmocka_unit_test(state_and_heartbeat_come_back),
        cmocka_unit_test(lines_come_back),
        cmocka_unit_test(apdu_exchange_comes_back),
        cmocka_unit_test(service_messages_come_back),
        cmocka_unit_test(relay_comes_back),
        cmocka_unit_test(update_requests_come_back),
        cmocka_unit_test(update_answers_come_back),
        cmocka_unit_test(tamper_comes_back),
        cmocka_unit_test(encoding_refuses_what_is_too_long),
        cmocka_unit_test(decoding_checks_every_field),
        cmocka_unit_test(later_additions_are_ignored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
