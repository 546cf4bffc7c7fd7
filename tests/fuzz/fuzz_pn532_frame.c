/*
 * Any bytes on the simulated PN532's line: its frame parser and its commands never step outside, and a
 * whole frame after noise that ended is taken.
 */
#include "core/base/assert.h"
#include "tests/support/pn532d/chip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct sim_log sim_log;
static struct card card;

static void command_check(struct chip *chip, struct tb_span command)
{
    static uint8_t memory[PN532_DATA_MAX];
    static uint8_t frame[PN532_FRAME_MAX];
    struct tb_buf answer = tb_buf_of(memory, sizeof memory);
    struct tb_buf out = tb_buf_of(frame, sizeof frame);
    uint64_t air_us;
    if (chip_run(chip, command, &answer, &air_us) == CHIP_SYNTAX)
        return;
    TB_ASSERT(answer.at[0] == (uint8_t)(command.at[0] + 1));
    pn532_frame_build(&out, tb_buf_span(&answer));
    TB_ASSERT(out.err == TB_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t firmware[] = {0x00, 0x00, 0xff, 0x02, 0xfe, 0xd4, 0x02, 0x2a, 0x00};
    char spec[] = "ntag213 uri=https://loyal.example/m/0001234567";
    char iso[] = "type4 text=hello";
    struct pn532_parser parser = {.state = PN532_HUNT};
    struct chip chip = {.log = &sim_log};
    struct tb_span command;
    chip_reset(&chip);
    TB_ASSERT(card_parse(&card, "card", size % 2 ? spec : iso) == NULL);
    TB_ASSERT(chip_field_add(&chip, &card));
    for (size_t i = 0; i < size; i++)
        if (pn532_parser_take(&parser, data[i], &command) == PN532_EVENT_COMMAND)
            command_check(&chip, command);

    static const uint8_t quiet[PN532_DATA_MAX + 8];
    for (size_t i = 0; i < sizeof quiet; i++)
        (void)pn532_parser_take(&parser, quiet[i], &command);
    enum pn532_event event = PN532_EVENT_NONE;
    for (size_t i = 0; i < sizeof firmware && event != PN532_EVENT_COMMAND; i++)
        event = pn532_parser_take(&parser, firmware[i], &command);
    TB_ASSERT(event == PN532_EVENT_COMMAND && command.size == 1 && command.at[0] == 0x02);
    return 0;
}
