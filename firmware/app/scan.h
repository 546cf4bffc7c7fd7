/* The barcode scanner's line: codes in, LINE messages out. Main loop only. */
#ifndef TB_FIRMWARE_APP_SCAN_H
#define TB_FIRMWARE_APP_SCAN_H

#include "core/link/line.h"
#include "firmware/app/link.h"

struct scan {
    struct tb_link_line line;
    uint8_t memory[TB_LINK_LINE_MAX];
    enum tb_link_reason reason; /* of a line that is none */
    struct tb_span text;        /* of one that is; in memory */
    uint32_t lost;              /* bytes, when the scanner last paused */
    bool waiting;               /* for the link */
    bool lent;                  /* the line's memory is on its way */
};

void scan_init(struct scan *s);
void scan_turn(struct scan *s, struct link *link, uint32_t stats[TB_LINK_STAT_COUNT], int64_t now_ms);

#endif
