#include "agent/conformance/steps.h"

void tb_steps_alone(struct tb_talk *t, const struct tb_play_config *config, const struct tb_grants *grants)
{
    static struct tb_scene s;
    s = (struct tb_scene){.config = config, .grants = grants};
    tb_operator_steps(t, &s);
    tb_help_steps(t, &s);
    tb_scanner_steps(t, &s);
    tb_checkout_steps_wrong(t, &s);
    tb_takeover_steps(t, &s);
}

void tb_steps_customer(struct tb_talk *t, const struct tb_play_config *config, const struct tb_grants *grants)
{
    static struct tb_scene s;
    s = (struct tb_scene){.config = config, .grants = grants};
    bool ok = tb_talk_forget(t);
    tb_report_check(t->report, ok, "socket_still", "the websocket is still answered", t->seen);
    if (!ok)
        return;
    tb_device_steps_begin(t, &s);
    tb_visit_steps_begin(t, &s);
    tb_device_steps_data(t, &s);
    tb_visit_steps_current(t, &s);
    tb_cart_steps_put(t, &s);
    tb_checkout_steps(t, &s);
    tb_cart_steps_take(t, &s);
    tb_handover_steps(t, &s);
    tb_visit_steps_end(t, &s);
    tb_device_steps_end(t, &s);
    tb_sale_steps(t, &s);
}
