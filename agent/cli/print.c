#include "agent/cli/print.h"

#include "core/base/assert.h"
#include "core/base/text.h"

#include <stdio.h>
#include <time.h>

enum { SECOND_MS = 1000, MINUTE_MS = 60 * SECOND_MS, HOUR_MS = 60 * MINUTE_MS, DAY_MS = 24 * HOUR_MS };

void tb_print_clean(struct tb_buf *out, struct tb_span text)
{
    for (size_t i = 0; i < text.size;) {
        size_t control = tb_text_control(text, i);
        tb_buf_add_u8(out, control ? '?' : text.at[i]);
        i += control ? control : 1;
    }
}

size_t tb_print_width(struct tb_span text)
{
    size_t width = 0;
    for (size_t i = 0; i < text.size; i++)
        width += (text.at[i] & 0xc0) != 0x80;
    return width;
}

void tb_print_spaces(struct tb_buf *out, size_t count)
{
    while (count--)
        tb_buf_add_u8(out, ' ');
}

static size_t missing(struct tb_span text, size_t width)
{
    size_t used = tb_print_width(text);
    return used < width ? width - used : 0;
}

void tb_print_left(struct tb_buf *out, struct tb_span text, size_t width)
{
    tb_print_clean(out, text);
    tb_print_spaces(out, missing(text, width));
}

void tb_print_right(struct tb_buf *out, struct tb_span text, size_t width)
{
    tb_print_spaces(out, missing(text, width));
    tb_print_clean(out, text);
}

void tb_print_count(struct tb_buf *out, int64_t count)
{
    uint8_t digits[24];
    struct tb_buf text = tb_buf_of(digits, sizeof digits);
    tb_buf_add_decimal(&text, count);
    size_t sign = count < 0;
    for (size_t i = 0; i < text.size; i++) {
        if (i > sign && (text.size - i) % 3 == 0)
            tb_buf_add_u8(out, ',');
        tb_buf_add_u8(out, digits[i]);
    }
}

void tb_print_plural(struct tb_buf *out, int64_t count, const char *one, const char *many)
{
    tb_print_count(out, count);
    tb_buf_add_u8(out, ' ');
    tb_buf_add_str(out, count == 1 ? one : many);
}

static struct tm local_time(int64_t at_ms)
{
    time_t seconds = (time_t)(at_ms / SECOND_MS);
    struct tm parts = {.tm_mday = 1};
    (void)localtime_r(&seconds, &parts);
    return parts;
}

static void two_digits(struct tb_buf *out, int number)
{
    tb_buf_add_u8(out, (uint8_t)('0' + number / 10 % 10));
    tb_buf_add_u8(out, (uint8_t)('0' + number % 10));
}

static void minutes_add(struct tb_buf *out, const struct tm *at)
{
    two_digits(out, at->tm_hour);
    tb_buf_add_u8(out, ':');
    two_digits(out, at->tm_min);
}

void tb_print_clock(struct tb_buf *out, int64_t at_ms, int64_t wall_ms)
{
    struct tm at = local_time(at_ms);
    struct tm now = local_time(wall_ms);
    if (at.tm_yday != now.tm_yday || at.tm_year != now.tm_year) {
        tb_buf_add_decimal(out, at.tm_year + 1900);
        tb_buf_add_u8(out, '-');
        two_digits(out, at.tm_mon + 1);
        tb_buf_add_u8(out, '-');
        two_digits(out, at.tm_mday);
        tb_buf_add_u8(out, ' ');
    }
    minutes_add(out, &at);
}

void tb_print_clock_ms(struct tb_buf *out, int64_t at_ms)
{
    struct tm at = local_time(at_ms);
    int rest_ms = (int)(at_ms % SECOND_MS);
    minutes_add(out, &at);
    tb_buf_add_u8(out, ':');
    two_digits(out, at.tm_sec);
    tb_buf_add_u8(out, '.');
    tb_buf_add_u8(out, (uint8_t)('0' + rest_ms / 100));
    two_digits(out, rest_ms % 100);
}

void tb_print_ago(struct tb_buf *out, int64_t at_ms, int64_t wall_ms)
{
    int64_t age_ms = wall_ms - at_ms;
    if (age_ms < MINUTE_MS) {
        tb_buf_add_str(out, "just now");
        return;
    }
    if (age_ms < HOUR_MS)
        tb_print_plural(out, age_ms / MINUTE_MS, "min", "min");
    else if (age_ms < DAY_MS)
        tb_print_plural(out, age_ms / HOUR_MS, "h", "h");
    else
        tb_print_plural(out, age_ms / DAY_MS, "day", "days");
    tb_buf_add_str(out, " ago");
}

void tb_print_since(struct tb_buf *out, int64_t at_ms, int64_t wall_ms)
{
    if (at_ms == 0)
        return;
    tb_buf_add_str(out, "since ");
    size_t start = out->size;
    tb_print_clock(out, at_ms, wall_ms);
    if (out->size - start > strlen("09:12"))
        return;
    tb_buf_add_str(out, " (");
    tb_print_ago(out, at_ms, wall_ms);
    tb_buf_add_str(out, ")");
}

/* Digits behind the point, ISO 4217 list one; all that is not named here has two. */
static unsigned minor_digits(struct tb_span currency)
{
    static const struct {
        const char *code;
        unsigned digits;
    } others[] = {{"BHD", 3}, {"CLP", 0}, {"IQD", 3}, {"ISK", 0}, {"JOD", 3}, {"JPY", 0},
                  {"KRW", 0}, {"KWD", 3}, {"LYD", 3}, {"OMR", 3}, {"PYG", 0}, {"RWF", 0},
                  {"TND", 3}, {"UGX", 0}, {"VND", 0}, {"XAF", 0}, {"XOF", 0}, {"XPF", 0}};
    for (size_t i = 0; i < TB_ARRAY_SIZE(others); i++)
        if (tb_span_is(currency, others[i].code))
            return others[i].digits;
    return 2;
}

void tb_print_money(struct tb_buf *out, int64_t amount, struct tb_span currency)
{
    unsigned digits = minor_digits(currency);
    int64_t unit = digits == 0 ? 1 : digits == 2 ? 100 : 1000;
    int64_t rest = amount % unit;
    if (amount < 0 && amount > -unit)
        tb_buf_add_u8(out, '-');
    tb_print_count(out, amount / unit);
    if (digits == 0)
        return;
    tb_buf_add_u8(out, '.');
    for (unit /= 10; unit > 0; unit /= 10) {
        int64_t digit = rest / unit % 10;
        tb_buf_add_u8(out, (uint8_t)('0' + (digit < 0 ? -digit : digit)));
    }
}

bool tb_print_flush(const struct tb_buf *out)
{
    if (out->err != TB_OK)
        return false;
    bool written = fwrite(out->at, 1, out->size, stdout) == out->size;
    return fflush(stdout) == 0 && written;
}
