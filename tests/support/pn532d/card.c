#include "tests/support/pn532d/card.h"

#include "core/base/assert.h"

enum { PAGE = 4, READ_SIZE = 16 };

enum type2_command {
    TYPE2_READ = 0x30,
    TYPE2_FAST_READ = 0x3a,
    TYPE2_GET_VERSION = 0x60,
};

void card_reset(struct card *card)
{
    card->field = CARD_IDLE;
    card->file = 0;
    card->application = false;
}

void card_enter(struct card *card)
{
    card_reset(card);
    card->answer_count = 0;
}

bool card_is_gone(const struct card *card)
{
    return card->torn_after && card->answer_count >= card->torn_after;
}

void card_activate(struct card *card)
{
    if (!card->uid_random)
        return;
    card->seed = card->seed * 1664525u + 1013904223u;
    card->uid[0] = 0x08;
    for (unsigned i = 1; i < 4; i++)
        card->uid[i] = (uint8_t)(card->seed >> 8 * i);
}

bool card_is_iso_dep(const struct card *card)
{
    return (card->sak & 0x20) != 0;
}

struct tb_span card_ats(const struct card *card)
{
    static const uint8_t ats[] = {0x06, 0x75, 0x77, 0x81, 0x02, 0x80};
    return tb_span_of(ats, card_is_iso_dep(card) ? sizeof ats : 0);
}

/* --- Type 2 */

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

static bool type2_exchange(struct card *card, struct tb_span command, struct tb_buf *ret_answer)
{
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

/* --- ISO-DEP */

static const uint8_t aid_v2[] = {0xd2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x01};
static const uint8_t aid_v1[] = {0xd2, 0x76, 0x00, 0x00, 0x85, 0x01, 0x00};
static const char aid_payment[] = "2PAY.SYS.DDF01";

enum file_id {
    FILE_CC = 0xe103,
    FILE_NDEF = 0xe104,
};

static void status_add(struct tb_buf *answer, uint16_t status)
{
    tb_buf_add_u16be(answer, status);
}

static struct tb_span apdu_data(struct tb_span apdu)
{
    return apdu.size > 5 ? tb_span_sub(apdu, 5, apdu.at[4]) : tb_span_of(NULL, 0);
}

static bool names_ndef(struct tb_span aid)
{
    return tb_span_equal(aid, tb_span_of(aid_v1, sizeof aid_v1)) ||
           tb_span_equal(aid, tb_span_of(aid_v2, sizeof aid_v2));
}

static uint16_t application_select(struct card *card, struct tb_span aid)
{
    const uint8_t *own = card->version == 1 ? aid_v1 : aid_v2;
    card->application = card->kind == CARD_TYPE4 && tb_span_equal(aid, tb_span_of(own, sizeof aid_v2));
    card->file = 0;
    return card->application ? 0x9000 : 0x6a82;
}

static uint16_t file_select(struct card *card, struct tb_span apdu)
{
    struct tb_span data = apdu_data(apdu);
    struct tb_reader r = tb_reader_of(data);
    uint16_t id = tb_read_u16be(&r);
    bool right_p2 = apdu.at[3] == (card->version == 1 ? 0x00 : 0x0c);
    if (!card->application || !right_p2 || data.size != 2 || (id != FILE_CC && id != FILE_NDEF))
        return 0x6a82;
    card->file = id;
    return 0x9000;
}

static void binary_read(const struct card *card, struct tb_span apdu, struct tb_buf *answer)
{
    struct tb_span file = card->file == FILE_CC ? tb_span_of(card->cc, card->cc_size)
                                                : tb_span_of(card->memory, card->memory_size);
    size_t offset = (size_t)apdu.at[2] << 8 | apdu.at[3];
    size_t size = apdu.at[4] ? apdu.at[4] : 256;
    size_t mle = (size_t)card->cc[3] << 8 | card->cc[4];
    if (apdu.size != 5 || size > mle) {
        status_add(answer, 0x6700);
    } else if (card->file == 0) {
        status_add(answer, 0x6986);
    } else if (offset >= file.size) {
        status_add(answer, 0x6b00);
    } else {
        tb_buf_add(answer, tb_span_sub(file, offset, size));
        status_add(answer, 0x9000);
    }
}

static void type4_exchange(struct card *card, struct tb_span apdu, struct tb_buf *answer)
{
    uint8_t instruction = apdu.at[1];
    if (instruction == 0xa4 && apdu.at[2] == 0x04)
        status_add(answer, application_select(card, apdu_data(apdu)));
    else if (instruction == 0xa4)
        status_add(answer, file_select(card, apdu));
    else if (instruction == 0xb0)
        binary_read(card, apdu, answer);
    else
        status_add(answer, 0x6d00);
}

static void payment_exchange(struct tb_span apdu, struct tb_buf *answer, bool *ret_violation)
{
    static const uint8_t directory[] = {0x6f, 0x10, 0x84, 0x0e, '2', 'P', 'A', 'Y', '.',  'S',
                                        'Y',  'S',  '.',  'D',  'D', 'F', '0', '1', 0x90, 0x00};
    bool select = apdu.at[1] == 0xa4 && apdu.at[2] == 0x04;
    if (select && tb_span_is(apdu_data(apdu), aid_payment)) {
        tb_buf_add(answer, tb_span_of(directory, sizeof directory));
        return;
    }
    if (!select || !names_ndef(apdu_data(apdu)))
        *ret_violation = true;
    status_add(answer, 0x6a82);
}

static void apdu_exchange(struct card *card, struct tb_span apdu, struct tb_buf *answer, bool *ret_violation)
{
    if (apdu.size < 5) {
        status_add(answer, 0x6700);
        return;
    }
    switch (card->kind) {
    case CARD_TYPE4: type4_exchange(card, apdu, answer); return;
    case CARD_PAYMENT: payment_exchange(apdu, answer, ret_violation); return;
    case CARD_FOREIGN:
    case CARD_TYPE2:
    case CARD_CLASSIC: status_add(answer, 0x6a82); return;
    }
}

bool card_exchange(struct card *card, struct tb_span command, struct tb_buf *ret_answer, bool *ret_violation)
{
    card->nak = false;
    if (command.size == 0 || card_is_gone(card))
        return false;
    bool answered = true;
    if (card_is_iso_dep(card))
        apdu_exchange(card, command, ret_answer, ret_violation);
    else
        answered = card->kind == CARD_TYPE2 && type2_exchange(card, command, ret_answer);
    if (answered)
        card->answer_count++;
    return answered;
}
