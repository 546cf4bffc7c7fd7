/*
 * Origin: which pages may open a web session (RFC 6454). A browser tells the page's origin truthfully;
 * it is compared whole and byte for byte, so that no part of an address can be played with.
 * Pure; callable from any thread.
 */
#ifndef TB_CONTEXTD_GATEWAY_ORIGIN_H
#define TB_CONTEXTD_GATEWAY_ORIGIN_H

#include "core/base/span.h"

#define TB_ORIGIN_SIZE_MAX 160 /* bytes with the terminator */

/* An entry of the allow-list: scheme://host[:port], https only but for loopback hosts, lower case, no
 * wildcard, nothing behind. TB_ERR_SYNTAX. */
TB_MUST_USE enum tb_err tb_origin_check_entry(const char *entry);

/* False for an empty origin, "null", and whatever equals no entry. */
bool tb_origin_allowed(struct tb_span origin, const char *const *entries, size_t count);

#endif
