/* Any bytes as what is stored of a customer: what she is told of it, and what the shopper's page shows, are
 * JSON all the same, and what cannot be read is left out. The first byte says where the journey begins. */
#include "agent/app/visit/know.h"
#include "agent/app/visit/serving.h"
#include "core/base/assert.h"
#include "tests/fuzz/fuzz.h"

static uint8_t text[TB_VISIT_JSON_SIZE_MAX];

static void is_json(struct tb_buf *to)
{
    static uint8_t block[TB_JSON_ARENA_SIZE(TB_VISIT_JSON_SIZE_MAX)];
    struct tb_arena arena = tb_arena_of(block, sizeof block);
    struct tb_json object;
    TB_ASSERT(to->err || !tb_json_parse(tb_buf_span(to), sizeof text, &arena, &object));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct tb_serving serving;
    static struct tb_cache_reader reader;
    static struct tb_pending pending;
    static struct tb_policy policy;
    if (size == 0 || size > TB_VIEW_PART_SIZE_MAX)
        return 0;
    policy = tb_policy_default();
    tb_serving_init(&serving, &reader, &pending, &policy);
    serving.visit.open = true;
    serving.visit.start = (struct tb_visit_start){
        .known = true, .credential_kind = TB_CREDENTIAL_MEMBER, .assurance = TB_ASSURANCE_HIGH};
    const struct tb_span all = tb_span_of(data + 1, size - 1);
    const size_t at = data[0] < all.size ? data[0] : all.size;
    serving.record.sections[TB_SECTION_PROFILE].bytes = tb_span_sub(all, 0, at);
    serving.record.sections[TB_SECTION_JOURNEY].bytes = tb_span_sub(all, at, SIZE_MAX);
    for (unsigned i = 0; i < 2; i++) {
        struct tb_buf to = tb_buf_of(text, sizeof text);
        struct tb_json_writer w = tb_json_writer_of(&to);
        tb_json_open(&w, NULL);
        if (i == 0)
            (void)!tb_know_put(&w, &serving, NULL);
        else
            tb_serving_put_visit(&w, &serving, "desk", TB_AUDIENCE_SHOPPER);
        tb_json_close(&w);
        is_json(&to);
    }
    return 0;
}
