/* inspect --apdu: the report of a recorded exchange. */
#include "agent/cli/inspect_apdu.h"

#include "agent/cli/print.h"
#include "core/base/assert.h"
#include "core/base/wipe.h"
#include "core/identify/meaning.h"
#include "host/system/system.h"

enum { OUT_SIZE_MAX = 512 * 1024, STATUS_NOT_THERE = 0x6a82 };

/* ---- what is missing ---- */

static bool key_is_there(const struct tb_judge *judge, enum tb_ring_use use)
{
    return tb_keyring_find(judge->keys, use, tb_span_of(NULL, 0), judge->wall_ms, 0) != NULL;
}

/* The key that this family is spoken with was not given. */
static const char *key_missing(const struct tb_judge *judge, enum tb_apdu_family family)
{
    switch (family) {
    case TB_APDU_PHONE: return key_is_there(judge, TB_RING_TOKEN) ? NULL : "a token key";
    case TB_APDU_DESFIRE: return key_is_there(judge, TB_RING_DESFIRE) ? NULL : "a desfire key";
    case TB_APDU_SMART_TAP: return key_is_there(judge, TB_RING_SMART_TAP) ? NULL : "a smart_tap key";
    case TB_APDU_VAS: return key_is_there(judge, TB_RING_VAS) ? NULL : "a vas key";
    case TB_APDU_DIRECTORY:
    case TB_APDU_TYPE2:
    case TB_APDU_TYPE4:
    case TB_APDU_PAYMENT:
    case TB_APDU_OTHER: return NULL;
    }
    return NULL;
}

static void missing_put(struct tb_inspect_report *r, const char *what)
{
    if (r->json)
        tb_json_put_str(&r->w, NULL, what);
    else
        tb_inspect_put_str(r, "missing", what);
}

static void keys_missing_put(struct tb_inspect_report *r, const struct tb_recording *recording,
                             const struct tb_judge *judge, const struct tb_apdu_play *play)
{
    unsigned told = 0; /* a bit for each family */
    for (size_t i = 0; i < recording->exchange_count; i++) {
        struct tb_span command = tb_recording_bytes(recording, recording->exchanges[i].command);
        const struct tb_apdu_form *form = tb_apdu_form_of(command);
        uint16_t status = tb_applet_status(tb_recording_bytes(recording, recording->exchanges[i].answer));
        bool matters = form && !play->followed[i] && status != STATUS_NOT_THERE;
        const char *what = matters ? key_missing(judge, form->family) : NULL;
        if (what == NULL || told & 1u << form->family)
            continue;
        told |= 1u << form->family;
        missing_put(r, what);
    }
}

static void missing_tell(struct tb_inspect_report *r, const struct tb_recording *recording,
                         const struct tb_judge *judge, const struct tb_apdu_play *play)
{
    if (r->json)
        tb_json_open_array(&r->w, "missing");
    keys_missing_put(r, recording, judge, play);
    if (recording->wall_ms == 0)
        missing_put(r, "time");
    if (play->end == TB_APDU_ASTRAY && play->random_missing)
        missing_put(r, "random");
    if (play->end == TB_APDU_UNREAD)
        missing_put(r, "the NDEF message");
    if (play->end == TB_APDU_SHORT)
        missing_put(r, "the rest of the exchange");
    if (r->json)
        tb_json_close_array(&r->w);
}

/* ---- the exchange ---- */

static void step_tell(struct tb_inspect_report *r, struct tb_apdu_context *c,
                      const struct tb_recording *recording, const struct tb_apdu_play *play, size_t at)
{
    const struct tb_recording_exchange *e = &recording->exchanges[at];
    const struct tb_apdu_exchange exchange = {.number = (unsigned)at + 1,
                                              .command = tb_recording_bytes(recording, e->command),
                                              .answer = tb_recording_bytes(recording, e->answer)};
    if (r->json)
        tb_json_open(&r->w, NULL);
    tb_apdu_tell(r, c, &exchange);
    if (r->json)
        tb_json_put_bool(&r->w, "followed", play->followed[at]);
    else if (!play->followed[at])
        tb_inspect_put_str(r, "followed", "no: this program did not send it");
    if (play->end == TB_APDU_ASTRAY && play->astray_at == at) {
        const struct tb_apdu_form *form = tb_apdu_form_of(tb_span_of(play->wanted, play->wanted_size));
        tb_inspect_put_str(r, "instead", form ? form->name : "a command");
        if (!play->random_missing)
            tb_inspect_put_hex(r, "instead_hex", tb_span_of(play->wanted, play->wanted_size));
    }
    if (r->json)
        tb_json_close(&r->w);
    else
        tb_buf_add_u8(r->out, '\n');
}

static void steps_tell(struct tb_inspect_report *r, const struct tb_recording *recording,
                       const struct tb_apdu_play *play)
{
    struct tb_apdu_context c = {.payment = false};
    if (r->json)
        tb_json_open_array(&r->w, "steps");
    for (size_t i = 0; i < recording->exchange_count; i++)
        step_tell(r, &c, recording, play, i);
    if (r->json)
        tb_json_close_array(&r->w);
    tb_wipe(&c, sizeof c);
}

/* ---- the verdict ---- */

static enum tb_cli_exit failure_tell(struct tb_inspect_report *r, enum tb_tag_failure failure)
{
    struct tb_meaning meaning = tb_meaning_of_failure(failure);
    bool malformed = failure == TB_TAG_MALFORMED;
    tb_inspect_put_str(r, "verdict", malformed ? "malformed" : "refused");
    tb_inspect_put_str(r, "outcome", tb_outcome_name(meaning.outcome));
    tb_inspect_put_str(r, "reason", tb_reason_name(meaning.reason));
    tb_inspect_put_str(r, "why", tb_inspect_why(meaning.reason));
    return malformed ? TB_CLI_MALFORMED : TB_CLI_FAILED;
}

static enum tb_cli_exit undecided_tell(struct tb_inspect_report *r, const char *why)
{
    tb_inspect_put_str(r, "verdict", "undecided");
    tb_inspect_put_str(r, "why", why);
    return TB_CLI_FAILED;
}

static enum tb_cli_exit verdict_tell(struct tb_inspect_report *r, const struct tb_apdu_play *play)
{
    switch (play->end) {
    case TB_APDU_JUDGED:
    case TB_APDU_READ: return tb_inspect_put_judgement(r, &play->judgement, true);
    case TB_APDU_FAILED: return failure_tell(r, play->failure);
    case TB_APDU_TORN: return failure_tell(r, TB_TAG_TORN);
    case TB_APDU_SHORT: return undecided_tell(r, "the recording ends before the exchange does");
    case TB_APDU_UNREAD:
        return undecided_tell(r, "no application of ours answered; its NDEF message is not recorded");
    case TB_APDU_ASTRAY: return undecided_tell(r, "this program would have sent another command");
    }
    return TB_CLI_FAILED;
}

enum tb_cli_exit tb_apdu_report(struct tb_inspect_report *r, const struct tb_recording *recording,
                                const struct tb_judge *judge, const struct tb_apdu_play *play)
{
    if (r->json)
        tb_json_open(&r->w, NULL);
    steps_tell(r, recording, play);
    enum tb_cli_exit exit_code = verdict_tell(r, play);
    missing_tell(r, recording, judge, play);
    if (play->end == TB_APDU_READ && play->judgement.verdict != TB_JUDGED_PAYMENT_CARD) {
        tb_inspect_fields_begin(r);
        tb_inspect_tag_fields(r, judge, tb_span_of(play->message, play->message_size));
        tb_inspect_fields_end(r);
    }
    if (r->json) {
        tb_json_close(&r->w);
        tb_buf_add_u8(r->out, '\n');
    }
    return exit_code;
}

/* ---- the command ---- */

static enum tb_cli_exit recording_read(const struct tb_cli *cli, struct tb_recording *recording)
{
    static uint8_t memory[TB_RECORDING_SIZE_MAX];
    struct tb_buf file = tb_buf_of(memory, sizeof memory);
    unsigned line = 0;
    enum tb_err err = tb_file_read(cli->inspect.apdu, &file);
    if (err == TB_OK)
        err = tb_recording_parse(tb_buf_span(&file), recording, &line);
    tb_wipe(memory, sizeof memory);
    if (err == TB_OK)
        return TB_CLI_OK;
    return tb_cli_fail(cli, TB_CLI_USAGE, tb_err_name(err), "%s:%u cannot be used: %s", cli->inspect.apdu,
                       line, tb_err_name(err));
}

enum tb_cli_exit tb_inspect_apdu(const struct tb_cli *cli, struct tb_judge *judge)
{
    static uint8_t memory[OUT_SIZE_MAX];
    static struct tb_recording recording;
    static struct tb_apdu_play play;
    struct tb_buf out = tb_buf_of(memory, sizeof memory);
    struct tb_inspect_report r = {.out = &out, .json = cli->json, .w = tb_json_writer_of(&out)};
    enum tb_cli_exit exit_code = recording_read(cli, &recording);
    if (exit_code == TB_CLI_OK) {
        if (judge->wall_ms) /* --at */
            recording.wall_ms = judge->wall_ms;
        judge->wall_ms = recording.wall_ms ? recording.wall_ms : tb_inspect_wall_ms();
        tb_apdu_play(&recording, judge, tb_rng_system(), &play);
        exit_code = tb_inspect_flush(cli, &r, tb_apdu_report(&r, &recording, judge, &play));
    }
    tb_wipe(&play, sizeof play);
    tb_wipe(&recording, sizeof recording);
    return exit_code;
}
