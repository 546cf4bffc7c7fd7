/*
 * Web addresses, RFC 3986, as far as credentials are carried in them. Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_WEB_H
#define TB_CORE_CREDENTIAL_WEB_H

#include "core/base/buf.h"

struct tb_web {
    struct tb_span host;  /* without port; borrowed from the address */
    struct tb_span path;  /* from its first '/' to before '?' or '#'; "" when there is none */
    struct tb_span query; /* behind '?', to before '#' */
};

/* Takes an http or https address apart. TB_ERR_TYPE: another scheme; TB_ERR_SYNTAX: no host, or user info. */
TB_MUST_USE enum tb_err tb_web_decode(struct tb_span uri, struct tb_web *ret_web);

/* Undoes percent-encoding. TB_ERR_SYNTAX for a '%' without two hex digits. */
TB_MUST_USE enum tb_err tb_percent_decode(struct tb_span text, struct tb_buf *ret_text);

/* Compares ASCII letters without regard to case. */
bool tb_text_equal_nocase(struct tb_span a, struct tb_span b);
bool tb_text_starts_nocase(struct tb_span a, struct tb_span prefix);

#endif
