/*
 * What a kind of card is to the simulator, and what the kinds share.
 *
 * A kind is one static struct card_kind in a file card_<kind>.c; the names in specifications are models: a
 * kind with the facts it begins with (the table in spec.c). One thread.
 */
#ifndef TB_TESTS_SUPPORT_PN532D_CARD_KIND_H
#define TB_TESTS_SUPPORT_PN532D_CARD_KIND_H

#include "tests/support/pn532d/card.h"

struct card_model {
    const char *name;
    const struct card_kind *kind;
    uint16_t atqa;
    uint8_t sak;
    uint8_t version;    /* Type 4: of the mapping */
    const char *head;   /* hex; Type 2: container and control TLV; Type 4: container; NULL: none */
    size_t memory_size; /* Type 2 */
    bool slow;          /* Type 2 without FAST_READ */
};

struct card_kind {
    /* One exchange; see card_exchange(). An ISO-DEP kind gets APDUs of at least 5 bytes and returns true. */
    bool (*exchange)(struct card *card, struct tb_span command, struct tb_buf *ret_answer,
                     bool *ret_violation);
    void (*begin)(struct card *card, const struct card_model *model); /* NULL: nothing to set up */
    void (*reset)(struct card *card); /* the field goes off; NULL: nothing to forget */
    /* Takes a key of its own from the specification: NULL, or a static error code. "unknown_key" when it is
     * none of its own. NULL: it has no keys. */
    const char *(*set)(struct card *card, const char *key, const char *value);
    /* After all keys: lays the message out in its memory. NULL: it holds none. */
    const char *(*format)(struct card *card, struct tb_span message);
};

extern const struct card_kind card_type2;
extern const struct card_kind card_type4;
extern const struct card_kind card_payment;
extern const struct card_kind card_foreign;
extern const struct card_kind card_classic;
#if TB_WALLETS
extern const struct card_kind card_smart_tap;
extern const struct card_kind card_vas;
#endif
extern const struct card_kind card_app;
extern const struct card_kind card_desfire;
extern const struct card_kind card_ntag424;

/* TB_ERR_SYNTAX when it is not hex or does not fit. */
TB_MUST_USE enum tb_err card_hex_add(struct tb_buf *b, const char *hex);

/* Repeatable random bytes, another sequence for every card's name. */
void card_random(struct card *card, uint8_t *ret_bytes, size_t size);

/* ISO/IEC 7816-4: the data of a short command, and a status word behind an answer. */
struct tb_span card_apdu_data(struct tb_span apdu);
void card_status_add(struct tb_buf *answer, uint16_t status);

/* CLA 00 INS A4 P1 04: the command selects by AID. */
bool card_apdu_selects(struct tb_span apdu);

/* The AID of the NDEF application, of any mapping version. */
bool card_names_ndef(struct tb_span aid);

/*
 * A Type 4 tag's answer to an APDU, for kinds that are such a tag and more; the selected file and the
 * application are in card->state.type4 unless the kind brings its own.
 */
void card_type4_exchange(struct card_type4 *tag, struct tb_span file, struct tb_span apdu,
                         struct tb_buf *answer);

#endif
