#include "agent/app/visit/guest.h"

#include "agent/app/visit/serving.h"
#include "host/log/log.h"

#include <stdlib.h>

static bool is_of_nobody(const struct tb_row *row, struct tb_id *ret_cart)
{
    return row->type == TB_ROW_CART && row->op == TB_ROW_PUT && tb_id_is_zero(&row->customer) &&
           tb_row_object(row, ret_cart) == TB_OK;
}

static enum tb_err cart_decode(const struct tb_row *row, struct tb_arena *arena, struct tb_cart *cart)
{
    struct tb_check check = {0};
    struct tb_json doc;
    enum tb_err err = tb_json_parse(row->doc, TB_ROW_DOC_SIZE_MAX, arena, &doc);
    if (err != TB_OK)
        return err;
    tb_cart_decode(&check, doc, cart);
    return check.err;
}

enum tb_err tb_guest_read(const struct tb_row *row, struct tb_cart *ret_cart)
{
    struct tb_id id;
    const size_t arena_size = TB_JSON_ARENA_SIZE(TB_ROW_DOC_SIZE_MAX);
    if (!is_of_nobody(row, &id))
        return TB_ERR_UNSUPPORTED;
    void *block = malloc(arena_size);
    if (!block)
        return TB_ERR_NO_MEMORY;
    struct tb_arena arena = tb_arena_of(block, arena_size);
    *ret_cart = (struct tb_cart){.id = id, .version = row->version, .as_of_ms = row->as_of_ms};
    enum tb_err err = cart_decode(row, &arena, ret_cart);
    free(block);
    return err;
}

bool tb_guest_find(const struct tb_serving *serving, const struct tb_rows *rows, struct tb_cart *ret_cart)
{
    for (size_t i = 0; i < rows->count; i++) {
        struct tb_id id;
        if (!is_of_nobody(&rows->at[i], &id) || !tb_serving_wants_cart(serving, &id))
            continue;
        enum tb_err err = tb_guest_read(&rows->at[i], ret_cart);
        if (err == TB_OK)
            return true;
        tb_log(TB_LOG_ERROR, TB_EVENT("guest", "cart_unreadable"), tb_log_err(err));
    }
    return false;
}
