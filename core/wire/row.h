/*
 * Rows: one version of one object, as feeds, verdicts and identify bring them. A row is applied only
 * if its version is newer than the stored one of the same (type, id). Pure; not thread-safe.
 */
#ifndef TB_CORE_WIRE_ROW_H
#define TB_CORE_WIRE_ROW_H

#include "core/wire/json.h"
#include "core/wire/names.h"

#define TB_ROW_ID_SIZE_MAX 64 /* [0-9A-Za-z._:-] */
#define TB_ROW_DOC_SIZE_MAX (48u * 1024u)
#define TB_ROW_BATCH_MAX 100

enum tb_row_type {
    TB_ROW_NONE,
    TB_ROW_CUSTOMER,   /* id: customer id, 32 hex digits */
    TB_ROW_CREDENTIAL, /* id: look-up hash, 64 hex digits */
    TB_ROW_CART,       /* id: cart id */
    TB_ROW_JOURNEY,    /* id: customer id */
    TB_ROW_PRODUCT,    /* id: gtin, 14 digits */
    TB_ROW_TERMINAL,
    TB_ROW_POLICY,
    TB_ROW_KEY,
    TB_ROW_ERASURE,  /* id: erasure id */
    TB_ROW_HANDOVER, /* id: handover id */
    TB_ROW_REWARD,   /* id: <customer id>:<reward> */
    TB_ROW_OPERATOR, /* id: operator id */
    TB_ROW_TYPE_COUNT
};

extern const char *const tb_row_type_names[TB_ROW_TYPE_COUNT];

enum tb_row_op {
    TB_ROW_OP_NONE,
    TB_ROW_PUT,
    TB_ROW_DROP,  /* the object is gone for everybody */
    TB_ROW_EVICT, /* this terminal need not keep it any more */
    TB_ROW_OP_COUNT
};

extern const char *const tb_row_op_names[TB_ROW_OP_COUNT];

struct tb_row {
    enum tb_row_type type;
    enum tb_row_op op;
    char id[TB_ROW_ID_SIZE_MAX + 1];
    int64_t version; /* from 1 */
    int64_t as_of_ms;
    struct tb_id customer; /* whose it is; zero when nobody's */
    struct tb_span doc;    /* put: the document's JSON text, borrowed; empty for drop and evict */
};

/* A row of a type this program does not know has type TB_ROW_NONE and is no fault: skip it. The id
 * is checked against its type. */
void tb_row_decode(struct tb_check *c, struct tb_json object, struct tb_row *ret_row);
void tb_row_encode(struct tb_json_writer *w, const char *name, const struct tb_row *row);

/* The member `name`: an array of at most TB_ROW_BATCH_MAX rows, kept in the arena; rows of unknown
 * types are left out. */
struct tb_rows {
    const struct tb_row *at;
    size_t count;
};
void tb_rows_decode(struct tb_check *c, struct tb_json object, const char *name, struct tb_arena *arena,
                    struct tb_rows *ret_rows);
void tb_rows_encode(struct tb_json_writer *w, const char *name, const struct tb_rows *rows);

/* The rows' binary identifiers. TB_ERR_TYPE when the row is of a type without such an id. */
TB_MUST_USE enum tb_err tb_row_object(const struct tb_row *row, struct tb_id *ret_id);

#endif
