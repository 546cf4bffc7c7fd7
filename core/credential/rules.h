/*
 * Code rules: how this chain writes its member numbers, as a table that the caller hands in.
 *
 * The built-in table is what a chain has that configured nothing; a chain's own prefixes replace it.
 * Rules are tried in order and the first that fits wins. Everything pointed to is borrowed and must
 * outlive the rules. Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_RULES_H
#define TB_CORE_CREDENTIAL_RULES_H

#include "core/credential/credential.h"

enum tb_carrier {
    TB_CARRIER_SCAN_TEXT, /* a scanned line: prefix, digits, Luhn check digit (ISO/IEC 7812-1) */
    TB_CARRIER_TAG_TEXT,  /* an NDEF Text record: prefix, digits */
    TB_CARRIER_EAN13,     /* restricted circulation EAN-13: prefix, digits, GS1 check digit */
    TB_CARRIER_LINK,      /* a web address from a scan or a tag: path prefix, digits, end of path */
    TB_CARRIER_EXTERNAL,  /* an NDEF external record: prefix is its whole type, payload is digits */
};

struct tb_code_rule {
    enum tb_carrier carrier;
    const char *prefix;
    uint8_t digit_count; /* of the value, without prefix and check digit */
    enum tb_credential_kind kind;
};

struct tb_sun_rules;

struct tb_code_rules {
    const struct tb_code_rule *rules;
    size_t rule_count;
    const char *const *hosts;       /* hosts that TB_CARRIER_LINK may name, lower case */
    size_t host_count;              /* 0: any host */
    const struct tb_sun_rules *sun; /* NULL: as tb_sun_rules_default() */
    bool aim_enabled;               /* lines begin with an AIM identifier, ISO/IEC 15424 */
};

/* 10-digit member numbers: "M…" text, EAN-13 with prefix 29, https://any/m/…, tillbridge.example:member. */
const struct tb_code_rules *tb_code_rules_default(void);

#endif
