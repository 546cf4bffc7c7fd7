/* Any stream, cut anywhere: every picture that comes out of it has the size that it says. */
#include "agent/qrcam/pgm.h"
#include "core/base/assert.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t memory[PGM_SIZE_MAX];
    struct pgm pgm;
    pgm_init(&pgm, memory);
    while (size > 0) {
        size_t part = data[0] % 64 + 1u;
        struct tb_span in = tb_span_of(data, part < size ? part : size);
        data += in.size;
        size -= in.size;
        while (in.size > 0) {
            enum pgm_step step = pgm_take(&pgm, &in);
            if (step == PGM_BROKEN)
                return 0;
            TB_ASSERT(step == PGM_MORE || (pgm.size == (size_t)pgm.width * pgm.height && pgm.size > 0));
            TB_ASSERT(pgm.size <= sizeof memory);
        }
    }
    return 0;
}
