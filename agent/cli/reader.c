/* reader: what the readers of this terminal say of themselves. */
#include "agent/cli/print.h"
#include "agent/cli/session.h"

#include "core/base/assert.h"
#include "core/wire/names.h"

enum { OUT_SIZE_MAX = 16 * 1024, READER_MAX = 16, PART_MAX = 4, TEXT_MAX = 512 };
enum {
    NUMBER_WIDTH = 3,
    NAME_WIDTH = 16,
    FORM_WIDTH = 9,
    STATE_WIDTH = 13,
    SINCE_WIDTH = 24,
    LABEL_WIDTH = 28
};

struct page {
    struct tb_buf out;
    struct tb_check check;
    int64_t wall_ms;
};

static struct tb_span text_of(struct page *p, struct tb_json o, const char *name)
{
    return tb_json_has(o, name) ? tb_json_text(&p->check, o, name, TEXT_MAX) : tb_span_of(NULL, 0);
}

/* Asks, and prints the answer as it came when that is what is wanted. True: print it for people. */
static bool asked(const struct tb_cli *cli, const char *method, const char *reader,
                  struct tb_cli_session *session, enum tb_cli_exit *ret_exit)
{
    const struct tb_cli_param param = {.name = "reader", .text = reader};
    *ret_exit = tb_cli_session_ask(session, cli, method, reader ? &param : NULL);
    if (*ret_exit != TB_CLI_OK)
        return false;
    tb_cli_session_close(session);
    if (cli->json)
        *ret_exit = tb_cli_session_print_json(session, cli);
    return !cli->json;
}

/* ---- list ---- */

static void part_print(struct page *p, struct tb_json part)
{
    struct tb_span reason = text_of(p, part, "reason");
    tb_print_spaces(&p->out, NUMBER_WIDTH);
    tb_print_left(&p->out, text_of(p, part, "kind"), FORM_WIDTH);
    tb_print_left(&p->out, text_of(p, part, "state"), STATE_WIDTH);
    size_t start = p->out.size;
    tb_print_since(&p->out, tb_json_int(&p->check, part, "since_ms", 0, TB_TIME_MS_MAX), p->wall_ms);
    if (reason.size) {
        tb_print_spaces(&p->out, start + SINCE_WIDTH > p->out.size ? start + SINCE_WIDTH - p->out.size : 0);
        tb_buf_add_str(&p->out, "  ");
        tb_print_clean(&p->out, reason);
    }
    tb_buf_add_u8(&p->out, '\n');
}

/* The frame that it is to send before each look for a card. */
static void polling_print(struct page *p, struct tb_json polling)
{
    tb_print_spaces(&p->out, NUMBER_WIDTH);
    tb_print_left(&p->out, tb_span_str("polling"), FORM_WIDTH);
    tb_print_left(&p->out, text_of(p, polling, "state"), STATE_WIDTH);
    tb_print_clean(&p->out, text_of(p, polling, "frame"));
    tb_buf_add_u8(&p->out, '\n');
}

/* Board, version, why it began: "host 0.1.0, power_on" */
static void origin_print(struct page *p, struct tb_json reader)
{
    static const char *const members[] = {"board", "software", "reset"};
    static const char *const before[] = {"  ", " ", ", "};
    for (size_t i = 0; i < TB_ARRAY_SIZE(members); i++) {
        struct tb_span text = text_of(p, reader, members[i]);
        if (text.size == 0)
            continue;
        tb_buf_add_str(&p->out, before[i]);
        tb_print_clean(&p->out, text);
    }
}

static void reader_print(struct page *p, struct tb_json reader)
{
    uint8_t memory[24];
    struct tb_buf number = tb_buf_of(memory, sizeof memory);
    tb_buf_add_decimal(&number, tb_json_int(&p->check, reader, "number", 1, READER_MAX));
    tb_print_left(&p->out, tb_buf_span(&number), NUMBER_WIDTH);
    tb_print_left(&p->out, text_of(p, reader, "name"), NAME_WIDTH);
    tb_buf_add_u8(&p->out, ' ');
    tb_print_left(&p->out, text_of(p, reader, "form"), FORM_WIDTH);
    tb_print_clean(&p->out, text_of(p, reader, "device"));
    origin_print(p, reader);
    tb_buf_add_u8(&p->out, '\n');
    struct tb_json parts = tb_json_array(&p->check, reader, "parts", PART_MAX);
    for (struct tb_json_each each = tb_json_first(parts); tb_json_exists(each.value); tb_json_next(&each))
        part_print(p, each.value);
    if (tb_json_has(reader, "polling"))
        polling_print(p, tb_json_object(&p->check, reader, "polling"));
}

static enum tb_cli_exit list(const struct tb_cli *cli)
{
    static struct tb_cli_session session;
    static uint8_t memory[OUT_SIZE_MAX];
    enum tb_cli_exit exit_code;
    if (!asked(cli, "reader.list", NULL, &session, &exit_code))
        return exit_code;
    struct tb_json answer = session.message.result;
    struct page p = {.out = tb_buf_of(memory, sizeof memory)};
    p.wall_ms = tb_json_int(&p.check, answer, "wall_ms", 0, TB_TIME_MS_MAX);
    struct tb_json readers = tb_json_array(&p.check, answer, "readers", READER_MAX);
    if (tb_json_count(readers) == 0)
        tb_buf_add_str(&p.out, "This terminal has no readers.\n");
    for (struct tb_json_each each = tb_json_first(readers); tb_json_exists(each.value); tb_json_next(&each))
        reader_print(&p, each.value);
    return tb_cli_session_print(cli, &p.out, &p.check);
}

/* ---- selftest ---- */

static enum tb_cli_exit selftest(const struct tb_cli *cli)
{
    static struct tb_cli_session session;
    uint8_t memory[3 * TEXT_MAX];
    enum tb_cli_exit exit_code;
    bool people = asked(cli, "reader.selftest", cli->arguments[1], &session, &exit_code);
    if (exit_code != TB_CLI_OK)
        return exit_code;
    struct page p = {.out = tb_buf_of(memory, sizeof memory)};
    struct tb_span verdict = text_of(&p, session.message.result, "verdict");
    struct tb_span detail = text_of(&p, session.message.result, "detail");
    tb_print_clean(&p.out, text_of(&p, session.message.result, "reader"));
    tb_buf_add_str(&p.out, ": ");
    tb_print_clean(&p.out, verdict);
    if (detail.size) {
        tb_buf_add_str(&p.out, ", ");
        tb_print_clean(&p.out, detail);
    }
    tb_buf_add_u8(&p.out, '\n');
    if (people)
        exit_code = tb_cli_session_print(cli, &p.out, &p.check);
    return exit_code == TB_CLI_OK && !tb_span_is(verdict, "passed") ? TB_CLI_FAILED : exit_code;
}

/* ---- stats ---- */

static const struct {
    const char *name;
    const char *label;
} shown[] = {
    {"uptime_s", "seconds running"},
    {"taps", "taps"},
    {"tags_read", "tags read"},
    {"tags_failed", "tags not read"},
    {"lines", "codes scanned"},
    {"lines_failed", "codes not read"},
    {"device_errors", "failures of the device"},
    {"device_opens", "times the device was opened"},
    {"frames_damaged", "damaged frames it got"},
    {"frames_lost", "frames it missed"},
    {"bytes_lost", "bytes its lines lost"},
    {"link_damaged", "damaged frames from it"},
    {"link_lost", "frames from it missed"},
    {"starts", "times it was started"},
};

static enum tb_cli_exit stats(const struct tb_cli *cli)
{
    static struct tb_cli_session session;
    uint8_t memory[4 * TEXT_MAX];
    enum tb_cli_exit exit_code;
    if (!asked(cli, "reader.stats", cli->arguments[1], &session, &exit_code))
        return exit_code;
    struct page p = {.out = tb_buf_of(memory, sizeof memory)};
    struct tb_json values = tb_json_object(&p.check, session.message.result, "stats");
    tb_print_clean(&p.out, text_of(&p, session.message.result, "reader"));
    tb_buf_add_u8(&p.out, '\n');
    for (size_t i = 0; i < TB_ARRAY_SIZE(shown); i++) {
        if (!tb_json_has(values, shown[i].name))
            continue;
        tb_print_spaces(&p.out, NUMBER_WIDTH);
        tb_print_left(&p.out, tb_span_str(shown[i].label), LABEL_WIDTH);
        tb_print_count(&p.out, tb_json_int(&p.check, values, shown[i].name, 0, UINT32_MAX));
        tb_buf_add_u8(&p.out, '\n');
    }
    return tb_cli_session_print(cli, &p.out, &p.check);
}

/* ---- which ---- */

static const struct verb {
    const char *name;
    int argument_count; /* behind its name */
    enum tb_cli_exit (*run)(const struct tb_cli *cli);
} verbs[] = {
    {"list", 0, list},
    {"selftest", 1, selftest},
    {"stats", 1, stats},
    {"update", 2, tb_cli_reader_update},
};

enum tb_cli_exit tb_cli_reader(const struct tb_cli *cli)
{
    const char *name = cli->arguments[0];
    for (size_t i = 0; i < TB_ARRAY_SIZE(verbs); i++) {
        if (strcmp(verbs[i].name, name) != 0)
            continue;
        if (verbs[i].argument_count > 0 && cli->argument_count == 1)
            return tb_cli_fail(cli, TB_CLI_USAGE, "usage",
                               "reader %s which? \"tillbridge reader list\" has their names", name);
        if (cli->argument_count - 1 < verbs[i].argument_count)
            return tb_cli_fail(cli, TB_CLI_USAGE, "usage", "something is missing behind reader %s", name);
        if (cli->argument_count - 1 > verbs[i].argument_count)
            return tb_cli_fail(cli, TB_CLI_USAGE, "usage", "there is too much behind reader %s", name);
        if (cli->force && verbs[i].run != tb_cli_reader_update)
            return tb_cli_fail(cli, TB_CLI_USAGE, "usage", "an option does not belong to reader %s", name);
        return verbs[i].run(cli);
    }
    return tb_cli_fail(cli, TB_CLI_USAGE, "usage",
                       "there is no command reader %s; \"tillbridge help\" tells more", name);
}
