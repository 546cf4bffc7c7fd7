/*
 * Transport: what is at the other end of a reader link and how one gets there: a tillbridge-readerd
 * process behind a socket, or a head on a serial line. Everything above (readers.c) is the same for both.
 *
 * Loop's thread only. Nothing here blocks.
 */
#ifndef TB_AGENT_READERS_TRANSPORT_H
#define TB_AGENT_READERS_TRANSPORT_H

#include "agent/readers/readers.h"

#define TB_TRANSPORT_ARGUMENT_SIZE 16

struct tb_transport;

/* What is wrong when a transport is not there. */
struct tb_transport_fault {
    enum tb_reader_state state;
    const char *reason;   /* static */
    int64_t pause_max_ms; /* it is tried again after a while that doubles up to this */
};

struct tb_transport_ops {
    enum tb_link_role role; /* what the other end's HELLO has to say */
    bool asks;              /* the other end may have been there before us: it is asked for its HELLO */
    struct tb_transport_fault ended;  /* it went away by itself */
    struct tb_transport_fault silent; /* it said nothing for too long */

    /* True: ret_fd is the caller's. False: ret_fault says why not; no ended() follows. */
    bool (*open)(struct tb_transport *t, int *ret_fd, struct tb_transport_fault *ret_fault);
    /* Brings the other end to its end as far as it is ours; ended() follows, at once or later. */
    void (*drop)(struct tb_transport *t);
    /* The same for good: no ended(). */
    void (*close)(struct tb_transport *t);
};

struct tb_transport {
    void *context;                         /* the user's; untouched */
    void (*ended)(struct tb_transport *t); /* once for every open() that went well */

    struct tb_loop *loop;
    const struct tb_transport_ops *ops;
    char *device; /* owned */
    unsigned baud;
    const char *layout; /* static; keyboard only */
    bool identified;    /* HID-POS and camera only */
    enum tb_reader_kind kind;
    char *program;         /* owned; process only */
    struct tb_child child; /* process only */
};

/* TB_ERR_NO_MEMORY. All is copied. readerd_path: the program of a spec that names none. */
TB_MUST_USE enum tb_err tb_transport_init(struct tb_transport *t, struct tb_loop *loop,
                                          const struct tb_reader_spec *spec, const char *readerd_path);
void tb_transport_clear(struct tb_transport *t); /* accepts one that is all zero */

extern const struct tb_transport_ops tb_transport_process;
extern const struct tb_transport_ops tb_transport_serial;

#endif
