/*
 * Operators: who is the clerk at this terminal. A badge signs on and, shown again, off; so do a request and
 * IDLE (the configuration's operator_idle seconds without anything that a clerk did: what the page asks, and
 * products that are scanned; cards and codes are customers'). Who may sign on comes
 * by the device feed, so that a badge works with the line down; who may not any more is signed off.
 *
 * Where the chain's policy asks for it (operator_required), what looks at a person and what stands in the
 * audit stream as somebody's act is refused at a till until somebody has signed on. Who shows a card is
 * served all the same: she is recognised, her cart is rung up and paid. Nobody signs on at a kiosk, and
 * nothing is refused there.
 *
 * The operator stands in every change that is made meanwhile and in the audit stream, by id; the name is for
 * the screen. Nobody is signed on after a start. One at a time. Loop's thread only.
 */
#ifndef TB_AGENT_APP_VISIT_OPERATORS_H
#define TB_AGENT_APP_VISIT_OPERATORS_H

#include "agent/app/pages/page.h"
#include "agent/app/request.h"
#include "core/credential/credential.h"
#include "core/identify/identify.h"
#include "core/wire/mutation.h"
#include "host/log/log.h"
#include "host/loop/loop.h"

struct tb_operators {
    char id[TB_SHORT_SIZE_MAX + 1]; /* "": nobody is signed on */
    char name[TB_NAME_SIZE_MAX + 1];
    struct tb_timer idle;
};

/* "": nobody. Borrowed until the next call. */
const char *tb_operators_id(const struct tb_agent *agent);
/* The chain's policy asks for a clerk at tills. */
bool tb_operators_required(const struct tb_agent *agent);
/* It does, and nobody is signed on. */
bool tb_operators_missing(const struct tb_agent *agent);
/* For what a person is to answer for. False: somebody has to sign on first, and the asker was told. */
bool tb_operators_admit(struct tb_request *r);
/* For tb_audit(): who did it. */
struct tb_log_field tb_operators_field(const struct tb_agent *agent);

/* A badge was shown, which is then the owner's of the attempt to wipe. */
enum tb_badge tb_operators_badge(struct tb_agent *agent, const struct tb_credential *badge);

/* Somebody else knows who it is (a POS); by names that in the audit stream. Whoever was signed on is signed
 * off. TB_ERR_NOT_FOUND: no operator of this id may sign on here. */
TB_MUST_USE enum tb_err tb_operators_sign_on(struct tb_agent *agent, const char *id, const char *by);
/* by as above: "badge", "page", "idle" … Nobody is signed on: nothing happens. */
void tb_operators_sign_off(struct tb_agent *agent, const char *by);

/* A clerk did something. */
void tb_operators_activity(struct tb_agent *agent);
/* The list of those who may sign on has changed. */
void tb_operators_facts(struct tb_agent *agent);
void tb_operators_stop(struct tb_agent *agent);

/* Member `operator` of what pages and POS software are told. */
void tb_operators_put(struct tb_json_writer *w, const struct tb_agent *agent);
/* Tells the clerk's pages who is signed on. */
void tb_operators_show(struct tb_agent *agent, struct tb_page_to to);
/* operator.leave: the page's sign-off. */
void tb_operators_leave(struct tb_request *r);

#endif
