/*
 * Packed claim, version 2, big-endian; version 1 is without n and device, and a claim without one is packed
 * so:
 *
 *   u8 version  16 checkout  u8 n  n by  u8 n  n device  u64 since_ms  u64 until_ms  u16 line_count
 *   each line: 16 line  u16 quantity
 */
#include "core/cart/cart_parts.h"
#include "core/cart/checkout.h"

enum { CLAIM_VERSION_NO_DEVICE = 1, CLAIM_VERSION = 2 };

bool tb_claim_runs(const struct tb_claim *claim, int64_t now_ms)
{
    return !tb_id_is_zero(&claim->checkout) && now_ms < claim->until_ms;
}

static void claim_begin(struct tb_claim *claim, const struct tb_cart *cart, const struct tb_id *checkout,
                        const struct tb_claimant *who, int64_t now_ms)
{
    *claim = (struct tb_claim){.checkout = *checkout, .since_ms = now_ms, .line_count = cart->line_count};
    /* A name that is too long is left out rather than cut inside a character. */
    if (tb_span_to_str(tb_span_str(who->by ? who->by : ""), claim->by, sizeof claim->by) != TB_OK)
        claim->by[0] = '\0';
    if (tb_span_to_str(tb_span_str(who->device), claim->device, sizeof claim->device) != TB_OK)
        claim->device[0] = '\0';
    for (size_t i = 0; i < cart->line_count; i++)
        claim->lines[i] =
            (struct tb_claim_line){.line = cart->lines[i].id, .quantity = cart->lines[i].quantity};
}

static bool is_claimants(const struct tb_claim *claim, const struct tb_id *checkout,
                         const struct tb_claimant *who)
{
    if (tb_id_is_zero(checkout) || !tb_id_equal(&claim->checkout, checkout))
        return false;
    /* One without a device: of what has a name in words, as tills have, a customer's own hand is not. */
    if (claim->device[0] == '\0')
        return claim->by[0] == '\0' || (who->by && who->by[0]);
    return strcmp(claim->device, who->device) == 0;
}

enum tb_cart_code tb_claim_take(struct tb_claim *claim, const struct tb_cart *cart,
                                const struct tb_id *checkout, const struct tb_claimant *who, int64_t now_ms)
{
    if (tb_id_is_zero(checkout))
        return TB_CART_NOT_UNDERSTOOD;
    if (tb_id_is_zero(&cart->id))
        return TB_CART_UNKNOWN;
    bool mine = is_claimants(claim, checkout, who);
    if (tb_claim_runs(claim, now_ms) && !mine)
        return TB_CART_CLAIMED;
    /* One that ran out and that nobody took since is renewed as it was: its payment is under way. */
    if (!mine)
        claim_begin(claim, cart, checkout, who, now_ms);
    claim->until_ms = now_ms + TB_CHECKOUT_LEASE_MS;
    return TB_CART_OK;
}

bool tb_claim_release(struct tb_claim *claim, const struct tb_id *checkout, const struct tb_claimant *who)
{
    return is_claimants(claim, checkout, who) && claim_end(claim, checkout);
}

bool claim_end(struct tb_claim *claim, const struct tb_id *checkout)
{
    if (tb_id_is_zero(checkout) || !tb_id_equal(&claim->checkout, checkout))
        return false;
    memset(claim, 0, sizeof *claim);
    return true;
}

void tb_claim_show(const struct tb_claim *claim, struct tb_cart_claim *ret_shown)
{
    *ret_shown = (struct tb_cart_claim){
        .checkout = claim->checkout, .since_ms = claim->since_ms, .until_ms = claim->until_ms};
    memcpy(ret_shown->by, claim->by, sizeof ret_shown->by);
}

void tb_claim_pack(const struct tb_claim *claim, struct tb_buf *to)
{
    if (tb_id_is_zero(&claim->checkout))
        return;
    tb_buf_add_u8(to, claim->device[0] ? CLAIM_VERSION : CLAIM_VERSION_NO_DEVICE);
    tb_buf_add(to, tb_id_span(&claim->checkout));
    tb_buf_add_u8(to, (uint8_t)strlen(claim->by));
    tb_buf_add_str(to, claim->by);
    if (claim->device[0]) {
        tb_buf_add_u8(to, (uint8_t)strlen(claim->device));
        tb_buf_add_str(to, claim->device);
    }
    tb_buf_add_u64be(to, (uint64_t)claim->since_ms);
    tb_buf_add_u64be(to, (uint64_t)claim->until_ms);
    tb_buf_add_u16be(to, claim->line_count);
    for (size_t i = 0; i < claim->line_count; i++) {
        tb_buf_add(to, tb_id_span(&claim->lines[i].line));
        tb_buf_add_u16be(to, (uint16_t)claim->lines[i].quantity);
    }
}

static enum tb_err text_read(struct tb_reader *r, char *ret_text, size_t size_max)
{
    struct tb_span text = tb_read_bytes(r, tb_read_u8(r));
    enum tb_err err = tb_span_to_str(text, ret_text, size_max);
    return err == TB_OK && strlen(ret_text) != text.size ? TB_ERR_SYNTAX : err;
}

static enum tb_err claim_read(struct tb_reader *r, struct tb_claim *claim)
{
    uint8_t version = tb_read_u8(r);
    if (version != CLAIM_VERSION && version != CLAIM_VERSION_NO_DEVICE)
        return TB_ERR_UNSUPPORTED;
    cart_id_read(r, &claim->checkout);
    enum tb_err err = text_read(r, claim->by, sizeof claim->by);
    if (err == TB_OK && version == CLAIM_VERSION)
        err = text_read(r, claim->device, sizeof claim->device);
    bool bare = version == CLAIM_VERSION && claim->device[0] == '\0'; /* that is version 1 */
    uint64_t since_ms = tb_read_u64be(r);
    uint64_t until_ms = tb_read_u64be(r);
    uint16_t line_count = tb_read_u16be(r);
    if (r->err != TB_OK || err != TB_OK)
        return r->err != TB_OK ? r->err : err;
    if (line_count > TB_CART_LINE_COUNT_MAX || since_ms > TB_TIME_MS_MAX || until_ms > TB_TIME_MS_MAX ||
        tb_id_is_zero(&claim->checkout) || bare)
        return TB_ERR_RANGE;
    claim->since_ms = (int64_t)since_ms;
    claim->until_ms = (int64_t)until_ms;
    for (size_t i = 0; i < line_count; i++) {
        cart_id_read(r, &claim->lines[i].line);
        claim->lines[i].quantity = tb_read_u16be(r);
    }
    claim->line_count = line_count;
    if (r->err == TB_OK && r->rest.size)
        return TB_ERR_TOO_LONG;
    return r->err;
}

enum tb_err tb_claim_unpack(struct tb_span packed, struct tb_claim *ret_claim)
{
    memset(ret_claim, 0, sizeof *ret_claim);
    if (packed.size == 0)
        return TB_OK;
    struct tb_reader r = tb_reader_of(packed);
    enum tb_err err = claim_read(&r, ret_claim);
    if (err != TB_OK)
        memset(ret_claim, 0, sizeof *ret_claim);
    return err;
}
