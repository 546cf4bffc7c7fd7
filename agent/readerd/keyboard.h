/*
 * A barcode scanner that acts as a USB keyboard, read through evdev (/dev/input/by-id/…-event-kbd). The
 * device is grabbed: its keys reach nobody else, so that no code is typed into a console or a window.
 *
 * A FIFO in the device's place carries the same events, struct input_event by struct input_event, from a
 * program that has them from elsewhere; there is nothing to be grabbed then.
 */
#ifndef TB_AGENT_READERD_KEYBOARD_H
#define TB_AGENT_READERD_KEYBOARD_H

#include <stdbool.h>

/* True for a layout that keyboard_run() knows. */
bool keyboard_layout_valid(const char *layout);

/* layout: how the scanner is set, such as "us". Ends only with the process. */
_Noreturn void keyboard_run(const char *path, const char *layout);

#endif
