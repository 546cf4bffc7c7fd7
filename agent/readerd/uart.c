#include "agent/readerd/uart.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "host/device/device.h"

#include <poll.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum {
    RATE_DEFAULT = 115200, /* of the chip after power-up, and of libnfc */
    ANSWER_MS = 150,       /* a busy machine's share in it is larger than the chip's */
    LAST_ANSWER_MS = 400,
    SWITCH_MS = 50, /* until an ACK has left the slowest adapter; the chip wants 0.2 ms after it */
    TRY_COUNT = 2,
    COMMAND_MAX = 8,
    FRAME_EXTRA = 8,
    SET_SERIAL_BAUD_RATE = 0x10,
};

static const struct rate {
    unsigned rate;
    uint8_t code; /* BR of SetSerialBaudRate */
} rates[] = {{921600, 7}, {460800, 6}, {230400, 5}, {115200, 4},
             {57600, 3},  {38400, 2},  {19200, 1},  {9600, 0}};

static const struct rate *rate_find(unsigned rate)
{
    for (size_t i = 0; i < TB_ARRAY_SIZE(rates); i++)
        if (rates[i].rate == rate)
            return &rates[i];
    return NULL;
}

void uart_init(struct uart *u, const char *connstring)
{
    static const char driver[] = "pn532_uart:/";
    *u = (struct uart){.rate_max = rates[0].rate};
    if (strncmp(connstring, driver, strlen(driver)) != 0)
        return;
    uint64_t speed = RATE_DEFAULT;
    const char *colon = strchr(connstring + strlen(driver), ':');
    bool given = colon != NULL && tb_decimal_decode(tb_span_str(colon + 1), UINT32_MAX, &speed) == TB_OK;
    if (rate_find((unsigned)speed) == NULL)
        return;
    u->start = u->rate = (unsigned)speed;
    if (given)
        u->rate_max = u->start;
}

/* ---- bytes ---- */

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until the bytes of want have come, whatever comes with them; or the chip's frame for a syntax error. */
static bool bytes_await(int fd, struct tb_span want, int timeout_ms)
{
    static const uint8_t refusal[] = {0x00, 0xff, 0x01, 0xff, 0x7f, 0x81};
    uint8_t bytes[64];
    size_t size = 0;
    int64_t end_ms = now_ms() + timeout_ms;
    for (int64_t left_ms = timeout_ms; left_ms > 0; left_ms = end_ms - now_ms()) {
        struct pollfd line = {.fd = fd, .events = POLLIN};
        if (poll(&line, 1, (int)left_ms) != 1 || !(line.revents & POLLIN))
            return false;
        ssize_t got = read(fd, bytes + size, sizeof bytes - size);
        if (got <= 0)
            return false;
        size += (size_t)got;
        if (memmem(bytes, size, want.at, want.size) != NULL)
            return true;
        if (size == sizeof bytes || memmem(bytes, size, refusal, sizeof refusal) != NULL)
            return false;
    }
    return false;
}

/* ---- the chip ---- */

static void frame_add(struct tb_buf *b, uint8_t direction, struct tb_span command)
{
    uint8_t length = (uint8_t)(command.size + 1);
    uint8_t sum = direction;
    for (size_t i = 0; i < command.size; i++)
        sum = (uint8_t)(sum + command.at[i]);
    const uint8_t head[] = {0x00, 0x00, 0xff, length, (uint8_t)-length, direction};
    tb_buf_add(b, tb_span_of(head, sizeof head));
    tb_buf_add(b, command);
    tb_buf_add_u8(b, (uint8_t)-sum);
    tb_buf_add_u8(b, 0x00);
}

static bool bytes_send(int fd, struct tb_span bytes)
{
    return write(fd, bytes.at, bytes.size) == (ssize_t)bytes.size;
}

/* A command whose answer carries nothing. */
static bool command_run(int fd, struct tb_span command, int timeout_ms)
{
    uint8_t frame[COMMAND_MAX + FRAME_EXTRA];
    uint8_t answer[1 + FRAME_EXTRA];
    struct tb_buf out = tb_buf_of(frame, sizeof frame);
    struct tb_buf want = tb_buf_of(answer, sizeof answer);
    uint8_t code = (uint8_t)(command.at[0] + 1);
    frame_add(&out, 0xd4, command);
    frame_add(&want, 0xd5, tb_span_of(&code, 1));
    TB_ASSERT(out.err == TB_OK && want.err == TB_OK);
    (void)tcflush(fd, TCIFLUSH);
    return bytes_send(fd, tb_buf_span(&out)) && bytes_await(fd, tb_buf_span(&want), timeout_ms);
}

/* Wakes it, too. */
static bool chip_answers(int fd, int timeout_ms)
{
    static const uint8_t wake[16] = {0x55, 0x55};
    static const uint8_t sam_configuration[] = {0x14, 0x01}; /* normal mode */
    return bytes_send(fd, tb_span_of(wake, sizeof wake)) &&
           command_run(fd, tb_span_of(sam_configuration, sizeof sam_configuration), timeout_ms);
}

/* One look for a card is two requests: a selected Type 2 tag misses the first one. */
static bool chip_tune(int fd)
{
    static const uint8_t max_retries[] = {0x32, 0x05, 0x00, 0x01, 0x01};
    bool answered = false;
    for (unsigned i = 0; i < TRY_COUNT && !answered; i++)
        answered = command_run(fd, tb_span_of(max_retries, sizeof max_retries), ANSWER_MS);
    return answered;
}

/* The chip answers at the old rate and changes it when it has our ACK. */
static bool chip_switch(int fd, const struct rate *to)
{
    static const uint8_t ack[] = {0x00, 0x00, 0xff, 0x00, 0xff, 0x00};
    const uint8_t command[] = {SET_SERIAL_BAUD_RATE, to->code};
    if (!command_run(fd, tb_span_of(command, sizeof command), ANSWER_MS))
        return false;
    if (!bytes_send(fd, tb_span_of(ack, sizeof ack)) || tcdrain(fd) != 0)
        return false;
    (void)poll(NULL, 0, SWITCH_MS);
    return tb_device_line_set_up(fd, to->rate);
}

/* ---- the line ---- */

static bool found_at(struct uart *u, int fd, const struct rate *r, int timeout_ms)
{
    const struct rate *start = rate_find(u->start);
    if (!tb_device_line_set_up(fd, r->rate) || !chip_answers(fd, timeout_ms))
        return false;
    return r->rate == u->start || (chip_switch(fd, start) && chip_answers(fd, ANSWER_MS));
}

bool uart_find(struct uart *u, int fd)
{
    if (u->start == 0)
        return true;
    u->rate = u->start;
    if (found_at(u, fd, rate_find(u->start), ANSWER_MS))
        return true;
    for (size_t i = 0; i < TB_ARRAY_SIZE(rates) && rates[i].rate >= RATE_DEFAULT; i++)
        if (rates[i].rate != u->start && found_at(u, fd, &rates[i], ANSWER_MS))
            return true;
    return found_at(u, fd, rate_find(u->start), LAST_ANSWER_MS);
}

/* Back, as well as it can be done over a line that may be bad. */
static bool rate_undo(const struct uart *u, int fd)
{
    const struct rate *start = rate_find(u->start);
    for (unsigned i = 0; i < TRY_COUNT; i++)
        if (chip_switch(fd, start))
            break;
    return tb_device_line_set_up(fd, start->rate) && chip_tune(fd);
}

enum outcome {
    RAISED,
    REFUSED, /* by the port or by the chip */
    MISSED,  /* nothing was heard at the new rate; back at the old one */
    LOST,
};

static enum outcome rate_try(struct uart *u, int fd, const struct rate *r)
{
    bool taken = tb_device_line_set_up(fd, r->rate);
    if (!tb_device_line_set_up(fd, u->start))
        return LOST;
    if (!taken)
        return REFUSED;
    if (!chip_switch(fd, r))
        return chip_tune(fd) || uart_find(u, fd) ? REFUSED : LOST;
    if (!chip_tune(fd))
        return rate_undo(u, fd) ? MISSED : LOST;
    u->rate = r->rate;
    return RAISED;
}

bool uart_raise(struct uart *u, int fd)
{
    if (u->start == 0)
        return true;
    if (!chip_tune(fd))
        return false;
    unsigned missed_count = 0;
    while (u->rate == u->start && u->rate_max > u->start && missed_count < TRY_COUNT) {
        enum outcome outcome = rate_try(u, fd, rate_find(u->rate_max));
        if (outcome == LOST)
            return false;
        if (outcome == REFUSED)
            uart_blame(u);
        missed_count += outcome == MISSED;
    }
    if (missed_count == TRY_COUNT)
        uart_blame(u);
    return true;
}

void uart_lower(struct uart *u, int fd)
{
    if (u->rate != u->start)
        (void)chip_switch(fd, rate_find(u->start));
    u->rate = u->start;
}

void uart_blame(struct uart *u)
{
    for (size_t i = 0; i + 1 < TB_ARRAY_SIZE(rates); i++) {
        if (rates[i].rate == u->rate_max && u->rate_max > u->start) {
            u->rate_max = rates[i + 1].rate;
            return;
        }
    }
}
