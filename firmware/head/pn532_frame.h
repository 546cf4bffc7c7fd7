/*
 * Frames of the PN532, seen from the host: UM0701-02 section 6.2.1.
 *
 *   normal     00 00 FF LEN LCS TFI PD0.. DCS 00            LEN counts TFI and PD, LEN + LCS = 0
 *   extended   00 00 FF FF FF LENM LENL LCS TFI PD0.. DCS 00
 *   ACK        00 00 FF 00 FF 00      NACK  00 00 FF FF 00 00      error  00 00 FF 01 FF 7F 81 00
 *
 * TFI is D4 towards the chip and D5 from it; TFI, PD and DCS add up to 0. Any number of zeros may stand
 * before 00 FF. The parser works with the caller's memory and takes any noise. Pure; not thread-safe.
 */
#ifndef TB_FIRMWARE_HEAD_PN532_FRAME_H
#define TB_FIRMWARE_HEAD_PN532_FRAME_H

#include "core/base/span.h"

#define TB_PN532_TFI_HOST 0xd4
#define TB_PN532_TFI_CHIP 0xd5
#define TB_PN532_HEAD_MAX \
    16 /* preamble to TFI is at most 9 bytes; then the command and its fixed parameters */
#define TB_PN532_DATA_MAX 265 /* TFI and PD of the longest frame */
#define TB_PN532_ACK_SIZE 6

extern const uint8_t tb_pn532_ack[TB_PN532_ACK_SIZE];
extern const uint8_t tb_pn532_nack[TB_PN532_ACK_SIZE];

enum tb_pn532_event {
    TB_PN532_NOTHING,
    TB_PN532_ACK,
    TB_PN532_NACK,
    TB_PN532_ERROR,  /* the chip did not understand the command */
    TB_PN532_ANSWER, /* ret_data is set: answer code and parameters */
    TB_PN532_BAD,    /* a frame whose length or checksum is wrong, or that is too long */
};

enum tb_pn532_parser_state {
    TB_PN532_HUNT,  /* for 00 FF */
    TB_PN532_START, /* saw 00 */
    TB_PN532_LENGTH,
    TB_PN532_LENGTH_CHECK,
    TB_PN532_EXTENDED,
    TB_PN532_BODY,
};

struct tb_pn532_parser {
    uint8_t *at; /* borrowed: TFI, PD and DCS */
    uint16_t size_max;
    uint16_t length; /* TFI and PD */
    uint16_t size;   /* bytes of them so far, then DCS */
    uint8_t head[3]; /* LEN, or LENM LENL LCS */
    uint8_t head_size;
    uint8_t sum;
    enum tb_pn532_parser_state state;
};

/* Begins anew with memory of size_max bytes: frames with up to size_max - 1 bytes of TFI and PD. */
void tb_pn532_parser_init(struct tb_pn532_parser *p, uint8_t *memory, size_t size_max);

/* Takes one byte; ret_data is borrowed from the memory. */
enum tb_pn532_event tb_pn532_parser_take(struct tb_pn532_parser *p, uint8_t byte, struct tb_span *ret_data);

/*
 * What stands before and behind the parameters of a command frame: preamble, length, TFI and the command's
 * first bytes (at most TB_PN532_HEAD_MAX - 9); then data, which is not copied; then the two bytes of the
 * tail. Returns the size of the head. Command and data together at most TB_PN532_DATA_MAX - 1 bytes.
 */
size_t tb_pn532_frame_build(struct tb_span command, struct tb_span data, uint8_t ret_head[TB_PN532_HEAD_MAX],
                            uint8_t ret_tail[2]);

#endif
