/*
 * Any descriptor, then any reports by the layout that it gave: what is taken out fits and is taken from
 * within the report. The input is the descriptor's size (two bytes), the descriptor, and reports of 64 bytes.
 */
#include "core/base/assert.h"
#include "core/link/hidpos.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEAD_SIZE = 2, REPORT_SIZE = 64 };

static void reports_take(const struct tb_link_hidpos_layout *layout, struct tb_span rest)
{
    struct tb_link_hidpos h;
    uint8_t bytes[TB_LINK_HIDPOS_BYTES_MAX];
    tb_link_hidpos_init(&h, layout, rest.size & 1);
    while (rest.size > 0) {
        struct tb_span report = tb_span_sub(rest, 0, REPORT_SIZE);
        TB_ASSERT(tb_link_hidpos_take(&h, report, bytes) <= sizeof bytes);
        rest = tb_span_sub(rest, report.size, SIZE_MAX);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_link_hidpos_layout layout;
    if (size < HEAD_SIZE)
        return 0;
    struct tb_span rest = tb_span_of(data + HEAD_SIZE, size - HEAD_SIZE);
    struct tb_span descriptor = tb_span_sub(rest, 0, (size_t)data[0] << 8 | data[1]);
    if (tb_link_hidpos_describe(descriptor, &layout) != TB_OK)
        return 0;
    TB_ASSERT(layout.data_at + layout.data_size <= layout.size);
    TB_ASSERT(layout.length_at < layout.size && layout.continued_at < layout.size);
    TB_ASSERT(layout.identifier_at == 0 || layout.identifier_at + 3 <= layout.size);
    reports_take(&layout, tb_span_sub(rest, descriptor.size, SIZE_MAX));
    return 0;
}
