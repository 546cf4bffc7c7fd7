/* What people may ask of their data: erase, erasures, export. */
#include "contextd/app/desk.h"
#include "core/base/text.h"
#include "core/wire/json.h"
#include "host/log/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Opens the desk and finds whom --customer names. */
static enum tb_err whom_take(struct args *a, struct desk *s, struct tb_id *ret_customer, bool *ret_understood)
{
    char database[CONTEXTD_PATH_SIZE];
    const char *who = args_needed(a, "--customer");
    desk_database(a, database);
    *ret_understood = args_end(a);
    if (!*ret_understood)
        return TB_ERR_CONFIG;
    enum tb_err err = desk_open(s, database);
    return err == TB_OK ? desk_customer(s, who, ret_customer) : err;
}

/* ---- erase ---- */

int command_erase(struct args *a)
{
    struct desk s;
    struct tb_id customer;
    struct tb_id erasure = {{0}};
    char id[TB_ID_TEXT_SIZE];
    bool understood;
    enum tb_err err = whom_take(a, &s, &customer, &understood);
    if (!understood)
        return EXIT_WRONG;
    if (err == TB_OK)
        err = s.engine->ops->erase(s.engine, &customer, &erasure);
    if (!tb_id_is_zero(&erasure)) {
        tb_id_encode(&erasure, id);
        tb_log(TB_LOG_INFO, TB_EVENT("audit", "customer_erased"), tb_log_str("erasure", id), tb_log_err(err));
        tb_buf_add_str(&s.print, id);
        tb_buf_add_u8(&s.print, '\n');
        enum tb_err printed = desk_print(&s);
        err = err == TB_OK ? printed : err;
    }
    if (err != TB_OK && !tb_id_is_zero(&erasure))
        (void)fprintf(
            stderr,
            "contextd: the customer is erased, but old bytes may remain in the file: run this again\n");
    return desk_finish(&s, "erase", err);
}

/* ---- erasures ---- */

static void waiting_write(struct desk *s, const struct tb_terminal_entry *t, bool json, size_t index)
{
    if (!json) {
        const char *columns[] = {"\n  ", t->device, "\t", t->store,
                                 "\t",   t->name,   "\t", tb_terminal_state_names[t->state]};
        for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
            tb_buf_add_str(&s->print, columns[i]);
        return;
    }
    if (index > 0)
        tb_buf_add_u8(&s->print, ',');
    struct tb_json_writer w = tb_json_writer_of(&s->print);
    tb_json_open(&w, NULL);
    tb_json_put_str(&w, "device", t->device);
    tb_json_put_str(&w, "store", t->store);
    tb_json_put_str(&w, "name", t->name);
    tb_json_put_str(&w, "state", tb_terminal_state_names[t->state]);
    tb_json_close(&w);
}

/* The terminals that have not confirmed, one at a time: a chain has more than a buffer holds. */
static enum tb_err waiting_print(struct desk *s, const struct tb_id *erasure, bool json)
{
    struct tb_terminal_entry t = {.device = ""};
    char after[sizeof t.device] = "";
    enum tb_err err = TB_OK;
    for (size_t i = 0; err == TB_OK; i++) {
        err = s->engine->ops->erasure_waits(s->engine, erasure, after, &t);
        if (err != TB_OK)
            break;
        memcpy(after, t.device, sizeof after);
        waiting_write(s, &t, json, i);
        err = desk_print(s);
    }
    return err == TB_ERR_NOT_FOUND ? TB_OK : err;
}

static enum tb_err erasure_next(struct desk *s, void *entry)
{
    struct tb_erasure_entry *e = entry;
    struct tb_id after = e->id;
    return s->engine->ops->erasure_next(s->engine, &after, e);
}

static enum tb_err erasure_write(struct desk *s, const void *entry, bool json)
{
    const struct tb_erasure_entry *e = entry;
    char id[TB_ID_TEXT_SIZE];
    tb_id_encode(&e->id, id);
    tb_buf_add_str(&s->print, json ? "{\"erasure\":\"" : "");
    tb_buf_add_str(&s->print, id);
    tb_buf_add_str(&s->print, json ? "\",\"at_ms\":" : "\tsince ");
    if (json)
        tb_buf_add_decimal(&s->print, e->at_ms);
    else
        desk_time_add(s, e->at_ms);
    tb_buf_add_str(&s->print, json ? ",\"confirmed\":" : "\tconfirmed by ");
    tb_buf_add_decimal(&s->print, e->receipt_count);
    tb_buf_add_str(&s->print, json ? ",\"waiting\":[" : "");
    enum tb_err err = desk_print(s);
    if (err == TB_OK)
        err = waiting_print(s, &e->id, json);
    tb_buf_add_str(&s->print, json ? "]}" : "");
    return err;
}

int command_erasures(struct args *a)
{
    struct tb_erasure_entry entry = {.at_ms = 0};
    return desk_list(a, &(struct desk_list){"erasures", &entry, erasure_next, erasure_write});
}

/* ---- export ---- */

struct exporting {
    struct desk *desk;
    size_t section_count;
    size_t item_count; /* of this section */
};

static enum tb_err export_section(void *context, const char *name)
{
    struct exporting *x = context;
    tb_buf_add_str(&x->desk->print, x->section_count++ > 0 ? "],\n\"" : ",\n\"");
    tb_buf_add_str(&x->desk->print, name);
    tb_buf_add_str(&x->desk->print, "\":[");
    x->item_count = 0;
    return desk_print(x->desk);
}

static enum tb_err export_item(void *context, struct tb_span json)
{
    struct exporting *x = context;
    tb_buf_add_str(&x->desk->print, x->item_count++ > 0 ? ",\n" : "\n");
    tb_buf_add(&x->desk->print, json);
    return desk_print(x->desk);
}

/* Nothing is printed of somebody who is not there. */
static enum tb_err customer_known(const struct desk *s, const struct tb_id *customer)
{
    struct tb_rows rows;
    struct tb_arena arena = s->arena;
    return s->engine->ops->customer_read(s->engine, customer, &arena, &rows);
}

int command_export(struct args *a)
{
    struct desk s;
    struct tb_id customer;
    struct exporting x = {.desk = &s};
    const struct tb_export_sink sink = {.section = export_section, .item = export_item, .context = &x};
    bool understood;
    enum tb_err err = whom_take(a, &s, &customer, &understood);
    if (!understood)
        return EXIT_WRONG;
    if (err == TB_OK)
        err = customer_known(&s, &customer);
    if (err == TB_OK) {
        char id[TB_ID_TEXT_SIZE];
        tb_id_encode(&customer, id);
        tb_buf_add_str(&s.print, "{\"chain\":\"");
        tb_buf_add_str(&s.print, s.facts.chain);
        tb_buf_add_str(&s.print, "\",\"customer\":\"");
        tb_buf_add_str(&s.print, id);
        tb_buf_add_str(&s.print, "\",\"made_ms\":");
        tb_buf_add_decimal(&s.print, command_wall_ms(NULL));
        err = s.engine->ops->customer_export(s.engine, &customer, &sink);
        tb_buf_add_str(&s.print, "]}\n");
    }
    if (err == TB_OK)
        err = desk_print(&s);
    tb_log(TB_LOG_INFO, TB_EVENT("audit", "customer_exported"), tb_log_err(err));
    return desk_finish(&s, "export", err);
}
