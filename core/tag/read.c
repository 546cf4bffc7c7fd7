#include "core/tag/read.h"

#include "core/base/assert.h"

#define SAK_ISO_DEP 0x20

#define TYPE2_TIMEOUT_MS 300
#define TYPE4_TIMEOUT_MS                                                               \
    500 /* a card may ask for more time in between (WTX); the reader chip answers that \
         */

enum tb_tag_kind tb_tag_kind_of(uint8_t sak)
{
    if (sak & SAK_ISO_DEP)
        return TB_TAG_KIND_TYPE4;
    return sak == 0 ? TB_TAG_KIND_TYPE2 : TB_TAG_KIND_OTHER;
}

enum tb_tag_failure tb_tag_failure_of(enum tb_tag_reason reason)
{
    switch (reason) {
    case TB_TAG_REASON_LOST: return TB_TAG_TORN;
    case TB_TAG_REASON_T2_CC:
    case TB_TAG_REASON_T2_NO_NDEF:
    case TB_TAG_REASON_T4_NO_NDEF: return TB_TAG_EMPTY;
    case TB_TAG_REASON_T2_LOCKED:
    case TB_TAG_REASON_T4_LOCKED: return TB_TAG_LOCKED;
    case TB_TAG_REASON_KIND:
    case TB_TAG_REASON_TOO_LONG:
    case TB_TAG_REASON_T2_VERSION:
    case TB_TAG_REASON_T2_SECTORS:
    case TB_TAG_REASON_T4_VERSION: return TB_TAG_UNSUPPORTED;
    case TB_TAG_REASON_PAYMENT_CARD: return TB_TAG_PAYMENT_CARD;
    case TB_TAG_REASON_TWO: return TB_TAG_TWO;
    case TB_TAG_REASON_ANSWER:
    case TB_TAG_REASON_T2_PAST_AREA:
    case TB_TAG_REASON_T2_CONTROL:
    case TB_TAG_REASON_T4_REFUSED:
    case TB_TAG_REASON_T4_CC:
    case TB_TAG_REASON_T4_LENGTH: return TB_TAG_MALFORMED;
    }
    return TB_TAG_MALFORMED;
}

static enum tb_tag_step fail(struct tb_tag_read *r, enum tb_tag_reason reason)
{
    r->reason = reason;
    r->failure = tb_tag_failure_of(reason);
    return TB_TAG_STEP_FAILED;
}

static void command_set(struct tb_tag_read *r)
{
    if (r->kind == TB_TAG_KIND_TYPE2) {
        r->command_size = (uint8_t)tb_type2_command(&r->type2, r->command);
        r->raw = r->type2.fast != TB_TYPE2_FAST_REFUSED;
        r->timeout_ms = TYPE2_TIMEOUT_MS;
    } else {
        r->command_size = (uint8_t)tb_type4_command(&r->type4, r->command);
        r->timeout_ms = TYPE4_TIMEOUT_MS;
    }
}

enum tb_tag_step tb_tag_read_start(struct tb_tag_read *r, uint8_t sak, void *memory, size_t size_max)
{
    memset(r, 0, sizeof *r);
    r->kind = tb_tag_kind_of(sak);
    r->ndef = tb_buf_of(memory, size_max);
    if (r->kind == TB_TAG_KIND_OTHER)
        return fail(r, TB_TAG_REASON_KIND);
    if (r->kind == TB_TAG_KIND_TYPE2)
        tb_type2_init(&r->type2);
    else
        tb_type4_init(&r->type4);
    command_set(r);
    return TB_TAG_STEP_NEXT;
}

enum tb_tag_step tb_tag_read_answer(struct tb_tag_read *r, struct tb_span answer)
{
    enum tb_tag_reason reason = TB_TAG_REASON_ANSWER;
    enum tb_tag_step step = TB_TAG_STEP_FAILED;
    switch (r->kind) {
    case TB_TAG_KIND_TYPE2: step = tb_type2_take(&r->type2, answer, &r->ndef, &reason); break;
    case TB_TAG_KIND_TYPE4: step = tb_type4_take(&r->type4, answer, &r->ndef, &reason); break;
    case TB_TAG_KIND_OTHER: break;
    }
    /* Lengths were checked against the memory before the first byte was asked for. */
    TB_ASSERT(r->ndef.err == TB_OK);
    if (step == TB_TAG_STEP_FAILED)
        return fail(r, reason);
    if (step == TB_TAG_STEP_NEXT)
        command_set(r);
    return step;
}

enum tb_tag_step tb_tag_read_lost(struct tb_tag_read *r)
{
    if (r->kind == TB_TAG_KIND_TYPE2 && tb_type2_refused(&r->type2))
        return TB_TAG_STEP_SELECT;
    return fail(r, TB_TAG_REASON_LOST);
}

enum tb_tag_step tb_tag_read_selected(struct tb_tag_read *r)
{
    command_set(r);
    return TB_TAG_STEP_NEXT;
}
