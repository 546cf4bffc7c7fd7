/*
 * Packed carts, layout version 2, big-endian:
 *
 *   u8 version  16 id  16 customer  u64 cart version  u64 as_of_ms  3 currency
 *   u64 touched_ms  u8 touched_channel  u8 n  n touched_by  u8 n  n note
 *   16 checkout  u8 n  n by  u64 since_ms  u64 until_ms    (of the claim; all zero when there is none)
 *   u16 line_count
 *   each line: 16 id  14 gtin  u8 n  n name  u16 quantity  u64 unit_price  u64 price_as_of_ms
 *              u64 added_ms  u8 stock  u8 channel
 *              u8 n  n options  u8 n  n note  u8 gift  u64 was_price  u64 was_as_of_ms
 *
 * Version 1 has neither note and claim of the cart nor the last row of each line.
 *
 * Every byte is covered by the seal around it, so the checks below guard against programs of another
 * version and not against a forger; they are complete all the same.
 */
#include "core/wire/cart.h"

enum {
    LAYOUT_FIRST = 1,
    LAYOUT_VERSION = 2,
    LINE_PACKED_SIZE_MAX = TB_ID_SIZE + TB_GTIN_SIZE + 1 + TB_NAME_SIZE_MAX + 2 + 8 + 8 + 8 + 1 + 1 + 1 +
                           TB_SHORT_SIZE_MAX + 1 + 1 + 8 + 8,
    CART_PACKED_SIZE_MAX = 1 + 2 * TB_ID_SIZE + 8 + 8 + TB_CURRENCY_SIZE + 8 + 1 + 1 + TB_NAME_SIZE_MAX + 1 +
                           TB_TEXT_SIZE_MAX + TB_ID_SIZE + 1 + TB_NAME_SIZE_MAX + 8 + 8 + 2,
};

_Static_assert(TB_CART_PACKED_SIZE_MAX >= CART_PACKED_SIZE_MAX +
                                              TB_CART_LINE_COUNT_MAX * LINE_PACKED_SIZE_MAX +
                                              TB_CART_NOTE_COUNT_MAX * TB_TEXT_SIZE_MAX,
               "a full cart fits");
_Static_assert(TB_NAME_SIZE_MAX <= UINT8_MAX && TB_TEXT_SIZE_MAX <= UINT8_MAX &&
                   TB_QUANTITY_MAX <= UINT16_MAX,
               "the length bytes suffice");

/* Text of a fixed size: what an empty one lacks is zero bytes. */
static void pack_fixed(struct tb_buf *to, const char *text, size_t size)
{
    size_t used = strlen(text);
    tb_buf_add(to, tb_span_of(text, used));
    for (; used < size; used++)
        tb_buf_add_u8(to, 0);
}

static void pack_text(struct tb_buf *to, const char *text)
{
    tb_buf_add_u8(to, (uint8_t)strlen(text));
    tb_buf_add_str(to, text);
}

static void pack_line(struct tb_buf *to, const struct tb_cart_line *line)
{
    tb_buf_add(to, tb_id_span(&line->id));
    pack_fixed(to, line->gtin, TB_GTIN_SIZE);
    pack_text(to, line->name);
    tb_buf_add_u16be(to, (uint16_t)line->quantity);
    tb_buf_add_u64be(to, (uint64_t)line->unit_price);
    tb_buf_add_u64be(to, (uint64_t)line->price_as_of_ms);
    tb_buf_add_u64be(to, (uint64_t)line->added_ms);
    tb_buf_add_u8(to, (uint8_t)line->stock);
    tb_buf_add_u8(to, (uint8_t)line->channel);
    pack_text(to, line->options);
    pack_text(to, line->note);
    tb_buf_add_u8(to, line->gift);
    tb_buf_add_u64be(to, (uint64_t)line->was_price);
    tb_buf_add_u64be(to, (uint64_t)line->was_as_of_ms);
}

static void pack_claim(struct tb_buf *to, const struct tb_cart_claim *claim)
{
    tb_buf_add(to, tb_id_span(&claim->checkout));
    pack_text(to, claim->by);
    tb_buf_add_u64be(to, (uint64_t)claim->since_ms);
    tb_buf_add_u64be(to, (uint64_t)claim->until_ms);
}

void tb_cart_pack(const struct tb_cart *cart, struct tb_buf *to)
{
    tb_buf_add_u8(to, LAYOUT_VERSION);
    tb_buf_add(to, tb_id_span(&cart->id));
    tb_buf_add(to, tb_id_span(&cart->customer));
    tb_buf_add_u64be(to, (uint64_t)cart->version);
    tb_buf_add_u64be(to, (uint64_t)cart->as_of_ms);
    pack_fixed(to, cart->currency, TB_CURRENCY_SIZE);
    tb_buf_add_u64be(to, (uint64_t)cart->touched_ms);
    tb_buf_add_u8(to, (uint8_t)cart->touched_channel);
    pack_text(to, cart->touched_by);
    pack_text(to, cart->note);
    pack_claim(to, &cart->claim);
    tb_buf_add_u16be(to, cart->line_count);
    for (size_t i = 0; i < cart->line_count; i++)
        pack_line(to, &cart->lines[i]);
}

static void unpack_fixed(struct tb_reader *r, char *ret_text, size_t size)
{
    struct tb_span bytes = tb_read_bytes(r, size);
    memset(ret_text, 0, size + 1);
    if (bytes.size)
        memcpy(ret_text, bytes.at, bytes.size);
}

static void unpack_text(struct tb_reader *r, char *ret_text, size_t size_max)
{
    struct tb_span bytes = tb_read_bytes(r, tb_read_u8(r));
    enum tb_err err = tb_span_to_str(bytes, ret_text, size_max);
    if (r->err == TB_OK)
        r->err = err;
}

static struct tb_id unpack_id(struct tb_reader *r)
{
    struct tb_id id = {{0}};
    struct tb_span bytes = tb_read_bytes(r, sizeof id.bytes);
    if (bytes.size)
        memcpy(id.bytes, bytes.at, sizeof id.bytes);
    return id;
}

static unsigned unpack_enum(struct tb_reader *r, unsigned count)
{
    unsigned value = tb_read_u8(r);
    if (value < count)
        return value;
    if (r->err == TB_OK)
        r->err = TB_ERR_RANGE;
    return 0;
}

static void unpack_line(struct tb_reader *r, unsigned layout, struct tb_cart_line *line)
{
    memset(line, 0, sizeof *line);
    line->id = unpack_id(r);
    unpack_fixed(r, line->gtin, TB_GTIN_SIZE);
    unpack_text(r, line->name, sizeof line->name);
    line->quantity = tb_read_u16be(r);
    line->unit_price = (int64_t)tb_read_u64be(r);
    line->price_as_of_ms = (int64_t)tb_read_u64be(r);
    line->added_ms = (int64_t)tb_read_u64be(r);
    line->stock = (enum tb_stock)unpack_enum(r, TB_STOCK_COUNT);
    line->channel = (enum tb_channel)unpack_enum(r, TB_CHANNEL_COUNT);
    if (layout == LAYOUT_FIRST)
        return;
    unpack_text(r, line->options, sizeof line->options);
    unpack_text(r, line->note, sizeof line->note);
    line->gift = unpack_enum(r, 2);
    line->was_price = (int64_t)tb_read_u64be(r);
    line->was_as_of_ms = (int64_t)tb_read_u64be(r);
}

static void unpack_claim(struct tb_reader *r, struct tb_cart_claim *claim)
{
    claim->checkout = unpack_id(r);
    unpack_text(r, claim->by, sizeof claim->by);
    claim->since_ms = (int64_t)tb_read_u64be(r);
    claim->until_ms = (int64_t)tb_read_u64be(r);
}

static void unpack_lines(struct tb_reader *r, unsigned layout, struct tb_cart *cart)
{
    size_t line_count = tb_read_u16be(r);
    size_t note_count = 0;
    if (r->err == TB_OK && line_count > TB_CART_LINE_COUNT_MAX)
        r->err = TB_ERR_RANGE;
    for (size_t i = 0; i < line_count && r->err == TB_OK; i++) {
        unpack_line(r, layout, &cart->lines[i]);
        note_count += cart->lines[i].note[0] != '\0';
        if (r->err == TB_OK && note_count > TB_CART_NOTE_COUNT_MAX)
            r->err = TB_ERR_RANGE;
    }
    if (r->err == TB_OK && r->rest.size)
        r->err = TB_ERR_TOO_LONG;
    if (r->err == TB_OK)
        cart->line_count = (uint16_t)line_count;
}

enum tb_err tb_cart_unpack(struct tb_span packed, struct tb_cart *ret_cart)
{
    struct tb_reader r = tb_reader_of(packed);
    ret_cart->line_count = 0;
    unsigned layout = packed.size ? tb_read_u8(&r) : LAYOUT_VERSION;
    if (layout != LAYOUT_FIRST && layout != LAYOUT_VERSION)
        return TB_ERR_UNSUPPORTED;
    ret_cart->id = unpack_id(&r);
    ret_cart->customer = unpack_id(&r);
    ret_cart->version = (int64_t)tb_read_u64be(&r);
    ret_cart->as_of_ms = (int64_t)tb_read_u64be(&r);
    unpack_fixed(&r, ret_cart->currency, TB_CURRENCY_SIZE);
    ret_cart->touched_ms = (int64_t)tb_read_u64be(&r);
    ret_cart->touched_channel = (enum tb_channel)unpack_enum(&r, TB_CHANNEL_COUNT);
    unpack_text(&r, ret_cart->touched_by, sizeof ret_cart->touched_by);
    ret_cart->note[0] = '\0';
    ret_cart->claim = (struct tb_cart_claim){.since_ms = 0};
    if (layout != LAYOUT_FIRST) {
        unpack_text(&r, ret_cart->note, sizeof ret_cart->note);
        unpack_claim(&r, &ret_cart->claim);
    }
    unpack_lines(&r, layout, ret_cart);
    return r.err;
}
