/* What the agent makes of a head on a serial line, whatever the head does. */
#include "tests/integration/nfc/head.h"

#include "core/base/assert.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BOTH = TB_LINK_DEVICE_NFC | TB_LINK_DEVICE_SCANNER, LINE_COUNT = 120, LINE_SIZE = 400 };

static struct harness h;
static struct head head = {.fd = -1};

static void readers_start(void)
{
    const struct tb_reader_spec spec = {.kind = TB_READER_HEAD, .name = "head", .device = h.line};
    const struct tb_readers_options options = {.readerd_path = "/nonexistent/readerd",
                                               .specs = &spec,
                                               .spec_count = 1,
                                               .event = harness_event,
                                               .context = &h};
    assert_int_equal(tb_readers_create(h.loop, &options, &h.readers), TB_OK);
}

/* The folder and the loop; no simulator, and no reader yet. */
static int setup(void **state)
{
    (void)state;
    harness_start_loop(&h);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (head.fd >= 0)
        head_unplug(&head);
    harness_stop(&h);
    return 0;
}

static void head_ready(void)
{
    head_hello(&head, BOTH, TB_LINK_RESET_POWER_ON);
    head_state(&head, TB_LINK_DEVICE_NFC, TB_LINK_READY, TB_LINK_REASON_NONE);
    head_state(&head, TB_LINK_DEVICE_SCANNER, TB_LINK_READY, TB_LINK_REASON_NONE);
    harness_expect(&h, "hello power_on");
    harness_expect(&h, "state nfc ready");
    harness_expect(&h, "state scanner ready");
}

static int setup_ready(void **state)
{
    (void)setup(state);
    head_plug(&head, &h, h.line);
    readers_start();
    (void)head_expect(&head, TB_LINK_HELLO_REQUEST);
    head_ready();
    return 0;
}

static void tag_told_after(uint16_t tap, const char *before)
{
    head_send(&head,
              &(struct tb_link_message){
                  .type = TB_LINK_TAG,
                  .tag = {.tap = tap, .kind = TB_LINK_TAG_TYPE2, .uid = tb_span_of("\x04\x01\x02\x03", 4)}});
    if (before)
        harness_expect(&h, before);
    harness_expect(&h, "tag type2");
}

static void tag_show(uint16_t tap)
{
    tag_told_after(tap, NULL);
}

static void heartbeat(void)
{
    head_send(&head, &(struct tb_link_message){.type = TB_LINK_HEARTBEAT, .uptime_ms = 1});
}

static const struct tb_reader_info *info(void)
{
    return tb_readers_info(h.readers, 0);
}

/* ---- what it says ---- */

static void head_is_what_its_hello_says(void **state)
{
    (void)state;
    assert_string_equal(info()->board, "script");
    assert_string_equal(info()->software, "0.1.0");
    assert_int_equal(info()->reset, TB_LINK_RESET_POWER_ON);
    assert_int_equal(info()->part_count, 2);
    assert_int_equal(info()->parts[0].kind, TB_READER_NFC);
    assert_int_equal(info()->parts[1].kind, TB_READER_SCANNER);
    assert_int_equal(info()->start_count, 1);
}

static void taps_and_scans_are_told(void **state)
{
    (void)state;
    tag_show(7);
    head_send(&head,
              &(struct tb_link_message){.type = TB_LINK_TAG_DATA,
                                        .tag_data = {.tap = 7, .ndef = tb_span_of("\xd0\x00\x00", 3)}});
    head_send(&head, &(struct tb_link_message){
                         .type = TB_LINK_LINE,
                         .line = {.device = TB_LINK_DEVICE_SCANNER, .text = tb_span_str("5901234123457")}});
    head_send(&head, &(struct tb_link_message){.type = TB_LINK_TAG_GONE, .tap = 7});
    harness_expect(&h, "data d00000");
    harness_expect(&h, "line 5901234123457");
    harness_expect(&h, "gone");
}

/* An antenna that fails takes its tag with it, and leaves the scanner alone. */
static void each_part_has_its_state(void **state)
{
    (void)state;
    tag_show(1);
    head_state(&head, TB_LINK_DEVICE_SCANNER, TB_LINK_FAILED, TB_LINK_REASON_NO_ANSWER);
    harness_expect(&h, "state scanner unplugged device.no_answer");
    assert_int_equal(info()->parts[0].state, TB_READER_READY);
    head_state(&head, TB_LINK_DEVICE_NFC, TB_LINK_FAILED, TB_LINK_REASON_NO_ANSWER);
    harness_expect(&h, "gone");
    harness_expect(&h, "state nfc unplugged device.no_answer");
    head_state(&head, TB_LINK_DEVICE_SCANNER, TB_LINK_READY, TB_LINK_REASON_NONE);
    harness_expect(&h, "state scanner ready");
}

/* Said after each HELLO, too: what is known is not told again. */
static void housing_is_told_when_it_moves(void **state)
{
    (void)state;
    static const struct tb_link_tamper said[] = {{false, 0}, {true, 1}, {true, 1}, {false, 1}, {true, 2}};
    for (size_t i = 0; i < TB_ARRAY_SIZE(said); i++)
        head_send(&head, &(struct tb_link_message){.type = TB_LINK_TAMPER, .tamper = said[i]});
    harness_expect(&h, "housing open");
    harness_expect(&h, "housing closed");
    harness_expect(&h, "housing open");
    tag_show(1); /* nothing in between */
}

/* A frame that the line loses or damages costs what it said, and never the next tap. */
static void frames_that_are_lost_in_a_tap_cost_that_tap_alone(void **state)
{
    (void)state;
    uint8_t frame[TB_LINK_WIRE_MAX];
    const struct tb_link_message gone = {.type = TB_LINK_TAG_GONE, .tap = 1};
    const struct tb_link_message data = {.type = TB_LINK_TAG_DATA, .tag_data = {.tap = 2}};
    tag_show(1);
    (void)head_frame(&head, &gone, frame, sizeof frame); /* lost */
    tag_told_after(2, "gone");
    size_t size = head_frame(&head, &data, frame, sizeof frame);
    frame[size / 2] ^= 0x20;
    head_bytes(&head, tb_span_of(frame, size));
    head_send(&head, &(struct tb_link_message){.type = TB_LINK_TAG_GONE, .tap = 2});
    harness_expect(&h, "gone");
    head.sequence++; /* the TAG of tap 3 */
    head_send(&head, &(struct tb_link_message){.type = TB_LINK_TAG_DATA, .tag_data = {.tap = 3}});
    head_send(&head, &(struct tb_link_message){.type = TB_LINK_TAG_GONE, .tap = 3});
    tag_show(4);
}

static void light_and_sound_reach_a_head_that_has_them(void **state)
{
    (void)state;
    const struct tb_link_feedback green = {TB_LINK_LIGHT_GREEN, TB_LINK_BEEP_SHORT, 600};
    assert_int_equal(tb_readers_feedback(h.readers, 0, &green), TB_OK);
    const struct tb_link_message *m = head_expect(&head, TB_LINK_FEEDBACK);
    assert_int_equal(m->feedback.light, TB_LINK_LIGHT_GREEN);
    assert_int_equal(m->feedback.beep, TB_LINK_BEEP_SHORT);
    assert_int_equal(m->feedback.duration_ms, 600);
    head_send(&head, &(struct tb_link_message){.type = TB_LINK_HELLO,
                                               .hello = {.version = TB_LINK_VERSION,
                                                         .role = TB_LINK_ROLE_HEAD,
                                                         .devices = BOTH,
                                                         .software = tb_span_str("0.0.9"),
                                                         .name = tb_span_str("dumb")}});
    harness_expect(&h, "hello unknown");
    assert_int_equal(tb_readers_feedback(h.readers, 0, &green), TB_ERR_UNSUPPORTED);
    uint8_t request;
    assert_int_equal(tb_readers_selftest(h.readers, 0, &request), TB_ERR_UNSUPPORTED);
}

static void questions_are_answered_by_number(void **state)
{
    (void)state;
    uint8_t selftest, stats;
    assert_int_equal(tb_readers_selftest(h.readers, 0, &selftest), TB_OK);
    assert_int_equal(tb_readers_stats(h.readers, 0, &stats), TB_OK);
    assert_int_equal(head_expect(&head, TB_LINK_SELFTEST)->request, selftest);
    assert_int_equal(head_expect(&head, TB_LINK_STATS)->request, stats);
    assert_true(selftest != stats && selftest != 0 && stats != 0);
    head_send(&head, &(struct tb_link_message){.type = TB_LINK_SELFTEST_ANSWER,
                                               .selftest_answer = {.request = selftest,
                                                                   .verdict = TB_LINK_SELFTEST_FAILED,
                                                                   .detail = tb_span_str("flash")}});
    harness_expect(&h, "selftest failed flash");
    head_send(&head,
              &(struct tb_link_message){.type = TB_LINK_STATS_ANSWER,
                                        .stats_answer = {.request = stats, .values = {1, 2, 3, 4, 5, 6}}});
    harness_expect(&h, "stats 2 3 4 5 6");
}

/* ---- polling ---- */

static const struct tb_span frame = {.at = (const uint8_t *)"\x6a\x01\x00\x00\x04", .size = 5};

static void polled_head_start(uint16_t capabilities, struct tb_span polling)
{
    const struct tb_reader_spec spec = {
        .kind = TB_READER_HEAD, .name = "head", .device = h.line, .polling = polling};
    const struct tb_readers_options options = {.readerd_path = "/nonexistent/readerd",
                                               .specs = &spec,
                                               .spec_count = 1,
                                               .event = harness_event,
                                               .context = &h};
    head_plug(&head, &h, h.line);
    head.capabilities = capabilities;
    assert_int_equal(tb_readers_create(h.loop, &options, &h.readers), TB_OK);
    (void)head_expect(&head, TB_LINK_HELLO_REQUEST);
}

static void polling_expect(struct tb_span ecp)
{
    assert_true(tb_span_equal(head_expect(&head, TB_LINK_POLLING)->ecp, ecp));
}

static void polling_frame_is_said_after_every_hello(void **state)
{
    (void)state;
    polled_head_start(TB_LINK_CAN_POLLING, frame);
    assert_int_equal(info()->polling_state, TB_READER_POLLING_WAITING);
    assert_true(tb_span_equal(info()->polling, frame));
    head_ready();
    polling_expect(frame);
    assert_int_equal(info()->polling_state, TB_READER_POLLING_SENT);
    head_hello(&head, BOTH, TB_LINK_RESET_WATCHDOG);
    harness_expect(&h, "hello watchdog");
    polling_expect(frame);
    head_unplug(&head);
    harness_expect(&h, "state nfc unplugged device.absent");
    assert_int_equal(info()->polling_state, TB_READER_POLLING_WAITING);
}

static void heartbeat_due(struct tb_timer *timer)
{
    heartbeat();
    tb_timer_set(h.loop, timer, 500, heartbeat_due);
}

/* The line may lose it, and nothing tells: it is said again while the head shows that it lives. */
static void polling_frame_that_was_lost_is_said_again(void **state)
{
    (void)state;
    polled_head_start(TB_LINK_CAN_POLLING, frame);
    int64_t first_ms = tb_loop_now_ms(h.loop); /* not sent before that */
    head_ready();
    polling_expect(frame);
    struct tb_timer beat = {0};
    heartbeat_due(&beat);
    polling_expect(frame);
    tb_timer_cancel(&beat);
    assert_true(tb_loop_now_ms(h.loop) - first_ms >= TB_READERS_POLLING_MS);
}

/* It may still send one for an agent that was configured otherwise. */
static void no_polling_frame_is_said_too(void **state)
{
    (void)state;
    polled_head_start(TB_LINK_CAN_POLLING, tb_span_of(NULL, 0));
    head_ready();
    polling_expect(tb_span_of(NULL, 0));
    assert_int_equal(info()->polling_state, TB_READER_POLLING_NONE);
}

static void head_that_sends_no_polling_frame_is_used_without(void **state)
{
    (void)state;
    polled_head_start(TB_LINK_CAN_FEEDBACK, frame);
    head_ready();
    assert_int_equal(info()->polling_state, TB_READER_POLLING_UNSUPPORTED);
    const struct tb_link_feedback green = {TB_LINK_LIGHT_GREEN, TB_LINK_BEEP_SHORT, 600};
    assert_int_equal(tb_readers_feedback(h.readers, 0, &green), TB_OK);
    (void)head_expect(&head, TB_LINK_FEEDBACK); /* nothing before it */
    tag_show(1);
    head.capabilities |= TB_LINK_CAN_POLLING; /* after an update */
    head_hello(&head, BOTH, TB_LINK_RESET_SOFTWARE);
    harness_expect(&h, "gone");
    harness_expect(&h, "hello software");
    polling_expect(frame);
    assert_int_equal(info()->polling_state, TB_READER_POLLING_SENT);
}

/* ---- noise ---- */

static void noise_before_the_first_frame_is_harmless(void **state)
{
    (void)state;
    head_plug(&head, &h, h.line);
    readers_start();
    (void)head_expect(&head, TB_LINK_HELLO_REQUEST);
    uint8_t noise[4096];
    uint32_t x = 12345;
    for (size_t i = 0; i < sizeof noise; i++) {
        x = x * 1664525u + 1013904223u;
        noise[i] = (uint8_t)(x >> 24);
    }
    head_bytes(&head, tb_span_of(noise, sizeof noise));
    head_bytes(&head, tb_span_of("\0", 1));
    head_ready();
    assert_true(tb_readers_frames(h.readers, 0).damaged_count > 0);
}

/* Noise that sticks to the HELLO costs it; the next sign of life has it asked for again. */
static void hello_that_was_lost_is_asked_for_again(void **state)
{
    (void)state;
    head_plug(&head, &h, h.line);
    readers_start();
    (void)head_expect(&head, TB_LINK_HELLO_REQUEST);
    head_bytes(&head, tb_span_of("\x55\x55\x55", 3));
    head_hello(&head, BOTH, TB_LINK_RESET_POWER_ON);
    head_state(&head, TB_LINK_DEVICE_NFC, TB_LINK_READY, TB_LINK_REASON_NONE);
    heartbeat();
    (void)head_expect(&head, TB_LINK_HELLO_REQUEST);
    head_ready();
}

/* ---- what it is not ---- */

static void unsupported_until_it_is_right(const char *event)
{
    harness_expect(&h, event);
    assert_int_equal(info()->parts[0].kind, TB_READER_HEAD);
    (void)head_expect(&head, TB_LINK_HELLO_REQUEST); /* asked again after a while */
    head.version = TB_LINK_VERSION;
    head_ready();
}

static int setup_asked(void **state)
{
    (void)setup(state);
    head_plug(&head, &h, h.line);
    readers_start();
    (void)head_expect(&head, TB_LINK_HELLO_REQUEST);
    return 0;
}

static void another_version_is_told(void **state)
{
    (void)state;
    head.version = TB_LINK_VERSION + 1;
    head_hello(&head, BOTH, TB_LINK_RESET_POWER_ON);
    unsupported_until_it_is_right("state head unsupported link.version");
}

static void another_role_is_told(void **state)
{
    (void)state;
    head_send(&head, &(struct tb_link_message){.type = TB_LINK_HELLO,
                                               .hello = {.version = TB_LINK_VERSION,
                                                         .role = TB_LINK_ROLE_READERD,
                                                         .devices = TB_LINK_DEVICE_NFC}});
    unsupported_until_it_is_right("state head unsupported link.role");
}

static void head_without_devices_is_told(void **state)
{
    (void)state;
    head_hello(&head, 0x40, TB_LINK_RESET_POWER_ON);
    unsupported_until_it_is_right("state head unsupported link.devices");
}

static void file_that_is_no_serial_line_is_told(void **state)
{
    (void)state;
    int fd = open(h.line, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
    readers_start();
    harness_expect(&h, "state head unplugged device.unsupported");
    assert_int_equal(unlink(h.line), 0);
    harness_expect(&h, "state head unplugged device.absent");
}

/* ---- coming and going ---- */

static void unplugged_in_the_middle_of_a_tap(void **state)
{
    (void)state;
    tag_show(3);
    uint64_t tap = h.tap;
    head_unplug(&head);
    harness_expect(&h, "gone");
    harness_expect(&h, "state nfc unplugged device.absent");
    harness_expect(&h, "state scanner unplugged device.absent");
    head_plug(&head, &h, h.line);
    (void)head_expect(&head, TB_LINK_HELLO_REQUEST);
    head_ready();
    tag_show(3);
    assert_true(h.tap != tap);
    assert_int_equal(info()->start_count, 2);
}

static void absent_head_is_found_when_it_comes(void **state)
{
    (void)state;
    readers_start();
    harness_expect(&h, "state head unplugged device.absent");
    head_plug(&head, &h, h.line);
    (void)head_expect(&head, TB_LINK_HELLO_REQUEST);
    head_ready();
}

static void line_of_another_program_is_left_alone(void **state)
{
    (void)state;
    head_plug(&head, &h, h.line);
    int fd = open(h.line, O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    readers_start();
    harness_expect(&h, "state head unplugged device.busy");
    assert_int_equal(head.request_count, 0);
    (void)close(fd);
    (void)head_expect(&head, TB_LINK_HELLO_REQUEST);
    head_ready();
}

static void head_that_begins_anew_has_no_tag(void **state)
{
    (void)state;
    tag_show(1);
    uint64_t tap = h.tap;
    head_hello(&head, BOTH, TB_LINK_RESET_WATCHDOG);
    harness_expect(&h, "gone");
    harness_expect(&h, "hello watchdog");
    tag_show(1);
    assert_true(h.tap != tap);
    assert_int_equal(info()->start_count, 2);
}

/* ---- silence ---- */

static void silent_head_is_asked_and_then_given_up(void **state)
{
    (void)state;
    tag_show(1);
    int64_t last_ms = h.event_at_ms;
    assert_int_equal(head_expect(&head, TB_LINK_STATS)->request, 0);
    harness_expect(&h, "gone");
    harness_expect(&h, "state nfc hung device.silent");
    assert_true(h.state_at_ms - last_ms >= TB_READERS_SILENCE_MS);
    harness_expect(&h, "state scanner hung device.silent");
    (void)head_expect(&head, TB_LINK_HELLO_REQUEST);
    head_ready();
}

/* A head whose clock is slow says little by itself, but answers when it is asked. */
static void slow_head_is_not_given_up(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(head_expect(&head, TB_LINK_STATS)->request, 0);
        head_send(&head, &(struct tb_link_message){.type = TB_LINK_STATS_ANSWER});
    }
    assert_int_equal(h.event_count, h.taken);
    assert_int_equal(info()->start_count, 1);
}

static void line_that_says_nothing_is_told(void **state)
{
    (void)state;
    (void)head_expect(&head, TB_LINK_HELLO_REQUEST); /* the second one, after a second */
    harness_expect(&h, "state head hung device.silent");
}

/* ---- slowness ---- */

/* An agent that is held up reads everything later, as far as the line kept it. */
static void agent_that_stops_reading_loses_nothing_that_the_line_took(void **state)
{
    (void)state;
    static uint8_t bytes[LINE_COUNT * 2 * LINE_SIZE];
    static char expected[LINE_SIZE + 16];
    char text[LINE_SIZE + 1];
    size_t size = 0, sent = 0;
    memset(text, '7', LINE_SIZE);
    text[LINE_SIZE] = '\0';
    for (unsigned i = 0; i < LINE_COUNT; i++) {
        const struct tb_link_message m = {
            .type = TB_LINK_LINE,
            .line = {.device = TB_LINK_DEVICE_SCANNER, .text = tb_span_of(text, LINE_SIZE)}};
        size += head_frame(&head, &m, bytes + size, sizeof bytes - size);
    }
    ssize_t took = write(head.fd, bytes, size);
    assert_true(took > 0 && (size_t)took < size); /* the line is full */
    sent = (size_t)took;
    (void)snprintf(expected, sizeof expected, "line %s", text);
    for (unsigned i = 0; i < LINE_COUNT; i++) {
        harness_expect(&h, expected);
        took = write(head.fd, bytes + sent, size - sent);
        sent += took > 0 ? (size_t)took : 0;
    }
    assert_int_equal(sent, size);
    assert_int_equal(tb_readers_frames(h.readers, 0).lost_count, 0);
}

/* A head that takes nothing costs the agent a refusal, not its time. */
static void head_that_stops_reading_is_told_apart(void **state)
{
    (void)state;
    const struct tb_link_feedback red = {TB_LINK_LIGHT_RED, TB_LINK_BEEP_LONG, 600};
    unsigned sent = 0;
    tb_watch_set_read(&head.watch, false);
    enum tb_err err = TB_OK;
    while (err == TB_OK && sent < 100000) {
        err = tb_readers_feedback(h.readers, 0, &red);
        sent++;
    }
    assert_int_equal(err, TB_ERR_FULL);
    heartbeat();
    head_send(&head, &(struct tb_link_message){
                         .type = TB_LINK_LINE,
                         .line = {.device = TB_LINK_DEVICE_SCANNER, .text = tb_span_str("still heard")}});
    harness_expect(&h, "line still heard");
}

/* ---- several ---- */

static void two_heads_are_told_apart(void **state)
{
    (void)state;
    struct head second;
    char path[112];
    (void)snprintf(path, sizeof path, "%s/second", h.folder);
    head_plug(&head, &h, h.line);
    head_plug(&second, &h, path);
    const struct tb_reader_spec specs[] = {{.kind = TB_READER_HEAD, .name = "one", .device = h.line},
                                           {.kind = TB_READER_HEAD, .name = "two", .device = path}};
    const struct tb_readers_options options = {.readerd_path = "/nonexistent/readerd",
                                               .specs = specs,
                                               .spec_count = 2,
                                               .event = harness_event,
                                               .context = &h};
    assert_int_equal(tb_readers_create(h.loop, &options, &h.readers), TB_OK);
    (void)head_expect(&head, TB_LINK_HELLO_REQUEST);
    (void)head_expect(&second, TB_LINK_HELLO_REQUEST);
    head_ready();
    head_hello(&second, TB_LINK_DEVICE_NFC, TB_LINK_RESET_PIN);
    harness_expect(&h, "hello pin");
    tag_show(1);
    uint64_t tap = h.tap;
    head_send(&second,
              &(struct tb_link_message){.type = TB_LINK_TAG, .tag = {.tap = 1, .kind = TB_LINK_TAG_TYPE4}});
    harness_expect(&h, "tag type4");
    assert_true(h.tap != tap);
    head_unplug(&second);
    harness_expect(&h, "gone");
    harness_expect(&h, "state nfc unplugged device.absent");
    assert_int_equal(tb_readers_info(h.readers, 1)->part_count, 1);
    assert_int_equal(info()->parts[0].state, TB_READER_READY);
}

/* ---- relay ---- */

static void relay_heard(enum tb_link_relaying what, uint16_t tap)
{
    const struct tb_link_relay relay = head_expect(&head, TB_LINK_RELAY)->relay;
    assert_int_equal(relay.what, what);
    assert_int_equal(relay.tap, tap);
}

static int setup_relay(void **state)
{
    (void)setup(state);
    head_plug(&head, &h, h.line);
    head.capabilities = TB_LINK_CAN_TRANSCEIVE | TB_LINK_CAN_RELAY;
    readers_start();
    (void)head_expect(&head, TB_LINK_HELLO_REQUEST);
    head_ready();
    relay_heard(TB_LINK_RELAY_OFF, 0);
    tb_readers_relay(h.readers, true);
    relay_heard(TB_LINK_RELAY_ON, 0);
    return 0;
}

static void wish_to_relay_is_said_after_each_hello_and_when_it_changes(void **state)
{
    (void)state;
    assert_true(tb_readers_relays(h.readers, 0));
    head_hello(&head, BOTH, TB_LINK_RESET_WATCHDOG);
    harness_expect(&h, "hello watchdog");
    relay_heard(TB_LINK_RELAY_ON, 0);
    tb_readers_relay(h.readers, true); /* nothing new */
    tb_readers_relay(h.readers, false);
    relay_heard(TB_LINK_RELAY_OFF, 0);
    assert_false(tb_readers_relays(h.readers, 0));
}

static void head_that_cannot_relay_is_not_asked_to(void **state)
{
    (void)state;
    uint8_t request;
    head.capabilities = TB_LINK_CAN_SELFTEST;
    head_hello(&head, BOTH, TB_LINK_RESET_POWER_ON);
    harness_expect(&h, "hello power_on");
    assert_false(tb_readers_relays(h.readers, 0));
    assert_int_equal(tb_readers_selftest(h.readers, 0, &request), TB_OK);
    (void)head_expect(&head, TB_LINK_SELFTEST); /* and nothing before it */
}

static void tag_that_is_told_again_is_the_same_tap(void **state)
{
    (void)state;
    const struct tb_link_message again = {.type = TB_LINK_TAG, .tag = {.tap = 7, .kind = TB_LINK_TAG_TYPE4}};
    tag_show(7);
    uint64_t tap = h.tap;
    assert_int_equal(tb_readers_tell(h.readers, 0, tap, TB_LINK_RELAY_AGAIN), TB_OK);
    relay_heard(TB_LINK_RELAY_AGAIN, 7);
    head_send(&head, &again);
    harness_expect(&h, "again type4");
    assert_int_equal(tb_readers_tell(h.readers, 0, tap, TB_LINK_RELAY_KEEP), TB_OK);
    relay_heard(TB_LINK_RELAY_KEEP, 7);
    head_send(&head, &(struct tb_link_message){.type = TB_LINK_TAG_GONE, .tap = 7});
    harness_expect(&h, "gone");
    assert_int_equal(tb_readers_tell(h.readers, 0, tap, TB_LINK_RELAY_READ), TB_ERR_NOT_FOUND);
}

/* Its HELLO was lost: without relay the same number is another tap. */
static void tag_of_the_same_number_is_another_tap_without_relay(void **state)
{
    (void)state;
    tb_readers_relay(h.readers, false);
    tag_show(7);
    tag_told_after(7, "gone");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(head_is_what_its_hello_says, setup_ready, teardown),
        cmocka_unit_test_setup_teardown(taps_and_scans_are_told, setup_ready, teardown),
        cmocka_unit_test_setup_teardown(each_part_has_its_state, setup_ready, teardown),
        cmocka_unit_test_setup_teardown(housing_is_told_when_it_moves, setup_ready, teardown),
        cmocka_unit_test_setup_teardown(frames_that_are_lost_in_a_tap_cost_that_tap_alone, setup_ready,
                                        teardown),
        cmocka_unit_test_setup_teardown(light_and_sound_reach_a_head_that_has_them, setup_ready, teardown),
        cmocka_unit_test_setup_teardown(questions_are_answered_by_number, setup_ready, teardown),
        cmocka_unit_test_setup_teardown(polling_frame_is_said_after_every_hello, setup, teardown),
        cmocka_unit_test_setup_teardown(polling_frame_that_was_lost_is_said_again, setup, teardown),
        cmocka_unit_test_setup_teardown(no_polling_frame_is_said_too, setup, teardown),
        cmocka_unit_test_setup_teardown(head_that_sends_no_polling_frame_is_used_without, setup, teardown),
        cmocka_unit_test_setup_teardown(noise_before_the_first_frame_is_harmless, setup, teardown),
        cmocka_unit_test_setup_teardown(hello_that_was_lost_is_asked_for_again, setup, teardown),
        cmocka_unit_test_setup_teardown(another_version_is_told, setup_asked, teardown),
        cmocka_unit_test_setup_teardown(another_role_is_told, setup_asked, teardown),
        cmocka_unit_test_setup_teardown(head_without_devices_is_told, setup_asked, teardown),
        cmocka_unit_test_setup_teardown(file_that_is_no_serial_line_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(unplugged_in_the_middle_of_a_tap, setup_ready, teardown),
        cmocka_unit_test_setup_teardown(absent_head_is_found_when_it_comes, setup, teardown),
        cmocka_unit_test_setup_teardown(line_of_another_program_is_left_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(head_that_begins_anew_has_no_tag, setup_ready, teardown),
        cmocka_unit_test_setup_teardown(silent_head_is_asked_and_then_given_up, setup_ready, teardown),
        cmocka_unit_test_setup_teardown(slow_head_is_not_given_up, setup_ready, teardown),
        cmocka_unit_test_setup_teardown(line_that_says_nothing_is_told, setup_asked, teardown),
        cmocka_unit_test_setup_teardown(agent_that_stops_reading_loses_nothing_that_the_line_took,
                                        setup_ready, teardown),
        cmocka_unit_test_setup_teardown(head_that_stops_reading_is_told_apart, setup_ready, teardown),
        cmocka_unit_test_setup_teardown(two_heads_are_told_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(wish_to_relay_is_said_after_each_hello_and_when_it_changes,
                                        setup_relay, teardown),
        cmocka_unit_test_setup_teardown(head_that_cannot_relay_is_not_asked_to, setup_relay, teardown),
        cmocka_unit_test_setup_teardown(tag_that_is_told_again_is_the_same_tap, setup_relay, teardown),
        cmocka_unit_test_setup_teardown(tag_of_the_same_number_is_another_tap_without_relay, setup_relay,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
