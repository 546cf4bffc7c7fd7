/*
 * A barcode scanner: codes in, LINE messages out, whatever way it is attached. Opened again when it is
 * plugged again. One thread.
 */
#ifndef TB_AGENT_READERD_SCANNER_H
#define TB_AGENT_READERD_SCANNER_H

#include "core/link/message.h"

#define SCANNER_BYTES_MAX 512

/* How a kind of device is set up and read; the context is scanner_run()'s. */
struct scanner_way {
    int access;      /* O_RDONLY or O_RDWR */
    int64_t idle_ms; /* silence that ends a code */

    /* The device was just opened. Anything but TB_LINK_REASON_NONE closes it; tried again later. */
    enum tb_link_reason (*set_up)(void *context, int fd);

    /*
     * poll() has said that there is something. ret_bytes has room for SCANNER_BYTES_MAX bytes of codes and
     * their ends; false: the device is gone.
     */
    bool (*read)(void *context, int fd, uint8_t *ret_bytes, size_t *ret_size);
};

/* Serves the device at the path; ends only with the process. All three are borrowed. */
_Noreturn void scanner_run(const char *path, const struct scanner_way *way, void *context);

/* Reads what is there, for a way's read(): false when the device hung up. */
bool scanner_bytes(int fd, uint8_t *bytes, size_t size_max, size_t *ret_size);

#endif
