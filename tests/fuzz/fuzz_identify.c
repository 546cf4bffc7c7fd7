/* Sequences of reader events, look-up results and time; the rules are in identify_drive.h. */
#include "tests/fuzz/fuzz.h"
#include "tests/support/identify_drive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct identify_drive_tally tally;
    identify_drive(tb_span_of(data, size), &tally);
    return 0;
}
