#include "agent/app/agent.h"

#include "host/system/system.h"

enum tb_err tb_carts_change(struct tb_agent *agent, struct tb_mutation *mutation, struct tb_cart_ask ask)
{
    struct tb_serving *serving = &agent->serving;
    if (!serving->visit.open)
        return TB_ERR_NOT_FOUND;
    mutation->customer = serving->record.customer;
    mutation->cart = serving->cart_id;
    mutation->visit = serving->visit.id;
    if (mutation->kind == TB_MUTATION_CART_ADD)
        mutation->line = tb_id_random(tb_rng_system());
    else if (!tb_cart_find(&serving->cart.cart, &mutation->line))
        return TB_ERR_NOT_FOUND;
    tb_visit_activity(&serving->visit, tb_loop_now_ms(agent->loop));
    tb_agent_rearm(agent);
    return tb_mutations_store(agent, mutation, ask);
}
