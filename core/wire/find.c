#include "core/wire/find.h"

#include "core/wire/member.h"

const char *const tb_find_by_names[TB_FIND_BY_COUNT] = {
    [TB_FIND_PHONE] = "phone",
    [TB_FIND_EMAIL] = "email",
    [TB_FIND_MEMBER] = "member",
};

void tb_find_ask_decode(struct tb_check *c, struct tb_json params, struct tb_find_ask *ret)
{
    *ret = (struct tb_find_ask){
        .by = (enum tb_find_by)tb_json_enum(c, params, "by", tb_find_by_names, TB_FIND_BY_COUNT)};
    tb_json_str(c, params, "value", ret->value, sizeof ret->value);
    tb_member_token(c, params, "reason", ret->reason, sizeof ret->reason);
    tb_member_opt_token(c, params, "operator", ret->operator, sizeof ret->operator);
}

void tb_find_ask_encode(struct tb_json_writer *w, const struct tb_find_ask *ask)
{
    tb_json_put_str(w, "by", tb_find_by_names[ask->by]);
    tb_json_put_str(w, "value", ask->value);
    tb_json_put_str(w, "reason", ask->reason);
    tb_member_put_opt_str(w, "operator", ask->operator);
}

void tb_found_decode(struct tb_check *c, struct tb_json result, struct tb_found *ret)
{
    *ret = (struct tb_found){.count = 0};
    struct tb_json array = tb_json_array(c, result, "matches", TB_FIND_COUNT_MAX);
    for (struct tb_json_each each = tb_json_first(array); tb_json_exists(each.value) && c->err == TB_OK;
         tb_json_next(&each)) {
        struct tb_find_match *match = &ret->matches[ret->count++];
        match->customer = tb_json_id(c, each.value, "customer");
        tb_json_str(c, each.value, "name", match->name, sizeof match->name);
        tb_member_opt_token(c, each.value, "tier", match->tier, sizeof match->tier);
        tb_member_opt_str(c, each.value, "hint", match->hint, sizeof match->hint);
    }
    if (c->err != TB_OK)
        ret->count = 0;
}

void tb_found_encode(struct tb_json_writer *w, const struct tb_found *found)
{
    tb_json_open_array(w, "matches");
    for (size_t i = 0; i < found->count; i++) {
        const struct tb_find_match *match = &found->matches[i];
        tb_json_open(w, NULL);
        tb_json_put_id(w, "customer", &match->customer);
        tb_json_put_str(w, "name", match->name);
        tb_member_put_opt_str(w, "tier", match->tier);
        tb_member_put_opt_str(w, "hint", match->hint);
        tb_json_close(w);
    }
    tb_json_close_array(w);
}

void tb_open_ask_decode(struct tb_check *c, struct tb_json params, struct tb_open_ask *ret)
{
    *ret = (struct tb_open_ask){.customer = tb_json_id(c, params, "customer")};
    tb_member_opt_token(c, params, "operator", ret->operator, sizeof ret->operator);
}

void tb_open_ask_encode(struct tb_json_writer *w, const struct tb_open_ask *ask)
{
    tb_json_put_id(w, "customer", &ask->customer);
    tb_member_put_opt_str(w, "operator", ask->operator);
}
