/*
 * The real client machine (core/sync/client) on standard input and output, for frozen conversations in which
 * the store's side is recorded: lines "<event> <json>" in, what the machine does as JSON lines out, a line
 * "." behind each event. Its owner is a simple one: it stores what it is given, saves and decides at once,
 * and reads its outbox.
 *
 *   start {decided_seq, next_seq, epoch}   connected {}   closed {}   tick {ms}   store <message>
 *   stored <mutation>   open {scope, cursor}   close {scope}   identify {kind, hash}
 *   checksum {ms}   differ {partition}: what the next comparison finds
 */
#include "core/base/assert.h"
#include "core/sync/client.h"
#include "core/wire/member.h"
#include "tests/support/seeded_rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_SIZE_MAX (TB_MESSAGE_SIZE_MAX + 64u)
#define OUTBOX_MAX 64
#define JOB_MAX 64

enum job_kind { JOB_SAVED, JOB_DECIDED, JOB_READ, JOB_COMPARED };

/* What an action asked for; done after the event, because an action must not call the machine. */
struct job {
    enum job_kind kind;
    uint32_t ticket;
    int64_t from_seq;
};

static struct {
    struct tb_client c;
    struct tb_arena arena;
    struct tb_buf out;
    struct seeded_rng random;
    struct tb_rng rng;
    int64_t now_ms;
    struct job jobs[JOB_MAX];
    size_t job_count;
    struct {
        int64_t seq;
        char json[2048];
    } outbox[OUTBOX_MAX];
    size_t stored_count;
    struct tb_partitions differing;
} p;

/* ---- what the machine does ---- */

static void put_verdicts(struct tb_json_writer *w, const struct tb_verdict *verdicts, size_t count)
{
    tb_json_open_array(w, "verdicts");
    for (size_t i = 0; i < count; i++)
        tb_verdict_encode(w, NULL, &verdicts[i]);
    tb_json_close_array(w);
}

static void put_welcome(struct tb_json_writer *w, const struct tb_client_action *a)
{
    tb_json_put_str(w, "act", "welcome");
    tb_json_put_bool(w, "epoch_changed", a->welcome.epoch_changed);
    tb_welcome_encode(w, a->welcome.welcome);
}

static void put_save(struct tb_json_writer *w, const struct tb_client_action *a)
{
    const struct tb_feed_rows rows = {
        .scope = a->save.scope, .rows = a->save.rows, .cursor = a->save.cursor, .more = a->save.more};
    tb_json_put_str(w, "act", "save");
    tb_json_put_bool(w, "first", a->save.first);
    tb_feed_rows_encode(w, &rows);
}

static void put_identified(struct tb_json_writer *w, const struct tb_client_action *a)
{
    tb_json_put_str(w, "act", "identified");
    tb_json_put_str(w, "err", tb_err_name(a->identified.err));
    tb_json_put_bool(w, "found", a->identified.found);
    tb_rows_encode(w, "rows", &a->identified.rows);
}

static void put_act(struct tb_json_writer *w, const struct tb_client_action *a)
{
    switch (a->act) {
    case TB_CLIENT_SEND:
        tb_json_put_str(w, "act", "send");
        tb_json_put_raw(w, "message", a->send);
        break;
    case TB_CLIENT_CLOSE:
        tb_json_put_str(w, "act", "close");
        tb_json_put_str(w, "code", a->close.code);
        tb_json_put_bool(w, "denied", a->close.denied);
        break;
    case TB_CLIENT_WELCOME: put_welcome(w, a); break;
    case TB_CLIENT_READ: tb_json_put_str(w, "act", "read"); break;
    case TB_CLIENT_SAVE: put_save(w, a); break;
    case TB_CLIENT_DECIDE:
        tb_json_put_str(w, "act", "decide");
        put_verdicts(w, a->decide.verdicts, a->decide.count);
        tb_rows_encode(w, "rows", &a->decide.rows);
        break;
    case TB_CLIENT_IDENTIFIED: put_identified(w, a); break;
    case TB_CLIENT_FOUND:
        tb_json_put_str(w, "act", "found");
        tb_json_put_str(w, "err", tb_err_name(a->found.err));
        tb_found_encode(w, a->found.answer);
        break;
    case TB_CLIENT_COMPARE: tb_json_put_str(w, "act", "compare"); break;
    case TB_CLIENT_STATE:
        tb_json_put_str(w, "act", "state");
        tb_json_put_str(w, "line", tb_line_state_name(a->state.state));
        tb_json_put_str(w, "cause", tb_line_cause_name(a->state.cause));
        break;
    }
}

static void job_add(enum job_kind kind, uint32_t ticket, int64_t from_seq)
{
    TB_ASSERT(p.job_count < JOB_MAX);
    p.jobs[p.job_count++] = (struct job){.kind = kind, .ticket = ticket, .from_seq = from_seq};
}

static void act(void *context, const struct tb_client_action *a)
{
    static uint8_t text[4 * TB_MESSAGE_SIZE_MAX];
    (void)context;
    struct tb_buf line = tb_buf_of(text, sizeof text);
    struct tb_json_writer w = tb_json_writer_of(&line);
    tb_json_open(&w, NULL);
    put_act(&w, a);
    tb_json_close(&w);
    TB_ASSERT(line.err == TB_OK);
    (void)printf("%.*s\n", (int)line.size, (const char *)text);
    if (a->act == TB_CLIENT_SAVE)
        job_add(JOB_SAVED, a->save.ticket, 0);
    else if (a->act == TB_CLIENT_DECIDE)
        job_add(JOB_DECIDED, a->decide.ticket, 0);
    else if (a->act == TB_CLIENT_READ)
        job_add(JOB_READ, a->read.ticket, a->read.from_seq);
    else if (a->act == TB_CLIENT_COMPARE)
        job_add(JOB_COMPARED, a->compare.ticket, 0);
}

/* ---- what its owner does ---- */

static void outbox_read(const struct job *job)
{
    struct tb_client_row rows[TB_CLIENT_WINDOW];
    struct tb_client_rows answer = {.at = rows};
    for (size_t i = 0; i < p.stored_count && answer.count < TB_CLIENT_WINDOW; i++)
        if (p.outbox[i].seq >= job->from_seq)
            rows[answer.count++] =
                (struct tb_client_row){.seq = p.outbox[i].seq, .mutation = tb_span_str(p.outbox[i].json)};
    tb_client_read(&p.c, job->ticket, &answer, p.now_ms);
}

static void job_run(const struct job *job)
{
    switch (job->kind) {
    case JOB_SAVED: tb_client_saved(&p.c, job->ticket, TB_OK, p.now_ms); break;
    case JOB_DECIDED: tb_client_decided(&p.c, job->ticket, TB_OK, p.now_ms); break;
    case JOB_READ: outbox_read(job); break;
    case JOB_COMPARED:
        tb_client_compared(&p.c, job->ticket, TB_OK, &p.differing, p.now_ms);
        memset(&p.differing, 0, sizeof p.differing);
        break;
    }
}

static void jobs_run(void)
{
    while (p.job_count > 0) {
        struct job job = p.jobs[0];
        memmove(p.jobs, p.jobs + 1, --p.job_count * sizeof p.jobs[0]);
        job_run(&job);
    }
}

static void start(struct tb_check *c, struct tb_json with)
{
    static uint8_t memory[TB_JSON_ARENA_SIZE(TB_MESSAGE_SIZE_MAX)];
    static uint8_t message[TB_MESSAGE_SIZE_MAX];
    p.arena = tb_arena_of(memory, sizeof memory);
    p.out = tb_buf_of(message, sizeof message);
    p.rng = seeded_rng_of(&p.random);
    const struct tb_client_config config = {.software = "frozen 1",
                                            .device = "urn:tillbridge:demo:device:till-0421-4",
                                            .channel = TB_CHANNEL_TILL,
                                            .incarnation.bytes = {0x1c},
                                            .token = "",
                                            .rng = &p.rng,
                                            .port = {.act = act},
                                            .arena = &p.arena,
                                            .out = &p.out};
    struct tb_client_start from = {.decided_seq = tb_json_int(c, with, "decided_seq", 0, TB_VERSION_MAX),
                                   .next_seq = tb_json_int(c, with, "next_seq", 1, TB_VERSION_MAX)};
    tb_json_str(c, with, "epoch", from.epoch, sizeof from.epoch);
    tb_client_init(&p.c, &config, &from, p.now_ms);
}

static void stored(struct tb_check *c, struct tb_json with, struct tb_span json)
{
    TB_ASSERT(p.stored_count < OUTBOX_MAX);
    int64_t seq = tb_json_int(c, with, "seq", 1, TB_VERSION_MAX);
    p.outbox[p.stored_count].seq = seq;
    TB_ASSERT(tb_span_to_str(json, p.outbox[p.stored_count].json, sizeof p.outbox[0].json) == TB_OK);
    p.stored_count++;
    tb_client_stored(&p.c, seq, json, p.now_ms);
}

static enum tb_err feed_event(struct tb_check *c, struct tb_json with, bool open)
{
    struct tb_scope scope = tb_json_scope(c, with, "scope");
    if (!open) {
        tb_client_feed_close(&p.c, &scope, p.now_ms);
        return TB_OK;
    }
    struct tb_cursor cursor = tb_json_cursor(c, with, "cursor");
    return tb_client_feed_open(&p.c, &scope, &cursor, p.now_ms);
}

static void identify(struct tb_check *c, struct tb_json with)
{
    struct tb_identify_ask ask;
    tb_identify_ask_decode(c, with, &ask);
    tb_client_identify(&p.c, 1, &ask, 1500, p.now_ms);
}

static bool event_run(struct tb_span name, struct tb_json with, struct tb_span json)
{
    struct tb_check c = {0};
    if (tb_span_is(name, "start"))
        start(&c, with);
    else if (tb_span_is(name, "connected"))
        tb_client_connected(&p.c, p.now_ms);
    else if (tb_span_is(name, "closed"))
        tb_client_closed(&p.c, TB_CAUSE_CLOSED, p.now_ms);
    else if (tb_span_is(name, "tick"))
        tb_client_tick(&p.c, p.now_ms += tb_json_int(&c, with, "ms", 0, INT32_MAX));
    else if (tb_span_is(name, "store"))
        tb_client_received(&p.c, json, p.now_ms);
    else if (tb_span_is(name, "stored"))
        stored(&c, with, json);
    else if (tb_span_is(name, "open") || tb_span_is(name, "close"))
        c.err = feed_event(&c, with, tb_span_is(name, "open"));
    else if (tb_span_is(name, "identify"))
        identify(&c, with);
    else if (tb_span_is(name, "checksum"))
        tb_client_set_checksum(&p.c, tb_json_int(&c, with, "ms", 0, INT32_MAX), p.now_ms);
    else if (tb_span_is(name, "differ"))
        tb_partitions_set(&p.differing, (unsigned)tb_json_int(&c, with, "partition", 0, 255), true);
    else
        return false;
    return c.err == TB_OK;
}

int main(void)
{
    static char line[LINE_SIZE_MAX];
    static uint8_t memory[TB_JSON_ARENA_SIZE(TB_MESSAGE_SIZE_MAX)];
    p.now_ms = 1000;
    while (fgets(line, sizeof line, stdin) != NULL) {
        struct tb_span json = tb_span_of(line, strlen(line) - 1);
        struct tb_span name = tb_span_cut(&json, ' ');
        struct tb_arena arena = tb_arena_of(memory, sizeof memory);
        struct tb_json with;
        if (tb_json_parse(json, 0, &arena, &with) != TB_OK || !event_run(name, with, json)) {
            (void)fprintf(stderr, "clientplay: not understood: %s", line);
            return 2;
        }
        jobs_run();
        (void)printf(".\n");
        (void)fflush(stdout);
    }
    return 0;
}
