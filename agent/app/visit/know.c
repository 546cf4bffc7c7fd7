#include "agent/app/visit/know.h"

#include "agent/app/agent.h"
#include "agent/app/pages/shopping.h"
#include "core/base/assert.h"
#include "core/base/wipe.h"
#include "host/log/log.h"

#include <stdlib.h>

static const char from_store[] = "store"; /* the context store said so */
static const char from_here[] = "here";   /* this terminal saw it */

struct fact {
    const char *name;
    int64_t as_of_ms;
    const char *source;
};

static void fact_open(struct tb_json_writer *w, const struct fact *fact)
{
    tb_json_open(w, NULL);
    tb_json_put_str(w, "fact", fact->name);
    if (fact->as_of_ms)
        tb_json_put_int(w, "as_of", fact->as_of_ms);
    tb_json_put_str(w, "source", fact->source);
}

static void put_str(struct tb_json_writer *w, const struct fact *fact, const char *value)
{
    fact_open(w, fact);
    tb_json_put_str(w, "value", value);
    tb_json_close(w);
}

static void put_int(struct tb_json_writer *w, const struct fact *fact, int64_t value)
{
    fact_open(w, fact);
    tb_json_put_int(w, "value", value);
    tb_json_close(w);
}

static void put_raw(struct tb_json_writer *w, const struct fact *fact, struct tb_span value)
{
    if (value.size == 0)
        return;
    fact_open(w, fact);
    tb_json_put_raw(w, "value", value);
    tb_json_close(w);
}

static void group_open(struct tb_json_writer *w, const char *name)
{
    tb_json_open(w, NULL);
    tb_json_put_str(w, "group", name);
    tb_json_open_array(w, "facts");
}

static void group_close(struct tb_json_writer *w)
{
    tb_json_close_array(w);
    tb_json_close(w);
}

/* ---- what the context store told ---- */

static void put_members(struct tb_json_writer *w, struct tb_json object, const char *const *names,
                        int64_t as_of_ms)
{
    for (; *names; names++)
        put_raw(w, &(struct fact){*names, as_of_ms, from_store}, tb_json_raw(object, *names));
}

static void put_texts(struct tb_json_writer *w, struct tb_json profile, const char *list, const char *fact,
                      int64_t as_of_ms)
{
    struct tb_json_each each = tb_json_first(tb_json_member(profile, list));
    for (; tb_json_exists(each.value); tb_json_next(&each))
        put_raw(w, &(struct fact){fact, as_of_ms, from_store}, tb_json_raw(each.value, "text"));
}

static int64_t time_of(struct tb_json object)
{
    struct tb_check check = {0};
    const int64_t at_ms = tb_json_int(&check, object, "at_ms", 0, TB_TIME_MS_MAX);
    return check.err == TB_OK ? at_ms : 0;
}

/* Of each the text, and when it was written; by whom is the clerk's. */
static void put_notes(struct tb_json_writer *w, struct tb_json notes)
{
    for (struct tb_json_each each = tb_json_first(notes); tb_json_exists(each.value); tb_json_next(&each))
        put_raw(w, &(struct fact){"note", time_of(each.value), from_store}, tb_json_raw(each.value, "text"));
}

static void put_profile(struct tb_json_writer *w, const struct tb_serving *s, struct tb_json profile)
{
    static const char *const person[] = {"name", "salutation", "since", "language", NULL};
    static const char *const standing[] = {"tier", "points", NULL};
    const int64_t as_of_ms = s->record.sections[TB_SECTION_PROFILE].as_of_ms;
    const bool name = tb_serving_opens(s, TB_BENEFIT_SHOW_NAME);
    group_open(w, "profile");
    if (name)
        put_members(w, tb_json_member(profile, "customer"), person, as_of_ms);
    if (tb_serving_opens(s, TB_BENEFIT_SHOW_TIER)) {
        put_members(w, profile, standing, as_of_ms);
        put_texts(w, profile, "benefits", "benefit", as_of_ms);
    }
    if (name) {
        put_texts(w, profile, "open", "open", as_of_ms);
        put_texts(w, profile, "do_not_ask", "do_not_ask", as_of_ms);
        put_notes(w, tb_json_member(profile, "notes"));
    }
    group_close(w);
}

static void put_touchpoint(struct tb_json_writer *w, struct tb_json event)
{
    struct tb_span channel = tb_json_raw(event, "channel");
    fact_open(w, &(struct fact){"touchpoint", time_of(event), from_store});
    tb_json_put_raw(w, "value", tb_json_raw(event, "what"));
    if (channel.size)
        tb_json_put_raw(w, "channel", channel);
    tb_json_close(w);
}

static void put_journey(struct tb_json_writer *w, const struct tb_serving *s, struct tb_json journey)
{
    if (!tb_serving_opens(s, TB_BENEFIT_SHOW_NAME) || tb_json_count(journey) == 0)
        return;
    group_open(w, "journey");
    for (struct tb_json_each each = tb_json_first(journey); tb_json_exists(each.value); tb_json_next(&each))
        if (tb_json_has(each.value, "what"))
            put_touchpoint(w, each.value);
    group_close(w);
}

/* ---- what is here ---- */

static void put_cart(struct tb_json_writer *w, const struct tb_serving *s)
{
    const struct tb_cart *cart = &s->cart.cart;
    if (!tb_serving_opens(s, TB_BENEFIT_SHOW_CART) || cart->line_count == 0)
        return;
    group_open(w, "cart");
    for (size_t i = 0; i < cart->line_count; i++) {
        const struct tb_cart_line *line = &cart->lines[i];
        const bool pending = tb_cart_view_is_pending(&s->cart, line);
        fact_open(w, &(struct fact){"cart_line", line->added_ms, pending ? from_here : from_store});
        tb_json_put_str(w, "value", line->name[0] ? line->name : line->gtin);
        tb_json_put_int(w, "quantity", line->quantity);
        tb_json_close(w);
    }
    group_close(w);
}

static void put_credentials(struct tb_json_writer *w, const struct tb_serving *s)
{
    const struct tb_record *record = &s->record;
    int64_t count = 0;
    for (size_t i = 0; i < record->credential_count; i++)
        count += !record->credentials[i].gone;
    group_open(w, "credentials");
    put_int(w, &(struct fact){"credentials", 0, from_store}, count);
    group_close(w);
}

/* What she showed or, where she showed nothing, how she was found. */
static void put_presented(struct tb_json_writer *w, const struct tb_visit *visit)
{
    const struct tb_visit_start *start = &visit->start;
    const int64_t began_ms = visit->began_wall_ms;
    if (start->credential_kind != TB_CREDENTIAL_NONE)
        put_str(w, &(struct fact){"credential_kind", began_ms, from_here},
                tb_credential_kind_name(start->credential_kind));
    else
        put_str(w, &(struct fact){"found_by", began_ms, from_here}, tb_visit_source_name(start->source));
}

static void put_visit(struct tb_json_writer *w, const struct tb_serving *s)
{
    const struct tb_visit *visit = &s->visit;
    const int64_t began_ms = visit->began_wall_ms;
    group_open(w, "visit");
    put_int(w, &(struct fact){"began_ms", began_ms, from_here}, began_ms);
    put_presented(w, visit);
    put_str(w, &(struct fact){"assurance", began_ms, from_here}, tb_assurance_name(visit->start.assurance));
    if (s->cart.pending_count)
        put_int(w, &(struct fact){"unsent", 0, from_here}, s->cart.pending_count);
    group_close(w);
}

static enum tb_err put_viewed(struct tb_json_writer *w, const struct tb_serving *s,
                              struct tb_cache_reader *products, struct tb_arena *arena)
{
    struct tb_viewed viewed[TB_VIEWED_COUNT_MAX];
    uint8_t count = 0;
    enum tb_err err = tb_view_viewed(s->record.sections[TB_SECTION_PROFILE].bytes, arena, viewed, &count);
    if (err != TB_OK || count == 0 || !tb_serving_opens(s, TB_BENEFIT_SHOW_NAME))
        return err;
    group_open(w, "viewed");
    for (size_t i = 0; i < count; i++) {
        struct tb_product product;
        bool named =
            products && tb_cache_find_product(products, viewed[i].gtin, &product) == TB_OK && product.name[0];
        put_str(w, &(struct fact){"viewed", viewed[i].at_ms, from_store},
                named ? product.name : viewed[i].gtin);
    }
    group_close(w);
    return TB_OK;
}

/* What she agreed to or refused; nothing of it is in what is shown elsewhere. */
static enum tb_err put_consents(struct tb_json_writer *w, const struct tb_serving *s, struct tb_arena *arena)
{
    const struct tb_record_section *profile = &s->record.sections[TB_SECTION_PROFILE];
    struct tb_json list;
    enum tb_err err = tb_view_consents(profile->bytes, arena, &list);
    if (err != TB_OK || !tb_serving_opens(s, TB_BENEFIT_SHOW_NAME))
        return err == TB_ERR_MISSING ? TB_OK : err;
    group_open(w, "consents");
    for (struct tb_json_each each = tb_json_first(list); tb_json_exists(each.value); tb_json_next(&each)) {
        if (!tb_json_has(each.value, "id") || !tb_json_has(each.value, "granted"))
            continue;
        fact_open(w, &(struct fact){"consent", profile->as_of_ms, from_store});
        tb_json_put_raw(w, "value", tb_json_raw(each.value, "id"));
        tb_json_put_raw(w, "granted", tb_json_raw(each.value, "granted"));
        tb_json_close(w);
    }
    group_close(w);
    return TB_OK;
}

static enum tb_err put_facts_of_profile(struct tb_json_writer *w, const struct tb_serving *s,
                                        struct tb_cache_reader *products, struct tb_arena *arena)
{
    const struct tb_span profile = s->record.sections[TB_SECTION_PROFILE].bytes;
    struct tb_json parsed;
    if (profile.size == 0)
        return TB_OK;
    enum tb_err err = tb_view_parse_profile(profile, arena, &parsed);
    if (err == TB_OK)
        put_profile(w, s, parsed);
    tb_arena_release(arena, 0);
    enum tb_err consents_err = put_consents(w, s, arena);
    tb_arena_release(arena, 0);
    enum tb_err viewed_err = put_viewed(w, s, products, arena);
    tb_arena_release(arena, 0);
    if (err == TB_OK)
        err = consents_err;
    return err != TB_OK ? err : viewed_err;
}

static enum tb_err put_facts_of_journey(struct tb_json_writer *w, const struct tb_serving *s,
                                        struct tb_arena *arena)
{
    const struct tb_span journey = s->record.sections[TB_SECTION_JOURNEY].bytes;
    struct tb_json parsed;
    if (journey.size == 0)
        return TB_OK;
    enum tb_err err = tb_json_parse(journey, TB_VIEW_PART_SIZE_MAX, arena, &parsed);
    if (err == TB_OK)
        put_journey(w, s, parsed);
    tb_arena_release(arena, 0);
    return err;
}

/* What cannot be read is left out; the first fault is returned. */
static enum tb_err put_told(struct tb_json_writer *w, const struct tb_serving *s,
                            struct tb_cache_reader *products, struct tb_arena *arena)
{
    enum tb_err err = put_facts_of_profile(w, s, products, arena);
    enum tb_err journey_err = put_facts_of_journey(w, s, arena);
    return err != TB_OK ? err : journey_err;
}

enum tb_err tb_know_put(struct tb_json_writer *w, const struct tb_serving *s,
                        struct tb_cache_reader *products)
{
    void *block = malloc(TB_VIEW_ARENA_SIZE);
    struct tb_arena arena = tb_arena_of(block, block ? TB_VIEW_ARENA_SIZE : 0);
    tb_json_open_array(w, "groups");
    enum tb_err err = block ? put_told(w, s, products, &arena) : TB_ERR_NO_MEMORY;
    put_cart(w, s);
    put_credentials(w, s);
    put_visit(w, s);
    tb_json_close_array(w);
    tb_serving_put_hidden(w, s);
    if (block)
        tb_wipe(block, TB_VIEW_ARENA_SIZE);
    free(block);
    return err;
}

void tb_know_request(struct tb_request *r)
{
    struct tb_agent *agent = r->agent;
    if (!tb_shopping_visit(r))
        return;
    if (!agent->serving.visit.start.known) {
        tb_request_refuse(r, TB_ERR_NOT_FOUND, "Nobody was recognised.");
        return;
    }
    enum tb_err err =
        tb_audit(TB_EVENT("visit", "known_shown"), tb_log_id("visit", &agent->serving.visit.id));
    if (err != TB_OK) {
        tb_request_refuse(r, err, "The look at what is known could not be recorded.");
        return;
    }
    tb_visit_activity(&agent->serving.visit, tb_loop_now_ms(agent->loop));
    tb_agent_rearm(agent);
    struct tb_json_writer w = tb_request_answer_begin(r);
    err = tb_know_put(&w, &agent->serving, &agent->storage.reader);
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("know", "left_out"), tb_log_err(err));
    tb_request_answer_end(r, &w);
}
