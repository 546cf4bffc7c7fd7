/*
 * A barcode scanner's HID-POS reports, as the de-facto layout has them: 64 bytes with id 2, length, symbology
 * identifier, 56 bytes of data, two of the vendor's, and the bit that says that the code goes on.
 */
#ifndef TB_TESTS_SUPPORT_HIDPOS_H
#define TB_TESTS_SUPPORT_HIDPOS_H

#include "core/base/assert.h"
#include "core/base/span.h"

#define TB_HIDPOS_REPORT_SIZE 64
#define TB_HIDPOS_DATA_SIZE 56

static inline struct tb_span tb_hidpos_descriptor(void)
{
    static const uint8_t descriptor[] = {
        0x05, 0x8c, 0x09, 0x02, 0xa1, 0x01,             /* page, usage 02: a bar code scanner */
        0x09, 0x12, 0xa1, 0x02, 0x85, 0x02,             /* scanned data report, id 2 */
        0x15, 0x00, 0x26, 0xff, 0x00, 0x75, 0x08,       /* bytes */
        0x95, 0x01, 0x05, 0x01, 0x09, 0x3b, 0x81, 0x02, /* byte count */
        0x95, 0x03, 0x05, 0x8c, 0x09, 0xfb, 0x09, 0xfc, 0x09, 0xfd, 0x81, 0x02, /* symbology identifier */
        0x95, 0x38, 0x09, 0xfe, 0x82, 0x02, 0x01,                               /* decoded data */
        0x95, 0x02, 0x06, 0x66, 0xff, 0x09, 0x04, 0x81, 0x02,                   /* the vendor's */
        0x05, 0x8c, 0x25, 0x01, 0x75, 0x01, 0x95, 0x01, 0x09, 0xff, 0x81, 0x02, /* continued */
        0x95, 0x07, 0x81, 0x03, 0xc0,                                           /* padding */
        0x09, 0x14, 0xa1, 0x02, 0x85, 0x04, 0x95, 0x01, 0x09, 0x60, 0x91, 0x02, /* trigger, id 4 */
        0x95, 0x07, 0x91, 0x03, 0xc0,                                           /* */
        0x06, 0x66, 0xff, 0x85, 0xfe, 0x75, 0x08, 0x95, 0x01, 0x09, 0x10, 0xb1, 0x02, /* the switch */
        0xc0,
    };
    return tb_span_of(descriptor, sizeof descriptor);
}

static inline void tb_hidpos_report(const char *identifier, const char *data, bool continued,
                                    uint8_t ret_report[TB_HIDPOS_REPORT_SIZE])
{
    size_t size = strlen(data);
    TB_ASSERT(size <= TB_HIDPOS_DATA_SIZE && strlen(identifier) == 3);
    memset(ret_report, 0, TB_HIDPOS_REPORT_SIZE);
    ret_report[0] = 2;
    ret_report[1] = (uint8_t)size;
    memcpy(ret_report + 2, identifier, 3);
    memcpy(ret_report + 5, data, size);
    ret_report[63] = continued;
}

#endif
