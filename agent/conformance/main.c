/*
 * tillbridge-conformance: plays POS software against an agent (play.h), or an agent for POS software
 * (host.h), and says what does not hold. `tillbridge conformance` is this program.
 */
#include "agent/conformance/host.h"
#include "agent/conformance/play.h"
#include "core/base/text.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum { EXIT_OK = 0, EXIT_NOT_CONFORMING = 1, EXIT_USAGE = 2, EXIT_UNREACHABLE = 3 };

static const char usage_text[] =
    "tillbridge conformance - check the local API for POS software\n\n"
    "  tillbridge conformance --url http://127.0.0.1:7315 [--code <code> [--gtin <14 digits>]]\n"
    "                         [--pair] [--sale] [--reset-statistics] [--take-over] [--watch <seconds>]\n"
    "      plays a POS against an agent. The token is taken from $TILLBRIDGE_POS_TOKEN; without one only "
    "what\n"
    "      needs none is looked at. With the code of a customer a visit is begun, served and ended, and with "
    "a\n"
    "      product of the chain her cart is changed and put back. Nothing is sold. What the token's scopes "
    "do\n"
    "      not open is told as not looked at.\n"
    "      --pair               asks to be paired, and for the code that the clerk page shows then; it may "
    "stand\n"
    "                           in for a token\n"
    "      --sale               pays two pieces of that product, gives a point, and takes all of it back\n"
    "      --reset-statistics   counts the terminal's UnifiedPOS statistics anew\n"
    "      --take-over          takes over who waits in the store first, and ends that visit\n"
    "      --watch <seconds>    says what to do for events that only a person can cause, and waits for each\n"
    "  tillbridge conformance --serve <port> [--seconds <n>]\n"
    "      is an agent with a made-up customer, and looks at what a POS does that is pointed at it.\n\n"
    "  --tap, --json   the result as TAP or JSON instead of words\n\n"
    "Exit codes: 0 all holds, 1 something does not, 2 the command line makes no sense,\n"
    "3 nobody is there, or the port is taken\n";

enum option_letter {
    OPTION_URL = 1,
    OPTION_CODE,
    OPTION_GTIN,
    OPTION_PAIR,
    OPTION_SALE,
    OPTION_RESET,
    OPTION_TAKE_OVER,
    OPTION_WATCH,
    OPTION_SERVE,
    OPTION_SECONDS,
    OPTION_TAP,
    OPTION_JSON
};

static const struct option options[] = {
    {"url", required_argument, NULL, OPTION_URL},
    {"code", required_argument, NULL, OPTION_CODE},
    {"gtin", required_argument, NULL, OPTION_GTIN},
    {"pair", no_argument, NULL, OPTION_PAIR},
    {"sale", no_argument, NULL, OPTION_SALE},
    {"reset-statistics", no_argument, NULL, OPTION_RESET},
    {"take-over", no_argument, NULL, OPTION_TAKE_OVER},
    {"watch", required_argument, NULL, OPTION_WATCH},
    {"serve", required_argument, NULL, OPTION_SERVE},
    {"seconds", required_argument, NULL, OPTION_SECONDS},
    {"tap", no_argument, NULL, OPTION_TAP},
    {"json", no_argument, NULL, OPTION_JSON},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

struct asked {
    struct tb_play_config play;
    struct tb_host_config host;
    enum tb_report_form form;
    bool serve;
    bool url;
};

static bool number_take(const char *text, uint64_t max, uint64_t *ret_number)
{
    return tb_decimal_decode(tb_span_str(text), max, ret_number) == TB_OK;
}

static bool seconds_take(const char *text, uint64_t max, unsigned *ret_seconds)
{
    uint64_t number = 0;
    if (!number_take(text, max, &number) || number == 0)
        return false;
    *ret_seconds = (unsigned)number;
    return true;
}

/* The API is on this machine only. */
static bool url_take(const char *text, uint16_t *ret_port)
{
    static const char *const before[] = {"http://127.0.0.1:", "http://localhost:"};
    uint64_t port = 0;
    struct tb_span rest = tb_span_str(text);
    for (size_t i = 0; i < 2; i++) {
        struct tb_span prefix = tb_span_str(before[i]);
        if (!tb_span_starts(rest, prefix))
            continue;
        rest = tb_span_sub(rest, prefix.size, rest.size);
        struct tb_span digits = tb_span_cut(&rest, '/');
        if (tb_decimal_decode(digits, UINT16_MAX, &port) != TB_OK || port == 0)
            return false;
        *ret_port = (uint16_t)port;
        return true;
    }
    return false;
}

/* What stands in a JSON text as it is. */
static bool code_is_plain(const char *code)
{
    for (; *code; code++)
        if ((unsigned char)*code < 0x20 || *code == '"' || *code == '\\')
            return false;
    return true;
}

static bool option_take(struct asked *asked, int letter)
{
    uint64_t number = 0;
    switch (letter) {
    case OPTION_URL: asked->url = true; return url_take(optarg, &asked->play.port);
    case OPTION_CODE: asked->play.code = optarg; return strlen(optarg) <= 512 && code_is_plain(optarg);
    case OPTION_GTIN:
        asked->play.gtin = optarg;
        return strlen(optarg) == 14 && tb_text_is_digits(tb_span_str(optarg));
    case OPTION_PAIR: asked->play.pair = true; return true;
    case OPTION_SALE: asked->play.sale = true; return true;
    case OPTION_RESET: asked->play.reset = true; return true;
    case OPTION_TAKE_OVER: asked->play.take_over = true; return true;
    case OPTION_WATCH: return seconds_take(optarg, 600, &asked->play.watch_seconds);
    case OPTION_SERVE:
        asked->serve = true;
        if (!number_take(optarg, UINT16_MAX, &number))
            return false;
        asked->host.port = (uint16_t)number;
        return true;
    case OPTION_SECONDS: return seconds_take(optarg, 86400, &asked->host.seconds);
    case OPTION_TAP: asked->form = TB_REPORT_TAP; return true;
    case OPTION_JSON: asked->form = TB_REPORT_JSON; return true;
    default: return false;
    }
}

int main(int argc, char **argv)
{
    static struct tb_report report;
    const char *token = getenv("TILLBRIDGE_POS_TOKEN");
    struct asked asked = {.play = {.token = token ? token : "", .code = "", .gtin = ""},
                          .host = {.seconds = 300}};
    bool sensible = strlen(asked.play.token) <= 128 && code_is_plain(asked.play.token);
    int letter;
    opterr = 0;
    while ((letter = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (letter == 'h') {
            (void)fputs(usage_text, stdout);
            return EXIT_OK;
        }
        sensible = sensible && option_take(&asked, letter);
    }
    if (!sensible || optind != argc || asked.serve == asked.url) {
        (void)fputs(usage_text, stderr);
        return EXIT_USAGE;
    }
    tb_report_begin(&report, asked.form,
                    asked.serve ? "A POS, looked at by an agent" : "An agent, looked at by a POS");
    enum tb_err err = asked.url ? tb_play_agent(&report, &asked.play) : tb_host_pos(&report, &asked.host);
    if (err != TB_OK) {
        (void)fprintf(stderr, "tillbridge conformance: %s (%s)\n",
                      asked.url ? "nobody listens there" : "the port cannot be served", tb_err_name(err));
        return EXIT_UNREACHABLE;
    }
    return tb_report_end(&report) ? EXIT_OK : EXIT_NOT_CONFORMING;
}
