#include "core/credential/recording.h"

#include "tests/support/hex.h"
#include "tests/support/seeded_rng.h"
#include "tests/support/unit.h"

static struct tb_recording r;
static uint8_t memory[TB_RECORDING_SIZE_MAX + 1];

static enum tb_err parse(const char *text, unsigned *ret_line)
{
    return tb_recording_parse(tb_span_str(text), &r, ret_line);
}

static void parses(const char *text)
{
    unsigned line;
    assert_int_equal(parse(text, &line), TB_OK);
}

static void expect_bytes(struct tb_recording_part part, const char *expected)
{
    assert_true(tb_span_equal(tb_recording_bytes(&r, part), HEX_SPAN(expected)));
}

static void forms_are_as_documented(void **state)
{
    (void)state;
    parses("# a card\r\n"
           "time 1790000000000\n"
           "clock behind\n"
           "uid 04 78 2e 21 80 1D 80\n"
           "sak 00\n"
           "audience till\n"
           "terminal urn:tillbridge:demo:device:till-1\n"
           "\n"
           "random 0011\n"
           "random 22\n"
           "  > 00a40400\r\n"
           "<9000\n"
           ">00b00000 0f\n"
           "< -\n"
           "> 00b0000010\n"
           "> 00\n"
           "< 6d00");
    assert_int_equal(r.wall_ms, INT64_C(1790000000000));
    assert_true(r.clock_behind && r.random_told);
    assert_int_equal(r.uid_size, 7);
    assert_int_equal(r.sak, 0);
    assert_string_equal(r.audience, "till");
    assert_string_equal(r.terminal, "urn:tillbridge:demo:device:till-1");
    assert_int_equal(r.exchange_count, 4);
    expect_bytes(r.exchanges[0].random, "001122");
    expect_bytes(r.exchanges[0].command, "00a40400");
    expect_bytes(r.exchanges[0].answer, "9000");
    expect_bytes(r.exchanges[1].command, "00b000000f");
    assert_int_equal(r.exchanges[1].random.size, 0);
    assert_int_equal(r.exchanges[1].answer.size, 0);
    assert_int_equal(r.exchanges[2].answer.size, 0);
    expect_bytes(r.exchanges[3].answer, "6d00");
}

static void what_is_no_recording_is_refused_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum tb_err err;
        unsigned line;
    } wrong[] = {
        {"> 00\n> 0\n", TB_ERR_SYNTAX, 2},
        {"\n\n> \n", TB_ERR_SYNTAX, 3},
        {"> 0g\n", TB_ERR_SYNTAX, 1},
        {"< 9000\n", TB_ERR_CONFLICT, 1},
        {"> 00\n< 9000\n< 9000\n", TB_ERR_CONFLICT, 3},
        {"> 00\nrandom 00\n< 9000\n", TB_ERR_CONFLICT, 3},
        {"> 00\ntime 1\n", TB_ERR_CONFLICT, 2},
        {"time -1\n", TB_ERR_SYNTAX, 1},
        {"time 99999999999999999999\n", TB_ERR_RANGE, 1},
        {"clock ahead\n", TB_ERR_SYNTAX, 1},
        {"sak 0020\n", TB_ERR_SYNTAX, 1},
        {"sak x0\n", TB_ERR_SYNTAX, 1},
        {"terminal\n", TB_ERR_SYNTAX, 1},
        {"uid 0001020304050607080910\n", TB_ERR_TOO_LONG, 1},
        {"whatever 1\n", TB_ERR_SYNTAX, 1},
        {"# nothing\n", TB_ERR_MISSING, 1},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        unsigned line;
        assert_int_equal(parse(wrong[i].text, &line), wrong[i].err);
        assert_int_equal(line, wrong[i].line);
    }
}

static enum tb_err parse_repeated(const char *text, size_t count)
{
    struct tb_buf b = tb_buf_of(memory, sizeof memory);
    unsigned line;
    for (size_t i = 0; i < count; i++)
        tb_buf_add_str(&b, text);
    assert_int_equal(b.err, TB_OK);
    return tb_recording_parse(tb_buf_span(&b), &r, &line);
}

static void bounds_are_kept(void **state)
{
    (void)state;
    assert_int_equal(parse_repeated("> 00\n< 9000\n", TB_RECORDING_EXCHANGE_MAX), TB_OK);
    assert_int_equal(parse_repeated("> 00\n< 9000\n", TB_RECORDING_EXCHANGE_MAX + 1), TB_ERR_FULL);
    assert_int_equal(parse_repeated("random 00\n", TB_RECORDING_RANDOM_MAX), TB_ERR_MISSING);
    assert_int_equal(parse_repeated("random 00\n", TB_RECORDING_RANDOM_MAX + 1), TB_ERR_TOO_LONG);
    assert_int_equal(parse_repeated("#", TB_RECORDING_LINE_MAX), TB_ERR_MISSING);
    assert_int_equal(parse_repeated("#", TB_RECORDING_LINE_MAX + 1), TB_ERR_TOO_LONG);
    assert_int_equal(parse_repeated("\n", TB_RECORDING_SIZE_MAX), TB_ERR_MISSING);
    assert_int_equal(parse_repeated("\n", TB_RECORDING_SIZE_MAX + 1), TB_ERR_TOO_LONG);
}

/* What a recorder wrote comes back: settings, commands, and what was drawn for each of them. */
static void what_was_recorded_plays_again(void **state)
{
    (void)state;
    const struct tb_card_how how = {
        .wall_ms = 17,
        .audience = "club",
        .terminal = tb_span_str("t"),
        .uid = tb_span_of("\x08\x01\x02\x03", 4),
#if TB_WALLETS
        .vas = {.window_ms = 5000,
                .zone_ms = -3600000,
                .mode = TB_VAS_AND_PAY,
                .auth_required = true,
                .url = "https://club.example/join"},
#endif
    };
    struct seeded_rng seeded = {1};
    const struct tb_rng source = seeded_rng_of(&seeded);
    struct tb_buf text = tb_buf_of(memory, sizeof memory);
    struct tb_recorder recorder = {.to = &text, .rng = &source};
    const struct tb_rng drawn = tb_recorder_rng(&recorder);
    uint8_t bytes[2][TB_RECORDER_RANDOM_MAX + 8];
    tb_recorder_put_how(&recorder, &how);
    drawn.fill(drawn.context, bytes[0], 4);
    drawn.fill(drawn.context, bytes[0] + 4, 4);
    tb_recorder_put_command(&recorder, tb_span_of("\x01", 1));
    tb_recorder_put_answer(&recorder, tb_span_of("\x90\x00", 2));
    drawn.fill(drawn.context, bytes[1], sizeof bytes[1]);
    tb_recorder_put_command(&recorder, tb_span_of("\x02", 1));
    tb_recorder_put_answer(&recorder, tb_span_of(NULL, 0));

    unsigned line;
    assert_int_equal(tb_recording_parse(tb_buf_span(&text), &r, &line), TB_OK);
    const struct tb_card_how again = tb_recording_how(&r);
    assert_int_equal(again.wall_ms, 17);
    assert_false(again.clock_trusted);
    assert_true(tb_span_equal(again.uid, how.uid));
    assert_string_equal(again.audience, "club");
    assert_true(tb_span_is(again.terminal, "t"));
#if TB_WALLETS
    assert_int_equal(again.vas.window_ms, 5000);
    assert_int_equal(again.vas.zone_ms, -3600000);
    assert_int_equal(again.vas.mode, TB_VAS_AND_PAY);
    assert_true(again.vas.auth_required);
    assert_string_equal(again.vas.url, "https://club.example/join");
#endif
    assert_int_equal(r.exchange_count, 2);
    assert_int_equal(r.exchanges[1].answer.size, 0);

    uint8_t got[TB_RECORDER_RANDOM_MAX + 8];
    struct tb_recording_rng recorded = {.recording = &r, .after = &source};
    const struct tb_rng rng = tb_recording_rng_of(&recorded);
    rng.fill(rng.context, got, 8);
    assert_memory_equal(got, bytes[0], 8);
    assert_false(recorded.unrecorded);
    recorded.index = 1; /* what is left of the first command is not the second's */
    rng.fill(rng.context, got, sizeof got);
    assert_memory_equal(got, bytes[1], TB_RECORDER_RANDOM_MAX);
    assert_false(recorded.unrecorded);
    recorded.index = 2;
    rng.fill(rng.context, got, 1);
    assert_true(recorded.unrecorded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_are_as_documented),
        cmocka_unit_test(what_is_no_recording_is_refused_with_its_line),
        cmocka_unit_test(bounds_are_kept),
        cmocka_unit_test(what_was_recorded_plays_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
