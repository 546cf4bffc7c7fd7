/*
 * Wedge: turns the keys of a barcode scanner that acts as a keyboard ("keyboard wedge") into the
 * characters of its codes, for core/link/line to cut.
 *
 * Events are those of Linux's evdev (Documentation/input/event-codes.rst): EV_KEY with its value 0
 * released, 1 pressed, 2 repeated by the kernel; repeats are nothing. Understood beside the layout's own
 * keys: Shift, Caps Lock, AltGr, dead keys before Space, Ctrl with a character (Ctrl+] is GS), a
 * character's number typed on the keypad with Alt held, the keypad's digits, Enter and Tab.
 *
 * A key that means no character, or events that the kernel had to drop, give a NUL: no code holds one,
 * so that the line fails as a whole instead of coming through with a character missing.
 *
 * Pure; not thread-safe.
 */
#ifndef TB_CORE_LINK_WEDGE_H
#define TB_CORE_LINK_WEDGE_H

#include "core/link/layout.h"

#define TB_LINK_WEDGE_BYTES_MAX 3 /* UTF-8 of a character below U+8000 */

struct tb_link_wedge {
    const struct tb_link_layout *layout;
    uint8_t held;         /* modifiers, by key */
    bool caps;            /* Caps Lock is on */
    bool dropped;         /* events were lost; nothing counts up to the next report */
    uint16_t dead;        /* the character of a dead key that waits for the next one; 0: none */
    unsigned number;      /* typed with Alt held */
    unsigned digit_count; /* of it */
};

/* No key is held. */
void tb_link_wedge_init(struct tb_link_wedge *w, const struct tb_link_layout *layout);

/* Takes one event; the count of bytes of a code, or of its end, that it gives: 0 for most. */
size_t tb_link_wedge_take(struct tb_link_wedge *w, uint16_t type, uint16_t code, int32_t value,
                          uint8_t ret_bytes[TB_LINK_WEDGE_BYTES_MAX]);

#endif
