/*
 * Device: files of /dev that one process at a time uses, and serial lines among them.
 *
 * Thread rule: any thread, no shared state. Nothing here blocks.
 */
#ifndef TB_HOST_DEVICE_DEVICE_H
#define TB_HOST_DEVICE_DEVICE_H

#include "core/link/message.h"

/*
 * Opens a device file for access (O_RDONLY or O_RDWR) and locks it against other programs that lock, this
 * one included. ret_fd is the caller's, non-blocking, -1 unless TB_LINK_REASON_NONE is returned; the lock
 * lasts as long as the descriptor and its duplicates.
 */
enum tb_link_reason tb_device_claim(const char *path, int access, int *ret_fd);

/* How a device is that could not be used for a reason. */
enum tb_link_condition tb_device_condition(enum tb_link_reason reason);

/* True for a speed, in bit/s, that a serial line can be set to. */
bool tb_device_baud_valid(uint64_t baud);

/*
 * Raw 8N1 without flow control at a valid speed; what came before is dropped. Closing the line leaves its
 * modem lines as they are: dropping DTR resets many a board. False: it is no serial line, or
 * has no such speed.
 */
TB_MUST_USE bool tb_device_line_set_up(int fd, uint64_t baud);

#endif
