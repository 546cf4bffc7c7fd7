/*
 * Whether an image is genuine: SHA-256 and ECDSA on P-256, with the small implementations that mbedTLS
 * brings. Neither holds a secret here. No heap; about 1 KiB of stack. Main loop only.
 *
 * A signature takes some hundred milliseconds on a Cortex-M3 (p256-m's README), nothing else happens then.
 */
#ifndef TB_FIRMWARE_UPDATE_VERIFY_H
#define TB_FIRMWARE_UPDATE_VERIFY_H

#include "core/image/image.h"

#define VERIFY_KEY_SIZE 64

/* The key whose signatures this firmware accepts: X ‖ Y. Made by the build (firmware/image.mjs). */
extern const uint8_t verify_key[VERIFY_KEY_SIZE];

void verify_digest(struct tb_span bytes, uint8_t ret_digest[TB_IMAGE_DIGEST_SIZE]);

/* The header is signed by the owner of that key. */
bool verify_signature(const struct tb_image *image, const uint8_t key[VERIFY_KEY_SIZE]);

/* Reads what is in a slot. False when it holds no whole image for this place and board, of what kind ever;
 * the signature is not looked at: only images that were accepted get their header written. */
bool verify_slot(unsigned slot, struct tb_image *ret_image);

#endif
