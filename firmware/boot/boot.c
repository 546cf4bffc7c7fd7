#include "firmware/boot/boot.h"

#include "firmware/hal/hal.h"
#include "firmware/update/verify.h"

_Static_assert(CHOOSE_SLOT_COUNT == TB_HAL_SLOT_COUNT, "one fact for each slot");

static void facts_read(struct slot_fact ret_facts[CHOOSE_SLOT_COUNT])
{
    for (unsigned slot = 0; slot < CHOOSE_SLOT_COUNT; slot++) {
        struct tb_image image;
        ret_facts[slot] = (struct slot_fact){.whole = verify_slot(slot, &image)};
        if (ret_facts[slot].whole)
            memcpy(ret_facts[slot].digest, image.digest.at, RECORD_FAILED_SIZE);
    }
}

struct choice boot_prepare(void)
{
    struct slot_fact facts[CHOOSE_SLOT_COUNT];
    struct record record = record_load();
    facts_read(facts);
    struct choice c = choose(&record, facts);
    if (c.changed && record_save(&c.record) != TB_OK && c.trial)
        c = choose_without_trial(&record, facts);
    return c;
}
