/* What an NTAG 424 DNA keeps beside its NDEF file. */
#ifndef TB_TESTS_SUPPORT_PN532D_CARD_NTAG424_H
#define TB_TESTS_SUPPORT_PN532D_CARD_NTAG424_H

#include "tests/support/pn532d/card_type4.h"

enum { CARD_NTAG424_TEMPLATE_MAX = 240, CARD_NTAG424_FILE_SIZE = 256 };

struct card_ntag424 {
    struct card_type4 tag;
    uint8_t meta_key[16]; /* SDMMetaReadKey */
    uint8_t file_key[16]; /* SDMFileReadKey, the tag's own */
    uint32_t counter;     /* SDMReadCtr */
    bool mac_over_all;    /* SDMMACInputOffset is the first mirrored digit, not the file data's */
    bool mirrored;        /* since the application was selected */
    char template[CARD_NTAG424_TEMPLATE_MAX + 1];
    /* Offsets in the NDEF file, 0: not mirrored. */
    size_t picc_at;
    size_t lrp_at;
    size_t uid_at;
    size_t counter_at;
    size_t data_at;
    size_t mac_at;
    uint8_t data[16]; /* SDMENCFileData, in the clear */
};

#endif
