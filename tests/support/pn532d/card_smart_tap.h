/* What a phone with Google Wallet keeps: one loyalty pass, and the session that goes on. */
#ifndef TB_TESTS_SUPPORT_PN532D_CARD_SMART_TAP_H
#define TB_TESTS_SUPPORT_PN532D_CARD_SMART_TAP_H

#include "core/crypto/key.h"

enum { CARD_SMART_TAP_ANSWER_MAX = 640, CARD_SMART_TAP_TEXT_MAX = 64 };

enum card_smart_tap_stage {
    CARD_SMART_TAP_IDLE,
    CARD_SMART_TAP_LISTED, /* the directory was selected */
    CARD_SMART_TAP_SELECTED,
    CARD_SMART_TAP_NEGOTIATED,
};

struct card_smart_tap {
    /* the pass, and whom it is for */
    uint32_t collector;
    uint32_t key_version;
    struct tb_public_key key;
    char number[CARD_SMART_TAP_TEXT_MAX + 1];
    uint8_t customer[16];
    bool has_customer;
    bool has_pass;

    /* how the phone behaves */
    unsigned locked;      /* taps that it refuses because it is locked */
    unsigned choose;      /* taps that it answers with its chooser */
    bool retry_negotiate; /* fails once in every session */
    bool retry_data;
    size_t part_size;     /* bytes of data in an answer; what is left has to be asked for */
    bool select_required; /* does not allow to skip the second SELECT */
    bool compressed;
    bool plain;     /* sends the pass in the clear */
    bool tampered;  /* one bit of what it encrypted falls over */
    bool off_curve; /* its ephemeral key is no point */
    bool both;      /* names two wallets */

    /* the session */
    enum card_smart_tap_stage stage;
    bool retried;
    uint8_t nonce[32];
    uint8_t session_id[8];
    uint8_t sequence; /* that it told last */
    uint8_t session_key[48];
    uint8_t answer[CARD_SMART_TAP_ANSWER_MAX]; /* that is being told in parts */
    size_t answer_size;
    size_t answer_at;
};

#endif
