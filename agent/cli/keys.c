/* keys: what this terminal verifies with. Ids and ages; the agent never hands out a key. */
#include "agent/cli/print.h"
#include "agent/cli/session.h"

#include "core/wire/names.h"

enum { OUT_SIZE_MAX = 16 * 1024, KEY_MAX = 64, ID_MAX = 64 };
enum { USE_WIDTH = 11, ID_WIDTH = 28, VERSION_WIDTH = 8, SECRET_WIDTH = 8, STATE_WIDTH = 9 };

struct page {
    struct tb_buf out;
    struct tb_check check;
    int64_t wall_ms;
};

static int64_t time_of(struct page *p, struct tb_json key, const char *name)
{
    return tb_json_has(key, name) ? tb_json_int(&p->check, key, name, 0, TB_TIME_MS_MAX) : 0;
}

static void day_print(struct page *p, const char *before, int64_t at_ms)
{
    if (at_ms == 0)
        return;
    tb_buf_add_str(&p->out, before);
    tb_print_clock(&p->out, at_ms, 0);
}

static void key_print(struct page *p, struct tb_json key)
{
    uint8_t memory[32];
    struct tb_buf version = tb_buf_of(memory, sizeof memory);
    int64_t added_ms = time_of(p, key, "added_ms");
    tb_buf_add_decimal(&version, tb_json_int(&p->check, key, "version", 1, UINT32_MAX));
    tb_print_left(&p->out, tb_json_text(&p->check, key, "use", TB_SHORT_SIZE_MAX), USE_WIDTH);
    tb_print_left(&p->out, tb_json_text(&p->check, key, "id", ID_MAX), ID_WIDTH);
    tb_buf_add_u8(&p->out, ' ');
    tb_print_right(&p->out, tb_buf_span(&version), VERSION_WIDTH);
    tb_buf_add_str(&p->out, "  ");
    tb_print_left(&p->out, tb_span_str(tb_json_bool(&p->check, key, "secret") ? "secret" : "public"),
                  SECRET_WIDTH);
    tb_print_left(&p->out, tb_json_text(&p->check, key, "state", TB_SHORT_SIZE_MAX), STATE_WIDTH);
    if (added_ms) {
        tb_buf_add_str(&p->out, "added ");
        tb_print_ago(&p->out, added_ms, p->wall_ms);
    }
    day_print(p, ", from ", time_of(p, key, "not_before_ms"));
    day_print(p, ", until ", time_of(p, key, "not_after_ms"));
    tb_buf_add_u8(&p->out, '\n');
}

static void pepper_print(struct page *p, struct tb_json list)
{
    if (!tb_json_has(list, "pepper_version")) {
        tb_buf_add_str(&p->out, "The chain's pepper has not come yet: nobody can be looked up.\n");
        return;
    }
    tb_buf_add_str(&p->out, "Customers are looked up under version ");
    tb_buf_add_decimal(&p->out, tb_json_int(&p->check, list, "pepper_version", 1, TB_VERSION_MAX));
    tb_buf_add_str(&p->out, " of the chain's pepper.\n");
}

enum tb_cli_exit tb_cli_keys(const struct tb_cli *cli)
{
    static struct tb_cli_session session;
    static uint8_t memory[OUT_SIZE_MAX];
    enum tb_cli_exit exit_code = tb_cli_session_ask(&session, cli, "keys", NULL);
    if (exit_code != TB_CLI_OK)
        return exit_code;
    tb_cli_session_close(&session);
    if (cli->json)
        return tb_cli_session_print_json(&session, cli);
    struct tb_json list = session.message.result;
    struct page p = {.out = tb_buf_of(memory, sizeof memory)};
    p.wall_ms = tb_json_int(&p.check, list, "wall_ms", 0, TB_TIME_MS_MAX);
    struct tb_json keys = tb_json_array(&p.check, list, "keys", KEY_MAX);
    for (struct tb_json_each each = tb_json_first(keys); tb_json_exists(each.value); tb_json_next(&each))
        key_print(&p, each.value);
    if (tb_json_count(keys) == 0)
        tb_buf_add_str(&p.out,
                       "No keys: what carries a proof is verified by the context store, if at all.\n");
    pepper_print(&p, list);
    return tb_cli_session_print(cli, &p.out, &p.check);
}
