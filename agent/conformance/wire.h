/*
 * Wire: an answer of an HTTP/1.1 server and frames of a websocket (RFC 6455), as a client reads them. What
 * comes is whatever a program under test sends. Pure; any thread.
 */
#ifndef TB_AGENT_CONFORMANCE_WIRE_H
#define TB_AGENT_CONFORMANCE_WIRE_H

#include "core/base/buf.h"

#define TB_WIRE_FRAME_MAX 65536 /* bytes of a payload */
#define TB_WIRE_MASK_SIZE 4

struct tb_wire_answer { /* borrows from what was parsed */
    unsigned status;
    struct tb_span head; /* the header lines, each with its end */
    struct tb_span body; /* all that stands behind the head */
};

struct tb_wire_frame {
    unsigned opcode;
    bool final;
    struct tb_span payload;
    size_t size; /* of the whole frame */
};

/* TB_ERR_TRUNCATED: more has to come. TB_ERR_SYNTAX: it is no HTTP answer. */
TB_MUST_USE enum tb_err tb_wire_answer_parse(struct tb_span bytes, struct tb_wire_answer *ret_answer);

/* Value of the first header of that name (lower case), without surrounding blanks; empty when there is none.
 */
struct tb_span tb_wire_header(const struct tb_wire_answer *answer, const char *name);

/* A frame of a server: unmasked. TB_ERR_TRUNCATED, TB_ERR_SYNTAX, TB_ERR_TOO_LONG. */
TB_MUST_USE enum tb_err tb_wire_frame_parse(struct tb_span bytes, struct tb_wire_frame *ret_frame);

/* A whole message of a client, as one masked frame. */
void tb_wire_frame_add(struct tb_buf *to, unsigned opcode, struct tb_span payload,
                       const uint8_t mask[TB_WIRE_MASK_SIZE]);

/* The next event of a stream of server-sent events: its data line, cut off from rest. Size 0: none is whole.
 */
struct tb_span tb_wire_event_cut(struct tb_span *rest);

#endif
