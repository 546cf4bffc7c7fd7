/*
 * Cards: runs the tap machine on the PN532 as far as it goes without waiting, and carries the agent's
 * commands to the card that is held. Main loop only.
 */
#ifndef TB_FIRMWARE_APP_NFC_H
#define TB_FIRMWARE_APP_NFC_H

#include "core/link/tap.h"
#include "firmware/app/feedback.h"
#include "firmware/app/link.h"
#include "firmware/head/pn532.h"

struct nfc {
    struct tb_pn532 chip;
    struct tb_tap tap;
    uint8_t ndef[TB_LINK_NDEF_MAX];
    uint8_t ecp[TB_LINK_ECP_MAX];
    uint8_t ecp_size;
    bool open;
    enum tb_link_condition condition;
    enum tb_link_reason reason;
    int64_t due_ms;   /* when the pause at hand, or the one before the next try to open, is over */
    int64_t began_ms; /* the operation that the chip is at */
    bool pausing;
    bool saying;    /* what the machine said is on its way: nothing of it may change */
    bool answering; /* an answer is, out of the chip's memory */
    bool announced; /* the tap's feedback was given */
    bool asked;     /* a TRANSCEIVE is at hand: its bytes are in the link's memory, which waits */
    bool asking;    /* it is with the card */
    bool answer_due;
    struct tb_link_transceive request;
    enum tb_link_exchange status;
};

void nfc_init(struct nfc *n);

/* A few steps. state_changed is set when STATE is to be told. */
void nfc_turn(struct nfc *n, struct link *link, struct feedback *feedback, uint32_t stats[TB_LINK_STAT_COUNT],
              bool *state_changed, int64_t now_ms);

/* Takes a TRANSCEIVE over, whose bytes must stay until nfc_is_asked() is false. */
void nfc_ask(struct nfc *n, const struct tb_link_transceive *request);
bool nfc_is_asked(const struct nfc *n);

/* A card is being read, or a command is with it. */
bool nfc_is_reading(const struct nfc *n);

/* False when the chip has been at one operation for longer than any may take: a bug. */
bool nfc_is_alive(const struct nfc *n, int64_t now_ms);

/* What is sent before each look for a card; at most TB_LINK_ECP_MAX bytes. */
void nfc_ecp_set(struct nfc *n, struct tb_span ecp);

#endif
