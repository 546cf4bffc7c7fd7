#include "tests/support/pn532d/chip.h"

#include "core/base/assert.h"
#include "tests/support/pn532d/air.h"

enum {
    RETRY_TIMEOUT_START = 0x0a, /* 51.2 ms; section 7.3.1 */
    RETRY_TIMEOUT_MAX = 0x10,
    POLL_PERIOD_US = 150000,
    ANSWER_MAX = 262,        /* bytes of a card in one answer */
    FOREVER_COUNT = 4,       /* requests that are looked ahead when there is no end to them */
    BIT_RATE_START = 115200, /* after power-up */
    BIT_RATE_MAX = 1288000,
};

enum status {
    STATUS_OK = 0x00,
    STATUS_TIMEOUT = 0x01,
    STATUS_CRC = 0x02,
    STATUS_BUFFER = 0x0e,
    STATUS_AUTH = 0x14,
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
    SET_SERIAL_BAUD_RATE = 0x10,
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
    REGISTER_TX_MODE = 0x02,
    REGISTER_TX_AUTO = 0x05,
    REGISTER_CONTROL = 0x3c,
    REGISTER_BIT_FRAMING = 0x3d,
    TX_MODE_CRC = 0x80,
    REQA_BITS = 7,
    CHAIN_PART = 128,
};

void chip_reset(struct chip *chip)
{
    for (size_t i = 0; i < CHIP_FIELD_MAX; i++)
        if (chip->field[i])
            card_reset(chip->field[i]);
    chip->power = CHIP_ASLEEP;
    memset(chip->registers, 0, sizeof chip->registers);
    chip->registers[REGISTER_TX_AUTO] = 0x40;
    chip->registers[REGISTER_CONTROL] = 0x10;
    chip->bit_rate = BIT_RATE_START;
    chip->bit_rate_next = 0;
    if (chip->bit_rate_max == 0)
        chip->bit_rate_max = BIT_RATE_MAX;
    chip->rf_on = false;
    chip->auto_rats = true;
    chip->activation_retries = 0xff;
    chip->retry_timeout = RETRY_TIMEOUT_START;
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
            card->entered_us = chip->now_us;
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
    if (on && !chip->rf_on)
        chip->rf_on_us = chip->now_us;
    chip->rf_on = on;
}

/* --- activation */

static bool card_is_powered(const struct chip *chip, const struct card *card, uint64_t at_us)
{
    uint64_t since_us = card->entered_us > chip->rf_on_us ? card->entered_us : chip->rf_on_us;
    return !chip->real || at_us >= since_us + AIR_GUARD_US;
}

/*
 * REQA: idle cards answer; one that is selected but hears a request falls back to idle and answers the
 * next one; halted cards and those in the ISO-DEP protocol do not answer (ISO/IEC 14443-3 section 6.4).
 * Anticollision then leaves the one with the lowest UID.
 */
static struct card *request(struct chip *chip, struct tb_span uid, uint64_t at_us)
{
    struct card *found = NULL;
    for (size_t i = 0; i < CHIP_FIELD_MAX && chip->rf_on; i++) {
        struct card *card = chip->field[i];
        if (card == NULL || card_is_gone(card) || !card_is_powered(chip, card, at_us))
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

static unsigned attempt_max(const struct chip *chip)
{
    if (chip->activation_retries != 0xff)
        return chip->activation_retries + 1u;
    return chip->real ? (unsigned)((chip->now_us - chip->began_us) / AIR_RETRY_US) + FOREVER_COUNT
                      : FOREVER_COUNT;
}

/* How the next frame goes out that is not the chip's own: as the last one of a look, REQA or SELECT. */
static void framing_keep(struct chip *chip, bool found)
{
    uint8_t *tx_mode = &chip->registers[REGISTER_TX_MODE];
    *tx_mode = (uint8_t)(found ? *tx_mode | TX_MODE_CRC : *tx_mode & ~TX_MODE_CRC);
    chip->registers[REGISTER_BIT_FRAMING] = found ? 0 : REQA_BITS;
}

/* The chip makes its first request when its field has been on for the guard time. */
static struct card *attempts(struct chip *chip, struct tb_span uid, uint64_t *us)
{
    uint64_t at_us = chip->began_us + *us;
    if (chip->real && at_us < chip->rf_on_us + AIR_GUARD_US)
        at_us = chip->rf_on_us + AIR_GUARD_US;
    for (unsigned i = 0; i < attempt_max(chip); i++, at_us += chip->real ? AIR_RETRY_US : 0) {
        if (at_us < chip->now_us && chip->real)
            continue;
        struct card *card = request(chip, uid, at_us);
        if (card) {
            chip->asked_us = at_us;
            framing_keep(chip, true);
            *us = at_us - chip->began_us + (uint64_t)air_select_us(card->uid_size);
            return card;
        }
    }
    *us = at_us - chip->began_us;
    framing_keep(chip, false);
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
    *us += (uint64_t)air_rats_us(ats.size);
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
    field_switch(chip, true);
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
    *us += type_a ? 0 : AIR_RETRY_US;
    return type_a && chip->real ? CHIP_PENDING : CHIP_ANSWER;
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
    field_switch(chip, true);
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

/* To frames that are no requests. */
static bool card_listens(const struct chip *chip, const struct card *card)
{
    return card_is_there(chip, card) && (card->field == CARD_ACTIVE || card->field == CARD_PROTOCOL);
}

/* ISO-DEP presence check of libnfc: R(NAK), answered by R(ACK). */
static bool raw_answer(const struct card *card, struct tb_span data, struct tb_buf *ret_bytes)
{
    if (!card_is_iso_dep(card) || data.size != 1 || (data.at[0] & 0xf6) != 0xb2)
        return false;
    tb_buf_add_u8(ret_bytes, 0xa2);
    return true;
}

static double answered_us(const struct card *card, size_t command_size, size_t answer_size, bool raw)
{
    if (card_is_iso_dep(card) && !raw)
        return air_apdu_us(command_size, answer_size, AIR_FSD);
    return air_exchange_us(command_size + AIR_CRC, answer_size + AIR_CRC);
}

/* MIFARE Classic's authentication, which InDataExchange takes for itself, even from a card without keys. */
static bool is_authentication(const struct card *card, struct tb_span data)
{
    return !card_is_iso_dep(card) && (data.at[0] == 0x60 || data.at[0] == 0x61);
}

static bool card_answers(struct chip *chip, struct card *card, struct tb_span data, bool raw,
                         struct tb_buf *bytes)
{
    bool violation = false;
    if (!card_listens(chip, card))
        return false;
    bool answered = (raw && raw_answer(card, data, bytes)) || card_exchange(card, data, bytes, &violation);
    exchange_log(chip, card, data, tb_buf_span(bytes), violation);
    return answered;
}

/* How long a card may be silent. */
static uint64_t timeout_us(const struct chip *chip)
{
    return UINT64_C(100) << (chip->retry_timeout - 1);
}

/* A NAK of four bits looks to the chip like a frame without a CRC. */
static uint8_t card_ask(struct chip *chip, struct card *card, struct tb_span data, bool raw, uint64_t *us)
{
    struct tb_buf bytes = tb_buf_of(chip->chain, sizeof chip->chain);
    card->nak = false;
    bool answered = data.size > 0 && (raw || !is_authentication(card, data)) &&
                    card_answers(chip, card, data, raw, &bytes);
    chip->chain_size = chip->chain_at = 0;
    if (chip_fault_take(chip, FAULT_STATUS80))
        return STATUS_NAD;
    if (!raw && data.size > 0 && is_authentication(card, data))
        return STATUS_AUTH;
    if (!answered) {
        *us += card->nak ? (uint64_t)air_nak_us(data.size + AIR_CRC) : timeout_us(chip);
        return card->nak ? STATUS_CRC : STATUS_TIMEOUT;
    }
    *us += (uint64_t)answered_us(card, data.size, bytes.size, raw);
    if (chip_fault_take(chip, FAULT_RF))
        return STATUS_CRC;
    if (bytes.size > ANSWER_MAX)
        return STATUS_BUFFER;
    chip->chain_size = bytes.size;
    return STATUS_OK;
}

static void card_answer(struct chip *chip, struct card *card, struct tb_span data, bool raw,
                        struct tb_buf *answer, uint64_t *us)
{
    uint8_t status = card_ask(chip, card, data, raw, us);
    if (status == STATUS_OK)
        answer_chain(chip, answer);
    else
        tb_buf_add_u8(answer, status);
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
        card_answer(chip, card, data, false, answer, us);
    return CHIP_ANSWER;
}

static enum chip_result communicate_thru(struct chip *chip, struct tb_span command, struct tb_buf *answer,
                                         uint64_t *us)
{
    struct card *card = chip->targets[0];
    if (card_listens(chip, card)) {
        card_answer(chip, card, tb_span_sub(command, 1, SIZE_MAX), true, answer, us);
        return CHIP_ANSWER;
    }
    struct tb_span frame = tb_span_sub(command, 1, SIZE_MAX);
    bool whole = (chip->registers[REGISTER_TX_MODE] & TX_MODE_CRC) && !chip->registers[REGISTER_BIT_FRAMING];
    log_rf(chip->log, LOG_RF, whole ? "everybody" : "garbled", frame, tb_span_of(NULL, 0));
    *us += (uint64_t)air_frame_us(frame.size + AIR_CRC) + timeout_us(chip);
    tb_buf_add_u8(answer, STATUS_TIMEOUT);
    return CHIP_ANSWER;
}

/* HLTA, which nobody answers, or the S-block that ends ISO-DEP. */
static void targets_halt(struct chip *chip, bool forget, uint64_t *us)
{
    for (size_t i = 0; i < CHIP_TARGET_MAX; i++) {
        if (card_is_there(chip, chip->targets[i])) {
            chip->targets[i]->field = CARD_HALT;
            *us += (uint64_t)(card_is_iso_dep(chip->targets[i]) ? air_exchange_us(3, 3)
                                                                : air_frame_us(2 + AIR_CRC));
        }
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

/* fRetryTimeout is the last byte; 00, a wait without an end, is not modelled. */
static enum chip_result timings_configure(struct chip *chip, struct tb_span command)
{
    if (command.size != 5 || command.at[4] == 0 || command.at[4] > RETRY_TIMEOUT_MAX)
        return CHIP_SYNTAX;
    chip->retry_timeout = command.at[4];
    return CHIP_ANSWER;
}

static enum chip_result rf_configure(struct chip *chip, struct tb_span command)
{
    uint8_t item = command.size > 2 ? command.at[1] : 0;
    if (item == 0x01)
        field_switch(chip, command.at[2] & 0x01);
    else if (item == 0x05 && command.size == 5)
        chip->activation_retries = command.at[4];
    else if (item == 0x02)
        return timings_configure(chip, command);
    else if (item != 0x04 && item < 0x0a)
        return CHIP_SYNTAX;
    return CHIP_ANSWER;
}

static enum chip_result bit_rate_set(struct chip *chip, struct tb_span command)
{
    static const unsigned rates[] = {9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600, BIT_RATE_MAX};
    unsigned code = command.size == 2 ? command.at[1] : TB_ARRAY_SIZE(rates);
    if (code >= TB_ARRAY_SIZE(rates) || rates[code] > chip->bit_rate_max)
        return CHIP_SYNTAX;
    chip->bit_rate_next = rates[code];
    return CHIP_ANSWER;
}

void chip_acknowledge(struct chip *chip)
{
    if (chip->bit_rate_next != 0)
        chip->bit_rate = chip->bit_rate_next;
    chip->bit_rate_next = 0;
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
    case SET_SERIAL_BAUD_RATE: return bit_rate_set(chip, command);
    case SET_PARAMETERS: chip->auto_rats = command.size > 1 && (command.at[1] & 0x10); return CHIP_ANSWER;
    case SAM_CONFIGURATION: chip->power = CHIP_NORMAL; return CHIP_ANSWER;
    case POWER_DOWN:
        field_switch(chip, false);
        chip->power = CHIP_ASLEEP;
        return status_answer(answer, STATUS_OK);
    case RF_CONFIGURATION: return rf_configure(chip, command);
    case IN_DATA_EXCHANGE: return data_exchange(chip, command, answer, us);
    case IN_COMMUNICATE_THRU: return communicate_thru(chip, command, answer, us);
    case IN_DESELECT: targets_halt(chip, false, us); return status_answer(answer, STATUS_OK);
    case IN_LIST_PASSIVE_TARGET: return list_targets(chip, command, answer, us);
    case IN_RELEASE: targets_halt(chip, true, us); return status_answer(answer, STATUS_OK);
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
    chip->bit_rate_next = 0;
    chip->asked_us = UINT64_MAX;
    *ret_us = 0;
    tb_buf_reset(ret_answer);
    tb_buf_add_u8(ret_answer, (uint8_t)(command.at[0] + 1));
    enum chip_result result = dispatch(chip, command, ret_answer, ret_us);
    TB_ASSERT(ret_answer->err == TB_OK);
    return result;
}
