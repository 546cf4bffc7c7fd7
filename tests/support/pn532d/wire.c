#include "tests/support/pn532d/wire.h"

#include <string.h>

enum { LINE_BITS_PER_BYTE = 10 };

void wire_add(struct wire *w, enum wire_kind kind, uint64_t begin_us, uint64_t end_us)
{
    w->phases[w->count++ % WIRE_PHASE_MAX] = (struct wire_phase){kind, begin_us, end_us};
}

void wire_cut(struct wire *w, uint64_t now_us)
{
    for (size_t i = 0; i < WIRE_PHASE_MAX; i++) {
        struct wire_phase *phase = &w->phases[i];
        if (phase->begin_us > now_us)
            phase->begin_us = now_us;
        if (phase->end_us > now_us)
            phase->end_us = now_us;
    }
}

void wire_sum(const struct wire *w, uint64_t from_us, uint64_t to_us, uint64_t ret_us[WIRE_KIND_COUNT])
{
    memset(ret_us, 0, WIRE_KIND_COUNT * sizeof ret_us[0]);
    for (size_t i = 0; i < WIRE_PHASE_MAX; i++) {
        const struct wire_phase *phase = &w->phases[i];
        uint64_t begin = phase->begin_us > from_us ? phase->begin_us : from_us;
        uint64_t end = phase->end_us < to_us ? phase->end_us : to_us;
        if (end > begin)
            ret_us[phase->kind] += end - begin;
    }
}

uint64_t wire_line_us(size_t size, unsigned bit_rate)
{
    return (size * LINE_BITS_PER_BYTE * UINT64_C(1000000) + bit_rate - 1) / bit_rate;
}
