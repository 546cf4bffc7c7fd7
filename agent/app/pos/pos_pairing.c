#include "agent/app/agent.h"
#include "agent/app/pages/page.h"
#include "agent/app/pages/shopping.h"
#include "agent/app/pos/pos.h"

#include "agent/counter/peer.h"
#include "agent/counter/pos_gate.h"
#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/base/wipe.h"
#include "host/log/log.h"
#include "host/system/system.h"

#include <stdio.h>
#include <stdlib.h>

#define TOKEN_SIZE TB_SHA256_SIZE /* bytes */
#define CODE_COUNT 1000000u       /* of TB_POS_CODE_SIZE digits */

/* ---- what the clerk sees ---- */

void tb_pos_pairing_show(struct tb_agent *agent, uint32_t page)
{
    const struct tb_pos_pairing *pairing = &agent->pos.pairing;
    const struct tb_page_to to = {.page = page, .scopes = TB_PAGE_CLERKS};
    if (page != 0 && !pairing->open)
        return;
    struct tb_json_writer w = tb_page_begin(agent, "pairing");
    if (pairing->open) {
        tb_json_open(&w, "pairing");
        tb_json_put_str(&w, "name", pairing->asked.name);
        tb_json_put_str(&w, "code", pairing->code);
        tb_json_put_int(&w, "until_ms", pairing->until_wall_ms);
        tb_pos_put_grants(&w, pairing->asked.grants);
        if (pairing->asked.origin[0])
            tb_json_put_str(&w, "origin", pairing->asked.origin);
        tb_json_close(&w);
    } else
        tb_json_put_null(&w, "pairing");
    tb_page_end(agent, &w, to, TB_COUNTER_TOPIC_PAIRING);
}

static void pairing_close(struct tb_agent *agent)
{
    struct tb_pos_pairing *pairing = &agent->pos.pairing;
    tb_timer_cancel(&pairing->timer);
    pairing->open = false;
    pairing->finishing = false;
    tb_wipe(pairing->code, sizeof pairing->code);
    tb_pos_pairing_show(agent, 0);
}

static void pairing_late(struct tb_timer *timer)
{
    struct tb_agent *agent = timer->context;
    if (agent->pos.pairing.finishing)
        return;
    tb_log(TB_LOG_INFO, TB_EVENT("pos", "pairing_late"));
    tb_pos_guard_lapsed(&agent->pos.guard, agent->pos.pairing.asker);
    pairing_close(agent);
}

/* ---- its beginning ---- */

/* So that every code is as likely as the others. */
static void code_draw(char ret_code[TB_POS_CODE_SIZE + 1])
{
    const struct tb_rng *rng = tb_rng_system();
    const uint32_t fair = UINT32_MAX - UINT32_MAX % CODE_COUNT;
    uint32_t drawn = 0;
    do
        rng->fill(rng->context, (uint8_t *)&drawn, sizeof drawn);
    while (drawn >= fair);
    int size = snprintf(ret_code, TB_POS_CODE_SIZE + 1, "%06u", drawn % CODE_COUNT);
    TB_ASSERT(size == TB_POS_CODE_SIZE);
}

static uint32_t grants_read(struct tb_request *r)
{
    uint32_t grants = 0;
    struct tb_json list = tb_json_array(&r->check, r->params, "scopes", TB_POS_GRANT_COUNT);
    for (struct tb_json_each each = tb_json_first(list); tb_json_exists(each.value); tb_json_next(&each)) {
        struct tb_span name = tb_json_as_text(&r->check, each.value, "scopes", TB_SHORT_SIZE_MAX);
        unsigned i = 0;
        while (i < TB_POS_GRANT_COUNT && !tb_span_is(name, tb_pos_grant_names[i]))
            i++;
        if (i < TB_POS_GRANT_COUNT)
            grants |= 1u << i;
        else
            tb_check_fail(&r->check, TB_ERR_RANGE, "scopes");
    }
    if (r->check.err == TB_OK && grants == 0)
        tb_check_fail(&r->check, TB_ERR_MISSING, "scopes");
    return grants;
}

/* It stands beside the code that the clerk is to type: a name that turned it around, or was longer than it
 * looks, would be one that nobody asked for. */
static void name_read(struct tb_request *r, char *ret_name, size_t size_max)
{
    tb_json_str(&r->check, r->params, "name", ret_name, size_max);
    const struct tb_span name = tb_span_str(ret_name);
    bool shown = name.size > 0;
    for (size_t i = 0; i < name.size; i++)
        shown = shown && tb_text_control(name, i) == 0;
    if (r->check.err == TB_OK && !shown)
        tb_check_fail(&r->check, TB_ERR_RANGE, "name");
}

/* The page that asks is the one that the token is for; other software may name the page that it has. */
static void client_read(struct tb_request *r, struct tb_pos_client *ret_client)
{
    struct tb_span page = r->agent->pos.origin;
    *ret_client = (struct tb_pos_client){.grants = 0};
    name_read(r, ret_client->name, sizeof ret_client->name);
    ret_client->grants = grants_read(r);
    if (tb_json_has(r->params, "origin"))
        tb_json_str(&r->check, r->params, "origin", ret_client->origin, sizeof ret_client->origin);
    if (r->check.err != TB_OK)
        return;
    if (ret_client->origin[0] && !tb_pos_gate_origin_valid(tb_span_str(ret_client->origin)))
        tb_check_fail(&r->check, TB_ERR_SYNTAX, "origin");
    else if (page.size > 0 && ret_client->origin[0] && !tb_span_is(page, ret_client->origin))
        tb_check_fail(&r->check, TB_ERR_CONFLICT, "origin");
    else if (page.size > 0 && tb_span_to_str(page, ret_client->origin, sizeof ret_client->origin) != TB_OK)
        tb_check_fail(&r->check, TB_ERR_TOO_LONG, "origin");
}

static bool clients_full(const struct tb_pos *pos)
{
    return pos->clients.count + pos->granting_count >= TB_POS_CLIENT_MAX;
}

/* Wall clock; 0: it is not. Software of another user of this machine, whose pairings came to nothing, does
 * not keep anybody off. */
static int64_t kept_off_until_ms(const struct tb_agent *agent, uint32_t asker)
{
    const struct tb_pos_pairing *pairing = &agent->pos.pairing;
    const struct tb_pos_guard *guard = &agent->pos.guard;
    int64_t pause_ms = tb_pos_guard_pause_ms(guard, asker, tb_loop_now_ms(agent->loop));
    if (pause_ms > 0)
        return tb_loop_wall_ms(agent->loop) + pause_ms;
    bool in_the_way =
        pairing->open && (pairing->finishing || !tb_pos_guard_yields(guard, pairing->asker, asker));
    return in_the_way ? pairing->until_wall_ms : 0;
}

static void busy_tell(const struct tb_request *r, int64_t until_ms)
{
    struct tb_buf *to = &r->agent->page;
    tb_buf_reset(to);
    struct tb_json_writer w = tb_rpc_begin_error(
        to, r->id, tb_rpc_number_of(TB_ERR_BUSY), tb_err_name(TB_ERR_BUSY),
        "Another POS is being paired, or one of this user was refused, or guessed codes. Try again after "
        "until_ms, or have it granted: tillbridge pos grant");
    tb_json_put_int(&w, "until_ms", until_ms);
    tb_rpc_end_error(&w);
    r->send(r->agent, r->from);
}

static bool begin_refuse(const struct tb_request *r, const char *name, uint32_t asker)
{
    int64_t until_ms = kept_off_until_ms(r->agent, asker);
    if (asker == TB_PEER_UNKNOWN) {
        tb_log(TB_LOG_WARN, TB_EVENT("pos", "asker_unknown"), tb_log_str("name", name));
        tb_request_refuse(
            r, TB_ERR_DENIED,
            "Which user of this machine asks cannot be told. Keep the connection open until the "
            "answer is there, or have it granted: tillbridge pos grant");
    } else if (until_ms != 0)
        busy_tell(r, until_ms);
    else if (clients_full(&r->agent->pos))
        tb_request_refuse(r, TB_ERR_FULL, "As many are paired as can be: tillbridge pos revoke");
    else
        return false;
    return true;
}

void tb_pos_pair_begin(struct tb_request *r)
{
    struct tb_agent *agent = r->agent;
    struct tb_pos_pairing *pairing = &agent->pos.pairing;
    struct tb_pos_client asked;
    client_read(r, &asked);
    if (!tb_request_check(r))
        return;
    uint32_t asker = tb_counter_user(agent->counter, r->from);
    if (begin_refuse(r, asked.name, asker))
        return;
    pairing->open = true;
    pairing->id = tb_id_random(tb_rng_system());
    pairing->asked = asked;
    pairing->asker = asker;
    pairing->until_wall_ms = tb_loop_wall_ms(agent->loop) + TB_POS_PAIRING_MS;
    code_draw(pairing->code);
    tb_timer_set(agent->loop, &pairing->timer, TB_POS_PAIRING_MS, pairing_late);
    tb_log(TB_LOG_INFO, TB_EVENT("pos", "pairing"), tb_log_str("name", asked.name));
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_json_put_id(&w, "pairing", &pairing->id);
    tb_json_put_int(&w, "until_ms", pairing->until_wall_ms);
    tb_request_answer_end(r, &w);
    tb_pos_pairing_show(agent, 0);
}

/* ---- its end ---- */

struct granting {
    struct tb_agent *agent;
    struct tb_pos_client client;
    bool paired; /* by a code, not by the command line */
    uint8_t token[TOKEN_SIZE];
    uint32_t from;
    int64_t request;
    void (*send)(struct tb_agent *agent, uint32_t to);
};

static void granted(void *context, enum tb_err err)
{
    struct granting *granting = context;
    struct tb_agent *agent = granting->agent;
    struct tb_pos_clients *clients = &agent->pos.clients;
    const struct tb_pos_client *client = &granting->client;
    const struct tb_request r = {
        .agent = agent, .from = granting->from, .id = granting->request, .send = granting->send};
    agent->pos.granting_count--;
    if (granting->paired)
        pairing_close(agent);
    if (err == TB_OK)
        err = tb_audit(TB_EVENT("pos", "paired"), tb_log_int("client", client->number),
                       tb_log_str("name", client->name),
                       tb_log_str("by", granting->paired ? "code" : "console"));
    if (err != TB_OK) {
        tb_request_refuse(&r, err, "The token could not be stored.");
    } else {
        clients->at[clients->count++] = *client;
        struct tb_json_writer w = tb_request_answer_begin(&r);
        tb_json_put_int(&w, "client", client->number);
        tb_json_put_base64url(&w, "token", tb_span_of(granting->token, sizeof granting->token));
        tb_pos_put_grants(&w, client->grants);
        tb_request_answer_end(&r, &w);
    }
    tb_wipe(granting->token, sizeof granting->token);
}

/* Above all that are paired, and all that are being stored or were revoked since the agent began: what was
 * told of a number is about one client. */
static uint32_t number_next(struct tb_pos *pos)
{
    for (size_t i = 0; i < pos->clients.count; i++)
        if (pos->clients.at[i].number > pos->number_last)
            pos->number_last = pos->clients.at[i].number;
    return ++pos->number_last;
}

static void grant(const struct tb_request *r, const struct tb_pos_client *asked, bool paired)
{
    struct tb_agent *agent = r->agent;
    const struct tb_rng *rng = tb_rng_system();
    struct granting *granting = malloc(sizeof *granting);
    enum tb_err err = granting ? TB_OK : TB_ERR_NO_MEMORY;
    if (granting) {
        *granting = (struct granting){.agent = agent,
                                      .client = *asked,
                                      .paired = paired,
                                      .from = r->from,
                                      .request = r->id,
                                      .send = r->send};
        rng->fill(rng->context, granting->token, sizeof granting->token);
        granting->client.number = number_next(&agent->pos);
        granting->client.paired_ms = tb_loop_wall_ms(agent->loop);
        granting->client.token = tb_sha256(tb_span_of(granting->token, sizeof granting->token));
        err = tb_storage_pos(&agent->storage, &granting->client, true, granted, granting);
    }
    if (err == TB_OK) {
        agent->pos.granting_count++;
        return;
    }
    free(granting);
    if (paired)
        pairing_close(agent);
    tb_request_refuse(r, err, "The token could not be stored.");
}

static void guess_count(struct tb_agent *agent)
{
    struct tb_pos_guard *guard = &agent->pos.guard;
    const struct tb_pos_pairing *pairing = &agent->pos.pairing;
    int64_t now_ms = tb_loop_now_ms(agent->loop);
    if (!tb_pos_guard_guessed(guard, pairing->asker, now_ms))
        return;
    tb_log(TB_LOG_WARN, TB_EVENT("pos", "codes_guessed"), tb_log_str("name", pairing->asked.name),
           tb_log_int("pause_ms", tb_pos_guard_pause_ms(guard, pairing->asker, now_ms)));
    pairing_close(agent);
}

void tb_pos_pair_finish(struct tb_request *r)
{
    struct tb_agent *agent = r->agent;
    struct tb_pos_pairing *pairing = &agent->pos.pairing;
    struct tb_id id = tb_json_id(&r->check, r->params, "pairing");
    struct tb_span code = tb_json_text(&r->check, r->params, "code", 16);
    if (!tb_request_check(r))
        return;
    struct tb_span page = agent->pos.origin;
    bool same_page = page.size == 0 || tb_span_is(page, pairing->asked.origin);
    if (!pairing->open || pairing->finishing || !same_page ||
        !tb_span_equal_secret(tb_id_span(&id), tb_id_span(&pairing->id))) {
        tb_request_refuse(r, TB_ERR_NOT_FOUND, "That pairing is over.");
        return;
    }
    if (!tb_span_equal_secret(code, tb_span_str(pairing->code))) {
        guess_count(agent);
        tb_request_refuse(r, TB_ERR_DENIED, "That is not the code on the clerk's screen.");
        return;
    }
    tb_pos_guard_passed(&agent->pos.guard, pairing->asker);
    pairing->finishing = true;
    grant(r, &pairing->asked, true);
}

/* The clerk did not expect it. What has its token already is revoked on the command line. */
void tb_pos_pair_refuse(struct tb_request *r)
{
    struct tb_agent *agent = r->agent;
    struct tb_pos_pairing *pairing = &agent->pos.pairing;
    if (!pairing->open || pairing->finishing) {
        tb_request_refuse(r, TB_ERR_NOT_FOUND, "No POS is being paired.");
        return;
    }
    tb_log(TB_LOG_WARN, TB_EVENT("pos", "pairing_refused"), tb_log_str("name", pairing->asked.name),
           tb_operators_field(agent));
    tb_pos_guard_refused(&agent->pos.guard, pairing->asker, tb_loop_now_ms(agent->loop));
    tb_shopping_answer_done(r);
    pairing_close(agent);
}

/* ---- the command line ---- */

static unsigned connected_count(const struct tb_agent *agent, uint32_t number)
{
    unsigned count = 0;
    for (size_t i = 0; i < TB_COUNTER_POS_MAX; i++)
        count += agent->pos.followers[i].page != 0 && agent->pos.followers[i].client == number;
    return count;
}

void tb_pos_desk_list(struct tb_request *r)
{
    const struct tb_agent *agent = r->agent;
    struct tb_json_writer w = tb_request_answer_begin(r);
    tb_json_open_array(&w, "clients");
    for (size_t i = 0; i < agent->pos.clients.count; i++) {
        const struct tb_pos_client *client = &agent->pos.clients.at[i];
        tb_json_open(&w, NULL);
        tb_json_put_int(&w, "client", client->number);
        tb_json_put_str(&w, "name", client->name);
        tb_pos_put_grants(&w, client->grants);
        if (client->origin[0])
            tb_json_put_str(&w, "origin", client->origin);
        tb_json_put_int(&w, "paired_ms", client->paired_ms);
        tb_json_put_int(&w, "connected", connected_count(agent, client->number));
        tb_json_close(&w);
    }
    tb_json_close_array(&w);
    tb_json_put_int(&w, "port", tb_counter_port(agent->counter));
    tb_json_put_int(&w, "wall_ms", tb_loop_wall_ms(agent->loop));
    tb_request_answer_end(r, &w);
}

void tb_pos_desk_grant(struct tb_request *r)
{
    struct tb_pos_client asked;
    client_read(r, &asked);
    if (!tb_request_check(r))
        return;
    if (clients_full(&r->agent->pos))
        tb_request_refuse(r, TB_ERR_FULL, "As many are paired as can be.");
    else
        grant(r, &asked, false);
}

struct revoking {
    struct tb_agent *agent;
    uint32_t from;
    int64_t request;
    void (*send)(struct tb_agent *agent, uint32_t to);
};

static void revoked(void *context, enum tb_err err)
{
    const struct revoking *revoking = context;
    const struct tb_request r = {
        .agent = revoking->agent, .from = revoking->from, .id = revoking->request, .send = revoking->send};
    if (err != TB_OK) {
        tb_request_refuse(&r, err, "It is shut out until the agent ends; the disk did not take it.");
        return;
    }
    struct tb_json_writer w = tb_request_answer_begin(&r);
    tb_request_answer_end(&r, &w);
}

static void client_remove(struct tb_agent *agent, uint32_t number)
{
    struct tb_pos_clients *clients = &agent->pos.clients;
    size_t kept = 0;
    for (size_t i = 0; i < clients->count; i++)
        if (clients->at[i].number != number)
            clients->at[kept++] = clients->at[i];
    tb_wipe(&clients->at[kept], sizeof clients->at[kept]);
    clients->count = kept;
}

/* It is shut out at once, whatever the disk says. */
void tb_pos_desk_revoke(struct tb_request *r)
{
    struct tb_agent *agent = r->agent;
    int64_t number = tb_json_int(&r->check, r->params, "client", 1, UINT32_MAX);
    if (!tb_request_check(r))
        return;
    const struct tb_pos_client *found = tb_pos_client_find(agent, (uint32_t)number);
    struct revoking *revoking = found ? malloc(sizeof *revoking) : NULL;
    if (!revoking) {
        tb_request_refuse(r, found ? TB_ERR_NO_MEMORY : TB_ERR_NOT_FOUND, "No POS of that number is paired.");
        return;
    }
    const struct tb_pos_client client = *found;
    *revoking = (struct revoking){.agent = agent, .from = r->from, .request = r->id, .send = r->send};
    enum tb_err err = tb_audit(TB_EVENT("pos", "revoked"), tb_log_int("client", number));
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("audit", "write_failed"), tb_log_err(err));
    client_remove(agent, client.number);
    tb_counter_pos_end(agent->counter, client.number);
    err = tb_storage_pos(&agent->storage, &client, false, revoked, revoking);
    if (err == TB_OK)
        return;
    free(revoking);
    tb_request_refuse(r, err, "It is shut out until the agent ends.");
}
