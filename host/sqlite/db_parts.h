/* What the parts of the database connection share; private to host/sqlite. */
#ifndef TB_HOST_SQLITE_DB_PARTS_H
#define TB_HOST_SQLITE_DB_PARTS_H

#include "host/sqlite/db.h"

/* Maps SQLite's code, and keeps it for the log. */
TB_MUST_USE enum tb_err db_result(struct tb_db *db, int code);

/* The first column of a statement's only row. TB_ERR_CORRUPT when there is none. */
TB_MUST_USE enum tb_err db_int_get(struct tb_db *db, const char *sql, int64_t *ret_value);

#endif
