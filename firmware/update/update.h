/*
 * The head's side of an update: takes an image over the link into the slot that is not running, verifies it,
 * puts it on trial, and confirms it after the restart. docs/protocol.md, "Update", and docs/firmware.md.
 *
 * Every message is answered, and each may come twice. Nothing is erased before the header's signature was
 * verified, and nothing of the running slot is ever touched. Between messages nothing is pending here: taps
 * go on. Each message holds the loop up for as long as the flash takes for one block and one erase unit
 * (firmware/hal/hal.h), BEGIN and END for a signature and a digest; while a card is being read the answer is
 * "busy" at once.
 *
 * Main loop only; one instance.
 */
#ifndef TB_FIRMWARE_UPDATE_UPDATE_H
#define TB_FIRMWARE_UPDATE_UPDATE_H

#include "core/link/message.h"
#include "firmware/update/record.h"
#include "firmware/update/verify.h"

#define UPDATE_TRIAL_MS 60000   /* an image that did not prove itself by then is given up */
#define UPDATE_CONFIRM_MS 5000  /* until a confirmation that the flash did not take is tried again */
#define UPDATE_WATCHDOG_MS 8000 /* set by the boot loader for an image on trial */

struct update {
    const uint8_t *key; /* VERIFY_KEY_SIZE bytes, borrowed */
    unsigned running;   /* slot, or TB_HAL_SLOT_COUNT: no updates */
    bool trial;         /* what runs has still to prove itself */
    int64_t confirm_ms; /* not tried before */
    bool begun;
    bool stored;
    uint32_t next;      /* offset in the body of the next block */
    uint32_t erased_to; /* address */
    uint8_t header[TB_IMAGE_HEADER_SIZE];
};

/* How the head fares, for what an update asks of it. */
struct update_health {
    bool well;    /* its self-test passes */
    bool heard;   /* an agent said something since the start */
    bool reading; /* a card is being read */
};

/* After tb_hal_start(). running is the slot that this program runs from (tb_hal_slot()). */
void update_init(struct update *u, unsigned running, const uint8_t key[VERIFY_KEY_SIZE]);

/* True for the messages that update_take() answers. */
bool update_is_for(const struct tb_link_message *m);

/* Does what UPDATE_BEGIN, UPDATE_BLOCK or UPDATE_END asks for. */
struct tb_link_update_answer update_take(struct update *u, const struct tb_link_message *m,
                                         const struct update_health *health);

/*
 * To be called in every turn: confirms an image on trial once it is well and was heard. Returns true when the
 * head has to restart: the new image is stored, or the trial was not passed in time. The caller lets the last
 * answer leave first.
 */
bool update_turn(struct update *u, const struct update_health *health, int64_t now_ms);

#endif
