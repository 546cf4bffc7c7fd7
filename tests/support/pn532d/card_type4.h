/* What a Type 4 card keeps beside its NDEF file. */
#ifndef TB_TESTS_SUPPORT_PN532D_CARD_TYPE4_H
#define TB_TESTS_SUPPORT_PN532D_CARD_TYPE4_H

#include "core/base/buf.h"

struct card_type4 {
    uint8_t cc[32];
    size_t cc_size;
    uint8_t version;  /* of the mapping */
    uint16_t file;    /* selected; 0: none */
    bool application; /* the NDEF application is selected */
};

#endif
