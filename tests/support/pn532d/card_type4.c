/* Type 4 tags of mapping versions 1 to 3; NFC Forum Type 4 Tag 2.0 and 3.0. */
#include "core/base/assert.h"
#include "tests/support/pn532d/card_kind.h"

static const uint8_t aid_v2[] = {0xd2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x01};
static const uint8_t aid_v1[] = {0xd2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x00};

enum file_id {
    FILE_CC = 0xe103,
    FILE_NDEF = 0xe104,
};

bool card_names_ndef(struct tb_span aid)
{
    return tb_span_equal(aid, tb_span_of(aid_v1, sizeof aid_v1)) ||
           tb_span_equal(aid, tb_span_of(aid_v2, sizeof aid_v2));
}

static uint16_t application_select(struct card_type4 *tag, struct tb_span aid)
{
    const uint8_t *own = tag->version == 1 ? aid_v1 : aid_v2;
    tag->application = tb_span_equal(aid, tb_span_of(own, sizeof aid_v2));
    tag->file = 0;
    return tag->application ? 0x9000 : 0x6a82;
}

static uint16_t file_select(struct card_type4 *tag, struct tb_span apdu)
{
    struct tb_span data = card_apdu_data(apdu);
    struct tb_reader r = tb_reader_of(data);
    uint16_t id = tb_read_u16be(&r);
    bool right_p2 = apdu.at[3] == (tag->version == 1 ? 0x00 : 0x0c);
    if (!tag->application || !right_p2 || data.size != 2 || (id != FILE_CC && id != FILE_NDEF))
        return 0x6a82;
    tag->file = id;
    return 0x9000;
}

static void binary_read(const struct card_type4 *tag, struct tb_span memory, struct tb_span apdu,
                        struct tb_buf *answer)
{
    struct tb_span file = tag->file == FILE_CC ? tb_span_of(tag->cc, tag->cc_size) : memory;
    size_t offset = (size_t)apdu.at[2] << 8 | apdu.at[3];
    size_t size = apdu.at[4] ? apdu.at[4] : 256;
    size_t mle = (size_t)tag->cc[3] << 8 | tag->cc[4];
    if (apdu.size != 5 || size > mle) {
        card_status_add(answer, 0x6700);
    } else if (tag->file == 0) {
        card_status_add(answer, 0x6986);
    } else if (offset >= file.size) {
        card_status_add(answer, 0x6b00);
    } else {
        tb_buf_add(answer, tb_span_sub(file, offset, size));
        card_status_add(answer, 0x9000);
    }
}

void card_type4_exchange(struct card_type4 *tag, struct tb_span file, struct tb_span apdu,
                         struct tb_buf *answer)
{
    uint8_t instruction = apdu.at[1];
    if (instruction == 0xa4 && apdu.at[2] == 0x04)
        card_status_add(answer, application_select(tag, card_apdu_data(apdu)));
    else if (instruction == 0xa4)
        card_status_add(answer, file_select(tag, apdu));
    else if (instruction == 0xb0)
        binary_read(tag, file, apdu, answer);
    else
        card_status_add(answer, 0x6d00);
}

static bool type4_exchange(struct card *card, struct tb_span apdu, struct tb_buf *ret_answer,
                           bool *ret_violation)
{
    (void)ret_violation;
    card_type4_exchange(&card->state.type4, tb_span_of(card->memory, card->memory_size), apdu, ret_answer);
    return true;
}

static void type4_begin(struct card *card, const struct card_model *model)
{
    struct card_type4 *tag = &card->state.type4;
    struct tb_buf cc = tb_buf_of(tag->cc, sizeof tag->cc);
    TB_ASSERT(card_hex_add(&cc, model->head) == TB_OK);
    tag->cc_size = cc.size;
    tag->version = model->version;
}

static void type4_reset(struct card *card)
{
    card->state.type4.file = 0;
    card->state.type4.application = false;
}

static const char *cc_set(struct card_type4 *tag, const char *value)
{
    struct tb_buf cc = tb_buf_of(tag->cc, sizeof tag->cc);
    enum tb_err err = card_hex_add(&cc, value);
    tag->cc_size = cc.size;
    return err == TB_OK ? NULL : "cc";
}

static const char *type4_set(struct card *card, const char *key, const char *value)
{
    if (strcmp(key, "cc") == 0)
        return cc_set(&card->state.type4, value);
    if (strcmp(key, "file") != 0)
        return "unknown_key";
    struct tb_buf file = tb_buf_of(card->memory, sizeof card->memory);
    enum tb_err err = card_hex_add(&file, value);
    card->memory_size = file.size;
    card->as_is = true;
    return err == TB_OK ? NULL : "file";
}

static const char *type4_format(struct card *card, struct tb_span message)
{
    struct tb_buf b = tb_buf_of(card->memory, sizeof card->memory);
    if (card->state.type4.version == 3)
        tb_buf_add_u32be(&b, (uint32_t)message.size);
    else
        tb_buf_add_u16be(&b, (uint16_t)message.size);
    tb_buf_add(&b, message);
    card->memory_size = b.size;
    return b.err == TB_OK ? NULL : "too_long";
}

const struct card_kind card_type4 = {
    .exchange = type4_exchange,
    .begin = type4_begin,
    .reset = type4_reset,
    .set = type4_set,
    .format = type4_format,
};
