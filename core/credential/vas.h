/*
 * Apple VAS, the terminal's side: GET VAS DATA for each merchant of the ring in turn, and the cryptogram
 * that comes back.
 *
 * The phone encrypts to the merchant's public key and signs nothing, and nothing of the terminal enters the
 * cryptogram: whoever recorded one can show it again while its timestamp is good. So the time must fit
 * (window_ms), and the judgement asks for the cryptogram to be remembered until it no longer does.
 *
 * The judgement at the end (TB_APPLET_DONE, TB_APPLET_FAILED):
 *
 *   pass.vas            a credential, assurance medium, TB_REPLAY_ONCE over "vas" ‖ 00 ‖ SHA-256(cryptogram)
 *   pass.choose .locked TB_JUDGED_AGAIN: the shopper chooses a pass, or authenticates, and taps again
 *   pass.none           TB_JUDGED_UNKNOWN: no pass of any merchant; or url_only, and the phone took it
 *   pass.refused        TB_JUDGED_UNKNOWN: the phone does not accept the question
 *   proof.no_key        TB_JUDGED_WRONG_KEY: encrypted to a key that is not in the ring
 *   proof.wrong         TB_JUDGED_WRONG_KEY: the cryptogram does not decrypt under the key that it names
 *   proof.malformed     TB_JUDGED_MALFORMED: an answer breaks the rules; its coordinate is of no point
 *   proof.expired .early  TB_JUDGED_EXPIRED: the timestamp is not within the window
 *
 * TB_APPLET_ABSENT: this phone cannot do VAS, or (proof.no_key) the ring has no key for it.
 *
 * Built only with TB_WALLETS. Ends after at most TB_VAS_MERCHANTS_MAX commands. The last answer takes two
 * multiplications on the curve or more: some ms. Not thread-safe.
 */
#ifndef TB_CORE_CREDENTIAL_VAS_H
#define TB_CORE_CREDENTIAL_VAS_H

#include "core/base/rng.h"
#include "core/credential/applet.h"
#include "core/credential/judgement.h"
#include "core/credential/keyring.h"
#include "core/credential/ose.h"

#define TB_VAS_MERCHANTS_MAX 6 /* the rest of the ring is not asked for */
#define TB_VAS_URL_SIZE_MAX 180
#define TB_VAS_TOKEN_SIZE_MAX 32
#define TB_VAS_WINDOW_MS INT64_C(120000)
/* For as long a cryptogram is remembered whose time is not looked at: for ever, the replay memory would be
 * full one day and refuse everything that needs it. */
#define TB_VAS_UNTIMED_MS (INT64_C(30) * 24 * 3600 * 1000)

enum tb_vas_mode { /* low bits of the terminal's capabilities */
                   TB_VAS_OR_PAY = 0,
                   TB_VAS_AND_PAY = 1,
                   TB_VAS_ONLY = 2,
                   TB_VAS_PAY_ONLY = 3,
};

/* What a chain may decide about it. */
struct tb_vas_terms {
    /*
     * How far the timestamp may be from the terminal's time either way. 0: it is not looked at, because the
     * terminal's own clock is not trusted; the cryptogram is remembered for TB_VAS_UNTIMED_MS then.
     */
    int64_t window_ms;
    /* Added to the timestamp, which is taken as UTC: nothing public says what it is. */
    int64_t zone_ms;
    enum tb_vas_mode mode;
    bool auth_required; /* the shopper must authenticate for passes that do not ask for it themselves */
    bool url_only;      /* nothing but url is offered: no pass is asked for */
    const char *url;    /* where to sign up, at most TB_VAS_URL_SIZE_MAX bytes; NULL: not told; borrowed */
};

static inline struct tb_vas_terms tb_vas_terms_default(void)
{
    return (struct tb_vas_terms){.window_ms = TB_VAS_WINDOW_MS, .mode = TB_VAS_ONLY};
}

/* What the terminal brings. The pointers are borrowed until the machine ends. */
struct tb_vas_how {
    const struct tb_keyring *keys;
    const struct tb_rng *rng; /* only blinds computations */
    int64_t wall_ms;          /* Unix; which keys are valid, and what the timestamp is compared with */
    struct tb_vas_terms terms;
};

enum tb_vas_state {
    TB_VAS_GET_DATA,
    TB_VAS_ENDED,
};

struct tb_vas { /* personal data */
    struct tb_applet_io io;
    struct tb_judgement judgement;
    uint8_t token_size; /* the phone's mobile token (9F2A), as told; its use is not known, and it was always
                           empty */
    uint8_t token[TB_VAS_TOKEN_SIZE_MAX];

    /* the machine's own */
    struct tb_vas_how how;
    enum tb_vas_state state;
    uint8_t merchant_index; /* that the command at hand asks for */
    char merchant[TB_RING_KEY_ID_SIZE_MAX + 1];
};

/* Begins behind the phone's answer to SELECT OSE.VAS.01, with nothing sent in between. */
enum tb_applet_step tb_vas_start(struct tb_vas *m, const struct tb_vas_how *how, const struct tb_ose *ose);

/* The phone's answer to io.command, with its status word. */
enum tb_applet_step tb_vas_answer(struct tb_vas *m, struct tb_span answer);

/* io.command was not answered. */
enum tb_applet_step tb_vas_lost(struct tb_vas *m);

/* Wipes everything, the judgement included. */
void tb_vas_wipe(struct tb_vas *m);

#endif
