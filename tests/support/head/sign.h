/* Makes signed firmware images for tests, with a key of this process. The image tool is firmware/image.mjs.
 */
#ifndef TB_TESTS_SUPPORT_HEAD_SIGN_H
#define TB_TESTS_SUPPORT_HEAD_SIGN_H

#include "core/image/image.h"

struct sign_image {
    const char *board;
    uint32_t version;
    uint32_t floor;
    uint32_t address;
    struct tb_span body;
};

/* X ‖ Y of the key; made at the first call. */
const uint8_t *sign_public(void);

void sign_header(const struct sign_image *image, uint8_t ret_header[TB_IMAGE_HEADER_SIZE]);

/* Signs a header again that was changed. */
void sign_again(uint8_t header[TB_IMAGE_HEADER_SIZE]);

#endif
