/*
 * What judging a credential costs a terminal, beside the bare primitives of mbedTLS that it cannot do
 * without: a whole Smart Tap session, the phone's answers given; a scanned line with a signed token. The two
 * alternate, and what counts is the median of their ratios.
 *
 *     bench_credential
 */
#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/credential/smart_tap.h"
#include "tests/bench/bench.h"
#include "tests/bench/credential_token.h"
#include "tests/support/hex.h"
#include "tests/support/scripted_rng.h"
#include "tests/support/wallet_vectors.h"

#include <mbedtls/aes.h>
#include <mbedtls/ecdh.h>
#include <mbedtls/ecdsa.h>
#include <mbedtls/hkdf.h>
#include <mbedtls/md.h>
#include <mbedtls/sha256.h>

enum { ROUNDS = 200, WARM_UP = 10 };

static int random_fill(void *random, unsigned char *ret_bytes, size_t size)
{
    seeded_rng_fill(random, ret_bytes, size);
    return 0;
}

/* --- Smart Tap */

static struct hex_bytes collector_key, terminal_random, ose_answer, negotiate_answer, data_answer;

static void smart_tap_begin(void)
{
    collector_key = hex(COLLECTOR_KEY);
    terminal_random = hex(TERMINAL_RANDOM);
    ose_answer = hex(OSE_ANSWER);
    negotiate_answer = hex(NEGOTIATE_ANSWER);
    data_answer = hex(BUNDLE_FIRST BUNDLE_REST "9000");
}

static void smart_tap_ours(void)
{
    static struct tb_smart_tap m;
    struct tb_ring_key key = {.use = TB_RING_SMART_TAP, .version = 1, .id = COLLECTOR, .size = 32};
    struct tb_keyring ring = {.key_count = 0};
    struct scripted_rng random = {.script = tb_span_of(terminal_random.at, terminal_random.size)};
    struct tb_rng rng = scripted_rng_of(&random);
    struct tb_ose ose;
    const struct tb_smart_tap_how how = {.keys = &ring, .rng = &rng};
    memcpy(key.bytes, collector_key.at, key.size);
    bench_need_ok(tb_keyring_put(&ring, &key), "key ring");
    bench_need_ok(tb_ose_read(tb_span_of(ose_answer.at, ose_answer.size), &ose), "directory");
    enum tb_applet_step step = tb_smart_tap_start(&m, &how, &ose);
    bench_need(step == TB_APPLET_NEXT, "start");
    step = tb_smart_tap_answer(&m, tb_span_of(negotiate_answer.at, negotiate_answer.size));
    bench_need(step == TB_APPLET_NEXT, "negotiate");
    step = tb_smart_tap_answer(&m, tb_span_of(data_answer.at, data_answer.size));
    bench_need(step == TB_APPLET_DONE, "pass");
}

struct curve {
    mbedtls_ecp_group group;
    mbedtls_ecp_point point, phone;
    mbedtls_mpi own, collector, r, s, shared;
};

static void curve_begin(struct curve *c)
{
    mbedtls_ecp_group_init(&c->group);
    mbedtls_ecp_point_init(&c->point);
    mbedtls_ecp_point_init(&c->phone);
    mbedtls_mpi_init(&c->own);
    mbedtls_mpi_init(&c->collector);
    mbedtls_mpi_init(&c->r);
    mbedtls_mpi_init(&c->s);
    mbedtls_mpi_init(&c->shared);
    bench_need(mbedtls_ecp_group_load(&c->group, MBEDTLS_ECP_DP_SECP256R1) == 0, "group");
}

static void curve_end(struct curve *c)
{
    mbedtls_mpi_free(&c->shared);
    mbedtls_mpi_free(&c->s);
    mbedtls_mpi_free(&c->r);
    mbedtls_mpi_free(&c->collector);
    mbedtls_mpi_free(&c->own);
    mbedtls_ecp_point_free(&c->phone);
    mbedtls_ecp_point_free(&c->point);
    mbedtls_ecp_group_free(&c->group);
}

/* A key of its own, a signature with the collector's, and the point and secret that the phone's key gives. */
static void curve_work(struct curve *c, struct seeded_rng *random, uint8_t ret_shared[32])
{
    uint8_t digest[32];
    const uint8_t *phone = negotiate_answer.at + negotiate_answer.size - 2 - 33;
    int code = mbedtls_ecp_gen_keypair(&c->group, &c->own, &c->point, random_fill, random);
    code |= mbedtls_sha256(terminal_random.at, 101, digest, 0);
    code |= mbedtls_mpi_read_binary(&c->collector, collector_key.at, 32);
    code |= mbedtls_ecdsa_sign_det_ext(&c->group, &c->r, &c->s, &c->collector, digest, sizeof digest,
                                       MBEDTLS_MD_SHA256, random_fill, random);
    code |= mbedtls_ecp_point_read_binary(&c->group, &c->phone, phone, 33);
    code |= mbedtls_ecp_check_pubkey(&c->group, &c->phone);
    code |= mbedtls_ecdh_compute_shared(&c->group, &c->shared, &c->phone, &c->own, random_fill, random);
    code |= mbedtls_mpi_write_binary(&c->shared, ret_shared, 32);
    bench_need(code == 0, "curve");
}

static void smart_tap_bare(void)
{
    struct curve c;
    struct seeded_rng random = {1};
    uint8_t shared[32];
    uint8_t keys[48];
    uint8_t mac[32];
    uint8_t counter[16] = {0};
    uint8_t stream[16];
    uint8_t plain[256];
    size_t used = 0;
    const uint8_t *body = data_answer.at + 29;
    const size_t size = data_answer.size - 2 - 29 - 32;
    const mbedtls_md_info_t *sha256 = mbedtls_md_info_from_type(MBEDTLS_MD_SHA256);
    curve_begin(&c);
    curve_work(&c, &random, shared);
    curve_end(&c);
    mbedtls_aes_context aes;
    mbedtls_aes_init(&aes);
    int code = mbedtls_hkdf(sha256, negotiate_answer.at, 33, shared, sizeof shared, data_answer.at, 173, keys,
                            sizeof keys);
    code |= mbedtls_md_hmac(sha256, keys + 16, 32, body, size, mac);
    code |= mbedtls_aes_setkey_enc(&aes, keys, 128);
    code |= mbedtls_aes_crypt_ctr(&aes, size - 12, &used, counter, stream, body + 12, plain);
    mbedtls_aes_free(&aes);
    bench_need(code == 0, "bare");
}

/* --- */

static const struct subject {
    const char *name;
    void (*begin)(void);
    void (*ours)(void);
    void (*bare)(void); /* the primitives that ours needs, and nothing else */
    double limit;       /* of the ratio */
} subjects[] = {
    {"a Smart Tap session", smart_tap_begin, smart_tap_ours, smart_tap_bare, 1.2},
    {"a signed token, JWS", token_begin, token_jws_ours, token_jws_bare, 1.2},
    {"a signed token, CWT in base45", token_begin, token_cwt_ours, token_cwt_bare, 1.2},
};

static double timed_us(void (*run)(void))
{
    double began_us = bench_now_us();
    run();
    return bench_now_us() - began_us;
}

static void measure(const struct subject *s)
{
    double ratios[ROUNDS], ours_us[ROUNDS], bare_us[ROUNDS];
    s->begin();
    for (size_t i = 0; i < WARM_UP; i++) {
        s->ours();
        s->bare();
    }
    for (size_t i = 0; i < ROUNDS; i++) {
        ours_us[i] = timed_us(s->ours);
        bare_us[i] = timed_us(s->bare);
        ratios[i] = ours_us[i] / bare_us[i];
    }
    printf("%s: %.0f us, bare %.0f us\n", s->name, bench_percentile(ours_us, ROUNDS, 0.5),
           bench_percentile(bare_us, ROUNDS, 0.5));
    bench_limit("ratio to the bare primitives", bench_percentile(ratios, ROUNDS, 0.5), s->limit, "");
}

int main(void)
{
    bench_pin(0);
    for (size_t i = 0; i < TB_ARRAY_SIZE(subjects); i++)
        measure(&subjects[i]);
    return EXIT_SUCCESS;
}
