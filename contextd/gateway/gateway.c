#include "contextd/gateway/connection.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"
#include "host/log/log.h"
#include "host/system/system.h"

#include <stdlib.h>

#define WATCH_MS 1000 /* a change made by another process is seen within this */
#define EXPIRE_MS (60LL * 60 * 1000)
#define URN_DEVICE ":device:" /* behind it, an id may hold colons of its own */
#define ARENA_SIZE TB_JSON_ARENA_SIZE(TB_MESSAGE_SIZE_MAX)

/* ---- fan-out ---- */

/* In a turn of its own: the session that reports a change is itself in the middle of an event. */
static void changes_tell(struct tb_post *post)
{
    struct tb_gateway *g = post->context;
    for (size_t i = 0; i < g->change_count; i++) {
        for (struct connection *c = g->connections; c != NULL; c = c->next)
            connection_changed(c, &g->changes[i]);
    }
    g->change_count = 0;
}

static bool change_known(const struct tb_gateway *g, const struct tb_engine_change *change)
{
    for (size_t i = 0; i < g->change_count; i++) {
        const struct tb_engine_change *known = &g->changes[i];
        if (tb_scope_equal(&known->scope, &change->scope) && strcmp(known->store, change->store) == 0 &&
            strcmp(known->device, change->device) == 0)
            return true;
    }
    return false;
}

static bool changes_grow(struct tb_gateway *g)
{
    size_t max = g->change_max > 0 ? 2 * g->change_max : 64;
    struct tb_engine_change *grown = realloc(g->changes, max * sizeof *grown);
    if (grown == NULL)
        return false;
    g->changes = grown;
    g->change_max = max;
    return true;
}

static void wake_all(struct tb_gateway *g)
{
    for (struct connection *c = g->connections; c != NULL; c = c->next)
        connection_wake(c);
}

void gateway_changed(struct tb_gateway *g, const struct tb_engine_change *changes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (change_known(g, &changes[i]))
            continue;
        if (g->change_count == g->change_max && !changes_grow(g)) {
            /* Nobody may miss a change: the watch then wakes every feed. */
            g->change_missed = true;
            break;
        }
        g->changes[g->change_count++] = changes[i];
    }
    tb_loop_post(g->loop, &g->changes_post);
}

/* ---- one device, one connection ---- */

/* Who is being told already why it ends hears it to the end. */
static void device_end(struct tb_gateway *g, const char *urn, const char *reason)
{
    for (struct connection *c = g->connections; c != NULL; c = c->next) {
        if (c->wsi != NULL && c->state != CONNECTION_CLOSING && strcmp(c->device, urn) == 0)
            connection_give_up(c, reason);
    }
}

struct quarantine {
    struct tb_engine_job job;
    enum tb_err err;
    char device[TB_DEVICE_SIZE_MAX + 1]; /* id inside the urn */
};

static void quarantine_run(struct tb_engine_job *job, struct tb_context_engine *engine)
{
    struct quarantine *q = job->context;
    q->err = engine->ops->terminal_set_state(engine, q->device, TB_TERMINAL_QUARANTINED);
}

static void quarantine_done(struct tb_engine_job *job, const struct tb_engine_answer *answer)
{
    (void)answer;
    struct quarantine *q = job->context;
    if (q->err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("gateway", "quarantine_failed"), tb_log_str("device", q->device),
               tb_log_err(q->err));
    free(q);
}

void gateway_cloned(struct tb_gateway *g, const char *urn)
{
    tb_tally_add(&g->metrics.quarantined_cloned, 1);
    tb_log(
        TB_LOG_ERROR, TB_EVENT("gateway", "device_cloned"), tb_log_str("device", urn),
        tb_log_str("means", "two copies of this terminal are in use; both are shut out until enabled again"));
    device_end(g, urn, "device_cloned");
    const char *id = strstr(urn, URN_DEVICE);
    struct quarantine *q = calloc(1, sizeof *q);
    if (q == NULL || id == NULL ||
        tb_span_to_str(tb_span_str(id + strlen(URN_DEVICE)), q->device, sizeof q->device) != TB_OK) {
        free(q);
        return;
    }
    q->job = (struct tb_engine_job){.run = quarantine_run, .done = quarantine_done, .context = q};
    tb_engine_queue_submit(g->queue, &q->job);
}

void gateway_limited(struct connection *c, bool quarantined)
{
    tb_tally_add(&c->gateway->metrics.customers_refused, 1);
    if (!quarantined) {
        tb_log(
            TB_LOG_WARN, TB_EVENT("gateway", "customer_limit"), tb_log_str("device", c->device),
            tb_log_str("means",
                       "it asked for more customers from outside its cohort than the policy allows an hour"));
        return;
    }
    tb_tally_add(&c->gateway->metrics.quarantined_customers, 1);
    tb_log(TB_LOG_ERROR, TB_EVENT("gateway", "customer_quarantine"), tb_log_str("device", c->device),
           tb_log_str("means", "it went on asking for customers; it is shut out until enabled again"));
    device_end(c->gateway, c->device, "customer_quarantine");
}

void gateway_reused(struct tb_gateway *g, const char *urn, uint8_t count)
{
    tb_tally_add(&g->metrics.sequences_reused, count);
    tb_log(TB_LOG_ERROR, TB_EVENT("gateway", "sequence_reused"), tb_log_str("device", urn),
           tb_log_int("count", count),
           tb_log_str("means",
                      "it sent other changes under numbers that were decided: two copies of its outbox,"
                      " or one that lost its newest"));
}

/* One customer's sessions share the engine with everybody: the oldest gives way to a new one. */
static void customer_crowd(struct connection *c)
{
    struct connection *oldest = NULL; /* the list begins with the newest */
    size_t count = 0;
    for (struct connection *other = c->gateway->connections; other != NULL; other = other->next) {
        if (!other->welcomed || other->state != CONNECTION_OPEN ||
            !tb_id_equal(&other->session.peer.customer, &c->session.peer.customer))
            continue;
        oldest = other;
        count++;
    }
    if (count > TB_GATEWAY_CUSTOMER_SESSIONS_MAX)
        connection_give_up(oldest, "sessions_full");
}

/* ---- the reconnect window ---- */

static void window_renew(struct tb_gateway *g)
{
    int64_t live = (int64_t)g->terminals.connection_count;
    int64_t count = g->terminal_count > live ? g->terminal_count : live;
    if (g->config.reconnect_window_ms >= 0)
        return;
    int64_t window_ms = tb_window_ms(&g->window, count);
    g->terminals.session.reconnect_window_ms = window_ms;
    g->web.session.reconnect_window_ms = window_ms;
    if (window_ms <= g->window_told_ms + g->window_told_ms / 4 && window_ms >= g->window_told_ms / 4 * 3)
        return;
    g->window_told_ms = window_ms;
    tb_log(TB_LOG_INFO, TB_EVENT("gateway", "reconnect_window"), tb_log_int("ms", window_ms),
           tb_log_int("terminals", count), tb_log_int("connection_us", tb_window_cost_us(&g->window)));
}

/* What its beginning cost the loop, in microseconds; 0: not known, other work was in between. */
static int64_t begun_cost_us(const struct connection *c)
{
    bool alone = c->alone && c->number == c->gateway->begun_count;
    return alone ? tb_thread_cpu_us() - c->begun_us : 0;
}

static void window_note(struct connection *c, bool resumed, int64_t cost_us)
{
    struct tb_window *w = &c->gateway->window;
    tb_window_count(w, resumed);
    tb_window_measure(w, resumed, cost_us);
    window_renew(c->gateway);
}

void gateway_welcomed(struct connection *c)
{
    bool resumed = tb_tls_is_resumed(c->wsi);
    int64_t cost_us = begun_cost_us(c);
    c->welcomed = true;
    c->gateway->greeting_count--;
    tb_log(TB_LOG_INFO, TB_EVENT("gateway", "session_begin"), tb_log_str("listener", c->listener->tls.name),
           tb_log_str("device", c->device), tb_log_int("resumed", resumed),
           tb_log_int("took_ms", tb_loop_now_ms(c->gateway->loop) - c->began_ms),
           tb_log_int("cpu_us", cost_us));
    if (c->device[0] == '\0') {
        customer_crowd(c);
        return;
    }
    window_note(c, resumed, cost_us);
    bool older = false; /* the list begins with the youngest */
    for (struct connection *other = c->gateway->connections; other != NULL; other = other->next) {
        bool same = other != c && other->state == CONNECTION_OPEN && strcmp(other->device, c->device) == 0;
        older = older || other == c;
        /* A line that broke leaves a dead connection behind for a while, so one more is no clone yet. */
        if (same && other->welcomed)
            connection_probe(other);
        /* Nor is a hello that comes late on one: it would tell a seq that has long been decided. */
        else if (same && older)
            connection_give_up(other, "superseded");
    }
}

/* ---- metrics ---- */

static enum tb_err metrics_open(struct tb_gateway *g)
{
    const unsigned channels =
        1u << TB_CHANNEL_WEB | 1u << TB_CHANNEL_APP | 1u << TB_CHANNEL_KIOSK | 1u << TB_CHANNEL_TILL;
    struct tb_gateway_metrics *m = &g->metrics;
    const struct tb_metric list[] = {
        {TB_METRIC_GAUGE, "tillbridge_context_connections", "Connections that are open.", "",
         &m->connections},
        {TB_METRIC_COUNTER, "tillbridge_context_customers_refused",
         "Customers that a terminal was refused because it had come to know too many within an hour.", "",
         &m->customers_refused},
        {TB_METRIC_COUNTER, "tillbridge_context_sequences_reused",
         "Mutations that came under a number of another one.", "", &m->sequences_reused},
        {TB_METRIC_COUNTER, "tillbridge_context_terminals_quarantined", "Terminals that were shut out.",
         "reason=\"customers\"", &m->quarantined_customers},
        {TB_METRIC_COUNTER, "tillbridge_context_terminals_quarantined", "Terminals that were shut out.",
         "reason=\"cloned\"", &m->quarantined_cloned},
    };
    enum tb_err err = TB_OK;
    for (size_t i = 0; i < TB_ARRAY_SIZE(list) && err == TB_OK; i++)
        err = tb_metrics_add(&m->all, &list[i]);
    if (err == TB_OK)
        err =
            tb_measures_open(&m->measures, &m->all, channels, TB_MEASURES_ALL & ~(1u << TB_MEASURE_IDENTIFY));
    return err;
}

static enum tb_err metrics_file_open(struct tb_gateway *g)
{
    const struct tb_metrics_file_options options = {.path = g->config.metrics_path,
                                                    .registry = &g->metrics.all,
                                                    .interval_ms = TB_METRICS_FILE_MS,
                                                    .late_ms = TB_METRICS_FILE_LATE_MS};
    return options.path[0] ? tb_metrics_file_open(g->loop, &options, &g->metrics_file) : TB_OK;
}

/* ---- what other processes and time do to the data ---- */

static void watch_run(struct tb_engine_job *job, struct tb_context_engine *engine)
{
    struct tb_gateway *g = job->context;
    struct tb_engine_facts facts;
    if (engine->ops->changed_elsewhere(engine))
        g->watch_changed = true;
    bool wanted = g->watch_changed || g->terminal_count < 0;
    g->terminals_found = wanted && engine->ops->facts(engine, &facts) == TB_OK ? facts.terminal_count : -1;
    /* A failure shows again in the next hour; what has expired only takes room. */
    g->expire_more = false;
    if (g->expire_due_ms == 0)
        (void)engine->ops->expire(engine, &g->expire_more);
}

static void watch_due(struct tb_timer *timer);

static void watch_done(struct tb_engine_job *job, const struct tb_engine_answer *answer)
{
    (void)answer;
    struct tb_gateway *g = job->context;
    if (g->expire_due_ms == 0 && !g->expire_more)
        g->expire_due_ms = tb_loop_now_ms(g->loop) + EXPIRE_MS;
    if (g->watch_changed || g->change_missed)
        wake_all(g);
    if (g->terminals_found >= 0) {
        g->terminal_count = g->terminals_found;
        window_renew(g);
    }
    g->watch_changed = false;
    g->change_missed = false;
    tb_timer_set(g->loop, &g->watch_timer, WATCH_MS, watch_due);
}

static void watch_due(struct tb_timer *timer)
{
    struct tb_gateway *g = timer->context;
    enum tb_err err = tb_tls_tickets_rotate(g->config.tickets, tb_loop_wall_ms(g->loop));
    if (err != TB_OK)
        tb_log(TB_LOG_WARN, TB_EVENT("tls", "ticket_keys_not_saved"), tb_log_err(err));
    listener_resume(&g->terminals);
    listener_resume(&g->web);
    if (tb_loop_now_ms(g->loop) >= g->expire_due_ms)
        g->expire_due_ms = 0;
    tb_gauge_set(&g->metrics.connections, (int64_t)g->connection_count);
    tb_engine_queue_submit(g->queue, &g->watch_job);
}

/* ---- opening and closing ---- */

static void listener_init(struct tb_gateway *g, struct listener *l, const struct tb_gateway_listener *config)
{
    bool web = l == &g->web;
    size_t max = g->config.connections_max;
    l->gateway = g;
    l->config = *config;
    /* The web is open to anybody: it never takes the terminals' last places. */
    l->connection_max = web ? max - max / 4 : max;
    l->fd = -1;
    l->tls = (struct tb_tls_listener){
        .name = web ? "web" : "terminals", .terminals = !web, .tickets = g->config.tickets};
    l->session = (struct tb_session_config){.web = web,
                                            .hello_wait_ms = HELLO_DEADLINE_MS,
                                            .reconnect_window_ms = g->config.reconnect_window_ms < 0
                                                                       ? TB_WINDOW_MIN_MS
                                                                       : g->config.reconnect_window_ms,
                                            .idle_ping_ms = g->config.idle_ping_ms,
                                            .arena = &g->arena,
                                            .out = &g->out};
}

static enum tb_err memory_take(struct tb_gateway *g)
{
    g->memory = malloc(ARENA_SIZE + TB_MESSAGE_SIZE_MAX);
    if (g->memory == NULL)
        return TB_ERR_NO_MEMORY;
    g->arena = tb_arena_of(g->memory, ARENA_SIZE);
    g->out = tb_buf_of(g->memory + ARENA_SIZE, TB_MESSAGE_SIZE_MAX);
    return TB_OK;
}

enum tb_err tb_gateway_open(struct tb_loop *loop, struct tb_context_engine *engine,
                            const struct tb_gateway_config *config, struct tb_gateway **ret_gateway)
{
    struct tb_gateway *g = calloc(1, sizeof *g);
    if (g == NULL)
        return TB_ERR_NO_MEMORY;
    g->loop = loop;
    g->config = *config;
    g->terminal_count = -1;
    g->changes_post = (struct tb_post){.fn = changes_tell, .context = g};
    g->watch_timer.context = g;
    g->watch_job = (struct tb_engine_job){.run = watch_run, .done = watch_done, .context = g};
    listener_init(g, &g->terminals, &config->terminals);
    listener_init(g, &g->web, &config->web);
    enum tb_err err = memory_take(g);
    if (err == TB_OK)
        err = metrics_open(g);
    if (err == TB_OK)
        err = tb_engine_queue_start(loop, engine, &g->queue);
    if (err == TB_OK)
        err = listener_open(&g->terminals);
    if (err == TB_OK)
        err = listener_open(&g->web);
    if (err == TB_OK)
        err = metrics_file_open(g);
    if (err != TB_OK) {
        *ret_gateway = tb_gateway_close(g);
        return err;
    }
    tb_timer_set(loop, &g->watch_timer, WATCH_MS, watch_due);
    *ret_gateway = g;
    return TB_OK;
}

static void job_drop(struct tb_engine_job *job)
{
    if (job->done == quarantine_done)
        free(job->context);
    else if (job->run != watch_run)
        connection_job_drop(job);
}

struct tb_gateway *tb_gateway_close(struct tb_gateway *gateway)
{
    struct tb_gateway *g = gateway;
    if (g == NULL)
        return NULL;
    tb_timer_cancel(&g->watch_timer);
    g->metrics_file = tb_metrics_file_close(g->metrics_file);
    /* Sockets first: from here on no session can ask anything. */
    for (struct connection *c = g->connections, *next; c != NULL; c = next) {
        next = c->next;
        c->reason = "gateway_stopped";
        if (c->wsi != NULL)
            lws_set_opaque_user_data(c->wsi, NULL);
        connection_lost(c);
    }
    listener_close(&g->terminals);
    listener_close(&g->web);
    g->queue = tb_engine_queue_stop(g->queue, job_drop);
    tb_loop_unpost(g->loop, &g->changes_post);
    free(g->changes);
    if (g->memory != NULL)
        tb_wipe(g->memory, ARENA_SIZE + TB_MESSAGE_SIZE_MAX);
    free(g->memory);
    free(g);
    return NULL;
}

uint16_t tb_gateway_terminals_port(const struct tb_gateway *gateway)
{
    return gateway->terminals.port;
}

uint16_t tb_gateway_web_port(const struct tb_gateway *gateway)
{
    return gateway->web.port;
}

size_t tb_gateway_connection_count(const struct tb_gateway *gateway)
{
    return gateway->connection_count;
}
