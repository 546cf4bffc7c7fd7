#include "tests/support/vfd.h"

#include <string.h>

enum { ESC = 0x1b, US = 0x1f };

static void grid_clear(struct tb_vfd *v)
{
    memset(&v->cells, ' ', sizeof v->cells);
    v->column = 0;
    v->row = 0;
}

/* Power-on state; what was counted stays. */
static void settings_reset(struct tb_vfd *v)
{
    grid_clear(v);
    v->code_page = 0;
    v->cursor_shown = true;
    v->command_size = 0;
    v->string_line = -1;
    v->string_mode = false;
}

void tb_vfd_power_on(struct tb_vfd *v, enum tb_display_dialect dialect)
{
    *v = (struct tb_vfd){.dialect = dialect};
    settings_reset(v);
}

/* Overwrite mode: the cursor goes on to the other line, and from its end to the beginning. */
static void cell_put(struct tb_vfd *v, uint8_t byte)
{
    v->cells.line[v->row][v->column] = byte;
    if (++v->column < TB_DISPLAY_CELL_COUNT)
        return;
    v->column = 0;
    v->row = (v->row + 1) % TB_DISPLAY_LINE_COUNT;
}

static void cursor_move(struct tb_vfd *v, unsigned x, unsigned y)
{
    if (x < 1 || x > TB_DISPLAY_CELL_COUNT || y < 1 || y > TB_DISPLAY_LINE_COUNT) {
        v->fault_count++;
        return;
    }
    v->column = x - 1;
    v->row = y - 1;
}

static void single_do(struct tb_vfd *v, uint8_t byte)
{
    switch (byte) {
    case 0x0b: cursor_move(v, 1, 1); break;
    case 0x0c: grid_clear(v); break;
    case 0x0d: v->column = 0; break;
    default: v->fault_count++; break;
    }
}

/* How long a command is, by its first two bytes; 0: it is not known. */
static size_t command_length(const struct tb_vfd *v)
{
    bool epson = v->dialect == TB_DISPLAY_EPSON;
    if (v->command[0] == US)
        return !epson ? 0 : v->command[1] == '$' ? 4 : v->command[1] == 'C' ? 3 : 0;
    switch (v->command[1]) {
    case '@': return 2;
    case 't': return epson ? 3 : 0;
    case '_': return epson ? 0 : 3;
    case 'Q': return epson ? 0 : 3;
    case 'l': return epson ? 0 : 4;
    default: return 0;
    }
}

static void command_do(struct tb_vfd *v)
{
    const uint8_t *c = v->command;
    if (c[0] == US && c[1] == '$')
        cursor_move(v, c[2], c[3]);
    else if (c[1] == 'l')
        cursor_move(v, c[2], c[3]);
    else if (c[1] == 'C' || c[1] == '_')
        v->cursor_shown = c[2] != 0;
    else if (c[1] == 't')
        v->code_page = c[2];
    else if (c[1] == '@')
        settings_reset(v);
    else if (c[2] != 'A' && c[2] != 'B')
        v->fault_count++;
    else {
        v->string_line = c[2] - 'A';
        v->string_mode = true;
        v->string_size = 0;
        memset(v->cells.line[v->string_line], ' ', TB_DISPLAY_CELL_COUNT);
    }
}

static void command_take(struct tb_vfd *v, uint8_t byte)
{
    v->command[v->command_size++] = byte;
    if (v->command_size < 2)
        return;
    size_t length = command_length(v);
    bool string = v->command[0] == ESC && v->command[1] == 'Q';
    if (length == 0 || (v->string_mode && !string)) {
        v->fault_count++;
        v->command_size = 0;
    } else if (v->command_size == length) {
        v->command_size = 0;
        command_do(v);
    }
}

static void string_take(struct tb_vfd *v, uint8_t byte)
{
    if (byte == 0x0d)
        v->string_line = -1;
    else if (byte < 0x20 || v->string_size == TB_DISPLAY_CELL_COUNT)
        v->fault_count++;
    else
        v->cells.line[v->string_line][v->string_size++] = byte;
}

void tb_vfd_take(struct tb_vfd *v, uint8_t byte)
{
    if (v->string_line >= 0 && byte != 0x0c) {
        string_take(v, byte);
    } else if (v->command_size > 0) {
        command_take(v, byte);
    } else if (byte == ESC || byte == US) {
        command_take(v, byte);
    } else if (byte == 0x0c) {
        v->string_mode = false;
        v->string_line = -1;
        grid_clear(v);
    } else if (v->string_mode) {
        v->fault_count++;
    } else if (byte < 0x20) {
        single_do(v, byte);
    } else {
        cell_put(v, byte);
    }
}
