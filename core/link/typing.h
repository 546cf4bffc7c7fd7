/*
 * Typing: the keys that are pressed on a keyboard of a layout for a text, for programs that can only be typed
 * into. The inverse of wedge.h: what reads keyboards by the same layout gets the text back. Keys are numbered
 * as by Linux's evdev. Pure; callable from any thread.
 */
#ifndef TB_CORE_LINK_TYPING_H
#define TB_CORE_LINK_TYPING_H

#include "core/base/err.h"
#include "core/link/layout.h"

#define TB_LINK_TYPING_TEXT_MAX 96     /* bytes */
#define TB_LINK_TYPING_PER_CHARACTER 6 /* a modifier, a key and Space behind a dead one, down and up */
#define TB_LINK_TYPING_KEYS_MAX (TB_LINK_TYPING_TEXT_MAX * TB_LINK_TYPING_PER_CHARACTER)

/* By what the keyboard is known that types them: vendor and product of its input_id. */
#define TB_LINK_TYPING_VENDOR 0x7462
#define TB_LINK_TYPING_PRODUCT 1

struct tb_link_key {
    uint16_t code;
    bool down;
};

struct tb_link_typing {
    size_t count;
    struct tb_link_key keys[TB_LINK_TYPING_KEYS_MAX];
};

/* Printable ASCII, CR (Enter) and TAB. TB_ERR_RANGE: the layout has no key for a character; TB_ERR_TOO_LONG.
 * Nothing is to be typed then. */
TB_MUST_USE enum tb_err tb_link_typing_of(const struct tb_link_layout *layout, struct tb_span text,
                                          struct tb_link_typing *ret_typing);

#endif
