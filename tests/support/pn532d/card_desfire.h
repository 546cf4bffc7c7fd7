/* What a DESFire card keeps: one application with one AES key. */
#ifndef TB_TESTS_SUPPORT_PN532D_CARD_DESFIRE_H
#define TB_TESTS_SUPPORT_PN532D_CARD_DESFIRE_H

#include "core/base/buf.h"

enum card_desfire_step { /* of an authentication */
                         CARD_DESFIRE_NONE,
                         CARD_DESFIRE_EV2_BEGUN,
                         CARD_DESFIRE_EV1_BEGUN,
                         CARD_DESFIRE_EV2,
                         CARD_DESFIRE_EV1,
};

struct card_desfire {
    uint8_t application[3];
    uint8_t key[16]; /* the card's own: whoever writes the specification diversifies it */
    uint8_t key_number;
    uint8_t uid[7]; /* behind a random one; else the card's */
    bool uid_hidden;
    bool ev1; /* does not know AuthenticateEV2First */

    bool selected;
    enum card_desfire_step step;
    uint8_t random_card[16];
    uint8_t iv[16];
    uint8_t transaction[4];
    uint8_t session_key[16];
    uint8_t session_mac[16];
};

#endif
