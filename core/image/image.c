#include "core/image/image.h"

/*
 * Header, big-endian:
 *
 *     0  magic4 "TBFW"
 *     4  format2 (1)  header_size2
 *     8  board32, padded with zeros
 *    40  version4 floor4 address4 size4
 *    56  digest32
 *    88  zeros40
 *   128  signature64, over all before
 */
#define FORMAT 1
#define BOARD_SIZE (TB_IMAGE_BOARD_MAX + 1)
#define RESERVED_SIZE 40

static const uint8_t magic[4] = {'T', 'B', 'F', 'W'};

static bool is_zero(struct tb_span bytes)
{
    uint8_t all = 0;
    for (size_t i = 0; i < bytes.size; i++)
        all |= bytes.at[i];
    return all == 0;
}

static bool is_board_byte(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-';
}

/* The name without its padding; empty when it is none. */
static struct tb_span board_read(struct tb_reader *r)
{
    struct tb_span field = tb_read_bytes(r, BOARD_SIZE);
    size_t size = 0;
    while (size < field.size && is_board_byte(field.at[size]))
        size++;
    if (size > TB_IMAGE_BOARD_MAX || !is_zero(tb_span_sub(field, size, field.size)))
        size = 0;
    return tb_span_sub(field, 0, size);
}

enum tb_err tb_image_parse(struct tb_span header, struct tb_image *ret_image)
{
    struct tb_image *i = ret_image;
    struct tb_reader r = tb_reader_of(header);
    if (header.size < TB_IMAGE_HEADER_SIZE)
        return TB_ERR_TRUNCATED;
    if (!tb_span_equal(tb_read_bytes(&r, sizeof magic), tb_span_of(magic, sizeof magic)))
        return TB_ERR_SYNTAX;
    uint16_t format = tb_read_u16be(&r);
    uint16_t header_size = tb_read_u16be(&r);
    if (format != FORMAT || header_size != TB_IMAGE_HEADER_SIZE)
        return TB_ERR_UNSUPPORTED;
    i->board = board_read(&r);
    i->version = tb_read_u32be(&r);
    i->floor = tb_read_u32be(&r);
    i->address = tb_read_u32be(&r);
    i->size = tb_read_u32be(&r);
    i->digest = tb_read_bytes(&r, TB_IMAGE_DIGEST_SIZE);
    struct tb_span reserved = tb_read_bytes(&r, RESERVED_SIZE);
    i->signature = tb_read_bytes(&r, TB_IMAGE_SIGNATURE_SIZE);
    i->signed_part = tb_span_sub(header, 0, TB_IMAGE_SIGNED_SIZE);
    if (i->board.size == 0 || !is_zero(reserved))
        return TB_ERR_SYNTAX;
    if (i->size == 0 || i->size > TB_IMAGE_BODY_MAX || i->floor > i->version)
        return TB_ERR_RANGE;
    return TB_OK;
}

enum tb_err tb_image_take(struct tb_span *rest, struct tb_image *ret_image, struct tb_span *ret_header,
                          struct tb_span *ret_body)
{
    enum tb_err err = tb_image_parse(*rest, ret_image);
    if (err != TB_OK)
        return err;
    if (rest->size - TB_IMAGE_HEADER_SIZE < ret_image->size)
        return TB_ERR_TRUNCATED;
    *ret_header = tb_span_sub(*rest, 0, TB_IMAGE_HEADER_SIZE);
    *ret_body = tb_span_sub(*rest, TB_IMAGE_HEADER_SIZE, ret_image->size);
    *rest = tb_span_sub(*rest, TB_IMAGE_HEADER_SIZE + ret_image->size, rest->size);
    return TB_OK;
}

void tb_image_version_text(uint32_t version, char ret_text[TB_IMAGE_VERSION_TEXT_MAX])
{
    struct tb_buf b = tb_buf_of(ret_text, TB_IMAGE_VERSION_TEXT_MAX);
    tb_buf_add_decimal(&b, version >> 24);
    tb_buf_add_u8(&b, '.');
    tb_buf_add_decimal(&b, version >> 16 & 0xff);
    tb_buf_add_u8(&b, '.');
    tb_buf_add_decimal(&b, version & 0xffff);
    tb_buf_add_u8(&b, 0);
}
