/*
 * The chip's end of an I2C bus: UM0701-02 section 6.2.4. What it has to say waits here until the master reads
 * it; a read begins with a status byte, and gives the frame that waits, if one does. Bytes and conditions go
 * in and out: no wire, no time. What the master writes is the caller's business.
 */
#ifndef TB_TESTS_SUPPORT_PN532D_I2C_H
#define TB_TESTS_SUPPORT_PN532D_I2C_H

#include "tests/support/pn532d/frame.h"

enum {
    I2C_ADDRESS = 0x24,
    I2C_FRAME_COUNT = 2, /* an acknowledgement and an answer */
    I2C_FRAME_SIZE = PN532_FRAME_MAX + 16,
    I2C_WAKE_MS = 2, /* how long the chip holds the clock when its address wakes it: its oscillator starts */
};

enum i2c_state {
    I2C_FREE,
    I2C_OTHER, /* the transaction at hand is not ours */
    I2C_WRITTEN,
    I2C_STATUS, /* the next byte read is the status */
    I2C_EMPTY,  /* it was "not ready" */
    I2C_READ,
};

struct i2c {
    enum i2c_state state;
    uint8_t frames[I2C_FRAME_COUNT][I2C_FRAME_SIZE];
    size_t sizes[I2C_FRAME_COUNT];
    size_t count;
    size_t at; /* in the first frame, while it is read */
};

/* Another frame to be read; the oldest one is dropped when there is no room. */
void i2c_frame_add(struct i2c *i, struct tb_span frame);
void i2c_frames_drop(struct i2c *i);

/* START with the address as on the wire: true when it is the chip's. */
bool i2c_start(struct i2c *i, uint8_t address);

/* The next byte for the master. Behind a frame, and instead of one, it is ff: nobody pulls the line. */
uint8_t i2c_read(struct i2c *i);

/* A frame that was begun is gone, as far as it was read or not. */
void i2c_stop(struct i2c *i);

#endif
