#include "agent/app/agent.h"

#include "host/log/log.h"
#include "host/system/system.h"

#include <stdlib.h>

struct change {
    struct tb_agent *agent;
    struct tb_cart_ask ask;
};

static void change_stored(void *context, enum tb_err err, const struct tb_stored *stored)
{
    struct change *change = context;
    struct tb_agent *agent = change->agent;
    int64_t seq = 0;
    if (err == TB_OK) {
        seq = stored->mutation.seq;
        /* It is in the outbox whatever memory says; only its place on the screen would wait for the verdict.
         */
        enum tb_err shown = tb_pending_add(&agent->pending, &stored->mutation, TB_VERDICT_NONE, 0);
        if (shown != TB_OK)
            tb_log(TB_LOG_ERROR, TB_EVENT("carts", "pending_lost"), tb_log_err(shown));
        tb_tally_add(&agent->metrics.mutations, 1);
        if (tb_serving_is(&agent->serving, &stored->mutation.customer)) {
            tb_serving_overlay(&agent->serving);
            tb_pages_cart(agent);
        }
        tb_console_cart(agent, &stored->mutation);
        tb_line_stored(agent, stored);
    } else
        tb_log(TB_LOG_ERROR, TB_EVENT("carts", "not_stored"), tb_log_err(err));
    tb_pages_changed(agent, change->ask, seq, err);
    tb_pages_state(agent);
}

enum tb_err tb_carts_change(struct tb_agent *agent, struct tb_mutation *mutation, struct tb_cart_ask ask)
{
    struct tb_serving *serving = &agent->serving;
    if (!serving->visit.open)
        return TB_ERR_NOT_FOUND;
    mutation->customer = serving->record.customer;
    mutation->cart = serving->cart_id;
    mutation->visit = serving->visit.id;
    mutation->made_ms = tb_loop_wall_ms(agent->loop);
    if (mutation->kind == TB_MUTATION_CART_ADD)
        mutation->line = tb_id_random(tb_rng_system());
    else if (!tb_cart_find(&serving->cart.cart, &mutation->line))
        return TB_ERR_NOT_FOUND;
    struct change *change = malloc(sizeof *change);
    if (!change)
        return TB_ERR_NO_MEMORY;
    *change = (struct change){.agent = agent, .ask = ask};
    tb_visit_activity(&serving->visit, tb_loop_now_ms(agent->loop));
    tb_agent_rearm(agent);
    enum tb_err err = tb_storage_append(&agent->storage, mutation, change_stored, change);
    if (err != TB_OK)
        free(change);
    return err;
}
