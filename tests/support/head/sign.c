#include "tests/support/head/sign.h"

#include "core/base/assert.h"

#include <mbedtls/sha256.h>
#include <p256-m.h>
#include <psa/crypto.h>
#include <sys/random.h>

static uint8_t private_key[32], public_key[64];

/* What p256-m asks for randomness. */
psa_status_t psa_generate_random(uint8_t *output, size_t output_size)
{
    return getrandom(output, output_size, 0) == (ssize_t)output_size ? 0 : -1;
}

static void key_make(void)
{
    static bool made;
    if (!made)
        TB_ASSERT(p256_gen_keypair(private_key, public_key) == P256_SUCCESS);
    made = true;
}

const uint8_t *sign_public(void)
{
    key_make();
    return public_key;
}

void sign_again(uint8_t header[TB_IMAGE_HEADER_SIZE])
{
    uint8_t digest[32];
    key_make();
    TB_ASSERT(mbedtls_sha256(header, TB_IMAGE_SIGNED_SIZE, digest, 0) == 0);
    TB_ASSERT(p256_ecdsa_sign(header + TB_IMAGE_SIGNED_SIZE, private_key, digest, sizeof digest) ==
              P256_SUCCESS);
}

void sign_header(const struct sign_image *image, uint8_t ret_header[TB_IMAGE_HEADER_SIZE])
{
    struct tb_buf b = tb_buf_of(ret_header, TB_IMAGE_HEADER_SIZE);
    memset(ret_header, 0, TB_IMAGE_HEADER_SIZE);
    tb_buf_add_str(&b, "TBFW");
    tb_buf_add_u16be(&b, 1);
    tb_buf_add_u16be(&b, TB_IMAGE_HEADER_SIZE);
    tb_buf_add_str(&b, image->board);
    b.size = 40;
    tb_buf_add_u32be(&b, image->version);
    tb_buf_add_u32be(&b, image->floor);
    tb_buf_add_u32be(&b, image->address);
    tb_buf_add_u32be(&b, (uint32_t)image->body.size);
    TB_ASSERT(mbedtls_sha256(image->body.at, image->body.size, ret_header + b.size, 0) == 0);
    sign_again(ret_header);
}
