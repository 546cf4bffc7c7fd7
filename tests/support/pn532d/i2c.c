#include "tests/support/pn532d/i2c.h"

#include "core/base/assert.h"

enum { STATUS_NOT_READY = 0x00, STATUS_READY = 0x01, NOTHING = 0xff };

static void frame_drop(struct i2c *i)
{
    i->count--;
    i->at = 0;
    memmove(i->frames[0], i->frames[1], sizeof i->frames[0] * i->count);
    memmove(i->sizes, i->sizes + 1, sizeof i->sizes[0] * i->count);
}

void i2c_frames_drop(struct i2c *i)
{
    i->count = i->at = 0;
    if (i->state == I2C_READ)
        i->state = I2C_EMPTY;
}

void i2c_frame_add(struct i2c *i, struct tb_span frame)
{
    TB_ASSERT(frame.size <= I2C_FRAME_SIZE);
    if (i->count == I2C_FRAME_COUNT)
        frame_drop(i);
    memcpy(i->frames[i->count], frame.at, frame.size);
    i->sizes[i->count++] = frame.size;
}

bool i2c_start(struct i2c *i, uint8_t address)
{
    i2c_stop(i);
    i->state = address >> 1 != I2C_ADDRESS ? I2C_OTHER : address & 1 ? I2C_STATUS : I2C_WRITTEN;
    return i->state != I2C_OTHER;
}

uint8_t i2c_read(struct i2c *i)
{
    if (i->state == I2C_STATUS) {
        i->state = i->count > 0 ? I2C_READ : I2C_EMPTY;
        return i->count > 0 ? STATUS_READY : STATUS_NOT_READY;
    }
    if (i->state != I2C_READ || i->at == i->sizes[0])
        return NOTHING;
    return i->frames[0][i->at++];
}

void i2c_stop(struct i2c *i)
{
    if (i->state == I2C_READ)
        frame_drop(i);
    i->state = I2C_FREE;
}
