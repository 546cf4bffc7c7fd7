#include "core/link/crc16.h"

/* A table of 16 keeps the microcontroller's flash small and still takes two steps per byte. */
static const uint16_t crc_of_nibble[16] = {
    0x0000, 0x1021, 0x2042, 0x3063, 0x4084, 0x50a5, 0x60c6, 0x70e7,
    0x8108, 0x9129, 0xa14a, 0xb16b, 0xc18c, 0xd1ad, 0xe1ce, 0xf1ef,
};

static uint16_t crc_step(uint16_t crc, unsigned nibble)
{
    return (uint16_t)(crc << 4 ^ crc_of_nibble[(crc >> 12 ^ nibble) & 0x0f]);
}

uint16_t tb_crc16(uint16_t crc, struct tb_span bytes)
{
    for (size_t i = 0; i < bytes.size; i++) {
        crc = crc_step(crc, bytes.at[i] >> 4);
        crc = crc_step(crc, bytes.at[i] & 0x0fu);
    }
    return crc;
}
