#include "agent/readerd/nfc.h"

#include "agent/readerd/chip.h"
#include "agent/readerd/device.h"
#include "agent/readerd/port.h"
#include "core/link/tap.h"

/* A look for a card takes a real chip longer than the pace of looks, so that one follows the other. */
static const struct tb_tap_pace pace = {.poll_ms = 10, .presence_ms = 100, .shunned_ms = 250};

struct reader {
    struct port port;
    struct chip chip;
    struct device_retry retry;
    struct tb_tap tap;
    int64_t look_ms; /* when the last look for a card began */
    int64_t used_ms; /* when the chip was last at work */
    uint8_t ndef[TB_LINK_NDEF_MAX];
    uint8_t ecp[TB_LINK_ECP_MAX]; /* what is sent before each look */
};

/* ---- the device ---- */

static void device_close(struct reader *r)
{
    bool unplugged = chip_is_unplugged(&r->chip);
    chip_close(&r->chip);
    port_state(&r->port, unplugged ? TB_LINK_UNPLUGGED : TB_LINK_FAILED,
               unplugged ? TB_LINK_REASON_NO_DEVICE : TB_LINK_REASON_NO_ANSWER);
}

static void device_open(struct reader *r)
{
    enum tb_link_reason reason = chip_open(&r->chip);
    if (reason != TB_LINK_REASON_NONE) {
        port_state(&r->port, tb_device_condition(reason), reason);
        return;
    }
    r->port.stats[TB_LINK_STAT_DEVICE_OPENS]++;
    device_retry_reset(&r->retry);
    port_state(&r->port, TB_LINK_READY, TB_LINK_REASON_NONE);
    tb_tap_start(&r->tap);
}

/* ---- what the tap machine asks for ---- */

static void select_run(struct reader *r)
{
    struct tb_tap_target found;
    r->look_ms = port_now_ms();
    enum tb_tap_result result = chip_select(&r->chip, &found);
    if (result == TB_TAP_OK)
        tb_tap_selected(&r->tap, &found);
    else
        tb_tap_done(&r->tap, result);
}

static void exchange_run(struct reader *r)
{
    uint8_t memory[TB_LINK_APDU_ANSWER_MAX];
    struct tb_buf answer = tb_buf_of(memory, sizeof memory);
    const struct tb_tag_read *read = &r->tap.read;
    enum tb_tap_result result = chip_exchange(&r->chip, tb_span_of(read->command, read->command_size),
                                              read->raw, read->timeout_ms, &answer);
    if (result == TB_TAP_OK)
        tb_tap_answered(&r->tap, tb_buf_span(&answer));
    else
        tb_tap_done(&r->tap, result);
}

static void word_send(struct reader *r)
{
    struct tb_link_message m = tb_link_message_of_tap(&r->tap);
    tb_link_stats_count(&r->tap, r->port.stats);
    port_send(&r->port, &m);
    tb_tap_done(&r->tap, TB_TAP_OK);
}

/* One step; false when there is nothing to be done but to wait. */
static bool step_run(struct reader *r)
{
    switch (tb_tap_next(&r->tap)) {
    case TB_TAP_STOP:
    case TB_TAP_WAIT: return false;
    case TB_TAP_BROADCAST: tb_tap_done(&r->tap, chip_broadcast(&r->chip, r->tap.ecp)); return true;
    case TB_TAP_SELECT: select_run(r); return true;
    case TB_TAP_EXCHANGE: exchange_run(r); return true;
    case TB_TAP_PRESENT: tb_tap_done(&r->tap, chip_is_present(&r->chip)); return true;
    case TB_TAP_DESELECT: chip_deselect(&r->chip); break;
    case TB_TAP_FIELD_OFF: chip_field_off(&r->chip); break;
    case TB_TAP_FIELD_CYCLE: chip_field_cycle(&r->chip); break;
    case TB_TAP_SAY: word_send(r); return true;
    }
    tb_tap_done(&r->tap, TB_TAP_OK);
    return true;
}

static void steps_run(struct reader *r)
{
    for (port_beat(&r->port); step_run(r); port_beat(&r->port))
        r->used_ms = port_now_ms();
    if (r->chip.device != NULL && tb_tap_next(&r->tap) == TB_TAP_STOP)
        device_close(r);
}

/* ---- commands from the agent ---- */

static enum tb_link_exchange transceive(struct reader *r, const struct tb_link_transceive *t,
                                        struct tb_buf *answer)
{
    if (tb_tap_access(&r->tap, t->tap) != TB_TAP_ACCESS_NOW)
        return TB_LINK_EXCHANGE_GONE;
    if (t->apdu.size == 0)
        return TB_LINK_EXCHANGE_RF;
    unsigned timeout_ms = t->timeout_ms ? t->timeout_ms : 1;
    if (timeout_ms > CHIP_CALL_MAX_MS)
        timeout_ms = CHIP_CALL_MAX_MS;
    switch (chip_exchange(&r->chip, t->apdu, false, timeout_ms, answer)) {
    case TB_TAP_OK: return TB_LINK_EXCHANGE_OK;
    case TB_TAP_NONE: return TB_LINK_EXCHANGE_RF;
    case TB_TAP_BROKEN: break;
    }
    tb_tap_break(&r->tap);
    return TB_LINK_EXCHANGE_GONE;
}

static void polling_set(struct reader *r, struct tb_span frame)
{
    memcpy(r->ecp, frame.at, frame.size);
    r->tap.ecp = tb_span_of(r->ecp, frame.size);
}

static void request_serve(void *context, const struct tb_link_message *m)
{
    struct reader *r = context;
    uint8_t memory[TB_LINK_APDU_ANSWER_MAX];
    struct tb_buf answer = tb_buf_of(memory, sizeof memory);
    if (m->type == TB_LINK_HELLO_REQUEST)
        tb_tap_renew(&r->tap);
    if (m->type == TB_LINK_POLLING && chip_can_broadcast(&r->chip))
        polling_set(r, m->ecp);
    if (m->type == TB_LINK_RELAY)
        tb_tap_relay(&r->tap, (enum tb_tap_relay)m->relay.what, m->relay.tap);
    if (m->type != TB_LINK_TRANSCEIVE)
        return;
    enum tb_link_exchange status = transceive(r, &m->transceive, &answer);
    r->used_ms = port_now_ms();
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

/* The pace of looks counts from one's beginning to the next one's. */
static int64_t pause_ms(const struct reader *r)
{
    int64_t since_ms = r->tap.state == TB_TAP_STATE_IDLE ? r->look_ms : r->used_ms;
    int64_t ms = since_ms + tb_tap_wait_ms(&r->tap) - port_now_ms();
    return ms > 0 ? ms : 0;
}

/* A request may have come in the middle of the pause, and have begun another one. */
static void pause_take(struct reader *r)
{
    (void)port_wait(&r->port, pause_ms(r), -1);
    if (tb_tap_next(&r->tap) == TB_TAP_WAIT && pause_ms(r) == 0)
        tb_tap_done(&r->tap, TB_TAP_OK);
}

void nfc_run(const char *connstring)
{
    static struct reader r;
    chip_init(&r.chip, connstring);
    tb_tap_init(&r.tap, &pace, r.ndef, sizeof r.ndef);
    r.port.request = request_serve;
    r.port.context = &r;
    uint16_t capabilities = TB_LINK_CAN_TRANSCEIVE | TB_LINK_CAN_RELAY;
    if (chip_can_broadcast(&r.chip))
        capabilities |= TB_LINK_CAN_POLLING;
    port_open(&r.port, TB_LINK_DEVICE_NFC, capabilities, connstring);
    for (;;) {
        if (r.chip.device == NULL && device_retry_due(&r.retry, port_now_ms()))
            device_open(&r);
        steps_run(&r);
        r.port.stats[TB_LINK_STAT_DEVICE_ERRORS] = r.chip.error_total;
        if (r.chip.device == NULL) {
            (void)port_wait(&r.port, device_retry_left_ms(&r.retry, port_now_ms()), -1);
            continue;
        }
        pause_take(&r);
    }
}
