/*
 * The chain's phone app, tapped (host card emulation): docs/protocol.md, "Phone app". The phone presents a
 * pass certificate, which the chain signed, and signs this terminal's nonce. An applet, see applet.h.
 *
 * Both sides may be offline. Whoever copies the exchange has a certificate and a signature over a nonce that
 * never comes again. A relay over the air cannot be excluded by bytes: the phone answers only when its owner
 * let it, and each command has little time.
 *
 * Not thread-safe. At most TB_HCE_EXCHANGE_MAX commands.
 */
#ifndef TB_CORE_CREDENTIAL_HCE_H
#define TB_CORE_CREDENTIAL_HCE_H

#include "core/base/rng.h"
#include "core/credential/applet.h"
#include "core/credential/judgement.h"
#include "core/credential/keyring.h"

#define TB_HCE_VERSION 1
#define TB_HCE_HELLO_SIZE_MIN 5  /* SELECT's answer: "TB", lowest and highest version, capabilities */
#define TB_HCE_HELLO_SIZE_MAX 32 /* later versions may say more; all of it is signed */
#define TB_HCE_NONCE_SIZE 32
#define TB_HCE_NAME_SIZE 8 /* chain and terminal: the first bytes of a hash */
#define TB_HCE_CHALLENGE_SIZE (TB_HCE_NONCE_SIZE + 2 * TB_HCE_NAME_SIZE)
#define TB_HCE_CERTIFICATE_SIZE_MAX 1024
#define TB_HCE_HEAD_SIZE 67 /* before the certificate: flags, signature, size of the certificate */
#define TB_HCE_RESPONSE_SIZE_MAX (TB_HCE_HEAD_SIZE + TB_HCE_CERTIFICATE_SIZE_MAX)
#define TB_HCE_PART_SIZE_MAX 250 /* bytes of the response in one answer */
#define TB_HCE_EXCHANGE_MAX 32
#define TB_HCE_TIMEOUT_MS 1500 /* a signature by a phone's key store; what a reader waits at most */

struct tb_hce_input {
    const struct tb_keyring *keys; /* read once, when the response is whole; its uses TB_RING_TOKEN count */
    int64_t wall_ms;               /* Unix */
    const struct tb_rng *rng;
    const char *audience;    /* aud of the chain's pass certificates; names the chain to the phone */
    struct tb_span terminal; /* id of this terminal, as text */
};

enum tb_hce_state {
    TB_HCE_SELECT,
    TB_HCE_PROVE,
    TB_HCE_MORE,
    TB_HCE_ENDED,
};

struct tb_hce { /* fields are the machine's own, but io and judgement */
    struct tb_applet_io io;
    struct tb_judgement judgement; /* filled when the machine is DONE or FAILED; wiped by the caller */
    enum tb_hce_state state;
    struct tb_hce_input input; /* what it points to is borrowed until the machine ends */
    uint8_t exchange_count;
    uint8_t hello_size;
    uint8_t hello[TB_HCE_HELLO_SIZE_MAX];
    uint8_t challenge[TB_HCE_CHALLENGE_SIZE];
    uint16_t response_size;
    uint8_t response[TB_HCE_RESPONSE_SIZE_MAX];
};

/*
 * DONE, CREDENTIAL, phone.pass         TB_CREDENTIAL_PASS: sub of the certificate; high when the phone says
 *                                      that its owner was there, else medium
 * FAILED, AGAIN, pass.locked           to be unlocked, then tapped again
 * FAILED, AGAIN, pass.choose           the app asks its owner something, then tapped again
 * FAILED, UNKNOWN, pass.none           no pass of this chain in the app
 * FAILED, UNKNOWN, pass.refused        any other refusal
 * FAILED, UNKNOWN, proof.unsupported   no version in common, another algorithm
 * FAILED, EXPIRED, proof.expired       or proof.early
 * FAILED, WRONG_KEY, proof.no_key      certificate by a key that is not in the ring
 * FAILED, WRONG_KEY, proof.wrong       certificate or response does not verify
 * FAILED, WRONG_KEY, proof.audience    certificate of another chain
 * FAILED, MALFORMED, proof.malformed
 * ABSENT                               no such app
 *
 * Verifying takes two ECDSA verifications, a few ms, in the last tb_hce_answer().
 */
enum tb_applet_step tb_hce_start(struct tb_hce *m, const struct tb_hce_input *input);
enum tb_applet_step tb_hce_answer(struct tb_hce *m, struct tb_span answer);
enum tb_applet_step tb_hce_lost(struct tb_hce *m);

#endif
