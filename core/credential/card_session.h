/*
 * One card, all applets: asks an ISO-DEP card or phone for what this terminal has keys for, one application
 * after the other, and ends with a judgement or with the advice to read its NDEF message.
 *
 *   step = tb_card_session_start(&s, &how, tb_card_applets());
 *   while (step == TB_CARD_NEXT)
 *       step = exchange(&s.machine.io, &answer) ? tb_card_session_answer(&s, answer) :
 * tb_card_session_lost(&s);
 *
 * The order is that of what a phone wants to hear first: the directory of wallets and the wallet that it
 * names (core/credential/ose.h, with nothing in between), the chain's phone app (hce.h), the chain's own
 * application on a DESFire card (desfire.h). The first judgement that says more than "unknown" ends the
 * session; an application that is there and knows nothing of ours is remembered in case no other one is. A
 * card is asked for nothing but these names before one of them has answered.
 *
 * Ends after at most TB_CARD_EXCHANGE_MAX commands, whatever the card answers. Time is the caller's. Keys,
 * time and random bytes are handed in. Holds keys and personal data until it is wiped. Not thread-safe.
 */
#ifndef TB_CORE_CREDENTIAL_CARD_SESSION_H
#define TB_CORE_CREDENTIAL_CARD_SESSION_H

#include "core/credential/desfire.h"
#include "core/credential/hce.h"
#if TB_WALLETS
#include "core/credential/smart_tap.h"
#include "core/credential/vas.h"
#endif

#define TB_CARD_EXCHANGE_MAX 96

enum tb_card_step {
    TB_CARD_NEXT,   /* machine.io.command is to be sent */
    TB_CARD_JUDGED, /* judgement is what came of it */
    TB_CARD_READ,   /* nothing of ours answers: its NDEF message may say more */
    TB_CARD_LOST,   /* it did not answer: to be tried again like any torn read */
};

struct tb_card_session;

/* One application that a card may hold; tests bring their own. */
struct tb_card_applet {
    /* Whether this terminal could do anything with it. */
    bool (*wanted)(const struct tb_card_session *s);
    enum tb_applet_step (*start)(struct tb_card_session *s);
    enum tb_applet_step (*answer)(struct tb_card_session *s, struct tb_span answer);
    enum tb_applet_step (*lost)(struct tb_card_session *s);
};

struct tb_card_applets {
    const struct tb_card_applet *at;
    size_t count;
};

/* What pointers and spans point to is borrowed until the session ends. */
struct tb_card_how {
    const struct tb_keyring *keys;
    const struct tb_rng *rng;
    int64_t wall_ms;    /* Unix */
    bool clock_trusted; /* else no timestamp of a wallet is compared with it */
    uint32_t
        kinds_refused;    /* a bit for each enum tb_credential_kind: what would end in it is not asked for */
    struct tb_span uid;   /* as anticollision gave it */
    const char *audience; /* of the chain's pass certificates */
    struct tb_span terminal;
#if TB_WALLETS
    struct tb_vas_terms vas;
#endif
};

union tb_card_machine {
    struct tb_applet_io io;
    struct tb_card_machine_head { /* what every machine begins with */
        struct tb_applet_io io;
        struct tb_judgement judgement;
    } head;
    struct tb_hce hce;
    struct tb_desfire desfire;
#if TB_WALLETS
    struct tb_smart_tap smart_tap;
    struct tb_vas vas;
#endif
};

struct tb_card_session {
    struct tb_judgement judgement; /* after TB_CARD_JUDGED */
    union tb_card_machine machine; /* io is the command, after TB_CARD_NEXT */

    /* the session's own */
    struct tb_card_how how;
    struct tb_card_applets applets;
    size_t at; /* which of them */
    uint8_t exchange_count;
    bool heard; /* judgement is of an application that knows nothing of ours */
#if TB_WALLETS
    bool listed; /* the directory was read, and its wallet is spoken with */
    enum tb_ose_wallet wallet;
#endif
};

/* Those of this build, in their order. Static. */
struct tb_card_applets tb_card_applets(void);

/* Whether any application would be asked for at all, now or once a key that is there begins to hold: without
 * keys, cards need not wait. */
bool tb_card_session_wanted(const struct tb_card_how *how, struct tb_card_applets applets);

enum tb_card_step tb_card_session_start(struct tb_card_session *s, const struct tb_card_how *how,
                                        struct tb_card_applets applets);

/* The card's answer to machine.io.command, with its status word. */
enum tb_card_step tb_card_session_answer(struct tb_card_session *s, struct tb_span answer);

/* It was not answered. */
enum tb_card_step tb_card_session_lost(struct tb_card_session *s);

/* Everything, the judgement included; also in the middle. */
void tb_card_session_wipe(struct tb_card_session *s);

#endif
