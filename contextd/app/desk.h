/*
 * Desk: what an operator's command works with: the engine of the database that the command line names, memory
 * for rows, and a buffer for what it prints. One per command.
 */
#ifndef TB_CONTEXTD_APP_DESK_H
#define TB_CONTEXTD_APP_DESK_H

#include "contextd/app/command.h"
#include "contextd/app/config.h"

struct desk {
    struct tb_context_engine *engine;
    struct tb_engine_facts facts;
    struct tb_arena arena;
    struct tb_buf print;
    uint8_t *memory; /* owned; of arena and print */
};

/* --database, or the one that --config names; "" after a complaint. */
void desk_database(struct args *a, char ret_path[CONTEXTD_PATH_SIZE]);

/* To be closed, by desk_close() or desk_finish(), also after a failure. */
TB_MUST_USE enum tb_err desk_open(struct desk *s, const char *database);
void desk_close(struct desk *s);
/* Closes; says what failed. The exit status. */
int desk_finish(struct desk *s, const char *what, enum tb_err err);

/* Loads one record, in a transaction of its own. */
TB_MUST_USE enum tb_err desk_put(struct desk *s, const struct tb_record *record);

/* Writes what was built in s->print to standard output. */
TB_MUST_USE enum tb_err desk_print(struct desk *s);
/* The same for one item of a list: a line, or an element of an array with one object a line. */
TB_MUST_USE enum tb_err desk_item(struct desk *s, bool json, size_t index);
TB_MUST_USE enum tb_err desk_items_end(bool json, size_t count);

/* A list of everything of one kind that the engine has. */
struct desk_list {
    const char *what; /* the command, for complaints */
    void *entry;      /* zero at first */
    /* Reads the entry behind this one in its place. TB_ERR_NOT_FOUND: it was the last. */
    enum tb_err (*next)(struct desk *s, void *entry);
    /* Adds it to s->print, which it may print between, without the end of its line. */
    enum tb_err (*write)(struct desk *s, const void *entry, bool json);
};

/* The whole command: takes --json and the database from the command line. The exit status. */
int desk_list(struct args *a, const struct desk_list *list);

/* "2026-11-23 04:32 UTC" */
void desk_time_add(struct desk *s, int64_t at_ms);

/* A customer's id, or the member number of demonstration data. TB_ERR_NOT_FOUND, TB_ERR_SYNTAX … */
TB_MUST_USE enum tb_err desk_customer(const struct desk *s, const char *text, struct tb_id *ret_id);

#endif
