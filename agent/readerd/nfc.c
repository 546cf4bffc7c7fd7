#include "agent/readerd/nfc.h"

#include "agent/readerd/chip.h"
#include "agent/readerd/device.h"
#include "agent/readerd/port.h"
#include "core/tag/read.h"

enum {
    POLL_MS = 40,         /* pause between looks for a card */
    PRESENCE_MS = 100,    /* pause between looks whether it is still there */
    FIELD_OFF_MS = 250,   /* the same for cards that are left in peace */
    READ_ATTEMPT_MAX = 3, /* a card at the edge of the field needs more than one */
    RESELECT_ATTEMPT_MAX = 2,
    RANDOM_UID = 0x08, /* ISO/IEC 14443-3 section 6.5.4: first byte of a 4-byte random UID */
    SAK_ISO_DEP = 0x20,
};

enum tap_state {
    TAP_NONE,
    TAP_HELD,    /* selected; the agent may exchange commands with it */
    TAP_SHUNNED, /* a payment card, or one of several: left alone with the field off until it is gone */
};

struct reader {
    struct port port;
    struct chip chip;
    struct device_retry retry;
    enum tap_state state;
    uint16_t tap; /* of the tag in the field, or of the last one */
    struct chip_target target;
    struct tb_tag_read read;
    uint8_t ndef[TB_LINK_NDEF_MAX];
};

/* ---- messages ---- */

static void tag_send(struct reader *r)
{
    static const enum tb_link_tag_kind kinds[] = {[TB_TAG_KIND_TYPE2] = TB_LINK_TAG_TYPE2,
                                                  [TB_TAG_KIND_TYPE4] = TB_LINK_TAG_TYPE4,
                                                  [TB_TAG_KIND_OTHER] = TB_LINK_TAG_OTHER};
    struct tb_link_message m = {
        .type = TB_LINK_TAG,
        .tag = {.tap = r->tap,
                .kind = kinds[tb_tag_kind_of(r->target.sak)],
                .sak = r->target.sak,
                .atqa = r->target.atqa,
                .uid = tb_span_of(r->target.uid, r->target.uid_size)},
    };
    r->port.stats[TB_LINK_STAT_TAPS]++;
    port_send(&r->port, &m);
}

static void data_send(struct reader *r)
{
    struct tb_link_message m = {.type = TB_LINK_TAG_DATA,
                                .tag_data = {.tap = r->tap, .ndef = tb_buf_span(&r->read.ndef)}};
    r->port.stats[TB_LINK_STAT_TAGS_READ]++;
    port_send(&r->port, &m);
}

static void failure_send(struct reader *r)
{
    struct tb_link_message m = {
        .type = TB_LINK_TAG_FAILED,
        .tag_failed = {.tap = r->tap, .failure = r->read.failure, .reason = r->read.reason}};
    r->port.stats[TB_LINK_STAT_TAGS_FAILED]++;
    port_send(&r->port, &m);
}

static void two_send(struct reader *r)
{
    struct tb_link_message m = {.type = TB_LINK_TWO_TAGS, .tap = r->tap};
    r->port.stats[TB_LINK_STAT_TAGS_FAILED]++;
    port_send(&r->port, &m);
}

static void tap_end(struct reader *r)
{
    struct tb_link_message m = {.type = TB_LINK_TAG_GONE, .tap = r->tap};
    if (r->state == TAP_NONE)
        return;
    r->state = TAP_NONE;
    port_send(&r->port, &m);
}

/* ---- the device ---- */

static void device_lose(struct reader *r)
{
    bool unplugged = chip_is_unplugged(&r->chip);
    tap_end(r);
    chip_close(&r->chip);
    port_state(&r->port, unplugged ? TB_LINK_UNPLUGGED : TB_LINK_FAILED,
               unplugged ? TB_LINK_REASON_NO_DEVICE : TB_LINK_REASON_NO_ANSWER);
}

static void device_open(struct reader *r)
{
    enum tb_link_reason reason = chip_open(&r->chip);
    if (reason != TB_LINK_REASON_NONE) {
        port_state(&r->port, device_condition(reason), reason);
        return;
    }
    r->port.stats[TB_LINK_STAT_DEVICE_OPENS]++;
    device_retry_reset(&r->retry);
    port_state(&r->port, TB_LINK_READY, TB_LINK_REASON_NONE);
}

/* ---- telling cards apart ---- */

static bool uid_is_random(const struct chip_target *t)
{
    return t->uid_size == 4 && t->uid[0] == RANDOM_UID;
}

/* A phone shows a new random UID whenever it is activated. */
static bool target_is_same(const struct chip_target *a, const struct chip_target *b)
{
    if (uid_is_random(a) && uid_is_random(b))
        return true;
    return a->uid_size == b->uid_size && memcmp(a->uid, b->uid, a->uid_size) == 0;
}

/* Another card that is found instead is let go, so that the next look meets it: an ISO-DEP card that stays
 * selected would hear no request any more. */
static enum chip_result target_find_again(struct reader *r)
{
    for (unsigned i = 0; i < RESELECT_ATTEMPT_MAX; i++) {
        struct chip_target found;
        port_beat(&r->port);
        chip_field_cycle(&r->chip);
        enum chip_result result = chip_select(&r->chip, &found);
        if (result == CHIP_BROKEN)
            return CHIP_BROKEN;
        if (result == CHIP_OK && target_is_same(&found, &r->target))
            return CHIP_OK;
        if (result == CHIP_OK) {
            chip_field_cycle(&r->chip);
            return CHIP_NONE;
        }
    }
    return CHIP_NONE;
}

/*
 * Whether another card lies in the field as well. A selected Type 2 card that hears a request falls
 * back and lets the other one answer first; an ISO-DEP card has to be halted for that, which costs it
 * its session (target_find_again() gives a new one). A phone is not disturbed: its UID would change,
 * and people do not hold two.
 */
static enum chip_result other_look(struct reader *r, bool *ret_other)
{
    struct chip_target found;
    *ret_other = false;
    if (uid_is_random(&r->target))
        return CHIP_OK;
    if (r->target.sak & SAK_ISO_DEP)
        chip_deselect(&r->chip);
    enum chip_result result = chip_select(&r->chip, &found);
    if (result == CHIP_BROKEN)
        return CHIP_BROKEN;
    *ret_other = result == CHIP_OK && !target_is_same(&found, &r->target);
    return CHIP_OK;
}

/* ---- reading ---- */

static enum tb_tag_step command_run(struct reader *r, enum chip_result *ret_result)
{
    uint8_t memory[TB_LINK_APDU_ANSWER_MAX];
    struct tb_buf answer = tb_buf_of(memory, sizeof memory);
    port_beat(&r->port);
    *ret_result = chip_exchange(&r->chip, tb_span_of(r->read.command, r->read.command_size),
                                r->read.timeout_ms, &answer);
    if (*ret_result == CHIP_OK)
        return tb_tag_read_answer(&r->read, tb_buf_span(&answer));
    return tb_tag_read_lost(&r->read);
}

static enum tb_tag_step attempt_run(struct reader *r, enum chip_result *ret_result)
{
    enum tb_tag_step step = tb_tag_read_start(&r->read, r->target.sak, r->ndef, sizeof r->ndef);
    *ret_result = CHIP_OK;
    while (step == TB_TAG_STEP_NEXT)
        step = command_run(r, ret_result);
    return step;
}

/* Whether the card was asked for its payment directory: once, and never again. */
static bool payment_was_asked(const struct reader *r)
{
    return r->read.kind == TB_TAG_KIND_TYPE4 && r->read.type4.state == TB_TYPE4_PAYMENT;
}

/* ret_result: NONE when the card is gone, BROKEN when the device failed. */
static enum tb_tag_step tag_read(struct reader *r, enum chip_result *ret_result)
{
    enum tb_tag_step step = attempt_run(r, ret_result);
    for (unsigned attempt = 1; step == TB_TAG_STEP_FAILED && r->read.failure == TB_TAG_TORN; attempt++) {
        if (*ret_result == CHIP_BROKEN || payment_was_asked(r))
            break;
        *ret_result = target_find_again(r);
        if (*ret_result != CHIP_OK || attempt == READ_ATTEMPT_MAX)
            break;
        step = attempt_run(r, ret_result);
    }
    return step;
}

/* ---- a tap from its first byte to its last ---- */

static void tap_report(struct reader *r, enum tb_tag_step step, bool other)
{
    if (other)
        two_send(r);
    else if (step == TB_TAG_STEP_DONE)
        data_send(r);
    else
        failure_send(r);
}

static enum chip_result tap_settle(struct reader *r, bool other)
{
    if (other || payment_was_asked(r)) {
        r->state = TAP_SHUNNED;
        chip_field_off(&r->chip);
        return CHIP_OK;
    }
    bool halted = (r->target.sak & SAK_ISO_DEP) && !uid_is_random(&r->target);
    return halted ? target_find_again(r) : CHIP_OK;
}

static void tap_begin(struct reader *r)
{
    enum chip_result result;
    bool other = false;
    r->tap++;
    r->state = TAP_HELD;
    tag_send(r);
    enum tb_tag_step step = tag_read(r, &result);
    bool whole = step == TB_TAG_STEP_DONE || r->read.failure != TB_TAG_TORN;
    if (whole)
        result = other_look(r, &other);
    tap_report(r, step, other);
    if (whole && result == CHIP_OK)
        result = tap_settle(r, other);
    if (result == CHIP_BROKEN)
        device_lose(r);
    else if (result == CHIP_NONE)
        tap_end(r);
}

static void tap_look(struct reader *r)
{
    enum chip_result result = CHIP_NONE;
    if (r->state == TAP_HELD)
        result = chip_is_present(&r->chip);
    if (result == CHIP_NONE)
        result = target_find_again(r);
    if (result == CHIP_BROKEN)
        device_lose(r);
    else if (result == CHIP_NONE)
        tap_end(r);
    else if (r->state == TAP_SHUNNED)
        chip_field_off(&r->chip);
}

static void field_look(struct reader *r)
{
    enum chip_result result = chip_select(&r->chip, &r->target);
    if (result == CHIP_OK)
        tap_begin(r);
    else if (result == CHIP_BROKEN)
        device_lose(r);
}

/* ---- commands from the agent ---- */

static enum tb_link_exchange transceive(struct reader *r, const struct tb_link_transceive *t,
                                        struct tb_buf *answer)
{
    if (r->state != TAP_HELD || t->tap != r->tap)
        return TB_LINK_EXCHANGE_GONE;
    if (t->apdu.size == 0)
        return TB_LINK_EXCHANGE_RF;
    unsigned timeout_ms = t->timeout_ms ? t->timeout_ms : 1;
    if (timeout_ms > CHIP_CALL_MAX_MS)
        timeout_ms = CHIP_CALL_MAX_MS;
    switch (chip_exchange(&r->chip, t->apdu, timeout_ms, answer)) {
    case CHIP_OK: return TB_LINK_EXCHANGE_OK;
    case CHIP_NONE: return TB_LINK_EXCHANGE_RF;
    case CHIP_BROKEN: break;
    }
    device_lose(r);
    return TB_LINK_EXCHANGE_GONE;
}

static void request_serve(void *context, const struct tb_link_message *m)
{
    struct reader *r = context;
    uint8_t memory[TB_LINK_APDU_ANSWER_MAX];
    struct tb_buf answer = tb_buf_of(memory, sizeof memory);
    if (m->type != TB_LINK_TRANSCEIVE)
        return;
    enum tb_link_exchange status = transceive(r, &m->transceive, &answer);
    struct tb_link_message reply = {
        .type = TB_LINK_TRANSCEIVE_ANSWER,
        .transceive_answer = {.tap = m->transceive.tap,
                              .exchange = m->transceive.exchange,
                              .status = status,
                              .apdu =
                                  status == TB_LINK_EXCHANGE_OK ? tb_buf_span(&answer) : tb_span_of(NULL, 0)},
    };
    port_send(&r->port, &reply);
}

/* ---- the loop ---- */

static int64_t pause_ms(const struct reader *r)
{
    if (r->chip.device == NULL)
        return device_retry_left_ms(&r->retry, port_now_ms());
    switch (r->state) {
    case TAP_NONE: return POLL_MS;
    case TAP_HELD: return PRESENCE_MS;
    case TAP_SHUNNED: return FIELD_OFF_MS;
    }
    return POLL_MS;
}

void nfc_run(const char *connstring)
{
    static struct reader r;
    chip_init(&r.chip, connstring);
    r.port.request = request_serve;
    r.port.context = &r;
    port_open(&r.port, TB_LINK_DEVICE_NFC, TB_LINK_CAN_TRANSCEIVE, connstring);
    for (;;) {
        port_beat(&r.port);
        if (r.chip.device == NULL) {
            if (device_retry_due(&r.retry, port_now_ms()))
                device_open(&r);
        } else if (r.state == TAP_NONE) {
            field_look(&r);
        } else {
            tap_look(&r);
        }
        r.port.stats[TB_LINK_STAT_DEVICE_ERRORS] = r.chip.error_total;
        (void)port_wait(&r.port, pause_ms(&r), -1);
    }
}
