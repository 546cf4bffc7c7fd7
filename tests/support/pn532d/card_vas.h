/* What a phone with Apple Wallet keeps: one pass with NFC. */
#ifndef TB_TESTS_SUPPORT_PN532D_CARD_VAS_H
#define TB_TESTS_SUPPORT_PN532D_CARD_VAS_H

#include "core/crypto/key.h"

enum { CARD_VAS_TEXT_MAX = 64, CARD_VAS_CRYPTOGRAM_MAX = 160, CARD_VAS_TOKEN_MAX = 32 };

struct card_vas {
    /* the pass */
    char merchant[CARD_VAS_TEXT_MAX + 1]; /* its type identifier */
    struct tb_public_key key;
    char message[CARD_VAS_TEXT_MAX + 1];
    uint8_t token[CARD_VAS_TOKEN_MAX];
    size_t token_size;

    /* how the phone behaves */
    unsigned locked; /* questions that it answers by showing the pass: its holder must authenticate */
    unsigned choose; /* questions that it answers by asking its holder */
    int64_t clock_s; /* how far its clock is ahead of this machine's */
    uint64_t time_s; /* Unix; what its clock stands at; 0: clock_s counts */
    bool incapable;  /* its capabilities do not name VAS */
    uint8_t
        cryptogram[CARD_VAS_CRYPTOGRAM_MAX]; /* a recorded one that it tells over and over; size 0: none */
    size_t cryptogram_size;

    bool selected;
};

#endif
