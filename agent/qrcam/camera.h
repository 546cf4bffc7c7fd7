/*
 * A camera as a scanner: pictures in, codes out. A video device (V4L2) through zbar, or a FIFO that a program
 * writes grey pictures into (pgm.h), for cameras that have no video device of their own.
 */
#ifndef TB_AGENT_QRCAM_CAMERA_H
#define TB_AGENT_QRCAM_CAMERA_H

#include <stdbool.h>

/* identified: codes begin with their symbology identifier. Ends only with the process. */
_Noreturn void camera_run(const char *path, bool identified);

#endif
