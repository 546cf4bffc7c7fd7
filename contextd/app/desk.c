#include "contextd/app/desk.h"

#include "contextd/engine/sqlite.h"
#include "contextd/seed/seed.h"
#include "core/base/wipe.h"
#include "host/system/system.h"
#include "host/system/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PRINT_SIZE_MAX (128u * 1024u)

enum tb_err command_engine_open(const char *database, bool create, struct tb_context_engine **ret_engine)
{
    const struct tb_sqlite_engine_options options = {
        .path = database, .create = create, .rng = tb_rng_system(), .wall_ms = command_wall_ms};
    enum tb_err err = tb_sqlite_engine_open(&options, ret_engine);
    if (err != TB_OK)
        (void)fprintf(stderr, "contextd: database %s: %s (%s)\n", database, tb_err_words(err),
                      tb_err_name(err));
    return err;
}

void desk_database(struct args *a, char ret_path[CONTEXTD_PATH_SIZE])
{
    const char *path = args_option(a, "--database");
    struct contextd_config config;
    ret_path[0] = '\0';
    if (path == NULL) {
        const char *file = args_needed(a, "--config");
        if (file == NULL || contextd_config_load(file, &config) != TB_OK)
            a->failed = true;
        else
            path = config.database;
    }
    if (path != NULL && tb_span_to_str(tb_span_str(path), ret_path, CONTEXTD_PATH_SIZE) != TB_OK) {
        (void)fprintf(stderr, "contextd: the path of the database is too long\n");
        a->failed = true;
    }
}

void desk_close(struct desk *s)
{
    if (s->engine != NULL)
        s->engine->ops->close(s->engine);
    if (s->memory != NULL)
        tb_wipe(s->memory, TB_ENGINE_ARENA_SIZE + PRINT_SIZE_MAX);
    free(s->memory);
}

enum tb_err desk_open(struct desk *s, const char *database)
{
    memset(s, 0, sizeof *s);
    s->memory = malloc(TB_ENGINE_ARENA_SIZE + PRINT_SIZE_MAX);
    if (s->memory == NULL)
        return TB_ERR_NO_MEMORY;
    s->arena = tb_arena_of(s->memory, TB_ENGINE_ARENA_SIZE);
    s->print = tb_buf_of(s->memory + TB_ENGINE_ARENA_SIZE, PRINT_SIZE_MAX);
    enum tb_err err = command_engine_open(database, false, &s->engine);
    return err == TB_OK ? s->engine->ops->facts(s->engine, &s->facts) : err;
}

enum tb_err desk_put(struct desk *s, const struct tb_record *record)
{
    enum tb_err err = s->engine->ops->load_begin(s->engine);
    if (err != TB_OK)
        return err;
    err = s->engine->ops->load_put(s->engine, record);
    enum tb_err ended = s->engine->ops->load_end(s->engine, err == TB_OK);
    return err == TB_OK ? ended : err;
}

enum tb_err desk_print(struct desk *s)
{
    enum tb_err err = s->print.err;
    if (err == TB_OK && fwrite(s->print.at, 1, s->print.size, stdout) != s->print.size)
        err = TB_ERR_IO;
    tb_buf_reset(&s->print);
    return err;
}

/* What stands before an element of an array. */
static enum tb_err item_begin(bool json, size_t index)
{
    return json && fputs(index == 0 ? "[\n" : ",\n", stdout) < 0 ? TB_ERR_IO : TB_OK;
}

static enum tb_err item_end(struct desk *s, bool json)
{
    if (!json)
        tb_buf_add_u8(&s->print, '\n');
    return desk_print(s);
}

enum tb_err desk_item(struct desk *s, bool json, size_t index)
{
    enum tb_err err = item_begin(json, index);
    return err == TB_OK ? item_end(s, json) : err;
}

enum tb_err desk_items_end(bool json, size_t count)
{
    if (!json)
        return TB_OK;
    return fputs(count == 0 ? "[]\n" : "\n]\n", stdout) < 0 ? TB_ERR_IO : TB_OK;
}

int desk_finish(struct desk *s, const char *what, enum tb_err err)
{
    desk_close(s);
    return err == TB_OK ? EXIT_SUCCESS : command_failed(what, err);
}

int desk_list(struct args *a, const struct desk_list *list)
{
    char database[CONTEXTD_PATH_SIZE];
    struct desk s;
    bool json = args_flag(a, "--json");
    desk_database(a, database);
    if (!args_end(a))
        return EXIT_WRONG;
    enum tb_err err = desk_open(&s, database);
    size_t count = 0;
    for (; err == TB_OK; count++) {
        err = list->next(&s, list->entry);
        if (err != TB_OK)
            break;
        err = item_begin(json, count);
        if (err == TB_OK)
            err = list->write(&s, list->entry, json);
        if (err == TB_OK)
            err = item_end(&s, json);
    }
    if (err == TB_ERR_NOT_FOUND)
        err = desk_items_end(json, count);
    return desk_finish(&s, list->what, err);
}

enum tb_err desk_customer(const struct desk *s, const char *text, struct tb_id *ret_id)
{
    if (strlen(text) != TB_SEED_MEMBER_SIZE - 1)
        return tb_id_decode(tb_span_str(text), ret_id);
    for (uint32_t i = 0; i < TB_SEED_CUSTOMERS_MAX && s->facts.seed >= 0; i++) {
        char member[TB_SEED_MEMBER_SIZE];
        tb_seed_member(i, member);
        if (strcmp(member, text) != 0)
            continue;
        *ret_id = tb_seed_customer_id((uint64_t)s->facts.seed, i);
        return TB_OK;
    }
    return TB_ERR_NOT_FOUND;
}

void desk_time_add(struct desk *s, int64_t at_ms)
{
    char text[40];
    struct tm parts;
    time_t seconds = (time_t)(at_ms / 1000);
    if (gmtime_r(&seconds, &parts) != NULL && strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", &parts) > 0)
        tb_buf_add_str(&s->print, text);
}
