/*
 * Mutations: named intents, each with a place in its device's sequence; and the verdicts on them.
 * Pure; not thread-safe.
 */
#ifndef TB_CORE_WIRE_MUTATION_H
#define TB_CORE_WIRE_MUTATION_H

#include "core/wire/json.h"
#include "core/wire/names.h"

#define TB_MUTATION_BATCH_MAX 32
#define TB_MUTATION_JSON_SIZE_MAX 512
#define TB_VERDICT_CODE_SIZE_MAX 48
#define TB_VERDICT_BATCH_MAX 64

enum tb_mutation_kind {
    TB_MUTATION_NONE,
    TB_MUTATION_SKIPPED, /* closes a gap: seq to seq + count - 1 were never sent */
    TB_MUTATION_CART_ADD,
    TB_MUTATION_CART_SET_QUANTITY,
    TB_MUTATION_CART_REMOVE,
    TB_MUTATION_KIND_COUNT
};

extern const char *const tb_mutation_kind_names[TB_MUTATION_KIND_COUNT];

struct tb_mutation {
    int64_t seq; /* from 1, taken inside the outbox transaction; 0 before */
    enum tb_mutation_kind kind;
    struct tb_id customer;
    struct tb_id cart;
    struct tb_id line;  /* cart.add: minted by the client */
    struct tb_id visit; /* zero when outside a visit */
    int64_t made_ms;    /* wall clock of the terminal; never used for order */
    union {
        struct {
            char gtin[TB_GTIN_SIZE + 1];
            int32_t quantity; /* 1 to TB_QUANTITY_MAX */
        } add;
        struct {
            int32_t from; /* what the person saw */
            int32_t to;
        } set_quantity;
        struct {
            int32_t from;
        } remove;
        struct {
            int64_t count; /* from 1 */
        } skipped;
    };
};

/* One object of a mutate message. An unknown kind is TB_ERR_UNSUPPORTED on "kind"; seq is read first,
 * so that ret->seq is set even then. */
void tb_mutation_decode(struct tb_check *c, struct tb_json object, struct tb_mutation *ret);
void tb_mutation_encode(struct tb_json_writer *w, const char *name, const struct tb_mutation *mutation);

enum tb_verdict_kind {
    TB_VERDICT_NONE,
    TB_VERDICT_APPLIED,
    TB_VERDICT_DUPLICATE,
    TB_VERDICT_REJECTED,
    TB_VERDICT_RETRY,
    TB_VERDICT_KIND_COUNT
};

extern const char *const tb_verdict_kind_names[TB_VERDICT_KIND_COUNT];

struct tb_verdict {
    int64_t seq;
    enum tb_verdict_kind kind;
    char code[TB_VERDICT_CODE_SIZE_MAX + 1]; /* rejected, retry: a stable reason; else "" */
    int64_t version;                         /* of the object it changed; 0 when it changed none */
};

void tb_verdict_decode(struct tb_check *c, struct tb_json object, struct tb_verdict *ret);
void tb_verdict_encode(struct tb_json_writer *w, const char *name, const struct tb_verdict *verdict);

#endif
