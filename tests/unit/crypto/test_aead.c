#include "core/crypto/aead.h"
#include "tests/support/hex.h"
#include "tests/support/seeded_rng.h"
#include "tests/support/unit.h"

/* McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16. */
static void test_open_known_answer(void **state)
{
    (void)state;
    struct hex_bytes key = hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
    struct hex_bytes nonce = hex("cafebabefacedbaddecaf888");
    struct hex_bytes associated = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    struct hex_bytes sealed = hex("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
                                  "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
                                  "76fc6ece0f4e1768cddf8853bb2d551b");
    struct hex_bytes plain = hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                                 "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
    const struct tb_aead_foreign how = {
        .key = tb_span_of(key.at, key.size),
        .nonce = tb_span_of(nonce.at, nonce.size),
        .associated = tb_span_of(associated.at, associated.size),
    };
    uint8_t room[128];
    struct tb_buf opened = tb_buf_of(room, sizeof room);
    assert_int_equal(tb_aead_open_foreign(&how, tb_span_of(sealed.at, sealed.size), &opened), TB_OK);
    assert_true(tb_span_equal(tb_buf_span(&opened), tb_span_of(plain.at, plain.size)));

    /* The sealed form is nonce ‖ ciphertext ‖ tag of the same algorithm. */
    struct tb_aead_key aead_key;
    memcpy(aead_key.bytes, key.at, sizeof aead_key.bytes);
    uint8_t whole[160];
    struct tb_buf pieces = tb_buf_of(whole, sizeof whole);
    tb_buf_add(&pieces, how.nonce);
    tb_buf_add(&pieces, tb_span_of(sealed.at, sealed.size));
    tb_buf_reset(&opened);
    assert_int_equal(tb_aead_open(&aead_key, how.associated, tb_buf_span(&pieces), &opened), TB_OK);
    assert_true(tb_span_equal(tb_buf_span(&opened), tb_span_of(plain.at, plain.size)));
}

/* A published Apple VAS demo pass: 16 zero bytes as nonce. */
static void test_open_with_a_nonce_of_16_bytes(void **state)
{
    (void)state;
    static const uint8_t zero[16];
    struct hex_bytes key = hex("c5a7023fe339ea5a39f0b3fba2defdacd37b639e96028daf6dbd362c32b291bf");
    struct tb_aead_foreign how = {.key = tb_span_of(key.at, key.size),
                                  .nonce = tb_span_of(zero, sizeof zero)};
    uint8_t room[64];
    struct tb_buf opened = tb_buf_of(room, sizeof room);
    struct tb_span sealed = HEX_SPAN("692e89db99e4746d872de782395640c536e79a75c47a9343da0af3937f06"
                                     "eeca7a865c4ad05a2c543ad2");
    assert_int_equal(tb_aead_open_foreign(&how, sealed, &opened), TB_OK);
    assert_true(tb_span_is(tb_span_sub(tb_buf_span(&opened), 4, SIZE_MAX), "6d1UlFpnOc50iVKRaboDOK"));
    how.key.size = 24;
    assert_int_equal(tb_aead_open_foreign(&how, sealed, &opened), TB_ERR_RANGE);
    how.key.size = 32;
    how.nonce.size = 0;
    assert_int_equal(tb_aead_open_foreign(&how, sealed, &opened), TB_ERR_RANGE);
}

static struct tb_buf seal(struct seeded_rng *seed, uint8_t *room, size_t room_size, struct tb_span plain)
{
    struct tb_rng rng = seeded_rng_of(seed);
    struct tb_aead_key key = tb_aead_key_random(&(struct tb_rng){seeded_rng_fill, &(struct seeded_rng){7}});
    struct tb_buf sealed = tb_buf_of(room, room_size);
    (void)!tb_aead_seal(&key, &rng, tb_span_str("row 1"), plain, &sealed);
    return sealed;
}

static void test_every_flipped_bit_is_noticed(void **state)
{
    (void)state;
    struct seeded_rng seed = {1};
    uint8_t room[128];
    struct tb_buf sealed = seal(&seed, room, sizeof room, tb_span_str("gold, 1240 points"));
    assert_int_equal(sealed.size, 17 + TB_AEAD_OVERHEAD);
    struct tb_aead_key key = tb_aead_key_random(&(struct tb_rng){seeded_rng_fill, &(struct seeded_rng){7}});
    uint8_t out[64];
    struct tb_buf opened = tb_buf_of(out, sizeof out);
    assert_int_equal(tb_aead_open(&key, tb_span_str("row 1"), tb_buf_span(&sealed), &opened), TB_OK);
    assert_true(tb_span_is(tb_buf_span(&opened), "gold, 1240 points"));

    static const uint8_t zeros[sizeof out];
    for (size_t bit = 0; bit < 8 * sealed.size; bit++) {
        tb_buf_reset(&opened);
        memset(out, 0, sizeof out);
        room[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(tb_aead_open(&key, tb_span_str("row 1"), tb_buf_span(&sealed), &opened),
                         TB_ERR_SEAL);
        assert_int_equal(opened.size, 0);
        assert_memory_equal(out, zeros, sizeof out);
        room[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    assert_int_equal(tb_aead_open(&key, tb_span_str("row 2"), tb_buf_span(&sealed), &opened), TB_ERR_SEAL);
    key.bytes[31] ^= 1;
    assert_int_equal(tb_aead_open(&key, tb_span_str("row 1"), tb_buf_span(&sealed), &opened), TB_ERR_SEAL);
}

static void test_truncated_is_no_seal(void **state)
{
    (void)state;
    struct seeded_rng seed = {1};
    uint8_t room[64];
    struct tb_buf sealed = seal(&seed, room, sizeof room, tb_span_of(NULL, 0));
    assert_int_equal(sealed.size, TB_AEAD_OVERHEAD);
    struct tb_aead_key key = tb_aead_key_random(&(struct tb_rng){seeded_rng_fill, &(struct seeded_rng){7}});
    uint8_t out[64];
    struct tb_buf opened = tb_buf_of(out, sizeof out);
    assert_int_equal(tb_aead_open(&key, tb_span_str("row 1"), tb_buf_span(&sealed), &opened), TB_OK);
    assert_int_equal(opened.size, 0);
    for (size_t size = 0; size < sealed.size; size++)
        assert_int_equal(tb_aead_open(&key, tb_span_str("row 1"), tb_span_of(room, size), &opened),
                         TB_ERR_SEAL);
}

static void test_no_room_changes_nothing(void **state)
{
    (void)state;
    struct seeded_rng seed = {1};
    uint8_t room[64];
    struct tb_buf sealed = seal(&seed, room, TB_AEAD_OVERHEAD + 3, tb_span_str("four"));
    assert_int_equal(sealed.err, TB_ERR_TOO_LONG);
    assert_int_equal(sealed.size, 0);

    sealed = seal(&seed, room, sizeof room, tb_span_str("four"));
    struct tb_aead_key key = tb_aead_key_random(&(struct tb_rng){seeded_rng_fill, &(struct seeded_rng){7}});
    uint8_t out[3];
    struct tb_buf opened = tb_buf_of(out, sizeof out);
    assert_int_equal(tb_aead_open(&key, tb_span_str("row 1"), tb_buf_span(&sealed), &opened),
                     TB_ERR_TOO_LONG);
    assert_int_equal(opened.size, 0);
}

static void test_nonces_differ(void **state)
{
    (void)state;
    struct seeded_rng seed = {1};
    uint8_t first[64];
    uint8_t second[64];
    (void)seal(&seed, first, sizeof first, tb_span_str("same"));
    (void)seal(&seed, second, sizeof second, tb_span_str("same"));
    assert_memory_not_equal(first, second, TB_AEAD_NONCE_SIZE);
}

/* More pieces than nonces are drawn at once: none comes twice, and the one-piece functions open them all. */
static void test_a_cipher_seals_what_its_key_opens(void **state)
{
    (void)state;
    enum { PIECE_COUNT = 2 * TB_AEAD_CIPHER_NONCE_COUNT + 1 };
    struct seeded_rng seed = {3};
    struct tb_rng rng = seeded_rng_of(&seed);
    struct tb_aead_key key = tb_aead_key_random(&rng);
    struct tb_aead_cipher cipher;
    assert_int_equal(tb_aead_cipher_make(&key, &rng, &cipher), TB_OK);
    uint8_t rooms[PIECE_COUNT][64];
    for (size_t i = 0; i < PIECE_COUNT; i++) {
        uint8_t out[16];
        struct tb_buf sealed = tb_buf_of(rooms[i], sizeof rooms[i]);
        struct tb_buf opened = tb_buf_of(out, sizeof out);
        assert_int_equal(tb_aead_cipher_seal(&cipher, tb_span_str("row"), tb_span_str("gold"), &sealed),
                         TB_OK);
        assert_int_equal(tb_aead_open(&key, tb_span_str("row"), tb_buf_span(&sealed), &opened), TB_OK);
        assert_true(tb_span_is(tb_buf_span(&opened), "gold"));
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(rooms[i], rooms[j], TB_AEAD_NONCE_SIZE);
    }
    tb_aead_cipher_wipe(&cipher);
    static const struct tb_aead_cipher zero;
    assert_memory_equal(&cipher, &zero, sizeof zero);
}

static void test_a_cipher_opens_only_what_is_whole(void **state)
{
    (void)state;
    struct seeded_rng seed = {3};
    struct tb_rng rng = seeded_rng_of(&seed);
    struct tb_aead_key key = tb_aead_key_random(&rng);
    struct tb_aead_cipher cipher;
    assert_int_equal(tb_aead_cipher_make(&key, &rng, &cipher), TB_OK);
    uint8_t room[64];
    uint8_t out[16];
    struct tb_buf sealed = tb_buf_of(room, sizeof room);
    struct tb_buf opened = tb_buf_of(out, sizeof out);
    assert_int_equal(tb_aead_seal(&key, &rng, tb_span_str("row"), tb_span_str("gold"), &sealed), TB_OK);
    struct tb_span whole = tb_buf_span(&sealed);
    assert_int_equal(tb_aead_cipher_open(&cipher, tb_span_str("other"), whole, &opened), TB_ERR_SEAL);
    for (size_t bit = 0; bit < 8 * sealed.size; bit++) {
        room[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(tb_aead_cipher_open(&cipher, tb_span_str("row"), whole, &opened), TB_ERR_SEAL);
        room[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    for (size_t size = 0; size < sealed.size; size++)
        assert_int_equal(tb_aead_cipher_open(&cipher, tb_span_str("row"), tb_span_of(room, size), &opened),
                         TB_ERR_SEAL);
    assert_int_equal(opened.size, 0);
    assert_int_equal(tb_aead_cipher_open(&cipher, tb_span_str("row"), whole, &opened), TB_OK);
    assert_true(tb_span_is(tb_buf_span(&opened), "gold"));

    struct tb_buf little = tb_buf_of(out, 3);
    assert_int_equal(tb_aead_cipher_open(&cipher, tb_span_str("row"), whole, &little), TB_ERR_TOO_LONG);
    little = tb_buf_of(room, TB_AEAD_OVERHEAD + 3);
    assert_int_equal(tb_aead_cipher_seal(&cipher, tb_span_str("row"), tb_span_str("gold"), &little),
                     TB_ERR_TOO_LONG);
    assert_int_equal(little.size, 0);
    tb_aead_cipher_wipe(&cipher);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_known_answer),
        cmocka_unit_test(test_open_with_a_nonce_of_16_bytes),
        cmocka_unit_test(test_every_flipped_bit_is_noticed),
        cmocka_unit_test(test_truncated_is_no_seal),
        cmocka_unit_test(test_no_room_changes_nothing),
        cmocka_unit_test(test_nonces_differ),
        cmocka_unit_test(test_a_cipher_seals_what_its_key_opens),
        cmocka_unit_test(test_a_cipher_opens_only_what_is_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
