/*
 * The terminal's own outbox (agent/cache) beside the simulation's model of one, on a disk in memory: in runs
 * on the real engine every terminal writes both, and after every restart, with or without the power, they
 * must hold the same.
 */
#ifndef TB_TESTS_SIM_SIM_OUTBOX_H
#define TB_TESTS_SIM_SIM_OUTBOX_H

#include "agent/cache/outbox.h"
#include "tests/support/crash/disk.h"

struct sim;
struct sim_client;

struct sim_outbox_file {
    bool used;
    bool open;
    struct tb_outbox outbox;
    struct crash_disk disk; /* recording since base was made */
    struct crash_disk base;
};

/* Compares it with the model; a new one names the model's incarnation. */
void outbox_file_open(struct sim *s, struct sim_client *c);
void outbox_file_store(struct sim *s, struct sim_client *c, const struct tb_mutation *mutation);
void outbox_file_decide(struct sim *s, struct sim_client *c, const struct tb_verdict *verdicts, size_t count);
/* The terminal ends, by the power or by itself. */
void outbox_file_crash(struct sim *s, struct sim_client *c);
void outbox_file_lose(struct sim_client *c);

#endif
