/*
 * DESFire EV1, EV2, EV3 (NXP MF3Dx data sheets, AN12343): a card proves itself by mutual authentication with
 * an AES key of the chain's own application. An applet, see applet.h.
 *
 * For each of the ring's applications, newest version of a key first: SelectApplication,
 * AuthenticateEV2First (0x71) or, where the card does not know it, AuthenticateAES of EV1 (0xAA). The card's
 * key is diversified by its UID (AN10922). When the UID that came with the tap is random, or the key is not
 * diversified and so binds to no UID, GetCardUID follows under the session's keys; a diversified key of the
 * same id is then tried with the real UID.
 *
 * A ring key of size 0 says: this application is ours, but its key is with the context store only. Such a
 * card is seen and not verified. The store can verify it while the card stays on the reader: it runs this
 * very machine with its own ring, and the terminal carries commands and answers (struct tb_desfire_relay).
 *
 * Not thread-safe; keys are copied and wiped when the machine ends. At most TB_DESFIRE_EXCHANGE_MAX commands.
 */
#ifndef TB_CORE_CREDENTIAL_DESFIRE_H
#define TB_CORE_CREDENTIAL_DESFIRE_H

#include "core/base/rng.h"
#include "core/credential/applet.h"
#include "core/credential/desfire_auth.h"
#include "core/credential/judgement.h"
#include "core/credential/keyring.h"

#define TB_DESFIRE_KEY_COUNT_MAX 8 /* of a ring's valid keys of this use, the first ones */
#define TB_DESFIRE_EXCHANGE_MAX 48
#define TB_DESFIRE_SEEN_SIZE_MAX 10
#define TB_DESFIRE_EVIDENCE                                                        \
    "desfire:" /* then the UID as it was seen, a colon, and the card's last answer \
                */
#define TB_DESFIRE_TIMEOUT_MS 500

struct tb_desfire_input {
    const struct tb_keyring *keys;
    int64_t wall_ms; /* Unix */
    const struct tb_rng *rng;
    struct tb_span uid; /* as anticollision gave it; 4 bytes beginning with 08 are random */
};

enum tb_desfire_state {
    TB_DESFIRE_SELECT,
    TB_DESFIRE_EV2_BEGIN,
    TB_DESFIRE_EV2_PROVE,
    TB_DESFIRE_AES_BEGIN,
    TB_DESFIRE_AES_PROVE,
    TB_DESFIRE_GET_UID,
    TB_DESFIRE_ENDED,
};

struct tb_desfire { /* secret; fields are the machine's own, but io and judgement */
    struct tb_applet_io io;
    struct tb_judgement judgement; /* filled when the machine is DONE or FAILED; wiped by the caller */
    enum tb_desfire_state state;
    const struct tb_rng *rng; /* borrowed until the machine ends */
    struct tb_ring_key keys[TB_DESFIRE_KEY_COUNT_MAX];
    uint8_t key_count;
    uint8_t key_at;         /* which of them is being tried */
    uint8_t tried;          /* bit i: keys[i] needs no other try */
    uint8_t exchange_count; /* commands so far */
    bool selected;          /* an application of ours is on the card */
    bool refused;           /* a key was tried and did not fit */
    bool ev1;               /* the card does not know AuthenticateEV2First */
    uint8_t seen_size;
    uint8_t seen[TB_DESFIRE_SEEN_SIZE_MAX]; /* the UID as anticollision gave it */
    bool uid_read;                          /* uid was read under a session */
    bool uid_known;                         /* uid is the card's own: not random, or read */
    uint8_t uid[TB_DESFIRE_UID_SIZE];
    struct tb_desfire_proof proof;
    struct tb_desfire_session session;
};

/*
 * DONE, CREDENTIAL, card.desfire       authenticated: TB_CREDENTIAL_DESFIRE, high
 * DONE, CREDENTIAL, proof.unverified   ours, but no key here: low, the UID as it was seen; to be relayed
 * DONE, UNKNOWN, proof.no_key          ours, no key here, and the UID is random: nothing without the store
 *                                      (of both: evidence is what asks the context store for the first
 * command) FAILED, WRONG_KEY, proof.wrong       the card does not know our key, or tampers FAILED, MALFORMED,
 * proof.malformed   answers that are none ABSENT                               no application of the ring's
 * is on the card, or the ring names none
 */
enum tb_applet_step tb_desfire_start(struct tb_desfire *m, const struct tb_desfire_input *input);
enum tb_applet_step tb_desfire_answer(struct tb_desfire *m, struct tb_span answer);
enum tb_applet_step tb_desfire_lost(struct tb_desfire *m);

/* The terminal's side when the context store runs the machine: it checks what it is asked to carry. */
struct tb_desfire_relay {
    struct tb_applet_io io;
    uint8_t exchange_count;
};

void tb_desfire_relay_start(struct tb_desfire_relay *r);

/*
 * NEXT: the store's command stands in io. FAILED: it is no command of this machine's, or one too many; the
 * card is then left alone.
 */
enum tb_applet_step tb_desfire_relay_command(struct tb_desfire_relay *r, struct tb_span command);

#endif
