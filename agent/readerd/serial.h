/*
 * A barcode scanner in serial mode: RS-232 or USB CDC, raw 8N1. Ends only with the process.
 */
#ifndef TB_AGENT_READERD_SERIAL_H
#define TB_AGENT_READERD_SERIAL_H

#include <stdbool.h>

/* True for a bit rate that a serial line can be set to. */
bool serial_baud_valid(unsigned long baud);

_Noreturn void serial_run(const char *path, unsigned long baud);

#endif
