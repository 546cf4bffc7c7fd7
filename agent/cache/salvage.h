/*
 * Salvage: an outbox made anew from what is left of a damaged one.
 *
 * Every row that verifies keeps its name (incarnation, seq): what the context store has decided of them is
 * answered "duplicate" and never done twice. What does not verify is a hole, closed by a skipped record.
 *
 * The sequence must go on behind every number that was ever given out, and a lost row may have had the
 * highest. A terminal does not make TB_SALVAGE_STRIDE mutations in its life; so it goes on at the next
 * multiple of that, behind the highest row found and behind where an earlier salvage put it (floor, kept in
 * state.db). A record before it keeps that place. Were the floor lost too and the number too low, the context
 * store would notice at hello (next_seq not above what it decided) and nothing be decided under a name used
 * twice.
 *
 * Synchronous; any thread. Limits: TB_SALVAGE_SIZE_MAX per file; what lies behind is not looked at.
 */
#ifndef TB_AGENT_CACHE_SALVAGE_H
#define TB_AGENT_CACHE_SALVAGE_H

#include "agent/cache/seal.h"
#include "core/base/id.h"

#define TB_SALVAGE_STRIDE (INT64_C(1) << 32)
#define TB_SALVAGE_SIZE_MAX (64u * 1024u * 1024u)

struct tb_salvage {
    const struct tb_sealer *sealer; /* borrowed */
    struct tb_id incarnation;       /* as known from elsewhere; zero: not known */
    int64_t floor;                  /* where an earlier salvage went on; 0: there was none */
};

struct tb_salvaged {
    bool named;               /* the incarnation was proved by a row, and kept; else there is a new one */
    struct tb_id incarnation; /* of the new file */
    int64_t row_count;        /* mutations found */
    int64_t undecided_count;  /* of these */
    int64_t next_seq;
};

/* Whether the log of the outbox at path holds commits that SQLite passes over: TB_ERR_CORRUPT. To be asked
 * before it is opened. TB_ERR_NO_MEMORY. */
TB_MUST_USE enum tb_err tb_salvage_check_log(const char *path);

/*
 * Makes the outbox `to`, which must not exist, from the file `from` and its log, which are only read; pages
 * that the disk cannot read are passed over. Durable when it returns, but for its name in the folder. Blocks.
 * TB_ERR_NOT_FOUND: no `from`; TB_ERR_FULL, TB_ERR_DENIED, TB_ERR_IO: `to` could not be written;
 * TB_ERR_NO_MEMORY. On an error `to` may be there by halves.
 */
TB_MUST_USE enum tb_err tb_salvage(const char *from, const char *to, const struct tb_salvage *what,
                                   struct tb_salvaged *ret_salvaged);

#endif
