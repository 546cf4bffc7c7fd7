/*
 * PN532 driver: one operation at a time, moved on by turns of the main loop and never waiting in one.
 *
 * Every wait has a bound: for the acknowledgement, for the answer, for the line to take a frame. Damaged
 * answers are asked for again (NACK), unheard commands are sent again, but never one that carries a card's
 * command: a card is asked once. Before an unheard look for a card is made again the field goes off, because
 * a card that is active by now would not hear it. A chip that fell silent or lost its
 * settings (reset in mid-exchange) is woken and set up again before the next command; after three failures in
 * a row the operation is TB_TAP_BROKEN, and the next one to try is TB_PN532_OPEN.
 *
 * On a serial line the set-up ends with the highest bit rate that board and chip take (SetSerialBaudRate,
 * section 7.2.8). The chip keeps it when this processor is reset, and loses it when it is reset itself: the
 * set-up wakes it at whatever rate it is.
 *
 * References are to UM0701-02 (PN532 User Manual). Main loop only; no I/O but through the bus.
 */
#ifndef TB_FIRMWARE_HEAD_PN532_H
#define TB_FIRMWARE_HEAD_PN532_H

#include "core/link/message.h"
#include "core/tag/tap.h"
#include "firmware/head/pn532_frame.h"

/* Answer data and its status word, the frame's head before it and its checksum behind. */
#define TB_PN532_MEMORY_SIZE (TB_LINK_APDU_ANSWER_MAX + 4)

/* What the driver needs of HSU, I2C, or a simulation. */
struct tb_pn532_bus {
    void *context;
    struct tb_span wake; /* sent before the first command to a chip that may sleep; section 7.2.11 */

    /* Both move as much as can be moved now, and return how much that was. */
    size_t (*write)(void *context, const uint8_t *bytes, size_t size);
    size_t (*read)(void *context, uint8_t *ret_bytes, size_t size_max);

    /* The frame in that direction is over. NULL where frames have no end of their own. */
    void (*end)(void *context);

    /* The host's side of a serial line goes to that bit rate, which it can: at most rate_max. NULL where
     * there is none. */
    void (*rate)(void *context, uint32_t bit_rate);
    uint32_t rate_max;
};

enum tb_pn532_operation {
    TB_PN532_OPEN,
    TB_PN532_SELECT,
    TB_PN532_EXCHANGE, /* data to the selected card, through the chip's protocol handling */
    TB_PN532_THRU,     /* data as it is, with CRC; for what InDataExchange does not know (FAST_READ) */
    TB_PN532_PRESENT,
    TB_PN532_DESELECT,
    TB_PN532_FIELD_OFF,
    TB_PN532_FIELD_CYCLE,
    TB_PN532_BROADCAST, /* data to whatever is in the field; nobody answers */
};

enum tb_pn532_phase {
    TB_PN532_IDLE,
    TB_PN532_SEND,
    TB_PN532_WAIT_ACK,
    TB_PN532_WAIT_ANSWER,
    TB_PN532_PAUSE,
};

struct tb_pn532 {
    const struct tb_pn532_bus *bus; /* borrowed */
    struct tb_pn532_parser parser;
    uint8_t memory[TB_PN532_MEMORY_SIZE];

    enum tb_pn532_operation operation;
    uint8_t step;        /* command of the operation */
    uint8_t look_count;  /* looks for a card that were not heard */
    uint8_t setup;       /* command of the set-up; done when it is past the last */
    uint8_t rate;        /* of the host's side, as SetSerialBaudRate counts */
    uint8_t rate_max;    /* the chip is raised to it; less when it refused more */
    uint8_t rate_top;    /* of the host's side: the chip may be at any up to it */
    uint8_t rate_guess;  /* where it is looked for next */
    bool rate_unproved;  /* raised, and nothing was heard since */
    bool was_lost;       /* the set-up was done in the middle: the card's session is gone */
    struct tb_span data; /* borrowed until the operation ends */
    uint16_t timeout_ms; /* of the answer */
    uint16_t kept;       /* bytes of an answer in parts */
    uint8_t overlaid[3]; /* of them, where the next part's head goes */
    uint8_t sak;         /* of the selected card */

    enum tb_pn532_phase phase;
    int64_t due_ms;    /* the bound of the phase */
    uint8_t code;      /* of the command on its way */
    uint8_t try_count; /* commands sent or answers asked for again */
    uint8_t wake_size; /* bytes of the wake-up that this frame begins with */
    uint8_t head[TB_PN532_HEAD_MAX];
    uint8_t head_size;
    uint8_t tail[2];
    bool with_data; /* data stands between head and tail */
    bool may_repeat;
    uint16_t sent; /* bytes of wake-up, head, data and tail */

    uint8_t error_count; /* failures in a row */
    uint32_t error_total;

    /* Results, valid when tb_pn532_turn() has returned true. */
    enum tb_tap_result result;
    enum tb_link_reason reason; /* why OPEN failed */
    struct tb_tap_target found; /* of SELECT */
    struct tb_span answer;      /* of EXCHANGE and THRU; borrowed until the next operation */
    uint8_t version[2];         /* of the chip's firmware */
};

/* bit_rate_max: of the host's side. */
void tb_pn532_init(struct tb_pn532 *p, const struct tb_pn532_bus *bus, uint32_t bit_rate_max);

/* Begins an operation; none may be at hand. timeout_ms is for EXCHANGE and THRU, data for these and
 * BROADCAST. */
void tb_pn532_start(struct tb_pn532 *p, enum tb_pn532_operation operation, struct tb_span data,
                    uint16_t timeout_ms, int64_t now_ms);

/* True when no operation is at hand. */
bool tb_pn532_is_idle(const struct tb_pn532 *p);

/* Moves the operation on. True: it is over, and its results are set. */
bool tb_pn532_turn(struct tb_pn532 *p, int64_t now_ms);

#endif
