#include "agent/app/guest.h"

#include "agent/app/serving.h"
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

enum tb_err tb_guest_read(const struct tb_row *row, struct tb_cart **ret_cart)
{
    struct tb_id id;
    const size_t arena_size = TB_JSON_ARENA_SIZE(TB_ROW_DOC_SIZE_MAX);
    if (!is_of_nobody(row, &id))
        return TB_ERR_UNSUPPORTED;
    struct tb_cart *cart = malloc(sizeof *cart);
    void *block = malloc(arena_size);
    enum tb_err err = cart && block ? TB_OK : TB_ERR_NO_MEMORY;
    if (err == TB_OK) {
        struct tb_arena arena = tb_arena_of(block, arena_size);
        *cart = (struct tb_cart){.id = id, .version = row->version, .as_of_ms = row->as_of_ms};
        err = cart_decode(row, &arena, cart);
    }
    free(block);
    if (err == TB_OK)
        *ret_cart = cart;
    else
        free(cart);
    return err;
}

struct tb_cart *tb_guest_find(const struct tb_serving *serving, const struct tb_rows *rows)
{
    struct tb_cart *cart = NULL;
    for (size_t i = 0; i < rows->count && !cart; i++) {
        struct tb_id id;
        if (!is_of_nobody(&rows->at[i], &id) || !tb_serving_wants_cart(serving, &id))
            continue;
        enum tb_err err = tb_guest_read(&rows->at[i], &cart);
        if (err != TB_OK)
            tb_log(TB_LOG_ERROR, TB_EVENT("guest", "cart_unreadable"), tb_log_err(err));
    }
    return cart;
}
