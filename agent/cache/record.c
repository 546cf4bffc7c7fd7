#include "agent/cache/record.h"

#include "core/base/assert.h"

#define RECORD_LAYOUT 1

static const size_t section_size_max[TB_SECTION_COUNT] = {
    [TB_SECTION_PROFILE] = TB_VIEW_PART_SIZE_MAX,
    [TB_SECTION_JOURNEY] = TB_VIEW_PART_SIZE_MAX,
    [TB_SECTION_CART] = TB_CART_PACKED_SIZE_MAX,
};

void tb_record_pack(const struct tb_record *record, struct tb_buf *to)
{
    tb_buf_add_u8(to, RECORD_LAYOUT);
    tb_buf_add(to, tb_id_span(&record->customer));
    tb_buf_add(to, tb_id_span(&record->cart));
    for (size_t i = 0; i < TB_SECTION_COUNT; i++) {
        const struct tb_record_section *section = &record->sections[i];
        tb_buf_add_u64be(to, (uint64_t)section->version);
        tb_buf_add_u64be(to, (uint64_t)section->as_of_ms);
        tb_buf_add_u32be(to, section->epoch);
        tb_buf_add_u32be(to, (uint32_t)section->bytes.size);
        tb_buf_add(to, section->bytes);
    }
}

static void id_unpack(struct tb_reader *from, struct tb_id *ret_id)
{
    struct tb_span bytes = tb_read_bytes(from, TB_ID_SIZE);
    if (bytes.size == TB_ID_SIZE)
        memcpy(ret_id->bytes, bytes.at, TB_ID_SIZE);
}

static void section_unpack(struct tb_reader *from, size_t size_max, struct tb_record_section *ret_section)
{
    ret_section->version = (int64_t)tb_read_u64be(from);
    ret_section->as_of_ms = (int64_t)tb_read_u64be(from);
    ret_section->epoch = tb_read_u32be(from);
    uint32_t size = tb_read_u32be(from);
    if (size > size_max)
        from->err = TB_ERR_RANGE;
    ret_section->bytes = tb_read_bytes(from, size);
}

enum tb_err tb_record_unpack(struct tb_span packed, struct tb_record *ret_record)
{
    *ret_record = (struct tb_record){0};
    struct tb_reader from = tb_reader_of(packed);
    if (tb_read_u8(&from) != RECORD_LAYOUT)
        return from.err == TB_OK ? TB_ERR_UNSUPPORTED : TB_ERR_CORRUPT;
    id_unpack(&from, &ret_record->customer);
    id_unpack(&from, &ret_record->cart);
    for (size_t i = 0; i < TB_SECTION_COUNT; i++)
        section_unpack(&from, section_size_max[i], &ret_record->sections[i]);
    return from.err == TB_OK && from.rest.size == 0 ? TB_OK : TB_ERR_CORRUPT;
}

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
    tb_buf_add_u32be(&to, name->epoch);
    return tb_buf_span(&to);
}

struct tb_seal_proof tb_credential_proof(const struct tb_sealer *sealer, struct tb_span hash,
                                         const struct tb_customer_key *customer, int64_t version,
                                         uint32_t epoch)
{
    struct about about;
    struct tb_buf to = tb_buf_of(about.bytes, sizeof about.bytes);
    tb_buf_add_str(&to, "credential");
    tb_buf_add(&to, hash);
    tb_buf_add(&to, tb_span_of(customer->bytes, sizeof customer->bytes));
    tb_buf_add_u64be(&to, (uint64_t)version);
    tb_buf_add_u32be(&to, epoch);
    TB_ASSERT(to.err == TB_OK);
    return tb_seal_proof(sealer, tb_buf_span(&to));
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
