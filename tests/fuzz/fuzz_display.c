/*
 * Whatever is in a name, a line display gets twenty cells a line and no command: the simulated one has
 * nothing to complain about, and shows what was composed. First byte: dialect and code page; then both sides
 * of a line, parted by a line feed.
 */
#include "core/base/assert.h"
#include "tests/support/vfd.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_span rest = tb_span_of(data, size);
    uint8_t choice = size > 0 ? data[0] : 0;
    enum tb_display_dialect dialect = choice & 1 ? TB_DISPLAY_CD5220 : TB_DISPLAY_EPSON;
    enum tb_codepage page = choice & 2 ? TB_CODEPAGE_858 : TB_CODEPAGE_437;
    struct tb_display_cells cells;
    struct tb_vfd vfd;
    uint8_t block[2 * TB_DISPLAY_BYTES_MAX];
    struct tb_buf bytes = tb_buf_of(block, sizeof block);
    rest = tb_span_sub(rest, 1, rest.size);
    struct tb_span left = tb_span_cut(&rest, '\n');
    (void)tb_display_compose(&cells, 0, page, left, rest);
    (void)tb_display_compose(&cells, 1, page, rest, left);
    tb_vfd_power_on(&vfd, dialect);
    tb_display_begin(&bytes, dialect, page);
    tb_display_paint(&bytes, dialect, &cells);
    TB_ASSERT(bytes.err == TB_OK);
    for (size_t i = 0; i < bytes.size; i++)
        tb_vfd_take(&vfd, block[i]);
    TB_ASSERT(vfd.fault_count == 0);
    TB_ASSERT(memcmp(&vfd.cells, &cells, sizeof cells) == 0);
    return 0;
}
