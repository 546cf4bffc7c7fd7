/*
 * Identifiers: 128 random bits, minted by whoever creates the thing (cart, line, visit, customer,
 * incarnation), written as 32 lower-case hex digits. Pure; callable from any thread.
 */
#ifndef TB_CORE_BASE_ID_H
#define TB_CORE_BASE_ID_H

#include "core/base/text.h"

#define TB_ID_SIZE 16
#define TB_ID_TEXT_SIZE (2 * TB_ID_SIZE + 1) /* with its terminator */

struct tb_id {
    uint8_t bytes[TB_ID_SIZE];
};

static inline struct tb_span tb_id_span(const struct tb_id *id)
{
    return tb_span_of(id->bytes, TB_ID_SIZE);
}

static inline bool tb_id_equal(const struct tb_id *a, const struct tb_id *b)
{
    return memcmp(a->bytes, b->bytes, TB_ID_SIZE) == 0;
}

bool tb_id_is_zero(const struct tb_id *id); /* the zero id stands for "none" */

TB_MUST_USE enum tb_err tb_id_decode(struct tb_span hex, struct tb_id *ret_id);
void tb_id_encode(const struct tb_id *id, char ret_text[TB_ID_TEXT_SIZE]);

#endif
