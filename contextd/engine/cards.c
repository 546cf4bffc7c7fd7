#include "contextd/engine/cards.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"

#include <string.h>

static bool is_of(const struct sqlite_card *card, const char *device)
{
    return card->device[0] && strcmp(card->device, device) == 0;
}

void sqlite_card_end(struct sqlite_card *card)
{
    tb_wipe(card, sizeof *card);
}

/* A clock that was set back ends them, too. */
void sqlite_cards_expire(struct sqlite_cards *cards, int64_t wall_ms)
{
    for (size_t i = 0; i < SQLITE_CARDS_MAX; i++) {
        int64_t age_ms = wall_ms - cards->at[i].began_ms;
        if (cards->at[i].device[0] && (age_ms < 0 || age_ms >= SQLITE_CARD_MS))
            sqlite_card_end(&cards->at[i]);
    }
}

struct sqlite_card *sqlite_cards_find(struct sqlite_cards *cards, const char *device, struct tb_span uid,
                                      int64_t wall_ms)
{
    sqlite_cards_expire(cards, wall_ms);
    for (size_t i = 0; i < SQLITE_CARDS_MAX; i++) {
        struct sqlite_card *card = &cards->at[i];
        if (is_of(card, device) && tb_span_equal(uid, tb_span_of(card->uid, card->uid_size)))
            return card;
    }
    return NULL;
}

/* A free place, unless the terminal has as many as it may: then that of its oldest card. */
static struct sqlite_card *place_find(struct sqlite_cards *cards, const char *device)
{
    struct sqlite_card *place = NULL, *oldest = NULL;
    size_t own_count = 0;
    for (size_t i = 0; i < SQLITE_CARDS_MAX; i++) {
        struct sqlite_card *card = &cards->at[i];
        if (card->device[0] == '\0')
            place = card;
        if (!is_of(card, device))
            continue;
        own_count++;
        if (oldest == NULL || card->began_ms < oldest->began_ms)
            oldest = card;
    }
    return own_count < SQLITE_CARDS_OF_DEVICE_MAX ? place : oldest;
}

struct sqlite_card *sqlite_cards_begin(struct sqlite_cards *cards, const char *device, struct tb_span uid,
                                       int64_t wall_ms)
{
    TB_ASSERT(uid.size > 0 && uid.size <= TB_DESFIRE_SEEN_SIZE_MAX);
    struct sqlite_card *card = sqlite_cards_find(cards, device, uid, wall_ms);
    if (card == NULL)
        card = place_find(cards, device);
    if (card == NULL)
        return NULL;
    sqlite_card_end(card);
    enum tb_err err = tb_span_to_str(tb_span_str(device), card->device, sizeof card->device);
    TB_ASSERT(err == TB_OK && card->device[0]);
    memcpy(card->uid, uid.at, uid.size);
    card->uid_size = (uint8_t)uid.size;
    card->began_ms = wall_ms;
    return card;
}
