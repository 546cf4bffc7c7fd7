/*
 * Pos: the transport of the local API for POS software: HTTP calls, server-sent events and a websocket, all
 * on the counter's port (pos_gate.h). Internal to agent/counter.
 *
 * A call is a request that waits for its one answer, at most POS_ANSWER_MS; the others are pages to whoever
 * sends: they have a number and a queue, and are given up when they do not take what is sent.
 */
#ifndef TB_AGENT_COUNTER_POS_H
#define TB_AGENT_COUNTER_POS_H

#include "agent/counter/connection.h"

#define POS_ANSWER_MS 6000

/* http.c hands over what is asked for below TB_POS_GATE_PATH; they return what lws expects of a callback. */
int pos_request(struct connection *c, struct tb_span path);
int pos_upgrade(struct connection *c, struct tb_span path);
int pos_body(struct connection *c, struct tb_span piece);
int pos_body_end(struct connection *c);
int pos_write(struct connection *c);

/* A call that was not answered in time; false when the connection is something else. */
bool pos_late(struct connection *c);

#endif
