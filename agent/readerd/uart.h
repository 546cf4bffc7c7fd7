/*
 * The bit rate of a PN532 on a serial port (HSU), which libnfc 1.8 leaves alone: it opens the port at the
 * speed of its connection string and has no call for SetSerialBaudRate (UM0701-02 section 7.2.8). The
 * command goes over our own descriptor of the same port while libnfc is idle; a port has one speed
 * whatever descriptor set it, and libnfc does not look at it again.
 *
 * A connection string without a speed means the fastest that chip and port take; with one, that speed and
 * no other. The chip keeps its rate when this process is killed: uart_find() looks for it.
 * Blocks for at most UART_FIND_MAX_MS or UART_RAISE_MAX_MS. One thread.
 */
#ifndef TB_AGENT_READERD_UART_H
#define TB_AGENT_READERD_UART_H

#include <stdbool.h>

#define UART_FIND_MAX_MS 1300
#define UART_RAISE_MAX_MS 1500

struct uart {
    unsigned start;    /* bit/s that libnfc opens the port with; 0: no PN532 on a serial port */
    unsigned rate;     /* now */
    unsigned rate_max; /* not raised above it */
};

/* Reads a libnfc connection string. */
void uart_init(struct uart *u, const char *connstring);

/* Sees to it that the chip listens at the start rate. fd is the port, not opened by libnfc yet. False:
 * it answers at none. True at once when this is no PN532 on a serial port. */
bool uart_find(struct uart *u, int fd);

/* Raises the rate as far as it goes, and makes the chip ask for a card twice per look. libnfc is idle.
 * False: the chip was lost. */
bool uart_raise(struct uart *u, int fd);

/* Back to the start rate, for whoever opens the port next. */
void uart_lower(struct uart *u, int fd);

/* The chip stopped answering: a raised rate may be the reason, and is not tried again. */
void uart_blame(struct uart *u);

#endif
