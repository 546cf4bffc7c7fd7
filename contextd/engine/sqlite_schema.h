/*
 * The SQLite engine's tables and statements. Statements are prepared once; their parameters are
 * written beside them in sqlite_schema.c.
 */
#ifndef TB_CONTEXTD_ENGINE_SQLITE_SCHEMA_H
#define TB_CONTEXTD_ENGINE_SQLITE_SCHEMA_H

enum sqlite_stmt {
    /* chain */
    STMT_CHAIN_READ,
    STMT_CHAIN_PUT,
    STMT_EPOCH_PUT,
    /* stores and terminals */
    STMT_STORE_PUT,
    STMT_TERMINAL_PUT,
    STMT_TERMINAL_READ,
    STMT_TERMINAL_STATE,
    STMT_TERMINAL_LIST,
    /* policy */
    STMT_TIER_PUT,
    STMT_TIER_READ,
    STMT_POLICY_READ,
    STMT_POLICY_BUMP,
    STMT_POLICY_SET,
    /* catalogue */
    STMT_PRODUCT_PUT,
    STMT_PRODUCT_READ,
    STMT_STOCK_PUT,
    /* customers */
    STMT_CUSTOMER_PUT,
    STMT_CUSTOMER_READ,
    STMT_CUSTOMER_BUMP,
    STMT_FACT_PUT,
    STMT_FACT_READ,
    STMT_CREDENTIAL_PUT,
    STMT_CREDENTIAL_READ,
    STMT_CREDENTIAL_OF_CUSTOMER,
    STMT_CUSTOMER_HAS,
    STMT_COHORT_PUT,
    STMT_COHORT_REMOVE,
    STMT_COHORT_STORES,
    /* journeys */
    STMT_TOUCH_LAST,
    STMT_TOUCH_ADD,
    STMT_TOUCH_MOVE,
    STMT_TOUCH_PRUNE,
    STMT_TOUCH_READ,
    STMT_JOURNEY_BUMP,
    STMT_JOURNEY_READ,
    /* carts */
    STMT_CART_READ,
    STMT_CART_OF_CUSTOMER,
    STMT_CART_PUT,
    STMT_LINE_READ,
    STMT_LINE_PUT,
    STMT_LINES_CLEAR,
    /* change log */
    STMT_CHANGE_PUT,
    STMT_CHANGE_AGAIN,
    STMT_CHANGE_REMOVE,
    STMT_CHANGE_LAST,
    STMT_FEED_DEVICE,
    STMT_FEED_COHORT,
    STMT_FEED_CATALOGUE,
    STMT_FEED_CUSTOMER,
    /* streams of mutations */
    STMT_STREAM_READ,
    STMT_STREAM_PUT,
    STMT_VERDICT_READ,
    STMT_VERDICT_PUT,
    STMT_VERDICT_EXPIRE,
    /* transactions */
    STMT_SAVEPOINT,
    STMT_RELEASE,
    STMT_ROLLBACK_TO,
    STMT_DATA_VERSION,
    STMT_COUNT
};

extern const char *const sqlite_statements[STMT_COUNT];
extern const char *const sqlite_migrations[];
extern const unsigned sqlite_migration_count;

#endif
