#include "firmware/app/feedback.h"

#include "firmware/hal/hal.h"

static const uint16_t beep_short[] = {60, 0};
static const uint16_t beep_double[] = {60, 60, 60, 0};
static const uint16_t beep_long[] = {400, 0};

static unsigned lights_of(enum tb_link_light light)
{
    switch (light) {
    case TB_LINK_LIGHT_OFF: return 0;
    case TB_LINK_LIGHT_GREEN: return TB_HAL_LIGHT_GREEN;
    case TB_LINK_LIGHT_AMBER: return TB_HAL_LIGHT_GREEN | TB_HAL_LIGHT_RED;
    case TB_LINK_LIGHT_RED: return TB_HAL_LIGHT_RED;
    }
    return 0;
}

static const uint16_t *pattern_of(enum tb_link_beep beep)
{
    switch (beep) {
    case TB_LINK_BEEP_NONE: return NULL;
    case TB_LINK_BEEP_SHORT: return beep_short;
    case TB_LINK_BEEP_DOUBLE: return beep_double;
    case TB_LINK_BEEP_LONG: return beep_long;
    }
    return NULL;
}

static void beeper_set(struct feedback *f, bool on)
{
    f->beeping = on;
    tb_hal_beeper(on);
}

void feedback_init(struct feedback *f)
{
    *f = (struct feedback){.lit = false};
    tb_hal_lights(0);
    beeper_set(f, false);
}

void feedback_show(struct feedback *f, const struct tb_link_feedback *what, int64_t now_ms)
{
    unsigned lights = lights_of(what->light);
    f->lit = lights != 0;
    f->dark_ms = now_ms + (what->duration_ms < FEEDBACK_MAX_MS ? what->duration_ms : FEEDBACK_MAX_MS);
    tb_hal_lights(lights);
    f->beep = pattern_of(what->beep);
    beeper_set(f, f->beep != NULL);
    if (f->beep)
        f->turn_ms = now_ms + *f->beep;
}

void feedback_turn(struct feedback *f, int64_t now_ms)
{
    if (f->lit && now_ms >= f->dark_ms) {
        f->lit = false;
        tb_hal_lights(0);
    }
    if (f->beep == NULL || now_ms < f->turn_ms)
        return;
    f->beep++;
    beeper_set(f, *f->beep != 0 && !f->beeping);
    if (*f->beep == 0)
        f->beep = NULL;
    else
        f->turn_ms = now_ms + *f->beep;
}
