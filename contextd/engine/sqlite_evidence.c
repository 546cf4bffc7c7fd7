/* What was presented, verified with the chain's own keys, and what was used up of it. */
#include "contextd/engine/sqlite_engine.h"

#include "core/base/assert.h"
#include "core/base/text.h"
#include "core/base/wipe.h"
#include "core/credential/handover.h"
#include "core/credential/judge.h"
#include "core/credential/sun.h"
#include "core/crypto/hash.h"

#define NAME_SIZE 16
#define GUESSES_MAX 20 /* codes of no hand-over within an hour, each once */
#define GUESS_PAUSE_MS (30 * 1000)

static void refuse(struct sqlite_evidence *evidence, enum tb_reason reason)
{
    evidence->proof = (struct tb_identify_proof){.verified = false};
    enum tb_err err = tb_span_to_str(tb_span_str(tb_reason_name(reason)), evidence->proof.refused,
                                     sizeof evidence->proof.refused);
    TB_ASSERT(err == TB_OK);
}

static struct tb_span pepper_of(const struct sqlite_engine *e)
{
    return tb_span_of(e->chain.pepper, sizeof e->chain.pepper);
}

/* ---- hand-over codes ---- */

static enum tb_err handover_find(struct sqlite_engine *e, const char *code, struct sqlite_evidence *evidence)
{
    struct tb_id id;
    enum tb_err err = sqlite_handover_by_code(e, code, &id);
    if (err != TB_OK)
        return err;
    struct tb_stmt *s = sqlite_stmt(e, STMT_HANDOVER_READ);
    tb_stmt_bind_blob(s, 1, tb_id_span(&id));
    bool row;
    err = tb_stmt_step(s, &row);
    if (err == TB_OK && !row)
        err = TB_ERR_NOT_FOUND;
    if (err == TB_OK && !tb_stmt_is_null(s, 0))
        err = sqlite_column_id(s, 0, &evidence->customer);
    if (err == TB_OK)
        err = sqlite_column_id(s, 1, &evidence->cart);
    if (err == TB_OK) {
        evidence->handover_reason = (enum tb_handover_reason)tb_stmt_int(s, 12);
        evidence->handover = id;
    }
    tb_stmt_reset(s);
    return err;
}

/* ---- proofs ---- */

/* Proven is what was verified here, is good once, and is more than anybody could have copied. */
static bool is_proven(const struct tb_judgement *j)
{
    return j->verdict == TB_JUDGED_CREDENTIAL && j->evidence_size == 0 && j->replay.rule != TB_REPLAY_NONE &&
           j->assurance > TB_ASSURANCE_LOW;
}

static void proven(struct sqlite_engine *e, const struct tb_identify_ask *ask, const struct tb_judgement *j,
                   struct sqlite_evidence *evidence)
{
    struct tb_identify_proof *proof = &evidence->proof;
    struct tb_digest hash = sqlite_keyed_hash(e, tb_credential_kind_name(j->credential.kind),
                                              tb_credential_value(&j->credential));
    bool other = strcmp(ask->kind, tb_credential_kind_name(TB_CREDENTIAL_NONE)) != 0 &&
                 memcmp(hash.bytes, ask->hash, sizeof ask->hash) != 0;
    if (other) {
        refuse(evidence, TB_REASON_PROOF_WRONG);
        return;
    }
    enum tb_err err = tb_span_to_str(tb_span_str(tb_credential_kind_name(j->credential.kind)), proof->kind,
                                     sizeof proof->kind);
    if (err == TB_OK)
        err = tb_span_to_str(tb_span_str(tb_assurance_name(j->assurance)), proof->assurance,
                             sizeof proof->assurance);
    TB_ASSERT(err == TB_OK);
    proof->verified = true;
    memcpy(proof->hash, hash.bytes, sizeof proof->hash);
    evidence->replay = j->replay;
}

static void judged(struct sqlite_engine *e, const struct tb_identify_ask *ask, const struct tb_judgement *j,
                   struct sqlite_evidence *evidence)
{
    bool refused = j->verdict == TB_JUDGED_WRONG_KEY || j->verdict == TB_JUDGED_EXPIRED ||
                   j->verdict == TB_JUDGED_MALFORMED;
    if (is_proven(j))
        proven(e, ask, j, evidence);
    else if (refused)
        refuse(evidence, j->reason);
}

/* ---- DESFire cards at terminals without the key ---- */

static enum tb_applet_step card_start(struct sqlite_engine *e, struct sqlite_card *card)
{
    const struct tb_desfire_input input = {
        .keys = &e->ring, .wall_ms = e->wall_ms, .rng = e->rng, .uid = tb_span_of(card->uid, card->uid_size)};
    return tb_desfire_start(&card->machine, &input);
}

static void card_step(struct sqlite_engine *e, struct sqlite_card *card, enum tb_applet_step step,
                      struct sqlite_evidence *evidence)
{
    static const struct tb_identify_ask anybody = {.kind = "none"};
    struct tb_identify_proof *proof = &evidence->proof;
    const struct tb_desfire *m = &card->machine;
    const struct tb_judgement *j = &m->judgement;
    if (step == TB_APPLET_NEXT) {
        TB_ASSERT(m->io.command_size <= sizeof proof->command);
        memcpy(proof->command, m->io.command, m->io.command_size);
        proof->command_size = (uint8_t)m->io.command_size;
        return;
    }
    if (j->reason == TB_REASON_CARD_DESFIRE) {
        proven(e, &anybody, j, evidence);
        memcpy(proof->card, j->credential.value, j->credential.value_size);
        proof->card_size = j->credential.value_size;
    } else if (j->verdict == TB_JUDGED_WRONG_KEY || j->verdict == TB_JUDGED_MALFORMED) {
        refuse(evidence, j->reason);
    }
    sqlite_card_end(card);
}

/* desfire:<UID>:<answer> */
static void card_judge(struct sqlite_engine *e, const char *device, struct tb_span text,
                       struct sqlite_evidence *evidence)
{
    uint8_t seen[TB_DESFIRE_SEEN_SIZE_MAX];
    uint8_t bytes[TB_EVIDENCE_SIZE_MAX / 2];
    struct tb_span answer_hex = tb_span_sub(text, strlen(TB_DESFIRE_EVIDENCE), SIZE_MAX);
    struct tb_span uid_hex = tb_span_cut(&answer_hex, ':');
    struct tb_span uid = tb_span_of(seen, uid_hex.size / 2);
    struct tb_span answer = tb_span_of(bytes, answer_hex.size / 2);
    bool whole = uid.size > 0 && uid.size <= sizeof seen && uid_hex.size % 2 == 0 &&
                 answer_hex.size % 2 == 0 && answer.size <= sizeof bytes &&
                 tb_hex_decode(uid_hex, seen, uid.size) == TB_OK &&
                 tb_hex_decode(answer_hex, bytes, answer.size) == TB_OK;
    if (!whole)
        return;
    struct sqlite_card *card = answer.size ? sqlite_cards_find(&e->cards, device, uid, e->wall_ms)
                                           : sqlite_cards_begin(&e->cards, device, uid, e->wall_ms);
    if (card == NULL)
        return;
    enum tb_applet_step step = answer.size ? tb_desfire_answer(&card->machine, answer) : card_start(e, card);
    card_step(e, card, step, evidence);
}

/* Only who types what nobody was given comes to the limit, and is slowed down there: the last character tells
 * most slips of the hand, a code that is over was given, and one that is presented again is one guess. */
static enum tb_err handover_ask(struct sqlite_engine *e, const struct tb_engine_peer *peer,
                                struct tb_span text, struct sqlite_evidence *evidence)
{
    static const struct sqlite_limit limit = {.counts = STMT_AUDIT_GUESSES,
                                              .counts_of_customer = STMT_AUDIT_GUESSES_OF_CUSTOMER,
                                              .refused_what = "handover.guess_refused",
                                              .max = GUESSES_MAX,
                                              .pause_ms = GUESS_PAUSE_MS};
    char mark[SQLITE_CODE_MARK_SIZE + 1];
    bool known = false;
    char code[TB_HANDOVER_CODE_SIZE + 1];
    bool full = false;
    if (tb_handover_code_decode(text, code) != TB_OK)
        return TB_ERR_NOT_FOUND;
    enum tb_err err = sqlite_limit_check(e, peer, &limit, "", "", &full);
    if (err == TB_OK && full)
        refuse(evidence, TB_REASON_LOOKUP_LIMIT);
    if (err != TB_OK || full)
        return err;
    err = handover_find(e, code, evidence);
    if (err != TB_ERR_NOT_FOUND)
        return err;
    err = sqlite_handover_code_mark(e, code, mark, &known);
    if (err == TB_OK && !known)
        err = sqlite_guess_put(e, peer, mark);
    return err == TB_OK ? TB_ERR_NOT_FOUND : err;
}

enum tb_err sqlite_evidence_judge(struct sqlite_engine *e, const struct tb_engine_peer *peer,
                                  const struct tb_identify_ask *ask, struct sqlite_evidence *ret_evidence)
{
    struct tb_judgement j;
    struct tb_span text = tb_span_str(ask->evidence);
    const struct tb_judge judge = {.rules = &e->trust.codes.rules, .keys = &e->ring, .wall_ms = e->wall_ms};
    *ret_evidence = (struct sqlite_evidence){.replay = {.rule = TB_REPLAY_NONE}};
    if (text.size == 0)
        return TB_OK;
    if (strcmp(ask->kind, "handover") == 0)
        return handover_ask(e, peer, text, ret_evidence);
    if (tb_span_starts(text, tb_span_str(TB_DESFIRE_EVIDENCE))) {
        card_judge(e, peer->device, text, ret_evidence);
        return TB_OK;
    }
    if (!tb_sun_judge(&judge, text, TB_SUN_FROM_EVIDENCE, &j))
        tb_judge_line(&judge, text, &j);
    judged(e, ask, &j, ret_evidence);
    tb_wipe(&j, sizeof j);
    return TB_OK;
}

/* ---- what was used up ---- */

enum tb_err sqlite_evidence_claim(struct sqlite_engine *e, struct sqlite_evidence *evidence)
{
    const struct tb_replay *replay = &evidence->replay;
    if (replay->rule == TB_REPLAY_NONE)
        return TB_OK;
    const struct tb_digest hash = tb_hmac_sha256(pepper_of(e), tb_span_of(replay->name, sizeof replay->name));
    const struct tb_span name = tb_span_of(hash.bytes, NAME_SIZE);
    struct tb_stmt *s = sqlite_stmt(e, STMT_REPLAY_READ);
    tb_stmt_bind_blob(s, 1, name);
    bool row = false;
    enum tb_err err = tb_stmt_step(s, &row);
    bool used = err == TB_OK && row &&
                (replay->rule == TB_REPLAY_ONCE || (int64_t)replay->counter <= tb_stmt_int(s, 0));
    tb_stmt_reset(s);
    if (used)
        refuse(evidence, TB_REASON_PROOF_REPLAYED);
    if (err != TB_OK || used)
        return err;
    s = sqlite_stmt(e, STMT_REPLAY_PUT);
    tb_stmt_bind_blob(s, 1, name);
    tb_stmt_bind_int(s, 2, (int64_t)replay->counter);
    tb_stmt_bind_int(s, 3, replay->forget_ms);
    return tb_stmt_run(s);
}
