/*
 * Code rules: how this chain writes what its members show, as a table that the caller hands in.
 *
 * The built-in table is what a chain has that configured nothing; a chain's own rules replace it. Rules of
 * one carrier are tried in order and the first that fits wins; among carriers the order is that of
 * tb_judge_line() (core/credential/judge.h). Everything pointed to is borrowed and must outlive the rules.
 * Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_RULES_H
#define TB_CORE_CREDENTIAL_RULES_H

#include "core/credential/credential.h"

#define TB_CODE_RULE_COUNT_MAX 32
#define TB_CODE_PREFIX_SIZE_MAX 96 /* bytes; the longest is a rotating pattern */
#define TB_CODE_DIGIT_COUNT_MAX 32

#define TB_CODE_HANDOVER_URL_SIZE_MAX 160

#define TB_TOKEN_AUDIENCE_DEFAULT "till"
#define TB_TOKEN_LIFE_S_MAX_DEFAULT (24 * 3600)
#define TB_TOKEN_LIFE_S_WITHOUT_ID 120 /* nothing tells two showings of such a token apart */

/* Texts stand for scanned lines and for NDEF Text records, unless it says otherwise. */
enum tb_carrier {
    TB_CARRIER_SCAN_TEXT,     /* a scanned line: prefix, digits, Luhn check digit (ISO/IEC 7812-1) */
    TB_CARRIER_TAG_TEXT,      /* an NDEF Text record: prefix, digits */
    TB_CARRIER_EAN13,         /* restricted circulation EAN-13: prefix, digits, GS1 check digit */
    TB_CARRIER_LINK,          /* a web address from a scan or a tag: path prefix, digits, end of path */
    TB_CARRIER_EXTERNAL,      /* an NDEF external record: prefix is its whole type, payload is digits */
    TB_CARRIER_CODE128,       /* a scanned line: prefix, digits, the check digit that the rule says */
    TB_CARRIER_ROTATING,      /* a text: prefix is its pattern (core/credential/rotating.h) */
    TB_CARRIER_JWS,           /* a text: prefix or none, compact JWS (core/credential/jws.h) */
    TB_CARRIER_CWT,           /* a text: prefix, COSE_Sign1 in base45 (core/credential/cwt.h) */
    TB_CARRIER_WALLET_READER, /* a line without AIM identifier: prefix, what the reader took from a pass */
    TB_CARRIER_HANDOVER_TEXT, /* a text: prefix, hand-over code (core/credential/handover.h) */
    TB_CARRIER_HANDOVER_LINK, /* a web address: path prefix, hand-over code, end of path */
    TB_CARRIER_COUNT
};

enum tb_code_check { /* of TB_CARRIER_CODE128; the other carriers have the one that stands beside them */
                     TB_CODE_CHECK_NONE,
                     TB_CODE_CHECK_LUHN,
                     TB_CODE_CHECK_GS1,
                     TB_CODE_CHECK_COUNT
};

struct tb_code_rule {
    enum tb_carrier carrier;
    const char *prefix;
    uint8_t digit_count; /* of the value, without prefix and check digit; 0 where the carrier has no digits */
    enum tb_credential_kind kind; /* TB_CREDENTIAL_NONE for tokens and hand-over codes */
    char symbology; /* AIM letter that the line must have when lines have one; 0: any. ISO/IEC 15424 */
    enum tb_code_check check;
    const char *key_id;  /* ROTATING: id of the ring's TB_RING_TOTP key; NULL: any */
    uint8_t slack_steps; /* ROTATING: how many periods beside the one that is meant are good, too */
};

struct tb_token_policy {
    const char *audience; /* aud that a token must name; NULL: TB_TOKEN_AUDIENCE_DEFAULT */
    const char *type;     /* typ that a JWS must have in its header; NULL: any */
    uint32_t life_s_max;  /* from iat to exp; 0: TB_TOKEN_LIFE_S_MAX_DEFAULT */
};

struct tb_sun_rules;

struct tb_code_rules {
    const struct tb_code_rule *rules;
    size_t rule_count;
    const char *const *hosts;       /* hosts that the links may name, lower case */
    size_t host_count;              /* 0: any host */
    const char *handover_url;       /* what answers phones, before a hand-over code; NULL: nothing does */
    const struct tb_sun_rules *sun; /* NULL: as tb_sun_rules_default() */
    struct tb_token_policy tokens;
    bool aim_enabled; /* lines begin with an AIM identifier, ISO/IEC 15424 */
};

/*
 * 10-digit member numbers: "M…" text, EAN-13 with prefix 29, https://any/m/…, tillbridge.example:member;
 * "R:{member}:{seconds}:{totp}" with key "R"; tokens bare, behind "T:" and behind "TB1:"; hand-over codes
 * behind "H:" and as https://any/h/…; badges of 6 digits behind "OP:". No wallet reader.
 */
const struct tb_code_rules *tb_code_rules_default(void);

/* True for a host that the links may name; letters are compared without regard to case. */
bool tb_code_rules_host_allowed(const struct tb_code_rules *rules, struct tb_span host);

/*
 * Checks a rule that came from outside, so that no rule can take what is plainly something else.
 * TB_ERR_RANGE: the number of digits, kind, letter, check or slack; TB_ERR_TOO_LONG, TB_ERR_SYNTAX: the
 * prefix or key_id.
 */
TB_MUST_USE enum tb_err tb_code_rule_check(const struct tb_code_rule *rule);

/* Stable names such as "wallet_reader", "luhn"; static, never NULL. TB_ERR_NOT_FOUND for one that is none. */
const char *tb_carrier_name(enum tb_carrier carrier);
TB_MUST_USE enum tb_err tb_carrier_decode(struct tb_span name, enum tb_carrier *ret_carrier);
const char *tb_code_check_name(enum tb_code_check check);
TB_MUST_USE enum tb_err tb_code_check_decode(struct tb_span name, enum tb_code_check *ret_check);

#endif
