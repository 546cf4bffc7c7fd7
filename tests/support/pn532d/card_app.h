/* What the chain's phone app keeps. */
#ifndef TB_TESTS_SUPPORT_PN532D_CARD_APP_H
#define TB_TESTS_SUPPORT_PN532D_CARD_APP_H

#include "core/base/buf.h"

enum { CARD_APP_CERTIFICATE_MAX = 1100, CARD_APP_RESPONSE_MAX = 67 + CARD_APP_CERTIFICATE_MAX };

struct card_app {
    uint8_t scalar[32]; /* the phone's private key */
    char certificate[CARD_APP_CERTIFICATE_MAX + 1];
    char audience[64]; /* of its pass; empty: answers any chain */
    size_t part_size;  /* bytes of the response in one answer */
    uint16_t refusal;  /* status word instead of the response; 0: none */
    bool away;         /* its owner has not unlocked it */
    uint8_t version_min;
    uint8_t version_max;
    bool slow; /* has its signature only when it is asked once more */

    bool selected;
    uint8_t response[CARD_APP_RESPONSE_MAX];
    size_t response_size;
    size_t sent_size;
};

#endif
