/*
 * The terminal as the crash tests run it: its three files, opened with the agent's own code, and what it was
 * promised of each. terminal.c opens and reads them, terminal_live.c works on them.
 */
#ifndef TB_TESTS_CRASH_TERMINAL_H
#define TB_TESTS_CRASH_TERMINAL_H

#include "agent/cache/cache.h"
#include "agent/cache/outbox.h"
#include "agent/cache/replay.h"
#include "agent/cache/state.h"
#include "core/base/assert.h"
#include "tests/crash/power.h"

enum { SHOWN_NAMES = 6 }; /* that are good once; one more counts */
enum { CUSTOMERS = 8, PRODUCTS = 3, ROWS_MAX = 64, DEEDS = 14, UNDECIDED_MAX = 12 };

enum mistake {
    MISTAKE_NONE,
    MISTAKE_OUTBOX_NORMAL, /* the outbox is not synced at each commit */
    MISTAKE_PROMISE_EARLY, /* a mutation counts as saved before its commit */
    MISTAKE_SETTLE_EARLY,  /* before the cache lasts */
    MISTAKE_CURSOR_FIRST,  /* the cursor in a transaction before its rows */
    MISTAKE_CLAIM_EARLY,   /* what is good once counts as claimed before its commit */
};

struct outbox_state {
    struct tb_id incarnation; /* zero: any, the file is not promised yet */
    int64_t first;
    int64_t next;
    int64_t settled;
    int64_t tag[ROWS_MAX]; /* of seq first and on: which mutation it is */
    int64_t decided[ROWS_MAX];
};

struct cache_state { /* versions, as they are read; 0: not there */
    int64_t cursor;
    int64_t heard;
    int64_t profile[CUSTOMERS];
    int64_t cart[CUSTOMERS];
    int64_t credential[CUSTOMERS]; /* 1: there */
    int64_t product[PRODUCTS];
};

struct state_state {
    int64_t cursor;
    int64_t idle_ms;
    int64_t window_ms;
    int64_t floor_ms;
    int64_t shown[SHOWN_NAMES];               /* 1: claimed */
    int64_t counter;                          /* highest claimed */
    uint8_t session_key[TB_SESSION_KEY_SIZE]; /* zero: any, the file is not promised yet */
};

struct terminal {
    struct seeded_rng *chance;
    unsigned mistake;
    char folder[64];
    struct tb_rng rng;
    struct seeded_rng keys;
    struct tb_sealer sealer;
    struct crash_disk *disk; /* NULL unless it lives */
    struct tb_outbox outbox;
    struct tb_cache cache;
    struct tb_cache_reader reader; /* the loop's */
    struct tb_cache_reader watch;  /* ours, while it lives: what a transaction has made of the cache */
    struct tb_state state;
    struct power_history outbox_history;
    struct power_history cache_history;
    struct power_history state_history;
    struct outbox_state outbox_seen; /* by the last look */
    struct cache_state cache_seen;
    struct state_state state_seen;
    int64_t made;           /* numbers of mutations, versions and cursors so far */
    bool looking_up;        /* a look-up on the loop is under way */
    struct power_gone gone; /* of the wrapped keys of erased customers */
    const char *wrong;
    char fault[POWER_FAULT_SIZE];
};

extern const struct tb_pepper terminal_pepper;

unsigned terminal_below(struct terminal *t, unsigned limit);
/* Notes the first thing that went wrong; false when something did. */
bool terminal_fine(struct terminal *t, enum tb_err err, const char *what);
void terminal_outbox_start(struct terminal *t);
void terminal_cache_start(struct terminal *t);
void terminal_state_start(struct terminal *t, struct tb_facts *facts, struct tb_settings *settings);
void terminal_lookup_end(struct terminal *t);
void terminal_cache_stop(struct terminal *t);
void terminal_files_stop(struct terminal *t);
int64_t terminal_cursor_number(const struct tb_cursor *cursor);
struct tb_id terminal_customer_id(unsigned number);
struct tb_id terminal_cart_id(unsigned number);
struct tb_digest terminal_credential_hash(unsigned number);
/* What is good once; SHOWN_NAMES: what counts. */
struct tb_replay terminal_replay(unsigned number, int64_t counter);
void terminal_gtin_of(unsigned number, char ret_gtin[TB_GTIN_SIZE + 1]);

/* Through a reader that reads nothing yet. */
void terminal_cache_read(struct terminal *t, struct tb_cache_reader *reader, const struct tb_id *incarnation,
                         struct cache_state *ret_state);

/* power_subject.live */
const char *terminal_live(void *subject, struct crash_disk *disk);

#endif
