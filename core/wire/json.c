#include "core/wire/json.h"

#include "core/base/assert.h"
#include "core/base/text.h"

#include <yyjson.h>

/* Values are parsed in a copy of the text, in place: a text value's address in the copy is its
 * address in the source. That is what tb_json_raw() stands on. */
struct tb_json_doc {
    struct tb_span text; /* as it was handed in */
    const uint8_t *copy;
};

/* The parser's allocator: one growing block at the arena's end, as the parser uses it. */
struct value_block {
    struct tb_arena *arena;
    size_t mark; /* arena size before the block */
    void *at;
};

static void *block_malloc(void *ctx, size_t size)
{
    struct value_block *block = ctx;
    block->mark = tb_arena_mark(block->arena);
    block->at = tb_arena_take(block->arena, size);
    return block->at;
}

static void *block_realloc(void *ctx, void *at, size_t old_size, size_t size)
{
    struct value_block *block = ctx;
    TB_ASSERT(at == block->at);
    (void)old_size;
    size_t used = block->arena->size;
    block->arena->size = block->mark;
    void *grown = tb_arena_take(block->arena, size);
    if (!grown)
        block->arena->size = used;
    return grown;
}

static void block_free(void *ctx, void *at)
{
    struct value_block *block = ctx;
    TB_ASSERT(at == block->at);
    tb_arena_release(block->arena, block->mark);
}

/* Index behind the closing quote of a string whose first byte is at i; text.size when there is none. */
static size_t string_skip(struct tb_span text, size_t i)
{
    while (i < text.size && text.at[i] != '"')
        i += text.at[i] == '\\' ? 2 : 1;
    return i < text.size ? i + 1 : text.size;
}

static bool is_opening(uint8_t byte)
{
    return byte == '{' || byte == '[';
}

static bool is_closing(uint8_t byte)
{
    return byte == '}' || byte == ']';
}

/* The parser itself has no limit of depth; brackets are counted before it runs. */
static enum tb_err check_depth(struct tb_span text)
{
    size_t depth = 0;
    for (size_t i = 0; i < text.size;) {
        uint8_t byte = text.at[i++];
        if (byte == '"')
            i = string_skip(text, i);
        else if (is_opening(byte) && ++depth > TB_JSON_DEPTH_MAX)
            return TB_ERR_DEPTH;
        else if (is_closing(byte) && depth > 0)
            depth--;
    }
    return TB_OK;
}

static enum tb_err check_members(yyjson_val *object)
{
    if (unsafe_yyjson_get_len(object) > TB_JSON_MEMBER_COUNT_MAX)
        return TB_ERR_TOO_LONG;
    yyjson_val *names[TB_JSON_MEMBER_COUNT_MAX];
    size_t count = 0;
    yyjson_obj_iter each = yyjson_obj_iter_with(object);
    for (yyjson_val *name = yyjson_obj_iter_next(&each); name; name = yyjson_obj_iter_next(&each)) {
        for (size_t i = 0; i < count; i++)
            if (unsafe_yyjson_equals_strn(names[i], unsafe_yyjson_get_str(name), unsafe_yyjson_get_len(name)))
                return TB_ERR_DUPLICATE_KEY;
        names[count++] = name;
    }
    return TB_OK;
}

/* The values of a document stand one behind the other in memory, parents before children. */
static enum tb_err check_objects(yyjson_doc *parsed)
{
    yyjson_val *value = yyjson_doc_get_root(parsed);
    for (size_t left = yyjson_doc_get_val_count(parsed); left > 0; left--, value++) {
        if (!yyjson_is_obj(value))
            continue;
        enum tb_err err = check_members(value);
        if (err != TB_OK)
            return err;
    }
    return TB_OK;
}

static enum tb_err read_error(const yyjson_read_err *error, struct tb_span text)
{
    switch (error->code) {
    case YYJSON_READ_ERROR_MEMORY_ALLOCATION: return TB_ERR_NO_MEMORY;
    case YYJSON_READ_ERROR_EMPTY_CONTENT:
    case YYJSON_READ_ERROR_UNEXPECTED_END: return TB_ERR_TRUNCATED;
    case YYJSON_READ_ERROR_INVALID_STRING: return tb_utf8_valid(text) ? TB_ERR_SYNTAX : TB_ERR_UTF8;
    default: return TB_ERR_SYNTAX;
    }
}

static struct tb_json_doc *doc_take(struct tb_span text, struct tb_arena *arena, char **ret_copy)
{
    struct tb_json_doc *doc = tb_arena_take(arena, sizeof *doc);
    char *copy = tb_arena_take_zero(arena, text.size + YYJSON_PADDING_SIZE);
    if (!doc || !copy)
        return NULL;
    memcpy(copy, text.at, text.size);
    *doc = (struct tb_json_doc){.text = text, .copy = (const uint8_t *)copy};
    *ret_copy = copy;
    return doc;
}

enum tb_err tb_json_parse(struct tb_span text, size_t size_max, struct tb_arena *arena,
                          struct tb_json *ret_root)
{
    *ret_root = (struct tb_json){NULL, NULL};
    if (text.size > (size_max ? size_max : TB_JSON_SIZE_MAX))
        return TB_ERR_TOO_LONG;
    if (text.size == 0)
        return TB_ERR_TRUNCATED;
    enum tb_err err = check_depth(text);
    if (err != TB_OK)
        return err;
    char *copy = NULL;
    struct tb_json_doc *doc = doc_take(text, arena, &copy);
    if (!doc)
        return TB_ERR_NO_MEMORY;

    struct value_block block = {.arena = arena};
    const yyjson_alc allocator = {block_malloc, block_realloc, block_free, &block};
    yyjson_read_err error;
    yyjson_doc *parsed = yyjson_read_opts(copy, text.size, YYJSON_READ_INSITU, &allocator, &error);
    if (!parsed)
        return read_error(&error, text);
    err = check_objects(parsed);
    if (err == TB_OK)
        *ret_root = (struct tb_json){.doc = doc, .at = yyjson_doc_get_root(parsed)};
    return err;
}

enum tb_json_type tb_json_type(struct tb_json value)
{
    if (!value.at)
        return TB_JSON_NONE;
    switch (yyjson_get_type(value.at)) {
    case YYJSON_TYPE_NULL: return TB_JSON_NULL;
    case YYJSON_TYPE_BOOL: return TB_JSON_BOOL;
    case YYJSON_TYPE_NUM: return yyjson_is_int(value.at) ? TB_JSON_INT : TB_JSON_REAL;
    case YYJSON_TYPE_STR: return TB_JSON_TEXT;
    case YYJSON_TYPE_ARR: return TB_JSON_ARRAY;
    case YYJSON_TYPE_OBJ: return TB_JSON_OBJECT;
    default: return TB_JSON_NONE;
    }
}

void tb_check_fail(struct tb_check *c, enum tb_err err, const char *member)
{
    if (c->err != TB_OK)
        return;
    c->err = err;
    c->member = member;
}

struct tb_json tb_json_member(struct tb_json object, const char *name)
{
    return (struct tb_json){.doc = object.doc, .at = yyjson_obj_get(object.at, name)};
}

bool tb_json_has(struct tb_json object, const char *name)
{
    enum tb_json_type type = tb_json_type(tb_json_member(object, name));
    return type != TB_JSON_NONE && type != TB_JSON_NULL;
}

/* True when value is of the type; else the check says whether it is missing or of another one. */
static bool is_of(struct tb_check *c, struct tb_json value, enum tb_json_type type, const char *name)
{
    enum tb_json_type found = tb_json_type(value);
    if (c->err == TB_OK && found == type)
        return true;
    tb_check_fail(c, found == TB_JSON_NONE ? TB_ERR_MISSING : TB_ERR_TYPE, name);
    return false;
}

int64_t tb_json_as_int(struct tb_check *c, struct tb_json value, const char *name, int64_t min, int64_t max)
{
    if (!is_of(c, value, TB_JSON_INT, name))
        return 0;
    bool is_beyond = yyjson_is_uint(value.at) && yyjson_get_uint(value.at) > INT64_MAX;
    int64_t number = is_beyond ? INT64_MAX : yyjson_get_sint(value.at);
    if (!is_beyond && number >= min && number <= max)
        return number;
    tb_check_fail(c, TB_ERR_RANGE, name);
    return 0;
}

struct tb_span tb_json_as_text(struct tb_check *c, struct tb_json value, const char *name, size_t size_max)
{
    const struct tb_span nothing = tb_span_of("", 0);
    if (!is_of(c, value, TB_JSON_TEXT, name))
        return nothing;
    struct tb_span text = tb_span_of(yyjson_get_str(value.at), yyjson_get_len(value.at));
    enum tb_err err = text.size > size_max ? TB_ERR_TOO_LONG : TB_OK;
    for (size_t i = 0; err == TB_OK && i < text.size; i++)
        if (text.at[i] < 0x20)
            err = TB_ERR_SYNTAX;
    if (err == TB_OK)
        return text;
    tb_check_fail(c, err, name);
    return nothing;
}

int64_t tb_json_int(struct tb_check *c, struct tb_json object, const char *name, int64_t min, int64_t max)
{
    return tb_json_as_int(c, tb_json_member(object, name), name, min, max);
}

bool tb_json_bool(struct tb_check *c, struct tb_json object, const char *name)
{
    struct tb_json value = tb_json_member(object, name);
    return is_of(c, value, TB_JSON_BOOL, name) && yyjson_get_bool(value.at);
}

struct tb_span tb_json_text(struct tb_check *c, struct tb_json object, const char *name, size_t size_max)
{
    return tb_json_as_text(c, tb_json_member(object, name), name, size_max);
}

void tb_json_str(struct tb_check *c, struct tb_json object, const char *name, char *ret_text, size_t size_max)
{
    struct tb_span text = tb_json_text(c, object, name, size_max - 1);
    memcpy(ret_text, text.at, text.size);
    ret_text[text.size] = '\0';
}

void tb_json_hex(struct tb_check *c, struct tb_json object, const char *name, uint8_t *ret_bytes, size_t size)
{
    struct tb_span text = tb_json_text(c, object, name, 2 * size);
    enum tb_err err = c->err == TB_OK ? tb_hex_decode(text, ret_bytes, size) : c->err;
    if (err == TB_OK)
        return;
    memset(ret_bytes, 0, size);
    tb_check_fail(c, err, name);
}

struct tb_id tb_json_id(struct tb_check *c, struct tb_json object, const char *name)
{
    struct tb_id id;
    tb_json_hex(c, object, name, id.bytes, sizeof id.bytes);
    return id;
}

struct tb_json tb_json_object(struct tb_check *c, struct tb_json object, const char *name)
{
    struct tb_json value = tb_json_member(object, name);
    return is_of(c, value, TB_JSON_OBJECT, name) ? value : (struct tb_json){NULL, NULL};
}

struct tb_json tb_json_array(struct tb_check *c, struct tb_json object, const char *name, size_t count_max)
{
    struct tb_json value = tb_json_member(object, name);
    if (!is_of(c, value, TB_JSON_ARRAY, name))
        return (struct tb_json){NULL, NULL};
    if (tb_json_count(value) <= count_max)
        return value;
    tb_check_fail(c, TB_ERR_TOO_LONG, name);
    return (struct tb_json){NULL, NULL};
}

unsigned tb_json_enum(struct tb_check *c, struct tb_json object, const char *name, const char *const *names,
                      size_t name_count)
{
    struct tb_json value = tb_json_member(object, name);
    if (!is_of(c, value, TB_JSON_TEXT, name))
        return 0;
    for (size_t i = 0; i < name_count; i++)
        if (names[i] && yyjson_equals_str(value.at, names[i]))
            return (unsigned)i;
    tb_check_fail(c, TB_ERR_RANGE, name);
    return 0;
}

size_t tb_json_count(struct tb_json array)
{
    return yyjson_arr_size(array.at);
}

struct tb_json_each tb_json_first(struct tb_json array)
{
    return (struct tb_json_each){
        .value = {.doc = array.doc, .at = yyjson_arr_get_first(array.at)},
        .left = tb_json_count(array),
    };
}

void tb_json_next(struct tb_json_each *each)
{
    each->left--;
    each->value.at = each->left > 0 ? unsafe_yyjson_get_next(each->value.at) : NULL;
}

static size_t space_skip(struct tb_span text, size_t i)
{
    while (i < text.size && memchr(" \t\r\n", text.at[i], 4))
        i++;
    return i;
}

/* Index behind the value that begins at i, in text that has been parsed without fault. */
static size_t value_skip(struct tb_span text, size_t i)
{
    size_t depth = 0;
    while (i < text.size) {
        uint8_t byte = text.at[i];
        if (depth == 0 && (is_closing(byte) || memchr(", \t\r\n", byte, 5)))
            return i;
        i++;
        if (byte == '"')
            i = string_skip(text, i);
        else if (is_opening(byte))
            depth++;
        else if (is_closing(byte))
            depth--;
        if (depth == 0 && (byte == '"' || is_closing(byte)))
            return i;
    }
    return i;
}

struct tb_span tb_json_raw(struct tb_json object, const char *name)
{
    yyjson_obj_iter each = yyjson_obj_iter_with(object.at);
    for (yyjson_val *key = yyjson_obj_iter_next(&each); key; key = yyjson_obj_iter_next(&each)) {
        if (!yyjson_equals_str(key, name))
            continue;
        struct tb_span text = object.doc->text;
        size_t i = (size_t)((const uint8_t *)unsafe_yyjson_get_str(key) - object.doc->copy);
        i = space_skip(text, string_skip(text, i));
        i = space_skip(text, i + 1); /* behind the colon */
        return tb_span_sub(text, i, value_skip(text, i) - i);
    }
    return tb_span_of("", 0);
}
