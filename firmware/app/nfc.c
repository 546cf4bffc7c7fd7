#include "firmware/app/nfc.h"

#include "core/base/assert.h"
#include "firmware/app/bus.h"

enum {
    REOPEN_MS = 500,
    OPERATION_MAX_MS = 15000, /* a set-up whose every command is tried three times, then an exchange */
    TIMEOUT_MAX_MS = 1500,    /* of the agent's commands */
    TAP_LIGHT_MS = 300,       /* the head's own word, until the agent's comes */
    STEP_MAX = 8,             /* in one turn */
};

/* A look for a card takes a real chip longer than the pace of looks, so that one follows the other: a card is
 * seen, and the person told, within 50 ms of its coming. */
static const struct tb_tap_pace pace = {.poll_ms = 10, .presence_ms = 100, .shunned_ms = 250};

void nfc_init(struct nfc *n)
{
    uint32_t bit_rate_max;
    const struct tb_pn532_bus *bus = bus_start(&bit_rate_max);
    memset(n, 0, sizeof *n);
    n->condition = TB_LINK_STARTING;
    tb_pn532_init(&n->chip, bus, bit_rate_max);
    tb_tap_init(&n->tap, &pace, n->ndef, sizeof n->ndef);
}

void nfc_ecp_set(struct nfc *n, struct tb_span ecp)
{
    TB_ASSERT(ecp.size <= sizeof n->ecp);
    memcpy(n->ecp, ecp.at, ecp.size);
    n->ecp_size = (uint8_t)ecp.size;
    n->tap.ecp = tb_span_of(n->ecp, n->ecp_size);
}

bool nfc_is_alive(const struct nfc *n, int64_t now_ms)
{
    return tb_pn532_is_idle(&n->chip) || now_ms - n->began_ms < OPERATION_MAX_MS;
}

static bool condition_set(struct nfc *n, enum tb_link_condition condition, enum tb_link_reason reason)
{
    bool changed = n->condition != condition || n->reason != reason;
    n->condition = condition;
    n->reason = reason;
    return changed;
}

/* ---- the agent's commands ---- */

void nfc_ask(struct nfc *n, const struct tb_link_transceive *request)
{
    n->request = *request;
    n->asked = true;
}

bool nfc_is_asked(const struct nfc *n)
{
    return n->asked;
}

bool nfc_is_reading(const struct nfc *n)
{
    return n->asked || n->tap.state == TB_TAP_STATE_RELAY || tb_tap_next(&n->tap) == TB_TAP_EXCHANGE;
}

static void request_answer(struct nfc *n, enum tb_link_exchange status)
{
    n->status = status;
    n->answer_due = true;
}

static void request_begin(struct nfc *n, int64_t now_ms)
{
    uint16_t timeout_ms = n->request.timeout_ms;
    if (tb_tap_access(&n->tap, n->request.tap) == TB_TAP_ACCESS_GONE) {
        request_answer(n, TB_LINK_EXCHANGE_GONE);
    } else if (n->request.apdu.size == 0) {
        request_answer(n, TB_LINK_EXCHANGE_RF);
    } else {
        if (timeout_ms == 0 || timeout_ms > TIMEOUT_MAX_MS)
            timeout_ms = timeout_ms ? TIMEOUT_MAX_MS : 1;
        n->asking = true;
        n->began_ms = now_ms;
        tb_pn532_start(&n->chip, TB_PN532_EXCHANGE, n->request.apdu, timeout_ms, now_ms);
    }
}

static void request_over(struct nfc *n)
{
    n->asking = false;
    if (n->chip.result == TB_TAP_BROKEN)
        tb_tap_break(&n->tap);
    request_answer(n, n->chip.result == TB_TAP_OK     ? TB_LINK_EXCHANGE_OK
                      : n->chip.result == TB_TAP_NONE ? TB_LINK_EXCHANGE_RF
                                                      : TB_LINK_EXCHANGE_GONE);
}

/* The answer is in the chip's memory: nothing else is asked of the chip until it is out. */
static void answer_send(struct nfc *n, struct link *link, int64_t now_ms)
{
    bool whole = n->status == TB_LINK_EXCHANGE_OK;
    struct tb_link_message m = {.type = TB_LINK_TRANSCEIVE_ANSWER,
                                .transceive_answer = {.tap = n->request.tap,
                                                      .exchange = n->request.exchange,
                                                      .status = n->status,
                                                      .apdu = whole ? n->chip.answer : tb_span_of(NULL, 0)}};
    n->answer_due = false;
    n->asked = false;
    n->answering = true;
    link_send(link, &m, now_ms);
}

/* ---- the tap machine ---- */

static void chip_start(struct nfc *n, enum tb_pn532_operation operation, int64_t now_ms)
{
    struct tb_span data = tb_span_of(NULL, 0);
    uint16_t timeout_ms = 0;
    if (operation == TB_PN532_EXCHANGE) {
        const struct tb_tag_read *read = &n->tap.read;
        data = tb_span_of(read->command, read->command_size);
        timeout_ms = read->timeout_ms;
        operation = read->raw ? TB_PN532_THRU : TB_PN532_EXCHANGE;
    } else if (operation == TB_PN532_BROADCAST) {
        data = n->tap.ecp;
    }
    n->began_ms = now_ms;
    tb_pn532_start(&n->chip, operation, data, timeout_ms, now_ms);
}

static void open_over(struct nfc *n, uint32_t stats[TB_LINK_STAT_COUNT], bool *state_changed, int64_t now_ms)
{
    if (n->chip.result == TB_TAP_OK) {
        n->open = true;
        stats[TB_LINK_STAT_DEVICE_OPENS]++;
        *state_changed |= condition_set(n, TB_LINK_READY, TB_LINK_REASON_NONE);
        tb_tap_start(&n->tap);
        return;
    }
    n->due_ms = now_ms + REOPEN_MS;
    *state_changed |= condition_set(n, TB_LINK_FAILED, n->chip.reason);
}

static void operation_over(struct nfc *n)
{
    enum tb_tap_result result = n->chip.result;
    if (result == TB_TAP_OK && tb_tap_next(&n->tap) == TB_TAP_SELECT)
        tb_tap_selected(&n->tap, &n->chip.found);
    else if (result == TB_TAP_OK && tb_tap_next(&n->tap) == TB_TAP_EXCHANGE)
        tb_tap_answered(&n->tap, n->chip.answer);
    else
        tb_tap_done(&n->tap, result);
}

/* The person hears and sees that the card is noticed, whatever the agent is doing: once, although a relayed
 * card may be told again. */
static void announce(struct nfc *n, struct feedback *feedback, int64_t now_ms)
{
    static const struct tb_link_feedback seen = {
        .light = TB_LINK_LIGHT_AMBER, .beep = TB_LINK_BEEP_SHORT, .duration_ms = TAP_LIGHT_MS};
    if (n->tap.word == TB_TAP_TAG && n->tap.read_count == 0 && !n->announced)
        feedback_show(feedback, &seen, now_ms);
    n->announced = true;
}

static void say(struct nfc *n, struct link *link, uint32_t stats[TB_LINK_STAT_COUNT], int64_t now_ms)
{
    if (!link_is_free(link))
        return;
    struct tb_link_message m = tb_link_message_of_tap(&n->tap);
    tb_link_stats_count(&n->tap, stats);
    n->announced = false;
    n->saying = true;
    link_send(link, &m, now_ms);
}

static void stopped(struct nfc *n, bool *state_changed, int64_t now_ms)
{
    if (n->open) {
        n->open = false;
        n->due_ms = now_ms + REOPEN_MS;
        *state_changed |= condition_set(n, TB_LINK_FAILED, TB_LINK_REASON_NO_ANSWER);
    } else if (now_ms >= n->due_ms) {
        chip_start(n, TB_PN532_OPEN, now_ms);
    }
}

/* The pace of looks for a card counts from one's beginning to the next one's. */
static void pause(struct nfc *n, int64_t now_ms)
{
    if (!n->pausing)
        n->due_ms = (n->tap.state == TB_TAP_STATE_IDLE ? n->began_ms : now_ms) + tb_tap_wait_ms(&n->tap);
    n->pausing = now_ms < n->due_ms;
    if (!n->pausing)
        tb_tap_done(&n->tap, TB_TAP_OK);
}

/* The chip has nothing to do: gives it the next thing, or says the next word. */
static void next(struct nfc *n, struct link *link, struct feedback *feedback,
                 uint32_t stats[TB_LINK_STAT_COUNT], bool *state_changed, int64_t now_ms)
{
    switch (tb_tap_next(&n->tap)) {
    case TB_TAP_STOP: stopped(n, state_changed, now_ms); return;
    case TB_TAP_WAIT: pause(n, now_ms); return;
    case TB_TAP_BROADCAST: chip_start(n, TB_PN532_BROADCAST, now_ms); return;
    case TB_TAP_SELECT: chip_start(n, TB_PN532_SELECT, now_ms); return;
    case TB_TAP_EXCHANGE: chip_start(n, TB_PN532_EXCHANGE, now_ms); return;
    case TB_TAP_PRESENT: chip_start(n, TB_PN532_PRESENT, now_ms); return;
    case TB_TAP_DESELECT: chip_start(n, TB_PN532_DESELECT, now_ms); return;
    case TB_TAP_FIELD_OFF: chip_start(n, TB_PN532_FIELD_OFF, now_ms); return;
    case TB_TAP_FIELD_CYCLE: chip_start(n, TB_PN532_FIELD_CYCLE, now_ms); return;
    case TB_TAP_SAY:
        announce(n, feedback, now_ms);
        say(n, link, stats, now_ms);
        return;
    }
}

static void chip_over(struct nfc *n, uint32_t stats[TB_LINK_STAT_COUNT], bool *state_changed, int64_t now_ms)
{
    stats[TB_LINK_STAT_DEVICE_ERRORS] = n->chip.error_total;
    n->pausing = false;
    if (n->asking)
        request_over(n);
    else if (n->open)
        operation_over(n);
    else
        open_over(n, stats, state_changed, now_ms);
}

/* True when the chip or the tap machine moved, so that there may be more to do at once. */
static bool step(struct nfc *n, struct link *link, struct feedback *feedback,
                 uint32_t stats[TB_LINK_STAT_COUNT], bool *state_changed, int64_t now_ms)
{
    if ((n->saying || n->answering) && !link_is_free(link))
        return false;
    if (n->saying)
        tb_tap_done(&n->tap, TB_TAP_OK);
    n->saying = n->answering = false;
    if (!tb_pn532_is_idle(&n->chip)) {
        if (!tb_pn532_turn(&n->chip, now_ms))
            return false;
        chip_over(n, stats, state_changed, now_ms);
    }
    if (n->answer_due) {
        if (link_is_free(link))
            answer_send(n, link, now_ms);
        return false;
    }
    if (n->asked && tb_tap_access(&n->tap, n->request.tap) != TB_TAP_ACCESS_LATER)
        request_begin(n, now_ms);
    else
        next(n, link, feedback, stats, state_changed, now_ms);
    return !tb_pn532_is_idle(&n->chip) || n->saying || tb_tap_next(&n->tap) == TB_TAP_SELECT;
}

void nfc_turn(struct nfc *n, struct link *link, struct feedback *feedback, uint32_t stats[TB_LINK_STAT_COUNT],
              bool *state_changed, int64_t now_ms)
{
    for (unsigned i = 0; i < STEP_MAX && step(n, link, feedback, stats, state_changed, now_ms); i++) {
    }
}
