/*
 * Own ids: ids that an agent after this one recognises as this terminal's, by the device key, though nothing
 * of them was kept. Eight bytes are drawn at random, the others prove that they were drawn here. Any thread.
 */
#ifndef TB_AGENT_APP_OWN_ID_H
#define TB_AGENT_APP_OWN_ID_H

#include "agent/cache/seal.h"
#include "core/base/rng.h"

/* what: what the id is of, so that one is not taken for another; at most 16 bytes, static. */
struct tb_id tb_own_id_new(const struct tb_sealer *sealer, const char *what, const struct tb_rng *rng);
bool tb_own_id_is(const struct tb_sealer *sealer, const char *what, const struct tb_id *id);

#endif
