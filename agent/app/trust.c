/* What credentials are judged by: the keys and the policy of the chain, as the device feed brought them. */
#include "agent/app/agent.h"

void tb_trust_apply(struct tb_agent *agent)
{
    struct tb_identify_policy policy = tb_identify_policy_default();
    policy.keys = &agent->facts.ring;
    tb_identify_set_policy(&agent->identify, &policy);
    tb_sessions_apply(agent);
}

void tb_trust_clock(struct tb_agent *agent)
{
    tb_identify_set_wall(&agent->identify, tb_loop_wall_ms(agent->loop), tb_loop_now_ms(agent->loop));
}
