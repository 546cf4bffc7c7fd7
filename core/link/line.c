#include "core/link/line.h"

#include "core/base/text.h"

void tb_link_line_init(struct tb_link_line *l, void *memory, size_t size_max)
{
    *l = (struct tb_link_line){.at = memory, .size_max = size_max, .idle_ms = TB_LINK_LINE_IDLE_MS};
}

void tb_link_line_drop(struct tb_link_line *l)
{
    l->size = 0;
    l->overrun = false;
}

static bool line_begun(const struct tb_link_line *l)
{
    return l->size > 0 || l->overrun;
}

static bool byte_ends_line(uint8_t byte)
{
    return byte == '\r' || byte == '\n' || byte == '\t';
}

/* FS, GS, RS, US and EOT occur inside GS1 and ISO/IEC 15434 codes. */
static bool byte_fits_code(uint8_t byte)
{
    return byte >= 0x20 ? byte != 0x7f : byte >= 0x1c || byte == 0x04;
}

static bool text_fits_code(struct tb_span text)
{
    for (size_t i = 0; i < text.size; i++)
        if (!byte_fits_code(text.at[i]))
            return false;
    return tb_utf8_valid(text);
}

static enum tb_link_line_step line_end(struct tb_link_line *l, struct tb_span *ret_line,
                                       enum tb_link_reason *ret_reason)
{
    struct tb_span text = tb_span_of(l->at, l->size);
    bool overrun = l->overrun;
    bool begun = line_begun(l);
    tb_link_line_drop(l);
    if (!begun)
        return TB_LINK_LINE_MORE;
    if (overrun) {
        *ret_reason = TB_LINK_REASON_LINE_LONG;
        return TB_LINK_LINE_BROKEN;
    }
    if (!text_fits_code(text)) {
        *ret_reason = TB_LINK_REASON_LINE_TEXT;
        return TB_LINK_LINE_BROKEN;
    }
    *ret_line = text;
    return TB_LINK_LINE_DONE;
}

enum tb_link_line_step tb_link_line_take(struct tb_link_line *l, struct tb_span *in, int64_t now_ms,
                                         struct tb_span *ret_line, enum tb_link_reason *ret_reason)
{
    while (in->size > 0) {
        uint8_t byte = in->at[0];
        *in = tb_span_sub(*in, 1, SIZE_MAX);
        l->last_ms = now_ms;
        if (byte_ends_line(byte)) {
            enum tb_link_line_step step = line_end(l, ret_line, ret_reason);
            if (step != TB_LINK_LINE_MORE)
                return step;
        } else if (l->size == l->size_max) {
            l->overrun = true;
        } else {
            l->at[l->size++] = byte;
        }
    }
    return TB_LINK_LINE_MORE;
}

int64_t tb_link_line_deadline_ms(const struct tb_link_line *l)
{
    return line_begun(l) ? l->last_ms + l->idle_ms : INT64_MAX;
}

enum tb_link_line_step tb_link_line_idle(struct tb_link_line *l, int64_t now_ms, struct tb_span *ret_line,
                                         enum tb_link_reason *ret_reason)
{
    if (now_ms < tb_link_line_deadline_ms(l))
        return TB_LINK_LINE_MORE;
    return line_end(l, ret_line, ret_reason);
}
