#include "agent/app/agent.h"
#include "agent/app/csr.h"
#include "agent/app/wiring.h"

#include "core/base/wipe.h"
#include "core/crypto/cert.h"
#include "host/log/log.h"
#include "host/system/system.h"
#include "host/system/words.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define CONFIG_PRESET "/etc/tillbridge/tillbridged.conf"
#define EXIT_USAGE 2

static const char usage[] = "usage: tillbridged [--config FILE]            run the agent\n"
                            "       tillbridged --print-config [--config FILE]\n"
                            "       tillbridged --config-table             the table of keys, in Markdown\n"
                            "       tillbridged csr --key FILE --device URI\n"
                            "                                              make or load the terminal's key, "
                            "print a certificate request\n"
                            "       tillbridged --version\n"
                            "\n"
                            "The configuration file is " CONFIG_PRESET " unless given.\n";

struct arguments {
    const char *config;
    bool print_config;
    bool csr;
    const char *key;
    const char *device;
};

static int text_print(struct tb_span text)
{
    return fwrite(text.at, 1, text.size, stdout) == text.size && fflush(stdout) == 0 ? EXIT_SUCCESS
                                                                                     : EXIT_FAILURE;
}

static int table_print(void)
{
    static uint8_t block[16384];
    struct tb_buf text = tb_buf_of(block, sizeof block);
    tb_config_markdown(&tb_agent_config_table, &text);
    return text.err == TB_OK ? text_print(tb_buf_span(&text)) : EXIT_FAILURE;
}

static int csr_run(const struct arguments *arguments)
{
    uint8_t block[TB_CERT_PEM_SIZE_MAX];
    struct tb_buf pem = tb_buf_of(block, sizeof block);
    if (!arguments->key || !arguments->device) {
        fputs(usage, stderr);
        return EXIT_USAGE;
    }
    enum tb_err err = tb_csr_make(arguments->key, arguments->device, &pem);
    if (err != TB_OK) {
        fprintf(stderr, "tillbridged: no certificate request for %s with key %s: %s (%s)\n",
                arguments->device, arguments->key, tb_err_words(err), tb_err_name(err));
        return EXIT_FAILURE;
    }
    return text_print(tb_buf_span(&pem));
}

/* What no key alone can be wrong about. */
static enum tb_err config_check(const struct tb_agent_config *config, struct tb_config_error *ret_error)
{
    struct tb_wiring wiring;
    enum tb_err err = tb_wiring_of(config, &wiring);
    if (err == TB_OK)
        return TB_OK;
    (void)snprintf(ret_error->key, sizeof ret_error->key, "readers.reader");
    (void)snprintf(ret_error->text, sizeof ret_error->text,
                   "there are more than %d readers, nfc and scanner included", TB_READERS_COUNT_MAX);
    return TB_ERR_CONFIG;
}

static enum tb_err config_read(const struct arguments *arguments, struct tb_agent_config *ret_config)
{
    struct tb_config_error error;
    enum tb_err err = tb_config_load(&tb_agent_config_table, arguments->config, ret_config, &error);
    if (err == TB_OK) {
        (void)snprintf(error.file, sizeof error.file, "%s", arguments->config);
        err = config_check(ret_config, &error);
    }
    if (err == TB_OK)
        return TB_OK;
    char block[512];
    struct tb_buf text = tb_buf_of(block, sizeof block);
    tb_config_error_add(&error, &text);
    fprintf(stderr, "tillbridged: %.*s (%s)\n", (int)text.size, block, tb_err_name(err));
    return err;
}

static int config_print(const struct tb_agent_config *config)
{
    static uint8_t block[16384];
    struct tb_buf text = tb_buf_of(block, sizeof block);
    tb_config_print(&tb_agent_config_table, config, &text);
    return text.err == TB_OK ? text_print(tb_buf_span(&text)) : EXIT_FAILURE;
}

/* No core file may hold what a customer or a key left in memory. One arena: threads here are few and small.
 */
static void process_harden(void)
{
    const struct rlimit none = {0, 0};
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    (void)mallopt(M_ARENA_MAX, 1);
}

static void stop_asked(void *context, int signo)
{
    tb_log(TB_LOG_INFO, TB_EVENT("agent", "stopping"), tb_log_int("signal", signo));
    tb_loop_stop(context);
}

static enum tb_err agent_serve(struct tb_loop *loop, const struct tb_agent_config *config,
                               struct tb_storage_told *told, bool *ret_again)
{
    struct tb_agent *agent = calloc(1, sizeof *agent);
    if (!agent)
        return TB_ERR_NO_MEMORY;
    enum tb_err err = tb_agent_start(agent, loop, config, told);
    if (err == TB_OK) {
        tb_notify("READY=1");
        err = tb_loop_run(loop);
        *ret_again = agent->begin_anew && err == TB_OK;
        *told = agent->told;
        tb_notify(*ret_again ? "RELOADING=1" : "STOPPING=1");
        tb_agent_stop(agent);
    }
    free(agent);
    return err;
}

static enum tb_err loop_serve(const struct tb_agent_config *config, struct tb_storage_told *told,
                              bool *ret_again)
{
    const struct tb_loop_options options = {.fd_max = 256};
    struct tb_loop *loop = NULL;
    enum tb_err err = tb_loop_create(&options, &loop);
    if (err == TB_OK)
        err = tb_loop_on_signal(loop, SIGTERM, stop_asked, loop);
    if (err == TB_OK)
        err = tb_loop_on_signal(loop, SIGINT, stop_asked, loop);
    if (err == TB_OK)
        err = agent_serve(loop, config, told, ret_again);
    tb_loop_free(loop);
    return err;
}

static int agent_run(const struct tb_agent_config *config)
{
    bool again = false;
    struct tb_storage_told told = {0};
    tb_log_setup((enum tb_log_level)config->log_level);
    process_harden();
    enum tb_err err = tb_audit_open(config->audit_file);
    do {
        again = false;
        if (err == TB_OK)
            err = loop_serve(config, &told, &again);
    } while (again);
    tb_audit_close();
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("agent", "not_running"), tb_log_err(err),
               tb_log_str("means", tb_err_words(err)));
    return err == TB_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* The value behind an option; NULL when there is none. */
static const char *value_of(int argc, char **argv, int *index)
{
    return *index + 1 < argc ? argv[++*index] : NULL;
}

/* EXIT_USAGE, or -1 to go on, or an exit status when all is done. */
static int arguments_read(int argc, char **argv, struct arguments *ret_arguments)
{
    *ret_arguments = (struct arguments){.config = CONFIG_PRESET};
    for (int i = 1; i < argc; i++) {
        struct tb_span arg = tb_span_str(argv[i]);
        if (tb_span_is(arg, "--version"))
            return puts(TB_AGENT_SOFTWARE) >= 0 ? EXIT_SUCCESS : EXIT_FAILURE;
        if (tb_span_is(arg, "--help"))
            return fputs(usage, stdout) >= 0 ? EXIT_SUCCESS : EXIT_FAILURE;
        if (tb_span_is(arg, "--config-table"))
            return table_print();
        if (tb_span_is(arg, "--print-config"))
            ret_arguments->print_config = true;
        else if (tb_span_is(arg, "csr") && i == 1)
            ret_arguments->csr = true;
        else if (tb_span_is(arg, "--config"))
            ret_arguments->config = value_of(argc, argv, &i);
        else if (tb_span_is(arg, "--key"))
            ret_arguments->key = value_of(argc, argv, &i);
        else if (tb_span_is(arg, "--device"))
            ret_arguments->device = value_of(argc, argv, &i);
        else
            ret_arguments->config = NULL;
        if (!ret_arguments->config) {
            fputs(usage, stderr);
            return EXIT_USAGE;
        }
    }
    return -1;
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    struct tb_agent_config config = {0};
    int done = arguments_read(argc, argv, &arguments);
    if (done >= 0)
        return done;
    if (arguments.csr)
        return csr_run(&arguments);
    if (config_read(&arguments, &config) != TB_OK)
        return EXIT_FAILURE;
    return arguments.print_config ? config_print(&config) : agent_run(&config);
}
