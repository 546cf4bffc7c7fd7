#include "agent/app/serving.h"

#include "core/base/wipe.h"
#include "core/context/cart_view.h"
#include "host/log/log.h"

#include <stdlib.h>

void tb_serving_init(struct tb_serving *s, struct tb_cache_reader *reader, const struct tb_pending *pending,
                     const struct tb_policy *policy)
{
    const struct tb_visit_policy ends = tb_visit_policy_default();
    *s = (struct tb_serving){.reader = reader, .pending = pending, .policy = policy};
    tb_visit_init(&s->visit, &ends);
}

/* Sections of another record, copied so that they outlive the look-up. */
static void record_copy(struct tb_serving *s, const struct tb_record *record)
{
    struct tb_buf to = tb_buf_of(s->bytes, sizeof s->bytes);
    tb_wipe(s->bytes, s->byte_count);
    s->record = *record;
    for (size_t i = 0; i < TB_SECTION_COUNT; i++) {
        size_t start = to.size;
        tb_buf_add(&to, record->sections[i].bytes);
        s->record.sections[i].bytes = tb_span_sub(tb_buf_span(&to), start, SIZE_MAX);
    }
    s->byte_count = to.size;
}

static void facts_of(struct tb_serving *s, const struct tb_mutation *mutation, struct tb_product *product,
                     struct tb_cart_facts *ret_facts)
{
    *ret_facts = (struct tb_cart_facts){.at_ms = mutation->made_ms, .channel = TB_CHANNEL_TILL};
    if (mutation->kind == TB_MUTATION_CART_ADD &&
        tb_cache_find_product(s->reader, mutation->add.gtin, product) == TB_OK)
        ret_facts->product = product;
}

/* A customer has one cart: what was put into another one while this one was not known here goes into this. */
static void entry_overlay(struct tb_serving *s, const struct tb_pending_entry *entry)
{
    bool heard = entry->verdict != TB_VERDICT_NONE || entry->version != 0;
    if (heard && entry->version <= s->base.version)
        return;
    struct tb_mutation mutation = entry->mutation;
    struct tb_product product;
    struct tb_cart_facts facts;
    if (tb_id_is_zero(&s->base.id))
        s->cart_id = mutation.cart;
    mutation.cart = s->cart_id;
    facts_of(s, &mutation, &product, &facts);
    tb_cart_view_add(&s->cart, &mutation, &facts, NULL);
}

void tb_serving_overlay(struct tb_serving *s)
{
    struct tb_span packed = s->record.sections[TB_SECTION_CART].bytes;
    if (packed.size == 0 || tb_cart_unpack(packed, &s->base) != TB_OK)
        s->base = (struct tb_cart){0};
    bool known = !tb_id_is_zero(&s->base.id);
    if (known)
        s->cart_id = s->base.id;
    tb_cart_view_begin(&s->cart, known ? &s->base : NULL, s->visit.began_wall_ms);
    size_t index = 0;
    const struct tb_pending_entry *entry;
    while ((entry = tb_pending_next(s->pending, &s->record.customer, &index)))
        entry_overlay(s, entry);
}

void tb_serving_show(struct tb_serving *s, const struct tb_record *record, const struct tb_rng *rng)
{
    record_copy(s, record);
    s->cart_id = tb_id_random(rng);
    tb_serving_overlay(s);
}

enum tb_err tb_serving_refresh(struct tb_serving *s)
{
    struct tb_record record;
    enum tb_err err = tb_cache_find_customer(s->reader, &s->visit.start.customer, &record);
    if (err != TB_OK)
        return err;
    record_copy(s, &record);
    tb_cache_reader_wipe(s->reader);
    tb_serving_overlay(s);
    return TB_OK;
}

void tb_serving_rename(struct tb_serving *s, const struct tb_pepper *pepper)
{
    if (!s->visit.open || !s->visit.start.known)
        return;
    s->visit.start.customer = tb_pepper_customer(pepper, &s->record.customer);
    s->cache_number = TB_SERVING_NO_FILE;
}

void tb_serving_clear(struct tb_serving *s)
{
    tb_wipe(s->bytes, s->byte_count);
    tb_wipe(&s->record, sizeof s->record);
    tb_wipe(&s->cart, sizeof s->cart);
    tb_wipe(&s->cart_id, sizeof s->cart_id);
    tb_wipe(&s->checkout, sizeof s->checkout);
    tb_wipe(&s->base, sizeof s->base);
    s->byte_count = 0;
}

bool tb_serving_is(const struct tb_serving *s, const struct tb_id *customer)
{
    return s->visit.open && s->visit.start.known && tb_id_equal(&s->record.customer, customer);
}

bool tb_serving_opens(const struct tb_serving *s, enum tb_benefit benefit)
{
    return tb_benefit_is_open(s->policy, benefit, s->visit.start.assurance);
}

/* Benefits that are not open, so that a page can say why something is not there. */
static void put_hidden(struct tb_json_writer *w, const struct tb_serving *s)
{
    tb_json_open_array(w, "hidden");
    for (unsigned i = 0; i < TB_BENEFIT_COUNT; i++)
        if (!tb_serving_opens(s, (enum tb_benefit)i))
            tb_json_put_str(w, NULL, tb_benefit_names[i]);
    tb_json_close_array(w);
}

/* Without memory to take the profile apart nothing of it is shown. */
static void put_view(struct tb_json_writer *w, const struct tb_serving *s)
{
    const struct tb_view_parts view = tb_record_view(&s->record);
    const struct tb_view_open open = {.tier = tb_serving_opens(s, TB_BENEFIT_SHOW_TIER),
                                      .name = tb_serving_opens(s, TB_BENEFIT_SHOW_NAME)};
    bool whole = open.tier && open.name;
    void *block = whole ? NULL : malloc(TB_VIEW_ARENA_SIZE);
    struct tb_arena arena = tb_arena_of(block, block ? TB_VIEW_ARENA_SIZE : 0);
    enum tb_err err = tb_view_put_open(w, "view", &view, &open, &arena);
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("visit", "view_left_out"), tb_log_err(err));
    if (block)
        tb_wipe(block, TB_VIEW_ARENA_SIZE);
    free(block);
}

void tb_serving_put_visit(struct tb_json_writer *w, const struct tb_serving *s, const char *reader_name)
{
    const struct tb_visit *visit = &s->visit;
    tb_json_open(w, "visit");
    tb_json_put_id(w, "id", &visit->id);
    tb_json_put_int(w, "began_ms", visit->began_wall_ms);
    tb_json_put_str(w, "source", tb_visit_source_name(visit->start.source));
    tb_json_put_str(w, "credential_kind", tb_credential_kind_name(visit->start.credential_kind));
    tb_json_put_str(w, "assurance", tb_assurance_name(visit->start.assurance));
    put_hidden(w, s);
    tb_json_put_str(w, "reader", reader_name);
    tb_json_close(w);
    put_view(w, s);
    tb_serving_put_cart(w, s);
}

void tb_serving_put_no_visit(struct tb_json_writer *w, enum tb_visit_reason reason)
{
    tb_json_put_null(w, "visit");
    tb_json_put_str(w, "reason", tb_visit_reason_name(reason));
}

void tb_serving_put_cart(struct tb_json_writer *w, const struct tb_serving *s)
{
    if (tb_serving_opens(s, TB_BENEFIT_SHOW_CART))
        tb_view_put_cart(w, "cart", &s->cart, &s->checkout);
    else
        tb_json_put_null(w, "cart");
}
