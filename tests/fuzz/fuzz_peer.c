/* Lines of the kernel's tables of TCP sockets: what is said to be the other end has a user of its own. */
#include "agent/counter/peer.h"
#include "core/base/assert.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct tb_peer peer = {
        .address = 0x7f000001, .own_address = 0x7f000001, .port = 0xB4BD, .own_port = 7315};
    uint32_t user = TB_PEER_UNKNOWN;
    bool found = tb_peer_line(tb_span_of(data, size), &peer, &user);
    TB_ASSERT(found == (user != TB_PEER_UNKNOWN));
    return 0;
}
