#include "core/credential/payment.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/credential/digits.h"

enum { NUMBER_SIZE_MIN = 14, NUMBER_SIZE_MAX = 19, TRACK_DIGITS_MIN = 8 };

/* First digits of the schemes' issuer ranges, ISO/IEC 7812-1, as the schemes publish them. */
struct issuer_range {
    uint32_t first;
    uint32_t last;
    uint8_t digit_count;
};

static const struct issuer_range issuer_ranges[] = {
    {4, 4, 1},       /* Visa */
    {51, 55, 2},     /* Mastercard */
    {2221, 2720, 4}, /* Mastercard */
    {34, 34, 2},     /* American Express */
    {37, 37, 2},     /* American Express */
    {6011, 6011, 4}, /* Discover */
    {644, 649, 3},   /* Discover */
    {65, 65, 2},     /* Discover */
    {300, 305, 3},   /* Diners Club */
    {3095, 3095, 4}, /* Diners Club */
    {36, 36, 2},     /* Diners Club */
    {38, 39, 2},     /* Diners Club */
    {3528, 3589, 4}, /* JCB */
    {62, 62, 2},     /* UnionPay */
    {81, 81, 2},     /* UnionPay */
    {50, 50, 2},     /* Maestro */
    {56, 69, 2},     /* Maestro */
};

static bool issuer_known(struct tb_span digits)
{
    for (size_t i = 0; i < TB_ARRAY_SIZE(issuer_ranges); i++) {
        const struct issuer_range *range = &issuer_ranges[i];
        uint64_t first = 0;
        if (tb_decimal_decode(tb_span_sub(digits, 0, range->digit_count), UINT32_MAX, &first) == TB_OK &&
            first >= range->first && first <= range->last)
            return true;
    }
    return false;
}

bool tb_payment_is_number(struct tb_span digits)
{
    return digits.size >= NUMBER_SIZE_MIN && digits.size <= NUMBER_SIZE_MAX && issuer_known(digits) &&
           tb_luhn_check_valid(digits);
}

static size_t digits_size(struct tb_span text)
{
    size_t size = 0;
    while (size < text.size && text.at[size] >= '0' && text.at[size] <= '9')
        size++;
    return size;
}

static bool is_letter(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* True when a card number begins the text and no letter follows it; "4111 1111 1111 1111 12/29" is one. */
static bool number_begins(struct tb_span text)
{
    uint8_t digits[NUMBER_SIZE_MAX];
    size_t size = 0;
    while (text.size) {
        size_t group = digits_size(text);
        if (group == 0 || group > sizeof digits - size)
            return false;
        memcpy(digits + size, text.at, group);
        size += group;
        text = tb_span_sub(text, group, SIZE_MAX);
        if (tb_payment_is_number(tb_span_of(digits, size)) && (text.size == 0 || !is_letter(text.at[0])))
            return true;
        if (text.size == 0 || (text.at[0] != ' ' && text.at[0] != '-'))
            return false;
        text = tb_span_sub(text, 1, SIZE_MAX);
    }
    return false;
}

/* Magnetic stripe, ISO/IEC 7813: "%B<digits>^…" and ";<digits>=…", anywhere in the line. */
static bool track_begins(struct tb_span text)
{
    bool first = text.size >= 2 && text.at[0] == '%' && is_letter(text.at[1]);
    bool second = text.size >= 1 && (text.at[0] == ';' || text.at[0] == '+');
    if (!first && !second)
        return false;
    text = tb_span_sub(text, first ? 2 : 1, SIZE_MAX);
    size_t size = 0;
    while (size < text.size && (digits_size(tb_span_sub(text, size, 1)) || (first && text.at[size] == ' ')))
        size++;
    return size >= TRACK_DIGITS_MIN && size < text.size && text.at[size] == (first ? '^' : '=');
}

/* The same without its start sentinel, as some wedges send it: only a real card number counts then. */
static bool bare_track_begins(struct tb_span text)
{
    size_t size = digits_size(text);
    if (size >= text.size || !tb_payment_is_number(tb_span_sub(text, 0, size)))
        return false;
    return text.at[size] == '=' || text.at[size] == '^' || text.at[size] == 'D' || text.at[size] == 'd';
}

enum tb_reason tb_payment_in_line(struct tb_span line)
{
    for (size_t i = 0; i < line.size; i++)
        if (track_begins(tb_span_sub(line, i, SIZE_MAX)))
            return TB_REASON_PAYMENT_TRACK;
    struct tb_span text = line;
    while (text.size && text.at[0] == ' ')
        text = tb_span_sub(text, 1, SIZE_MAX);
    if (text.size && (text.at[0] == 'B' || text.at[0] == 'b'))
        text = tb_span_sub(text, 1, SIZE_MAX);
    if (bare_track_begins(text))
        return TB_REASON_PAYMENT_TRACK;
    return number_begins(text) ? TB_REASON_PAYMENT_NUMBER : TB_REASON_NONE;
}
