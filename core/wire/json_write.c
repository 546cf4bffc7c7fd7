#include "core/wire/json.h"

#include "core/base/text.h"

/* What stands before a value: the comma if one is due, and the member's name. */
static void put_name(struct tb_json_writer *w, const char *name)
{
    if (w->comma)
        tb_buf_add_u8(w->to, ',');
    w->comma = true;
    if (!name)
        return;
    tb_buf_add_u8(w->to, '"');
    tb_buf_add_str(w->to, name);
    tb_buf_add_str(w->to, "\":");
}

static void open_with(struct tb_json_writer *w, const char *name, uint8_t bracket)
{
    put_name(w, name);
    tb_buf_add_u8(w->to, bracket);
    w->comma = false;
}

static void close_with(struct tb_json_writer *w, uint8_t bracket)
{
    tb_buf_add_u8(w->to, bracket);
    w->comma = true;
}

void tb_json_open(struct tb_json_writer *w, const char *name)
{
    open_with(w, name, '{');
}

void tb_json_close(struct tb_json_writer *w)
{
    close_with(w, '}');
}

void tb_json_open_array(struct tb_json_writer *w, const char *name)
{
    open_with(w, name, '[');
}

void tb_json_close_array(struct tb_json_writer *w)
{
    close_with(w, ']');
}

void tb_json_put_int(struct tb_json_writer *w, const char *name, int64_t value)
{
    put_name(w, name);
    tb_buf_add_decimal(w->to, value);
}

void tb_json_put_bool(struct tb_json_writer *w, const char *name, bool value)
{
    put_name(w, name);
    tb_buf_add_str(w->to, value ? "true" : "false");
}

void tb_json_put_null(struct tb_json_writer *w, const char *name)
{
    put_name(w, name);
    tb_buf_add_str(w->to, "null");
}

static bool needs_escape(uint8_t byte)
{
    return byte < 0x20 || byte == '"' || byte == '\\' || byte == 0x7f;
}

static void put_escape(struct tb_buf *to, uint8_t byte)
{
    tb_buf_add_u8(to, '\\');
    switch (byte) {
    case '"':
    case '\\': tb_buf_add_u8(to, byte); break;
    case '\n': tb_buf_add_u8(to, 'n'); break;
    case '\r': tb_buf_add_u8(to, 'r'); break;
    case '\t': tb_buf_add_u8(to, 't'); break;
    default:
        tb_buf_add_str(to, "u00");
        tb_buf_add_hex(to, tb_span_of(&byte, 1));
        break;
    }
}

void tb_json_put_text(struct tb_json_writer *w, const char *name, struct tb_span text)
{
    put_name(w, name);
    if (!tb_utf8_valid(text) && w->to->err == TB_OK)
        w->to->err = TB_ERR_UTF8;
    tb_buf_add_u8(w->to, '"');
    size_t plain = 0; /* start of the run that needs no escape */
    for (size_t i = 0; i < text.size; i++) {
        if (!needs_escape(text.at[i]))
            continue;
        tb_buf_add(w->to, tb_span_sub(text, plain, i - plain));
        put_escape(w->to, text.at[i]);
        plain = i + 1;
    }
    tb_buf_add(w->to, tb_span_sub(text, plain, SIZE_MAX));
    tb_buf_add_u8(w->to, '"');
}

void tb_json_put_str(struct tb_json_writer *w, const char *name, const char *text)
{
    if (text)
        tb_json_put_text(w, name, tb_span_str(text));
}

void tb_json_put_hex(struct tb_json_writer *w, const char *name, struct tb_span bytes)
{
    put_name(w, name);
    tb_buf_add_u8(w->to, '"');
    tb_buf_add_hex(w->to, bytes);
    tb_buf_add_u8(w->to, '"');
}

void tb_json_put_id(struct tb_json_writer *w, const char *name, const struct tb_id *id)
{
    tb_json_put_hex(w, name, tb_id_span(id));
}

void tb_json_put_base64url(struct tb_json_writer *w, const char *name, struct tb_span bytes)
{
    put_name(w, name);
    tb_buf_add_u8(w->to, '"');
    tb_base64url_add(w->to, bytes);
    tb_buf_add_u8(w->to, '"');
}

void tb_json_put_raw(struct tb_json_writer *w, const char *name, struct tb_span json)
{
    put_name(w, name);
    tb_buf_add(w->to, json);
}
