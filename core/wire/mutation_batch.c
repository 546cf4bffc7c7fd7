#include "core/base/assert.h"
#include "core/wire/mutation.h"

static size_t item_at(const struct tb_mutation_batch *batch, size_t index)
{
    size_t at = 0;
    for (size_t i = 0; i < index; i++)
        at += batch->items[i].size;
    return at;
}

enum tb_err tb_mutation_batch_add(struct tb_mutation_batch *batch, const struct tb_mutation *m)
{
    if (batch->count == TB_MUTATION_BATCH_MAX)
        return TB_ERR_FULL;
    struct tb_buf text = tb_buf_of(batch->json + batch->size, sizeof batch->json - batch->size);
    if (m->kind != TB_MUTATION_NONE) {
        struct tb_json_writer w = tb_json_writer_of(&text);
        tb_mutation_encode(&w, NULL, m);
    }
    if (text.err != TB_OK)
        return TB_ERR_FULL;
    size_t i = batch->count++;
    batch->items[i].seq = m->seq;
    batch->items[i].last_seq = tb_mutation_last_seq(m);
    batch->items[i].size = (uint16_t)text.size;
    batch->size = (uint16_t)(batch->size + text.size);
    return TB_OK;
}

void tb_mutation_batch_drop(struct tb_mutation_batch *batch, size_t count)
{
    TB_ASSERT(count <= batch->count);
    size_t size = item_at(batch, count);
    batch->count = (uint8_t)(batch->count - count);
    batch->size = (uint16_t)(batch->size - size);
    memmove(batch->items, batch->items + count, batch->count * sizeof batch->items[0]);
    memmove(batch->json, batch->json + size, batch->size);
}

void tb_mutation_batch_read(const struct tb_mutation_batch *batch, size_t index, struct tb_arena *arena,
                            struct tb_mutation *ret)
{
    TB_ASSERT(index < batch->count);
    struct tb_span text = tb_span_of(batch->json + item_at(batch, index), batch->items[index].size);
    struct tb_check check = {0};
    struct tb_json object;
    check.err =
        text.size ? tb_json_parse(text, TB_MUTATION_JSON_SIZE_MAX, arena, &object) : TB_ERR_UNSUPPORTED;
    if (check.err == TB_OK)
        tb_mutation_decode(&check, object, arena, ret);
    if (check.err != TB_OK)
        *ret = (struct tb_mutation){.seq = batch->items[index].seq, .kind = TB_MUTATION_NONE};
}
