#include "core/link/layout.h"

#include "core/base/assert.h"

struct row {
    uint16_t key;
    uint16_t characters[TB_LINK_LEVEL_COUNT];
};

struct tb_link_layout {
    const char *name;
    const struct row *rows;
    size_t row_count;
};

/* Latin-1 and the rest of Unicode; letters are written as their numbers. */
enum {
    POUND = 0xa3,
    CURRENCY = 0xa4,
    SECTION = 0xa7,
    DIAERESIS = 0xa8,
    DEGREE = 0xb0,
    TWO_ABOVE = 0xb2,
    THREE_ABOVE = 0xb3,
    ACUTE = 0xb4,
    MICRO = 0xb5,
    EURO = 0x20ac,
    DEAD = TB_LINK_LAYOUT_DEAD,
};

static const struct row rows_us[] = {
    {2, {'1', '!'}},  {3, {'2', '@'}},   {4, {'3', '#'}},  {5, {'4', '$'}},  {6, {'5', '%'}},
    {7, {'6', '^'}},  {8, {'7', '&'}},   {9, {'8', '*'}},  {10, {'9', '('}}, {11, {'0', ')'}},
    {12, {'-', '_'}}, {13, {'=', '+'}},  {16, {'q', 'Q'}}, {17, {'w', 'W'}}, {18, {'e', 'E'}},
    {19, {'r', 'R'}}, {20, {'t', 'T'}},  {21, {'y', 'Y'}}, {22, {'u', 'U'}}, {23, {'i', 'I'}},
    {24, {'o', 'O'}}, {25, {'p', 'P'}},  {26, {'[', '{'}}, {27, {']', '}'}}, {30, {'a', 'A'}},
    {31, {'s', 'S'}}, {32, {'d', 'D'}},  {33, {'f', 'F'}}, {34, {'g', 'G'}}, {35, {'h', 'H'}},
    {36, {'j', 'J'}}, {37, {'k', 'K'}},  {38, {'l', 'L'}}, {39, {';', ':'}}, {40, {'\'', '"'}},
    {41, {'`', '~'}}, {43, {'\\', '|'}}, {44, {'z', 'Z'}}, {45, {'x', 'X'}}, {46, {'c', 'C'}},
    {47, {'v', 'V'}}, {48, {'b', 'B'}},  {49, {'n', 'N'}}, {50, {'m', 'M'}}, {51, {',', '<'}},
    {52, {'.', '>'}}, {53, {'/', '?'}},  {86, {'<', '>'}},
};

static const struct row rows_de[] = {
    {2, {'1', '!'}},
    {3, {'2', '"', TWO_ABOVE}},
    {4, {'3', SECTION, THREE_ABOVE}},
    {5, {'4', '$'}},
    {6, {'5', '%'}},
    {7, {'6', '&'}},
    {8, {'7', '/', '{'}},
    {9, {'8', '(', '['}},
    {10, {'9', ')', ']'}},
    {11, {'0', '=', '}'}},
    {12, {0xdf, '?', '\\'}},
    {13, {ACUTE | DEAD, '`' | DEAD}},
    {16, {'q', 'Q', '@'}},
    {17, {'w', 'W'}},
    {18, {'e', 'E', EURO}},
    {19, {'r', 'R'}},
    {20, {'t', 'T'}},
    {21, {'z', 'Z'}},
    {22, {'u', 'U'}},
    {23, {'i', 'I'}},
    {24, {'o', 'O'}},
    {25, {'p', 'P'}},
    {26, {0xfc, 0xdc}},
    {27, {'+', '*', '~'}},
    {30, {'a', 'A'}},
    {31, {'s', 'S'}},
    {32, {'d', 'D'}},
    {33, {'f', 'F'}},
    {34, {'g', 'G'}},
    {35, {'h', 'H'}},
    {36, {'j', 'J'}},
    {37, {'k', 'K'}},
    {38, {'l', 'L'}},
    {39, {0xf6, 0xd6}},
    {40, {0xe4, 0xc4}},
    {41, {'^' | DEAD, DEGREE}},
    {43, {'#', '\''}},
    {44, {'y', 'Y'}},
    {45, {'x', 'X'}},
    {46, {'c', 'C'}},
    {47, {'v', 'V'}},
    {48, {'b', 'B'}},
    {49, {'n', 'N'}},
    {50, {'m', 'M', MICRO}},
    {51, {',', ';'}},
    {52, {'.', ':'}},
    {53, {'-', '_'}},
    {86, {'<', '>', '|'}},
};

static const struct row rows_fr[] = {
    {2, {'&', '1'}},
    {3, {0xe9, '2', '~' | DEAD}},
    {4, {'"', '3', '#'}},
    {5, {'\'', '4', '{'}},
    {6, {'(', '5', '['}},
    {7, {'-', '6', '|'}},
    {8, {0xe8, '7', '`' | DEAD}},
    {9, {'_', '8', '\\'}},
    {10, {0xe7, '9', '^'}},
    {11, {0xe0, '0', '@'}},
    {12, {')', DEGREE, ']'}},
    {13, {'=', '+', '}'}},
    {16, {'a', 'A'}},
    {17, {'z', 'Z'}},
    {18, {'e', 'E', EURO}},
    {19, {'r', 'R'}},
    {20, {'t', 'T'}},
    {21, {'y', 'Y'}},
    {22, {'u', 'U'}},
    {23, {'i', 'I'}},
    {24, {'o', 'O'}},
    {25, {'p', 'P'}},
    {26, {'^' | DEAD, DIAERESIS | DEAD}},
    {27, {'$', POUND, CURRENCY}},
    {30, {'q', 'Q'}},
    {31, {'s', 'S'}},
    {32, {'d', 'D'}},
    {33, {'f', 'F'}},
    {34, {'g', 'G'}},
    {35, {'h', 'H'}},
    {36, {'j', 'J'}},
    {37, {'k', 'K'}},
    {38, {'l', 'L'}},
    {39, {'m', 'M'}},
    {40, {0xf9, '%'}},
    {41, {TWO_ABOVE}},
    {43, {'*', MICRO}},
    {44, {'w', 'W'}},
    {45, {'x', 'X'}},
    {46, {'c', 'C'}},
    {47, {'v', 'V'}},
    {48, {'b', 'B'}},
    {49, {'n', 'N'}},
    {50, {',', '?'}},
    {51, {';', '.'}},
    {52, {':', '/'}},
    {53, {'!', SECTION}},
    {86, {'<', '>'}},
};

static const struct tb_link_layout layouts[] = {
    {.name = "us", .rows = rows_us, .row_count = TB_ARRAY_SIZE(rows_us)},
    {.name = "de", .rows = rows_de, .row_count = TB_ARRAY_SIZE(rows_de)},
    {.name = "fr", .rows = rows_fr, .row_count = TB_ARRAY_SIZE(rows_fr)},
};

const struct tb_link_layout *tb_link_layout_find(struct tb_span name)
{
    for (size_t i = 0; i < TB_ARRAY_SIZE(layouts); i++)
        if (tb_span_is(name, layouts[i].name))
            return &layouts[i];
    return NULL;
}

const char *tb_link_layout_name(const struct tb_link_layout *layout)
{
    return layout->name;
}

uint16_t tb_link_layout_character(const struct tb_link_layout *layout, uint16_t key, enum tb_link_level level)
{
    for (size_t i = 0; i < layout->row_count; i++)
        if (layout->rows[i].key == key)
            return layout->rows[i].characters[level];
    return 0;
}

/* In ASCII and Latin-1 capitals are 0x20 below. */
bool tb_link_layout_has_case(const struct tb_link_layout *layout, uint16_t key)
{
    uint16_t plain = tb_link_layout_character(layout, key, TB_LINK_LEVEL_PLAIN);
    uint16_t shifted = tb_link_layout_character(layout, key, TB_LINK_LEVEL_SHIFT);
    return ((plain >= 'a' && plain <= 'z') || (plain >= 0xe0 && plain <= 0xfe)) && shifted + 0x20 == plain;
}
