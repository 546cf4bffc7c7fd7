/* Any bytes as a file of firmware images: what is taken lies inside the file, and every field has its form.
 */
#include "core/base/assert.h"
#include "core/image/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void image_check(const struct tb_image *i, struct tb_span header, struct tb_span body)
{
    char text[TB_IMAGE_VERSION_TEXT_MAX];
    TB_ASSERT(header.size == TB_IMAGE_HEADER_SIZE && body.size == i->size);
    TB_ASSERT(i->board.size > 0 && i->board.size <= TB_IMAGE_BOARD_MAX && i->floor <= i->version);
    TB_ASSERT(i->digest.size == TB_IMAGE_DIGEST_SIZE && i->signature.size == TB_IMAGE_SIGNATURE_SIZE);
    TB_ASSERT(i->signed_part.at == header.at &&
              i->signature.at + i->signature.size == header.at + header.size);
    tb_image_version_text(i->version, text);
    TB_ASSERT(strlen(text) >= strlen("0.0.0"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_span rest = tb_span_of(data, size);
    struct tb_image image;
    struct tb_span header, body;
    while (rest.size > 0 && tb_image_take(&rest, &image, &header, &body) == TB_OK) {
        image_check(&image, header, body);
        TB_ASSERT(body.at + body.size + rest.size == data + size);
    }
    return 0;
}
