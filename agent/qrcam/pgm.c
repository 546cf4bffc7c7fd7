#include "agent/qrcam/pgm.h"

#include "core/base/text.h"

enum { NUMBER_COUNT = 3, VALUE_MAX = 255 };

void pgm_init(struct pgm *p, uint8_t *memory)
{
    *p = (struct pgm){.memory = memory};
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The head is complete: the byte that ended its last number is the one before the picture. */
static bool head_ended(struct pgm *p)
{
    p->width = p->numbers[0];
    p->height = p->numbers[1];
    if (p->width == 0 || p->width > PGM_WIDTH_MAX || p->height == 0 || p->height > PGM_HEIGHT_MAX ||
        p->numbers[2] != VALUE_MAX)
        return false;
    p->want = (size_t)p->width * p->height;
    return true;
}

static bool blank_take(struct pgm *p)
{
    if (!p->digits)
        return true;
    p->digits = false;
    return ++p->number_count < NUMBER_COUNT || head_ended(p);
}

static bool digit_take(struct pgm *p, uint8_t c)
{
    uint32_t *number = &p->numbers[p->number_count];
    p->digits = true;
    *number = *number * 10 + (uint32_t)(c - '0');
    return *number <= PGM_WIDTH_MAX;
}

static bool head_take(struct pgm *p, uint8_t c)
{
    static const uint8_t magic[] = {'P', '5'};
    if (p->magic_count < sizeof magic)
        return c == magic[p->magic_count++];
    if (p->comment) {
        p->comment = c != '\n';
        return true;
    }
    if (c == '#' && !p->digits) {
        p->comment = true;
        return true;
    }
    if (is_blank(c))
        return blank_take(p);
    return c >= '0' && c <= '9' && digit_take(p, c);
}

enum pgm_step pgm_take(struct pgm *p, struct tb_span *in)
{
    if (p->want && p->size == p->want)
        pgm_init(p, p->memory);
    while (in->size > 0 && p->want == 0) {
        if (!head_take(p, in->at[0]))
            return PGM_BROKEN;
        *in = tb_span_sub(*in, 1, SIZE_MAX);
    }
    struct tb_span part = tb_span_sub(*in, 0, p->want - p->size);
    if (part.size > 0)
        memcpy(p->memory + p->size, part.at, part.size);
    p->size += part.size;
    *in = tb_span_sub(*in, part.size, SIZE_MAX);
    return p->want && p->size == p->want ? PGM_DONE : PGM_MORE;
}
