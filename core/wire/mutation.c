#include "core/wire/mutation.h"

#include "core/wire/member.h"

const char *const tb_mutation_kind_names[TB_MUTATION_KIND_COUNT] = {
    [TB_MUTATION_SKIPPED] = "skipped",
    [TB_MUTATION_CART_ADD] = "cart.add",
    [TB_MUTATION_CART_SET_QUANTITY] = "cart.set_quantity",
    [TB_MUTATION_CART_REMOVE] = "cart.remove",
};

const char *const tb_verdict_kind_names[TB_VERDICT_KIND_COUNT] = {
    [TB_VERDICT_APPLIED] = "applied",
    [TB_VERDICT_DUPLICATE] = "duplicate",
    [TB_VERDICT_REJECTED] = "rejected",
    [TB_VERDICT_RETRY] = "retry",
};

static enum tb_mutation_kind kind_decode(struct tb_check *c, struct tb_json o)
{
    struct tb_span text = tb_json_text(c, o, "kind", TB_SHORT_SIZE_MAX);
    for (unsigned kind = 1; kind < TB_MUTATION_KIND_COUNT; kind++)
        if (tb_span_is(text, tb_mutation_kind_names[kind]))
            return (enum tb_mutation_kind)kind;
    tb_check_fail(c, TB_ERR_UNSUPPORTED, "kind");
    return TB_MUTATION_NONE;
}

static void args_decode(struct tb_check *c, struct tb_json o, struct tb_mutation *m)
{
    switch (m->kind) {
    case TB_MUTATION_CART_ADD:
        tb_member_gtin(c, o, "gtin", m->add.gtin);
        m->add.quantity = tb_member_quantity(c, o, "quantity", 1);
        break;
    case TB_MUTATION_CART_SET_QUANTITY:
        m->set_quantity.from = tb_member_quantity(c, o, "from", 0);
        m->set_quantity.to = tb_member_quantity(c, o, "to", 0);
        break;
    case TB_MUTATION_CART_REMOVE: m->remove.from = tb_member_quantity(c, o, "from", 0); break;
    case TB_MUTATION_SKIPPED:
    case TB_MUTATION_NONE:
    case TB_MUTATION_KIND_COUNT: break;
    }
}

void tb_mutation_decode(struct tb_check *c, struct tb_json object, struct tb_mutation *ret)
{
    *ret = (struct tb_mutation){.seq = tb_member_version(c, object, "seq")};
    ret->kind = kind_decode(c, object);
    if (ret->kind == TB_MUTATION_SKIPPED) {
        ret->skipped.count = tb_json_int(c, object, "count", 1, TB_VERSION_MAX);
        return;
    }
    ret->customer = tb_json_id(c, object, "customer");
    ret->cart = tb_json_id(c, object, "cart");
    ret->line = tb_json_id(c, object, "line");
    ret->visit = tb_member_opt_id(c, object, "visit");
    ret->made_ms = tb_member_time(c, object, "made_ms");
    args_decode(c, object, ret);
}

static void args_encode(struct tb_json_writer *w, const struct tb_mutation *m)
{
    switch (m->kind) {
    case TB_MUTATION_CART_ADD:
        tb_json_put_str(w, "gtin", m->add.gtin);
        tb_json_put_int(w, "quantity", m->add.quantity);
        break;
    case TB_MUTATION_CART_SET_QUANTITY:
        tb_json_put_int(w, "from", m->set_quantity.from);
        tb_json_put_int(w, "to", m->set_quantity.to);
        break;
    case TB_MUTATION_CART_REMOVE: tb_json_put_int(w, "from", m->remove.from); break;
    case TB_MUTATION_SKIPPED: tb_json_put_int(w, "count", m->skipped.count); break;
    case TB_MUTATION_NONE:
    case TB_MUTATION_KIND_COUNT: break;
    }
}

void tb_mutation_encode(struct tb_json_writer *w, const char *name, const struct tb_mutation *mutation)
{
    tb_json_open(w, name);
    tb_json_put_int(w, "seq", mutation->seq);
    tb_json_put_str(w, "kind", tb_mutation_kind_names[mutation->kind]);
    if (mutation->kind != TB_MUTATION_SKIPPED) {
        tb_json_put_id(w, "customer", &mutation->customer);
        tb_json_put_id(w, "cart", &mutation->cart);
        tb_json_put_id(w, "line", &mutation->line);
        tb_member_put_opt_id(w, "visit", &mutation->visit);
        tb_json_put_int(w, "made_ms", mutation->made_ms);
    }
    args_encode(w, mutation);
    tb_json_close(w);
}

void tb_verdict_decode(struct tb_check *c, struct tb_json object, struct tb_verdict *ret)
{
    *ret = (struct tb_verdict){.seq = tb_member_version(c, object, "seq")};
    ret->kind = (enum tb_verdict_kind)tb_json_enum(c, object, "verdict", tb_verdict_kind_names,
                                                   TB_VERDICT_KIND_COUNT);
    tb_member_opt_token(c, object, "code", ret->code, sizeof ret->code);
    ret->version = tb_member_opt_int(c, object, "version", TB_VERSION_MAX, 0);
}

void tb_verdict_encode(struct tb_json_writer *w, const char *name, const struct tb_verdict *verdict)
{
    tb_json_open(w, name);
    tb_json_put_int(w, "seq", verdict->seq);
    tb_json_put_str(w, "verdict", tb_verdict_kind_names[verdict->kind]);
    tb_member_put_opt_str(w, "code", verdict->code);
    tb_member_put_opt_int(w, "version", verdict->version);
    tb_json_close(w);
}
