/*
 * An agent and a head in one place, for tests of updates: releases for both slots, and a transfer without a
 * link between them.
 */
#ifndef TB_TESTS_SUPPORT_HEAD_TRANSFER_H
#define TB_TESTS_SUPPORT_HEAD_TRANSFER_H

#include "firmware/update/update.h"
#include "tests/support/head/flash.h"

#define TRANSFER_BODY_SIZE 1301 /* five blocks and an odd one; crosses an erase unit */
#define TRANSFER_BLOCKS ((TRANSFER_BODY_SIZE + TB_LINK_UPDATE_BLOCK_SIZE - 1) / TB_LINK_UPDATE_BLOCK_SIZE)
#define TRANSFER_REQUEST 77
#define TRANSFER_V1 0x00010000u
#define TRANSFER_V2 0x00020000u

struct transfer_image {
    uint8_t header[TB_IMAGE_HEADER_SIZE];
    uint8_t body[TRANSFER_BODY_SIZE];
};

extern const struct update_health transfer_well; /* and heard, and nothing in the field */

/* A signed image of that version for that slot of the board; its body is made of the version. */
void transfer_make(struct transfer_image *image, uint32_t version, uint32_t floor, unsigned slot);

/* The image as a programmer would put it into its slot. */
void transfer_burn(const struct transfer_image *image, unsigned slot);

struct tb_link_update_answer transfer_begin(struct update *u, const struct transfer_image *image,
                                            uint8_t flags);
struct tb_link_update_answer transfer_block(struct update *u, const struct transfer_image *image,
                                            uint32_t offset);
struct tb_link_update_answer transfer_end(struct update *u);

/* As the agent does it: every block that is asked for, then the end. Returns the last answer. */
struct tb_link_update_answer transfer_run(struct update *u, const struct transfer_image *image,
                                          uint8_t flags);

#endif
