/* inspect: key files. */
#include "agent/cli/inspect.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"
#include "core/credential/keydoc.h"
#include "core/crypto/key.h"
#include "host/system/system.h"

enum { FILE_SIZE_MAX = 32 * 1024 };

static uint8_t file_memory[FILE_SIZE_MAX];
static _Alignas(max_align_t) uint8_t arena_memory[TB_JSON_ARENA_SIZE(FILE_SIZE_MAX)];

/* "keys/k1.pem" is of key "k1". */
static struct tb_span name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct tb_span name = tb_span_str(slash ? slash + 1 : path);
    return tb_span_cut(&name, '.');
}

static enum tb_err pem_put(struct tb_span text, const char *path, struct tb_keyring *ring)
{
    struct tb_ring_key key = {.use = TB_RING_TOKEN, .version = 1, .size = TB_KEY_POINT_SIZE};
    struct tb_public_key point;
    enum tb_err err = tb_public_key_load(text, &point);
    if (err == TB_OK)
        err = tb_span_to_str(name_of(path), key.id, sizeof key.id);
    if (err != TB_OK)
        return err;
    memcpy(key.bytes, point.point, sizeof point.point);
    return tb_keyring_put(ring, &key);
}

static enum tb_err document_put(struct tb_json json, struct tb_keyring *ring)
{
    struct tb_check check = {.err = TB_OK};
    struct tb_key_doc doc;
    struct tb_ring_key key;
    tb_key_doc_decode(&check, json, &doc);
    enum tb_err err = check.err == TB_OK ? tb_ring_key_of_doc(&doc, &key) : check.err;
    if (err == TB_OK)
        err = tb_keyring_put(ring, &key);
    tb_wipe(&doc, sizeof doc);
    tb_wipe(&key, sizeof key);
    return err;
}

static enum tb_err documents_put(struct tb_span text, struct tb_keyring *ring)
{
    struct tb_arena arena = tb_arena_of(arena_memory, sizeof arena_memory);
    struct tb_json json;
    enum tb_err err = tb_json_parse(text, FILE_SIZE_MAX, &arena, &json);
    if (err == TB_OK && tb_json_type(json) != TB_JSON_ARRAY)
        err = document_put(json, ring);
    else if (err == TB_OK)
        for (struct tb_json_each e = tb_json_first(json); err == TB_OK && tb_json_exists(e.value);
             tb_json_next(&e))
            err = document_put(e.value, ring);
    tb_arena_release(&arena, 0);
    return err;
}

enum tb_err tb_inspect_keys_read(const char *path, struct tb_keyring *ring)
{
    struct tb_buf file = tb_buf_of(file_memory, sizeof file_memory);
    enum tb_err err = tb_file_read(path, &file);
    struct tb_span text = tb_buf_span(&file);
    if (err == TB_OK)
        err = tb_span_starts(text, tb_span_str("-----BEGIN ")) ? pem_put(text, path, ring)
                                                               : documents_put(text, ring);
    tb_wipe(file_memory, sizeof file_memory);
    return err;
}
