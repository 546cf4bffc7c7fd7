/*
 * An applet's machine against a card of the simulator, without a chip in between:
 *
 *   tapped_card(&card, "desfire aid=3042f5 key=…");
 *   TAPPED(step, &card, m, tb_desfire_answer)
 */
#ifndef TB_TESTS_SUPPORT_PN532D_TAPPED_H
#define TB_TESTS_SUPPORT_PN532D_TAPPED_H

#include "core/base/assert.h"
#include "core/credential/applet.h"
#include "tests/support/pn532d/card.h"

static inline void tapped_card(struct card *ret_card, const char *spec)
{
    char line[4096];
    enum tb_err err = tb_span_to_str(tb_span_str(spec), line, sizeof line);
    TB_ASSERT(err == TB_OK);
    const char *error = card_parse(ret_card, "card", line);
    TB_ASSERT(error == NULL);
    card_enter(ret_card);
    card_activate(ret_card);
}

static inline struct tb_span tapped_exchange(struct card *card, const struct tb_applet_io *io,
                                             uint8_t memory[CARD_ANSWER_MAX])
{
    bool violation = false;
    struct tb_buf answer = tb_buf_of(memory, CARD_ANSWER_MAX);
    TB_ASSERT(io->command_size >= 4 && io->command_size <= sizeof io->command && io->timeout_ms > 0);
    bool answered = card_exchange(card, tb_span_of(io->command, io->command_size), &answer, &violation);
    TB_ASSERT(answered && !violation && answer.err == TB_OK);
    return tb_buf_span(&answer);
}

/* Goes on until the machine ends. */
#define TAPPED(step, card, machine, take)                                                     \
    do {                                                                                      \
        uint8_t tapped_memory[CARD_ANSWER_MAX];                                               \
        while ((step) == TB_APPLET_NEXT)                                                      \
            (step) = take((machine), tapped_exchange((card), &(machine)->io, tapped_memory)); \
    } while (0)

#endif
