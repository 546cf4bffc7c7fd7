/* Any bytes as the context store's address: refused, or parts that make up an address again. */
#include "agent/uplink/address.h"
#include "core/base/assert.h"
#include "core/base/buf.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_address a, again;
    char text[512];
    if (tb_address_read(tb_span_of(data, size), &a))
        return 0;
    struct tb_buf b = tb_buf_of(text, sizeof text);
    tb_buf_add_str(&b, "wss://");
    tb_buf_add_str(&b, a.name);
    tb_buf_add_u8(&b, ':');
    tb_buf_add_decimal(&b, a.port);
    tb_buf_add_str(&b, a.path);
    TB_ASSERT(!b.err);
    enum tb_err err = tb_address_read(tb_buf_span(&b), &again);
    TB_ASSERT(!err);
    TB_ASSERT(memcmp(&a, &again, sizeof a) == 0);
    return 0;
}
