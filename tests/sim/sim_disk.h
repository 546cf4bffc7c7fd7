/*
 * A client's three files as the agent has them: the outbox and the state lose nothing that was committed; a
 * power cut takes the cache back to any commit since the last checkpoint.
 */
#ifndef TB_TESTS_SIM_SIM_DISK_H
#define TB_TESTS_SIM_SIM_DISK_H

#include "core/sync/client.h"
#include "tests/support/engine_fake.h"

#define SIM_OUTBOX_MAX 96
#define SIM_CACHE_KEPT_MAX 6 /* older states of the cache that a power cut may bring back */

struct sim;

enum sim_file { FILE_OUTBOX, FILE_CACHE, FILE_STATE, SIM_FILE_COUNT };

enum sim_job_kind {
    JOB_STORE,
    JOB_READ,
    JOB_SAVE,
    JOB_DECIDE_ROWS, /* into the cache; told, it goes on as JOB_DECIDE */
    JOB_DECIDE,
    JOB_WELCOME, /* into the state, and of another epoch also into the cache */
    JOB_CHECKPOINT,
    JOB_LOST, /* told: pages that were said to be saved are not */
};

struct sim_job {
    enum sim_job_kind kind;
    bool fails;
    enum tb_err err;
    uint32_t ticket;
    struct tb_scope scope;
    bool first;
    bool lazy; /* does not wait for its commit */
    struct tb_cursor from;
    struct tb_cursor cursor;
    size_t row_count;
    struct tb_row rows[TB_ROW_BATCH_MAX]; /* documents are not kept: see sim_row.hash */
    uint64_t hashes[TB_ROW_BATCH_MAX];
    uint8_t verdict_count;
    struct tb_verdict verdicts[TB_VERDICT_BATCH_MAX];
    struct tb_mutation mutation;
    int64_t from_seq;
    uint32_t count_max;
    char epoch[TB_EPOCH_SIZE_MAX + 1];
};

struct sim_outbox_row {
    bool decided;
    enum tb_verdict_kind verdict;
    struct tb_mutation mutation;
};

struct sim_outbox {
    struct tb_id incarnation;
    int64_t next_seq;
    struct sim_outbox_row rows[SIM_OUTBOX_MAX]; /* index: seq */
};

struct sim_row {
    enum tb_row_type type;
    char id[TB_ROW_ID_SIZE_MAX + 1];
    int64_t version;
    uint64_t hash; /* of the document */
};

/* A file that holds rows: the cache, and of the device feed the state. */
struct sim_rows {
    char epoch[TB_EPOCH_SIZE_MAX + 1]; /* whose versions and cursors these are; "": none yet */
    struct tb_cursor cursors[TB_CLIENT_FEED_COUNT_MAX]; /* one per feed of the client */
    size_t count;
    struct sim_row at[FAKE_OBJECT_MAX];
};

struct sim_disk {
    size_t feed_count;
    struct tb_scope feeds[TB_CLIENT_FEED_COUNT_MAX];
    struct sim_outbox outbox;
    struct sim_rows cache;
    struct sim_rows state;       /* its epoch is what hello says */
    bool lazy_open;              /* lazy jobs left the cache's transaction open */
    struct sim_rows cache_saved; /* then: without what they did */
    size_t kept_count;           /* states of the cache since its last checkpoint, that one first */
    struct sim_rows kept[SIM_CACHE_KEPT_MAX];
};

size_t disk_feed(const struct sim_disk *d, const struct tb_scope *scope); /* feed_count: none */
struct sim_rows *disk_rows(struct sim_disk *d, const struct tb_scope *scope);
const struct sim_row *rows_find(const struct sim_rows *rows, enum tb_row_type type, const char *id);
int64_t outbox_decided_seq(const struct sim_outbox *outbox);

/* Rows count only when newer, whatever brought them. */
void rows_store(struct sim *s, struct sim_rows *rows, const struct sim_job *job);
/* Rows of another epoch count as version 0, and its cursors are forgotten. */
void rows_set_epoch(struct sim_rows *rows, const char *epoch);

/* A lazy job begins, if none did before it. */
void cache_lazy_begin(struct sim_disk *d);
/* The transaction that is open, if any, has failed. */
void cache_lazy_undo(struct sim_disk *d);

/* Every commit to the cache is followed by one of these. */
void cache_committed(struct sim *s, struct sim_disk *d);
void cache_checkpoint(struct sim_disk *d);
void cache_power_cut(struct sim *s, struct sim_disk *d);
void cache_lose(struct sim_disk *d); /* the file is gone */

#endif
