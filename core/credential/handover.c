#include "core/credential/handover.h"

#include "core/base/assert.h"
#include "core/base/buf.h"
#include "core/credential/web.h"

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

static const char *prefix_of(const struct tb_code_rules *rules, enum tb_carrier carrier)
{
    for (size_t i = 0; i < rules->rule_count; i++)
        if (rules->rules[i].carrier == carrier)
            return rules->rules[i].prefix;
    return NULL;
}

enum tb_err tb_handover_text(const struct tb_code_rules *rules, const char *code, char *ret_text, size_t size)
{
    struct tb_buf to = tb_buf_of(ret_text, size);
    const char *mark = prefix_of(rules, TB_CARRIER_HANDOVER_TEXT);
    if (rules->handover_url)
        tb_buf_add_str(&to, rules->handover_url);
    else if (mark)
        tb_buf_add_str(&to, mark);
    tb_buf_add_str(&to, code);
    tb_buf_add_u8(&to, 0);
    return to.err == TB_OK ? TB_OK : TB_ERR_TOO_LONG;
}

static bool is_path_of(const struct tb_code_rules *rules, struct tb_span path)
{
    for (size_t i = 0; i < rules->rule_count; i++)
        if (rules->rules[i].carrier == TB_CARRIER_HANDOVER_LINK &&
            tb_text_equal_nocase(path, tb_span_str(rules->rules[i].prefix)))
            return true;
    return false;
}

static bool is_here(struct tb_span host)
{
    return tb_span_is(host, "127.0.0.1") || tb_span_is(host, "localhost");
}

enum tb_err tb_handover_url_check(const struct tb_code_rules *rules)
{
    struct tb_web web;
    if (rules->handover_url == NULL)
        return TB_OK;
    struct tb_span url = tb_span_str(rules->handover_url);
    if (tb_web_decode(url, &web) != TB_OK)
        return TB_ERR_SYNTAX;
    bool safe = tb_text_starts_nocase(url, tb_span_str("https:")) || is_here(web.host);
    bool whole = web.path.at + web.path.size == url.at + url.size; /* no query, no fragment */
    bool read = is_path_of(rules, web.path) && tb_code_rules_host_allowed(rules, web.host);
    return safe && whole && read ? TB_OK : TB_ERR_SYNTAX;
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
