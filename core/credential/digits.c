#include "core/credential/digits.h"

#include "core/base/text.h"

char tb_gs1_check_digit(struct tb_span digits)
{
    unsigned sum = 0;
    unsigned weight = 3;
    for (size_t i = digits.size; i-- > 0; weight = 4 - weight)
        sum += weight * (unsigned)(digits.at[i] - '0');
    return (char)('0' + (10 - sum % 10) % 10);
}

char tb_luhn_check_digit(struct tb_span digits)
{
    unsigned sum = 0;
    bool doubled = true;
    for (size_t i = digits.size; i-- > 0; doubled = !doubled) {
        unsigned digit = (unsigned)(digits.at[i] - '0');
        if (doubled)
            digit = digit > 4 ? 2 * digit - 9 : 2 * digit;
        sum += digit;
    }
    return (char)('0' + (10 - sum % 10) % 10);
}

static bool check_valid(struct tb_span digits, char (*check_digit)(struct tb_span))
{
    if (digits.size < 2 || !tb_text_is_digits(digits))
        return false;
    return digits.at[digits.size - 1] == (uint8_t)check_digit(tb_span_sub(digits, 0, digits.size - 1));
}

bool tb_gs1_check_valid(struct tb_span digits)
{
    return check_valid(digits, tb_gs1_check_digit);
}

bool tb_luhn_check_valid(struct tb_span digits)
{
    return check_valid(digits, tb_luhn_check_digit);
}

enum tb_err tb_gtin_decode(struct tb_span digits, char ret_gtin[TB_GTIN_TEXT_SIZE])
{
    bool sized = digits.size == 8 || digits.size == 12 || digits.size == 13 || digits.size == 14;
    if (!sized || !tb_text_is_digits(digits))
        return TB_ERR_SYNTAX;
    if (!tb_gs1_check_valid(digits))
        return TB_ERR_CHECKSUM;
    size_t padding = TB_GTIN_DIGIT_COUNT - digits.size;
    memset(ret_gtin, '0', padding);
    memcpy(ret_gtin + padding, digits.at, digits.size);
    ret_gtin[TB_GTIN_DIGIT_COUNT] = '\0';
    return TB_OK;
}
