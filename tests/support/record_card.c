/*
 * Records the exchange with a card of the simulator, as `tillbridge inspect --apdu` reads it, on stdout:
 *
 *   record_card <keys.json> <Unix ms> <specification as in tests/support/pn532d/card.h>
 *
 * What the terminal draws comes from a seed, so that the same arguments give the same recording.
 */
#include "agent/cli/inspect_apdu.h"
#include "core/base/assert.h"
#include "core/base/text.h"
#include "tests/support/pn532d/tapped.h"
#include "tests/support/seeded_rng.h"

#include <stdio.h>

static struct tb_keyring ring;
static struct card card;

/* Empty when the card is lost. */
static struct tb_span exchange(struct tb_recorder *r, struct tb_span command, uint8_t memory[CARD_ANSWER_MAX])
{
    bool violation = false;
    struct tb_buf answer = tb_buf_of(memory, CARD_ANSWER_MAX);
    tb_recorder_put_command(r, command);
    if (card_is_gone(&card) || !card_exchange(&card, command, &answer, &violation))
        tb_buf_reset(&answer);
    TB_ASSERT(!violation && answer.err == TB_OK);
    tb_recorder_put_answer(r, tb_buf_span(&answer));
    return tb_buf_span(&answer);
}

static enum tb_card_step session_run(struct tb_recorder *r, const struct tb_card_how *how)
{
    static struct tb_card_session s;
    uint8_t memory[CARD_ANSWER_MAX];
    enum tb_card_step step = tb_card_session_start(&s, how, tb_card_applets());
    while (step == TB_CARD_NEXT) {
        const struct tb_applet_io *io = &s.machine.io;
        struct tb_span answer = exchange(r, tb_span_of(io->command, io->command_size), memory);
        step = answer.size ? tb_card_session_answer(&s, answer) : tb_card_session_lost(&s);
    }
    return step;
}

static void tag_read(struct tb_recorder *r)
{
    static uint8_t message[TB_NDEF_SIZE_MAX];
    uint8_t memory[CARD_ANSWER_MAX];
    struct tb_tag_read read;
    enum tb_tag_step step = tb_tag_read_start(&read, card.sak, message, sizeof message);
    while (step == TB_TAG_STEP_NEXT || step == TB_TAG_STEP_SELECT) {
        if (step == TB_TAG_STEP_SELECT) {
            card_activate(&card);
            step = tb_tag_read_selected(&read);
            continue;
        }
        struct tb_span answer = exchange(r, tb_span_of(read.command, read.command_size), memory);
        step = answer.size ? tb_tag_read_answer(&read, answer) : tb_tag_read_lost(&read);
    }
}

static void card_record(struct tb_buf *text, int64_t wall_ms)
{
    struct seeded_rng seeded = {1};
    const struct tb_rng source = seeded_rng_of(&seeded);
    struct tb_recorder recorder = {.to = text, .rng = &source};
    const struct tb_rng rng = tb_recorder_rng(&recorder);
    const struct tb_card_how how = {.keys = &ring,
                                    .rng = &rng,
                                    .wall_ms = wall_ms,
                                    .clock_trusted = true,
                                    .uid = tb_span_of(card.uid, card.uid_size),
                                    .audience = "till",
#if TB_WALLETS
                                    .vas = tb_vas_terms_default(),
#endif
                                    .terminal = tb_span_str("urn:tillbridge:demo:device:till-1")};
    tb_recorder_put_how(&recorder, &how);
    if (!card_is_iso_dep(&card)) {
        tb_buf_add_str(text, "sak ");
        tb_buf_add_hex(text, tb_span_of(&card.sak, 1));
        tb_buf_add_u8(text, '\n');
    }
    if (!card_is_iso_dep(&card) || session_run(&recorder, &how) == TB_CARD_READ)
        tag_read(&recorder);
}

int main(int argc, char **argv)
{
    static uint8_t memory[TB_RECORDING_SIZE_MAX];
    struct tb_buf text = tb_buf_of(memory, sizeof memory);
    uint64_t wall_ms = 0;
    if (argc != 4 || tb_inspect_keys_read(argv[1], &ring) != TB_OK ||
        tb_decimal_decode(tb_span_str(argv[2]), INT64_MAX / 1000, &wall_ms) != TB_OK) {
        (void)fputs("record_card <keys.json> <Unix ms> <card>\n", stderr);
        return 2;
    }
    tapped_card(&card, argv[3]);
    card_record(&text, (int64_t)wall_ms);
    return text.err == TB_OK && fwrite(text.at, 1, text.size, stdout) == text.size && fflush(stdout) == 0 ? 0
                                                                                                          : 1;
}
