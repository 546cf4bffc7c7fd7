/* What credentials are judged by: the keys and the policy of the chain, as the device feed brought them. */
#include "agent/app/agent.h"

#include "host/log/log.h"

#include <stdlib.h>

/* A document that this program does not understand leaves nothing of it in force: all is as usual. */
static enum tb_err trust_read(struct tb_agent *agent, struct tb_span text)
{
    const size_t size = TB_JSON_ARENA_SIZE(TB_CREDENTIALS_JSON_SIZE_MAX);
    void *block = malloc(size);
    if (!block)
        return TB_ERR_NO_MEMORY;
    struct tb_arena arena = tb_arena_of(block, size);
    enum tb_err err = tb_trust_doc_parse(text, &arena, &agent->trust);
    if (err != TB_OK) {
        tb_arena_release(&arena, 0);
        enum tb_err usual = tb_trust_doc_parse(tb_span_str(""), &arena, &agent->trust);
        err = usual == TB_OK ? err : usual;
    }
    free(block);
    return err;
}

void tb_trust_apply(struct tb_agent *agent)
{
    struct tb_identify_policy policy = tb_identify_policy_default();
    agent->policy = agent->facts.policy_known ? agent->facts.policy : tb_policy_default();
    enum tb_err err = trust_read(agent, tb_span_str(agent->policy.credentials));
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("policy", "credentials_not_understood"), tb_log_err(err));
    policy.rules = &agent->trust.codes.rules;
    policy.keys = &agent->facts.ring;
    policy.kinds_refused = agent->trust.kinds_refused;
    policy.uid_accepted = agent->trust.uid_accepted;
    tb_identify_set_policy(&agent->identify, &policy);
    tb_sessions_apply(agent);
}

void tb_trust_clock(struct tb_agent *agent)
{
    tb_identify_set_wall(&agent->identify, tb_loop_wall_ms(agent->loop), tb_loop_now_ms(agent->loop));
}
