#include "agent/app/own_id.h"

#include "core/base/assert.h"

#define DRAWN_SIZE 8 /* bytes; the others are proof */
#define WHAT_SIZE_MAX 16

_Static_assert(TB_ID_SIZE - DRAWN_SIZE <= TB_SEAL_PROOF_SIZE, "a proof fills the rest of an id");

static struct tb_seal_proof proof_of(const struct tb_sealer *sealer, const char *what, const struct tb_id *id)
{
    uint8_t bytes[WHAT_SIZE_MAX + 1 + DRAWN_SIZE];
    size_t size = strlen(what) + 1;
    TB_ASSERT(size <= WHAT_SIZE_MAX + 1);
    memcpy(bytes, what, size);
    memcpy(bytes + size, id->bytes, DRAWN_SIZE);
    return tb_seal_proof(sealer, tb_span_of(bytes, size + DRAWN_SIZE));
}

struct tb_id tb_own_id_new(const struct tb_sealer *sealer, const char *what, const struct tb_rng *rng)
{
    struct tb_id id = tb_id_random(rng);
    const struct tb_seal_proof proof = proof_of(sealer, what, &id);
    memcpy(id.bytes + DRAWN_SIZE, proof.bytes, TB_ID_SIZE - DRAWN_SIZE);
    return id;
}

bool tb_own_id_is(const struct tb_sealer *sealer, const char *what, const struct tb_id *id)
{
    const struct tb_seal_proof proof = proof_of(sealer, what, id);
    return !tb_id_is_zero(id) &&
           tb_span_equal_secret(tb_span_of(id->bytes + DRAWN_SIZE, TB_ID_SIZE - DRAWN_SIZE),
                                tb_span_of(proof.bytes, TB_ID_SIZE - DRAWN_SIZE));
}
