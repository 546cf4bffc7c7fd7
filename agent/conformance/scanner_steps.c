#include "agent/conformance/steps.h"

#include "core/base/assert.h"

/* UnifiedPOS 1.14, appendix A. */
enum { E_FAILURE = 111, EL_INPUT = 2 };

static const char scanner[] = "{\"device\":\"Scanner\"}";

static enum tb_step_end scanner_claim(struct tb_talk *t, struct tb_scene *s)
{
    return tb_device_claim(t, s, scanner);
}

/* Nobody's code, whoever is here. */
static enum tb_step_end scanner_code(struct tb_talk *t, struct tb_scene *s)
{
    enum tb_step_end end = tb_step_ask(t, s, "identify.code", "{\"code\":\"tillbridge conformance\"}");
    return end == TB_STEP_HELD ? tb_step_told(tb_step_text_is(t->rpc.result, "outcome", "not_a_code")) : end;
}

static enum tb_step_end scanner_error(struct tb_talk *t, struct tb_scene *s)
{
    struct tb_check check = {.err = TB_OK};
    (void)s;
    return tb_step_told(tb_talk_event(t, "upos.error", NULL, NULL) &&
                        tb_step_text_is(t->rpc.params, "device", "Scanner") &&
                        tb_json_int(&check, t->rpc.params, "ErrorCode", 0, INT32_MAX) == E_FAILURE &&
                        tb_json_int(&check, t->rpc.params, "ErrorLocus", 0, INT32_MAX) == EL_INPUT);
}

void tb_scanner_steps(struct tb_talk *t, struct tb_scene *s)
{
    static const struct tb_step table[] = {
        {.id = "scanner_open",
         .text = "upos.open opens the Scanner",
         .scopes = TB_GRANT_DEVICE,
         .method = "upos.open",
         .params = scanner},
        {.id = "scanner_claim",
         .text = "upos.claim claims it",
         .scopes = TB_GRANT_DEVICE,
         .after = {"scanner_open"},
         .run = scanner_claim},
        {.id = "scanner_enable",
         .text = "upos.set switches it on",
         .scopes = TB_GRANT_DEVICE,
         .after = {"scanner_claim"},
         .method = "upos.set",
         .params = "{\"device\":\"Scanner\",\"property\":\"DeviceEnabled\",\"value\":true}"},
        {.id = "scanner_events",
         .text = "and its events",
         .scopes = TB_GRANT_DEVICE,
         .after = {"scanner_enable"},
         .method = "upos.set",
         .params = "{\"device\":\"Scanner\",\"property\":\"DataEventEnabled\",\"value\":true}"},
        {.id = "code_wrong",
         .text = "a code that is none brings nobody",
         .scopes = TB_GRANT_IDENTIFY,
         .run = scanner_code},
        {.id = "scanner_error",
         .text = "the Scanner's ErrorEvent says that it could not be read",
         .scopes = TB_GRANT_DEVICE,
         .after = {"scanner_events", "code_wrong"},
         .run = scanner_error},
        {.id = "scanner_release",
         .text = "upos.release gives the Scanner back",
         .scopes = TB_GRANT_DEVICE,
         .after = {"scanner_claim"},
         .method = "upos.release",
         .params = scanner},
        {.id = "scanner_close",
         .text = "upos.close closes it",
         .scopes = TB_GRANT_DEVICE,
         .after = {"scanner_open"},
         .method = "upos.close",
         .params = scanner},
    };
    tb_step_play(t, s, table, TB_ARRAY_SIZE(table));
}
