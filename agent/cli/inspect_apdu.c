/* inspect: a recorded exchange with an ISO-DEP card or phone, played again. */
#include "agent/cli/inspect.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/base/wipe.h"
#include "core/credential/card_session.h"
#include "core/credential/ndef.h"
#include "core/link/message.h"
#include "core/tag/read.h"
#include "host/system/system.h"

enum { FILE_SIZE_MAX = 256 * 1024, RANDOM_SIZE_MAX = 4096, SAK_ISO_DEP = 0x20 };

struct exchange {
    uint8_t command[TB_LINK_APDU_MAX];
    uint16_t command_size;
    uint8_t answer[TB_LINK_APDU_ANSWER_MAX];
    uint16_t answer_size; /* 0: the card did not answer */
    bool played;
};

static struct {
    struct exchange exchanges[TB_INSPECT_EXCHANGE_COUNT_MAX];
    unsigned count;
    unsigned at; /* the next one that may be played */
    uint8_t random[RANDOM_SIZE_MAX];
    size_t random_size;
    size_t random_used;
    uint8_t uid[TB_LINK_UID_MAX];
    size_t uid_size;
    char terminal[128];
} recording;

static uint8_t file_memory[FILE_SIZE_MAX];
static struct tb_card_session session;

/* ---- the file ---- */

static enum tb_err bytes_take(struct tb_span hex, uint8_t *ret_bytes, size_t size_max, size_t *ret_size)
{
    *ret_size = hex.size / 2;
    if (*ret_size > size_max)
        return TB_ERR_TOO_LONG;
    return hex.size % 2 ? TB_ERR_SYNTAX : tb_hex_decode(hex, ret_bytes, *ret_size);
}

static enum tb_err command_take(struct tb_span hex)
{
    size_t size;
    if (recording.count == TB_INSPECT_EXCHANGE_COUNT_MAX)
        return TB_ERR_FULL;
    struct exchange *e = &recording.exchanges[recording.count];
    enum tb_err err = bytes_take(hex, e->command, sizeof e->command, &size);
    if (err == TB_OK && size == 0)
        err = TB_ERR_MISSING;
    if (err != TB_OK)
        return err;
    e->command_size = (uint16_t)size;
    recording.count++;
    return TB_OK;
}

/* "-": it did not answer. */
static enum tb_err answer_take(struct tb_span hex)
{
    size_t size = 0;
    if (recording.count == 0 || recording.exchanges[recording.count - 1].answer_size)
        return TB_ERR_MISSING;
    struct exchange *e = &recording.exchanges[recording.count - 1];
    enum tb_err err = tb_span_is(hex, "-") ? TB_OK : bytes_take(hex, e->answer, sizeof e->answer, &size);
    e->answer_size = (uint16_t)(err == TB_OK ? size : 0);
    return err;
}

static enum tb_err random_take(struct tb_span hex)
{
    size_t size;
    enum tb_err err = bytes_take(hex, recording.random + recording.random_size,
                                 sizeof recording.random - recording.random_size, &size);
    if (err == TB_OK)
        recording.random_size += size;
    return err;
}

static enum tb_err line_take(struct tb_span line)
{
    struct tb_span rest = line;
    struct tb_span word = tb_span_cut(&rest, ' ');
    if (word.size == 0 || word.at[0] == '#')
        return TB_OK;
    if (tb_span_is(word, ">"))
        return command_take(rest);
    if (tb_span_is(word, "<"))
        return answer_take(rest);
    if (tb_span_is(word, "random"))
        return random_take(rest);
    if (tb_span_is(word, "uid"))
        return bytes_take(rest, recording.uid, sizeof recording.uid, &recording.uid_size);
    if (tb_span_is(word, "terminal"))
        return tb_span_to_str(rest, recording.terminal, sizeof recording.terminal);
    return TB_ERR_SYNTAX;
}

enum tb_err tb_inspect_recording_read(const char *path, unsigned *ret_line)
{
    struct tb_buf file = tb_buf_of(file_memory, sizeof file_memory);
    *ret_line = 0;
    memset(&recording, 0, sizeof recording);
    enum tb_err err = tb_file_read(path, &file);
    struct tb_span rest = tb_buf_span(&file);
    while (err == TB_OK && rest.size) {
        struct tb_span line = tb_span_cut(&rest, '\n');
        if (line.size && line.at[line.size - 1] == '\r')
            line.size--;
        ++*ret_line;
        err = line_take(line);
    }
    tb_wipe(file_memory, sizeof file_memory);
    if (err == TB_OK && recording.count == 0)
        err = TB_ERR_MISSING;
    return err;
}

/* ---- the replay ---- */

/* What the terminal drew then, and behind it what only blinds. */
static void random_fill(void *context, uint8_t *ret_bytes, size_t size)
{
    const struct tb_rng *system = (const struct tb_rng *)context;
    size_t left = recording.random_size - recording.random_used;
    size_t given = size < left ? size : left;
    memcpy(ret_bytes, recording.random + recording.random_used, given);
    system->fill(system->context, ret_bytes + given, size - given);
    recording.random_used += given;
}

/* What another terminal asked for in between is passed over. NULL: the command was not recorded. */
static struct exchange *play(struct tb_span command)
{
    for (unsigned i = recording.at; i < recording.count; i++) {
        struct exchange *e = &recording.exchanges[i];
        if (!tb_span_equal(command, tb_span_of(e->command, e->command_size)))
            continue;
        recording.at = i + 1;
        e->played = true;
        return e;
    }
    return NULL;
}

static enum tb_err unrecorded(struct tb_span command, struct tb_buf *ret_command)
{
    tb_buf_add(ret_command, command);
    return TB_ERR_NOT_FOUND;
}

static enum tb_err session_play(const struct tb_card_how *how, enum tb_card_step *ret_step,
                                struct tb_buf *ret_command)
{
    *ret_step = tb_card_session_start(&session, how, tb_card_applets());
    while (*ret_step == TB_CARD_NEXT) {
        const struct tb_applet_io *io = &session.machine.io;
        struct tb_span command = tb_span_of(io->command, io->command_size);
        const struct exchange *e = play(command);
        if (e == NULL)
            return unrecorded(command, ret_command);
        *ret_step = e->answer_size ? tb_card_session_answer(&session, tb_span_of(e->answer, e->answer_size))
                                   : tb_card_session_lost(&session);
    }
    return TB_OK;
}

static enum tb_err message_play(struct tb_buf *ret_message, enum tb_tag_step *ret_step,
                                struct tb_buf *ret_command)
{
    struct tb_tag_read read;
    *ret_step = tb_tag_read_start(&read, SAK_ISO_DEP, ret_message->at, ret_message->size_max);
    while (*ret_step == TB_TAG_STEP_NEXT) {
        struct tb_span command = tb_span_of(read.command, read.command_size);
        const struct exchange *e = play(command);
        if (e == NULL)
            return unrecorded(command, ret_command);
        *ret_step = e->answer_size ? tb_tag_read_answer(&read, tb_span_of(e->answer, e->answer_size))
                                   : tb_tag_read_lost(&read);
    }
    ret_message->size = *ret_step == TB_TAG_STEP_DONE ? read.ndef.size : 0;
    return TB_OK;
}

/* Nothing of ours on it: its message may say more, if that was read, too. */
static enum tb_err rest_judge(const struct tb_judge *judge, struct tb_judgement *ret_judgement,
                              struct tb_buf *ret_command)
{
    uint8_t memory[TB_NDEF_SIZE_MAX];
    struct tb_buf message = tb_buf_of(memory, sizeof memory);
    enum tb_tag_step step = TB_TAG_STEP_FAILED;
    enum tb_err err = recording.at == recording.count ? TB_OK : message_play(&message, &step, ret_command);
    if (err == TB_OK && step == TB_TAG_STEP_DONE)
        tb_judge_tag(judge, tb_buf_span(&message), ret_judgement);
    tb_wipe(memory, sizeof memory);
    return err;
}

enum tb_err tb_inspect_replay(const struct tb_judge *judge, struct tb_judgement *ret_judgement,
                              struct tb_buf *ret_command)
{
    struct tb_rng system = *tb_rng_system();
    const struct tb_rng rng = {.fill = random_fill, .context = &system};
    const char *audience = judge->rules->tokens.audience;
    const struct tb_card_how how = {
        .keys = judge->keys,
        .rng = &rng,
        .wall_ms = judge->wall_ms,
        .clock_trusted = true,
        .uid = tb_span_of(recording.uid, recording.uid_size),
        .audience = audience ? audience : TB_TOKEN_AUDIENCE_DEFAULT,
        .terminal = tb_span_str(recording.terminal),
#if TB_WALLETS
        .vas = tb_vas_terms_default(),
#endif
    };
    enum tb_card_step step;
    *ret_judgement = (struct tb_judgement){.verdict = TB_JUDGED_UNKNOWN, .reason = TB_REASON_TAG_NOT_OURS};
    enum tb_err err = session_play(&how, &step, ret_command);
    if (err == TB_OK && step == TB_CARD_JUDGED)
        *ret_judgement = session.judgement;
    else if (err == TB_OK && step == TB_CARD_LOST)
        ret_judgement->reason = TB_REASON_TAG_TORN;
    else if (err == TB_OK)
        err = rest_judge(judge, ret_judgement, ret_command);
    tb_card_session_wipe(&session);
    return err;
}

void tb_inspect_exchange_fields(struct tb_inspect_report *r)
{
    for (unsigned i = 0; i < recording.count; i++) {
        const struct exchange *e = &recording.exchanges[i];
        if (!e->played)
            continue;
        tb_inspect_put_hex(r, "command", tb_span_of(e->command, e->command_size));
        tb_inspect_put_hex(r, "answer", tb_span_of(e->answer, e->answer_size));
    }
    tb_wipe(&recording, sizeof recording);
}
