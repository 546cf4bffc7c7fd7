#include "tests/support/pn532d/card.h"

#include "core/base/text.h"
#include "tests/support/pn532d/card_kind.h"

enum tb_err card_hex_add(struct tb_buf *b, const char *hex)
{
    size_t size = strlen(hex) / 2;
    if (strlen(hex) % 2 || size > b->size_max - b->size)
        return TB_ERR_SYNTAX;
    enum tb_err err = tb_hex_decode(tb_span_str(hex), b->at + b->size, size);
    if (err == TB_OK)
        b->size += size;
    return err;
}

void card_random(struct card *card, uint8_t *ret_bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        card->seed = card->seed * 1664525u + 1013904223u;
        ret_bytes[i] = (uint8_t)(card->seed >> 24);
    }
}

struct tb_span card_apdu_data(struct tb_span apdu)
{
    return apdu.size > 5 ? tb_span_sub(apdu, 5, apdu.at[4]) : tb_span_of(NULL, 0);
}

void card_status_add(struct tb_buf *answer, uint16_t status)
{
    tb_buf_add_u16be(answer, status);
}

bool card_apdu_selects(struct tb_span apdu)
{
    return apdu.at[0] == 0x00 && apdu.at[1] == 0xa4 && apdu.at[2] == 0x04;
}

void card_reset(struct card *card)
{
    card->field = CARD_IDLE;
    if (card->kind->reset)
        card->kind->reset(card);
}

void card_enter(struct card *card)
{
    card_reset(card);
    card->answer_count = 0;
}

bool card_is_gone(const struct card *card)
{
    return card->torn_after && card->answer_count >= card->torn_after;
}

void card_activate(struct card *card)
{
    if (!card->uid_random)
        return;
    card_random(card, card->uid, 4);
    card->uid[0] = 0x08;
}

bool card_is_iso_dep(const struct card *card)
{
    return (card->sak & 0x20) != 0;
}

struct tb_span card_ats(const struct card *card)
{
    static const uint8_t ats[] = {0x06, 0x75, 0x77, 0x81, 0x02, 0x80};
    return tb_span_of(ats, card_is_iso_dep(card) ? sizeof ats : 0);
}

bool card_exchange(struct card *card, struct tb_span command, struct tb_buf *ret_answer, bool *ret_violation)
{
    card->nak = false;
    if (command.size == 0 || card_is_gone(card))
        return false;
    bool answered = true;
    if (card_is_iso_dep(card) && command.size < 5)
        card_status_add(ret_answer, 0x6700);
    else
        answered = card->kind->exchange(card, command, ret_answer, ret_violation);
    if (answered)
        card->answer_count++;
    return answered;
}
