/* inspect --apdu: the recording played again. */
#include "agent/cli/inspect_apdu.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"

struct player {
    const struct tb_recording *recording;
    struct tb_recording_rng source;
    size_t at; /* recorded commands before it were played or passed over */
    struct tb_apdu_play *play;
};

static void wanted_note(struct player *p, struct tb_span command)
{
    struct tb_apdu_play *play = p->play;
    bool ended = p->at == p->recording->exchange_count;
    play->end = ended ? TB_APDU_SHORT : TB_APDU_ASTRAY;
    play->astray_at = (uint16_t)p->at;
    play->random_missing = p->source.unrecorded && p->source.drawn_index == p->at;
    play->wanted_size = (uint16_t)command.size;
    memcpy(play->wanted, command.at, command.size);
}

/*
 * Finds the command among those that are left; what stands before it was sent by somebody who asked for more
 * than this program would. False: it is not there.
 */
static bool command_play(struct player *p, struct tb_span command, struct tb_span *ret_answer)
{
    for (size_t i = p->at; i < p->recording->exchange_count; i++) {
        const struct tb_recording_exchange *e = &p->recording->exchanges[i];
        if (!tb_span_equal(command, tb_recording_bytes(p->recording, e->command)))
            continue;
        p->play->followed[i] = true;
        p->at = i + 1;
        p->source.index = p->at;
        *ret_answer = tb_recording_bytes(p->recording, e->answer);
        return true;
    }
    wanted_note(p, command);
    return false;
}

/* False: it came to no end. */
static bool session_play(struct player *p, const struct tb_card_how *how, enum tb_card_step *ret_step)
{
    struct tb_card_session *s = &p->play->session;
    enum tb_card_step step = tb_card_session_start(s, how, tb_card_applets());
    while (step == TB_CARD_NEXT) {
        struct tb_span answer;
        if (!command_play(p, tb_span_of(s->machine.io.command, s->machine.io.command_size), &answer))
            return false;
        step = answer.size ? tb_card_session_answer(s, answer) : tb_card_session_lost(s);
    }
    *ret_step = step;
    return true;
}

static void tag_play(struct player *p, const struct tb_judge *judge)
{
    struct tb_apdu_play *play = p->play;
    struct tb_tag_read read;
    bool begins = true;
    enum tb_tag_step step = tb_tag_read_start(&read, p->recording->sak, play->message, sizeof play->message);
    while (step == TB_TAG_STEP_NEXT || step == TB_TAG_STEP_SELECT) {
        struct tb_span answer;
        if (step == TB_TAG_STEP_SELECT) {
            step = tb_tag_read_selected(&read);
            continue;
        }
        if (!command_play(p, tb_span_of(read.command, read.command_size), &answer)) {
            if (begins && play->end == TB_APDU_SHORT)
                play->end = TB_APDU_UNREAD;
            return;
        }
        begins = false;
        step = answer.size ? tb_tag_read_answer(&read, answer) : tb_tag_read_lost(&read);
    }
    if (step != TB_TAG_STEP_DONE) {
        play->end = read.failure == TB_TAG_TORN ? TB_APDU_TORN : TB_APDU_FAILED;
        play->failure = read.failure;
        return;
    }
    play->end = TB_APDU_READ;
    play->message_size = (uint16_t)read.ndef.size;
    tb_judge_tag(judge, tb_buf_span(&read.ndef), &play->judgement);
}

/* A card as it comes, until it is judged or lost. */
static void card_play(struct player *p, const struct tb_card_how *how, const struct tb_judge *judge)
{
    enum tb_card_step step = TB_CARD_READ; /* nobody but its reader speaks with another one */
    if (p->recording->sak & TB_RECORDING_SAK_ISO_DEP && !session_play(p, how, &step))
        return;
    switch (step) {
    case TB_CARD_NEXT: TB_ASSERT(!"a session that ended goes on"); break;
    case TB_CARD_READ: tag_play(p, judge); break;
    case TB_CARD_LOST: p->play->end = TB_APDU_TORN; break;
    case TB_CARD_JUDGED:
        p->play->end = TB_APDU_JUDGED;
        p->play->judgement = p->play->session.judgement;
        break;
    }
}

void tb_apdu_play(const struct tb_recording *recording, const struct tb_judge *judge,
                  const struct tb_rng *rng, struct tb_apdu_play *ret_play)
{
    struct player p = {
        .recording = recording, .source = {.recording = recording, .after = rng}, .play = ret_play};
    const struct tb_rng recorded = tb_recording_rng_of(&p.source);
    struct tb_card_how how = tb_recording_how(recording);
    how.keys = judge->keys;
    how.rng = &recorded;
    how.wall_ms = judge->wall_ms;
    if (how.audience[0] == '\0')
        how.audience =
            judge->rules->tokens.audience ? judge->rules->tokens.audience : TB_TOKEN_AUDIENCE_DEFAULT;
    tb_wipe(ret_play, sizeof *ret_play);
    size_t before;
    do { /* a torn one is offered again by its reader */
        before = p.at;
        card_play(&p, &how, judge);
    } while (ret_play->end == TB_APDU_TORN && p.at > before && p.at < recording->exchange_count);
    tb_card_session_wipe(&ret_play->session);
}
