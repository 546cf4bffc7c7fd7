/*
 * Request: one JSON-RPC request of a page or of the command line, from its text to its answer.
 *
 * Whoever is asked has a table of methods and a way to send; parsing, looking the method up and telling
 * the asker what was wrong is done here. Answers are built in the agent's page buffer. A notification is
 * passed over: nobody waits for an answer to it. Loop's thread only.
 */
#ifndef TB_AGENT_APP_REQUEST_H
#define TB_AGENT_APP_REQUEST_H

#include "core/wire/rpc.h"

struct tb_agent;

struct tb_request {
    struct tb_agent *agent;
    uint32_t from; /* number of the page or of the command line's client */
    int64_t id;
    struct tb_json params; /* until the handler returns; what answers later keeps the rest only */
    struct tb_check check; /* of params */
    void (*send)(struct tb_agent *agent, uint32_t to); /* sends what stands in the page buffer */
};

/* Reads its params, and either acts and answers, or starts what answers later. */
struct tb_request_method {
    const char *name;
    void (*handle)(struct tb_request *r);
};

struct tb_request_desk {
    const struct tb_request_method *methods;
    size_t method_count;
    const struct tb_request_method *more; /* methods of another file; NULL: none */
    size_t more_count;
    void (*asked)(struct tb_agent *agent); /* a person asked; NULL: nobody is told. Programs ping. */
    size_t size_max;                       /* bytes of a request */
    void (*send)(struct tb_agent *agent, uint32_t to);
};

/* True: it is answered, or will be. False for a notification. */
bool tb_request_handle(struct tb_agent *agent, const struct tb_request_desk *desk, uint32_t from,
                       struct tb_span text);

/*
 * An answer with members: the caller writes them between the two. Sending may close the asker, and with it
 * what a handler keeps of the request.
 */
struct tb_json_writer tb_request_answer_begin(const struct tb_request *r);
void tb_request_answer_end(const struct tb_request *r, struct tb_json_writer *w);

void tb_request_refuse(const struct tb_request *r, enum tb_err err, const char *text);

/* True when params were understood; else the asker was told which one was not. */
bool tb_request_check(const struct tb_request *r);

#endif
