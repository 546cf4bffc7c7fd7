#include "firmware/head/pn532.h"

#include "core/base/assert.h"

enum {
    SEND_MS = 200,   /* a frame of 276 bytes at 115,200 bit/s is 24 ms */
    ACK_MS = 100,    /* the chip's own bound is 15 ms (section 6.2.1.3) */
    ANSWER_MS = 300, /* of commands that ask no card, and of InListPassiveTarget with its attempts */
    LATE_MS = 200,   /* on top of the card's time */
    OFF_MS = 6,      /* without field every card is reset: NFC Forum Digital, tFIELD_OFF 5.1 ms */
    ON_MS = 5,       /* guard time before the first command, ISO/IEC 14443-3 section 5 */
    TRY_MAX = 3,
    ERROR_MAX = 3,
    SWITCH_MS = 20, /* from our ACK to the new bit rate: until it is out, and the chip's own 0.2 ms */
    RATE_START = 4, /* 115,200 bit/s, after power-up */
    RATE_MAX = 7,   /* 921,600 bit/s */
    PART_HEAD = 3,  /* TFI, answer code, status */
    PIECE_MAX = 64, /* bytes taken in one turn: on I2C each keeps the loop from everything else */
};

enum command {
    DIAGNOSE = 0x00,
    GET_FIRMWARE_VERSION = 0x02,
    WRITE_REGISTER = 0x08,
    SET_SERIAL_BAUD_RATE = 0x10,
    SET_PARAMETERS = 0x12,
    SAM_CONFIGURATION = 0x14,
    RF_CONFIGURATION = 0x32,
    IN_DATA_EXCHANGE = 0x40,
    IN_COMMUNICATE_THRU = 0x42,
    IN_DESELECT = 0x44,
    IN_LIST_PASSIVE_TARGET = 0x4a,
};

enum {
    STATUS_MASK = 0x3f,
    STATUS_MORE = 0x40,
    IC_PN532 = 0x32,
    SAK_ISO_DEP = 0x20,
};

struct bytes {
    uint8_t size;
    uint8_t at[7];
};

/* From any state to a chip that is ready for cards. */
static const struct bytes setups[] = {
    {2, {SAM_CONFIGURATION, 0x01}}, /* normal mode: no secure element */
    {1, {GET_FIRMWARE_VERSION}},
    {3,
     {RF_CONFIGURATION, 0x01, 0x00}}, /* a card whose activation went unheard would hear no request again */
    {2, {SET_PARAMETERS, 0x14}},      /* ATR_RES and RATS are the chip's business */
    {5, {RF_CONFIGURATION, 0x05, 0xff, 0x01, 0x01}}, /* two attempts to activate a card, then say none */
};

static const struct bytes raises[] = {
    {2, {SET_SERIAL_BAUD_RATE, 5}}, {2, {SET_SERIAL_BAUD_RATE, 6}}, {2, {SET_SERIAL_BAUD_RATE, RATE_MAX}}};

/* The bit rate comes last, when all that is left to be set up is done. */
enum { SETUP_WAKE = 0, SETUP_VERSION = 1, SETUP_RATE = TB_ARRAY_SIZE(setups), SETUP_COUNT };

static const struct bytes select_card = {3, {IN_LIST_PASSIVE_TARGET, 0x01, 0x00}};
static const struct bytes exchange = {2, {IN_DATA_EXCHANGE, 0x01}};
static const struct bytes thru = {1, {IN_COMMUNICATE_THRU}};
static const struct bytes attention = {2, {DIAGNOSE, 0x06}}; /* R(NAK) to an ISO-DEP card, section 7.2.1 */
static const struct bytes read_first = {4, {IN_DATA_EXCHANGE, 0x01, 0x30, 0x00}};
static const struct bytes deselect = {2, {IN_DESELECT, 0x00}};
static const struct bytes field_off = {3, {RF_CONFIGURATION, 0x01, 0x00}};
static const struct bytes field_on = {3, {RF_CONFIGURATION, 0x01, 0x01}};
/* A look that found nothing leaves the chip at the frame of REQA, 7 bits without a CRC. CIU_TxMode: with CRC
 * at 106 kbit/s; CIU_BitFraming: whole bytes (section 7.2.5; the registers are in the chip's data sheet). */
static const struct bytes whole_frames = {7, {WRITE_REGISTER, 0x63, 0x02, 0x80, 0x63, 0x3d, 0x00}};
static const struct bytes wait_short = {5, {RF_CONFIGURATION, 0x02, 0x00, 0x0b, 0x04}}; /* 0.8 ms */
static const struct bytes wait_usual = {5, {RF_CONFIGURATION, 0x02, 0x00, 0x0b, 0x0a}}; /* 51.2 ms */

static uint32_t bit_rate(unsigned rate)
{
    return UINT32_C(115200) << (rate - RATE_START);
}

void tb_pn532_init(struct tb_pn532 *p, const struct tb_pn532_bus *bus, uint32_t bit_rate_max)
{
    *p = (struct tb_pn532){.bus = bus, .rate = RATE_START, .rate_max = RATE_START};
    while (bus->rate && p->rate_max < RATE_MAX && bit_rate(p->rate_max + 1u) <= bit_rate_max)
        p->rate_max++;
    p->rate_top = p->rate_guess = p->rate_max;
}

bool tb_pn532_is_idle(const struct tb_pn532 *p)
{
    return p->phase == TB_PN532_IDLE;
}

/* ---- one command ---- */

static void phase_set(struct tb_pn532 *p, enum tb_pn532_phase phase, int64_t due_ms)
{
    p->phase = phase;
    p->due_ms = due_ms;
}

/* What came before belongs to nothing any more. */
static void line_drain(struct tb_pn532 *p)
{
    uint8_t bytes[16];
    for (unsigned i = 0; i < 32 && p->bus->read(p->bus->context, bytes, sizeof bytes) == sizeof bytes; i++) {
    }
    if (p->bus->end)
        p->bus->end(p->bus->context);
}

/* The part of the frame that begins at p->sent. */
static struct tb_span frame_rest(const struct tb_pn532 *p)
{
    const struct tb_span parts[] = {
        tb_span_sub(p->bus->wake, 0, p->wake_size),
        tb_span_of(p->head, p->head_size),
        p->with_data ? p->data : tb_span_of(NULL, 0),
        tb_span_of(p->tail, sizeof p->tail),
    };
    size_t at = p->sent;
    for (size_t i = 0; i < TB_ARRAY_SIZE(parts); i++) {
        if (at < parts[i].size)
            return tb_span_sub(parts[i], at, SIZE_MAX);
        at -= parts[i].size;
    }
    return tb_span_of(NULL, 0);
}

/* True when the frame is out. */
static bool frame_pump(struct tb_pn532 *p)
{
    struct tb_span rest = frame_rest(p);
    while (rest.size > 0) {
        size_t size = p->bus->write(p->bus->context, rest.at, rest.size);
        p->sent = (uint16_t)(p->sent + size);
        if (size < rest.size)
            return false;
        rest = frame_rest(p);
    }
    if (p->bus->end)
        p->bus->end(p->bus->context);
    return true;
}

static void frame_send(struct tb_pn532 *p, int64_t now_ms)
{
    line_drain(p);
    tb_pn532_parser_init(&p->parser, p->memory + p->kept, sizeof p->memory - p->kept);
    p->sent = 0;
    if (frame_pump(p))
        phase_set(p, TB_PN532_WAIT_ACK, now_ms + ACK_MS);
    else
        phase_set(p, TB_PN532_SEND, now_ms + SEND_MS);
}

static void command_send(struct tb_pn532 *p, const struct bytes *command, bool with_data, int64_t now_ms)
{
    struct tb_span data = with_data ? p->data : tb_span_of(NULL, 0);
    p->code = command->at[0];
    p->with_data = with_data;
    p->may_repeat =
        p->code != IN_DATA_EXCHANGE && p->code != IN_COMMUNICATE_THRU && p->code != IN_LIST_PASSIVE_TARGET;
    p->try_count = 0;
    memcpy(p->overlaid, p->memory + p->kept, PART_HEAD);
    p->wake_size = p->setup == SETUP_WAKE ? (uint8_t)p->bus->wake.size : 0;
    p->head_size =
        (uint8_t)tb_pn532_frame_build(tb_span_of(command->at, command->size), data, p->head, p->tail);
    frame_send(p, now_ms);
}

/* Six bytes that need no answer; a line that does not take them is noticed by what follows. */
static void short_send(struct tb_pn532 *p, const uint8_t frame[TB_PN532_ACK_SIZE])
{
    (void)p->bus->write(p->bus->context, frame, TB_PN532_ACK_SIZE);
    if (p->bus->end)
        p->bus->end(p->bus->context);
}

/* ---- results ---- */

/* The frame's last byte says nothing, but would keep the processor awake. */
static bool over(struct tb_pn532 *p, enum tb_tap_result result)
{
    line_drain(p);
    p->result = result;
    p->phase = TB_PN532_IDLE;
    return true;
}

/* The chip did not do what it must: it is set up again before the next command, wherever it stands. */
static bool failed(struct tb_pn532 *p)
{
    bool opening = p->operation == TB_PN532_OPEN;
    p->error_total++;
    p->error_count++;
    p->setup = 0;
    p->was_lost = true;
    if (p->reason == TB_LINK_REASON_NONE)
        p->reason = TB_LINK_REASON_NO_ANSWER;
    short_send(p, tb_pn532_ack); /* aborts what may still run, section 6.2.1.3 */
    return over(p, opening || p->error_count >= ERROR_MAX ? TB_TAP_BROKEN : TB_TAP_NONE);
}

static bool refused(struct tb_pn532 *p)
{
    p->reason = TB_LINK_REASON_UNSUPPORTED;
    p->setup = 0;
    return over(p, p->operation == TB_PN532_OPEN ? TB_TAP_BROKEN : TB_TAP_NONE);
}

/* ---- operations, command by command ---- */

static const struct bytes *step_command(const struct tb_pn532 *p)
{
    static const struct bytes *const calls[] = {&field_on, &whole_frames, &wait_short, &thru, &wait_usual};
    if (p->operation == TB_PN532_BROADCAST)
        return p->step < TB_ARRAY_SIZE(calls) ? calls[p->step] : NULL;
    if (p->step > 0)
        return NULL;
    switch (p->operation) {
    case TB_PN532_SELECT: return &select_card;
    case TB_PN532_EXCHANGE: return &exchange;
    case TB_PN532_THRU: return &thru;
    case TB_PN532_PRESENT: return p->sak & SAK_ISO_DEP ? &attention : p->sak == 0 ? &read_first : NULL;
    case TB_PN532_DESELECT: return &deselect;
    case TB_PN532_FIELD_OFF:
    case TB_PN532_FIELD_CYCLE: return &field_off;
    case TB_PN532_OPEN:
    case TB_PN532_BROADCAST: break;
    }
    return NULL;
}

/* A command for a card that the chip has forgotten would go to nobody. */
static bool needs_session(const struct tb_pn532 *p)
{
    return p->operation == TB_PN532_EXCHANGE || p->operation == TB_PN532_THRU ||
           p->operation == TB_PN532_PRESENT;
}

static void rate_set(struct tb_pn532 *p, uint8_t rate)
{
    p->rate = rate;
    p->bus->rate(p->bus->context, bit_rate(rate));
}

/* The next command of the set-up; NULL: it is done. */
static const struct bytes *setup_command(struct tb_pn532 *p)
{
    if (p->setup == SETUP_RATE && p->rate >= p->rate_max)
        p->setup++;
    if (p->setup == SETUP_RATE)
        return &raises[p->rate_max - RATE_START - 1];
    return p->setup < SETUP_COUNT ? &setups[p->setup] : NULL;
}

/* Sends the next command. True: there is none, the operation is over. */
static bool next(struct tb_pn532 *p, int64_t now_ms)
{
    const struct bytes *setup = setup_command(p);
    if (setup) {
        command_send(p, setup, false, now_ms);
        return false;
    }
    if (p->was_lost && needs_session(p))
        return over(p, TB_TAP_NONE);
    p->was_lost = false;
    const struct bytes *command = step_command(p);
    if (command == NULL)
        return over(p, p->step > 0 || p->operation == TB_PN532_OPEN ? p->result : TB_TAP_NONE);
    bool carries = command == &exchange || command == &thru;
    command_send(p, command, carries, now_ms);
    return false;
}

void tb_pn532_start(struct tb_pn532 *p, enum tb_pn532_operation operation, struct tb_span data,
                    uint16_t timeout_ms, int64_t now_ms)
{
    TB_ASSERT(tb_pn532_is_idle(p));
    p->operation = operation;
    p->step = 0;
    p->look_count = 0;
    p->data = data;
    p->timeout_ms = timeout_ms;
    p->kept = 0;
    p->result = TB_TAP_OK;
    p->reason = TB_LINK_REASON_NONE;
    p->answer = tb_span_of(NULL, 0);
    if (operation == TB_PN532_OPEN)
        p->setup = p->error_count = 0;
    phase_set(p, TB_PN532_PAUSE, now_ms);
}

/* ---- answers ---- */

static bool setup_answered(struct tb_pn532 *p, struct tb_span data, int64_t now_ms)
{
    if (p->setup == SETUP_VERSION) {
        if (data.size < 5 || data.at[1] != IC_PN532)
            return refused(p);
        p->version[0] = data.at[2];
        p->version[1] = data.at[3];
    }
    if (p->setup == SETUP_WAKE && p->rate_unproved && p->rate == RATE_START)
        p->rate_max--; /* it was raised, and heard nothing there */
    p->rate_unproved = false;
    if (p->setup == SETUP_WAKE)
        p->rate_guess = p->rate_top;
    if (p->setup == SETUP_RATE) { /* it changes the rate when it has our ACK */
        short_send(p, tb_pn532_ack);
        phase_set(p, TB_PN532_PAUSE, now_ms + SWITCH_MS);
        return false;
    }
    p->setup++;
    return next(p, now_ms);
}

static void rate_switch(struct tb_pn532 *p)
{
    rate_set(p, p->rate_max);
    p->rate_unproved = true;
    p->setup++;
}

/* NbTg Tg SENS_RES2 SEL_RES NFCIDLength NFCID… and an ATS, which nobody needs here. */
static bool select_answered(struct tb_pn532 *p, struct tb_span data)
{
    struct tb_reader r = tb_reader_of(data);
    (void)tb_read_u8(&r);
    if (tb_read_u8(&r) == 0)
        return over(p, TB_TAP_NONE);
    (void)tb_read_u8(&r);
    p->found.atqa = tb_read_u16be(&r);
    p->found.sak = tb_read_u8(&r);
    p->found.uid_size = tb_read_u8(&r);
    if (p->found.uid_size > sizeof p->found.uid)
        return over(p, TB_TAP_NONE);
    struct tb_span uid = tb_read_bytes(&r, p->found.uid_size);
    if (r.err != TB_OK)
        return over(p, TB_TAP_NONE);
    memcpy(p->found.uid, uid.at, uid.size);
    p->sak = p->found.sak;
    return over(p, TB_TAP_OK);
}

/* Answers above the chip's buffer come in parts (MI, section 7.3.8): each is asked for with an empty command.
 */
static bool card_answered(struct tb_pn532 *p, struct tb_span data, int64_t now_ms)
{
    if (data.size < 2 || (data.at[1] & STATUS_MASK) != 0)
        return over(p, TB_TAP_NONE);
    bool more = p->operation == TB_PN532_EXCHANGE && (data.at[1] & STATUS_MORE);
    size_t part = data.size - 2;
    if (p->kept > 0)
        memcpy(p->memory + p->kept, p->overlaid, PART_HEAD);
    p->kept = (uint16_t)(p->kept + part);
    if (p->kept > TB_LINK_APDU_ANSWER_MAX || (more && part == 0))
        return over(p, TB_TAP_NONE);
    if (more) {
        command_send(p, &exchange, false, now_ms);
        return false;
    }
    p->answer = tb_span_of(p->memory + PART_HEAD, p->kept);
    return over(p, TB_TAP_OK);
}

static bool present_answered(struct tb_pn532 *p, struct tb_span data)
{
    bool there = data.size >= 2 && (data.at[1] & STATUS_MASK) == 0;
    return over(p, there ? TB_TAP_OK : TB_TAP_NONE);
}

static bool step_over(struct tb_pn532 *p, int64_t now_ms)
{
    bool switched =
        p->operation == TB_PN532_FIELD_CYCLE || (p->operation == TB_PN532_BROADCAST && p->step == 0);
    p->step++;
    if (!switched)
        return next(p, now_ms);
    phase_set(p, TB_PN532_PAUSE, now_ms + (p->operation == TB_PN532_FIELD_CYCLE ? OFF_MS : ON_MS));
    return false;
}

static bool answered(struct tb_pn532 *p, struct tb_span data, int64_t now_ms)
{
    if (p->setup < SETUP_COUNT)
        return setup_answered(p, data, now_ms);
    if (p->operation != TB_PN532_BROADCAST) /* comes before every look for a card, and asks for less */
        p->error_count = 0;
    p->rate_unproved = false;
    switch (p->operation) {
    case TB_PN532_SELECT: return select_answered(p, data);
    case TB_PN532_EXCHANGE:
    case TB_PN532_THRU: return card_answered(p, data, now_ms);
    case TB_PN532_PRESENT: return present_answered(p, data);
    case TB_PN532_OPEN:
    case TB_PN532_DESELECT:
    case TB_PN532_FIELD_OFF:
    case TB_PN532_FIELD_CYCLE:
    case TB_PN532_BROADCAST: break;
    }
    return step_over(p, now_ms);
}

/* ---- turns ---- */

static uint16_t answer_ms(const struct tb_pn532 *p)
{
    bool card =
        p->setup == SETUP_COUNT && (p->operation == TB_PN532_EXCHANGE || p->operation == TB_PN532_THRU);
    return (uint16_t)(card ? p->timeout_ms + LATE_MS : ANSWER_MS);
}

/* The set-up switches the field off: a card that was activated unheard would not hear another request. */
static bool look_again(struct tb_pn532 *p, int64_t now_ms)
{
    if (++p->look_count == TRY_MAX)
        return failed(p);
    p->error_total++;
    p->setup = 0;
    phase_set(p, TB_PN532_PAUSE, now_ms);
    return false;
}

/* A chip that was reset is at the first rate; one that was not keeps the one that it was raised to, and this
 * processor may have been reset since. Every other try is the first rate, those between are the others. */
static void rate_search(struct tb_pn532 *p)
{
    if (p->rate != RATE_START) {
        rate_set(p, RATE_START);
        return;
    }
    rate_set(p, p->rate_guess);
    p->rate_guess = p->rate_guess - 1 > RATE_START ? (uint8_t)(p->rate_guess - 1) : p->rate_top;
}

static bool repeat(struct tb_pn532 *p, int64_t now_ms)
{
    if (!p->may_repeat && p->code == IN_LIST_PASSIVE_TARGET)
        return look_again(p, now_ms);
    if (!p->may_repeat || ++p->try_count == TRY_MAX)
        return failed(p);
    p->error_total++;
    if (p->setup == SETUP_WAKE && p->rate_top > RATE_START)
        rate_search(p);
    frame_send(p, now_ms);
    return false;
}

/* The chip keeps its answer until the next command, and gives it again on NACK. */
static bool answer_again(struct tb_pn532 *p, int64_t now_ms)
{
    if (++p->try_count == TRY_MAX)
        return failed(p);
    p->error_total++;
    short_send(p, tb_pn532_nack);
    phase_set(p, TB_PN532_WAIT_ANSWER, now_ms + ANSWER_MS);
    return false;
}

static bool raise_refused(struct tb_pn532 *p, int64_t now_ms)
{
    p->rate_max--;
    return next(p, now_ms);
}

static bool event_take(struct tb_pn532 *p, enum tb_pn532_event event, struct tb_span data, int64_t now_ms)
{
    switch (event) {
    case TB_PN532_NOTHING: return false;
    case TB_PN532_ACK:
        if (p->phase == TB_PN532_WAIT_ACK)
            phase_set(p, TB_PN532_WAIT_ANSWER, now_ms + answer_ms(p));
        return false;
    case TB_PN532_NACK:
        p->may_repeat = true;
        return repeat(p, now_ms); /* it was not understood, so not done */
    case TB_PN532_ERROR: return p->setup == SETUP_RATE ? raise_refused(p, now_ms) : refused(p);
    case TB_PN532_ANSWER:
        /* Of an earlier command, or of this one although its acknowledgement was lost. */
        return data.at[0] == (uint8_t)(p->code + 1) && answered(p, data, now_ms);
    case TB_PN532_BAD: return p->phase == TB_PN532_WAIT_ANSWER && answer_again(p, now_ms);
    }
    return false;
}

static bool bytes_take(struct tb_pn532 *p, int64_t now_ms)
{
    uint8_t byte;
    for (unsigned i = 0;
         i < PIECE_MAX && (p->phase == TB_PN532_WAIT_ACK || p->phase == TB_PN532_WAIT_ANSWER) &&
         p->bus->read(p->bus->context, &byte, 1) == 1;
         i++) {
        struct tb_span data = tb_span_of(NULL, 0);
        enum tb_pn532_event event = tb_pn532_parser_take(&p->parser, byte, &data);
        if (event != TB_PN532_NOTHING && p->bus->end)
            p->bus->end(p->bus->context);
        if (event_take(p, event, data, now_ms))
            return true;
    }
    return false;
}

bool tb_pn532_turn(struct tb_pn532 *p, int64_t now_ms)
{
    if (p->phase == TB_PN532_IDLE)
        return false;
    if (p->phase == TB_PN532_PAUSE) {
        if (now_ms < p->due_ms)
            return false;
        if (p->setup == SETUP_RATE)
            rate_switch(p);
        return next(p, now_ms);
    }
    if (p->phase == TB_PN532_SEND) {
        if (frame_pump(p))
            phase_set(p, TB_PN532_WAIT_ACK, now_ms + ACK_MS);
        else
            return now_ms > p->due_ms && failed(p);
    }
    if (bytes_take(p, now_ms))
        return true;
    if (now_ms <= p->due_ms)
        return false;
    if (p->phase == TB_PN532_WAIT_ACK)
        return repeat(p, now_ms);
    if (p->phase != TB_PN532_WAIT_ANSWER)
        return false;
    return p->parser.state >= TB_PN532_LENGTH ? answer_again(p, now_ms) : failed(p); /* cut off, or none */
}
