#include "core/link/message.h"

#include "core/base/assert.h"

/*
 * Payload layouts, big-endian. "n:text" is one length byte and that many bytes; "…" takes the rest.
 *
 *   HELLO              version1 role1 devices1 reset1 capabilities2 software n:text name n:text
 *   HEARTBEAT          uptime_ms4
 *   STATE              device1 condition1 reason2
 *   TAG                tap2 kind1 sak1 atqa2 uid n:bytes
 *   TAG_DATA           tap2 ndef…
 *   TAG_FAILED         tap2 failure1 reason2
 *   TAG_GONE, TWO_TAGS tap2
 *   LINE               device1 text…
 *   LINE_FAILED        device1 reason2
 *   TRANSCEIVE         tap2 exchange2 timeout_ms2 apdu…
 *   TRANSCEIVE_ANSWER  tap2 exchange2 status1 apdu…
 *   FEEDBACK           light1 beep1 duration_ms2
 *   SELFTEST, STATS    request1
 *   SELFTEST_ANSWER    request1 verdict1 detail…
 *   STATS_ANSWER       request1 count1 value4…
 *   UPDATE_ANSWER      request1 status1 reason2 next4
 *   TAMPER             open1 count2
 *   UPDATE_BEGIN       request1 flags1 header…
 *   UPDATE_BLOCK       request1 offset4 data…
 *   UPDATE_END         request1
 *   POLLING            ecp…
 *   RELAY              what1 tap2
 *   HELLO_REQUEST      nothing
 */
#define TAG_DATA_FIELDS 2
#define ANSWER_FIELDS 5
#define HELLO_FIELDS_MAX (6 + 1 + TB_LINK_SOFTWARE_MAX + 1 + TB_LINK_NAME_MAX)
#define STATS_FIELDS (2 + 4 * TB_LINK_STAT_COUNT)

_Static_assert(TAG_DATA_FIELDS + TB_LINK_NDEF_MAX <= TB_LINK_PAYLOAD_MAX, "TAG_DATA fits a frame");
_Static_assert(ANSWER_FIELDS + TB_LINK_APDU_ANSWER_MAX <= TB_LINK_PAYLOAD_MAX, "an answer fits a frame");
_Static_assert(HELLO_FIELDS_MAX <= TB_LINK_FIELDS_MAX, "HELLO fits its buffer");
_Static_assert(STATS_FIELDS <= TB_LINK_FIELDS_MAX, "STATS_ANSWER fits its buffer");
_Static_assert((TB_LINK_STATS & TB_LINK_FROM_AGENT) && !(TB_LINK_STATS_ANSWER & TB_LINK_FROM_AGENT),
               "the direction bit tells who speaks");

/* ---- encoding ---- */

static void text_add(struct tb_buf *b, struct tb_span text, size_t size_max)
{
    if (text.size > size_max) {
        b->err = TB_ERR_TOO_LONG;
        return;
    }
    tb_buf_add_u8(b, (uint8_t)text.size);
    tb_buf_add(b, text);
}

static void bulk_set(struct tb_buf *b, struct tb_span bulk, size_t size_max, struct tb_span *ret_bulk)
{
    if (bulk.size > size_max)
        b->err = TB_ERR_TOO_LONG;
    *ret_bulk = bulk;
}

static void hello_encode(const struct tb_link_hello *h, struct tb_buf *b)
{
    tb_buf_add_u8(b, h->version);
    tb_buf_add_u8(b, h->role);
    tb_buf_add_u8(b, h->devices);
    tb_buf_add_u8(b, h->reset);
    tb_buf_add_u16be(b, h->capabilities);
    text_add(b, h->software, TB_LINK_SOFTWARE_MAX);
    text_add(b, h->name, TB_LINK_NAME_MAX);
}

static void state_encode(const struct tb_link_state *s, struct tb_buf *b)
{
    tb_buf_add_u8(b, s->device);
    tb_buf_add_u8(b, (uint8_t)s->condition);
    tb_buf_add_u16be(b, (uint16_t)s->reason);
}

static void tag_encode(const struct tb_link_tag *t, struct tb_buf *b)
{
    tb_buf_add_u16be(b, t->tap);
    tb_buf_add_u8(b, (uint8_t)t->kind);
    tb_buf_add_u8(b, t->sak);
    tb_buf_add_u16be(b, t->atqa);
    text_add(b, t->uid, TB_LINK_UID_MAX);
}

static void tag_failed_encode(const struct tb_link_tag_failed *f, struct tb_buf *b)
{
    tb_buf_add_u16be(b, f->tap);
    tb_buf_add_u8(b, (uint8_t)f->failure);
    tb_buf_add_u16be(b, (uint16_t)f->reason);
}

static void feedback_encode(const struct tb_link_feedback *f, struct tb_buf *b)
{
    tb_buf_add_u8(b, (uint8_t)f->light);
    tb_buf_add_u8(b, (uint8_t)f->beep);
    tb_buf_add_u16be(b, f->duration_ms);
}

static void stats_encode(const struct tb_link_stats_answer *s, struct tb_buf *b)
{
    tb_buf_add_u8(b, s->request);
    tb_buf_add_u8(b, TB_LINK_STAT_COUNT);
    for (size_t i = 0; i < TB_LINK_STAT_COUNT; i++)
        tb_buf_add_u32be(b, s->values[i]);
}

static void transceive_encode(const struct tb_link_transceive *t, struct tb_buf *b, struct tb_span *ret_bulk)
{
    tb_buf_add_u16be(b, t->tap);
    tb_buf_add_u16be(b, t->exchange);
    tb_buf_add_u16be(b, t->timeout_ms);
    bulk_set(b, t->apdu, TB_LINK_APDU_MAX, ret_bulk);
}

static void transceive_answer_encode(const struct tb_link_transceive_answer *a, struct tb_buf *b,
                                     struct tb_span *ret_bulk)
{
    tb_buf_add_u16be(b, a->tap);
    tb_buf_add_u16be(b, a->exchange);
    tb_buf_add_u8(b, (uint8_t)a->status);
    bulk_set(b, a->apdu, TB_LINK_APDU_ANSWER_MAX, ret_bulk);
}

static void selftest_answer_encode(const struct tb_link_selftest_answer *a, struct tb_buf *b,
                                   struct tb_span *ret_bulk)
{
    tb_buf_add_u8(b, a->request);
    tb_buf_add_u8(b, (uint8_t)a->verdict);
    bulk_set(b, a->detail, TB_LINK_DETAIL_MAX, ret_bulk);
}

static void line_failed_encode(const struct tb_link_line_failed *f, struct tb_buf *b)
{
    tb_buf_add_u8(b, f->device);
    tb_buf_add_u16be(b, (uint16_t)f->reason);
}

static void update_answer_encode(const struct tb_link_update_answer *a, struct tb_buf *b)
{
    tb_buf_add_u8(b, a->request);
    tb_buf_add_u8(b, (uint8_t)a->status);
    tb_buf_add_u16be(b, (uint16_t)a->reason);
    tb_buf_add_u32be(b, a->next);
}

static void tamper_encode(const struct tb_link_tamper *t, struct tb_buf *b)
{
    tb_buf_add_u8(b, t->open);
    tb_buf_add_u16be(b, t->count);
}

static void relay_encode(const struct tb_link_relay *r, struct tb_buf *b)
{
    tb_buf_add_u8(b, (uint8_t)r->what);
    tb_buf_add_u16be(b, r->tap);
}

static void update_begin_encode(const struct tb_link_update_begin *u, struct tb_buf *b,
                                struct tb_span *ret_bulk)
{
    tb_buf_add_u8(b, u->request);
    tb_buf_add_u8(b, u->flags);
    bulk_set(b, u->header, TB_LINK_UPDATE_HEADER_MAX, ret_bulk);
}

static void update_block_encode(const struct tb_link_update_block *u, struct tb_buf *b,
                                struct tb_span *ret_bulk)
{
    tb_buf_add_u8(b, u->request);
    tb_buf_add_u32be(b, u->offset);
    bulk_set(b, u->data, TB_LINK_UPDATE_BLOCK_SIZE, ret_bulk);
}

static void bulk_of_reader_encode(const struct tb_link_message *m, struct tb_buf *b, struct tb_span *ret_bulk)
{
    switch ((int)m->type) {
    case TB_LINK_TAG_DATA:
        tb_buf_add_u16be(b, m->tag_data.tap);
        bulk_set(b, m->tag_data.ndef, TB_LINK_NDEF_MAX, ret_bulk);
        return;
    case TB_LINK_LINE:
        tb_buf_add_u8(b, m->line.device);
        bulk_set(b, m->line.text, TB_LINK_LINE_MAX, ret_bulk);
        return;
    case TB_LINK_TRANSCEIVE_ANSWER: transceive_answer_encode(&m->transceive_answer, b, ret_bulk); return;
    case TB_LINK_SELFTEST_ANSWER: selftest_answer_encode(&m->selftest_answer, b, ret_bulk); return;
    default: TB_ASSERT(false);
    }
}

enum tb_err tb_link_report_encode(const struct tb_link_message *m, struct tb_buf *fields,
                                  struct tb_span *ret_bulk)
{
    *ret_bulk = tb_span_of(NULL, 0);
    switch ((int)m->type) {
    case TB_LINK_HELLO: hello_encode(&m->hello, fields); break;
    case TB_LINK_HEARTBEAT: tb_buf_add_u32be(fields, m->uptime_ms); break;
    case TB_LINK_STATE: state_encode(&m->state, fields); break;
    case TB_LINK_TAG: tag_encode(&m->tag, fields); break;
    case TB_LINK_TAG_FAILED: tag_failed_encode(&m->tag_failed, fields); break;
    case TB_LINK_TAG_GONE:
    case TB_LINK_TWO_TAGS: tb_buf_add_u16be(fields, m->tap); break;
    case TB_LINK_LINE_FAILED: line_failed_encode(&m->line_failed, fields); break;
    case TB_LINK_STATS_ANSWER: stats_encode(&m->stats_answer, fields); break;
    case TB_LINK_UPDATE_ANSWER: update_answer_encode(&m->update_answer, fields); break;
    case TB_LINK_TAMPER: tamper_encode(&m->tamper, fields); break;
    default: bulk_of_reader_encode(m, fields, ret_bulk); break;
    }
    return fields->err;
}

static void request_encode(const struct tb_link_message *m, struct tb_buf *b, struct tb_span *ret_bulk)
{
    switch ((int)m->type) {
    case TB_LINK_HELLO_REQUEST: return;
    case TB_LINK_RELAY: relay_encode(&m->relay, b); return;
    case TB_LINK_FEEDBACK: feedback_encode(&m->feedback, b); return;
    case TB_LINK_SELFTEST:
    case TB_LINK_STATS:
    case TB_LINK_UPDATE_END: tb_buf_add_u8(b, m->request); return;
    case TB_LINK_TRANSCEIVE: transceive_encode(&m->transceive, b, ret_bulk); return;
    case TB_LINK_UPDATE_BEGIN: update_begin_encode(&m->update_begin, b, ret_bulk); return;
    case TB_LINK_UPDATE_BLOCK: update_block_encode(&m->update_block, b, ret_bulk); return;
    case TB_LINK_POLLING: bulk_set(b, m->ecp, TB_LINK_ECP_MAX, ret_bulk); return;
    default: TB_ASSERT(false);
    }
}

enum tb_err tb_link_message_encode(const struct tb_link_message *m, struct tb_buf *fields,
                                   struct tb_span *ret_bulk)
{
    if (!(m->type & TB_LINK_FROM_AGENT))
        return tb_link_report_encode(m, fields, ret_bulk);
    *ret_bulk = tb_span_of(NULL, 0);
    request_encode(m, fields, ret_bulk);
    return fields->err;
}

/* ---- decoding ---- */

static struct tb_span text_read(struct tb_reader *r, size_t size_max)
{
    struct tb_span text = tb_read_bytes(r, tb_read_u8(r));
    if (text.size > size_max && r->err == TB_OK)
        r->err = TB_ERR_TOO_LONG;
    return text;
}

static struct tb_span rest_read(struct tb_reader *r, size_t size_max)
{
    if (r->rest.size > size_max && r->err == TB_OK)
        r->err = TB_ERR_TOO_LONG;
    return tb_read_bytes(r, r->rest.size);
}

/* A number between first and last; anything else is an error of the sender. */
static uint8_t choice_read(struct tb_reader *r, uint8_t first, uint8_t last)
{
    uint8_t value = tb_read_u8(r);
    if (r->err == TB_OK && (value < first || value > last))
        r->err = TB_ERR_RANGE;
    return value;
}

static uint8_t device_read(struct tb_reader *r)
{
    return choice_read(r, TB_LINK_DEVICE_NFC, TB_LINK_DEVICE_SCANNER);
}

static void hello_decode(struct tb_reader *r, struct tb_link_hello *h)
{
    h->version = tb_read_u8(r);
    h->role = choice_read(r, TB_LINK_ROLE_READERD, TB_LINK_ROLE_HEAD);
    h->devices = tb_read_u8(r);
    h->reset = tb_read_u8(r);
    h->capabilities = tb_read_u16be(r);
    h->software = text_read(r, TB_LINK_SOFTWARE_MAX);
    h->name = text_read(r, TB_LINK_NAME_MAX);
}

static void state_decode(struct tb_reader *r, struct tb_link_state *s)
{
    s->device = device_read(r);
    s->condition = (enum tb_link_condition)choice_read(r, TB_LINK_STARTING, TB_LINK_UNPLUGGED);
    s->reason = (enum tb_link_reason)tb_read_u16be(r);
}

static void tag_decode(struct tb_reader *r, struct tb_link_tag *t)
{
    t->tap = tb_read_u16be(r);
    t->kind = (enum tb_link_tag_kind)choice_read(r, TB_LINK_TAG_TYPE2, TB_LINK_TAG_OTHER);
    t->sak = tb_read_u8(r);
    t->atqa = tb_read_u16be(r);
    t->uid = text_read(r, TB_LINK_UID_MAX);
}

static void tag_failed_decode(struct tb_reader *r, struct tb_link_tag_failed *f)
{
    f->tap = tb_read_u16be(r);
    uint8_t failure = tb_read_u8(r);
    if (r->err == TB_OK && !tb_tag_failure_valid(failure))
        r->err = TB_ERR_RANGE;
    f->failure = (enum tb_tag_failure)failure;
    f->reason = (enum tb_tag_reason)tb_read_u16be(r);
}

static void feedback_decode(struct tb_reader *r, struct tb_link_feedback *f)
{
    f->light = (enum tb_link_light)choice_read(r, TB_LINK_LIGHT_OFF, TB_LINK_LIGHT_RED);
    f->beep = (enum tb_link_beep)choice_read(r, TB_LINK_BEEP_NONE, TB_LINK_BEEP_LONG);
    f->duration_ms = tb_read_u16be(r);
}

static void transceive_decode(struct tb_reader *r, struct tb_link_transceive *t)
{
    t->tap = tb_read_u16be(r);
    t->exchange = tb_read_u16be(r);
    t->timeout_ms = tb_read_u16be(r);
    t->apdu = rest_read(r, TB_LINK_APDU_MAX);
}

static void transceive_answer_decode(struct tb_reader *r, struct tb_link_transceive_answer *a)
{
    a->tap = tb_read_u16be(r);
    a->exchange = tb_read_u16be(r);
    a->status = (enum tb_link_exchange)choice_read(r, TB_LINK_EXCHANGE_OK, TB_LINK_EXCHANGE_TOO_LONG);
    a->apdu = rest_read(r, TB_LINK_APDU_ANSWER_MAX);
}

static void selftest_answer_decode(struct tb_reader *r, struct tb_link_selftest_answer *a)
{
    a->request = tb_read_u8(r);
    a->verdict = (enum tb_link_verdict)choice_read(r, TB_LINK_SELFTEST_PASSED, TB_LINK_SELFTEST_UNSUPPORTED);
    a->detail = rest_read(r, TB_LINK_DETAIL_MAX);
}

static void stats_decode(struct tb_reader *r, struct tb_link_stats_answer *s)
{
    memset(s->values, 0, sizeof s->values);
    s->request = tb_read_u8(r);
    unsigned count = tb_read_u8(r);
    for (unsigned i = 0; i < count && r->err == TB_OK; i++) {
        uint32_t value = tb_read_u32be(r);
        if (i < TB_LINK_STAT_COUNT)
            s->values[i] = value;
    }
}

static void update_answer_decode(struct tb_reader *r, struct tb_link_update_answer *a)
{
    a->request = tb_read_u8(r);
    a->status = (enum tb_link_update_status)choice_read(r, TB_LINK_UPDATE_SEND, TB_LINK_UPDATE_REFUSED);
    a->reason = (enum tb_link_reason)tb_read_u16be(r);
    a->next = tb_read_u32be(r);
}

static void update_block_decode(struct tb_reader *r, struct tb_link_update_block *u)
{
    u->request = tb_read_u8(r);
    u->offset = tb_read_u32be(r);
    u->data = rest_read(r, TB_LINK_UPDATE_BLOCK_SIZE);
    if (r->err == TB_OK && u->offset % TB_LINK_UPDATE_BLOCK_SIZE != 0)
        r->err = TB_ERR_RANGE;
}

static void from_reader_decode(struct tb_reader *r, struct tb_link_message *m)
{
    switch ((int)m->type) {
    case TB_LINK_HELLO: hello_decode(r, &m->hello); return;
    case TB_LINK_HEARTBEAT: m->uptime_ms = tb_read_u32be(r); return;
    case TB_LINK_STATE: state_decode(r, &m->state); return;
    case TB_LINK_TAG: tag_decode(r, &m->tag); return;
    case TB_LINK_TAG_DATA:
        m->tag_data.tap = tb_read_u16be(r);
        m->tag_data.ndef = rest_read(r, TB_LINK_NDEF_MAX);
        return;
    case TB_LINK_TAG_FAILED: tag_failed_decode(r, &m->tag_failed); return;
    case TB_LINK_TAG_GONE:
    case TB_LINK_TWO_TAGS: m->tap = tb_read_u16be(r); return;
    case TB_LINK_LINE:
        m->line.device = device_read(r);
        m->line.text = rest_read(r, TB_LINK_LINE_MAX);
        return;
    case TB_LINK_LINE_FAILED:
        m->line_failed.device = device_read(r);
        m->line_failed.reason = (enum tb_link_reason)tb_read_u16be(r);
        return;
    case TB_LINK_TRANSCEIVE_ANSWER: transceive_answer_decode(r, &m->transceive_answer); return;
    case TB_LINK_SELFTEST_ANSWER: selftest_answer_decode(r, &m->selftest_answer); return;
    case TB_LINK_STATS_ANSWER: stats_decode(r, &m->stats_answer); return;
    case TB_LINK_UPDATE_ANSWER: update_answer_decode(r, &m->update_answer); return;
    case TB_LINK_TAMPER:
        m->tamper.open = choice_read(r, 0, 1) != 0;
        m->tamper.count = tb_read_u16be(r);
        return;
    default: r->err = TB_ERR_UNSUPPORTED; return;
    }
}

static void from_agent_decode(struct tb_reader *r, struct tb_link_message *m)
{
    switch ((int)m->type) {
    case TB_LINK_HELLO_REQUEST: return;
    case TB_LINK_TRANSCEIVE: transceive_decode(r, &m->transceive); return;
    case TB_LINK_FEEDBACK: feedback_decode(r, &m->feedback); return;
    case TB_LINK_SELFTEST:
    case TB_LINK_STATS:
    case TB_LINK_UPDATE_END: m->request = tb_read_u8(r); return;
    case TB_LINK_UPDATE_BEGIN:
        m->update_begin.request = tb_read_u8(r);
        m->update_begin.flags = tb_read_u8(r);
        m->update_begin.header = rest_read(r, TB_LINK_UPDATE_HEADER_MAX);
        return;
    case TB_LINK_UPDATE_BLOCK: update_block_decode(r, &m->update_block); return;
    case TB_LINK_POLLING: m->ecp = rest_read(r, TB_LINK_ECP_MAX); return;
    case TB_LINK_RELAY:
        m->relay.what = (enum tb_link_relaying)choice_read(r, TB_LINK_RELAY_OFF, TB_LINK_RELAY_AGAIN);
        m->relay.tap = tb_read_u16be(r);
        return;
    default: r->err = TB_ERR_UNSUPPORTED; return;
    }
}

static bool version_fits(const struct tb_link_frame *frame)
{
    bool any_version = frame->type == TB_LINK_HELLO || frame->type == TB_LINK_HELLO_REQUEST;
    return frame->version == TB_LINK_VERSION || any_version;
}

enum tb_err tb_link_request_decode(const struct tb_link_frame *frame, struct tb_link_message *ret_message)
{
    if (!version_fits(frame))
        return TB_ERR_UNSUPPORTED;
    struct tb_reader r = tb_reader_of(frame->payload);
    ret_message->type = (enum tb_link_type)frame->type;
    from_agent_decode(&r, ret_message);
    return r.err;
}

enum tb_err tb_link_message_decode(const struct tb_link_frame *frame, struct tb_link_message *ret_message)
{
    if (frame->type & TB_LINK_FROM_AGENT)
        return tb_link_request_decode(frame, ret_message);
    if (!version_fits(frame))
        return TB_ERR_UNSUPPORTED;
    struct tb_reader r = tb_reader_of(frame->payload);
    ret_message->type = (enum tb_link_type)frame->type;
    from_reader_decode(&r, ret_message);
    return r.err;
}

/* ---- names ---- */

const char *tb_link_reason_name(enum tb_link_reason reason)
{
    switch ((int)reason) {
    case TB_LINK_REASON_NONE: return "";
    case TB_LINK_REASON_NO_DEVICE: return "device.absent";
    case TB_LINK_REASON_DENIED: return "device.denied";
    case TB_LINK_REASON_BUSY: return "device.busy";
    case TB_LINK_REASON_NO_ANSWER: return "device.no_answer";
    case TB_LINK_REASON_IO: return "device.io";
    case TB_LINK_REASON_UNSUPPORTED: return "device.unsupported";
    case TB_LINK_REASON_LINE_LONG: return "line.too_long";
    case TB_LINK_REASON_LINE_TEXT: return "line.not_text";
    case TB_LINK_REASON_UPDATE_FORMAT: return "update.format";
    case TB_LINK_REASON_UPDATE_BOARD: return "update.board";
    case TB_LINK_REASON_UPDATE_SLOT: return "update.slot";
    case TB_LINK_REASON_UPDATE_SIGNATURE: return "update.signature";
    case TB_LINK_REASON_UPDATE_OLDER: return "update.older";
    case TB_LINK_REASON_UPDATE_SAME: return "update.same";
    case TB_LINK_REASON_UPDATE_FAILED: return "update.failed_before";
    case TB_LINK_REASON_UPDATE_FLOOR: return "update.below_floor";
    case TB_LINK_REASON_UPDATE_ROOM: return "update.too_large";
    case TB_LINK_REASON_UPDATE_FLASH: return "update.flash";
    case TB_LINK_REASON_UPDATE_DIGEST: return "update.digest";
    case TB_LINK_REASON_UPDATE_NOT_BEGUN: return "update.not_begun";
    case TB_LINK_REASON_UPDATE_UNWELL: return "update.unwell";
    case TB_LINK_REASON_UPDATE_TRIAL: return "update.trial";
    case TB_LINK_REASON_UPDATE_TAP: return "update.tap";
    default: return "unknown";
    }
}

const char *tb_link_reset_name(enum tb_link_reset reset)
{
    switch ((int)reset) {
    case TB_LINK_RESET_PROCESS_START: return "process_start";
    case TB_LINK_RESET_POWER_ON: return "power_on";
    case TB_LINK_RESET_PIN: return "pin";
    case TB_LINK_RESET_SOFTWARE: return "software";
    case TB_LINK_RESET_WATCHDOG: return "watchdog";
    case TB_LINK_RESET_BROWNOUT: return "brownout";
    default: return "unknown";
    }
}

const char *tb_link_stat_name(enum tb_link_stat stat)
{
    static const char *const names[TB_LINK_STAT_COUNT] = {
        [TB_LINK_STAT_UPTIME_S] = "uptime_s",
        [TB_LINK_STAT_TAPS] = "taps",
        [TB_LINK_STAT_TAGS_READ] = "tags_read",
        [TB_LINK_STAT_TAGS_FAILED] = "tags_failed",
        [TB_LINK_STAT_LINES] = "lines",
        [TB_LINK_STAT_LINES_FAILED] = "lines_failed",
        [TB_LINK_STAT_DEVICE_ERRORS] = "device_errors",
        [TB_LINK_STAT_DEVICE_OPENS] = "device_opens",
        [TB_LINK_STAT_FRAMES_DAMAGED] = "frames_damaged",
        [TB_LINK_STAT_FRAMES_LOST] = "frames_lost",
        [TB_LINK_STAT_BYTES_LOST] = "bytes_lost",
        [TB_LINK_STAT_STACK_FREE] = "stack_free",
    };
    return (unsigned)stat < TB_LINK_STAT_COUNT ? names[stat] : "unknown";
}
