/*
 * A DESFire card that answers anything: the machine ends within its bound, sends only commands that a
 * terminal would carry for the context store, and believes nobody who does not know the key.
 *
 * Input: one byte of choices (1: the key is the one that the corpus was recorded with, 2: diversified, 4: the
 * UID is random, 8: a second key that is with the store), then answers: one length byte (0xff: none) and
 * bytes.
 */
#include "core/base/assert.h"
#include "core/credential/desfire.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/seeded_rng.h"

static void ring_fill(struct tb_keyring *ring, uint8_t choices)
{
    const struct tb_ring_key store = {.use = TB_RING_DESFIRE, .application = {1, 2, 3}, .id = "store"};
    struct tb_ring_key own = {.use = TB_RING_DESFIRE, .size = 16, .version = 1, .id = "own"};
    own.diversified = (choices & 2) != 0;
    if (!(choices & 1))
        memset(own.bytes, 0xa7, 16); /* nobody has recorded anything with it */
    *ring = (struct tb_keyring){.key_count = 0};
    enum tb_err err = tb_keyring_put(ring, &own);
    if (err == TB_OK && choices & 8)
        err = tb_keyring_put(ring, &store);
    TB_ASSERT(err == TB_OK);
}

static void ending_check(const struct tb_desfire *m, enum tb_applet_step step, uint8_t choices)
{
    const struct tb_judgement *j = &m->judgement;
    bool high = j->assurance == TB_ASSURANCE_HIGH;
    TB_ASSERT(!high || (choices & 1));
    TB_ASSERT(high == (j->reason == TB_REASON_CARD_DESFIRE));
    TB_ASSERT((j->verdict == TB_JUDGED_CREDENTIAL) == (j->credential.kind == TB_CREDENTIAL_DESFIRE));
    TB_ASSERT((step == TB_APPLET_DONE || step == TB_APPLET_FAILED) == (j->reason != TB_REASON_NONE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t uid[] = {0x04, 0x78, 0x2e, 0x21, 0x80, 0x1d, 0x80};
    static const uint8_t random_uid[] = {0x08, 1, 2, 3};
    struct seeded_rng seeded = {.state = 424};
    const struct tb_rng rng = seeded_rng_of(&seeded);
    struct tb_reader in = tb_reader_of(tb_span_of(data, size));
    uint8_t choices = tb_read_u8(&in);
    struct tb_keyring ring;
    struct tb_desfire m;
    struct tb_desfire_relay relay;
    ring_fill(&ring, choices);
    const struct tb_desfire_input input = {
        .keys = &ring,
        .rng = &rng,
        .uid = choices & 4 ? tb_span_of(random_uid, sizeof random_uid) : tb_span_of(uid, sizeof uid),
    };
    tb_desfire_relay_start(&relay);
    enum tb_applet_step step = tb_desfire_start(&m, &input);
    while (step == TB_APPLET_NEXT) {
        struct tb_span command = tb_span_of(m.io.command, m.io.command_size);
        TB_ASSERT(m.io.timeout_ms > 0);
        TB_ASSERT(tb_desfire_relay_command(&relay, command) == TB_APPLET_NEXT);
        uint8_t length = tb_read_u8(&in);
        struct tb_span answer = tb_read_bytes(&in, length);
        step = length == 0xff || in.err != TB_OK ? tb_desfire_lost(&m) : tb_desfire_answer(&m, answer);
    }
    ending_check(&m, step, choices);
    return 0;
}
