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

void tb_view_render_profile(struct tb_buf *to, enum tb_audience audience, const struct tb_customer *customer)
{
    struct tb_json_writer w = tb_json_writer_of(to);
    switch (audience) {
    case TB_AUDIENCE_CLERK:
        put_person(&w, customer);
        tb_json_put_str(&w, "tier", customer->tier);
        tb_json_put_int(&w, "points", customer->points);
        tb_texts_encode(&w, "benefits", &customer->benefits);
        tb_texts_encode(&w, "open", &customer->open);
        tb_texts_encode(&w, "do_not_ask", &customer->do_not_ask);
        break;
    }
}

void tb_view_render_journey(struct tb_buf *to, enum tb_audience audience, const struct tb_journey *journey)
{
    struct tb_json_writer w = tb_json_writer_of(to);
    switch (audience) {
    case TB_AUDIENCE_CLERK:
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
        break;
    }
}

void tb_view_put(struct tb_json_writer *w, const char *name, const struct tb_view_parts *parts)
{
    tb_json_open(w, name);
    if (parts->profile.size)
        tb_json_put_raw(w, NULL, parts->profile);
    if (parts->journey.size)
        tb_json_put_raw(w, "journey", parts->journey);
    tb_json_open(w, "as_of");
    if (parts->profile.size)
        tb_json_put_int(w, "profile_ms", parts->profile_as_of_ms);
    if (parts->journey.size)
        tb_json_put_int(w, "journey_ms", parts->journey_as_of_ms);
    tb_json_close(w);
    tb_json_close(w);
}
