/*
 * Hand-overs, private to their parts: sqlite_handover.c (what is stored, and how it ends),
 * sqlite_handover_ask.c, sqlite_handover_answer.c (accepting, declining, taking back), sqlite_handover_cart.c
 * (what becomes of the cart) and sqlite_handover_row.c. Engine's thread only; errors are those of
 * host/sqlite/stmt.h where nothing else is said.
 */
#ifndef TB_CONTEXTD_ENGINE_SQLITE_HANDOVER_H
#define TB_CONTEXTD_ENGINE_SQLITE_HANDOVER_H

#include "contextd/engine/sqlite_cart.h"

#define CODE_HANDOVER_UNKNOWN "handover_unknown"
#define CODE_HANDOVER_TAKEN "handover_taken"
#define CODE_HANDOVER_OVER "handover_over"
#define CODE_HANDOVER_LIMIT "handover_limit"

/* What is stored of one. */
struct sqlite_handover {
    struct tb_id customer; /* zero: nobody */
    struct tb_id cart;     /* zero: none */
    char store[TB_SHORT_SIZE_MAX + 1];
    char from_device[TB_DEVICE_SIZE_MAX + 1];
    int64_t at_ms;
    int64_t version;
    enum tb_handover_state state; /* NONE: gone */
    enum tb_handover_reason reason;
    bool cart_is_over; /* where it was accepted */
    bool by_peer;      /* accepted by who asks now */
    bool from_peer;    /* requested by who asks now */
    bool waited;       /* its wait is counted: it was accepted before */
};

/* The row with an id (the columns of STMT_HANDOVER_READ); TB_ERR_NOT_FOUND. Reset the statement in any case.
 */
TB_MUST_USE enum tb_err sqlite_handover_row_find(struct sqlite_engine *e, struct tb_span id,
                                                 struct tb_stmt **ret_stmt);
/* As `device` sees it; TB_ERR_NOT_FOUND. */
TB_MUST_USE enum tb_err sqlite_handover_read(struct sqlite_engine *e, const char *device,
                                             const struct tb_id *id, struct sqlite_handover *ret_stored);
/* One that there is and that who asks may know of; else the verdict says no. TB_ERR_NOT_FOUND then. */
TB_MUST_USE enum tb_err sqlite_handover_find(struct sqlite_engine *e, const struct sqlite_batch *b,
                                             const struct tb_mutation *m, struct sqlite_handover *ret_stored,
                                             struct tb_verdict *v);
/* The columns id, store and customer of a statement whose parameters are bound; TB_ERR_NOT_FOUND. */
TB_MUST_USE enum tb_err sqlite_handover_next_read(struct tb_stmt *s, struct tb_id *ret_handover,
                                                  struct sqlite_handover *ret_stored);

/* The terminals of a store will be woken. Those of several stores are in one go: rare, and they only look. */
void sqlite_handover_tell(struct sqlite_batch *b, const char *store);
/* A change for who reads the customer, and for the terminals of the store. */
TB_MUST_USE enum tb_err sqlite_handover_changed(struct sqlite_engine *e, const struct tb_id *handover,
                                                const struct tb_id *customer, const char *store);
/* Its row goes with the answer; false: there is no room for it. */
bool sqlite_handover_note(struct sqlite_batch *b, const struct tb_mutation *m, const struct tb_id *whose,
                          bool changed);

/* Nobody has declined it any more. */
TB_MUST_USE enum tb_err sqlite_handover_declines_drop(struct sqlite_engine *e, const struct tb_id *handover);
TB_MUST_USE enum tb_err sqlite_handover_end(struct sqlite_engine *e, const struct tb_id *handover,
                                            enum tb_handover_state state);
/* Cancels the one that the statement finds, as sqlite_handover_next_read() has it. */
TB_MUST_USE enum tb_err sqlite_handover_cancel_next(struct sqlite_engine *e, struct sqlite_batch *b,
                                                    struct tb_stmt *s);

#endif
