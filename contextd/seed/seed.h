/*
 * Seed: a chain of three shops with customers, products and carts, made from one number.
 *
 * The same number and time give the same records, byte for byte. The first customers are fixed
 * people for demonstrations (see tb_seed_member()); the rest are made up. Pure; no I/O.
 */
#ifndef TB_CONTEXTD_SEED_SEED_H
#define TB_CONTEXTD_SEED_SEED_H

#include "contextd/port/record.h"

#define TB_SEED_CUSTOMERS 10000
#define TB_SEED_CUSTOMERS_MAX 1000000
#define TB_SEED_PRODUCTS 2000
#define TB_SEED_CARTS 500
#define TB_SEED_MEMBER_SIZE 11 /* ten digits and the terminator */

/* A card that the second, third and fourth of the fixed people share, where all six are made. */
#define TB_SEED_SHARED_MEMBER "0000000100"

struct tb_seed {
    uint64_t number;
    int64_t wall_ms; /* "now" of the made-up history */
    uint32_t customer_count;
    uint32_t product_count;
    uint32_t cart_count;
    const char *chain; /* borrowed */
};

/* Takes one record; an error stops the making and is handed back. */
struct tb_seed_sink {
    enum tb_err (*put)(void *context, const struct tb_record *record);
    void *context;
};

/* TB_ERR_RANGE: fewer than 6 or more than TB_SEED_PRODUCTS products. */
TB_MUST_USE enum tb_err tb_seed_run(const struct tb_seed *seed, const struct tb_seed_sink *sink);

/* What a demonstration shows at the counter, after tb_seed_run() with the same seed: clerks, how the fixed
 * people are reached, what staff wrote of them, what they looked at, a card that several share, and what new
 * customers are asked. */
TB_MUST_USE enum tb_err tb_seed_counter_run(const struct tb_seed *seed, const struct tb_seed_sink *sink);

/* Identity of the customer at index (0-based), who need not be made for the asking. */
struct tb_id tb_seed_customer_id(uint64_t number, uint32_t index);
void tb_seed_member(uint32_t index, char ret_member[TB_SEED_MEMBER_SIZE]);

/* Code of the product at index (0-based): 14 digits and the terminator. */
void tb_seed_gtin(uint32_t index, char ret_gtin[TB_RECORD_GTIN_SIZE + 1]);

#endif
