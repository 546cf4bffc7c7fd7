/*
 * Charset: text for the cells of a line display, in the code page that it was set to.
 *
 * Displays have one byte per cell and no Unicode. A letter that the code page has not got is shown without
 * its marks when it is of the Latin alphabet ("Ł" as "L"), anything else not at all. Control characters never
 * get through: in a name they would be commands to the display. Pure.
 */
#ifndef TB_CORE_DISPLAY_CHARSET_H
#define TB_CORE_DISPLAY_CHARSET_H

#include "core/base/buf.h"

enum tb_codepage {
    TB_CODEPAGE_437, /* what displays start with */
    TB_CODEPAGE_858, /* 850 with the euro sign in the place of the dotless i */
};

/*
 * Appends a cell for each character, at most cell_count; combining marks take none. False when something of
 * the text has no place in the code page and was left out, or the text is no UTF-8.
 */
bool tb_charset_put(struct tb_buf *to, enum tb_codepage page, struct tb_span text, size_t cell_count);

#endif
