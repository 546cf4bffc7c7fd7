/*
 * A line display of 2 x 20 characters, as its maker would test a till with: keeps the grid and the cursor,
 * and counts what it does not know or what leaves the grid. Both command sets of core/display/line_display.h.
 * Pure.
 */
#ifndef TB_TESTS_SUPPORT_VFD_H
#define TB_TESTS_SUPPORT_VFD_H

#include "core/display/line_display.h"

struct tb_vfd {
    enum tb_display_dialect dialect;
    struct tb_display_cells cells;
    unsigned column, row; /* from 0 */
    uint8_t code_page;    /* number that ESC t chose; 0 after power-on */
    bool cursor_shown;
    unsigned fault_count; /* since power-on */
    uint8_t command[4];   /* the one that is coming in */
    size_t command_size;  /* 0: none is */
    int string_line;      /* CD5220 string mode: the line that is being sent; -1: none is */
    bool string_mode;     /* nothing but strings and clearing is taken */
    size_t string_size;
};

void tb_vfd_power_on(struct tb_vfd *v, enum tb_display_dialect dialect);
void tb_vfd_take(struct tb_vfd *v, uint8_t byte);

#endif
