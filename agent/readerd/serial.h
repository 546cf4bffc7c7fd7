/*
 * A barcode scanner in serial mode: RS-232 or USB CDC, raw 8N1. Ends only with the process.
 */
#ifndef TB_AGENT_READERD_SERIAL_H
#define TB_AGENT_READERD_SERIAL_H

#include <stdint.h>

/* baud is one of those that tb_device_baud_valid() knows. */
_Noreturn void serial_run(const char *path, uint64_t baud);

#endif
