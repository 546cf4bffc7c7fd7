/* checkout: paying the cart of the customer who is here, and taking a sale back. */
#include "agent/cli/print.h"
#include "agent/cli/session.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/wire/names.h"

#include <string.h>

enum { REQUEST_SIZE_MAX = 1024, OUT_SIZE_MAX = 256 };

struct verb {
    const char *name;
    const char *method;
    int argument_min; /* behind the verb */
    int argument_max;
    bool (*params_put)(struct tb_json_writer *w, char **arguments, int count); /* false: makes no sense */
};

static bool no_params(struct tb_json_writer *w, char **arguments, int count)
{
    (void)w;
    (void)arguments;
    return count == 0;
}

/* <receipt> <business date> <total in minor units> */
static bool finish_params(struct tb_json_writer *w, char **arguments, int count)
{
    uint64_t total = 0;
    (void)count;
    if (tb_decimal_decode(tb_span_str(arguments[2]), TB_MONEY_MAX, &total) != TB_OK)
        return false;
    tb_json_put_str(w, "transaction", arguments[0]);
    tb_json_put_str(w, "business_date", arguments[1]);
    tb_json_put_int(w, "total", (int64_t)total);
    tb_json_put_bool(w, "all", true);
    return true;
}

/* <receipt> <business date> <sale> <its date> [reopen | returned] */
static bool void_params(struct tb_json_writer *w, char **arguments, int count)
{
    bool reopen = count > 4 && strcmp(arguments[4], "reopen") == 0;
    bool returned = count > 4 && strcmp(arguments[4], "returned") == 0;
    tb_json_put_str(w, "transaction", arguments[0]);
    tb_json_put_str(w, "business_date", arguments[1]);
    tb_json_put_str(w, "of_transaction", arguments[2]);
    tb_json_put_str(w, "of_date", arguments[3]);
    tb_json_put_bool(w, "reopen", reopen);
    tb_json_put_bool(w, "returned", returned);
    return count < 5 || reopen || returned;
}

static const struct verb verbs[] = {
    {"claim", "checkout.claim", 0, 0, no_params},
    {"release", "checkout.release", 0, 0, no_params},
    {"finish", "checkout.finish", 3, 3, finish_params},
    {"void", "checkout.void", 4, 5, void_params},
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

static enum tb_cli_exit stored_print(const struct tb_cli *cli, const struct tb_cli_session *session)
{
    static uint8_t memory[OUT_SIZE_MAX];
    struct tb_buf out = tb_buf_of(memory, sizeof memory);
    struct tb_check check = {.err = TB_OK};
    if (cli->json)
        return tb_cli_session_print_json(session, cli);
    bool in_memory = tb_json_has(session->message.result, "kept");
    tb_buf_add_str(&out, in_memory ? "In memory, until it is sent, as change " : "Stored as change ");
    tb_buf_add_decimal(&out, tb_json_int(&check, session->message.result, "seq", 1, INT64_MAX));
    tb_buf_add_str(&out, "; what becomes of it, \"tillbridge outbox\" and \"tillbridge tail\" tell.\n");
    return tb_cli_session_print(cli, &out, &check);
}

enum tb_cli_exit tb_cli_checkout(const struct tb_cli *cli)
{
    static struct tb_cli_session session;
    uint8_t memory[REQUEST_SIZE_MAX];
    struct tb_buf request = tb_buf_of(memory, sizeof memory);
    if (!request_write(cli, &request))
        return tb_cli_fail(cli, TB_CLI_USAGE, "usage",
                           "checkout does not understand this; \"tillbridge help\" tells more");
    enum tb_cli_exit exit_code = tb_cli_session_open(&session, cli);
    if (exit_code == TB_CLI_OK)
        exit_code = tb_cli_session_exchange(&session, cli, tb_buf_span(&request));
    if (exit_code == TB_CLI_OK && session.message.kind == TB_RPC_ERROR)
        exit_code = tb_cli_session_refusal(&session, cli);
    if (exit_code == TB_CLI_OK)
        exit_code = stored_print(cli, &session);
    tb_cli_session_close(&session);
    return exit_code;
}
