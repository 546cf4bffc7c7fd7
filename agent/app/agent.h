/*
 * Agent: one terminal. Owns the loop, the machines of core and the adapters, which never see one another,
 * and carries what one says to the other. Private to agent/app; each file beside this one does one part:
 *
 *   what happens at the terminal
 *     taps            readers → identification → look-up
 *     sessions        what applications on cards are asked
 *     trust           what credentials are judged by
 *     captures        a credential that is to be linked
 *     handed          codes that no reader read
 *     choices         whose visit, of several
 *     visits          the visit and its customer on the pages
 *     serving         who is here, with the cart as it stands here
 *     pending         what is laid over that cart, undecided
 *     guest           carts of nobody
 *     stitch          nobody's cart joins the customer's
 *     carts           changes to the cart of the visit
 *     checkouts       paying the cart of the visit
 *     people          finding, notes, credentials
 *     signups         new customers at the till
 *     suggestions     what she looked at and is here
 *     know            what is held of her, for herself
 *     farewell        not me, forget me
 *     operators       who is the clerk
 *     handovers       who is to go on with a visit elsewhere: handover_list, handover_asking,
 *                     handover_taking, acceptances
 *     send_code       a cart that goes on by its code
 *     handles         names for people that mean nothing elsewhere
 *     own_id          ids that a later agent knows as its own
 *   who is told and asks: desks answer
 *     page            one message to pages
 *     request         one request, from its text to its answer
 *     pages           clerks' pages
 *     kiosk           shoppers' pages
 *     it              the page for IT
 *     console         the command line
 *     pos             POS software: pos_events, pos_pairing, pos_guard, upos
 *     shopping        what all of them may ask about the visit
 *     checkout_desk   paying
 *     handover_desk   hand-overs
 *     people_desk     customers and clerks
 *     status_desk     how the terminal is doing
 *     keys_desk       what is verified with
 *     outbox_desk     what is not sent yet
 *     reader_ask      what is asked about readers
 *     shopper_display the line display
 *     typing          a member number for a POS that has none
 *   what is kept and sent
 *     mutations       what happened here → outbox
 *     line            uplink ↔ sync machine ↔ storage
 *     cohort          what the cache keeps of the cohort
 *     erasures        customers to be forgotten
 *     storage         the files: storage_… does a part each
 *   the terminal itself
 *     main            the program
 *     config          its configuration
 *     wiring          the readers that it names
 *     csr             its certificate, asked for
 *     status          how it is doing
 *     outage          what people are told when it is not well: outage_metrics
 *     measuring       how customers are served, in numbers
 *
 * Loop's thread only.
 */
#ifndef TB_AGENT_APP_AGENT_H
#define TB_AGENT_APP_AGENT_H

#include "agent/app/config.h"
#include "agent/app/console/reader_ask.h"
#include "agent/app/handover/handovers.h"
#include "agent/app/pages/page.h"
#include "agent/app/people/people.h"
#include "agent/app/pos/pos.h"
#include "agent/app/pos/typing.h"
#include "agent/app/shopper_display.h"
#include "agent/app/status/measuring.h"
#include "agent/app/status/outage_metrics.h"
#include "agent/app/status/status.h"
#include "agent/app/storage/storage.h"
#include "agent/app/visit/captures.h"
#include "agent/app/visit/choices.h"
#include "agent/app/visit/handed.h"
#include "agent/app/visit/operators.h"
#include "agent/app/visit/pending.h"
#include "agent/app/visit/serving.h"
#include "agent/app/visit/sessions.h"
#include "agent/counter/counter.h"
#include "agent/counter/ctl.h"
#include "agent/readers/readers.h"
#include "agent/uplink/uplink.h"
#include "core/credential/trustdoc.h"
#include "core/identify/identify.h"
#include "core/sync/client.h"
#include "host/loop/loop.h"
#include "host/metrics/file.h"

#define TB_AGENT_SOFTWARE "tillbridged " TB_VERSION
#define TB_AGENT_TAIL_MAX TB_CTL_CLIENT_MAX
#define TB_AGENT_READER_POS TB_READERS_COUNT_MAX        /* that codes come from which POS software hands in */
#define TB_AGENT_READER_PAGE (TB_READERS_COUNT_MAX + 1) /* and those that a clerk types */

struct tb_agent_metrics {
    struct tb_metrics registry;
    struct tb_tally outcomes[TB_OUTCOME_COUNT];
    struct tb_measures measures;
    struct tb_tally mutations;
    struct tb_tally erasures;
    struct tb_tally reconnects;
    struct tb_tally rejected;
    struct tb_tally conflicts;
    struct tb_tally dropped[TB_MUTATION_KIND_COUNT]; /* by kind, of those that may be */
    struct tb_tally cache_evicted;
    struct tb_tally cache_dropped;
    struct tb_tally cache_expired;
    struct tb_tally cache_repairs;
    struct tb_gauge unsent;
    struct tb_gauge line_live;
    struct tb_outage_metrics outage;
    struct tb_histogram tap; /* µs from reader event to the message handed to the pages */
};

struct tb_agent {
    struct tb_agent_config config;
    struct tb_loop *loop;
    struct tb_storage storage;
    struct tb_pending pending;
    struct tb_facts facts;        /* secret: the pepper */
    struct tb_facts facts_coming; /* with what is being saved; secret */
    struct tb_policy policy;      /* of the facts, or the usual one */
    struct tb_trust_doc trust;    /* of the policy; what identification judges by */
    struct tb_settings settings;
    struct tb_status status;
    struct tb_agent_metrics metrics;
    struct tb_metrics_file *metrics_file; /* NULL: none */
    int64_t started_wall_ms;

    struct tb_identify identify;
    struct tb_serving serving;
    struct tb_readers *readers;
    struct tb_session_of_reader sessions[TB_READERS_COUNT_MAX];
    struct tb_timer tick; /* the earliest deadline of identification, visit and sync */
    struct tb_timer follow_timer;
    struct tb_timer stitch_timer; /* until when news of her cart are waited for; see stitch.h */
    struct tb_id followed;        /* whose feed is open; zero: nobody's */
    uint32_t scopes_current;      /* a bit for each kind whose rows were all here once since the welcome */
    struct tb_id visit_told;      /* whose beginning is in the outbox */
    struct tb_id customer_told;   /* with this customer; zero: with nobody */

    struct tb_timer checkout_timer; /* to renew the claim of the visit */
    int64_t claimed_ms;             /* monotonic, when the visit claimed its cart; 0: it has not */
    struct tb_handovers handovers;

    struct {
        struct tb_timer timer;
        int64_t seen_ms; /* deadline of the visit for which it was looked at */
        int64_t due_ms;  /* when shoppers' screens are cleared, as they were told; 0: they count nothing */
    } blank;
    struct tb_operators operators;
    struct tb_captures captures;
    struct tb_choices choices;
    struct tb_people people;

    /* The last look-up's customer and record, for the visit that it may begin; see taps.c. */
    bool found;
    struct tb_customer_key found_key;
    struct tb_record found_record;

    unsigned polling_told; /* bits, by reader: that it sends no polling frame was logged */
    bool begin_anew;       /* the loop was stopped for that: see tb_agent_begin_anew() */
    struct tb_timer anew_timer;
    struct tb_storage_told told; /* by then; before, what the agent was started with */

    struct {
        struct tb_timer timer;
        unsigned look_count;
        bool keeping; /* a step of upkeep is under way */
    } cohort;
    bool cache_damaged; /* and not yet made anew */
    struct tb_timer cache_timer;
    char device[TB_DEVICE_SIZE_MAX + 1]; /* urn of the certificate */
    struct tb_uplink *uplink;
    struct tb_client client;
    struct tb_arena arena; /* of one message from the context store; owned block */
    struct tb_buf out;     /* one message to the context store; owned block */
    void *erasing; /* owned by erasures.c: the page that is being done, with those behind it; NULL: none */
    struct tb_timer settle_timer;
    int64_t awaited_seq; /* the last one of those that are not given up whatever happens */
    int64_t settle_seq;  /* highest decided seq that is not settled yet; 0: none */

    struct tb_shopper_display shopper_display;
    struct tb_counter *counter;
    struct tb_pos pos;
    struct tb_handed handed;
    struct tb_typing typing;
    struct tb_ctl *ctl;
    struct tb_buf page;                            /* one message to pages or the command line; owned block */
    struct tb_reader_ask asks[TB_READER_ASKS_MAX]; /* of the command line */
    uint32_t tails[TB_AGENT_TAIL_MAX];             /* command line clients that follow events; 0: free */
};

/*
 * Starts everything; the loop is then to be run. Blocks on the disk and until the readers' processes are
 * started. A failure is logged and everything is taken down again.
 */
TB_MUST_USE enum tb_err tb_agent_start(struct tb_agent *agent, struct tb_loop *loop,
                                       const struct tb_agent_config *config,
                                       const struct tb_storage_told *told);
void tb_agent_stop(struct tb_agent *agent); /* accepts one that was cleared or stopped */

/*
 * Ends the agent soon, to be started again in this process: its files are to be opened, and verified, from
 * the beginning. What pages and the command line were answered before this leaves first, and what is only in
 * memory has to be decided; who is being served then is served to the end.
 */
void tb_agent_begin_anew(struct tb_agent *agent);

/* Turns a notice on or off; pages, followers and the log are told when it changes. */
void tb_agent_notice(struct tb_agent *agent, enum tb_notice notice, bool on);

/* A helper program: where the configuration says, or ("") beside this program. */
TB_MUST_USE enum tb_err tb_agent_program_find(const char *configured, const char *name, char *ret_path,
                                              size_t size);

/* As people know it: one that is configured, "POS", or "" for none. Borrowed. */
const char *tb_agent_reader_name(const struct tb_agent *agent, unsigned index);
/* As pages have it: at a limit of 0, and of an age that is not known, a fact is shown. */
bool tb_agent_is_too_old(const struct tb_agent *agent, int64_t as_of_ms, int64_t limit_ms);

/* Sets the tick timer to the earliest deadline; after anything that may have moved one. */
void tb_agent_rearm(struct tb_agent *agent);

/* ---- taps ---- */

void tb_taps_event(void *context, const struct tb_reader_event *event); /* for tb_readers_create() */
/* Takes over how the readers are doing, and tells the pages; also before the first of them has said anything.
 */
void tb_taps_readers(struct tb_agent *agent);
void tb_taps_tick(struct tb_agent *agent);
/* Carries out what identification asks for, until it asks for nothing more. */
void tb_taps_drain(struct tb_agent *agent);
struct tb_taps_answer { /* of the context store */
    enum tb_err err;
    bool found;
    const struct tb_rows *rows;
    const struct tb_identify_proof *proof;
};
void tb_taps_identified(struct tb_agent *agent, uint32_t ticket, const struct tb_taps_answer *answer);

/* ---- trust ---- */

/* Identification judges by the keys and the policy that are known now. */
void tb_trust_apply(struct tb_agent *agent);
/* And by this turn's time; before what a reader delivered is judged. */
void tb_trust_clock(struct tb_agent *agent);

/* ---- visits ---- */

/* Of whoever was recognised; several may have to choose first. */
void tb_visits_begin(struct tb_agent *agent, const struct tb_identify_action *action);
struct tb_visit_start tb_visits_start_of(const struct tb_agent *agent,
                                         const struct tb_identify_action *action);
/* A customer of the cache is here: her visit begins or goes on, or the open anonymous one becomes hers. The
 * errors of tb_cache_find_customer(), which are in the log; no visit has changed then. */
TB_MUST_USE enum tb_err tb_visits_open(struct tb_agent *agent, const struct tb_visit_start *start);
/* The same of a customer who is in no file yet, with this record (copied). */
void tb_visits_open_new(struct tb_agent *agent, const struct tb_visit_start *start,
                        const struct tb_record *record);
/* Somebody is here of whom nothing is known (start->known is false), with this cart of nobody's as the
 * context store's rows brought it, or (NULL) with a new one. An anonymous visit on that cart goes on; any
 * other visit ends. */
void tb_visits_open_nobody(struct tb_agent *agent, const struct tb_visit_start *start,
                           const struct tb_cart *cart);
void tb_visits_finish(struct tb_agent *agent, enum tb_visit_reason reason);
void tb_visits_tick(struct tb_agent *agent);
/* Rows of this customer were saved, or the pending mutations changed: show the cart as it is now. */
void tb_visits_refresh(struct tb_agent *agent);
void tb_visits_policy(struct tb_agent *agent);
/* The feed of a customer who has left is closed now instead of soon. */
void tb_visits_follow_now(struct tb_agent *agent);

/* ---- cohort ---- */

void tb_cohort_start(struct tb_agent *agent);
void tb_cohort_stop(struct tb_agent *agent);
/* The feeds have brought what there was. */
void tb_cohort_filled(struct tb_agent *agent);
void tb_cohort_policy(struct tb_agent *agent);
void tb_cohort_compare(struct tb_agent *agent, uint32_t ticket, const struct tb_checksum *checksum);

/* ---- mutations ---- */

/* Who waits for a mutation: a request, or nobody. */
struct tb_cart_ask {
    uint32_t from; /* number of the page or of the command line's client */
    int64_t request;
    void (*send)(struct tb_agent *agent, uint32_t to); /* NULL: nobody waits */
};

/* Why no change is taken just now: the outbox cannot be used, and is a copy that takes none, or there is no
 * line by which what is only in memory would leave at once. TB_OK: they are. */
enum tb_err tb_mutations_closed(const struct tb_agent *agent);
/* The context store has decided all that the outbox holds, and the verdicts are stored; what may be given up
 * (outbox_policy.h) does not count. */
bool tb_mutations_are_sent(const struct tb_agent *agent);

/* Into the outbox, and from there to the context store. TB_ERR_ASSURANCE: the visit's assurance does not open
 * that. What can be seen of it on a screen is shown as soon
 * as it is on disk; ask is answered then, or with the error that kept it from there. made_ms is filled in.
 * tb_mutations_closed() is returned at once. */
TB_MUST_USE enum tb_err tb_mutations_store(struct tb_agent *agent, struct tb_mutation *mutation,
                                           struct tb_cart_ask ask);

/* ---- carts ---- */

/* Takes a change of the served customer's cart: line and cart ids are filled in. The rest is as
 * tb_mutations_store(). */
TB_MUST_USE enum tb_err tb_carts_change(struct tb_agent *agent, struct tb_mutation *change,
                                        struct tb_cart_ask ask);

/* ---- checkouts ---- */

/* Claims the cart of the visit for paying, or renews that; it is then renewed until the visit ends, while the
 * line is live. TB_ERR_NOT_FOUND: there is no cart; TB_ERR_ASSURANCE: the visit may not see it. All of these
 * are else as tb_mutations_store(). */
TB_MUST_USE enum tb_err tb_checkouts_claim(struct tb_agent *agent, struct tb_cart_ask ask);
/* TB_ERR_NOT_FOUND: the visit has no claim. */
TB_MUST_USE enum tb_err tb_checkouts_release(struct tb_agent *agent, struct tb_cart_ask ask);
/* What was paid of the cart of the visit that finish names, which is the open one when it names none; without
 * a visit, and when that one has ended, a sale of nobody. all: its lines are those on the screen,
 * TB_ERR_NOT_FOUND when there are none, or the visit may not see them. Filled in: whose it is, the claim, the
 * currency. The visit ends when it is on disk, unless it is a part. */
TB_MUST_USE enum tb_err tb_checkouts_finish(struct tb_agent *agent, struct tb_mutation *finish, bool all,
                                            struct tb_cart_ask ask);
/* Points of the customer that earned names; else of the visit that it names, which is the open one when it
 * names none: TB_ERR_NOT_FOUND when nobody is known there. Filled in: whose they are, and the visit when it
 * is open and hers. */
TB_MUST_USE enum tb_err tb_checkouts_earn(struct tb_agent *agent, struct tb_mutation *earned,
                                          struct tb_cart_ask ask);
/* What became of any mutation. */
void tb_checkouts_stored(struct tb_agent *agent, const struct tb_mutation *mutation, enum tb_err err);
void tb_checkouts_rejected(struct tb_agent *agent, const struct tb_mutation *mutation);
/* The visit has begun: a claim of this terminal that an end of the agent left on its cart is the visit's. */
void tb_checkouts_visit_began(struct tb_agent *agent);
/* The visit has ended, and its customer is not yet cleared: what it claims is released. */
void tb_checkouts_visit_ended(struct tb_agent *agent, const struct tb_id *visit);

/* ---- line ---- */

TB_MUST_USE enum tb_err tb_line_start(struct tb_agent *agent, const struct tb_storage_found *found);
void tb_line_tick(struct tb_agent *agent);
void tb_line_stored(struct tb_agent *agent, const struct tb_stored *stored);
/* Who has this credential, which may be of kind TB_CREDENTIAL_NONE when evidence says whose it is. */
void tb_line_ask(struct tb_agent *agent, uint32_t ticket, const struct tb_credential *credential,
                 struct tb_span evidence);
/* For a session with a card (tb_sessions_told); the same end. */
void tb_line_ask_card(struct tb_agent *agent, uint32_t ticket, struct tb_span evidence, uint32_t wait_ms);
/* Whose hand-over this is the code of. */
void tb_line_ask_handover(struct tb_agent *agent, uint32_t ticket, const char *code);
/* To be told what a read of the cache returned. A damaged file is made anew and filled again as soon as the
 * line is live; until then what can still be read of it is better than nothing. */
void tb_line_cache_read(struct tb_agent *agent, enum tb_err err);
void tb_line_cache_damaged(void *context); /* for storage: the same of a write */
/* Customers were taken out of the cache whom the feed has brought: it is read from the beginning. */
void tb_line_cohort_lost(struct tb_agent *agent);
void tb_line_pages_lost(void *context); /* for storage: rows of feeds are not in the cache */
void tb_line_subscribe(struct tb_agent *agent, const struct tb_id *customer, bool on);
/* customer.find and customer.open; each ends in tb_people_found() or tb_people_told(), perhaps before this
 * returns. */
void tb_line_find(struct tb_agent *agent, uint32_t ticket, const struct tb_find_ask *whom, uint32_t wait_ms);
void tb_line_open(struct tb_agent *agent, uint32_t ticket, const struct tb_open_ask *whom, uint32_t wait_ms);

/* ---- erasures ---- */

/* A page of the feed of erasures: answered by tb_client_saved() when all of it is done. */
void tb_erasures_save(struct tb_agent *agent, const struct tb_client_action *action);
void tb_erasures_stop(struct tb_agent *agent); /* after storage was closed */

/* ---- pages ---- */

void tb_pages_opened(void *context, uint32_t page, enum tb_counter_scope scope);
void tb_pages_request(void *context, uint32_t page, enum tb_counter_scope scope, struct tb_span message);
void tb_pages_closed(void *context, uint32_t page, const char *reason);
void tb_pages_refused(void *context, const char *code);

/* Members of `terminal` and of `visit`, into an object that the caller opened. */
void tb_pages_put_terminal(struct tb_json_writer *w, const struct tb_agent *agent);
void tb_pages_put_visit(struct tb_json_writer *w, const struct tb_agent *agent, enum tb_audience audience);
void tb_pages_send_terminal(struct tb_agent *agent, struct tb_page_to to);
void tb_pages_terminal(struct tb_agent *agent);
void tb_pages_state(struct tb_agent *agent);
void tb_pages_visit(struct tb_agent *agent);
void tb_pages_cart(struct tb_agent *agent);
void tb_pages_outcome(struct tb_agent *agent, const struct tb_identify_action *action);
void tb_pages_reading(struct tb_agent *agent, const char *reader, bool on);
/* A change of the customer who is here was turned down: its effect is taken back, and why. */
void tb_pages_taken_back(struct tb_agent *agent, const struct tb_mutation *mutation,
                         const struct tb_verdict *verdict);

/* ---- console ---- */

void tb_console_request(void *context, uint32_t client, struct tb_span line);
void tb_console_closed(void *context, uint32_t client, const char *reason);
void tb_console_refused(void *context, const char *code);
/* Tell the followers (docs/protocol.md, "Command line socket"). */
void tb_console_outcome(struct tb_agent *agent, const struct tb_identify_action *action);
void tb_console_visit_began(struct tb_agent *agent);
void tb_console_visit_ended(struct tb_agent *agent, const struct tb_visit_end *end);
void tb_console_cart(struct tb_agent *agent, const struct tb_mutation *mutation);
void tb_console_verdict(struct tb_agent *agent, const struct tb_verdict *verdict);
void tb_console_line(struct tb_agent *agent);
void tb_console_reader(struct tb_agent *agent, const struct tb_reader_info *reader,
                       const struct tb_reader_part *part);
void tb_console_notice(struct tb_agent *agent, enum tb_notice notice, bool on);

#endif
