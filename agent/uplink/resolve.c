#include "agent/uplink/resolve.h"

#include "core/base/span.h"
#include "host/loop/loop.h"
#include "host/worker/worker.h"

#include <netdb.h>
#include <stdlib.h>
#include <sys/socket.h>

#define NAME_SIZE 256

/* Outlives the resolver when the name server does not answer in time. */
struct question {
    struct tb_worker_job job;
    struct tb_resolver *resolver;
    char name[NAME_SIZE];
    struct tb_resolved found;
    void (*done)(void *context, const struct tb_resolved *found);
    void *context;
};

struct tb_resolver {
    struct tb_loop *loop;
    struct tb_worker *worker;
    struct question *open; /* NULL when nothing was asked */
};

static void question_run(struct tb_worker_job *job)
{
    struct question *q = job->context;
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *list = NULL;
    if (getaddrinfo(q->name, NULL, &hints, &list))
        return;
    for (struct addrinfo *a = list; a && q->found.count < TB_RESOLVE_MAX; a = a->ai_next)
        if (!getnameinfo(a->ai_addr, a->ai_addrlen, q->found.text[q->found.count], TB_RESOLVE_TEXT_SIZE, NULL,
                         0, NI_NUMERICHOST))
            q->found.count++;
    freeaddrinfo(list);
}

static void question_done(struct tb_worker_job *job)
{
    struct question *q = job->context;
    q->resolver->open = NULL;
    q->done(q->context, &q->found);
    free(q);
}

static void question_dropped(struct tb_worker_job *job)
{
    free(job->context);
}

enum tb_err tb_resolver_open(struct tb_loop *loop, struct tb_resolver **ret_resolver)
{
    struct tb_resolver *r = calloc(1, sizeof *r);
    if (!r)
        return TB_ERR_NO_MEMORY;
    struct tb_worker_options options = {.name = "resolver", .job_max = 1};
    enum tb_err err = tb_worker_start(tb_loop_mailbox(loop), &options, &r->worker);
    if (err) {
        free(r);
        return err;
    }
    r->loop = loop;
    *ret_resolver = r;
    return TB_OK;
}

struct tb_resolver *tb_resolver_close(struct tb_resolver *resolver)
{
    if (!resolver)
        return NULL;
    resolver->worker = tb_worker_abandon(resolver->worker);
    /* Answered but not delivered: ours again. Otherwise the worker frees it. */
    if (resolver->open && tb_loop_unpost(resolver->loop, &resolver->open->job.post))
        free(resolver->open);
    free(resolver);
    return NULL;
}

enum tb_err tb_resolver_ask(struct tb_resolver *resolver, const char *name,
                            void (*done)(void *context, const struct tb_resolved *found), void *context)
{
    if (resolver->open)
        return TB_ERR_BUSY;
    struct question *q = calloc(1, sizeof *q);
    if (!q)
        return TB_ERR_NO_MEMORY;
    q->job = (struct tb_worker_job){
        .run = question_run, .done = question_done, .dropped = question_dropped, .context = q};
    q->resolver = resolver;
    q->done = done;
    q->context = context;
    enum tb_err err = tb_span_to_str(tb_span_str(name), q->name, sizeof q->name);
    if (!err)
        err = tb_worker_submit(resolver->worker, &q->job);
    if (err)
        free(q);
    else
        resolver->open = q;
    return err;
}
