/* The stored form of a paired POS: what decodes is written again byte for byte. */
#include "agent/cache/pos_clients.h"
#include "core/base/assert.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_pos_client client;
    uint8_t bytes[TB_POS_CLIENT_STORED_MAX];
    struct tb_buf again = tb_buf_of(bytes, sizeof bytes);
    struct tb_span stored = tb_span_of(data, size);
    if (tb_pos_client_decode(stored, &client) != TB_OK) {
        TB_ASSERT(client.name[0] == '\0' && client.grants == 0);
        return 0;
    }
    tb_pos_client_encode(&client, &again);
    TB_ASSERT(again.err == TB_OK && tb_span_equal(tb_buf_span(&again), stored));
    return 0;
}
