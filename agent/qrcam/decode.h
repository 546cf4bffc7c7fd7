/*
 * Decode: codes out of one grey picture, by zbar. One thread.
 */
#ifndef TB_AGENT_QRCAM_DECODE_H
#define TB_AGENT_QRCAM_DECODE_H

#include "core/base/span.h"

struct decode;

/* NULL: no memory. identified: codes begin with their symbology identifier (ISO/IEC 15424), which zbar does
 * not have and which is made from the kind of code; else GS1 ones begin with GS (FNC1). */
struct decode *decode_make(bool identified);

/* Calls found for each code in the picture; the text is borrowed for the call. */
void decode_picture(struct decode *d, const uint8_t *grey, unsigned width, unsigned height,
                    void (*found)(void *context, struct tb_span code), void *context);

#endif
