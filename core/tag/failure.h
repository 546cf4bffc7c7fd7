/*
 * What can go wrong with one tag: the failure, which decides what the person is told, and the reason,
 * which says where the reading stopped.
 *
 * Numbers are those of the reader link (docs/protocol.md) and never change; names are stable and appear
 * in logs and on the local API. Pure; callable from any thread.
 */
#ifndef TB_CORE_TAG_FAILURE_H
#define TB_CORE_TAG_FAILURE_H

#include <stdbool.h>
#include <stddef.h>

enum tb_tag_failure {
    TB_TAG_TORN = 1,         /* it left while it was read: hold it longer */
    TB_TAG_MALFORMED = 2,    /* what is on it contradicts itself or its specification */
    TB_TAG_EMPTY = 3,        /* no NDEF on it */
    TB_TAG_LOCKED = 4,       /* reading needs a key */
    TB_TAG_UNSUPPORTED = 5,  /* a technology or a size that is not read here */
    TB_TAG_PAYMENT_CARD = 6, /* it answered to the payment directory; nothing of it was read */
    TB_TAG_TWO = 7,          /* more than one card in the field */
    TB_TAG_TIMEOUT = 8,      /* nobody said in time what became of it */
};

enum tb_tag_reason {
    TB_TAG_REASON_LOST = 1,          /* no answer from the card, or the field lost it */
    TB_TAG_REASON_ANSWER = 2,        /* an answer of a size or form that the command cannot have */
    TB_TAG_REASON_KIND = 3,          /* neither Type 2 nor Type 4 */
    TB_TAG_REASON_TOO_LONG = 4,      /* the message is longer than the memory for it */
    TB_TAG_REASON_TWO = 5,           /* a second card answered */
    TB_TAG_REASON_T2_CC = 16,        /* no capability container */
    TB_TAG_REASON_T2_VERSION = 17,   /* mapping version of another major number */
    TB_TAG_REASON_T2_LOCKED = 18,    /* read access is not free */
    TB_TAG_REASON_T2_NO_NDEF = 19,   /* the area holds no NDEF TLV */
    TB_TAG_REASON_T2_PAST_AREA = 20, /* a TLV reaches past the end of the area */
    TB_TAG_REASON_T2_CONTROL = 21,   /* a lock or memory control TLV is malformed */
    TB_TAG_REASON_T2_SECTORS = 22,   /* the message goes on where only SECTOR SELECT reaches */
    TB_TAG_REASON_T4_NO_NDEF = 32,   /* no NDEF application */
    TB_TAG_REASON_T4_REFUSED = 33,   /* a status word that is not understood */
    TB_TAG_REASON_T4_CC = 34,        /* malformed capability container */
    TB_TAG_REASON_T4_VERSION = 35,   /* mapping version of another major number */
    TB_TAG_REASON_T4_LOCKED = 36,    /* read access is not free */
    TB_TAG_REASON_T4_LENGTH = 37,    /* the message reaches past the end of its file */
    TB_TAG_REASON_PAYMENT_CARD = 48,
};

bool tb_tag_failure_valid(unsigned failure);
bool tb_tag_reason_valid(unsigned reason);

/* Lower-case name such as "torn"; static, never NULL. */
const char *tb_tag_failure_name(enum tb_tag_failure failure);

/* Lower-case name such as "type2.past_area"; static, never NULL. */
const char *tb_tag_reason_name(enum tb_tag_reason reason);

#endif
