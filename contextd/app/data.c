#include "contextd/app/desk.h"
#include "contextd/seed/seed.h"
#include "core/base/text.h"
#include "core/base/wipe.h"
#include "host/system/system.h"
#include "host/system/words.h"

#include <stdio.h>
#include <stdlib.h>

#define LIMIT_PRESET 20
#define CUSTOMER_GAP_MAX 100 /* so many in a row were not erased: there never were more */

/* ---- seed ---- */

static enum tb_err seed_put(void *context, const struct tb_record *record)
{
    struct tb_context_engine *engine = context;
    return engine->ops->load_put(engine, record);
}

static enum tb_err seed_load(struct tb_context_engine *engine, const struct tb_seed *seed)
{
    const struct tb_seed_sink sink = {.put = seed_put, .context = engine};
    struct tb_engine_facts facts;
    if (engine->ops->facts(engine, &facts) == TB_OK) {
        (void)fprintf(stderr, "contextd: there is a chain in the database already; it was left as it is\n");
        return TB_ERR_CONFLICT;
    }
    enum tb_err err = engine->ops->load_begin(engine);
    if (err != TB_OK)
        return err;
    err = tb_seed_run(seed, &sink);
    if (err == TB_OK)
        err = tb_seed_counter_run(seed, &sink);
    enum tb_err ended = engine->ops->load_end(engine, err == TB_OK);
    return err == TB_OK ? ended : err;
}

int command_seed(struct args *a)
{
    char database[CONTEXTD_PATH_SIZE];
    const char *chain = args_option(a, "--chain");
    struct tb_seed seed = {.chain = chain != NULL ? chain : "demo"};
    seed.number = (uint64_t)args_number(a, "--number", 1, 0, INT32_MAX);
    seed.customer_count =
        (uint32_t)args_number(a, "--customers", TB_SEED_CUSTOMERS, 1, TB_SEED_CUSTOMERS_MAX);
    seed.product_count = (uint32_t)args_number(a, "--products", TB_SEED_PRODUCTS, 6, TB_SEED_PRODUCTS);
    seed.cart_count = (uint32_t)args_number(a, "--carts", TB_SEED_CARTS, 0, seed.customer_count);
    seed.wall_ms = args_number(a, "--at", command_wall_ms(NULL), 0, TB_TIME_MS_MAX);
    desk_database(a, database);
    if (!args_end(a))
        return EXIT_WRONG;
    struct tb_context_engine *engine = NULL;
    enum tb_err err = command_engine_open(database, true, &engine);
    if (err != TB_OK)
        return EXIT_FAILURE;
    err = seed_load(engine, &seed);
    engine->ops->close(engine);
    return err == TB_OK ? EXIT_SUCCESS : command_failed("seed", err);
}

/* ---- customers ---- */

static enum tb_err customer_take(struct desk *s, const struct tb_rows *rows, struct tb_customer *ret_customer)
{
    struct tb_json doc;
    enum tb_err err = tb_json_parse(rows->at[0].doc, TB_DOC_JSON_SIZE_MAX, &s->arena, &doc);
    struct tb_check check = {.err = err};
    if (err == TB_OK)
        tb_customer_decode(&check, doc, ret_customer);
    return check.err;
}

static enum tb_err customer_print(struct desk *s, uint32_t index, uint32_t place, bool json)
{
    char member[TB_SEED_MEMBER_SIZE];
    char id_text[TB_ID_TEXT_SIZE];
    struct tb_rows rows;
    static struct tb_customer customer;
    struct tb_id id = tb_seed_customer_id((uint64_t)s->facts.seed, index);
    tb_arena_release(&s->arena, 0);
    enum tb_err err = s->engine->ops->customer_read(s->engine, &id, &s->arena, &rows);
    if (err == TB_OK)
        err = customer_take(s, &rows, &customer);
    if (err != TB_OK)
        return err;
    tb_seed_member(index, member);
    tb_id_encode(&id, id_text);
    if (!json) {
        const char *columns[] = {id_text, "  ", member, "  ", customer.tier, "\t", customer.name};
        for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
            tb_buf_add_str(&s->print, columns[i]);
    } else {
        struct tb_json_writer w = tb_json_writer_of(&s->print);
        tb_json_open(&w, NULL);
        tb_json_put_id(&w, "id", &id);
        tb_json_put_str(&w, "member", member);
        tb_json_put_str(&w, "name", customer.name);
        tb_json_put_str(&w, "tier", customer.tier);
        tb_json_put_int(&w, "points", customer.points);
        tb_json_close(&w);
    }
    return desk_item(s, json, place);
}

static int customer_list(struct args *a)
{
    char database[CONTEXTD_PATH_SIZE];
    struct desk s;
    uint32_t limit = (uint32_t)args_number(a, "--limit", LIMIT_PRESET, 1, TB_SEED_CUSTOMERS_MAX);
    bool json = args_flag(a, "--json");
    desk_database(a, database);
    if (!args_end(a))
        return EXIT_WRONG;
    enum tb_err err = desk_open(&s, database);
    /* Who is in real data is nobody's to list; demonstration data can be made out again from its number. */
    if (err == TB_OK && s.facts.seed < 0)
        err = TB_ERR_UNSUPPORTED;
    uint32_t count = 0, gap = 0; /* those who were erased are missing; behind the last one everybody is */
    for (uint32_t index = 0; err == TB_OK && count < limit && gap < CUSTOMER_GAP_MAX; index++) {
        err = customer_print(&s, index, count, json);
        gap = err == TB_ERR_NOT_FOUND ? gap + 1 : 0;
        count += err == TB_OK;
        if (err == TB_ERR_NOT_FOUND)
            err = TB_OK;
    }
    if (err == TB_OK && count == 0)
        err = TB_ERR_NOT_FOUND;
    if (err == TB_OK)
        err = desk_items_end(json, count);
    return desk_finish(&s, "customer list", err);
}

static int customer_show(struct args *a)
{
    char database[CONTEXTD_PATH_SIZE];
    struct desk s;
    struct tb_id id;
    struct tb_rows rows;
    const char *who = args_word(a);
    desk_database(a, database);
    if (who == NULL) {
        (void)fprintf(stderr, "contextd: customer show ID\n");
        return EXIT_WRONG;
    }
    if (!args_end(a))
        return EXIT_WRONG;
    enum tb_err err = desk_open(&s, database);
    if (err == TB_OK)
        err = desk_customer(&s, who, &id);
    if (err == TB_OK)
        err = s.engine->ops->customer_read(s.engine, &id, &s.arena, &rows);
    if (err == TB_OK) {
        struct tb_json_writer w = tb_json_writer_of(&s.print);
        tb_json_open(&w, NULL);
        tb_rows_encode(&w, "rows", &rows);
        tb_json_close(&w);
        tb_buf_add_u8(&s.print, '\n');
        err = desk_print(&s);
    }
    return desk_finish(&s, "customer show", err);
}

int command_customer(struct args *a)
{
    const char *word = args_word(a);
    struct tb_span name = tb_span_str(word != NULL ? word : "");
    if (tb_span_is(name, "list"))
        return customer_list(a);
    if (tb_span_is(name, "show"))
        return customer_show(a);
    (void)fprintf(stderr, "contextd: customer list or customer show ID\n");
    return EXIT_WRONG;
}

/* ---- products ---- */

static enum tb_err product_print(struct desk *s, uint32_t index, const char *store, bool json)
{
    char gtin[TB_RECORD_GTIN_SIZE + 1];
    struct tb_product product;
    tb_seed_gtin(index, gtin);
    enum tb_err err = s->engine->ops->product_read(s->engine, gtin, store, &product);
    if (err != TB_OK)
        return err;
    if (json) {
        struct tb_json_writer w = tb_json_writer_of(&s->print);
        tb_json_open(&w, NULL);
        tb_json_put_str(&w, "gtin", gtin);
        tb_json_put_str(&w, "ean13", gtin + 1);
        tb_json_put_str(&w, "name", product.name);
        tb_json_put_int(&w, "unit_price", product.unit_price);
        if (product.stock != TB_STOCK_NONE)
            tb_json_put_str(&w, "stock", tb_stock_names[product.stock]);
        tb_json_close(&w);
    } else {
        tb_buf_add_str(&s->print, gtin + 1);
        tb_buf_add_str(&s->print, "\t");
        tb_buf_add_decimal(&s->print, product.unit_price);
        tb_buf_add_str(&s->print, "\t");
        tb_buf_add_str(&s->print, product.name);
    }
    return desk_item(s, json, index);
}

int command_product(struct args *a)
{
    char database[CONTEXTD_PATH_SIZE];
    struct desk s;
    const char *word = args_word(a);
    const char *store = args_option(a, "--store");
    uint32_t limit = (uint32_t)args_number(a, "--limit", LIMIT_PRESET, 1, TB_SEED_PRODUCTS);
    bool json = args_flag(a, "--json");
    desk_database(a, database);
    if (word == NULL || !tb_span_is(tb_span_str(word), "list")) {
        (void)fprintf(stderr, "contextd: product list\n");
        return EXIT_WRONG;
    }
    if (!args_end(a))
        return EXIT_WRONG;
    enum tb_err err = desk_open(&s, database);
    if (err == TB_OK && s.facts.seed < 0)
        err = TB_ERR_UNSUPPORTED;
    uint32_t count = 0;
    while (err == TB_OK && count < limit) {
        err = product_print(&s, count, store != NULL ? store : "", json);
        if (err == TB_OK)
            count++;
    }
    if (err == TB_OK || (err == TB_ERR_NOT_FOUND && count > 0))
        err = desk_items_end(json, count);
    return desk_finish(&s, "product list", err);
}

/* ---- terminals ---- */

static enum tb_err terminal_next(struct desk *s, void *entry)
{
    struct tb_terminal_entry *t = entry;
    char after[sizeof t->device];
    memcpy(after, t->device, sizeof after);
    return s->engine->ops->terminal_next(s->engine, after, t);
}

static enum tb_err terminal_write(struct desk *s, const void *entry, bool json)
{
    const struct tb_terminal_entry *t = entry;
    if (!json) {
        const char *columns[] = {t->device,
                                 "\t",
                                 t->store,
                                 "\t",
                                 t->name,
                                 "\t",
                                 tb_terminal_state_names[t->state],
                                 t->limited_ms > 0 ? "\tasked for too many customers" : ""};
        for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++)
            tb_buf_add_str(&s->print, columns[i]);
        return TB_OK;
    }
    struct tb_json_writer w = tb_json_writer_of(&s->print);
    tb_json_open(&w, NULL);
    tb_json_put_str(&w, "device", t->device);
    tb_json_put_str(&w, "store", t->store);
    tb_json_put_str(&w, "till", t->till);
    tb_json_put_str(&w, "role", t->role);
    tb_json_put_str(&w, "name", t->name);
    tb_json_put_str(&w, "state", tb_terminal_state_names[t->state]);
    if (t->limited_ms > 0)
        tb_json_put_int(&w, "limited_ms", t->limited_ms);
    tb_json_close(&w);
    return TB_OK;
}

static int terminal_list(struct args *a)
{
    struct tb_terminal_entry entry = {.device = ""};
    return desk_list(a, &(struct desk_list){"terminal list", &entry, terminal_next, terminal_write});
}

static int terminal_set(struct args *a, enum tb_terminal_state state)
{
    char database[CONTEXTD_PATH_SIZE];
    struct desk s;
    const char *device = args_word(a);
    desk_database(a, database);
    if (device == NULL || !args_end(a)) {
        (void)fprintf(stderr, "contextd: terminal enable or disable needs a device\n");
        return EXIT_WRONG;
    }
    enum tb_err err = desk_open(&s, database);
    if (err == TB_OK)
        err = s.engine->ops->terminal_set_state(s.engine, device, state);
    return desk_finish(&s, "terminal", err);
}

int command_terminal(struct args *a)
{
    const char *word = args_word(a);
    struct tb_span name = tb_span_str(word != NULL ? word : "");
    if (tb_span_is(name, "list"))
        return terminal_list(a);
    if (tb_span_is(name, "enable"))
        return terminal_set(a, TB_TERMINAL_ENABLED);
    if (tb_span_is(name, "disable"))
        return terminal_set(a, TB_TERMINAL_DISABLED);
    (void)fprintf(stderr, "contextd: terminal list, enable or disable\n");
    return EXIT_WRONG;
}
