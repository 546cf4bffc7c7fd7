/*
 * HID-POS: codes out of the reports of a barcode scanner that follows the USB HID Point of Sale usage tables
 * (usage page 0x8C), for core/link/line to cut.
 *
 * Where a report has what is in the scanner's own report descriptor (HID 1.11 section 6.2.2): the decoded
 * data (usage FE), and if it says so their length (page 01, usage 3B), the symbology identifier (FB, FC, FD;
 * ISO/IEC 15424) and whether the code goes on in the next report (FF).
 *
 * Pure; not thread-safe.
 */
#ifndef TB_CORE_LINK_HIDPOS_H
#define TB_CORE_LINK_HIDPOS_H

#include "core/base/span.h"

#define TB_LINK_HIDPOS_REPORT_MAX 256                            /* bytes, its id included */
#define TB_LINK_HIDPOS_DESCRIPTOR_MAX 4096                       /* HID_MAX_DESCRIPTOR_SIZE of Linux */
#define TB_LINK_HIDPOS_BYTES_MAX (TB_LINK_HIDPOS_REPORT_MAX + 4) /* of one report: identifier, data, end */

struct tb_link_hidpos_layout { /* offsets in bytes from the start of the report as it is read */
    bool numbered;             /* reports begin with their id */
    uint8_t report_id;
    uint16_t size; /* of the report */
    uint16_t data_at;
    uint16_t data_size;
    uint16_t length_at;     /* 0: the report does not say; trailing zeros are no data then */
    uint16_t identifier_at; /* of three bytes; 0: none */
    uint16_t continued_at;  /* 0: every code is one report */
    uint8_t continued_mask; /* the bit of that byte */
    bool switched;          /* feature report FE must be 01 before anything is sent (Honeywell) */
};

struct tb_link_hidpos {
    struct tb_link_hidpos_layout layout;
    bool identified; /* codes begin with their symbology identifier; else GS1 ones begin with GS (FNC1) */
    bool continued;  /* the next report goes on with the code */
};

/* TB_ERR_UNSUPPORTED: a well-formed descriptor of something else. TB_ERR_SYNTAX, TB_ERR_TRUNCATED. */
TB_MUST_USE enum tb_err tb_link_hidpos_describe(struct tb_span descriptor,
                                                struct tb_link_hidpos_layout *ret_layout);

void tb_link_hidpos_init(struct tb_link_hidpos *h, const struct tb_link_hidpos_layout *layout,
                         bool identified);

/*
 * Takes one report as it was read; the count of bytes of a code, and of its end, that it gives. 0 for reports
 * of another id. A report that breaks its own layout gives a NUL, which no code holds: the line fails as a
 * whole.
 */
size_t tb_link_hidpos_take(struct tb_link_hidpos *h, struct tb_span report,
                           uint8_t ret_bytes[TB_LINK_HIDPOS_BYTES_MAX]);

#endif
