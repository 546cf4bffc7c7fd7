/* What a program under test may send to tillbridge-conformance: an HTTP answer, events, frames of a
 * websocket. */
#include "agent/conformance/wire.h"
#include "core/base/assert.h"
#include "tests/fuzz/fuzz.h"

static bool lies_in(struct tb_span part, struct tb_span whole)
{
    return part.size == 0 || (part.at >= whole.at && part.at + part.size <= whole.at + whole.size);
}

static void frames_check(struct tb_span bytes)
{
    struct tb_wire_frame frame;
    while (bytes.size > 0 && tb_wire_frame_parse(bytes, &frame) == TB_OK) {
        TB_ASSERT(frame.size > 0 && frame.size <= bytes.size && lies_in(frame.payload, bytes));
        bytes = tb_span_sub(bytes, frame.size, bytes.size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_span bytes = tb_span_of(data, size);
    struct tb_wire_answer answer;
    if (tb_wire_answer_parse(bytes, &answer) == TB_OK) {
        TB_ASSERT(answer.status >= 100 && answer.status <= 999);
        TB_ASSERT(lies_in(answer.head, bytes) && lies_in(answer.body, bytes));
        TB_ASSERT(lies_in(tb_wire_header(&answer, "content-type"), bytes));
        for (struct tb_span rest = answer.body, event = tb_wire_event_cut(&rest); event.size > 0;
             event = tb_wire_event_cut(&rest))
            TB_ASSERT(lies_in(event, bytes));
    }
    frames_check(bytes);
    return 0;
}
