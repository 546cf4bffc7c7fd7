/*
 * JSON (RFC 8259) from outside: parsed under limits into the caller's arena, read with typed getters.
 *
 * Limits: TB_JSON_SIZE_MAX bytes unless the caller sets another, depth 16, 64 members per object; no
 * duplicate members, strict UTF-8, no NaN, no comments, nothing after the value. Integers are exact
 * 64 bit; a number with a fraction or an exponent is not an integer.
 * A document is valid as long as the parsed text and the arena are. Pure; not thread-safe.
 *
 * Getters report into a check: the first thing that is wrong is kept together with the member's name,
 * later getters return zero values. So a decoder reads all members and looks at check.err once.
 */
#ifndef TB_CORE_WIRE_JSON_H
#define TB_CORE_WIRE_JSON_H

#include "core/base/arena.h"
#include "core/base/id.h"

#define TB_JSON_SIZE_MAX (64u * 1024u)
#define TB_JSON_DEPTH_MAX 16
#define TB_JSON_MEMBER_COUNT_MAX 64

/* An arena of this size parses any text of size bytes; ordinary messages take about 5 bytes a byte. */
#define TB_JSON_ARENA_SIZE(size) (13u * (size) + 1024u)

struct yyjson_val;
struct tb_json_doc;

/* A value inside a parsed document; at is NULL when there is none. Copy it freely. */
struct tb_json {
    const struct tb_json_doc *doc;
    struct yyjson_val *at;
};

enum tb_json_type {
    TB_JSON_NONE, /* absent */
    TB_JSON_NULL,
    TB_JSON_BOOL,
    TB_JSON_INT,
    TB_JSON_REAL,
    TB_JSON_TEXT,
    TB_JSON_ARRAY,
    TB_JSON_OBJECT,
};

/* The first thing that was wrong with a message. */
struct tb_check {
    enum tb_err err;
    const char *member; /* static text: the member's name; NULL while err is TB_OK */
};

/* size_max 0 stands for TB_JSON_SIZE_MAX. Errors: TB_ERR_TOO_LONG, TB_ERR_DEPTH, TB_ERR_DUPLICATE_KEY,
 * TB_ERR_UTF8, TB_ERR_SYNTAX, TB_ERR_NO_MEMORY (the arena is too small). */
TB_MUST_USE enum tb_err tb_json_parse(struct tb_span text, size_t size_max, struct tb_arena *arena,
                                      struct tb_json *ret_root);

enum tb_json_type tb_json_type(struct tb_json value);
static inline bool tb_json_exists(struct tb_json value)
{
    return value.at != NULL;
}

/* The first fault wins. */
void tb_check_fail(struct tb_check *c, enum tb_err err, const char *member);

/* Members that must be there. Absent: TB_ERR_MISSING; wrong type: TB_ERR_TYPE; outside: TB_ERR_RANGE
 * or TB_ERR_TOO_LONG; U+0000 to U+001F in a text: TB_ERR_SYNTAX. Names are static text. */
int64_t tb_json_int(struct tb_check *c, struct tb_json object, const char *name, int64_t min, int64_t max);
bool tb_json_bool(struct tb_check *c, struct tb_json object, const char *name);
struct tb_span tb_json_text(struct tb_check *c, struct tb_json object, const char *name, size_t size_max);
void tb_json_str(struct tb_check *c, struct tb_json object, const char *name, char *ret_text,
                 size_t size_max);
struct tb_id tb_json_id(struct tb_check *c, struct tb_json object, const char *name);
void tb_json_hex(struct tb_check *c, struct tb_json object, const char *name, uint8_t *ret_bytes,
                 size_t size);
struct tb_json tb_json_object(struct tb_check *c, struct tb_json object, const char *name);
/* count_max: TB_ERR_TOO_LONG above. */
struct tb_json tb_json_array(struct tb_check *c, struct tb_json object, const char *name, size_t count_max);
/* Index of the member's text in names; TB_ERR_RANGE when it is none of them. NULL entries are skipped. */
unsigned tb_json_enum(struct tb_check *c, struct tb_json object, const char *name, const char *const *names,
                      size_t name_count);

/* True when the member is there and not null; then read it with the getter of its type. */
bool tb_json_has(struct tb_json object, const char *name);
/* The member whatever its type, none when absent. */
struct tb_json tb_json_member(struct tb_json object, const char *name);

/* The exact source text of a member of any type, borrowed from the parsed text; empty when absent. */
struct tb_span tb_json_raw(struct tb_json object, const char *name);

size_t tb_json_count(struct tb_json array); /* 0 for anything else */

/* Walks an array: for (each = tb_json_first(a); tb_json_exists(each.value); tb_json_next(&each)). */
struct tb_json_each {
    struct tb_json value;
    size_t left;
};
struct tb_json_each tb_json_first(struct tb_json array);
void tb_json_next(struct tb_json_each *each);

/* The value itself, for arrays of texts and the like; same checks. */
struct tb_span tb_json_as_text(struct tb_check *c, struct tb_json value, const char *name, size_t size_max);
int64_t tb_json_as_int(struct tb_check *c, struct tb_json value, const char *name, int64_t min, int64_t max);

/*
 * Writing: values are appended to a buffer; commas and escapes are looked after. name is NULL inside
 * arrays and at the root. What does not fit sets the buffer's err; text that is not UTF-8 sets
 * TB_ERR_UTF8. Names are written as they are: ASCII without quotes.
 */
struct tb_json_writer {
    struct tb_buf *to; /* borrowed */
    bool comma;        /* a value stands before */
};

static inline struct tb_json_writer tb_json_writer_of(struct tb_buf *to)
{
    return (struct tb_json_writer){.to = to};
}

void tb_json_open(struct tb_json_writer *w, const char *name); /* { */
void tb_json_close(struct tb_json_writer *w);                  /* } */
void tb_json_open_array(struct tb_json_writer *w, const char *name);
void tb_json_close_array(struct tb_json_writer *w);
void tb_json_put_int(struct tb_json_writer *w, const char *name, int64_t value);
void tb_json_put_bool(struct tb_json_writer *w, const char *name, bool value);
void tb_json_put_null(struct tb_json_writer *w, const char *name);
void tb_json_put_text(struct tb_json_writer *w, const char *name, struct tb_span text);
/* NULL, as the name of "not given" is, leaves the member out. */
void tb_json_put_str(struct tb_json_writer *w, const char *name, const char *text);
void tb_json_put_id(struct tb_json_writer *w, const char *name, const struct tb_id *id);
void tb_json_put_hex(struct tb_json_writer *w, const char *name, struct tb_span bytes);
void tb_json_put_base64url(struct tb_json_writer *w, const char *name, struct tb_span bytes);
/* One complete JSON value, trusted to be well-formed. */
void tb_json_put_raw(struct tb_json_writer *w, const char *name, struct tb_span json);

#endif
