/*
 * Assurance: how strongly what was presented proves who presents it.
 *
 * Levels are ordered. Which of them opens what is a policy of the chain (core/wire/docs.h); names are stable
 * and appear in documents, on pages, in metrics and in the CLI. Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_ASSURANCE_H
#define TB_CORE_CREDENTIAL_ASSURANCE_H

#include "core/base/span.h"

enum tb_assurance {
    TB_ASSURANCE_NONE,   /* nothing is claimed */
    TB_ASSURANCE_LOW,    /* an identifier that anyone can copy: a printed number, a plain tag, a bare UID */
    TB_ASSURANCE_MEDIUM, /* issued and hard to copy, or good for a short time: a pass, a rotating or signed
                            code */
    TB_ASSURANCE_HIGH,   /* a secret in the card or phone answered a fresh challenge */
    TB_ASSURANCE_COUNT
};

/* Stable name such as "medium"; static, never NULL. */
const char *tb_assurance_name(enum tb_assurance assurance);

/* TB_ERR_NOT_FOUND for a name that is none. */
TB_MUST_USE enum tb_err tb_assurance_decode(struct tb_span name, enum tb_assurance *ret_assurance);

#endif
