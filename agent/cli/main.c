#include "agent/cli/cli.h"

#include "core/base/assert.h"
#include "core/base/text.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct command {
    const char *name;
    const char *arguments;
    const char *help;
    int argument_min;
    int argument_max;
    enum tb_cli_exit (*run)(const struct tb_cli *cli);
};

static enum tb_cli_exit help(const struct tb_cli *cli);
static enum tb_cli_exit version(const struct tb_cli *cli);

/* A command with verbs of its own has a line for each, for help; the first one is what runs. */
static const struct command commands[] = {
    {"status", "", "how this terminal is doing: line, readers, outbox, notices", 0, 0, tb_cli_status},
    {"cart", "", "the cart of the customer who is here", 0, 0, tb_cli_cart},
    {"checkout", "claim", "pay that cart here: other tills show it", 1, 6, tb_cli_checkout},
    {"checkout", "release", "do not pay it after all", 1, 6, tb_cli_checkout},
    {"checkout", "finish <receipt> <date> <total>", "it was paid: the total in minor units (5940)", 1, 6,
     tb_cli_checkout},
    {"checkout", "void <receipt> <date> <sale> <its date> [reopen|returned]",
     "this receipt takes back that sale of this till", 1, 6, tb_cli_checkout},
    {"tail", "", "what happens, as it happens", 0, 0, tb_cli_tail},
    {"metrics", "", "what is counted and measured, as OpenMetrics text", 0, 0, tb_cli_metrics},
    {"reader", "list", "the readers: what they are, how they do", 1, 4, tb_cli_reader},
    {"reader", "selftest <reader>", "let a reader, by number or name, test itself", 1, 4, tb_cli_reader},
    {"reader", "stats <reader>", "what a reader has counted", 1, 4, tb_cli_reader},
    {"reader", "update <reader> <file>", "install firmware in a reader", 1, 4, tb_cli_reader},
    {"outbox", "", "what waits to be sent, and what the context store turned down and why", 0, 0,
     tb_cli_outbox},
    {"pos", "list", "the POS software that is paired with this terminal", 1, 4, tb_cli_pos},
    {"pos", "revoke <number>", "shut one of them out", 1, 4, tb_cli_pos},
    {"pos", "grant <name> <scope,…> [<origin>]", "pair one without a code: prints its token", 1, 4,
     tb_cli_pos},
    {"keys", "", "the keys that credentials are verified with: ids and ages", 0, 0, tb_cli_keys},
    {"open", "[clerk|shopper|it]", "an address that opens that page once, within a minute", 0, 1,
     tb_cli_open},
    {"tap", "<card> [ms]", "hold a simulated card to the reader", 0, 2, tb_cli_tap},
    {"scan", "<code>", "scan a code with the simulated scanner", 1, 1, tb_cli_scan},
    {"conformance", "--url <address> | --serve <port>",
     "check the local API: an agent's, or how a POS uses it; --help tells more", 0, 0, tb_cli_conformance},
    {"inspect", "--text <code> | --hex <ndef> | --apdu <file>",
     "what a code, a tag or a recorded exchange with a card is, and why; shows all it is given", 0, 0,
     tb_cli_inspect},
    {"qr", "<text>", "that text as a QR code, to be held before a camera or a scanner", 1, 1, tb_cli_qr},
    {"version", "", "the version of this program", 0, 0, version},
    {"help", "", "this text", 0, 0, help},
};

static const char options_help[] =
    "Options\n"
    "  --json            one JSON value per answer or event on stdout\n"
    "  --socket <path>   the agent's socket ($TILLBRIDGE_SOCKET, " TB_CLI_SOCKET_DEFAULT ")\n"
    "  --sim <folder>    the simulators' sockets, for tap and scan ($TILLBRIDGE_SIM)\n"
    "  --timeout <ms>    how long to wait for an answer (3000)\n"
    "  --count <n>       tail: stop after n events\n"
    "  --force           reader update: also an older or the same version, or one that failed before\n"
    "  --remove          tap: take the card (or all cards) away\n"
    "  --key <file>      inspect: keys to judge by, again for more: PEM or key documents\n"
    "  --rules <file>    inspect: the chain's code rules\n"
    "  --at <ms>         inspect: as if it were that Unix time, in milliseconds\n"
    "\n"
    "Exit codes\n"
    "  0  done\n"
    "  1  refused or failed\n"
    "  2  the command line makes no sense\n"
    "  3  the agent (or the simulator) is not running or does not answer\n"
    "  4  inspect: what was given is malformed (0: accepted, 1: refused)\n";

#define USAGE_WIDTH 31
#define USAGE_BLANK "                                 "

static void help_print(FILE *to)
{
    (void)fputs("tillbridge - look at the Tillbridge agent of this terminal\n\n"
                "Usage: tillbridge [options] <command>\n\nCommands\n",
                to);
    for (size_t i = 0; i < TB_ARRAY_SIZE(commands); i++) {
        char usage[80];
        (void)snprintf(usage, sizeof usage, "%s %s", commands[i].name, commands[i].arguments);
        const char *gap = strlen(usage) < USAGE_WIDTH ? "" : "\n" USAGE_BLANK;
        (void)fprintf(to, "  %-*s%s%s\n", USAGE_WIDTH, usage, gap, commands[i].help);
    }
    (void)fprintf(to, "\n%s", options_help);
}

static enum tb_cli_exit help(const struct tb_cli *cli)
{
    (void)cli;
    help_print(stdout);
    return fflush(stdout) == 0 ? TB_CLI_OK : TB_CLI_FAILED;
}

static enum tb_cli_exit version(const struct tb_cli *cli)
{
    (void)printf(cli->json ? "{\"version\":\"%s\"}\n" : "tillbridge %s\n", TB_VERSION);
    return fflush(stdout) == 0 ? TB_CLI_OK : TB_CLI_FAILED;
}

enum option_letter {
    OPTION_JSON = 1,
    OPTION_SOCKET,
    OPTION_SIM,
    OPTION_TIMEOUT,
    OPTION_COUNT,
    OPTION_REMOVE,
    OPTION_FORCE,
    OPTION_TEXT,
    OPTION_HEX,
    OPTION_APDU,
    OPTION_KEY,
    OPTION_RULES,
    OPTION_AT
};

static const struct option long_options[] = {
    {"json", no_argument, NULL, OPTION_JSON},
    {"socket", required_argument, NULL, OPTION_SOCKET},
    {"sim", required_argument, NULL, OPTION_SIM},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"count", required_argument, NULL, OPTION_COUNT},
    {"remove", no_argument, NULL, OPTION_REMOVE},
    {"force", no_argument, NULL, OPTION_FORCE},
    {"text", required_argument, NULL, OPTION_TEXT},
    {"hex", required_argument, NULL, OPTION_HEX},
    {"apdu", required_argument, NULL, OPTION_APDU},
    {"key", required_argument, NULL, OPTION_KEY},
    {"rules", required_argument, NULL, OPTION_RULES},
    {"at", required_argument, NULL, OPTION_AT},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static bool number_take(const char *text, uint32_t *ret_number)
{
    uint64_t number = 0;
    if (tb_decimal_decode(tb_span_str(text), UINT32_MAX - 1, &number) != TB_OK || number == 0)
        return false;
    *ret_number = (uint32_t)number;
    return true;
}

static bool time_take(const char *text, int64_t *ret_ms)
{
    uint64_t ms = 0;
    if (tb_decimal_decode(tb_span_str(text), INT64_MAX / 1000, &ms) != TB_OK || ms == 0)
        return false;
    *ret_ms = (int64_t)ms;
    return true;
}

static bool key_take(struct tb_cli_inspect *inspect, const char *path)
{
    if (inspect->key_count == TB_CLI_KEY_FILES_MAX)
        return false;
    inspect->keys[inspect->key_count++] = path;
    return true;
}

static bool inspect_given(const struct tb_cli_inspect *inspect)
{
    return inspect->text || inspect->hex || inspect->apdu || inspect->key_count || inspect->rules ||
           inspect->at_ms;
}

/* False when the option makes no sense; *ret_command is set by those that are commands of their own. */
static bool option_take(struct tb_cli *cli, int letter, const char **ret_command)
{
    switch (letter) {
    case OPTION_JSON: cli->json = true; return true;
    case OPTION_SOCKET: cli->socket = optarg; return true;
    case OPTION_SIM: cli->sim_folder = optarg; return true;
    case OPTION_TIMEOUT: return number_take(optarg, &cli->timeout_ms);
    case OPTION_COUNT: return number_take(optarg, &cli->count);
    case OPTION_REMOVE: cli->remove = true; return true;
    case OPTION_FORCE: cli->force = true; return true;
    case OPTION_TEXT: cli->inspect.text = optarg; return true;
    case OPTION_HEX: cli->inspect.hex = optarg; return true;
    case OPTION_APDU: cli->inspect.apdu = optarg; return true;
    case OPTION_KEY: return key_take(&cli->inspect, optarg);
    case OPTION_RULES: cli->inspect.rules = optarg; return true;
    case OPTION_AT: return time_take(optarg, &cli->inspect.at_ms);
    case 'h': *ret_command = "help"; return true;
    case 'V': *ret_command = "version"; return true;
    default: return false;
    }
}

static const char *environment(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value && *value ? value : otherwise;
}

static const struct command *command_of(const char *name)
{
    for (size_t i = 0; i < TB_ARRAY_SIZE(commands); i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static enum tb_cli_exit usage(const struct tb_cli *cli, const char *what, const char *name)
{
    return tb_cli_fail(cli, TB_CLI_USAGE, "usage", "%s%s; \"tillbridge help\" tells more", what, name);
}

static enum tb_cli_exit command_run(const struct tb_cli *cli, const char *name)
{
    const struct command *command = command_of(name);
    if (command == NULL)
        return usage(cli, "there is no command ", name);
    if (cli->argument_count < command->argument_min)
        return usage(cli, "something is missing behind ", name);
    if (cli->argument_count > command->argument_max)
        return usage(cli, "there is too much behind ", name);
    if ((cli->count && command->run != tb_cli_tail) || (cli->remove && command->run != tb_cli_tap) ||
        (cli->force && command->run != tb_cli_reader) ||
        (inspect_given(&cli->inspect) && command->run != tb_cli_inspect))
        return usage(cli, "an option does not belong to ", name);
    return command->run(cli);
}

int main(int argc, char **argv)
{
    struct tb_cli cli = {
        .timeout_ms = TB_CLI_TIMEOUT_MS_DEFAULT,
        .socket = environment("TILLBRIDGE_SOCKET", TB_CLI_SOCKET_DEFAULT),
        .sim_folder = environment("TILLBRIDGE_SIM", NULL),
    };
    if (argc > 1 && strcmp(argv[1], "conformance") == 0)
        return (int)tb_cli_conformance_exec(&cli, argv + 1);
    const char *name = NULL;
    int letter = 0;
    bool sensible = true;
    opterr = 0;
    while (sensible && (letter = getopt_long(argc, argv, "hV", long_options, NULL)) != -1)
        sensible = option_take(&cli, letter, &name);
    if (!sensible)
        return (int)usage(
            &cli, letter == '?' ? "this option makes no sense: " : "this is no number for an option: ",
            argv[optind - 1]);
    if (name == NULL && optind == argc) {
        help_print(stderr);
        return TB_CLI_USAGE;
    }
    if (name == NULL)
        name = argv[optind++];
    else
        optind = argc; /* "tap --help" asks for help, whatever else stands there */
    cli.argument_count = argc - optind;
    cli.arguments = argv + optind;
    return (int)command_run(&cli, name);
}
