/*
 * Metrics file: a program's OpenMetrics text in a file that is written again and again, for what collects
 * measures on the machine, such as the textfile collector of node_exporter.
 *
 * The text is made on the loop, which never waits for the disk: a thread of its own replaces the file as a
 * whole, for anybody to read, and while it does no other text is made. How that goes is logged when it
 * changes. Loop's thread only. Limits: TB_METRICS_TEXT_SIZE_MAX bytes of text; compiled once per
 * libwebsockets build, as host/loop is.
 */
#ifndef TB_HOST_METRICS_FILE_H
#define TB_HOST_METRICS_FILE_H

#include "host/loop/loop.h"
#include "host/metrics/metrics.h"

#define TB_METRICS_FILE_MS 10000
#define TB_METRICS_FILE_LATE_MS 60000

struct tb_metrics_file;

struct tb_metrics_file_options {
    const char *path;                  /* copied; its folder has to be there */
    const struct tb_metrics *registry; /* borrowed, until it is closed */
    int64_t interval_ms;               /* TB_METRICS_FILE_MS but in tests */
    int64_t late_ms; /* from when on writing one text is said to take too long; TB_METRICS_FILE_LATE_MS */
    /* How it goes is known for the first time, or has changed; may be NULL. */
    void (*changed)(void *context);
    void *context;
};

struct tb_metrics_file_state {
    /* TB_OK: the file is as of the last interval. Else it is older, or not there: TB_ERR_NOT_FOUND (its
     * folder), TB_ERR_DENIED, TB_ERR_FULL, TB_ERR_IO; TB_ERR_TIMEOUT: the disk does not answer;
     * TB_ERR_TOO_LONG. */
    enum tb_err err;
    int64_t since_wall_ms; /* 0: nothing is known yet */
};

/* The first text is made soon. A file that cannot be written is no error here. TB_ERR_NO_MEMORY,
 * TB_ERR_TOO_LONG (path), TB_ERR_LOCAL class. */
TB_MUST_USE enum tb_err tb_metrics_file_open(struct tb_loop *loop,
                                             const struct tb_metrics_file_options *options,
                                             struct tb_metrics_file **ret_file);

/* What is being written is not waited for; the file stays. Accepts NULL, returns NULL. */
struct tb_metrics_file *tb_metrics_file_close(struct tb_metrics_file *file);

struct tb_metrics_file_state tb_metrics_file_state(const struct tb_metrics_file *file);

#endif
