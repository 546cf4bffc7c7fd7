#include "agent/conformance/steps.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/credential/digits.h"

#include <stdio.h>

/* UnifiedPOS 1.14, appendix A. */
enum {
    E_FAILURE = 111,
    EL_INPUT = 2,
    SCAN_SDT_UPCA = 101,
    SCAN_SDT_EAN8 = 103,
    SCAN_SDT_EAN13 = 104,
    SCAN_SDT_OTHER = 501
};

/* Of a product that no chain has: GS1 keeps the prefix 952 for examples. */
#define EXAMPLE_GTIN "09520000000004"

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

/* How a scanner delivers the product's number, and what UnifiedPOS calls that. */
struct label {
    const char *text;
    int64_t type;
};

static struct label label_of(const struct tb_scene *s)
{
    const char *gtin = s->config->gtin[0] ? s->config->gtin : EXAMPLE_GTIN;
    size_t zeros = strspn(gtin, "0");
    if (zeros >= 6)
        return (struct label){gtin + 6, SCAN_SDT_EAN8};
    if (zeros >= 2)
        return (struct label){gtin + 2, SCAN_SDT_UPCA};
    if (zeros == 1)
        return (struct label){gtin + 1, SCAN_SDT_EAN13};
    return (struct label){gtin, SCAN_SDT_OTHER};
}

/* It would go into the cart of who is here; at a kiosk it begins a visit. */
static enum tb_step_end scanner_product(struct tb_talk *t, struct tb_scene *s)
{
    char params[TB_STEP_PARAMS_SIZE];
    const struct label label = label_of(s);
    if (!tb_gs1_check_valid(tb_span_str(label.text))) {
        s->why = "the number of --gtin has a wrong check digit";
        return TB_STEP_NOT_TRIED;
    }
    if (!tb_step_nobody_is_here(t, s))
        return TB_STEP_NOT_TRIED;
    (void)snprintf(params, sizeof params, "{\"code\":\"%s\"}", label.text);
    enum tb_step_end end = tb_step_ask(t, s, "identify.code", params);
    if (end != TB_STEP_HELD)
        return end;
    end = tb_step_told(tb_step_text_is(t->rpc.result, "outcome", "product"));
    if (tb_json_type(tb_json_member(t->rpc.result, "visit")) != TB_JSON_TEXT)
        return end;
    tb_json_str(&(struct tb_check){.err = TB_OK}, t->rpc.result, "visit", s->visit, sizeof s->visit);
    return tb_step_ask_of_visit(t, s, "visit.end") == TB_STEP_HELD ? end : TB_STEP_FAILED;
}

static bool is_scanner(struct tb_json params, const void *context)
{
    (void)context;
    return tb_step_text_is(params, "device", "Scanner");
}

static enum tb_step_end scanner_data(struct tb_talk *t, struct tb_scene *s)
{
    char bytes[32];
    struct tb_check check = {.err = TB_OK};
    const struct label label = label_of(s);
    struct tb_buf data = tb_buf_of(bytes, sizeof bytes);
    tb_base64url_add(&data, tb_span_str(label.text));
    if (!tb_talk_event(t, "upos.data", is_scanner, NULL))
        return TB_STEP_FAILED;
    struct tb_span told = tb_json_text(&check, t->rpc.params, "ScanData", sizeof bytes);
    return tb_step_told(tb_span_equal(told, tb_buf_span(&data)) &&
                        tb_step_text_is(t->rpc.params, "ScanDataLabel", label.text) &&
                        tb_json_int(&check, t->rpc.params, "ScanDataType", 0, INT32_MAX) == label.type);
}

static enum tb_step_end scanner_off(struct tb_talk *t, struct tb_scene *s)
{
    return tb_device_is_off(t, s, scanner);
}

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
    {.id = "scanner_decode",
     .text = "upos.set has it say what it read",
     .scopes = TB_GRANT_DEVICE,
     .after = {"scanner_enable"},
     .method = "upos.set",
     .params = "{\"device\":\"Scanner\",\"property\":\"DecodeData\",\"value\":true}"},
    {.id = "scanner_events_again",
     .text = "and its events, which the one before has switched off",
     .scopes = TB_GRANT_DEVICE,
     .after = {"scanner_enable"},
     .method = "upos.set",
     .params = "{\"device\":\"Scanner\",\"property\":\"DataEventEnabled\",\"value\":true}"},
    {.id = "scanner_product",
     .text = "a product's code is one",
     .scopes = TB_GRANT_IDENTIFY | TB_GRANT_CUSTOMER,
     .run = scanner_product},
    {.id = "scanner_data",
     .text = "the Scanner's DataEvent is that code, with its ScanDataType",
     .scopes = TB_GRANT_DEVICE,
     .after = {"scanner_events_again", "scanner_product"},
     .run = scanner_data},
    {.id = "scanner_off",
     .text = "which has switched DataEventEnabled off",
     .scopes = TB_GRANT_DEVICE,
     .after = {"scanner_data"},
     .run = scanner_off},
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

void tb_scanner_steps(struct tb_talk *t, struct tb_scene *s)
{
    tb_step_play(t, s, table, TB_ARRAY_SIZE(table));
}
