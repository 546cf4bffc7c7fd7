/*
 * The SQLite engine: one file in WAL mode with synchronous=FULL, for one gateway process.
 *
 * Further processes may open the file for the operator's commands; see tb_engine_ops.
 */
#ifndef TB_CONTEXTD_ENGINE_SQLITE_H
#define TB_CONTEXTD_ENGINE_SQLITE_H

#include "contextd/port/engine.h"
#include "core/base/rng.h"

struct tb_sqlite_engine_options {
    const char *path;         /* borrowed for the call */
    bool create;              /* false: a missing file is TB_ERR_NOT_FOUND */
    const struct tb_rng *rng; /* borrowed; for the epoch */
    int64_t (*wall_ms)(void *context);
    void *clock; /* borrowed; context of wall_ms */
};

/* Errors of tb_db_open(). The engine is the caller's, to be closed with its ops. */
TB_MUST_USE enum tb_err tb_sqlite_engine_open(const struct tb_sqlite_engine_options *options,
                                              struct tb_context_engine **ret_engine);

#endif
