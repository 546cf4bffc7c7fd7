/*
 * Key ring: the keys with which this terminal, or the context store, judges what is presented.
 *
 * Keys arrive by the policy feed and are handed in; a credential never brings its own. A ring is a plain
 * table: whoever fills it owns it and wipes it. Rotation is two keys of one use and id, of which the newer
 * version is tried first. Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_KEYRING_H
#define TB_CORE_CREDENTIAL_KEYRING_H

#include "core/base/span.h"

#define TB_RING_KEY_COUNT_MAX 32
#define TB_RING_KEY_ID_SIZE_MAX 64
#define TB_RING_KEY_SIZE_MAX 65 /* an uncompressed point of P-256 */
#define TB_RING_APPLICATION_SIZE 3
#define TB_RING_SYSTEM_SIZE_MAX 21 /* what AN10922 has room for behind UID and application */

enum tb_ring_use {
    TB_RING_TOKEN, /* public point: signed tokens and pass certificates; id: kid */
    TB_RING_TOTP, /* secret from which a member's key of rotating codes is derived; id: name of the pattern */
    TB_RING_SUN_META,  /* AES-128: decrypts PICCData of NTAG 424 DNA; id: name of the series of tags */
    TB_RING_SUN_FILE,  /* AES-128: from which a tag's SDMFileReadKey is diversified; id: the series */
    TB_RING_DESFIRE,   /* AES-128: from which a card's key is diversified; id: the series */
    TB_RING_SMART_TAP, /* private scalar of the collector; id: collector id in decimal */
    TB_RING_VAS,       /* private scalar of the merchant; id: pass type identifier */
    TB_RING_USE_COUNT
};

struct tb_ring_key { /* secret, but for TB_RING_TOKEN */
    enum tb_ring_use use;
    uint32_t version; /* SMART_TAP: the collector's key version */
    char id[TB_RING_KEY_ID_SIZE_MAX + 1];
    int64_t added_ms;      /* Unix: when the chain got it, for people; 0: not said */
    int64_t not_before_ms; /* Unix; 0: since ever */
    int64_t not_after_ms;  /* 0: for ever */
    uint8_t size; /* DESFIRE: 0 says that the application is ours and its key is with the context store */
    uint8_t bytes[TB_RING_KEY_SIZE_MAX];
    bool diversified;    /* SUN_FILE, DESFIRE: the card's key is derived from this one and its UID */
    uint8_t system_size; /* of the system identifier, by which AN10922 derives; 0: none */
    uint8_t system[TB_RING_SYSTEM_SIZE_MAX];
    uint8_t application[TB_RING_APPLICATION_SIZE]; /* DESFIRE: AID, as it is sent */
    uint8_t key_number;                            /* DESFIRE */
    uint32_t period_ms;                            /* TOTP */
    uint8_t digit_count;                           /* TOTP */
};

struct tb_keyring {
    struct tb_ring_key keys[TB_RING_KEY_COUNT_MAX];
    uint8_t key_count;
};

/*
 * The index-th key of a use that is valid at wall_ms, newest version first; NULL behind the last. id: only
 * keys of that id; empty: of any. Borrowed.
 */
const struct tb_ring_key *tb_keyring_find(const struct tb_keyring *ring, enum tb_ring_use use,
                                          struct tb_span id, int64_t wall_ms, size_t index);

/* Adds a key, or replaces the one of the same use, id and version. TB_ERR_FULL. */
TB_MUST_USE enum tb_err tb_keyring_put(struct tb_keyring *ring, const struct tb_ring_key *key);

/* TB_ERR_NOT_FOUND when there is none. */
TB_MUST_USE enum tb_err tb_keyring_drop(struct tb_keyring *ring, enum tb_ring_use use, struct tb_span id,
                                        uint32_t version);

void tb_keyring_wipe(struct tb_keyring *ring);

/* Stable name such as "smart_tap"; static, never NULL. TB_ERR_NOT_FOUND for a name that is none. */
const char *tb_ring_use_name(enum tb_ring_use use);
TB_MUST_USE enum tb_err tb_ring_use_decode(struct tb_span name, enum tb_ring_use *ret_use);

#endif
