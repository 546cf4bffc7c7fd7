/*
 * The reader head's firmware, running: the host board as a program, or a microcontroller's image in QEMU. Its
 * three lines lead into one folder:
 *     nfc       socket of the PN532's simulator, which must listen already
 *     scanner   socket that this makes; tb_board_scanner() is its other end
 *     head      for the agent: a serial line. Or the test holds that end itself, see link_fd
 * For cmocka tests; what fails ends the test.
 */
#ifndef TB_TESTS_HIL_BOARD_H
#define TB_TESTS_HIL_BOARD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum tb_board_line {
    TB_BOARD_FOR_AGENT,
    TB_BOARD_FOR_TEST,
};

/* What a board is and can do here. Tests ask for these, and never for its name. */
struct tb_board_facts {
    const char *board;       /* what it is asked for by; of a machine the folder of boards/mcu */
    const char *name;        /* in its HELLO */
    const char *machine;     /* of QEMU; NULL: a program of this machine */
    const char *program;     /* NULL: an image */
    const char *boot;        /* the program with a boot loader; NULL: none, or an image */
    const char *first_reset; /* the reset cause of its start */
    const char *bit_rate;    /* that its chip's line is raised to; on I2C the chip's own after its start */
    bool i2c;                /* the chip hangs on I2C */
    bool chip;               /* the simulated chip can be wired to it */
    bool tamper;             /* the housing can be opened */
    bool fills;              /* its transmitter takes no byte while the agent takes none */
    bool watchdog;           /* the loop can be stopped, and is bitten for it */
    bool stack;              /* knows how much of its stack was never used */
    uint32_t slot_at[2];
    uint32_t
        flash_at; /* memory that stands for the flash of its slots: the address of the file's first byte */
    uint32_t flash_used; /* bytes of it that are erased and not zero at first */
    uint32_t flash_size; /* 0: it has no slots here */
};

/* NULL: there is no such board here. */
const struct tb_board_facts *tb_board_facts(const char *board);

struct tb_board {
    const struct tb_board_facts *facts;
    const char *folder;
    pid_t pid;
    pid_t bridge_pid; /* carries the bytes between the machine's line and the agent's; 0: none */
    int link_fd;      /* FOR_TEST: the agent's end of the line; else -1 */
    int scanner_listen_fd;
    int scanner_fd;    /* -1 until tb_board_scanner() */
    const char *flash; /* tb_board_start_slots(); else NULL */
};

/* board: one that there are facts of. Borrows both texts. */
void tb_board_start(struct tb_board *b, const char *board, const char *folder, enum tb_board_line line);
void tb_board_stop(struct tb_board *b);

/* The same with its boot loader, for the agent. flash: file that holds slots and records from flash_at on; it
 * is used as it is, and outlives the board. Borrowed. */
void tb_board_start_slots(struct tb_board *b, const char *board, const char *folder, const char *flash);

/* Resets the board from outside, in the middle of whatever it does. */
void tb_board_reset(struct tb_board *b);

/* The scanner's end of its line. */
int tb_board_scanner(struct tb_board *b);

/* Opens or closes the housing of a board with tamper. */
void tb_board_tamper(struct tb_board *b, bool open);

/* What the build says that an image of that board needs of its stack at most, an interrupt at the deepest
 * place included, and what it has: firmware/budget.mjs. In bytes. */
void tb_board_stack(const char *board, const char *image, uint32_t *ret_bound, uint32_t *ret_size);

/* Makes the main loop of a board with watchdog stand still, as a bug would. The machine's reset undoes it. */
void tb_board_hang(struct tb_board *b);

#endif
