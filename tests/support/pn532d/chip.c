#include "tests/support/pn532d/chip.h"

#include "core/base/assert.h"

/* Air times at 106 kbit/s; the pauses are what a real chip and card take beside the bits. */
enum {
    AIR_BYTE_US = 85,     /* 9 bits of 9.44 µs */
    AIR_TURN_US = 200,    /* frame delay time both ways, CRC */
    AIR_REQUEST_US = 450, /* REQA and ATQA */
    AIR_CASCADE_US = 2050,
    AIR_GUARD_US = 2000,
    AIR_RATS_US = 4500,
    AIR_CARD_US = 1000,     /* an ISO-DEP card thinks */
    AIR_EMPTY_US = 7800,    /* one activation attempt that nobody answers */
    AIR_TIMEOUT_US = 51200, /* fRetryTimeout 0x0a */
    POLL_PERIOD_US = 150000,
};

enum status {
    STATUS_OK = 0x00,
    STATUS_TIMEOUT = 0x01,
    STATUS_CRC = 0x02,
    STATUS_CONTEXT = 0x27,
    STATUS_MORE = 0x40,
    STATUS_NAD = 0x80,
};

enum command {
    DIAGNOSE = 0x00,
    GET_FIRMWARE_VERSION = 0x02,
    GET_GENERAL_STATUS = 0x04,
    READ_REGISTER = 0x06,
    WRITE_REGISTER = 0x08,
    SET_PARAMETERS = 0x12,
    SAM_CONFIGURATION = 0x14,
    POWER_DOWN = 0x16,
    RF_CONFIGURATION = 0x32,
    IN_DATA_EXCHANGE = 0x40,
    IN_COMMUNICATE_THRU = 0x42,
    IN_DESELECT = 0x44,
    IN_LIST_PASSIVE_TARGET = 0x4a,
    IN_RELEASE = 0x52,
    IN_SELECT = 0x54,
    IN_JUMP_FOR_DEP = 0x56,
    IN_AUTO_POLL = 0x60,
};

enum {
    REGISTER_BASE = 0x6300, /* CIU registers; the rest is answered with what was written last */
    REGISTER_TX_AUTO = 0x05,
    REGISTER_CONTROL = 0x3c,
    CHAIN_PART = 128,
};

void chip_reset(struct chip *chip)
{
    chip->power = CHIP_ASLEEP;
    memset(chip->registers, 0, sizeof chip->registers);
    chip->registers[REGISTER_TX_AUTO] = 0x40;
    chip->registers[REGISTER_CONTROL] = 0x10;
    chip->rf_on = false;
    chip->auto_rats = true;
    chip->activation_retries = 0xff;
    memset(chip->targets, 0, sizeof chip->targets);
    chip->chain_size = 0;
}

bool chip_fault_take(struct chip *chip, enum chip_fault fault)
{
    if (chip->fault != fault || chip->fault_left == 0)
        return false;
    if (--chip->fault_left == 0)
        chip->fault = FAULT_NONE;
    return true;
}

/* --- the field */

bool chip_field_add(struct chip *chip, struct card *card)
{
    chip_field_remove(chip, card);
    for (size_t i = 0; i < CHIP_FIELD_MAX; i++) {
        if (chip->field[i] == NULL) {
            chip->field[i] = card;
            card_enter(card);
            return true;
        }
    }
    return false;
}

void chip_field_remove(struct chip *chip, const struct card *card)
{
    for (size_t i = 0; i < CHIP_FIELD_MAX; i++)
        if (chip->field[i] == card)
            chip->field[i] = NULL;
}

static bool card_is_there(const struct chip *chip, const struct card *card)
{
    for (size_t i = 0; i < CHIP_FIELD_MAX; i++)
        if (card != NULL && chip->field[i] == card)
            return chip->rf_on && !card_is_gone(card);
    return false;
}

static void field_switch(struct chip *chip, bool on)
{
    if (!on)
        for (size_t i = 0; i < CHIP_FIELD_MAX; i++)
            if (chip->field[i])
                card_reset(chip->field[i]);
    chip->rf_on = on;
}

/* --- activation */

/*
 * REQA: idle cards answer; one that is selected but hears a request falls back to idle and answers the
 * next one; halted cards and those in the ISO-DEP protocol do not answer (ISO/IEC 14443-3 section 6.4).
 * Anticollision then leaves the one with the lowest UID.
 */
static struct card *request(struct chip *chip, struct tb_span uid)
{
    struct card *found = NULL;
    for (size_t i = 0; i < CHIP_FIELD_MAX && chip->rf_on; i++) {
        struct card *card = chip->field[i];
        if (card == NULL || card_is_gone(card))
            continue;
        bool answers = card->field == CARD_IDLE;
        if (card->field == CARD_ACTIVE)
            card->field = CARD_IDLE;
        if (answers && uid.size > 0)
            answers = tb_span_equal(tb_span_of(card->uid, card->uid_size), uid);
        if (answers && (found == NULL || memcmp(card->uid, found->uid, sizeof card->uid) < 0))
            found = card;
    }
    if (found) {
        found->field = CARD_ACTIVE;
        card_activate(found);
    }
    return found;
}

static struct card *attempts(struct chip *chip, struct tb_span uid, uint64_t *us)
{
    unsigned attempt_max = chip->activation_retries == 0xff ? 2 : chip->activation_retries + 1u;
    for (unsigned i = 0; i < attempt_max; i++) {
        struct card *card = request(chip, uid);
        if (card) {
            *us += AIR_GUARD_US + AIR_REQUEST_US + AIR_CASCADE_US * (card->uid_size > 4 ? 2u : 1u);
            return card;
        }
        *us += AIR_EMPTY_US;
    }
    return NULL;
}

static void target_add(struct chip *chip, unsigned number, struct card *card, struct tb_buf *answer,
                       uint64_t *us)
{
    chip->targets[number] = card;
    tb_buf_add_u8(answer, (uint8_t)(number + 1));
    tb_buf_add_u16be(answer, card->atqa);
    tb_buf_add_u8(answer, card->sak);
    tb_buf_add_u8(answer, card->uid_size);
    tb_buf_add(answer, tb_span_of(card->uid, card->uid_size));
    if (!card_is_iso_dep(card) || !chip->auto_rats)
        return;
    struct tb_span ats = card_ats(card);
    bool without_size = chip_fault_take(chip, FAULT_ATS0);
    tb_buf_add_u8(answer, without_size ? 0 : ats.at[0]);
    tb_buf_add(answer, tb_span_sub(ats, 1, SIZE_MAX));
    card->field = CARD_PROTOCOL;
    *us += AIR_RATS_US;
}

static void targets_wake(struct chip *chip)
{
    for (size_t i = 0; i < CHIP_TARGET_MAX; i++)
        if (chip->targets[i] && chip->targets[i]->field == CARD_HALT)
            chip->targets[i]->field = CARD_ACTIVE;
}

/* The UID as InListPassiveTarget takes it: 88 before each part of 3 bytes. */
static struct tb_span uid_of_cascade(struct tb_span given, uint8_t ret_uid[10])
{
    size_t size = 0;
    while (given.size > 0) {
        bool more = given.at[0] == 0x88 && given.size > 4;
        struct tb_span part = more ? tb_span_sub(given, 1, 3) : tb_span_sub(given, 0, 4);
        if (size + part.size > 10)
            break;
        memcpy(ret_uid + size, part.at, part.size);
        size += part.size;
        given = tb_span_sub(given, 4, SIZE_MAX);
    }
    return tb_span_of(ret_uid, size);
}

static enum chip_result list_targets(struct chip *chip, struct tb_span command, struct tb_buf *answer,
                                     uint64_t *us)
{
    unsigned target_max = command.size > 1 ? command.at[1] : 1;
    bool type_a = command.size > 2 && command.at[2] == 0x00;
    uint8_t uid[10];
    struct tb_span wanted = uid_of_cascade(tb_span_sub(command, 3, SIZE_MAX), uid);
    unsigned count = 0;
    size_t count_at = answer->size;
    memset(chip->targets, 0, sizeof chip->targets);
    chip->rf_on = true;
    tb_buf_add_u8(answer, 0);
    while (type_a && count < target_max && count < CHIP_TARGET_MAX) {
        struct card *card = attempts(chip, wanted, us);
        if (card == NULL)
            break;
        target_add(chip, count++, card, answer, us);
        if (card->field == CARD_ACTIVE)
            card->field = CARD_HALT; /* while the next one is looked for */
    }
    targets_wake(chip);
    answer->at[count_at] = (uint8_t)count;
    if (count > 0)
        return CHIP_ANSWER;
    if (type_a && chip->activation_retries == 0xff) {
        *us = 0;
        return CHIP_PENDING;
    }
    *us += type_a ? 0 : AIR_EMPTY_US;
    return CHIP_ANSWER;
}

/* 60 PollNr Period Type… : type 00 and 10 are any 106A card, 20 an ISO-DEP one. */
static enum chip_result auto_poll(struct chip *chip, struct tb_span command, struct tb_buf *answer,
                                  uint64_t *us)
{
    if (command.size < 4)
        return CHIP_SYNTAX;
    bool type_a = false;
    for (size_t i = 3; i < command.size; i++)
        type_a |= command.at[i] == 0x00 || command.at[i] == 0x10 || command.at[i] == 0x20;
    uint8_t data[64];
    struct tb_buf target = tb_buf_of(data, sizeof data);
    memset(chip->targets, 0, sizeof chip->targets);
    chip->rf_on = true;
    struct card *card = type_a ? attempts(chip, tb_span_of(NULL, 0), us) : NULL;
    if (card) {
        target_add(chip, 0, card, &target, us);
        tb_buf_add_u8(answer, 1);
        tb_buf_add_u8(answer, card_is_iso_dep(card) ? 0x20 : 0x10);
        tb_buf_add_u8(answer, (uint8_t)target.size);
        tb_buf_add(answer, tb_buf_span(&target));
        return CHIP_ANSWER;
    }
    uint64_t rounds = (uint64_t)command.at[2] * (command.size - 3);
    *us = command.at[1] == 0xff ? 0 : command.at[1] * rounds * POLL_PERIOD_US;
    tb_buf_add_u8(answer, 0);
    return CHIP_PENDING;
}

/* --- data exchange */

static void answer_chain(struct chip *chip, struct tb_buf *answer)
{
    size_t left = chip->chain_size - chip->chain_at;
    bool more = chip->chained && left > CHAIN_PART;
    size_t size = more ? CHAIN_PART : left;
    tb_buf_add_u8(answer, more ? STATUS_MORE : STATUS_OK);
    tb_buf_add(answer, tb_span_of(chip->chain + chip->chain_at, size));
    chip->chain_at += size;
    if (!more)
        chip->chain_size = 0;
}

static void exchange_log(struct chip *chip, const struct card *card, struct tb_span command,
                         struct tb_span answer, bool violation)
{
    log_rf(chip->log, LOG_RF, card->name, command, answer);
    if (violation)
        log_rf(chip->log, LOG_VIOLATION, card->name, command, answer);
}

/* ISO-DEP presence check of libnfc: R(NAK), answered by R(ACK). */
static bool raw_answer(const struct card *card, struct tb_span data, struct tb_buf *ret_bytes)
{
    if (!card_is_iso_dep(card) || data.size != 1 || (data.at[0] & 0xf6) != 0xb2)
        return false;
    tb_buf_add_u8(ret_bytes, 0xa2);
    return true;
}

static void air_time_add(const struct card *card, size_t byte_count, uint64_t *us)
{
    *us += AIR_TURN_US + AIR_BYTE_US * byte_count;
    if (card_is_iso_dep(card))
        *us += AIR_CARD_US + 4 * AIR_BYTE_US;
}

static void card_ask(struct chip *chip, struct card *card, struct tb_span data, bool raw,
                     struct tb_buf *answer, uint64_t *us)
{
    struct tb_buf bytes = tb_buf_of(chip->chain, sizeof chip->chain);
    bool violation = false;
    bool answered = false;
    if (card_is_there(chip, card) && (card->field == CARD_ACTIVE || card->field == CARD_PROTOCOL)) {
        answered = (raw && raw_answer(card, data, &bytes)) || card_exchange(card, data, &bytes, &violation);
        exchange_log(chip, card, data, tb_buf_span(&bytes), violation);
    }
    if (chip_fault_take(chip, FAULT_STATUS80)) {
        tb_buf_add_u8(answer, STATUS_NAD);
    } else if (!answered) {
        *us += AIR_TIMEOUT_US;
        tb_buf_add_u8(answer, STATUS_TIMEOUT);
    } else if (chip_fault_take(chip, FAULT_RF)) {
        tb_buf_add_u8(answer, STATUS_CRC);
    } else {
        air_time_add(card, data.size + bytes.size, us);
        chip->chain_size = bytes.size;
        chip->chain_at = 0;
        answer_chain(chip, answer);
    }
}

static enum chip_result data_exchange(struct chip *chip, struct tb_span command, struct tb_buf *answer,
                                      uint64_t *us)
{
    unsigned number = command.size > 1 ? command.at[1] & 0x07u : 0;
    struct card *card = number >= 1 && number <= CHIP_TARGET_MAX ? chip->targets[number - 1] : NULL;
    struct tb_span data = tb_span_sub(command, 2, SIZE_MAX);
    if (card == NULL)
        tb_buf_add_u8(answer, STATUS_CONTEXT);
    else if (data.size == 0 && chip->chain_size > 0)
        answer_chain(chip, answer);
    else
        card_ask(chip, card, data, false, answer, us);
    return CHIP_ANSWER;
}

static enum chip_result communicate_thru(struct chip *chip, struct tb_span command, struct tb_buf *answer,
                                         uint64_t *us)
{
    struct card *card = chip->targets[0];
    if (card) {
        card_ask(chip, card, tb_span_sub(command, 1, SIZE_MAX), true, answer, us);
        return CHIP_ANSWER;
    }
    *us += AIR_TIMEOUT_US;
    tb_buf_add_u8(answer, STATUS_TIMEOUT);
    return CHIP_ANSWER;
}

static void targets_halt(struct chip *chip, bool forget)
{
    for (size_t i = 0; i < CHIP_TARGET_MAX; i++) {
        if (card_is_there(chip, chip->targets[i]))
            chip->targets[i]->field = CARD_HALT;
        if (forget)
            chip->targets[i] = NULL;
    }
}

/* --- housekeeping */

static enum chip_result diagnose(struct chip *chip, struct tb_span command, struct tb_buf *answer)
{
    uint8_t test = command.size > 1 ? command.at[1] : 0xff;
    struct tb_span data = tb_span_sub(command, 2, SIZE_MAX);
    switch (test) {
    case 0x00:
        tb_buf_add_u8(answer, 0x00);
        tb_buf_add(answer, data);
        return CHIP_ANSWER;
    case 0x01:
    case 0x02:
    case 0x07: tb_buf_add_u8(answer, STATUS_OK); return CHIP_ANSWER;
    case 0x06:
        tb_buf_add_u8(answer, card_is_there(chip, chip->targets[0]) ? STATUS_OK : STATUS_TIMEOUT);
        return CHIP_ANSWER;
    default: return CHIP_SYNTAX;
    }
}

static uint8_t *register_find(struct chip *chip, uint8_t high, uint8_t low)
{
    static uint8_t elsewhere; /* special function registers: read back as last written */
    unsigned address = (unsigned)high << 8 | low;
    bool inside = address >= REGISTER_BASE && address < REGISTER_BASE + CHIP_REGISTER_COUNT;
    return inside ? &chip->registers[address - REGISTER_BASE] : &elsewhere;
}

static enum chip_result registers_read(struct chip *chip, struct tb_span command, struct tb_buf *answer)
{
    if (command.size < 3 || command.size % 2 != 1)
        return CHIP_SYNTAX;
    for (size_t i = 1; i < command.size; i += 2)
        tb_buf_add_u8(answer, *register_find(chip, command.at[i], command.at[i + 1]));
    return CHIP_ANSWER;
}

static enum chip_result registers_write(struct chip *chip, struct tb_span command)
{
    if (command.size < 4 || command.size % 3 != 1)
        return CHIP_SYNTAX;
    for (size_t i = 1; i < command.size; i += 3)
        *register_find(chip, command.at[i], command.at[i + 1]) = command.at[i + 2];
    return CHIP_ANSWER;
}

static enum chip_result rf_configure(struct chip *chip, struct tb_span command)
{
    uint8_t item = command.size > 2 ? command.at[1] : 0;
    if (item == 0x01)
        field_switch(chip, command.at[2] & 0x01);
    else if (item == 0x05 && command.size == 5)
        chip->activation_retries = command.at[4];
    else if (item != 0x02 && item != 0x04 && item < 0x0a)
        return CHIP_SYNTAX;
    return CHIP_ANSWER;
}

static enum chip_result status_answer(struct tb_buf *answer, uint8_t status)
{
    tb_buf_add_u8(answer, status);
    return CHIP_ANSWER;
}

static enum chip_result general_status(struct chip *chip, struct tb_buf *answer)
{
    const uint8_t status[] = {0x00, chip->rf_on, 0x00, 0x80};
    tb_buf_add(answer, tb_span_of(status, sizeof status));
    return CHIP_ANSWER;
}

static enum chip_result dispatch(struct chip *chip, struct tb_span command, struct tb_buf *answer,
                                 uint64_t *us)
{
    switch (command.at[0]) {
    case DIAGNOSE: return diagnose(chip, command, answer);
    case GET_FIRMWARE_VERSION: tb_buf_add(answer, tb_span_of("\x32\x01\x06\x07", 4)); return CHIP_ANSWER;
    case GET_GENERAL_STATUS: return general_status(chip, answer);
    case READ_REGISTER: return registers_read(chip, command, answer);
    case WRITE_REGISTER: return registers_write(chip, command);
    case SET_PARAMETERS: chip->auto_rats = command.size > 1 && (command.at[1] & 0x10); return CHIP_ANSWER;
    case SAM_CONFIGURATION: chip->power = CHIP_NORMAL; return CHIP_ANSWER;
    case POWER_DOWN:
        field_switch(chip, false);
        chip->power = CHIP_ASLEEP;
        return status_answer(answer, STATUS_OK);
    case RF_CONFIGURATION: return rf_configure(chip, command);
    case IN_DATA_EXCHANGE: return data_exchange(chip, command, answer, us);
    case IN_COMMUNICATE_THRU: return communicate_thru(chip, command, answer, us);
    case IN_DESELECT: targets_halt(chip, false); return status_answer(answer, STATUS_OK);
    case IN_LIST_PASSIVE_TARGET: return list_targets(chip, command, answer, us);
    case IN_RELEASE: targets_halt(chip, true); return status_answer(answer, STATUS_OK);
    case IN_SELECT: return status_answer(answer, chip->targets[0] ? STATUS_OK : STATUS_CONTEXT);
    case IN_JUMP_FOR_DEP: return status_answer(answer, STATUS_TIMEOUT);
    case IN_AUTO_POLL: return auto_poll(chip, command, answer, us);
    default: return CHIP_SYNTAX;
    }
}

enum chip_result chip_run(struct chip *chip, struct tb_span command, struct tb_buf *ret_answer,
                          uint64_t *ret_us)
{
    TB_ASSERT(command.size > 0);
    *ret_us = 0;
    tb_buf_reset(ret_answer);
    tb_buf_add_u8(ret_answer, (uint8_t)(command.at[0] + 1));
    enum chip_result result = dispatch(chip, command, ret_answer, ret_us);
    TB_ASSERT(ret_answer->err == TB_OK);
    return result;
}
