#include "host/config/config.h"

#include "core/base/assert.h"
#include "host/system/system.h"

#include <errno.h>
#include <stdlib.h>

#define FILE_SIZE_MAX ((size_t)64 * 1024)
#define LINE_SIZE_MAX 512

/* One reading of one file. */
struct reading {
    const struct tb_config_table *table;
    const char *file;
    void *config;
    struct tb_config_error *error;
    struct tb_span section;
    unsigned line;
    uint64_t *seen; /* line of the first mention of each key, 0 when it was not given */
};

static void text_cut(struct tb_span from, char *ret_text, size_t size_max)
{
    from = tb_span_sub(from, 0, size_max - 1);
    for (size_t i = 0; i < from.size; i++)
        ret_text[i] = from.at[i] >= ' ' && from.at[i] < 0x7f ? (char)from.at[i] : '?';
    ret_text[from.size] = 0;
}

/* Fills the error and returns TB_ERR_CONFIG. name may be empty: then it is not about a key. */
static enum tb_err fail(const struct reading *r, struct tb_span name, struct tb_span text)
{
    char key[sizeof r->error->key];
    struct tb_buf b = tb_buf_of(key, sizeof key - 1);
    if (name.size > 0) {
        tb_buf_add(&b, tb_span_sub(r->section, 0, sizeof key / 2));
        tb_buf_add_u8(&b, '.');
        tb_buf_add(&b, tb_span_sub(name, 0, sizeof key / 2 - 2));
    }
    text_cut(tb_span_str(r->file), r->error->file, sizeof r->error->file);
    r->error->line = r->line;
    text_cut(tb_buf_span(&b), r->error->key, sizeof r->error->key);
    text_cut(text, r->error->text, sizeof r->error->text);
    return TB_ERR_CONFIG;
}

static enum tb_err fail_str(const struct reading *r, struct tb_span name, const char *text)
{
    return fail(r, name, tb_span_str(text));
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct tb_span trimmed(struct tb_span text)
{
    while (text.size > 0 && is_space(text.at[0]))
        text = tb_span_sub(text, 1, text.size);
    while (text.size > 0 && is_space(text.at[text.size - 1]))
        text.size--;
    return text;
}

/* ---- values ---- */

static void *field_of(const struct tb_config_key *key, void *config)
{
    return (char *)config + key->offset;
}

static const void *field_read(const struct tb_config_key *key, const void *config)
{
    return (const char *)config + key->offset;
}

static bool int_decode(struct tb_span text, int64_t *ret_value)
{
    char digits[24];
    char *end = NULL;
    if (text.size == 0 || is_space(text.at[0]) || tb_span_to_str(text, digits, sizeof digits))
        return false;
    errno = 0;
    *ret_value = strtoll(digits, &end, 10);
    return errno == 0 && *end == 0;
}

static bool bool_decode(struct tb_span text, bool *ret_value)
{
    static const char *const yes[] = {"yes", "true", "on"}, *const no[] = {"no", "false", "off"};
    for (size_t i = 0; i < TB_ARRAY_SIZE(yes); i++) {
        *ret_value = tb_span_is(text, yes[i]);
        if (*ret_value || tb_span_is(text, no[i]))
            return true;
    }
    return false;
}

static int choice_index(const struct tb_config_key *key, struct tb_span text)
{
    for (int i = 0; key->choices[i]; i++)
        if (tb_span_is(text, key->choices[i]))
            return i;
    return -1;
}

static void choices_add(const struct tb_config_key *key, struct tb_buf *b)
{
    for (int i = 0; key->choices[i]; i++) {
        tb_buf_add_str(b, i ? ", " : "");
        tb_buf_add_str(b, key->choices[i]);
    }
}

static enum tb_err fail_range(const struct reading *r, const struct tb_config_key *key, struct tb_span name)
{
    char text[sizeof r->error->text];
    struct tb_buf b = tb_buf_of(text, sizeof text);
    if (key->type == TB_CONFIG_CHOICE) {
        tb_buf_add_str(&b, "must be one of ");
        choices_add(key, &b);
    } else {
        tb_buf_add_str(&b, "must be a whole number from ");
        tb_buf_add_decimal(&b, key->min);
        tb_buf_add_str(&b, " to ");
        tb_buf_add_decimal(&b, key->max);
    }
    return fail(r, name, tb_buf_span(&b));
}

static enum tb_err list_add(const struct reading *r, struct tb_span name, struct tb_span value,
                            struct tb_config_list *list)
{
    if (list->count == TB_CONFIG_LIST_MAX)
        return fail_str(r, name, "is given too often");
    if (tb_span_to_str(value, list->text[list->count], TB_CONFIG_LIST_TEXT_SIZE))
        return fail_str(r, name, "is too long");
    list->count++;
    return TB_OK;
}

static enum tb_err value_set(const struct reading *r, const struct tb_config_key *key, struct tb_span value)
{
    struct tb_span name = tb_span_str(key->name);
    void *field = field_of(key, r->config);
    int64_t number = 0;
    int choice;
    const char *wrong = key->check ? key->check(value) : NULL;
    if (wrong)
        return fail_str(r, name, wrong);
    switch (key->type) {
    case TB_CONFIG_TEXT:
        return tb_span_to_str(value, field, (size_t)key->max) ? fail_str(r, name, "is too long") : TB_OK;
    case TB_CONFIG_INT:
        if (!int_decode(value, &number) || number < key->min || number > key->max)
            return fail_range(r, key, name);
        *(int64_t *)field = number;
        return TB_OK;
    case TB_CONFIG_BOOL: return bool_decode(value, field) ? TB_OK : fail_str(r, name, "must be yes or no");
    case TB_CONFIG_CHOICE:
        choice = choice_index(key, value);
        if (choice < 0)
            return fail_range(r, key, name);
        *(int *)field = choice;
        return TB_OK;
    case TB_CONFIG_LIST: return list_add(r, name, value, field);
    }
    return TB_ERR_INTERNAL;
}

void tb_config_preset(const struct tb_config_table *table, void *config)
{
    struct tb_config_error error = {0};
    struct reading r = {.table = table, .file = "", .config = config, .error = &error};
    for (size_t i = 0; i < table->key_count; i++) {
        const struct tb_config_key *key = &table->keys[i];
        if (!key->preset || (key->type == TB_CONFIG_LIST && !key->preset[0]))
            continue;
        enum tb_err err = value_set(&r, key, tb_span_str(key->preset));
        TB_ASSERT(!err); /* the table contradicts itself */
    }
}

/* ---- lines ---- */

static bool section_known(const struct tb_config_table *table, struct tb_span section)
{
    for (size_t i = 0; i < table->key_count; i++)
        if (tb_span_is(section, table->keys[i].section))
            return true;
    return false;
}

static enum tb_err section_begin(struct reading *r, struct tb_span line)
{
    if (line.at[line.size - 1] != ']')
        return fail_str(r, tb_span_of(NULL, 0), "a section is written [name]");
    r->section = trimmed(tb_span_sub(line, 1, line.size - 2));
    if (section_known(r->table, r->section))
        return TB_OK;
    char text[sizeof r->error->text];
    struct tb_buf b = tb_buf_of(text, sizeof text);
    tb_buf_add_str(&b, "there is no section [");
    tb_buf_add(&b, tb_span_sub(r->section, 0, 64));
    tb_buf_add_str(&b, "]");
    return fail(r, tb_span_of(NULL, 0), tb_buf_span(&b));
}

static enum tb_err key_given(struct reading *r, size_t index, struct tb_span value)
{
    const struct tb_config_key *key = &r->table->keys[index];
    bool first = r->seen[index] == 0;
    r->seen[index] = r->line;
    if (key->type != TB_CONFIG_LIST && !first)
        return fail_str(r, tb_span_str(key->name), "is given twice");
    if (key->type == TB_CONFIG_LIST && first) /* the file replaces the preset, it does not add to it */
        *(struct tb_config_list *)field_of(key, r->config) = (struct tb_config_list){0};
    return value_set(r, key, value);
}

static enum tb_err line_read(struct reading *r, struct tb_span line)
{
    if (line.size > LINE_SIZE_MAX)
        return fail_str(r, tb_span_of(NULL, 0), "the line is too long");
    line = trimmed(line);
    if (line.size == 0 || line.at[0] == '#' || line.at[0] == ';')
        return TB_OK;
    if (memchr(line.at, 0, line.size))
        return fail_str(r, tb_span_of(NULL, 0), "the line holds a zero byte");
    if (line.at[0] == '[')
        return section_begin(r, line);
    const uint8_t *equals = memchr(line.at, '=', line.size);
    if (!equals)
        return fail_str(r, tb_span_of(NULL, 0), "a line is a comment, [section] or key = value");
    size_t name_size = (size_t)(equals - line.at);
    struct tb_span name = trimmed(tb_span_sub(line, 0, name_size));
    struct tb_span value = trimmed(tb_span_sub(line, name_size + 1, line.size));
    for (size_t i = 0; i < r->table->key_count; i++) {
        const struct tb_config_key *key = &r->table->keys[i];
        if (tb_span_is(r->section, key->section) && tb_span_is(name, key->name))
            return key_given(r, i, value);
    }
    return fail_str(r, name.size ? name : tb_span_str("?"), "there is no such key");
}

static enum tb_err required_check(struct reading *r)
{
    r->line = 0;
    for (size_t i = 0; i < r->table->key_count; i++) {
        const struct tb_config_key *key = &r->table->keys[i];
        if (key->preset || r->seen[i])
            continue;
        r->section = tb_span_str(key->section);
        return fail_str(r, tb_span_str(key->name), "must be given");
    }
    return TB_OK;
}

static enum tb_err lines_read(struct reading *r, struct tb_span text)
{
    while (text.size > 0) {
        r->line++;
        enum tb_err err = line_read(r, tb_span_cut(&text, '\n'));
        if (err)
            return err;
    }
    return required_check(r);
}

enum tb_err tb_config_parse(const struct tb_config_table *table, const char *file, struct tb_span text,
                            void *config, struct tb_config_error *ret_error)
{
    *ret_error = (struct tb_config_error){0};
    struct reading r = {.table = table, .file = file, .config = config, .error = ret_error};
    if (text.size > FILE_SIZE_MAX)
        return fail_str(&r, tb_span_of(NULL, 0), "the file is too long");
    r.seen = calloc(table->key_count, sizeof *r.seen);
    if (!r.seen)
        return TB_ERR_NO_MEMORY;
    tb_config_preset(table, config);
    enum tb_err err = lines_read(&r, text);
    free(r.seen);
    return err;
}

enum tb_err tb_config_load(const struct tb_config_table *table, const char *path, void *config,
                           struct tb_config_error *ret_error)
{
    *ret_error = (struct tb_config_error){0};
    struct reading r = {.table = table, .file = path, .config = config, .error = ret_error};
    uint8_t *text = malloc(FILE_SIZE_MAX);
    if (!text)
        return TB_ERR_NO_MEMORY;
    struct tb_buf b = tb_buf_of(text, FILE_SIZE_MAX);
    enum tb_err err = tb_file_read(path, &b);
    if (!err)
        err = tb_config_parse(table, path, tb_buf_span(&b), config, ret_error);
    else if (err == TB_ERR_NOT_FOUND)
        (void)fail_str(&r, tb_span_of(NULL, 0), "there is no such file");
    else
        err = fail_str(&r, tb_span_of(NULL, 0),
                       err == TB_ERR_TOO_LONG ? "the file is too long" : "the file cannot be read");
    free(text);
    return err;
}

void tb_config_error_add(const struct tb_config_error *error, struct tb_buf *b)
{
    tb_buf_add_str(b, error->file);
    if (error->line) {
        tb_buf_add_u8(b, ':');
        tb_buf_add_decimal(b, error->line);
    }
    tb_buf_add_str(b, ": ");
    if (error->key[0]) {
        tb_buf_add_str(b, error->key);
        tb_buf_add_str(b, ": ");
    }
    tb_buf_add_str(b, error->text);
}

/* ---- out of the table ---- */

static void line_add(struct tb_buf *b, const char *name, const char *value)
{
    tb_buf_add_str(b, name);
    tb_buf_add_str(b, value[0] ? " = " : " =");
    tb_buf_add_str(b, value);
    tb_buf_add_u8(b, '\n');
}

static void value_print(const struct tb_config_key *key, const void *config, struct tb_buf *b)
{
    const void *field = field_read(key, config);
    char digits[24];
    struct tb_buf number = tb_buf_of(digits, sizeof digits);
    const struct tb_config_list *list = field;
    switch (key->type) {
    case TB_CONFIG_TEXT: line_add(b, key->name, field); break;
    case TB_CONFIG_INT:
        tb_buf_add_decimal(&number, *(const int64_t *)field);
        tb_buf_add_u8(&number, 0);
        line_add(b, key->name, digits);
        break;
    case TB_CONFIG_BOOL: line_add(b, key->name, *(const bool *)field ? "yes" : "no"); break;
    case TB_CONFIG_CHOICE: line_add(b, key->name, key->choices[*(const int *)field]); break;
    case TB_CONFIG_LIST:
        for (size_t i = 0; i < list->count; i++)
            line_add(b, key->name, list->text[i]);
        break;
    }
}

void tb_config_print(const struct tb_config_table *table, const void *config, struct tb_buf *b)
{
    const char *section = "";
    for (size_t i = 0; i < table->key_count; i++) {
        const struct tb_config_key *key = &table->keys[i];
        if (strcmp(section, key->section) != 0) {
            tb_buf_add_str(b, section[0] ? "\n[" : "[");
            tb_buf_add_str(b, key->section);
            tb_buf_add_str(b, "]\n");
            section = key->section;
        }
        value_print(key, config, b);
    }
}

static void range_add(const struct tb_config_key *key, struct tb_buf *b)
{
    switch (key->type) {
    case TB_CONFIG_TEXT: tb_buf_add_str(b, "text"); break;
    case TB_CONFIG_BOOL: tb_buf_add_str(b, "yes or no"); break;
    case TB_CONFIG_CHOICE: choices_add(key, b); break;
    case TB_CONFIG_LIST: tb_buf_add_str(b, "text, may be given several times"); break;
    case TB_CONFIG_INT:
        tb_buf_add_decimal(b, key->min);
        tb_buf_add_str(b, " to ");
        tb_buf_add_decimal(b, key->max);
        break;
    }
}

void tb_config_markdown(const struct tb_config_table *table, struct tb_buf *b)
{
    tb_buf_add_str(b, "| section | key | value | preset | meaning |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < table->key_count; i++) {
        const struct tb_config_key *key = &table->keys[i];
        bool quoted = key->preset && key->preset[0];
        tb_buf_add_str(b, "| ");
        tb_buf_add_str(b, key->section);
        tb_buf_add_str(b, " | `");
        tb_buf_add_str(b, key->name);
        tb_buf_add_str(b, "` | ");
        range_add(key, b);
        tb_buf_add_str(b, quoted ? " | `" : " | ");
        tb_buf_add_str(b, key->preset ? key->preset : "required");
        tb_buf_add_str(b, quoted ? "` | " : " | ");
        tb_buf_add_str(b, key->help);
        tb_buf_add_str(b, " |\n");
    }
}
