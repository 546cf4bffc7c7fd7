/*
 * Line display: the shopper's two lines of twenty characters on a serial line, as bytes to send.
 *
 * Two command sets cover nearly all of them: Epson's DM-D (ESC/POS) and CD5220. Painting sends both lines
 * whole, in place and without clearing, so that nothing flickers: 44 or 48 bytes, some 50 ms at 9600 bit/s.
 * Text comes as UTF-8 and is put into cells first (core/display/charset.h).
 *
 * Pure; not thread-safe. Sources: the command tables of the Epson DM-D110, the posx XP8200 and the CD5220.
 */
#ifndef TB_CORE_DISPLAY_LINE_DISPLAY_H
#define TB_CORE_DISPLAY_LINE_DISPLAY_H

#include "core/display/charset.h"

#define TB_DISPLAY_LINE_COUNT 2
#define TB_DISPLAY_CELL_COUNT 20
#define TB_DISPLAY_BYTES_MAX 64 /* of one message to the display */

enum tb_display_dialect { TB_DISPLAY_EPSON, TB_DISPLAY_CD5220 };

struct tb_display_cells {
    uint8_t line[TB_DISPLAY_LINE_COUNT][TB_DISPLAY_CELL_COUNT];
};

/*
 * One line: left, and right at its end. What is too long is cut, left first, with a blank between. False when
 * something had no place in the code page and was left out.
 */
bool tb_display_compose(struct tb_display_cells *cells, unsigned line, enum tb_codepage page,
                        struct tb_span left, struct tb_span right);

/* Power-on state, code page, no cursor; to be sent first, and again when the display may have lost power. */
void tb_display_begin(struct tb_buf *to, enum tb_display_dialect dialect, enum tb_codepage page);

/* Both lines. */
void tb_display_paint(struct tb_buf *to, enum tb_display_dialect dialect,
                      const struct tb_display_cells *cells);

#endif
