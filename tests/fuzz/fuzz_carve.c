/* A damaged database file: its first two bytes say how many pages stand before the log. */
#include "core/base/assert.h"
#include "host/sqlite/carve.h"
#include "tests/fuzz/fuzz.h"

enum { PAGE_SIZE = 512 };

static uint8_t room[4096];
static volatile uint64_t byte_sum;

static void row_check(void *context, const struct tb_carve_row *row)
{
    (void)context;
    TB_ASSERT(row->column_count <= TB_CARVE_COLUMN_MAX);
    for (unsigned i = 0; i < row->column_count; i++)
        for (size_t k = 0; k < row->columns[i].bytes.size; k++)
            byte_sum += row->columns[i].bytes.at[k]; /* all of it is there to be read */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_reader input = tb_reader_of(tb_span_of(data, size));
    size_t page_count = tb_read_u16be(&input);
    struct tb_buf row = tb_buf_of(room, sizeof room);
    const struct tb_carve_file file = {.db = tb_span_sub(input.rest, 0, page_count * PAGE_SIZE),
                                       .log = tb_span_sub(input.rest, page_count * PAGE_SIZE, size),
                                       .page_size = PAGE_SIZE,
                                       .room = &row};
    tb_carve_each(&file, row_check, NULL);
    byte_sum += tb_carve_log_is_broken(&file);
    return 0;
}
