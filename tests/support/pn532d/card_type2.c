/* Type 2 tags: NTAG21x, Ultralight; NFC Forum Type 2 Tag 1.2. */
#include "core/base/assert.h"
#include "tests/support/pn532d/card_kind.h"

enum { PAGE = 4, READ_SIZE = 16, DATA_AT = 12, HEAD_SIZE = 9 };

enum type2_command {
    TYPE2_READ = 0x30,
    TYPE2_FAST_READ = 0x3a,
    TYPE2_GET_VERSION = 0x60,
};

static bool pages_read(const struct card *card, size_t page, size_t size, struct tb_buf *ret_answer)
{
    if (page * PAGE >= card->memory_size)
        return false;
    for (size_t i = 0; i < size; i++)
        tb_buf_add_u8(ret_answer, card->memory[(page * PAGE + i) % card->memory_size]);
    return true;
}

static bool fast_read(const struct card *card, struct tb_span command, struct tb_buf *ret_answer)
{
    size_t first = command.at[1];
    size_t last = command.at[2];
    if (card->slow || last < first || (last + 1) * PAGE > card->memory_size)
        return false;
    return pages_read(card, first, (last + 1 - first) * PAGE, ret_answer);
}

static bool version_get(const struct card *card, struct tb_buf *ret_answer)
{
    static const uint8_t version[] = {0x00, 0x04, 0x04, 0x02, 0x01, 0x00};
    if (card->slow)
        return false;
    uint8_t storage = card->memory_size > 600 ? 0x13 : card->memory_size > 200 ? 0x11 : 0x0f;
    tb_buf_add(ret_answer, tb_span_of(version, sizeof version));
    tb_buf_add_u8(ret_answer, storage);
    tb_buf_add_u8(ret_answer, 0x03);
    return true;
}

static bool type2_exchange(struct card *card, struct tb_span command, struct tb_buf *ret_answer,
                           bool *ret_violation)
{
    (void)ret_violation;
    bool answered = false;
    if (command.size == 2 && command.at[0] == TYPE2_READ)
        answered = pages_read(card, command.at[1], READ_SIZE, ret_answer);
    else if (command.size == 3 && command.at[0] == TYPE2_FAST_READ)
        answered = fast_read(card, command, ret_answer);
    else if (command.size == 1 && command.at[0] == TYPE2_GET_VERSION)
        answered = version_get(card, ret_answer);
    card->nak = !answered;
    if (!answered)
        card->field = CARD_IDLE;
    return answered;
}

static void type2_begin(struct card *card, const struct card_model *model)
{
    struct tb_buf head = tb_buf_of(card->memory + DATA_AT, HEAD_SIZE);
    card->memory_size = model->memory_size;
    card->slow = model->slow;
    TB_ASSERT(card_hex_add(&head, model->head) == TB_OK);
}

static const char *type2_set(struct card *card, const char *key, const char *value)
{
    if (strcmp(key, "memory") != 0)
        return "unknown_key";
    struct tb_buf area = tb_buf_of(card->memory + DATA_AT, card->memory_size - DATA_AT);
    card->as_is = true;
    return card_hex_add(&area, value) == TB_OK ? NULL : "memory";
}

static const char *type2_format(struct card *card, struct tb_span message)
{
    size_t from = DATA_AT + HEAD_SIZE;
    size_t area_end = 16 + 8u * card->memory[14];
    struct tb_buf b = tb_buf_of(card->memory + from, card->memory_size - from);
    tb_buf_add_u8(&b, 0x03);
    if (message.size < 0xff) {
        tb_buf_add_u8(&b, (uint8_t)message.size);
    } else {
        tb_buf_add_u8(&b, 0xff);
        tb_buf_add_u16be(&b, (uint16_t)message.size);
    }
    tb_buf_add(&b, message);
    bool fits = b.err == TB_OK && from + b.size <= area_end;
    if (fits && from + b.size < area_end)
        tb_buf_add_u8(&b, 0xfe);
    return fits ? NULL : "too_long";
}

const struct card_kind card_type2 = {
    .exchange = type2_exchange,
    .begin = type2_begin,
    .set = type2_set,
    .format = type2_format,
};
