/*
 * OSE.VAS.01: the directory with which a phone says whose wallet it holds to the reader, asked once before
 * core/credential/smart_tap.h and core/credential/vas.h. A phone names one wallet; an answer that names two
 * is refused.
 *
 * Built only with TB_WALLETS. Not an official specification: what is known comes from captured exchanges.
 * Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_OSE_H
#define TB_CORE_CREDENTIAL_OSE_H

#include "core/credential/applet.h"

#define TB_OSE_NONCE_SIZE 32

enum tb_ose_wallet {
    TB_OSE_APPLE,  /* "ApplePay": Apple VAS */
    TB_OSE_GOOGLE, /* "AndroidPay": Google Smart Tap */
};

/* Last byte of Apple's mobile capabilities (9F23). */
enum tb_ose_apple {
    TB_OSE_APPLE_MAY_SKIP_ENCRYPTION = 0x01,
    TB_OSE_APPLE_CAN_ENCRYPT = 0x02,
    TB_OSE_APPLE_MAY_SKIP_VAS = 0x04,
    TB_OSE_APPLE_CAN_VAS = 0x08,
    TB_OSE_APPLE_MAY_SKIP_PAYMENT = 0x10,
    TB_OSE_APPLE_CAN_PAY = 0x20,
};

/* First byte of Google's transaction details (C1). */
enum tb_ose_mode {
    TB_OSE_PASS_REQUESTED = 0x04,
    TB_OSE_PASS_ENABLED = 0x08,
    TB_OSE_PAYMENT_REQUESTED = 0x40,
    TB_OSE_PAYMENT_ENABLED = 0x80,
};

/* Google's capabilities of Smart Tap 2 (DF62). */
enum tb_ose_google {
    TB_OSE_GOOGLE_MAY_SKIP_SELECT = 0x01,
    TB_OSE_GOOGLE_CAN_VAS = 0x02,
};

struct tb_ose {
    enum tb_ose_wallet wallet;
    union {
        struct {
            uint16_t version; /* 9F21: 0x0100 */
            uint8_t nonce[4]; /* 9F24; its use is not known */
            uint8_t capabilities;
        } apple;
        struct {
            bool listed;          /* Smart Tap 2 stands in the directory, or there is no directory */
            uint16_t version_min; /* DF6D; 0 when not told */
            uint16_t version_max; /* DF4D; 0xffff when not told */
            uint8_t capabilities; /* 0 when not told */
            uint8_t mode;         /* 0 when not told */
            bool has_nonce;       /* C2, or DF6E, which overrides it */
            uint8_t nonce[TB_OSE_NONCE_SIZE];
        } google;
    };
};

/* SELECT OSE.VAS.01. */
void tb_ose_command(struct tb_applet_io *ret_io);

/*
 * The answer with its status word. TB_ERR_NOT_FOUND: the card has no such directory; TB_ERR_UNSUPPORTED: it
 * names another wallet; TB_ERR_CONFLICT: it names two; an error of input: it breaks the rules.
 */
TB_MUST_USE enum tb_err tb_ose_read(struct tb_span answer, struct tb_ose *ret_ose);

#endif
