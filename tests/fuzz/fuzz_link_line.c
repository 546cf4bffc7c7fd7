/* Any bytes from a scanner: lines are within their limits, and a whole line after noise comes through. */
#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/link/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned feed(struct tb_link_line *l, struct tb_span in, struct tb_span *ret_last)
{
    unsigned count = 0;
    enum tb_link_reason reason;
    while (in.size > 0) {
        struct tb_span line;
        if (tb_link_line_take(l, &in, 0, &line, &reason) != TB_LINK_LINE_DONE)
            continue;
        TB_ASSERT(line.size > 0 && line.size <= TB_LINK_LINE_MAX && tb_utf8_valid(line));
        *ret_last = line;
        count++;
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t memory[TB_LINK_LINE_MAX];
    struct tb_link_line l;
    struct tb_span last = tb_span_of(NULL, 0);
    tb_link_line_init(&l, memory, sizeof memory);
    (void)feed(&l, tb_span_of(data, size), &last);
    (void)feed(&l, tb_span_str("\r"), &last);
    TB_ASSERT(feed(&l, tb_span_str("5901234123457\r"), &last) == 1 && tb_span_is(last, "5901234123457"));
    return 0;
}
