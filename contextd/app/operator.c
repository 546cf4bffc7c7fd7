/* The clerks of the chain, and who did what. */
#include "contextd/app/desk.h"
#include "core/base/text.h"
#include "core/credential/credential.h"
#include "core/wire/json.h"

#include <stdio.h>
#include <string.h>

#define BADGE_TEXT \
    "OP:" /* what a badge's code begins with, as terminals read it unless the policy says otherwise */

/* ---- operator ---- */

static bool is_name_of_one(const char *id)
{
    size_t size = strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ._:-");
    return size > 0 && size <= TB_SHORT_SIZE_MAX && id[size] == '\0';
}

/* The number of a badge: its digits, with or without what stands before them in the code. */
static bool badge_take(const char *text, struct tb_span *ret_badge)
{
    struct tb_span badge = tb_span_str(text != NULL ? text : "");
    if (tb_span_starts(badge, tb_span_str(BADGE_TEXT)))
        badge = tb_span_sub(badge, strlen(BADGE_TEXT), SIZE_MAX);
    *ret_badge = badge;
    return text == NULL || (tb_text_is_digits(badge) && badge.size <= TB_CREDENTIAL_VALUE_MAX);
}

static int record_put(struct args *a, const struct tb_record *record, const char *what)
{
    char database[CONTEXTD_PATH_SIZE];
    struct desk s;
    desk_database(a, database);
    if (!args_end(a))
        return EXIT_WRONG;
    enum tb_err err = desk_open(&s, database);
    if (err == TB_OK)
        err = desk_put(&s, record);
    return desk_finish(&s, what, err);
}

static int operator_add(struct args *a)
{
    struct tb_span badge;
    const char *id = args_needed(a, "--id");
    const char *name = args_needed(a, "--name");
    const char *store = args_option(a, "--store");
    bool ok = badge_take(args_option(a, "--badge"), &badge);
    bool inactive = args_flag(a, "--inactive");
    if (!ok)
        (void)fprintf(stderr, "contextd: --badge is a number\n");
    if (id != NULL && !is_name_of_one(id)) {
        (void)fprintf(stderr, "contextd: --id is of letters, digits and ._:-, at most %d\n",
                      TB_SHORT_SIZE_MAX);
        ok = false;
    }
    if (!ok || id == NULL || name == NULL)
        return EXIT_WRONG;
    const struct tb_record record = {.kind = TB_RECORD_OPERATOR,
                                     .as.clerk = {.id = id,
                                                  .name = name,
                                                  .badge = badge,
                                                  .store = store != NULL ? store : "",
                                                  .active = !inactive}};
    return record_put(a, &record, "operator add");
}

static int operator_remove(struct args *a)
{
    const char *id = args_needed(a, "--id");
    if (id == NULL)
        return EXIT_WRONG;
    const struct tb_record record = {.kind = TB_RECORD_OPERATOR,
                                     .as.clerk = {.id = id, .name = "", .store = "", .removed = true}};
    return record_put(a, &record, "operator remove");
}

static enum tb_err operator_next(struct desk *s, void *entry)
{
    struct tb_operator_entry *o = entry;
    char after[sizeof o->id];
    memcpy(after, o->id, sizeof after);
    return s->engine->ops->operator_next(s->engine, after, o);
}

static enum tb_err operator_write(struct desk *s, const void *entry, bool json)
{
    const struct tb_operator_entry *o = entry;
    if (json) {
        struct tb_json_writer w = tb_json_writer_of(&s->print);
        tb_json_open(&w, NULL);
        tb_json_put_str(&w, "id", o->id);
        tb_json_put_str(&w, "name", o->doc.name);
        if (o->store[0])
            tb_json_put_str(&w, "store", o->store);
        tb_json_put_bool(&w, "badge", o->doc.has_badge);
        tb_json_put_bool(&w, "active", o->doc.active);
        tb_json_close(&w);
        return TB_OK;
    }
    const char *columns[] = {o->id,
                             "\t",
                             o->doc.name,
                             "\t",
                             o->store[0] ? o->store : "all stores",
                             o->doc.has_badge ? "\tbadge" : "\tno badge",
                             o->doc.active ? "" : "\tinactive"};
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        tb_buf_add_str(&s->print, columns[i]);
    return TB_OK;
}

int command_operator(struct args *a)
{
    const char *word = args_word(a);
    struct tb_span name = tb_span_str(word != NULL ? word : "");
    if (tb_span_is(name, "add"))
        return operator_add(a);
    if (tb_span_is(name, "remove"))
        return operator_remove(a);
    if (tb_span_is(name, "list")) {
        struct tb_operator_entry entry = {.id = ""};
        return desk_list(a, &(struct desk_list){"operator list", &entry, operator_next, operator_write});
    }
    (void)fprintf(stderr, "contextd: operator add, list or remove\n");
    return EXIT_WRONG;
}

/* ---- audit ---- */

struct audit_walk {
    const char *who; /* NULL: everybody; taken for an id when the database is open */
    struct tb_audit_filter filter;
    struct tb_audit_entry entry;
};

static enum tb_err audit_next(struct desk *s, void *entry)
{
    struct audit_walk *walk = entry;
    if (walk->who != NULL) {
        enum tb_err err = desk_customer(s, walk->who, &walk->filter.customer);
        if (err != TB_OK) /* not found would be the end of the list */
            return err == TB_ERR_NOT_FOUND ? TB_ERR_SYNTAX : err;
        walk->who = NULL;
    }
    return s->engine->ops->audit_next(s->engine, &walk->filter, &walk->entry, &walk->entry);
}

static void audit_object(struct desk *s, const struct tb_audit_entry *a)
{
    struct tb_json_writer w = tb_json_writer_of(&s->print);
    tb_json_open(&w, NULL);
    tb_json_put_int(&w, "number", a->number);
    tb_json_put_int(&w, "at_ms", a->at_ms);
    tb_json_put_str(&w, "store", a->store);
    tb_json_put_str(&w, "terminal", a->terminal);
    if (a->operator[0])
        tb_json_put_str(&w, "operator", a->operator);
    tb_json_put_str(&w, "what", a->what);
    if (!tb_id_is_zero(&a->customer))
        tb_json_put_id(&w, "customer", &a->customer);
    if (a->detail[0])
        tb_json_put_str(&w, "detail", a->detail);
    tb_json_close(&w);
}

static enum tb_err audit_write(struct desk *s, const void *entry, bool json)
{
    const struct tb_audit_entry *a = &((const struct audit_walk *)entry)->entry;
    char customer[TB_ID_TEXT_SIZE] = "-";
    if (json) {
        audit_object(s, a);
        return TB_OK;
    }
    if (!tb_id_is_zero(&a->customer))
        tb_id_encode(&a->customer, customer);
    desk_time_add(s, a->at_ms);
    const char *columns[] = {"\t", a->terminal, "\t", a->operator[0] ? a->operator: "-", "\t", a->what, "\t",
                             customer, "\t", a->detail };
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
        tb_buf_add_str(&s->print, columns[i]);
    return TB_OK;
}

int command_audit(struct args *a)
{
    const char *word = args_word(a);
    struct audit_walk walk = {.who = args_option(a, "--customer")};
    walk.filter.operator_id = args_option(a, "--operator");
    walk.filter.since_ms = args_number(a, "--since", 0, 0, TB_TIME_MS_MAX);
    if (word == NULL || !tb_span_is(tb_span_str(word), "list")) {
        (void)fprintf(stderr, "contextd: audit list\n");
        return EXIT_WRONG;
    }
    return desk_list(a, &(struct desk_list){"audit list", &walk, audit_next, audit_write});
}
