#include "agent/app/pos/upos.h"

#include "agent/app/agent.h"
#include "agent/app/pages/page.h"
#include "agent/app/pages/shopping.h"
#include "core/base/assert.h"
#include "core/base/wipe.h"
#include "host/log/log.h"

#define UPOS_VERSION "1.14"

/* ErrorCode, ErrorLocus and states of UnifiedPOS, chapter 1 and appendix A. */
enum {
    E_CLOSED = 101,
    E_CLAIMED = 102,
    E_NOTCLAIMED = 103,
    E_DISABLED = 105,
    E_ILLEGAL = 106,
    E_OFFLINE = 108,
    E_FAILURE = 111,
    EL_INPUT = 2,
    S_CLOSED = 1,
    S_IDLE = 2,
    SUE_POWER_ONLINE = 2001,
    SUE_POWER_OFF_OFFLINE = 2004,
    SCAN_SDT_UPCA = 101,
    SCAN_SDT_EAN8 = 103,
    SCAN_SDT_EAN13 = 104,
    SCAN_SDT_OTHER = 501,
};

static const char *const device_names[TB_UPOS_DEVICE_COUNT] = {"Scanner", "MSR"};
static const char *const reader_kinds[TB_UPOS_DEVICE_COUNT] = {"scanner", "nfc"};

/* ---- what a scan is called ---- */

static size_t zeros_of(const char *gtin)
{
    return strspn(gtin, "0");
}

int tb_upos_scan_data_type(const char gtin[TB_GTIN_TEXT_SIZE])
{
    size_t zeros = zeros_of(gtin);
    if (zeros >= 6)
        return SCAN_SDT_EAN8;
    if (zeros >= 2)
        return SCAN_SDT_UPCA;
    return zeros == 1 ? SCAN_SDT_EAN13 : SCAN_SDT_OTHER;
}

const char *tb_upos_label(const char gtin[TB_GTIN_TEXT_SIZE])
{
    switch (tb_upos_scan_data_type(gtin)) {
    case SCAN_SDT_EAN8: return gtin + 6;
    case SCAN_SDT_UPCA: return gtin + 2;
    case SCAN_SDT_EAN13: return gtin + 1;
    default: return gtin;
    }
}

/* ---- events out ---- */

static void notify(struct tb_agent *agent, uint32_t page, struct tb_json_writer *w)
{
    tb_page_end(agent, w, (struct tb_page_to){.page = page}, TB_COUNTER_TOPIC_EVENT);
}

static struct tb_json_writer begin(struct tb_agent *agent, const char *event, enum tb_upos_device device)
{
    struct tb_json_writer w = tb_page_begin(agent, event);
    tb_json_put_str(&w, "device", device_names[device]);
    return w;
}

static void scan_send(struct tb_agent *agent, uint32_t page, const struct tb_upos_unit *unit,
                      const struct tb_upos_event *event)
{
    const char *label = tb_upos_label(event->gtin);
    struct tb_json_writer w = begin(agent, "upos.data", TB_UPOS_SCANNER);
    tb_json_put_base64url(&w, "ScanData", tb_span_str(label));
    if (unit->decode_data) {
        tb_json_put_str(&w, "ScanDataLabel", label);
        tb_json_put_int(&w, "ScanDataType", tb_upos_scan_data_type(event->gtin));
    }
    tb_json_put_int(&w, "DataCount", unit->event_count);
    notify(agent, page, &w);
}

/* The account is the customer's id: no card has its number read here. */
static void customer_send(struct tb_agent *agent, const struct tb_pos_follower *f,
                          const struct tb_upos_unit *unit)
{
    const struct tb_pos_client *client = tb_pos_client_find(agent, f->client);
    struct tb_json_writer w = begin(agent, "upos.data", TB_UPOS_MSR);
    tb_json_put_id(&w, "AccountNumber", &agent->serving.record.customer);
    tb_json_put_str(&w, "CardType", "TILLBRIDGE");
    tb_json_put_int(&w, "DataCount", unit->event_count);
    if (client && (client->grants & TB_POS_MAY_CUSTOMER))
        tb_pos_put_visit(&w, agent);
    notify(agent, f->page, &w);
}

static void error_send(struct tb_agent *agent, uint32_t page, enum tb_upos_device device)
{
    struct tb_json_writer w = begin(agent, "upos.error", device);
    tb_json_put_int(&w, "ErrorCode", E_FAILURE);
    tb_json_put_int(&w, "ErrorLocus", EL_INPUT);
    notify(agent, page, &w);
}

static bool is_over(const struct tb_agent *agent, enum tb_upos_device device,
                    const struct tb_upos_event *event)
{
    const struct tb_visit *visit = &agent->serving.visit;
    return device == TB_UPOS_MSR && !event->failed &&
           !(visit->open && visit->start.known && tb_id_equal(&visit->id, &event->visit));
}

/* One event, which switches DataEventEnabled off: the POS switches it on again for the next. */
static void deliver(struct tb_agent *agent, struct tb_pos_follower *f, enum tb_upos_device device)
{
    struct tb_upos_unit *unit = &f->upos.units[device];
    while (unit->event_count > 0 && unit->data_event_enabled && !unit->freeze_events) {
        const struct tb_upos_event event = unit->events[0];
        unit->event_count--;
        memmove(&unit->events[0], &unit->events[1], unit->event_count * sizeof unit->events[0]);
        if (is_over(agent, device, &event))
            continue;
        unit->data_event_enabled = false;
        if (event.failed)
            error_send(agent, f->page, device);
        else if (device == TB_UPOS_SCANNER)
            scan_send(agent, f->page, unit, &event);
        else
            customer_send(agent, f, unit);
    }
}

/* The newest is what counts when nobody takes them: the oldest gives way. */
static void enqueue(struct tb_agent *agent, enum tb_upos_device device, const struct tb_upos_event *event)
{
    for (size_t i = 0; i < TB_COUNTER_POS_MAX; i++) {
        struct tb_pos_follower *f = &agent->pos.followers[i];
        struct tb_upos_unit *unit = &f->upos.units[device];
        if (f->page == 0 || !unit->device_enabled)
            continue;
        if (unit->event_count == TB_UPOS_QUEUE_MAX) {
            unit->event_count--;
            memmove(&unit->events[0], &unit->events[1], unit->event_count * sizeof unit->events[0]);
        }
        unit->events[unit->event_count++] = *event;
        if (unit->auto_disable)
            unit->device_enabled = false;
        deliver(agent, f, device);
    }
}

void tb_upos_outcome(struct tb_agent *agent, const struct tb_identify_action *action)
{
    struct tb_upos_counts *counts = &agent->pos.counts;
    struct tb_upos_event event = {.failed = false};
    bool failed = action->outcome == TB_OUTCOME_UNREADABLE || action->outcome == TB_OUTCOME_NOT_A_CODE;
    if (action->outcome == TB_OUTCOME_PRODUCT) {
        counts->good_scans++;
        memcpy(event.gtin, action->gtin, sizeof event.gtin);
        enqueue(agent, TB_UPOS_SCANNER, &event);
    } else if (action->outcome == TB_OUTCOME_RECOGNISED) {
        counts->good_reads++; /* its event comes with the visit */
    } else if (failed) {
        event.failed = true;
        *(action->from_tap ? &counts->unreadable_cards : &counts->failed_scans) += 1;
        enqueue(agent, action->from_tap ? TB_UPOS_MSR : TB_UPOS_SCANNER, &event);
    } else {
        counts->failed_reads++;
    }
}

void tb_upos_customer(struct tb_agent *agent)
{
    const struct tb_upos_event event = {.visit = agent->serving.visit.id};
    enqueue(agent, TB_UPOS_MSR, &event);
}

/* ---- power ---- */

static bool is_online(const struct tb_agent *agent, enum tb_upos_device device)
{
    const struct tb_status *status = &agent->status;
    for (size_t i = 0; i < status->reader_count; i++)
        if (strcmp(status->readers[i].kind, reader_kinds[device]) == 0 &&
            strcmp(status->readers[i].state, "ready") == 0)
            return true;
    return false;
}

static void power_tell(struct tb_agent *agent, struct tb_pos_follower *f, enum tb_upos_device device,
                       bool online)
{
    struct tb_upos_unit *unit = &f->upos.units[device];
    if (f->page == 0 || !unit->device_enabled || !unit->power_notify || unit->online == online)
        return;
    unit->online = online;
    struct tb_json_writer w = begin(agent, "upos.status", device);
    tb_json_put_int(&w, "Status", online ? SUE_POWER_ONLINE : SUE_POWER_OFF_OFFLINE);
    notify(agent, f->page, &w);
}

void tb_upos_state(struct tb_agent *agent)
{
    struct tb_upos_counts *counts = &agent->pos.counts;
    for (unsigned d = 0; d < TB_UPOS_DEVICE_COUNT; d++) {
        bool online = is_online(agent, (enum tb_upos_device)d);
        counts->communication_errors += counts->online[d] && !online;
        counts->online[d] = online;
        for (size_t i = 0; i < TB_COUNTER_POS_MAX; i++)
            power_tell(agent, &agent->pos.followers[i], (enum tb_upos_device)d, online);
    }
}

/* ---- requests ---- */

struct asked {
    struct tb_pos_follower *follower;
    enum tb_upos_device device;
    struct tb_upos_unit *unit;
};

static void refuse(const struct tb_request *r, int upos, const char *text)
{
    tb_buf_reset(&r->agent->page);
    struct tb_json_writer w =
        tb_rpc_begin_error(&r->agent->page, r->id, TB_RPC_REFUSED, "refused.upos", text);
    tb_json_put_int(&w, "ErrorCode", upos);
    tb_rpc_end_error(&w);
    r->send(r->agent, r->from);
}

/* Of a call over HTTP: the devices belong to who follows events with the same token. */
static struct tb_pos_follower *follower_of(const struct tb_request *r)
{
    struct tb_pos *pos = &r->agent->pos;
    struct tb_pos_follower *same = tb_pos_follower_find(r->agent, r->from);
    for (size_t i = 0; i < TB_COUNTER_POS_MAX && !same; i++)
        if (pos->followers[i].page != 0 && pos->followers[i].client == pos->asking)
            same = &pos->followers[i];
    return same;
}

/* False: the asker was told. */
static bool ask(struct tb_request *r, struct asked *ret)
{
    ret->device =
        (enum tb_upos_device)tb_json_enum(&r->check, r->params, "device", device_names, TB_UPOS_DEVICE_COUNT);
    if (!tb_request_check(r))
        return false;
    ret->follower = follower_of(r);
    if (!ret->follower) {
        refuse(r, E_OFFLINE, "Follow the events first: a websocket, or GET /pos/v1/events.");
        return false;
    }
    ret->unit = &ret->follower->upos.units[ret->device];
    return true;
}

static bool ask_open(struct tb_request *r, struct asked *ret)
{
    if (!ask(r, ret))
        return false;
    if (ret->unit->open)
        return true;
    refuse(r, E_CLOSED, "The device is not open.");
    return false;
}

static bool ask_claimed(struct tb_request *r, struct asked *ret)
{
    if (!ask_open(r, ret))
        return false;
    if (ret->unit->claimed)
        return true;
    refuse(r, E_NOTCLAIMED, "The device is not claimed.");
    return false;
}

void tb_upos_open(struct tb_request *r)
{
    struct asked a;
    if (!ask(r, &a))
        return;
    if (a.unit->open) {
        refuse(r, E_ILLEGAL, "The device is open already.");
        return;
    }
    *a.unit = (struct tb_upos_unit){.open = true};
    tb_shopping_answer_done(r);
}

void tb_upos_close(struct tb_request *r)
{
    struct asked a;
    if (!ask_open(r, &a))
        return;
    tb_wipe(a.unit, sizeof *a.unit);
    tb_shopping_answer_done(r);
}

void tb_upos_claim(struct tb_request *r)
{
    struct asked a;
    if (!ask_open(r, &a))
        return;
    for (size_t i = 0; i < TB_COUNTER_POS_MAX; i++) {
        const struct tb_pos_follower *f = &r->agent->pos.followers[i];
        if (f->page != 0 && f != a.follower && f->upos.units[a.device].claimed) {
            refuse(r, E_CLAIMED, "Another POS has claimed the device.");
            return;
        }
    }
    a.unit->claimed = true;
    tb_shopping_answer_done(r);
}

static void unit_release(struct tb_upos_unit *unit)
{
    *unit = (struct tb_upos_unit){.open = true};
}

void tb_upos_release(struct tb_request *r)
{
    struct asked a;
    if (!ask_claimed(r, &a))
        return;
    unit_release(a.unit);
    tb_shopping_answer_done(r);
}

static bool *property_of(struct tb_upos_unit *unit, struct tb_span name)
{
    const struct {
        const char *name;
        bool *value;
    } properties[] = {
        {"DeviceEnabled", &unit->device_enabled}, {"DataEventEnabled", &unit->data_event_enabled},
        {"FreezeEvents", &unit->freeze_events},   {"AutoDisable", &unit->auto_disable},
        {"DecodeData", &unit->decode_data},       {"PowerNotify", &unit->power_notify}};
    for (size_t i = 0; i < TB_ARRAY_SIZE(properties); i++)
        if (tb_span_is(name, properties[i].name))
            return properties[i].value;
    return NULL;
}

void tb_upos_set(struct tb_request *r)
{
    struct tb_agent *agent = r->agent;
    struct asked a;
    struct tb_span name = tb_json_text(&r->check, r->params, "property", TB_SHORT_SIZE_MAX);
    bool value = tb_json_bool(&r->check, r->params, "value");
    if (!ask_claimed(r, &a))
        return;
    bool *property = property_of(a.unit, name);
    if (!property || (property == &a.unit->power_notify && a.unit->device_enabled)) {
        refuse(r, E_ILLEGAL, property ? "The device is enabled." : "There is no such property.");
        return;
    }
    *property = value;
    tb_shopping_answer_done(r);
    struct tb_pos_follower *f = a.follower;
    if (f->page == 0)
        return; /* answering has ended it */
    if (property == &a.unit->device_enabled)
        power_tell(agent, f, a.device, is_online(agent, a.device));
    deliver(agent, f, a.device);
}

void tb_upos_get(struct tb_request *r)
{
    struct asked a;
    if (!ask(r, &a))
        return;
    const struct tb_upos_unit *unit = a.unit;
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_json_put_int(&w, "State", unit->open ? S_IDLE : S_CLOSED);
    tb_json_put_bool(&w, "Claimed", unit->claimed);
    tb_json_put_bool(&w, "DeviceEnabled", unit->device_enabled);
    tb_json_put_bool(&w, "DataEventEnabled", unit->data_event_enabled);
    tb_json_put_bool(&w, "FreezeEvents", unit->freeze_events);
    tb_json_put_bool(&w, "AutoDisable", unit->auto_disable);
    tb_json_put_int(&w, "DataCount", unit->event_count);
    tb_json_put_bool(&w, "PowerNotify", unit->power_notify);
    tb_json_put_int(&w, "PowerState",
                    is_online(r->agent, a.device) ? SUE_POWER_ONLINE : SUE_POWER_OFF_OFFLINE);
    if (a.device == TB_UPOS_SCANNER)
        tb_json_put_bool(&w, "DecodeData", unit->decode_data);
    tb_json_put_str(&w, "DeviceServiceDescription", "Tillbridge, over the terminal's own readers");
    tb_request_answer_end(r, &w);
}

void tb_upos_clear_input(struct tb_request *r)
{
    struct asked a;
    if (!ask_claimed(r, &a))
        return;
    a.unit->event_count = 0;
    tb_wipe(a.unit->events, sizeof a.unit->events);
    tb_shopping_answer_done(r);
}

/* CH_INTERNAL of UnifiedPOS: what the agent knows of the reader; nobody has to present anything. */
void tb_upos_check_health(struct tb_request *r)
{
    struct asked a;
    if (!ask_open(r, &a))
        return;
    if (!a.unit->device_enabled) {
        refuse(r, a.unit->claimed ? E_DISABLED : E_NOTCLAIMED, "The device is not enabled.");
        return;
    }
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_json_put_str(&w, "CheckHealthText",
                    is_online(r->agent, a.device) ? "Internal HCheck: Successful"
                                                  : "Internal HCheck: Not Responding");
    tb_request_answer_end(r, &w);
}

void tb_upos_statistics(struct tb_request *r)
{
    struct tb_agent *agent = r->agent;
    const struct tb_upos_counts *counts = &agent->pos.counts;
    struct asked a;
    if (!ask_open(r, &a))
        return;
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_json_put_str(&w, "UnifiedPOSVersion", UPOS_VERSION);
    tb_json_put_str(&w, "DeviceCategory", device_names[a.device]);
    tb_json_put_str(&w, "ManufacturerName", "Tillbridge");
    tb_json_put_str(&w, "ModelName", TB_AGENT_SOFTWARE);
    tb_json_put_int(&w, "HoursPoweredCount", (tb_loop_now_ms(agent->loop) - agent->pos.started_ms) / 3600000);
    tb_json_put_int(&w, "CommunicationErrorCount", counts->communication_errors);
    if (a.device == TB_UPOS_SCANNER) {
        tb_json_put_int(&w, "GoodScanCount", counts->good_scans);
        tb_json_put_int(&w, "FailedScanCount", counts->failed_scans);
    } else {
        tb_json_put_int(&w, "GoodReadCount", counts->good_reads);
        tb_json_put_int(&w, "FailedReadCount", counts->failed_reads);
        tb_json_put_int(&w, "UnreadableCardCount", counts->unreadable_cards);
    }
    tb_request_answer_end(r, &w);
}

void tb_upos_reset_statistics(struct tb_request *r)
{
    struct tb_upos_counts *counts = &r->agent->pos.counts;
    struct asked a;
    if (!ask_claimed(r, &a))
        return;
    if (a.device == TB_UPOS_SCANNER)
        counts->good_scans = counts->failed_scans = 0;
    else
        counts->good_reads = counts->failed_reads = counts->unreadable_cards = 0;
    tb_shopping_answer_done(r);
}
