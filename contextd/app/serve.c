#include "contextd/app/command.h"
#include "contextd/app/config.h"
#include "core/base/assert.h"
#include "host/log/log.h"
#include "host/system/system.h"
#include "host/system/words.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define PRINT_SIZE_MAX 16384
/* Besides connections: listeners, files, the loop's own, and sockets that are about to be closed. */
#define OWN_DESCRIPTORS 256

/* What a running context store holds, in the order it is taken. */
struct server {
    struct contextd_config config;
    struct tb_loop *loop;
    struct tb_context_engine *engine;
    struct tb_tls_tickets *tickets;
    struct tb_gateway *gateway;
};

static void on_stop(void *context, int signo)
{
    struct server *s = context;
    tb_log(TB_LOG_INFO, TB_EVENT("contextd", "stop"), tb_log_int("signal", signo));
    tb_notify("STOPPING=1");
    tb_loop_stop(s->loop);
}

/* Fewer connections than configured are better than some that the system has no descriptor for. */
static enum tb_err descriptors_take(struct contextd_config *config)
{
    size_t allowed = tb_descriptors_allow((size_t)config->connections_max + OWN_DESCRIPTORS);
    if (allowed >= (size_t)config->connections_max + OWN_DESCRIPTORS)
        return TB_OK;
    tb_log(TB_LOG_WARN, TB_EVENT("contextd", "descriptors_short"),
           tb_log_int("connections", config->connections_max), tb_log_int("descriptors", (int64_t)allowed),
           tb_log_str("means", "fewer connections are taken; raise the limit of open files (ulimit -n)"));
    if (allowed <= OWN_DESCRIPTORS)
        return TB_ERR_FULL;
    config->connections_max = (int64_t)(allowed - OWN_DESCRIPTORS);
    return TB_OK;
}

static enum tb_err loop_start(struct server *s)
{
    const struct tb_loop_options options = {.fd_max = (unsigned)s->config.connections_max + OWN_DESCRIPTORS,
                                            .message_size_max = 16384};
    enum tb_err err = tb_loop_create(&options, &s->loop);
    if (err == TB_OK)
        err = tb_loop_on_signal(s->loop, SIGTERM, on_stop, s);
    if (err == TB_OK)
        err = tb_loop_on_signal(s->loop, SIGINT, on_stop, s);
    return err;
}

static void origins_list(const struct contextd_config *config, struct tb_gateway_config *gateway)
{
    TB_ASSERT(config->web_origins.count <= TB_GATEWAY_ORIGINS_MAX);
    for (size_t i = 0; i < config->web_origins.count; i++)
        gateway->origins[gateway->origin_count++] = config->web_origins.text[i];
}

static enum tb_err tickets_open(struct server *s)
{
    const char *path = s->config.ticket_file;
    enum tb_err err = tb_tls_tickets_open(path, tb_rng_system(), command_wall_ms(NULL), &s->tickets);
    if (err != TB_OK)
        (void)fprintf(stderr, "contextd: contextd.ticket_keys %s: %s (%s)\n", path, tb_err_words(err),
                      tb_err_name(err));
    return err;
}

static enum tb_err gateway_start(struct server *s)
{
    const struct contextd_config *c = &s->config;
    struct tb_gateway_config config = {
        .terminals = {.address = c->terminals_listen,
                      .certificate = c->terminals_certificate,
                      .key = c->terminals_key,
                      .ca = c->terminals_ca},
        .web = {.address = c->web_listen, .certificate = c->web_certificate, .key = c->web_key},
        .connections_max = (size_t)c->connections_max,
        .reconnect_window_ms = c->reconnect_window_ms,
        .idle_ping_ms = c->idle_ping_s * 1000,
        .metrics_path = c->metrics_file,
    };
    origins_list(c, &config);
    enum tb_err err = contextd_token_rules(c, &config.token_rules);
    if (err == TB_OK)
        err = tickets_open(s);
    config.tickets = s->tickets;
    return err == TB_OK ? tb_gateway_open(s->loop, s->engine, &config, &s->gateway) : err;
}

/* Tells the ports, which port 0 left to the system: to a file for scripts, in a line for people. */
static enum tb_err ports_tell(const struct server *s, const char *path)
{
    char text[64];
    int size = snprintf(text, sizeof text, "{\"terminals\":%u,\"web\":%u}\n",
                        tb_gateway_terminals_port(s->gateway), tb_gateway_web_port(s->gateway));
    TB_ASSERT(size > 0 && (size_t)size < sizeof text);
    if (path != NULL) {
        enum tb_err err = tb_file_replace(path, tb_span_of(text, (size_t)size), 0644);
        if (err != TB_OK)
            return err;
    }
    bool said = printf("contextd ready %s", text) > 0 && fflush(stdout) == 0;
    tb_notify("READY=1");
    return said ? TB_OK : TB_ERR_IO;
}

static enum tb_err server_run(struct server *s, const char *ports_path)
{
    enum tb_err err = command_engine_open(s->config.database, false, &s->engine);
    if (err != TB_OK)
        return err;
    struct tb_engine_facts facts;
    err = s->engine->ops->facts(s->engine, &facts);
    if (err == TB_ERR_NOT_FOUND) {
        (void)fprintf(stderr, "contextd: the database holds no chain yet: see `contextd seed`\n");
        return err;
    }
    if (err == TB_OK)
        err = descriptors_take(&s->config);
    if (err == TB_OK)
        err = loop_start(s);
    if (err == TB_OK)
        err = gateway_start(s);
    if (err == TB_OK)
        err = ports_tell(s, ports_path);
    if (err != TB_OK)
        return err;
    tb_log(TB_LOG_INFO, TB_EVENT("contextd", "ready"), tb_log_str("chain", facts.chain),
           tb_log_str("epoch", facts.epoch),
           tb_log_int("terminals_port", tb_gateway_terminals_port(s->gateway)),
           tb_log_int("web_port", tb_gateway_web_port(s->gateway)));
    return tb_loop_run(s->loop);
}

static void server_end(struct server *s)
{
    s->gateway = tb_gateway_close(s->gateway);
    s->loop = tb_loop_free(s->loop);
    s->tickets = tb_tls_tickets_close(s->tickets);
    if (s->engine != NULL)
        s->engine->ops->close(s->engine);
}

int command_serve(struct args *a)
{
    const char *ports_path = args_option(a, "--ports-file");
    const char *path = args_needed(a, "--config");
    if (!args_end(a))
        return EXIT_WRONG;
    struct server *s = calloc(1, sizeof *s);
    if (s == NULL)
        return command_failed("start", TB_ERR_NO_MEMORY);
    enum tb_err err = contextd_config_load(path, &s->config);
    if (err != TB_OK) {
        free(s);
        return EXIT_WRONG;
    }
    tb_log_setup((enum tb_log_level)s->config.log_level);
    err = server_run(s, ports_path);
    server_end(s);
    free(s);
    return err == TB_OK ? EXIT_SUCCESS : command_failed("serve", err);
}

int command_config(struct args *a)
{
    static char text[PRINT_SIZE_MAX];
    struct tb_buf b = tb_buf_of(text, sizeof text);
    bool table = args_flag(a, "--table");
    const char *path = table ? NULL : args_needed(a, "--config");
    if (!args_end(a))
        return EXIT_WRONG;
    struct contextd_config config;
    if (table)
        tb_config_markdown(&contextd_config_table, &b);
    else if (contextd_config_load(path, &config) != TB_OK)
        return EXIT_WRONG;
    else
        tb_config_print(&contextd_config_table, &config, &b);
    if (b.err != TB_OK)
        return command_failed("config", b.err);
    return fwrite(text, 1, b.size, stdout) == b.size ? EXIT_SUCCESS : EXIT_FAILURE;
}
