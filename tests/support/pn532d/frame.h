/*
 * Host frames of the PN532 on its serial line (HSU), seen from the chip: UM0701-02 section 6.2.1.
 *
 *   normal     00 00 FF LEN LCS TFI PD0.. DCS 00            LEN counts TFI and PD, LEN + LCS = 0
 *   extended   00 00 FF FF FF LENM LENL LCS TFI PD0.. DCS 00
 *   ACK        00 00 FF 00 FF 00      NACK  00 00 FF FF 00 00      error  00 00 FF 01 FF 7F 81 00
 */
#ifndef TB_TESTS_SUPPORT_PN532D_FRAME_H
#define TB_TESTS_SUPPORT_PN532D_FRAME_H

#include "core/base/buf.h"

enum {
    PN532_DATA_MAX = 265, /* TFI and PD of one frame */
    PN532_FRAME_MAX = PN532_DATA_MAX + 11,
    PN532_TFI_HOST = 0xd4,
    PN532_TFI_CHIP = 0xd5,
};

enum pn532_event {
    PN532_EVENT_NONE,
    PN532_EVENT_WAKE, /* 0x55 between frames */
    PN532_EVENT_ACK,
    PN532_EVENT_NACK,
    PN532_EVENT_COMMAND, /* data is set: command code and parameters */
    PN532_EVENT_BAD,     /* a frame whose checksum or TFI is wrong */
};

enum pn532_parser_state {
    PN532_HUNT,  /* for 00 FF */
    PN532_START, /* saw 00 */
    PN532_LENGTH,
    PN532_LENGTH_CHECK,
    PN532_EXTENDED,
    PN532_BODY,
};

struct pn532_parser {
    enum pn532_parser_state state;
    uint8_t head[3]; /* LEN, or LENM LENL LCS */
    size_t head_size;
    size_t length; /* TFI and PD */
    size_t size;
    uint8_t body[PN532_DATA_MAX + 1]; /* with DCS */
};

/* Takes one byte; ret_data is borrowed from the parser until the next byte. */
enum pn532_event pn532_parser_take(struct pn532_parser *p, uint8_t byte, struct tb_span *ret_data);

/* Builds the chip's answer frame around data (answer code and parameters); extended above 254 bytes. */
void pn532_frame_build(struct tb_buf *b, struct tb_span data);

extern const uint8_t pn532_frame_ack[6];
extern const uint8_t pn532_frame_nack[6];
extern const uint8_t pn532_frame_error[8];

#endif
