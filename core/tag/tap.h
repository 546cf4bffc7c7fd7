/*
 * A tap from its first byte to its last, without I/O: looks for a card, tells cards apart, reads, tries
 * again, leaves payment cards alone, and notices when the card leaves. The driver of a reader chip does what
 * the machine asks for, one thing at a time:
 *
 *   switch (tb_tap_next(&t)) {
 *   case TB_TAP_SELECT: chip_select(&found) == OK ? tb_tap_selected(&t, &found) : tb_tap_done(&t, result);
 *   …
 *
 * What it says is one TAG, then one of DATA, FAILED and TWO, then one GONE for every tap, whatever the card
 * and the chip do. Memory is the caller's, time is the caller's: a WAIT is over when the caller says so.
 *
 * Somebody who speaks with ISO-DEP cards may have them first: with relay on, the machine lets such a card
 * stay selected after its TAG, until tb_tap_relay() says what to do or a WAIT is over, which the caller
 * begins anew with every command to the card. Then it reads by itself. A card that was torn from an exchange
 * is looked for like one that was torn from a read, and TAG is said again, of the same tap.
 *
 *   STOPPED ──start──> looking ──card──> (relay, then) reading ──> looking for a second one ──> held <─> is
 * it still there? ^                  ^                 │ torn                  │ two, payment card │ no │ │
 * found again? (3 reads)         └──> shunned, field off       │ └── chip broken    └──────────────── GONE
 * <────────────────────────────────────────────────┘
 *
 * Pure; not thread-safe.
 */
#ifndef TB_CORE_TAG_TAP_H
#define TB_CORE_TAG_TAP_H

#include "core/tag/read.h"

#define TB_TAP_UID_MAX 10

struct tb_tap_pace {
    uint16_t poll_ms;     /* from one look for a card to the next, the look's own time included */
    uint16_t presence_ms; /* between looks whether it is still there */
    uint16_t shunned_ms;  /* the same for cards that are left in peace */
};

enum tb_tap_do {
    TB_TAP_STOP,      /* nothing: the chip is broken or not open; tb_tap_start() goes on */
    TB_TAP_WAIT,      /* let tb_tap_wait_ms() pass, since the last command to the card if it is relayed */
    TB_TAP_BROADCAST, /* send ecp to whatever is in the field; no answer is expected */
    TB_TAP_SELECT,    /* look for one ISO/IEC 14443 A card and activate it */
    TB_TAP_EXCHANGE,  /* read.command to the selected card, raw if read.raw, within read.timeout_ms */
    TB_TAP_PRESENT,   /* is the selected card still there? Without changing its state */
    TB_TAP_DESELECT,  /* halt it */
    TB_TAP_FIELD_OFF,
    TB_TAP_FIELD_CYCLE, /* off and on again: every card begins anew */
    TB_TAP_SAY,         /* word is news */
};

enum tb_tap_result {
    TB_TAP_OK,
    TB_TAP_NONE,   /* no card, or it did not answer */
    TB_TAP_BROKEN, /* the chip is gone or has stopped answering */
};

enum tb_tap_word {
    TB_TAP_TAG,    /* tap and target are set */
    TB_TAP_DATA,   /* read.ndef is the message */
    TB_TAP_FAILED, /* read.failure and read.reason */
    TB_TAP_TWO,    /* more than one card */
    TB_TAP_GONE,
};

enum tb_tap_access { /* for commands that are not the machine's own */
                     TB_TAP_ACCESS_GONE,
                     TB_TAP_ACCESS_LATER, /* the machine is at work with the card */
                     TB_TAP_ACCESS_NOW,   /* the card is selected, and nobody else uses it */
};

struct tb_tap_target {
    uint8_t sak;
    uint16_t atqa;
    uint8_t uid[TB_TAP_UID_MAX];
    uint8_t uid_size;
};

enum tb_tap_state {
    TB_TAP_STATE_STOPPED,
    TB_TAP_STATE_IDLE,
    TB_TAP_STATE_CALL, /* the broadcast */
    TB_TAP_STATE_LOOK,
    TB_TAP_STATE_ANNOUNCE,
    TB_TAP_STATE_RELAY, /* selected, for somebody else */
    TB_TAP_STATE_READ,
    TB_TAP_STATE_READ_SELECT, /* it refused a command and is idle */
    TB_TAP_STATE_OTHER_HALT,
    TB_TAP_STATE_OTHER_LOOK,
    TB_TAP_STATE_REPORT,
    TB_TAP_STATE_FIND_CYCLE,
    TB_TAP_STATE_FIND_LOOK,
    TB_TAP_STATE_FIND_LEAVE,
    TB_TAP_STATE_HELD,
    TB_TAP_STATE_HELD_LOOK,
    TB_TAP_STATE_SHUN,
    TB_TAP_STATE_SHUNNED,
    TB_TAP_STATE_LEAVE,
};

enum tb_tap_next_state { /* after the report */
                         TB_TAP_THEN_SETTLE,
                         TB_TAP_THEN_HOLD,
                         TB_TAP_THEN_LEAVE,
                         TB_TAP_THEN_SHUN,
};

enum tb_tap_relay { /* numbers of the reader link; docs/protocol.md */
                    TB_TAP_RELAY_OFF,
                    TB_TAP_RELAY_ON,
                    TB_TAP_RELAY_READ,  /* nothing of interest on it: read its NDEF message */
                    TB_TAP_RELAY_KEEP,  /* done: look for a second card, say DATA without a byte, hold it */
                    TB_TAP_RELAY_LEAVE, /* done: say DATA without a byte, leave it in peace */
                    TB_TAP_RELAY_AGAIN, /* it did not answer: torn */
};

enum tb_tap_find { /* what a card is looked for again for */
                   TB_TAP_FIND_READ,
                   TB_TAP_FIND_SETTLE,
                   TB_TAP_FIND_HELD,
                   TB_TAP_FIND_SHUNNED,
};

struct tb_tap { /* small things first: there a microcontroller reaches them with half the code */
    const struct tb_tap_pace *pace; /* borrowed */
    enum tb_tap_state state;
    enum tb_tap_word word; /* valid with TB_TAP_SAY */
    enum tb_tap_next_state then;
    enum tb_tap_find find;
    uint8_t find_count;
    uint8_t read_count;
    bool relay;
    bool shunned;
    bool renewed;
    bool broken; /* stop when the tap at hand is ended */

    uint16_t tap; /* of the tag in the field, or of the last one */
    struct tb_tap_target target;
    struct tb_tag_read read;
    struct tb_span ecp; /* borrowed; sent before each look for a card unless empty */
    void *ndef;         /* borrowed memory for one message */
    size_t ndef_max;
};

/* Stopped. pace and memory are borrowed for the machine's life. */
void tb_tap_init(struct tb_tap *t, const struct tb_tap_pace *pace, void *ndef, size_t ndef_max);

/* The chip is open; only from TB_TAP_STOP. */
void tb_tap_start(struct tb_tap *t);

enum tb_tap_do tb_tap_next(const struct tb_tap *t);
uint16_t tb_tap_wait_ms(const struct tb_tap *t); /* with TB_TAP_WAIT */

/* What tb_tap_next() asked for is done. OK to a SELECT or an EXCHANGE goes through the next two instead. */
void tb_tap_done(struct tb_tap *t, enum tb_tap_result result);
void tb_tap_selected(struct tb_tap *t, const struct tb_tap_target *found);
void tb_tap_answered(struct tb_tap *t, struct tb_span answer);

/* The chip failed while it was used for something else, or was unplugged. */
void tb_tap_break(struct tb_tap *t);

/* ON and OFF are of cards to come; anything else is of the card of that tap, and without effect when it is
 * not the caller's turn. */
void tb_tap_relay(struct tb_tap *t, enum tb_tap_relay what, uint16_t tap);

/*
 * Who listens is new, knows of no tap and has not asked for relay: as soon as the one at hand has been told
 * it is ended, and its card begins another. A card that is left in peace stays so, and nothing is said of it.
 */
void tb_tap_renew(struct tb_tap *t);

/* Whether a command may go to the tag of that tap. Its failure changes nothing here: the next look at the
 * card says what became of it. */
enum tb_tap_access tb_tap_access(const struct tb_tap *t, uint16_t tap);

#endif
