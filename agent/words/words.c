#include "agent/words/words.h"

#include "agent/words/table.h"

enum form { FORM_ZERO, FORM_ONE, FORM_TWO, FORM_FEW, FORM_MANY, FORM_OTHER };

static const char *const form_names[] = {"zero", "one", "two", "few", "many", "other"};

static bool language_is(const char *language, const char *code)
{
    size_t size = strlen(code);
    return strncmp(language, code, size) == 0 && (language[size] == '\0' || language[size] == '-');
}

/* Cardinal rules for whole numbers of the languages there are: Unicode CLDR, plurals.xml. */
static enum form arabic_form(int64_t n)
{
    int64_t of_hundred = n % 100;
    if (n <= 2)
        return n == 0 ? FORM_ZERO : n == 1 ? FORM_ONE : FORM_TWO;
    if (of_hundred >= 3 && of_hundred <= 10)
        return FORM_FEW;
    return of_hundred >= 11 ? FORM_MANY : FORM_OTHER;
}

static enum form form_of(const char *language, int64_t n)
{
    int64_t size = n < 0 ? -n : n;
    if (language_is(language, "ar"))
        return arabic_form(size);
    bool million = size > 0 && size % 1000000 == 0;
    if (million && (language_is(language, "fr") || language_is(language, "es")))
        return FORM_MANY;
    if (size == 1 || (size == 0 && language_is(language, "fr")))
        return FORM_ONE;
    return FORM_OTHER;
}

static const char *entry_find(const char *language, const char *key, const char *form)
{
    for (size_t i = 0; i < tb_words_table_count; i++) {
        const struct tb_words_entry *entry = &tb_words_table[i];
        if (language_is(language, entry->language) && strcmp(entry->key, key) == 0 &&
            strcmp(entry->form, form) == 0)
            return entry->text;
    }
    return NULL;
}

const char *tb_words_text(const char *language, const char *key)
{
    const char *text = entry_find(language, key, "");
    return text ? text : entry_find("en", key, "");
}

const char *tb_words_plural(const char *language, const char *key, int64_t n)
{
    const char *text = entry_find(language, key, form_names[form_of(language, n)]);
    if (!text)
        text = entry_find(language, key, form_names[FORM_OTHER]);
    if (!text)
        text = entry_find("en", key, form_names[form_of("en", n)]);
    return text ? text : entry_find("en", key, form_names[FORM_OTHER]);
}

static const struct tb_words_value *value_find(struct tb_words_values values, struct tb_span name)
{
    for (size_t i = 0; i < values.count; i++)
        if (tb_span_is(name, values.at[i].name))
            return &values.at[i];
    return NULL;
}

void tb_words_put(struct tb_buf *to, const char *text, struct tb_words_values values)
{
    while (*text) {
        const char *end = *text == '{' ? strchr(text, '}') : NULL;
        const struct tb_words_value *value =
            end ? value_find(values, tb_span_of(text + 1, (size_t)(end - text - 1))) : NULL;
        if (value) {
            tb_buf_add(to, value->value);
            text = end + 1;
        } else {
            tb_buf_add_u8(to, (uint8_t)*text++);
        }
    }
}
