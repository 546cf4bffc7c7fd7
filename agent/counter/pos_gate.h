/*
 * Pos gate: judges what a POS asks of the local API by request line and headers alone.
 *
 * The port can be reached by every page of every browser on this machine, so the Host is ours byte by byte
 * (DNS rebinding), and everything but pairing needs a token, which no page can have by itself. Whether an
 * Origin is allowed, and whose a token is, is for whoever keeps them to say: this looks at form alone.
 * Pure; callable from any thread.
 */
#ifndef TB_AGENT_COUNTER_POS_GATE_H
#define TB_AGENT_COUNTER_POS_GATE_H

#include "core/base/span.h"

#define TB_POS_GATE_PROTOCOL "tillbridge-pos.v1"
#define TB_POS_GATE_PATH "/pos/v1" /* the websocket; everything else of the API is below */
#define TB_POS_GATE_CALL_PATH "/pos/v1/rpc"
#define TB_POS_GATE_EVENTS_PATH "/pos/v1/events"
#define TB_POS_TOKEN_TEXT_SIZE 43 /* base64url of 32 bytes */

enum tb_pos_gate_method {
    TB_POS_GATE_METHOD_GET,
    TB_POS_GATE_METHOD_POST,
    TB_POS_GATE_METHOD_OPTIONS,
    TB_POS_GATE_METHOD_OTHER,
};

/* Header values as they came, without surrounding blanks; size 0 when absent. */
struct tb_pos_gate_request {
    enum tb_pos_gate_method method;
    struct tb_span path; /* decoded, without the query */
    struct tb_span host;
    struct tb_span origin;
    struct tb_span upgrade;       /* not empty: a websocket is asked for */
    struct tb_span version;       /* Sec-WebSocket-Version */
    struct tb_span protocol;      /* Sec-WebSocket-Protocol */
    struct tb_span authorization; /* Authorization */
    struct tb_span type;          /* Content-Type */
    struct tb_span length;        /* Content-Length */
    struct tb_span asked_method;  /* Access-Control-Request-Method */
};

enum tb_pos_gate_answer {
    TB_POS_GATE_CALL,      /* one JSON-RPC request in the body; without a token only pairing */
    TB_POS_GATE_EVENTS,    /* server-sent events: needs a token */
    TB_POS_GATE_SOCKET,    /* websocket: needs a token */
    TB_POS_GATE_PREFLIGHT, /* a browser asks whether a page of that Origin may call */
    TB_POS_GATE_NOT_FOUND,
    TB_POS_GATE_HOST_FOREIGN,
    TB_POS_GATE_METHOD_REFUSED,
    TB_POS_GATE_UPGRADE_REFUSED,
    TB_POS_GATE_PROTOCOL_REFUSED,
    TB_POS_GATE_TYPE_REFUSED,   /* the body is not application/json */
    TB_POS_GATE_LENGTH_MISSING, /* nor of a length that was told */
    TB_POS_GATE_BODY_LONG,
    TB_POS_GATE_ANSWER_COUNT
};

/* True for the paths that are judged here. */
bool tb_pos_gate_is(struct tb_span path);

/* port is the one that we listen on; body_max in bytes. */
enum tb_pos_gate_answer tb_pos_gate_judge(const struct tb_pos_gate_request *request, uint16_t port,
                                          size_t body_max);

/*
 * The token of a request: behind "Bearer " in Authorization (RFC 6750 section 2.1), or, for a browser's
 * websocket, which cannot set headers, as "bearer.<token>" among its subprotocols. Empty when there is none;
 * what is no token by its form is returned all the same, and is nobody's.
 */
struct tb_span tb_pos_gate_token(const struct tb_pos_gate_request *request);

/* An Origin as browsers write it: scheme://host, perhaps with a port, in lower case and without a path. */
bool tb_pos_gate_origin_valid(struct tb_span origin);

/* HTTP status of a refusal, and its stable name; 0 and NULL when none. */
unsigned tb_pos_gate_status(enum tb_pos_gate_answer answer);
const char *tb_pos_gate_code(enum tb_pos_gate_answer answer);

#endif
