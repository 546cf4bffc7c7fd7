/* A board in memory for firmware under test: its clock is turned by hand, its lines are buffers. One
 * instance. */
#ifndef TB_TESTS_SUPPORT_HAL_HAL_FAKE_H
#define TB_TESTS_SUPPORT_HAL_HAL_FAKE_H

#include "firmware/hal/hal.h"

enum { HAL_FAKE_LINE_SIZE = 4096 };

struct hal_fake_line {
    uint8_t in[HAL_FAKE_LINE_SIZE]; /* for the firmware to read */
    size_t in_at;
    size_t in_size;
    uint8_t out[HAL_FAKE_LINE_SIZE]; /* that it wrote; what does not fit waits at its side */
    size_t out_size;
    bool stuck; /* takes nothing */
    uint32_t lost_count;
};

struct hal_fake {
    int64_t now_us;
    struct hal_fake_line lines[TB_HAL_UART_COUNT];
    unsigned lights;
    bool beeping;
    bool tamper;
    unsigned kick_count;
};

extern struct hal_fake hal_fake;

void hal_fake_reset(void);

/* Bytes that come in on a line; as many as there is room for. */
void hal_fake_receive(enum tb_hal_uart uart, struct tb_span bytes);

#endif
