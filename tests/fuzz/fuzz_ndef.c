/* NDEF messages: the walker stays inside its input, and whatever it accepts gets a whole judgement. */
#include "core/base/assert.h"
#include "core/credential/judge.h"
#include "core/credential/ndef.h"
#include "tests/fuzz/fuzz.h"

static bool inside(struct tb_span part, struct tb_span whole)
{
    return part.size == 0 || (part.at >= whole.at && part.at + part.size <= whole.at + whole.size);
}

static void records_walk(struct tb_span message)
{
    struct tb_ndef n;
    struct tb_ndef_record record;
    uint8_t address[2 * TB_NDEF_SIZE_MAX];
    struct tb_span text;
    if (tb_ndef_begin(&n, message) != TB_OK)
        return;
    while (tb_ndef_next(&n, &record) == TB_OK) {
        struct tb_buf uri = tb_buf_of(address, sizeof address);
        TB_ASSERT(inside(record.type, message) && inside(record.id, message));
        TB_ASSERT(inside(record.payload, message));
        TB_ASSERT(tb_ndef_web_address(&record, &uri) != TB_ERR_TOO_LONG);
        if (tb_ndef_text(&record, &text) == TB_OK)
            TB_ASSERT(inside(text, record.payload));
        /* every payload is tried as a nested message, as Smart Tap has them */
        if (tb_ndef_enter(&n, record.payload) != TB_OK)
            return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tb_span message = tb_span_of(data, size);
    struct tb_judgement j;
    records_walk(message);
    tb_judge_tag(&(struct tb_judge){.rules = tb_code_rules_default()}, message, &j);
    bool malformed = tb_ndef_check(message) != TB_OK;
    /* a message that keeps the rules may still hold a code that breaks those of its own form */
    TB_ASSERT(malformed == (j.reason == TB_REASON_TAG_MALFORMED));
    TB_ASSERT(!malformed || j.verdict == TB_JUDGED_MALFORMED);
    TB_ASSERT((j.verdict == TB_JUDGED_CREDENTIAL) == (j.credential.kind != TB_CREDENTIAL_NONE));
    TB_ASSERT((j.verdict == TB_JUDGED_PRODUCT) == (j.gtin[0] != '\0'));
    return 0;
}
