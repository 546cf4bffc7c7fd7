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

struct tb_board {
    const char *name;
    const char *folder;
    pid_t pid;
    pid_t bridge_pid; /* carries the bytes between the machine's line and the agent's; 0: none */
    int link_fd;      /* FOR_TEST: the agent's end of the line; else -1 */
    int scanner_listen_fd;
    int scanner_fd;    /* -1 until tb_board_scanner() */
    const char *flash; /* tb_board_start_slots(); else NULL */
};

/* board: "host" or a folder of boards/mcu that QEMU has a machine for. Borrows both texts. */
void tb_board_start(struct tb_board *b, const char *board, const char *folder, enum tb_board_line line);
void tb_board_stop(struct tb_board *b);

/* The same with its boot loader, for the agent. flash: file that holds slots and records from
 * tb_board_flash_at() on; it is used as it is, and outlives the board. Borrowed. */
void tb_board_start_slots(struct tb_board *b, const char *board, const char *folder, const char *flash);

/* Where the flash of that board begins: the address of the file's first byte. */
uint32_t tb_board_flash_at(const char *board);

/* Resets the board from outside, in the middle of whatever it does. */
void tb_board_reset(struct tb_board *b);

/* True when that board runs in QEMU. */
bool tb_board_is_machine(const struct tb_board *b);

/* The name of the reset cause that it tells of its start. */
const char *tb_board_first_reset(const struct tb_board *b);

/* The scanner's end of its line. */
int tb_board_scanner(struct tb_board *b);

/* Opens or closes the housing, where the board can be told so. */
void tb_board_tamper(struct tb_board *b, bool open);

/* Only in QEMU: makes the main loop stand still, as a bug would. The machine's reset undoes it. */
void tb_board_hang(struct tb_board *b);

#endif
