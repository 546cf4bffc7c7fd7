/*
 * What must have become of every mutation, counted beside the engine from its answers: which were decided,
 * in what order, and what a cart then holds. The arithmetic is written down a second time here, from
 * docs/protocol.md and not from core/cart, so that a fault in one is a difference.
 */
#ifndef TB_TESTS_SIM_SIM_ORACLE_H
#define TB_TESTS_SIM_SIM_ORACLE_H

#include "core/sync/engine_port.h"
#include "tests/sim/sim_people.h"

#define ORACLE_STREAM_MAX 24
#define ORACLE_SEQ_MAX 128
#define ORACLE_CART_MAX 4
#define ORACLE_LINE_MAX 256
#define ORACLE_SALE_MAX 64

struct sim;

struct oracle_decision {
    enum tb_verdict_kind verdict; /* applied or rejected; NONE: not decided */
    enum tb_mutation_kind kind;
    struct tb_id line;
};

struct oracle_stream {
    char device[TB_DEVICE_SIZE_MAX + 1];
    struct tb_id incarnation;
    int64_t decided;
    struct oracle_decision decisions[ORACLE_SEQ_MAX]; /* index: seq */
};

struct oracle_line {
    struct tb_id id;
    char gtin[TB_GTIN_SIZE + 1];
    int32_t quantity; /* 0: closed for good */
    size_t into;      /* of an add that went into an open line: that line's index; else its own */
};

struct oracle_claim {
    struct tb_id checkout; /* zero: nobody's */
    char device[TB_DEVICE_SIZE_MAX + 1];
    int64_t until_ms;
    bool holds[ORACLE_LINE_MAX]; /* lines that were open when it was taken */
};

struct oracle_cart {
    struct tb_id id;
    struct oracle_claim claim;
    size_t line_count;
    struct oracle_line lines[ORACLE_LINE_MAX];
};

struct oracle_sale {
    char transaction[TB_TRANSACTION_SIZE_MAX + 1]; /* unique among all tills of a run */
    struct tb_id line;                             /* that it took pieces off; zero: none */
    int32_t taken;
    struct tb_id part_of; /* the checkout of which it is a part, one till's; zero: of none */
};

struct sim_oracle {
    size_t sale_count;
    struct oracle_sale sales[ORACLE_SALE_MAX];
    size_t stream_count;
    struct oracle_stream streams[ORACLE_STREAM_MAX];
    size_t cart_count;
    struct oracle_cart carts[ORACLE_CART_MAX];
    struct sim_people people;
};

void oracle_init(struct sim_oracle *o);
void oracle_copy(struct sim_oracle *to, const struct sim_oracle *from);

/* Looks at an answer as the engine has made it, whether or not anybody will ever see it. */
void oracle_answered(struct sim *s, const struct tb_engine_request *request,
                     const struct tb_engine_answer *answer);

/* An open line of a cart; NULL: there is none, or not this time. */
const struct oracle_line *oracle_line_draw(struct sim *s, const struct tb_id *cart);

/* Any line that ever was in a cart; NULL: there is none. */
const struct oracle_line *oracle_line_seen(struct sim *s, const struct tb_id *cart);

/* NULL: never seen. */
const struct oracle_stream *oracle_stream(const struct sim_oracle *o, const char *device,
                                          const struct tb_id *incarnation);

#endif
