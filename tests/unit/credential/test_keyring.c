#include "core/credential/keyring.h"

#include "tests/support/unit.h"

#include <stdio.h>

static struct tb_keyring ring;

static struct tb_ring_key key_of(enum tb_ring_use use, const char *id, uint32_t version)
{
    struct tb_ring_key key = {.use = use, .version = version, .size = 1};
    (void)snprintf(key.id, sizeof key.id, "%s", id);
    key.bytes[0] = (uint8_t)version;
    return key;
}

static void put(enum tb_ring_use use, const char *id, uint32_t version)
{
    const struct tb_ring_key key = key_of(use, id, version);
    assert_int_equal(tb_keyring_put(&ring, &key), TB_OK);
}

static uint32_t version_at(enum tb_ring_use use, const char *id, int64_t wall_ms, size_t index)
{
    const struct tb_ring_key *key = tb_keyring_find(&ring, use, tb_span_str(id), wall_ms, index);
    return key ? key->version : 0;
}

static int empty(void **state)
{
    (void)state;
    memset(&ring, 0, sizeof ring);
    return 0;
}

static void newest_version_comes_first(void **state)
{
    (void)state;
    put(TB_RING_TOKEN, "a", 2);
    put(TB_RING_TOKEN, "a", 3);
    put(TB_RING_TOKEN, "a", 1);
    put(TB_RING_TOKEN, "b", 9);
    put(TB_RING_VAS, "a", 7);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(version_at(TB_RING_TOKEN, "a", 0, i), 3 - i);
    assert_int_equal(version_at(TB_RING_TOKEN, "", 0, 0), 9);
    assert_int_equal(version_at(TB_RING_VAS, "", 0, 0), 7);
    assert_int_equal(version_at(TB_RING_VAS, "b", 0, 0), 0);
}

static void key_is_found_only_within_its_time(void **state)
{
    (void)state;
    struct tb_ring_key key = key_of(TB_RING_TOKEN, "a", 1);
    key.not_before_ms = 100;
    key.not_after_ms = 200;
    assert_int_equal(tb_keyring_put(&ring, &key), TB_OK);
    assert_int_equal(version_at(TB_RING_TOKEN, "a", 99, 0), 0);
    assert_int_equal(version_at(TB_RING_TOKEN, "a", 100, 0), 1);
    assert_int_equal(version_at(TB_RING_TOKEN, "a", 199, 0), 1);
    assert_int_equal(version_at(TB_RING_TOKEN, "a", 200, 0), 0);
}

static void key_takes_the_place_of_its_own_version(void **state)
{
    (void)state;
    put(TB_RING_TOTP, "x", 1);
    struct tb_ring_key key = key_of(TB_RING_TOTP, "x", 1);
    key.bytes[0] = 77;
    assert_int_equal(tb_keyring_put(&ring, &key), TB_OK);
    assert_int_equal(ring.key_count, 1);
    assert_int_equal(ring.keys[0].bytes[0], 77);
}

static void full_ring_takes_only_what_it_has(void **state)
{
    (void)state;
    for (uint32_t i = 1; i <= TB_RING_KEY_COUNT_MAX; i++)
        put(TB_RING_TOKEN, "a", i);
    struct tb_ring_key key = key_of(TB_RING_TOKEN, "a", TB_RING_KEY_COUNT_MAX + 1);
    assert_int_equal(tb_keyring_put(&ring, &key), TB_ERR_FULL);
    put(TB_RING_TOKEN, "a", 5);
    assert_int_equal(tb_keyring_drop(&ring, TB_RING_TOKEN, tb_span_str("a"), 5), TB_OK);
    assert_int_equal(tb_keyring_drop(&ring, TB_RING_TOKEN, tb_span_str("a"), 5), TB_ERR_NOT_FOUND);
    assert_int_equal(tb_keyring_put(&ring, &key), TB_OK);
    assert_int_equal(version_at(TB_RING_TOKEN, "a", 0, 0), TB_RING_KEY_COUNT_MAX + 1);
}

static void nothing_is_left_of_a_key_that_was_dropped(void **state)
{
    (void)state;
    static const struct tb_keyring none;
    put(TB_RING_DESFIRE, "x", 1);
    put(TB_RING_DESFIRE, "x", 2);
    assert_int_equal(tb_keyring_drop(&ring, TB_RING_DESFIRE, tb_span_str("x"), 2), TB_OK);
    assert_int_equal(tb_keyring_drop(&ring, TB_RING_DESFIRE, tb_span_str("x"), 1), TB_OK);
    assert_memory_equal(&ring, &none, sizeof ring);
}

static void names_lead_back(void **state)
{
    (void)state;
    for (unsigned use = 0; use < TB_RING_USE_COUNT; use++) {
        enum tb_ring_use found = TB_RING_USE_COUNT;
        const char *name = tb_ring_use_name((enum tb_ring_use)use);
        assert_int_equal(tb_ring_use_decode(tb_span_str(name), &found), TB_OK);
        assert_int_equal(found, use);
    }
    enum tb_ring_use found;
    assert_int_equal(tb_ring_use_decode(tb_span_str("sun"), &found), TB_ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(newest_version_comes_first, empty),
        cmocka_unit_test_setup(key_is_found_only_within_its_time, empty),
        cmocka_unit_test_setup(key_takes_the_place_of_its_own_version, empty),
        cmocka_unit_test_setup(full_ring_takes_only_what_it_has, empty),
        cmocka_unit_test_setup(nothing_is_left_of_a_key_that_was_dropped, empty),
        cmocka_unit_test(names_lead_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
