#include "tests/bench/credential_token.h"

#include "core/base/text.h"
#include "core/credential/base45.h"
#include "core/credential/cbor.h"
#include "core/credential/cwt.h"
#include "core/credential/judge.h"
#include "tests/bench/bench.h"
#include "tests/support/seeded_rng.h"

#include <mbedtls/ecdsa.h>
#include <mbedtls/sha256.h>

#define WALL_MS INT64_C(1700000000000)
#define KEY_ID "2026-11"

/* A line, and what of it is signed with which signature: all that the bare verification is given. */
struct token {
    char line[TB_LINE_SIZE_MAX];
    size_t line_size;
    uint8_t signed_text[TB_JWS_SIZE_MAX];
    size_t signed_size;
    struct tb_signature signature;
};

static struct token jws, cwt;
static struct tb_keyring ring;
static struct tb_key key;

static void ring_fill(const struct tb_rng *rng)
{
    struct tb_ring_key entry = {.use = TB_RING_TOKEN, .version = 1, .id = KEY_ID, .size = TB_KEY_POINT_SIZE};
    bench_need_ok(tb_key_make(rng, &key), "key");
    memcpy(entry.bytes, key.public_key.point, TB_KEY_POINT_SIZE);
    ring.key_count = 0;
    bench_need_ok(tb_keyring_put(&ring, &entry), "key ring");
}

static void jws_make(const struct tb_rng *rng)
{
    static const char claims[] =
        "{\"aud\":\"till\",\"sub\":\"b1f6b7c2d0a94b0f8f6d3a5e7c9d1e20\",\"iat\":1700000000,"
        "\"exp\":1700000600,\"jti\":\"Vb6kq0s1TtqDnx0b\"}";
    struct tb_buf line = tb_buf_of(jws.line, sizeof jws.line);
    bench_need_ok(tb_jws_build(tb_span_str(KEY_ID), tb_span_str(claims), &key, rng, &line), "JWS");
    jws.line_size = line.size;
    struct tb_span rest = tb_buf_span(&line);
    (void)tb_span_cut(&rest, '.');
    (void)tb_span_cut(&rest, '.');
    struct tb_buf signature = tb_buf_of(jws.signature.bytes, sizeof jws.signature.bytes);
    bench_need_ok(tb_base64url_decode(rest, &signature), "signature");
    jws.signed_size = line.size - rest.size - 1;
    memcpy(jws.signed_text, jws.line, jws.signed_size);
}

static void cwt_make(const struct tb_rng *rng)
{
    uint8_t claims_memory[128];
    uint8_t cose_memory[TB_CWT_SIZE_MAX];
    struct tb_buf claims = tb_buf_of(claims_memory, sizeof claims_memory);
    struct tb_buf cose = tb_buf_of(cose_memory, sizeof cose_memory);
    tb_cbor_add(&claims, TB_CBOR_MAP, 4);
    tb_cbor_add(&claims, TB_CBOR_UINT, 2);
    tb_cbor_add_text(&claims, tb_span_str("b1f6b7c2d0a94b0f8f6d3a5e7c9d1e20"));
    tb_cbor_add(&claims, TB_CBOR_UINT, 3);
    tb_cbor_add_text(&claims, tb_span_str("till"));
    tb_cbor_add(&claims, TB_CBOR_UINT, 4);
    tb_cbor_add(&claims, TB_CBOR_UINT, 1700000100);
    tb_cbor_add(&claims, TB_CBOR_UINT, 6);
    tb_cbor_add(&claims, TB_CBOR_UINT, 1700000000);
    bench_need_ok(tb_cwt_build(tb_span_str(KEY_ID), tb_buf_span(&claims), &key, rng, &cose), "CWT");
    struct tb_buf line = tb_buf_of(cwt.line, sizeof cwt.line);
    tb_buf_add_str(&line, "TB1:");
    tb_base45_add(&line, tb_buf_span(&cose));
    cwt.line_size = line.size;
    memcpy(cwt.signature.bytes, cose.at + cose.size - TB_SIGNATURE_SIZE, TB_SIGNATURE_SIZE);

    /* {1: -7, 4: key id}, as tb_cwt_build() writes it */
    uint8_t header[32] = {0xa2, 0x01, 0x26, 0x04, 0x40 | (sizeof KEY_ID - 1)};
    memcpy(header + 5, KEY_ID, sizeof KEY_ID - 1);
    struct tb_buf text = tb_buf_of(cwt.signed_text, sizeof cwt.signed_text);
    tb_cbor_add(&text, TB_CBOR_ARRAY, 4);
    tb_cbor_add_text(&text, tb_span_str("Signature1"));
    tb_cbor_add_bytes(&text, tb_span_of(header, 5 + sizeof KEY_ID - 1));
    tb_cbor_add_bytes(&text, tb_span_of(NULL, 0));
    tb_cbor_add_bytes(&text, tb_buf_span(&claims));
    cwt.signed_size = text.size;
}

void token_begin(void)
{
    static struct seeded_rng random = {1};
    const struct tb_rng rng = seeded_rng_of(&random);
    ring_fill(&rng);
    jws_make(&rng);
    cwt_make(&rng);
}

static void ours(const struct token *token, enum tb_reason reason)
{
    const struct tb_judge judge = {.rules = tb_code_rules_default(), .keys = &ring, .wall_ms = WALL_MS};
    struct tb_judgement j;
    tb_judge_line(&judge, tb_span_of(token->line, token->line_size), &j);
    bench_need(j.verdict == TB_JUDGED_CREDENTIAL && j.reason == reason, "token");
}

void token_jws_ours(void)
{
    ours(&jws, TB_REASON_TOKEN_JWS);
}

void token_cwt_ours(void)
{
    ours(&cwt, TB_REASON_TOKEN_CWT);
}

static void bare(const struct token *token)
{
    uint8_t digest[32];
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi r, s;
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&point);
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    int code = mbedtls_sha256(token->signed_text, token->signed_size, digest, 0);
    code |= mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1);
    code |= mbedtls_ecp_point_read_binary(&group, &point, key.public_key.point, TB_KEY_POINT_SIZE);
    code |= mbedtls_mpi_read_binary(&r, token->signature.bytes, TB_SIGNATURE_SIZE / 2);
    code |=
        mbedtls_mpi_read_binary(&s, token->signature.bytes + TB_SIGNATURE_SIZE / 2, TB_SIGNATURE_SIZE / 2);
    code |= mbedtls_ecdsa_verify(&group, digest, sizeof digest, &point, &r, &s);
    mbedtls_mpi_free(&s);
    mbedtls_mpi_free(&r);
    mbedtls_ecp_point_free(&point);
    mbedtls_ecp_group_free(&group);
    bench_need(code == 0, "bare verification");
}

void token_jws_bare(void)
{
    bare(&jws);
}

void token_cwt_bare(void)
{
    bare(&cwt);
}
