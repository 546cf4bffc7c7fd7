/* Prints what the agent says of every state of the line, the readers and the notices, a line of JSON each,
 * for the test that compares it with what the pages say (tests/unit/web/outage.test.mjs). outage_words
 * <language> */
#include "agent/app/status/outage.h"

#include <stdio.h>

static const char *const kinds[] = {"nfc", "scanner", "head"};
static const char *const states[] = {"ready", "starting", "unplugged", "crashed", "hung", "unsupported"};

static void say(const char *what, const char *name, const char *other, const char *text)
{
    (void)printf("{\"of\":\"%s\",\"name\":\"%s\",\"other\":\"%s\",\"text\":\"%s\"}\n", what, name, other,
                 text);
}

static void say_line(const char *language, enum tb_line_state line, enum tb_line_cause cause)
{
    char text[TB_OUTAGE_TEXT_SIZE];
    struct tb_status status = {.line = line, .line_cause = cause};
    tb_outage_line_text(&status, language, text);
    say("line", tb_line_state_name(line), tb_line_cause_name(cause), text);
    status.never_connected = true;
    tb_outage_line_text(&status, language, text);
    say("never", tb_line_state_name(line), tb_line_cause_name(cause), text);
}

/* A reader of this kind in each state, beside one of that kind that is ready. */
static void say_readers(const char *language, const char *kind, const char *beside)
{
    char text[TB_OUTAGE_TEXT_SIZE];
    struct tb_status status = {.reader_count = 2,
                               .readers = {{"Front", kind, "ready", 0}, {"Back", beside, "ready", 0}}};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        status.readers[0].state = states[i];
        tb_outage_reader_text(&status, 0, language, text);
        (void)printf(
            "{\"of\":\"reader\",\"name\":\"%s\",\"other\":\"%s\",\"beside\":\"%s\",\"text\":\"%s\"}\n", kind,
            states[i], beside, text);
    }
}

int main(int argc, char **argv)
{
    char text[TB_OUTAGE_TEXT_SIZE];
    if (argc != 2)
        return 2;
    say_line(argv[1], TB_LINE_LIVE, TB_CAUSE_NONE);
    say_line(argv[1], TB_LINE_CONNECTING, TB_CAUSE_NONE);
    for (int cause = TB_CAUSE_NO_ROUTE; cause < TB_CAUSE_COUNT; cause++)
        say_line(argv[1], TB_LINE_OFFLINE, (enum tb_line_cause)cause);
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 3; k++)
            say_readers(argv[1], kinds[i], kinds[k]);
    for (int notice = 0; notice < TB_NOTICE_COUNT; notice++) {
        tb_outage_notice_text((enum tb_notice)notice, argv[1], text);
        say("notice", tb_notice_name((enum tb_notice)notice), "", text);
    }
    return 0;
}
