/*
 * Pos: the local API for POS software (docs/pos.md): who was paired, who follows events, what each may ask.
 *
 *     pos.c          who gets in, the desk, what is asked of the visit
 *     pos_events.c   what followers are told
 *     pos_pairing.c  how a POS comes by its token, and loses it
 *     pos_guard.c    for how long nobody can, because codes were guessed
 *     upos.c         the UnifiedPOS view
 *
 * A POS is trusted with what it was granted and with nothing else; what it sends is looked at as what a page
 * sends. Loop's thread only. Limits: TB_POS_CLIENT_MAX paired, TB_COUNTER_POS_MAX followers, one pairing at a
 * time.
 */
#ifndef TB_AGENT_APP_POS_POS_H
#define TB_AGENT_APP_POS_POS_H

#include "agent/app/handover/handovers.h"
#include "agent/app/pos/pos_guard.h"
#include "agent/app/pos/upos.h"
#include "agent/app/request.h"
#include "agent/cache/pos_clients.h"
#include "agent/counter/counter.h"
#include "host/loop/loop.h"

#define TB_POS_API_VERSION 1
#define TB_POS_CODE_SIZE 6       /* digits */
#define TB_POS_PAIRING_MS 120000 /* a code is good for */

/* What a POS may do: bits, which state.db keeps. */
enum tb_pos_grant {
    TB_POS_MAY_CUSTOMER = 1 << 0, /* see who is here, and the cart */
    TB_POS_MAY_CART = 1 << 1,     /* change it */
    TB_POS_MAY_CHECKOUT = 1 << 2, /* claim, release, finish, void */
    TB_POS_MAY_IDENTIFY = 1 << 3, /* hand in codes, end visits */
    TB_POS_MAY_OPERATOR = 1 << 4, /* say who the clerk is */
    TB_POS_MAY_HANDOVER = 1 << 5, /* ask somebody else to go on with the customer */
    TB_POS_MAY_DEVICE = 1 << 6,   /* outcomes, readers, the UnifiedPOS view */
    TB_POS_MAY_HELP = 1 << 7,     /* see who waits in the store, take one over or decline */
    TB_POS_GRANT_COUNT = 8
};

extern const char *const tb_pos_grant_names[TB_POS_GRANT_COUNT]; /* by the number of the bit */

struct tb_pos_follower {
    uint32_t page;   /* 0: the place is free */
    uint32_t client; /* number of the tb_pos_client */
    struct tb_upos upos;
};

struct tb_pos_pairing {
    bool open;
    bool finishing; /* the code was right, and the token is being stored */
    struct tb_id id;
    struct tb_pos_client asked;
    uint32_t asker; /* user of this machine */
    char code[TB_POS_CODE_SIZE + 1];
    int64_t until_wall_ms;
    struct tb_timer timer;
};

struct tb_pos {
    struct tb_pos_clients clients;
    struct tb_pos_follower followers[TB_COUNTER_POS_MAX];
    struct tb_pos_pairing pairing;
    struct tb_pos_guard guard;
    uint32_t number_last;            /* that a client was given since the agent began */
    size_t granting_count;           /* tokens that are being stored: their places are taken */
    struct tb_id visit_told;         /* the visit that followers know of; zero: none */
    bool customer_told;              /* and that somebody was identified in it */
    struct tb_handover_own own_told; /* the request of this terminal, as followers know it */
    int64_t started_ms;              /* monotonic */
    struct tb_upos_counts counts;
    uint32_t asking;       /* the client whose message is being handled; 0: none, or one without a token */
    struct tb_span origin; /* and the page's, while it is */
};

void tb_pos_start(struct tb_agent *agent, const struct tb_pos_clients *clients);
void tb_pos_stop(struct tb_agent *agent);

/* Handlers of the counter. */
bool tb_pos_origin(void *context, struct tb_span origin);
enum tb_err tb_pos_admit(void *context, struct tb_span token, struct tb_span origin, uint32_t *ret_client);
void tb_pos_opened(void *context, uint32_t page, uint32_t client);
bool tb_pos_call(void *context, uint32_t page, uint32_t client, struct tb_span origin,
                 struct tb_span message);
void tb_pos_closed(struct tb_agent *agent, uint32_t page);

/* The paired one of that number, borrowed; NULL when there is none. */
const struct tb_pos_client *tb_pos_client_find(const struct tb_agent *agent, uint32_t number);
struct tb_pos_follower *tb_pos_follower_find(struct tb_agent *agent, uint32_t page);

/* ---- events ---- */

void tb_pos_told_at_first(struct tb_agent *agent, uint32_t page, const struct tb_pos_client *client);
void tb_pos_terminal(struct tb_agent *agent);
void tb_pos_state(struct tb_agent *agent);
void tb_pos_operator(struct tb_agent *agent);
void tb_pos_visit(struct tb_agent *agent);
void tb_pos_cart(struct tb_agent *agent);
void tb_pos_outcome(struct tb_agent *agent, const struct tb_identify_action *action);
void tb_pos_verdict(struct tb_agent *agent, const struct tb_verdict *verdict);
/* Who waits in the store, or what became of this terminal's request, has changed. */
void tb_pos_handovers(struct tb_agent *agent);
/* One that waited does not any more; what became of it stands in doc. */
void tb_pos_handover_over(struct tb_agent *agent, const struct tb_id *handover,
                          const struct tb_handover *doc);
/* Members of the answer of customer.current, and of the events that a visit causes: for a program, which is
 * not the clerk (TB_AUDIENCE_POS). */
void tb_pos_put_visit(struct tb_json_writer *w, const struct tb_agent *agent);
void tb_pos_put_grants(struct tb_json_writer *w, uint32_t grants);
/* The same of the answer of session.info and of the event `ready`: with whom it speaks, and as whom. */
void tb_pos_put_session(struct tb_json_writer *w, const struct tb_agent *agent,
                        const struct tb_pos_client *client);

/* ---- pairing ---- */

/* One at a time: others are told TB_ERR_BUSY, and until when. It is its user's, not its connection's, which
 * ends with each call over HTTP. */
void tb_pos_pair_begin(struct tb_request *r);
void tb_pos_pair_finish(struct tb_request *r);
/* pairing.refuse, of a clerk's page. */
void tb_pos_pair_refuse(struct tb_request *r);
/* To one page of a clerk, or to all (0): what code is asked for now. */
void tb_pos_pairing_show(struct tb_agent *agent, uint32_t page);
/* Of the command line socket. */
void tb_pos_desk_list(struct tb_request *r);
void tb_pos_desk_revoke(struct tb_request *r);
void tb_pos_desk_grant(struct tb_request *r);

#endif
