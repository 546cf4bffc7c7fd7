/*
 * A barcode scanner that follows the HID Point of Sale usage tables, read through hidraw (/dev/hidrawN):
 * Linux makes no input device of it, so that nothing has to be grabbed. Its own report descriptor says where
 * a code is.
 *
 * A FIFO in the device's place carries the same from a program that has it from elsewhere: the descriptor's
 * size (two bytes, big-endian) and the descriptor, then report by report.
 */
#ifndef TB_AGENT_READERD_HIDPOS_H
#define TB_AGENT_READERD_HIDPOS_H

#include <stdbool.h>

/* identified: codes begin with their symbology identifier (ISO/IEC 15424). Ends only with the process. */
_Noreturn void hidpos_run(const char *path, bool identified);

#endif
