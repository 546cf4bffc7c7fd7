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

/* ---- layouts ---- */

struct row {
    uint16_t key;
    uint8_t plain;
    uint8_t shifted;
};

struct tb_link_layout {
    const char *name;
    const struct row *rows;
    size_t row_count;
};

static const struct row rows_us[] = {
    {2, '1', '!'},   {3, '2', '@'},  {4, '3', '#'},  {5, '4', '$'},  {6, '5', '%'},   {7, '6', '^'},
    {8, '7', '&'},   {9, '8', '*'},  {10, '9', '('}, {11, '0', ')'}, {12, '-', '_'},  {13, '=', '+'},
    {16, 'q', 'Q'},  {17, 'w', 'W'}, {18, 'e', 'E'}, {19, 'r', 'R'}, {20, 't', 'T'},  {21, 'y', 'Y'},
    {22, 'u', 'U'},  {23, 'i', 'I'}, {24, 'o', 'O'}, {25, 'p', 'P'}, {26, '[', '{'},  {27, ']', '}'},
    {30, 'a', 'A'},  {31, 's', 'S'}, {32, 'd', 'D'}, {33, 'f', 'F'}, {34, 'g', 'G'},  {35, 'h', 'H'},
    {36, 'j', 'J'},  {37, 'k', 'K'}, {38, 'l', 'L'}, {39, ';', ':'}, {40, '\'', '"'}, {41, '`', '~'},
    {43, '\\', '|'}, {44, 'z', 'Z'}, {45, 'x', 'X'}, {46, 'c', 'C'}, {47, 'v', 'V'},  {48, 'b', 'B'},
    {49, 'n', 'N'},  {50, 'm', 'M'}, {51, ',', '<'}, {52, '.', '>'}, {53, '/', '?'},  {86, '<', '>'},
};

static const struct tb_link_layout layouts[] = {
    {.name = "us", .rows = rows_us, .row_count = TB_ARRAY_SIZE(rows_us)},
};

const struct tb_link_layout *tb_link_layout_find(struct tb_span name)
{
    for (size_t i = 0; i < TB_ARRAY_SIZE(layouts); i++)
        if (tb_span_is(name, layouts[i].name))
            return &layouts[i];
    return NULL;
}

static const struct row *row_find(const struct tb_link_layout *layout, uint16_t key)
{
    for (size_t i = 0; i < layout->row_count; i++)
        if (layout->rows[i].key == key)
            return &layout->rows[i];
    return NULL;
}

/* ---- characters ---- */

static bool is_letter(uint8_t character)
{
    return character >= 'a' && character <= 'z';
}

/* Caps Lock turns the case of letters only. */
static uint8_t row_character(const struct tb_link_wedge *w, const struct row *row)
{
    bool shift = (w->held & HELD_SHIFT) != 0;
    return shift != (w->caps && is_letter(row->plain)) ? row->shifted : row->plain;
}

/* What Ctrl makes of a character since ASCII: 0x1d of ']', 0x04 of 'd'. 0: nothing. */
static uint8_t control_of(uint8_t character)
{
    if (character >= '@' && character <= '_')
        return (uint8_t)(character - '@');
    return is_letter(character) ? (uint8_t)(character - '`') : 0;
}

static uint8_t keypad_character(uint16_t key)
{
    static const char block[] = "789-456+1230.";
    if (key >= KEY_KEYPAD_FIRST && key <= KEY_KEYPAD_LAST)
        return (uint8_t)block[key - KEY_KEYPAD_FIRST];
    return key == KEY_KEYPAD_TIMES ? '*' : key == KEY_KEYPAD_DIVIDED ? '/' : 0;
}

/* 0: the key means no character. */
static uint8_t character_of(const struct tb_link_wedge *w, uint16_t key)
{
    if (w->held & (HELD_ALT | HELD_ALT_GR))
        return 0;
    if (key == KEY_ENTER || key == KEY_KEYPAD_ENTER)
        return '\r';
    if (key == KEY_TAB)
        return '\t';
    if (key == KEY_SPACE)
        return ' ';
    uint8_t keypad = keypad_character(key);
    if (keypad)
        return keypad;
    const struct row *row = row_find(w->layout, key);
    uint8_t character = row ? row_character(w, row) : 0;
    return w->held & HELD_CTRL ? control_of(character) : character;
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
static bool number_end(struct tb_link_wedge *w, uint8_t *ret_byte)
{
    bool typed = w->digit_count > 0;
    bool fits = w->digit_count <= NUMBER_DIGITS_MAX && w->number <= UINT8_MAX;
    *ret_byte = (uint8_t)(fits ? w->number : 0);
    w->number = 0;
    w->digit_count = 0;
    return typed;
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

static bool key_released(struct tb_link_wedge *w, uint16_t key, uint8_t *ret_byte)
{
    w->held &= (uint8_t)~modifier_bit(key);
    return key == KEY_ALT_LEFT && number_end(w, ret_byte);
}

static bool key_pressed(struct tb_link_wedge *w, uint16_t key, uint8_t *ret_byte)
{
    uint8_t modifier = modifier_bit(key);
    w->held |= modifier;
    if (key == KEY_CAPS_LOCK)
        w->caps = !w->caps;
    if (modifier || key == KEY_CAPS_LOCK || key == KEY_NUM_LOCK || digit_take(w, key))
        return false;
    *ret_byte = character_of(w, key);
    return true;
}

/* What was held is not known any more; the line at hand misses something. */
static bool events_dropped(struct tb_link_wedge *w, uint8_t *ret_byte)
{
    tb_link_wedge_init(w, w->layout);
    w->dropped = true;
    *ret_byte = 0;
    return true;
}

void tb_link_wedge_init(struct tb_link_wedge *w, const struct tb_link_layout *layout)
{
    TB_ASSERT(layout != NULL);
    *w = (struct tb_link_wedge){.layout = layout};
}

bool tb_link_wedge_take(struct tb_link_wedge *w, uint16_t type, uint16_t code, int32_t value,
                        uint8_t *ret_byte)
{
    if (type == EVENT_SYNC && code == SYNC_DROPPED)
        return events_dropped(w, ret_byte);
    if (type == EVENT_SYNC && code == SYNC_REPORT)
        w->dropped = false;
    if (type != EVENT_KEY || w->dropped)
        return false;
    if (value == VALUE_PRESSED)
        return key_pressed(w, code, ret_byte);
    return value == VALUE_RELEASED && key_released(w, code, ret_byte);
}
