#include "core/display/line_display.h"

#include "core/base/assert.h"

enum { ESC = 0x1b, US = 0x1f, HOME = 0x0b, CLEAR = 0x0c, CR = 0x0d };

/* Number of code page 858 in ESC t n (Epson); CD5220 displays choose theirs by a switch. */
enum { EPSON_PAGE_858 = 19 };

bool tb_display_compose(struct tb_display_cells *cells, unsigned line, enum tb_codepage page,
                        struct tb_span left, struct tb_span right)
{
    TB_ASSERT(line < TB_DISPLAY_LINE_COUNT);
    uint8_t right_bytes[TB_DISPLAY_CELL_COUNT];
    struct tb_buf right_cells = tb_buf_of(right_bytes, sizeof right_bytes);
    struct tb_buf cell = tb_buf_of(cells->line[line], TB_DISPLAY_CELL_COUNT);
    bool whole = tb_charset_put(&right_cells, page, right, TB_DISPLAY_CELL_COUNT);
    size_t taken = right_cells.size > 0 ? right_cells.size + 1 : 0;
    size_t room = taken < TB_DISPLAY_CELL_COUNT ? TB_DISPLAY_CELL_COUNT - taken : 0;
    memset(cells->line[line], ' ', TB_DISPLAY_CELL_COUNT);
    whole = tb_charset_put(&cell, page, left, room) && whole;
    if (right_cells.size > 0)
        memcpy(cells->line[line] + TB_DISPLAY_CELL_COUNT - right_cells.size, right_bytes, right_cells.size);
    return whole;
}

void tb_display_begin(struct tb_buf *to, enum tb_display_dialect dialect, enum tb_codepage page)
{
    /* What a program that was killed left half said is ended, then string mode is, in which CD5220 takes
     * nothing else than to be cleared. */
    static const uint8_t initialise[] = {CR, CLEAR, ESC, '@'};
    static const uint8_t epson_page[] = {ESC, 't', EPSON_PAGE_858};
    static const uint8_t epson_cursor_off[] = {US, 'C', 0};
    static const uint8_t cd5220_cursor_off[] = {ESC, '_', 0};
    tb_buf_add(to, tb_span_of(initialise, sizeof initialise));
    if (dialect == TB_DISPLAY_EPSON && page == TB_CODEPAGE_858)
        tb_buf_add(to, tb_span_of(epson_page, sizeof epson_page));
    if (dialect == TB_DISPLAY_EPSON)
        tb_buf_add(to, tb_span_of(epson_cursor_off, sizeof epson_cursor_off));
    else
        tb_buf_add(to, tb_span_of(cd5220_cursor_off, sizeof cd5220_cursor_off));
}

static void epson_paint(struct tb_buf *to, const struct tb_display_cells *cells)
{
    static const uint8_t lower[] = {US, '$', 1, 2};
    tb_buf_add_u8(to, HOME);
    tb_buf_add(to, tb_span_of(cells->line[0], TB_DISPLAY_CELL_COUNT));
    tb_buf_add(to, tb_span_of(lower, sizeof lower));
    tb_buf_add(to, tb_span_of(cells->line[1], TB_DISPLAY_CELL_COUNT));
}

/* In its string mode only clearing is taken besides, so that begin clears first. */
static void cd5220_paint(struct tb_buf *to, const struct tb_display_cells *cells)
{
    for (unsigned line = 0; line < TB_DISPLAY_LINE_COUNT; line++) {
        const uint8_t start[] = {ESC, 'Q', (uint8_t)('A' + line)};
        tb_buf_add(to, tb_span_of(start, sizeof start));
        tb_buf_add(to, tb_span_of(cells->line[line], TB_DISPLAY_CELL_COUNT));
        tb_buf_add_u8(to, CR);
    }
}

void tb_display_paint(struct tb_buf *to, enum tb_display_dialect dialect,
                      const struct tb_display_cells *cells)
{
    if (dialect == TB_DISPLAY_EPSON)
        epson_paint(to, cells);
    else
        cd5220_paint(to, cells);
}
