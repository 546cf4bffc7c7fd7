#include "agent/readers/readers.h"

#include "agent/readers/link.h"
#include "core/base/assert.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    RESTART_FIRST_MS = 100,
    RESTART_MAX_MS = 5000,
    STABLE_MS = 10000, /* a process that was ready for so long starts the back-off anew */
    BAUD_TEXT_SIZE = 12,
};

struct reader {
    struct tb_readers *owner;
    struct tb_reader_info info;
    char *name;
    char *device;
    char baud[BAUD_TEXT_SIZE]; /* "" for NFC */
    char software[TB_LINK_SOFTWARE_MAX + 1];
    struct tb_child child;
    struct tb_reader_link link;
    struct tb_timer silence;
    struct tb_timer restart;
    int64_t pause_ms; /* before the next start */
    bool silent;      /* killed because it said nothing */
    bool tap_open;    /* a TAG without its TAG_GONE */
    uint16_t tap;     /* as the process counts them */
    uint8_t request;  /* of the last SELFTEST or STATS */
};

struct tb_readers {
    struct tb_loop *loop;
    char *readerd_path;
    void (*event)(void *context, const struct tb_reader_event *event);
    void *context;
    unsigned count;
    struct reader readers[];
};

/* ---- events ---- */

static void event_give(struct reader *r, struct tb_reader_event *event)
{
    event->reader = &r->info;
    r->owner->event(r->owner->context, event);
}

/* Taps are told apart across processes and readers. */
static uint64_t tap_id(const struct reader *r)
{
    return (uint64_t)r->info.index << 48 | (uint64_t)r->info.start_count << 16 | r->tap;
}

static void state_set(struct reader *r, enum tb_reader_state state, const char *reason)
{
    if (r->info.state == state && strcmp(r->info.reason, reason) == 0)
        return;
    if (r->info.state != state) {
        r->info.since_ms = tb_loop_now_ms(r->owner->loop);
        r->info.since_wall_ms = tb_loop_wall_ms(r->owner->loop);
    }
    r->info.state = state;
    r->info.reason = reason;
    event_give(r, &(struct tb_reader_event){.kind = TB_READER_EVENT_STATE, .reason = reason});
}

static void tap_close(struct reader *r)
{
    if (!r->tap_open)
        return;
    r->tap_open = false;
    event_give(r, &(struct tb_reader_event){.kind = TB_READER_EVENT_TAG_GONE, .tap = tap_id(r)});
}

/* ---- messages ---- */

static void state_take(struct reader *r, const struct tb_link_state *s)
{
    const char *reason = tb_link_reason_name(s->reason);
    switch (s->condition) {
    case TB_LINK_STARTING: return; /* what was shown before stays until it is known better */
    case TB_LINK_READY: state_set(r, TB_READER_READY, reason); return;
    case TB_LINK_FAILED:
    case TB_LINK_UNPLUGGED:
        tap_close(r);
        state_set(r, TB_READER_UNPLUGGED, reason);
        return;
    }
}

static void hello_take(struct reader *r, const struct tb_link_hello *h)
{
    enum tb_err err = tb_span_to_str(h->software, r->software, sizeof r->software);
    TB_ASSERT(err == TB_OK); /* the codec bounds it */
}

static void tag_take(struct reader *r, const struct tb_link_tag *tag)
{
    tap_close(r);
    r->tap = tag->tap;
    r->tap_open = true;
    event_give(r, &(struct tb_reader_event){.kind = TB_READER_EVENT_TAG, .tap = tap_id(r), .tag = *tag});
}

static void tap_failed(struct reader *r, enum tb_tag_failure failure, enum tb_tag_reason reason)
{
    event_give(r, &(struct tb_reader_event){.kind = TB_READER_EVENT_TAG_FAILED,
                                            .tap = tap_id(r),
                                            .failure = failure,
                                            .reason = tb_tag_reason_name(reason)});
}

static bool tap_is_open(const struct reader *r, uint16_t tap)
{
    return r->tap_open && r->tap == tap;
}

static void tap_message_take(struct reader *r, const struct tb_link_message *m)
{
    if (m->type == TB_LINK_TAG_DATA && tap_is_open(r, m->tag_data.tap))
        event_give(r, &(struct tb_reader_event){
                          .kind = TB_READER_EVENT_TAG_DATA, .tap = tap_id(r), .data = m->tag_data.ndef});
    else if (m->type == TB_LINK_TAG_FAILED && tap_is_open(r, m->tag_failed.tap))
        tap_failed(r, m->tag_failed.failure, m->tag_failed.reason);
    else if (m->type == TB_LINK_TWO_TAGS && tap_is_open(r, m->tap))
        tap_failed(r, TB_TAG_TWO, TB_TAG_REASON_TWO);
    else if (m->type == TB_LINK_TAG_GONE && tap_is_open(r, m->tap))
        tap_close(r);
}

/* An answer for a tag that is gone by now is still the answer to its command. */
static void answer_take(struct reader *r, const struct tb_link_transceive_answer *a)
{
    uint64_t tap = (tap_id(r) & ~UINT64_C(0xffff)) | a->tap;
    event_give(r, &(struct tb_reader_event){.kind = TB_READER_EVENT_ANSWER,
                                            .tap = tap,
                                            .exchange = a->exchange,
                                            .status = a->status,
                                            .data = a->apdu});
}

static void message_take(struct reader *r, const struct tb_link_message *m)
{
    switch (m->type) {
    case TB_LINK_HELLO: hello_take(r, &m->hello); return;
    case TB_LINK_HEARTBEAT: return;
    case TB_LINK_STATE: state_take(r, &m->state); return;
    case TB_LINK_TAG: tag_take(r, &m->tag); return;
    case TB_LINK_TAG_DATA:
    case TB_LINK_TAG_FAILED:
    case TB_LINK_TAG_GONE:
    case TB_LINK_TWO_TAGS: tap_message_take(r, m); return;
    case TB_LINK_LINE:
        event_give(r, &(struct tb_reader_event){.kind = TB_READER_EVENT_LINE, .data = m->line.text});
        return;
    case TB_LINK_LINE_FAILED:
        event_give(r, &(struct tb_reader_event){.kind = TB_READER_EVENT_LINE_FAILED,
                                                .reason = tb_link_reason_name(m->line_failed.reason)});
        return;
    case TB_LINK_TRANSCEIVE_ANSWER: answer_take(r, &m->transceive_answer); return;
    case TB_LINK_SELFTEST_ANSWER:
        event_give(r, &(struct tb_reader_event){.kind = TB_READER_EVENT_SELFTEST,
                                                .verdict = m->selftest_answer.verdict,
                                                .data = m->selftest_answer.detail});
        return;
    case TB_LINK_STATS_ANSWER:
        event_give(r,
                   &(struct tb_reader_event){.kind = TB_READER_EVENT_STATS, .stats = m->stats_answer.values});
        return;
    case TB_LINK_HELLO_REQUEST: /* ours; a reader that sends them is ignored */
    case TB_LINK_TRANSCEIVE:
    case TB_LINK_FEEDBACK:
    case TB_LINK_SELFTEST:
    case TB_LINK_STATS:
    case TB_LINK_UPDATE_BEGIN:
    case TB_LINK_UPDATE_BLOCK:
    case TB_LINK_UPDATE_END: return;
    case TB_LINK_UPDATE_ANSWER: /* nobody asked */
    case TB_LINK_TAMPER: return;
    }
}

/* ---- supervision ---- */

static void reader_start(struct tb_timer *timer);

static void restart_plan(struct reader *r, enum tb_reader_state state, const char *reason)
{
    bool was_ready = r->info.state == TB_READER_READY;
    if (was_ready && tb_loop_now_ms(r->owner->loop) - r->info.since_ms >= STABLE_MS)
        r->pause_ms = 0;
    r->pause_ms = r->pause_ms ? 2 * r->pause_ms : RESTART_FIRST_MS;
    if (r->pause_ms > RESTART_MAX_MS)
        r->pause_ms = RESTART_MAX_MS;
    tap_close(r);
    state_set(r, state, reason);
    tb_timer_set(r->owner->loop, &r->restart, r->pause_ms, reader_start);
}

static void child_ended(struct tb_child *child, int wait_status)
{
    struct reader *r = child->context;
    (void)wait_status;
    tb_timer_cancel(&r->silence);
    tb_reader_link_finish(&r->link);
    if (r->silent)
        restart_plan(r, TB_READER_HUNG, "process.silent");
    else
        restart_plan(r, TB_READER_CRASHED, "process.ended");
}

static void silence_over(struct tb_timer *timer)
{
    struct reader *r = timer->context;
    r->silent = true;
    tb_child_kill(&r->child, SIGKILL);
}

static void silence_watch(struct reader *r)
{
    tb_timer_set(r->owner->loop, &r->silence, TB_READERS_SILENCE_MS, silence_over);
}

static void link_message(struct tb_reader_link *link, const struct tb_link_message *m)
{
    struct reader *r = link->context;
    if (!r->silent && r->child.pid != 0)
        silence_watch(r);
    message_take(r, m);
}

/* A process that closes its link and lives on is of no use. */
static void link_ended(struct tb_reader_link *link)
{
    struct reader *r = link->context;
    tb_child_kill(&r->child, SIGKILL);
}

static const char *readerd_verb(enum tb_reader_kind kind)
{
    switch (kind) {
    case TB_READER_NFC: return "nfc";
    case TB_READER_SCANNER: return "scanner";
    case TB_READER_KEYBOARD: return "keyboard";
    }
    return "";
}

static enum tb_err process_start(struct reader *r)
{
    const char *argv[] = {r->owner->readerd_path, readerd_verb(r->info.kind), r->device,
                          r->baud[0] ? r->baud : NULL, NULL};
    struct tb_child_spec spec = {.path = r->owner->readerd_path, .argv = argv};
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return TB_ERR_IO;
    spec.link_fd = ends[1];
    enum tb_err err = tb_reader_link_open(&r->link, r->owner->loop, ends[0]);
    if (err == TB_OK)
        err = tb_child_start(r->owner->loop, &r->child, &spec, child_ended);
    if (err != TB_OK)
        tb_reader_link_close(&r->link);
    (void)close(ends[1]);
    return err;
}

static void reader_start(struct tb_timer *timer)
{
    struct reader *r = timer->context;
    r->silent = false;
    r->info.start_count++;
    enum tb_err err = process_start(r);
    if (err != TB_OK)
        restart_plan(r, TB_READER_CRASHED, "process.not_started");
    else
        silence_watch(r);
}

/* ---- life ---- */

static enum tb_err reader_init(struct reader *r, struct tb_readers *owner, unsigned index,
                               const struct tb_reader_spec *spec)
{
    r->owner = owner;
    r->name = strdup(spec->name);
    r->device = strdup(spec->device);
    if (r->name == NULL || r->device == NULL)
        return TB_ERR_NO_MEMORY;
    if (spec->kind == TB_READER_SCANNER)
        (void)snprintf(r->baud, sizeof r->baud, "%u", spec->baud ? spec->baud : 9600);
    r->info = (struct tb_reader_info){.index = index,
                                      .kind = spec->kind,
                                      .name = r->name,
                                      .state = TB_READER_STARTING,
                                      .reason = "",
                                      .since_ms = tb_loop_now_ms(owner->loop),
                                      .since_wall_ms = tb_loop_wall_ms(owner->loop),
                                      .software = r->software};
    r->child.context = r;
    r->link.context = r;
    r->link.message = link_message;
    r->link.ended = link_ended;
    r->silence.context = r;
    r->restart.context = r;
    tb_timer_set(owner->loop, &r->restart, 0, reader_start);
    return TB_OK;
}

enum tb_err tb_readers_create(struct tb_loop *loop, const struct tb_readers_options *options,
                              struct tb_readers **ret_readers)
{
    *ret_readers = NULL;
    if (options->spec_count > TB_READERS_COUNT_MAX)
        return TB_ERR_FULL;
    struct tb_readers *readers =
        calloc(1, sizeof *readers + options->spec_count * sizeof readers->readers[0]);
    if (readers == NULL)
        return TB_ERR_NO_MEMORY;
    readers->loop = loop;
    readers->event = options->event;
    readers->context = options->context;
    readers->count = options->spec_count;
    readers->readerd_path = strdup(options->readerd_path);
    enum tb_err err = readers->readerd_path ? TB_OK : TB_ERR_NO_MEMORY;
    for (unsigned i = 0; i < readers->count; i++)
        readers->readers[i].link.fd = -1;
    for (unsigned i = 0; i < readers->count && err == TB_OK; i++)
        err = reader_init(&readers->readers[i], readers, i, &options->specs[i]);
    if (err != TB_OK)
        readers = tb_readers_free(readers);
    *ret_readers = readers;
    return err;
}

struct tb_readers *tb_readers_free(struct tb_readers *readers)
{
    if (readers == NULL)
        return NULL;
    for (unsigned i = 0; i < readers->count; i++) {
        struct reader *r = &readers->readers[i];
        tb_timer_cancel(&r->silence);
        tb_timer_cancel(&r->restart);
        tb_child_end(&r->child);
        tb_reader_link_close(&r->link);
        free(r->name);
        free(r->device);
    }
    free(readers->readerd_path);
    free(readers);
    return NULL;
}

unsigned tb_readers_count(const struct tb_readers *readers)
{
    return readers->count;
}

const struct tb_reader_info *tb_readers_info(const struct tb_readers *readers, unsigned index)
{
    TB_ASSERT(index < readers->count);
    return &readers->readers[index].info;
}

/* ---- requests ---- */

static struct reader *reader_at(struct tb_readers *readers, unsigned index)
{
    TB_ASSERT(index < readers->count);
    return &readers->readers[index];
}

enum tb_err tb_readers_feedback(struct tb_readers *readers, unsigned index,
                                const struct tb_link_feedback *feedback)
{
    struct tb_link_message m = {.type = TB_LINK_FEEDBACK, .feedback = *feedback};
    return tb_reader_link_send(&reader_at(readers, index)->link, &m);
}

enum tb_err tb_readers_transceive(struct tb_readers *readers, unsigned index, uint64_t tap, uint16_t exchange,
                                  uint16_t timeout_ms, struct tb_span apdu)
{
    struct reader *r = reader_at(readers, index);
    if (!r->tap_open || tap != tap_id(r))
        return TB_ERR_NOT_FOUND;
    struct tb_link_message m = {
        .type = TB_LINK_TRANSCEIVE,
        .transceive = {.tap = r->tap, .exchange = exchange, .timeout_ms = timeout_ms, .apdu = apdu}};
    return tb_reader_link_send(&r->link, &m);
}

static enum tb_err request_send(struct reader *r, enum tb_link_type type)
{
    struct tb_link_message m = {.type = type, .request = ++r->request};
    return tb_reader_link_send(&r->link, &m);
}

enum tb_err tb_readers_selftest(struct tb_readers *readers, unsigned index)
{
    return request_send(reader_at(readers, index), TB_LINK_SELFTEST);
}

enum tb_err tb_readers_stats(struct tb_readers *readers, unsigned index)
{
    return request_send(reader_at(readers, index), TB_LINK_STATS);
}

/* ---- names ---- */

const char *tb_reader_kind_name(enum tb_reader_kind kind)
{
    return kind == TB_READER_NFC ? "nfc" : "scanner";
}

const char *tb_reader_state_name(enum tb_reader_state state)
{
    switch (state) {
    case TB_READER_STARTING: return "starting";
    case TB_READER_READY: return "ready";
    case TB_READER_UNPLUGGED: return "unplugged";
    case TB_READER_CRASHED: return "crashed";
    case TB_READER_HUNG: return "hung";
    }
    return "unknown";
}
