/*
 * SUN messages of NTAG 424 DNA (NXP NT4H2421Gx data sheet, AN12196): a web address into which the tag mirrors
 * its UID, a counter that rises with every tap, and a MAC over both (Secure Dynamic Messaging, AES mode).
 *
 * What proves the tag is the MAC; what makes it good once is the counter, which the caller has to claim
 * (judgement.replay) before the credential counts. LRP mode is recognised by its longer PICCData and refused;
 * the status of a tag tamper loop inside file data is not looked at.
 * Pure; callable from any thread. A message costs a few AES blocks per key that is tried.
 */
#ifndef TB_CORE_CREDENTIAL_SUN_H
#define TB_CORE_CREDENTIAL_SUN_H

#include "core/base/buf.h"
#include "core/credential/judge.h"

#define TB_SUN_NAME_SIZE_MAX 16

/* What the tag's MAC is over (SDMMACInputOffset, AN12196 section 3.4.4); it ends where the MAC begins. */
enum tb_sun_mac_input {
    TB_SUN_MAC_OVER_FILE, /* from the first digit of the file data, nothing when none is mirrored */
    TB_SUN_MAC_OVER_ALL,  /* from the first digit of PICCData, or of the plain UID */
};

/*
 * How the chain's tags are written: names of the parameters of the address. NULL: not used. Borrowed, static
 * or as long-lived as the rules.
 */
struct tb_sun_rules {
    const char *picc;    /* 32 hex digits: encrypted PICCData */
    const char *uid;     /* 14 hex digits: plain mirror */
    const char *counter; /* 6 hex digits, most significant first: plain mirror */
    const char *file;    /* hex digits, whole blocks: encrypted file data */
    const char *mac;     /* 16 hex digits: SDMMAC */
    const char *bulk;    /* PICCData, file data and SDMMAC without anything between */
    enum tb_sun_mac_input mac_input;
    bool from_scan; /* also from a printed code: whoever copies an unused address taps for the owner */
};

/* e=…&c=…, or u=…&n=…&c=… in plain, with file data in d=…; from tags only. */
const struct tb_sun_rules *tb_sun_rules_default(void);

/*
 * Checks rules that came from outside. TB_ERR_SYNTAX: a name that is empty or not of letters, digits, '-' and
 * '_'; TB_ERR_TOO_LONG; TB_ERR_DUPLICATE_KEY: two names are the same; TB_ERR_MISSING: they could never find a
 * message, which needs bulk, or mac and picc, or mac, uid and counter.
 */
TB_MUST_USE enum tb_err tb_sun_rules_check(const struct tb_sun_rules *rules);

#define TB_SUN_FILE_SIZE_MAX 128

enum tb_sun_source {
    TB_SUN_FROM_TAG,
    TB_SUN_FROM_SCAN,
    TB_SUN_FROM_EVIDENCE, /* what a terminal sent on: the parameters without the address before them */
};

/*
 * Judges an address (or evidence) that carries a SUN message. False: it carries none, or its host is not one
 * of the rules'; nothing is written then. True:
 *
 *   CREDENTIAL, tag.sun            verified, TB_CREDENTIAL_TAG, medium; replay is to be claimed
 *   CREDENTIAL, proof.unverified   no file key here, but the UID could be read: low, evidence is filled
 *   UNKNOWN, proof.no_key          no key here opens PICCData: evidence is filled, kind NONE
 *   WRONG_KEY, proof.wrong         the MAC is by none of the series' file keys, or in plain by none at all
 *   MALFORMED, proof.malformed     a parameter is there twice, in another length, or not hex
 *   UNKNOWN, proof.unsupported     LRP; a tag that mirrors no UID or no counter; evidence too long to send on
 *   UNKNOWN, policy                scanned, and rules do not allow it
 *
 * The context store calls it with TB_SUN_FROM_EVIDENCE and its own ring.
 */
bool tb_sun_judge(const struct tb_judge *judge, struct tb_span address, enum tb_sun_source source,
                  struct tb_judgement *ret_judgement);

/*
 * Appends the file data that a message carries encrypted, as the tag has it; its meaning is the chain's.
 * TB_ERR_NOT_FOUND: the address carries no file data; TB_ERR_SIGNATURE: it does not verify here;
 * TB_ERR_TOO_LONG.
 */
TB_MUST_USE enum tb_err tb_sun_file(const struct tb_judge *judge, struct tb_span address,
                                    enum tb_sun_source source, struct tb_buf *ret_file);

#endif
