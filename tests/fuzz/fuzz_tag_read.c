/*
 * A tag that answers anything: every read ends within its bound, asks only what it may, and a payment
 * card is asked nothing more after its directory.
 *
 * Input: SAK, limit of the memory / 4, then answers: one length byte (0xff: no answer, 0xfe: a length of
 * two bytes follows) and bytes. Where the card is selected again it is one byte, 0xff when that fails.
 */
#include "core/base/assert.h"
#include "core/tag/read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void command_check(const struct tb_tag_read *r, bool *payment_asked)
{
    TB_ASSERT(!*payment_asked);
    if (r->kind == TB_TAG_KIND_TYPE2) {
        bool read = r->command_size == 2 && r->command[0] == 0x30 && !r->raw;
        bool fast = r->command_size == 3 && r->command[0] == 0x3a && r->raw;
        TB_ASSERT(read || (fast && r->command[2] >= r->command[1] && r->command[2] - r->command[1] < 65));
        return;
    }
    TB_ASSERT(r->command_size >= 5 && r->command_size <= sizeof r->command && !r->raw);
    TB_ASSERT(r->command[0] == 0x00 && (r->command[1] == 0xa4 || r->command[1] == 0xb0));
    *payment_asked = r->command_size == TB_TYPE4_COMMAND_MAX;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t memory[1020];
    struct tb_reader in = tb_reader_of(tb_span_of(data, size));
    struct tb_tag_read r;
    uint8_t sak = tb_read_u8(&in);
    size_t size_max = 4u * tb_read_u8(&in);
    enum tb_tag_step step = tb_tag_read_start(&r, sak, memory, size_max);
    unsigned exchange_count = 0;
    bool payment_asked = false;
    unsigned select_count = 0;
    while (step == TB_TAG_STEP_NEXT || step == TB_TAG_STEP_SELECT) {
        size_t length = tb_read_u8(&in);
        if (step == TB_TAG_STEP_SELECT) {
            TB_ASSERT(++select_count == 1);
            step = length == 0xff || in.err != TB_OK ? tb_tag_read_lost(&r) : tb_tag_read_selected(&r);
            continue;
        }
        command_check(&r, &payment_asked);
        TB_ASSERT(++exchange_count <= 80);
        struct tb_span answer = tb_read_bytes(&in, length == 0xfe ? tb_read_u16be(&in) : length);
        step = length == 0xff || in.err != TB_OK ? tb_tag_read_lost(&r) : tb_tag_read_answer(&r, answer);
    }
    TB_ASSERT(r.ndef.size <= size_max);
    if (step == TB_TAG_STEP_FAILED)
        TB_ASSERT(tb_tag_failure_valid(r.failure) && tb_tag_reason_valid(r.reason));
    return 0;
}
