#include "core/credential/keyring.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"

static const char *const use_names[TB_RING_USE_COUNT] = {
    [TB_RING_TOKEN] = "token",       [TB_RING_TOTP] = "totp",       [TB_RING_SUN_META] = "sun_meta",
    [TB_RING_SUN_FILE] = "sun_file", [TB_RING_DESFIRE] = "desfire", [TB_RING_SMART_TAP] = "smart_tap",
    [TB_RING_VAS] = "vas",
};

static bool is_named(const struct tb_ring_key *key, enum tb_ring_use use, struct tb_span id)
{
    return key->use == use && tb_span_is(id, key->id);
}

static bool is_valid(const struct tb_ring_key *key, int64_t wall_ms)
{
    return wall_ms >= key->not_before_ms && (key->not_after_ms == 0 || wall_ms < key->not_after_ms);
}

/* Keys are kept newest version first. */
const struct tb_ring_key *tb_keyring_find(const struct tb_keyring *ring, enum tb_ring_use use,
                                          struct tb_span id, int64_t wall_ms, size_t index)
{
    for (size_t i = 0; i < ring->key_count; i++) {
        const struct tb_ring_key *key = &ring->keys[i];
        if (key->use == use && (id.size == 0 || is_named(key, use, id)) && is_valid(key, wall_ms) &&
            index-- == 0)
            return key;
    }
    return NULL;
}

enum tb_err tb_keyring_drop(struct tb_keyring *ring, enum tb_ring_use use, struct tb_span id,
                            uint32_t version)
{
    for (size_t i = 0; i < ring->key_count; i++) {
        struct tb_ring_key *key = &ring->keys[i];
        if (!is_named(key, use, id) || key->version != version)
            continue;
        ring->key_count--;
        memmove(key, key + 1, (ring->key_count - i) * sizeof *key);
        tb_wipe(&ring->keys[ring->key_count], sizeof *key);
        return TB_OK;
    }
    return TB_ERR_NOT_FOUND;
}

enum tb_err tb_keyring_put(struct tb_keyring *ring, const struct tb_ring_key *key)
{
    size_t at = 0;
    TB_ASSERT(key->size <= sizeof key->bytes);
    bool replaced = tb_keyring_drop(ring, key->use, tb_span_str(key->id), key->version) == TB_OK;
    if (!replaced && ring->key_count == TB_RING_KEY_COUNT_MAX)
        return TB_ERR_FULL;
    while (at < ring->key_count && ring->keys[at].version > key->version)
        at++;
    memmove(&ring->keys[at + 1], &ring->keys[at], (ring->key_count - at) * sizeof *key);
    ring->keys[at] = *key;
    ring->key_count++;
    return TB_OK;
}

void tb_keyring_wipe(struct tb_keyring *ring)
{
    tb_wipe(ring, sizeof *ring);
}

const char *tb_ring_use_name(enum tb_ring_use use)
{
    TB_ASSERT((unsigned)use < TB_RING_USE_COUNT);
    return use_names[use];
}

enum tb_err tb_ring_use_decode(struct tb_span name, enum tb_ring_use *ret_use)
{
    for (unsigned i = 0; i < TB_RING_USE_COUNT; i++) {
        if (tb_span_is(name, use_names[i])) {
            *ret_use = (enum tb_ring_use)i;
            return TB_OK;
        }
    }
    return TB_ERR_NOT_FOUND;
}
