#include "agent/cache/record.h"

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
    for (size_t i = 0; i < TB_SECTION_COUNT; i++) {
        const struct tb_record_section *section = &record->sections[i];
        tb_buf_add_u64be(to, (uint64_t)section->version);
        tb_buf_add_u64be(to, (uint64_t)section->as_of_ms);
        tb_buf_add_u32be(to, section->epoch);
        tb_buf_add_u32be(to, (uint32_t)section->bytes.size);
        tb_buf_add(to, section->bytes);
    }
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
    struct tb_span id = tb_read_bytes(&from, TB_ID_SIZE);
    if (id.size == TB_ID_SIZE)
        memcpy(ret_record->customer.bytes, id.at, TB_ID_SIZE);
    for (size_t i = 0; i < TB_SECTION_COUNT; i++)
        section_unpack(&from, section_size_max[i], &ret_record->sections[i]);
    return from.err == TB_OK && from.rest.size == 0 ? TB_OK : TB_ERR_CORRUPT;
}
