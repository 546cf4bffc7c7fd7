#include "tests/support/head/transfer.h"

#include "firmware/hal/hal.h"
#include "tests/support/head/sign.h"

const struct update_health transfer_well = {.well = true, .heard = true};

void transfer_make(struct transfer_image *image, uint32_t version, uint32_t floor, unsigned slot)
{
    for (size_t i = 0; i < sizeof image->body; i++)
        image->body[i] = (uint8_t)(version >> 16 ^ i * 7 ^ i >> 8);
    sign_header(&(struct sign_image){.board = FLASH_BOARD,
                                     .version = version,
                                     .floor = floor,
                                     .address = tb_hal_board.slot_at[slot],
                                     .body = tb_span_of(image->body, sizeof image->body)},
                image->header);
}

void transfer_burn(const struct transfer_image *image, unsigned slot)
{
    uint8_t *at = flash_memory + tb_hal_board.slot_at[slot];
    memset(at, 0xff, FLASH_SLOT_SIZE);
    memcpy(at, image->header, sizeof image->header);
    memcpy(at + TB_IMAGE_BODY_AT, image->body, sizeof image->body);
}

struct tb_link_update_answer transfer_begin(struct update *u, const struct transfer_image *image,
                                            uint8_t flags)
{
    struct tb_link_message m = {.type = TB_LINK_UPDATE_BEGIN,
                                .update_begin = {.request = TRANSFER_REQUEST,
                                                 .flags = flags,
                                                 .header = tb_span_of(image->header, sizeof image->header)}};
    return update_take(u, &m, &transfer_well);
}

struct tb_link_update_answer transfer_block(struct update *u, const struct transfer_image *image,
                                            uint32_t offset)
{
    struct tb_span body = tb_span_of(image->body, sizeof image->body);
    struct tb_link_message m = {
        .type = TB_LINK_UPDATE_BLOCK,
        .update_block = {.request = TRANSFER_REQUEST,
                         .offset = offset,
                         .data = tb_span_sub(body, offset, TB_LINK_UPDATE_BLOCK_SIZE)}};
    return update_take(u, &m, &transfer_well);
}

struct tb_link_update_answer transfer_end(struct update *u)
{
    struct tb_link_message m = {.type = TB_LINK_UPDATE_END, .request = TRANSFER_REQUEST};
    return update_take(u, &m, &transfer_well);
}

struct tb_link_update_answer transfer_run(struct update *u, const struct transfer_image *image, uint8_t flags)
{
    struct tb_link_update_answer a = transfer_begin(u, image, flags);
    for (unsigned i = 0; i < TRANSFER_BLOCKS && a.status == TB_LINK_UPDATE_SEND; i++)
        if (a.next < TRANSFER_BODY_SIZE)
            a = transfer_block(u, image, a.next);
    return a.status == TB_LINK_UPDATE_SEND ? transfer_end(u) : a;
}
