/*
 * The cards that the simulator can hold to its antenna.
 *
 *   card <name> <kind> [key=value …]        values may hold %hh for any byte
 *
 *   kinds      ntag213 ntag215 ntag216      Type 2, formatted; with FAST_READ and GET_VERSION
 *              ultralight ntag203           Type 2, formatted, without them
 *              type4 type4v1 type4v3        Type 4 of mapping version 2, 1, 3 (with an ENDEF file)
 *              payment                      answers the payment directory; whoever asks it for anything but
 *                                           that and names that are none of payment's causes a
 *                                           "violation" in the log
 *              foreign                      ISO-DEP without any application we know
 *              classic                      MIFARE Classic 1K: no NDEF here
 *              smart_tap                    a phone with Google Wallet and a random UID (needs TB_WALLETS)
 *              vas                          a phone with Apple Wallet and a random UID (needs TB_WALLETS)
 *              desfire                      DESFire with one application and one AES key:
 *                                           aid=<hex> key=<hex> keyno=<n>
 *                                           hidden=<hex> the UID behind uid=random
 *                                           ev1 does not know AuthenticateEV2First
 *              ntag424                      NTAG 424 DNA, whose counter rises with every tap
 *              app                          a phone with the chain's app and a random UID
 *   content    uri=… text=… external=<domain:type>,<value> ndef=<hex> empty blank (no NDEF structure)
 *              memory=<hex>                 Type 2: from page 3 on, the rest is zero
 *              cc=<hex> file=<hex>          Type 4: container and NDEF file as they are
 *   smart_tap  collector=<decimal> version=<n> key=<point, hex>   the collector, by default Google's demo
 *              number=<text>                the pass; empty: none
 *              customer=<hex>               16 bytes that the wallet tells when it is asked
 *              locked=<n> choose=<n>        so many taps it says that it is locked, or shows its chooser
 *              retry=negotiate|data|both    fails once in every session
 *              part=<n>                     bytes of data in one answer, 240
 *              select                       does not allow to skip the second SELECT
 *              compressed plain tampered offcurve both    what must be refused; both: names two wallets
 *   vas        merchant=<text> key=<point, hex>   the pass's type and key, by default of a demo pass
 *              message=<text> token=<hex>
 *              locked=<n> choose=<n>        as above
 *              time=<Unix seconds> clock=<seconds>   the phone's clock, or how far it is ahead
 *              cryptogram=<hex>             a recorded one, told over and over
 *              incapable                    without the capability
 *   ntag424    sun=<https address> with {picc} {lrp} {uid} {ctr} {data:<16 bytes of text>} {mac}
 *              metakey=<hex> filekey=<hex> counter=<of the last tap> macoverall
 *   app        certificate=<text> key=<scalar, hex> audience=<of its pass; none: any>
 *              part=<bytes in an answer> slow (asks to be asked again) away (its owner did not unlock it)
 *              version=<n> refuses=<status word, hex>
 *   behaviour  uid=<hex>|random             random: 4 bytes beginning with 08, new at every activation
 *              torn=<k>                     leaves the field after k answers
 *
 * Each kind is a file card_<kind>.c behind struct card_kind (card_kind.h); what it keeps beside the memory is
 * a struct of its own in card_<kind>.h, a member of union card_state.
 */
#ifndef TB_TESTS_SUPPORT_PN532D_CARD_H
#define TB_TESTS_SUPPORT_PN532D_CARD_H

#include "tests/support/pn532d/card_app.h"
#include "tests/support/pn532d/card_desfire.h"
#include "tests/support/pn532d/card_ntag424.h"
#include "tests/support/pn532d/card_smart_tap.h"
#include "tests/support/pn532d/card_type4.h"
#include "tests/support/pn532d/card_vas.h"

enum {
    CARD_NAME_MAX = 31,
    CARD_MEMORY_MAX = 2048,
    CARD_ANSWER_MAX = 1024, /* FAST_READ of a whole tag; an APDU's data and status word are 258 */
};

struct card_kind;

enum card_field { /* ISO/IEC 14443-3 section 6.4 */
                  CARD_IDLE,
                  CARD_ACTIVE,
                  CARD_HALT,
                  CARD_PROTOCOL, /* ISO-DEP */
};

union card_state {
    struct card_smart_tap smart_tap;
    struct card_app app;
    struct card_desfire desfire;
    struct card_ntag424 ntag424;
    struct card_type4 type4;
    struct card_vas vas;
};

struct card {
    char name[CARD_NAME_MAX + 1];
    const struct card_kind *kind; /* static */
    uint8_t uid[10];
    uint8_t uid_size;
    bool uid_random;
    bool slow; /* Type 2 without FAST_READ and GET_VERSION */
    uint8_t sak;
    uint16_t atqa;
    unsigned torn_after; /* answers; 0: stays */

    uint8_t memory[CARD_MEMORY_MAX]; /* Type 2: all of it; Type 4: the NDEF file */
    size_t memory_size;
    bool as_is; /* the memory was given, nothing is formatted into it */
    union card_state state;

    enum card_field field;
    uint64_t entered_us;   /* when it came into the field */
    unsigned answer_count; /* since then */
    bool nak;              /* it refused the last command: four bits, and back to idle */
    uint32_t seed;         /* of card_random() */
};

/* Reads a specification; rest is written to. NULL, or a static error code. */
const char *card_parse(struct card *ret_card, const char *name, char *rest);

/* It comes into the field. */
void card_enter(struct card *card);

/* The field goes off. */
void card_reset(struct card *card);

/* A torn card that has given all its answers. */
bool card_is_gone(const struct card *card);

/* It is selected by anticollision. */
void card_activate(struct card *card);

bool card_is_iso_dep(const struct card *card);

/* ATS without its length byte's check; empty unless ISO-DEP. */
struct tb_span card_ats(const struct card *card);

/*
 * One exchange over the air. False: the card does not answer, or (nak is set then) it is a Type 2 card that
 * refuses the command and goes back to idle. ret_violation is set when a payment card was asked what it must
 * not be asked.
 */
bool card_exchange(struct card *card, struct tb_span command, struct tb_buf *ret_answer, bool *ret_violation);

#endif
