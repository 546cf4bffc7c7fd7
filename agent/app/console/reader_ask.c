#include "agent/app/console/reader_ask.h"

#include "agent/app/agent.h"
#include "core/base/assert.h"
#include "core/base/text.h"

/* A header or a block in base64url. */
#define UPDATE_TEXT_MAX ((TB_LINK_UPDATE_HEADER_MAX * 4 + 2) / 3)

_Static_assert(TB_LINK_UPDATE_BLOCK_SIZE <= TB_LINK_UPDATE_HEADER_MAX, "one limit for both");

/* ---- list ---- */

static const char *form_name(enum tb_reader_kind kind)
{
    return kind == TB_READER_NFC ? "libnfc" : tb_reader_kind_name(kind);
}

static void put_parts(struct tb_json_writer *w, const struct tb_reader_info *info)
{
    tb_json_open_array(w, "parts");
    for (unsigned i = 0; i < info->part_count; i++) {
        const struct tb_reader_part *part = &info->parts[i];
        tb_json_open(w, NULL);
        tb_json_put_str(w, "kind", tb_reader_kind_name(part->kind));
        tb_json_put_str(w, "state", tb_reader_state_name(part->state));
        tb_json_put_str(w, "reason", part->reason);
        tb_json_put_int(w, "since_ms", part->since_wall_ms);
        tb_json_close(w);
    }
    tb_json_close_array(w);
}

static void put_capabilities(struct tb_json_writer *w, uint16_t capabilities)
{
    static const char *const names[] = {"transceive", "feedback", "selftest", "update",
                                        "tamper",     "polling",  "relay"};
    tb_json_open_array(w, "capabilities");
    for (unsigned i = 0; i < TB_ARRAY_SIZE(names); i++)
        if (capabilities & 1u << i)
            tb_json_put_str(w, NULL, names[i]);
    tb_json_close_array(w);
}

static void put_polling(struct tb_json_writer *w, const struct tb_reader_info *info)
{
    if (info->polling_state == TB_READER_POLLING_NONE)
        return;
    tb_json_open(w, "polling");
    tb_json_put_str(w, "state", tb_reader_polling_name(info->polling_state));
    tb_json_put_hex(w, "frame", info->polling);
    tb_json_close(w);
}

/* What it said of itself is any bytes; what is no text is left out. */
static void put_said(struct tb_json_writer *w, const char *name, const char *text)
{
    struct tb_span said = tb_span_str(text);
    tb_json_put_text(w, name, tb_utf8_valid(said) ? said : tb_span_of(NULL, 0));
}

static void put_reader(struct tb_json_writer *w, const struct tb_reader_info *info)
{
    tb_json_open(w, NULL);
    tb_json_put_int(w, "number", info->index + 1);
    tb_json_put_str(w, "name", info->name);
    tb_json_put_str(w, "form", form_name(info->kind));
    tb_json_put_str(w, "device", info->device);
    put_parts(w, info);
    put_polling(w, info);
    if (info->software[0]) {
        put_said(w, "software", info->software);
        put_said(w, "board", info->board);
        tb_json_put_str(w, "reset", tb_link_reset_name(info->reset));
        put_capabilities(w, info->capabilities);
    }
    tb_json_put_int(w, "starts", info->start_count);
    tb_json_close(w);
}

void tb_reader_ask_list(struct tb_request *r)
{
    const struct tb_agent *agent = r->agent;
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_json_open_array(&w, "readers");
    for (unsigned i = 0; i < tb_readers_count(agent->readers); i++)
        put_reader(&w, tb_readers_info(agent->readers, i));
    tb_json_close_array(&w);
    tb_json_put_int(&w, "wall_ms", tb_loop_wall_ms(agent->loop));
    tb_request_answer_end(r, &w);
}

/* ---- which one ---- */

bool tb_reader_ask_which(struct tb_request *r, unsigned *ret_index)
{
    const struct tb_readers *readers = r->agent->readers;
    uint64_t number = 0;
    struct tb_span which = tb_json_text(&r->check, r->params, "reader", TB_SHORT_SIZE_MAX);
    if (!tb_request_check(r))
        return false;
    bool numbered = tb_decimal_decode(which, UINT32_MAX, &number) == TB_OK;
    for (unsigned i = 0; i < tb_readers_count(readers); i++) {
        if (numbered ? number != i + 1 : !tb_span_is(which, tb_readers_info(readers, i)->name))
            continue;
        *ret_index = i;
        return true;
    }
    tb_request_refuse(r, TB_ERR_NOT_FOUND, "There is no such reader.");
    return false;
}

/* ---- questions ---- */

static void ask_end(struct tb_reader_ask *ask)
{
    tb_timer_cancel(&ask->timer);
    ask->from.agent = NULL;
}

static void ask_refuse(struct tb_reader_ask *ask, enum tb_err err, const char *text)
{
    tb_request_refuse(&ask->from, err, text);
    ask_end(ask);
}

static void ask_late(struct tb_timer *timer)
{
    ask_refuse(timer->context, TB_ERR_TIMEOUT, "The reader does not answer.");
}

static struct tb_reader_ask *ask_free(struct tb_agent *agent)
{
    for (size_t i = 0; i < TB_READER_ASKS_MAX; i++)
        if (!agent->asks[i].from.agent)
            return &agent->asks[i];
    return NULL;
}

static const char *refusal_text(enum tb_err err)
{
    switch (err) {
    case TB_ERR_OFFLINE: return "The reader is not there.";
    case TB_ERR_UNSUPPORTED: return "The reader cannot do that.";
    default: return "The reader takes no question now.";
    }
}

/* What was sent is answered by an event with that request, or the asker is told why it was not sent. */
static void ask_wait(struct tb_request *r, struct tb_reader_ask *ask, const struct tb_reader_ask *what,
                     enum tb_err err)
{
    if (err != TB_OK) {
        tb_request_refuse(r, err, refusal_text(err));
        return;
    }
    *ask = *what;
    ask->from = *r;
    ask->timer.context = ask;
    tb_timer_set(r->agent->loop, &ask->timer, TB_READER_ASK_MS, ask_late);
}

static void ask_begin(struct tb_request *r, enum tb_reader_event_kind awaited)
{
    struct tb_agent *agent = r->agent;
    struct tb_reader_ask *ask = ask_free(agent);
    unsigned index;
    uint8_t request = 0;
    if (!tb_reader_ask_which(r, &index))
        return;
    enum tb_err err = ask ? TB_OK : TB_ERR_FULL;
    if (err == TB_OK)
        err = awaited == TB_READER_EVENT_STATS ? tb_readers_stats(agent->readers, index, &request)
                                               : tb_readers_selftest(agent->readers, index, &request);
    struct tb_reader_ask what = {.awaited = awaited, .reader = (uint8_t)index, .request = request};
    ask_wait(r, ask, &what, err);
}

void tb_reader_ask_selftest(struct tb_request *r)
{
    ask_begin(r, TB_READER_EVENT_SELFTEST);
}

void tb_reader_ask_stats(struct tb_request *r)
{
    ask_begin(r, TB_READER_EVENT_STATS);
}

/* ---- steps of an update ---- */

/* One is under way per reader: whoever asks next has to know what the one before did. */
static bool update_waits(const struct tb_agent *agent, unsigned index)
{
    for (size_t i = 0; i < TB_READER_ASKS_MAX; i++)
        if (agent->asks[i].from.agent && agent->asks[i].awaited == TB_READER_EVENT_UPDATE &&
            agent->asks[i].reader == index)
            return true;
    return false;
}

static void update_ask(struct tb_request *r, const struct tb_link_message *m)
{
    struct tb_agent *agent = r->agent;
    struct tb_reader_ask *ask = ask_free(agent);
    unsigned index;
    uint8_t request = 0;
    if (!tb_reader_ask_which(r, &index))
        return;
    enum tb_err err = !ask ? TB_ERR_FULL : update_waits(agent, index) ? TB_ERR_BUSY : TB_OK;
    if (err == TB_OK)
        err = tb_readers_update(agent->readers, index, m, &request);
    struct tb_reader_ask what = {
        .awaited = TB_READER_EVENT_UPDATE, .reader = (uint8_t)index, .request = request};
    ask_wait(r, ask, &what, err);
}

/* The bytes of a member; their memory is the buffer's. */
static struct tb_span bytes_take(struct tb_request *r, const char *name, struct tb_buf *bytes)
{
    struct tb_span text = tb_json_text(&r->check, r->params, name, UPDATE_TEXT_MAX);
    if (r->check.err == TB_OK && tb_base64url_decode(text, bytes) != TB_OK) {
        r->check.err = TB_ERR_SYNTAX;
        r->check.member = name;
    }
    return tb_buf_span(bytes);
}

void tb_reader_ask_update_begin(struct tb_request *r)
{
    uint8_t memory[TB_LINK_UPDATE_HEADER_MAX];
    struct tb_buf bytes = tb_buf_of(memory, sizeof memory);
    struct tb_link_message m = {.type = TB_LINK_UPDATE_BEGIN};
    m.update_begin.header = bytes_take(r, "header", &bytes);
    m.update_begin.flags = tb_json_bool(&r->check, r->params, "force") ? TB_LINK_UPDATE_FORCE : 0;
    update_ask(r, &m);
}

void tb_reader_ask_update_block(struct tb_request *r)
{
    uint8_t memory[TB_LINK_UPDATE_BLOCK_SIZE];
    struct tb_buf bytes = tb_buf_of(memory, sizeof memory);
    struct tb_link_message m = {.type = TB_LINK_UPDATE_BLOCK};
    m.update_block.data = bytes_take(r, "data", &bytes);
    m.update_block.offset = (uint32_t)tb_json_int(&r->check, r->params, "offset", 0, UINT32_MAX);
    update_ask(r, &m);
}

void tb_reader_ask_update_end(struct tb_request *r)
{
    update_ask(r, &(struct tb_link_message){.type = TB_LINK_UPDATE_END});
}

/* ---- answers ---- */

static void put_verdict(struct tb_json_writer *w, const struct tb_reader_event *event)
{
    static const char *const verdicts[] = {[TB_LINK_SELFTEST_PASSED] = "passed",
                                           [TB_LINK_SELFTEST_FAILED] = "failed",
                                           [TB_LINK_SELFTEST_UNSUPPORTED] = "unsupported"};
    tb_json_put_str(w, "verdict", verdicts[event->verdict]);
    if (event->data.size && tb_utf8_valid(event->data))
        tb_json_put_text(w, "detail", event->data);
}

static void put_stats(struct tb_json_writer *w, const struct tb_agent *agent,
                      const struct tb_reader_event *event)
{
    struct tb_reader_frames frames = tb_readers_frames(agent->readers, event->reader->index);
    tb_json_open(w, "stats");
    for (unsigned i = 0; i < TB_LINK_STAT_COUNT; i++)
        tb_json_put_int(w, tb_link_stat_name((enum tb_link_stat)i), event->stats[i]);
    tb_json_put_int(w, "link_damaged", frames.damaged_count);
    tb_json_put_int(w, "link_lost", frames.lost_count);
    tb_json_put_int(w, "starts", event->reader->start_count);
    tb_json_close(w);
}

static void put_update(struct tb_json_writer *w, const struct tb_link_update_answer *a)
{
    static const char *const statuses[] = {
        [TB_LINK_UPDATE_SEND] = "send",       [TB_LINK_UPDATE_STORED] = "stored",
        [TB_LINK_UPDATE_RUNNING] = "running", [TB_LINK_UPDATE_TRIAL] = "trial",
        [TB_LINK_UPDATE_BUSY] = "busy",       [TB_LINK_UPDATE_REFUSED] = "refused"};
    tb_json_put_str(w, "status", statuses[a->status]);
    tb_json_put_str(w, "reason", tb_link_reason_name(a->reason));
    tb_json_put_int(w, "next", a->next);
}

static void ask_answer(struct tb_reader_ask *ask, const struct tb_reader_event *event)
{
    struct tb_json_writer w = tb_request_answer_begin(&ask->from);
    tb_json_put_str(&w, "reader", event->reader->name);
    if (event->kind == TB_READER_EVENT_STATS)
        put_stats(&w, ask->from.agent, event);
    else if (event->kind == TB_READER_EVENT_UPDATE)
        put_update(&w, event->update);
    else
        put_verdict(&w, event);
    tb_request_answer_end(&ask->from, &w);
    ask_end(ask);
}

static bool is_lost(const struct tb_reader_event *event)
{
    if (event->kind != TB_READER_EVENT_STATE)
        return false;
    switch (event->part->state) {
    case TB_READER_STARTING:
    case TB_READER_READY:
    case TB_READER_UNPLUGGED: return false; /* a reader whose device is away still answers */
    case TB_READER_CRASHED:
    case TB_READER_HUNG:
    case TB_READER_UNSUPPORTED: return true;
    }
    return false;
}

void tb_reader_ask_event(struct tb_agent *agent, const struct tb_reader_event *event)
{
    for (size_t i = 0; i < TB_READER_ASKS_MAX; i++) {
        struct tb_reader_ask *ask = &agent->asks[i];
        if (!ask->from.agent || ask->reader != event->reader->index)
            continue;
        if (ask->awaited == event->kind && ask->request == event->request)
            ask_answer(ask, event);
        else if (is_lost(event))
            ask_refuse(ask, TB_ERR_OFFLINE, refusal_text(TB_ERR_OFFLINE));
    }
}

void tb_reader_ask_closed(struct tb_agent *agent, uint32_t client)
{
    for (size_t i = 0; i < TB_READER_ASKS_MAX; i++)
        if (agent->asks[i].from.agent && agent->asks[i].from.from == client)
            ask_end(&agent->asks[i]);
}

void tb_reader_ask_stop(struct tb_agent *agent)
{
    for (size_t i = 0; i < TB_READER_ASKS_MAX; i++)
        ask_end(&agent->asks[i]);
}
