/*
 * Recordings: whatever stands in one, it is told and played within bounds, the report is JSON, and the
 * verdict is that of the end that was reached. Input: the text of a recording, for a terminal with a key of
 * each use.
 */
#include "agent/cli/inspect_apdu.h"
#include "core/base/assert.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/hex.h"
#include "tests/support/seeded_rng.h"
#include "tests/support/wallet_vectors.h"

#define CHAIN_POINT                                                    \
    "04"                                                               \
    "991498cc2f7f1ca5fd7f1d2ee033dc0aed84745da9b5ebb6ba7d85430bebf996" \
    "4a48ccf94fa5f206b0550e62aad49e4a0ec26dcb562201c4dd8bec6d11d39f44"

enum { REPORT_SIZE_MAX = 512 * 1024 };

static void key_put(struct tb_keyring *ring, enum tb_ring_use use, const char *id, const char *key_hex)
{
    struct hex_bytes bytes = hex(key_hex);
    struct tb_ring_key key = {
        .use = use, .version = 1, .size = (uint8_t)bytes.size, .application = {0x30, 0x42, 0xf5}};
    enum tb_err err = tb_span_to_str(tb_span_str(id), key.id, sizeof key.id);
    memcpy(key.bytes, bytes.at, bytes.size);
    if (err == TB_OK)
        err = tb_keyring_put(ring, &key);
    TB_ASSERT(err == TB_OK);
}

static void keys_put(struct tb_keyring *ring)
{
    key_put(ring, TB_RING_TOKEN, "chain", CHAIN_POINT);
    key_put(ring, TB_RING_DESFIRE, "cards", "00112233445566778899aabbccddeeff");
    key_put(ring, TB_RING_SUN_META, "tags", "0a0b0c0d0e0f00010203040506070809");
    key_put(ring, TB_RING_SUN_FILE, "tags", "f0e0d0c0b0a090807060504030201000");
    key_put(ring, TB_RING_SMART_TAP, COLLECTOR, COLLECTOR_KEY);
    key_put(ring, TB_RING_VAS, PASS_TYPE, PASS_KEY);
}

static void play_check(const struct tb_recording *recording, const struct tb_apdu_play *play)
{
    static const struct tb_card_session nothing;
    bool judged = play->end == TB_APDU_JUDGED || play->end == TB_APDU_READ;
    size_t followed_count = 0;
    for (size_t i = 0; i < TB_RECORDING_EXCHANGE_MAX; i++)
        followed_count += play->followed[i];
    TB_ASSERT(followed_count <= recording->exchange_count);
    TB_ASSERT(judged == (play->judgement.reason != TB_REASON_NONE));
    TB_ASSERT(judged || play->judgement.credential.kind == TB_CREDENTIAL_NONE);
    TB_ASSERT(!judged || followed_count > 0);
    TB_ASSERT(memcmp(&play->session, &nothing, sizeof nothing) == 0);
}

static void report_check(const struct tb_recording *recording, const struct tb_judge *judge,
                         const struct tb_apdu_play *play, bool json)
{
    static uint8_t memory[REPORT_SIZE_MAX];
    static _Alignas(max_align_t) uint8_t arena_memory[TB_JSON_ARENA_SIZE(REPORT_SIZE_MAX)];
    struct tb_buf out = tb_buf_of(memory, sizeof memory);
    struct tb_arena arena = tb_arena_of(arena_memory, sizeof arena_memory);
    struct tb_inspect_report r = {.out = &out, .json = json, .w = tb_json_writer_of(&out)};
    struct tb_json report;
    enum tb_cli_exit exit_code = tb_apdu_report(&r, recording, judge, play);
    TB_ASSERT(out.err == TB_OK);
    TB_ASSERT((exit_code == TB_CLI_OK) <= (play->end == TB_APDU_JUDGED || play->end == TB_APDU_READ));
    if (json)
        TB_ASSERT(tb_json_parse(tb_buf_span(&out), REPORT_SIZE_MAX, &arena, &report) == TB_OK);
    tb_arena_release(&arena, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tb_recording recording;
    static struct tb_apdu_play play;
    struct tb_keyring ring = {.key_count = 0};
    struct seeded_rng random = {1};
    const struct tb_rng rng = seeded_rng_of(&random);
    unsigned line;
    if (tb_recording_parse(tb_span_of(data, size), &recording, &line) != TB_OK)
        return 0;
    keys_put(&ring);
    const struct tb_judge judge = {
        .rules = tb_code_rules_default(), .keys = &ring, .wall_ms = recording.wall_ms};
    tb_apdu_play(&recording, &judge, &rng, &play);
    play_check(&recording, &play);
    report_check(&recording, &judge, &play, false);
    report_check(&recording, &judge, &play, true);
    return 0;
}
