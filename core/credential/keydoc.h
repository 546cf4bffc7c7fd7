/*
 * Key documents: how the keys of a ring travel (core/wire/docs.h, struct tb_key_doc), and under which name.
 * Pure; callable from any thread.
 */
#ifndef TB_CORE_CREDENTIAL_KEYDOC_H
#define TB_CORE_CREDENTIAL_KEYDOC_H

#include "core/credential/keyring.h"
#include "core/wire/docs.h"
#include "core/wire/row.h"

/*
 * Checks the document and takes the key out of it; a point that came compressed is written out.
 * TB_ERR_NOT_FOUND: of a use that this program does not know. TB_ERR_RANGE: a size, a version or a point that
 * its use cannot have. TB_ERR_MISSING: no id, or no application of a DESFire key.
 */
TB_MUST_USE enum tb_err tb_ring_key_of_doc(const struct tb_key_doc *doc, struct tb_ring_key *ret_key);

/* Id of the row that carries the key: <use>:<version>:<8 bytes of SHA-256(id)>. */
void tb_ring_key_row_id(const struct tb_ring_key *key, char ret_id[TB_ROW_ID_SIZE_MAX + 1]);

/* Drops the key that the row of this id carried. TB_ERR_NOT_FOUND. */
TB_MUST_USE enum tb_err tb_keyring_drop_row(struct tb_keyring *ring, const char *row_id);

/* Whoever has it can check a proof and not make one. */
static inline bool tb_ring_use_is_public(enum tb_ring_use use)
{
    return use == TB_RING_TOKEN;
}

#endif
