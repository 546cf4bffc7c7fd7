/*
 * Identification at one terminal: reader events, look-up results and time in, actions out.
 *
 * One attempt is one tap or one scan. Every attempt ends exactly once: with an outcome, or merged into
 * the attempt before it when the same card merely flickered in the field or a code was read twice.
 *
 * Sans-I/O and without allocation: the owner feeds events, then takes actions with tb_identify_next()
 * until there are none, before it feeds the next event. Actions may be answered at once from inside
 * that loop. now_ms is monotonic and never goes back. Not thread-safe; one machine per terminal.
 *
 * Limits: TB_READERS_MAX readers with one tap being read on each, TB_LOOKUPS_MAX credentials being
 * looked up (further ones end at once as unreadable, identify.busy), a journal of the last
 * TB_JOURNAL_MAX outcomes.
 *
 * What proves itself only once is claimed durably before it is recognised (TB_IDENTIFY_CLAIM), and not before
 * a customer was found for it. What only the context store can verify is asked there first; when that cannot
 * be, a credential that is known all the same counts as one that anybody could have copied.
 *
 * Credential values live here only while their attempt is in flight and, for de-bouncing, while the
 * card lies on the reader plus return_ms (a code: return_ms); then they are wiped. So are UIDs.
 */
#ifndef TB_CORE_IDENTIFY_IDENTIFY_H
#define TB_CORE_IDENTIFY_IDENTIFY_H

#include "core/credential/judge.h"
#include "core/identify/outcome.h"
#include "core/tag/failure.h"
#include "core/tag/uid.h"

#define TB_READERS_MAX 10 /* and what software hands in, or a person types, counts as one each */
#define TB_LOOKUPS_MAX 8
#define TB_ATTEMPTS_MAX (TB_READERS_MAX + TB_LOOKUPS_MAX + 1) /* one more is judged at the moment */
#define TB_JOURNAL_MAX 64
#define TB_IDENTIFY_ACTIONS_MAX 128 /* a tick that ends every attempt, and the answers to its actions */

enum tb_lookup {
    TB_LOOKUP_HIT,
    TB_LOOKUP_MISS,
    TB_LOOKUP_BLOCKED, /* the credential is known and must not be accepted */
    TB_LOOKUP_CORRUPT, /* the row does not verify; the context store is asked as after a miss */
};

enum tb_answer {
    TB_ANSWER_FOUND,
    TB_ANSWER_NOT_FOUND,
    TB_ANSWER_BLOCKED, /* found, but the credential must not be accepted */
    TB_ANSWER_TIMEOUT,
    TB_ANSWER_OFFLINE,
};

enum tb_claimed {
    TB_CLAIMED_FRESH,
    TB_CLAIMED_USED,
    TB_CLAIMED_FAILED, /* it could not be remembered */
};

enum tb_badge { /* what became of a clerk's badge */
                TB_BADGE_ON,
                TB_BADGE_OFF, /* of the clerk who was signed on */
                TB_BADGE_UNKNOWN,
};

enum tb_feedback { /* light and sound at the reader */
                   TB_FEEDBACK_WELCOME,
                   TB_FEEDBACK_PRODUCT,
                   TB_FEEDBACK_UNKNOWN,
                   TB_FEEDBACK_HOLD,  /* keep the card there */
                   TB_FEEDBACK_AGAIN, /* do what the phone says and tap again */
                   TB_FEEDBACK_EXPIRED,
                   TB_FEEDBACK_REPLAYED,
                   TB_FEEDBACK_REFUSED,
                   TB_FEEDBACK_COUNT
};

enum tb_identify_verb {
    TB_IDENTIFY_LOOK_UP,     /* in the cache; answer with tb_identify_looked_up() */
    TB_IDENTIFY_ASK,         /* the context store, with the evidence if there is any; answer with
                                tb_identify_answered(), …_verified() or …_refused() */
    TB_IDENTIFY_HANDOVER,    /* the context store, for the customer of this hand-over code; as ASK */
    TB_IDENTIFY_CLAIM,       /* the replay memory, durably; answer with tb_identify_claimed() */
    TB_IDENTIFY_OUTCOME,     /* exactly one per attempt, unless it was merged */
    TB_IDENTIFY_BEGIN_VISIT, /* customer, credential_kind, assurance, from_store */
    TB_IDENTIFY_BADGE,       /* a clerk's; answer with tb_identify_badge() */
    TB_IDENTIFY_CAPTURED,    /* what tb_identify_capture() waits for; answer with tb_identify_captured() */
    TB_IDENTIFY_PRODUCT,     /* gtin was scanned */
    TB_IDENTIFY_MERGED,      /* the attempt is the one before it once more: nothing to show */
    TB_IDENTIFY_CARD_GONE,   /* the card of this attempt, which had an outcome, left the field */
    TB_IDENTIFY_CARD_BACK,   /* and is there again */
    TB_IDENTIFY_READING,     /* reading takes longer than hint_ms: "Hold it there…" */
    TB_IDENTIFY_READING_END,
    TB_IDENTIFY_FEEDBACK, /* feedback, for the reader */
};

struct tb_identify_action {
    enum tb_identify_verb verb;
    uint8_t reader;
    uint64_t attempt; /* 1, 2, 3 … within this machine; 0 never names one */
    bool from_tap;    /* else from a scanned code, which has no removal */
    bool from_store;
    enum tb_outcome outcome;
    enum tb_reason reason;
    enum tb_feedback feedback;
    enum tb_credential_kind credential_kind;
    enum tb_assurance assurance; /* OUTCOME and BEGIN_VISIT of who was recognised; else TB_ASSURANCE_NONE */
    struct tb_customer_key customer;
    char gtin[TB_GTIN_TEXT_SIZE];             /* "" unless a product */
    char handover[TB_HANDOVER_CODE_SIZE + 1]; /* HANDOVER; else "" */
    uint32_t took_ms;                         /* OUTCOME: since the attempt began */
};

struct tb_identify_policy {
    const struct tb_code_rules *rules; /* borrowed */
    const struct tb_keyring *keys;     /* borrowed; NULL: none */
    uint32_t hint_ms;                  /* reading longer than this asks to hold */
    uint32_t retry_ms;                 /* a torn read may be repaired by the next one within this */
    uint32_t read_max_ms;              /* a tap that yields nothing ends as unreadable */
    uint32_t ask_max_ms;               /* the context store's answer is waited for this long */
    uint32_t return_ms;                /* a card that is back within this never left */
    bool uid_accepted;                 /* the UID stands for a card on which nothing of ours could be read */
    uint32_t kinds_refused;            /* a bit for each enum tb_credential_kind that is not accepted */
};

struct tb_journal_entry { /* no personal data */
    uint64_t attempt;
    int64_t at_ms; /* monotonic */
    uint32_t took_ms;
    uint8_t reader;
    bool from_tap;
    enum tb_outcome outcome;
    enum tb_reason reason;
};

enum tb_attempt_state {
    TB_ATTEMPT_FREE,
    TB_ATTEMPT_READING, /* the card is in the field, nothing read yet */
    TB_ATTEMPT_TORN,    /* a read was torn; the next one may still succeed */
    TB_ATTEMPT_LOOKING,
    TB_ATTEMPT_ASKING,
    TB_ATTEMPT_CLAIMING,
};

struct tb_card { /* what the reader calls it; empty when it did not say */
    uint8_t uid[TB_UID_SIZE_MAX];
    uint8_t uid_size;
};

struct tb_attempt {
    uint64_t id;
    enum tb_attempt_state state;
    struct tb_card card;
    uint8_t reader;
    bool from_tap;
    bool hinted;        /* READING was said and not yet taken back */
    bool cache_corrupt; /* the look-up found a row that does not verify */
    bool card_gone;     /* the card left while the attempt was in flight */
    bool captured;      /* it is handed over instead of being looked up */
    bool from_store;    /* CLAIMING: who was found, and where */
    enum tb_reason
        unverified; /* why its evidence could not be verified; TB_REASON_NONE: it could, or has none */
    struct tb_customer_key customer;
    int64_t began_ms;
    int64_t deadline_ms; /* of the state */
    struct tb_judgement judgement;
};

struct tb_presence {  /* what a reader showed last, for de-bouncing */
    uint64_t attempt; /* 0: nothing */
    bool gone;        /* left at gone_ms; until then + return_ms it may come back. Codes always did. */
    int64_t gone_ms;
    struct tb_card card;
    struct tb_judgement seen;
};

struct tb_identify {
    struct tb_identify_policy policy;
    int64_t wall_offset_ms; /* Unix time is now_ms and this */
    bool capturing;
    struct tb_attempt attempts[TB_ATTEMPTS_MAX];
    struct tb_presence cards[TB_READERS_MAX]; /* on the reader, or just gone */
    struct tb_presence codes[TB_READERS_MAX]; /* scanned just now */
    struct tb_identify_action actions[TB_IDENTIFY_ACTIONS_MAX];
    uint32_t action_first;
    uint32_t action_count;
    struct tb_journal_entry journal[TB_JOURNAL_MAX];
    uint64_t journal_count; /* ever written */
    uint64_t attempt_last;  /* id of the newest attempt */
    uint64_t visit_attempt; /* newest attempt that began a visit */
    uint64_t outcome_count; /* attempt_last == outcome_count + merged_count + those in flight */
    uint64_t merged_count;
};

/* Defaults with the built-in code rules: hint 300 ms, retry 600, read 3000, ask 2000, return 1000; no UIDs.
 */
struct tb_identify_policy tb_identify_policy_default(void);

void tb_identify_init(struct tb_identify *m, const struct tb_identify_policy *policy);

/* The wall clock now (Unix), by which codes and tokens expire; again whenever it was set. 1970 until then. */
void tb_identify_set_wall(struct tb_identify *m, int64_t wall_ms, int64_t now_ms);

/* Takes effect for attempts that begin later; a code that was just shown is judged anew. */
void tb_identify_set_policy(struct tb_identify *m, const struct tb_identify_policy *policy);

/*
 * From readers; reader < TB_READERS_MAX. Data or a failure without a tap that began counts as one that
 * begins now. A tap that begins while another is read there means that the other one was lost. uid tells a
 * card that is back (its torn read is repaired, its flicker passed over) from another one, which is a tap
 * of its own; empty, or longer than TB_UID_SIZE_MAX: it may be either, and counts as back.
 */
void tb_identify_tap_began(struct tb_identify *m, uint8_t reader, struct tb_span uid, int64_t now_ms);
/* The reader lost the card that it reads and has found it again: whatever was torn, it is the same tap. */
void tb_identify_tap_again(struct tb_identify *m, uint8_t reader, struct tb_span uid, int64_t now_ms);
void tb_identify_tag_data(struct tb_identify *m, uint8_t reader, struct tb_span message, int64_t now_ms);
void tb_identify_tag_failed(struct tb_identify *m, uint8_t reader, enum tb_tag_failure failure,
                            int64_t now_ms);
/* Somebody else spoke with the card, and this is what came of it; the judgement stays the caller's to wipe.
 */
void tb_identify_judged(struct tb_identify *m, uint8_t reader, const struct tb_judgement *judgement,
                        int64_t now_ms);
void tb_identify_tag_gone(struct tb_identify *m, uint8_t reader, int64_t now_ms);
void tb_identify_line(struct tb_identify *m, uint8_t reader, struct tb_span line, int64_t now_ms);
/* The reader dropped a line: reason is TB_REASON_CODE_TOO_LONG or TB_REASON_CODE_NOT_TEXT. */
void tb_identify_line_failed(struct tb_identify *m, uint8_t reader, enum tb_reason reason, int64_t now_ms);
void tb_identify_reader_lost(struct tb_identify *m, uint8_t reader, int64_t now_ms);

/* The judgement of an attempt in flight, borrowed until the next call; NULL when it has ended. */
const struct tb_judgement *tb_identify_judgement(const struct tb_identify *m, uint64_t attempt);
/* Its credential, the same way: of kind TB_CREDENTIAL_NONE when only the context store can tell. */
const struct tb_credential *tb_identify_credential(const struct tb_identify *m, uint64_t attempt);

/* Results; customer is read for HIT and FOUND only. A result for an attempt that has ended is ignored. */
void tb_identify_looked_up(struct tb_identify *m, uint64_t attempt, enum tb_lookup lookup,
                           const struct tb_customer_key *customer, int64_t now_ms);
/* FOUND for an attempt with evidence: by its hash, and the evidence was not verified. */
void tb_identify_answered(struct tb_identify *m, uint64_t attempt, enum tb_answer answer,
                          const struct tb_customer_key *customer, int64_t now_ms);
/* The evidence verified, and had not been used before. */
struct tb_identify_proven {
    enum tb_credential_kind kind; /* that it is; TB_CREDENTIAL_NONE: as it was judged */
    enum tb_assurance assurance;
    struct tb_customer_key customer;
};
void tb_identify_verified(struct tb_identify *m, uint64_t attempt, const struct tb_identify_proven *proven,
                          int64_t now_ms);
/* The evidence is not accepted; reason is one of proof.…, or policy.kind. */
void tb_identify_refused(struct tb_identify *m, uint64_t attempt, enum tb_reason reason, int64_t now_ms);
void tb_identify_claimed(struct tb_identify *m, uint64_t attempt, enum tb_claimed claimed, int64_t now_ms);

/*
 * A clerk's badge begins no visit: the owner knows whose it is. A badge is never captured, nor a hand-over
 * code.
 */
void tb_identify_badge(struct tb_identify *m, uint64_t attempt, enum tb_badge badge, int64_t now_ms);

/*
 * On: the next credential that is presented is not looked up but handed over (TB_IDENTIFY_CAPTURED), when its
 * proof has been verified and used up as ever; then it is off again. A code that was just read may be shown
 * again; what is in flight goes on. Of evidence
 * the owner hears the hash before, with the answer that verified it.
 */
void tb_identify_capture(struct tb_identify *m, bool on);
bool tb_identify_is_captured(const struct tb_identify *m, uint64_t attempt);
/* taken: it is of use to whoever waited for it. */
void tb_identify_captured(struct tb_identify *m, uint64_t attempt, bool taken, int64_t now_ms);

/* The visit ended: a code may be shown again at once. A card that still lies there stays known. */
void tb_identify_visit_ended(struct tb_identify *m);

void tb_identify_tick(struct tb_identify *m, int64_t now_ms);

/* When tb_identify_tick() is due; INT64_MAX when never. */
int64_t tb_identify_deadline_ms(const struct tb_identify *m);

/* Takes the oldest action; false when there is none. */
bool tb_identify_next(struct tb_identify *m, struct tb_identify_action *ret_action);

/* The journal, newest first; false behind its end. */
bool tb_identify_journal(const struct tb_identify *m, size_t index, struct tb_journal_entry *ret_entry);

#endif
