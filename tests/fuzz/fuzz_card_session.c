/*
 * A card that answers anything to whatever it is asked, with all applications wanted: every session ends
 * within its bound, a judgement says why, what is lost is lost, and nothing of the machines is left behind.
 *
 * Input: answers, each one length byte (0xff: no answer, 0xfe: the directory of a wallet follows by itself)
 * and bytes.
 */
#include "core/base/assert.h"
#include "core/credential/card_session.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/seeded_rng.h"

enum { LOST = 0xff, PLAIN = 0xfe };

static void keys_put(struct tb_keyring *ring)
{
    for (unsigned use = 0; use < TB_RING_USE_COUNT; use++) {
        struct tb_ring_key key = {.use = (enum tb_ring_use)use,
                                  .version = 1,
                                  .id = "20180608",
                                  .size = 32,
                                  .application = {0x30, 0x42, 0xf5}};
        if (use == TB_RING_DESFIRE)
            key.size = 16;
        memset(key.bytes, 1, key.size);
        TB_ASSERT(tb_keyring_put(ring, &key) == TB_OK);
    }
}

static enum tb_card_step answer_take(struct tb_card_session *s, struct tb_reader *in)
{
    uint8_t size = tb_read_u8(in);
    if (size == LOST || in->err != TB_OK)
        return tb_card_session_lost(s);
    if (size == PLAIN)
        return tb_card_session_answer(s, tb_span_of("\x90\x00", 2));
    struct tb_span answer = tb_span_sub(in->rest, 0, size);
    (void)tb_read_bytes(in, answer.size);
    return tb_card_session_answer(s, answer);
}

static void end_check(const struct tb_card_session *s, enum tb_card_step step)
{
    static const union tb_card_machine nothing;
    TB_ASSERT(memcmp(&s->machine, &nothing, sizeof nothing) == 0);
    if (step != TB_CARD_JUDGED)
        return;
    TB_ASSERT(s->judgement.reason != TB_REASON_NONE);
    if (s->judgement.verdict == TB_JUDGED_CREDENTIAL)
        TB_ASSERT(s->judgement.assurance != TB_ASSURANCE_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tb_card_session s;
    struct tb_keyring ring = {.key_count = 0};
    struct seeded_rng seeded = {.state = 5};
    const struct tb_rng rng = seeded_rng_of(&seeded);
    struct tb_reader in = tb_reader_of(tb_span_of(data, size));
    keys_put(&ring);
    const struct tb_card_how how = {.keys = &ring,
                                    .rng = &rng,
                                    .wall_ms = INT64_C(1790000000000),
                                    .clock_trusted = true,
                                    .uid = tb_span_of("\x04\x78\x2e\x21\x80\x1d\x80", 7),
                                    .audience = "till",
                                    .terminal = tb_span_str("till-1")};
    unsigned count = 0;
    enum tb_card_step step = tb_card_session_start(&s, &how, tb_card_applets());
    for (; step == TB_CARD_NEXT; count++) {
        TB_ASSERT(s.machine.io.command_size >= 5 && s.machine.io.timeout_ms > 0);
        step = answer_take(&s, &in);
    }
    TB_ASSERT(count > 0 && count <= TB_CARD_EXCHANGE_MAX);
    end_check(&s, step);
    tb_card_session_wipe(&s);
    return 0;
}
