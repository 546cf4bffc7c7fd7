/* The statements about carts, joining, sales and conflicts; prepared once, parameters beside them in
 * sqlite_cart_sql.c. */
#ifndef TB_CONTEXTD_ENGINE_SQLITE_CART_SQL_H
#define TB_CONTEXTD_ENGINE_SQLITE_CART_SQL_H

enum sqlite_cart_stmt {
    CART_CLAIM_READ,
    CART_CLAIM_PUT,
    /* joining */
    CART_MERGE_ADD,
    CART_MERGE_LAST,
    CART_MERGE_INTO,
    CART_MERGE_DROP,
    CART_TOUCH_MOVE,
    CART_TOUCH_ADD,
    CART_TOUCH_JOIN,
    CART_TOUCH_PART,
    /* sales */
    CART_SALE_FIND,
    CART_SALE_READ,
    CART_SALE_ADD,
    CART_SALE_LINE_ADD,
    CART_SALE_LINES,
    CART_SALE_LINE_RETURNED,
    CART_SALE_TOUCHES_ADD,
    CART_LINE_TAKEN,
    CART_VOID_FIND,
    CART_VOID_ADD,
    CART_VOID_LINE_ADD,
    CART_VOID_LINES,
    CART_VOID_WAITING,
    CART_VOID_SALE,
    /* conflicts */
    CART_CONFLICT_ADD,
    CART_CONFLICT_SETTLE,
    CART_CONFLICT_NEXT,
    CART_STMT_COUNT
};

extern const char *const sqlite_cart_statements[CART_STMT_COUNT];

#endif
