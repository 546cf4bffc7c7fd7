#include "tests/support/identify_drive.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/identify/identify.h"

enum { ATTEMPT_MAX = 1024, MEMBER_COUNT = 4, MEMBER_SIZE = 10, UID_COUNT = 5 };

struct attempt_record {
    bool ended;
    bool merged;
    bool hinted;
    bool away;   /* its card went and did not come back */
    bool claims; /* what it shows is good once */
    bool fresh;  /* and was claimed */
    bool handed; /* to whoever waits for it: it begins no visit */
    enum tb_outcome outcome;
};

struct drive {
    struct tb_identify machine;
    struct tb_reader choices;
    int64_t now_ms;
    struct attempt_record attempts[ATTEMPT_MAX];
    uint64_t looking[ATTEMPT_MAX]; /* asked for, and not answered yet */
    size_t looking_count;
    uint64_t asking[ATTEMPT_MAX];
    size_t asking_count;
    uint64_t claiming[ATTEMPT_MAX];
    size_t claiming_count;
    uint64_t handing[ATTEMPT_MAX];
    size_t handing_count;
    uint64_t visit_count;
};

static const char member_digits[MEMBER_COUNT][MEMBER_SIZE + 1] = {"0001234567", "0001234568", "7000000001",
                                                                  "9999999999"};

static uint8_t choose(struct drive *d, uint8_t count)
{
    return tb_read_u8(&d->choices) % count;
}

static uint64_t taken(uint64_t *list, size_t *count, size_t index)
{
    uint64_t id = list[index];
    list[index] = list[--*count];
    return id;
}

static void outcome_check(struct drive *d, struct attempt_record *record,
                          const struct tb_identify_action *action)
{
    struct tb_journal_entry entry;
    TB_ASSERT(!record->ended && !record->hinted);
    record->ended = true;
    record->outcome = action->outcome;
    TB_ASSERT(action->outcome != TB_OUTCOME_RECOGNISED || !record->claims || record->fresh);
    TB_ASSERT(action->outcome != TB_OUTCOME_RECOGNISED || !record->handed);
    TB_ASSERT(action->outcome != TB_OUTCOME_CAPTURED ||
              (record->handed && (!record->claims || record->fresh)));
    TB_ASSERT(action->outcome != TB_OUTCOME_OPERATOR || record->handed);
    TB_ASSERT((action->outcome == TB_OUTCOME_RECOGNISED) == (action->assurance != TB_ASSURANCE_NONE));
    TB_ASSERT(action->reason != TB_REASON_NONE);
    TB_ASSERT((action->outcome == TB_OUTCOME_PRODUCT) == (action->gtin[0] != '\0'));
    TB_ASSERT(tb_identify_journal(&d->machine, 0, &entry));
}

static void action_check(struct drive *d, const struct tb_identify_action *action)
{
    TB_ASSERT(action->attempt > 0 && action->attempt < ATTEMPT_MAX && action->reader < TB_READERS_MAX);
    struct attempt_record *record = &d->attempts[action->attempt];
    switch (action->verb) {
    case TB_IDENTIFY_LOOK_UP:
        TB_ASSERT(!record->ended && tb_identify_credential(&d->machine, action->attempt));
        d->looking[d->looking_count++] = action->attempt;
        return;
    case TB_IDENTIFY_ASK:
    case TB_IDENTIFY_HANDOVER:
        TB_ASSERT(!record->ended);
        TB_ASSERT((action->verb == TB_IDENTIFY_HANDOVER) == (action->handover[0] != '\0'));
        d->asking[d->asking_count++] = action->attempt;
        return;
    case TB_IDENTIFY_CLAIM:
        TB_ASSERT(!record->ended && !record->claims);
        record->claims = true;
        d->claiming[d->claiming_count++] = action->attempt;
        return;
    case TB_IDENTIFY_BADGE:
    case TB_IDENTIFY_CAPTURED:
        TB_ASSERT(!record->ended && !record->handed);
        TB_ASSERT(tb_identify_is_captured(&d->machine, action->attempt) ==
                  (action->verb == TB_IDENTIFY_CAPTURED));
        record->handed = true;
        d->handing[d->handing_count++] = action->attempt;
        return;
    case TB_IDENTIFY_OUTCOME: outcome_check(d, record, action); return;
    case TB_IDENTIFY_MERGED:
        TB_ASSERT(!record->ended && !record->hinted);
        record->ended = record->merged = true;
        return;
    case TB_IDENTIFY_BEGIN_VISIT:
        TB_ASSERT(record->ended && !record->merged && record->outcome == TB_OUTCOME_RECOGNISED);
        d->visit_count++;
        return;
    case TB_IDENTIFY_PRODUCT:
        TB_ASSERT(record->ended && !record->merged && record->outcome == TB_OUTCOME_PRODUCT);
        return;
    case TB_IDENTIFY_CARD_GONE:
        TB_ASSERT(record->ended && !record->merged && !record->away && action->from_tap);
        record->away = true;
        return;
    case TB_IDENTIFY_CARD_BACK:
        TB_ASSERT(record->away);
        record->away = false;
        return;
    case TB_IDENTIFY_READING:
        TB_ASSERT(!record->ended && !record->hinted);
        record->hinted = true;
        return;
    case TB_IDENTIFY_READING_END:
        TB_ASSERT(record->hinted);
        record->hinted = false;
        return;
    case TB_IDENTIFY_FEEDBACK: return;
    }
    TB_ASSERT(false);
}

static const struct tb_customer_key customer = {{0xc5, 0x70, 0x3e, 0x11}};

static void store_answer(struct drive *d, uint64_t id)
{
    static const enum tb_reason reasons[] = {TB_REASON_PROOF_WRONG, TB_REASON_PROOF_REPLAYED,
                                             TB_REASON_PROOF_EXPIRED, TB_REASON_POLICY};
    uint8_t what = choose(d, TB_ANSWER_OFFLINE + 3);
    if (what <= TB_ANSWER_OFFLINE)
        tb_identify_answered(&d->machine, id, (enum tb_answer)what, &customer, d->now_ms);
    else if (what == TB_ANSWER_OFFLINE + 1)
        tb_identify_verified(&d->machine, id,
                             &(struct tb_identify_proven){TB_CREDENTIAL_TAG, TB_ASSURANCE_MEDIUM, customer},
                             d->now_ms);
    else
        tb_identify_refused(&d->machine, id, reasons[choose(d, TB_ARRAY_SIZE(reasons))], d->now_ms);
}

enum asked { LOOK_UP, ASK, CLAIM, HANDED, ASKED_COUNT };

static void handed_answer(struct drive *d, uint64_t id)
{
    uint8_t what = choose(d, 4);
    if (tb_identify_is_captured(&d->machine, id))
        tb_identify_captured(&d->machine, id, what & 1, d->now_ms);
    else
        tb_identify_badge(&d->machine, id, (enum tb_badge)(what % (TB_BADGE_UNKNOWN + 1)), d->now_ms);
}

static void answer(struct drive *d, enum asked asked)
{
    uint64_t *lists[ASKED_COUNT] = {d->looking, d->asking, d->claiming, d->handing};
    size_t *counts[ASKED_COUNT] = {&d->looking_count, &d->asking_count, &d->claiming_count,
                                   &d->handing_count};
    if (*counts[asked] == 0)
        return;
    uint64_t id = taken(lists[asked], counts[asked], tb_read_u8(&d->choices) % *counts[asked]);
    if (asked == ASK) {
        store_answer(d, id);
    } else if (asked == HANDED) {
        handed_answer(d, id);
    } else if (asked == LOOK_UP) {
        tb_identify_looked_up(&d->machine, id, (enum tb_lookup)choose(d, TB_LOOKUP_CORRUPT + 1), &customer,
                              d->now_ms);
    } else {
        enum tb_claimed claimed = (enum tb_claimed)choose(d, TB_CLAIMED_FAILED + 1);
        d->attempts[id].fresh = claimed == TB_CLAIMED_FRESH;
        tb_identify_claimed(&d->machine, id, claimed, d->now_ms);
    }
}

/* Takes every action; some look-ups are answered from inside the loop, as the agent does. */
static void actions_take(struct drive *d)
{
    struct tb_identify_action action;
    while (tb_identify_next(&d->machine, &action)) {
        action_check(d, &action);
        if (action.verb == TB_IDENTIFY_LOOK_UP && choose(d, 2))
            answer(d, LOOK_UP);
        else if (d->handing_count && choose(d, 4))
            answer(d, HANDED);
    }
}

static void data_play(struct drive *d, uint8_t reader)
{
    uint8_t bytes[64];
    struct tb_buf message = tb_buf_of(bytes, sizeof bytes);
    uint8_t which = choose(d, MEMBER_COUNT + 3);
    if (which < MEMBER_COUNT) {
        tb_buf_add(&message, tb_span_of("\xd1\x01\x0e\x54\x02"
                                        "enM",
                                        8));
        tb_buf_add_str(&message, member_digits[which]);
    } else if (which == MEMBER_COUNT) {
        tb_buf_add(&message, tb_span_of("\xd1\x01\x05\x54\x02"
                                        "enHi",
                                        9));
    } else if (which == MEMBER_COUNT + 1) {
        tb_buf_add(&message, tb_span_of("\xd1\x01\x13\x55\x04"
                                        "x.y/01/4006381333931",
                                        24));
        bytes[2] = 20;
    }
    tb_identify_tag_data(&d->machine, reader, tb_buf_span(&message), d->now_ms);
}

/* What an applet found: known or not, proven here or to be proven by the context store, good once or not. */
static void judged_play(struct drive *d, uint8_t reader)
{
    static const char evidence[] = "e=3b5c&c=77";
    struct tb_judgement j = {.verdict = TB_JUDGED_CREDENTIAL, .reason = TB_REASON_TAG_SUN};
    uint8_t what = choose(d, 64);
    uint8_t which = choose(d, MEMBER_COUNT);
    j.assurance = (enum tb_assurance)(what & 3);
    if (what & 4) {
        enum tb_err err =
            tb_credential_set(TB_CREDENTIAL_MEMBER, tb_span_str(member_digits[which]), &j.credential);
        TB_ASSERT(err == TB_OK);
    }
    if (what & 8 || !(what & 4)) {
        j.evidence_size = sizeof evidence - 1;
        memcpy(j.evidence, evidence, sizeof evidence - 1);
        j.evidence[0] = (uint8_t)('a' + which);
    }
    if (what & 16)
        j.replay = (struct tb_replay){.rule = TB_REPLAY_ONCE, .forget_ms = d->now_ms};
    if (!(what & 4) && what & 32)
        j.verdict = TB_JUDGED_UNKNOWN;
    if (what >= 60) {
        j = (struct tb_judgement){.verdict = TB_JUDGED_HANDOVER, .reason = TB_REASON_HANDOVER_CODE};
        memcpy(j.handover, "ABCDE2", sizeof j.handover);
    }
    tb_identify_judged(&d->machine, reader, &j, d->now_ms);
}

static void tap_play(struct drive *d, uint8_t reader)
{
    static const char *const uids[UID_COUNT] = {"", "\x04\xca\xfe\x11\x22\x33\x44",
                                                "\x04\xca\xfe\x11\x22\x33\x55", "\x08\xca\xfe\x01",
                                                "\x08\xca\xfe\x02"};
    uint8_t which = choose(d, 2 * UID_COUNT);
    const struct tb_span uid = tb_span_str(uids[which % UID_COUNT]);
    if (which < UID_COUNT)
        tb_identify_tap_began(&d->machine, reader, uid, d->now_ms);
    else
        tb_identify_tap_again(&d->machine, reader, uid, d->now_ms);
}

static void line_play(struct drive *d, uint8_t reader)
{
    static const char *const lines[] = {"4006381333931",          "hello",     "4111111111111111", "\x01", "",
                                        "8018952123456789012345", "OP:0004218"};
    uint8_t bytes[64];
    struct tb_buf line = tb_buf_of(bytes, sizeof bytes);
    uint8_t which = choose(d, MEMBER_COUNT + TB_ARRAY_SIZE(lines));
    if (which < MEMBER_COUNT) {
        tb_buf_add_str(&line, "https://x.example/m/");
        tb_buf_add_str(&line, member_digits[which]);
    } else {
        tb_buf_add_str(&line, lines[which - MEMBER_COUNT]);
    }
    tb_identify_line(&d->machine, reader, tb_buf_span(&line), d->now_ms);
}

static void time_play(struct drive *d)
{
    static const uint16_t waits_ms[] = {0, 1, 50, 299, 300, 600, 999, 1000, 2000, 3000};
    d->now_ms += waits_ms[choose(d, TB_ARRAY_SIZE(waits_ms))];
    tb_identify_tick(&d->machine, d->now_ms);
    actions_take(d);
    TB_ASSERT(tb_identify_deadline_ms(&d->machine) > d->now_ms);
}

static void event_play(struct drive *d)
{
    uint8_t what = choose(d, 16);
    uint8_t reader = choose(d, 3);
    if (what < 3)
        tap_play(d, reader);
    else if (what < 6)
        data_play(d, reader);
    else if (what < 7)
        tb_identify_tag_failed(&d->machine, reader, (enum tb_tag_failure)(1 + choose(d, TB_TAG_TIMEOUT)),
                               d->now_ms);
    else if (what < 9)
        tb_identify_tag_gone(&d->machine, reader, d->now_ms);
    else if (what < 11)
        line_play(d, reader);
    else if (what == 11 && reader == 0)
        tb_identify_reader_lost(&d->machine, choose(d, 3), d->now_ms);
    else if (what == 11 && reader == 1 && choose(d, 4) == 0)
        tb_identify_capture(&d->machine, choose(d, 2));
    else if (what == 11 && reader == 1)
        tb_identify_visit_ended(&d->machine);
    else if (what == 11)
        judged_play(d, reader);
    else if (what < 14)
        answer(d, what == 12 ? LOOK_UP : reader == 2 ? CLAIM : ASK);
    else
        time_play(d);
    actions_take(d);
}

static bool machine_holds(const struct drive *d, const char *text)
{
    return memmem(&d->machine, sizeof d->machine, text, strlen(text)) != NULL;
}

/* Everybody leaves and nobody answers any more: all of it has to end by itself. */
static void end_check(struct drive *d)
{
    for (uint8_t reader = 0; reader < 3; reader++) {
        tb_identify_tag_gone(&d->machine, reader, d->now_ms);
        actions_take(d);
    }
    d->choices = tb_reader_of(tb_span_of(NULL, 0));
    while (tb_identify_deadline_ms(&d->machine) != INT64_MAX) {
        TB_ASSERT(tb_identify_deadline_ms(&d->machine) > d->now_ms);
        d->now_ms = tb_identify_deadline_ms(&d->machine);
        tb_identify_tick(&d->machine, d->now_ms);
        actions_take(d);
    }
    for (uint64_t id = 1; id <= d->machine.attempt_last; id++)
        TB_ASSERT(d->attempts[id].ended && !d->attempts[id].hinted);
    for (size_t i = 0; i < MEMBER_COUNT; i++)
        TB_ASSERT(!machine_holds(d, member_digits[i]));
    TB_ASSERT(!machine_holds(d, "\xca\xfe"));
    TB_ASSERT(!machine_holds(d, "952123456789012345") && !machine_holds(d, "\xc5\x70\x3e\x11"));
}

void identify_drive(struct tb_span choices, struct identify_drive_tally *ret_tally)
{
    static struct drive d;
    const struct tb_identify_policy policy = tb_identify_policy_default();
    d = (struct drive){.choices = tb_reader_of(choices), .now_ms = 1000};
    tb_identify_init(&d.machine, &policy);
    while (d.choices.err == TB_OK && d.machine.attempt_last < ATTEMPT_MAX - 8)
        event_play(&d);
    end_check(&d);
    *ret_tally = (struct identify_drive_tally){.attempt_count = d.machine.attempt_last,
                                               .merged_count = d.machine.merged_count,
                                               .visit_count = d.visit_count};
}
