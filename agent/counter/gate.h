/*
 * Gate: judges a request to the local page server by its request line and headers alone.
 *
 * What is on the loopback port can be reached by every page that any browser on this machine shows.
 * So the Host must be one that we serve under, byte by byte (DNS rebinding), and the Origin, where the
 * browser sends one, must be the page's own (cross-site requests); a websocket must have one. Both are
 * judged before anything else. Pure; callable from any thread.
 */
#ifndef TB_AGENT_COUNTER_GATE_H
#define TB_AGENT_COUNTER_GATE_H

#include "agent/counter/scope.h"

#define TB_GATE_PROTOCOL "tillbridge-page.v1"
#define TB_GATE_OPEN_PATH "/open"
#define TB_GATE_HEADER_MAX 1024 /* bytes of one header value; the caller refuses longer ones */

enum tb_gate_method { TB_GATE_METHOD_GET, TB_GATE_METHOD_HEAD, TB_GATE_METHOD_OTHER };

/* Header values as they came, without surrounding blanks; size 0 when absent. Repeated headers are
 * joined and so never equal an allowed value. */
struct tb_gate_request {
    enum tb_gate_method method;
    struct tb_span path; /* decoded, without the query */
    struct tb_span host;
    struct tb_span origin;
    struct tb_span upgrade;  /* not empty: a websocket is asked for */
    struct tb_span version;  /* Sec-WebSocket-Version */
    struct tb_span protocol; /* Sec-WebSocket-Protocol */
};

enum tb_gate_answer {
    TB_GATE_PAGE,   /* a file of a page: needs a session of its scope */
    TB_GATE_SHARED, /* words, which all pages load and which hold nothing of anybody */
    TB_GATE_OPEN,   /* a token is to be traded for a session */
    TB_GATE_SOCKET, /* a page's websocket: needs a session of its scope */
    TB_GATE_NOT_FOUND,
    TB_GATE_HOST_FOREIGN,
    TB_GATE_ORIGIN_MISSING,
    TB_GATE_ORIGIN_FOREIGN,
    TB_GATE_METHOD_REFUSED,
    TB_GATE_UPGRADE_REFUSED, /* not a websocket of version 13 at the page's path */
    TB_GATE_PROTOCOL_REFUSED,
};

/* port is the one that we listen on. Whose page or socket it is, tb_counter_scope_at(path) says. */
enum tb_gate_answer tb_gate_judge(const struct tb_gate_request *request, uint16_t port);

/* True for host:port, as browsers write it, of an address that we serve under. */
bool tb_gate_host_is_ours(struct tb_span host, uint16_t port);

/* HTTP status of a refusal, and its stable name for the log and metrics; 0 and NULL when none. */
unsigned tb_gate_status(enum tb_gate_answer answer);
const char *tb_gate_code(enum tb_gate_answer answer);

/*
 * The value of the n-th cookie of that name in a Cookie header (RFC 6265 section 4.2), empty when
 * there is none.
 */
struct tb_span tb_gate_cookie(struct tb_span header, struct tb_span name, unsigned n);

#endif
