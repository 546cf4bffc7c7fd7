#include "tests/unit/link/wire.h"

#include "core/link/line.h"

#include <stdio.h>

struct lines {
    struct tb_link_line line;
    uint8_t memory[16];
    char text[128]; /* what came out: codes in brackets, failures by reason */
};

static void note(struct lines *s, enum tb_link_line_step step, struct tb_span line,
                 enum tb_link_reason reason)
{
    size_t used = strlen(s->text);
    if (step == TB_LINK_LINE_DONE)
        (void)snprintf(s->text + used, sizeof s->text - used, "[%.*s]", (int)line.size,
                       (const char *)line.at);
    else if (step == TB_LINK_LINE_BROKEN)
        (void)snprintf(s->text + used, sizeof s->text - used, "!%s!", tb_link_reason_name(reason));
}

static void feed(struct lines *s, const char *bytes, size_t size, int64_t now_ms)
{
    struct tb_span in = tb_span_of(bytes, size);
    while (in.size > 0) {
        struct tb_span line = tb_span_of(NULL, 0);
        enum tb_link_reason reason = TB_LINK_REASON_NONE;
        enum tb_link_line_step step = tb_link_line_take(&s->line, &in, now_ms, &line, &reason);
        note(s, step, line, reason);
    }
}

static void idle(struct lines *s, int64_t now_ms)
{
    struct tb_span line = tb_span_of(NULL, 0);
    enum tb_link_reason reason = TB_LINK_REASON_NONE;
    enum tb_link_line_step step = tb_link_line_idle(&s->line, now_ms, &line, &reason);
    note(s, step, line, reason);
}

static struct lines begin(void)
{
    return (struct lines){.text = ""};
}

#define FEED(s, bytes, now_ms) feed(s, bytes, sizeof(bytes) - 1, now_ms)

static void every_suffix_ends_a_line(void **state)
{
    (void)state;
    struct lines s = begin();
    tb_link_line_init(&s.line, s.memory, sizeof s.memory);
    FEED(&s, "one\rtwo\nthree\r\nfour\t\r\n\r\nfive\r", 0);
    assert_string_equal(s.text, "[one][two][three][four][five]");
}

static void lines_may_come_in_pieces(void **state)
{
    (void)state;
    struct lines s = begin();
    tb_link_line_init(&s.line, s.memory, sizeof s.memory);
    FEED(&s, "59012341", 0);
    FEED(&s, "23457", 3);
    assert_string_equal(s.text, "");
    FEED(&s, "\r", 6);
    FEED(&s, "\n", 9);
    assert_string_equal(s.text, "[5901234123457]");
}

static void silence_ends_a_line_without_suffix(void **state)
{
    (void)state;
    struct lines s = begin();
    tb_link_line_init(&s.line, s.memory, sizeof s.memory);
    assert_true(tb_link_line_deadline_ms(&s.line) == INT64_MAX);
    FEED(&s, "M000", 1000);
    FEED(&s, "1", 1100);
    assert_int_equal(tb_link_line_deadline_ms(&s.line), 1100 + TB_LINK_LINE_IDLE_MS);
    idle(&s, 1249);
    assert_string_equal(s.text, "");
    idle(&s, 1250);
    assert_string_equal(s.text, "[M0001]");
    assert_true(tb_link_line_deadline_ms(&s.line) == INT64_MAX);
}

static void the_silence_may_be_another(void **state)
{
    (void)state;
    struct lines s = begin();
    tb_link_line_init(&s.line, s.memory, sizeof s.memory);
    s.line.idle_ms = TB_LINK_LINE_IDLE_KEYS_MS;
    FEED(&s, "M1", 1000);
    idle(&s, 1000 + TB_LINK_LINE_IDLE_KEYS_MS - 1);
    assert_string_equal(s.text, "");
    idle(&s, 1000 + TB_LINK_LINE_IDLE_KEYS_MS);
    assert_string_equal(s.text, "[M1]");
}

static void long_line_fails_and_costs_no_other(void **state)
{
    (void)state;
    struct lines s = begin();
    tb_link_line_init(&s.line, s.memory, sizeof s.memory);
    FEED(&s, "sixteen bytes ok\rseventeen bytes !\rnext\r", 0);
    assert_string_equal(s.text, "[sixteen bytes ok]!line.too_long![next]");
}

static void noise_fails_and_costs_no_other(void **state)
{
    (void)state;
    struct lines s = begin();
    tb_link_line_init(&s.line, s.memory, sizeof s.memory);
    FEED(&s, "\x00\xff\xfe\x80\rgood\r\xc3\x28\rB\x7f\rC\x1b[A\r", 0);
    assert_string_equal(s.text, "!line.not_text![good]!line.not_text!!line.not_text!!line.not_text!");
}

static void gs1_separators_and_utf8_are_text(void **state)
{
    (void)state;
    struct lines s = begin();
    tb_link_line_init(&s.line, s.memory, sizeof s.memory);
    FEED(&s,
         "]C1x\x1d"
         "21\rK\xc3\xa4se\r",
         0);
    assert_string_equal(s.text, "[]C1x\x1d"
                                "21][K\xc3\xa4se]");
}

static void dropped_line_leaves_nothing(void **state)
{
    (void)state;
    struct lines s = begin();
    tb_link_line_init(&s.line, s.memory, sizeof s.memory);
    FEED(&s, "half", 0);
    tb_link_line_drop(&s.line);
    FEED(&s, "whole\r", 1);
    assert_string_equal(s.text, "[whole]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_suffix_ends_a_line),
        cmocka_unit_test(lines_may_come_in_pieces),
        cmocka_unit_test(silence_ends_a_line_without_suffix),
        cmocka_unit_test(the_silence_may_be_another),
        cmocka_unit_test(long_line_fails_and_costs_no_other),
        cmocka_unit_test(noise_fails_and_costs_no_other),
        cmocka_unit_test(gs1_separators_and_utf8_are_text),
        cmocka_unit_test(dropped_line_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
