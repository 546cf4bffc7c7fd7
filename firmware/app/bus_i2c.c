/*
 * The PN532 on I2C: UM0701-02 section 6.2.4. Each read begins with a status byte, whose bit 0 says that a
 * frame follows; reading before that costs the address and two bytes. A frame is read in one transaction,
 * because what was not read of it is lost with STOP, and nobody knows its length before; that may last over
 * several turns, between which this side holds the clock.
 */
#include "firmware/app/bus.h"

#include "firmware/hal/hal.h"

enum {
    ADDRESS = 0x24,
    STATUS_READY = 0x01,
    READ_MAX = 300,  /* bytes of one transaction: the longest frame, and what may stand around it */
    PIECE_SIZE = 64, /* of a written frame, in one turn: the serial lines' bytes wait meanwhile */
};

enum state {
    FREE,
    WRITING,
    READING,
    LOST, /* the chip took no more of the frame at hand */
};

static struct transport {
    enum state state;
    uint32_t looked_ms; /* when the status was read last: once in a millisecond, for the chip's sake */
    uint32_t left;      /* bytes that the transaction at hand may still read */
} transport;

/* The frame at hand is over. A read ends with a byte that is not acknowledged; it belongs to nothing. */
static void transport_end(void *context)
{
    struct transport *t = context;
    uint8_t byte;
    if (t->state == WRITING || (t->state == READING && tb_hal_i2c_get(true, &byte)))
        tb_hal_i2c_stop();
    t->state = FREE;
}

/* A chip that sleeps or is busy acknowledges nothing: the frame is offered again, within the driver's bound.
 * One that takes a part of it is treated as a wire is: the rest is lost, and the driver hears no answer. */
static size_t transport_write(void *context, const uint8_t *bytes, size_t size)
{
    struct transport *t = context;
    if (t->state == READING)
        transport_end(t);
    if (t->state == FREE) {
        if (!tb_hal_i2c_start(ADDRESS, false))
            return 0;
        t->state = WRITING;
    }
    if (size > PIECE_SIZE)
        size = PIECE_SIZE;
    for (size_t i = 0; i < size && t->state == WRITING; i++)
        if (!tb_hal_i2c_put(bytes[i]))
            t->state = LOST;
    return size;
}

static void frame_begin(struct transport *t)
{
    uint8_t status;
    uint32_t now_ms = (uint32_t)tb_hal_now_ms();
    if (t->state != FREE || now_ms == t->looked_ms)
        return;
    t->looked_ms = now_ms;
    t->left = READ_MAX;
    if (!tb_hal_i2c_start(ADDRESS, true) || !tb_hal_i2c_get(false, &status))
        return;
    t->state = READING;
    if (!(status & STATUS_READY))
        transport_end(t);
}

/* A transaction in which no frame is found ends, too. */
static size_t transport_read(void *context, uint8_t *ret_bytes, size_t size_max)
{
    struct transport *t = context;
    size_t size = 0;
    frame_begin(t);
    while (size < size_max && t->state == READING) {
        if (!tb_hal_i2c_get(false, &ret_bytes[size]))
            t->state = FREE;
        else
            size++;
        if (--t->left == 0)
            transport_end(t);
    }
    return size;
}

static const struct tb_pn532_bus bus = {
    .context = &transport, .write = transport_write, .read = transport_read, .end = transport_end};

const struct tb_pn532_bus *bus_start(uint32_t *ret_bit_rate_max)
{
    transport = (struct transport){.state = FREE};
    *ret_bit_rate_max = 0;
    return &bus;
}
