#include "tests/support/pn532d/air.h"

enum {
    ETU = 128, /* carrier periods per bit */
    BITS_PER_BYTE = 9,
    FRAME_BITS = 2,       /* start and end of communication */
    SHORT_FRAME_BITS = 9, /* REQA: 7 bits, start and end */
    NAK_BITS = 4,         /* without parity */
    ANSWER_PAUSE = 1236,  /* frame delay time, reader to card: ISO/IEC 14443-3 section 6.2.1.1 */
    COMMAND_PAUSE = 1172, /* card to reader, the least: section 6.2.1.2 */
    BLOCK_EXTRA = 1 + 2,  /* PCB and CRC around what an I-block carries */
    ACK_SIZE = BLOCK_EXTRA,
};

static double us_of(double carrier_periods)
{
    return carrier_periods / 13.56;
}

static double pauses_us(void)
{
    return us_of(ANSWER_PAUSE + COMMAND_PAUSE);
}

double air_frame_us(size_t size)
{
    return us_of((double)(ETU * (FRAME_BITS + BITS_PER_BYTE * size)));
}

double air_exchange_us(size_t command_size, size_t answer_size)
{
    return air_frame_us(command_size) + air_frame_us(answer_size) + pauses_us();
}

double air_nak_us(size_t command_size)
{
    return air_frame_us(command_size) + us_of(ETU * (FRAME_BITS + NAK_BITS)) + pauses_us();
}

double air_select_us(size_t uid_size)
{
    unsigned level_count = uid_size <= 4 ? 1 : uid_size <= 7 ? 2 : 3;
    double level_us = air_exchange_us(2, 5) + air_exchange_us(7 + AIR_CRC, 1 + AIR_CRC);
    return us_of(ETU * SHORT_FRAME_BITS) + air_frame_us(2) + pauses_us() + level_count * level_us;
}

double air_rats_us(size_t ats_size)
{
    return air_exchange_us(2 + AIR_CRC, ats_size + AIR_CRC);
}

/* All but the last of the blocks that size bytes need; each is answered by an acknowledging block. */
static double chain_us(size_t *size, size_t fsd)
{
    double us = 0;
    for (size_t max = fsd - BLOCK_EXTRA; *size > max; *size -= max)
        us += air_exchange_us(fsd, ACK_SIZE);
    return us;
}

double air_apdu_us(size_t apdu_size, size_t answer_size, size_t fsd)
{
    double us = chain_us(&apdu_size, fsd) + chain_us(&answer_size, fsd);
    return us + air_exchange_us(apdu_size + BLOCK_EXTRA, answer_size + BLOCK_EXTRA) + (double)AIR_CARD_US;
}
