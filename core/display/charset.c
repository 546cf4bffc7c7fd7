#include "core/display/charset.h"

#include "core/base/assert.h"
#include "core/base/text.h"

/* The upper half of each code page, as Unicode has it (the mappings IBM437 and IBM00858 of the IANA
 * registry). */
static const uint16_t page_437[128] = {
    0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8, 0x00ef, 0x00ee,
    0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9, 0x00ff, 0x00d6,
    0x00dc, 0x00a2, 0x00a3, 0x00a5, 0x20a7, 0x0192, 0x00e1, 0x00ed, 0x00f3, 0x00fa, 0x00f1, 0x00d1, 0x00aa,
    0x00ba, 0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb, 0x2591, 0x2592, 0x2593, 0x2502,
    0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557, 0x255d, 0x255c, 0x255b, 0x2510, 0x2514,
    0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x255e, 0x255f, 0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550,
    0x256c, 0x2567, 0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518, 0x250c,
    0x2588, 0x2584, 0x258c, 0x2590, 0x2580, 0x03b1, 0x00df, 0x0393, 0x03c0, 0x03a3, 0x03c3, 0x00b5, 0x03c4,
    0x03a6, 0x0398, 0x03a9, 0x03b4, 0x221e, 0x03c6, 0x03b5, 0x2229, 0x2261, 0x00b1, 0x2265, 0x2264, 0x2320,
    0x2321, 0x00f7, 0x2248, 0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0,
};

static const uint16_t page_858[128] = {
    0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb, 0x00e8, 0x00ef, 0x00ee,
    0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4, 0x00f6, 0x00f2, 0x00fb, 0x00f9, 0x00ff, 0x00d6,
    0x00dc, 0x00f8, 0x00a3, 0x00d8, 0x00d7, 0x0192, 0x00e1, 0x00ed, 0x00f3, 0x00fa, 0x00f1, 0x00d1, 0x00aa,
    0x00ba, 0x00bf, 0x00ae, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb, 0x2591, 0x2592, 0x2593, 0x2502,
    0x2524, 0x00c1, 0x00c2, 0x00c0, 0x00a9, 0x2563, 0x2551, 0x2557, 0x255d, 0x00a2, 0x00a5, 0x2510, 0x2514,
    0x2534, 0x252c, 0x251c, 0x2500, 0x253c, 0x00e3, 0x00c3, 0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550,
    0x256c, 0x00a4, 0x00f0, 0x00d0, 0x00ca, 0x00cb, 0x00c8, 0x20ac, 0x00cd, 0x00ce, 0x00cf, 0x2518, 0x250c,
    0x2588, 0x2584, 0x00a6, 0x00cc, 0x2580, 0x00d3, 0x00df, 0x00d4, 0x00d2, 0x00f5, 0x00d5, 0x00b5, 0x00fe,
    0x00de, 0x00da, 0x00db, 0x00d9, 0x00fd, 0x00dd, 0x00af, 0x00b4, 0x00ad, 0x00b1, 0x2017, 0x00be, 0x00b6,
    0x00a7, 0x00f7, 0x00b8, 0x00b0, 0x00a8, 0x00b7, 0x00b9, 0x00b3, 0x00b2, 0x25a0, 0x00a0,
};

/* Latin letters without their marks, from U+00C0 and from U+1E00 on; "?": none. */
static const char latin_plain[] = "AAAAAAACEEEEIIIIDNOOOOO?OUUUUYTsaaaaaaaceeeeiiiidnooooo?ouuuuyty"
                                  "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi?\?JjKkkLlLlLlL"
                                  "lLlNnNnNn?NnOoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZz?";
static const char latin_additional_plain[] =
    "AaBbBbBbCcDdDdDdDdDdEeEeEeEeEeFfGgHhHhHhHhHhIiIiKkKkKkLlLlLlLlMm"
    "MmMmNnNnNnNnOoOoOoOoPpPpRrRrRrRrSsSsSsSsSsTtTtTtTtUuUuUuUuUuVvVv"
    "WwWwWwWwWwXxXxYyZzZzZzhtwy?\??\??\?AaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEe"
    "EeEeEeEeIiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYy?\??\??\?";

enum { LATIN = 0x00c0, LATIN_ADDITIONAL = 0x1e00, COMBINING = 0x0300, COMBINING_END = 0x0370 };

static const struct {
    uint16_t from;
    char to;
} signs[] = {
    {0x00a0, ' '},  {0x00d7, 'x'}, {0x2009, ' '}, {0x2010, '-'},  {0x2011, '-'},
    {0x2012, '-'},  {0x2013, '-'}, {0x2014, '-'}, {0x2018, '\''}, {0x2019, '\''},
    {0x201a, '\''}, {0x201c, '"'}, {0x201d, '"'}, {0x201e, '"'},  {0x2022, '*'},
    {0x2026, '.'},  {0x202f, ' '}, {0x20ac, 'E'}, {0x2212, '-'},
};

static uint8_t upper_find(const uint16_t *page, uint32_t character)
{
    for (unsigned i = 0; i < 128; i++)
        if (page[i] == character)
            return (uint8_t)(0x80 + i);
    return 0;
}

static uint8_t plain_find(uint32_t character)
{
    for (size_t i = 0; i < TB_ARRAY_SIZE(signs); i++)
        if (signs[i].from == character)
            return (uint8_t)signs[i].to;
    char plain = '?';
    if (character >= LATIN && character < LATIN + sizeof latin_plain - 1)
        plain = latin_plain[character - LATIN];
    else if (character >= LATIN_ADDITIONAL &&
             character < LATIN_ADDITIONAL + sizeof latin_additional_plain - 1)
        plain = latin_additional_plain[character - LATIN_ADDITIONAL];
    return plain == '?' ? 0 : (uint8_t)plain;
}

/* 0: it has no cell. */
static uint8_t cell_of(enum tb_codepage page, uint32_t character)
{
    if (character < 0x80)
        return character < 0x20 || character == 0x7f ? 0 : (uint8_t)character;
    uint8_t cell = upper_find(page == TB_CODEPAGE_858 ? page_858 : page_437, character);
    return cell ? cell : plain_find(character);
}

/* Of well-formed UTF-8 (RFC 3629 section 3). */
static uint32_t character_take(struct tb_span *text)
{
    uint8_t first = text->at[0];
    unsigned more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    uint32_t character = more ? first & (0x3fu >> more) : first;
    for (unsigned i = 1; i <= more; i++)
        character = character << 6 | (text->at[i] & 0x3fu);
    *text = tb_span_sub(*text, more + 1, text->size);
    return character;
}

bool tb_charset_put(struct tb_buf *to, enum tb_codepage page, struct tb_span text, size_t cell_count)
{
    bool whole = true;
    size_t end = to->size + cell_count;
    if (!tb_utf8_valid(text))
        return false;
    while (text.size > 0 && to->size < end && to->err == TB_OK) {
        uint32_t character = character_take(&text);
        if (character >= COMBINING && character < COMBINING_END)
            continue;
        uint8_t cell = cell_of(page, character);
        if (cell)
            tb_buf_add_u8(to, cell);
        else
            whole = false;
    }
    return whole;
}
