/*
 * Handles: how pages name customers and credentials. A handle is made of what it names and of the visit,
 * question or search in which it is shown, and means nothing outside of it. Pure.
 */
#ifndef TB_AGENT_APP_PAGES_HANDLES_H
#define TB_AGENT_APP_PAGES_HANDLES_H

#include "core/base/id.h"
#include "core/crypto/hash.h"

/* The first bytes of SHA-256(in ‖ what). in is random. */
static inline struct tb_id tb_handle_of(const struct tb_id *in, struct tb_span what)
{
    const struct tb_span parts[] = {tb_id_span(in), what};
    const struct tb_digest digest = tb_sha256_parts(parts, 2);
    struct tb_id handle;
    memcpy(handle.bytes, digest.bytes, sizeof handle.bytes);
    return handle;
}

static inline bool tb_handle_is(const struct tb_id *handle, const struct tb_id *in, struct tb_span what)
{
    const struct tb_id made = tb_handle_of(in, what);
    return tb_id_equal(handle, &made);
}

#endif
