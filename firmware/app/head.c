#include "firmware/app/head.h"

#include "firmware/app/feedback.h"
#include "firmware/app/install.h"
#include "firmware/app/link.h"
#include "firmware/app/nfc.h"
#include "firmware/app/scan.h"
#include "firmware/hal/hal.h"

enum {
    HEARTBEAT_MS = 500,
    WATCHDOG_MS = 2000,
    WATCHDOG_UPDATE_MS = 8000,
    RESTART_LATEST_MS = 1000,
    STACK_FREE_MIN = 16, /* bytes that are never touched while the build's bound holds: budget.mjs */
    TAMPER_STABLE_MS = 50,
};

#define CAPABILITIES                                                                              \
    (TB_LINK_CAN_TRANSCEIVE | TB_LINK_CAN_FEEDBACK | TB_LINK_CAN_SELFTEST | TB_LINK_CAN_POLLING | \
     TB_LINK_CAN_RELAY)

/* The housing's switch, without its bouncing. */
struct housing {
    bool open;
    uint16_t count;
    int64_t since_ms; /* when the switch began to say something else */
    bool changing;
};

static struct head {
    struct link link;
    struct nfc nfc;
    struct scan scan;
    struct feedback feedback;
    struct housing housing;
    uint32_t stats[TB_LINK_STAT_COUNT];
    int64_t beat_ms; /* when the next heartbeat is due */
    bool hello_due;
    bool nfc_state_due;
    bool scanner_state_due;
    bool tamper_due;
    bool selftest_due;
    bool stats_due;
    bool update_due;
    bool heard;      /* the agent said something */
    uint8_t request; /* of the last SELFTEST or STATS */
    struct tb_link_update_answer update;
    bool restarting;
    int64_t restart_ms; /* since when a restart is wanted */
} head;

/* ---- what the head says of itself ---- */

static bool has(enum tb_link_device device)
{
    return tb_hal_board.devices & device;
}

static struct tb_link_message hello_message(void)
{
    return (struct tb_link_message){
        .type = TB_LINK_HELLO,
        .hello = {.version = TB_LINK_VERSION,
                  .role = TB_LINK_ROLE_HEAD,
                  .devices = tb_hal_board.devices,
                  .reset = (uint8_t)tb_hal_reset_cause(),
                  .capabilities = CAPABILITIES | tb_hal_board.capabilities | install_capabilities(),
                  .software = tb_span_str(TB_FIRMWARE_VERSION),
                  .name = tb_span_str(tb_hal_board.name)},
    };
}

static struct tb_link_message nfc_state_message(const struct head *h)
{
    return (struct tb_link_message){
        .type = TB_LINK_STATE,
        .state = {.device = TB_LINK_DEVICE_NFC, .condition = h->nfc.condition, .reason = h->nfc.reason}};
}

/* Whether a scanner is plugged into the other end of its line nobody can tell. */
static struct tb_link_message scanner_state_message(void)
{
    return (struct tb_link_message){.type = TB_LINK_STATE,
                                    .state = {.device = TB_LINK_DEVICE_SCANNER, .condition = TB_LINK_READY}};
}

static struct tb_link_message tamper_message(const struct head *h)
{
    return (struct tb_link_message){.type = TB_LINK_TAMPER,
                                    .tamper = {.open = h->housing.open, .count = h->housing.count}};
}

static bool stack_is_enough(void)
{
    size_t size;
    return tb_hal_stack_free(&size) >= STACK_FREE_MIN || size == 0;
}

static bool chip_is_well(const struct head *h)
{
    return !has(TB_LINK_DEVICE_NFC) || h->nfc.condition == TB_LINK_READY;
}

static struct tb_link_message selftest_message(const struct head *h)
{
    bool stack = stack_is_enough();
    bool chip = chip_is_well(h);
    const char *detail = chip                                          ? ""
                         : h->nfc.reason == TB_LINK_REASON_UNSUPPORTED ? "device.unsupported"
                                                                       : "device.no_answer";
    return (struct tb_link_message){
        .type = TB_LINK_SELFTEST_ANSWER,
        .selftest_answer = {.request = h->request,
                            .verdict = chip && stack ? TB_LINK_SELFTEST_PASSED : TB_LINK_SELFTEST_FAILED,
                            .detail = tb_span_str(stack ? detail : "stack")},
    };
}

/* Without a division of 64 bits, whose code is as large as a parser's. Good for a thousand years. */
static uint32_t seconds(int64_t now_ms)
{
    return (uint32_t)((uint64_t)now_ms >> 3) / 125;
}

static struct tb_link_message stats_message(struct head *h, int64_t now_ms)
{
    struct tb_link_message m = {.type = TB_LINK_STATS_ANSWER, .stats_answer = {.request = h->request}};
    size_t size;
    h->stats[TB_LINK_STAT_UPTIME_S] = seconds(now_ms);
    h->stats[TB_LINK_STAT_FRAMES_DAMAGED] = h->link.decoder.damaged_count;
    h->stats[TB_LINK_STAT_FRAMES_LOST] = h->link.decoder.lost_count;
    h->stats[TB_LINK_STAT_STACK_FREE] = (uint32_t)tb_hal_stack_free(&size);
    h->stats[TB_LINK_STAT_BYTES_LOST] = tb_hal_uart_lost(TB_HAL_UART_LINK) +
                                        tb_hal_uart_lost(TB_HAL_UART_NFC) +
                                        tb_hal_uart_lost(TB_HAL_UART_SCANNER);
    memcpy(m.stats_answer.values, h->stats, sizeof h->stats);
    return m;
}

static bool due(bool *flag)
{
    bool was = *flag;
    *flag = false;
    return was;
}

static struct tb_link_message beat_message(struct head *h, int64_t now_ms)
{
    h->beat_ms = now_ms + HEARTBEAT_MS;
    return (struct tb_link_message){.type = TB_LINK_HEARTBEAT, .uptime_ms = (uint32_t)now_ms};
}

/* The first of what is to be said; false when there is nothing. */
static bool message_due(struct head *h, struct tb_link_message *ret_message, int64_t now_ms)
{
    if (due(&h->hello_due))
        *ret_message = hello_message();
    else if (due(&h->scanner_state_due))
        *ret_message = scanner_state_message();
    else if (due(&h->nfc_state_due))
        *ret_message = nfc_state_message(h);
    else if (due(&h->tamper_due))
        *ret_message = tamper_message(h);
    else if (due(&h->selftest_due))
        *ret_message = selftest_message(h);
    else if (due(&h->stats_due))
        *ret_message = stats_message(h, now_ms);
    else if (due(&h->update_due))
        *ret_message = (struct tb_link_message){.type = TB_LINK_UPDATE_ANSWER, .update_answer = h->update};
    else if (now_ms >= h->beat_ms)
        *ret_message = beat_message(h, now_ms);
    else
        return false;
    return true;
}

/* ---- updates ---- */

static struct install_health health_of(const struct head *h)
{
    return (struct install_health){
        .well = stack_is_enough() && chip_is_well(h), .heard = h->heard, .reading = nfc_is_reading(&h->nfc)};
}

/* What was answered leaves before the restart; an agent that reads nothing does not keep it off. */
static void update_turn(struct head *h, int64_t now_ms)
{
    struct install_health health = health_of(h);
    bool quiet = link_is_free(&h->link) && tb_hal_uart_is_idle(TB_HAL_UART_LINK) && !h->update_due;
    if (!install_turn(&health, now_ms))
        return;
    if (!h->restarting)
        h->restart_ms = now_ms;
    h->restarting = true;
    if (quiet || now_ms - h->restart_ms > RESTART_LATEST_MS)
        tb_hal_reset();
}

/* ---- what the agent says ---- */

static void all_due(struct head *h)
{
    h->hello_due = true;
    h->nfc_state_due = has(TB_LINK_DEVICE_NFC);
    h->scanner_state_due = has(TB_LINK_DEVICE_SCANNER);
    h->tamper_due = tb_hal_board.capabilities & TB_LINK_CAN_TAMPER;
}

/* A signature and an erased unit take longer than anything else that is done here. */
static void update_serve(struct head *h, const struct tb_link_message *m)
{
    struct install_health health = health_of(h);
    tb_hal_watchdog_start(WATCHDOG_UPDATE_MS);
    h->update_due |= install_take(m, &health, &h->update);
    tb_hal_watchdog_start(WATCHDOG_MS);
}

static void request_serve(struct head *h, const struct tb_link_message *m, int64_t now_ms)
{
    switch ((int)m->type) {
    case TB_LINK_HELLO_REQUEST:
        all_due(h);
        tb_tap_renew(&h->nfc.tap);
        return;
    case TB_LINK_TRANSCEIVE: nfc_ask(&h->nfc, &m->transceive); return;
    case TB_LINK_FEEDBACK: feedback_show(&h->feedback, &m->feedback, now_ms); return;
    case TB_LINK_SELFTEST:
        h->selftest_due = true;
        h->request = m->request;
        return;
    case TB_LINK_STATS:
        h->stats_due = true;
        h->request = m->request;
        return;
    case TB_LINK_UPDATE_BEGIN:
    case TB_LINK_UPDATE_BLOCK:
    case TB_LINK_UPDATE_END: update_serve(h, m); return;
    case TB_LINK_POLLING: nfc_ecp_set(&h->nfc, m->ecp); return;
    case TB_LINK_RELAY: tb_tap_relay(&h->nfc.tap, (enum tb_tap_relay)m->relay.what, m->relay.tap); return;
    default: return; /* types of a later version, and those that come from readers */
    }
}

/* A TRANSCEIVE's bytes are used where they are, and there is room for one answer of a kind: nothing is taken
 * from the line until what was asked is answered. */
static bool answer_is_due(const struct head *h)
{
    return nfc_is_asked(&h->nfc) || h->selftest_due || h->stats_due || h->update_due;
}

static void requests_take(struct head *h, int64_t now_ms)
{
    struct tb_link_message m;
    while (!answer_is_due(h) && link_take(&h->link, &m)) {
        h->heard = true;
        request_serve(h, &m, now_ms);
    }
}

/* ---- the housing ---- */

static void housing_turn(struct head *h, int64_t now_ms)
{
    struct housing *housing = &h->housing;
    bool differs = tb_hal_tamper() != housing->open;
    if (differs && !housing->changing)
        housing->since_ms = now_ms;
    housing->changing = differs;
    if (!differs || now_ms - housing->since_ms < TAMPER_STABLE_MS)
        return;
    housing->open = !housing->open;
    housing->changing = false;
    if (housing->open)
        housing->count++;
    h->tamper_due = true;
}

/* ---- the loop ---- */

void head_start(void)
{
    memset(&head, 0, sizeof head);
    link_init(&head.link);
    nfc_init(&head.nfc);
    scan_init(&head.scan);
    feedback_init(&head.feedback);
    install_init();
    all_due(&head);
    tb_hal_watchdog_start(WATCHDOG_MS);
}

/* Kicked here and nowhere else: by a loop that turns, with parts that get on. */
static void watchdog_turn(const struct head *h, int64_t now_ms)
{
    if (nfc_is_alive(&h->nfc, now_ms))
        tb_hal_watchdog_kick();
}

void head_turn(void)
{
    struct head *h = &head;
    int64_t now_ms = tb_hal_now_ms();
    struct tb_link_message m;
    link_pump(&h->link, now_ms);
    requests_take(h, now_ms);
    /* Before a card is: who asks for HELLO passes over everything until it has come. */
    if (link_is_free(&h->link) && message_due(h, &m, now_ms))
        link_send(&h->link, &m, now_ms);
    if (has(TB_LINK_DEVICE_NFC))
        nfc_turn(&h->nfc, &h->link, &h->feedback, h->stats, &h->nfc_state_due, now_ms);
    if (has(TB_LINK_DEVICE_SCANNER))
        scan_turn(&h->scan, &h->link, h->stats, now_ms);
    feedback_turn(&h->feedback, now_ms);
    housing_turn(h, now_ms);
    update_turn(h, now_ms);
    watchdog_turn(h, now_ms);
}

void head_run(void)
{
    head_start();
    for (;;) {
        head_turn();
        tb_hal_idle();
    }
}
