/*
 * Inputs at the edges of P-256, in the manner of Project Wycheproof. The vectors were computed with integer
 * arithmetic written for them, which knows nothing of the library. The message is "tillbridge".
 *
 * Decided: of two signatures (r, s) and (r, n - s) both count, as FIPS 186-5 and RFC 7518 have it; who must
 * know a token again does so by its id.
 */
#include "core/base/assert.h"
#include "core/crypto/key.h"
#include "tests/support/hex.h"
#include "tests/support/seeded_rng.h"
#include "tests/support/unit.h"

#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
#define ONE "0000000000000000000000000000000000000000000000000000000000000001"
#define N_LESS_1 "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550"
#define N "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"
#define N_MORE_1 "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632552"
#define P "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"
#define TOP "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

/* The private key is 32 bytes of 33. */
#define KEY_X "51a7580833898ea1b183cbd7350a4099078c6ef1c1e18e970cd7683035f25e7d"
#define KEY_Y "0110522712b0b5a7cff081685486984a94e6831edac46e7360fa9d834a7a81a1"
#define KEY_R "0dcc7648c78a3118f2612866fe83ef19f40304f623399e1211a10f2b3d1c05cf"
#define KEY_S "1217682f9cdc36adbc95144b6bd28bab647609488d4f85682d6a10d838369426"
#define KEY_S_HIGH "ede897cf6323c953436aebb4942d74545870f16519c8191cc64fb9eac42c912b"

/* Not through tb_public_key_of_point(): a key may come from memory that nobody checked. */
static enum tb_err verify(const char *x, const char *y, const char *r, const char *s)
{
    struct tb_public_key key = {.point = {4}};
    struct tb_signature signature;
    assert_int_equal(tb_hex_decode(tb_span_str(x), key.point + 1, 32), TB_OK);
    assert_int_equal(tb_hex_decode(tb_span_str(y), key.point + 33, 32), TB_OK);
    assert_int_equal(tb_hex_decode(tb_span_str(r), signature.bytes, 32), TB_OK);
    assert_int_equal(tb_hex_decode(tb_span_str(s), signature.bytes + 32, 32), TB_OK);
    return tb_public_key_verify(&key, tb_span_str("tillbridge"), &signature);
}

static void good_signatures_at_the_edges_verify(void **state)
{
    (void)state;
    static const struct {
        const char *x, *y, *r, *s;
    } cases[] = {
        {KEY_X, KEY_Y, KEY_R, KEY_S},
        {KEY_X, KEY_Y, KEY_R, KEY_S_HIGH},
        /* r is the X coordinate n + 3 of a point, reduced to 3 */
        {"cd6c8b74f2f4d6049fc633bed79190c7734e1207829af2d6fa9392b4d23c3f86",
         "be654e97c279b03447fb4a6ed1a3d68c846acf88a7c00714810357b0a10d92b5",
         "0000000000000000000000000000000000000000000000000000000000000003",
         "0000000000000000000000000000000000000000000000000000000000000007"},
        /* both points that are added are the same: the sum is a doubling */
        {"b1320096d03c2a4702dc9fe98b8ef560effede66226ec227e43901fe969f6a33",
         "4f4f79665db81439d95dcc865cc3f30e08d722ec66f59b26dbef7a518e4a3a93",
         "a62f048f367359809c2d46c2049d7d7bf268c3c073c472753cb18a24a8ad20b1",
         "fa3b779376219afd19c66b4caf7c1ffa01a158805f58a4095fd7ac964d72b6af"},
        /* s is 1, and n - 1 */
        {"b649d92e6c0bab103798060d3cbf1e8f49688840571b6c3313b8c961ae6f7a0c",
         "db381226fc56cdd88430f7e5c7e955ecf323786180872f68b6dcba783e15c889",
         "a85b3aad6f3a346d85523141cb434e1caf4c642b2b3cc952cb07a635cb6a1df1", ONE},
        {"b649d92e6c0bab103798060d3cbf1e8f49688840571b6c3313b8c961ae6f7a0c",
         "db381226fc56cdd88430f7e5c7e955ecf323786180872f68b6dcba783e15c889",
         "a85b3aad6f3a346d85523141cb434e1caf4c642b2b3cc952cb07a635cb6a1df1", N_LESS_1},
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(cases); i++)
        assert_int_equal(verify(cases[i].x, cases[i].y, cases[i].r, cases[i].s), TB_OK);
}

/* Every pair of edge values, and each beside a half that is right. */
static void numbers_out_of_range_never_verify(void **state)
{
    (void)state;
    static const char *const edges[] = {ZERO, ONE, N_LESS_1, N, N_MORE_1, P, TOP};
    for (size_t i = 0; i < TB_ARRAY_SIZE(edges); i++) {
        assert_int_equal(verify(KEY_X, KEY_Y, edges[i], KEY_S), TB_ERR_SIGNATURE);
        assert_int_equal(verify(KEY_X, KEY_Y, KEY_R, edges[i]), TB_ERR_SIGNATURE);
        for (size_t k = 0; k < TB_ARRAY_SIZE(edges); k++)
            assert_int_equal(verify(KEY_X, KEY_Y, edges[i], edges[k]), TB_ERR_SIGNATURE);
    }
}

static void sums_that_go_wrong_never_verify(void **state)
{
    (void)state;
    /* The sum is the point at infinity, which has no X coordinate. */
    assert_int_equal(verify(KEY_X, KEY_Y, "2728135038de98f0f00f7c22345284ba4caba83bde27ca657ef9e19c61ec0125",
                            "0000000000000000000000000000000000000000000000000000000000000005"),
                     TB_ERR_SIGNATURE);
    /* r is the X coordinate n + 3 as it is. */
    assert_int_equal(verify("cd6c8b74f2f4d6049fc633bed79190c7734e1207829af2d6fa9392b4d23c3f86",
                            "be654e97c279b03447fb4a6ed1a3d68c846acf88a7c00714810357b0a10d92b5",
                            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632554",
                            "0000000000000000000000000000000000000000000000000000000000000007"),
                     TB_ERR_SIGNATURE);
}

/* Keys that are none: 04 and two coordinates. */
static const struct {
    const char *x, *y;
} no_points[] = {
    {ZERO, ZERO},
    {KEY_X, KEY_X},
    {KEY_X, "0110522712b0b5a7cff081685486984a94e6831edac46e7360fa9d834a7a81a0"},
    {KEY_Y, KEY_X},
    {TOP, TOP},
    {ZERO, ONE},
    /* p and a Y that fits X = 0: on the curve only when it is reduced, which it must not be */
    {P, "66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4"},
};

static void keys_that_are_no_points_verify_and_agree_to_nothing(void **state)
{
    (void)state;
    struct seeded_rng seed = {1};
    const struct tb_rng rng = seeded_rng_of(&seed);
    struct tb_key key;
    assert_int_equal(tb_key_make(&rng, &key), TB_OK);
    for (size_t i = 0; i < TB_ARRAY_SIZE(no_points); i++) {
        struct tb_public_key peer = {.point = {4}};
        struct tb_public_key read;
        uint8_t shared[TB_KEY_SHARED_SIZE];
        assert_int_equal(verify(no_points[i].x, no_points[i].y, KEY_R, KEY_S), TB_ERR_SIGNATURE);
        assert_int_equal(tb_hex_decode(tb_span_str(no_points[i].x), peer.point + 1, 32), TB_OK);
        assert_int_equal(tb_hex_decode(tb_span_str(no_points[i].y), peer.point + 33, 32), TB_OK);
        assert_int_equal(tb_key_agree(&key, &peer, &rng, shared), TB_ERR_RANGE);
        assert_int_equal(tb_public_key_of_point(tb_span_of(peer.point, sizeof peer.point), &read),
                         TB_ERR_RANGE);
    }
}

static void encodings_that_are_no_points_are_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "00",       /* infinity */
        "00" KEY_X, /* infinity, padded */
        "00" KEY_X KEY_Y,
        "02",
        "02" KEY_X "00",
        "04" KEY_X, /* half of it */
        "05" KEY_X,
        "06" KEY_X KEY_Y, /* hybrid forms of X9.62 */
        "07" KEY_X KEY_Y,
        "03" KEY_X KEY_Y,
        "02" P, /* not reduced */
        "03" TOP,
        "020000000000000000000000000000000000000000000000000000000000000007", /* 7 is on no point's X */
        "030000000000000000000000000000000000000000000000000000000000000007",
    };
    for (size_t i = 0; i < TB_ARRAY_SIZE(texts); i++) {
        struct tb_public_key key;
        assert_int_equal(tb_public_key_of_point(HEX_SPAN(texts[i]), &key), TB_ERR_RANGE);
    }
}

static void a_compressed_point_has_the_y_that_its_first_byte_says(void **state)
{
    (void)state;
    struct tb_public_key odd;
    struct tb_public_key even;
    assert_int_equal(tb_public_key_of_point(HEX_SPAN("03" KEY_X), &odd), TB_OK);
    assert_int_equal(tb_public_key_of_point(HEX_SPAN("02" KEY_X), &even), TB_OK);
    assert_memory_equal(odd.point, HEX_SPAN("04" KEY_X KEY_Y).at, TB_KEY_POINT_SIZE);
    assert_memory_equal(even.point, odd.point, 33);
    assert_memory_not_equal(even.point + 33, odd.point + 33, 32);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_signatures_at_the_edges_verify),
        cmocka_unit_test(numbers_out_of_range_never_verify),
        cmocka_unit_test(sums_that_go_wrong_never_verify),
        cmocka_unit_test(keys_that_are_no_points_verify_and_agree_to_nothing),
        cmocka_unit_test(encodings_that_are_no_points_are_refused),
        cmocka_unit_test(a_compressed_point_has_the_y_that_its_first_byte_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
