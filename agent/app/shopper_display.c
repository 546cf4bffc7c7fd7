#include "agent/app/shopper_display.h"

#include "agent/app/agent.h"
#include "agent/words/words.h"
#include "core/base/wipe.h"
#include "core/display/money.h"
#include "host/log/log.h"

#include <stdlib.h>

enum { THANKS_MS = 4000, AGAIN_MS = 60 * 1000, TEXT_SIZE = 192 };

/* What is to be told of the customer, within what the visit's assurance opens. */
struct person {
    char name[TB_NAME_SIZE_MAX + 1];
    char language[TB_LANGUAGE_SIZE_MAX + 1];
    char tier[TB_SHORT_SIZE_MAX + 1]; /* its id; "": not shown */
    int64_t points;
    bool points_old; /* too old to be shown */
};

static struct tb_buf text_of(char *block)
{
    return tb_buf_of(block, TEXT_SIZE);
}

/* ---- who is here ---- */

static void person_decode(struct tb_json profile, struct person *person)
{
    struct tb_check check = {.err = TB_OK};
    struct tb_json customer = tb_json_object(&check, profile, "customer");
    tb_json_str(&check, customer, "name", person->name, sizeof person->name);
    tb_json_str(&check, customer, "language", person->language, sizeof person->language);
    if (tb_json_has(profile, "tier"))
        tb_json_str(&check, profile, "tier", person->tier, sizeof person->tier);
    if (tb_json_has(profile, "points"))
        person->points = tb_json_int(&check, profile, "points", -TB_MONEY_MAX, TB_MONEY_MAX);
    if (check.err != TB_OK)
        *person = (struct person){.points = 0};
}

/* Without memory to parse it nothing of it is shown. */
static void person_read(const struct tb_agent *agent, struct person *ret_person)
{
    const struct tb_serving *s = &agent->serving;
    struct tb_view_parts view = tb_record_view(&s->record);
    void *block = view.profile.size ? malloc(TB_VIEW_ARENA_SIZE) : NULL;
    struct tb_arena arena = tb_arena_of(block, block ? TB_VIEW_ARENA_SIZE : 0);
    struct tb_json profile;
    *ret_person = (struct person){.points = 0};
    if (block && tb_view_parse_profile(view.profile, &arena, &profile) == TB_OK)
        person_decode(profile, ret_person);
    ret_person->points_old =
        tb_agent_is_too_old(agent, view.profile_as_of_ms, agent->policy.max_age_show_points_ms);
    if (!tb_serving_opens(s, TB_BENEFIT_SHOW_NAME))
        ret_person->name[0] = '\0';
    if (!tb_serving_opens(s, TB_BENEFIT_SHOW_TIER))
        ret_person->tier[0] = '\0';
    if (block)
        tb_wipe(block, TB_VIEW_ARENA_SIZE);
    free(block);
}

static const char *tier_name(const struct tb_agent *agent, const char *id)
{
    for (size_t i = 0; i < agent->policy.tier_count; i++)
        if (strcmp(agent->policy.tiers[i].id, id) == 0)
            return agent->policy.tiers[i].name;
    return id;
}

/* How a store writes amounts is the store's, whatever she speaks: what the display says is what the till
 * says. */
static void money_put(const struct tb_agent *agent, struct tb_buf *to, int64_t amount)
{
    const char *store = agent->facts.terminal.language;
    tb_money_put(to, amount, agent->serving.cart.cart.currency, store[0] ? store : "en");
}

/* ---- lines ---- */

static bool words_fit(const struct tb_agent *agent, const char *words)
{
    struct tb_display_cells cells;
    return words && tb_display_compose(&cells, 0, agent->shopper_display.display.config.page,
                                       tb_span_str(words), tb_span_str(""));
}

/* The first of the languages whose letters the display has. */
static const char *language_of(const struct tb_agent *agent, const char *wanted)
{
    if (wanted[0] && words_fit(agent, tb_words_text(wanted, "display.welcome.nameless")))
        return wanted;
    const char *own = agent->facts.terminal.language;
    return own[0] && words_fit(agent, tb_words_text(own, "display.welcome.nameless")) ? own : "en";
}

static bool line_set(const struct tb_agent *agent, struct tb_display_cells *cells, unsigned line,
                     struct tb_span left, struct tb_span right)
{
    return tb_display_compose(cells, line, agent->shopper_display.display.config.page, left, right);
}

static void idle_compose(const struct tb_agent *agent, struct tb_display_cells *cells)
{
    const struct tb_policy *policy = &agent->policy;
    const char *language = language_of(agent, "");
    bool own = policy->display_idle[0][0] || policy->display_idle[1][0];
    (void)line_set(agent, cells, 0,
                   tb_span_str(own ? policy->display_idle[0] : tb_words_text(language, "display.idle")),
                   tb_span_str(""));
    (void)line_set(agent, cells, 1, tb_span_str(own ? policy->display_idle[1] : ""), tb_span_str(""));
}

static void thanks_compose(const struct tb_agent *agent, struct tb_display_cells *cells)
{
    const char *language = language_of(agent, "");
    (void)line_set(agent, cells, 0, tb_span_str(tb_words_text(language, "display.thanks")), tb_span_str(""));
    (void)line_set(agent, cells, 1, tb_span_str(""), tb_span_str(""));
}

/* A name that the display has not got all letters of is left out rather than shown wrong. */
static void welcome_compose(const struct tb_agent *agent, struct tb_display_cells *cells)
{
    struct person person;
    char block[TEXT_SIZE];
    char number[24];
    person_read(agent, &person);
    const char *language = language_of(agent, person.language);
    const struct tb_words_value name = {"name", tb_span_str(person.name)};
    struct tb_buf text = text_of(block);
    tb_words_put(&text, tb_words_text(language, "display.welcome"), (struct tb_words_values){&name, 1});
    if (!person.name[0] || !line_set(agent, cells, 0, tb_buf_span(&text), tb_span_str("")))
        (void)line_set(agent, cells, 0, tb_span_str(tb_words_text(language, "display.welcome.nameless")),
                       tb_span_str(""));

    struct tb_buf digits = tb_buf_of(number, sizeof number);
    tb_buf_add_decimal(&digits, person.points);
    const struct tb_words_value count = {"n", tb_buf_span(&digits)};
    text = text_of(block);
    if (person.tier[0] && !person.points_old)
        tb_words_put(&text, tb_words_plural(language, "display.points", person.points),
                     (struct tb_words_values){&count, 1});
    (void)line_set(agent, cells, 1, tb_span_str(person.tier[0] ? tier_name(agent, person.tier) : ""),
                   tb_buf_span(&text));
    tb_wipe(&person, sizeof person);
    tb_wipe(block, sizeof block);
}

static bool price_is_old(const struct tb_agent *agent, const struct tb_cart_line *line)
{
    return tb_agent_is_too_old(agent, line->price_as_of_ms, agent->policy.max_age_show_price_ms);
}

/* A sum is as old as the oldest of what it is made of. */
static void total_put(const struct tb_agent *agent, const char *language, struct tb_buf *to)
{
    const struct tb_cart *cart = &agent->serving.cart.cart;
    int64_t total = 0;
    bool told = tb_cart_total(cart, &total) == TB_OK;
    for (size_t i = 0; i < cart->line_count && told; i++)
        told = !price_is_old(agent, &cart->lines[i]);
    if (!told) {
        tb_buf_add_str(to, tb_words_text(language, "display.old"));
        return;
    }
    money_put(agent, to, total);
    tb_buf_add_u8(to, ' ');
    tb_buf_add_str(to, cart->currency);
}

static void cart_compose(const struct tb_agent *agent, const struct tb_cart_line *line,
                         struct tb_display_cells *cells)
{
    struct person person;
    char block[TEXT_SIZE];
    person_read(agent, &person);
    const char *language = language_of(agent, person.language);
    struct tb_buf money = text_of(block);
    if (!price_is_old(agent, line))
        money_put(agent, &money, line->quantity * line->unit_price);
    (void)line_set(agent, cells, 0, tb_span_str(line->name[0] ? line->name : line->gtin),
                   tb_buf_span(&money));
    money = text_of(block);
    total_put(agent, language, &money);
    (void)line_set(agent, cells, 1, tb_span_str(tb_words_text(language, "display.total")),
                   tb_buf_span(&money));
    tb_wipe(&person, sizeof person);
}

/* ---- what is to be seen ---- */

static int32_t seen_quantity(const struct tb_shopper_display *s, const struct tb_id *line)
{
    for (size_t i = 0; i < s->seen_count; i++)
        if (tb_id_equal(&s->seen[i].line, line))
            return s->seen[i].quantity;
    return 0;
}

/* Takes over what the cart holds; first: what it holds already is no change. */
static void cart_look(struct tb_shopper_display *s, const struct tb_cart *cart, bool first)
{
    for (size_t i = 0; i < cart->line_count && !first; i++) {
        const struct tb_cart_line *line = &cart->lines[i];
        if (line->quantity != seen_quantity(s, &line->id))
            s->line = line->id;
    }
    s->seen_count = 0;
    for (size_t i = 0; i < cart->line_count && i < TB_CART_LINE_COUNT_MAX; i++) {
        s->seen[i].line = cart->lines[i].id;
        s->seen[i].quantity = cart->lines[i].quantity;
        s->seen_count++;
    }
}

static void visit_compose(struct tb_agent *agent, struct tb_display_cells *cells)
{
    struct tb_shopper_display *s = &agent->shopper_display;
    const struct tb_serving *serving = &agent->serving;
    bool first = !tb_id_equal(&s->visit, &serving->visit.id);
    if (first)
        s->line = (struct tb_id){{0}};
    s->visit = serving->visit.id;
    s->thanks_ms = 0;
    const struct tb_cart_line *line = NULL;
    if (tb_serving_opens(serving, TB_BENEFIT_SHOW_CART)) {
        cart_look(s, &serving->cart.cart, first);
        line = tb_cart_find(&serving->cart.cart, &s->line);
    }
    if (line)
        cart_compose(agent, line, cells);
    else
        welcome_compose(agent, cells);
}

static void refresh_due(struct tb_timer *timer)
{
    struct tb_agent *agent = timer->context;
    struct tb_shopper_display *s = &agent->shopper_display;
    const struct tb_visit *visit = &agent->serving.visit;
    struct tb_display_cells cells;
    int64_t now_ms = tb_loop_now_ms(agent->loop);
    if (visit->open) {
        visit_compose(agent, &cells);
    } else {
        bool ended = !tb_id_is_zero(&s->visit);
        bool served =
            visit->last_reason == TB_VISIT_ENDED_DONE || visit->last_reason == TB_VISIT_ENDED_CHECKOUT;
        if (ended)
            s->thanks_ms = served ? now_ms : 0;
        s->visit = (struct tb_id){{0}};
        tb_wipe(s->seen, sizeof s->seen);
        s->seen_count = 0;
        if (s->thanks_ms && now_ms - s->thanks_ms >= THANKS_MS)
            s->thanks_ms = 0;
        if (s->thanks_ms)
            thanks_compose(agent, &cells);
        else
            idle_compose(agent, &cells);
    }
    tb_display_show(&s->display, &cells);
    tb_wipe(&cells, sizeof cells);
    if (visit->open) /* what is shown grows too old by itself */
        tb_timer_set(agent->loop, &s->timer, AGAIN_MS, refresh_due);
    else if (s->thanks_ms)
        tb_timer_set(agent->loop, &s->timer, THANKS_MS, refresh_due);
}

void tb_shopper_display_refresh(struct tb_agent *agent)
{
    struct tb_shopper_display *s = &agent->shopper_display;
    if (!s->display.open)
        return;
    s->timer.context = agent;
    tb_timer_set(agent->loop, &s->timer, 0, refresh_due);
}

/* ---- starting ---- */

static void display_told(void *context, enum tb_link_reason reason)
{
    struct tb_agent *agent = context;
    bool there = reason == TB_LINK_REASON_NONE;
    tb_log(there ? TB_LOG_INFO : TB_LOG_WARN, TB_EVENT("display", "state"),
           tb_log_str("state", there ? "ready" : "unplugged"),
           tb_log_str("reason", tb_link_reason_name(reason)));
    tb_status_set_display(&agent->status, there ? "ready" : "unplugged", tb_loop_wall_ms(agent->loop));
    tb_pages_state(agent);
}

void tb_shopper_display_start(struct tb_agent *agent)
{
    const struct tb_agent_config *c = &agent->config;
    if (!c->display_device[0])
        return;
    const struct tb_display_config config = {
        .device = c->display_device,
        .baud = (uint64_t)c->display_baud,
        .dialect = (enum tb_display_dialect)c->display_dialect,
        .page = (enum tb_codepage)c->display_codepage,
        .told = display_told,
        .context = agent,
    };
    tb_display_open(&agent->shopper_display.display, agent->loop, &config);
    tb_shopper_display_refresh(agent);
}

void tb_shopper_display_stop(struct tb_agent *agent)
{
    tb_timer_cancel(&agent->shopper_display.timer);
    tb_display_close(&agent->shopper_display.display);
    tb_wipe(&agent->shopper_display, sizeof agent->shopper_display);
}
