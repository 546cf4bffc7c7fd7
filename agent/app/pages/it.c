#include "agent/app/pages/it.h"

#include "agent/app/agent.h"
#include "agent/app/console/keys_desk.h"
#include "agent/app/console/reader_ask.h"
#include "agent/app/console/status_desk.h"
#include "agent/app/pages/page.h"
#include "core/base/assert.h"

static void request_ping(struct tb_request *r)
{
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_json_put_int(&w, "wall_ms", tb_loop_wall_ms(r->agent->loop));
    tb_request_answer_end(r, &w);
}

static const struct tb_request_method methods[] = {
    {"status", tb_status_desk_status},
    {"metrics", tb_status_desk_metrics},
    {"keys", tb_keys_desk_list},
    {"reader.list", tb_reader_ask_list},
    {"ping", request_ping},
};

static const struct tb_request_desk desk = {.methods = methods,
                                            .method_count = TB_ARRAY_SIZE(methods),
                                            .size_max = TB_COUNTER_MESSAGE_MAX,
                                            .send = tb_page_answer};

void tb_it_request(struct tb_agent *agent, uint32_t page, struct tb_span message)
{
    tb_request_handle(agent, &desk, page, message);
}
