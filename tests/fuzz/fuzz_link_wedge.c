/*
 * Any events from a keyboard of any layout: whatever it did, a code that is typed after its events were
 * dropped comes through, through the line splitter as in readerd. An event is five bytes: type, code, code,
 * value, time.
 */
#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/link/line.h"
#include "core/link/wedge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { EVENT_SIZE = 5, SYN = 0, KEY = 1, REPORT = 0, DROPPED = 3, ENTER = 28, KEYPAD_7 = 71, KEYPAD_9 = 73 };

struct path {
    struct tb_link_wedge wedge;
    struct tb_link_line line;
    uint8_t memory[TB_LINK_LINE_MAX];
    uint8_t last[TB_LINK_LINE_MAX];
    size_t last_size;
    unsigned count;
};

static void path_line(struct path *p, struct tb_span text)
{
    TB_ASSERT(text.size > 0 && tb_utf8_valid(text));
    memcpy(p->last, text.at, text.size);
    p->last_size = text.size;
    p->count++;
}

static void path_event(struct path *p, uint8_t type, unsigned code, int32_t value, int64_t now_ms)
{
    uint8_t bytes[TB_LINK_WEDGE_BYTES_MAX];
    struct tb_span text = tb_span_of(NULL, 0);
    enum tb_link_reason reason;
    if (tb_link_line_idle(&p->line, now_ms, &text, &reason) == TB_LINK_LINE_DONE)
        path_line(p, text);
    struct tb_span in = tb_span_of(bytes, tb_link_wedge_take(&p->wedge, type, (uint16_t)code, value, bytes));
    while (in.size > 0)
        if (tb_link_line_take(&p->line, &in, now_ms, &text, &reason) == TB_LINK_LINE_DONE)
            path_line(p, text);
}

static void path_key(struct path *p, unsigned code, int64_t now_ms)
{
    path_event(p, KEY, code, 1, now_ms);
    path_event(p, KEY, code, 0, now_ms);
}

static void path_drive(struct path *p, const uint8_t *data, size_t size)
{
    int64_t now_ms = 0;
    for (; size >= EVENT_SIZE; data += EVENT_SIZE, size -= EVENT_SIZE) {
        now_ms += data[4];
        path_event(p, data[0], (unsigned)data[1] << 8 | data[2], (int8_t)data[3], now_ms);
    }
    path_event(p, SYN, DROPPED, 0, now_ms);
    path_event(p, SYN, REPORT, 0, now_ms);
    path_key(p, ENTER, now_ms);
    p->count = 0;
    for (unsigned code = KEYPAD_7; code <= KEYPAD_9; code++)
        path_key(p, code, now_ms);
    path_key(p, ENTER, now_ms);
    TB_ASSERT(p->count == 1 && tb_span_is(tb_span_of(p->last, p->last_size), "789"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const layouts[] = {"us", "de", "fr"};
    static struct path p;
    for (size_t i = 0; i < TB_ARRAY_SIZE(layouts); i++) {
        tb_link_wedge_init(&p.wedge, tb_link_layout_find(tb_span_str(layouts[i])));
        tb_link_line_init(&p.line, p.memory, sizeof p.memory);
        path_drive(&p, data, size);
    }
    return 0;
}
