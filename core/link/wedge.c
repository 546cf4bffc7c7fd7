#include "core/link/wedge.h"

#include "core/base/assert.h"

/* From Linux's input-event-codes.h; its numbers are part of the kernel's interface and never change. */
enum { EVENT_SYNC = 0, EVENT_KEY = 1, SYNC_REPORT = 0, SYNC_DROPPED = 3 };
enum { VALUE_RELEASED = 0, VALUE_PRESSED = 1 };

enum key {
    KEY_TAB = 15,
    KEY_ENTER = 28,
    KEY_CTRL_LEFT = 29,
    KEY_SHIFT_LEFT = 42,
    KEY_SHIFT_RIGHT = 54,
    KEY_KEYPAD_TIMES = 55,
    KEY_ALT_LEFT = 56,
    KEY_SPACE = 57,
    KEY_CAPS_LOCK = 58,
    KEY_NUM_LOCK = 69,
    KEY_KEYPAD_FIRST = 71, /* 7 8 9 - 4 5 6 + 1 2 3 0 . */
    KEY_KEYPAD_LAST = 83,
    KEY_KEYPAD_ENTER = 96,
    KEY_CTRL_RIGHT = 97,
    KEY_KEYPAD_DIVIDED = 98,
    KEY_ALT_RIGHT = 100,
};

enum { /* bits of held */
       HELD_SHIFT_LEFT = 0x01,
       HELD_SHIFT_RIGHT = 0x02,
       HELD_CTRL_LEFT = 0x04,
       HELD_CTRL_RIGHT = 0x08,
       HELD_ALT = 0x10,
       HELD_ALT_GR = 0x20,
       HELD_SHIFT = HELD_SHIFT_LEFT | HELD_SHIFT_RIGHT,
       HELD_CTRL = HELD_CTRL_LEFT | HELD_CTRL_RIGHT,
};

enum { NUMBER_DIGITS_MAX = 4 }; /* a leading 0 and three more */

/* ---- characters ---- */

static size_t character_put(unsigned character, uint8_t *ret_bytes)
{
    TB_ASSERT(character < TB_LINK_LAYOUT_DEAD);
    if (character < 0x80) {
        ret_bytes[0] = (uint8_t)character;
        return 1;
    }
    if (character < 0x800) {
        ret_bytes[0] = (uint8_t)(0xc0 | character >> 6);
        ret_bytes[1] = (uint8_t)(0x80 | (character & 0x3f));
        return 2;
    }
    ret_bytes[0] = (uint8_t)(0xe0 | character >> 12);
    ret_bytes[1] = (uint8_t)(0x80 | (character >> 6 & 0x3f));
    ret_bytes[2] = (uint8_t)(0x80 | (character & 0x3f));
    return 3;
}

static enum tb_link_level level_of(const struct tb_link_wedge *w, uint16_t key)
{
    bool shift = (w->held & HELD_SHIFT) != 0;
    if (w->held & HELD_ALT_GR)
        return TB_LINK_LEVEL_ALT_GR;
    return shift != (w->caps && tb_link_layout_has_case(w->layout, key)) ? TB_LINK_LEVEL_SHIFT
                                                                         : TB_LINK_LEVEL_PLAIN;
}

/* What Ctrl makes of a character since ASCII: 0x1d of ']', 0x04 of 'd'. 0: nothing. */
static uint16_t control_of(uint16_t character)
{
    if (character >= '@' && character <= '_')
        return (uint16_t)(character - '@');
    return character >= 'a' && character <= 'z' ? (uint16_t)(character - '`') : 0;
}

static uint8_t keypad_character(uint16_t key)
{
    static const char block[] = "789-456+1230.";
    if (key >= KEY_KEYPAD_FIRST && key <= KEY_KEYPAD_LAST)
        return (uint8_t)block[key - KEY_KEYPAD_FIRST];
    return key == KEY_KEYPAD_TIMES ? '*' : key == KEY_KEYPAD_DIVIDED ? '/' : 0;
}

/* The same on every keyboard. */
static uint16_t common_character(uint16_t key)
{
    switch (key) {
    case KEY_ENTER:
    case KEY_KEYPAD_ENTER: return '\r';
    case KEY_TAB: return '\t';
    case KEY_SPACE: return ' ';
    default: return keypad_character(key);
    }
}

/* Of a key that was pressed, perhaps a dead one; 0: it means no character. */
static uint16_t character_of(const struct tb_link_wedge *w, uint16_t key)
{
    if (w->held & HELD_ALT)
        return 0;
    uint16_t character = common_character(key);
    if (character)
        return character;
    character = tb_link_layout_character(w->layout, key, level_of(w, key));
    return w->held & HELD_CTRL ? control_of(character) : character;
}

/* Space after a dead key gives its character; accents that are typed so are in no code. */
static size_t dead_end(uint16_t dead, uint16_t character, uint8_t *ret_bytes)
{
    if (character == ' ')
        return character_put(dead, ret_bytes);
    ret_bytes[0] = 0;
    ret_bytes[1] = (uint8_t)character;
    return character == '\r' || character == '\t' ? 2 : 1;
}

static size_t character_type(struct tb_link_wedge *w, uint16_t character, uint8_t *ret_bytes)
{
    uint16_t dead = w->dead;
    w->dead = 0;
    if (dead)
        return dead_end(dead, character, ret_bytes);
    if (!(character & TB_LINK_LAYOUT_DEAD))
        return character_put(character, ret_bytes);
    w->dead = character & (uint16_t)~TB_LINK_LAYOUT_DEAD;
    return 0;
}

/* ---- a number typed with Alt held ---- */

static bool digit_take(struct tb_link_wedge *w, uint16_t key)
{
    uint8_t character = keypad_character(key);
    if (!(w->held & HELD_ALT) || character < '0' || character > '9')
        return false;
    if (w->digit_count <= NUMBER_DIGITS_MAX) {
        w->number = 10 * w->number + (unsigned)(character - '0');
        w->digit_count++;
    }
    return true;
}

/* The bytes of a code as they are: more than ASCII is the scanner's UTF-8, byte by byte. */
static size_t number_end(struct tb_link_wedge *w, uint8_t *ret_bytes)
{
    bool fits = w->digit_count <= NUMBER_DIGITS_MAX && w->number <= UINT8_MAX && !w->dead;
    if (w->digit_count == 0)
        return 0;
    ret_bytes[0] = (uint8_t)(fits ? w->number : 0);
    w->number = 0;
    w->digit_count = 0;
    w->dead = 0;
    return 1;
}

/* ---- events ---- */

static uint8_t modifier_bit(uint16_t key)
{
    switch (key) {
    case KEY_SHIFT_LEFT: return HELD_SHIFT_LEFT;
    case KEY_SHIFT_RIGHT: return HELD_SHIFT_RIGHT;
    case KEY_CTRL_LEFT: return HELD_CTRL_LEFT;
    case KEY_CTRL_RIGHT: return HELD_CTRL_RIGHT;
    case KEY_ALT_LEFT: return HELD_ALT;
    case KEY_ALT_RIGHT: return HELD_ALT_GR;
    default: return 0;
    }
}

static size_t key_released(struct tb_link_wedge *w, uint16_t key, uint8_t *ret_bytes)
{
    w->held &= (uint8_t)~modifier_bit(key);
    return key == KEY_ALT_LEFT ? number_end(w, ret_bytes) : 0;
}

static size_t key_pressed(struct tb_link_wedge *w, uint16_t key, uint8_t *ret_bytes)
{
    uint8_t modifier = modifier_bit(key);
    w->held |= modifier;
    if (key == KEY_CAPS_LOCK)
        w->caps = !w->caps;
    if (modifier || key == KEY_CAPS_LOCK || key == KEY_NUM_LOCK || digit_take(w, key))
        return 0;
    return character_type(w, character_of(w, key), ret_bytes);
}

/* What was held is not known any more; the line at hand misses something. */
static size_t events_dropped(struct tb_link_wedge *w, uint8_t *ret_bytes)
{
    tb_link_wedge_init(w, w->layout);
    w->dropped = true;
    return character_put(0, ret_bytes);
}

void tb_link_wedge_init(struct tb_link_wedge *w, const struct tb_link_layout *layout)
{
    TB_ASSERT(layout != NULL);
    *w = (struct tb_link_wedge){.layout = layout};
}

size_t tb_link_wedge_take(struct tb_link_wedge *w, uint16_t type, uint16_t code, int32_t value,
                          uint8_t ret_bytes[TB_LINK_WEDGE_BYTES_MAX])
{
    if (type == EVENT_SYNC && code == SYNC_DROPPED)
        return events_dropped(w, ret_bytes);
    if (type == EVENT_SYNC && code == SYNC_REPORT)
        w->dropped = false;
    if (type != EVENT_KEY || w->dropped)
        return 0;
    if (value == VALUE_PRESSED)
        return key_pressed(w, code, ret_bytes);
    return value == VALUE_RELEASED ? key_released(w, code, ret_bytes) : 0;
}
