#include "agent/app/handover/send_code.h"

#include "agent/app/agent.h"
#include "agent/app/pages/shopping.h"
#include "agent/counter/qr.h"
#include "core/credential/handover.h"
#include "host/log/log.h"

static void put_qr(struct tb_json_writer *w, const char *text)
{
    struct tb_qr qr;
    enum tb_err err = tb_qr_of(text, &qr);
    if (err != TB_OK) {
        tb_log(TB_LOG_ERROR, TB_EVENT("send_code", "no_qr"), tb_log_err(err));
        tb_json_put_null(w, "qr");
        return;
    }
    tb_qr_encode(w, "qr", &qr);
}

static void answer(struct tb_agent *agent, const struct tb_request *asker, const struct tb_handover_own *own)
{
    char text[TB_HANDOVER_TEXT_SIZE_MAX + 1];
    bool fits = tb_handover_text(agent->identify.policy.rules, own->code, text, sizeof text) == TB_OK;
    const char *shown = fits ? text : own->code;
    struct tb_json_writer w = tb_request_answer_begin(asker);
    tb_json_put_str(&w, "code", own->code);
    tb_json_put_int(&w, "until_ms", own->until_ms);
    tb_json_put_str(&w, "text", shown);
    put_qr(&w, shown);
    tb_request_answer_end(asker, &w);
}

static void refuse(const struct tb_request *asker, enum tb_err err)
{
    const char *text = "The cart cannot be sent just now.";
    if (err == TB_ERR_OFFLINE || err == TB_ERR_TIMEOUT)
        text = "There is no connection: the cart cannot be sent. It can be paid at this store's tills.";
    else if (err == TB_ERR_NOT_FOUND)
        text = "There is no cart to send.";
    else if (err == TB_ERR_HANDOVER_LIMIT)
        text = "Too many codes were given out here within a few minutes.";
    tb_request_refuse(asker, err, text);
}

static void sent(struct tb_agent *agent, const struct tb_request *asker, enum tb_err err,
                 const struct tb_handover_own *own)
{
    if (err == TB_OK && own->code[0])
        answer(agent, asker, own);
    else
        refuse(asker, err == TB_OK ? TB_ERR_NOT_FOUND : err);
}

void tb_send_code_request(struct tb_request *r)
{
    struct tb_agent *agent = r->agent;
    const struct tb_handover_own *own = tb_handovers_own(agent, TB_HANDOVER_FOR_CONTINUE);
    const struct tb_handover_wish wish = {
        .reason = TB_HANDOVER_FOR_CONTINUE, .to = TB_HANDOVER_TO_ANY, .note = ""};
    if (!tb_shopping_visit(r))
        return;
    enum tb_err err = agent->serving.cart.cart.line_count ? TB_OK : TB_ERR_NOT_FOUND;
    if (err == TB_OK && !tb_serving_opens(&agent->serving, TB_BENEFIT_SHOW_CART))
        err = TB_ERR_ASSURANCE;
    if (err == TB_OK)
        err = tb_handovers_request(agent, &wish, sent, r);
    if (err == TB_ERR_CONFLICT && own->stage == TB_HANDOVER_STAGE_WAITING)
        answer(agent, r, own);
    else if (err != TB_OK)
        refuse(r, err);
}
