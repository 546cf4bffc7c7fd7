/* The parts of the sync session know one another through this; nobody else includes it. */
#ifndef TB_CORE_SYNC_SERVER_PARTS_H
#define TB_CORE_SYNC_SERVER_PARTS_H

#include "core/sync/server.h"
#include "core/wire/rpc.h"

#define SESSION_RETRY_MS 1000

void session_act(struct tb_session *s, const struct tb_session_action *action);

/* The empty buffer that the next message is built in. */
struct tb_buf *session_out(struct tb_session *s);
/* Ends a message that was begun in config.out and sends it. */
void session_send(struct tb_session *s, struct tb_json_writer *w);

void session_error(struct tb_session *s, int64_t id, enum tb_rpc_number number, const char *code);
void session_close(struct tb_session *s, const char *code);
bool session_is_open(const struct tb_session *s);

/* Fills peer and a new ticket in and asks. */
uint32_t session_ask(struct tb_session *s, struct tb_engine_request *request);

/* Somebody entered the cohort of the peer's store: its terminals read on. */
void session_cohort_changed(struct tb_session *s);
bool session_has_met(const struct tb_session *s, const struct tb_id *customer);

/* Asks on behalf of a request that is answered when the engine has answered. */
void session_request(struct tb_session *s, int64_t id, struct tb_engine_request *request);

/* server_find.c: searching for customers. */
void session_find(struct tb_session *s, const struct tb_rpc *rpc);
void session_open_found(struct tb_session *s, const struct tb_rpc *rpc);
void session_find_answered(struct tb_session *s, int64_t id, const struct tb_engine_answer *answer);

/* server_stream.c: mutations in, verdicts out. */
void session_mutate(struct tb_session *s, struct tb_json params);
void session_applied(struct tb_session *s, const struct tb_engine_answer *answer);

/* server_feed.c: feeds. */
void session_feed_open(struct tb_session *s, const struct tb_rpc *rpc);
void session_feed_ack(struct tb_session *s, struct tb_json params);
void session_feed_close(struct tb_session *s, struct tb_json params);
void session_feed_read(struct tb_session *s, const struct tb_engine_answer *answer);
void session_feed_admitted(struct tb_session *s, const struct tb_engine_answer *answer);
/* The open feed's cursor; NULL when it is not open. */
const struct tb_cursor *session_feed_cursor(struct tb_session *s, const struct tb_scope *scope);
/* Reads on when the open feed's cursor is another than the one that has nothing after it. */
void session_feed_look_on(struct tb_session *s, const struct tb_scope *scope,
                          const struct tb_cursor *reached);
void session_feed_pump(struct tb_session *s);
bool session_feed_waits(const struct tb_session *s); /* for read_wait_ms */

#endif
