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

/* As Unicode's CLDR has it; a locale of the second list is one of a language of the first. */
static const char languages_comma[] =
    "bg cs da de el es fi fr hr hu id it nb nl no pl pt ro ru sk sl sr sv tr uk vi ";
static const char locales_point[] =
    "de-CH de-LI es-DO es-GT es-HN es-MX es-NI es-PA es-PE es-PR es-SV es-US it-CH ";

/* True when the first size characters of text are a word of the list, each of which ends with a space. */
static bool list_has(const char *list, const char *text, size_t size)
{
    for (const char *word = list; *word; word = strchr(word, ' ') + 1)
        if (strncmp(word, text, size) == 0 && word[size] == ' ')
            return true;
    return false;
}

static bool locale_has_comma(const char *locale)
{
    size_t language_size = strcspn(locale, "-_");
    return language_size > 0 && list_has(languages_comma, locale, language_size) &&
           !list_has(locales_point, locale, strlen(locale));
}

void tb_money_put(struct tb_buf *to, int64_t amount, const char *currency, const char *locale)
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
    tb_buf_add_u8(to, locale_has_comma(locale) ? ',' : '.');
    for (uint64_t place = unit / 10; place > 0; place /= 10)
        tb_buf_add_u8(to, (uint8_t)('0' + size / place % 10));
}
