/*
 * Errors: one enum for every module.
 *
 * The high byte is the class and says what the caller may do; the low byte tells the cases apart.
 * Names are stable: they appear in logs, in the local API and in the protocol (see tb_err_name()).
 * Pure; callable from any thread.
 */
#ifndef TB_CORE_BASE_ERR_H
#define TB_CORE_BASE_ERR_H

#define TB_MUST_USE __attribute__((warn_unused_result))

enum tb_err_class {
    TB_CLASS_OK = 0x00,
    TB_CLASS_RETRY = 0x01,   /* nothing was done; the same call may work later */
    TB_CLASS_REFUSED = 0x02, /* understood and turned down; the same call will be turned down again */
    TB_CLASS_INPUT = 0x03,   /* the bytes handed in are wrong; nothing was changed */
    TB_CLASS_LOCAL = 0x04,   /* this machine is at fault: memory, disk, configuration */
    TB_CLASS_CORRUPT = 0x05, /* stored data does not verify; set it aside, do not show it */
};

enum tb_err {
    TB_OK = 0,

    TB_ERR_AGAIN = 0x0100,
    TB_ERR_TIMEOUT,
    TB_ERR_BUSY,
    TB_ERR_OFFLINE,
    TB_ERR_FULL, /* a bounded queue, table or disk has no room now */

    TB_ERR_DENIED = 0x0200,
    TB_ERR_NOT_FOUND,
    TB_ERR_CONFLICT,
    TB_ERR_UNSUPPORTED,
    TB_ERR_NEWER_VERSION, /* written by a newer program; left untouched */
    TB_ERR_EXPIRED,
    TB_ERR_REPLAYED,
    TB_ERR_CUSTOMER_LIMIT, /* this terminal came to know too many customers within an hour */
    TB_ERR_ASSURANCE,      /* what was presented proves too little for it */
    TB_ERR_FIND_LIMIT,     /* this terminal searched for too many customers within an hour */
    TB_ERR_HANDOVER_LIMIT, /* too many of this terminal's hand-overs are open, and none is old */
    TB_ERR_OPERATOR,       /* nobody is signed on, and the policy asks for somebody */

    TB_ERR_TRUNCATED = 0x0300,
    TB_ERR_TOO_LONG,
    TB_ERR_SYNTAX,
    TB_ERR_RANGE,
    TB_ERR_DEPTH,
    TB_ERR_DUPLICATE_KEY,
    TB_ERR_UTF8,
    TB_ERR_CHECKSUM,
    TB_ERR_TYPE,
    TB_ERR_MISSING,
    TB_ERR_SIGNATURE,

    TB_ERR_NO_MEMORY = 0x0400,
    TB_ERR_IO,
    TB_ERR_CONFIG,
    TB_ERR_INTERNAL,

    TB_ERR_CORRUPT = 0x0500,
    TB_ERR_SEAL, /* an authentication tag does not match */
};

enum tb_err_class tb_err_class(enum tb_err err);

/* Stable lower-case name such as "input.truncated"; static, never NULL. */
const char *tb_err_name(enum tb_err err);

#endif
