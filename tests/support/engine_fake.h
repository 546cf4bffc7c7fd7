/*
 * A context engine in memory, for tests of sessions and for the simulation. It keeps everything in
 * one value without pointers, so that assigning it is a backup. It is "durable" at once: a test models
 * lost commits by not running a request. Not for products: limits are small and no input is refused
 * beyond what engine_port.h says.
 */
#ifndef TB_TESTS_SUPPORT_ENGINE_FAKE_H
#define TB_TESTS_SUPPORT_ENGINE_FAKE_H

#include "core/cart/checkout.h"
#include "core/cart/merge.h"
#include "core/sync/engine_port.h"

#define FAKE_STORE "0421"
#define FAKE_OBJECT_MAX 48
#define FAKE_CART_MAX 6
#define FAKE_PRODUCT_MAX 8
#define FAKE_SALE_MAX 64
#define FAKE_SALE_LINE_MAX 8
#define FAKE_VOID_MAX 32
#define FAKE_MERGE_MAX 2 /* that can be taken back; the oldest is forgotten first */
#define FAKE_CONFLICT_MAX 64
#define FAKE_STREAM_MAX 24
#define FAKE_SEQ_MAX 192
#define FAKE_DOC_MAX 4096

struct fake_object {
    enum tb_row_type type;
    char id[TB_ROW_ID_SIZE_MAX + 1];
    struct tb_id customer; /* zero: nobody's */
    int64_t change;        /* number of its last change; also its version */
    char doc[FAKE_DOC_MAX];
};

struct fake_decision {
    struct tb_verdict verdict; /* kind NONE: not decided, or part of a skipped record */
    enum tb_mutation_kind kind;
    int64_t print;
    struct tb_id line;
};

struct fake_stream {
    char device[TB_DEVICE_SIZE_MAX + 1];
    struct tb_id incarnation;
    int64_t decided;
    struct fake_decision decisions[FAKE_SEQ_MAX]; /* index: seq */
};

/* A product that has another price or stock than all the others. */
struct fake_product {
    char gtin[TB_GTIN_SIZE + 1];
    int64_t unit_price;
    enum tb_stock stock;
};

struct fake_sale_key {
    char terminal[TB_SHORT_SIZE_MAX + 1]; /* the last part of the device's name */
    struct tb_sale_key key;
};

struct fake_sale {
    struct fake_sale_key key;
    struct tb_id cart;
    struct tb_id customer;
    struct tb_id checkout;
    bool part;
    size_t line_count;
    struct tb_sale_line lines[FAKE_SALE_LINE_MAX];
};

struct fake_void {
    struct fake_sale_key key;
    struct fake_sale_key of;
    bool reopen;
    bool applied; /* the sale was known */
    uint8_t asked_count;
    struct tb_paid_line asked[FAKE_SALE_LINE_MAX];
};

struct fake_merge {
    struct tb_id cart;
    struct tb_id joined;
    struct tb_merge_undo undo;
};

/* A line that was sold twice. */
struct fake_conflict {
    struct tb_id line;
    int32_t doubled;
    bool claimed;
};

struct engine_fake {
    uint32_t epoch;
    int64_t change; /* of everything */
    int64_t wall_ms;
    size_t object_count;
    struct fake_object objects[FAKE_OBJECT_MAX];
    size_t cart_count;
    struct tb_cart carts[FAKE_CART_MAX];
    struct tb_cart_book books[FAKE_CART_MAX];
    struct tb_claim claims[FAKE_CART_MAX];
    size_t product_count;
    struct fake_product products[FAKE_PRODUCT_MAX];
    size_t sale_count;
    struct fake_sale sales[FAKE_SALE_MAX];
    size_t void_count;
    struct fake_void voids[FAKE_VOID_MAX];
    size_t merge_count;
    struct fake_merge merges[FAKE_MERGE_MAX + 1]; /* the last place is for one that is being tried */
    size_t conflict_count;
    struct fake_conflict conflicts[FAKE_CONFLICT_MAX];
    unsigned reopened; /* lines so far */
    size_t stream_count;
    struct fake_stream streams[FAKE_STREAM_MAX];

    enum tb_err fault; /* answered instead of working, until it is TB_OK again */
    uint8_t apply_max; /* mutations decided per call; 0: all */
};

void engine_fake_init(struct engine_fake *e);

/* Customers are numbered; their ids, carts and credential hashes follow from the number. */
void engine_fake_add_customer(struct engine_fake *e, unsigned number);
void engine_fake_add_product(struct engine_fake *e, unsigned number);
/* From now on this product costs and is there as said; all others cost 1.00 and are in stock. */
void engine_fake_set_product(struct engine_fake *e, const char *gtin, int64_t unit_price,
                             enum tb_stock stock);
struct tb_id engine_fake_id(const char *what, unsigned number);
void engine_fake_gtin(unsigned number, char ret_gtin[TB_GTIN_SIZE + 1]);
void engine_fake_hash(unsigned number, uint8_t ret_hash[TB_LOOKUP_HASH_SIZE]);

/* Puts or replaces an object and counts the change. */
void engine_fake_put(struct engine_fake *e, enum tb_row_type type, const char *id,
                     const struct tb_id *customer, const char *doc);

const struct tb_cart *engine_fake_cart(const struct engine_fake *e, const struct tb_id *cart);
const struct fake_stream *engine_fake_stream(const struct engine_fake *e, const char *device,
                                             const struct tb_id *incarnation);

uint8_t engine_fake_partition(const struct tb_id *customer);
/* Adds the object to the checksum of its partition. */
void engine_fake_sum(const struct fake_object *object, uint8_t sum[TB_PARTITION_SUM_SIZE]);

/* True when a feed of the scope brings the object. */
bool engine_fake_covers(const struct tb_scope *scope, const struct fake_object *object);
/* The change number that a cursor stands for; -1 when it is of another epoch or scope. */
int64_t engine_fake_cursor_change(const struct engine_fake *e, const struct tb_scope *scope,
                                  const struct tb_cursor *cursor);

/* After a backup was assigned back: another epoch, so that clients notice. */
void engine_fake_restored(struct engine_fake *e, uint32_t epoch);

struct tb_engine engine_fake_port(struct engine_fake *e);

#endif
