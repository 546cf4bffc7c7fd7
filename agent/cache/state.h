/*
 * State: what the terminal knows about itself and its chain. state.db: WAL, synchronous=FULL, 1 KiB pages.
 *
 * The rows of the device feed (terminal, policy, keys, operators), sealed with the device key, with the
 * feed's cursor in the same transaction; and a few settings: the last known epoch of the context store, the
 * reconnect window it handed out, the floor of the wall clock, the key of page sessions, the hand-overs that
 * were taken over and not begun with (ids alone: whose they are the context store says). All of it is sealed;
 * what does not verify counts as never said. And the replay memory (replay.h), under names that only this
 * file's key makes, and the POS software that was paired (pos_clients.h).
 *
 * Synchronous; belongs to one thread at a time: the loop's while starting, the file's writer after that.
 */
#ifndef TB_AGENT_CACHE_STATE_H
#define TB_AGENT_CACHE_STATE_H

#include "agent/cache/pepper.h"
#include "agent/cache/seal.h"
#include "core/credential/keyring.h"
#include "core/wire/sync.h"
#include "host/sqlite/db.h"

#define TB_SESSION_KEY_SIZE 32
#define TB_REPLAY_KEY_SIZE 32

enum tb_state_statement {
    TB_STATE_STMT_FACT_READ,
    TB_STATE_STMT_FACT_PUT,
    TB_STATE_STMT_FACT_DROP,
    TB_STATE_STMT_SETTING_PUT,
    TB_STATE_STMT_REPLAY_READ,
    TB_STATE_STMT_REPLAY_ADD,
    TB_STATE_STMT_REPLAY_RAISE,
    TB_STATE_STMT_REPLAY_EXPIRE,
    TB_STATE_STMT_REPLAY_TOTAL,
    TB_STATE_STMT_POS_PUT,
    TB_STATE_STMT_POS_DROP,
    TB_STATE_STMT_COUNT
};

struct tb_state {
    struct tb_db *db; /* owned */
    struct tb_sealer sealer;
    int64_t epoch; /* counts restores of the context store; versions of another one count as 0 */
    uint8_t replay_key[TB_REPLAY_KEY_SIZE]; /* secret; made with the file, known once it is loaded */
    struct tb_stmt stmts[TB_STATE_STMT_COUNT];
};

#define TB_OPERATOR_COUNT_MAX 256 /* further ones are left out */

/* Who may be signed on as clerk. */
struct tb_operator_known {
    char id[TB_SHORT_SIZE_MAX + 1];
    struct tb_operator doc;
};

struct tb_operators_known {
    size_t count;
    struct tb_operator_known at[TB_OPERATOR_COUNT_MAX];
};

/* What the device feed said last. Each *_known is false until it said anything. */
struct tb_facts {
    bool terminal_known;
    struct tb_terminal terminal;
    bool policy_known;
    struct tb_policy policy;
    struct tb_pepper pepper; /* secret; version 0 until known */
    struct tb_keyring ring;  /* secret */
    struct tb_operators_known operators;
};

#define TB_STATE_TAKEN_MAX 4

/* Hand-overs that this terminal took over and has not begun with. */
struct tb_taken {
    size_t count;
    struct tb_id ids[TB_STATE_TAKEN_MAX];
};

struct tb_settings {
    char epoch[TB_EPOCH_SIZE_MAX + 1];
    int64_t reconnect_window_ms; /* 0 until one was handed out */
    int64_t wall_floor_ms;       /* Unix; never before this */
    struct tb_cursor device_cursor;
    struct tb_cursor erasures_cursor;
    uint8_t session_key[TB_SESSION_KEY_SIZE]; /* secret; made with the file */
    struct tb_id outbox_incarnation; /* zero until there was an outbox; for salvage.h, with the floor */
    int64_t outbox_floor;
    struct tb_taken taken;
};

TB_MUST_USE enum tb_err tb_state_open(const char *path, const struct tb_sealer *sealer,
                                      struct tb_state *ret_state);
void tb_state_close(struct tb_state *state); /* accepts one that is not open */

/* Once, after opening and before anything is written. A fact whose seal does not verify counts as unknown and
 * makes the cursor empty, so that the feed brings it again. */
TB_MUST_USE enum tb_err tb_state_load(struct tb_state *state, struct tb_facts *ret_facts,
                                      struct tb_settings *ret_settings);

/* Inside a transaction: rows of the device feed and its cursor. */
TB_MUST_USE enum tb_err tb_state_apply(struct tb_state *state, const struct tb_rows *rows,
                                       const struct tb_cursor *cursor);

/* Inside a transaction: what was erased up to here is gone from every file. */
TB_MUST_USE enum tb_err tb_state_set_erasures(struct tb_state *state, const struct tb_cursor *cursor);

/* Takes a row of the device feed over into facts; what is malformed, or of another type, is passed over. */
void tb_facts_apply(struct tb_facts *facts, const struct tb_row *row);

/* Inside a transaction. restored: the context store is an older copy of itself; the device feed's cursor and
 * versions are forgotten. */
TB_MUST_USE enum tb_err tb_state_set_epoch(struct tb_state *state, const char *epoch, bool restored);
TB_MUST_USE enum tb_err tb_state_set_reconnect_window(struct tb_state *state, int64_t window_ms);
TB_MUST_USE enum tb_err tb_state_set_wall_floor(struct tb_state *state, int64_t wall_ms);
TB_MUST_USE enum tb_err tb_state_set_taken(struct tb_state *state, const struct tb_taken *taken);
/* As a transaction of its own or inside one: which outbox this terminal has, so that a damaged one keeps its
 * name. */
TB_MUST_USE enum tb_err tb_state_set_outbox(struct tb_state *state, const struct tb_id *incarnation,
                                            int64_t floor);

#endif
