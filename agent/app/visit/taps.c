#include "agent/app/agent.h"
#include "agent/app/pages/kiosk.h"

#include "core/base/assert.h"
#include "host/log/log.h"
#include "host/system/system.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* ---- reader events in ---- */

static void status_add(struct tb_status *status, const struct tb_reader_info *info,
                       const struct tb_reader_part *part)
{
    TB_ASSERT(status->reader_count < TB_STATUS_READER_MAX);
    struct tb_status_reader *reader = &status->readers[status->reader_count++];
    (void)snprintf(reader->name, sizeof reader->name, "%s", info->name);
    reader->kind = tb_reader_kind_name(part->kind);
    reader->state = tb_reader_state_name(part->state);
    reader->since_wall_ms = part->since_wall_ms;
}

void tb_taps_readers(struct tb_agent *agent)
{
    agent->status.reader_count = 0;
    for (unsigned i = 0; i < tb_readers_count(agent->readers); i++) {
        const struct tb_reader_info *info = tb_readers_info(agent->readers, i);
        for (unsigned k = 0; k < info->part_count; k++)
            status_add(&agent->status, info, &info->parts[k]);
    }
    tb_outage_metrics_readers(&agent->metrics.outage, &agent->status, agent->config.language);
    tb_pages_state(agent);
}

/* What people are told of this part of a reader; "" when it is ready. */
static void part_text(const struct tb_agent *agent, const struct tb_reader_event *event,
                      char ret_text[TB_OUTAGE_TEXT_SIZE])
{
    const char *kind = tb_reader_kind_name(event->part->kind);
    ret_text[0] = '\0';
    for (unsigned i = 0; i < agent->status.reader_count; i++) {
        const struct tb_status_reader *reader = &agent->status.readers[i];
        if (strcmp(reader->name, event->reader->name) == 0 && strcmp(reader->kind, kind) == 0)
            tb_outage_reader_text(&agent->status, i, agent->config.language, ret_text);
    }
}

static void state_changed(struct tb_agent *agent, const struct tb_reader_event *event, int64_t now_ms)
{
    const struct tb_reader_info *reader = event->reader;
    const struct tb_reader_part *part = event->part;
    bool well = part->state == TB_READER_READY || part->state == TB_READER_STARTING;
    char text[TB_OUTAGE_TEXT_SIZE];
    if (part->state != TB_READER_READY && part->kind != TB_READER_SCANNER)
        tb_identify_reader_lost(&agent->identify, (uint8_t)reader->index, now_ms);
    tb_taps_readers(agent);
    part_text(agent, event, text);
    tb_log(well ? TB_LOG_INFO : TB_LOG_WARN, TB_EVENT("readers", "state"), tb_log_str("reader", reader->name),
           tb_log_str("kind", tb_reader_kind_name(part->kind)),
           tb_log_str("state", tb_reader_state_name(part->state)), tb_log_str("reason", part->reason),
           tb_log_str("text", text));
    tb_console_reader(agent, reader, part);
}

/* Once per reader and run of the agent: a reader that comes and goes does not fill the log with it. */
static void polling_judge(struct tb_agent *agent, const struct tb_reader_info *reader)
{
    unsigned bit = 1u << reader->index;
    if (reader->polling_state != TB_READER_POLLING_UNSUPPORTED || (agent->polling_told & bit))
        return;
    agent->polling_told |= bit;
    tb_log(TB_LOG_WARN, TB_EVENT("readers", "polling_unsupported"), tb_log_str("reader", reader->name),
           tb_log_str("board", reader->board));
}

/* How often a reader begins anew, and why, is what its power supply is judged by. */
static void hello_said(struct tb_agent *agent, const struct tb_reader_info *reader)
{
    tb_log(TB_LOG_INFO, TB_EVENT("readers", "hello"), tb_log_str("reader", reader->name),
           tb_log_str("board", reader->board), tb_log_str("software", reader->software),
           tb_log_str("reset", tb_link_reset_name(reader->reset)), tb_log_int("starts", reader->start_count));
    polling_judge(agent, reader);
    tb_taps_readers(agent);
}

static void housing_moved(const struct tb_reader_event *event)
{
    enum tb_err err = tb_audit(TB_EVENT("readers", "housing"), tb_log_str("reader", event->reader->name),
                               tb_log_str("state", event->tamper.open ? "open" : "closed"),
                               tb_log_int("openings", event->tamper.count));
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("audit", "write_failed"), tb_log_err(err));
}

/* The turn's reading says when a turn began; how long it took needs one of its own. */
static int64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void event_identify(struct tb_agent *agent, const struct tb_reader_event *event)
{
    struct tb_identify *m = &agent->identify;
    int64_t now_ms = tb_loop_now_ms(agent->loop);
    uint8_t reader = (uint8_t)event->reader->index;
    switch (event->kind) {
    case TB_READER_EVENT_STATE: state_changed(agent, event, now_ms); break;
    case TB_READER_EVENT_HELLO: hello_said(agent, event->reader); break;
    case TB_READER_EVENT_TAG: tb_identify_tap_began(m, reader, event->tag.uid, now_ms); break;
    case TB_READER_EVENT_TAG_AGAIN: tb_identify_tap_again(m, reader, event->tag.uid, now_ms); break;
    case TB_READER_EVENT_TAG_DATA: tb_identify_tag_data(m, reader, event->data, now_ms); break;
    case TB_READER_EVENT_TAG_FAILED: tb_identify_tag_failed(m, reader, event->failure, now_ms); break;
    case TB_READER_EVENT_TAG_GONE: tb_identify_tag_gone(m, reader, now_ms); break;
    case TB_READER_EVENT_LINE: tb_identify_line(m, reader, event->data, now_ms); break;
    case TB_READER_EVENT_LINE_FAILED:
        tb_log(TB_LOG_WARN, TB_EVENT("readers", "line_failed"), tb_log_str("reason", event->reason));
        tb_identify_line_failed(m, reader, TB_REASON_CODE_NOT_TEXT, now_ms);
        break;
    case TB_READER_EVENT_ANSWER:
    case TB_READER_EVENT_SELFTEST:
    case TB_READER_EVENT_STATS:
    case TB_READER_EVENT_UPDATE: break;
    case TB_READER_EVENT_TAMPER: housing_moved(event); break;
    }
}

void tb_taps_event(void *context, const struct tb_reader_event *event)
{
    struct tb_agent *agent = context;
    int64_t began_us = clock_us();
    tb_trust_clock(agent);
    if (!tb_sessions_event(agent, event))
        event_identify(agent, event);
    tb_taps_drain(agent);
    tb_reader_ask_event(agent, event);
    if (event->kind == TB_READER_EVENT_TAG_DATA || event->kind == TB_READER_EVENT_LINE)
        tb_histogram_observe(&agent->metrics.tap, clock_us() - began_us);
}

void tb_taps_tick(struct tb_agent *agent)
{
    tb_identify_tick(&agent->identify, tb_loop_now_ms(agent->loop));
    tb_taps_drain(agent);
}

/* ---- look-ups ---- */

static void found_forget(struct tb_agent *agent)
{
    agent->found = false;
    tb_cache_reader_wipe(&agent->storage.reader);
}

/* Of several to whom a credential belongs all have to be here to choose from; who is not may be with the
 * context store. */
static enum tb_lookup found_judge(struct tb_agent *agent, uint64_t attempt, const struct tb_digest *hash)
{
    if (!tb_choices_note(agent, attempt, &agent->found_record, hash->bytes))
        return TB_LOOKUP_HIT;
    agent->found = false; /* another look-up takes its record's place */
    bool ask = agent->status.line == TB_LINE_LIVE && !tb_choices_are_known(agent, attempt);
    return ask ? TB_LOOKUP_MISS : TB_LOOKUP_HIT;
}

static void look_up(struct tb_agent *agent, uint64_t attempt)
{
    const struct tb_credential *credential = tb_identify_credential(&agent->identify, attempt);
    int64_t now_ms = tb_loop_now_ms(agent->loop);
    if (!credential)
        return;
    tb_typing_seen(agent, attempt, credential);
    enum tb_lookup lookup = TB_LOOKUP_MISS;
    found_forget(agent);
    memset(&agent->found_key, 0, sizeof agent->found_key); /* stays zero when the file itself is damaged */
    if (agent->facts.pepper.version) {
        struct tb_digest hash = tb_pepper_credential(&agent->facts.pepper, credential);
        enum tb_err err =
            tb_cache_find_credential(&agent->storage.reader, &hash, &agent->found_key, &agent->found_record);
        agent->found = err == TB_OK && agent->found_record.sections[TB_SECTION_PROFILE].bytes.size > 0;
        if (agent->found)
            lookup = found_judge(agent, attempt, &hash);
        else if (err == TB_ERR_EXPIRED)
            lookup = TB_LOOKUP_BLOCKED;
        else if (tb_err_class(err) == TB_CLASS_CORRUPT) {
            lookup = TB_LOOKUP_CORRUPT;
            tb_log(TB_LOG_ERROR, TB_EVENT("cache", "row_damaged"), tb_log_err(err));
            tb_storage_forget(&agent->storage, &agent->found_key);
            tb_line_cache_read(agent, err);
        } else if (err != TB_OK && err != TB_ERR_NOT_FOUND)
            tb_log(TB_LOG_ERROR, TB_EVENT("cache", "read_failed"), tb_log_err(err));
    }
    tb_identify_looked_up(&agent->identify, attempt, lookup, &agent->found_key, now_ms);
}

static void ask(struct tb_agent *agent, uint64_t attempt)
{
    const struct tb_judgement *judgement = tb_identify_judgement(&agent->identify, attempt);
    if (!judgement)
        return;
    if (agent->facts.pepper.version)
        tb_line_ask(agent, (uint32_t)attempt, &judgement->credential, tb_judgement_evidence(judgement));
    else
        tb_identify_answered(&agent->identify, attempt, TB_ANSWER_OFFLINE, NULL, tb_loop_now_ms(agent->loop));
}

static void handover_ask(struct tb_agent *agent, const struct tb_identify_action *action)
{
    if (agent->facts.pepper.version)
        tb_line_ask_handover(agent, (uint32_t)action->attempt, action->handover);
    else
        tb_identify_answered(&agent->identify, action->attempt, TB_ANSWER_OFFLINE, NULL,
                             tb_loop_now_ms(agent->loop));
}

/* ---- what is good once ---- */

struct claim {
    struct tb_agent *agent;
    uint64_t attempt;
};

static void claim_done(void *context, enum tb_err err, bool fresh)
{
    const struct claim *claim = context;
    struct tb_agent *agent = claim->agent;
    enum tb_claimed claimed = fresh ? TB_CLAIMED_FRESH : TB_CLAIMED_USED;
    if (err != TB_OK) {
        tb_log(TB_LOG_ERROR, TB_EVENT("replay", "not_claimed"), tb_log_err(err));
        claimed = TB_CLAIMED_FAILED;
    }
    tb_identify_claimed(&agent->identify, claim->attempt, claimed, tb_loop_now_ms(agent->loop));
    tb_taps_drain(agent);
}

static void claim(struct tb_agent *agent, uint64_t attempt)
{
    const struct tb_judgement *judgement = tb_identify_judgement(&agent->identify, attempt);
    if (!judgement)
        return;
    struct claim *claim = malloc(sizeof *claim);
    enum tb_err err = claim ? TB_OK : TB_ERR_NO_MEMORY;
    if (claim) {
        *claim = (struct claim){.agent = agent, .attempt = attempt};
        err = tb_storage_claim(&agent->storage, &judgement->replay, claim_done, claim);
    }
    if (err == TB_OK)
        return;
    free(claim);
    tb_identify_claimed(&agent->identify, attempt, TB_CLAIMED_FAILED, tb_loop_now_ms(agent->loop));
}

/* ---- the context store's answer ---- */

struct answer {
    struct tb_agent *agent;
    uint64_t attempt;
    struct tb_digest hash; /* of the credential */
    bool verified;
    struct tb_identify_proven proven;
    struct tb_handover_fetched fetched; /* by whose code it was asked for; no cart */
};

/* The rows that came say whether the credential may be accepted, and whose it is; they are in the cache now.
 */
static bool is_blocked(struct tb_agent *agent, uint64_t attempt, const struct tb_digest *hash)
{
    struct tb_customer_key key;
    struct tb_record record;
    enum tb_err err = tb_cache_find_credential(&agent->storage.reader, hash, &key, &record);
    if (err == TB_OK)
        (void)tb_choices_note(agent, attempt, &record, hash->bytes);
    return err == TB_ERR_EXPIRED;
}

static void answer_saved(void *context, enum tb_err err)
{
    struct answer *answer = context;
    struct tb_agent *agent = answer->agent;
    int64_t now_ms = tb_loop_now_ms(agent->loop);
    /* Not saved means not shown: what a visit shows comes out of the cache, whose trouble is on the page. */
    enum tb_answer said = err == TB_OK ? TB_ANSWER_FOUND : TB_ANSWER_TIMEOUT;
    found_forget(agent);
    if (err == TB_OK && is_blocked(agent, answer->attempt, &answer->hash))
        said = TB_ANSWER_BLOCKED;
    found_forget(agent);
    tb_handovers_fetch(agent, &answer->fetched);
    if (said == TB_ANSWER_FOUND && answer->verified)
        tb_identify_verified(&agent->identify, answer->attempt, &answer->proven, now_ms);
    else
        tb_identify_answered(&agent->identify, answer->attempt, said, &answer->proven.customer, now_ms);
    tb_taps_drain(agent);
    tb_handovers_fetched_drop(agent);
}

static const struct tb_row *customer_row(const struct tb_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        if (rows->at[i].type == TB_ROW_CUSTOMER && rows->at[i].op == TB_ROW_PUT)
            return &rows->at[i];
    return NULL;
}

static enum tb_answer answer_of(enum tb_err err, bool found)
{
    if (err == TB_OK)
        return found ? TB_ANSWER_FOUND : TB_ANSWER_NOT_FOUND;
    return err == TB_ERR_OFFLINE ? TB_ANSWER_OFFLINE : TB_ANSWER_TIMEOUT;
}

/* Verified by a kind or a level that this program does not know: seen, and no more. */
static void proof_take(struct answer *answer, const struct tb_identify_proof *proof)
{
    struct tb_identify_proven *proven = &answer->proven;
    answer->verified = proof->verified &&
                       tb_credential_kind_decode(tb_span_str(proof->kind), &proven->kind) == TB_OK &&
                       tb_assurance_decode(tb_span_str(proof->assurance), &proven->assurance) == TB_OK;
    if (answer->verified)
        memcpy(answer->hash.bytes, proof->hash, sizeof answer->hash.bytes);
}

static struct answer *answer_new(struct tb_agent *agent, uint32_t ticket, const struct tb_id *customer,
                                 const struct tb_identify_proof *proof)
{
    const struct tb_credential *credential = tb_identify_credential(&agent->identify, ticket);
    struct answer *answer = malloc(sizeof *answer);
    if (!answer)
        return NULL;
    *answer = (struct answer){.agent = agent, .attempt = ticket};
    if (credential)
        answer->hash = tb_pepper_credential(&agent->facts.pepper, credential);
    proof_take(answer, proof);
    answer->proven.customer = tb_pepper_customer(&agent->facts.pepper, customer);
    return answer;
}

/* False: nobody said no. A reason that this program does not know is a refusal all the same. */
static bool refuse(struct tb_agent *agent, uint32_t ticket, const struct tb_identify_proof *proof)
{
    enum tb_reason reason = TB_REASON_PROOF_WRONG;
    if (!proof->refused[0])
        return false;
    if (tb_reason_decode(tb_span_str(proof->refused), &reason) != TB_OK)
        tb_log(TB_LOG_WARN, TB_EVENT("identify", "refused"), tb_log_str("reason", proof->refused));
    tb_identify_refused(&agent->identify, ticket, reason, tb_loop_now_ms(agent->loop));
    tb_taps_drain(agent);
    return true;
}

static void cart_fetched(struct tb_agent *agent, uint32_t ticket, const struct tb_handover_fetched *fetched)
{
    static const struct tb_customer_key nobody;
    tb_handovers_fetch(agent, fetched);
    tb_identify_answered(&agent->identify, ticket, TB_ANSWER_FOUND, &nobody, tb_loop_now_ms(agent->loop));
    tb_taps_drain(agent);
    tb_handovers_fetched_drop(agent);
}

void tb_taps_identified(struct tb_agent *agent, uint32_t ticket, const struct tb_taps_answer *told)
{
    struct tb_id id;
    if (tb_sessions_told(agent, ticket, told) || tb_people_told(agent, ticket, told))
        return;
    bool found = told->err == TB_OK && told->found;
    if (told->err == TB_OK &&
        (refuse(agent, ticket, told->proof) || tb_captures_told(agent, ticket, told->proof)))
        return;
    const struct tb_handover_fetched fetched =
        found ? tb_handovers_found(told->rows) : (struct tb_handover_fetched){.cart = NULL};
    if (fetched.cart) {
        cart_fetched(agent, ticket, &fetched);
        return;
    }
    const struct tb_row *row = found ? customer_row(told->rows) : NULL;
    struct answer *answer =
        row && tb_row_object(row, &id) == TB_OK ? answer_new(agent, ticket, &id, told->proof) : NULL;
    if (answer) {
        answer->fetched = fetched;
        if (tb_storage_put(&agent->storage, told->rows, answer_saved, answer) == TB_OK)
            return;
        free(answer);
    }
    enum tb_answer said = answer_of(told->err, told->found);
    tb_identify_answered(&agent->identify, ticket, said == TB_ANSWER_FOUND ? TB_ANSWER_TIMEOUT : said, NULL,
                         tb_loop_now_ms(agent->loop));
    tb_taps_drain(agent);
}

/* ---- what identification asks for ---- */

/* docs/protocol.md, "Light and sound", has this table, too. */
static void feedback(struct tb_agent *agent, unsigned reader, enum tb_feedback what)
{
    static const struct tb_link_feedback patterns[TB_FEEDBACK_COUNT] = {
        [TB_FEEDBACK_WELCOME] = {TB_LINK_LIGHT_GREEN, TB_LINK_BEEP_SHORT, 600},
        [TB_FEEDBACK_PRODUCT] = {TB_LINK_LIGHT_GREEN, TB_LINK_BEEP_NONE, 200},
        [TB_FEEDBACK_UNKNOWN] = {TB_LINK_LIGHT_AMBER, TB_LINK_BEEP_DOUBLE, 600},
        [TB_FEEDBACK_HOLD] = {TB_LINK_LIGHT_AMBER, TB_LINK_BEEP_NONE, 600},
        [TB_FEEDBACK_AGAIN] = {TB_LINK_LIGHT_AMBER, TB_LINK_BEEP_SHORT, 1200},
        [TB_FEEDBACK_EXPIRED] = {TB_LINK_LIGHT_AMBER, TB_LINK_BEEP_LONG, 600},
        [TB_FEEDBACK_REPLAYED] = {TB_LINK_LIGHT_RED, TB_LINK_BEEP_DOUBLE, 600},
        [TB_FEEDBACK_REFUSED] = {TB_LINK_LIGHT_RED, TB_LINK_BEEP_LONG, 600},
    };
    if (reader == TB_AGENT_READER_POS || reader == TB_AGENT_READER_PAGE)
        return;
    enum tb_err err = tb_readers_feedback(agent->readers, reader, &patterns[what]);
    if (err != TB_OK && err != TB_ERR_UNSUPPORTED)
        tb_log(TB_LOG_DEBUG, TB_EVENT("readers", "feedback_dropped"), tb_log_err(err));
}

static void outcome_note(struct tb_agent *agent, const struct tb_identify_action *action)
{
    tb_tally_add(&agent->metrics.outcomes[action->outcome], 1);
    tb_measuring_outcome(agent, action);
    tb_log(TB_LOG_INFO, TB_EVENT("identify", "outcome"),
           tb_log_str("outcome", tb_outcome_name(action->outcome)),
           tb_log_str("reason", tb_reason_name(action->reason)),
           tb_log_str("reader", tb_agent_reader_name(agent, action->reader)),
           tb_log_int("took_ms", action->took_ms));
    tb_pages_outcome(agent, action);
    tb_console_outcome(agent, action);
    tb_handed_ended(agent, action);
    tb_typing_ended(agent, action);
    if (action->outcome == TB_OUTCOME_PRODUCT)
        tb_operators_activity(agent); /* cards and codes are the customers': they keep no clerk signed on */
    tb_captures_outcome(agent);
    if (action->outcome != TB_OUTCOME_RECOGNISED || action->reason == TB_REASON_FOUND_LATE)
        tb_choices_forget(agent, action->attempt);
}

/* No clerk works at a kiosk, and POS software signs one on only where it may. */
static bool badge_is_read(const struct tb_agent *agent, unsigned reader)
{
    const struct tb_pos_client *client = tb_pos_client_find(agent, agent->pos.asking);
    bool granted = client && (client->grants & TB_POS_MAY_OPERATOR);
    return !tb_kiosk_is(agent) && (reader != TB_AGENT_READER_POS || granted);
}

static void badge(struct tb_agent *agent, const struct tb_identify_action *action)
{
    const struct tb_credential *credential = tb_identify_credential(&agent->identify, action->attempt);
    if (!credential)
        return;
    enum tb_badge found =
        badge_is_read(agent, action->reader) ? tb_operators_badge(agent, credential) : TB_BADGE_UNKNOWN;
    tb_identify_badge(&agent->identify, action->attempt, found, tb_loop_now_ms(agent->loop));
}

static void product_scanned(struct tb_agent *agent, const struct tb_identify_action *action)
{
    if (!agent->serving.visit.open && !tb_kiosk_scanned(agent, action->reader))
        return; /* its outcome is all there is to show */
    struct tb_mutation change = {.kind = TB_MUTATION_CART_ADD, .add = {.quantity = 1}};
    memcpy(change.add.gtin, action->gtin, sizeof change.add.gtin);
    enum tb_err err = tb_carts_change(agent, &change, (struct tb_cart_ask){0});
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("taps", "product_not_added"), tb_log_err(err));
}

static void carry_out(struct tb_agent *agent, const struct tb_identify_action *action)
{
    int64_t now_ms = tb_loop_now_ms(agent->loop);
    switch (action->verb) {
    case TB_IDENTIFY_LOOK_UP: look_up(agent, action->attempt); break;
    case TB_IDENTIFY_ASK: ask(agent, action->attempt); break;
    case TB_IDENTIFY_HANDOVER: handover_ask(agent, action); break;
    case TB_IDENTIFY_CLAIM: claim(agent, action->attempt); break;
    case TB_IDENTIFY_BADGE: badge(agent, action); break;
    case TB_IDENTIFY_CAPTURED: tb_captures_take(agent, action->attempt); break;
    case TB_IDENTIFY_OUTCOME: outcome_note(agent, action); break;
    case TB_IDENTIFY_BEGIN_VISIT: tb_visits_begin(agent, action); break;
    case TB_IDENTIFY_PRODUCT: product_scanned(agent, action); break;
    case TB_IDENTIFY_CARD_GONE: tb_visit_card_gone(&agent->serving.visit, action->attempt, now_ms); break;
    case TB_IDENTIFY_CARD_BACK: tb_visit_card_back(&agent->serving.visit, action->attempt, now_ms); break;
    case TB_IDENTIFY_READING:
        tb_pages_reading(agent, tb_agent_reader_name(agent, action->reader), true);
        break;
    case TB_IDENTIFY_READING_END:
        tb_pages_reading(agent, tb_agent_reader_name(agent, action->reader), false);
        break;
    case TB_IDENTIFY_FEEDBACK: feedback(agent, action->reader, action->feedback); break;
    case TB_IDENTIFY_MERGED: tb_handed_ended(agent, action); break;
    }
}

void tb_taps_drain(struct tb_agent *agent)
{
    struct tb_identify_action action;
    while (tb_identify_next(&agent->identify, &action))
        carry_out(agent, &action);
    found_forget(agent);
    tb_handed_answer(agent);
    tb_agent_rearm(agent);
}
