#include "agent/app/visit/choices.h"

#include "agent/app/agent.h"
#include "agent/app/pages/handles.h"
#include "agent/app/pages/shopping.h"
#include "agent/app/visit/operators.h"
#include "core/base/wipe.h"
#include "core/context/benefit.h"
#include "host/log/log.h"
#include "host/system/system.h"

#include <stdio.h>

static const struct tb_page_to everybody = {.scopes = TB_PAGE_CLERKS | TB_PAGE_SHOPPERS};

/* ---- attempts in flight ---- */

static struct tb_choice_group *group_of(struct tb_agent *agent, uint64_t attempt)
{
    for (size_t i = 0; i < TB_LOOKUPS_MAX; i++)
        if (agent->choices.groups[i].attempt == attempt)
            return &agent->choices.groups[i];
    return NULL;
}

void tb_choices_forget(struct tb_agent *agent, uint64_t attempt)
{
    struct tb_choice_group *group = group_of(agent, attempt);
    if (group)
        tb_wipe(group, sizeof *group);
}

/* There is a place for every look-up in flight: what has ended is forgotten. */
bool tb_choices_note(struct tb_agent *agent, uint64_t attempt, const struct tb_record *record,
                     const uint8_t *hash)
{
    struct tb_choice_group found = {.attempt = attempt};
    tb_choices_forget(agent, attempt);
    found.count = tb_record_owners(record, hash, found.customers);
    struct tb_choice_group *group = found.count > 1 ? group_of(agent, 0) : NULL;
    if (group)
        *group = found;
    return group != NULL;
}

static struct tb_customer_key key_of(const struct tb_agent *agent, const struct tb_id *customer)
{
    return tb_pepper_customer(&agent->facts.pepper, customer);
}

static bool is_in_cache(struct tb_agent *agent, const struct tb_id *customer, struct tb_record *ret_record)
{
    const struct tb_customer_key key = key_of(agent, customer);
    enum tb_err err = tb_cache_find_customer(&agent->storage.reader, &key, ret_record);
    if (err != TB_OK && err != TB_ERR_NOT_FOUND)
        tb_line_cache_read(agent, err);
    return err == TB_OK && ret_record->sections[TB_SECTION_PROFILE].bytes.size > 0;
}

bool tb_choices_are_known(struct tb_agent *agent, uint64_t attempt)
{
    const struct tb_choice_group *group = group_of(agent, attempt);
    struct tb_record record;
    bool known = true;
    for (size_t i = 0; group && i < group->count; i++)
        known = known && is_in_cache(agent, &group->customers[i], &record);
    tb_cache_reader_wipe(&agent->storage.reader);
    return known;
}

/* ---- asking ---- */

void tb_choices_show(struct tb_agent *agent, struct tb_page_to to)
{
    const struct tb_choices *c = &agent->choices;
    struct tb_json_writer w = tb_page_begin(agent, "choose");
    if (tb_id_is_zero(&c->id)) {
        tb_json_put_null(&w, "choice");
        tb_page_end(agent, &w, to, TB_COUNTER_TOPIC_CHOOSE);
        return;
    }
    tb_json_put_id(&w, "choice", &c->id);
    tb_json_open_array(&w, "people");
    for (size_t i = 0; i < c->asked.count; i++) {
        const struct tb_id handle = tb_handle_of(&c->id, tb_id_span(&c->asked.customers[i]));
        tb_json_open(&w, NULL);
        tb_json_put_id(&w, "customer", &handle);
        tb_json_put_str(&w, "name", c->names[i]);
        tb_json_close(&w);
    }
    tb_json_close_array(&w);
    tb_json_put_int(&w, "until_ms", c->until_wall_ms);
    tb_page_end(agent, &w, to, TB_COUNTER_TOPIC_CHOOSE);
}

/* True: there was a question. */
static bool question_forget(struct tb_agent *agent)
{
    struct tb_choices *c = &agent->choices;
    bool asked = !tb_id_is_zero(&c->id);
    tb_timer_cancel(&c->timer);
    tb_wipe(&c->id, sizeof c->id);
    tb_wipe(&c->start, sizeof c->start);
    tb_wipe(&c->asked, sizeof c->asked);
    tb_wipe(c->names, sizeof c->names);
    return asked;
}

void tb_choices_drop(struct tb_agent *agent)
{
    if (!question_forget(agent))
        return;
    tb_choices_show(agent, everybody);
    tb_handovers_choice_over(agent);
}

static void question_due(struct tb_timer *timer)
{
    tb_choices_drop(timer->context);
}

/* Bytes of the character that begins here. */
static size_t character_size(struct tb_span text)
{
    size_t size = 1;
    while (size < text.size && (text.at[size] & 0xc0) == 0x80)
        size++;
    return size;
}

/* "M… R…": enough for whoever is meant to know herself. */
static void initials_of(struct tb_span name, char *ret_initials, size_t size_max)
{
    struct tb_buf to = tb_buf_of(ret_initials, size_max - 1);
    for (size_t i = 0; i < name.size; i++) {
        if (name.at[i] == ' ' || (i > 0 && name.at[i - 1] != ' '))
            continue;
        const struct tb_span rest = tb_span_sub(name, i, SIZE_MAX);
        tb_buf_add_str(&to, to.size ? " " : "");
        tb_buf_add(&to, tb_span_sub(rest, 0, character_size(rest)));
        tb_buf_add_str(&to, "…");
    }
    ret_initials[to.size] = '\0';
}

static void name_take(struct tb_agent *agent, const struct tb_record *record, bool open, char *ret_name)
{
    char name[TB_NAME_SIZE_MAX + 1] = "";
    size_t mark = tb_arena_mark(&agent->arena);
    enum tb_err err = tb_view_name(record->sections[TB_SECTION_PROFILE].bytes, &agent->arena, name);
    tb_arena_release(&agent->arena, mark);
    if (err != TB_OK)
        tb_log(TB_LOG_ERROR, TB_EVENT("choice", "name_left_out"), tb_log_err(err));
    if (open)
        (void)snprintf(ret_name, TB_NAME_SIZE_MAX + 1, "%s", name);
    else
        initials_of(tb_span_str(name), ret_name, TB_NAME_SIZE_MAX + 1);
    tb_wipe(name, sizeof name);
}

/* Those of the group who are in the cache; the others cannot be shown. */
static void question_fill(struct tb_agent *agent, const struct tb_choice_group *group)
{
    struct tb_choices *c = &agent->choices;
    bool open = tb_benefit_is_open(&agent->policy, TB_BENEFIT_SHOW_NAME, c->start.assurance);
    for (size_t i = 0; i < group->count; i++) {
        struct tb_record record;
        if (!is_in_cache(agent, &group->customers[i], &record))
            continue;
        name_take(agent, &record, open, c->names[c->asked.count]);
        c->asked.customers[c->asked.count++] = group->customers[i];
    }
    tb_cache_reader_wipe(&agent->storage.reader);
}

static bool group_has(const struct tb_choice_group *group, const struct tb_id *customer)
{
    for (size_t i = 0; i < group->count; i++)
        if (tb_id_equal(&group->customers[i], customer))
            return true;
    return false;
}

/* Whoever is served already need not say again who she is; anybody else is not to be seen by the next ones.
 */
static bool serving_goes_on(struct tb_agent *agent, const struct tb_choice_group *group)
{
    const struct tb_serving *serving = &agent->serving;
    if (!serving->visit.open || !serving->visit.start.known)
        return false;
    if (group_has(group, &serving->record.customer))
        return true;
    tb_visits_finish(agent, TB_VISIT_ENDED_OTHER);
    return false;
}

static enum tb_err open_as(struct tb_agent *agent, const struct tb_visit_start *from,
                           const struct tb_id *customer)
{
    struct tb_visit_start start = *from;
    start.customer = key_of(agent, customer);
    start.source = TB_VISIT_FROM_CHOSEN;
    return tb_visits_open(agent, &start);
}

bool tb_choices_begin(struct tb_agent *agent, const struct tb_identify_action *action)
{
    struct tb_choices *c = &agent->choices;
    const struct tb_choice_group *noted = group_of(agent, action->attempt);
    if (!noted)
        return false;
    const struct tb_choice_group group = *noted;
    const struct tb_visit_start start = tb_visits_start_of(agent, action);
    tb_choices_forget(agent, action->attempt);
    question_forget(agent);
    if (serving_goes_on(agent, &group)) {
        const struct tb_id served = agent->serving.record.customer;
        enum tb_err err = open_as(agent, &start, &served);
        (void)err; /* is in the log */
        return true;
    }
    c->id = tb_id_random(tb_rng_system());
    c->start = start;
    c->until_wall_ms = tb_loop_wall_ms(agent->loop) + TB_CHOICE_WAIT_MS;
    question_fill(agent, &group);
    if (c->asked.count == 0) { /* all of them have left the cache since they were looked up */
        tb_log(TB_LOG_ERROR, TB_EVENT("choice", "nobody_known"));
        question_forget(agent);
        tb_handovers_choice_over(agent);
        return true;
    }
    c->timer.context = agent;
    tb_timer_set(agent->loop, &c->timer, TB_CHOICE_WAIT_MS, question_due);
    tb_choices_show(agent, everybody);
    return true;
}

/* ---- answering ---- */

void tb_choices_choose(struct tb_request *r)
{
    struct tb_agent *agent = r->agent;
    struct tb_choices *c = &agent->choices;
    struct tb_id choice = tb_json_id(&r->check, r->params, "choice");
    const bool nobody = !tb_json_has(r->params, "customer");
    const struct tb_id none = {{0}};
    struct tb_id handle = nobody ? none : tb_json_id(&r->check, r->params, "customer");
    if (!tb_request_check(r))
        return;
    bool asked = !tb_id_is_zero(&c->id) && tb_id_equal(&choice, &c->id);
    if (asked && nobody) {
        tb_choices_drop(agent);
        tb_identify_visit_ended(&agent->identify); /* put away by mistake, the code is shown again at once */
        tb_shopping_answer_done(r);
        return;
    }
    for (size_t i = 0; asked && i < c->asked.count; i++) {
        const struct tb_id customer = c->asked.customers[i];
        if (!tb_handle_is(&handle, &c->id, tb_id_span(&customer)))
            continue;
        const struct tb_visit_start start = c->start;
        tb_choices_drop(agent);
        enum tb_err err = open_as(agent, &start, &customer);
        if (err == TB_OK)
            tb_shopping_answer_done(r);
        else
            tb_request_refuse(r, err, "The customer could not be shown.");
        return;
    }
    tb_request_refuse(r, TB_ERR_NOT_FOUND, "That question is not asked any more.");
}
