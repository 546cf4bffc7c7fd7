/*
 * JSON-RPC 2.0 envelopes (jsonrpc.org/specification), one object per websocket frame or line.
 *
 * Narrower than the specification: ids are integers from 0 to 2^53-1, params and results are objects,
 * batches are refused. Every error carries a stable text in data.code. Pure; not thread-safe.
 */
#ifndef TB_CORE_WIRE_RPC_H
#define TB_CORE_WIRE_RPC_H

#include "core/wire/json.h"

#define TB_RPC_METHOD_SIZE_MAX 48
#define TB_RPC_CODE_SIZE_MAX 64 /* stable error codes such as "input.truncated" */
#define TB_RPC_TEXT_SIZE_MAX 256
#define TB_RPC_ID_MAX ((INT64_C(1) << 53) - 1)
#define TB_RPC_NO_ID (-1)

enum tb_rpc_number { /* code of an error object */
                     TB_RPC_PARSE_ERROR = -32700,
                     TB_RPC_INVALID_REQUEST = -32600,
                     TB_RPC_METHOD_NOT_FOUND = -32601,
                     TB_RPC_INVALID_PARAMS = -32602,
                     TB_RPC_INTERNAL = -32603,
                     TB_RPC_REFUSED = -32000, /* understood and turned down; data.code says why */
                     TB_RPC_DENIED = -32001,
                     TB_RPC_UNSUPPORTED = -32002,
                     TB_RPC_CLONED = -32003,
};

enum tb_rpc_kind { TB_RPC_REQUEST, TB_RPC_NOTIFICATION, TB_RPC_RESULT, TB_RPC_ERROR };

struct tb_rpc {
    enum tb_rpc_kind kind;
    int64_t id;            /* TB_RPC_NO_ID for a notification, or an error that answers nothing */
    struct tb_span method; /* request, notification */
    struct tb_json params; /* request, notification: always an object or none */
    struct tb_json result; /* result: an object */
    int64_t number;        /* error: see enum tb_rpc_number */
    struct tb_span code;   /* error: data.code, empty when absent */
    struct tb_span text;   /* error: message */
};

/* Parses one message. Borrows from text and arena. On a fault ret_rpc->id is the message's id when
 * one could be read, so that it can be answered, else TB_RPC_NO_ID. */
TB_MUST_USE enum tb_err tb_rpc_parse(struct tb_span text, size_t size_max, struct tb_arena *arena,
                                     struct tb_check *c, struct tb_rpc *ret_rpc);

/* Opens a message with its params or result object; the caller writes its members and closes with
 * tb_rpc_end(). */
struct tb_json_writer tb_rpc_begin_request(struct tb_buf *to, int64_t id, const char *method);
struct tb_json_writer tb_rpc_begin_notification(struct tb_buf *to, const char *method);
struct tb_json_writer tb_rpc_begin_result(struct tb_buf *to, int64_t id);
void tb_rpc_end(struct tb_json_writer *w);

/* Opens an error answer with its data object, behind the code in it; closed with tb_rpc_end_error(). */
struct tb_json_writer tb_rpc_begin_error(struct tb_buf *to, int64_t id, enum tb_rpc_number number,
                                         const char *code, const char *text);
void tb_rpc_end_error(struct tb_json_writer *w);

/* A whole error answer. code is a stable text, usually tb_err_name(); text is for people. */
void tb_rpc_put_error(struct tb_buf *to, int64_t id, enum tb_rpc_number number, const char *code,
                      const char *text);

/* The number that fits an error of this kind. */
enum tb_rpc_number tb_rpc_number_of(enum tb_err err);

#endif
