/*
 * A barcode scanner in serial mode (RS-232 or USB CDC): codes in, LINE messages out. Opened again when
 * it is plugged again. Ends only with the process.
 */
#ifndef TB_AGENT_READERD_SCANNER_H
#define TB_AGENT_READERD_SCANNER_H

#include <stdbool.h>

/* True for a bit rate that a serial line can be set to. */
bool scanner_baud_valid(unsigned long baud);

_Noreturn void scanner_run(const char *path, unsigned long baud);

#endif
