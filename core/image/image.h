/*
 * Firmware images of a reader head: what stands in their file, on the wire and in a slot of the flash.
 * docs/firmware.md, "Update", lists every field; this header and that section change together.
 *
 * An image is a header of TB_IMAGE_HEADER_SIZE bytes and a body, the program as it stands in the flash. The
 * header names board, version, place and size, holds the SHA-256 of the body, and is signed (ECDSA on P-256
 * with SHA-256), so that a reader can judge an image before it takes the first byte of the body. A file holds
 * one image after the other, one for each slot, because a program is linked for its place.
 *
 * Nothing here verifies anything but form: who has the key looks at signature and digest. Spans are borrowed.
 * Pure; callable from any thread.
 */
#ifndef TB_CORE_IMAGE_IMAGE_H
#define TB_CORE_IMAGE_IMAGE_H

#include "core/base/buf.h"

#define TB_IMAGE_HEADER_SIZE 192
#define TB_IMAGE_SIGNED_SIZE 128 /* of the header: what the signature is made of */
#define TB_IMAGE_BOARD_MAX 31
#define TB_IMAGE_DIGEST_SIZE 32
#define TB_IMAGE_SIGNATURE_SIZE 64  /* r ‖ s */
#define TB_IMAGE_BODY_AT 512        /* in a slot: a vector table has to begin at such a multiple */
#define TB_IMAGE_BODY_MAX (1 << 20) /* bytes; the largest flash of the boards there are */
#define TB_IMAGE_FILE_IMAGES_MAX 4
#define TB_IMAGE_FILE_MAX (TB_IMAGE_FILE_IMAGES_MAX * (TB_IMAGE_HEADER_SIZE + TB_IMAGE_BODY_MAX))
#define TB_IMAGE_VERSION_TEXT_MAX 16 /* "255.255.65535" and its terminator */

struct tb_image {
    struct tb_span board; /* 1 to TB_IMAGE_BOARD_MAX bytes: letters, digits and "-" */
    uint32_t version;     /* major, minor: one byte each; patch: two. Numbers compare as versions do */
    uint32_t floor;       /* once this image runs, nothing older than this is accepted any more */
    uint32_t address;     /* of the slot that it is linked for */
    uint32_t size;        /* of the body, 1 to TB_IMAGE_BODY_MAX */
    struct tb_span digest;
    struct tb_span signature;
    struct tb_span signed_part;
};

/*
 * Reads a header. TB_ERR_TRUNCATED when it is shorter than one, TB_ERR_SYNTAX when it is none (magic, board,
 * bytes that have to be 0), TB_ERR_UNSUPPORTED for a later format, TB_ERR_RANGE for a size or a floor that
 * cannot be.
 */
TB_MUST_USE enum tb_err tb_image_parse(struct tb_span header, struct tb_image *ret_image);

/*
 * Takes the next image off a file that was read as a whole: parses its header and gives both parts. Errors as
 * above, and TB_ERR_TRUNCATED when its body is not all there. The file is at its end when rest is empty.
 */
TB_MUST_USE enum tb_err tb_image_take(struct tb_span *rest, struct tb_image *ret_image,
                                      struct tb_span *ret_header, struct tb_span *ret_body);

/* Writes "0.1.0" with its terminator. */
void tb_image_version_text(uint32_t version, char ret_text[TB_IMAGE_VERSION_TEXT_MAX]);

#endif
