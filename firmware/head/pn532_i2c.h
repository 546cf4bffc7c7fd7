/*
 * The PN532 on I2C: UM0701-02 section 6.2.4. Address 0x24. Each read begins with a status byte, whose bit 0
 * says that a frame follows; reading before that costs one address and one byte. A frame is read in one
 * transaction that may last over many turns: the master holds the clock between two bytes.
 *
 * Implements the driver's bus over six functions of an I2C master, none of which waits for more than one
 * byte. Main loop only.
 */
#ifndef TB_FIRMWARE_HEAD_PN532_I2C_H
#define TB_FIRMWARE_HEAD_PN532_I2C_H

#include "firmware/head/pn532.h"

#define TB_PN532_I2C_ADDRESS 0x24
#define TB_PN532_I2C_PAUSE_MS \
    1 /* between two looks at the status: a look takes the bus and the chip some time */

#define TB_PN532_I2C_READ_MAX \
    300 /* bytes of one transaction: the longest frame, and what may stand around it */

struct tb_i2c {
    void *context;

    /* START and the address; false when nobody acknowledges it, and the bus is free again. */
    bool (*start)(void *context, uint8_t address, bool read);
    bool (*put)(void *context, uint8_t byte); /* false: not acknowledged */
    uint8_t (*get)(void *context, bool last); /* the last byte is not acknowledged */
    void (*stop)(void *context);
    int64_t (*now_ms)(void *context);
};

enum tb_pn532_i2c_state {
    TB_PN532_I2C_FREE,
    TB_PN532_I2C_WRITING,
    TB_PN532_I2C_READING,
};

struct tb_pn532_i2c {
    const struct tb_i2c *i2c; /* borrowed */
    enum tb_pn532_i2c_state state;
    int64_t look_ms;    /* when the status may be read next */
    uint16_t read_size; /* bytes of the transaction at hand */
};

/* Sets up the transport and the driver's bus on it; both are borrowed for the driver's life. */
void tb_pn532_i2c_init(struct tb_pn532_i2c *t, const struct tb_i2c *i2c, struct tb_pn532_bus *ret_bus);

#endif
