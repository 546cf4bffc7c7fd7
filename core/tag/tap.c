#include "core/tag/tap.h"

#include "core/base/assert.h"
#include "core/tag/uid.h"

enum {
    READ_COUNT_MAX = 3, /* a card at the edge of the field needs more than one */
    FIND_COUNT_MAX = 2,
    SAK_ISO_DEP = 0x20,
    RELAY_MS = 1000,
};

void tb_tap_init(struct tb_tap *t, const struct tb_tap_pace *pace, void *ndef, size_t ndef_max)
{
    *t = (struct tb_tap){.pace = pace, .ndef = ndef, .ndef_max = ndef_max};
}

static void go(struct tb_tap *t, enum tb_tap_state state)
{
    t->state = state;
}

static void look_begin(struct tb_tap *t)
{
    go(t, t->ecp.size > 0 ? TB_TAP_STATE_CALL : TB_TAP_STATE_LOOK);
}

void tb_tap_start(struct tb_tap *t)
{
    TB_ASSERT(t->state == TB_TAP_STATE_STOPPED);
    t->broken = false;
    look_begin(t);
}

/* ---- what is to be done ---- */

uint16_t tb_tap_wait_ms(const struct tb_tap *t)
{
    if (t->state == TB_TAP_STATE_RELAY)
        return RELAY_MS;
    if (t->state == TB_TAP_STATE_HELD)
        return t->pace->presence_ms;
    return t->state == TB_TAP_STATE_SHUNNED ? t->pace->shunned_ms : t->pace->poll_ms;
}

enum tb_tap_do tb_tap_next(const struct tb_tap *t)
{
    switch (t->state) {
    case TB_TAP_STATE_STOPPED: return TB_TAP_STOP;
    case TB_TAP_STATE_IDLE:
    case TB_TAP_STATE_RELAY:
    case TB_TAP_STATE_HELD:
    case TB_TAP_STATE_SHUNNED: return TB_TAP_WAIT;
    case TB_TAP_STATE_CALL: return TB_TAP_BROADCAST;
    case TB_TAP_STATE_LOOK:
    case TB_TAP_STATE_READ_SELECT:
    case TB_TAP_STATE_OTHER_LOOK:
    case TB_TAP_STATE_FIND_LOOK: return TB_TAP_SELECT;
    case TB_TAP_STATE_READ: return TB_TAP_EXCHANGE;
    case TB_TAP_STATE_OTHER_HALT: return TB_TAP_DESELECT;
    case TB_TAP_STATE_FIND_CYCLE:
    case TB_TAP_STATE_FIND_LEAVE: return TB_TAP_FIELD_CYCLE;
    case TB_TAP_STATE_HELD_LOOK: return TB_TAP_PRESENT;
    case TB_TAP_STATE_SHUN: return TB_TAP_FIELD_OFF;
    case TB_TAP_STATE_ANNOUNCE:
    case TB_TAP_STATE_REPORT:
    case TB_TAP_STATE_LEAVE: return TB_TAP_SAY;
    }
    return TB_TAP_STOP;
}

/* ---- telling cards apart ---- */

static struct tb_span uid_of(const struct tb_tap_target *t)
{
    return tb_span_of(t->uid, t->uid_size);
}

static bool target_is_same(const struct tb_tap_target *a, const struct tb_tap_target *b)
{
    return tb_uid_is_same(uid_of(a), uid_of(b));
}

/* ---- ends and beginnings ---- */

static void say(struct tb_tap *t, enum tb_tap_state state, enum tb_tap_word word)
{
    t->word = word;
    go(t, state);
}

static void leave(struct tb_tap *t)
{
    say(t, TB_TAP_STATE_LEAVE, TB_TAP_GONE);
}

static void leave_broken(struct tb_tap *t)
{
    t->broken = true;
    leave(t);
}

static void report(struct tb_tap *t, enum tb_tap_word word, enum tb_tap_next_state then)
{
    t->then = then;
    say(t, TB_TAP_STATE_REPORT, word);
}

static void find_begin(struct tb_tap *t, enum tb_tap_find find)
{
    t->find = find;
    t->find_count = 0;
    go(t, TB_TAP_STATE_FIND_CYCLE);
}

/* Whether the card was asked for its payment directory: once, and never again. */
static bool payment_was_asked(const struct tb_tap *t)
{
    return t->read.kind == TB_TAG_KIND_TYPE4 && t->read.type4.state == TB_TYPE4_PAYMENT;
}

/*
 * Whether another card lies in the field as well. A selected Type 2 card that hears a request falls
 * back and lets the other one answer first; an ISO-DEP card has to be halted for that, which costs it
 * its session (finding it again gives a new one). A phone is not disturbed: its UID would change,
 * and people do not hold two.
 */
static void other_begin(struct tb_tap *t)
{
    if (t->target.sak & SAK_ISO_DEP)
        go(t, TB_TAP_STATE_OTHER_HALT);
    else
        go(t, TB_TAP_STATE_OTHER_LOOK);
}

static enum tb_tap_word outcome(const struct tb_tap *t)
{
    /* read.failure is 0 while a read goes on and after it is done. */
    return t->read.failure == 0 ? TB_TAP_DATA : TB_TAP_FAILED;
}

static void read_take(struct tb_tap *t, enum tb_tag_step step, bool broken)
{
    if (step == TB_TAG_STEP_NEXT || step == TB_TAG_STEP_SELECT) {
        go(t, step == TB_TAG_STEP_NEXT ? TB_TAP_STATE_READ : TB_TAP_STATE_READ_SELECT);
        return;
    }
    if (step == TB_TAG_STEP_DONE || t->read.failure != TB_TAG_TORN) {
        if (tb_uid_is_random(uid_of(&t->target)))
            report(t, outcome(t), TB_TAP_THEN_SETTLE);
        else
            other_begin(t);
        return;
    }
    t->broken = broken;
    if (broken || payment_was_asked(t))
        report(t, TB_TAP_FAILED, TB_TAP_THEN_LEAVE);
    else
        find_begin(t, TB_TAP_FIND_READ);
}

/* A chip that is broken selects nothing again. */
static void read_break(struct tb_tap *t)
{
    enum tb_tag_step step = tb_tag_read_lost(&t->read);
    if (step == TB_TAG_STEP_SELECT)
        step = tb_tag_read_lost(&t->read);
    read_take(t, step, true);
}

static void read_begin(struct tb_tap *t)
{
    enum tb_tag_step step = tb_tag_read_start(&t->read, t->target.sak, t->ndef, t->ndef_max);
    t->read_count++;
    if (t->relay && t->read.kind == TB_TAG_KIND_TYPE4)
        go(t, TB_TAP_STATE_RELAY);
    else
        read_take(t, step, false);
}

static void shun(struct tb_tap *t)
{
    t->shunned = true;
    go(t, TB_TAP_STATE_SHUN);
}

static void settle(struct tb_tap *t)
{
    bool halted = (t->target.sak & SAK_ISO_DEP) && !tb_uid_is_random(uid_of(&t->target));
    if (t->word == TB_TAP_TWO || payment_was_asked(t))
        shun(t);
    else if (halted)
        find_begin(t, TB_TAP_FIND_SETTLE);
    else
        go(t, TB_TAP_STATE_HELD);
}

static void then_go(struct tb_tap *t)
{
    switch (t->then) {
    case TB_TAP_THEN_SETTLE: settle(t); return;
    case TB_TAP_THEN_HOLD: go(t, TB_TAP_STATE_HELD); return;
    case TB_TAP_THEN_LEAVE: leave(t); return;
    case TB_TAP_THEN_SHUN: shun(t); return;
    }
}

void tb_tap_relay(struct tb_tap *t, enum tb_tap_relay what, uint16_t tap)
{
    enum tb_tag_step step = TB_TAG_STEP_NEXT;
    if (what <= TB_TAP_RELAY_ON) {
        t->relay = what;
        return;
    }
    if (t->state != TB_TAP_STATE_RELAY || t->tap != tap)
        return;
    if (what == TB_TAP_RELAY_LEAVE) {
        report(t, TB_TAP_DATA, TB_TAP_THEN_SHUN);
        return;
    }
    if (what == TB_TAP_RELAY_KEEP)
        step = TB_TAG_STEP_DONE;
    else if (what == TB_TAP_RELAY_AGAIN)
        step = tb_tag_read_lost(&t->read);
    read_take(t, step, false);
}

/* ---- finding a card again ---- */

static void found_again(struct tb_tap *t)
{
    switch (t->find) {
    case TB_TAP_FIND_READ:
        if (t->read_count < READ_COUNT_MAX && t->relay)
            say(t, TB_TAP_STATE_ANNOUNCE, TB_TAP_TAG);
        else if (t->read_count < READ_COUNT_MAX)
            read_begin(t);
        else
            report(t, TB_TAP_FAILED, TB_TAP_THEN_HOLD);
        return;
    case TB_TAP_FIND_SETTLE:
    case TB_TAP_FIND_HELD: go(t, TB_TAP_STATE_HELD); return;
    case TB_TAP_FIND_SHUNNED: shun(t); return;
    }
}

static void found_not(struct tb_tap *t)
{
    if (t->find == TB_TAP_FIND_READ)
        report(t, TB_TAP_FAILED, TB_TAP_THEN_LEAVE);
    else
        leave(t);
}

/* Another card that is found instead is let go, so that the next look meets it: an ISO-DEP card that stays
 * selected would hear no request any more. */
static void found(struct tb_tap *t, const struct tb_tap_target *card)
{
    if (target_is_same(card, &t->target))
        found_again(t);
    else
        go(t, TB_TAP_STATE_FIND_LEAVE);
}

static void found_nothing(struct tb_tap *t)
{
    if (++t->find_count < FIND_COUNT_MAX)
        go(t, TB_TAP_STATE_FIND_CYCLE);
    else
        found_not(t);
}

static void held_over(struct tb_tap *t)
{
    t->find = TB_TAP_FIND_HELD;
    go(t, t->renewed ? TB_TAP_STATE_FIND_LEAVE : TB_TAP_STATE_HELD_LOOK);
}

/* ---- results ---- */

void tb_tap_selected(struct tb_tap *t, const struct tb_tap_target *card)
{
    TB_ASSERT(tb_tap_next(t) == TB_TAP_SELECT);
    if (t->state == TB_TAP_STATE_FIND_LOOK) {
        found(t, card);
    } else if (t->state == TB_TAP_STATE_READ_SELECT) {
        if (target_is_same(card, &t->target))
            read_take(t, tb_tag_read_selected(&t->read), false);
        else
            report(t, TB_TAP_TWO, TB_TAP_THEN_SETTLE);
    } else if (t->state == TB_TAP_STATE_OTHER_LOOK) {
        report(t, target_is_same(card, &t->target) ? outcome(t) : TB_TAP_TWO, TB_TAP_THEN_SETTLE);
    } else {
        t->target = *card;
        t->tap++;
        t->read_count = 0;
        t->shunned = false;
        t->renewed = false;
        say(t, TB_TAP_STATE_ANNOUNCE, TB_TAP_TAG);
    }
}

void tb_tap_answered(struct tb_tap *t, struct tb_span answer)
{
    TB_ASSERT(tb_tap_next(t) == TB_TAP_EXCHANGE);
    read_take(t, tb_tag_read_answer(&t->read, answer), false);
}

static bool tap_is_open(const struct tb_tap *t)
{
    return t->state > TB_TAP_STATE_LOOK;
}

/* A tap whose outcome is not told yet gets one first. */
static void broke(struct tb_tap *t)
{
    t->broken = true;
    if (t->state >= TB_TAP_STATE_RELAY && t->state <= TB_TAP_STATE_READ_SELECT)
        read_break(t);
    else if (t->state == TB_TAP_STATE_OTHER_HALT || t->state == TB_TAP_STATE_OTHER_LOOK)
        report(t, outcome(t), TB_TAP_THEN_LEAVE);
    else if (tap_is_open(t) && t->state >= TB_TAP_STATE_FIND_CYCLE && t->state <= TB_TAP_STATE_FIND_LEAVE)
        found_not(t);
    else if (tap_is_open(t))
        leave_broken(t);
    else
        go(t, TB_TAP_STATE_STOPPED);
}

void tb_tap_done(struct tb_tap *t, enum tb_tap_result result)
{
    if (result == TB_TAP_BROKEN) {
        broke(t);
        return;
    }
    switch (t->state) {
    case TB_TAP_STATE_STOPPED: break;
    case TB_TAP_STATE_IDLE: look_begin(t); break;
    case TB_TAP_STATE_CALL: go(t, TB_TAP_STATE_LOOK); break;
    case TB_TAP_STATE_LOOK: go(t, TB_TAP_STATE_IDLE); break;
    case TB_TAP_STATE_ANNOUNCE: read_begin(t); break;
    case TB_TAP_STATE_RELAY: go(t, TB_TAP_STATE_READ); break;
    case TB_TAP_STATE_READ:
    case TB_TAP_STATE_READ_SELECT: read_take(t, tb_tag_read_lost(&t->read), false); break;
    case TB_TAP_STATE_OTHER_HALT: go(t, TB_TAP_STATE_OTHER_LOOK); break;
    case TB_TAP_STATE_OTHER_LOOK: report(t, outcome(t), TB_TAP_THEN_SETTLE); break;
    case TB_TAP_STATE_REPORT: then_go(t); break;
    case TB_TAP_STATE_FIND_CYCLE: go(t, TB_TAP_STATE_FIND_LOOK); break;
    case TB_TAP_STATE_FIND_LOOK: found_nothing(t); break;
    case TB_TAP_STATE_FIND_LEAVE: found_not(t); break;
    case TB_TAP_STATE_HELD: held_over(t); break;
    case TB_TAP_STATE_HELD_LOOK:
        if (result == TB_TAP_OK)
            go(t, TB_TAP_STATE_HELD);
        else
            find_begin(t, TB_TAP_FIND_HELD);
        break;
    case TB_TAP_STATE_SHUN: go(t, TB_TAP_STATE_SHUNNED); break;
    case TB_TAP_STATE_SHUNNED: find_begin(t, TB_TAP_FIND_SHUNNED); break;
    case TB_TAP_STATE_LEAVE: go(t, t->broken ? TB_TAP_STATE_STOPPED : TB_TAP_STATE_IDLE); break;
    }
}

void tb_tap_break(struct tb_tap *t)
{
    switch (tb_tap_next(t)) {
    case TB_TAP_STOP: return;
    case TB_TAP_SAY: t->broken = true; break; /* it stops with the next thing that it asks of the chip */
    case TB_TAP_WAIT:
    case TB_TAP_BROADCAST:
    case TB_TAP_SELECT:
    case TB_TAP_EXCHANGE:
    case TB_TAP_PRESENT:
    case TB_TAP_DESELECT:
    case TB_TAP_FIELD_OFF:
    case TB_TAP_FIELD_CYCLE: broke(t); break;
    }
}

void tb_tap_renew(struct tb_tap *t)
{
    t->renewed = tap_is_open(t);
    t->relay = false;
}

enum tb_tap_access tb_tap_access(const struct tb_tap *t, uint16_t tap)
{
    if (t->tap != tap || !tap_is_open(t) || t->shunned || t->state == TB_TAP_STATE_LEAVE)
        return TB_TAP_ACCESS_GONE;
    return t->state == TB_TAP_STATE_HELD || t->state == TB_TAP_STATE_RELAY ? TB_TAP_ACCESS_NOW
                                                                           : TB_TAP_ACCESS_LATER;
}
