/*
 * What an erasure does to the tables, in this order; hand-overs of nobody's carts that became hers go before
 * (sqlite_handover.c). What is added to the schema about a customer is added here and to the sections of
 * sqlite_export.c.
 */
#ifndef TB_CONTEXTD_ENGINE_SQLITE_ERASE_SQL_H
#define TB_CONTEXTD_ENGINE_SQLITE_ERASE_SQL_H

#include <stdbool.h>
#include <stddef.h>

struct sqlite_erase_step {
    const char *sql;    /* ?1: her id */
    bool names_erasure; /* and ?2: the erasure's */
};

extern const struct sqlite_erase_step sqlite_erase_steps[];
extern const size_t sqlite_erase_step_count;

#endif
