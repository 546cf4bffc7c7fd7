/*
 * One call into a database file: work on the file's writer thread, then a finish on the loop. Shared by the
 * parts of storage; embedded at the start of what one call needs, which is freed after the finish.
 */
#ifndef TB_AGENT_APP_STORAGE_STORAGE_CALL_H
#define TB_AGENT_APP_STORAGE_STORAGE_CALL_H

#include "agent/app/storage/storage.h"
#include "agent/cache/salvage.h"

struct tb_storage_call {
    struct tb_writer_job job;
    struct tb_post refused; /* for a call that no writer took */
    struct tb_storage *storage;
    struct tb_writer *writer;     /* that it was handed to */
    uint32_t cache_number;        /* of storage when it was */
    bool reads_only;              /* its success says nothing of the disk */
    bool on_disk;                 /* its failure says nothing of the file */
    struct tb_storage_call *next; /* in storage->calls */
    struct tb_storage_call **link;
    struct tb_storage_call *behind; /* in a feed's waiting list */
    enum tb_err err;                /* of a refused call */
    size_t size;                    /* of the whole block, which is wiped before it is freed */
    void *context;                  /* the asker's, from malloc(); freed with the call */
    enum tb_err (*work)(struct tb_storage_call *call); /* writer's thread */
    void (*finish)(struct tb_storage_call *call, enum tb_err err);
};

/* A cleared block of size bytes that begins with a call; NULL when there is no memory. */
void *tb_storage_call_new(struct tb_storage *storage, size_t size,
                          enum tb_err (*work)(struct tb_storage_call *call),
                          void (*finish)(struct tb_storage_call *call, enum tb_err err));

/* Hands the call to a writer; whatever happens, finish is called once, later, on the loop. */
void tb_storage_call_submit(struct tb_storage_call *call, struct tb_writer *writer);

/* Links a call that is to be submitted later, so that it is dropped with the others. */
void tb_storage_call_hold(struct tb_storage_call *call);

/* Finishes a call with an error without any writer; later, on the loop. */
void tb_storage_call_refuse(struct tb_storage_call *call, enum tb_err err);

/* The same call goes on in another file: to be called from its finish, which is then not the last. */
void tb_storage_call_again(struct tb_storage_call *call, struct tb_writer *writer,
                           enum tb_err (*work)(struct tb_storage_call *call),
                           void (*finish)(struct tb_storage_call *call, enum tb_err err));

/* The same, outside a transaction and alone. */
void tb_storage_call_bare(struct tb_storage_call *call, struct tb_writer *writer,
                          enum tb_err (*work)(struct tb_storage_call *call),
                          void (*finish)(struct tb_storage_call *call, enum tb_err err));

/* Makes path folder/name. */
void tb_storage_path_join(struct tb_storage_path *path, const char *folder, const char *name);

/* The disk does not take writes: what a file holds is of use all the same. */
bool tb_storage_is_trouble(enum tb_err err);

const char *tb_storage_file_name(enum tb_storage_which which);

/* Renames a damaged file that can be made anew, with its log, to .damaged; one of before is replaced. */
TB_MUST_USE enum tb_err tb_storage_set_aside(const char *path);

/* Opens the cache for writing and for look-ups, making it anew when it is damaged; found has the outbox's
 * incarnation, and pending gets what the cache says of it. */
TB_MUST_USE enum tb_err tb_storage_cache_open(struct tb_storage *storage, const char *path,
                                              struct tb_storage_found *found, struct tb_pending *pending);

/* A damaged outbox: see storage_outbox.c. resume goes on with what a process before this one began, if any;
 * state is open. TB_ERR_FULL, TB_ERR_DENIED, TB_ERR_IO: it is where it was, or can be resumed. */
#define TB_STORAGE_ASIDE ".salvage"
TB_MUST_USE enum tb_err tb_storage_outbox_resume(struct tb_storage *storage, const char *path,
                                                 struct tb_storage_found *found);
TB_MUST_USE enum tb_err tb_storage_outbox_salvage(struct tb_storage *storage, const char *path,
                                                  struct tb_storage_found *found);
/* Removes the damaged ones that are kept: what verified of them is in the outbox. TB_ERR_IO: one is still
 * there. */
TB_MUST_USE enum tb_err tb_storage_outbox_drop_damaged(const char *path);
/* What was set aside of state.db and cache.db, removed on the calling thread. */
void tb_storage_remove_damaged(const struct tb_storage *storage);
/* A damaged one is still kept beside the outbox. */
bool tb_storage_outbox_was_damaged(const char *path);

/* Calls pages_lost. */
void tb_storage_pages_lost(struct tb_storage *storage);

/* Starts its writer. */
TB_MUST_USE enum tb_err tb_storage_cache_start(struct tb_storage *storage);

/* Drops mutations that waited for too long, in a minute and then every hour; once, when the files are open.
 */
void tb_storage_upkeep_later(struct tb_storage *storage, int64_t after_ms);
#define TB_STORAGE_UPKEEP_FIRST_MS 60000

/* What is held to be saved follows on what the files do not hold any more: no page of a feed is taken until a
 * first one. */
void tb_storage_refuse_pages(struct tb_storage *storage);

/* Makes room in the outbox, then hands the held call to its writer. False: there is no memory for it. */
bool tb_storage_make_room(struct tb_storage_call *call);

/* Begins to look whether files in trouble can be written again; once, when they are open. */
void tb_storage_watch(struct tb_storage *storage);
/* The same for the disk, when a file is in memory. */
void tb_storage_watch_away(struct tb_storage *storage);

/* Takes note of how a write went. */
void tb_storage_note(struct tb_storage *storage, const struct tb_writer *writer, enum tb_err err);

/* Counts the outbox anew from its file, after a transaction that changed it has failed. */
void tb_storage_recount(struct tb_storage *storage);

/* Drops every call; after the writers have stopped. */
void tb_storage_call_drop_all(struct tb_storage *storage);

#endif
