#include "core/wire/member.h"

#include "core/base/text.h"

const char *const tb_channel_names[TB_CHANNEL_COUNT] = {
    [TB_CHANNEL_WEB] = "web",   [TB_CHANNEL_APP] = "app",   [TB_CHANNEL_KIOSK] = "kiosk",
    [TB_CHANNEL_TILL] = "till", [TB_CHANNEL_CALL] = "call",
};

const char *const tb_stock_names[TB_STOCK_COUNT] = {
    [TB_STOCK_IN_STOCK] = "in_stock",
    [TB_STOCK_LOW] = "low",
    [TB_STOCK_NOT_HERE] = "not_here",
};

int64_t tb_member_time(struct tb_check *c, struct tb_json o, const char *name)
{
    return tb_json_int(c, o, name, 0, TB_TIME_MS_MAX);
}

int64_t tb_member_opt_time(struct tb_check *c, struct tb_json o, const char *name)
{
    return tb_member_opt_int(c, o, name, TB_TIME_MS_MAX, 0);
}

int64_t tb_member_version(struct tb_check *c, struct tb_json o, const char *name)
{
    return tb_json_int(c, o, name, 1, TB_VERSION_MAX);
}

int64_t tb_member_money(struct tb_check *c, struct tb_json o, const char *name)
{
    return tb_json_int(c, o, name, -TB_MONEY_MAX, TB_MONEY_MAX);
}

int32_t tb_member_quantity(struct tb_check *c, struct tb_json o, const char *name, int32_t min)
{
    return (int32_t)tb_json_int(c, o, name, min, TB_QUANTITY_MAX);
}

int64_t tb_member_opt_int(struct tb_check *c, struct tb_json o, const char *name, int64_t max,
                          int64_t otherwise)
{
    return tb_json_has(o, name) ? tb_json_int(c, o, name, 0, max) : otherwise;
}

struct tb_id tb_member_opt_id(struct tb_check *c, struct tb_json o, const char *name)
{
    static const struct tb_id none;
    return tb_json_has(o, name) ? tb_json_id(c, o, name) : none;
}

void tb_member_opt_str(struct tb_check *c, struct tb_json o, const char *name, char *ret_text,
                       size_t size_max)
{
    ret_text[0] = '\0';
    if (tb_json_has(o, name))
        tb_json_str(c, o, name, ret_text, size_max);
}

bool tb_member_opt_bool(struct tb_check *c, struct tb_json o, const char *name)
{
    return tb_json_has(o, name) && tb_json_bool(c, o, name);
}

static int two_digits(const char *text)
{
    return (text[0] - '0') * 10 + (text[1] - '0');
}

static bool is_date(const char *text)
{
    static const char pattern[] = "0000-00-00";
    if (strlen(text) != TB_DATE_SIZE)
        return false;
    for (size_t i = 0; i < TB_DATE_SIZE; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (pattern[i] == '0' ? !digit : text[i] != pattern[i])
            return false;
    }
    int month = two_digits(text + 5);
    int day = two_digits(text + 8);
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

void tb_member_date(struct tb_check *c, struct tb_json o, const char *name, char ret_date[TB_DATE_SIZE + 1])
{
    tb_json_str(c, o, name, ret_date, TB_DATE_SIZE + 1);
    if (c->err == TB_OK && !is_date(ret_date))
        tb_check_fail(c, TB_ERR_SYNTAX, name);
}

void tb_member_base64url(struct tb_check *c, struct tb_json o, const char *name, uint8_t *ret_bytes,
                         size_t size)
{
    struct tb_span text = tb_json_text(c, o, name, (size * 4 + 2) / 3);
    struct tb_buf bytes = tb_buf_of(ret_bytes, size);
    enum tb_err err = tb_base64url_decode(text, &bytes);
    if (err == TB_OK && bytes.size != size)
        err = TB_ERR_TRUNCATED;
    if (c->err == TB_OK && err != TB_OK)
        tb_check_fail(c, err, name);
}

bool tb_member_is_token(struct tb_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.at[i];
        bool is_alnum =
            (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
        if (!is_alnum && byte != '.' && byte != '_' && byte != ':' && byte != '-')
            return false;
    }
    return text.size > 0;
}

void tb_member_token(struct tb_check *c, struct tb_json o, const char *name, char *ret_text, size_t size_max)
{
    tb_json_str(c, o, name, ret_text, size_max);
    if (c->err == TB_OK && !tb_member_is_token(tb_span_str(ret_text)))
        tb_check_fail(c, TB_ERR_SYNTAX, name);
}

void tb_member_opt_token(struct tb_check *c, struct tb_json o, const char *name, char *ret_text,
                         size_t size_max)
{
    tb_member_opt_str(c, o, name, ret_text, size_max);
    if (c->err == TB_OK && ret_text[0] && !tb_member_is_token(tb_span_str(ret_text)))
        tb_check_fail(c, TB_ERR_SYNTAX, name);
}

void tb_member_gtin(struct tb_check *c, struct tb_json o, const char *name, char ret_gtin[TB_GTIN_SIZE + 1])
{
    tb_json_str(c, o, name, ret_gtin, TB_GTIN_SIZE + 1);
    struct tb_span digits = tb_span_str(ret_gtin);
    if (c->err == TB_OK && (digits.size != TB_GTIN_SIZE || !tb_text_is_digits(digits)))
        tb_check_fail(c, TB_ERR_SYNTAX, name);
}

void tb_member_currency(struct tb_check *c, struct tb_json o, const char *name,
                        char ret_currency[TB_CURRENCY_SIZE + 1])
{
    tb_json_str(c, o, name, ret_currency, TB_CURRENCY_SIZE + 1);
    bool is_code = strlen(ret_currency) == TB_CURRENCY_SIZE;
    for (size_t i = 0; is_code && i < TB_CURRENCY_SIZE; i++)
        is_code = ret_currency[i] >= 'A' && ret_currency[i] <= 'Z';
    if (c->err == TB_OK && !is_code)
        tb_check_fail(c, TB_ERR_SYNTAX, name);
}

enum tb_channel tb_member_channel(struct tb_check *c, struct tb_json o, const char *name)
{
    return (enum tb_channel)tb_json_enum(c, o, name, tb_channel_names, TB_CHANNEL_COUNT);
}

enum tb_channel tb_member_opt_channel(struct tb_check *c, struct tb_json o, const char *name)
{
    return tb_json_has(o, name) ? tb_member_channel(c, o, name) : TB_CHANNEL_NONE;
}

enum tb_stock tb_member_opt_stock(struct tb_check *c, struct tb_json o, const char *name)
{
    if (!tb_json_has(o, name))
        return TB_STOCK_NONE;
    return (enum tb_stock)tb_json_enum(c, o, name, tb_stock_names, TB_STOCK_COUNT);
}

void tb_member_put_opt_str(struct tb_json_writer *w, const char *name, const char *text)
{
    if (text && text[0])
        tb_json_put_str(w, name, text);
}

void tb_member_put_opt_id(struct tb_json_writer *w, const char *name, const struct tb_id *id)
{
    if (!tb_id_is_zero(id))
        tb_json_put_id(w, name, id);
}

void tb_member_put_opt_int(struct tb_json_writer *w, const char *name, int64_t value)
{
    if (value != 0)
        tb_json_put_int(w, name, value);
}

void tb_member_put_opt_bool(struct tb_json_writer *w, const char *name, bool value)
{
    if (value)
        tb_json_put_bool(w, name, true);
}

uint8_t tb_member_bytes(struct tb_check *c, struct tb_json object, const char *name, uint8_t *ret_bytes,
                        size_t size_max)
{
    struct tb_span text = tb_json_text(c, object, name, (size_max * 4 + 2) / 3);
    struct tb_buf bytes = tb_buf_of(ret_bytes, size_max);
    enum tb_err err = tb_base64url_decode(text, &bytes);
    if (err != TB_OK)
        tb_check_fail(c, err, name);
    return (uint8_t)bytes.size;
}
