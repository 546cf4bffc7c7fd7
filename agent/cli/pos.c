/* pos: the POS software that is paired with this terminal. */
#include "agent/cli/print.h"
#include "agent/cli/session.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/wire/names.h"

enum { REQUEST_SIZE_MAX = 1024, OUT_SIZE_MAX = 16 * 1024, CLIENT_MAX = 16, TEXT_MAX = 128 };
enum { NUMBER_WIDTH = 4, NAME_WIDTH = 24, CONNECTED_WIDTH = 15, PAIRED_WIDTH = 15 };

struct verb {
    const char *name;
    const char *method;
    int argument_min;
    int argument_max;
    bool (*params_put)(struct tb_json_writer *w, char *const *arguments, int count);
    void (*print)(struct tb_buf *out, struct tb_check *check, struct tb_json result);
};

/* ---- what is asked ---- */

static bool nothing_put(struct tb_json_writer *w, char *const *arguments, int count)
{
    (void)w;
    (void)arguments;
    (void)count;
    return true;
}

static bool number_put(struct tb_json_writer *w, char *const *arguments, int count)
{
    uint64_t number = 0;
    (void)count;
    if (tb_decimal_decode(tb_span_str(arguments[0]), UINT32_MAX, &number) != TB_OK)
        return false;
    tb_json_put_int(w, "client", (int64_t)number);
    return true;
}

static bool grant_put(struct tb_json_writer *w, char *const *arguments, int count)
{
    tb_json_put_str(w, "name", arguments[0]);
    tb_json_open_array(w, "scopes");
    for (struct tb_span rest = tb_span_str(arguments[1]); rest.size > 0;)
        tb_json_put_text(w, NULL, tb_span_cut(&rest, ','));
    tb_json_close_array(w);
    if (count > 2)
        tb_json_put_str(w, "origin", arguments[2]);
    return true;
}

/* ---- what is told ---- */

static void scopes_print(struct tb_buf *out, struct tb_check *check, struct tb_json client)
{
    struct tb_json scopes = tb_json_array(check, client, "scopes", CLIENT_MAX);
    const char *before = "";
    for (struct tb_json_each each = tb_json_first(scopes); tb_json_exists(each.value); tb_json_next(&each)) {
        tb_buf_add_str(out, before);
        tb_print_clean(out, tb_json_as_text(check, each.value, "scopes", TB_SHORT_SIZE_MAX));
        before = ",";
    }
}

static void client_print(struct tb_buf *out, struct tb_check *check, struct tb_json client, int64_t wall_ms)
{
    uint8_t memory[48];
    struct tb_buf cell = tb_buf_of(memory, sizeof memory);
    tb_buf_add_decimal(&cell, tb_json_int(check, client, "client", 1, UINT32_MAX));
    tb_print_left(out, tb_buf_span(&cell), NUMBER_WIDTH);
    tb_print_left(out, tb_json_text(check, client, "name", TEXT_MAX), NAME_WIDTH);
    bool connected = tb_json_int(check, client, "connected", 0, CLIENT_MAX) > 0;
    tb_print_left(out, tb_span_str(connected ? "connected" : "not connected"), CONNECTED_WIDTH);
    tb_buf_reset(&cell);
    tb_print_ago(&cell, tb_json_int(check, client, "paired_ms", 0, TB_TIME_MS_MAX), wall_ms);
    tb_print_left(out, tb_buf_span(&cell), PAIRED_WIDTH);
    scopes_print(out, check, client);
    if (tb_json_has(client, "origin")) {
        tb_buf_add_str(out, "  ");
        tb_print_clean(out, tb_json_text(check, client, "origin", TEXT_MAX));
    }
    tb_buf_add_u8(out, '\n');
}

static void list_print(struct tb_buf *out, struct tb_check *check, struct tb_json result)
{
    int64_t wall_ms = tb_json_int(check, result, "wall_ms", 0, TB_TIME_MS_MAX);
    struct tb_json clients = tb_json_array(check, result, "clients", CLIENT_MAX);
    for (struct tb_json_each each = tb_json_first(clients); tb_json_exists(each.value); tb_json_next(&each))
        client_print(out, check, each.value, wall_ms);
    if (tb_json_count(clients) == 0)
        tb_buf_add_str(out, "No POS is paired with this terminal.\n");
    tb_buf_add_str(out, "The local API is at http://127.0.0.1:");
    tb_buf_add_decimal(out, tb_json_int(check, result, "port", 1, UINT16_MAX));
    tb_buf_add_str(out, "/pos/v1.\n");
}

static void revoke_print(struct tb_buf *out, struct tb_check *check, struct tb_json result)
{
    (void)check;
    (void)result;
    tb_buf_add_str(out, "Revoked: its token opens nothing any more.\n");
}

/* The token alone, so that a script can take it. */
static void grant_print(struct tb_buf *out, struct tb_check *check, struct tb_json result)
{
    tb_print_clean(out, tb_json_text(check, result, "token", TEXT_MAX));
    tb_buf_add_u8(out, '\n');
}

static const struct verb verbs[] = {
    {"list", "pos.list", 0, 0, nothing_put, list_print},
    {"revoke", "pos.revoke", 1, 1, number_put, revoke_print},
    {"grant", "pos.grant", 2, 3, grant_put, grant_print},
};

/* NULL: the command line makes no sense. */
static const struct verb *request_write(const struct tb_cli *cli, struct tb_buf *request)
{
    int count = cli->argument_count - 1;
    for (size_t i = 0; i < TB_ARRAY_SIZE(verbs); i++) {
        const struct verb *verb = &verbs[i];
        if (strcmp(cli->arguments[0], verb->name) != 0)
            continue;
        struct tb_json_writer w = tb_rpc_begin_request(request, TB_CLI_REQUEST_ID, verb->method);
        if (count < verb->argument_min || count > verb->argument_max ||
            !verb->params_put(&w, cli->arguments + 1, count))
            return NULL;
        tb_rpc_end(&w);
        return request->err == TB_OK ? verb : NULL;
    }
    return NULL;
}

static enum tb_cli_exit answer_print(const struct tb_cli *cli, const struct tb_cli_session *session,
                                     const struct verb *verb)
{
    static uint8_t memory[OUT_SIZE_MAX];
    struct tb_buf out = tb_buf_of(memory, sizeof memory);
    struct tb_check check = {.err = TB_OK};
    if (cli->json)
        return tb_cli_session_print_json(session, cli);
    verb->print(&out, &check, session->message.result);
    return tb_cli_session_print(cli, &out, &check);
}

enum tb_cli_exit tb_cli_pos(const struct tb_cli *cli)
{
    static struct tb_cli_session session;
    uint8_t memory[REQUEST_SIZE_MAX];
    struct tb_buf request = tb_buf_of(memory, sizeof memory);
    const struct verb *verb = request_write(cli, &request);
    if (!verb)
        return tb_cli_fail(cli, TB_CLI_USAGE, "usage",
                           "pos does not understand this; \"tillbridge help\" tells more");
    enum tb_cli_exit exit_code = tb_cli_session_open(&session, cli);
    if (exit_code == TB_CLI_OK)
        exit_code = tb_cli_session_exchange(&session, cli, tb_buf_span(&request));
    if (exit_code == TB_CLI_OK && session.message.kind == TB_RPC_ERROR)
        exit_code = tb_cli_session_refusal(&session, cli);
    if (exit_code == TB_CLI_OK)
        exit_code = answer_print(cli, &session, verb);
    tb_cli_session_close(&session);
    return exit_code;
}
