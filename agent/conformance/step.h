/*
 * Step: one thing that a POS does, or is told, and what must come of it. Steps stand in tables and are played
 * one after another over one websocket; one is looked at when its scopes were granted and those that it
 * builds on held; else it is told as not looked at, and why. One thread, blocking.
 */
#ifndef TB_AGENT_CONFORMANCE_STEP_H
#define TB_AGENT_CONFORMANCE_STEP_H

#include "agent/conformance/grants.h"
#include "agent/conformance/play.h"
#include "core/wire/names.h"

#define TB_STEP_COUNT_MAX 96 /* of all tables */
#define TB_STEP_AFTER_COUNT 2
#define TB_STEP_PARAMS_SIZE 1024
#define TB_STEP_ID_SIZE (2 * TB_ID_SIZE + 1)
#define TB_STEP_CART_SIZE 16384
#define TB_STEP_WAITING_MAX 32 /* in the event handovers */

enum tb_step_end {
    TB_STEP_HELD,
    TB_STEP_FAILED,    /* t->seen says what came instead */
    TB_STEP_NOT_TRIED, /* s->why says what it lacks, which is nobody's fault */
    TB_STEP_NOT_SEEN,  /* s->why says how it could be seen */
};

/* The names of this run's sales, which no other has. */
struct tb_step_sale {
    char name[32];
    char date[11]; /* the business date, such as 2026-03-02 */
};

/* What the steps up to now have come to. */
struct tb_scene {
    const struct tb_play_config *config;
    const struct tb_grants *grants;
    const char *why; /* of a step that was not tried, or how it could be seen */
    struct {
        const char *id;
        bool held;
    } past[TB_STEP_COUNT_MAX];
    size_t past_count;
    char visit[TB_STEP_ID_SIZE];
    char customer[TB_STEP_ID_SIZE];
    char waiting[TB_STEP_ID_SIZE]; /* a hand-over of the store; "": none */
    char line[TB_STEP_ID_SIZE];    /* that was added */
    int64_t quantity;              /* and how many of it are wanted now */
    int64_t unit_price;
    struct tb_step_sale sale;
    int64_t points;     /* that she has, with those of this run */
    unsigned booked;    /* of the sales of this run, those that are in the books; bits */
    bool put;           /* cart.add was called */
    int64_t item_count; /* that she had */
    uint8_t cart[TB_STEP_CART_SIZE];
    size_t cart_size;
};

struct tb_step {
    const char *id;
    const char *text;
    unsigned scopes;                        /* enum tb_grant */
    const char *after[TB_STEP_AFTER_COUNT]; /* ids of steps before it, of any table, that have to hold */
    enum tb_step_end (*run)(struct tb_talk *t, struct tb_scene *s);
    const char *method; /* without run: a call over the websocket that has a result */
    const char *params;
};

/* Plays and reports each; what they came to is kept in s->past, of which ids are borrowed. Blocks for as long
 * as the steps do: each wait for a message has its deadline (talk.h). */
void tb_step_play(struct tb_talk *t, struct tb_scene *s, const struct tb_step *table, size_t count);

/*
 * ---- what steps are made of ----
 *
 * All that ask leave the answer, and those that wait for an event leave that event, in t->rpc, good until the
 * next is waited for. params are JSON text; they are not escaped.
 */

/* Held or failed. */
enum tb_step_end tb_step_told(bool ok);
/* An event that POS software cannot cause: one that fits (as tb_talk_event()) came by now, or comes in the
 * time for which a person was asked to do what how says (borrowed; a sentence without its full stop); else
 * not seen.
 */
enum tb_step_end tb_step_watch(struct tb_talk *t, struct tb_scene *s, const char *event, tb_talk_fits *fits,
                               const void *context, const char *how);
/* A call over the websocket that has a result; not tried when that is nobody's fault. */
enum tb_step_end tb_step_ask(struct tb_talk *t, struct tb_scene *s, const char *method, const char *params);
/* The same whose only param is the visit. */
enum tb_step_end tb_step_ask_of_visit(struct tb_talk *t, struct tb_scene *s, const char *method);
/* And one with an error of this class of codes ("input."), or this code; "": any. */
enum tb_step_end tb_step_refused(struct tb_talk *t, const char *method, const char *params, const char *code);
/* customer.current, which needs its scope; false: s->why says so, or the call failed. */
bool tb_step_nobody_is_here(struct tb_talk *t, struct tb_scene *s);
/* Stores a change: it is answered, and with the line up the context store applies it. */
enum tb_step_end tb_step_change(struct tb_talk *t, struct tb_scene *s, const char *method,
                                const char *params);

/* {"visit":…}: the params of a call that is about the visit alone. */
void tb_step_put_visit(char ret_params[TB_STEP_PARAMS_SIZE], const struct tb_scene *s);
/* False, too, when there is no such member, or it is no text. */
bool tb_step_text_is(struct tb_json object, const char *name, const char *text);
/* What a message is about; context: the visit's id. As tb_talk_fits. */
bool tb_step_is_visit(struct tb_json params, const void *visit);

#endif
