#include "core/credential/handover.h"

#include "core/base/assert.h"

enum { BASE = 31, CHECK_AT = TB_HANDOVER_CODE_SIZE - 1 };

static const char alphabet[] = TB_HANDOVER_ALPHABET;
static const uint8_t weights[TB_HANDOVER_CODE_SIZE] = {2, 3, 4, 5, 6, 1};

static bool value_of(uint8_t c, uint8_t *ret_value)
{
    if (c >= 'a' && c <= 'z')
        c = (uint8_t)(c - ('a' - 'A'));
    const char *at = c ? strchr(alphabet, c) : NULL;
    if (at)
        *ret_value = (uint8_t)(at - alphabet);
    return at != NULL;
}

static unsigned weighted_sum(const uint8_t *values, size_t count)
{
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (unsigned)weights[i] * values[i];
    return sum % BASE;
}

void tb_handover_code_of(uint32_t number, char ret_code[TB_HANDOVER_CODE_SIZE + 1])
{
    uint8_t values[TB_HANDOVER_CODE_SIZE];
    TB_ASSERT(number < TB_HANDOVER_NUMBER_COUNT);
    for (size_t i = CHECK_AT; i-- > 0; number /= BASE)
        values[i] = (uint8_t)(number % BASE);
    values[CHECK_AT] = (uint8_t)((BASE - weighted_sum(values, CHECK_AT)) % BASE);
    for (size_t i = 0; i < TB_HANDOVER_CODE_SIZE; i++)
        ret_code[i] = alphabet[values[i]];
    ret_code[TB_HANDOVER_CODE_SIZE] = '\0';
}

enum tb_err tb_handover_code_decode(struct tb_span text, char ret_code[TB_HANDOVER_CODE_SIZE + 1])
{
    uint8_t values[TB_HANDOVER_CODE_SIZE];
    if (text.size != TB_HANDOVER_CODE_SIZE)
        return TB_ERR_SYNTAX;
    for (size_t i = 0; i < text.size; i++)
        if (!value_of(text.at[i], &values[i]))
            return TB_ERR_SYNTAX;
    if (weighted_sum(values, TB_HANDOVER_CODE_SIZE) != 0)
        return TB_ERR_CHECKSUM;
    for (size_t i = 0; i < TB_HANDOVER_CODE_SIZE; i++)
        ret_code[i] = alphabet[values[i]];
    ret_code[TB_HANDOVER_CODE_SIZE] = '\0';
    return TB_OK;
}
