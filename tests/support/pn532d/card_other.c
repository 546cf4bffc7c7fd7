/* Cards that hold nothing for us: payment cards, other ISO-DEP cards, MIFARE Classic. */
#include "tests/support/pn532d/card_kind.h"

static const char aid_payment[] = "2PAY.SYS.DDF01";

static bool payment_exchange(struct card *card, struct tb_span apdu, struct tb_buf *ret_answer,
                             bool *ret_violation)
{
    static const uint8_t directory[] = {0x6f, 0x10, 0x84, 0x0e, '2', 'P', 'A', 'Y', '.',  'S',
                                        'Y',  'S',  '.',  'D',  'D', 'F', '0', '1', 0x90, 0x00};
    (void)card;
    bool select = card_apdu_selects(apdu);
    if (select && tb_span_is(card_apdu_data(apdu), aid_payment)) {
        tb_buf_add(ret_answer, tb_span_of(directory, sizeof directory));
        return true;
    }
    if (!select || !card_names_ndef(card_apdu_data(apdu)))
        *ret_violation = true;
    card_status_add(ret_answer, 0x6a82);
    return true;
}

static bool foreign_exchange(struct card *card, struct tb_span apdu, struct tb_buf *ret_answer,
                             bool *ret_violation)
{
    (void)card, (void)apdu, (void)ret_violation;
    card_status_add(ret_answer, 0x6a82);
    return true;
}

static bool classic_exchange(struct card *card, struct tb_span command, struct tb_buf *ret_answer,
                             bool *ret_violation)
{
    (void)card, (void)command, (void)ret_answer, (void)ret_violation;
    return false;
}

const struct card_kind card_payment = {.exchange = payment_exchange};
const struct card_kind card_foreign = {.exchange = foreign_exchange};
const struct card_kind card_classic = {.exchange = classic_exchange};
