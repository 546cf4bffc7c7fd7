/*
 * A FIFO in the place of a device's file, and its other end. For readers that take one instead of a device;
 * for cmocka tests: what fails ends the test.
 */
#ifndef TB_TESTS_INTEGRATION_NFC_FIFO_H
#define TB_TESTS_INTEGRATION_NFC_FIFO_H

#include "tests/integration/nfc/harness.h"

struct fifo {
    struct harness *h; /* borrowed */
    int fd;            /* the end of whoever is the device */
};

/* Starts a reader of that kind, and plugs the FIFO in when it has looked for its device once. */
void fifo_start(struct fifo *f, struct harness *h, enum tb_reader_kind kind);
void fifo_stop(struct fifo *f);

void fifo_plug(struct fifo *f);
void fifo_unplug(struct fifo *f);

/* Waits while the FIFO is full. */
void fifo_write(const struct fifo *f, const void *bytes, size_t size);

#endif
