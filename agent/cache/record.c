#include "agent/cache/record.h"

#include "core/crypto/hash.h"
#include "core/wire/row.h"

#define RECORD_LAYOUT 2

#define CREDENTIAL_BLOCKED 1u
#define CREDENTIAL_GONE 2u
#define CREDENTIAL_FLAG_BITS 2u

static const size_t section_size_max[TB_SECTION_COUNT] = {
    [TB_SECTION_PROFILE] = TB_VIEW_PART_SIZE_MAX,
    [TB_SECTION_JOURNEY] = TB_VIEW_PART_SIZE_MAX,
    [TB_SECTION_CART] = TB_CART_PACKED_SIZE_MAX,
};

/* ---- numbers ---- */

static void number_pack(struct tb_buf *to, uint64_t number)
{
    for (; number >= 0x80; number >>= 7)
        tb_buf_add_u8(to, (uint8_t)(number | 0x80));
    tb_buf_add_u8(to, (uint8_t)number);
}

/* One way to write each number only, and none above max. */
static uint64_t number_unpack(struct tb_reader *from, uint64_t max)
{
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
        uint8_t byte = tb_read_u8(from);
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (byte & 0x80)
            continue;
        if (number > max || (byte == 0 && shift > 0))
            from->err = TB_ERR_RANGE;
        return number;
    }
    from->err = TB_ERR_RANGE;
    return 0;
}

/* ---- packing ---- */

void tb_record_pack(const struct tb_record *record, struct tb_buf *to)
{
    tb_buf_add_u8(to, RECORD_LAYOUT);
    tb_buf_add(to, tb_id_span(&record->customer));
    number_pack(to, record->credential_count);
    for (size_t i = 0; i < record->credential_count; i++) {
        const struct tb_record_credential *credential = &record->credentials[i];
        unsigned flags =
            (credential->blocked ? CREDENTIAL_BLOCKED : 0) | (credential->gone ? CREDENTIAL_GONE : 0);
        tb_buf_add(to, tb_span_of(credential->hash, sizeof credential->hash));
        number_pack(to, (uint64_t)credential->version);
        number_pack(to, (uint64_t)credential->stamp << CREDENTIAL_FLAG_BITS | flags);
    }
    for (size_t i = 0; i < TB_SECTION_COUNT; i++) {
        const struct tb_record_section *section = &record->sections[i];
        number_pack(to, (uint64_t)section->version);
        if (section->version == 0)
            continue;
        number_pack(to, (uint64_t)section->as_of_ms);
        number_pack(to, section->stamp);
        number_pack(to, section->bytes.size);
        tb_buf_add(to, section->bytes);
    }
    if (record->sections[TB_SECTION_CART].version != 0)
        tb_buf_add(to, tb_id_span(&record->cart));
    if (record->also_count == 0)
        return;
    tb_buf_add_u8(to, (uint8_t)record->also_count);
    for (size_t i = 0; i < record->also_count; i++) {
        tb_buf_add(to, tb_span_of(record->also[i].hash, sizeof record->also[i].hash));
        tb_buf_add(to, tb_id_span(&record->also[i].customer));
    }
}

static void bytes_unpack(struct tb_reader *from, uint8_t *ret_bytes, size_t size)
{
    struct tb_span bytes = tb_read_bytes(from, size);
    if (bytes.size == size)
        memcpy(ret_bytes, bytes.at, size);
}

static void credential_unpack(struct tb_reader *from, struct tb_record_credential *ret_credential)
{
    bytes_unpack(from, ret_credential->hash, sizeof ret_credential->hash);
    ret_credential->version = (int64_t)number_unpack(from, INT64_MAX);
    uint64_t stamp = number_unpack(from, UINT32_MAX);
    ret_credential->stamp = (uint32_t)(stamp >> CREDENTIAL_FLAG_BITS);
    ret_credential->blocked = (stamp & CREDENTIAL_BLOCKED) != 0;
    ret_credential->gone = (stamp & CREDENTIAL_GONE) != 0;
}

static void section_unpack(struct tb_reader *from, size_t size_max, struct tb_record_section *ret_section)
{
    ret_section->version = (int64_t)number_unpack(from, INT64_MAX);
    if (ret_section->version == 0)
        return;
    ret_section->as_of_ms = (int64_t)number_unpack(from, INT64_MAX);
    ret_section->stamp = (uint32_t)number_unpack(from, UINT32_MAX);
    ret_section->bytes = tb_read_bytes(from, (size_t)number_unpack(from, size_max));
}

static void also_unpack(struct tb_reader *from, struct tb_record *record)
{
    uint8_t count = tb_read_u8(from);
    if (count == 0 || count > TB_RECORD_ALSO_MAX)
        from->err = TB_ERR_RANGE;
    for (record->also_count = 0; record->also_count < count && from->err == TB_OK; record->also_count++) {
        bytes_unpack(from, record->also[record->also_count].hash, TB_RECORD_HASH_SIZE);
        bytes_unpack(from, record->also[record->also_count].customer.bytes, TB_ID_SIZE);
    }
}

enum tb_err tb_record_unpack(struct tb_span packed, struct tb_record *ret_record)
{
    *ret_record = (struct tb_record){.credential_count = 0};
    struct tb_reader from = tb_reader_of(packed);
    if (tb_read_u8(&from) != RECORD_LAYOUT)
        return from.err == TB_OK ? TB_ERR_UNSUPPORTED : TB_ERR_CORRUPT;
    bytes_unpack(&from, ret_record->customer.bytes, TB_ID_SIZE);
    uint64_t credential_count = number_unpack(&from, TB_RECORD_CREDENTIAL_MAX);
    if (from.err != TB_OK)
        return TB_ERR_CORRUPT;
    ret_record->credential_count = (uint32_t)credential_count;
    for (size_t i = 0; i < ret_record->credential_count; i++)
        credential_unpack(&from, &ret_record->credentials[i]);
    for (size_t i = 0; i < TB_SECTION_COUNT; i++)
        section_unpack(&from, section_size_max[i], &ret_record->sections[i]);
    if (ret_record->sections[TB_SECTION_CART].version != 0)
        bytes_unpack(&from, ret_record->cart.bytes, TB_ID_SIZE);
    if (from.err == TB_OK && from.rest.size > 0)
        also_unpack(&from, ret_record);
    return from.err == TB_OK && from.rest.size == 0 ? TB_OK : TB_ERR_CORRUPT;
}

const struct tb_record_credential *tb_record_credential_find(const struct tb_record *record,
                                                             const uint8_t *hash)
{
    for (size_t i = 0; i < record->credential_count; i++)
        if (memcmp(record->credentials[i].hash, hash, TB_RECORD_HASH_SIZE) == 0)
            return &record->credentials[i];
    return NULL;
}

/* ---- shared credentials ---- */

static bool also_is_of(const struct tb_record_also *also, const uint8_t *hash)
{
    return memcmp(also->hash, hash, TB_RECORD_HASH_SIZE) == 0;
}

uint8_t tb_record_owners(const struct tb_record *record, const uint8_t *hash,
                         struct tb_id ret_customers[TB_SHARED_COUNT_MAX])
{
    uint8_t count = 0;
    ret_customers[count++] = record->customer;
    for (size_t i = 0; i < record->also_count && count < TB_SHARED_COUNT_MAX; i++)
        if (also_is_of(&record->also[i], hash))
            ret_customers[count++] = record->also[i].customer;
    return count;
}

void tb_record_share(struct tb_record *record, const uint8_t *hash, const struct tb_id *customers,
                     size_t count)
{
    uint32_t kept = 0;
    for (size_t i = 0; i < record->also_count; i++)
        if (!also_is_of(&record->also[i], hash))
            record->also[kept++] = record->also[i];
    for (size_t i = 0; i < count && kept < TB_RECORD_ALSO_MAX; i++) {
        memcpy(record->also[kept].hash, hash, TB_RECORD_HASH_SIZE);
        record->also[kept++].customer = customers[i];
    }
    record->also_count = kept;
}

/* ---- checksum ---- */

static uint64_t row_sum(enum tb_row_type type, const uint8_t object[TB_ID_SIZE], int64_t version)
{
    uint8_t version_bytes[8];
    struct tb_buf number = tb_buf_of(version_bytes, sizeof version_bytes);
    tb_buf_add_u64be(&number, (uint64_t)version);
    const struct tb_span parts[] = {tb_span_str(tb_row_type_names[type]), tb_span_of("", 1),
                                    tb_span_of(object, TB_ID_SIZE), tb_buf_span(&number)};
    struct tb_digest digest = tb_sha256_parts(parts, sizeof parts / sizeof parts[0]);
    struct tb_reader from = tb_reader_of(tb_digest_span(&digest));
    return tb_read_u64be(&from);
}

uint64_t tb_record_sum(const struct tb_record *record, uint32_t stamp)
{
    static const enum tb_row_type types[TB_SECTION_COUNT] = {TB_ROW_CUSTOMER, TB_ROW_JOURNEY, TB_ROW_CART};
    uint64_t sum = 0;
    for (size_t i = 0; i < TB_SECTION_COUNT; i++) {
        const struct tb_record_section *section = &record->sections[i];
        const struct tb_id *object = i == TB_SECTION_CART ? &record->cart : &record->customer;
        if (section->stamp == stamp && section->bytes.size > 0)
            sum ^= row_sum(types[i], object->bytes, section->version);
    }
    for (size_t i = 0; i < record->credential_count; i++) {
        const struct tb_record_credential *credential = &record->credentials[i];
        if (credential->stamp == stamp && !credential->gone)
            sum ^= row_sum(TB_ROW_CREDENTIAL, credential->hash, credential->version);
    }
    return sum;
}

/* ---- sealing ---- */

/* What a sealed piece is bound to: its kind and its key. */
struct about {
    uint8_t bytes[64];
};

static struct tb_span about_of(const char *kind, struct tb_span key, struct about *space)
{
    struct tb_buf to = tb_buf_of(space->bytes, sizeof space->bytes);
    tb_buf_add_str(&to, kind);
    tb_buf_add(&to, key);
    return tb_buf_span(&to);
}

static struct tb_span about_customer(const struct tb_customer_key *key, struct about *space)
{
    return about_of("customer", tb_span_of(key->bytes, sizeof key->bytes), space);
}

static struct tb_span about_product(const struct tb_product_name *name, struct about *space)
{
    struct tb_buf to = tb_buf_of(space->bytes, sizeof space->bytes);
    tb_buf_add_str(&to, "product");
    tb_buf_add(&to, tb_span_sub(tb_span_str(name->gtin), 0, TB_GTIN_SIZE));
    tb_buf_add_u64be(&to, (uint64_t)name->version);
    tb_buf_add_u32be(&to, name->stamp);
    return tb_buf_span(&to);
}

enum tb_err tb_record_seal(struct tb_sealer *sealer, const struct tb_customer_key *key,
                           const struct tb_record *record, struct tb_buf *plain,
                           uint8_t ret_wrapped[TB_SEAL_WRAPPED_SIZE], struct tb_buf *ret_sealed)
{
    struct about about;
    tb_record_pack(record, plain);
    if (plain->err != TB_OK)
        return plain->err;
    return tb_seal_row(sealer, about_customer(key, &about), tb_buf_span(plain), ret_wrapped, ret_sealed);
}

enum tb_err tb_record_open(struct tb_sealer *sealer, const struct tb_customer_key *key,
                           struct tb_span wrapped, struct tb_span sealed, struct tb_buf *plain,
                           struct tb_record *ret_record)
{
    struct about about;
    enum tb_err err = tb_unseal_row(sealer, about_customer(key, &about), wrapped, sealed, plain);
    return err == TB_OK ? tb_record_unpack(tb_buf_span(plain), ret_record) : err;
}

static enum tb_err product_parse(struct tb_span doc, struct tb_product *ret_product)
{
    uint8_t block[TB_JSON_ARENA_SIZE(TB_PRODUCT_DOC_SIZE_MAX)];
    struct tb_arena arena = tb_arena_of(block, sizeof block);
    struct tb_check check = {0};
    struct tb_json object;
    enum tb_err err = tb_json_parse(doc, TB_PRODUCT_DOC_SIZE_MAX, &arena, &object);
    if (err == TB_OK)
        tb_product_decode(&check, object, ret_product);
    return err != TB_OK ? err : check.err;
}

enum tb_err tb_product_seal(struct tb_sealer *sealer, const struct tb_product_name *name, struct tb_span doc,
                            struct tb_buf *ret_sealed)
{
    struct about about;
    struct tb_product product;
    enum tb_err err = product_parse(doc, &product);
    return err == TB_OK ? tb_seal(sealer, about_product(name, &about), doc, ret_sealed) : err;
}

enum tb_err tb_product_open(struct tb_sealer *sealer, const struct tb_product_name *name,
                            struct tb_span sealed, struct tb_product *ret_product)
{
    struct about about;
    uint8_t bytes[TB_PRODUCT_DOC_SIZE_MAX];
    struct tb_buf doc = tb_buf_of(bytes, sizeof bytes);
    enum tb_err err = tb_unseal(sealer, about_product(name, &about), sealed, &doc);
    if (err == TB_OK)
        err = product_parse(tb_buf_span(&doc), ret_product);
    if (err == TB_OK)
        err = tb_span_to_str(tb_span_str(name->gtin), ret_product->gtin, sizeof ret_product->gtin);
    return err;
}
