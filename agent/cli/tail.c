#include "agent/cli/print.h"
#include "agent/cli/session.h"

#include "core/base/assert.h"
#include "core/wire/names.h"

enum { OUT_SIZE_MAX = 8 * 1024, VALUE_MAX = 512, EVENT_WIDTH = 9 };

/* Members of events in the order in which people want them; what is not named here only --json shows. */
static const char *const shown[] = {
    "outcome", "state",  "change", "code", "cause",   "reason",   "source",
    "kind",    "reader", "gtin",   "seq",  "verdict", "conflict", "took_ms",
};

/* The value itself says enough: "outcome recognised". All others carry their name. */
static bool stands_alone(const char *name)
{
    return strcmp(name, "outcome") == 0 || strcmp(name, "state") == 0 || strcmp(name, "change") == 0;
}

static void member_print(struct tb_buf *out, struct tb_check *check, struct tb_json event, const char *name)
{
    if (!tb_json_has(event, name))
        return;
    tb_buf_add_u8(out, ' ');
    if (!stands_alone(name)) {
        tb_buf_add_str(out, name);
        tb_buf_add_u8(out, '=');
    }
    if (tb_json_type(tb_json_member(event, name)) == TB_JSON_INT)
        tb_buf_add_decimal(out, tb_json_int(check, event, name, INT64_MIN, INT64_MAX));
    else
        tb_print_clean(out, tb_json_text(check, event, name, VALUE_MAX));
}

static enum tb_cli_exit event_print(const struct tb_cli *cli, struct tb_json event)
{
    static uint8_t memory[OUT_SIZE_MAX];
    struct tb_buf out = tb_buf_of(memory, sizeof memory);
    struct tb_check check = {.err = TB_OK};
    tb_print_clock_ms(&out, tb_json_int(&check, event, "at_ms", 0, TB_TIME_MS_MAX));
    tb_buf_add_str(&out, "  ");
    tb_print_left(&out, tb_json_text(&check, event, "event", VALUE_MAX), EVENT_WIDTH);
    for (size_t i = 0; i < TB_ARRAY_SIZE(shown); i++)
        member_print(&out, &check, event, shown[i]);
    tb_buf_add_u8(&out, '\n');
    return tb_cli_session_print(cli, &out, &check);
}

static enum tb_cli_exit event_next(struct tb_cli_session *session, const struct tb_cli *cli)
{
    enum tb_cli_exit exit_code = tb_cli_session_follow(session, cli);
    if (exit_code != TB_CLI_OK)
        return exit_code;
    if (cli->json)
        return tb_cli_session_print_json(session, cli);
    return event_print(cli, session->message.params);
}

enum tb_cli_exit tb_cli_tail(const struct tb_cli *cli)
{
    static struct tb_cli_session session;
    enum tb_cli_exit exit_code = tb_cli_session_ask(&session, cli, "tail", NULL);
    for (uint32_t i = 0; exit_code == TB_CLI_OK && (cli->count == 0 || i < cli->count); i++)
        exit_code = event_next(&session, cli);
    tb_cli_session_close(&session);
    return exit_code;
}
