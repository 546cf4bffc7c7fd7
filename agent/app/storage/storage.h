/*
 * Storage: the terminal's three database files behind one door. Each has its writer thread; the loop reads
 * the cache through a connection of its own. What is asked for here is done when its callback says so, on the
 * loop, with what the file's synchronous setting promises (host/sqlite/writer.h).
 *
 * Each call returns TB_ERR_NO_MEMORY when it could not be begun, and then calls back never; otherwise it
 * calls back exactly once, later.
 *
 * A begun call owns its context, a block from malloc(): it is freed after the callback. tb_storage_close()
 * runs what waits; callbacks that have not been delivered by then are dropped. Loop's thread only.
 */
#ifndef TB_AGENT_APP_STORAGE_STORAGE_H
#define TB_AGENT_APP_STORAGE_STORAGE_H

#include "agent/app/config.h"
#include "agent/app/visit/pending.h"
#include "agent/cache/cache.h"
#include "agent/cache/outbox_erase.h"
#include "agent/cache/outbox_upkeep.h"
#include "agent/cache/pos_clients.h"
#include "agent/cache/state.h"
#include "core/credential/judgement.h"
#include "core/sync/client.h"
#include "host/loop/loop.h"
#include "host/sqlite/writer.h"

#define TB_STORAGE_FEED_COUNT_MAX TB_CLIENT_FEED_COUNT_MAX

/* Saves of one feed run one after another: none may be written behind one that failed. */
struct tb_storage_feed {
    bool used;
    bool failed; /* until a save that is the first of a newly opened feed */
    struct tb_scope scope;
    struct tb_storage_call *running;
    struct tb_storage_call *waiting; /* in order; linked through their behind */
};

enum tb_storage_which { TB_STORAGE_STATE, TB_STORAGE_OUTBOX, TB_STORAGE_CACHE, TB_STORAGE_FILE_COUNT };

struct tb_storage_path {
    char text[TB_PATH_SIZE + 32];
};

/* How one file's last write went. A file in trouble is tried again every 2 s. */
struct tb_storage_file {
    struct tb_writer *writer; /* borrowed */
    struct tb_db *db;         /* borrowed; the writer's */
    enum tb_err trouble;      /* TB_ERR_FULL, TB_ERR_DENIED, TB_ERR_IO or TB_OK */
    enum tb_err away;         /* why one in memory stands for the file on the disk; TB_OK: it does not */
};

struct tb_storage {
    struct tb_loop *loop; /* borrowed */
    struct tb_sealer sealer;
    struct tb_state state;         /* the state writer's after start */
    struct tb_outbox outbox;       /* the outbox writer's after start */
    struct tb_cache cache;         /* the cache writer's after start */
    struct tb_cache_reader reader; /* the loop's */
    struct tb_writer *state_writer;
    struct tb_writer *outbox_writer;
    struct tb_writer *cache_writer;
    struct tb_storage_call *calls; /* under way; see storage_call.h */
    struct tb_storage_feed feeds[TB_STORAGE_FEED_COUNT_MAX];
    struct tb_storage_file files[TB_STORAGE_FILE_COUNT];
    struct tb_timer probe;
    struct tb_timer away_probe;
    struct tb_timer upkeep;
    struct tb_storage_path folder; /* on the disk */
    struct tb_storage_path memory; /* folder of files that stand for those on the disk */
    struct tb_storage_path cache_path;
    bool outbox_apart;                       /* the one in memory is no copy, and has a name of its own */
    enum tb_err key_trouble;                 /* why the device key is not kept; TB_OK: it is */
    uint32_t cache_number;                   /* of the file that is open now: calls may outlive theirs */
    char cache_epoch[TB_EPOCH_SIZE_MAX + 1]; /* that it was told; "": none */
    struct tb_post lost;                     /* the cache writer's: see pages_lost */
    bool damaged_dropped;                    /* in this run */
    /* Called when what tb_storage_has() says may have changed. */
    void (*health)(void *context);
    /* Called when a file failed in a way that leaves open what it holds: after an error of fsync(2) nobody
     * knows what became of the pages that were to be written. All files are to be closed, opened and verified
     * anew. */
    void (*suspect)(void *context);
    /* Called every 5 s while a file is in memory that could be on the disk again. */
    void (*recovered)(void *context);
    /* Called when mutations were given up (outbox_policy.h). */
    void (*dropped)(void *context, const struct tb_outbox_drops *drops);
    /* Called when the cache's file turned out to be damaged while it was written. */
    void (*cache_damaged)(void *context);
    /* Called when pages of the cohort or the catalogue that were said to be saved are not
     * (tb_storage_page.more): those feeds are to be read from the beginning. */
    void (*pages_lost)(void *context);
    void *health_context;
};

/* What this process told people before it began anew; zero: nothing. */
struct tb_storage_told {
    struct tb_id incarnation;
    int64_t next_seq; /* every mutation before it was said to be stored, and none from it on */
    bool sent;        /* the context store has decided all of them, and this process knows */
};

/* What the files said at start. */
struct tb_storage_found {
    const char *file;      /* that an error is about; static */
    struct tb_facts facts; /* secret: wipe */
    struct tb_settings settings;
    struct tb_pos_clients pos;
    struct tb_id incarnation;
    struct tb_client_start sync;
    struct tb_cursor cohort_cursor;
    struct tb_cursor catalogue_cursor;
    bool state_rebuilt;  /* a damaged state.db was set aside */
    bool cache_rebuilt;  /* a damaged cache was set aside */
    bool outbox_damaged; /* what does not verify of it is kept, in the file or beside it */
};

/*
 * Opens or makes the files in config->state_dir and starts the writers. Blocks on the disk. A damaged
 * state.db or cache.db is renamed to .damaged and made anew; a damaged outbox.db is salvaged and kept beside
 * the new one. A file that cannot be used all the same (no room, read-only, failing, of a newer program) is
 * left as it is and replaced by one in memory: tb_storage_has() says why. ret_pending gets what is to be laid
 * over carts. A mutation whose commit failed may be in the file all the same: behind told it is forgotten.
 * The file in memory is a copy where the disk only refuses to be written; an outbox of which told says that
 * it is sent, and every other one, is made anew under a name of its own.
 * Errors, about found.file: TB_ERR_BUSY, another agent has the files; TB_ERR_DENIED, others may read the
 * device key.
 */
TB_MUST_USE enum tb_err tb_storage_open(struct tb_storage *storage, struct tb_loop *loop,
                                        const struct tb_agent_config *config,
                                        const struct tb_storage_told *told,
                                        struct tb_storage_found *ret_found, struct tb_pending *ret_pending);
void tb_storage_close(struct tb_storage *storage); /* blocks until what waits is written */

/* Whether a file has this trouble: TB_ERR_FULL, TB_ERR_DENIED (it can only be read), TB_ERR_IO,
 * TB_ERR_CORRUPT, TB_ERR_NEWER_VERSION, TB_ERR_UNSUPPORTED (another program's). */
bool tb_storage_has(const struct tb_storage *storage, enum tb_err trouble);
/* Why the outbox is in memory; TB_OK: it is not. */
enum tb_err tb_storage_outbox_away(const struct tb_storage *storage);
/* Why no mutation is stored until the agent begins anew: the outbox in memory is a copy, and what it gave a
 * number would get the same one again on the disk. TB_OK: they are; in memory when the outbox is, until the
 * process ends or begins anew. */
enum tb_err tb_storage_closed(const struct tb_storage *storage);

/* Stores a mutation, giving up others when there is no room and the policy lets it; done gets it with its seq
 * and its wire form. An error says that it is not stored; where tb_storage_closed() says so, that one. */
struct tb_stored {
    struct tb_mutation mutation;
    struct tb_span json;
};
TB_MUST_USE enum tb_err tb_storage_append(struct tb_storage *storage, const struct tb_mutation *mutation,
                                          void (*done)(void *context, enum tb_err err,
                                                       const struct tb_stored *stored),
                                          void *context);

typedef void tb_storage_done(void *context, enum tb_err err);

/* Rows of an answer about somebody who is here, into the cache. What is handed in is copied. */
TB_MUST_USE enum tb_err tb_storage_put(struct tb_storage *storage, const struct tb_rows *rows,
                                       tb_storage_done *done, void *context);

/*
 * Rows of a feed and its cursor, in one transaction: those of the device feed into state.db, all others into
 * the cache. When one fails, those of its scope behind it fail, too (TB_ERR_AGAIN), until one with first set:
 * they would put the cursor past the rows that were lost. One that follows on lazy ones whose transaction was
 * lost fails with TB_ERR_CONFLICT, and pages_lost is called.
 */
struct tb_storage_page {
    struct tb_rows rows; /* copied, as the rest */
    struct tb_scope scope;
    struct tb_cursor cursor;
    bool first;            /* of a newly opened feed */
    struct tb_cursor from; /* see tb_cache_resume(); empty: from the beginning */
    bool more; /* others follow at once: of the cohort or the catalogue it need not be committed alone, and
                  done is called when it is applied (host/sqlite/writer.h, lazy jobs) */
};
TB_MUST_USE enum tb_err tb_storage_save(struct tb_storage *storage, const struct tb_storage_page *page,
                                        tb_storage_done *done, void *context);

/* Rows into the cache, then the verdicts into the outbox; done when both are written. */
TB_MUST_USE enum tb_err tb_storage_decide(struct tb_storage *storage, const struct tb_rows *rows,
                                          const struct tb_verdict *verdicts, size_t verdict_count,
                                          tb_storage_done *done, void *context);

/* Erases customers from the outbox and from the cache, whose look-ups go on; done when nothing of them is
 * left on disk. context as everywhere. At most TB_ROW_BATCH_MAX. */
TB_MUST_USE enum tb_err tb_storage_erase(struct tb_storage *storage, const struct tb_erasure *erasures,
                                         size_t count, tb_storage_done *done, void *context);
/* Takes a customer who wants to be forgotten here out of the cache (tb_cache_part()); done when nothing of
 * her is left in it on disk. What she changed and is not sent yet stays in the outbox. */
TB_MUST_USE enum tb_err tb_storage_part(struct tb_storage *storage, const struct tb_id *customer,
                                        tb_storage_done *done, void *context);
/* A file in memory stands for one on the disk, which still holds what was erased here: nobody signs for it.
 */
bool tb_storage_is_away(const struct tb_storage *storage);
/* Keeps the cursor of the feed of erasures: what came up to here is erased and its receipts are stored. */
TB_MUST_USE enum tb_err tb_storage_erased(struct tb_storage *storage, const struct tb_cursor *cursor,
                                          tb_storage_done *done, void *context);

/* Stored mutations from a seq on, decided ones too. rows are borrowed for the call. */
TB_MUST_USE enum tb_err tb_storage_read_outbox(struct tb_storage *storage, int64_t from_seq,
                                               uint32_t count_max, size_t size_max,
                                               void (*done)(void *context, enum tb_err err,
                                                            const struct tb_client_row *rows, size_t count),
                                               void *context);

/* What waits and what was turned down, from a seq on; list is borrowed for the call. */
TB_MUST_USE enum tb_err tb_storage_list_outbox(struct tb_storage *storage, int64_t from_seq,
                                               void (*done)(void *context, enum tb_err err,
                                                            const struct tb_outbox_list *list),
                                               void *context);

/* Uses up what replay names, durably: with TB_OK, fresh says whether it was not used before. While state.db
 * is in memory nothing is: TB_ERR_… says why. TB_ERR_BUSY: the replay memory is full. */
TB_MUST_USE enum tb_err tb_storage_claim(struct tb_storage *storage, const struct tb_replay *replay,
                                         void (*done)(void *context, enum tb_err err, bool fresh),
                                         void *context);

/* Keeps what is known of a paired POS, or forgets it. */
TB_MUST_USE enum tb_err tb_storage_pos(struct tb_storage *storage, const struct tb_pos_client *client,
                                       bool keep, tb_storage_done *done, void *context);

/* Keeps which hand-overs this terminal took over and has not begun with, for an agent after this one. */
TB_MUST_USE enum tb_err tb_storage_taken(struct tb_storage *storage, const struct tb_taken *taken,
                                         tb_storage_done *done, void *context);

/* A pepper that came by the device feed; before rows that need it are saved. */
void tb_storage_set_pepper(struct tb_storage *storage, const struct tb_pepper *pepper);

/* What hello's answer said: kept in state.db; a new epoch also goes into the cache. */
void tb_storage_welcome(struct tb_storage *storage, const struct tb_welcome *welcome, bool epoch_changed);

/* Sets a damaged cache aside and makes it anew, empty: its feeds are to be read from the beginning. Not while
 * a look-up's record is used. Blocks until what waits for the file has run. On an error there is no cache,
 * and nothing may be asked for any more. */
TB_MUST_USE enum tb_err tb_storage_renew_cache(struct tb_storage *storage);

/* Removes what was set aside of a damaged cache.db and state.db: what they held has come again, and an
 * erasure does not reach it. */
void tb_storage_drop_damaged(struct tb_storage *storage);

/* One step of the cache's upkeep (tb_cache_upkeep()), and note of whether there is contact. */
struct tb_storage_keep {
    struct tb_cache_limits limits;
    bool in_contact;
    bool serving; /* customer has an open visit */
    struct tb_customer_key customer;
};
TB_MUST_USE enum tb_err tb_storage_keep(struct tb_storage *storage, const struct tb_storage_keep *what,
                                        void (*done)(void *context, enum tb_err err,
                                                     const struct tb_cache_upkept *upkept),
                                        void *context);

/* A visit of this customer began or ended. */
void tb_storage_seen(struct tb_storage *storage, const struct tb_customer_key *customer);

/* Which partitions of the cohort differ from the context store's; they are forgotten, durably as all rows
 * here, when done is called. */
TB_MUST_USE enum tb_err tb_storage_compare(struct tb_storage *storage, const struct tb_checksum *checksum,
                                           void (*done)(void *context, enum tb_err err,
                                                        const struct tb_partitions *differing),
                                           void *context);

/* Removes a customer's row that does not verify. */
void tb_storage_forget(struct tb_storage *storage, const struct tb_customer_key *customer);

/* Writes the cache through to the disk and settles what is decided up to seq; done when both are. */
TB_MUST_USE enum tb_err tb_storage_settle(struct tb_storage *storage, int64_t up_to_seq,
                                          tb_storage_done *done, void *context);

#endif
