#include "agent/app/agent.h"
#include "agent/app/pages/kiosk.h"
#include "agent/app/wiring.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"
#include "host/log/log.h"
#include "host/system/system.h"

#include <grp.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

_Static_assert(TB_AGENT_READER_PAGE < TB_READERS_MAX, "identification knows it, too");

const char *tb_agent_reader_name(const struct tb_agent *agent, unsigned index)
{
    if (index == TB_AGENT_READER_POS)
        return "POS";
    if (index == TB_AGENT_READER_PAGE)
        return "page";
    return index < tb_readers_count(agent->readers) ? tb_readers_info(agent->readers, index)->name : "";
}

bool tb_agent_is_too_old(const struct tb_agent *agent, int64_t as_of_ms, int64_t limit_ms)
{
    return limit_ms > 0 && as_of_ms > 0 && tb_loop_wall_ms(agent->loop) - as_of_ms > limit_ms;
}

/* ---- deadlines ---- */

static void tick(struct tb_timer *timer)
{
    struct tb_agent *agent = timer->context;
    tb_visits_tick(agent);
    tb_line_tick(agent);
    tb_taps_tick(agent); /* rearms */
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void outbox_look(struct tb_agent *agent);

void tb_agent_rearm(struct tb_agent *agent)
{
    outbox_look(agent);
    tb_kiosk_rearm(agent);
    int64_t due_ms = tb_identify_deadline_ms(&agent->identify);
    due_ms = earlier(due_ms, tb_visit_deadline_ms(&agent->serving.visit));
    due_ms = earlier(due_ms, tb_client_deadline_ms(&agent->client));
    if (due_ms == INT64_MAX) {
        tb_timer_cancel(&agent->tick);
        return;
    }
    int64_t after_ms = due_ms - tb_loop_now_ms(agent->loop);
    tb_timer_set(agent->loop, &agent->tick, after_ms > 0 ? after_ms : 0, tick);
}

void tb_agent_notice(struct tb_agent *agent, enum tb_notice notice, bool on)
{
    if (!tb_status_set_notice(&agent->status, notice, on, tb_loop_wall_ms(agent->loop)))
        return;
    char text[TB_OUTAGE_TEXT_SIZE];
    tb_outage_metrics_notice(&agent->metrics.outage, notice, on);
    tb_outage_notice_text(notice, agent->config.language, text);
    tb_log(on ? TB_LOG_WARN : TB_LOG_INFO, TB_EVENT("agent", "notice"),
           tb_log_str("code", tb_notice_name(notice)), tb_log_str("state", on ? "on" : "off"),
           tb_log_str("text", text));
    if (agent->counter)
        tb_pages_state(agent);
    if (agent->ctl)
        tb_console_notice(agent, notice, on);
}

/* Long enough for what was answered to leave, and short enough not to be noticed. */
#define ANEW_AFTER_MS 100

#define ANEW_AGAIN_MS 1000

/* Of an outbox in memory that has a name of its own nothing is told: what was told of the one on the disk
 * still holds. */
static void told_note(struct tb_agent *agent)
{
    struct tb_storage_told *told = &agent->told;
    if (agent->storage.outbox_apart)
        return;
    *told =
        (struct tb_storage_told){.incarnation = agent->client.config.incarnation,
                                 .next_seq = agent->client.next_seq,
                                 .sent = agent->status.line == TB_LINE_LIVE && tb_mutations_are_sent(agent)};
}

static void anew_due(struct tb_timer *timer)
{
    struct tb_agent *agent = timer->context;
    bool waits = !tb_mutations_are_sent(agent) || agent->serving.visit.open;
    if (agent->storage.outbox_apart && waits) {
        tb_timer_set(agent->loop, timer, ANEW_AGAIN_MS, anew_due);
        return;
    }
    agent->begin_anew = true;
    told_note(agent);
    tb_loop_stop(agent->loop);
}

void tb_agent_begin_anew(struct tb_agent *agent)
{
    agent->anew_timer.context = agent;
    if (tb_timer_is_set(&agent->anew_timer))
        return;
    tb_log(TB_LOG_WARN, TB_EVENT("agent", "begins_anew"));
    tb_timer_set(agent->loop, &agent->anew_timer, ANEW_AFTER_MS, anew_due);
}

static void storage_suspect(void *context)
{
    tb_agent_begin_anew(context);
}

/* A visit is not ended for it. */
static void storage_recovered(void *context)
{
    struct tb_agent *agent = context;
    if (!agent->serving.visit.open)
        tb_agent_begin_anew(agent);
}

/* What people are to know of the outbox; and once all that a copy of it in memory holds is decided, one that
 * takes changes is made in its place. */
static void outbox_look(struct tb_agent *agent)
{
    const struct tb_storage *storage = &agent->storage;
    bool away = tb_storage_outbox_away(storage) != TB_OK;
    bool closed = tb_mutations_closed(agent) != TB_OK;
    tb_agent_notice(agent, TB_NOTICE_CHANGES_NOT_STORED, closed);
    tb_agent_notice(agent, TB_NOTICE_CHANGES_IN_MEMORY,
                    storage->outbox_apart && (!closed || !tb_mutations_are_sent(agent)));
    if (away && !storage->outbox_apart && agent->status.line == TB_LINE_LIVE &&
        tb_mutations_are_sent(agent) && !agent->serving.visit.open)
        tb_agent_begin_anew(agent);
}

/* The holes are closed by skipped records when their turn comes (core/sync). */
static void storage_dropped(void *context, const struct tb_outbox_drops *drops)
{
    struct tb_agent *agent = context;
    for (size_t i = 0; i < drops->count; i++) {
        tb_pending_drop(&agent->pending, drops->at[i].seq);
        tb_tally_add(&agent->metrics.dropped[drops->at[i].kind], 1);
    }
    tb_log(TB_LOG_WARN, TB_EVENT("storage", "dropped"), tb_log_int("count", (int64_t)drops->count),
           tb_log_int("first_seq", drops->at[0].seq));
    tb_agent_notice(agent, TB_NOTICE_CHANGES_DROPPED, true);
    tb_pages_state(agent);
}

static void storage_health(void *context)
{
    struct tb_agent *agent = context;
    const struct tb_storage *storage = &agent->storage;
    outbox_look(agent);
    tb_agent_notice(agent, TB_NOTICE_DISK_FULL, tb_storage_has(storage, TB_ERR_FULL));
    tb_agent_notice(agent, TB_NOTICE_DISK_READ_ONLY, tb_storage_has(storage, TB_ERR_DENIED));
    tb_agent_notice(agent, TB_NOTICE_DISK_FAILING,
                    tb_storage_has(storage, TB_ERR_IO) || tb_storage_has(storage, TB_ERR_CORRUPT));
    tb_agent_notice(agent, TB_NOTICE_STORAGE_NEWER,
                    tb_storage_has(storage, TB_ERR_NEWER_VERSION) ||
                        tb_storage_has(storage, TB_ERR_UNSUPPORTED));
}

/* ---- metrics ---- */

static const int64_t tap_bounds_us[] = {100, 250, 500, 1000, 2000, 5000, 10000, 50000, 250000, 1000000};

static enum tb_err dropped_open(struct tb_agent_metrics *m)
{
    static const char *const labels[TB_MUTATION_KIND_COUNT] = {
        [TB_MUTATION_CHECKOUT_CLAIM] = "kind=\"checkout.claim\"",
        [TB_MUTATION_CHECKOUT_RELEASE] = "kind=\"checkout.release\"",
        [TB_MUTATION_REWARD_RESERVE] = "kind=\"reward.reserve\"",
        [TB_MUTATION_REWARD_RELEASE] = "kind=\"reward.release\"",
        [TB_MUTATION_VISIT_BEGIN] = "kind=\"visit.begin\"",
        [TB_MUTATION_VISIT_END] = "kind=\"visit.end\"",
        [TB_MUTATION_JOURNEY_EVENT] = "kind=\"journey.event\"",
        [TB_MUTATION_HANDOVER_REQUEST] = "kind=\"handover.request\"",
        [TB_MUTATION_HANDOVER_ACCEPT] = "kind=\"handover.accept\"",
        [TB_MUTATION_HANDOVER_DECLINE] = "kind=\"handover.decline\"",
        [TB_MUTATION_HANDOVER_CANCEL] = "kind=\"handover.cancel\"",
    };
    enum tb_err err = TB_OK;
    for (unsigned kind = 1; kind < TB_MUTATION_KIND_COUNT && err == TB_OK; kind++) {
        bool may_drop = tb_outbox_may_drop((enum tb_mutation_kind)kind);
        TB_ASSERT(may_drop == (labels[kind] != NULL));
        const struct tb_metric metric = {TB_METRIC_COUNTER, "tillbridge_dropped",
                                         "Mutations given up before they were sent.", labels[kind],
                                         &m->dropped[kind]};
        if (may_drop)
            err = tb_metrics_add(&m->registry, &metric);
    }
    return err;
}

static enum tb_err metrics_open(struct tb_agent_metrics *m)
{
    static const char *const outcome_labels[TB_OUTCOME_COUNT] = {
        [TB_OUTCOME_RECOGNISED] = "channel=\"till\",outcome=\"recognised\"",
        [TB_OUTCOME_UNKNOWN] = "channel=\"till\",outcome=\"unknown\"",
        [TB_OUTCOME_UNREADABLE] = "channel=\"till\",outcome=\"unreadable\"",
        [TB_OUTCOME_WRONG_KEY] = "channel=\"till\",outcome=\"wrong_key\"",
        [TB_OUTCOME_EXPIRED] = "channel=\"till\",outcome=\"expired\"",
        [TB_OUTCOME_REPLAYED] = "channel=\"till\",outcome=\"replayed\"",
        [TB_OUTCOME_PAYMENT_CARD] = "channel=\"till\",outcome=\"payment_card\"",
        [TB_OUTCOME_PRODUCT] = "channel=\"till\",outcome=\"product\"",
        [TB_OUTCOME_TWO_CARDS] = "channel=\"till\",outcome=\"two_cards\"",
        [TB_OUTCOME_NOT_A_CODE] = "channel=\"till\",outcome=\"not_a_code\"",
        [TB_OUTCOME_OPERATOR] = "channel=\"till\",outcome=\"operator\"",
        [TB_OUTCOME_CAPTURED] = "channel=\"till\",outcome=\"captured\"",
    };
    m->tap = (struct tb_histogram){
        .bounds = tap_bounds_us, .bound_count = TB_ARRAY_SIZE(tap_bounds_us), .unit = 1000000};
    const struct tb_metric others[] = {
        {TB_METRIC_COUNTER, "tillbridge_mutations", "Changes stored in the outbox.", "channel=\"till\"",
         &m->mutations},
        {TB_METRIC_COUNTER, "tillbridge_erasures", "Customers erased from this terminal.", "", &m->erasures},
        {TB_METRIC_COUNTER, "tillbridge_line_downs", "Connections to the context store that ended.", "",
         &m->reconnects},
        {TB_METRIC_COUNTER, "tillbridge_rejected", "Changes that the context store turned down.",
         "channel=\"till\"", &m->rejected},
        {TB_METRIC_COUNTER, "tillbridge_conflicts", "Changes that came out otherwise: people have to look.",
         "channel=\"till\"", &m->conflicts},
        {TB_METRIC_COUNTER, "tillbridge_cache_evicted", "Customers let go of to stay within a limit.", "",
         &m->cache_evicted},
        {TB_METRIC_COUNTER, "tillbridge_cache_dropped", "Customers outside the cohort whose time was over.",
         "", &m->cache_dropped},
        {TB_METRIC_COUNTER, "tillbridge_cache_expired",
         "Customers taken away for want of contact with the context store.", "", &m->cache_expired},
        {TB_METRIC_COUNTER, "tillbridge_cache_repairs",
         "Partitions of the cohort that were read again because they differed.", "", &m->cache_repairs},
        {TB_METRIC_GAUGE, "tillbridge_unsent", "Changes without a verdict.", "", &m->unsent},
        {TB_METRIC_GAUGE, "tillbridge_line_live", "1 when the context store answers.", "", &m->line_live},
        {TB_METRIC_HISTOGRAM, "tillbridge_tap_seconds", "From a reader's event to the pages.",
         "channel=\"till\"", &m->tap},
    };
    enum tb_err err = TB_OK;
    for (unsigned i = 0; i < TB_OUTCOME_COUNT && err == TB_OK; i++) {
        const struct tb_metric metric = {TB_METRIC_COUNTER, "tillbridge_outcomes",
                                         "Taps and scans by outcome.", outcome_labels[i], &m->outcomes[i]};
        err = tb_metrics_add(&m->registry, &metric);
    }
    for (size_t i = 0; i < TB_ARRAY_SIZE(others) && err == TB_OK; i++)
        err = tb_metrics_add(&m->registry, &others[i]);
    if (err == TB_OK)
        err = tb_measuring_open(&m->measures, &m->registry);
    return err == TB_OK ? dropped_open(m) : err;
}

static enum tb_err metrics_file_start(struct tb_agent *agent)
{
    const struct tb_metrics_file_options options = {.path = agent->config.metrics_file,
                                                    .registry = &agent->metrics.registry,
                                                    .interval_ms = TB_METRICS_FILE_MS,
                                                    .late_ms = TB_METRICS_FILE_LATE_MS};
    return options.path[0] ? tb_metrics_file_open(agent->loop, &options, &agent->metrics_file) : TB_OK;
}

/* ---- starting ---- */

static enum tb_err blocks_take(struct tb_agent *agent)
{
    const size_t arena_size = TB_JSON_ARENA_SIZE(TB_MESSAGE_SIZE_MAX);
    agent->arena = tb_arena_of(malloc(arena_size), arena_size);
    agent->out = tb_buf_of(malloc(TB_MESSAGE_SIZE_MAX), TB_MESSAGE_SIZE_MAX);
    agent->page = tb_buf_of(malloc(TB_COUNTER_SEND_MAX), TB_COUNTER_SEND_MAX);
    return agent->arena.at && agent->out.at && agent->page.at ? TB_OK : TB_ERR_NO_MEMORY;
}

static enum tb_err storage_start(struct tb_agent *agent, const struct tb_storage_told *told,
                                 struct tb_storage_found *found)
{
    enum tb_err err =
        tb_storage_open(&agent->storage, agent->loop, &agent->config, told, found, &agent->pending);
    if (err != TB_OK) {
        tb_log(TB_LOG_ERROR, TB_EVENT("storage", "not_opened"), tb_log_str("file", found->file),
               tb_log_err(err));
        return err;
    }
    agent->storage.health = storage_health;
    agent->storage.suspect = storage_suspect;
    agent->storage.recovered = storage_recovered;
    agent->storage.dropped = storage_dropped;
    agent->storage.cache_damaged = tb_line_cache_damaged;
    agent->storage.pages_lost = tb_line_pages_lost;
    agent->storage.health_context = agent;
    agent->facts = found->facts;
    tb_measuring_channel(agent);
    agent->facts_coming = found->facts;
    agent->settings = found->settings;
    tb_pos_start(agent, &found->pos);
    tb_handovers_start(agent, &found->settings.taken);
    agent->status.unsent_count = agent->pending.undecided_count;
    tb_loop_raise_wall_floor(agent->loop, INT64_C(1000) * TB_BUILD_TIME_S);
    tb_loop_raise_wall_floor(agent->loop, found->settings.wall_floor_ms);
    storage_health(agent);
    tb_agent_notice(agent, TB_NOTICE_OUTBOX_DAMAGED, found->outbox_damaged);
    tb_agent_notice(agent, TB_NOTICE_CACHE_REBUILT, found->cache_rebuilt);
    tb_serving_init(&agent->serving, &agent->storage.reader, &agent->pending, &agent->policy);
    agent->serving.channel = tb_kiosk_channel(agent);
    tb_trust_apply(agent);
    tb_visits_policy(agent);
    return TB_OK;
}

static enum tb_err counter_start(struct tb_agent *agent)
{
    struct tb_counter_config config = {
        .port = (uint16_t)agent->config.port,
        .rng = *tb_rng_system(),
        .handlers = {.opened = tb_pages_opened,
                     .request = tb_pages_request,
                     .closed = tb_pages_closed,
                     .refused = tb_pages_refused,
                     .context = agent,
                     .pos = {.origin = tb_pos_origin,
                             .admit = tb_pos_admit,
                             .opened = tb_pos_opened,
                             .call = tb_pos_call}},
    };
    memcpy(config.session_key, agent->settings.session_key, sizeof config.session_key);
    enum tb_err err = tb_counter_open(agent->loop, &config, &agent->counter);
    tb_wipe(&config.session_key, sizeof config.session_key);
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("pages", "not_served"), tb_log_int("port", agent->config.port),
               tb_log_err(err));
    return err;
}

static enum tb_err console_start(struct tb_agent *agent)
{
    char path[TB_PATH_SIZE + 32];
    struct tb_ctl_config config = {
        .path = path,
        .group = TB_CTL_NO_GROUP,
        .handlers = {.request = tb_console_request,
                     .closed = tb_console_closed,
                     .refused = tb_console_refused,
                     .context = agent},
    };
    if (agent->config.group[0]) {
        const struct group *group = getgrnam(agent->config.group);
        if (!group) {
            tb_log(TB_LOG_ERROR, TB_EVENT("console", "no_such_group"),
                   tb_log_str("group", agent->config.group));
            return TB_ERR_CONFIG;
        }
        config.group = group->gr_gid;
    }
    (void)snprintf(path, sizeof path, "%s/tillbridge.sock", agent->config.run_dir);
    enum tb_err err = tb_folders_make(agent->config.run_dir, 0755);
    if (err == TB_OK)
        err = tb_ctl_open(agent->loop, &config, &agent->ctl);
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("console", "not_opened"), tb_log_str("path", path), tb_log_err(err));
    return err;
}

enum tb_err tb_agent_program_find(const char *configured, const char *name, char *ret_path, size_t size)
{
    if (configured[0])
        return tb_span_to_str(tb_span_str(configured), ret_path, size);
    char self[TB_PATH_SIZE];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0)
        return TB_ERR_IO;
    self[length] = '\0';
    int written = snprintf(ret_path, size, "%s/%s", dirname(self), name);
    return written > 0 && (size_t)written < size ? TB_OK : TB_ERR_TOO_LONG;
}

static enum tb_err readers_start(struct tb_agent *agent)
{
    char readerd[TB_PATH_SIZE + 32], qrcam[TB_PATH_SIZE + 32];
    struct tb_wiring wiring;
    struct tb_reader_spec specs[TB_READERS_COUNT_MAX];
    enum tb_err err = tb_wiring_of(&agent->config, &wiring);
    for (unsigned i = 0; i < wiring.count; i++)
        specs[i] = (struct tb_reader_spec){
            .kind = wiring.readers[i].kind,
            .name = wiring.readers[i].name,
            .device = wiring.readers[i].device,
            .baud = wiring.readers[i].baud,
            .layout = wiring.readers[i].layout,
            .identified = wiring.readers[i].identified,
            .program = wiring.readers[i].kind == TB_READER_CAMERA ? qrcam : NULL,
            .polling = tb_span_of(wiring.readers[i].polling, wiring.readers[i].polling_size)};
    if (err == TB_OK)
        err = tb_agent_program_find(agent->config.readerd, "tillbridge-readerd", readerd, sizeof readerd);
    if (err == TB_OK)
        err = tb_agent_program_find(agent->config.qrcam, "tillbridge-qrcam", qrcam, sizeof qrcam);
    const struct tb_readers_options options = {.readerd_path = readerd,
                                               .specs = specs,
                                               .spec_count = wiring.count,
                                               .event = tb_taps_event,
                                               .context = agent};
    if (err == TB_OK)
        err = tb_readers_create(agent->loop, &options, &agent->readers);
    if (err == TB_OK) {
        tb_taps_readers(agent);
        tb_sessions_apply(agent);
    } else {
        tb_log(TB_LOG_ERROR, TB_EVENT("readers", "not_started"), tb_log_err(err));
    }
    return err;
}

static enum tb_err parts_start(struct tb_agent *agent, const struct tb_storage_told *told,
                               struct tb_storage_found *found)
{
    const struct tb_identify_policy policy = tb_identify_policy_default();
    tb_identify_init(&agent->identify, &policy);
    agent->started_wall_ms = tb_loop_wall_ms(agent->loop);
    enum tb_err err = metrics_open(&agent->metrics);
    if (err == TB_OK)
        err = tb_outage_metrics_open(&agent->metrics.outage, &agent->metrics.registry, &agent->status,
                                     agent->config.language);
    if (err == TB_OK)
        err = blocks_take(agent);
    if (err == TB_OK)
        err = storage_start(agent, told, found);
    if (err == TB_OK)
        err = counter_start(agent);
    if (err == TB_OK)
        err = console_start(agent);
    if (err == TB_OK)
        err = readers_start(agent);
    if (err == TB_OK) {
        err = tb_line_start(agent, found);
        if (err != TB_OK)
            tb_log(TB_LOG_ERROR, TB_EVENT("line", "not_started"), tb_log_err(err));
    }
    if (err == TB_OK)
        err = metrics_file_start(agent);
    if (err == TB_OK) {
        tb_cohort_start(agent);
        tb_typing_start(agent);
    }
    return err;
}

enum tb_err tb_agent_start(struct tb_agent *agent, struct tb_loop *loop, const struct tb_agent_config *config,
                           const struct tb_storage_told *told)
{
    *agent = (struct tb_agent){.config = *config, .loop = loop, .told = *told};
    agent->blank.seen_ms = INT64_MAX; /* no visit */
    agent->tick.context = agent;
    tb_sessions_start(agent);
    struct tb_storage_found found = {0};
    enum tb_err err = parts_start(agent, told, &found);
    tb_wipe(&found, sizeof found);
    if (err != TB_OK) {
        tb_agent_stop(agent);
        return err;
    }
    tb_agent_rearm(agent);
    tb_shopper_display_start(agent);
    tb_log(TB_LOG_INFO, TB_EVENT("agent", "ready"), tb_log_int("port", tb_counter_port(agent->counter)),
           tb_log_int("unsent", agent->pending.undecided_count));
    return TB_OK;
}

void tb_agent_stop(struct tb_agent *agent)
{
    if (!agent->loop)
        return;
    tb_timer_cancel(&agent->tick);
    tb_timer_cancel(&agent->follow_timer);
    tb_timer_cancel(&agent->checkout_timer);
    tb_timer_cancel(&agent->settle_timer);
    tb_timer_cancel(&agent->cache_timer);
    tb_timer_cancel(&agent->anew_timer);
    agent->metrics_file = tb_metrics_file_close(agent->metrics_file);
    tb_shopper_display_stop(agent);
    tb_kiosk_stop(agent);
    tb_timer_cancel(&agent->choices.timer);
    tb_captures_stop(agent);
    tb_operators_stop(agent);
    tb_cohort_stop(agent);
    tb_handovers_stop(agent);
    tb_reader_ask_stop(agent);
    tb_pos_stop(agent);
    tb_typing_stop(agent);
    tb_sessions_stop(agent);
    agent->readers = tb_readers_free(agent->readers);
    agent->uplink = tb_uplink_close(agent->uplink);
    tb_ctl_close(agent->ctl);
    tb_counter_close(agent->counter);
    tb_storage_close(&agent->storage);
    tb_erasures_stop(agent);
    tb_serving_clear(&agent->serving);
    tb_pending_free(&agent->pending);
    struct tb_arena *arena = &agent->arena;
    if (arena->at)
        tb_arena_release(arena, 0);
    free(arena->at);
    free(agent->out.at);
    free(agent->page.at);
    tb_wipe(agent, sizeof *agent);
}
