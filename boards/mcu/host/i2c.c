/* I2C master on the NFC chip's line, which is a socket (i2c_socket.h). */
#include "boards/mcu/host/board.h"
#include "boards/mcu/host/i2c_socket.h"
#include "firmware/hal/hal.h"

enum { ANSWER_MS = 1000 /* the slave is a program: this is about the machine, not about the bus */ };

static bool answer_read(uint8_t ret_answer[I2C_SOCKET_WORD_SIZE])
{
    int64_t due_ms = tb_hal_now_ms() + ANSWER_MS;
    size_t size = 0;
    while (board_is_plugged(TB_HAL_UART_NFC) && tb_hal_now_ms() < due_ms) {
        size += tb_hal_uart_read(TB_HAL_UART_NFC, ret_answer + size, I2C_SOCKET_WORD_SIZE - size);
        if (size == I2C_SOCKET_WORD_SIZE)
            return true;
        tb_hal_idle();
    }
    board_unplug(TB_HAL_UART_NFC); /* or a late answer would be taken for the next one's */
    return false;
}

static void word_write(enum i2c_socket_word word, uint8_t value)
{
    const uint8_t bytes[I2C_SOCKET_WORD_SIZE] = {(uint8_t)word, value};
    (void)tb_hal_uart_write(TB_HAL_UART_NFC, bytes, sizeof bytes);
}

/* False: nobody is there, or holds the clock for longer than a board waits. */
static bool ask(enum i2c_socket_word word, uint8_t value, uint8_t *ret_value)
{
    uint8_t answer[I2C_SOCKET_WORD_SIZE];
    word_write(word, value);
    if (!answer_read(answer) || answer[0] > TB_HAL_I2C_STRETCH_MS)
        return false;
    *ret_value = answer[1];
    return true;
}

static bool is_acknowledged(enum i2c_socket_word word, uint8_t value)
{
    uint8_t acknowledged;
    if (!ask(word, value, &acknowledged))
        return false;
    if (!acknowledged)
        tb_hal_i2c_stop();
    return acknowledged;
}

bool tb_hal_i2c_start(uint8_t address, bool read)
{
    return is_acknowledged(I2C_SOCKET_START, (uint8_t)(address << 1 | read));
}

bool tb_hal_i2c_put(uint8_t byte)
{
    return is_acknowledged(I2C_SOCKET_WRITE, byte);
}

bool tb_hal_i2c_get(bool last, uint8_t *ret_byte)
{
    return ask(I2C_SOCKET_READ, last, ret_byte);
}

void tb_hal_i2c_stop(void)
{
    word_write(I2C_SOCKET_STOP, 0);
}
