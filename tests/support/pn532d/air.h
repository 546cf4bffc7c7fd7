/*
 * How long things take on the air: ISO/IEC 14443-3 type A and ISO/IEC 14443-4 at 106 kbit/s, computed
 * from the frames. Sizes are those on the air, CRC included. Pure.
 *
 * Not part of it: the time that a reader chip's own processor takes between frames, of which nothing is
 * published for the PN532.
 */
#ifndef TB_TESTS_SUPPORT_PN532D_AIR_H
#define TB_TESTS_SUPPORT_PN532D_AIR_H

#include <stddef.h>
#include <stdint.h>

enum {
    AIR_GUARD_US = 5000, /* field on before a card need answer: ISO/IEC 14443-3 section 5 */
    AIR_CARD_US = 1000,  /* an ISO-DEP card thinks about an APDU; assumed */
    AIR_RETRY_US = 7800, /* from a request that nobody answers to the chip's next one; assumed */
    AIR_FSD = 64,        /* the longest frame that a PN532 takes from an ISO-DEP card (FSDI 5) */
    AIR_FSD_MAX = 256,
    AIR_CRC = 2,
};

/* A frame of size bytes with parity bits. */
double air_frame_us(size_t size);

/* A command, its answer, and the pauses before and after the answer. */
double air_exchange_us(size_t command_size, size_t answer_size);

/* A command that is refused by a NAK of 4 bits. */
double air_nak_us(size_t command_size);

/* REQA to the last SELECT of a UID of 4, 7 or 10 bytes. */
double air_select_us(size_t uid_size);

/* RATS and ATS; ats_size without CRC. */
double air_rats_us(size_t ats_size);

/* An APDU and its answer in I-blocks of at most fsd bytes both ways, with AIR_CARD_US in between. */
double air_apdu_us(size_t apdu_size, size_t answer_size, size_t fsd);

#endif
