#include "agent/app/pos/pos.h"

#include "agent/app/agent.h"
#include "agent/app/handover/handover_desk.h"
#include "agent/app/pages/page.h"
#include "agent/app/pages/shopping.h"
#include "agent/app/visit/checkout_desk.h"
#include "agent/counter/pos_gate.h"
#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/base/wipe.h"
#include "core/wire/member.h"
#include "host/log/log.h"

#define CODE_TEXT_SIZE_MAX 512 /* bytes of a line, as from a scanner */

const char *const tb_pos_grant_names[TB_POS_GRANT_COUNT] = {"customer", "cart",     "checkout", "identify",
                                                            "operator", "handover", "device",   "help"};

/* ---- who gets in ---- */

const struct tb_pos_client *tb_pos_client_find(const struct tb_agent *agent, uint32_t number)
{
    for (size_t i = 0; i < agent->pos.clients.count; i++)
        if (number != 0 && agent->pos.clients.at[i].number == number)
            return &agent->pos.clients.at[i];
    return NULL;
}

static bool origin_is_configured(const struct tb_agent *agent, struct tb_span origin)
{
    const struct tb_config_list *list = &agent->config.pos_origins;
    for (size_t i = 0; i < list->count; i++)
        if (tb_span_is(origin, list->text[i]))
            return true;
    return false;
}

bool tb_pos_origin(void *context, struct tb_span origin)
{
    const struct tb_agent *agent = context;
    for (size_t i = 0; i < agent->pos.clients.count; i++)
        if (tb_span_is(origin, agent->pos.clients.at[i].origin))
            return true;
    return origin_is_configured(agent, origin);
}

/* All are compared, whatever the outcome, so that time tells nothing about the tokens. */
static const struct tb_pos_client *token_find(const struct tb_agent *agent, struct tb_span token)
{
    uint8_t bytes[TB_SHA256_SIZE];
    const struct tb_pos_client *found = NULL;
    struct tb_buf decoded = tb_buf_of(bytes, sizeof bytes);
    if (tb_base64url_decode(token, &decoded) != TB_OK || decoded.size != sizeof bytes)
        return NULL;
    const struct tb_digest hash = tb_sha256(tb_buf_span(&decoded));
    tb_wipe(bytes, sizeof bytes);
    for (size_t i = 0; i < agent->pos.clients.count; i++)
        if (tb_span_equal_secret(tb_digest_span(&hash), tb_digest_span(&agent->pos.clients.at[i].token)))
            found = &agent->pos.clients.at[i];
    return found;
}

enum tb_err tb_pos_admit(void *context, struct tb_span token, struct tb_span origin, uint32_t *ret_client)
{
    const struct tb_agent *agent = context;
    *ret_client = 0;
    if (token.size == 0) /* may pair, and nothing else */
        return origin.size == 0 || origin_is_configured(agent, origin) ? TB_OK : TB_ERR_CONFLICT;
    const struct tb_pos_client *client = token_find(agent, token);
    if (!client)
        return TB_ERR_DENIED;
    bool fits = client->origin[0] ? tb_span_is(origin, client->origin)
                                  : origin.size == 0 || origin_is_configured(agent, origin);
    if (!fits)
        return TB_ERR_CONFLICT;
    *ret_client = client->number;
    return TB_OK;
}

/* ---- followers ---- */

struct tb_pos_follower *tb_pos_follower_find(struct tb_agent *agent, uint32_t page)
{
    for (size_t i = 0; i < TB_COUNTER_POS_MAX; i++)
        if (agent->pos.followers[i].page == page)
            return &agent->pos.followers[i];
    return NULL;
}

void tb_pos_opened(void *context, uint32_t page, uint32_t client)
{
    struct tb_agent *agent = context;
    struct tb_pos_follower *follower = tb_pos_follower_find(agent, 0);
    const struct tb_pos_client *who = tb_pos_client_find(agent, client);
    TB_ASSERT(follower && who); /* the counter has as many places, and admitted it in this turn */
    *follower = (struct tb_pos_follower){.page = page, .client = client};
    tb_log(TB_LOG_INFO, TB_EVENT("pos", "opened"), tb_log_int("client", client),
           tb_log_str("name", who->name));
    tb_pos_told_at_first(agent, page, who);
}

void tb_pos_closed(struct tb_agent *agent, uint32_t page)
{
    struct tb_pos_follower *follower = tb_pos_follower_find(agent, page);
    if (!follower)
        return;
    tb_log(TB_LOG_INFO, TB_EVENT("pos", "closed"), tb_log_int("client", follower->client));
    tb_wipe(follower, sizeof *follower);
}

void tb_pos_start(struct tb_agent *agent, const struct tb_pos_clients *clients)
{
    agent->pos.clients = *clients;
    agent->pos.pairing.timer.context = agent;
    agent->pos.started_ms = tb_loop_now_ms(agent->loop);
}

void tb_pos_stop(struct tb_agent *agent)
{
    tb_timer_cancel(&agent->pos.pairing.timer);
}

/* ---- what is asked ---- */

void tb_pos_put_session(struct tb_json_writer *w, const struct tb_agent *agent,
                        const struct tb_pos_client *client)
{
    tb_json_put_int(w, "api", TB_POS_API_VERSION);
    tb_json_put_str(w, "software", TB_AGENT_SOFTWARE);
    tb_json_put_int(w, "client", client->number);
    tb_json_put_str(w, "name", client->name);
    tb_pos_put_grants(w, client->grants);
    tb_json_put_int(w, "wall_ms", tb_loop_wall_ms(agent->loop));
}

static void request_info(struct tb_request *r)
{
    const struct tb_agent *agent = r->agent;
    const struct tb_pos_client *client = tb_pos_client_find(agent, agent->pos.asking);
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_pos_put_session(&w, agent, client);
    tb_request_answer_end(r, &w);
}

static void request_current(struct tb_request *r)
{
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_pos_put_visit(&w, r->agent);
    tb_request_answer_end(r, &w);
}

static void request_state(struct tb_request *r)
{
    const struct tb_agent *agent = r->agent;
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_status_put_state(&w, &agent->status, tb_loop_wall_ms(agent->loop));
    tb_request_answer_end(r, &w);
}

/* Somebody of the chain's operators, by id; null signs off. */
static void request_operator(struct tb_request *r)
{
    struct tb_agent *agent = r->agent;
    char id[TB_SHORT_SIZE_MAX + 1] = "";
    bool off = tb_json_type(tb_json_member(r->params, "operator")) == TB_JSON_NULL;
    if (!off)
        tb_member_token(&r->check, r->params, "operator", id, sizeof id);
    if (!tb_request_check(r))
        return;
    enum tb_err err = off ? TB_OK : tb_operators_sign_on(agent, id, "pos");
    if (off)
        tb_operators_sign_off(agent, "pos");
    if (err == TB_OK)
        tb_shopping_answer_done(r);
    else
        tb_request_refuse(r, err, "No operator of that id may sign on here.");
}

/* ---- codes that are handed in ---- */

static void code_ended(struct tb_agent *agent, const struct tb_request *asker,
                       const struct tb_handed_end *end)
{
    const struct tb_visit *visit = &agent->serving.visit;
    struct tb_json_writer w = tb_request_answer_begin(asker);
    tb_json_put_str(&w, "outcome", end->merged ? "merged" : tb_outcome_name(end->outcome));
    if (!end->merged)
        tb_json_put_str(&w, "code", tb_reason_name(end->reason));
    if (visit->open)
        tb_json_put_id(&w, "visit", &visit->id);
    else
        tb_json_put_null(&w, "visit");
    tb_request_answer_end(asker, &w);
}

/* As if a scanner had read it: what is a card number is dropped, a product goes into the cart. */
static void request_code(struct tb_request *r)
{
    struct tb_span code = tb_json_text(&r->check, r->params, "code", CODE_TEXT_SIZE_MAX);
    if (r->check.err == TB_OK && code.size == 0)
        tb_check_fail(&r->check, TB_ERR_RANGE, "code");
    if (tb_request_check(r) && tb_handed_take(r, TB_AGENT_READER_POS, code, code_ended) != TB_OK)
        tb_request_refuse(r, TB_ERR_BUSY, "Other codes are still being looked up.");
}

/* ---- the desks ---- */

static void request_not_granted(struct tb_request *r)
{
    tb_request_refuse(r, TB_ERR_DENIED, "This POS was not given the scope for it.");
}

static const struct {
    struct tb_request_method method;
    uint32_t grant; /* that it needs; 0: none */
} methods[] = {
    {{"session.info", request_info}, 0},
    {{"state", request_state}, 0},
    {{"ping", tb_shopping_ping}, 0},
    {{"customer.current", request_current}, TB_POS_MAY_CUSTOMER},
    {{"visit.end", tb_shopping_visit_end}, TB_POS_MAY_IDENTIFY},
    {{"operator.set", request_operator}, TB_POS_MAY_OPERATOR},
    {{"identify.code", request_code}, TB_POS_MAY_IDENTIFY},
    {{"cart.add", tb_shopping_add}, TB_POS_MAY_CART},
    {{"cart.set_quantity", tb_shopping_set_quantity}, TB_POS_MAY_CART},
    {{"cart.remove", tb_shopping_remove}, TB_POS_MAY_CART},
    {{"checkout.claim", tb_checkout_desk_claim}, TB_POS_MAY_CHECKOUT},
    {{"checkout.release", tb_checkout_desk_release}, TB_POS_MAY_CHECKOUT},
    {{"checkout.finish", tb_checkout_desk_finish}, TB_POS_MAY_CHECKOUT},
    {{"checkout.void", tb_checkout_desk_void}, TB_POS_MAY_CHECKOUT},
    {{"points.earn", tb_checkout_desk_earn}, TB_POS_MAY_CHECKOUT},
    {{"handover.request", tb_handover_desk_request}, TB_POS_MAY_HANDOVER},
    {{"handover.cancel", tb_handover_desk_cancel}, TB_POS_MAY_HANDOVER},
    {{"handover.accept", tb_handover_desk_accept}, TB_POS_MAY_HELP},
    {{"handover.decline", tb_handover_desk_decline}, TB_POS_MAY_HELP},
    {{"upos.open", tb_upos_open}, TB_POS_MAY_DEVICE},
    {{"upos.close", tb_upos_close}, TB_POS_MAY_DEVICE},
    {{"upos.claim", tb_upos_claim}, TB_POS_MAY_DEVICE},
    {{"upos.release", tb_upos_release}, TB_POS_MAY_DEVICE},
    {{"upos.set", tb_upos_set}, TB_POS_MAY_DEVICE},
    {{"upos.get", tb_upos_get}, TB_POS_MAY_DEVICE},
    {{"upos.clear_input", tb_upos_clear_input}, TB_POS_MAY_DEVICE},
    {{"upos.check_health", tb_upos_check_health}, TB_POS_MAY_DEVICE},
    {{"upos.statistics", tb_upos_statistics}, TB_POS_MAY_DEVICE},
    {{"upos.reset_statistics", tb_upos_reset_statistics}, TB_POS_MAY_DEVICE},
};

/* Before it has a token a POS can ask for one, and nothing else. */
static const struct tb_request_method pairing_methods[] = {
    {"pair.begin", tb_pos_pair_begin},
    {"pair.finish", tb_pos_pair_finish},
};

static const struct tb_request_desk pairing_desk = {.methods = pairing_methods,
                                                    .method_count = TB_ARRAY_SIZE(pairing_methods),
                                                    .size_max = TB_COUNTER_MESSAGE_MAX,
                                                    .send = tb_page_answer};

bool tb_pos_call(void *context, uint32_t page, uint32_t client, struct tb_span origin, struct tb_span message)
{
    struct tb_agent *agent = context;
    const struct tb_pos_client *who = tb_pos_client_find(agent, client);
    struct tb_request_method allowed[TB_ARRAY_SIZE(methods)];
    const struct tb_request_desk desk = {.methods = allowed,
                                         .method_count = TB_ARRAY_SIZE(allowed),
                                         .size_max = TB_COUNTER_MESSAGE_MAX,
                                         .send = tb_page_answer};
    for (size_t i = 0; i < TB_ARRAY_SIZE(methods); i++) {
        allowed[i] = methods[i].method;
        if (who && (methods[i].grant & ~who->grants))
            allowed[i].handle = request_not_granted;
    }
    agent->pos.asking = who ? client : 0;
    agent->pos.origin = origin;
    bool answered = tb_request_handle(agent, who ? &desk : &pairing_desk, page, message);
    agent->pos.asking = 0;
    agent->pos.origin = tb_span_of(NULL, 0);
    return answered;
}
