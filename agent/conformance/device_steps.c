#include "agent/conformance/steps.h"

#include "core/base/assert.h"

#include <stdio.h>

/* UnifiedPOS 1.14, appendix A. */
enum { E_CLAIMED = 102, SUE_POWER_ONLINE = 2001, SUE_POWER_OFF_OFFLINE = 2004 };

static const char msr[] = "{\"device\":\"MSR\"}";

enum tb_step_end tb_device_claim(struct tb_talk *t, struct tb_scene *s, const char *device)
{
    enum tb_step_end end = tb_step_ask(t, s, "upos.claim", device);
    char code[32];
    (void)snprintf(code, sizeof code, "\"ErrorCode\":%d", E_CLAIMED);
    if (end != TB_STEP_FAILED || !strstr(t->seen, code))
        return end;
    s->why = "another POS has claimed the device";
    return TB_STEP_NOT_TRIED;
}

static enum tb_step_end upos_claim(struct tb_talk *t, struct tb_scene *s)
{
    return tb_device_claim(t, s, msr);
}

static bool is_device(struct tb_json params, const void *context)
{
    struct tb_check check = {.err = TB_OK};
    return tb_span_is(tb_json_text(&check, params, "device", TB_STEP_ID_SIZE), context);
}

static enum tb_step_end upos_data(struct tb_talk *t, struct tb_scene *s)
{
    struct tb_check check = {.err = TB_OK};
    if (!tb_talk_event(t, "upos.data", is_device, "MSR"))
        return TB_STEP_FAILED;
    struct tb_span number = tb_json_text(&check, t->rpc.params, "AccountNumber", TB_STEP_ID_SIZE);
    return tb_step_told(number.size > 0 && (!s->customer[0] || tb_span_is(number, s->customer)));
}

enum tb_step_end tb_device_is_off(struct tb_talk *t, struct tb_scene *s, const char *device)
{
    struct tb_check check = {.err = TB_OK};
    enum tb_step_end end = tb_step_ask(t, s, "upos.get", device);
    if (end != TB_STEP_HELD)
        return end;
    bool on = tb_json_bool(&check, t->rpc.result, "DataEventEnabled");
    return tb_step_told(check.err == TB_OK && !on && tb_json_bool(&check, t->rpc.result, "Claimed"));
}

static enum tb_step_end upos_off(struct tb_talk *t, struct tb_scene *s)
{
    return tb_device_is_off(t, s, msr);
}

static int64_t number_of(struct tb_json object, const char *name)
{
    struct tb_check check = {.err = TB_OK};
    return tb_json_int(&check, object, name, 0, INT32_MAX);
}

/* Switched on with PowerNotify, the device says at once that its reader is there. */
static enum tb_step_end upos_status(struct tb_talk *t, struct tb_scene *s)
{
    enum tb_step_end end = tb_step_ask(t, s, "upos.get", msr);
    if (end != TB_STEP_HELD)
        return end;
    if (number_of(t->rpc.result, "PowerState") != SUE_POWER_ONLINE) {
        s->why = "connect a card reader to the terminal";
        return TB_STEP_NOT_SEEN;
    }
    return tb_step_told(tb_talk_event(t, "upos.status", is_device, "MSR") &&
                        number_of(t->rpc.params, "Status") == SUE_POWER_ONLINE);
}

static enum tb_step_end upos_lost(struct tb_talk *t, struct tb_scene *s)
{
    enum tb_step_end end = tb_step_watch(t, s, "upos.status", NULL, NULL,
                                         "unplug the terminal's card reader, and plug it in again");
    if (end != TB_STEP_HELD)
        return end;
    return tb_step_told(is_device(t->rpc.params, "MSR") &&
                        number_of(t->rpc.params, "Status") == SUE_POWER_OFF_OFFLINE);
}

static enum tb_step_end upos_reset(struct tb_talk *t, struct tb_scene *s)
{
    if (!s->config->reset) {
        s->why = "what was counted is left alone without --reset-statistics";
        return TB_STEP_NOT_TRIED;
    }
    enum tb_step_end end = tb_step_ask(t, s, "upos.statistics", msr);
    if (end != TB_STEP_HELD)
        return end;
    int64_t before = number_of(t->rpc.result, "GoodReadCount");
    if (before == 0) {
        s->why = "nobody was recognised since it was counted";
        return TB_STEP_NOT_TRIED;
    }
    end = tb_step_ask(t, s, "upos.reset_statistics", msr);
    if (end == TB_STEP_HELD)
        end = tb_step_ask(t, s, "upos.statistics", msr);
    return end == TB_STEP_HELD ? tb_step_told(number_of(t->rpc.result, "GoodReadCount") < before) : end;
}

void tb_device_steps_begin(struct tb_talk *t, struct tb_scene *s)
{
    static const struct tb_step table[] = {
        {.id = "upos_open",
         .text = "upos.open opens the MSR",
         .scopes = TB_GRANT_DEVICE,
         .method = "upos.open",
         .params = msr},
        {.id = "upos_claim",
         .text = "upos.claim claims it",
         .scopes = TB_GRANT_DEVICE,
         .after = {"upos_open"},
         .run = upos_claim},
        {.id = "upos_power",
         .text = "upos.set has it tell of its reader",
         .scopes = TB_GRANT_DEVICE,
         .after = {"upos_claim"},
         .method = "upos.set",
         .params = "{\"device\":\"MSR\",\"property\":\"PowerNotify\",\"value\":true}"},
        {.id = "upos_enable",
         .text = "upos.set switches it on",
         .scopes = TB_GRANT_DEVICE,
         .after = {"upos_claim"},
         .method = "upos.set",
         .params = "{\"device\":\"MSR\",\"property\":\"DeviceEnabled\",\"value\":true}"},
        {.id = "upos_status",
         .text = "upos.status says that the reader is there",
         .scopes = TB_GRANT_DEVICE,
         .after = {"upos_power", "upos_enable"},
         .run = upos_status},
        {.id = "upos_events",
         .text = "and its events",
         .scopes = TB_GRANT_DEVICE,
         .after = {"upos_enable"},
         .method = "upos.set",
         .params = "{\"device\":\"MSR\",\"property\":\"DataEventEnabled\",\"value\":true}"},
    };
    tb_step_play(t, s, table, TB_ARRAY_SIZE(table));
}

void tb_device_steps_data(struct tb_talk *t, struct tb_scene *s)
{
    static const struct tb_step table[] = {
        {.id = "upos_data",
         .text = "the MSR's DataEvent is the customer",
         .scopes = TB_GRANT_DEVICE,
         .after = {"identify", "upos_events"},
         .run = upos_data},
        {.id = "upos_off",
         .text = "which has switched DataEventEnabled off",
         .scopes = TB_GRANT_DEVICE,
         .after = {"upos_data"},
         .run = upos_off},
    };
    tb_step_play(t, s, table, TB_ARRAY_SIZE(table));
}

void tb_device_steps_end(struct tb_talk *t, struct tb_scene *s)
{
    static const struct tb_step table[] = {
        {.id = "upos_health",
         .text = "upos.check_health says how the MSR is",
         .scopes = TB_GRANT_DEVICE,
         .after = {"upos_enable"},
         .method = "upos.check_health",
         .params = msr},
        {.id = "upos_clear",
         .text = "upos.clear_input drops what waits",
         .scopes = TB_GRANT_DEVICE,
         .after = {"upos_claim"},
         .method = "upos.clear_input",
         .params = msr},
        {.id = "upos_statistics",
         .text = "upos.statistics counts",
         .scopes = TB_GRANT_DEVICE,
         .after = {"upos_open"},
         .method = "upos.statistics",
         .params = msr},
        {.id = "upos_reset",
         .text = "upos.reset_statistics counts anew",
         .scopes = TB_GRANT_DEVICE,
         .after = {"upos_claim"},
         .run = upos_reset},
        {.id = "upos_lost",
         .text = "upos.status says that the reader is lost",
         .scopes = TB_GRANT_DEVICE,
         .after = {"upos_status"},
         .run = upos_lost},
        {.id = "upos_release",
         .text = "upos.release gives the MSR back",
         .scopes = TB_GRANT_DEVICE,
         .after = {"upos_claim"},
         .method = "upos.release",
         .params = msr},
        {.id = "upos_close",
         .text = "upos.close closes it",
         .scopes = TB_GRANT_DEVICE,
         .after = {"upos_open"},
         .method = "upos.close",
         .params = msr},
    };
    tb_step_play(t, s, table, TB_ARRAY_SIZE(table));
}
