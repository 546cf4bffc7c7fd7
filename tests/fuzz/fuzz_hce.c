/*
 * A phone that answers anything: the machine ends within its bound, sends only its three commands, and takes
 * a pass from nobody but the phone of the example in docs/protocol.md.
 *
 * Input: one byte of choices (1: the chain's key is the example's), then answers: one length byte (0xff:
 * none) and bytes.
 */
#include "core/base/assert.h"
#include "core/credential/hce.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/hex.h"

static void fill_counting(void *context, uint8_t *ret_bytes, size_t size)
{
    (void)context;
    for (size_t i = 0; i < size; i++)
        ret_bytes[i] = (uint8_t)i;
}

static void ring_fill(struct tb_keyring *ring, bool example)
{
    /* The other one is the generator of P-256: its private key is 1, with which nothing here was signed. */
    const char *point = example ? "04991498c2ef7f1ca5fd7f1d2ee033dc0aed84745da9b5ebb60a7d854307ebf996"
                                  "4a48ccf94fa5f206b0550e62aad49e4a0ec26dcb562201c4dd8bec6d11d39f44"
                                : "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
                                  "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
    struct tb_ring_key key = {.use = TB_RING_TOKEN, .version = 1, .id = "chain-2026", .size = 65};
    memcpy(key.bytes, hex(point).at, 65);
    *ring = (struct tb_keyring){.key_count = 0};
    enum tb_err err = tb_keyring_put(ring, &key);
    TB_ASSERT(err == TB_OK);
}

static void command_check(const struct tb_hce *m)
{
    const uint8_t *c = m->io.command;
    bool select = m->io.command_size == 14 && c[0] == 0x00 && c[1] == 0xa4;
    bool prove = m->io.command_size == 54 && c[0] == 0x80 && c[1] == 0x10;
    bool more = m->io.command_size == 5 && c[0] == 0x80 && c[1] == 0xc0;
    TB_ASSERT(m->io.timeout_ms > 0 && m->exchange_count <= TB_HCE_EXCHANGE_MAX);
    TB_ASSERT(select == (m->exchange_count == 1) && prove == (m->exchange_count == 2));
    TB_ASSERT(select || prove || more);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_reader in = tb_reader_of(tb_span_of(data, size));
    bool example = (tb_read_u8(&in) & 1) != 0;
    const struct tb_rng rng = {.fill = fill_counting};
    struct tb_keyring ring;
    struct tb_hce m;
    ring_fill(&ring, example);
    const struct tb_hce_input input = {
        .keys = &ring,
        .wall_ms = INT64_C(1800000000000),
        .rng = &rng,
        .audience = "pass.market.example",
        .terminal = tb_span_str("till-0421-4"),
    };
    enum tb_applet_step step = tb_hce_start(&m, &input);
    while (step == TB_APPLET_NEXT) {
        command_check(&m);
        uint8_t length = tb_read_u8(&in);
        struct tb_span answer = tb_read_bytes(&in, length);
        step = length == 0xff || in.err != TB_OK ? tb_hce_lost(&m) : tb_hce_answer(&m, answer);
    }
    bool pass = m.judgement.credential.kind == TB_CREDENTIAL_PASS;
    TB_ASSERT(pass == (step == TB_APPLET_DONE) && (!pass || example));
    TB_ASSERT((step == TB_APPLET_FAILED || pass) == (m.judgement.reason != TB_REASON_NONE));
    return 0;
}
