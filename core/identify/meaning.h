/*
 * Meaning: which outcome, light and sound a judgement, a failed read or a refused proof comes to.
 * For core/identify, and for tools that tell what would become of a code. Pure; callable from any thread.
 */
#ifndef TB_CORE_IDENTIFY_MEANING_H
#define TB_CORE_IDENTIFY_MEANING_H

#include "core/identify/identify.h"

struct tb_meaning {
    enum tb_outcome outcome;
    enum tb_reason reason;
};

enum tb_outcome tb_meaning_of_judged(enum tb_judged verdict, bool from_tap);
struct tb_meaning tb_meaning_of_failure(enum tb_tag_failure failure);
/* Of a proof that is not accepted. */
enum tb_outcome tb_meaning_of_refusal(enum tb_reason reason);
enum tb_feedback tb_meaning_feedback(enum tb_outcome outcome, enum tb_reason reason);

/* Somebody is to be asked whose it is. */
static inline bool tb_judgement_is_asked(const struct tb_judgement *j)
{
    return j->verdict == TB_JUDGED_CREDENTIAL || j->verdict == TB_JUDGED_HANDOVER || j->evidence_size > 0;
}

/* Nothing of ours is on it, or nothing that can be read without a key or here. */
static inline bool tb_failure_is_of_foreign_card(enum tb_tag_failure failure)
{
    return failure == TB_TAG_EMPTY || failure == TB_TAG_LOCKED || failure == TB_TAG_UNSUPPORTED;
}

#endif
