/*
 * A phone that answers anything to Smart Tap: every tap ends within its bound, asks only what it may, says
 * why, and leaves no secret behind.
 *
 * Input: a byte (1: the directory allows to skip SELECT, 2: two keys, 4: the customer is asked for), then
 * answers: one length byte (0xff: no answer, 0xfe: a length of two bytes follows) and bytes. With 0xfd a
 * length of two bytes follows, and the bytes are a flag and objects that the phone encrypts and tells as it
 * should in this session.
 */
#include "core/base/assert.h"
#include "core/credential/smart_tap.h"
#include "core/crypto/aes.h"
#include "core/crypto/hash.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/seeded_rng.h"

enum { IV_SIZE = 12, ANSWER_MAX = TB_NDEF_SIZE_MAX };

static void key_put(struct tb_keyring *ring, uint32_t version)
{
    struct tb_ring_key key = {.use = TB_RING_SMART_TAP, .version = version, .id = "20180608", .size = 32};
    memset(key.bytes, (int)version, key.size);
    TB_ASSERT(tb_keyring_put(ring, &key) == TB_OK);
}

static void put_record(struct tb_buf *to, uint8_t place, const char *type, size_t size)
{
    tb_buf_add_u8(to, place | 4); /* external type, long form */
    tb_buf_add_u8(to, (uint8_t)strlen(type));
    tb_buf_add_u32be(to, (uint32_t)size);
    tb_buf_add_str(to, type);
}

/* The objects as a phone of this session encrypts them. Too long: nothing. */
static struct tb_span encrypted(const struct tb_smart_tap *m, struct tb_span in, uint8_t *room)
{
    uint8_t cipher[ANSWER_MAX];
    const uint8_t counter[TB_AES_BLOCK_SIZE] = {0};
    struct tb_span objects = tb_span_sub(in, 1, sizeof cipher);
    tb_aes128_ctr(m->session_key, counter, objects, cipher);
    const struct tb_span parts[] = {tb_span_of(counter, IV_SIZE), tb_span_of(cipher, objects.size)};
    struct tb_digest mac = tb_hmac_sha256_parts(tb_span_of(m->session_key + 16, 32), parts, 2);
    size_t body_size = 1 + IV_SIZE + objects.size + TB_SHA256_SIZE;
    struct tb_buf b = tb_buf_of(room, ANSWER_MAX);
    put_record(&b, 0xc0, "srs", 9 + 10 + 9 + body_size);
    put_record(&b, 0x80, "ses", 10);
    tb_buf_add(&b, tb_span_of(m->session.id, sizeof m->session.id));
    tb_buf_add_u16be(&b, 0x0401);
    put_record(&b, 0x40, "reb", body_size);
    tb_buf_add_u8(&b, in.size ? in.at[0] : 0);
    tb_buf_add(&b, parts[0]);
    tb_buf_add(&b, parts[1]);
    tb_buf_add(&b, tb_digest_span(&mac));
    tb_buf_add_u16be(&b, 0x9000);
    return b.err == TB_OK ? tb_buf_span(&b) : tb_span_of(NULL, 0);
}

static void command_check(const struct tb_applet_io *io)
{
    TB_ASSERT(io->command_size >= 5 && io->command_size <= sizeof io->command && io->timeout_ms);
    bool select = io->command[0] == 0x00 && io->command[1] == 0xa4 && io->command[2] == 0x04;
    bool smart_tap = io->command[0] == 0x90 &&
                     (io->command[1] == 0x53 || io->command[1] == 0x50 || io->command[1] == 0xc0);
    TB_ASSERT(select || smart_tap);
}

static enum tb_applet_step step_take(struct tb_smart_tap *m, struct tb_reader *in)
{
    uint8_t room[ANSWER_MAX];
    uint8_t length = tb_read_u8(in);
    size_t size = length >= 0xfd && length != 0xff ? tb_read_u16be(in) : length;
    if (length == 0xff || in->err != TB_OK)
        return tb_smart_tap_lost(m);
    struct tb_span answer = tb_read_bytes(in, size);
    if (length == 0xfd)
        answer = encrypted(m, answer, room);
    return tb_smart_tap_answer(m, answer);
}

static void end_check(const struct tb_smart_tap *m, enum tb_applet_step step)
{
    static const uint8_t none[sizeof m->ephemeral + sizeof m->session_key];
    const struct tb_judgement *j = &m->judgement;
    TB_ASSERT(memcmp(&m->ephemeral, none, sizeof m->ephemeral) == 0);
    TB_ASSERT(memcmp(m->session_key, none, sizeof m->session_key) == 0);
    TB_ASSERT((step == TB_APPLET_DONE) == (j->verdict == TB_JUDGED_CREDENTIAL));
    TB_ASSERT((step == TB_APPLET_DONE) == (j->credential.kind == TB_CREDENTIAL_SMART_TAP));
    TB_ASSERT(step != TB_APPLET_DONE || (j->credential.value_size && j->assurance == TB_ASSURANCE_MEDIUM));
    TB_ASSERT(step != TB_APPLET_FAILED || j->reason != TB_REASON_NONE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tb_smart_tap m;
    struct tb_reader in = tb_reader_of(tb_span_of(data, size));
    uint8_t options = tb_read_u8(&in);
    struct tb_keyring ring = {.key_count = 0};
    struct seeded_rng random = {1};
    struct tb_rng rng = seeded_rng_of(&random);
    key_put(&ring, 1);
    if (options & 2)
        key_put(&ring, 2);
    struct tb_ose ose = {.wallet = TB_OSE_GOOGLE,
                         .google = {.listed = true, .version_max = 1, .has_nonce = (options & 1) != 0}};
    ose.google.capabilities = TB_OSE_GOOGLE_MAY_SKIP_SELECT;
    const struct tb_smart_tap_how how = {.keys = &ring, .rng = &rng, .ask_customer = (options & 4) != 0};
    unsigned command_count = 0;
    enum tb_applet_step step = tb_smart_tap_start(&m, &how, &ose);
    while (step == TB_APPLET_NEXT) {
        command_check(&m.io);
        TB_ASSERT(++command_count <= TB_SMART_TAP_COMMAND_COUNT_MAX);
        step = step_take(&m, &in);
    }
    end_check(&m, step);
    return 0;
}
