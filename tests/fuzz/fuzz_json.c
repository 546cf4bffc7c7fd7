/* Any bytes as JSON: an error, or a document whose members can be read and cut out again. */
#include "core/base/assert.h"
#include "core/wire/json.h"
#include "tests/fuzz/fuzz.h"

static uint8_t room[TB_JSON_ARENA_SIZE(TB_JSON_SIZE_MAX)];
static uint8_t raw_room[TB_JSON_ARENA_SIZE(TB_JSON_SIZE_MAX)];
static uint8_t text_room[8 * TB_JSON_SIZE_MAX];

/* What was cut out of a document is a document, of the same type. */
static void raw_check(struct tb_json object, const char *name)
{
    struct tb_json member = tb_json_member(object, name);
    struct tb_span raw = tb_json_raw(object, name);
    TB_ASSERT(tb_json_exists(member) == (raw.size > 0));
    if (!raw.size)
        return;
    struct tb_arena arena = tb_arena_of(raw_room, sizeof raw_room);
    struct tb_json again;
    enum tb_err err = tb_json_parse(raw, 0, &arena, &again);
    TB_ASSERT(err == TB_OK && tb_json_type(again) == tb_json_type(member));
}

static void text_check(struct tb_json object, const char *name)
{
    struct tb_check c = {.err = TB_OK};
    struct tb_span text = tb_json_text(&c, object, name, TB_JSON_SIZE_MAX);
    if (c.err != TB_OK)
        return;
    struct tb_buf written = tb_buf_of(text_room, sizeof text_room);
    struct tb_json_writer w = tb_json_writer_of(&written);
    tb_json_open(&w, NULL);
    tb_json_put_text(&w, name, text);
    tb_json_close(&w);
    TB_ASSERT(written.err == TB_OK);
    struct tb_arena arena = tb_arena_of(raw_room, sizeof raw_room);
    struct tb_json again;
    if (tb_json_parse(tb_buf_span(&written), 0, &arena, &again) != TB_OK)
        TB_ASSERT(written.size > TB_JSON_SIZE_MAX);
    else
        TB_ASSERT(tb_span_equal(tb_json_text(&c, again, name, TB_JSON_SIZE_MAX), text) && c.err == TB_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_arena arena = tb_arena_of(room, sizeof room);
    struct tb_json root;
    enum tb_err err = tb_json_parse(tb_span_of(data, size), 0, &arena, &root);
    TB_ASSERT(err != TB_ERR_NO_MEMORY); /* the promise of TB_JSON_ARENA_SIZE */
    TB_ASSERT((err == TB_OK) == tb_json_exists(root));
    if (err != TB_OK)
        return 0;
    static const char *const names[] = {"a", "b", "doc", "id", "rows", ""};
    for (size_t i = 0; i < TB_ARRAY_SIZE(names); i++) {
        raw_check(root, names[i]);
        text_check(root, names[i]);
    }
    size_t count = 0;
    for (struct tb_json_each each = tb_json_first(root); tb_json_exists(each.value); tb_json_next(&each))
        count++;
    TB_ASSERT(count == tb_json_count(root));
    return 0;
}
