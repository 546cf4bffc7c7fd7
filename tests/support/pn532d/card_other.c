/* Cards that hold nothing for us: payment cards, other ISO-DEP cards, MIFARE Classic. */
#include "tests/support/pn532d/card_kind.h"

static const char aid_payment[] = "2PAY.SYS.DDF01";

/* Names under which no payment application hides: the NDEF application, the directory of wallets, and those
 * that nobody registered (ISO/IEC 7816-4: first half byte F). */
static bool name_is_harmless(struct tb_span name)
{
    return card_names_ndef(name) || tb_span_is(name, "OSE.VAS.01") ||
           (name.size > 0 && (name.at[0] & 0xf0) == 0xf0);
}

/* DESFire's SelectApplication, wrapped: no payment card knows it. */
static bool is_desfire_select(struct tb_span apdu)
{
    return apdu.at[0] == 0x90 && apdu.at[1] == 0x5a;
}

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
    if (!(select && name_is_harmless(card_apdu_data(apdu))) && !is_desfire_select(apdu))
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
