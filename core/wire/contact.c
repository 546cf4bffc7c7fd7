#include "core/wire/contact.h"

#include "core/base/buf.h"

static struct tb_span blanks_cut(struct tb_span text)
{
    while (text.size && text.at[0] == ' ')
        text = tb_span_sub(text, 1, SIZE_MAX);
    while (text.size && text.at[text.size - 1] == ' ')
        text.size--;
    return text;
}

static bool is_filling(uint8_t byte)
{
    return byte == ' ' || byte == '.' || byte == '/' || byte == '-' || byte == '(' || byte == ')';
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* "(0)" is dialled only inside the country. */
static struct tb_span trunk_skip(struct tb_span text, bool named)
{
    static const char trunk[] = "(0)";
    struct tb_span prefix = tb_span_str(trunk);
    return named && tb_span_starts(text, prefix) ? tb_span_sub(text, prefix.size, SIZE_MAX) : text;
}

/* The digits alone. TB_ERR_SYNTAX: there is something else. */
static enum tb_err digits_take(struct tb_span text, bool named, struct tb_buf *digits)
{
    for (; text.size; text = tb_span_sub(text, 1, SIZE_MAX)) {
        text = trunk_skip(text, named);
        if (text.size == 0)
            break;
        if (is_digit(text.at[0]))
            tb_buf_add_u8(digits, text.at[0]);
        else if (!is_filling(text.at[0]))
            return TB_ERR_SYNTAX;
    }
    return digits->err == TB_OK ? TB_OK : TB_ERR_RANGE;
}

/* The number as it was dialled inside its country, and the country's code as far as it is not part of it. */
static enum tb_err country_split(struct tb_span *number, bool plus, const char **country)
{
    bool zeros = tb_span_starts(*number, tb_span_str("00"));
    if (!plus && !zeros && (*country)[0] == '\0')
        return TB_ERR_SYNTAX;
    if (!plus && zeros)
        *number = tb_span_sub(*number, 2, SIZE_MAX);
    else if (!plus && number->size && number->at[0] == '0')
        *number = tb_span_sub(*number, 1, SIZE_MAX);
    if (plus || zeros)
        *country = "";
    return number->size == 0 || number->at[0] == '0' ? TB_ERR_SYNTAX : TB_OK;
}

enum tb_err tb_contact_phone(struct tb_span text, const char *country,
                             char ret_digits[TB_PHONE_DIGIT_COUNT_MAX + 1])
{
    char bytes[TB_PHONE_SIZE_MAX];
    struct tb_buf digits = tb_buf_of(bytes, sizeof bytes);
    ret_digits[0] = '\0';
    text = blanks_cut(text);
    bool plus = text.size && text.at[0] == '+';
    bool named = plus || tb_span_starts(text, tb_span_str("00"));
    enum tb_err err = digits_take(plus ? tb_span_sub(text, 1, SIZE_MAX) : text, named, &digits);
    struct tb_span number = tb_buf_span(&digits);
    if (err == TB_OK)
        err = country_split(&number, plus, &country);
    if (err != TB_OK)
        return err;
    size_t size = strlen(country) + number.size;
    if (size < TB_PHONE_DIGIT_COUNT_MIN || size > TB_PHONE_DIGIT_COUNT_MAX)
        return TB_ERR_RANGE;
    struct tb_buf whole = tb_buf_of(ret_digits, TB_PHONE_DIGIT_COUNT_MAX + 1);
    tb_buf_add_str(&whole, country);
    tb_buf_add(&whole, number);
    tb_buf_add_u8(&whole, 0);
    return whole.err;
}

/* One @ with something before it, and behind it a name with a dot inside. */
static bool is_email(struct tb_span text)
{
    size_t at_count = 0;
    size_t at = 0;
    size_t dot = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.at[i];
        if (byte <= ' ' || byte == 0x7f || byte == ',' || byte == ';' || byte == '<' || byte == '>')
            return false;
        if (byte == '@') {
            at_count++;
            at = i;
        } else if (byte == '.') {
            dot = i;
        }
    }
    return at_count == 1 && at > 0 && dot > at + 1 && dot + 1 < text.size;
}

enum tb_err tb_contact_email(struct tb_span text, char ret_email[TB_EMAIL_SIZE_MAX + 1])
{
    ret_email[0] = '\0';
    text = blanks_cut(text);
    if (text.size > TB_EMAIL_SIZE_MAX)
        return TB_ERR_TOO_LONG;
    if (!is_email(text))
        return TB_ERR_SYNTAX;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.at[i];
        ret_email[i] = (char)(byte >= 'A' && byte <= 'Z' ? byte + ('a' - 'A') : byte);
    }
    ret_email[text.size] = '\0';
    return TB_OK;
}
