#include "agent/app/console/status_desk.h"
#include "agent/app/agent.h"

#include "host/log/log.h"
#include "host/system/system.h"

#define OUTCOME_COUNT_MAX 16

/* What of it cannot be found out is left out. */
static void put_machine(struct tb_json_writer *w, const struct tb_agent *agent)
{
    struct tb_disk_room room;
    tb_json_put_int(w, "started_ms", agent->started_wall_ms);
    if (agent->status.certificate_until_ms)
        tb_json_put_int(w, "certificate_until_ms", agent->status.certificate_until_ms);
    if (tb_disk_room(agent->config.state_dir, &room) == TB_OK) {
        tb_json_open(w, "disk");
        tb_json_put_int(w, "free_bytes", room.free_bytes);
        tb_json_put_int(w, "size_bytes", room.size_bytes);
        tb_json_close(w);
    }
}

static void put_metrics_file(struct tb_json_writer *w, const struct tb_agent *agent)
{
    if (!agent->metrics_file)
        return;
    struct tb_metrics_file_state state = tb_metrics_file_state(agent->metrics_file);
    if (state.since_wall_ms == 0)
        return;
    tb_json_open(w, "metrics_file");
    tb_json_put_str(w, "state", state.err == TB_OK ? "written" : "unwritten");
    if (state.err != TB_OK)
        tb_json_put_str(w, "code", tb_err_name(state.err));
    tb_json_put_int(w, "since_ms", state.since_wall_ms);
    tb_json_close(w);
}

static void put_outcomes(struct tb_json_writer *w, const struct tb_agent *agent)
{
    struct tb_journal_entry entry;
    int64_t ago_ms = tb_loop_wall_ms(agent->loop) - tb_loop_now_ms(agent->loop);
    tb_json_open_array(w, "outcomes");
    for (size_t i = 0; i < OUTCOME_COUNT_MAX && tb_identify_journal(&agent->identify, i, &entry); i++) {
        tb_json_open(w, NULL);
        tb_json_put_int(w, "at_ms", entry.at_ms + ago_ms);
        tb_json_put_str(w, "outcome", tb_outcome_name(entry.outcome));
        tb_json_put_str(w, "code", tb_reason_name(entry.reason));
        tb_json_put_str(w, "reader", tb_agent_reader_name(agent, entry.reader));
        tb_json_put_int(w, "took_ms", entry.took_ms);
        tb_json_close(w);
    }
    tb_json_close_array(w);
}

void tb_status_desk_status(struct tb_request *r)
{
    struct tb_agent *agent = r->agent;
    struct tb_status *status = &agent->status;
    enum tb_err err = tb_cache_count(&agent->storage.reader, &status->customer_count, &status->product_count);
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("cache", "read_failed"), tb_log_err(err));
    tb_line_cache_read(agent, err);
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_json_put_str(&w, "software", TB_AGENT_SOFTWARE);
    if (agent->facts.terminal_known) {
        tb_json_open(&w, "terminal");
        tb_pages_put_terminal(&w, agent);
        tb_json_close(&w);
    } else
        tb_json_put_null(&w, "terminal");
    tb_status_put_state(&w, status, tb_loop_wall_ms(agent->loop));
    tb_json_open(&w, "cache");
    tb_json_put_int(&w, "customers", status->customer_count);
    tb_json_put_int(&w, "products", status->product_count);
    tb_json_close(&w);
    put_machine(&w, agent);
    put_metrics_file(&w, agent);
    tb_json_put_bool(&w, "visit", agent->serving.visit.open);
    put_outcomes(&w, agent);
    tb_request_answer_end(r, &w);
}

/* OpenMetrics text, a line each: texts in messages have no line ends. */
void tb_status_desk_metrics(struct tb_request *r)
{
    char block[TB_METRICS_TEXT_SIZE_MAX];
    struct tb_buf text = tb_buf_of(block, sizeof block);
    tb_metrics_render(&r->agent->metrics.registry, &text);
    if (text.err != TB_OK) {
        tb_request_refuse(r, text.err, "metrics");
        return;
    }
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_json_open_array(&w, "lines");
    for (struct tb_span rest = tb_buf_span(&text); rest.size > 0;)
        tb_json_put_text(&w, NULL, tb_span_cut(&rest, '\n'));
    tb_json_close_array(&w);
    tb_request_answer_end(r, &w);
}
