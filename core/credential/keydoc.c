#include "core/credential/keydoc.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"
#include "core/crypto/hash.h"
#include "core/crypto/key.h"

enum {
    AES_SIZE = 16,
    SCALAR_SIZE = 32,
    TOTP_SIZE_MIN = 16, /* RFC 4226 section 4, R6: at least 128 bits */
    TOTP_SIZE_MAX = 64,
    TOTP_PERIOD_MS = 60000,
    TOTP_PERIOD_MS_MIN = 1000,
    TOTP_DIGIT_COUNT = 8,
    TOTP_DIGIT_COUNT_MIN = 6,
    ROW_HASH_SIZE = 8,
};

_Static_assert(TB_KEY_SYSTEM_SIZE_MAX == TB_RING_SYSTEM_SIZE_MAX, "what travels fits");

static enum tb_err size_check(const struct tb_key_doc *doc, size_t min, size_t max)
{
    return doc->value_size >= min && doc->value_size <= max ? TB_OK : TB_ERR_RANGE;
}

static enum tb_err point_take(struct tb_ring_key *key)
{
    struct tb_public_key point;
    enum tb_err err = tb_public_key_of_point(tb_span_of(key->bytes, key->size), &point);
    if (err != TB_OK)
        return err;
    memcpy(key->bytes, point.point, sizeof point.point);
    key->size = sizeof point.point;
    return TB_OK;
}

static enum tb_err totp_take(const struct tb_key_doc *doc, struct tb_ring_key *key)
{
    key->period_ms = doc->period_ms ? (uint32_t)doc->period_ms : TOTP_PERIOD_MS;
    key->digit_count = doc->digit_count ? (uint8_t)doc->digit_count : TOTP_DIGIT_COUNT;
    if (key->period_ms < TOTP_PERIOD_MS_MIN || key->digit_count < TOTP_DIGIT_COUNT_MIN)
        return TB_ERR_RANGE;
    return size_check(doc, TOTP_SIZE_MIN, TOTP_SIZE_MAX);
}

static enum tb_err desfire_check(const struct tb_key_doc *doc)
{
    static const uint8_t none[TB_KEY_APPLICATION_SIZE];
    if (memcmp(doc->application, none, sizeof none) == 0)
        return TB_ERR_MISSING; /* the card's own application is not ours */
    return doc->value_size == 0 ? TB_OK : size_check(doc, AES_SIZE, AES_SIZE);
}

static enum tb_err use_take(const struct tb_key_doc *doc, struct tb_ring_key *key)
{
    switch (key->use) {
    case TB_RING_TOKEN: return point_take(key);
    case TB_RING_TOTP: return totp_take(doc, key);
    case TB_RING_SUN_META:
    case TB_RING_SUN_FILE: return size_check(doc, AES_SIZE, AES_SIZE);
    case TB_RING_DESFIRE: return desfire_check(doc);
    case TB_RING_SMART_TAP:
    case TB_RING_VAS: return size_check(doc, SCALAR_SIZE, SCALAR_SIZE);
    case TB_RING_USE_COUNT: break;
    }
    return TB_ERR_NOT_FOUND;
}

static bool times_ok(const struct tb_key_doc *doc)
{
    return doc->not_after_ms == 0 || doc->not_after_ms > doc->not_before_ms;
}

enum tb_err tb_ring_key_of_doc(const struct tb_key_doc *doc, struct tb_ring_key *ret_key)
{
    struct tb_ring_key *key = ret_key;
    *key = (struct tb_ring_key){.version = (uint32_t)doc->version,
                                .added_ms = doc->added_ms,
                                .not_before_ms = doc->not_before_ms,
                                .not_after_ms = doc->not_after_ms,
                                .size = doc->value_size,
                                .diversified = doc->diversified,
                                .system_size = doc->system_size,
                                .key_number = (uint8_t)doc->key_number};
    enum tb_err err = tb_ring_use_decode(tb_span_str(doc->kind), &key->use);
    if (err != TB_OK)
        return err;
    if (doc->id[0] == '\0')
        return TB_ERR_MISSING;
    if (doc->version > UINT32_MAX || !times_ok(doc))
        return TB_ERR_RANGE;
    memcpy(key->id, doc->id, sizeof key->id);
    memcpy(key->bytes, doc->value, doc->value_size);
    memcpy(key->application, doc->application, sizeof key->application);
    memcpy(key->system, doc->system, sizeof key->system);
    err = use_take(doc, key);
    if (err != TB_OK)
        tb_wipe(key, sizeof *key);
    return err;
}

void tb_ring_key_row_id(const struct tb_ring_key *key, char ret_id[TB_ROW_ID_SIZE_MAX + 1])
{
    struct tb_digest hash = tb_sha256(tb_span_str(key->id));
    struct tb_buf id = tb_buf_of(ret_id, TB_ROW_ID_SIZE_MAX);
    tb_buf_add_str(&id, tb_ring_use_name(key->use));
    tb_buf_add_str(&id, ":");
    tb_buf_add_decimal(&id, key->version);
    tb_buf_add_str(&id, ":");
    tb_buf_add_hex(&id, tb_span_of(hash.bytes, ROW_HASH_SIZE));
    TB_ASSERT(id.err == TB_OK);
    ret_id[id.size] = '\0';
}

enum tb_err tb_keyring_drop_row(struct tb_keyring *ring, const char *row_id)
{
    for (size_t i = 0; i < ring->key_count; i++) {
        const struct tb_ring_key *key = &ring->keys[i];
        char id[TB_ROW_ID_SIZE_MAX + 1];
        tb_ring_key_row_id(key, id);
        if (strcmp(id, row_id) == 0)
            return tb_keyring_drop(ring, key->use, tb_span_str(key->id), key->version);
    }
    return TB_ERR_NOT_FOUND;
}
