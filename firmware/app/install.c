#include "firmware/app/install.h"

#include "firmware/hal/hal.h"
#include "firmware/update/update.h"

static struct update update;

static struct update_health health_of(const struct install_health *h)
{
    return (struct update_health){.well = h->well, .heard = h->heard, .reading = h->reading};
}

void install_init(void)
{
    update_init(&update, tb_hal_slot(), verify_key);
}

uint16_t install_capabilities(void)
{
    return update.running < TB_HAL_SLOT_COUNT ? TB_LINK_CAN_UPDATE : 0;
}

bool install_take(const struct tb_link_message *m, const struct install_health *health,
                  struct tb_link_update_answer *ret_answer)
{
    struct update_health h = health_of(health);
    if (!update_is_for(m))
        return false;
    *ret_answer = update_take(&update, m, &h);
    return true;
}

bool install_turn(const struct install_health *health, int64_t now_ms)
{
    struct update_health h = health_of(health);
    return update_turn(&update, &h, now_ms);
}
