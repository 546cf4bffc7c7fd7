/*
 * Barcode scanner in serial mode, simulated on a pseudo-terminal. See simctl.h for the line, the
 * control socket and the commands that every simulator knows. Its own:
 *     scan <code>    the code as typed (spaces included), with the suffix that was chosen
 *     raw <hex>      exactly these bytes
 * error unplugged, not_open: nothing was read; error stuck: the program does not read the line.
 */
#include "core/base/text.h"
#include "tests/support/simctl.h"

#include <getopt.h>
#include <stdio.h>

struct scanner {
    struct tb_span suffix;
};

static const struct suffix {
    const char *name;
    const char *bytes;
} suffixes[] = {{"cr", "\r"}, {"lf", "\n"}, {"crlf", "\r\n"}, {"tab", "\t"}, {"none", ""}};

static const char *bytes_send(struct tb_sim *sim, struct tb_span bytes)
{
    switch (tb_sim_send(sim, bytes)) {
    case TB_OK: return NULL;
    case TB_ERR_OFFLINE: return tb_sim_plugged(sim) ? "not_open" : "unplugged";
    default: return "stuck";
    }
}

static const char *command(struct tb_sim *sim, const char *verb, char *rest, struct tb_buf *ret_text)
{
    (void)ret_text;
    const struct scanner *scanner = tb_sim_context(sim);
    uint8_t bytes[TB_SIM_LINE_MAX];
    size_t size = strlen(rest);
    struct tb_buf out = tb_buf_of(bytes, sizeof bytes);

    if (strcmp(verb, "scan") == 0) {
        tb_buf_add(&out, tb_span_of(rest, size));
        tb_buf_add(&out, scanner->suffix);
    } else if (strcmp(verb, "raw") == 0) {
        if (size % 2 != 0 || tb_hex_decode(tb_span_of(rest, size), bytes, size / 2) != TB_OK)
            return "not_hex";
        out.size = size / 2;
    } else {
        return "unknown_command";
    }
    return out.err == TB_OK ? bytes_send(sim, tb_buf_span(&out)) : "too_long";
}

static bool suffix_find(const char *name, struct tb_span *ret_suffix)
{
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        if (strcmp(suffixes[i].name, name) == 0) {
            *ret_suffix = tb_span_str(suffixes[i].bytes);
            return true;
        }
    }
    return false;
}

static bool options_read(int argc, char **argv, struct tb_sim_options *options, struct scanner *scanner)
{
    static const struct option names[] = {
        {"line", required_argument, NULL, 'l'},
        {"control", required_argument, NULL, 'c'},
        {"suffix", required_argument, NULL, 's'},
        {NULL, 0, NULL, 0},
    };
    for (int option = 0; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (option) {
        case 'l': options->line_path = optarg; break;
        case 'c': options->control_path = optarg; break;
        case 's':
            if (!suffix_find(optarg, &scanner->suffix))
                return false;
            break;
        default: return false;
        }
    }
    return optind == argc && options->line_path && options->control_path;
}

int main(int argc, char **argv)
{
    static const struct tb_sim_ops ops = {.command = command};
    struct scanner scanner = {.suffix = tb_span_str("\r")};
    struct tb_sim_options options = {.ops = &ops, .context = &scanner};
    struct tb_sim *sim = NULL;

    if (!options_read(argc, argv, &options, &scanner)) {
        (void)fprintf(stderr,
                      "usage: %s --line <symlink> --control <socket> [--suffix cr|lf|crlf|tab|none]\n",
                      argv[0]);
        return 2;
    }
    enum tb_err err = tb_sim_open(&options, &sim);
    if (err == TB_OK)
        err = tb_sim_run(sim);
    (void)tb_sim_close(sim);
    return err != TB_OK;
}
