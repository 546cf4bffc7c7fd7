/*
 * The deterministic simulation of sync: real client machines, real session machines and an engine behind
 * the real port, over virtual links, virtual disks and a virtual clock. One seed is one run.
 *
 * The scheduler draws what happens next among everything that could: so every interleaving that the
 * real programs' queues allow can occur. What is kept from the real world: messages of one connection
 * arrive in order, or not at all from some point on; jobs of one file are done in order, those of two files
 * are not; a commit is lost as a whole or kept as a whole. What breaks is drawn too: see struct sim_faults.
 */
#ifndef TB_TESTS_SIM_SIM_H
#define TB_TESTS_SIM_SIM_H

#include "core/sync/client.h"
#include "core/sync/server.h"
#include "tests/sim/sim_disk.h"
#include "tests/sim/sim_oracle.h"
#include "tests/sim/sim_outbox.h"
#include "tests/sim/sim_people.h"
#include "tests/sim/sim_store.h"
#include "tests/support/engine_fake.h"
#include "tests/support/seeded_rng.h"

#define SIM_CLIENT_MAX 4
#define SIM_SESSION_MAX 16
#define SIM_QUEUE_MAX 512
#define SIM_CUSTOMER_COUNT 3
#define SIM_PRODUCT_COUNT 5
#define SIM_SALE_MAX 12    /* of one terminal */
#define SIM_SILENCE_MS 200 /* a line that says nothing for so long is given up */

/* Bytes on their way in one direction of one connection. */
struct sim_pipe {
    size_t count;
    struct tb_span messages[SIM_QUEUE_MAX]; /* allocated */
    int64_t stuck_until_ms;                 /* nothing moves before */
};

/* Jobs of one file's writer thread: done in order, told in order, some time after. */
struct sim_jobs {
    size_t count;
    size_t ran_count; /* of these the first were done and not yet told */
    struct sim_job *at[SIM_QUEUE_MAX];
    int64_t busy_until_ms; /* a slow disk */
};

struct sim_client {
    struct sim *sim;
    size_t index;
    bool web;
    bool up;
    char device[TB_DEVICE_SIZE_MAX + 1];
    char token[16];
    struct tb_rng rng;
    struct tb_client machine;
    struct sim_disk disk;
    struct sim_outbox_file outbox_file; /* in runs on the real engine */
    struct sim_jobs files[SIM_FILE_COUNT];
    bool feed_failed[TB_CLIENT_FEED_COUNT_MAX]; /* a save failed, and no first one came since */
    bool served;                                /* the last feed, a customer's, is open: a visit is on */
    struct sim_session *session;                /* of its connection; NULL: not connected */
    bool close_wanted;                          /* the machine asked for it */
    int64_t connect_ms;                         /* not before */
    int64_t wall_shift_ms;                      /* how wrong its clock is */
    int64_t asked;                              /* identify */
    int64_t identified;
    uint32_t line_made;
    uint32_t checkout_made;
    uint32_t sale_made;
    struct tb_mutation sales[SIM_SALE_MAX]; /* as sent; their lines borrow from paid */
    struct tb_paid_line paid[SIM_SALE_MAX];
    uint32_t handover_made;
    struct tb_mutation handovers[PEOPLE_MADE_MAX]; /* as asked for */
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
    bool cut;  /* the client is gone; what is still in the pipe may arrive */
    bool gone; /* the server has dropped it; the client has not noticed */
    bool closing;
    uint64_t number;                     /* rises with every connection */
    char device[TB_DEVICE_SIZE_MAX + 1]; /* "" from the web */
    int64_t silent_ms;                   /* when the client gives a line up on which the server is gone */
    struct sim_client *client;           /* NULL after cut */
    struct tb_session machine;
    struct sim_pipe to_server;
    struct sim_pipe to_client;
    size_t ask_count;
    struct sim_ask *asks[SIM_QUEUE_MAX]; /* in order of asking */
};

/* What may go wrong in this run, drawn from the seed. */
struct sim_faults {
    unsigned chaos;   /* one in so many steps something breaks */
    bool disk_errors; /* commits and reads fail */
    bool disk_slow;   /* a commit may take up to half a second */
    bool power;       /* crashes are power cuts: what was not synced is lost */
    bool files;       /* a cache or an outbox is lost at a restart, or a cache under way */
    bool clocks;      /* wall clocks jump, 1970 included */
    bool links;       /* links get stuck, or end at one side only */
    bool restores;    /* the context store is restored from a backup */
    bool engine_busy; /* the engine answers with faults */
};

struct sim {
    uint64_t seed;
    uint32_t real_share; /* one in so many seeds runs on the real SQLite engine */
    struct seeded_rng random;
    int64_t now_ms;
    bool quiet; /* no new mutations, no faults */
    bool restored;
    bool additive;
    struct sim_faults faults;
    struct sim_store store;
    struct sim_oracle oracle;
    struct sim_oracle oracle_backup;
    size_t client_count;
    struct sim_client clients[SIM_CLIENT_MAX];
    struct tb_session_config terminal_config;
    struct tb_session_config web_config;
    struct sim_session sessions[SIM_SESSION_MAX];
    uint64_t session_count;
    struct tb_arena arena;
    struct tb_buf client_out;
    struct tb_buf server_out;
    size_t change_count; /* to be told to the sessions */
    struct tb_engine_change changes[SIM_QUEUE_MAX];
    struct sim_totals {
        uint64_t messages;
        uint64_t decided;
        uint64_t power_cuts;
        uint64_t restores;
        uint64_t losses;       /* of pages that were said to be saved */
        uint64_t double_sales; /* reported */
        uint64_t virtual_ms;
    } totals;
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
int64_t sim_wall_ms(const struct sim *s); /* the context store's */
uint64_t sim_hash(struct tb_span bytes);

/* One whole run of a seed; sim_broken() when it finds something. */
void sim_run(struct sim *s, uint64_t seed);

/* sim_link.c */
void pipe_put(struct sim *s, struct sim_pipe *pipe, struct tb_span message);
struct tb_span pipe_take(struct sim_pipe *pipe); /* the caller frees it */
void pipe_clear(struct sim_pipe *pipe, size_t keep_count);
void message_free(struct tb_span message);

/* sim_client.c */
void client_name(const struct sim_client *c, char ret_device[TB_DEVICE_SIZE_MAX + 1]); /* to the engine */
void client_start(struct sim *s, struct sim_client *c); /* from what its disk says */
void client_crash(struct sim *s, struct sim_client *c);
void client_connect(struct sim *s, struct sim_client *c);
void client_lost(struct sim *s, struct sim_client *c, enum tb_line_cause cause);
void client_shop(struct sim *s, struct sim_client *c); /* somebody changes a cart */
void client_identify(struct sim *s, struct sim_client *c);
void client_visit(struct sim *s, struct sim_client *c, bool on); /* opens or closes its last feed */
void client_cache_damaged(struct sim *s, struct sim_client *c);  /* its cache is made anew under way */

/* sim_jobs.c */
struct sim_job *job_new(struct sim_client *c, enum sim_file file, enum sim_job_kind kind);
void jobs_act(struct sim_client *c, const struct tb_client_action *action); /* read, save, decide, welcome */
void jobs_run(struct sim *s, struct sim_client *c, enum sim_file file);     /* the oldest that was not done */
void jobs_tell(struct sim *s, struct sim_client *c, enum sim_file file);    /* the oldest that was */
void jobs_drop(struct sim_client *c);

/* sim_server.c */
struct sim_session *session_start(struct sim *s, struct sim_client *c);
void session_cut(struct sim *s, struct sim_session *session);
void session_drop(struct sim *s, struct sim_session *session);
void session_forget(struct sim *s, struct sim_session *session); /* the server's side only */
void session_work(struct sim *s, struct sim_session *session);   /* the engine's next step for it */
void server_restart(struct sim *s);
void server_backup(struct sim *s);
void server_restore(struct sim *s);
void server_tell_changes(struct sim *s);

/* sim_check.c: what must hold */
void check_cursor(struct sim *s, const struct sim_client *c, size_t feed);
void check_disk(struct sim *s, const struct sim_client *c); /* after a restart */
void check_rest(struct sim *s);                             /* when it is quiet */

#endif
