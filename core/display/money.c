#include "core/display/money.h"

/* ISO 4217, table A.1, those with another number of digits than two. */
static const char digits_none[] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
static const char digits_three[] = "BHD IQD JOD KWD LYD OMR TND";

unsigned tb_currency_digits(const char *currency)
{
    if (strlen(currency) != 3)
        return 2;
    if (strstr(digits_none, currency))
        return 0;
    return strstr(digits_three, currency) ? 3 : 2;
}

static bool language_has_comma(const char *language)
{
    static const char *const with_comma[] = {"de", "es", "fr", "it", "nl", "pl", "pt"};
    for (size_t i = 0; i < sizeof with_comma / sizeof with_comma[0]; i++)
        if (strncmp(language, with_comma[i], 2) == 0)
            return true;
    return false;
}

void tb_money_put(struct tb_buf *to, int64_t amount, const char *currency, const char *language)
{
    unsigned digit_count = tb_currency_digits(currency);
    uint64_t unit = digit_count == 0 ? 1 : digit_count == 2 ? 100 : 1000;
    if (amount == INT64_MIN)
        amount = -INT64_MAX; /* far past any money (TB_MONEY_MAX) */
    uint64_t size = (uint64_t)(amount < 0 ? -amount : amount);
    if (amount < 0)
        tb_buf_add_u8(to, '-');
    tb_buf_add_decimal(to, (int64_t)(size / unit));
    if (digit_count == 0)
        return;
    tb_buf_add_u8(to, language_has_comma(language) ? ',' : '.');
    for (uint64_t place = unit / 10; place > 0; place /= 10)
        tb_buf_add_u8(to, (uint8_t)('0' + size / place % 10));
}
