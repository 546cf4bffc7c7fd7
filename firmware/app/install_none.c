/* A program that is not made for slots: whoever wants to update it needs a programmer. */
#include "firmware/app/install.h"

void install_init(void)
{
}

uint16_t install_capabilities(void)
{
    return 0;
}

bool install_take(const struct tb_link_message *m, const struct install_health *health,
                  struct tb_link_update_answer *ret_answer)
{
    (void)m;
    (void)health;
    (void)ret_answer;
    return false;
}

bool install_turn(const struct install_health *health, int64_t now_ms)
{
    (void)health;
    (void)now_ms;
    return false;
}
