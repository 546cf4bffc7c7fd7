/*
 * People: what a clerk does for a customer beside her cart. Somebody without a card is found (by telephone,
 * e-mail or member number) and her visit opened; somebody new is signed up; credentials are listed, linked
 * and blocked; staff notes are written and taken away. Each is the operator's (operators.h), and those that
 * look at or change a person stand in the audit stream, without a name or a number.
 *
 * Finding and opening need the line. A sign-up does not: the visit begins at once, with what is known, and
 * the context store's rows replace that when they come. What the context store turns down is told to the
 * clerk's pages as taken back. Loop's thread only.
 *
 * Limits: TB_PEOPLE_ASK_MAX searches under way and as many who wait for credentials, TB_FIND_COUNT_MAX people
 * of the last one, TB_PEOPLE_WATCH_MAX changes whose verdict is waited for, TB_RECORD_CREDENTIAL_MAX
 * credentials of who is here.
 */
#ifndef TB_AGENT_APP_PEOPLE_PEOPLE_H
#define TB_AGENT_APP_PEOPLE_PEOPLE_H

#include "agent/app/request.h"
#include "agent/cache/record.h"
#include "core/wire/find.h"
#include "core/wire/sync.h"

#define TB_PEOPLE_ASK_MAX 4
#define TB_PEOPLE_WATCH_MAX 16
#define TB_PEOPLE_TICKET 0x40000000u /* of questions to the context store: bit, number */

struct tb_cart_ask;
struct tb_taps_answer;

struct tb_person_credential {
    uint8_t hash[TB_LOOKUP_HASH_SIZE];
    char kind[TB_SHORT_SIZE_MAX + 1];
    int64_t version;
    bool blocked;
    bool gone;
};

/* A question that waits for its answer. */
struct tb_people_ask {
    uint32_t ticket;         /* 0: free */
    struct tb_request asker; /* from, id and send alone */
    struct tb_id customer;   /* who is opened */
    struct tb_id visit;      /* that was open then; zero: none */
};

/* A change that a person is told of when it is turned down. */
struct tb_people_watch {
    int64_t seq; /* 0: free */
    enum tb_mutation_kind kind;
    struct tb_id customer;
    struct tb_id visit;
};

struct tb_people {
    uint32_t ticket_last;
    struct tb_people_ask asks[TB_PEOPLE_ASK_MAX];
    struct tb_id search; /* makes the handles of who was found; zero: nobody */
    uint8_t found_count;
    struct tb_id found[TB_FIND_COUNT_MAX];
    int64_t found_until_ms; /* monotonic */
    struct tb_people_watch watched[TB_PEOPLE_WATCH_MAX];
    size_t watch_next;
    /* Of whose feed is followed; known when her rows have come. */
    struct tb_id customer;
    bool credentials_known;
    bool credentials_changed; /* and the pages are not told yet */
    size_t waiting_count;
    struct tb_request
        waiting[TB_PEOPLE_ASK_MAX]; /* who asked for them before that: from, id and send alone */
    size_t credential_count;
    struct tb_person_credential credentials[TB_RECORD_CREDENTIAL_MAX];
};

/* ---- requests of the clerk's pages ---- */

void tb_people_find(struct tb_request *r);
void tb_people_open(struct tb_request *r);
void tb_people_credentials(struct tb_request *r);
void tb_people_block(struct tb_request *r);
void tb_people_note_add(struct tb_request *r);
void tb_people_note_remove(struct tb_request *r);

/* ---- for those and for captures ---- */

/* The visit is the one on the screen, and has a customer whose name is open. False: the asker was told. */
bool tb_people_customer_is_on(struct tb_request *r, const struct tb_id *visit);
/* One of the served customer's credentials by its handle; NULL: the asker was told. */
const struct tb_person_credential *tb_people_credential(struct tb_request *r, const struct tb_id *handle);
/* Of the customer who is here. */
struct tb_mutation tb_people_mutation(const struct tb_agent *agent, enum tb_mutation_kind kind);
/* Stores it, and tells the clerk's pages when it is turned down. asker is answered; NULL: nobody is. */
TB_MUST_USE enum tb_err tb_people_store(struct tb_agent *agent, struct tb_mutation *mutation,
                                        const struct tb_request *asker);
void tb_people_activity(struct tb_agent *agent);

/* ---- what others hear ---- */

/* customer.find was answered. */
void tb_people_found(struct tb_agent *agent, uint32_t ticket, enum tb_err err, const struct tb_found *found);
/* customer.open was; false: the ticket is not of one. */
bool tb_people_told(struct tb_agent *agent, uint32_t ticket, const struct tb_taps_answer *told);
/* Rows that came, whatever brought them; complete: they are all of this customer's (NULL: no). */
void tb_people_rows(struct tb_agent *agent, const struct tb_rows *rows, const struct tb_id *complete);
/* What came is in the cache: the pages hear that they may ask again. */
void tb_people_saved(struct tb_agent *agent);
/* Of who is here all of them are there. */
void tb_people_credentials_known(struct tb_agent *agent);
/* A change is in the outbox, or is not. */
void tb_people_stored(struct tb_agent *agent, const struct tb_mutation *mutation, enum tb_err err);
void tb_people_verdict(struct tb_agent *agent, const struct tb_verdict *verdict);
/* The visit has ended: nobody waits any more. */
void tb_people_visit_ended(struct tb_agent *agent);
/* This customer's feed is followed from now on; zero: nobody's. */
void tb_people_follow(struct tb_agent *agent, const struct tb_id *customer);
/* The line's state has changed. */
void tb_people_line(struct tb_agent *agent);
/* Somebody was erased: nobody is found any more. */
void tb_people_erased(struct tb_agent *agent);

#endif
