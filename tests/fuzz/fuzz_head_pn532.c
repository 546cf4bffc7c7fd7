/* Any bytes from a PN532: the firmware's frame parser keeps to its memory, and a whole frame after noise that
 * ended is taken. The first byte is the size of the memory. */
#include "core/base/assert.h"
#include "firmware/head/pn532_frame.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t version[] = {0x00, 0x00, 0xff, 0x06, 0xfa, 0xd5, 0x03,
                                      0x32, 0x01, 0x06, 0x07, 0xe8, 0x00};
    static uint8_t memory[TB_PN532_DATA_MAX + 1];
    struct tb_pn532_parser p;
    struct tb_span answer = tb_span_of(NULL, 0);
    size_t size_max = size > 0 ? 16u + data[0] : sizeof memory;
    if (size_max > sizeof memory)
        size_max = sizeof memory;
    tb_pn532_parser_init(&p, memory, size_max);
    for (size_t i = 1; i < size; i++) {
        enum tb_pn532_event event = tb_pn532_parser_take(&p, data[i], &answer);
        TB_ASSERT(p.size <= size_max);
        if (event == TB_PN532_ANSWER)
            TB_ASSERT(answer.size > 0 && answer.size + 2 <= size_max && answer.at == memory + 1);
    }
    for (size_t i = 0; i < sizeof memory + 8; i++)
        (void)tb_pn532_parser_take(&p, 0x00, &answer);
    enum tb_pn532_event event = TB_PN532_NOTHING;
    for (size_t i = 0; i < sizeof version && event != TB_PN532_ANSWER; i++)
        event = tb_pn532_parser_take(&p, version[i], &answer);
    TB_ASSERT(event == TB_PN532_ANSWER && answer.size == 5 && answer.at[0] == 0x03);
    return 0;
}
