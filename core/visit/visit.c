#include "core/visit/visit.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"

struct tb_visit_policy tb_visit_policy_default(void)
{
    return (struct tb_visit_policy){.idle_ms = 120000, .removal_ms = 10000};
}

void tb_visit_init(struct tb_visit *v, const struct tb_visit_policy *policy)
{
    *v = (struct tb_visit){.policy = *policy, .last_reason = TB_VISIT_ENDED_RESTART};
}

void tb_visit_set_policy(struct tb_visit *v, const struct tb_visit_policy *policy)
{
    v->policy = *policy;
}

static bool customer_equal(const struct tb_visit_start *a, const struct tb_visit_start *b)
{
    return a->known == b->known && (!a->known || memcmp(&a->customer, &b->customer, sizeof a->customer) == 0);
}

/* The newer card or code is the one whose removal counts from now on. */
static void visit_go_on(struct tb_visit *v, const struct tb_visit_start *start, int64_t now_ms)
{
    enum tb_assurance before = v->start.assurance;
    v->start = *start;
    if (before > v->start.assurance)
        v->start.assurance = before;
    v->removed = false;
    v->active_ms = now_ms;
}

static void visit_open(struct tb_visit *v, const struct tb_visit_start *start, const struct tb_rng *rng,
                       int64_t now_ms, int64_t wall_ms)
{
    v->open = true;
    v->start.assurance = TB_ASSURANCE_NONE;
    v->id = tb_id_random(rng);
    v->began_ms = now_ms;
    v->began_wall_ms = wall_ms;
    visit_go_on(v, start, now_ms);
}

enum tb_visit_begun tb_visit_begin(struct tb_visit *v, const struct tb_visit_start *start,
                                   const struct tb_rng *rng, int64_t now_ms, int64_t wall_ms,
                                   struct tb_visit_end *ret_end)
{
    if (v->open && customer_equal(&v->start, start)) {
        visit_go_on(v, start, now_ms);
        return TB_VISIT_GOES_ON;
    }
    if (v->open && !v->start.known) {
        visit_go_on(v, start, now_ms);
        return TB_VISIT_JOINED;
    }
    bool replaced = tb_visit_finish(v, TB_VISIT_ENDED_OTHER, now_ms, ret_end);
    visit_open(v, start, rng, now_ms, wall_ms);
    return replaced ? TB_VISIT_REPLACED : TB_VISIT_BEGAN;
}

void tb_visit_activity(struct tb_visit *v, int64_t now_ms)
{
    if (!v->open)
        return;
    v->active_ms = now_ms;
    v->removed_ms = now_ms;
}

static bool visit_is_of(const struct tb_visit *v, uint64_t tap)
{
    return v->open && tap != 0 && v->start.tap == tap;
}

void tb_visit_card_gone(struct tb_visit *v, uint64_t tap, int64_t now_ms)
{
    if (!visit_is_of(v, tap) || v->removed)
        return;
    v->removed = true;
    v->removed_ms = now_ms;
}

void tb_visit_card_back(struct tb_visit *v, uint64_t tap, int64_t now_ms)
{
    if (!visit_is_of(v, tap))
        return;
    v->removed = false;
    v->active_ms = now_ms;
}

bool tb_visit_finish(struct tb_visit *v, enum tb_visit_reason reason, int64_t now_ms,
                     struct tb_visit_end *ret_end)
{
    if (!v->open)
        return false;
    *ret_end = (struct tb_visit_end){
        .id = v->id,
        .start = v->start,
        .reason = reason,
        .began_wall_ms = v->began_wall_ms,
        .took_ms = now_ms - v->began_ms,
    };
    struct tb_visit_policy policy = v->policy;
    tb_wipe(v, sizeof *v);
    v->policy = policy;
    v->last_reason = reason;
    return true;
}

static int64_t idle_deadline_ms(const struct tb_visit *v)
{
    return v->active_ms + v->policy.idle_ms;
}

static int64_t removal_deadline_ms(const struct tb_visit *v)
{
    return v->removed ? v->removed_ms + v->policy.removal_ms : INT64_MAX;
}

bool tb_visit_tick(struct tb_visit *v, int64_t now_ms, struct tb_visit_end *ret_end)
{
    if (!v->open)
        return false;
    if (now_ms >= removal_deadline_ms(v))
        return tb_visit_finish(v, TB_VISIT_ENDED_REMOVED, now_ms, ret_end);
    if (now_ms >= idle_deadline_ms(v))
        return tb_visit_finish(v, TB_VISIT_ENDED_IDLE, now_ms, ret_end);
    return false;
}

int64_t tb_visit_deadline_ms(const struct tb_visit *v)
{
    if (!v->open)
        return INT64_MAX;
    int64_t removal_ms = removal_deadline_ms(v);
    int64_t idle_ms = idle_deadline_ms(v);
    return removal_ms < idle_ms ? removal_ms : idle_ms;
}

const char *tb_visit_reason_name(enum tb_visit_reason reason)
{
    switch (reason) {
    case TB_VISIT_ENDED_RESTART: return "restart";
    case TB_VISIT_ENDED_DONE: return "done";
    case TB_VISIT_ENDED_CHECKOUT: return "checkout";
    case TB_VISIT_ENDED_REMOVED: return "removed";
    case TB_VISIT_ENDED_IDLE: return "idle";
    case TB_VISIT_ENDED_OTHER: return "other";
    case TB_VISIT_ENDED_NOT_ME: return "not_me";
    case TB_VISIT_ENDED_FORGET: return "forget";
    case TB_VISIT_ENDED_HANDOVER: return "handover";
    }
    TB_ASSERT(false);
    return "";
}

const char *tb_visit_source_name(enum tb_visit_source source)
{
    static const char *const names[TB_VISIT_SOURCE_COUNT] = {
        [TB_VISIT_FROM_CACHE] = "cache",      [TB_VISIT_FROM_STORE] = "store",
        [TB_VISIT_FROM_FOUND] = "found",      [TB_VISIT_FROM_CREATED] = "created",
        [TB_VISIT_FROM_CHOSEN] = "chosen",    [TB_VISIT_FROM_HANDOVER] = "handover",
        [TB_VISIT_FROM_NOBODY] = "anonymous",
    };
    TB_ASSERT((unsigned)source < TB_VISIT_SOURCE_COUNT);
    return names[source];
}
