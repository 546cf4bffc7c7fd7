/* A customer's record as it lies in a sealed row; reached only behind a seal, and checked all the same. */
#include "agent/cache/record.h"
#include "core/base/assert.h"
#include "tests/fuzz/fuzz.h"

static uint8_t room[TB_RECORD_SIZE_MAX];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_record record;
    if (tb_record_unpack(tb_span_of(data, size), &record) != TB_OK)
        return 0;
    struct tb_buf packed = tb_buf_of(room, sizeof room);
    tb_record_pack(&record, &packed);
    TB_ASSERT(packed.err == TB_OK && tb_span_equal(tb_buf_span(&packed), tb_span_of(data, size)));
    return 0;
}
