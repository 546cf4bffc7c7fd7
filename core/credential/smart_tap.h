/*
 * Google Smart Tap 2.1, the terminal's side: SELECT (where the phone does not allow to skip it), NEGOTIATE,
 * GET DATA, GET MORE DATA, and what the phone's status words mean to the shopper.
 *
 * The terminal authenticates itself by the collector's key and gets the pass in a channel that is fresh each
 * time; the phone proves nothing but that it holds the pass. Of the ring's TB_RING_SMART_TAP keys up to
 * TB_SMART_TAP_KEYS_MAX are tried in turn, newest version first, while the phone answers 9500.
 *
 * The judgement at the end (TB_APPLET_DONE, TB_APPLET_FAILED):
 *
 *   pass.smart_tap      a credential, assurance medium, nothing to be remembered: the channel was fresh
 *   pass.choose .locked .again   TB_JUDGED_AGAIN: the shopper chooses, unlocks, or taps again
 *   pass.none           TB_JUDGED_UNKNOWN: this phone has no pass of the collector
 *   pass.refused        TB_JUDGED_UNKNOWN: the phone refuses this terminal, or knows none of its keys
 *   proof.wrong         TB_JUDGED_WRONG_KEY: the MAC over the pass does not fit
 *   proof.malformed     TB_JUDGED_MALFORMED: an answer breaks the rules; the phone's key is no point
 *   proof.unsupported   TB_JUDGED_UNKNOWN: no version in common; the pass is compressed or not encrypted
 *
 * TB_APPLET_ABSENT: the phone has no Smart Tap 2, or (proof.no_key) the ring has no key for it.
 *
 * Built only with TB_WALLETS. Ends after at most TB_SMART_TAP_COMMAND_COUNT_MAX commands. Every NEGOTIATE
 * takes a signature, and the first and the last command a multiplication on the curve: some ms each. Secrets
 * are wiped when the machine ends; one that is given up before is wiped by tb_smart_tap_wipe(). Not
 * thread-safe.
 */
#ifndef TB_CORE_CREDENTIAL_SMART_TAP_H
#define TB_CORE_CREDENTIAL_SMART_TAP_H

#include "core/base/rng.h"
#include "core/credential/applet.h"
#include "core/credential/judgement.h"
#include "core/credential/keyring.h"
#include "core/credential/ndef.h"
#include "core/credential/ose.h"
#include "core/credential/smart_tap_message.h"
#include "core/crypto/key.h"

#define TB_SMART_TAP_KEYS_MAX 4
#define TB_SMART_TAP_PARTS_MAX 16 /* answers that one GET DATA may be spread over */
#define TB_SMART_TAP_COMMAND_COUNT_MAX (1 + 2 * TB_SMART_TAP_KEYS_MAX + 2 * TB_SMART_TAP_PARTS_MAX)
#define TB_SMART_TAP_SESSION_KEY_SIZE 48 /* AES-128, then HMAC-SHA-256 */

/* What the terminal brings. The pointers are borrowed until the machine ends. */
struct tb_smart_tap_how {
    const struct tb_keyring *keys;
    const struct tb_rng *rng; /* drawn from in this order: session, nonce, ephemeral key, blinding */
    int64_t wall_ms;          /* Unix; which keys are valid */
    bool ask_customer;        /* the wallet's customer record too (service 40), see customer below */
};

enum tb_smart_tap_state {
    TB_SMART_TAP_SELECT,
    TB_SMART_TAP_NEGOTIATE,
    TB_SMART_TAP_GET_DATA,
    TB_SMART_TAP_GET_MORE,
    TB_SMART_TAP_ENDED,
};

struct tb_smart_tap { /* secret, and personal data */
    struct tb_applet_io io;
    struct tb_judgement judgement;
    struct tb_smart_tap_customer customer; /* as told; personal data, and no credential: nothing here looks
                                              anybody up by it */

    /* the machine's own */
    struct tb_smart_tap_how how;
    enum tb_smart_tap_state state;
    uint8_t key_index;
    uint32_t key_version;
    uint32_t collector;
    bool retried;                        /* the command at hand was sent once before */
    struct tb_smart_tap_session session; /* of the command at hand */
    uint8_t sequence_told;               /* by the phone in its answer to NEGOTIATE */
    uint8_t nonce[TB_SMART_TAP_NONCE_SIZE];
    uint8_t phone_nonce[TB_SMART_TAP_NONCE_SIZE];
    struct tb_key ephemeral;
    uint8_t signature[TB_SIGNATURE_DER_SIZE_MAX];
    uint8_t signature_size;
    uint8_t session_key[TB_SMART_TAP_SESSION_KEY_SIZE];
    uint8_t part_count;
    uint16_t parts_size;
    uint8_t parts[TB_NDEF_SIZE_MAX];
};

/* Begins behind the phone's answer to SELECT OSE.VAS.01, with nothing sent in between. */
enum tb_applet_step tb_smart_tap_start(struct tb_smart_tap *m, const struct tb_smart_tap_how *how,
                                       const struct tb_ose *ose);

/* The phone's answer to io.command, with its status word. */
enum tb_applet_step tb_smart_tap_answer(struct tb_smart_tap *m, struct tb_span answer);

/* io.command was not answered. */
enum tb_applet_step tb_smart_tap_lost(struct tb_smart_tap *m);

/* Wipes everything, the judgement included. */
void tb_smart_tap_wipe(struct tb_smart_tap *m);

#endif
