/*
 * The command line tool `tillbridge`: what its commands share.
 *
 * One process per command, one thread; calls block, each with a deadline. Output goes to stdout,
 * messages to stderr; with --json stdout carries exactly one JSON value per answer or event, errors
 * included. Exit codes are stable: scripts stand on them.
 */
#ifndef TB_AGENT_CLI_CLI_H
#define TB_AGENT_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TB_CLI_SOCKET_DEFAULT "/run/tillbridge/tillbridge.sock"
#define TB_CLI_TIMEOUT_MS_DEFAULT 3000

enum tb_cli_exit {
    TB_CLI_OK = 0,
    TB_CLI_FAILED = 1,      /* the other side refused, or its answer makes no sense */
    TB_CLI_USAGE = 2,       /* the command line makes no sense; nothing was sent */
    TB_CLI_UNREACHABLE = 3, /* the agent (or the simulator) is not there, or does not answer in time */
    TB_CLI_MALFORMED = 4,   /* inspect: what was given breaks the rules of its form */
};

#define TB_CLI_KEY_FILES_MAX 16

struct tb_cli_inspect { /* options of inspect; all text borrowed */
    const char *text;   /* NULL: not given */
    const char *hex;
    const char *apdu; /* path of a recording */
    const char *keys[TB_CLI_KEY_FILES_MAX];
    unsigned key_count;
    const char *rules;
    int64_t at_ms; /* Unix; 0: now */
};

struct tb_cli { /* all text borrowed from the command line and the environment */
    bool json;
    bool remove;            /* tap --remove */
    bool force;             /* reader update --force */
    uint32_t count;         /* tail --count; 0: without end */
    uint32_t timeout_ms;    /* for one answer */
    const char *socket;     /* of the agent */
    const char *sim_folder; /* where the simulators' control sockets are; NULL: nobody said */
    struct tb_cli_inspect inspect;
    int argument_count; /* behind the command's name */
    char **arguments;
};

enum tb_cli_exit tb_cli_status(const struct tb_cli *cli);
enum tb_cli_exit tb_cli_cart(const struct tb_cli *cli);
enum tb_cli_exit tb_cli_checkout(const struct tb_cli *cli);
enum tb_cli_exit tb_cli_tail(const struct tb_cli *cli);
enum tb_cli_exit tb_cli_metrics(const struct tb_cli *cli);
enum tb_cli_exit tb_cli_reader(const struct tb_cli *cli);
enum tb_cli_exit tb_cli_reader_update(const struct tb_cli *cli); /* behind "reader" */
enum tb_cli_exit tb_cli_outbox(const struct tb_cli *cli);
enum tb_cli_exit tb_cli_pos(const struct tb_cli *cli);
enum tb_cli_exit tb_cli_conformance(const struct tb_cli *cli);
/* Becomes that program, whose options are its own; returns when it cannot. */
enum tb_cli_exit tb_cli_conformance_exec(const struct tb_cli *cli, char **argv);
enum tb_cli_exit tb_cli_keys(const struct tb_cli *cli);
enum tb_cli_exit tb_cli_open(const struct tb_cli *cli);
enum tb_cli_exit tb_cli_tap(const struct tb_cli *cli);
enum tb_cli_exit tb_cli_scan(const struct tb_cli *cli);
enum tb_cli_exit tb_cli_inspect(const struct tb_cli *cli);
enum tb_cli_exit tb_cli_qr(const struct tb_cli *cli);

/* Says what went wrong, in words and with a stable code, and gives the exit code back. */
enum tb_cli_exit tb_cli_fail(const struct tb_cli *cli, enum tb_cli_exit exit_code, const char *code,
                             const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
