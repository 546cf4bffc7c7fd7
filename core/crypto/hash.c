#include "core/crypto/hash.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"

#include <mbedtls/cipher.h>
#include <mbedtls/cmac.h>
#include <mbedtls/sha1.h>
#include <mbedtls/sha256.h>

enum { HMAC_BLOCK_SIZE = 64 };

/* The library's own implementation of SHA-256 cannot fail; the checks guard against another one. */
static void sha256_start(mbedtls_sha256_context *hash)
{
    mbedtls_sha256_init(hash);
    TB_ASSERT(mbedtls_sha256_starts(hash, 0) == 0);
}

static void sha256_add(mbedtls_sha256_context *hash, struct tb_span bytes)
{
    if (bytes.size)
        TB_ASSERT(mbedtls_sha256_update(hash, bytes.at, bytes.size) == 0);
}

static struct tb_digest sha256_finish(mbedtls_sha256_context *hash)
{
    struct tb_digest digest;
    TB_ASSERT(mbedtls_sha256_finish(hash, digest.bytes) == 0);
    mbedtls_sha256_free(hash);
    return digest;
}

struct tb_digest tb_sha256_parts(const struct tb_span *parts, size_t part_count)
{
    mbedtls_sha256_context hash;
    sha256_start(&hash);
    for (size_t i = 0; i < part_count; i++)
        sha256_add(&hash, parts[i]);
    return sha256_finish(&hash);
}

struct tb_digest tb_sha256(struct tb_span bytes)
{
    return tb_sha256_parts(&bytes, 1);
}

static void hmac_start(mbedtls_sha256_context *hash, const uint8_t key[HMAC_BLOCK_SIZE], uint8_t pad)
{
    uint8_t block[HMAC_BLOCK_SIZE];
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = key[i] ^ pad;
    sha256_start(hash);
    sha256_add(hash, tb_span_of(block, sizeof block));
    tb_wipe(block, sizeof block);
}

struct tb_digest tb_hmac_sha256_parts(struct tb_span key, const struct tb_span *parts, size_t part_count)
{
    uint8_t block[HMAC_BLOCK_SIZE] = {0};
    if (key.size > sizeof block) {
        struct tb_digest short_key = tb_sha256(key);
        memcpy(block, short_key.bytes, sizeof short_key.bytes);
        tb_wipe(&short_key, sizeof short_key);
    } else if (key.size) {
        memcpy(block, key.at, key.size);
    }

    mbedtls_sha256_context hash;
    hmac_start(&hash, block, 0x36);
    for (size_t i = 0; i < part_count; i++)
        sha256_add(&hash, parts[i]);
    struct tb_digest inner = sha256_finish(&hash);

    hmac_start(&hash, block, 0x5c);
    sha256_add(&hash, tb_digest_span(&inner));
    struct tb_digest mac = sha256_finish(&hash);
    tb_wipe(block, sizeof block);
    tb_wipe(&inner, sizeof inner);
    return mac;
}

struct tb_digest tb_hmac_sha256(struct tb_span key, struct tb_span bytes)
{
    return tb_hmac_sha256_parts(key, &bytes, 1);
}

/* One pass of HMAC over the padded key and a message. */
static void sha1_keyed(const uint8_t key[HMAC_BLOCK_SIZE], uint8_t pad, struct tb_span bytes,
                       uint8_t ret_digest[TB_SHA1_SIZE])
{
    uint8_t block[HMAC_BLOCK_SIZE];
    mbedtls_sha1_context hash;
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = key[i] ^ pad;
    mbedtls_sha1_init(&hash);
    TB_ASSERT(mbedtls_sha1_starts(&hash) == 0);
    TB_ASSERT(mbedtls_sha1_update(&hash, block, sizeof block) == 0);
    if (bytes.size)
        TB_ASSERT(mbedtls_sha1_update(&hash, bytes.at, bytes.size) == 0);
    TB_ASSERT(mbedtls_sha1_finish(&hash, ret_digest) == 0);
    mbedtls_sha1_free(&hash);
    tb_wipe(block, sizeof block);
}

void tb_hmac_sha1(struct tb_span key, struct tb_span bytes, uint8_t ret_mac[TB_SHA1_SIZE])
{
    uint8_t block[HMAC_BLOCK_SIZE] = {0};
    uint8_t inner[TB_SHA1_SIZE];
    TB_ASSERT(key.size <= sizeof block);
    if (key.size)
        memcpy(block, key.at, key.size);
    sha1_keyed(block, 0x36, bytes, inner);
    sha1_keyed(block, 0x5c, tb_span_of(inner, sizeof inner), ret_mac);
    tb_wipe(block, sizeof block);
    tb_wipe(inner, sizeof inner);
}

enum tb_err tb_hkdf_sha256(struct tb_span salt, struct tb_span secret, struct tb_span info,
                           uint8_t *ret_bytes, size_t size)
{
    if (size > TB_HKDF_SIZE_MAX)
        return TB_ERR_RANGE;
    struct tb_digest extracted = tb_hmac_sha256(salt, secret);
    struct tb_digest block;
    for (size_t done = 0; done < size; done += sizeof block.bytes) {
        uint8_t counter = (uint8_t)(done / sizeof block.bytes + 1);
        const struct tb_span parts[] = {tb_span_of(block.bytes, done ? sizeof block.bytes : 0), info,
                                        tb_span_of(&counter, 1)};
        block = tb_hmac_sha256_parts(tb_digest_span(&extracted), parts, TB_ARRAY_SIZE(parts));
        size_t left = size - done;
        memcpy(ret_bytes + done, block.bytes, left < sizeof block.bytes ? left : sizeof block.bytes);
    }
    tb_wipe(&extracted, sizeof extracted);
    tb_wipe(&block, sizeof block);
    return TB_OK;
}

struct tb_digest tb_x963_sha256(struct tb_span secret, struct tb_span info)
{
    static const uint8_t counter[] = {0, 0, 0, 1};
    const struct tb_span parts[] = {secret, tb_span_of(counter, sizeof counter), info};
    return tb_sha256_parts(parts, TB_ARRAY_SIZE(parts));
}

enum tb_err tb_cmac(struct tb_span key, struct tb_span bytes, uint8_t ret_tag[TB_CMAC_SIZE])
{
    if (key.size != 16 && key.size != 32)
        return TB_ERR_RANGE;
    const mbedtls_cipher_info_t *cipher =
        mbedtls_cipher_info_from_values(MBEDTLS_CIPHER_ID_AES, (int)key.size * 8, MBEDTLS_MODE_ECB);
    if (!cipher)
        return TB_ERR_UNSUPPORTED;
    static const uint8_t nothing;
    const uint8_t *input = bytes.size ? bytes.at : &nothing;
    int code = mbedtls_cipher_cmac(cipher, key.at, key.size * 8, input, bytes.size, ret_tag);
    return code == 0 ? TB_OK : TB_ERR_NO_MEMORY;
}
