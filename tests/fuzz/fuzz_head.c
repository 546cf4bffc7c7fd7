/*
 * Any bytes on the three lines of the whole firmware: it never steps outside, never stands still, and answers
 * a whole request afterwards.
 *
 * Input: pieces of one byte for line (two bits) and milliseconds that pass (six bits), one for the size, and
 * bytes.
 */
#include "core/base/assert.h"
#include "firmware/app/head.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/hal/hal_fake.h"

enum { SETTLE_MS = 2000 };

static void pass(int64_t ms)
{
    for (int64_t i = 0; i < ms; i++) {
        head_turn();
        hal_fake.now_us += 1000;
        for (unsigned uart = 0; uart < TB_HAL_UART_COUNT; uart++)
            if (uart != TB_HAL_UART_LINK)
                hal_fake.lines[uart].out_size = 0;
    }
}

static bool selftest_is_answered(void)
{
    static uint8_t memory[TB_LINK_BODY_MAX];
    const struct hal_fake_line *line = &hal_fake.lines[TB_HAL_UART_LINK];
    struct tb_link_decoder d;
    struct tb_span out = tb_span_of(line->out, line->out_size);
    tb_link_decoder_init(&d, memory, sizeof memory);
    while (out.size > 0) {
        struct tb_link_frame frame;
        struct tb_link_message m;
        if (tb_link_decoder_take(&d, &out, &frame) == TB_LINK_FRAME &&
            frame.type == TB_LINK_SELFTEST_ANSWER && tb_link_message_decode(&frame, &m) == TB_OK &&
            m.selftest_answer.request == 0x5a)
            return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* SELFTEST 0x5a, sequence 0, behind a delimiter that ends whatever was begun. */
    static const uint8_t request[] = {0x00, 0x03, 0x10, 0x84, 0x04, 0x5a, 0x83, 0x42, 0x00};
    struct tb_reader in = tb_reader_of(tb_span_of(data, size));
    hal_fake_reset();
    head_start();
    while (in.rest.size > 0 && in.err == TB_OK) {
        uint8_t what = tb_read_u8(&in);
        struct tb_span bytes = tb_read_bytes(&in, tb_read_u8(&in));
        hal_fake.lines[TB_HAL_UART_LINK].out_size = 0;
        hal_fake_receive((enum tb_hal_uart)(what % 4 % TB_HAL_UART_COUNT), bytes);
        pass(what / 4 + 1);
    }
    pass(SETTLE_MS);
    hal_fake.lines[TB_HAL_UART_LINK].out_size = 0;
    hal_fake_receive(TB_HAL_UART_LINK, tb_span_of(request, sizeof request));
    pass(SETTLE_MS);
    TB_ASSERT(selftest_is_answered());
    return 0;
}
