#include "agent/app/visit/serving.h"

#include "core/base/wipe.h"
#include "core/context/cart_view.h"
#include "host/log/log.h"

#include <stdlib.h>

void tb_serving_init(struct tb_serving *s, struct tb_cache_reader *reader, const struct tb_pending *pending,
                     const struct tb_policy *policy)
{
    const struct tb_visit_policy ends = tb_visit_policy_default();
    *s = (struct tb_serving){
        .reader = reader, .pending = pending, .policy = policy, .channel = TB_CHANNEL_TILL};
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
    *ret_facts = (struct tb_cart_facts){.at_ms = mutation->made_ms, .channel = s->channel};
    if (mutation->kind == TB_MUTATION_CART_ADD &&
        tb_cache_find_product(s->reader, mutation->add.gtin, product) == TB_OK)
        ret_facts->product = product;
}

/* One of the carts of the visit. */
struct sheet {
    struct tb_pending_whose whose;
    struct tb_id *cart_id;
    const struct tb_cart *base;
    struct tb_cart_view *view;
};

/* A join that waits and is taken back behind it, too, comes to nothing. */
static bool is_taken_back(const struct tb_pending *pending, const struct sheet *sheet,
                          const struct tb_mutation *join, size_t index)
{
    const struct tb_pending_entry *entry;
    while (join->kind == TB_MUTATION_CART_MERGE && (entry = tb_pending_next(pending, &sheet->whose, &index)))
        if (entry->mutation.kind == TB_MUTATION_CART_MERGE && entry->mutation.merge.undo &&
            tb_id_equal(&entry->mutation.merge.from, &join->merge.from))
            return true;
    return false;
}

static const struct tb_cart *joined_cart(const struct tb_serving *s, const struct tb_mutation *m)
{
    bool known = m->kind == TB_MUTATION_CART_MERGE && !tb_id_is_zero(&s->guest.cart_id) &&
                 tb_id_equal(&m->merge.from, &s->guest.cart_id);
    return known ? &s->guest.cart.cart : NULL;
}

/* A customer has one cart: what was put into another one while this one was not known here goes into this. */
static void entry_overlay(struct tb_serving *s, const struct sheet *sheet,
                          const struct tb_pending_entry *entry, size_t next)
{
    bool heard = entry->verdict != TB_VERDICT_NONE || entry->version != 0;
    if (entry->again || (heard && entry->version <= sheet->base->version) ||
        is_taken_back(s->pending, sheet, &entry->mutation, next))
        return;
    struct tb_mutation mutation = entry->mutation;
    struct tb_product product;
    struct tb_cart_facts facts;
    if (tb_id_is_zero(&sheet->base->id))
        *sheet->cart_id = mutation.cart;
    mutation.cart = *sheet->cart_id;
    facts_of(s, &mutation, &product, &facts);
    tb_cart_view_add(sheet->view, &mutation, &facts, joined_cart(s, &entry->mutation));
}

static void sheet_overlay(struct tb_serving *s, const struct sheet *sheet)
{
    bool known = !tb_id_is_zero(&sheet->base->id);
    if (known)
        *sheet->cart_id = sheet->base->id;
    tb_cart_view_begin(sheet->view, known ? sheet->base : NULL, s->visit.began_wall_ms);
    size_t index = 0;
    const struct tb_pending_entry *entry;
    while ((entry = tb_pending_next(s->pending, &sheet->whose, &index)))
        entry_overlay(s, sheet, entry, index);
}

static void guest_overlay(struct tb_serving *s)
{
    struct tb_serving_guest *guest = &s->guest;
    const struct sheet sheet = {.whose = {.cart = guest->cart_id},
                                .cart_id = &guest->cart_id,
                                .base = &guest->base,
                                .view = &guest->cart};
    if (!tb_id_is_zero(&guest->cart_id))
        sheet_overlay(s, &sheet);
}

struct tb_pending_whose tb_serving_whose(const struct tb_serving *s)
{
    return (struct tb_pending_whose){.customer = s->record.customer, .cart = s->cart_id};
}

void tb_serving_overlay(struct tb_serving *s)
{
    struct tb_span packed = s->record.sections[TB_SECTION_CART].bytes;
    if (s->visit.start.known && (packed.size == 0 || tb_cart_unpack(packed, &s->base) != TB_OK))
        s->base = (struct tb_cart){0};
    const struct sheet sheet = {
        .whose = tb_serving_whose(s), .cart_id = &s->cart_id, .base = &s->base, .view = &s->cart};
    guest_overlay(s);
    sheet_overlay(s, &sheet);
}

/* The cart of the visit was nobody's until now. */
static void guest_set_aside(struct tb_serving *s)
{
    s->guest.cart_id = s->cart_id;
    s->guest.base = s->base;
}

static bool shows_nobody(const struct tb_serving *s)
{
    return !tb_id_is_zero(&s->cart_id) && tb_id_is_zero(&s->record.customer);
}

void tb_serving_show(struct tb_serving *s, const struct tb_record *record, const struct tb_rng *rng)
{
    if (shows_nobody(s))
        guest_set_aside(s);
    record_copy(s, record);
    s->cart_id = tb_id_random(rng);
    tb_serving_overlay(s);
}

void tb_serving_show_nobody(struct tb_serving *s, const struct tb_cart *cart, const struct tb_rng *rng)
{
    s->cart_id = cart ? cart->id : tb_id_random(rng);
    if (cart && cart->version)
        s->base = *cart;
    tb_serving_overlay(s);
}

bool tb_serving_wants_cart(const struct tb_serving *s, const struct tb_id *cart)
{
    bool own = shows_nobody(s) && tb_id_equal(cart, &s->cart_id);
    return s->visit.open && !tb_id_is_zero(cart) && (own || tb_id_equal(cart, &s->guest.cart_id));
}

void tb_serving_take_cart(struct tb_serving *s, const struct tb_cart *cart)
{
    struct tb_cart *base = tb_id_equal(&cart->id, &s->guest.cart_id) ? &s->guest.base : &s->base;
    if (tb_serving_wants_cart(s, &cart->id) && cart->version > base->version)
        *base = *cart;
}

void tb_serving_settle(const struct tb_serving *s, struct tb_pending *pending)
{
    const struct tb_pending_whose whose = tb_serving_whose(s);
    const struct tb_pending_whose guests = {.cart = s->guest.cart_id};
    tb_pending_settle(pending, &whose, s->base.version);
    if (!tb_id_is_zero(&guests.cart))
        tb_pending_settle(pending, &guests, s->guest.base.version);
}

enum tb_err tb_serving_refresh(struct tb_serving *s)
{
    struct tb_record record;
    if (!s->visit.start.known) {
        tb_serving_overlay(s);
        return TB_OK;
    }
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
    tb_wipe(&s->guest, sizeof s->guest);
    tb_wipe(s->suggestions, s->suggestions_size);
    s->suggestions_size = 0;
    s->byte_count = 0;
}

bool tb_serving_is(const struct tb_serving *s, const struct tb_id *customer)
{
    return s->visit.open && s->visit.start.known && tb_id_equal(&s->record.customer, customer);
}

bool tb_serving_is_about(const struct tb_serving *s, const struct tb_mutation *mutation)
{
    const struct tb_pending_whose whose = tb_serving_whose(s);
    return s->visit.open && !tb_id_is_zero(&whose.cart) && tb_pending_is_of(mutation, &whose);
}

bool tb_serving_suggest(struct tb_serving *s, struct tb_span suggestions)
{
    if (suggestions.size > sizeof s->suggestions ||
        tb_span_equal(suggestions, tb_span_of(s->suggestions, s->suggestions_size)))
        return false;
    tb_wipe(s->suggestions, s->suggestions_size);
    if (suggestions.size)
        memcpy(s->suggestions, suggestions.at, suggestions.size);
    s->suggestions_size = suggestions.size;
    return true;
}

/* A cart of nobody has no secrets from who stands before it. */
bool tb_serving_opens(const struct tb_serving *s, enum tb_benefit benefit)
{
    if (s->visit.open && !s->visit.start.known)
        return benefit == TB_BENEFIT_SHOW_CART;
    return tb_benefit_is_open(s->policy, benefit, s->visit.start.assurance);
}

/* Benefits that are not open, so that a page can say why something is not there. */
void tb_serving_put_hidden(struct tb_json_writer *w, const struct tb_serving *s)
{
    tb_json_open_array(w, "hidden");
    for (unsigned i = 0; i < TB_BENEFIT_COUNT; i++)
        if (!tb_serving_opens(s, (enum tb_benefit)i))
            tb_json_put_str(w, NULL, tb_benefit_names[i]);
    tb_json_close_array(w);
}

/* Without memory to take the profile apart nothing of it is shown. */
static void put_view(struct tb_json_writer *w, const struct tb_serving *s, enum tb_audience audience)
{
    struct tb_view_parts view = tb_record_view(&s->record);
    view.suggestions = tb_span_of(s->suggestions, s->suggestions_size);
    const struct tb_view_open open = {.audience = audience,
                                      .tier = tb_serving_opens(s, TB_BENEFIT_SHOW_TIER),
                                      .name = tb_serving_opens(s, TB_BENEFIT_SHOW_NAME)};
    bool whole = open.tier && open.name && audience == TB_AUDIENCE_CLERK;
    void *block = whole ? NULL : malloc(TB_VIEW_ARENA_SIZE);
    struct tb_arena arena = tb_arena_of(block, block ? TB_VIEW_ARENA_SIZE : 0);
    enum tb_err err = tb_view_put_open(w, "view", &view, &open, &arena);
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("visit", "view_left_out"), tb_log_err(err));
    if (block)
        tb_wipe(block, TB_VIEW_ARENA_SIZE);
    free(block);
}

void tb_serving_put_visit(struct tb_json_writer *w, const struct tb_serving *s, const char *reader_name,
                          enum tb_audience audience)
{
    const struct tb_visit *visit = &s->visit;
    tb_json_open(w, "visit");
    tb_json_put_id(w, "id", &visit->id);
    tb_json_put_int(w, "began_ms", visit->began_wall_ms);
    tb_json_put_str(w, "source", tb_visit_source_name(visit->start.source));
    if (!visit->start.known)
        tb_json_put_bool(w, "anonymous", true);
    tb_json_put_str(w, "credential_kind", tb_credential_kind_name(visit->start.credential_kind));
    tb_json_put_str(w, "assurance", tb_assurance_name(visit->start.assurance));
    tb_serving_put_hidden(w, s);
    tb_json_put_str(w, "reader", reader_name);
    tb_json_close(w);
    if (visit->start.known)
        put_view(w, s, audience);
    else
        tb_json_put_null(w, "view");
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
