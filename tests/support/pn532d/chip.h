/*
 * The PN532 itself: its commands (UM0701-02 section 7), its field and the cards in it. No clock and no
 * line: a command goes in, an answer and the time that it takes on the air come out.
 *
 * With real times a card answers when it has been in the field for AIR_GUARD_US, to the chip's next
 * request, which it makes every AIR_RETRY_US. Otherwise everything happens at once.
 */
#ifndef TB_TESTS_SUPPORT_PN532D_CHIP_H
#define TB_TESTS_SUPPORT_PN532D_CHIP_H

#include "tests/support/pn532d/card.h"
#include "tests/support/pn532d/frame.h"
#include "tests/support/pn532d/log.h"

enum {
    CHIP_FIELD_MAX = 2,
    CHIP_TARGET_MAX = 2,
    CHIP_REGISTER_COUNT = 0x40,
    CHIP_CHAIN_MAX = CARD_ANSWER_MAX
};

enum chip_power {
    CHIP_ASLEEP,  /* after power-up and PowerDown; deaf until 0x55 */
    CHIP_LOWVBAT, /* awake, waits for SAMConfiguration */
    CHIP_NORMAL,
};

enum chip_fault {
    FAULT_NONE,
    FAULT_NOACK,    /* the command is not heard */
    FAULT_NACK,     /* answered with NACK instead of ACK */
    FAULT_NORESP,   /* ACK, and nothing after it */
    FAULT_DCS,      /* the answer's checksum is wrong */
    FAULT_TRUNC,    /* half of the answer */
    FAULT_JUNK,     /* bytes before the answer that belong to nothing */
    FAULT_PREAMBLE, /* one more 00 before the answer */
    FAULT_DRIBBLE,  /* the answer at one byte per quarter of a second; on I2C the clock is held that long */
    FAULT_DEAF,     /* after a host's ACK, the next command is not heard */
    FAULT_STATUS80, /* bit 7 in the status of a data exchange */
    FAULT_ATS0,     /* the ATS says that it has 0 bytes */
    FAULT_RF,       /* a CRC error on the air */
    FAULT_UNPLUG,   /* the line goes before the answer */
    FAULT_RESET,    /* the chip begins anew in the middle of a card's command, and does not answer */
    FAULT_ADDRESS,  /* on I2C: its address is not acknowledged */
    FAULT_STRETCH,  /* on I2C: the clock is held before a byte of a frame, for longer than anybody waits */
    FAULT_COUNT
};

enum chip_result {
    CHIP_ANSWER,
    CHIP_SYNTAX,  /* not a command of this chip */
    CHIP_PENDING, /* runs until a card comes, or until the time is up: then answer as given */
};

struct chip {
    enum chip_power power;
    uint8_t registers[CHIP_REGISTER_COUNT]; /* 0x6300 on */
    unsigned bit_rate;                      /* of the host line */
    unsigned bit_rate_next;                 /* from the host's ACK of SetSerialBaudRate on; 0: none */
    unsigned bit_rate_max;                  /* more is refused */
    bool real;                              /* times */
    uint64_t began_us;                      /* when the command at hand began */
    uint64_t now_us;
    uint64_t asked_us; /* when the request was made that a card answered */
    bool rf_on;
    uint64_t rf_on_us; /* since when */
    bool auto_rats;
    uint8_t activation_retries;            /* MxRtyPassiveActivation; 0xff: for ever */
    uint8_t retry_timeout;                 /* of cards that say nothing: 0.1 ms × 2^(n - 1) */
    struct card *field[CHIP_FIELD_MAX];    /* borrowed */
    struct card *targets[CHIP_TARGET_MAX]; /* Tg 1 and 2 */
    bool chained;                          /* long answers in parts with the MI bit */
    uint8_t chain[CHIP_CHAIN_MAX];         /* what is left of one */
    size_t chain_size;
    size_t chain_at;
    enum chip_fault fault;
    unsigned fault_left; /* commands that it still strikes */
    struct sim_log *log; /* borrowed */
};

void chip_reset(struct chip *chip);

/* The host has acknowledged an answer: a bit rate that it asked for is used from now on. */
void chip_acknowledge(struct chip *chip);

/* True when fault is set, and then one less is left. */
bool chip_fault_take(struct chip *chip, enum chip_fault fault);

/*
 * Runs a command that began at began_us, or again from now_us on, when a card has come meanwhile. ret_answer
 * holds answer code and parameters; ret_us is the time on the air since began_us, or for CHIP_PENDING how
 * long it runs (0: for ever).
 */
enum chip_result chip_run(struct chip *chip, struct tb_span command, struct tb_buf *ret_answer,
                          uint64_t *ret_us);

/* Cards in the field. A card is there once; false: the field is full. */
bool chip_field_add(struct chip *chip, struct card *card);
void chip_field_remove(struct chip *chip, const struct card *card);

#endif
