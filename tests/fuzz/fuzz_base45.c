/* Base45: what is decoded is encoded to the same text, and any bytes come back. */
#include "core/base/assert.h"
#include "core/credential/base45.h"
#include "tests/fuzz/fuzz.h"

enum { SIZE_MAX_BYTES = 2048 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t bytes_memory[2 * SIZE_MAX_BYTES];
    static uint8_t text_memory[2 * SIZE_MAX_BYTES];
    struct tb_buf bytes = tb_buf_of(bytes_memory, sizeof bytes_memory);
    struct tb_buf text = tb_buf_of(text_memory, sizeof text_memory);
    struct tb_span input = tb_span_of(data, size < SIZE_MAX_BYTES ? size : SIZE_MAX_BYTES);
    if (tb_base45_decode(input, &bytes) == TB_OK) {
        tb_base45_add(&text, tb_buf_span(&bytes));
        TB_ASSERT(tb_span_equal(tb_buf_span(&text), input));
    }
    tb_buf_reset(&bytes);
    tb_buf_reset(&text);
    tb_base45_add(&text, input);
    TB_ASSERT(tb_base45_decode(tb_buf_span(&text), &bytes) == TB_OK);
    TB_ASSERT(tb_span_equal(tb_buf_span(&bytes), input));
    return 0;
}
