#include "firmware/head/pn532_i2c.h"

#define STATUS_READY 0x01

/* The frame at hand is over. A read ends with a byte that is not acknowledged; it belongs to nothing. */
static void transport_end(void *context)
{
    struct tb_pn532_i2c *t = context;
    const struct tb_i2c *i2c = t->i2c;
    if (t->state == TB_PN532_I2C_READING)
        (void)i2c->get(i2c->context, true);
    if (t->state != TB_PN532_I2C_FREE)
        i2c->stop(i2c->context);
    t->state = TB_PN532_I2C_FREE;
}

/* A chip that sleeps or is busy acknowledges nothing: the frame is offered again, within the driver's bound.
 */
static size_t transport_write(void *context, const uint8_t *bytes, size_t size)
{
    struct tb_pn532_i2c *t = context;
    const struct tb_i2c *i2c = t->i2c;
    if (t->state == TB_PN532_I2C_READING)
        transport_end(t);
    if (t->state == TB_PN532_I2C_FREE && !i2c->start(i2c->context, TB_PN532_I2C_ADDRESS, false))
        return 0;
    t->state = TB_PN532_I2C_WRITING;
    for (size_t i = 0; i < size; i++)
        if (!i2c->put(i2c->context, bytes[i]))
            return i;
    return size;
}

static bool frame_begins(struct tb_pn532_i2c *t)
{
    const struct tb_i2c *i2c = t->i2c;
    int64_t now_ms = i2c->now_ms(i2c->context);
    if (t->state == TB_PN532_I2C_READING)
        return true;
    if (t->state == TB_PN532_I2C_WRITING || now_ms < t->look_ms)
        return false;
    t->look_ms = now_ms + TB_PN532_I2C_PAUSE_MS;
    if (!i2c->start(i2c->context, TB_PN532_I2C_ADDRESS, true))
        return false;
    t->state = TB_PN532_I2C_READING;
    t->read_size = 0;
    if (i2c->get(i2c->context, false) & STATUS_READY)
        return true;
    transport_end(t);
    return false;
}

/* A transaction in which no frame is found ends, too. */
static size_t transport_read(void *context, uint8_t *ret_bytes, size_t size_max)
{
    struct tb_pn532_i2c *t = context;
    size_t size = 0;
    if (!frame_begins(t))
        return 0;
    while (size < size_max && t->read_size < TB_PN532_I2C_READ_MAX) {
        ret_bytes[size++] = t->i2c->get(t->i2c->context, false);
        t->read_size++;
    }
    if (t->read_size == TB_PN532_I2C_READ_MAX)
        transport_end(t);
    return size;
}

void tb_pn532_i2c_init(struct tb_pn532_i2c *t, const struct tb_i2c *i2c, struct tb_pn532_bus *ret_bus)
{
    *t = (struct tb_pn532_i2c){.i2c = i2c};
    *ret_bus = (struct tb_pn532_bus){
        .context = t, .write = transport_write, .read = transport_read, .end = transport_end};
}
