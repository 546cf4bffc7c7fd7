/*
 * The reader head's firmware as a Linux program: its serial lines are pseudo-terminals, devices or sockets,
 * its flash is a file, its reset starts the program anew, and its watchdog is a timer of the kernel. For
 * tests, sanitizers and fuzzing. One thread; the watchdog's signal does nothing but start anew.
 *
 * The chip with slots is two processes: the boot loader stays, starts the program of a slot as its child and
 * looks for it to end, which is the child's reset. What is in a slot is whatever the kernel can execute.
 */
#ifndef TB_BOARDS_MCU_HOST_BOARD_H
#define TB_BOARDS_MCU_HOST_BOARD_H

#include "firmware/hal/hal.h"

#define BOARD_SLOT_SIZE (64u * 1024)

struct board_options {
    const char *link;    /* symlink to make for a pseudo-terminal that the agent opens; NULL: none */
    const char *nfc;     /* device or socket that is connected to; NULL: none */
    const char *scanner; /* the same */
    const char *flash;   /* file, made when it is not there; NULL: no slots */
    const char *tamper;  /* the housing is open while this file exists; NULL: never */
    bool watchdog_bit;   /* this start is the watchdog's doing */
    bool reset;          /* this start is the firmware's own doing */
    const char *slot;    /* "0" or "1": started by the boot loader from there; NULL: not */
    char **argv;         /* of the program, for its next start */
};

/* The other end of that line is there, as far as the last byte has told. */
bool board_is_plugged(enum tb_hal_uart uart);

/* Lets go of the line, to open it anew. */
void board_unplug(enum tb_hal_uart uart);

/* All is borrowed for the life of the program; before tb_hal_start(). */
void board_configure(const struct board_options *options);

/* Reads the command line into options and configures the board with it. False: it makes no sense, and that
 * was said. */
bool board_arguments(int argc, char **argv);

#endif
