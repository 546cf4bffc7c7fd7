/*
 * What the device simulators share: a pseudo-terminal that stands for the device's serial line, a
 * control socket, timers, and the loop that drives them. One simulator per process, one thread.
 *
 * The slave side is reached through a stable symlink, which exists only while the device is plugged. Or the
 * line is a Unix socket, for what speaks to a serial line through one (QEMU).
 * As on a real line, bytes sent while nobody has the line open are lost.
 *
 * Control protocol: one text line per command (at most TB_SIM_LINE_MAX bytes), one line in answer,
 * "ok[ text]" or "error <code>[ text]". Every simulator knows
 *     status     ok plugged|unplugged open|closed    (open: a program has the line open)
 *     unplug     the line hangs up and its symlink goes
 *     plug       a new line behind the same symlink
 * and the simulator's own commands come on top.
 */
#ifndef TB_TESTS_SUPPORT_SIMCTL_H
#define TB_TESTS_SUPPORT_SIMCTL_H

#include "core/base/buf.h"

enum { TB_SIM_LINE_MAX = 8192, TB_SIM_ANSWER_MAX = 65536, TB_SIM_CLIENT_MAX = 8 };

struct tb_sim;

struct tb_sim_ops {
    /*
     * One command that simctl does not know. rest is the line after the verb and one space (never
     * NULL, may be written to). Returns NULL for ok or a static error code; ret_text takes what
     * follows, without a line end.
     */
    const char *(*command)(struct tb_sim *sim, const char *verb, char *rest, struct tb_buf *ret_text);

    /* Bytes that the program wrote to the line. NULL when the device ignores them. */
    void (*received)(struct tb_sim *sim, struct tb_span bytes);

    /* The device was plugged or unplugged by command: power-on state. May be NULL. */
    void (*power)(struct tb_sim *sim, bool plugged);
};

struct tb_sim_timer {
    struct tb_sim_timer *next; /* the simulator's; NULL-initialise */
    uint64_t at_us;
    bool armed;
    void (*fired)(struct tb_sim *sim, struct tb_sim_timer *timer);
};

struct tb_sim_options {
    const char *line_path;    /* symlink to make; borrowed for the simulator's life. NULL: unix_path */
    const char *unix_path;    /* socket to make instead, for one program at a time; borrowed as well */
    const char *control_path; /* Unix socket to make; borrowed for the simulator's life */
    const struct tb_sim_ops *ops;
    void *context; /* the simulator's own state, see tb_sim_context() */
};

/* Plugged at first. On error a message is on stderr and nothing is left behind. */
TB_MUST_USE enum tb_err tb_sim_open(const struct tb_sim_options *options, struct tb_sim **ret_sim);

/* Prints "ready" on stdout, then serves until SIGTERM or SIGINT. */
TB_MUST_USE enum tb_err tb_sim_run(struct tb_sim *sim);

/* Removes symlink and socket; accepts NULL, returns NULL. */
struct tb_sim *tb_sim_close(struct tb_sim *sim);

void *tb_sim_context(const struct tb_sim *sim);
bool tb_sim_plugged(const struct tb_sim *sim);
bool tb_sim_opened(const struct tb_sim *sim); /* a program has the line open */

/* What the command unplug does, for a fault of the simulator's own; ops->power is called. */
void tb_sim_unplug(struct tb_sim *sim);

/* The bit rate that the program has set on its side of the line; 0 when that cannot be told. */
unsigned tb_sim_line_rate(const struct tb_sim *sim);

/* TB_ERR_OFFLINE: unplugged or not open, the bytes are lost. TB_ERR_FULL: the reader does not read. */
TB_MUST_USE enum tb_err tb_sim_send(struct tb_sim *sim, struct tb_span bytes);

uint64_t tb_sim_now_us(const struct tb_sim *sim); /* monotonic, read once per turn of the loop */
void tb_sim_timer_set(struct tb_sim *sim, struct tb_sim_timer *timer, uint64_t after_us);
void tb_sim_timer_cancel(struct tb_sim *sim, struct tb_sim_timer *timer);

/* Takes the next space-separated word off *rest; NULL when there is none. */
char *tb_sim_word(char **rest);

#endif
