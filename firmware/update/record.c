#include "firmware/update/record.h"

#include "firmware/hal/hal.h"

/*
 * A record, big-endian:
 *
 *    0  magic2 counter4 confirmed1 trial1 attempted1 zeros3
 *   12  failed8 zeros8
 *   28  CRC-32 (IEEE 802.3) of all before
 */
#define MAGIC 0x5442
#define CRC_AT (RECORD_SIZE - 4)
#define UNIT_COUNT 2

struct place {
    unsigned unit;
    uint32_t offset;  /* in the unit */
    uint32_t counter; /* 0: there is no record anywhere */
};

static uint32_t crc32(const uint8_t *bytes, size_t size)
{
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < size; i++) {
        crc ^= bytes[i];
        for (unsigned bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

static bool slot_may_be(uint8_t slot)
{
    return slot < TB_HAL_SLOT_COUNT || slot == RECORD_NO_SLOT;
}

/* Returns the counter, 0 when it is no whole record. */
static uint32_t record_decode(struct tb_span bytes, struct record *ret_record)
{
    struct tb_reader r = tb_reader_of(bytes);
    if (tb_read_u16be(&r) != MAGIC)
        return 0;
    uint32_t counter = tb_read_u32be(&r);
    ret_record->confirmed = tb_read_u8(&r);
    ret_record->trial = tb_read_u8(&r);
    ret_record->attempted = tb_read_u8(&r) != 0;
    (void)tb_read_bytes(&r, 3);
    struct tb_span failed = tb_read_bytes(&r, RECORD_FAILED_SIZE);
    (void)tb_read_bytes(&r, 8);
    if (tb_read_u32be(&r) != crc32(bytes.at, CRC_AT) || r.err != TB_OK ||
        !slot_may_be(ret_record->confirmed) || !slot_may_be(ret_record->trial))
        return 0;
    memcpy(ret_record->failed, failed.at, RECORD_FAILED_SIZE);
    return counter;
}

static void record_encode(const struct record *record, uint32_t counter, uint8_t ret_bytes[RECORD_SIZE])
{
    struct tb_buf b = tb_buf_of(ret_bytes, RECORD_SIZE);
    memset(ret_bytes, 0, RECORD_SIZE);
    tb_buf_add_u16be(&b, MAGIC);
    tb_buf_add_u32be(&b, counter);
    tb_buf_add_u8(&b, record->confirmed);
    tb_buf_add_u8(&b, record->trial);
    tb_buf_add_u8(&b, record->attempted);
    memcpy(ret_bytes + 12, record->failed, RECORD_FAILED_SIZE);
    b.size = CRC_AT;
    tb_buf_add_u32be(&b, crc32(ret_bytes, CRC_AT));
}

static uint32_t unit_at(unsigned unit)
{
    return tb_hal_board.record_at[unit];
}

static uint32_t unit_size(unsigned unit)
{
    return tb_hal_flash_unit(unit_at(unit));
}

static struct place newest_find(struct record *ret_record)
{
    struct place newest = {.unit = UNIT_COUNT - 1};
    for (unsigned unit = 0; unit < UNIT_COUNT; unit++) {
        uint32_t size = unit_size(unit);
        for (uint32_t offset = 0; offset + RECORD_SIZE <= size; offset += RECORD_SIZE) {
            struct record record;
            uint32_t counter = record_decode(tb_hal_flash_read(unit_at(unit) + offset, RECORD_SIZE), &record);
            if (counter <= newest.counter)
                continue;
            newest = (struct place){.unit = unit, .offset = offset, .counter = counter};
            *ret_record = record;
        }
    }
    return newest;
}

/* Behind everything that was ever written into the unit; its size when it is full. */
static uint32_t blank_find(unsigned unit)
{
    uint32_t size = unit_size(unit);
    struct tb_span all = tb_hal_flash_read(unit_at(unit), size);
    size_t used = all.size;
    while (used > 0 && all.at[used - 1] == 0xff)
        used--;
    return (uint32_t)((used + RECORD_SIZE - 1) / RECORD_SIZE * RECORD_SIZE);
}

struct record record_initial(void)
{
    return (struct record){.confirmed = RECORD_NO_SLOT, .trial = RECORD_NO_SLOT};
}

struct record record_load(void)
{
    struct record record = record_initial();
    (void)newest_find(&record);
    return record;
}

enum tb_err record_save(const struct record *record)
{
    struct record unused;
    uint8_t bytes[RECORD_SIZE];
    struct place newest = newest_find(&unused);
    record_encode(record, newest.counter + 1, bytes);
    struct tb_span span = tb_span_of(bytes, sizeof bytes);
    uint32_t blank = blank_find(newest.unit);
    if (newest.counter > 0 && blank + RECORD_SIZE <= unit_size(newest.unit) &&
        tb_hal_flash_write(unit_at(newest.unit) + blank, span) == TB_OK)
        return TB_OK;
    unsigned other = UNIT_COUNT - 1 - newest.unit;
    if (tb_hal_flash_erase(unit_at(other)) != TB_OK || tb_hal_flash_write(unit_at(other), span) != TB_OK)
        return TB_ERR_IO;
    return TB_OK;
}
