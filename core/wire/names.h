/*
 * The small vocabularies and size limits that several documents share. Text names are stable: they
 * are on the wire and in databases. Value 0 stands for "not given". Pure.
 */
#ifndef TB_CORE_WIRE_NAMES_H
#define TB_CORE_WIRE_NAMES_H

#include "core/base/span.h"

#define TB_NAME_SIZE_MAX 96  /* people, products, stores: UTF-8 bytes */
#define TB_TEXT_SIZE_MAX 160 /* benefits, notes, journey events */
#define TB_TEXT_COUNT_MAX 8  /* per list */
#define TB_PHONE_SIZE_MAX 32 /* as people type it */
#define TB_EMAIL_SIZE_MAX 128
#define TB_COUNTRY_CODE_SIZE_MAX 3 /* ITU-T E.164 */
#define TB_GTIN_SIZE 14            /* GS1 GTIN-14, digits, zero-padded on the left */
#define TB_CURRENCY_SIZE 3         /* ISO 4217 letters */
#define TB_LANGUAGE_SIZE_MAX 16    /* RFC 5646 tag */
#define TB_REWARD_SIZE_MAX 31      /* of a customer: together they make a row id */
#define TB_SHORT_SIZE_MAX 32       /* tier ids, stores, tills, roles, kinds: [A-Za-z0-9._:-] */
#define TB_DEVICE_SIZE_MAX 160     /* urn:tillbridge:<chain>:device:<id> */
#define TB_EPOCH_SIZE_MAX 64
#define TB_DATE_SIZE 10                         /* YYYY-MM-DD, ISO 8601 */
#define TB_LOOKUP_HASH_SIZE 32                  /* HMAC-SHA-256 */
#define TB_TIME_MS_MAX INT64_C(253402300799999) /* end of year 9999 */
#define TB_MONEY_MAX INT64_C(1000000000000)     /* 10^12 minor units */
#define TB_QUANTITY_MAX 9999
#define TB_VERSION_MAX ((INT64_C(1) << 53) - 1) /* exact in every JSON reader; for seq too */

enum tb_channel {
    TB_CHANNEL_NONE,
    TB_CHANNEL_WEB,
    TB_CHANNEL_APP,
    TB_CHANNEL_KIOSK,
    TB_CHANNEL_TILL,
    TB_CHANNEL_CALL,
    TB_CHANNEL_COUNT
};

enum tb_stock { TB_STOCK_NONE, TB_STOCK_IN_STOCK, TB_STOCK_LOW, TB_STOCK_NOT_HERE, TB_STOCK_COUNT };

/* Index by the enum; entry 0 is NULL. */
extern const char *const tb_channel_names[TB_CHANNEL_COUNT];
extern const char *const tb_stock_names[TB_STOCK_COUNT];

/* A list of short texts, as benefits or notes are. */
struct tb_texts {
    uint8_t count;
    char text[TB_TEXT_COUNT_MAX][TB_TEXT_SIZE_MAX + 1];
};

/* A resume point of a feed: opaque bytes from the engine; size 0 = from the beginning. */
#define TB_CURSOR_SIZE_MAX 64
struct tb_cursor {
    uint8_t size;
    uint8_t bytes[TB_CURSOR_SIZE_MAX];
};

#endif
