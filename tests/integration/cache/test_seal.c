#include "tests/integration/cache/cache_test.h"

#include <fcntl.h>
#include <sys/stat.h>

static void key_write(size_t size, mode_t mode)
{
    static const uint8_t bytes[64] = {7};
    int fd = open(place.path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), size);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
}

static void test_the_key_is_made_once_and_private(void **state)
{
    (void)state;
    struct tb_sealer made;
    struct tb_sealer loaded;
    assert_int_equal(tb_sealer_load(place.path, &place.rng, &made), TB_OK);
    struct stat st;
    assert_int_equal(stat(place.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, TB_AEAD_KEY_SIZE);
    assert_int_equal(tb_sealer_load(place.path, &place.rng, &loaded), TB_OK);
    assert_memory_equal(&made.device_key, &loaded.device_key, sizeof made.device_key);
    assert_memory_equal(&made.proof_key, &loaded.proof_key, sizeof made.proof_key);
    assert_memory_not_equal(&made.device_key, &made.proof_key, sizeof made.device_key);
    tb_sealer_wipe(&made);
    tb_sealer_wipe(&loaded);
    static const struct tb_aead_key zero;
    assert_memory_equal(&loaded.device_key, &zero, sizeof zero);
    assert_memory_equal(&loaded.proof_key, &zero, sizeof zero);
}

static void test_bad_keys_are_refused(void **state)
{
    (void)state;
    struct tb_sealer sealer;
    key_write(TB_AEAD_KEY_SIZE - 1, 0600);
    assert_int_equal(tb_sealer_load(place.path, &place.rng, &sealer), TB_ERR_CORRUPT);
    key_write(TB_AEAD_KEY_SIZE + 1, 0600);
    assert_int_equal(tb_sealer_load(place.path, &place.rng, &sealer), TB_ERR_CORRUPT);
    key_write(0, 0600);
    assert_int_equal(tb_sealer_load(place.path, &place.rng, &sealer), TB_ERR_CORRUPT);
    key_write(TB_AEAD_KEY_SIZE, 0644);
    assert_int_equal(tb_sealer_load(place.path, &place.rng, &sealer), TB_ERR_DENIED);
}

static void test_a_piece_opens_only_where_it_belongs(void **state)
{
    (void)state;
    uint8_t sealed_room[128];
    uint8_t plain_room[64];
    uint8_t wrapped[TB_SEAL_WRAPPED_SIZE];
    struct tb_buf sealed = tb_buf_of(sealed_room, sizeof sealed_room);
    struct tb_buf plain = tb_buf_of(plain_room, sizeof plain_room);
    struct tb_span text = tb_span_str("gold");
    assert_int_equal(tb_seal_row(&place.sealer, tb_span_str("row 1"), text, wrapped, &sealed), TB_OK);
    struct tb_span key = tb_span_of(wrapped, sizeof wrapped);
    assert_int_equal(tb_unseal_row(&place.sealer, tb_span_str("row 2"), key, tb_buf_span(&sealed), &plain),
                     TB_ERR_SEAL);
    assert_int_equal(tb_unseal_row(&place.sealer, tb_span_str("row 1"), tb_span_sub(key, 1, SIZE_MAX),
                                   tb_buf_span(&sealed), &plain),
                     TB_ERR_SEAL);
    assert_int_equal(tb_unseal_row(&place.sealer, tb_span_str("row 1"), key, tb_buf_span(&sealed), &plain),
                     TB_OK);
    assert_true(tb_span_is(tb_buf_span(&plain), "gold"));
    /* The row's own key is what opens it: with another row's key it does not. */
    uint8_t other[TB_SEAL_WRAPPED_SIZE];
    struct tb_buf unused = tb_buf_of((uint8_t[64]){0}, 64);
    assert_int_equal(tb_seal_row(&place.sealer, tb_span_str("row 1"), text, other, &unused), TB_OK);
    assert_int_equal(tb_unseal_row(&place.sealer, tb_span_str("row 1"), tb_span_of(other, sizeof other),
                                   tb_buf_span(&sealed), &plain),
                     TB_ERR_SEAL);
}

static void test_proofs(void **state)
{
    (void)state;
    struct tb_seal_proof a = tb_seal_proof(&place.sealer, tb_span_str("a"));
    struct tb_seal_proof again = tb_seal_proof(&place.sealer, tb_span_str("a"));
    struct tb_seal_proof b = tb_seal_proof(&place.sealer, tb_span_str("b"));
    assert_memory_equal(&a, &again, sizeof a);
    assert_memory_not_equal(&a, &b, sizeof a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_key_is_made_once_and_private, place_set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(test_bad_keys_are_refused, place_set_up, place_tear_down),
        cmocka_unit_test_setup_teardown(test_a_piece_opens_only_where_it_belongs, place_set_up,
                                        place_tear_down),
        cmocka_unit_test_setup_teardown(test_proofs, place_set_up, place_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
