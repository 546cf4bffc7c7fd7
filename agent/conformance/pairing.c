#include "agent/conformance/pairing.h"

#include "agent/conformance/grants.h"
#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/wire/names.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#define NAME "Tillbridge conformance"
#define CODE_SIZE 6
#define CODE_WAIT_MS 120000 /* it is good for no longer */
#define TRY_MAX 3           /* of a person; with the wrong one before it, less than are guesses */

struct pairing {
    char begin[256]; /* params of pair.begin */
    char id[2 * TB_ID_SIZE + 1];
    char code[CODE_SIZE + 1];
};

/* A line of standard input that is a code. */
static bool code_read(struct pairing *p)
{
    char line[64];
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&input, 1, CODE_WAIT_MS) != 1 || !fgets(line, sizeof line, stdin))
        return false;
    line[strcspn(line, "\r\n ")] = '\0';
    if (strlen(line) != CODE_SIZE || !tb_text_is_digits(tb_span_str(line)))
        return false;
    memcpy(p->code, line, sizeof p->code);
    return true;
}

static void begin_write(struct pairing *p, unsigned scopes)
{
    struct tb_buf b = tb_buf_of(p->begin, sizeof p->begin - 1);
    const char *before = "{\"name\":\"" NAME "\",\"scopes\":[\"";
    for (unsigned i = 0; i < TB_GRANT_COUNT; i++)
        if (scopes & 1u << i) {
            tb_buf_add_str(&b, before);
            tb_buf_add_str(&b, tb_grants_missing(&(struct tb_grants){.scopes = 0}, 1u << i));
            before = "\",\"";
        }
    tb_buf_add_str(&b, "\"]}");
    TB_ASSERT(b.err == TB_OK && scopes != 0);
    p->begin[b.size] = '\0';
}

static bool begin(struct tb_talk *t, struct pairing *p)
{
    static const char text[] = "pair.begin tells a pairing and until when";
    struct tb_check check = {.err = TB_OK};
    bool answered = tb_talk_call(t, "pair.begin", p->begin);
    if (answered && t->rpc.kind == TB_RPC_ERROR && tb_span_is(t->rpc.code, "retry.busy")) {
        tb_report_skip(t->report, "pair_begin", text, "another POS is being paired, or one was just refused");
        return false;
    }
    if (answered && t->rpc.kind == TB_RPC_RESULT)
        tb_json_str(&check, t->rpc.result, "pairing", p->id, sizeof p->id);
    bool ok = p->id[0] && check.err == TB_OK && tb_json_has(t->rpc.result, "until_ms");
    tb_report_check(t->report, ok, "pair_begin", text, t->seen);
    return ok;
}

static bool finish(struct tb_talk *t, const struct pairing *p, const char *code)
{
    char params[128];
    (void)snprintf(params, sizeof params, "{\"pairing\":\"%s\",\"code\":\"%s\"}", p->id, code);
    return tb_talk_call(t, "pair.finish", params);
}

static bool is_refused(const struct tb_talk *t, const char *code)
{
    return t->rpc.kind == TB_RPC_ERROR && tb_span_is(t->rpc.code, code);
}

/* Any but the one that was typed. */
static void wrong(struct tb_talk *t, const struct pairing *p)
{
    char other[CODE_SIZE + 1];
    memcpy(other, p->code, sizeof other);
    other[0] = other[0] == '9' ? '0' : (char)(other[0] + 1);
    bool ok = finish(t, p, other) && is_refused(t, "refused.denied");
    tb_report_check(t->report, ok, "pair_wrong", "another code than the clerk's pairs nobody", t->seen);
}

/* Asked again when a person mistook it. False: nobody typed any. */
static bool typed(struct tb_talk *t, struct pairing *p)
{
    tb_report_say(t->report, "The clerk page shows a code for \"" NAME "\". Type it here:");
    for (unsigned i = 0; i < TRY_MAX; i++) {
        if (!code_read(p))
            return false;
        if (i == 0)
            wrong(t, p);
        if (!finish(t, p, p->code) || !is_refused(t, "refused.denied"))
            return true;
        tb_report_say(t->report, "That was not it. Type it again:");
    }
    return true;
}

/* And says until when. */
static bool is_busy(struct tb_talk *t, const struct pairing *p)
{
    static const char until[] = "\"until_ms\":";
    return tb_talk_is_refused(t, "pair.begin", p->begin, "retry.busy") &&
           memmem(t->answer.body.at, t->answer.body.size, until, sizeof until - 1) != NULL;
}

static void session(struct tb_talk *t, struct tb_paired *paired)
{
    struct tb_check check = {.err = TB_OK};
    const char *before = t->token;
    t->token = paired->token;
    bool ok = tb_talk_call(t, "session.info", "{}") && t->rpc.kind == TB_RPC_RESULT &&
              tb_span_is(tb_json_text(&check, t->rpc.result, "name", TB_SHORT_SIZE_MAX), NAME);
    tb_report_check(t->report, ok, "pair_session", "its token says who asked", t->seen);
    paired->client = ok ? tb_json_int(&check, t->rpc.result, "client", 1, UINT32_MAX) : 0;
    t->token = before;
    if (check.err != TB_OK)
        paired->client = 0;
}

void tb_pairing_remind(struct tb_talk *t, const struct tb_paired *paired)
{
    char line[160];
    if (paired->client == 0)
        return;
    (void)snprintf(line, sizeof line, "\"" NAME "\" is paired; \"tillbridge pos revoke %lld\" ends it.",
                   (long long)paired->client);
    tb_report_say(t->report, line);
}

bool tb_pairing_play(struct tb_talk *t, unsigned scopes, struct tb_paired *ret_paired)
{
    static const char text[] = "pair.finish tells a token for the clerk's code";
    struct pairing p = {.id = ""};
    begin_write(&p, scopes);
    struct tb_check check = {.err = TB_OK};
    *ret_paired = (struct tb_paired){.token = ""};
    if (!begin(t, &p))
        return false;
    tb_report_check(t->report, is_busy(t, &p), "pair_busy",
                    "one pairing goes on at a time, and until when is told", t->seen);
    if (!typed(t, &p)) {
        tb_report_unseen(t->report, "pair_finish", text, "type the six digits that the clerk page shows");
        return false;
    }
    if (t->rpc.kind == TB_RPC_RESULT)
        tb_json_str(&check, t->rpc.result, "token", ret_paired->token, sizeof ret_paired->token);
    bool ok = t->rpc.kind == TB_RPC_RESULT && check.err == TB_OK && ret_paired->token[0];
    tb_report_check(t->report, ok, "pair_finish", text, ok ? "" : t->seen);
    if (!ok)
        return false;
    ok = finish(t, &p, p.code) && is_refused(t, "refused.not_found");
    tb_report_check(t->report, ok, "pair_once", "and once", t->seen);
    session(t, ret_paired);
    tb_pairing_remind(t, ret_paired);
    return true;
}
