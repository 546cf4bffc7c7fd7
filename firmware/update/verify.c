#include "firmware/update/verify.h"

#include "firmware/hal/hal.h"

#include <mbedtls/sha256.h>
#include <p256-m.h>

void verify_digest(struct tb_span bytes, uint8_t ret_digest[TB_IMAGE_DIGEST_SIZE])
{
    int failed = mbedtls_sha256(bytes.at, bytes.size, ret_digest, 0);
    if (failed) /* cannot be with the C implementation */
        memset(ret_digest, 0, TB_IMAGE_DIGEST_SIZE);
}

bool verify_signature(const struct tb_image *image, const uint8_t key[VERIFY_KEY_SIZE])
{
    uint8_t digest[TB_IMAGE_DIGEST_SIZE];
    verify_digest(image->signed_part, digest);
    return p256_ecdsa_verify(image->signature.at, key, digest, sizeof digest) == P256_SUCCESS;
}

bool verify_slot(unsigned slot, struct tb_image *ret_image)
{
    const struct tb_hal_board *board = &tb_hal_board;
    uint32_t at = board->slot_at[slot];
    uint8_t digest[TB_IMAGE_DIGEST_SIZE];
    struct tb_span header = tb_hal_flash_read(at, TB_IMAGE_HEADER_SIZE);
    if (tb_image_parse(header, ret_image) != TB_OK || !tb_span_is(ret_image->board, board->name) ||
        ret_image->address != at || ret_image->size > board->slot_size - TB_IMAGE_BODY_AT)
        return false;
    struct tb_span body = tb_hal_flash_read(at + TB_IMAGE_BODY_AT, ret_image->size);
    verify_digest(body, digest);
    return body.size == ret_image->size &&
           tb_span_equal(ret_image->digest, tb_span_of(digest, sizeof digest));
}
