/*
 * CRC-16/CCITT as CRC-16/IBM-3740 has it: polynomial 0x1021, initial value 0xffff, nothing reflected.
 * "123456789" gives 0x29b1. Pure; callable from any thread.
 */
#ifndef TB_CORE_LINK_CRC16_H
#define TB_CORE_LINK_CRC16_H

#include "core/base/span.h"

#define TB_CRC16_START 0xffffu

/* Carries a checksum on over more bytes; the first call gets TB_CRC16_START. */
uint16_t tb_crc16(uint16_t crc, struct tb_span bytes);

#endif
