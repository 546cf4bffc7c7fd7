/*
 * The deterministic simulation of sync: real client machines, real session machines and an engine in
 * memory, over virtual links and a virtual clock. One seed is one run.
 *
 * The scheduler draws what happens next among everything that could: so every interleaving that the
 * real programs' queues allow can occur. What is kept from the real world: messages of one connection
 * arrive in order, or not at all from some point on; jobs of one client's files are done in order; a
 * commit is lost as a whole or kept as a whole; the cache and the outbox are two files.
 */
#ifndef TB_TESTS_SIM_SIM_H
#define TB_TESTS_SIM_SIM_H

#include "core/sync/client.h"
#include "core/sync/server.h"
#include "tests/support/engine_fake.h"
#include "tests/support/seeded_rng.h"

#define SIM_CLIENT_MAX 4
#define SIM_SESSION_MAX 16
#define SIM_QUEUE_MAX 512
#define SIM_OUTBOX_MAX 96
#define SIM_CUSTOMER_COUNT 3

struct sim;

/* Bytes on their way in one direction of one connection. */
struct sim_pipe {
    size_t count;
    struct tb_span messages[SIM_QUEUE_MAX]; /* allocated */
};

/* A job of a client's writer thread; done in order. */
enum sim_job_kind { JOB_STORE, JOB_SAVE, JOB_DECIDE_ROWS, JOB_DECIDE, JOB_READ, JOB_WELCOME };

struct sim_job {
    enum sim_job_kind kind;
    bool fails;
    uint32_t ticket;
    struct tb_scope scope;
    bool first;
    struct tb_cursor cursor;
    size_t row_count;
    struct tb_row rows[TB_ROW_BATCH_MAX]; /* documents are not kept: see sim_row.hash */
    uint64_t hashes[TB_ROW_BATCH_MAX];
    int64_t seq;
    uint8_t verdict_count;
    struct tb_verdict verdicts[TB_VERDICT_BATCH_MAX];
    struct tb_mutation mutation;
    int64_t from_seq;
    uint32_t count_max;
    bool epoch_changed;
    char epoch[TB_EPOCH_SIZE_MAX + 1];
};

struct sim_outbox_row {
    bool decided;
    enum tb_verdict_kind verdict;
    struct tb_mutation mutation;
};

struct sim_row {
    enum tb_row_type type;
    char id[TB_ROW_ID_SIZE_MAX + 1];
    int64_t version;
    uint64_t hash; /* of the document */
};

/* What survives a crash. */
struct sim_disk {
    int64_t next_seq;
    struct sim_outbox_row outbox[SIM_OUTBOX_MAX]; /* index: seq */
    char epoch[TB_EPOCH_SIZE_MAX + 1];
    struct tb_cursor cursors[TB_CLIENT_FEED_COUNT_MAX]; /* one per feed of the client */
    size_t row_count;
    struct sim_row rows[FAKE_OBJECT_MAX];
};

struct sim_client {
    struct sim *sim;
    size_t index;
    bool web;
    bool up;
    char device[64];
    char token[16];
    struct tb_id incarnation;
    struct tb_rng rng;
    struct tb_client machine;
    struct sim_disk disk;
    size_t feed_count;
    struct tb_scope feeds[TB_CLIENT_FEED_COUNT_MAX];
    bool save_failed[TB_CLIENT_FEED_COUNT_MAX]; /* and no first save came since */
    bool served;                                /* the last feed, a customer's, is open: a visit is on */
    size_t job_count;
    struct sim_job *jobs[SIM_QUEUE_MAX];
    struct sim_session *session; /* of its connection; NULL: not connected */
    bool close_wanted;           /* the machine asked for it */
    int64_t connect_ms;          /* not before */
    int64_t asked;               /* identify */
    int64_t identified;
    uint32_t line_made;
};

/* A request on its way to the engine, or its answer on the way back. */
struct sim_ask {
    struct tb_engine_request request;
    bool done;
    struct tb_engine_answer answer;
    uint8_t *memory; /* the answer's rows */
};

struct sim_session {
    bool used;
    bool cut; /* the client is gone; what is still in the pipe may arrive */
    bool closing;
    struct sim_client *client; /* NULL after cut */
    struct tb_session machine;
    struct sim_pipe to_server;
    struct sim_pipe to_client;
    size_t ask_count;
    struct sim_ask *asks[SIM_QUEUE_MAX]; /* in order of asking */
};

struct sim {
    uint64_t seed;
    struct seeded_rng random;
    int64_t now_ms;
    bool quiet; /* no new mutations, no faults */
    bool additive;
    bool faulty_disk;
    unsigned chaos; /* how often things break: one in chaos steps */
    struct engine_fake engine;
    struct engine_fake *backup; /* NULL: none taken */
    size_t client_count;
    struct sim_client clients[SIM_CLIENT_MAX];
    struct tb_session_config terminal_config;
    struct tb_session_config web_config;
    struct sim_session sessions[SIM_SESSION_MAX];
    struct tb_arena arena;
    struct tb_buf client_out;
    struct tb_buf server_out;
    size_t change_count; /* to be told to the sessions */
    struct tb_engine_change changes[SIM_QUEUE_MAX];
    uint64_t messages; /* delivered, for the summary */
    uint64_t decided;
};

/* Prints the seed and stops the run when a rule is broken. */
#define SIM_CHECK(sim, cond, what) \
    do {                           \
        if (!(cond))               \
            sim_broken(sim, what); \
    } while (0)
_Noreturn void sim_broken(const struct sim *s, const char *what);

uint32_t sim_below(struct sim *s, uint32_t limit); /* 0 to limit - 1 */
bool sim_one_in(struct sim *s, uint32_t count);
int64_t sim_wall_ms(const struct sim *s);
uint64_t sim_hash(struct tb_span bytes);

void pipe_put(struct sim *s, struct sim_pipe *pipe, struct tb_span message);
struct tb_span pipe_take(struct sim_pipe *pipe); /* the caller frees it */
void pipe_clear(struct sim_pipe *pipe, size_t keep_count);

/* sim_client.c */
void client_start(struct sim *s, struct sim_client *c); /* from what its disk says */
void client_crash(struct sim *s, struct sim_client *c);
void client_connect(struct sim *s, struct sim_client *c);
void client_job(struct sim *s, struct sim_client *c); /* does the oldest one */
void client_lost(struct sim *s, struct sim_client *c, enum tb_line_cause cause);
void client_shop(struct sim *s, struct sim_client *c); /* somebody changes a cart */
void client_identify(struct sim *s, struct sim_client *c);
void client_visit(struct sim *s, struct sim_client *c, bool on); /* opens or closes its last feed */

/* sim_server.c */
struct sim_session *session_start(struct sim *s, struct sim_client *c);
void session_cut(struct sim *s, struct sim_session *session);
void session_drop(struct sim *s, struct sim_session *session);
void session_work(struct sim *s, struct sim_session *session); /* the engine's next step for it */
void server_restart(struct sim *s);
void server_backup(struct sim *s);
void server_restore(struct sim *s);
void server_tell_changes(struct sim *s);

#endif
