/*
 * Layouts: which character each key of a keyboard has, by country. Keys are numbered as by Linux's evdev
 * (input-event-codes.h): by their place, whatever is printed on them. Keys that are the same everywhere
 * (Enter, Tab, Space, the keypad) are not here. Pure; callable from any thread.
 */
#ifndef TB_CORE_LINK_LAYOUT_H
#define TB_CORE_LINK_LAYOUT_H

#include "core/base/span.h"

#include <stdbool.h>
#include <stdint.h>

struct tb_link_layout;

enum tb_link_level { TB_LINK_LEVEL_PLAIN, TB_LINK_LEVEL_SHIFT, TB_LINK_LEVEL_ALT_GR, TB_LINK_LEVEL_COUNT };

/* This bit of a character: the key is dead, it types nothing until the next one. */
#define TB_LINK_LAYOUT_DEAD 0x8000

/* "us", "de" or "fr"; NULL when there is no layout of that name. Static. */
const struct tb_link_layout *tb_link_layout_find(struct tb_span name);

/* As it is found; static. */
const char *tb_link_layout_name(const struct tb_link_layout *layout);

/* Unicode, below U+8000, perhaps with TB_LINK_LAYOUT_DEAD; 0 when the key has none on that level. */
uint16_t tb_link_layout_character(const struct tb_link_layout *layout, uint16_t key,
                                  enum tb_link_level level);

/* True for a letter, which Caps Lock turns to the other case. */
bool tb_link_layout_has_case(const struct tb_link_layout *layout, uint16_t key);

#endif
