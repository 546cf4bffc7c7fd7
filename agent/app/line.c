#include "agent/app/agent.h"
#include "agent/app/pages/kiosk.h"
#include "agent/app/visit/guest.h"
#include "agent/app/visit/stitch.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"
#include "core/crypto/cert.h"
#include "host/log/log.h"
#include "host/system/system.h"

#include <stdlib.h>

#define IDENTIFY_WAIT_MS 1500
#define SETTLE_AFTER_MS 60000

/* ---- settling ---- */

struct settle {
    struct tb_agent *agent;
    int64_t seq;
};

static void settle_schedule(struct tb_agent *agent);

static void settled(void *context, enum tb_err err)
{
    struct settle *settle = context;
    struct tb_agent *agent = settle->agent;
    if (err == TB_OK) {
        tb_pending_settle_up_to(&agent->pending, settle->seq);
        if (agent->settle_seq == settle->seq)
            agent->settle_seq = 0;
    } else
        tb_log(TB_LOG_WARN, TB_EVENT("line", "not_settled"), tb_log_err(err));
    settle_schedule(agent);
}

static void settle_due(struct tb_timer *timer)
{
    struct tb_agent *agent = timer->context;
    struct settle *settle = malloc(sizeof *settle);
    if (settle) {
        *settle = (struct settle){.agent = agent, .seq = agent->settle_seq};
        if (tb_storage_settle(&agent->storage, settle->seq, settled, settle) == TB_OK)
            return;
        free(settle);
    }
    settle_schedule(agent);
}

/* What is decided is settled together, some time later: it costs the disk a checkpoint. */
static void settle_schedule(struct tb_agent *agent)
{
    agent->settle_timer.context = agent;
    if (agent->settle_seq && !tb_timer_is_set(&agent->settle_timer))
        tb_timer_set(agent->loop, &agent->settle_timer, SETTLE_AFTER_MS, settle_due);
}

/* ---- a damaged cache ---- */

static void feed_lost(struct tb_agent *agent, const struct tb_scope *scope)
{
    tb_client_feed_lost(&agent->client, scope, tb_loop_now_ms(agent->loop));
}

static void pages_read_again(struct tb_agent *agent)
{
    const struct tb_scope cohort = {.kind = TB_SCOPE_COHORT};
    const struct tb_scope catalogue = {.kind = TB_SCOPE_CATALOGUE};
    feed_lost(agent, &cohort);
    feed_lost(agent, &catalogue);
}

void tb_line_cohort_lost(struct tb_agent *agent)
{
    const struct tb_scope cohort = {.kind = TB_SCOPE_COHORT};
    feed_lost(agent, &cohort);
    tb_agent_rearm(agent);
}

void tb_line_pages_lost(void *context)
{
    struct tb_agent *agent = context;
    tb_log(TB_LOG_ERROR, TB_EVENT("line", "pages_lost"));
    pages_read_again(agent);
    tb_agent_rearm(agent);
}

static void serving_lost(struct tb_agent *agent)
{
    const struct tb_scope customer = {.kind = TB_SCOPE_CUSTOMER, .customer = agent->serving.record.customer};
    if (agent->serving.visit.open)
        feed_lost(agent, &customer);
}

static void cache_renew(struct tb_timer *timer)
{
    struct tb_agent *agent = timer->context;
    if (!agent->cache_damaged || agent->status.line != TB_LINE_LIVE)
        return;
    agent->found = false;
    enum tb_err err = tb_storage_renew_cache(&agent->storage);
    if (err != TB_OK) {
        tb_log(TB_LOG_ERROR, TB_EVENT("cache", "not_made_anew"), tb_log_err(err));
        exit(EXIT_FAILURE); /* whoever starts the agent again finds out what is wrong with the disk */
    }
    agent->cache_damaged = false;
    tb_agent_notice(agent, TB_NOTICE_CACHE_REBUILT, true);
    pages_read_again(agent);
    serving_lost(agent);
    tb_agent_rearm(agent);
}

/* In a turn of its own: nobody is in the middle of a look-up then. */
static void cache_renew_soon(struct tb_agent *agent)
{
    agent->cache_timer.context = agent;
    if (agent->cache_damaged)
        tb_timer_set(agent->loop, &agent->cache_timer, 0, cache_renew);
}

void tb_line_cache_read(struct tb_agent *agent, enum tb_err err)
{
    if (err != TB_ERR_CORRUPT)
        return;
    if (!agent->cache_damaged)
        tb_log(TB_LOG_ERROR, TB_EVENT("cache", "damaged"));
    agent->cache_damaged = true;
    cache_renew_soon(agent);
}

void tb_line_cache_damaged(void *context)
{
    tb_line_cache_read(context, TB_ERR_CORRUPT);
}

/* ---- what storage reports back to the machine ---- */

struct save {
    struct tb_agent *agent;
    uint32_t ticket;
    bool is_device;
    bool brings_keys; /* to be told in the log */
    bool brings_policy;
    bool last; /* of the scope's rows for now */
    struct tb_scope scope;
    uint32_t cache_number;   /* of the file that they went into */
    int64_t pepper_version;  /* that customers had their names in it by */
    struct tb_facts facts[]; /* is_device: one, as of its rows; else none */
};

static size_t save_size(bool is_device)
{
    return sizeof(struct save) + (is_device ? sizeof(struct tb_facts) : 0);
}

/* All that the context store has of a customer who is being served went into the file that is open now: when
 * she is not in it, she is nowhere. */
static bool customer_filled(struct tb_agent *agent, const struct save *save)
{
    bool current = save->pepper_version == agent->facts.pepper.version;
    bool filled = save->last && save->scope.kind == TB_SCOPE_CUSTOMER && current &&
                  tb_serving_is(&agent->serving, &save->scope.customer);
    if (filled)
        agent->serving.cache_number = save->cache_number;
    return filled;
}

static void facts_take(struct tb_agent *agent, const struct tb_facts *facts)
{
    bool pepper_changed = facts->pepper.version != agent->facts.pepper.version;
    bool empties = pepper_changed && agent->facts.pepper.version != 0; /* the cache, of customers */
    agent->facts = *facts;
    if (pepper_changed)
        tb_storage_set_pepper(&agent->storage, &facts->pepper);
    if (empties) {
        agent->found = false;
        tb_serving_rename(&agent->serving, &facts->pepper);
        tb_line_cohort_lost(agent);
        serving_lost(agent);
    }
    agent->serving.channel = tb_kiosk_channel(agent);
    tb_trust_apply(agent);
    tb_visits_policy(agent);
    tb_cohort_policy(agent);
    tb_measuring_channel(agent);
    tb_operators_facts(agent);
    tb_pages_terminal(agent);
    if (agent->serving.visit.open)
        tb_pages_visit(agent); /* another level may open what it shows */
}

static void facts_tell(const struct tb_agent *agent, const struct save *save)
{
    if (save->brings_keys)
        tb_log(TB_LOG_INFO, TB_EVENT("keys", "changed"), tb_log_int("count", agent->facts.ring.key_count));
    if (save->brings_policy)
        tb_log(TB_LOG_INFO, TB_EVENT("policy", "changed"));
}

static void cohort_filled(struct tb_agent *agent, const struct save *save)
{
    if (save->cache_number == agent->storage.cache_number) {
        tb_agent_notice(agent, TB_NOTICE_CACHE_REBUILT, false);
        tb_storage_drop_damaged(&agent->storage);
    }
    tb_cohort_filled(agent);
}

/* The first time after each welcome: from now on the scope's rows are news. */
static void caught_up(struct tb_agent *agent, const struct save *save)
{
    const uint32_t kind = UINT32_C(1) << save->scope.kind;
    bool of_many = save->scope.kind == TB_SCOPE_CUSTOMER || save->scope.kind == TB_SCOPE_PARTITION;
    if (!save->last || of_many || (agent->scopes_current & kind))
        return;
    char scope[TB_SCOPE_TEXT_SIZE];
    tb_scope_format(&save->scope, scope);
    agent->scopes_current |= kind;
    tb_log(TB_LOG_INFO, TB_EVENT("line", "caught_up"), tb_log_str("scope", scope));
}

static void customers_or_products_came(struct tb_agent *agent, const struct save *save)
{
    if (save->last && save->scope.kind == TB_SCOPE_COHORT)
        cohort_filled(agent, save);
    bool filled = customer_filled(agent, save);
    tb_visits_refresh(agent);
    if (filled)
        tb_stitch_hers_came(agent);
    else
        tb_stitch_look(agent);
}

static void saved(void *context, enum tb_err err)
{
    struct save *save = context;
    struct tb_agent *agent = save->agent;
    if (err != TB_OK) {
        tb_log(TB_LOG_ERROR, TB_EVENT("line", "rows_not_saved"), tb_log_err(err));
        if (save->is_device)
            agent->facts_coming = agent->facts;
    } else if (save->is_device) {
        facts_take(agent, save->facts);
        facts_tell(agent, save);
    } else {
        customers_or_products_came(agent, save);
    }
    if (err == TB_OK)
        caught_up(agent, save);
    tb_client_saved(&agent->client, save->ticket, err, tb_loop_now_ms(agent->loop));
    tb_wipe(save, save_size(save->is_device));
    tb_agent_rearm(agent);
}

struct decide {
    struct tb_agent *agent;
    uint32_t ticket;
    int64_t seq;
    bool brings_guest;
    struct tb_cart guest; /* the cart of nobody that the visit is about */
    size_t verdict_count;
    struct tb_verdict verdicts[TB_VERDICT_BATCH_MAX];
};

static void conflict_note(struct tb_agent *agent, const struct tb_verdict *verdict)
{
    if (verdict->kind != TB_VERDICT_APPLIED || !verdict->code[0])
        return;
    tb_log(TB_LOG_WARN, TB_EVENT("line", "conflict"), tb_log_int("seq", verdict->seq),
           tb_log_str("code", verdict->code));
    tb_tally_add(&agent->metrics.conflicts, 1);
}

/* Before pending forgets what it was. */
static void rejected_note(struct tb_agent *agent, const struct tb_verdict *verdict)
{
    const struct tb_pending_entry *entry = tb_pending_find(&agent->pending, verdict->seq);
    if (verdict->kind != TB_VERDICT_REJECTED)
        return;
    if (entry) {
        tb_checkouts_rejected(agent, &entry->mutation);
        tb_stitch_rejected(agent, &entry->mutation);
    }
    tb_log(TB_LOG_WARN, TB_EVENT("line", "rejected"), tb_log_int("seq", verdict->seq),
           tb_log_str("code", verdict->code));
    tb_tally_add(&agent->metrics.rejected, 1);
    if (entry && entry->verdict == TB_VERDICT_NONE)
        tb_pages_taken_back(agent, &entry->mutation, verdict);
}

static void decided(void *context, enum tb_err err)
{
    struct decide *decide = context;
    struct tb_agent *agent = decide->agent;
    if (err == TB_OK) {
        for (size_t i = 0; i < decide->verdict_count; i++) {
            conflict_note(agent, &decide->verdicts[i]);
            rejected_note(agent, &decide->verdicts[i]);
            tb_pending_decide(&agent->pending, &decide->verdicts[i]);
            tb_console_verdict(agent, &decide->verdicts[i]);
            tb_pos_verdict(agent, &decide->verdicts[i]);
            tb_people_verdict(agent, &decide->verdicts[i]);
        }
        if (agent->pending.undecided_count == 0)
            tb_agent_notice(agent, TB_NOTICE_CHANGES_DROPPED, false);
        agent->settle_seq = decide->seq;
        settle_schedule(agent);
        if (decide->brings_guest)
            tb_serving_take_cart(&agent->serving, &decide->guest);
        tb_visits_refresh(agent);
        tb_pages_state(agent);
        for (size_t i = 0; i < decide->verdict_count; i++)
            tb_handovers_decided(agent, &decide->verdicts[i]);
    } else
        tb_log(TB_LOG_ERROR, TB_EVENT("line", "verdicts_not_saved"), tb_log_err(err));
    tb_client_decided(&agent->client, decide->ticket, err, tb_loop_now_ms(agent->loop));
    tb_agent_rearm(agent);
}

struct read {
    struct tb_agent *agent;
    uint32_t ticket;
};

static void outbox_read(void *context, enum tb_err err, const struct tb_client_row *rows, size_t count)
{
    struct read *read = context;
    struct tb_agent *agent = read->agent;
    const struct tb_client_rows found = {.err = err, .at = rows, .count = count};
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("line", "outbox_unreadable"), tb_log_err(err));
    tb_client_read(&agent->client, read->ticket, &found, tb_loop_now_ms(agent->loop));
    tb_agent_rearm(agent);
}

/* ---- what the machine asks for ---- */

/* What cannot be begun for lack of memory is reported at once; the machine asks again later. */

static void act_save(struct tb_agent *agent, const struct tb_client_action *action)
{
    if (action->save.scope.kind == TB_SCOPE_ERASURES) {
        tb_erasures_save(agent, action);
        return;
    }
    if (action->save.scope.kind == TB_SCOPE_STORE) {
        tb_handovers_save(agent, action);
        return;
    }
    const struct tb_storage_page page = {.rows = action->save.rows,
                                         .scope = action->save.scope,
                                         .cursor = action->save.cursor,
                                         .first = action->save.first,
                                         .from = action->save.from,
                                         .more = action->save.more};
    const bool is_device = page.scope.kind == TB_SCOPE_DEVICE;
    struct save *save = calloc(1, save_size(is_device));
    if (page.scope.kind == TB_SCOPE_CUSTOMER)
        tb_people_rows(agent, &page.rows, page.more ? NULL : &page.scope.customer);
    if (save) {
        save->agent = agent;
        save->ticket = action->save.ticket;
        save->is_device = is_device;
        save->cache_number = agent->storage.cache_number;
        save->pepper_version = agent->facts.pepper.version;
        save->last = !action->save.more;
        save->scope = page.scope;
        for (size_t i = 0; save->is_device && i < page.rows.count; i++) {
            tb_facts_apply(&agent->facts_coming, &page.rows.at[i]);
            save->brings_keys |= page.rows.at[i].type == TB_ROW_KEY;
            save->brings_policy |= page.rows.at[i].type == TB_ROW_POLICY;
        }
        if (is_device)
            *save->facts = agent->facts_coming;
        if (tb_storage_save(&agent->storage, &page, saved, save) == TB_OK)
            return;
        tb_wipe(save, save_size(is_device));
        free(save);
    }
    tb_client_saved(&agent->client, action->save.ticket, TB_ERR_NO_MEMORY, tb_loop_now_ms(agent->loop));
}

static void act_decide(struct tb_agent *agent, const struct tb_client_action *action)
{
    struct decide *decide = calloc(1, sizeof *decide);
    tb_people_rows(agent, &action->decide.rows, NULL);
    if (decide) {
        decide->agent = agent;
        decide->ticket = action->decide.ticket;
        decide->seq = action->decide.seq;
        decide->brings_guest = tb_guest_find(&agent->serving, &action->decide.rows, &decide->guest);
        tb_handovers_rows(agent, &action->decide.rows);
        decide->verdict_count = action->decide.count;
        memcpy(decide->verdicts, action->decide.verdicts,
               action->decide.count * sizeof *action->decide.verdicts);
        if (tb_storage_decide(&agent->storage, &action->decide.rows, decide->verdicts, decide->verdict_count,
                              decided, decide) == TB_OK) {
            for (size_t i = 0; i < action->decide.count; i++)
                tb_pending_hear(&agent->pending, &action->decide.verdicts[i]);
            return;
        }
        free(decide);
    }
    tb_client_decided(&agent->client, action->decide.ticket, TB_ERR_NO_MEMORY, tb_loop_now_ms(agent->loop));
}

static void act_read(struct tb_agent *agent, const struct tb_client_action *action)
{
    struct read *read = calloc(1, sizeof *read);
    if (read) {
        *read = (struct read){.agent = agent, .ticket = action->read.ticket};
        if (tb_storage_read_outbox(&agent->storage, action->read.from_seq, action->read.count_max,
                                   action->read.size_max, outbox_read, read) == TB_OK)
            return;
        free(read);
    }
    const struct tb_client_rows none = {.err = TB_ERR_NO_MEMORY};
    tb_client_read(&agent->client, action->read.ticket, &none, tb_loop_now_ms(agent->loop));
}

static void act_welcome(struct tb_agent *agent, const struct tb_client_action *action)
{
    const struct tb_welcome *welcome = action->welcome.welcome;
    tb_loop_raise_wall_floor(agent->loop, welcome->server_time_ms);
    tb_uplink_set_window(agent->uplink, welcome->reconnect_window_ms);
    tb_storage_welcome(&agent->storage, welcome, action->welcome.epoch_changed);
    tb_agent_notice(agent, TB_NOTICE_QUARANTINED, false);
    agent->scopes_current = 0;
    tb_log(TB_LOG_INFO, TB_EVENT("line", "welcome"), tb_log_str("store", welcome->device.store),
           tb_log_str("till", welcome->device.till), tb_log_int("decided_seq", welcome->decided_seq),
           tb_log_int("epoch_changed", action->welcome.epoch_changed));
}

static void act_close(struct tb_agent *agent, const struct tb_client_action *action)
{
    tb_log(TB_LOG_WARN, TB_EVENT("line", "closed_by_us"), tb_log_str("code", action->close.code));
    if (strcmp(action->close.code, "cloned") == 0)
        tb_agent_notice(agent, TB_NOTICE_QUARANTINED, true);
    tb_uplink_drop(agent->uplink, action->close.denied ? TB_CAUSE_DENIED : TB_CAUSE_CLOSED);
}

static void act_state(struct tb_agent *agent, const struct tb_client_action *action)
{
    int64_t wall_ms = tb_loop_wall_ms(agent->loop);
    if (!tb_status_set_line(&agent->status, action->state.state, action->state.cause, wall_ms))
        return;
    tb_gauge_set(&agent->metrics.line_live, action->state.state == TB_LINE_LIVE);
    char text[TB_OUTAGE_TEXT_SIZE];
    agent->status.never_connected = !agent->facts.terminal_known;
    tb_outage_line_text(&agent->status, agent->config.language, text);
    tb_outage_metrics_line(&agent->metrics.outage, &agent->status, agent->config.language);
    tb_log(action->state.state == TB_LINE_OFFLINE ? TB_LOG_WARN : TB_LOG_INFO, TB_EVENT("line", "state"),
           tb_log_str("state", tb_line_state_name(action->state.state)),
           tb_log_str("cause", tb_line_cause_name(action->state.cause)), tb_log_str("text", text));
    tb_agent_notice(agent, TB_NOTICE_CLOCK_WRONG,
                    action->state.cause == TB_CAUSE_CLOCK || tb_loop_clock_is_behind(agent->loop));
    tb_pages_state(agent);
    tb_people_line(agent);
    tb_stitch_look(agent);
    tb_console_line(agent);
    tb_handovers_line(agent);
    cache_renew_soon(agent);
}

static void act(void *context, const struct tb_client_action *action)
{
    struct tb_agent *agent = context;
    switch (action->act) {
    case TB_CLIENT_SEND:
        /* A queue that is full belongs to a connection that does not move: it is given up. */
        if (tb_uplink_send(agent->uplink, action->send) != TB_OK)
            tb_uplink_drop(agent->uplink, TB_CAUSE_CLOSED);
        break;
    case TB_CLIENT_CLOSE: act_close(agent, action); break;
    case TB_CLIENT_WELCOME: act_welcome(agent, action); break;
    case TB_CLIENT_READ: act_read(agent, action); break;
    case TB_CLIENT_SAVE: act_save(agent, action); break;
    case TB_CLIENT_DECIDE: act_decide(agent, action); break;
    case TB_CLIENT_IDENTIFIED:
        tb_taps_identified(agent, action->identified.ticket,
                           &(struct tb_taps_answer){.err = action->identified.err,
                                                    .found = action->identified.found,
                                                    .rows = &action->identified.rows,
                                                    .proof = &action->identified.proof});
        break;
    case TB_CLIENT_FOUND:
        tb_people_found(agent, action->found.ticket, action->found.err, action->found.answer);
        break;
    case TB_CLIENT_COMPARE: tb_cohort_compare(agent, action->compare.ticket, action->compare.checksum); break;
    case TB_CLIENT_STATE: act_state(agent, action); break;
    }
}

/* ---- the connection ---- */

static void line_up(void *context)
{
    struct tb_agent *agent = context;
    tb_client_connected(&agent->client, tb_loop_now_ms(agent->loop));
    tb_agent_rearm(agent);
}

static void line_message(void *context, struct tb_span message)
{
    struct tb_agent *agent = context;
    tb_client_received(&agent->client, message, tb_loop_now_ms(agent->loop));
    tb_agent_rearm(agent);
}

static void line_down(void *context, enum tb_line_cause cause, int64_t retry_ms)
{
    struct tb_agent *agent = context;
    tb_log(TB_LOG_INFO, TB_EVENT("line", "down"), tb_log_str("cause", tb_line_cause_name(cause)),
           tb_log_int("retry_ms", retry_ms));
    tb_tally_add(&agent->metrics.reconnects, 1);
    tb_client_closed(&agent->client, cause, tb_loop_now_ms(agent->loop));
    tb_agent_rearm(agent);
}

/* ---- for the rest of the agent ---- */

static enum tb_err feeds_open(struct tb_agent *agent, const struct tb_storage_found *found, int64_t now_ms)
{
    const struct tb_scope device = {.kind = TB_SCOPE_DEVICE};
    const struct tb_scope cohort = {.kind = TB_SCOPE_COHORT};
    const struct tb_scope catalogue = {.kind = TB_SCOPE_CATALOGUE};
    const struct tb_scope erasures = {.kind = TB_SCOPE_ERASURES};
    const struct tb_scope store = {.kind = TB_SCOPE_STORE};
    const struct tb_cursor beginning = {0}; /* nothing of it is kept here */
    enum tb_err err =
        tb_client_feed_open(&agent->client, &erasures, &found->settings.erasures_cursor, now_ms);
    if (err == TB_OK)
        err = tb_client_feed_open(&agent->client, &device, &found->settings.device_cursor, now_ms);
    if (err == TB_OK)
        err = tb_client_feed_open(&agent->client, &cohort, &found->cohort_cursor, now_ms);
    if (err == TB_OK)
        err = tb_client_feed_open(&agent->client, &catalogue, &found->catalogue_cursor, now_ms);
    if (err == TB_OK)
        err = tb_client_feed_open(&agent->client, &store, &beginning, now_ms);
    return err;
}

/* The PEM files of the connection. Each is read into a third of the block. */
#define PEM_SIZE_MAX 16384u

struct pems {
    struct tb_buf ca, certificate, key;
    uint8_t bytes[3][PEM_SIZE_MAX];
};

static enum tb_err pem_read(const char *path, bool secret, struct tb_buf *b)
{
    enum tb_err err = secret ? tb_secret_read(path, b) : tb_file_read(path, b);
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("line", "file_unreadable"), tb_log_str("file", path), tb_log_err(err));
    return err;
}

static enum tb_err pems_read(const struct tb_agent_config *config, struct pems *pems)
{
    pems->ca = tb_buf_of(pems->bytes[0], PEM_SIZE_MAX);
    pems->certificate = tb_buf_of(pems->bytes[1], PEM_SIZE_MAX);
    pems->key = tb_buf_of(pems->bytes[2], PEM_SIZE_MAX);
    enum tb_err err = pem_read(config->ca_file, false, &pems->ca);
    if (err == TB_OK)
        err = pem_read(config->certificate_file, false, &pems->certificate);
    if (err == TB_OK)
        err = pem_read(config->key_file, true, &pems->key);
    return err;
}

/* The certificate says which device this is; the context store knows the rest. */
static enum tb_err certificate_read(struct tb_agent *agent, struct tb_span pem)
{
    struct tb_cert_info info;
    const int64_t warn_ms = INT64_C(86400000) * TB_STATUS_CERTIFICATE_WARN_DAYS;
    enum tb_err err = tb_cert_read(pem, &info);
    if (err == TB_OK && info.uri[0] == '\0')
        err = TB_ERR_MISSING;
    if (err == TB_OK)
        err = tb_span_to_str(tb_span_str(info.uri), agent->device, sizeof agent->device);
    if (err != TB_OK) {
        tb_log(TB_LOG_ERROR, TB_EVENT("line", "certificate_unusable"),
               tb_log_str("file", agent->config.certificate_file), tb_log_err(err));
        return err;
    }
    agent->status.certificate_until_ms = info.not_after_ms;
    tb_agent_notice(agent, TB_NOTICE_CERTIFICATE_EXPIRING,
                    info.not_after_ms - tb_loop_wall_ms(agent->loop) < warn_ms);
    return TB_OK;
}

static enum tb_err uplink_open(struct tb_agent *agent, const struct pems *pems, int64_t window_ms)
{
    const struct tb_uplink_config config = {
        .url = agent->config.url,
        .ca_pem = tb_buf_span(&pems->ca),
        .certificate_pem = tb_buf_span(&pems->certificate),
        .key_pem = tb_buf_span(&pems->key),
        .window_ms = window_ms,
        .rng = *tb_rng_system(),
        .handlers = {.up = line_up, .message = line_message, .down = line_down, .context = agent},
    };
    enum tb_err err = tb_uplink_open(agent->loop, &config, &agent->uplink);
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("line", "not_begun"), tb_log_str("url", agent->config.url),
               tb_log_err(err));
    return err;
}

static enum tb_err client_start(struct tb_agent *agent, const struct tb_storage_found *found)
{
    int64_t now_ms = tb_loop_now_ms(agent->loop);
    const struct tb_client_config config = {
        .software = TB_AGENT_SOFTWARE,
        .device = agent->device,
        .channel = tb_kiosk_channel(agent),
        .incarnation = found->incarnation,
        .token = "",
        .rng = tb_rng_system(),
        .port = {.act = act, .context = agent},
        .arena = &agent->arena,
        .out = &agent->out,
    };
    if (agent->pending.count > (size_t)agent->pending.undecided_count) {
        agent->settle_seq = found->sync.decided_seq;
        settle_schedule(agent);
    }
    agent->status.line_since_wall_ms = tb_loop_wall_ms(agent->loop);
    agent->status.never_connected = !agent->facts.terminal_known;
    tb_outage_metrics_line(&agent->metrics.outage, &agent->status, agent->config.language);
    agent->awaited_seq = found->sync.next_seq - 1;
    tb_client_init(&agent->client, &config, &found->sync, now_ms);
    return feeds_open(agent, found, now_ms);
}

enum tb_err tb_line_start(struct tb_agent *agent, const struct tb_storage_found *found)
{
    struct pems *pems = calloc(1, sizeof *pems);
    if (!pems)
        return TB_ERR_NO_MEMORY;
    enum tb_err err = pems_read(&agent->config, pems);
    if (err == TB_OK)
        err = certificate_read(agent, tb_buf_span(&pems->certificate));
    if (err == TB_OK)
        err = client_start(agent, found);
    if (err == TB_OK)
        err = uplink_open(agent, pems, found->settings.reconnect_window_ms);
    tb_wipe(pems, sizeof *pems);
    free(pems);
    return err;
}

void tb_line_tick(struct tb_agent *agent)
{
    tb_client_tick(&agent->client, tb_loop_now_ms(agent->loop));
}

void tb_line_stored(struct tb_agent *agent, const struct tb_stored *stored)
{
    tb_client_stored(&agent->client, stored->mutation.seq, stored->json, tb_loop_now_ms(agent->loop));
    tb_agent_rearm(agent);
}

static void ask_send(struct tb_agent *agent, uint32_t ticket, struct tb_identify_ask *what)
{
    tb_client_identify(&agent->client, ticket, what, IDENTIFY_WAIT_MS, tb_loop_now_ms(agent->loop));
    tb_wipe(what, sizeof *what);
}

void tb_line_ask(struct tb_agent *agent, uint32_t ticket, const struct tb_credential *credential,
                 struct tb_span evidence)
{
    struct tb_identify_ask what = {0};
    enum tb_err err =
        tb_span_to_str(tb_span_str(tb_credential_kind_name(credential->kind)), what.kind, sizeof what.kind);
    if (err == TB_OK)
        err = tb_span_to_str(evidence, what.evidence, sizeof what.evidence);
    TB_ASSERT(err == TB_OK);
    if (credential->kind != TB_CREDENTIAL_NONE) {
        struct tb_digest hash = tb_pepper_credential(&agent->facts.pepper, credential);
        memcpy(what.hash, hash.bytes, sizeof what.hash);
    }
    ask_send(agent, ticket, &what);
}

void tb_line_ask_card(struct tb_agent *agent, uint32_t ticket, struct tb_span evidence, uint32_t wait_ms)
{
    struct tb_identify_ask what = {.kind = "none"};
    enum tb_err err = tb_span_to_str(evidence, what.evidence, sizeof what.evidence);
    TB_ASSERT(err == TB_OK);
    tb_client_identify(&agent->client, ticket, &what, wait_ms, tb_loop_now_ms(agent->loop));
    tb_wipe(&what, sizeof what);
}

void tb_line_ask_handover(struct tb_agent *agent, uint32_t ticket, const char *code)
{
    struct tb_identify_ask what = {.kind = "handover"};
    enum tb_err err = tb_span_to_str(tb_span_str(code), what.evidence, sizeof what.evidence);
    TB_ASSERT(err == TB_OK);
    ask_send(agent, ticket, &what);
}

void tb_line_subscribe(struct tb_agent *agent, const struct tb_id *customer, bool on)
{
    const struct tb_scope scope = {.kind = TB_SCOPE_CUSTOMER, .customer = *customer};
    const struct tb_cursor none = {0};
    int64_t now_ms = tb_loop_now_ms(agent->loop);
    if (!on) {
        tb_client_feed_close(&agent->client, &scope, now_ms);
        return;
    }
    enum tb_err err = tb_client_feed_open(&agent->client, &scope, &none, now_ms);
    if (err != TB_OK)
        tb_log(TB_LOG_WARN, TB_EVENT("line", "not_subscribed"), tb_log_err(err));
}

void tb_line_find(struct tb_agent *agent, uint32_t ticket, const struct tb_find_ask *whom, uint32_t wait_ms)
{
    tb_client_find(&agent->client, ticket, whom, wait_ms, tb_loop_now_ms(agent->loop));
    tb_agent_rearm(agent);
}

void tb_line_open(struct tb_agent *agent, uint32_t ticket, const struct tb_open_ask *whom, uint32_t wait_ms)
{
    tb_client_open(&agent->client, ticket, whom, wait_ms, tb_loop_now_ms(agent->loop));
    tb_agent_rearm(agent);
}
