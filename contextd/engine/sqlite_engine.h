/*
 * Inside of the SQLite engine: what its files share. Not for the gateway; see engine.h.
 *
 * One connection, one thread. Nothing here begins or ends a transaction but sqlite_engine.c.
 */
#ifndef TB_CONTEXTD_ENGINE_SQLITE_ENGINE_H
#define TB_CONTEXTD_ENGINE_SQLITE_ENGINE_H

#include "contextd/engine/sqlite.h"
#include "contextd/engine/sqlite_schema.h"
#include "core/cart/cart.h"
#include "core/wire/docs.h"
#include "host/sqlite/db.h"

#define STOCK_LOW_MAX 5        /* pieces: as many or fewer are "low" */
#define TOUCHES_KEPT 64        /* per customer; a journey row shows the newest of them */
#define CREDENTIALS_READ_MAX 8 /* rows that identify hands out per customer */

struct sqlite_chain {
    char name[TB_SHORT_SIZE_MAX + 1];
    char currency[TB_CURRENCY_SIZE + 1];
    char epoch[TB_EPOCH_SIZE_MAX + 1];
    uint8_t pepper[TB_RECORD_PEPPER_SIZE];
    int64_t pepper_version;
    int64_t seed;
    int64_t as_of_ms;
};

struct sqlite_engine {
    struct tb_context_engine base; /* first: the two are cast into each other */
    struct tb_db *db;
    struct tb_stmt stmts[STMT_COUNT];
    struct sqlite_chain chain;
    bool chain_known; /* the file has been set up */
    int64_t (*clock_fn)(void *context);
    void *clock;
    int64_t wall_ms; /* one reading per transaction */
    const struct tb_rng *rng;
    int64_t data_version; /* of the last look for changes from elsewhere */
    struct tb_cart cart;
    struct tb_cart_book book;
    uint8_t book_packed[TB_CART_BOOK_PACKED_SIZE_MAX];
    union {
        struct tb_customer customer;
        struct tb_journey journey;
        struct tb_product product;
        struct tb_terminal terminal;
        struct tb_policy policy;
    } doc; /* scratch of one row at a time */
};

static inline struct tb_stmt *sqlite_stmt(struct sqlite_engine *e, enum sqlite_stmt which)
{
    return &e->stmts[which];
}

/* One object as the change log names it. */
struct sqlite_change {
    enum tb_row_type type;
    enum tb_row_op op;
    struct tb_span id;     /* 16, 32 or more bytes as the type has it */
    struct tb_id customer; /* zero: nobody's */
    const char *store;     /* "": for readers of every store */
};

TB_MUST_USE enum tb_err sqlite_change_put(struct sqlite_engine *e, const struct sqlite_change *change);

/* Columns as fixed texts; what is too long for ret_text is TB_ERR_CORRUPT: no writer puts it there. */
TB_MUST_USE enum tb_err sqlite_column_text(const struct tb_stmt *stmt, int column, char *ret_text,
                                           size_t size_max);
TB_MUST_USE enum tb_err sqlite_column_id(const struct tb_stmt *stmt, int column, struct tb_id *ret_id);

/* A product as readers of a store ("" for none) see it. TB_ERR_NOT_FOUND. ret_row may be NULL; else its
 * version and as_of_ms are set. */
TB_MUST_USE enum tb_err sqlite_product_read(struct sqlite_engine *e, const char *gtin, const char *store,
                                            struct tb_product *ret_product, struct tb_row *ret_row);

/* TB_ERR_NOT_FOUND; stock as readers of a store see it. ret_book may be NULL. */
TB_MUST_USE enum tb_err sqlite_cart_read(struct sqlite_engine *e, const struct tb_id *id, const char *store,
                                         struct tb_cart *ret_cart, struct tb_cart_book *ret_book);
/* Writes the cart, its lines and its book as they stand, and logs the change. */
TB_MUST_USE enum tb_err sqlite_cart_write(struct sqlite_engine *e, const struct tb_cart *cart,
                                          const struct tb_cart_book *book);

enum tb_stock sqlite_stock_of(const struct tb_stmt *stmt, int column);

/* TB_ERR_NOT_FOUND: the customer has none. */
TB_MUST_USE enum tb_err sqlite_cart_of(struct sqlite_engine *e, const struct tb_id *customer,
                                       struct tb_id *ret_cart);

/* Highest decided seq of a stream, 0 when it is new. */
TB_MUST_USE enum tb_err sqlite_stream_read(struct sqlite_engine *e, const char *device,
                                           const struct tb_id *incarnation, int64_t *ret_decided_seq);

/* The device's id inside its URN urn:tillbridge:<chain>:device:<id>; empty when it is no URN of ours. */
struct tb_span sqlite_device_of(const struct sqlite_engine *e, const char *urn);

/* TB_ERR_DENIED: not registered, disabled, quarantined, or not a customer. */
TB_MUST_USE enum tb_err sqlite_peer_check(struct sqlite_engine *e, const struct tb_engine_peer *peer);

/* One request each; inside a transaction. ret_answer is cleared and addressed. */
TB_MUST_USE enum tb_err sqlite_open(struct sqlite_engine *e, const struct tb_engine_request *request,
                                    struct tb_engine_answer *ret_answer);
TB_MUST_USE enum tb_err sqlite_apply(struct sqlite_engine *e, const struct tb_engine_request *request,
                                     struct tb_arena *arena, struct tb_engine_answer *ret_answer);
TB_MUST_USE enum tb_err sqlite_feed(struct sqlite_engine *e, const struct tb_engine_request *request,
                                    struct tb_arena *arena, struct tb_engine_answer *ret_answer);
TB_MUST_USE enum tb_err sqlite_identify(struct sqlite_engine *e, const struct tb_engine_request *request,
                                        struct tb_arena *arena, struct tb_engine_answer *ret_answer);

/* All rows of a customer in the order of identify, as readers of a store see them. */
TB_MUST_USE enum tb_err sqlite_customer_rows(struct sqlite_engine *e, const struct tb_id *customer,
                                             const char *store, struct tb_arena *arena,
                                             struct tb_rows *ret_rows);

TB_MUST_USE enum tb_err sqlite_chain_load(struct sqlite_engine *e);
TB_MUST_USE enum tb_err sqlite_record_put(struct sqlite_engine *e, const struct tb_record *record);

/* Adds a touchpoint; one of the same kind shortly after another moves that one. */
TB_MUST_USE enum tb_err sqlite_touch(struct sqlite_engine *e, const struct tb_id *customer,
                                     enum tb_channel channel, const char *what, int64_t at_ms);

/*
 * Reads an object as readers of a store ("" for none) see it. The document is built in the arena.
 * TB_ERR_NOT_FOUND: there is none. TB_ERR_NO_MEMORY: the arena is full, and untouched.
 */
TB_MUST_USE enum tb_err sqlite_row_read(struct sqlite_engine *e, const struct sqlite_change *change,
                                        struct tb_arena *arena, struct tb_row *ret_row);

#endif
