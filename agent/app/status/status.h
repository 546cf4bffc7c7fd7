/*
 * Status: how the terminal is doing, apart from any customer. One struct that the parts of the agent
 * keep up to date, and the two documents made from it: the pages' `state` and the CLI's `status`.
 *
 * Loop's thread only. Everything in it may be shown to anyone at the till: no personal data.
 */
#ifndef TB_AGENT_APP_STATUS_STATUS_H
#define TB_AGENT_APP_STATUS_STATUS_H

#include "core/sync/client.h"
#include "core/wire/rpc.h"

#define TB_STATUS_READER_MAX 16 /* what readers read with: an antenna and a scanner each */
#define TB_STATUS_JSON_SIZE_MAX 4096u

/* Something that needs a person soon; shown until it is over. */
enum tb_notice {
    TB_NOTICE_DISK_FULL,            /* a change could not be stored */
    TB_NOTICE_DISK_FAILING,         /* the disk answered with an error */
    TB_NOTICE_DISK_READ_ONLY,       /* nothing can be written */
    TB_NOTICE_STORAGE_NEWER,        /* a file is of a newer program, and left as it is */
    TB_NOTICE_CHANGES_NOT_STORED,   /* the outbox cannot be used, and no change is taken */
    TB_NOTICE_CHANGES_IN_MEMORY,    /* what is not sent yet would be lost with the power */
    TB_NOTICE_CHANGES_DROPPED,      /* the outbox was full or they were too old; until all is sent */
    TB_NOTICE_OUTBOX_DAMAGED,       /* it was; what does not verify is kept for people */
    TB_NOTICE_CLOCK_WRONG,          /* the system's clock is behind what is known */
    TB_NOTICE_CERTIFICATE_EXPIRING, /* within TB_STATUS_CERTIFICATE_WARN_DAYS */
    TB_NOTICE_CACHE_REBUILT,        /* a damaged cache was set aside and is being filled again */
    TB_NOTICE_QUARANTINED,          /* the context store saw this device twice */
    TB_NOTICE_COUNT
};

#define TB_STATUS_CERTIFICATE_WARN_DAYS 14

struct tb_status_reader {
    char name[48];     /* as people know it, such as "Card reader" */
    const char *kind;  /* "nfc", "scanner", "head"; static */
    const char *state; /* tb_reader_state_name(); static */
    int64_t since_wall_ms;
};

struct tb_status {
    enum tb_line_state line;
    int64_t line_since_wall_ms;
    enum tb_line_cause line_cause;
    bool never_connected; /* it does not know yet which terminal it is, nor any customer */
    uint8_t reader_count;
    struct tb_status_reader readers[TB_STATUS_READER_MAX];
    int64_t unsent_count;                          /* mutations without a verdict */
    int64_t notice_since_wall_ms[TB_NOTICE_COUNT]; /* 0: not the case */
    int64_t customer_count, product_count;         /* in the cache */
    bool visit_open;
    const char *display_state; /* "ready", "unplugged"; static; NULL: there is none */
    int64_t display_since_wall_ms;
    int64_t certificate_until_ms; /* Unix; 0 when not known */
};

const char *tb_notice_name(enum tb_notice notice);

/* Both true when the value changed, so that pages are told only then. */
bool tb_status_set_line(struct tb_status *s, enum tb_line_state line, enum tb_line_cause cause,
                        int64_t wall_ms);
bool tb_status_set_notice(struct tb_status *s, enum tb_notice notice, bool on, int64_t wall_ms);

void tb_status_set_display(struct tb_status *s, const char *state, int64_t wall_ms);
/* What of it a shopper needs: the line, and what reads. */
void tb_status_put_shown(struct tb_json_writer *w, const struct tb_status *s, int64_t wall_ms);

/* Members of the pages' `state` notification, into an object that the caller opened. */
void tb_status_put_state(struct tb_json_writer *w, const struct tb_status *s, int64_t wall_ms);

#endif
