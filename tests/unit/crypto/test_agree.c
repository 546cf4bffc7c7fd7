/*
 * Agreement on a secret at its edges: points whose coordinates are small, large or zero, and bytes that are
 * no point. Expected values were computed with an implementation of the curve in whole numbers.
 */
#include "core/crypto/key.h"
#include "tests/support/hex.h"
#include "tests/support/seeded_rng.h"
#include "tests/support/unit.h"

#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define PRIME "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
#define ORDER "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"

static struct seeded_rng seed;

static struct tb_key key_of(const char *scalar)
{
    struct tb_rng rng = seeded_rng_of(&seed);
    struct hex_bytes bytes = hex(scalar);
    struct tb_key key;
    assert_int_equal(tb_key_of_scalar(tb_span_of(bytes.at, bytes.size), &rng, &key), TB_OK);
    return key;
}

static enum tb_err point_of(const char *text, struct tb_public_key *ret_key)
{
    struct hex_bytes bytes = hex(text);
    return tb_public_key_of_point(tb_span_of(bytes.at, bytes.size), ret_key);
}

static void points_at_the_edge(void **state)
{
    (void)state;
    static const struct {
        const char *point;
        const char *shared; /* with ONES */
    } cases[] = {
        /* x = 0, in every form that a point has */
        {"02"
         "0000000000000000000000000000000000000000000000000000000000000000",
         "b391c56e557033a676e22e23aef7f8662502d530f92683878fa8ad649ab917be"},
        {"03"
         "0000000000000000000000000000000000000000000000000000000000000000",
         "b391c56e557033a676e22e23aef7f8662502d530f92683878fa8ad649ab917be"},
        {"04"
         "0000000000000000000000000000000000000000000000000000000000000000"
         "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4",
         "b391c56e557033a676e22e23aef7f8662502d530f92683878fa8ad649ab917be"},
        /* the largest x that a point has */
        {"03"
         "ffffffff00000001000000000000000000000000fffffffffffffffffffffffc",
         "76c3eaf7970509b1be8af5dc4144fc6faecec4f8394fd1bfb74b9e1c83ddd931"},
        /* secrets that begin with zeros, or are nothing else */
        {"04"
         "9bb790657b9d79c7dcca9450b5dc6edd37fee2ba093ecd116edc45cde92131f7"
         "253b5615f33c0a7ad82abc8053c9e998a2c2c25d61279ec0eebaeabebeb876b9",
         "0000000000000000000000000000000000000000000000000000000000000000"},
        {"04"
         "94be28422c730a7a018933e8eda7e32053cdc6c171de11becdf80163d4b70868"
         "a8af71d70a1c62945db72dc1ea1bcc3530eef7a04cee89ca5d71e8e8695a5570",
         "0000000000000000000000000000000000000000000000000000000000000005"},
        {"04"
         "c5e295e1b1a98d912c7f42844b4a04132b00d9a275320848a5690c22dcc761c8"
         "611d74e18e44ac25b2b31dac0aaad75393aa73a1437584eeed3cdeb8f00918e2",
         "0000000000000000000000000000000000000000000000000000000000000100"},
    };
    struct tb_rng rng = seeded_rng_of(&seed);
    struct tb_key own = key_of(ONES);
    for (size_t i = 0; i < TB_ARRAY_SIZE(cases); i++) {
        struct tb_public_key peer;
        uint8_t shared[TB_KEY_SHARED_SIZE];
        assert_int_equal(point_of(cases[i].point, &peer), TB_OK);
        assert_int_equal(tb_key_agree(&own, &peer, &rng, shared), TB_OK);
        assert_memory_equal(shared, hex(cases[i].shared).at, sizeof shared);
    }
}

static void bytes_that_are_no_point(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "00", /* infinity */
        "0000000000000000000000000000000000000000000000000000000000000000"
        "00",
        "04"
        "0000000000000000000000000000000000000000000000000000000000000000"
        "0000000000000000000000000000000000000000000000000000000000000000",
        /* x without a square root, x = p, x = p + 5 where 5 has one, the largest number */
        "02"
        "0000000000000000000000000000000000000000000000000000000000000001",
        "03"
        "0000000000000000000000000000000000000000000000000000000000000001",
        "02" PRIME,
        "03"
        "ffffffff00000001000000000000000000000001000000000000000000000004",
        "02"
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        /* y of another curve; y + p; the hybrid forms of X9.62; no form at all */
        "04"
        "94be28422c730a7a018933e8eda7e32053cdc6c171de11becdf80163d4b70868"
        "a8af71d70a1c62945db72dc1ea1bcc3530eef7a04cee89ca5d71e8e8695a5571",
        "04"
        "0000000000000000000000000000000000000000000000000000000000000000" PRIME,
        "06"
        "0000000000000000000000000000000000000000000000000000000000000000"
        "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4",
        "07"
        "0000000000000000000000000000000000000000000000000000000000000000"
        "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4",
        "05"
        "0000000000000000000000000000000000000000000000000000000000000000",
        /* a byte too few, and too many */
        "02"
        "00000000000000000000000000000000000000000000000000000000000000",
        "02"
        "000000000000000000000000000000000000000000000000000000000000000000",
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(cases); i++) {
        struct tb_public_key peer;
        assert_int_equal(point_of(cases[i], &peer), TB_ERR_RANGE);
    }
}

/* What is handed in as a key may come from memory that nobody checked. */
static void keys_that_are_none(void **state)
{
    (void)state;
    struct tb_rng rng = seeded_rng_of(&seed);
    struct tb_key own = key_of(ONES);
    struct tb_public_key peer = own.public_key;
    uint8_t shared[TB_KEY_SHARED_SIZE];
    assert_int_equal(tb_key_agree(&own, &peer, &rng, shared), TB_OK);
    peer.point[64] ^= 1;
    assert_int_equal(tb_key_agree(&own, &peer, &rng, shared), TB_ERR_RANGE);
    memset(peer.point + 1, 0, sizeof peer.point - 1);
    assert_int_equal(tb_key_agree(&own, &peer, &rng, shared), TB_ERR_RANGE);
    peer.point[0] = 0;
    assert_int_equal(tb_key_agree(&own, &peer, &rng, shared), TB_ERR_RANGE);

    peer = own.public_key;
    memcpy(own.scalar, hex(ORDER).at, sizeof own.scalar);
    assert_int_equal(tb_key_agree(&own, &peer, &rng, shared), TB_ERR_RANGE);
    memset(own.scalar, 0, sizeof own.scalar);
    assert_int_equal(tb_key_agree(&own, &peer, &rng, shared), TB_ERR_RANGE);
}

/* The least and the greatest scalar give the peer's own x: the point and its mirror image. */
static void scalars_at_the_edge(void **state)
{
    (void)state;
    static const char *const scalars[] = {
        "0000000000000000000000000000000000000000000000000000000000000001",
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550",
    };
    struct tb_rng rng = seeded_rng_of(&seed);
    struct tb_public_key peer = key_of(ONES).public_key;
    for (size_t i = 0; i < TB_ARRAY_SIZE(scalars); i++) {
        struct tb_key own = key_of(scalars[i]);
        uint8_t shared[TB_KEY_SHARED_SIZE];
        assert_int_equal(tb_key_agree(&own, &peer, &rng, shared), TB_OK);
        assert_memory_equal(shared, peer.point + 1, sizeof shared);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_at_the_edge),
        cmocka_unit_test(bytes_that_are_no_point),
        cmocka_unit_test(keys_that_are_none),
        cmocka_unit_test(scalars_at_the_edge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
