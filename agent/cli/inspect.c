/* inspect: what a code or tag is, and what would become of it. Asks nobody; writes nothing. */
#include "agent/cli/inspect.h"

#include "agent/cli/cli.h"
#include "agent/cli/print.h"
#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/base/wipe.h"
#include "core/credential/ndef.h"
#include "core/credential/ruledoc.h"
#include "core/identify/meaning.h"
#include "host/system/system.h"

#include <time.h>

enum { OUT_SIZE_MAX = 64 * 1024, NAME_WIDTH = 12, RULES_SIZE_MAX = 16 * 1024 };

static uint8_t out_memory[OUT_SIZE_MAX];
static struct tb_keyring ring;
static struct tb_rules_doc rules_doc;

/* ---- the report ---- */

void tb_inspect_put(struct tb_inspect_report *r, const char *name, struct tb_span text)
{
    if (!tb_utf8_valid(text)) {
        tb_inspect_put_hex(r, name, text);
    } else if (!r->json) {
        tb_print_left(r->out, tb_span_str(name), NAME_WIDTH);
        tb_print_clean(r->out, text);
        tb_buf_add_u8(r->out, '\n');
    } else if (r->fields) {
        tb_json_open(&r->w, NULL);
        tb_json_put_str(&r->w, "name", name);
        tb_json_put_text(&r->w, "value", text);
        tb_json_close(&r->w);
    } else {
        tb_json_put_text(&r->w, name, text);
    }
}

void tb_inspect_put_str(struct tb_inspect_report *r, const char *name, const char *text)
{
    tb_inspect_put(r, name, tb_span_str(text));
}

void tb_inspect_put_hex(struct tb_inspect_report *r, const char *name, struct tb_span bytes)
{
    uint8_t memory[2 * TB_LINE_SIZE_MAX];
    struct tb_buf hex = tb_buf_of(memory, sizeof memory);
    tb_buf_add_hex(&hex, bytes);
    tb_inspect_put(r, name, tb_buf_span(&hex));
}

void tb_inspect_put_time(struct tb_inspect_report *r, const char *name, int64_t at_ms)
{
    char text[40];
    struct tm at;
    time_t seconds = (time_t)(at_ms / 1000);
    if (at_ms == 0 || gmtime_r(&seconds, &at) == NULL)
        return;
    size_t size = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &at);
    tb_inspect_put(r, name, tb_span_of(text, size));
}

void tb_inspect_fields_begin(struct tb_inspect_report *r)
{
    if (r->json)
        tb_json_open_array(&r->w, "fields");
    r->fields = true;
}

void tb_inspect_fields_end(struct tb_inspect_report *r)
{
    if (r->json)
        tb_json_close_array(&r->w);
    r->fields = false;
}

enum tb_cli_exit tb_inspect_flush(const struct tb_cli *cli, struct tb_inspect_report *r,
                                  enum tb_cli_exit exit_code)
{
    if (!tb_print_flush(r->out))
        exit_code = tb_cli_fail(cli, TB_CLI_FAILED, "local.io", "the answer could not be written");
    tb_wipe(r->out->at, r->out->size_max);
    return exit_code;
}

/* ---- what was given ---- */

static enum tb_cli_exit file_wrong(const struct tb_cli *cli, const char *path, enum tb_err err)
{
    return tb_cli_fail(cli, TB_CLI_USAGE, tb_err_name(err), "%s cannot be used: %s", path, tb_err_name(err));
}

static enum tb_err rules_read(const char *path)
{
    static uint8_t memory[RULES_SIZE_MAX];
    static _Alignas(max_align_t) uint8_t arena_memory[TB_JSON_ARENA_SIZE(RULES_SIZE_MAX)];
    struct tb_buf file = tb_buf_of(memory, sizeof memory);
    struct tb_arena arena = tb_arena_of(arena_memory, sizeof arena_memory);
    struct tb_check check = {.err = TB_OK};
    struct tb_json json;
    enum tb_err err = tb_file_read(path, &file);
    if (err == TB_OK)
        err = tb_json_parse(tb_buf_span(&file), RULES_SIZE_MAX, &arena, &json);
    if (err != TB_OK)
        return err;
    tb_rules_doc_decode(&check, json, &rules_doc);
    return check.err;
}

static enum tb_cli_exit files_read(const struct tb_cli *cli, struct tb_judge *judge)
{
    for (unsigned i = 0; i < cli->inspect.key_count; i++) {
        enum tb_err err = tb_inspect_keys_read(cli->inspect.keys[i], &ring);
        if (err != TB_OK)
            return file_wrong(cli, cli->inspect.keys[i], err);
    }
    if (cli->inspect.rules == NULL)
        return TB_CLI_OK;
    enum tb_err err = rules_read(cli->inspect.rules);
    if (err != TB_OK)
        return file_wrong(cli, cli->inspect.rules, err);
    judge->rules = &rules_doc.rules;
    return TB_CLI_OK;
}

int64_t tb_inspect_wall_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Blanks between bytes are let through. TB_ERR_SYNTAX, TB_ERR_TOO_LONG. */
static enum tb_err hex_read(const char *text, struct tb_buf *ret_bytes)
{
    for (struct tb_span rest = tb_span_str(text); rest.size;) {
        uint8_t byte = 0;
        if (rest.at[0] == ' ') {
            rest = tb_span_sub(rest, 1, SIZE_MAX);
            continue;
        }
        if (tb_hex_decode(tb_span_sub(rest, 0, 2), &byte, 1) != TB_OK)
            return TB_ERR_SYNTAX;
        tb_buf_add_u8(ret_bytes, byte);
        rest = tb_span_sub(rest, 2, SIZE_MAX);
    }
    return ret_bytes->err;
}

/* ---- the verdict ---- */

static enum tb_cli_exit exit_of(enum tb_judged verdict)
{
    switch (verdict) {
    case TB_JUDGED_CREDENTIAL:
    case TB_JUDGED_HANDOVER:
    case TB_JUDGED_PRODUCT: return TB_CLI_OK;
    case TB_JUDGED_MALFORMED:
    case TB_JUDGED_NOT_TEXT: return TB_CLI_MALFORMED;
    case TB_JUDGED_PAYMENT_CARD:
    case TB_JUDGED_UNKNOWN:
    case TB_JUDGED_WRONG_KEY:
    case TB_JUDGED_EXPIRED:
    case TB_JUDGED_AGAIN: return TB_CLI_FAILED;
    }
    return TB_CLI_FAILED;
}

static const char *verdict_of(enum tb_cli_exit exit_code)
{
    if (exit_code == TB_CLI_OK)
        return "accepted";
    return exit_code == TB_CLI_MALFORMED ? "malformed" : "refused";
}

static bool value_is_bytes(enum tb_credential_kind kind)
{
    return kind == TB_CREDENTIAL_UID || kind == TB_CREDENTIAL_TAG || kind == TB_CREDENTIAL_DESFIRE;
}

static void credential_put(struct tb_inspect_report *r, const struct tb_judgement *j)
{
    struct tb_span value = tb_credential_value(&j->credential);
    if (j->credential.kind == TB_CREDENTIAL_NONE)
        return;
    tb_inspect_put_str(r, "kind", tb_credential_kind_name(j->credential.kind));
    if (value_is_bytes(j->credential.kind))
        tb_inspect_put_hex(r, "value", value);
    else
        tb_inspect_put(r, "value", value);
    tb_inspect_put_str(r, "assurance", tb_assurance_name(j->assurance));
}

enum tb_cli_exit tb_inspect_put_judgement(struct tb_inspect_report *r, const struct tb_judgement *j,
                                          bool from_tag)
{
    tb_inspect_put_str(r, "verdict", verdict_of(exit_of(j->verdict)));
    tb_inspect_put_str(r, "outcome", tb_outcome_name(tb_meaning_of_judged(j->verdict, from_tag)));
    tb_inspect_put_str(r, "reason", tb_reason_name(j->reason));
    tb_inspect_put_str(r, "why", tb_inspect_why(j->reason));
    credential_put(r, j);
    if (j->gtin[0])
        tb_inspect_put_str(r, "gtin", j->gtin);
    if (j->handover[0])
        tb_inspect_put_str(r, "handover", j->handover);
    if (j->evidence_size)
        tb_inspect_put(r, "asks", tb_judgement_evidence(j));
    if (j->replay.rule == TB_REPLAY_ONCE)
        tb_inspect_put_time(r, "once_until", j->replay.forget_ms);
    return exit_of(j->verdict);
}

static enum tb_cli_exit judgement_tell(const struct tb_cli *cli, const struct tb_judge *judge,
                                       struct tb_span input, const struct tb_judgement *j)
{
    bool from_tag = cli->inspect.hex != NULL;
    struct tb_buf out = tb_buf_of(out_memory, sizeof out_memory);
    struct tb_inspect_report r = {.out = &out, .json = cli->json, .w = tb_json_writer_of(&out)};
    if (r.json)
        tb_json_open(&r.w, NULL);
    enum tb_cli_exit exit_code = tb_inspect_put_judgement(&r, j, from_tag);
    tb_inspect_fields_begin(&r);
    if (j->verdict == TB_JUDGED_PAYMENT_CARD)
        tb_inspect_put_str(&r, "card", "not shown");
    else if (from_tag)
        tb_inspect_tag_fields(&r, judge, input);
    else
        tb_inspect_line_fields(&r, judge, input);
    tb_inspect_fields_end(&r);
    if (r.json) {
        tb_json_close(&r.w);
        tb_buf_add_u8(&out, '\n');
    }
    return tb_inspect_flush(cli, &r, exit_code);
}

/* --text or --hex. */
static enum tb_cli_exit code_inspect(const struct tb_cli *cli, struct tb_judge *judge)
{
    uint8_t memory[TB_NDEF_SIZE_MAX];
    struct tb_buf message = tb_buf_of(memory, sizeof memory);
    struct tb_judgement j;
    if (judge->wall_ms == 0)
        judge->wall_ms = tb_inspect_wall_ms();
    if (cli->inspect.hex && hex_read(cli->inspect.hex, &message) != TB_OK)
        return tb_cli_fail(cli, TB_CLI_USAGE, "usage", "--hex is no hexadecimal, or too long");
    struct tb_span input = cli->inspect.hex ? tb_buf_span(&message) : tb_span_str(cli->inspect.text);
    if (cli->inspect.hex)
        tb_judge_tag(judge, input, &j);
    else
        tb_judge_line(judge, input, &j);
    enum tb_cli_exit exit_code = judgement_tell(cli, judge, input, &j);
    tb_wipe(&j, sizeof j);
    return exit_code;
}

enum tb_cli_exit tb_cli_inspect(const struct tb_cli *cli)
{
    const struct tb_cli_inspect *given = &cli->inspect;
    struct tb_judge judge = {.rules = tb_code_rules_default(), .keys = &ring, .wall_ms = given->at_ms};
    if ((given->text != NULL) + (given->hex != NULL) + (given->apdu != NULL) != 1)
        return tb_cli_fail(cli, TB_CLI_USAGE, "usage",
                           "inspect needs one of --text CODE, --hex NDEF and --apdu FILE");
    enum tb_cli_exit exit_code = files_read(cli, &judge);
    if (exit_code == TB_CLI_OK)
        exit_code = given->apdu ? tb_inspect_apdu(cli, &judge) : code_inspect(cli, &judge);
    tb_keyring_wipe(&ring);
    return exit_code;
}
