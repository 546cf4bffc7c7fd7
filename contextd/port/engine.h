/*
 * Context engine: the database behind the context store, whatever database it is.
 *
 * An implementation fills struct tb_engine_ops; the gateway, the operator's commands and the
 * simulation know nothing else of it. All calls are synchronous, may block on the database and
 * belong to one thread at a time; the gateway makes them on a worker thread. Limits are those of
 * core/sync/engine_port.h, which also defines what each request means.
 */
#ifndef TB_CONTEXTD_PORT_ENGINE_H
#define TB_CONTEXTD_PORT_ENGINE_H

#include "contextd/port/record.h"
#include "core/sync/engine_port.h"

#define TB_ENGINE_GROUP_MAX 32 /* requests that share one durable transaction */

struct tb_context_engine;

/* One request, where its answer goes, and the memory that the answer's rows live in. */
struct tb_engine_call {
    const struct tb_engine_request *request; /* borrowed */
    struct tb_arena *arena;                  /* borrowed; TB_ENGINE_ARENA_SIZE bytes free */
    struct tb_engine_answer *ret_answer;     /* borrowed */
};

enum tb_terminal_state {
    TB_TERMINAL_ENABLED,
    TB_TERMINAL_DISABLED,    /* by an operator: lost, stolen, retired */
    TB_TERMINAL_QUARANTINED, /* two copies of it were seen; a person has to look */
    TB_TERMINAL_STATE_COUNT
};

/* Stable names: "enabled", "disabled", "quarantined". */
extern const char *const tb_terminal_state_names[TB_TERMINAL_STATE_COUNT];

struct tb_terminal_entry {
    char device[TB_SHORT_SIZE_MAX + 1]; /* id as in the URN */
    char store[TB_SHORT_SIZE_MAX + 1];
    char till[TB_SHORT_SIZE_MAX + 1];
    char role[TB_SHORT_SIZE_MAX + 1];
    char name[TB_NAME_SIZE_MAX + 1];
    enum tb_terminal_state state;
    int64_t limited_ms; /* when it was last refused a customer, having had too many; 0: never */
};

struct tb_erasure_entry {
    struct tb_id id;       /* also the tombstone that sales keep */
    struct tb_id customer; /* who was erased */
    int64_t at_ms;
    int64_t receipt_count; /* terminals that have confirmed */
};

/* Takes what is held of a customer: sections by name, each followed by its items. An error ends the export
 * and is returned. */
struct tb_export_sink {
    enum tb_err (*section)(void *context, const char *name);
    enum tb_err (*item)(void *context, struct tb_span json); /* one JSON object; borrowed for the call */
    void *context;
};

struct tb_engine_facts {
    char chain[TB_SHORT_SIZE_MAX + 1];
    char currency[TB_CURRENCY_SIZE + 1];
    char epoch[TB_EPOCH_SIZE_MAX + 1];
    int64_t seed;           /* number that the data was made from; -1: real data */
    int64_t terminal_count; /* that may come in */
};

/* What people have to look at: the conflict of a verdict, in the words of the registry and the catalogue. */
struct tb_conflict_entry {
    int64_t number; /* rises with time */
    int64_t at_ms;
    char code[TB_VERDICT_CODE_SIZE_MAX + 1]; /* core/cart/checkout.h */
    char store[TB_SHORT_SIZE_MAX + 1];
    char terminal[TB_SHORT_SIZE_MAX + 1]; /* that said it */
    char terminal_name[TB_NAME_SIZE_MAX + 1];
    struct tb_sale_key sale; /* of that terminal; "" where there is none */
    char gtin[TB_GTIN_SIZE + 1];
    char product[TB_NAME_SIZE_MAX + 1];
    int64_t quantity;
    char detail[128];                           /* double_sale: whose claim ran; else the sale in question */
    char other_terminal[TB_SHORT_SIZE_MAX + 1]; /* where it was sold before; "": nowhere yet */
    char other_name[TB_NAME_SIZE_MAX + 1];
    struct tb_sale_key other;
    bool given_back; /* something of that product was voided or returned of one of the two sales since */
};

struct tb_key_entry { /* no key */
    char row[TB_ROW_ID_SIZE_MAX + 1];
    struct tb_key_doc doc; /* without its value */
    char audience[TB_RECORD_TEXT_MAX + 1];
    bool retired;
    int64_t changed_ms;
};

struct tb_operator_entry {
    char id[TB_SHORT_SIZE_MAX + 1];
    char store[TB_SHORT_SIZE_MAX + 1]; /* whose terminals know her; "": all */
    struct tb_operator doc;
};

/* Who did what. No name, number or text of anybody. */
struct tb_audit_entry {
    int64_t number; /* rises with time */
    int64_t at_ms;
    char store[TB_SHORT_SIZE_MAX + 1];
    char terminal[TB_DEVICE_SIZE_MAX + 1];
    char operator[TB_SHORT_SIZE_MAX + 1]; /* "": nobody was signed on */
    char what[TB_SHORT_SIZE_MAX + 1];     /* a mutation's kind, customer.find, customer.open … */
    struct tb_id customer;                /* zero: nobody; of who was erased the erasure */
    char detail[128];
};

struct tb_audit_filter {
    struct tb_id customer;   /* zero: of all */
    const char *operator_id; /* NULL or "": of all */
    int64_t since_ms;
};

struct tb_engine_ops {
    /*
     * Answers count calls (≤ TB_ENGINE_GROUP_MAX) in order, inside one transaction that is durable when
     * this returns. A request that fails undoes only itself. When the transaction fails, every answer
     * says so and nothing was done.
     */
    void (*answer)(struct tb_context_engine *engine, const struct tb_engine_call *calls, size_t count);

    /* Sets up an empty engine or changes master data: begin, any number of puts, end. TB_ERR_CONFLICT
     * from a chain record: there is one already. With keep false nothing of it remains. */
    enum tb_err (*load_begin)(struct tb_context_engine *engine);
    enum tb_err (*load_put)(struct tb_context_engine *engine, const struct tb_record *record);
    enum tb_err (*load_end)(struct tb_context_engine *engine, bool keep);

    /* TB_ERR_NOT_FOUND: the engine is empty. */
    enum tb_err (*facts)(struct tb_context_engine *engine, struct tb_engine_facts *ret_facts);

    /* All rows of a customer as a reader of store ("" for none) gets them. TB_ERR_NOT_FOUND. */
    enum tb_err (*customer_read)(struct tb_context_engine *engine, const struct tb_id *id,
                                 struct tb_arena *arena, struct tb_rows *ret_rows);

    /* A product as a reader of store ("" for none) gets it. TB_ERR_NOT_FOUND. */
    enum tb_err (*product_read)(struct tb_context_engine *engine, const char *gtin, const char *store,
                                struct tb_product *ret_product);

    /* The keys in order of their rows' ids, from the one after `after` ("" for the first), retired ones too.
     * TB_ERR_NOT_FOUND: there are no more. */
    enum tb_err (*key_next)(struct tb_context_engine *engine, const char *after,
                            struct tb_key_entry *ret_entry);

    /* The registry in order of device ids, from the one after `after` ("" for the first). */
    enum tb_err (*terminal_next)(struct tb_context_engine *engine, const char *after,
                                 struct tb_terminal_entry *ret_entry);
    /* TB_ERR_NOT_FOUND: no such device. A session that is open is ended when it is next looked at. */
    enum tb_err (*terminal_set_state)(struct tb_context_engine *engine, const char *device,
                                      enum tb_terminal_state state);

    /*
     * Destroys everything of a customer, durably: no byte of it remains in the database's files, and every
     * terminal is told. Reads the whole file: blocks for seconds per gigabyte, others write meanwhile. Sales
     * keep their lines under the erasure's id. Erasing somebody again finishes what was begun.
     * TB_ERR_NOT_FOUND. With any other error ret_erasure is zero when nothing was done; otherwise she is
     * erased, but bytes may remain until it is called again (TB_ERR_BUSY, TB_ERR_FULL; TB_ERR_UNSUPPORTED: of
     * a file of 2^24 pages they do).
     */
    enum tb_err (*erase)(struct tb_context_engine *engine, const struct tb_id *customer,
                         struct tb_id *ret_erasure);
    /* The erasures that are kept, in order of ids, from the one after `after` (zero for the first): 90 days,
     * and until every enabled terminal has confirmed. */
    enum tb_err (*erasure_next)(struct tb_context_engine *engine, const struct tb_id *after,
                                struct tb_erasure_entry *ret_entry);
    /* The terminals that have not confirmed it, in order of device ids, from the one after `after`. */
    enum tb_err (*erasure_waits)(struct tb_context_engine *engine, const struct tb_id *erasure,
                                 const char *after, struct tb_terminal_entry *ret_entry);
    /* Everything that is held of a customer, as of one moment. TB_ERR_NOT_FOUND. */
    enum tb_err (*customer_export)(struct tb_context_engine *engine, const struct tb_id *customer,
                                   const struct tb_export_sink *sink);

    /* What people have to look at, oldest first, from the one after `after` (0 for the first).
     * TB_ERR_NOT_FOUND: there are no more. */
    enum tb_err (*conflict_next)(struct tb_context_engine *engine, int64_t after,
                                 struct tb_conflict_entry *ret_entry);

    /* The clerks in order of ids, from the one after `after` ("" for the first). TB_ERR_NOT_FOUND. */
    enum tb_err (*operator_next)(struct tb_context_engine *engine, const char *after,
                                 struct tb_operator_entry *ret_entry);

    /* Who did what, oldest first, from the one after `after` on, which may be ret_entry itself; NULL, or one
     * of number 0: from the first. TB_ERR_NOT_FOUND. */
    enum tb_err (*audit_next)(struct tb_context_engine *engine, const struct tb_audit_filter *filter,
                              const struct tb_audit_entry *after, struct tb_audit_entry *ret_entry);

    /* Removes what has expired: by the policy (journeys, notes, visits, audit, who is too many in a cohort),
     * verdicts older than 90 days, erasures that everybody has confirmed. A bounded share per call, and
     * whether there may be more. */
    enum tb_err (*expire)(struct tb_context_engine *engine, bool *ret_more);

    /*
     * True once after another process or expiry changed the data, so that feeds have to be read again; costs
     * no disk access when nothing happened.
     */
    bool (*changed_elsewhere)(struct tb_context_engine *engine);

    void (*close)(struct tb_context_engine *engine); /* frees it */
};

struct tb_context_engine {
    const struct tb_engine_ops *ops;
};

/* The engine as core/sync sees it: one request per transaction. Valid as long as the engine. */
struct tb_engine tb_context_engine_port(struct tb_context_engine *engine);

#endif
