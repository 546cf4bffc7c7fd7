/* What a chain says of credentials and keys: whatever is taken can be judged by, and no key is of a size that
 * its use does not have. The first byte chooses. */
#include "core/base/assert.h"
#include "core/credential/judge.h"
#include "core/credential/keydoc.h"
#include "core/credential/trustdoc.h"
#include "tests/fuzz/fuzz.h"

static uint8_t memory[TB_JSON_ARENA_SIZE(TB_CREDENTIALS_JSON_SIZE_MAX)];

static void trust_try(struct tb_span text)
{
    static struct tb_trust_doc trust;
    struct tb_arena arena = tb_arena_of(memory, sizeof memory);
    struct tb_judgement j;
    if (tb_trust_doc_parse(text, &arena, &trust) != TB_OK)
        return;
    TB_ASSERT(trust.codes.rules.rule_count <= TB_CODE_RULE_COUNT_MAX);
    TB_ASSERT(!(trust.kinds_refused & 1u));
    const struct tb_judge judge = {.rules = &trust.codes.rules};
    tb_judge_line(&judge, tb_span_str("https://x.example/c?e=00&c=00"), &j);
    tb_judge_line(&judge, text, &j);
}

static void key_try(struct tb_span text)
{
    struct tb_arena arena = tb_arena_of(memory, sizeof memory);
    struct tb_check check = {0};
    struct tb_key_doc doc;
    struct tb_ring_key key;
    struct tb_json object;
    struct tb_keyring ring = {.key_count = 0};
    char id[TB_ROW_ID_SIZE_MAX + 1];
    if (tb_json_parse(text, TB_CREDENTIALS_JSON_SIZE_MAX, &arena, &object) != TB_OK)
        return;
    tb_key_doc_decode(&check, object, &doc);
    if (check.err != TB_OK || tb_ring_key_of_doc(&doc, &key) != TB_OK)
        return;
    TB_ASSERT(key.size > 0 && key.size <= sizeof key.bytes && key.id[0] != '\0');
    tb_ring_key_row_id(&key, id);
    enum tb_err err = tb_keyring_put(&ring, &key);
    if (err == TB_OK)
        err = tb_keyring_drop_row(&ring, id);
    TB_ASSERT(err == TB_OK && ring.key_count == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    struct tb_span text = tb_span_of(data + 1, size - 1);
    if (data[0] & 1)
        key_try(text);
    else
        trust_try(text);
    return 0;
}
