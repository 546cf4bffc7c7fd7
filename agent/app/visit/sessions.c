#include "agent/app/visit/sessions.h"

#include "agent/app/agent.h"
#include "core/base/wipe.h"
#include "host/log/log.h"
#include "host/system/system.h"

enum { SAK_ISO_DEP = 0x20 };

#if TB_WALLETS
static struct tb_vas_terms vas_terms(const struct tb_agent_config *config)
{
    return (struct tb_vas_terms){.window_ms = config->vas_window_s * 1000,
                                 .zone_ms = config->vas_zone_min * 60000,
                                 .mode = (enum tb_vas_mode)config->vas_mode,
                                 .auth_required = config->vas_authenticate,
                                 .url = config->vas_url[0] ? config->vas_url : NULL};
}
#endif

static struct tb_card_how how_of(const struct tb_agent *agent)
{
    const struct tb_identify_policy *policy = &agent->identify.policy;
    return (struct tb_card_how){
        .keys = &agent->facts.ring,
        .rng = tb_rng_system(),
        .wall_ms = tb_loop_wall_ms(agent->loop),
        .clock_trusted = !tb_loop_clock_is_behind(agent->loop),
        .kinds_refused = policy->kinds_refused,
        .audience =
            policy->rules->tokens.audience ? policy->rules->tokens.audience : TB_TOKEN_AUDIENCE_DEFAULT,
        .terminal = tb_span_str(agent->device),
#if TB_WALLETS
        .vas = vas_terms(&agent->config),
#endif
    };
}

void tb_sessions_apply(struct tb_agent *agent)
{
    const struct tb_card_how how = how_of(agent);
    if (agent->readers)
        tb_readers_relay(agent->readers, tb_card_session_wanted(&how, tb_card_applets()));
}

void tb_sessions_start(struct tb_agent *agent)
{
    for (unsigned i = 0; i < TB_READERS_COUNT_MAX; i++) {
        struct tb_session_of_reader *s = &agent->sessions[i];
        s->agent = agent;
        s->reader = (uint8_t)i;
        s->timer.context = s;
    }
}

/* ---- its end ---- */

static void session_end(struct tb_session_of_reader *s)
{
    tb_timer_cancel(&s->timer);
    tb_card_session_wipe(&s->card);
    tb_wipe(s->uid, sizeof s->uid);
    s->state = TB_SESSION_NONE;
    s->relaying = false;
}

void tb_sessions_stop(struct tb_agent *agent)
{
    for (unsigned i = 0; i < TB_READERS_COUNT_MAX; i++)
        if (agent->sessions[i].agent)
            session_end(&agent->sessions[i]);
}

/* A word that does not get through: the reader reads the card by itself when nobody says anything. */
static void reader_tell(const struct tb_session_of_reader *s, enum tb_link_relaying what)
{
    enum tb_err err = tb_readers_tell(s->agent->readers, s->reader, s->tap, what);
    if (err != TB_OK)
        tb_log(TB_LOG_DEBUG, TB_EVENT("sessions", "reader_not_told"), tb_log_err(err));
}

/* Like any torn read: the person is asked to hold the card there. */
static void session_torn(struct tb_session_of_reader *s)
{
    reader_tell(s, TB_LINK_RELAY_AGAIN);
    session_end(s);
    tb_identify_tag_failed(&s->agent->identify, s->reader, TB_TAG_TORN, tb_loop_now_ms(s->agent->loop));
}

static void session_judge(struct tb_session_of_reader *s)
{
    s->card.judgement.evidence_size = 0; /* what it would ask was asked, or could not be */
    tb_identify_judged(&s->agent->identify, s->reader, &s->card.judgement, tb_loop_now_ms(s->agent->loop));
    session_end(s);
}

/* ---- commands ---- */

static int64_t left_ms(const struct tb_session_of_reader *s)
{
    return s->began_ms + TB_SESSION_MS - tb_loop_now_ms(s->agent->loop);
}

static uint16_t command_ms(const struct tb_session_of_reader *s, const struct tb_applet_io *io)
{
    int64_t ms = io->timeout_ms;
    if (ms > TB_SESSION_COMMAND_MS)
        ms = TB_SESSION_COMMAND_MS;
    return (uint16_t)(ms < left_ms(s) ? ms : left_ms(s));
}

static void command_late(struct tb_timer *timer)
{
    struct tb_session_of_reader *s = timer->context;
    session_torn(s);
    tb_taps_drain(s->agent);
}

static void command_send(struct tb_session_of_reader *s, const struct tb_applet_io *io)
{
    if (left_ms(s) <= 0) {
        session_torn(s);
        return;
    }
    uint16_t timeout_ms = command_ms(s, io);
    s->state = TB_SESSION_ASKING;
    enum tb_err err = tb_readers_transceive(s->agent->readers, s->reader, s->tap, ++s->exchange, timeout_ms,
                                            tb_span_of(io->command, io->command_size));
    if (err == TB_OK)
        tb_timer_set(s->agent->loop, &s->timer, timeout_ms + TB_SESSION_LATE_MS, command_late);
    else
        session_torn(s);
}

/* What needs its owner's hand is left in peace; of anything else it is looked whether it lies there alone. */
static void judged_tell(struct tb_session_of_reader *s)
{
    tb_timer_cancel(&s->timer);
    s->state = TB_SESSION_JUDGED;
    reader_tell(s, s->card.judgement.verdict == TB_JUDGED_AGAIN ? TB_LINK_RELAY_LEAVE : TB_LINK_RELAY_KEEP);
}

/* ---- cards whose key is with the context store ---- */

/* What the card said, for the context store; in the beginning that there is one. */
static void store_ask(struct tb_session_of_reader *s, struct tb_span answer)
{
    uint8_t text[TB_EVIDENCE_SIZE_MAX];
    struct tb_buf evidence = tb_buf_of(text, sizeof text);
    uint32_t ticket = TB_SESSION_TICKET | (uint32_t)s->reader << 16 | ++s->exchange;
    tb_buf_add(&evidence, tb_judgement_evidence(&s->card.judgement));
    tb_buf_add_hex(&evidence, answer);
    tb_timer_cancel(&s->timer);
    if (evidence.err != TB_OK || left_ms(s) <= 0) {
        judged_tell(s);
        return;
    }
    int64_t wait_ms = left_ms(s) < TB_SESSION_STORE_MS ? left_ms(s) : TB_SESSION_STORE_MS;
    s->state = TB_SESSION_VERIFYING;
    tb_line_ask_card(s->agent, ticket, tb_buf_span(&evidence), (uint32_t)wait_ms);
    tb_wipe(text, sizeof text);
}

static void judged(struct tb_session_of_reader *s)
{
    bool elsewhere =
        tb_span_starts(tb_judgement_evidence(&s->card.judgement), tb_span_str(TB_DESFIRE_EVIDENCE));
    if (!elsewhere || s->agent->status.line != TB_LINE_LIVE) {
        judged_tell(s);
        return;
    }
    s->relaying = true;
    tb_desfire_relay_start(&s->relay);
    store_ask(s, tb_span_of(NULL, 0));
}

static void verified_take(struct tb_session_of_reader *s, const struct tb_identify_proof *proof)
{
    struct tb_judgement *j = &s->card.judgement;
    struct tb_credential credential;
    if (tb_credential_set(TB_CREDENTIAL_DESFIRE, tb_span_of(proof->card, proof->card_size), &credential) !=
        TB_OK)
        return;
    *j = (struct tb_judgement){.verdict = TB_JUDGED_CREDENTIAL,
                               .reason = TB_REASON_CARD_DESFIRE,
                               .assurance = TB_ASSURANCE_HIGH,
                               .credential = credential};
}

static void refused_take(struct tb_session_of_reader *s, const struct tb_identify_proof *proof)
{
    enum tb_reason reason = TB_REASON_PROOF_WRONG;
    if (tb_reason_decode(tb_span_str(proof->refused), &reason) != TB_OK)
        reason = TB_REASON_PROOF_WRONG;
    s->card.judgement = (struct tb_judgement){.verdict = TB_JUDGED_WRONG_KEY, .reason = reason};
}

static void told_take(struct tb_session_of_reader *s, const struct tb_taps_answer *told)
{
    const struct tb_identify_proof *proof = told->proof;
    struct tb_span command = tb_span_of(proof->command, proof->command_size);
    bool heard = told->err == TB_OK;
    if (heard && command.size && tb_desfire_relay_command(&s->relay, command) == TB_APPLET_NEXT) {
        command_send(s, &s->relay.io);
        return;
    }
    if (heard && proof->refused[0])
        refused_take(s, proof);
    else if (heard && proof->verified && proof->card_size)
        verified_take(s, proof);
    judged_tell(s);
}

bool tb_sessions_told(struct tb_agent *agent, uint32_t ticket, const struct tb_taps_answer *told)
{
    uint32_t reader = (ticket & ~TB_SESSION_TICKET) >> 16;
    if (!(ticket & TB_SESSION_TICKET) || reader >= TB_READERS_COUNT_MAX)
        return false;
    struct tb_session_of_reader *s = &agent->sessions[reader];
    if (s->state == TB_SESSION_VERIFYING && s->exchange == (uint16_t)ticket)
        told_take(s, told);
    tb_taps_drain(agent);
    return true;
}

/* ---- what comes of a step ---- */

static void step_take(struct tb_session_of_reader *s, enum tb_card_step step)
{
    switch (step) {
    case TB_CARD_NEXT: command_send(s, &s->card.machine.io); return;
    case TB_CARD_JUDGED: judged(s); return;
    case TB_CARD_READ:
        reader_tell(s, TB_LINK_RELAY_READ);
        session_end(s);
        return;
    case TB_CARD_LOST: session_torn(s); return;
    }
}

/* ---- events ---- */

static void session_begin(struct tb_session_of_reader *s, const struct tb_reader_event *event)
{
    struct tb_card_how how = how_of(s->agent);
    session_end(s);
    if (!tb_readers_relays(s->agent->readers, s->reader) || !(event->tag.sak & SAK_ISO_DEP) ||
        event->tag.uid.size > sizeof s->uid)
        return;
    if (event->tag.uid.size > 0)
        memcpy(s->uid, event->tag.uid.at, event->tag.uid.size);
    how.uid = tb_span_of(s->uid, event->tag.uid.size);
    s->tap = event->tap;
    if (event->kind == TB_READER_EVENT_TAG)
        s->began_ms = tb_loop_now_ms(s->agent->loop);
    step_take(s, tb_card_session_start(&s->card, &how, tb_card_applets()));
}

static void answer_take(struct tb_session_of_reader *s, const struct tb_reader_event *event)
{
    if (s->state != TB_SESSION_ASKING || event->tap != s->tap || event->exchange != s->exchange)
        return;
    if (s->relaying && event->status == TB_LINK_EXCHANGE_OK)
        store_ask(s, event->data);
    else if (s->relaying)
        session_torn(s);
    else if (event->status != TB_LINK_EXCHANGE_OK)
        step_take(s, tb_card_session_lost(&s->card));
    else
        step_take(s, tb_card_session_answer(&s->card, event->data));
}

bool tb_sessions_event(struct tb_agent *agent, const struct tb_reader_event *event)
{
    struct tb_session_of_reader *s = &agent->sessions[event->reader->index];
    bool waits = s->state == TB_SESSION_JUDGED || s->state == TB_SESSION_VERIFYING;
    switch (event->kind) {
    case TB_READER_EVENT_TAG:
    case TB_READER_EVENT_TAG_AGAIN: session_begin(s, event); return false;
    case TB_READER_EVENT_ANSWER: answer_take(s, event); return false;
    case TB_READER_EVENT_TAG_DATA:
        if (waits)
            session_judge(s);
        session_end(s);
        return waits;
    case TB_READER_EVENT_TAG_GONE:
        if (waits) /* the reader's word was lost on the line */
            session_judge(s);
        session_end(s);
        return false;
    case TB_READER_EVENT_TAG_FAILED:
        waits = waits && event->failure != TB_TAG_TWO;
        if (waits) /* it was not told, and read the card by itself */
            session_judge(s);
        session_end(s);
        return waits;
    case TB_READER_EVENT_STATE:
    case TB_READER_EVENT_HELLO:
    case TB_READER_EVENT_LINE:
    case TB_READER_EVENT_LINE_FAILED:
    case TB_READER_EVENT_SELFTEST:
    case TB_READER_EVENT_STATS:
    case TB_READER_EVENT_UPDATE:
    case TB_READER_EVENT_TAMPER: return false;
    }
    return false;
}
