#include "agent/conformance/grants.h"

#include "core/base/assert.h"

#include <stdio.h>

#define NAME_SIZE_MAX 32
#define STATE_SIZE_MAX 32

/* By the number of the bit, each with a call that needs it. Without params it does nothing, also when it is
 * let through. */
static const struct {
    const char *name;
    const char *method;
} scopes[] = {{"customer", "customer.current"}, {"cart", "cart.add"},
              {"checkout", "checkout.finish"},  {"identify", "visit.end"},
              {"operator", "operator.set"},     {"handover", "handover.request"},
              {"device", "upos.open"},          {"help", "handover.accept"}};

bool tb_grants_read(struct tb_talk *t, struct tb_grants *ret_grants)
{
    struct tb_check check = {.err = TB_OK};
    *ret_grants = (struct tb_grants){.scopes = 0};
    if (!tb_talk_call(t, "session.info", "{}") || t->rpc.kind != TB_RPC_RESULT)
        return false;
    struct tb_json list = tb_json_array(&check, t->rpc.result, "scopes", TB_ARRAY_SIZE(scopes));
    for (struct tb_json_each each = tb_json_first(list); tb_json_exists(each.value); tb_json_next(&each)) {
        struct tb_span name = tb_json_as_text(&check, each.value, "scopes", NAME_SIZE_MAX);
        for (unsigned i = 0; i < TB_ARRAY_SIZE(scopes); i++)
            ret_grants->scopes |= tb_span_is(name, scopes[i].name) ? 1u << i : 0;
    }
    if (check.err != TB_OK || !tb_talk_call(t, "state", "{}") || t->rpc.kind != TB_RPC_RESULT)
        return false;
    struct tb_json line = tb_json_object(&check, t->rpc.result, "line");
    ret_grants->live = tb_span_is(tb_json_text(&check, line, "state", STATE_SIZE_MAX), "live");
    return check.err == TB_OK;
}

const char *tb_grants_missing(const struct tb_grants *grants, unsigned needed)
{
    for (unsigned i = 0; i < TB_ARRAY_SIZE(scopes); i++)
        if (needed & ~grants->scopes & (1u << i))
            return scopes[i].name;
    return NULL;
}

void tb_grants_ungranted(struct tb_talk *t, const struct tb_grants *grants)
{
    for (unsigned i = 0; i < TB_ARRAY_SIZE(scopes); i++) {
        char id[48];
        char text[96];
        (void)snprintf(id, sizeof id, "scope_%s", scopes[i].name);
        (void)snprintf(text, sizeof text, "%s is refused without the scope %s", scopes[i].method,
                       scopes[i].name);
        if (grants->scopes & (1u << i))
            tb_report_skip(t->report, id, text, "it was granted");
        else
            tb_report_check(t->report, tb_talk_is_refused(t, scopes[i].method, "{}", "refused.denied"), id,
                            text, t->seen);
    }
}
