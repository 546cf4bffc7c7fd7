/*
 * UID: what a card calls itself on the air (ISO/IEC 14443-3), for telling a flicker from another card. It
 * proves nothing, and is neither stored nor logged. Pure.
 */
#ifndef TB_CORE_TAG_UID_H
#define TB_CORE_TAG_UID_H

#include "core/base/span.h"

#define TB_UID_SIZE_MAX 10

/* ISO/IEC 14443-3 section 6.5.4: four bytes, of which the first is 08. */
static inline bool tb_uid_is_random(struct tb_span uid)
{
    return uid.size == 4 && uid.at[0] == 0x08;
}

/* A phone shows a new random UID whenever it is activated: two of them may be of one phone, and count as
 * that. */
static inline bool tb_uid_is_same(struct tb_span a, struct tb_span b)
{
    return (tb_uid_is_random(a) && tb_uid_is_random(b)) || tb_span_equal(a, b);
}

#endif
