/*
 * Cards: DESFire cards that lie at terminals without a key for them, and are spoken with by the context
 * store's own (docs/protocol.md, "Look-ups"; core/credential/desfire.h).
 *
 * Bounds: SQLITE_CARDS_MAX cards, SQLITE_CARDS_OF_DEVICE_MAX of one terminal, SQLITE_CARD_MS each. In memory
 * only; what ended is wiped. Not thread-safe.
 */
#ifndef TB_CONTEXTD_ENGINE_CARDS_H
#define TB_CONTEXTD_ENGINE_CARDS_H

#include "core/credential/desfire.h"
#include "core/wire/sync.h"

#define SQLITE_CARDS_MAX 64
#define SQLITE_CARDS_OF_DEVICE_MAX 4 /* a till has fewer readers in use at once */
#define SQLITE_CARD_MS 5000          /* a tap may take half of it (docs/protocol.md, "Relay") */

struct sqlite_card {                     /* secret, and personal data */
    char device[TB_DEVICE_SIZE_MAX + 1]; /* at which it lies; "": free */
    uint8_t uid_size;                    /* as it was seen there */
    uint8_t uid[TB_DESFIRE_SEEN_SIZE_MAX];
    int64_t began_ms;
    struct tb_desfire machine;
};

struct sqlite_cards { /* zero: none */
    struct sqlite_card at[SQLITE_CARDS_MAX];
};

/* A place for this card, whose machine is not started; the same card's exchange begins anew, and one too many
 * ends the terminal's oldest. NULL: all places are other terminals'. uid: 1 to TB_DESFIRE_SEEN_SIZE_MAX
 * bytes. */
struct sqlite_card *sqlite_cards_begin(struct sqlite_cards *cards, const char *device, struct tb_span uid,
                                       int64_t wall_ms);

/* NULL: it has none under way. */
struct sqlite_card *sqlite_cards_find(struct sqlite_cards *cards, const char *device, struct tb_span uid,
                                      int64_t wall_ms);

void sqlite_card_end(struct sqlite_card *card);

/* Ends those whose time is over; one of the above does so, too. */
void sqlite_cards_expire(struct sqlite_cards *cards, int64_t wall_ms);

#endif
