#include "core/credential/recording.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/base/wipe.h"

enum { S_MS = 1000, MIN_MS = 60000, WINDOW_S_MAX = 86400, ZONE_MIN_MAX = 840 };

#if TB_WALLETS
static const char *const mode_names[] = {
    [TB_VAS_OR_PAY] = "pass_or_payment", [TB_VAS_AND_PAY] = "pass_and_payment", [TB_VAS_ONLY] = "pass_only"};
#endif

/* ---- reading ---- */

static struct tb_span blanks_cut(struct tb_span line)
{
    while (line.size && (line.at[line.size - 1] == '\r' || line.at[line.size - 1] == ' '))
        line.size--;
    while (line.size && line.at[0] == ' ')
        line = tb_span_sub(line, 1, SIZE_MAX);
    return line;
}

static enum tb_err hex_read(struct tb_span text, struct tb_buf *ret_bytes)
{
    while (text.size) {
        uint8_t byte;
        if (text.at[0] == ' ') {
            text = tb_span_sub(text, 1, SIZE_MAX);
            continue;
        }
        if (tb_hex_decode(tb_span_sub(text, 0, 2), &byte, 1) != TB_OK)
            return TB_ERR_SYNTAX;
        tb_buf_add_u8(ret_bytes, byte);
        text = tb_span_sub(text, 2, SIZE_MAX);
    }
    return ret_bytes->err == TB_OK && ret_bytes->size == 0 ? TB_ERR_SYNTAX : ret_bytes->err;
}

/* Behind what part has already, if it is the last one that was read. */
static enum tb_err part_read(struct tb_recording *r, struct tb_span text, size_t size_max,
                             struct tb_recording_part *part)
{
    size_t room = sizeof r->bytes - r->bytes_size;
    size_t more = size_max - part->size;
    struct tb_buf bytes = tb_buf_of(r->bytes + r->bytes_size, more < room ? more : room);
    enum tb_err err = hex_read(text, &bytes);
    if (err != TB_OK)
        return err;
    if (part->size == 0)
        part->at = r->bytes_size;
    part->size = (uint16_t)(part->size + bytes.size);
    r->bytes_size += (uint32_t)bytes.size;
    return TB_OK;
}

struct place {                       /* in the text */
    struct tb_recording_part random; /* of the command to come */
    bool answered;                   /* the last command is */
};

static enum tb_err command_take(struct tb_recording *r, struct place *place, struct tb_span text)
{
    if (r->exchange_count == TB_RECORDING_EXCHANGE_MAX)
        return TB_ERR_FULL;
    struct tb_recording_exchange *e = &r->exchanges[r->exchange_count++];
    *e = (struct tb_recording_exchange){.random = place->random};
    *place = (struct place){.answered = false};
    return part_read(r, text, TB_RECORDING_COMMAND_MAX, &e->command);
}

static enum tb_err answer_take(struct tb_recording *r, struct place *place, struct tb_span text)
{
    if (r->exchange_count == 0 || place->answered || place->random.size)
        return TB_ERR_CONFLICT;
    place->answered = true;
    if (tb_span_is(text, "-"))
        return TB_OK;
    return part_read(r, text, TB_RECORDING_ANSWER_MAX, &r->exchanges[r->exchange_count - 1].answer);
}

static enum tb_err random_take(struct tb_recording *r, struct place *place, struct tb_span text)
{
    r->random_told = true;
    return part_read(r, text, TB_RECORDING_RANDOM_MAX, &place->random);
}

static bool is_printable(struct tb_span text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.at[i] < 0x20 || text.at[i] == 0x7f)
            return false;
    return text.size && tb_utf8_valid(text);
}

static enum tb_err text_take(struct tb_span value, char *ret_text, size_t size_max)
{
    return is_printable(value) ? tb_span_to_str(value, ret_text, size_max) : TB_ERR_SYNTAX;
}

static enum tb_err time_take(struct tb_recording *r, struct tb_span value)
{
    uint64_t ms = 0;
    enum tb_err err = tb_decimal_decode(value, INT64_MAX / 1000, &ms);
    r->wall_ms = (int64_t)ms;
    return err;
}

static enum tb_err uid_take(struct tb_recording *r, struct tb_span value)
{
    struct tb_buf uid = tb_buf_of(r->uid, sizeof r->uid);
    enum tb_err err = hex_read(value, &uid);
    r->uid_size = (uint8_t)uid.size;
    return err;
}

#if TB_WALLETS
static enum tb_err zone_take(struct tb_recording *r, struct tb_span value)
{
    bool west = tb_span_starts(value, tb_span_str("-"));
    uint64_t minutes = 0;
    enum tb_err err = tb_decimal_decode(tb_span_sub(value, west, SIZE_MAX), ZONE_MIN_MAX, &minutes);
    r->vas.zone_ms = (int64_t)minutes * (west ? -MIN_MS : MIN_MS);
    return err;
}

static enum tb_err window_take(struct tb_recording *r, struct tb_span value)
{
    uint64_t seconds = 0;
    enum tb_err err = tb_decimal_decode(value, WINDOW_S_MAX, &seconds);
    r->vas.window_ms = (int64_t)seconds * S_MS;
    return err;
}

static enum tb_err mode_take(struct tb_recording *r, struct tb_span value)
{
    for (size_t i = 0; i < TB_ARRAY_SIZE(mode_names); i++)
        if (tb_span_is(value, mode_names[i])) {
            r->vas.mode = (enum tb_vas_mode)i;
            return TB_OK;
        }
    return TB_ERR_SYNTAX;
}

static enum tb_err wallet_take(struct tb_recording *r, struct tb_span word, struct tb_span value)
{
    if (tb_span_is(word, "vas_window"))
        return window_take(r, value);
    if (tb_span_is(word, "vas_zone"))
        return zone_take(r, value);
    if (tb_span_is(word, "vas_mode"))
        return mode_take(r, value);
    if (tb_span_is(word, "vas_url"))
        return text_take(value, r->vas_url, sizeof r->vas_url);
    r->vas.auth_required = tb_span_is(word, "vas_authenticate") && value.size == 0;
    return r->vas.auth_required ? TB_OK : TB_ERR_SYNTAX;
}
#else
static enum tb_err wallet_take(struct tb_recording *r, struct tb_span word, struct tb_span value)
{
    (void)r, (void)word, (void)value;
    return TB_ERR_SYNTAX;
}
#endif

static enum tb_err setting_take(struct tb_recording *r, struct tb_span word, struct tb_span value)
{
    if (r->exchange_count)
        return TB_ERR_CONFLICT;
    if (tb_span_is(word, "time"))
        return time_take(r, value);
    if (tb_span_is(word, "uid"))
        return uid_take(r, value);
    if (tb_span_is(word, "sak"))
        return value.size == 2 ? tb_hex_decode(value, &r->sak, 1) : TB_ERR_SYNTAX;
    if (tb_span_is(word, "audience"))
        return text_take(value, r->audience, sizeof r->audience);
    if (tb_span_is(word, "terminal"))
        return text_take(value, r->terminal, sizeof r->terminal);
    if (!tb_span_is(word, "clock"))
        return wallet_take(r, word, value);
    r->clock_behind = tb_span_is(value, "behind");
    return r->clock_behind ? TB_OK : TB_ERR_SYNTAX;
}

static enum tb_err line_take(struct tb_recording *r, struct place *place, struct tb_span line)
{
    if (line.size > TB_RECORDING_LINE_MAX)
        return TB_ERR_TOO_LONG;
    struct tb_span rest = blanks_cut(line);
    if (rest.size == 0 || rest.at[0] == '#')
        return TB_OK;
    bool sign = rest.at[0] == '>' || rest.at[0] == '<'; /* a blank behind it may be left out */
    struct tb_span word = sign ? tb_span_sub(rest, 0, 1) : tb_span_cut(&rest, ' ');
    struct tb_span value = blanks_cut(sign ? tb_span_sub(rest, 1, SIZE_MAX) : rest);
    if (tb_span_is(word, ">"))
        return command_take(r, place, value);
    if (tb_span_is(word, "<"))
        return answer_take(r, place, value);
    if (tb_span_is(word, "random"))
        return random_take(r, place, value);
    return setting_take(r, word, value);
}

enum tb_err tb_recording_parse(struct tb_span text, struct tb_recording *ret_recording, unsigned *ret_line)
{
    struct place place = {.answered = false};
    enum tb_err err = text.size > TB_RECORDING_SIZE_MAX ? TB_ERR_TOO_LONG : TB_OK;
    *ret_line = 0;
    tb_wipe(ret_recording, sizeof *ret_recording);
    ret_recording->sak = TB_RECORDING_SAK_ISO_DEP;
#if TB_WALLETS
    ret_recording->vas = tb_vas_terms_default();
#endif
    while (err == TB_OK && text.size) {
        ++*ret_line;
        err = line_take(ret_recording, &place, tb_span_cut(&text, '\n'));
    }
    if (err == TB_OK && ret_recording->exchange_count == 0)
        err = TB_ERR_MISSING;
    return err;
}

struct tb_card_how tb_recording_how(const struct tb_recording *r)
{
    struct tb_card_how how = {
        .wall_ms = r->wall_ms,
        .clock_trusted = !r->clock_behind,
        .uid = tb_span_of(r->uid, r->uid_size),
        .audience = r->audience,
        .terminal = tb_span_str(r->terminal),
#if TB_WALLETS
        .vas = r->vas,
#endif
    };
#if TB_WALLETS
    if (r->vas_url[0])
        how.vas.url = r->vas_url;
#endif
    return how;
}

/* ---- what was drawn ---- */

static void recorded_fill(void *context, uint8_t *ret_bytes, size_t size)
{
    struct tb_recording_rng *r = context;
    for (; r->seen_count <= r->index && r->seen_count < r->recording->exchange_count; r->seen_count++)
        if (r->recording->exchanges[r->seen_count].random.size) {
            r->from = r->recording->exchanges[r->seen_count].random;
            r->drawn = 0;
        }
    struct tb_span told = tb_span_sub(tb_recording_bytes(r->recording, r->from), r->drawn, size);
    if (told.size)
        memcpy(ret_bytes, told.at, told.size);
    bool first = r->drawn_index != r->index || r->drawn_count == 0;
    r->unrecorded = (first || r->unrecorded) && told.size == 0;
    r->drawn_index = r->index;
    r->drawn_count++;
    r->drawn += told.size;
    if (told.size < size)
        r->after->fill(r->after->context, ret_bytes + told.size, size - told.size);
}

struct tb_rng tb_recording_rng_of(struct tb_recording_rng *r)
{
    return (struct tb_rng){.fill = recorded_fill, .context = r};
}

/* ---- writing ---- */

static void recorder_fill(void *context, uint8_t *ret_bytes, size_t size)
{
    struct tb_recorder *r = context;
    size_t room = sizeof r->drawn - r->drawn_size;
    size_t kept = size < room ? size : room;
    r->rng->fill(r->rng->context, ret_bytes, size);
    if (kept)
        memcpy(r->drawn + r->drawn_size, ret_bytes, kept);
    r->drawn_size = (uint8_t)(r->drawn_size + kept);
}

struct tb_rng tb_recorder_rng(struct tb_recorder *r)
{
    return (struct tb_rng){.fill = recorder_fill, .context = r};
}

static void hex_put(struct tb_buf *to, const char *word, struct tb_span bytes)
{
    tb_buf_add_str(to, word);
    tb_buf_add_u8(to, ' ');
    tb_buf_add_hex(to, bytes);
    tb_buf_add_u8(to, '\n');
}

static void text_put(struct tb_buf *to, const char *word, struct tb_span text)
{
    if (text.size == 0)
        return;
    tb_buf_add_str(to, word);
    tb_buf_add_u8(to, ' ');
    tb_buf_add(to, text);
    tb_buf_add_u8(to, '\n');
}

static void number_put(struct tb_buf *to, const char *word, int64_t number)
{
    tb_buf_add_str(to, word);
    tb_buf_add_u8(to, ' ');
    tb_buf_add_decimal(to, number);
    tb_buf_add_u8(to, '\n');
}

#if TB_WALLETS
static void terms_put(struct tb_buf *to, const struct tb_vas_terms *terms)
{
    const struct tb_vas_terms usual = tb_vas_terms_default();
    if (terms->window_ms != usual.window_ms)
        number_put(to, "vas_window", terms->window_ms / S_MS);
    if (terms->zone_ms != usual.zone_ms)
        number_put(to, "vas_zone", terms->zone_ms / MIN_MS);
    if (terms->mode != usual.mode && terms->mode < TB_ARRAY_SIZE(mode_names))
        text_put(to, "vas_mode", tb_span_str(mode_names[terms->mode]));
    if (terms->auth_required)
        tb_buf_add_str(to, "vas_authenticate\n");
    if (terms->url)
        text_put(to, "vas_url", tb_span_str(terms->url));
}
#endif

void tb_recorder_put_how(struct tb_recorder *r, const struct tb_card_how *how)
{
    number_put(r->to, "time", how->wall_ms);
    if (!how->clock_trusted)
        tb_buf_add_str(r->to, "clock behind\n");
    if (how->uid.size)
        hex_put(r->to, "uid", how->uid);
    text_put(r->to, "audience", tb_span_str(how->audience));
    text_put(r->to, "terminal", how->terminal);
#if TB_WALLETS
    terms_put(r->to, &how->vas);
#endif
}

void tb_recorder_put_command(struct tb_recorder *r, struct tb_span command)
{
    if (r->drawn_size)
        hex_put(r->to, "random", tb_span_of(r->drawn, r->drawn_size));
    tb_wipe(r->drawn, sizeof r->drawn);
    r->drawn_size = 0;
    hex_put(r->to, ">", command);
}

void tb_recorder_put_answer(struct tb_recorder *r, struct tb_span answer)
{
    if (answer.size)
        hex_put(r->to, "<", answer);
    else
        tb_buf_add_str(r->to, "< -\n");
}
