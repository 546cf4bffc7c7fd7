#include "tests/support/hal/hal_fake.h"

#include <stdlib.h>

struct hal_fake hal_fake;

const struct tb_hal_board tb_hal_board = {
    .name = "fake",
    .devices = TB_LINK_DEVICE_NFC | TB_LINK_DEVICE_SCANNER,
    .capabilities = TB_LINK_CAN_TAMPER,
    .nfc_baud_max = 921600, /* which it does not reach, as a board whose crystal does not start */
};

void hal_fake_reset(void)
{
    memset(&hal_fake, 0, sizeof hal_fake);
}

void hal_fake_receive(enum tb_hal_uart uart, struct tb_span bytes)
{
    struct hal_fake_line *line = &hal_fake.lines[uart];
    memmove(line->in, line->in + line->in_at, line->in_size - line->in_at);
    line->in_size -= line->in_at;
    line->in_at = 0;
    bytes = tb_span_sub(bytes, 0, sizeof line->in - line->in_size);
    if (bytes.size > 0)
        memcpy(line->in + line->in_size, bytes.at, bytes.size);
    line->in_size += bytes.size;
}

void tb_hal_start(void)
{
}

int64_t tb_hal_now_ms(void)
{
    return hal_fake.now_us / 1000;
}

void tb_hal_idle(void)
{
    hal_fake.now_us += 1000;
}

size_t tb_hal_uart_read(enum tb_hal_uart uart, uint8_t *ret_bytes, size_t size_max)
{
    struct hal_fake_line *line = &hal_fake.lines[uart];
    struct tb_span bytes = tb_span_sub(tb_span_of(line->in, line->in_size), line->in_at, size_max);
    if (bytes.size > 0)
        memcpy(ret_bytes, bytes.at, bytes.size);
    line->in_at += bytes.size;
    return bytes.size;
}

size_t tb_hal_uart_write(enum tb_hal_uart uart, const uint8_t *bytes, size_t size)
{
    struct hal_fake_line *line = &hal_fake.lines[uart];
    size_t room = line->stuck ? 0 : sizeof line->out - line->out_size;
    if (size > room)
        size = room;
    memcpy(line->out + line->out_size, bytes, size);
    line->out_size += size;
    return size;
}

bool tb_hal_uart_is_idle(enum tb_hal_uart uart)
{
    return !hal_fake.lines[uart].stuck;
}

enum tb_err tb_hal_uart_baud(enum tb_hal_uart uart, uint32_t baud)
{
    (void)uart;
    return baud <= 115200 ? TB_OK : TB_ERR_UNSUPPORTED;
}

uint32_t tb_hal_uart_lost(enum tb_hal_uart uart)
{
    return hal_fake.lines[uart].lost_count;
}

void tb_hal_lights(unsigned lights)
{
    hal_fake.lights = lights;
}

void tb_hal_beeper(bool on)
{
    hal_fake.beeping = on;
}

bool tb_hal_tamper(void)
{
    return hal_fake.tamper;
}

enum tb_link_reset tb_hal_reset_cause(void)
{
    return TB_LINK_RESET_POWER_ON;
}

void tb_hal_watchdog_start(uint32_t timeout_ms)
{
    (void)timeout_ms;
}

void tb_hal_watchdog_kick(void)
{
    hal_fake.kick_count++;
}

void tb_hal_reset(void)
{
    abort(); /* nothing that is tested here may reset */
}

size_t tb_hal_stack_free(size_t *ret_size)
{
    *ret_size = 0;
    return 0;
}

void tb_hal_boot(uint32_t address)
{
    (void)address;
}

unsigned tb_hal_slot(void)
{
    return TB_HAL_SLOT_COUNT;
}
