/*
 * PN532 on a serial line, simulated on a pseudo-terminal, or on I2C (--i2c), whose bus is a socket
 * (boards/mcu/host/i2c_socket.h). See simctl.h for the line, the control socket and the commands that every
 * simulator knows. Its own:
 *     card <name> <kind> …       defines a card, see card.h
 *     tap <name>[+<name>] [ms]   holds cards to the antenna, for ms or until they are removed
 *     remove [name]              takes one or all away
 *     fault <name> [count]       strikes the next commands, see chip.h; count 0 means every one; fault off
 *     fault <name> <count> <name>[+<name>]   the same, and tap at that moment: no command comes in between
 *     profile fast|real          real: the line's bit rate and the times of the air, see air.h
 *     rate [max <bit/s>]         of the line; max: the chip refuses more (SetSerialBaudRate)
 *     wire <us>                  "<us> <line us> <air us> <wait us>": when the last tap came, and what the
 *                                wires did from then until that time (CLOCK_MONOTONIC), see wire.h
 *     answers extended|chained   how answers above 128 bytes come
 *     log [kind] [n]             the last n (default 20) entries, see log.h; log clear
 *     violations                 how often a payment card was asked what it must not be asked
 *     field                      names of the cards at the antenna
 */
#include "boards/mcu/host/i2c_socket.h"
#include "core/base/text.h"
#include "tests/support/pn532d/chip.h"
#include "tests/support/pn532d/i2c.h"
#include "tests/support/pn532d/wire.h"
#include "tests/support/simctl.h"

#include <getopt.h>
#include <stdio.h>

enum {
    CARD_COUNT_MAX = 64,
    DRIBBLE_US = 250000,
    STRETCH_MS = 255,
    LOG_DEFAULT = 20,
};

struct reader {
    struct chip chip;
    struct sim_log log;
    struct pn532_parser parser;
    struct card cards[CARD_COUNT_MAX];
    size_t card_count;
    struct wire wire;
    uint64_t heard_us; /* when the host's last byte was through the line */
    uint64_t tap_us;   /* when the last tap came */
    bool aborted;      /* the host's last frame was an ACK */
    struct tb_sim_timer ack_timer;
    struct tb_sim_timer answer_timer;
    struct tb_sim_timer tap_timer;
    bool with_nack; /* instead of the ACK */
    bool pending;   /* command runs until a card comes */
    uint8_t command[PN532_DATA_MAX];
    size_t command_size;
    uint8_t data[PN532_DATA_MAX];
    struct tb_buf answer; /* in data */
    uint8_t frame[PN532_FRAME_MAX + 16];
    size_t frame_size;
    size_t frame_sent; /* while it dribbles */
    bool on_i2c;
    struct i2c i2c;
    uint8_t held_ms; /* on I2C: the clock, before each byte of the answer at hand */
    uint8_t word[I2C_SOCKET_WORD_SIZE];
    size_t word_size;
};

static struct reader *reader_of(const struct tb_sim *sim)
{
    return tb_sim_context(sim);
}

/* Both ends talk at the same bit rate, as far as that can be told. */
static bool rates_match(struct tb_sim *sim)
{
    unsigned rate = tb_sim_line_rate(sim);
    return rate == 0 || rate == reader_of(sim)->chip.bit_rate;
}

static void line_send(struct tb_sim *sim, struct tb_span bytes)
{
    uint8_t noise[PN532_FRAME_MAX + 16];
    if (reader_of(sim)->on_i2c) {
        i2c_frame_add(&reader_of(sim)->i2c, bytes);
        return;
    }
    if (!rates_match(sim)) {
        memset(noise, 0xf8, sizeof noise);
        bytes = tb_span_of(noise, bytes.size);
    }
    if (tb_sim_send(sim, bytes) != TB_OK)
        log_text(&reader_of(sim)->log, LOG_SIM, "line closed");
}

/* --- answers */

/* The answer frame with the fault that strikes it, if any. */
static void frame_make(struct reader *r)
{
    struct tb_buf b = tb_buf_of(r->frame, sizeof r->frame);
    if (chip_fault_take(&r->chip, FAULT_JUNK))
        tb_buf_add(&b, tb_span_of("\x5a\xa5\xff\x13", 4));
    if (chip_fault_take(&r->chip, FAULT_PREAMBLE))
        tb_buf_add_u8(&b, 0x00);
    pn532_frame_build(&b, tb_buf_span(&r->answer));
    if (chip_fault_take(&r->chip, FAULT_DCS))
        b.at[b.size - 2] ^= 0xff;
    if (chip_fault_take(&r->chip, FAULT_TRUNC))
        b.size /= 2;
    r->frame_size = b.size;
    r->frame_sent = 0;
}

static void dribble(struct tb_sim *sim, struct tb_sim_timer *timer)
{
    struct reader *r = reader_of(sim);
    line_send(sim, tb_span_of(r->frame + r->frame_sent++, 1));
    if (r->frame_sent < r->frame_size)
        tb_sim_timer_set(sim, timer, DRIBBLE_US);
}

static void answer_send(struct tb_sim *sim, struct tb_sim_timer *timer)
{
    struct reader *r = reader_of(sim);
    r->log.now_us = tb_sim_now_us(sim);
    r->pending = false;
    if (chip_fault_take(&r->chip, FAULT_NORESP))
        return;
    log_hex(&r->log, LOG_ANS, tb_buf_span(&r->answer));
    bool slowly = chip_fault_take(&r->chip, FAULT_DRIBBLE);
    frame_make(r);
    r->held_ms = slowly && r->on_i2c ? DRIBBLE_US / 1000 : 0;
    if (slowly && !r->on_i2c) {
        timer->fired = dribble;
        tb_sim_timer_set(sim, timer, 0);
    } else {
        line_send(sim, tb_span_of(r->frame, r->frame_size));
    }
}

static void ack_send(struct tb_sim *sim, struct tb_sim_timer *timer)
{
    struct reader *r = reader_of(sim);
    (void)timer;
    line_send(sim, r->with_nack ? tb_span_of(pn532_frame_nack, sizeof pn532_frame_nack)
                                : tb_span_of(pn532_frame_ack, sizeof pn532_frame_ack));
}

/* On I2C the master decides when it reads. */
static uint64_t line_us(const struct reader *r, size_t size)
{
    return r->chip.real && !r->on_i2c ? wire_line_us(size, r->chip.bit_rate) : 0;
}

/* Size of the frame around the answer. */
static size_t answer_frame_size(const struct reader *r)
{
    uint8_t frame[PN532_FRAME_MAX];
    struct tb_buf b = tb_buf_of(frame, sizeof frame);
    pn532_frame_build(&b, tb_buf_span(&r->answer));
    return b.size;
}

/* What the command does with air and line from from_us on: until a card is found the chip waits for one. */
static void wire_plan(struct reader *r, uint64_t from_us, uint64_t air_us, uint64_t line_end_us)
{
    uint64_t air_end_us = r->chip.began_us + air_us;
    bool looks = r->pending || r->chip.asked_us != UINT64_MAX;
    uint64_t asked_us = looks ? r->chip.asked_us : from_us;
    if (asked_us > air_end_us)
        asked_us = air_end_us;
    wire_add(&r->wire, WIRE_WAIT, from_us, asked_us);
    wire_add(&r->wire, WIRE_AIR, asked_us, air_end_us);
    wire_add(&r->wire, WIRE_LINE, air_end_us, line_end_us);
}

/* When the answer goes out: fast means at once, but what waits for a card waits in both profiles. */
static void answer_plan(struct tb_sim *sim, uint64_t air_us)
{
    struct reader *r = reader_of(sim);
    uint64_t now_us = tb_sim_now_us(sim);
    uint64_t delay_us = r->pending ? air_us : 0;
    if (r->pending && air_us == 0)
        return;
    if (r->chip.real) {
        uint64_t end_us = r->chip.began_us + air_us + line_us(r, answer_frame_size(r));
        wire_plan(r, r->chip.now_us, air_us, end_us);
        delay_us = end_us > now_us ? end_us - now_us : 0;
    }
    r->answer_timer.fired = answer_send;
    tb_sim_timer_set(sim, &r->answer_timer, delay_us);
}

static void command_cancel(struct tb_sim *sim)
{
    struct reader *r = reader_of(sim);
    if (r->answer_timer.armed)
        wire_cut(&r->wire, r->log.now_us);
    tb_sim_timer_cancel(sim, &r->ack_timer);
    tb_sim_timer_cancel(sim, &r->answer_timer);
    r->pending = false;
    r->held_ms = 0;
    i2c_frames_drop(&r->i2c);
}

/* --- commands from the host */

static void command_run(struct tb_sim *sim)
{
    struct reader *r = reader_of(sim);
    uint64_t air_us;
    enum chip_result result =
        chip_run(&r->chip, tb_span_of(r->command, r->command_size), &r->answer, &air_us);
    if (result == CHIP_SYNTAX) {
        line_send(sim, tb_span_of(pn532_frame_error, sizeof pn532_frame_error));
        return;
    }
    r->pending = result == CHIP_PENDING;
    answer_plan(sim, air_us);
}

static bool command_is_heard(struct reader *r)
{
    bool deaf = r->aborted && chip_fault_take(&r->chip, FAULT_DEAF);
    r->aborted = false;
    if (deaf || chip_fault_take(&r->chip, FAULT_NOACK))
        return false;
    enum { SAM_CONFIGURATION = 0x14 };
    return r->chip.power == CHIP_NORMAL ||
           (r->chip.power == CHIP_LOWVBAT && r->command[0] == SAM_CONFIGURATION);
}

static bool command_resets(struct reader *r, struct tb_span data)
{
    enum { IN_DATA_EXCHANGE = 0x40, IN_COMMUNICATE_THRU = 0x42 };
    bool to_card = data.at[0] == IN_DATA_EXCHANGE || data.at[0] == IN_COMMUNICATE_THRU;
    if (!to_card || !chip_fault_take(&r->chip, FAULT_RESET))
        return false;
    chip_reset(&r->chip);
    log_text(&r->log, LOG_SIM, "reset");
    return true;
}

static void command_take(struct tb_sim *sim, struct tb_span data)
{
    struct reader *r = reader_of(sim);
    command_cancel(sim);
    log_hex(&r->log, LOG_CMD, data);
    if (command_resets(r, data))
        return;
    memcpy(r->command, data.at, data.size);
    r->command_size = data.size;
    if (!command_is_heard(r)) {
        log_text(&r->log, LOG_SIM, "not heard");
        return;
    }
    r->with_nack = chip_fault_take(&r->chip, FAULT_NACK);
    r->chip.began_us = r->heard_us + line_us(r, sizeof pn532_frame_ack);
    r->chip.now_us = r->chip.began_us;
    if (r->chip.real) {
        r->ack_timer.fired = ack_send;
        wire_add(&r->wire, WIRE_LINE, r->heard_us, r->chip.began_us);
        tb_sim_timer_set(sim, &r->ack_timer, r->chip.began_us - tb_sim_now_us(sim));
    } else {
        ack_send(sim, &r->ack_timer);
    }
    if (!r->with_nack)
        command_run(sim);
}

static void wake(struct reader *r)
{
    if (r->chip.power != CHIP_ASLEEP)
        return;
    r->chip.power = CHIP_LOWVBAT;
    log_text(&r->log, LOG_SIM, "wake");
}

/* The host's ACK says that it has an answer, or that it wants none. */
static void acknowledged(struct tb_sim *sim)
{
    struct reader *r = reader_of(sim);
    unsigned bit_rate = r->chip.bit_rate;
    command_cancel(sim);
    chip_acknowledge(&r->chip);
    r->aborted = bit_rate == r->chip.bit_rate;
    log_text(&r->log, LOG_SIM, r->aborted ? "abort" : "rate");
}

static void event_take(struct tb_sim *sim, enum pn532_event event, struct tb_span data)
{
    struct reader *r = reader_of(sim);
    switch (event) {
    case PN532_EVENT_NONE: return;
    case PN532_EVENT_WAKE: wake(r); return;
    case PN532_EVENT_ACK: acknowledged(sim); return;
    case PN532_EVENT_NACK: line_send(sim, tb_span_of(r->frame, r->frame_size)); return;
    case PN532_EVENT_BAD: log_text(&r->log, LOG_SIM, "bad frame"); return;
    case PN532_EVENT_COMMAND: command_take(sim, data); return;
    }
}

/* FAULT_UNPLUG pulls the plug in front of a command, which then nobody hears: false. */
static bool byte_take(struct tb_sim *sim, uint8_t byte)
{
    struct reader *r = reader_of(sim);
    struct tb_span data = tb_span_of(NULL, 0);
    enum pn532_event event = pn532_parser_take(&r->parser, byte, &data);
    if (event == PN532_EVENT_COMMAND && chip_fault_take(&r->chip, FAULT_UNPLUG)) {
        tb_sim_unplug(sim);
        return false;
    }
    event_take(sim, event, data);
    return true;
}

/* --- I2C */

/* Its own address wakes the chip. */
static bool bus_start(struct reader *r, uint8_t address, uint8_t *ret_held_ms)
{
    if (!i2c_start(&r->i2c, address) || chip_fault_take(&r->chip, FAULT_ADDRESS))
        return false;
    if (r->chip.power == CHIP_ASLEEP)
        *ret_held_ms = I2C_WAKE_MS;
    wake(r);
    return true;
}

static bool bus_write(struct tb_sim *sim, uint8_t byte, uint8_t *ret_held_ms)
{
    struct reader *r = reader_of(sim);
    if (r->i2c.state != I2C_WRITTEN)
        return false;
    *ret_held_ms = chip_fault_take(&r->chip, FAULT_STRETCH) ? STRETCH_MS : 0;
    return byte_take(sim, byte);
}

static uint8_t bus_read(struct reader *r, uint8_t *ret_held_ms)
{
    bool answer = r->i2c.state == I2C_READ && r->i2c.count == 1; /* behind the acknowledgement */
    if (answer)
        *ret_held_ms = r->held_ms;
    if (r->i2c.state == I2C_READ && chip_fault_take(&r->chip, FAULT_STRETCH))
        *ret_held_ms = STRETCH_MS;
    return i2c_read(&r->i2c);
}

static void word_take(struct tb_sim *sim, enum i2c_socket_word word, uint8_t value)
{
    struct reader *r = reader_of(sim);
    uint8_t answer[I2C_SOCKET_WORD_SIZE] = {0, 0};
    switch (word) {
    case I2C_SOCKET_START: answer[1] = bus_start(r, value, &answer[0]); break;
    case I2C_SOCKET_WRITE: answer[1] = bus_write(sim, value, &answer[0]); break;
    case I2C_SOCKET_READ: answer[1] = bus_read(r, &answer[0]); break;
    case I2C_SOCKET_STOP: i2c_stop(&r->i2c); return;
    }
    if (tb_sim_send(sim, tb_span_of(answer, sizeof answer)) != TB_OK)
        log_text(&r->log, LOG_SIM, "line closed");
}

static void words_take(struct tb_sim *sim, struct tb_span bytes)
{
    struct reader *r = reader_of(sim);
    r->heard_us = r->log.now_us;
    for (size_t i = 0; i < bytes.size; i++) {
        r->word[r->word_size++] = bytes.at[i];
        if (r->word_size < sizeof r->word)
            continue;
        r->word_size = 0;
        word_take(sim, (enum i2c_socket_word)r->word[0], r->word[1]);
    }
}

/* --- the serial line */

static void received(struct tb_sim *sim, struct tb_span bytes)
{
    struct reader *r = reader_of(sim);
    r->log.now_us = tb_sim_now_us(sim);
    if (r->on_i2c) {
        words_take(sim, bytes);
        return;
    }
    if (!rates_match(sim)) {
        log_text(&r->log, LOG_SIM, "noise");
        return;
    }
    uint64_t begin_us = r->heard_us > r->log.now_us ? r->heard_us : r->log.now_us;
    r->heard_us = begin_us + line_us(r, bytes.size);
    for (size_t i = 0; i < bytes.size; i++)
        if (!byte_take(sim, bytes.at[i]))
            return;
    wire_add(&r->wire, WIRE_LINE, begin_us, r->heard_us);
}

static void power(struct tb_sim *sim, bool plugged)
{
    struct reader *r = reader_of(sim);
    r->log.now_us = tb_sim_now_us(sim);
    command_cancel(sim);
    chip_reset(&r->chip);
    r->parser = (struct pn532_parser){.state = PN532_HUNT};
    r->i2c = (struct i2c){.state = I2C_FREE};
    r->word_size = 0;
    log_text(&r->log, LOG_SIM, plugged ? "plug" : "unplug");
}

/* --- control */

static struct card *card_find(struct reader *r, const char *name)
{
    for (size_t i = 0; i < r->card_count; i++)
        if (strcmp(r->cards[i].name, name) == 0)
            return &r->cards[i];
    return NULL;
}

static const char *card_command(struct tb_sim *sim, char *rest)
{
    static struct card fresh;
    struct reader *r = reader_of(sim);
    char *name = tb_sim_word(&rest);
    if (name == NULL)
        return "name_missing";
    const char *error = card_parse(&fresh, name, rest);
    if (error)
        return error;
    struct card *card = card_find(r, name);
    if (card)
        chip_field_remove(&r->chip, card);
    else if (r->card_count == CARD_COUNT_MAX)
        return "too_many_cards";
    else
        card = &r->cards[r->card_count++];
    *card = fresh;
    return NULL;
}

static void field_clear(struct tb_sim *sim)
{
    struct reader *r = reader_of(sim);
    for (size_t i = 0; i < r->card_count; i++)
        chip_field_remove(&r->chip, &r->cards[i]);
    tb_sim_timer_cancel(sim, &r->tap_timer);
    log_text(&r->log, LOG_SIM, "remove");
}

static void tap_over(struct tb_sim *sim, struct tb_sim_timer *timer)
{
    (void)timer;
    reader_of(sim)->log.now_us = tb_sim_now_us(sim);
    field_clear(sim);
}

static const char *cards_enter(struct reader *r, char *names)
{
    for (char *name = names; name != NULL;) {
        char *next = strchr(name, '+');
        if (next)
            *next++ = '\0';
        struct card *card = card_find(r, name);
        if (card == NULL)
            return "unknown_card";
        if (!chip_field_add(&r->chip, card))
            return "field_full";
        log_text(&r->log, LOG_SIM, card->name);
        name = next;
    }
    return NULL;
}

static const char *tap_command(struct tb_sim *sim, char *rest)
{
    struct reader *r = reader_of(sim);
    char *names = tb_sim_word(&rest);
    char *hold = tb_sim_word(&rest);
    uint64_t hold_ms = 0;
    if (names == NULL || (hold && tb_decimal_decode(tb_span_str(hold), 600000, &hold_ms) != TB_OK))
        return "usage";
    const char *error = cards_enter(r, names);
    if (error)
        return error;
    if (hold) {
        r->tap_timer.fired = tap_over;
        tb_sim_timer_set(sim, &r->tap_timer, hold_ms * 1000);
    }
    r->tap_us = r->log.now_us;
    if (r->pending) {
        tb_sim_timer_cancel(sim, &r->answer_timer);
        if (r->chip.now_us < r->chip.began_us)
            r->chip.now_us = r->chip.began_us;
        wire_cut(&r->wire, r->chip.now_us);
        command_run(sim);
    }
    return NULL;
}

static const char *remove_command(struct tb_sim *sim, char *rest)
{
    struct reader *r = reader_of(sim);
    char *name = tb_sim_word(&rest);
    struct card *card = name ? card_find(r, name) : NULL;
    if (name && card == NULL)
        return "unknown_card";
    if (card)
        chip_field_remove(&r->chip, card);
    else
        field_clear(sim);
    return NULL;
}

static const char *fault_command(struct tb_sim *sim, char *rest)
{
    static const char *const names[FAULT_COUNT] = {
        [FAULT_NONE] = "off",        [FAULT_NOACK] = "noack",       [FAULT_NACK] = "nack",
        [FAULT_NORESP] = "noresp",   [FAULT_DCS] = "dcs",           [FAULT_TRUNC] = "trunc",
        [FAULT_JUNK] = "junk",       [FAULT_PREAMBLE] = "preamble", [FAULT_DRIBBLE] = "dribble",
        [FAULT_DEAF] = "deaf",       [FAULT_STATUS80] = "status80", [FAULT_ATS0] = "ats0",
        [FAULT_RF] = "rf",           [FAULT_UNPLUG] = "unplug",     [FAULT_RESET] = "reset",
        [FAULT_ADDRESS] = "address", [FAULT_STRETCH] = "stretch"};
    struct reader *r = reader_of(sim);
    char *name = tb_sim_word(&rest);
    char *count_text = tb_sim_word(&rest);
    uint64_t count = 1;
    if (name == NULL || (count_text && tb_decimal_decode(tb_span_str(count_text), 1000000, &count) != TB_OK))
        return "usage";
    for (unsigned fault = 0; fault < FAULT_COUNT; fault++) {
        if (strcmp(names[fault], name) != 0)
            continue;
        r->chip.fault = (enum chip_fault)fault;
        r->chip.fault_left = count ? (unsigned)count : UINT32_MAX;
        return rest[0] ? tap_command(sim, rest) : NULL;
    }
    return "unknown_fault";
}

static const char *log_command(struct reader *r, char *rest, struct tb_buf *ret_text)
{
    char *kind = tb_sim_word(&rest);
    char *count_text = tb_sim_word(&rest);
    uint64_t count = LOG_DEFAULT;
    if (kind && strcmp(kind, "clear") == 0) {
        r->log.first = r->log.count;
        return NULL;
    }
    if (kind && tb_text_is_digits(tb_span_str(kind))) {
        count_text = kind;
        kind = NULL;
    }
    if (count_text && tb_decimal_decode(tb_span_str(count_text), LOG_ENTRY_MAX, &count) != TB_OK)
        return "usage";
    log_print(&r->log, kind, (unsigned)count, ret_text);
    return NULL;
}

/* One of two words. */
static const char *switch_command(char *rest, const char *off, const char *on, bool *ret_value)
{
    char *word = tb_sim_word(&rest);
    if (word == NULL || (strcmp(word, off) != 0 && strcmp(word, on) != 0))
        return "usage";
    *ret_value = strcmp(word, on) == 0;
    return NULL;
}

static const char *rate_command(struct reader *r, char *rest, struct tb_buf *ret_text)
{
    char *word = tb_sim_word(&rest);
    char *max_text = tb_sim_word(&rest);
    uint64_t max;
    if (word == NULL) {
        tb_buf_add_decimal(ret_text, r->chip.bit_rate);
        return NULL;
    }
    if (strcmp(word, "max") != 0 || max_text == NULL ||
        tb_decimal_decode(tb_span_str(max_text), UINT32_MAX, &max) != TB_OK)
        return "usage";
    r->chip.bit_rate_max = (unsigned)max;
    return NULL;
}

static const char *wire_command(struct reader *r, char *rest, struct tb_buf *ret_text)
{
    char *until_text = tb_sim_word(&rest);
    uint64_t until_us;
    uint64_t us[WIRE_KIND_COUNT];
    if (until_text == NULL || tb_decimal_decode(tb_span_str(until_text), INT64_MAX, &until_us) != TB_OK)
        return "usage";
    wire_sum(&r->wire, r->tap_us, until_us, us);
    tb_buf_add_decimal(ret_text, (int64_t)r->tap_us);
    for (size_t i = 0; i < WIRE_KIND_COUNT; i++) {
        tb_buf_add_str(ret_text, " ");
        tb_buf_add_decimal(ret_text, (int64_t)us[i]);
    }
    return NULL;
}

static const char *field_command(const struct reader *r, struct tb_buf *ret_text)
{
    for (size_t i = 0; i < CHIP_FIELD_MAX; i++) {
        if (r->chip.field[i] == NULL)
            continue;
        if (ret_text->size)
            tb_buf_add_str(ret_text, " ");
        tb_buf_add_str(ret_text, r->chip.field[i]->name);
    }
    return NULL;
}

static const char *command(struct tb_sim *sim, const char *verb, char *rest, struct tb_buf *ret_text)
{
    struct reader *r = reader_of(sim);
    r->log.now_us = tb_sim_now_us(sim);
    r->chip.now_us = r->log.now_us;
    if (strcmp(verb, "card") == 0)
        return card_command(sim, rest);
    if (strcmp(verb, "tap") == 0)
        return tap_command(sim, rest);
    if (strcmp(verb, "remove") == 0)
        return remove_command(sim, rest);
    if (strcmp(verb, "fault") == 0)
        return fault_command(sim, rest);
    if (strcmp(verb, "profile") == 0)
        return switch_command(rest, "fast", "real", &r->chip.real);
    if (strcmp(verb, "answers") == 0)
        return switch_command(rest, "extended", "chained", &r->chip.chained);
    if (strcmp(verb, "log") == 0)
        return log_command(r, rest, ret_text);
    if (strcmp(verb, "rate") == 0)
        return rate_command(r, rest, ret_text);
    if (strcmp(verb, "wire") == 0)
        return wire_command(r, rest, ret_text);
    if (strcmp(verb, "field") == 0)
        return field_command(r, ret_text);
    if (strcmp(verb, "violations") == 0) {
        tb_buf_add_decimal(ret_text, r->log.violation_count);
        return NULL;
    }
    return "unknown_command";
}

static bool options_read(int argc, char **argv, struct tb_sim_options *options)
{
    static const struct option names[] = {
        {"line", required_argument, NULL, 'l'},
        {"unix", required_argument, NULL, 'u'},
        {"i2c", required_argument, NULL, 'i'},
        {"control", required_argument, NULL, 'c'},
        {NULL, 0, NULL, 0},
    };
    for (int option = 0; (option = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (option) {
        case 'l': options->line_path = optarg; break;
        case 'u': options->unix_path = optarg; break;
        case 'i':
            options->unix_path = optarg;
            ((struct reader *)options->context)->on_i2c = true;
            break;
        case 'c': options->control_path = optarg; break;
        default: return false;
        }
    }
    return optind == argc && !options->line_path != !options->unix_path && options->control_path;
}

int main(int argc, char **argv)
{
    static const struct tb_sim_ops ops = {.command = command, .received = received, .power = power};
    static struct reader reader;
    struct tb_sim_options options = {.ops = &ops, .context = &reader};
    struct tb_sim *sim = NULL;

    if (!options_read(argc, argv, &options)) {
        (void)fprintf(stderr,
                      "usage: %s --line <symlink>|--unix <socket>|--i2c <socket> --control <socket>\n",
                      argv[0]);
        return 2;
    }
    reader.chip.log = &reader.log;
    reader.answer = tb_buf_of(reader.data, sizeof reader.data);
    chip_reset(&reader.chip);
    enum tb_err err = tb_sim_open(&options, &sim);
    if (err == TB_OK)
        err = tb_sim_run(sim);
    (void)tb_sim_close(sim);
    return err != TB_OK;
}
