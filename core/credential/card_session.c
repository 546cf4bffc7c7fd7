#include "core/credential/card_session.h"

#include "core/base/assert.h"
#include "core/base/wipe.h"

#include <stddef.h>

#define STARTS_ALIKE(machine)                                                                   \
    _Static_assert(offsetof(struct machine, io) == offsetof(struct tb_card_machine_head, io) && \
                       offsetof(struct machine, judgement) ==                                   \
                           offsetof(struct tb_card_machine_head, judgement),                    \
                   "the head is that of every machine")

STARTS_ALIKE(tb_hce);
STARTS_ALIKE(tb_desfire);

static bool is_possible(const struct tb_card_session *s, enum tb_ring_use use, enum tb_credential_kind kind)
{
    return !(s->how.kinds_refused & 1u << kind) &&
           tb_keyring_find(s->how.keys, use, tb_span_of(NULL, 0), s->how.wall_ms, 0) != NULL;
}

/* ---- phone wallets ---- */

#if TB_WALLETS
STARTS_ALIKE(tb_smart_tap);
STARTS_ALIKE(tb_vas);

static bool smart_tap_wanted(const struct tb_card_session *s)
{
    return is_possible(s, TB_RING_SMART_TAP, TB_CREDENTIAL_SMART_TAP);
}

static bool vas_wanted(const struct tb_card_session *s)
{
    return is_possible(s, TB_RING_VAS, TB_CREDENTIAL_VAS);
}

static bool wallet_wanted(const struct tb_card_session *s)
{
    return smart_tap_wanted(s) || vas_wanted(s);
}

static enum tb_applet_step wallet_start(struct tb_card_session *s)
{
    s->listed = false;
    tb_ose_command(&s->machine.io);
    return TB_APPLET_NEXT;
}

static enum tb_applet_step smart_tap_begin(struct tb_card_session *s, const struct tb_ose *ose)
{
    const struct tb_smart_tap_how how = {.keys = s->how.keys, .rng = s->how.rng, .wall_ms = s->how.wall_ms};
    return smart_tap_wanted(s) ? tb_smart_tap_start(&s->machine.smart_tap, &how, ose) : TB_APPLET_ABSENT;
}

static enum tb_applet_step vas_begin(struct tb_card_session *s, const struct tb_ose *ose)
{
    struct tb_vas_how how = {
        .keys = s->how.keys, .rng = s->how.rng, .wall_ms = s->how.wall_ms, .terms = s->how.vas};
    if (!s->how.clock_trusted)
        how.terms.window_ms = 0;
    return vas_wanted(s) ? tb_vas_start(&s->machine.vas, &how, ose) : TB_APPLET_ABSENT;
}

static enum tb_applet_step directory_answer(struct tb_card_session *s, struct tb_span answer)
{
    struct tb_ose ose;
    if (tb_ose_read(answer, &ose) != TB_OK)
        return TB_APPLET_ABSENT; /* none, or none that could be spoken with: what else is there is asked for
                                  */
    s->listed = true;
    s->wallet = ose.wallet;
    return ose.wallet == TB_OSE_GOOGLE ? smart_tap_begin(s, &ose) : vas_begin(s, &ose);
}

static enum tb_applet_step wallet_answer(struct tb_card_session *s, struct tb_span answer)
{
    if (!s->listed)
        return directory_answer(s, answer);
    return s->wallet == TB_OSE_GOOGLE ? tb_smart_tap_answer(&s->machine.smart_tap, answer)
                                      : tb_vas_answer(&s->machine.vas, answer);
}

static enum tb_applet_step wallet_lost(struct tb_card_session *s)
{
    if (!s->listed)
        return TB_APPLET_LOST;
    return s->wallet == TB_OSE_GOOGLE ? tb_smart_tap_lost(&s->machine.smart_tap)
                                      : tb_vas_lost(&s->machine.vas);
}
#endif

/* ---- the chain's phone app ---- */

static bool phone_wanted(const struct tb_card_session *s)
{
    return s->how.audience[0] && is_possible(s, TB_RING_TOKEN, TB_CREDENTIAL_PASS);
}

static enum tb_applet_step phone_start(struct tb_card_session *s)
{
    const struct tb_hce_input input = {.keys = s->how.keys,
                                       .wall_ms = s->how.wall_ms,
                                       .rng = s->how.rng,
                                       .audience = s->how.audience,
                                       .terminal = s->how.terminal};
    return tb_hce_start(&s->machine.hce, &input);
}

static enum tb_applet_step phone_answer(struct tb_card_session *s, struct tb_span answer)
{
    return tb_hce_answer(&s->machine.hce, answer);
}

static enum tb_applet_step phone_lost(struct tb_card_session *s)
{
    return tb_hce_lost(&s->machine.hce);
}

/* ---- the chain's DESFire cards ---- */

static bool desfire_wanted(const struct tb_card_session *s)
{
    return is_possible(s, TB_RING_DESFIRE, TB_CREDENTIAL_DESFIRE);
}

static enum tb_applet_step desfire_start(struct tb_card_session *s)
{
    const struct tb_desfire_input input = {
        .keys = s->how.keys, .wall_ms = s->how.wall_ms, .rng = s->how.rng, .uid = s->how.uid};
    return tb_desfire_start(&s->machine.desfire, &input);
}

static enum tb_applet_step desfire_answer(struct tb_card_session *s, struct tb_span answer)
{
    return tb_desfire_answer(&s->machine.desfire, answer);
}

static enum tb_applet_step desfire_lost(struct tb_card_session *s)
{
    return tb_desfire_lost(&s->machine.desfire);
}

struct tb_card_applets tb_card_applets(void)
{
    static const struct tb_card_applet applets[] = {
#if TB_WALLETS
        {wallet_wanted, wallet_start, wallet_answer, wallet_lost},
#endif
        {phone_wanted, phone_start, phone_answer, phone_lost},
        {desfire_wanted, desfire_start, desfire_answer, desfire_lost},
    };
    return (struct tb_card_applets){applets, TB_ARRAY_SIZE(applets)};
}

/* ---- the session ---- */

static void machine_wipe(struct tb_card_session *s)
{
    tb_wipe(&s->machine, sizeof s->machine);
}

static enum tb_card_step judged(struct tb_card_session *s, enum tb_judged verdict, enum tb_reason reason)
{
    s->judgement = (struct tb_judgement){.verdict = verdict, .reason = reason};
    machine_wipe(s);
    return TB_CARD_JUDGED;
}

/* What an application says of itself ends the session, unless it says that it knows nothing of ours: there
 * may be another one, and the first that said so is remembered. */
static bool verdict_take(struct tb_card_session *s)
{
    bool final = s->machine.head.judgement.verdict != TB_JUDGED_UNKNOWN;
    if (final || !s->heard)
        s->judgement = s->machine.head.judgement;
    s->heard = true;
    return final;
}

static enum tb_card_step session_end(struct tb_card_session *s)
{
    machine_wipe(s);
    return s->heard ? TB_CARD_JUDGED : TB_CARD_READ;
}

static enum tb_applet_step applet_next(struct tb_card_session *s)
{
    while (s->at < s->applets.count) {
        const struct tb_card_applet *applet = &s->applets.at[s->at];
        machine_wipe(s);
        if (applet->wanted(s)) {
            enum tb_applet_step step = applet->start(s);
            if (step != TB_APPLET_ABSENT)
                return step;
        }
        s->at++;
    }
    return TB_APPLET_ABSENT;
}

static enum tb_card_step step_take(struct tb_card_session *s, enum tb_applet_step step)
{
    while (step != TB_APPLET_NEXT) {
        if (step == TB_APPLET_LOST) {
            machine_wipe(s);
            return TB_CARD_LOST;
        }
        if ((step == TB_APPLET_DONE || step == TB_APPLET_FAILED) && verdict_take(s))
            return session_end(s);
        s->at++;
        step = applet_next(s);
        if (step == TB_APPLET_ABSENT)
            return session_end(s);
    }
    if (s->exchange_count == TB_CARD_EXCHANGE_MAX)
        return judged(s, TB_JUDGED_MALFORMED, TB_REASON_PROOF_MALFORMED);
    s->exchange_count++;
    return TB_CARD_NEXT;
}

static bool wanted_at(const struct tb_card_how *how, struct tb_card_applets applets, int64_t wall_ms)
{
    struct tb_card_session s = {.how = *how};
    s.how.wall_ms = wall_ms;
    for (size_t i = 0; i < applets.count; i++)
        if (applets.at[i].wanted(&s))
            return true;
    return false;
}

bool tb_card_session_wanted(const struct tb_card_how *how, struct tb_card_applets applets)
{
    bool wanted = wanted_at(how, applets, how->wall_ms);
    for (size_t i = 0; i < how->keys->key_count && !wanted; i++)
        wanted = how->keys->keys[i].not_before_ms > how->wall_ms &&
                 wanted_at(how, applets, how->keys->keys[i].not_before_ms);
    return wanted;
}

enum tb_card_step tb_card_session_start(struct tb_card_session *s, const struct tb_card_how *how,
                                        struct tb_card_applets applets)
{
    *s = (struct tb_card_session){.how = *how, .applets = applets};
    enum tb_applet_step step = applet_next(s);
    return step == TB_APPLET_ABSENT ? session_end(s) : step_take(s, step);
}

enum tb_card_step tb_card_session_answer(struct tb_card_session *s, struct tb_span answer)
{
    return step_take(s, s->applets.at[s->at].answer(s, answer));
}

enum tb_card_step tb_card_session_lost(struct tb_card_session *s)
{
    return step_take(s, s->applets.at[s->at].lost(s));
}

void tb_card_session_wipe(struct tb_card_session *s)
{
    tb_wipe(s, sizeof *s);
}
