/* Rules documents: what is read is written and read again as the same, and no rule gets past the check. */
#include "core/base/assert.h"
#include "core/credential/judge.h"
#include "core/credential/ruledoc.h"
#include "tests/fuzz/fuzz.h"

enum { TEXT_SIZE_MAX = 48 * 1024 };

static _Alignas(max_align_t) uint8_t arena_memory[TB_JSON_ARENA_SIZE(TEXT_SIZE_MAX)];
static struct tb_rules_doc doc;

static bool decode(struct tb_span text)
{
    struct tb_arena arena = tb_arena_of(arena_memory, sizeof arena_memory);
    struct tb_check check = {.err = TB_OK};
    struct tb_json root;
    if (tb_json_parse(text, TEXT_SIZE_MAX, &arena, &root) != TB_OK)
        return false;
    tb_rules_doc_decode(&check, root, &doc);
    return check.err == TB_OK;
}

static struct tb_span encode(uint8_t *memory)
{
    struct tb_buf out = tb_buf_of(memory, TEXT_SIZE_MAX);
    struct tb_json_writer w = tb_json_writer_of(&out);
    tb_rules_doc_encode(&w, NULL, &doc.rules);
    TB_ASSERT(out.err == TB_OK);
    return tb_buf_span(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t first_memory[TEXT_SIZE_MAX];
    static uint8_t second_memory[TEXT_SIZE_MAX];
    struct tb_judgement j;
    if (!decode(tb_span_of(data, size)))
        return 0;
    for (size_t i = 0; i < doc.rules.rule_count; i++)
        TB_ASSERT(tb_code_rule_check(&doc.rules.rules[i]) == TB_OK);
    tb_judge_line(&(struct tb_judge){.rules = &doc.rules}, tb_span_of(data, size), &j);
    struct tb_span first = encode(first_memory);
    TB_ASSERT(decode(first));
    TB_ASSERT(tb_span_equal(first, encode(second_memory)));
    return 0;
}
