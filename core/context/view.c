#include "core/context/view.h"

static void put_person(struct tb_json_writer *w, const struct tb_customer *customer)
{
    tb_json_open(w, "customer");
    tb_json_put_str(w, "name", customer->name);
    if (customer->salutation[0])
        tb_json_put_str(w, "salutation", customer->salutation);
    if (customer->since[0])
        tb_json_put_str(w, "since", customer->since);
    tb_json_put_str(w, "language", customer->language);
    tb_json_close(w);
}

static void put_notes(struct tb_json_writer *w, const struct tb_customer *customer)
{
    if (customer->note_count == 0)
        return;
    tb_json_open_array(w, "notes");
    for (size_t i = 0; i < customer->note_count; i++) {
        const struct tb_staff_note *note = &customer->notes[i];
        tb_json_open(w, NULL);
        tb_json_put_id(w, "id", &note->id);
        tb_json_put_int(w, "at_ms", note->at_ms);
        if (note->by[0])
            tb_json_put_str(w, "by", note->by);
        tb_json_put_str(w, "text", note->text);
        tb_json_close(w);
    }
    tb_json_close_array(w);
}

/* Whoever refused is not shown what she looked at, whatever the row says. */
static bool viewed_is_shown(const struct tb_customer *customer)
{
    for (size_t i = 0; i < customer->consent_count; i++)
        if (strcmp(customer->consents[i].id, "profiling") == 0 && !customer->consents[i].granted)
            return false;
    return customer->viewed_count > 0;
}

static void viewed_render(struct tb_buf *to, const struct tb_customer *customer)
{
    struct tb_json_writer w = tb_json_writer_of(to);
    tb_json_open_array(&w, NULL);
    for (size_t i = 0; i < customer->viewed_count; i++) {
        tb_json_open(&w, NULL);
        tb_json_put_str(&w, "gtin", customer->viewed[i].gtin);
        tb_json_put_int(&w, "at_ms", customer->viewed[i].at_ms);
        tb_json_close(&w);
    }
    tb_json_close_array(&w);
}

static void consents_render(struct tb_buf *to, const struct tb_customer *customer)
{
    struct tb_json_writer w = tb_json_writer_of(to);
    tb_json_open_array(&w, NULL);
    for (size_t i = 0; i < customer->consent_count; i++) {
        tb_json_open(&w, NULL);
        tb_json_put_str(&w, "id", customer->consents[i].id);
        tb_json_put_bool(&w, "granted", customer->consents[i].granted);
        tb_json_close(&w);
    }
    tb_json_close_array(&w);
}

void tb_view_render_profile(struct tb_buf *to, const struct tb_customer *customer)
{
    struct tb_json_writer w = tb_json_writer_of(to);
    put_person(&w, customer);
    tb_json_put_str(&w, "tier", customer->tier);
    tb_json_put_int(&w, "points", customer->points);
    tb_texts_encode(&w, "benefits", &customer->benefits);
    tb_texts_encode(&w, "open", &customer->open);
    tb_texts_encode(&w, "do_not_ask", &customer->do_not_ask);
    put_notes(&w, customer);
    if (viewed_is_shown(customer) || customer->consent_count)
        tb_buf_add_u8(to, 0);
    if (viewed_is_shown(customer))
        viewed_render(to, customer);
    if (customer->consent_count) {
        tb_buf_add_u8(to, 0);
        consents_render(to, customer);
    }
}

/* JSON has no 00 in it: takes the bytes before the first one, and the rest without it. */
static struct tb_span part_take(struct tb_span *rest)
{
    const struct tb_span all = *rest;
    const uint8_t *end = all.size ? memchr(all.at, 0, all.size) : NULL;
    const size_t size = end ? (size_t)(end - all.at) : all.size;
    *rest = tb_span_sub(all, end ? size + 1 : size, SIZE_MAX);
    return tb_span_sub(all, 0, size);
}

struct tb_span tb_view_shown(struct tb_span profile)
{
    return part_take(&profile);
}

void tb_view_render_journey(struct tb_buf *to, const struct tb_journey *journey)
{
    struct tb_json_writer w = tb_json_writer_of(to);
    tb_json_open_array(&w, NULL);
    for (size_t i = 0; i < journey->event_count; i++) {
        const struct tb_journey_event *event = &journey->events[i];
        tb_json_open(&w, NULL);
        tb_json_put_int(&w, "at_ms", event->at_ms);
        tb_json_put_str(&w, "channel", tb_channel_names[event->channel]);
        tb_json_put_str(&w, "what", event->what);
        tb_json_close(&w);
    }
    tb_json_close_array(&w);
}

static void put_as_of(struct tb_json_writer *w, const struct tb_view_parts *parts, bool journey)
{
    tb_json_open(w, "as_of");
    if (parts->profile.size)
        tb_json_put_int(w, "profile_ms", parts->profile_as_of_ms);
    if (journey && parts->journey.size)
        tb_json_put_int(w, "journey_ms", parts->journey_as_of_ms);
    tb_json_close(w);
}

enum tb_err tb_view_parse_profile(struct tb_span rendered, struct tb_arena *arena, struct tb_json *ret_object)
{
    const struct tb_span profile = tb_view_shown(rendered);
    uint8_t *text = tb_arena_take(arena, profile.size + 2);
    if (text == NULL)
        return TB_ERR_NO_MEMORY;
    text[0] = '{';
    memcpy(text + 1, profile.at, profile.size);
    text[profile.size + 1] = '}';
    return tb_json_parse(tb_span_of(text, profile.size + 2), TB_VIEW_PART_SIZE_MAX + 2, arena, ret_object);
}

enum tb_err tb_view_name(struct tb_span profile, struct tb_arena *arena, char ret_name[TB_NAME_SIZE_MAX + 1])
{
    struct tb_json object;
    struct tb_check check = {0};
    ret_name[0] = '\0';
    check.err = tb_view_parse_profile(profile, arena, &object);
    if (check.err == TB_OK)
        tb_json_str(&check, tb_json_member(object, "customer"), "name", ret_name, TB_NAME_SIZE_MAX + 1);
    return check.err;
}

enum tb_err tb_view_viewed(struct tb_span profile, struct tb_arena *arena,
                           struct tb_viewed ret_viewed[TB_VIEWED_COUNT_MAX], uint8_t *ret_count)
{
    struct tb_check check = {0};
    struct tb_json list;
    *ret_count = 0;
    (void)part_take(&profile);
    const struct tb_span viewed_part = part_take(&profile);
    if (viewed_part.size == 0)
        return TB_OK;
    check.err = tb_json_parse(viewed_part, TB_VIEW_PART_SIZE_MAX, arena, &list);
    if (check.err != TB_OK)
        return check.err;
    for (struct tb_json_each e = tb_json_first(list);
         check.err == TB_OK && tb_json_exists(e.value) && *ret_count < TB_VIEWED_COUNT_MAX;
         tb_json_next(&e)) {
        struct tb_viewed *viewed = &ret_viewed[(*ret_count)++];
        tb_json_str(&check, e.value, "gtin", viewed->gtin, sizeof viewed->gtin);
        viewed->at_ms = tb_json_int(&check, e.value, "at_ms", 0, TB_TIME_MS_MAX);
    }
    return check.err;
}

enum tb_err tb_view_consents(struct tb_span profile, struct tb_arena *arena, struct tb_json *ret_list)
{
    (void)part_take(&profile);
    (void)part_take(&profile);
    return profile.size ? tb_json_parse(profile, TB_VIEW_PART_SIZE_MAX, arena, ret_list) : TB_ERR_MISSING;
}

void tb_view_put_suggestion(struct tb_json_writer *w, const struct tb_product *product, int64_t seen_ms)
{
    tb_json_open(w, NULL);
    tb_json_put_str(w, "gtin", product->gtin);
    tb_json_put_str(w, "name", product->name);
    tb_json_put_int(w, "unit_price", product->unit_price);
    tb_json_put_str(w, "currency", product->currency);
    tb_json_put_str(w, "stock", tb_stock_names[product->stock]);
    tb_json_put_int(w, "price_as_of", product->price_as_of_ms);
    tb_json_put_int(w, "seen_ms", seen_ms);
    tb_json_close(w);
}

static void put_member(struct tb_json_writer *w, struct tb_json object, const char *name)
{
    struct tb_span raw = tb_json_raw(object, name);
    if (raw.size)
        tb_json_put_raw(w, name, raw);
}

/* By her name alone, or without it; the salutation is for who speaks to her. */
static void put_named(struct tb_json_writer *w, struct tb_json profile, bool name, bool salutation)
{
    struct tb_json customer = tb_json_member(profile, "customer");
    tb_json_open(w, "customer");
    if (name)
        put_member(w, customer, "name");
    else
        tb_json_put_str(w, "name", "");
    if (name && salutation)
        put_member(w, customer, "salutation");
    put_member(w, customer, "language");
    tb_json_close(w);
}

static void put_profile(struct tb_json_writer *w, struct tb_json profile, const struct tb_view_open *open)
{
    const bool clerk = open->audience == TB_AUDIENCE_CLERK;
    if (open->name && clerk)
        put_member(w, profile, "customer");
    else
        put_named(w, profile, open->name, open->audience == TB_AUDIENCE_POS);
    if (open->tier) {
        put_member(w, profile, "tier");
        put_member(w, profile, "points");
        if (open->audience != TB_AUDIENCE_SHOPPER)
            put_member(w, profile, "benefits");
    }
    if (open->name && clerk) {
        put_member(w, profile, "open");
        put_member(w, profile, "do_not_ask");
        put_member(w, profile, "notes");
    }
}

static void put_lists(struct tb_json_writer *w, const struct tb_view_parts *parts)
{
    if (parts->journey.size)
        tb_json_put_raw(w, "journey", parts->journey);
    if (parts->suggestions.size)
        tb_json_put_raw(w, "suggestions", parts->suggestions);
}

enum tb_err tb_view_put_open(struct tb_json_writer *w, const char *name, const struct tb_view_parts *parts,
                             const struct tb_view_open *open, struct tb_arena *arena)
{
    struct tb_json profile;
    const bool clerk = open->audience == TB_AUDIENCE_CLERK;
    if (open->name && open->tier && clerk) {
        tb_view_put(w, name, parts);
        return TB_OK;
    }
    enum tb_err err = parts->profile.size ? tb_view_parse_profile(parts->profile, arena, &profile) : TB_OK;
    const bool journey = open->name && clerk;
    tb_json_open(w, name);
    if (open->audience == TB_AUDIENCE_SHOPPER)
        tb_json_put_str(w, "audience", "shopper");
    if (err == TB_OK && parts->profile.size)
        put_profile(w, profile, open);
    if (journey)
        put_lists(w, parts);
    put_as_of(w, parts, journey);
    tb_json_close(w);
    return err;
}

void tb_view_put(struct tb_json_writer *w, const char *name, const struct tb_view_parts *parts)
{
    tb_json_open(w, name);
    if (parts->profile.size)
        tb_json_put_raw(w, NULL, parts->profile);
    put_lists(w, parts);
    put_as_of(w, parts, true);
    tb_json_close(w);
}
