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

void tb_view_render_profile(struct tb_buf *to, const struct tb_customer *customer)
{
    struct tb_json_writer w = tb_json_writer_of(to);
    put_person(&w, customer);
    tb_json_put_str(&w, "tier", customer->tier);
    tb_json_put_int(&w, "points", customer->points);
    tb_texts_encode(&w, "benefits", &customer->benefits);
    tb_texts_encode(&w, "open", &customer->open);
    tb_texts_encode(&w, "do_not_ask", &customer->do_not_ask);
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

enum tb_err tb_view_parse_profile(struct tb_span profile, struct tb_arena *arena, struct tb_json *ret_object)
{
    uint8_t *text = tb_arena_take(arena, profile.size + 2);
    if (text == NULL)
        return TB_ERR_NO_MEMORY;
    text[0] = '{';
    memcpy(text + 1, profile.at, profile.size);
    text[profile.size + 1] = '}';
    return tb_json_parse(tb_span_of(text, profile.size + 2), TB_VIEW_PART_SIZE_MAX + 2, arena, ret_object);
}

static void put_member(struct tb_json_writer *w, struct tb_json object, const char *name)
{
    struct tb_span raw = tb_json_raw(object, name);
    if (raw.size)
        tb_json_put_raw(w, name, raw);
}

/* By her name alone, or without it. */
static void put_named(struct tb_json_writer *w, struct tb_json profile, bool name)
{
    struct tb_json customer = tb_json_member(profile, "customer");
    tb_json_open(w, "customer");
    if (name)
        put_member(w, customer, "name");
    else
        tb_json_put_str(w, "name", "");
    put_member(w, customer, "language");
    tb_json_close(w);
}

static void put_shopper(struct tb_json_writer *w, struct tb_json profile, const struct tb_view_open *open)
{
    put_named(w, profile, open->name);
    if (!open->tier)
        return;
    put_member(w, profile, "tier");
    put_member(w, profile, "points");
}

static void put_opened(struct tb_json_writer *w, struct tb_json profile, const struct tb_view_open *open)
{
    if (open->name)
        put_member(w, profile, "customer");
    else
        put_named(w, profile, false);
    if (open->tier) {
        put_member(w, profile, "tier");
        put_member(w, profile, "points");
        put_member(w, profile, "benefits");
    }
    if (open->name) {
        put_member(w, profile, "open");
        put_member(w, profile, "do_not_ask");
    }
}

enum tb_err tb_view_put_open(struct tb_json_writer *w, const char *name, const struct tb_view_parts *parts,
                             const struct tb_view_open *open, struct tb_arena *arena)
{
    struct tb_json profile;
    const bool shopper = open->audience == TB_AUDIENCE_SHOPPER;
    if (open->name && open->tier && !shopper) {
        tb_view_put(w, name, parts);
        return TB_OK;
    }
    enum tb_err err = parts->profile.size ? tb_view_parse_profile(parts->profile, arena, &profile) : TB_OK;
    const bool journey = open->name && !shopper;
    tb_json_open(w, name);
    if (shopper)
        tb_json_put_str(w, "audience", "shopper");
    if (err == TB_OK && parts->profile.size)
        (shopper ? put_shopper : put_opened)(w, profile, open);
    if (journey && parts->journey.size)
        tb_json_put_raw(w, "journey", parts->journey);
    put_as_of(w, parts, journey);
    tb_json_close(w);
    return err;
}

void tb_view_put(struct tb_json_writer *w, const char *name, const struct tb_view_parts *parts)
{
    tb_json_open(w, name);
    if (parts->profile.size)
        tb_json_put_raw(w, NULL, parts->profile);
    if (parts->journey.size)
        tb_json_put_raw(w, "journey", parts->journey);
    put_as_of(w, parts, true);
    tb_json_close(w);
}
