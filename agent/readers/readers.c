#include "agent/readers/readers.h"

#include "agent/readers/link.h"
#include "agent/readers/transport.h"
#include "core/base/assert.h"

#include <stdlib.h>

enum {
    RESTART_FIRST_MS = 100,
    RESTART_MAX_MS = 5000,
    STABLE_MS = 10000, /* a reader that was ready for so long starts the back-off anew */
    PROBE_MS = TB_READERS_SILENCE_MS / 2,
    HELLO_AGAIN_MS = 250, /* an answer that takes so long was lost */
    REQUEST_PROBE = 0,    /* request of a STATS that only asks for a sign of life */
};

enum link_state {
    LINK_RESTING, /* waits for its restart timer */
    LINK_OPEN,    /* nothing but a HELLO is taken from it */
    LINK_GREETED, /* it is what was wanted */
    LINK_DROPPED, /* nothing more is taken from it; its transport is ending */
};

struct reader {
    struct tb_readers *owner;
    struct tb_reader_info info;
    char *name;
    char software[TB_LINK_SOFTWARE_MAX + 1];
    char board[TB_LINK_NAME_MAX + 1];
    struct tb_transport transport;
    struct tb_reader_link link;
    enum link_state state;
    struct tb_transport_fault fault; /* why it was dropped */
    struct tb_timer silence;
    int64_t asked_ms; /* when HELLO was asked for last */
    struct tb_timer restart;
    int64_t pause_ms; /* before the next start */
    bool tap_open;    /* a TAG without its TAG_GONE */
    uint16_t tap;     /* as the reader counts them */
    uint8_t request;  /* of the last SELFTEST or STATS */
    struct tb_link_tamper tamper;
    uint8_t polling[TB_LINK_ECP_MAX];
    int64_t renewed_ms; /* when it and the wish to relay were sent last */
    bool relays;
};

struct tb_readers {
    struct tb_loop *loop;
    void (*event)(void *context, const struct tb_reader_event *event);
    void *context;
    bool relay;
    unsigned count;
    struct reader readers[];
};

/* ---- events ---- */

static void event_give(struct reader *r, struct tb_reader_event *event)
{
    event->reader = &r->info;
    r->owner->event(r->owner->context, event);
}

/* Taps are told apart across starts and readers. */
static uint64_t tap_id(const struct reader *r)
{
    return (uint64_t)r->info.index << 48 | (uint64_t)r->info.start_count << 16 | r->tap;
}

static void part_set(struct reader *r, struct tb_reader_part *part, enum tb_reader_state state,
                     const char *reason)
{
    if (part->state == state && strcmp(part->reason, reason) == 0)
        return;
    if (part->state != state) {
        part->since_ms = tb_loop_now_ms(r->owner->loop);
        part->since_wall_ms = tb_loop_wall_ms(r->owner->loop);
    }
    part->state = state;
    part->reason = reason;
    event_give(r, &(struct tb_reader_event){.kind = TB_READER_EVENT_STATE, .part = part, .reason = reason});
}

static void parts_set(struct reader *r, enum tb_reader_state state, const char *reason)
{
    for (unsigned i = 0; i < r->info.part_count; i++)
        part_set(r, &r->info.parts[i], state, reason);
}

static void part_add(struct reader *r, enum tb_reader_kind kind)
{
    r->info.parts[r->info.part_count++] = (struct tb_reader_part){
        .kind = kind,
        .state = TB_READER_STARTING,
        .reason = "",
        .since_ms = tb_loop_now_ms(r->owner->loop),
        .since_wall_ms = tb_loop_wall_ms(r->owner->loop),
    };
}

static void tap_close(struct reader *r)
{
    if (!r->tap_open)
        return;
    r->tap_open = false;
    event_give(r, &(struct tb_reader_event){.kind = TB_READER_EVENT_TAG_GONE, .tap = tap_id(r)});
}

/* ---- messages ---- */

static struct tb_reader_part *part_of(struct reader *r, uint8_t device)
{
    enum tb_reader_kind kind = device == TB_LINK_DEVICE_NFC ? TB_READER_NFC : TB_READER_SCANNER;
    for (unsigned i = 0; i < r->info.part_count; i++)
        if (r->info.parts[i].kind == kind)
            return &r->info.parts[i];
    return NULL;
}

static void state_take(struct reader *r, const struct tb_link_state *s)
{
    const char *reason = tb_link_reason_name(s->reason);
    struct tb_reader_part *part = part_of(r, s->device);
    if (part == NULL)
        return;
    if (s->condition != TB_LINK_READY && part->kind == TB_READER_NFC)
        tap_close(r);
    switch (s->condition) {
    case TB_LINK_STARTING: return; /* what was shown before stays until it is known better */
    case TB_LINK_READY: part_set(r, part, TB_READER_READY, reason); return;
    case TB_LINK_FAILED:
    case TB_LINK_UNPLUGGED: part_set(r, part, TB_READER_UNPLUGGED, reason); return;
    }
}

/* What a head has is known by its HELLO only; of a process it is known before. */
static void parts_take(struct reader *r, uint8_t devices)
{
    static const enum tb_reader_kind kinds[] = {TB_READER_NFC, TB_READER_SCANNER};
    static const uint8_t bits[] = {TB_LINK_DEVICE_NFC, TB_LINK_DEVICE_SCANNER};
    bool same = r->info.kind != TB_READER_HEAD;
    if (!same) {
        unsigned known = 0;
        for (unsigned i = 0; i < r->info.part_count; i++)
            known |= r->info.parts[i].kind == TB_READER_HEAD ? 0 : bits[r->info.parts[i].kind];
        same = known == devices;
    }
    if (same)
        return;
    r->info.part_count = 0;
    for (unsigned i = 0; i < TB_ARRAY_SIZE(kinds); i++)
        if (devices & bits[i])
            part_add(r, kinds[i]);
}

/* A reader that runs on may have one from an agent that was configured otherwise: none is said, too. */
static void polling_send(struct reader *r)
{
    enum tb_reader_polling state = TB_READER_POLLING_UNSUPPORTED;
    if (r->info.capabilities & TB_LINK_CAN_POLLING) {
        enum tb_err err = tb_reader_link_send(
            &r->link, &(struct tb_link_message){.type = TB_LINK_POLLING, .ecp = r->info.polling});
        state = err == TB_OK ? TB_READER_POLLING_SENT : TB_READER_POLLING_WAITING;
    }
    r->info.polling_state = r->info.polling.size > 0 ? state : TB_READER_POLLING_NONE;
}

static void relay_send(struct reader *r)
{
    const struct tb_link_message m = {
        .type = TB_LINK_RELAY, .relay = {.what = r->owner->relay ? TB_LINK_RELAY_ON : TB_LINK_RELAY_OFF}};
    r->relays = (r->info.capabilities & TB_LINK_CAN_RELAY) && tb_reader_link_send(&r->link, &m) == TB_OK &&
                r->owner->relay;
}

static void wishes_send(struct reader *r)
{
    polling_send(r);
    relay_send(r);
    r->renewed_ms = tb_loop_now_ms(r->owner->loop);
}

/* The line may have lost them, or the HELLO of a reader that began anew. */
static void wishes_renew(struct reader *r)
{
    if (tb_loop_now_ms(r->owner->loop) - r->renewed_ms >= TB_READERS_POLLING_MS)
        wishes_send(r);
}

/* The reader is resting when this returns, or will be. */
static void reader_drop(struct reader *r, struct tb_transport_fault fault)
{
    r->state = LINK_DROPPED;
    r->fault = fault;
    tb_timer_cancel(&r->silence);
    r->transport.ops->drop(&r->transport);
}

/* Why a reader that says this cannot be used here; NULL when it can. */
static const char *hello_fault(const struct reader *r, const struct tb_link_hello *h)
{
    if (r->link.version != TB_LINK_VERSION || h->version < TB_LINK_VERSION)
        return "link.version";
    if (h->role != r->transport.ops->role)
        return "link.role";
    return (h->devices & (TB_LINK_DEVICE_NFC | TB_LINK_DEVICE_SCANNER)) == 0 ? "link.devices" : NULL;
}

static void hello_take(struct reader *r, const struct tb_link_hello *h)
{
    const char *fault = hello_fault(r, h);
    if (fault) {
        reader_drop(r, (struct tb_transport_fault){TB_READER_UNSUPPORTED, fault, RESTART_MAX_MS});
        return;
    }
    if (r->state == LINK_GREETED) { /* it began anew and knows of no tag any more */
        tap_close(r);
        r->info.start_count++;
    }
    r->state = LINK_GREETED;
    enum tb_err err = tb_span_to_str(h->software, r->software, sizeof r->software);
    TB_ASSERT(err == TB_OK); /* the codec bounds both */
    err = tb_span_to_str(h->name, r->board, sizeof r->board);
    TB_ASSERT(err == TB_OK);
    r->info.reset = (enum tb_link_reset)h->reset;
    r->info.capabilities = h->capabilities;
    parts_take(r, h->devices & (TB_LINK_DEVICE_NFC | TB_LINK_DEVICE_SCANNER));
    wishes_send(r);
    event_give(r, &(struct tb_reader_event){.kind = TB_READER_EVENT_HELLO});
}

static bool tap_is_open(const struct reader *r, uint16_t tap)
{
    return r->tap_open && r->tap == tap;
}

static void tag_take(struct reader *r, const struct tb_link_tag *tag)
{
    if (r->relays && tap_is_open(r, tag->tap)) {
        event_give(
            r, &(struct tb_reader_event){.kind = TB_READER_EVENT_TAG_AGAIN, .tap = tap_id(r), .tag = *tag});
        return;
    }
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

static void selftest_take(struct reader *r, const struct tb_link_selftest_answer *a)
{
    event_give(r, &(struct tb_reader_event){.kind = TB_READER_EVENT_SELFTEST,
                                            .request = a->request,
                                            .verdict = a->verdict,
                                            .data = a->detail});
}

static void stats_take(struct reader *r, const struct tb_link_stats_answer *a)
{
    if (a->request != REQUEST_PROBE)
        event_give(r, &(struct tb_reader_event){
                          .kind = TB_READER_EVENT_STATS, .request = a->request, .stats = a->values});
}

static void update_take(struct reader *r, const struct tb_link_update_answer *a)
{
    event_give(r,
               &(struct tb_reader_event){.kind = TB_READER_EVENT_UPDATE, .request = a->request, .update = a});
}

/* Said after each HELLO, too; what is known is not told again. */
static void tamper_take(struct reader *r, const struct tb_link_tamper *t)
{
    bool news = t->open != r->tamper.open || (t->count != r->tamper.count && t->count > 0);
    r->tamper = *t;
    if (news)
        event_give(r, &(struct tb_reader_event){.kind = TB_READER_EVENT_TAMPER, .tamper = *t});
}

static void message_take(struct reader *r, const struct tb_link_message *m)
{
    switch (m->type) {
    case TB_LINK_HELLO: hello_take(r, &m->hello); return;
    case TB_LINK_HEARTBEAT: wishes_renew(r); return;
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
    case TB_LINK_SELFTEST_ANSWER: selftest_take(r, &m->selftest_answer); return;
    case TB_LINK_STATS_ANSWER: stats_take(r, &m->stats_answer); return;
    case TB_LINK_UPDATE_ANSWER: update_take(r, &m->update_answer); return;
    case TB_LINK_TAMPER: tamper_take(r, &m->tamper); return;
    case TB_LINK_HELLO_REQUEST: /* ours; a reader that sends them is ignored */
    case TB_LINK_TRANSCEIVE:
    case TB_LINK_FEEDBACK:
    case TB_LINK_SELFTEST:
    case TB_LINK_STATS:
    case TB_LINK_UPDATE_BEGIN:
    case TB_LINK_UPDATE_BLOCK:
    case TB_LINK_UPDATE_END:
    case TB_LINK_POLLING:
    case TB_LINK_RELAY: return;
    }
}

/* ---- supervision ---- */

static void reader_start(struct tb_timer *timer);

static bool was_stable(const struct reader *r)
{
    for (unsigned i = 0; i < r->info.part_count; i++)
        if (r->info.parts[i].state == TB_READER_READY &&
            tb_loop_now_ms(r->owner->loop) - r->info.parts[i].since_ms >= STABLE_MS)
            return true;
    return false;
}

static void restart_plan(struct reader *r, const struct tb_transport_fault *fault)
{
    if (was_stable(r))
        r->pause_ms = 0;
    r->pause_ms = r->pause_ms ? 2 * r->pause_ms : RESTART_FIRST_MS;
    if (r->pause_ms > fault->pause_max_ms)
        r->pause_ms = fault->pause_max_ms;
    r->state = LINK_RESTING;
    if (r->info.polling.size > 0)
        r->info.polling_state = TB_READER_POLLING_WAITING;
    tap_close(r);
    parts_set(r, fault->state, fault->reason);
    tb_timer_set(r->owner->loop, &r->restart, r->pause_ms, reader_start);
}

/* What it said before it went is still taken, unless it was dropped. */
static void transport_ended(struct tb_transport *transport)
{
    struct reader *r = transport->context;
    if (r->state != LINK_DROPPED)
        tb_reader_link_finish(&r->link);
    tb_reader_link_close(&r->link);
    tb_timer_cancel(&r->silence);
    restart_plan(r, r->state == LINK_DROPPED ? &r->fault : &transport->ops->ended);
}

static void hello_ask(struct reader *r)
{
    enum tb_err err = tb_reader_link_send(&r->link, &(struct tb_link_message){.type = TB_LINK_HELLO_REQUEST});
    r->asked_ms = tb_loop_now_ms(r->owner->loop);
    (void)err; /* asked again while none comes */
}

static void silence_over(struct tb_timer *timer)
{
    struct reader *r = timer->context;
    reader_drop(r, r->transport.ops->silent);
}

/* A reader that is slow is told apart from one that is dead: anything that it answers will do. */
static void silence_probe(struct tb_timer *timer)
{
    struct reader *r = timer->context;
    if (r->state == LINK_OPEN) {
        hello_ask(r);
    } else {
        enum tb_err err = tb_reader_link_send(
            &r->link, &(struct tb_link_message){.type = TB_LINK_STATS, .request = REQUEST_PROBE});
        (void)err; /* a link that takes nothing will not answer either */
    }
    tb_timer_set(r->owner->loop, &r->silence, TB_READERS_SILENCE_MS - PROBE_MS, silence_over);
}

static void silence_watch(struct reader *r)
{
    tb_timer_set(r->owner->loop, &r->silence, PROBE_MS, silence_probe);
}

static void link_message(struct tb_reader_link *link, const struct tb_link_message *m)
{
    struct reader *r = link->context;
    if (r->state == LINK_DROPPED)
        return;
    silence_watch(r);
    if (r->state == LINK_GREETED || m->type == TB_LINK_HELLO)
        message_take(r, m);
    else if (m->type == TB_LINK_HEARTBEAT && tb_loop_now_ms(r->owner->loop) - r->asked_ms >= HELLO_AGAIN_MS)
        hello_ask(r);
}

/* A process that closes its link and lives on is of no use. */
static void link_ended(struct tb_reader_link *link)
{
    struct reader *r = link->context;
    if (r->state == LINK_OPEN || r->state == LINK_GREETED)
        reader_drop(r, r->transport.ops->ended);
}

static void reader_start(struct tb_timer *timer)
{
    struct reader *r = timer->context;
    struct tb_transport_fault fault;
    int fd;
    if (!r->transport.ops->open(&r->transport, &fd, &fault)) {
        restart_plan(r, &fault);
        return;
    }
    r->info.start_count++;
    r->state = LINK_OPEN;
    if (tb_reader_link_open(&r->link, r->owner->loop, fd) != TB_OK) {
        reader_drop(r, r->transport.ops->ended);
        return;
    }
    if (r->transport.ops->asks)
        hello_ask(r);
    silence_watch(r);
}

/* ---- life ---- */

static enum tb_err reader_init(struct reader *r, struct tb_readers *owner, unsigned index,
                               const struct tb_readers_options *options)
{
    const struct tb_reader_spec *spec = &options->specs[index];
    r->owner = owner;
    r->transport.context = r;
    r->transport.ended = transport_ended;
    r->name = strdup(spec->name);
    enum tb_err err = tb_transport_init(&r->transport, owner->loop, spec, options->readerd_path);
    if (r->name == NULL || err != TB_OK)
        return TB_ERR_NO_MEMORY;
    TB_ASSERT(spec->polling.size <= sizeof r->polling);
    if (spec->polling.size > 0)
        memcpy(r->polling, spec->polling.at, spec->polling.size);
    r->info = (struct tb_reader_info){.index = index,
                                      .kind = spec->kind,
                                      .name = r->name,
                                      .device = r->transport.device,
                                      .polling = tb_span_of(r->polling, spec->polling.size),
                                      .polling_state = spec->polling.size > 0 ? TB_READER_POLLING_WAITING
                                                                              : TB_READER_POLLING_NONE,
                                      .software = r->software,
                                      .board = r->board};
    bool whole = spec->kind == TB_READER_NFC || spec->kind == TB_READER_HEAD;
    part_add(r, whole ? spec->kind : TB_READER_SCANNER);
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
    enum tb_err err = TB_OK;
    for (unsigned i = 0; i < readers->count; i++)
        readers->readers[i].link.fd = -1;
    for (unsigned i = 0; i < readers->count && err == TB_OK; i++)
        err = reader_init(&readers->readers[i], readers, i, options);
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
        tb_transport_clear(&r->transport);
        tb_reader_link_close(&r->link);
        free(r->name);
    }
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

struct tb_reader_frames tb_readers_frames(const struct tb_readers *readers, unsigned index)
{
    TB_ASSERT(index < readers->count);
    const struct tb_link_decoder *d = &readers->readers[index].link.decoder;
    return (struct tb_reader_frames){.damaged_count = d->damaged_count, .lost_count = d->lost_count};
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
    struct reader *r = reader_at(readers, index);
    struct tb_link_message m = {.type = TB_LINK_FEEDBACK, .feedback = *feedback};
    if (r->state != LINK_GREETED)
        return TB_ERR_OFFLINE;
    if (!(r->info.capabilities & TB_LINK_CAN_FEEDBACK))
        return TB_ERR_UNSUPPORTED;
    return tb_reader_link_send(&r->link, &m);
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

void tb_readers_relay(struct tb_readers *readers, bool on)
{
    bool was = readers->relay;
    readers->relay = on;
    for (unsigned i = 0; i < readers->count && on != was; i++)
        if (readers->readers[i].state == LINK_GREETED)
            relay_send(&readers->readers[i]);
}

bool tb_readers_relays(const struct tb_readers *readers, unsigned index)
{
    TB_ASSERT(index < readers->count);
    return readers->readers[index].relays;
}

enum tb_err tb_readers_tell(struct tb_readers *readers, unsigned index, uint64_t tap,
                            enum tb_link_relaying what)
{
    struct reader *r = reader_at(readers, index);
    if (!r->tap_open || tap != tap_id(r))
        return TB_ERR_NOT_FOUND;
    const struct tb_link_message m = {.type = TB_LINK_RELAY, .relay = {.what = what, .tap = r->tap}};
    return tb_reader_link_send(&r->link, &m);
}

static uint8_t request_next(struct reader *r)
{
    if (++r->request == REQUEST_PROBE)
        r->request++;
    return r->request;
}

static enum tb_err request_send(struct reader *r, enum tb_link_type type, uint8_t *ret_request)
{
    if (r->state != LINK_GREETED)
        return TB_ERR_OFFLINE;
    *ret_request = request_next(r);
    struct tb_link_message m = {.type = type, .request = *ret_request};
    return tb_reader_link_send(&r->link, &m);
}

enum tb_err tb_readers_selftest(struct tb_readers *readers, unsigned index, uint8_t *ret_request)
{
    struct reader *r = reader_at(readers, index);
    if (r->state == LINK_GREETED && !(r->info.capabilities & TB_LINK_CAN_SELFTEST))
        return TB_ERR_UNSUPPORTED;
    return request_send(r, TB_LINK_SELFTEST, ret_request);
}

enum tb_err tb_readers_stats(struct tb_readers *readers, unsigned index, uint8_t *ret_request)
{
    return request_send(reader_at(readers, index), TB_LINK_STATS, ret_request);
}

enum tb_err tb_readers_update(struct tb_readers *readers, unsigned index, const struct tb_link_message *m,
                              uint8_t *ret_request)
{
    struct reader *r = reader_at(readers, index);
    struct tb_link_message numbered = *m;
    if (r->state != LINK_GREETED)
        return TB_ERR_OFFLINE;
    if (!(r->info.capabilities & TB_LINK_CAN_UPDATE))
        return TB_ERR_UNSUPPORTED;
    *ret_request = request_next(r);
    if (m->type == TB_LINK_UPDATE_BEGIN)
        numbered.update_begin.request = *ret_request;
    else if (m->type == TB_LINK_UPDATE_BLOCK)
        numbered.update_block.request = *ret_request;
    else
        numbered.request = *ret_request;
    return tb_reader_link_send(&r->link, &numbered);
}

/* ---- names ---- */

const char *tb_reader_kind_name(enum tb_reader_kind kind)
{
    switch (kind) {
    case TB_READER_NFC: return "nfc";
    case TB_READER_SCANNER: return "scanner";
    case TB_READER_KEYBOARD: return "keyboard";
    case TB_READER_HIDPOS: return "hidpos";
    case TB_READER_CAMERA: return "camera";
    case TB_READER_HEAD: return "head";
    }
    return "unknown";
}

const char *tb_reader_state_name(enum tb_reader_state state)
{
    switch (state) {
    case TB_READER_STARTING: return "starting";
    case TB_READER_READY: return "ready";
    case TB_READER_UNPLUGGED: return "unplugged";
    case TB_READER_CRASHED: return "crashed";
    case TB_READER_HUNG: return "hung";
    case TB_READER_UNSUPPORTED: return "unsupported";
    }
    return "unknown";
}

const char *tb_reader_polling_name(enum tb_reader_polling polling)
{
    switch (polling) {
    case TB_READER_POLLING_NONE: return "none";
    case TB_READER_POLLING_WAITING: return "waiting";
    case TB_READER_POLLING_SENT: return "sent";
    case TB_READER_POLLING_UNSUPPORTED: return "unsupported";
    }
    return "unknown";
}
