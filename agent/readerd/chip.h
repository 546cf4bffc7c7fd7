/*
 * The reader chip through libnfc: what this program uses of the library, with its traps walled off.
 *
 * libnfc 1.8 copies commands into a fixed buffer, believes lengths that a card sends, and can abort or
 * freeze its process; docs/architecture.md says why that costs no more than a restart. Here: no call
 * without a bound (select is bounded by the chip's retries and 300 ms), no polling call, no abort call,
 * lengths checked both ways. Each call takes at most CHIP_CALL_MAX_MS. One thread.
 */
#ifndef TB_AGENT_READERD_CHIP_H
#define TB_AGENT_READERD_CHIP_H

#include "agent/readerd/uart.h"
#include "core/base/buf.h"
#include "core/link/message.h"
#include "core/tag/tap.h"

#define CHIP_CALL_MAX_MS 1500

struct nfc_context;
struct nfc_device;

struct chip {
    const char *connstring; /* borrowed */
    struct nfc_context *context;
    struct nfc_device *device; /* NULL while closed */
    struct uart uart;
    int lock_fd;          /* our own claim of the device file; -1 when it has none */
    unsigned error_count; /* failures of the device in a row */
    uint32_t error_total;
};

/* connstring as of libnfc, such as "pn532_uart:/dev/ttyUSB0"; borrowed. What its speed means: uart.h. */
void chip_init(struct chip *c, const char *connstring);

/* TB_LINK_REASON_NONE, or why not. */
enum tb_link_reason chip_open(struct chip *c);
void chip_close(struct chip *c);

/* True when the device file itself has hung up or is gone. */
bool chip_is_unplugged(const struct chip *c);

/* Looks for one ISO/IEC 14443 A card and selects it. */
enum tb_tap_result chip_select(struct chip *c, struct tb_tap_target *ret_target);

/*
 * One command to the selected card; at most TB_LINK_APDU_MAX bytes. raw: over the air as it is, the chip
 * adds the CRC (InCommunicateThru); otherwise with what the card's protocol wraps around it.
 */
enum tb_tap_result chip_exchange(struct chip *c, struct tb_span command, bool raw, unsigned timeout_ms,
                                 struct tb_buf *ret_answer);

/* Whether chip_broadcast() works: on a PN532, with a libnfc that lets its commands be sent. */
bool chip_can_broadcast(const struct chip *c);

/*
 * Sends a frame of at most TB_LINK_ECP_MAX bytes, to which the chip adds the CRC, to whatever is in the
 * field, and waits for no answer. TB_TAP_NONE, or TB_TAP_BROKEN.
 */
enum tb_tap_result chip_broadcast(struct chip *c, struct tb_span frame);

/* Whether the selected card is still there, without changing its state. */
enum tb_tap_result chip_is_present(struct chip *c);

void chip_deselect(struct chip *c);
void chip_field_off(struct chip *c);

/* Off and on again: every card begins anew. */
void chip_field_cycle(struct chip *c);

#endif
